"""Holes that only a journal can fill: the ledger restates nothing, whoever subscribes again.

Worker and journal hear the ledger over a link each; the worker's loses frames, the journal's is slow
at will. Holds: what was missed comes from the journal, also when frames go on coming meanwhile; of
many holes each is filled; a hole in what all depend on is filled and the accounts stay; a journal that
is behind the worker takes nothing back; one with the same hole fills nothing until it is restated. What
is replayed is what was said, in one thread and in three."""
import time

import zmq

from cluster import DEADLINE_S, Cluster, Publisher, check, main, receive
import wire

ASSET = {'type': 'asset', 'asset': 1, 'symbol': 'USDT', 'scale': 6, 'rate_scale': 8,
         'numeraire': True}
INSTRUMENT = {'type': 'instrument', 'instrument': 7, 'symbol': 'BTC-USDT', 'settle': 1,
              'price_scale': 2, 'qty_scale': 3, 'tick': '0.1', 'lot': '0.001',
              'tiers': [{'mmr': '0.005'}], 'rev': 1}
PATIENT = {'type': 'policy', 'policy': 1, 'rev': 1, 'answer_ms': 600000}  # nobody answers here
SENTINEL = 1000


def topic(account):
    return f'acct.{wire.mix64(account) % 256:08x}'


class Ledger(Publisher):
    """One publisher, heard over two sockets: what a link loses has been sent all the same."""

    def __init__(self, cluster):
        super().__init__(cluster, 'feed', 1)
        self.journal = cluster.socket(zmq.XPUB, cluster.ipc('kept'), True)
        self.journal.setsockopt(zmq.XPUB_VERBOSE, 1)
        self.links = {'worker', 'journal'}
        self.late = None  # frames that the journal has yet to hear

    def say(self, **said):
        frame = self.frame(said)
        if 'worker' in self.links:
            self.socket.send(frame)
        if 'journal' in self.links and self.late is None:
            self.journal.send(frame)
        elif 'journal' in self.links:
            self.late.append(frame)
        return frame

    def catch_up(self):
        for frame in self.late:
            self.journal.send(frame)
        self.late = None


class Bus:
    def __init__(self, cluster):
        self.cluster, self.stream, self.revs = cluster, wire.Stream(), {}
        self.ledger = Ledger(cluster)
        self.orders = cluster.socket(zmq.PULL, cluster.ipc('orders'), True)
        small = ('--accounts', 1000)
        self.keeper = cluster.start(
            'journal', '--sub', cluster.ipc('kept'), '--store', cluster.dir / 'store', '--serve',
            cluster.ipc('state'), *small)
        self.await_journal('acct.000000ff')
        for said in (ASSET, INSTRUMENT, PATIENT):
            self.stream.learn(*wire.read_object(self.stream, said))
            self.ledger.say(**said)
        self.worker = cluster.start(
            'worker', '--sub', self.ledger.endpoint, '--router', cluster.ipc('orders'), '--pub',
            cluster.ipc('alerts'), '--tape', cluster.dir, '--journal', cluster.ipc('state'),
            '--src', 9, *small)
        self.ledger.await_subscription('acct.000000ff')
        self.alerts = cluster.socket(zmq.SUB, cluster.ipc('alerts'), False)
        self.alerts.setsockopt(zmq.SUBSCRIBE, b'\xadalrt')
        self.beat('ctrl.00000000')
        while not self.alerts.poll(20):  # a subscription works when the worker knows of it
            self.provoke()
        self.alert('suspended')

    def await_journal(self, beginning):
        beginning = b'\1\xad' + beginning.encode()
        while not self.ledger.journal.recv().startswith(beginning):
            pass

    def without(self, *links):
        self.ledger.links -= set(links)

    def whole(self):
        self.ledger.links = {'worker', 'journal'}

    def mark(self, price):
        self.ledger.say(type='mark', instrument=7, price=price)

    def account(self, number, **position):
        rev = self.revs[number] = self.revs.get(number, 0) + 1
        self.ledger.say(type='account', account=number, rev=rev, full=True, positions=[
            {'instrument': 7, 'qty': '1', 'entry': '60000', 'mode': 'isolated', 'margin': '600',
             'rev': rev, **position}])

    def over(self, *numbers):
        """An order of theirs would be proposed again by a state that has them."""
        for number in numbers:
            self.account(number, qty='0')

    def provoke(self):
        """An account that cannot be is suspended, and stated anew."""
        self.account(SENTINEL, entry='-1')
        self.account(SENTINEL, qty='0')

    def beat(self, name):
        self.ledger.say(type='beat', topics=[
            {'topic': name, 'epoch': 1, 'seq': self.ledger.sequences[name]}])

    def synced(self, name):
        self.ledger.say(type='synced', topic=name)

    def alert(self, kind, words='', never=None):
        """The next alert of this kind with these words; others are passed over, but one."""
        while True:
            _, _, said = receive(self.alerts, self.stream)
            check(not never or never not in said['text'], said)
            if said['kind'] == kind and words in said['text']:
                return said

    def order(self, account, mark):
        _, name, said = receive(self.orders, self.stream)
        check(name == 'liquidate' and said['account'] == account and said['mark'] == mark, said)
        return said

    def no_order(self, why, never=None):
        """Everything said so far has been worked off."""
        self.provoke()
        self.alert('suspended', never=never)
        check(self.orders.poll(0) == 0, f'an order in spite of {why}')


def one_hole(bus):
    """The account's last statement was lost: only the journal knows that it is unsafe."""
    bus.mark('60000')
    bus.account(1, margin='6000')
    bus.without('worker')
    bus.account(1)
    bus.whole()
    bus.beat(topic(1))
    bus.alert('gap', topic(1) + ': frames')
    bus.alert('gap', topic(1) + ': whole again')
    bus.mark('59500')
    bus.order(1, '59500')
    bus.over(1)


def frames_go_on(bus):
    """The journal is slow. What came behind the hole comes again behind its state."""
    bus.mark('60000')
    bus.account(2, margin='6000')
    bus.ledger.late = []
    bus.without('worker')
    bus.account(2, qty='2', margin='6000')
    bus.whole()
    for margin in ('5000', '4000', '600'):  # a part of one is no statement of all
        bus.revs[2] += 1
        bus.ledger.say(type='account', account=2, rev=bus.revs[2], positions=[
            {'instrument': 7, 'qty': '2', 'entry': '60000', 'mode': 'isolated', 'margin': margin,
             'rev': bus.revs[2]}])
    bus.alert('gap', topic(2) + ': frames')
    bus.mark('59800')
    bus.ledger.await_subscription(topic(2))  # the journal had its time
    bus.no_order('a journal that is behind', never='whole again')
    bus.ledger.catch_up()
    bus.alert('gap', topic(2) + ': whole again')
    check((order := bus.order(2, '59800'))['equity'] == '200', order)
    bus.over(2)


def reaches_halfway(bus):
    """The journal stands behind the hole, and before what the worker heard since."""
    bus.mark('60000')
    bus.account(3, margin='6000')
    bus.without('worker')
    bus.account(3, qty='2', margin='6000')
    bus.whole()
    bus.ledger.late = []
    for rev in range(2):
        bus.revs[3] += 1
        bus.ledger.say(type='account', account=3, rev=bus.revs[3], positions=[
            {'instrument': 7, 'qty': '3', 'entry': '60000', 'mode': 'isolated', 'margin': '900',
             'rev': bus.revs[3]}])
    bus.alert('gap', topic(3) + ': frames')
    bus.alert('gap', topic(3) + ': whole again')
    bus.mark('59800')
    check((order := bus.order(3, '59800'))['equity'] == '300', order)
    bus.ledger.catch_up()
    bus.over(3)


def many_holes(bus):
    bus.mark('60000')
    numbers = range(100, 140)
    for number in numbers:
        bus.account(number, margin='6000')
    bus.without('worker')
    for number in numbers:
        bus.account(number)
    bus.whole()
    topics = {topic(number) for number in numbers}
    for name in sorted(topics):
        bus.beat(name)
    missed, filled = set(), set()
    while filled < topics:
        said = bus.alert('gap')['text'].split(': ')
        (filled if said[1] == 'whole again' else missed).add(said[0])
    check(missed == topics, missed ^ topics)
    bus.mark('59500')
    orders = {receive(bus.orders, bus.stream)[2]['account'] for _ in numbers}
    check(orders == set(numbers), orders)
    bus.over(*numbers)


def control(bus):
    """A higher maintenance was lost; the accounts' topic moves on while it is fetched."""
    bus.mark('60000')
    bus.account(4, margin='6000')
    bus.without('worker')
    bus.ledger.say(**{**INSTRUMENT, 'rev': 2, 'tiers': [{'mmr': '0.2'}]})
    bus.whole()
    bus.ledger.say(type='policy', policy=2, rev=1)
    bus.alert('gap', 'ctrl.00000000: frames')
    bus.account(4, margin='6001')
    bus.alert('gap', 'ctrl.00000000: whole again')
    order = bus.order(4, '60000')
    check(order['tier_rev'] == 2, order)
    bus.over(4)
    bus.ledger.say(**{**INSTRUMENT, 'rev': 3})


def both_lack_it(bus):
    """Nobody makes up what nobody heard. The ledger's restatement ends it, here and there."""
    bus.mark('60000')
    bus.account(5, margin='6000')
    bus.without('worker', 'journal')
    bus.account(5)
    bus.whole()
    bus.beat(topic(5))
    bus.alert('gap', topic(5) + ': frames')
    bus.mark('59000')
    bus.no_order('a hole in both')
    bus.ledger.await_subscription(topic(5))
    bus.await_journal(topic(5))
    bus.no_order('a hole in both', never='whole again')
    bus.revs[5] -= 1
    bus.account(5)
    bus.synced(topic(5))
    bus.alert('gap', topic(5) + ': whole again')
    bus.order(5, '59000')


def run(zeroline):
    with Cluster(zeroline) as cluster:
        bus = Bus(cluster)
        for test in (one_hole, frames_go_on, reaches_halfway, many_holes, control, both_lack_it):
            test(bus)
        cluster.stop(bus.worker)
        log = cluster.log(bus.worker)
        check('0 holes filled' not in log and 'holes filled' in log, log)
        cluster.stop(bus.keeper)
        tape, = cluster.tapes()
        for threads in (1, 3):
            told = cluster.run('replay', '--threads', threads, tape).stdout.decode()
            check('identical: ' in told, told)


main(run)
