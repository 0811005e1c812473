"""Frames that never arrive: what depends on them stands still, is asked for anew, and goes on.

The feeder leaves sequence numbers out, as a PUB socket does that drops. Holds: with a hole in its
partition an account is not liquidated, one of another partition is; the worker subscribes again, and
the restatement releases it. A hole in what all depend on stops every decision until it is restated. A
beat shows that the last frame of a topic was lost. What was replayed is what was said."""
import zmq

from cluster import Cluster, Publisher, check, main, receive
import wire

ASSET = {'type': 'asset', 'asset': 1, 'symbol': 'USDT', 'scale': 6, 'rate_scale': 8,
         'numeraire': True}
INSTRUMENT = {'type': 'instrument', 'instrument': 7, 'symbol': 'BTC-USDT', 'settle': 1,
              'price_scale': 2, 'qty_scale': 3, 'tick': '0.1', 'lot': '0.001',
              'tiers': [{'mmr': '0.005'}], 'rev': 1}
PATIENT = {'type': 'policy', 'policy': 1, 'rev': 1, 'answer_ms': 600000}  # nobody answers here
ONE, TWO, SENTINEL = 42, 43, 44
TOPIC = f'acct.{wire.mix64(ONE) % 256:08x}'


class Bus:
    def __init__(self, cluster):
        self.feed = Publisher(cluster, 'feed', 1)
        self.orders = cluster.socket(zmq.PULL, cluster.ipc('orders'), True)
        self.worker = cluster.start('worker', '--sub', self.feed.endpoint, '--router',
                                    cluster.ipc('orders'), '--pub', cluster.ipc('alerts'),
                                    '--tape', cluster.dir, '--src', 9)
        self.feed.await_subscription('acct.000000ff')
        self.alerts = cluster.socket(zmq.SUB, cluster.ipc('alerts'), False)
        self.alerts.setsockopt(zmq.SUBSCRIBE, b'\xadalrt')
        self.stream = wire.Stream()
        self.revs = {}
        for said in (ASSET, INSTRUMENT, PATIENT):
            self.stream.learn(*wire.read_object(self.stream, said))
            self.feed.say(**said)
        while not self.alerts.poll(20):  # a subscription works when the worker knows of it
            self.provoke()
        self.alert('suspended')

    def mark(self, price):
        self.feed.say(type='mark', instrument=7, price=price)

    def account(self, number, **position):
        """A new position, of a pool of its own."""
        rev = self.revs[number] = self.revs.get(number, 0) + 1
        self.feed.say(type='account', account=number, rev=rev, full=True, positions=[
            {'instrument': 7, 'qty': '1', 'entry': '60000', 'mode': 'isolated', 'margin': '600',
             'rev': rev, **position}])

    def restate(self, number):
        self.revs[number] -= 1
        self.account(number)

    def provoke(self):
        """An account that cannot be is suspended, and stated anew."""
        self.account(SENTINEL, entry='-1')
        self.account(SENTINEL, qty='0')

    def lose(self, topic):
        """A frame that the publisher sent, and nobody heard."""
        self.feed.sequences[topic] = self.feed.sequences.get(topic, 0) + 1

    def synced(self, topic):
        self.feed.say(type='synced', topic=topic)

    def beat(self, topic):
        self.feed.say(type='beat', topics=[
            {'topic': topic, 'epoch': 1, 'seq': self.feed.sequences[topic]}])

    def alert(self, kind, words=''):
        """The next alert of this kind with these words; others are passed over."""
        while True:
            _, _, said = receive(self.alerts, self.stream)
            if said['kind'] == kind and words in said['text']:
                return

    def order(self, account):
        _, name, said = receive(self.orders, self.stream)
        check(name == 'liquidate' and said['account'] == account, said)

    def no_order(self, why):
        """Everything said so far has been worked off."""
        self.provoke()
        self.alert('suspended')
        check(self.orders.poll(0) == 0, f'an order in spite of {why}')


def hole_in_accounts(bus):
    """The restatement that releases the account may have had a hole itself: the next ends it."""
    bus.mark('60000')
    bus.account(ONE)
    bus.account(TWO)
    bus.lose(TOPIC)
    bus.feed.say(type='account', account=ONE, rev=2, balances=[{'asset': 1, 'amount': '1'}])
    bus.alert('gap', TOPIC)
    bus.mark('59000')
    bus.order(TWO)
    bus.no_order('the hole')
    bus.feed.await_subscription(TOPIC)
    bus.restate(ONE)
    bus.order(ONE)
    bus.synced(TOPIC)
    bus.feed.await_subscription(TOPIC)
    bus.restate(ONE)
    bus.synced(TOPIC)
    bus.alert('gap', 'whole again')


def hole_in_control(bus):
    bus.mark('60000')
    bus.account(TWO)
    bus.lose('ctrl.00000000')
    bus.feed.say(**INSTRUMENT)
    bus.alert('gap', 'ctrl')
    bus.mark('59000')
    bus.no_order('the hole')
    for _ in range(2):
        bus.feed.await_subscription('ctrl')
        bus.feed.say(**ASSET)
        bus.feed.say(**INSTRUMENT)
        bus.synced('ctrl.00000000')
    bus.alert('gap', 'whole again')
    bus.order(TWO)


def last_frame_lost(bus):
    """Nothing comes behind it: only a beat tells."""
    bus.mark('60000')
    bus.account(ONE)
    bus.lose(TOPIC)
    bus.beat(TOPIC)
    bus.alert('gap', TOPIC)
    bus.mark('59000')
    bus.no_order('the beat')
    bus.feed.await_subscription(TOPIC)
    bus.restate(ONE)
    bus.synced(TOPIC)  # this one began behind the beat
    bus.alert('gap', 'whole again')
    bus.order(ONE)


def run(zeroline):
    with Cluster(zeroline) as cluster:
        bus = Bus(cluster)
        for test in (hole_in_accounts, hole_in_control, last_frame_lost):
            test(bus)
        cluster.stop(bus.worker)
        tape, = cluster.tapes()
        told = cluster.run('replay', tape).stdout.decode()
        check('identical: ' in told, told)


main(run)
