"""A journal: what it heard is there after it was killed, and a state is served only when it is whole.

Holds: the state of a partition goes up to the last frame that was published; killed and started again
it goes on there, from its segments alone and from a snapshot; after frames were missed it has no state
of the partition until the ledger restates it, as the simulator does; what it keeps decodes to what
was published."""
import signal
import time

import zmq

from cluster import DEADLINE_S, Cluster, Publisher, check, main
import wire

ASSET = {'type': 'asset', 'asset': 1, 'symbol': 'USDT', 'scale': 6, 'rate_scale': 8,
         'numeraire': True}
INSTRUMENT = {'type': 'instrument', 'instrument': 7, 'symbol': 'BTC-USDT', 'settle': 1,
              'price_scale': 2, 'qty_scale': 3, 'tick': '0.1', 'lot': '0.001',
              'tiers': [{'mmr': '0.005'}], 'rev': 1}
ACCOUNT = 42
PARTITION = wire.mix64(ACCOUNT) % 256
CTRL = 'ctrl.00000000'
TOPIC = f'acct.{PARTITION:08x}'


class Journal:
    def __init__(self, cluster):
        self.cluster = cluster
        self.feed = Publisher(cluster, 'feed', 1)
        self.asker = cluster.socket(zmq.DEALER, cluster.ipc('state'), False)
        self.request = self.rev = self.accounts = 0

    def start(self, *more):
        self.process = self.cluster.start(
            'journal', '--sub', self.feed.endpoint, '--store', self.cluster.dir / 'store', '--serve',
            self.cluster.ipc('state'), '--accounts', 1000, '--positions', 4000, '--balances', 4000,
            '--instruments', 16, *more)
        self.feed.await_subscription('acct.000000ff')

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def state(self, partition=PARTITION):
        """The parts' data, and how far the state goes: (src, topic) to (epoch, seq)."""
        self.request += 1
        values = {'partition': partition, 'request': self.request}
        header = {'topic': f'snap.{partition:08x}', 'src': 5, 'epoch': 1, 'seq': self.request,
                  'ts_ns': 1}
        self.asker.send(wire.encode_frame(header, [('snapshot_get', values)]))
        data, streams, expected = b'', {}, 0
        while True:
            if not self.asker.poll(2000):  # the question went to one that was killed
                return self.state(partition)
            header, ((name, part),) = wire.decode_frame(self.asker.recv())
            check(name == 'snapshot_part' and header['topic'] == f'snap.{partition:08x}', name)
            if part['request'] != self.request:
                continue
            check(part['part'] == expected, 'parts in order')
            if part['parts'] == 0:
                return None
            expected += 1
            data += part['data']
            for row in part['streams']:
                streams[row['src'], row['topic']] = row['epoch'], row['seq']
            if expected == part['parts']:
                return data, streams

    def account(self):
        self.rev += 1
        self.accounts += 1
        self.feed.say(type='account', account=ACCOUNT, rev=self.rev, full=True, positions=[
            {'instrument': 7, 'qty': '1', 'entry': '60000', 'mode': 'isolated', 'margin': '600'}])

    def await_state(self):
        """Until it goes up to the last frame of the accounts."""
        while True:
            state = self.state()
            if state and state[1].get((1, TOPIC)) == (1, self.feed.sequences[TOPIC]):
                return state

    def await_none(self):
        while self.state():
            pass


def keeps(journal):
    for said in (ASSET, INSTRUMENT):
        journal.feed.say(**said)
    journal.feed.say(type='mark', instrument=7, price='60000')
    for _ in range(20):
        journal.account()
    _, streams = journal.await_state()
    check(streams[1, 'ctrl.00000000'] == (1, 2), streams)
    check(journal.state(999) is None, 'there is no such partition')


def survives(journal):
    """By its segments alone; then by a snapshot and what came behind it."""
    for more in ((), ('--snapshot-s', 1), ('--snapshot-s', 1)):
        before = journal.await_state()
        journal.kill()
        journal.start(*more)
        data, streams = journal.await_state()
        check(streams[1, TOPIC] == before[1][1, TOPIC], 'it stands where it stood')
        check(len(data) > 100, 'a state')
        journal.account()
        journal.await_state()
        while more and not list((journal.cluster.dir / 'store').glob('snapshot.*')):
            journal.account()
            journal.await_state()
    check('goes on behind the snapshot' in journal.cluster.log(journal.process), 'from a snapshot')


def has_a_hole(journal):
    journal.feed.sequences[TOPIC] += 1  # a frame that nobody heard
    journal.account()
    journal.await_none()
    check(journal.state((PARTITION + 1) % 256), 'another partition has its state')
    for _ in range(2):
        journal.feed.await_subscription(TOPIC)
        journal.rev -= 1
        journal.account()
        journal.feed.say(type='synced', topic=TOPIC)
    journal.await_state()


def joined(journal, src):
    """A worker of two engines that begins where the journal stands."""
    cluster, feed = journal.cluster, journal.feed
    worker = cluster.start('worker', '--sub', feed.endpoint, '--router', cluster.ipc('orders'),
                           '--journal', cluster.ipc('state'), '--tape', cluster.dir,
                           '--accounts', 1000, '--threads', 2, '--src', src)
    feed.await_subscription('acct.000000ff')
    feed.say(type='beat')
    while cluster.log(worker).count('begin where the journal stands') < 2:
        check(worker.poll() is None, cluster.log(worker))
    check(cluster.log(worker).count('128 partitions begin') == 2, cluster.log(worker))
    return worker


def gives_its_state(journal):
    """A bad tick that the journal holds back decides nothing in a worker that starts behind it."""
    cluster, feed = journal.cluster, journal.feed
    feed.say(type='policy', policy=1, rev=1, jump_ppm=50000, jump_confirm=3, answer_ms=600000)
    journal.account()
    feed.say(type='mark', instrument=7, price='30000')
    journal.account()  # behind the mark, and of another topic: what is heard of it is heard of both
    journal.await_state()
    orders = cluster.socket(zmq.PULL, cluster.ipc('orders'), True)
    worker = joined(journal, 1)
    for price in ('30001', '30002', '30003'):  # the third one confirms it
        feed.say(type='mark', instrument=7, price=price)
    _, ((name, order),) = wire.decode_frame(orders.recv())
    check(name == 'liquidate' and order['account'] == ACCOUNT, order)
    check(order['mark'] == 3000300, 'an order by a price that is not confirmed')
    cluster.stop(worker)
    worker = joined(journal, 2)  # what the other one proposed is due: nobody may have heard of it
    _, ((_, again),) = wire.decode_frame(orders.recv())
    check(again['order'] == order['order'], again)
    cluster.stop(worker)
    told = [cluster.run('replay', tape).stdout.decode() for tape in cluster.tapes()]
    check(sum('identical: ' in words for words in told) == 2, told)
    check(sum('no outputs' in words for words in told) == 2, told)


def decodes(journal):
    journal.cluster.stop(journal.process)
    lines = journal.cluster.run('decode', journal.cluster.dir / 'store').stdout.decode()
    check(lines.count('"type":"account"') == journal.accounts, 'every account')
    check(lines.count('"type":"synced"') == 2, 'all of it is there')


def await_control(journal, seq):
    """Until a state goes further than `seq` in what all depend on."""
    end = time.monotonic() + DEADLINE_S
    while not (state := journal.state()) or state[1].get((100, CTRL), (0, 0))[1] <= seq:
        check(time.monotonic() < end, 'it waits for ever')
    return state[1][100, CTRL][1]


def asks_the_market(zeroline):
    """What it missed while it was gone is stated anew by the market's own simulator."""
    with Cluster(zeroline) as cluster:
        journal = Journal(cluster)
        journal.feed.endpoint = cluster.ipc('market')
        journal.feed.await_subscription = lambda beginning: None
        cluster.start('sim', '--pub', cluster.ipc('market'), '--fills', cluster.ipc('fills'),
                      '--orders', cluster.ipc('orders'), '--accounts', 50, '--await', 100)
        journal.start()
        before = await_control(journal, 0)
        journal.kill()
        late = cluster.socket(zmq.SUB, cluster.ipc('market'), False)
        late.setsockopt(zmq.SUBSCRIBE, b'\xadctrl')
        late.recv()
        journal.start()
        await_control(journal, before)


def has_no_room(zeroline):
    """A state in which an account is missing is none; the frames are there for one with room."""
    with Cluster(zeroline) as cluster:
        journal = Journal(cluster)
        journal.start('--accounts', 2, '--snapshot-s', 1)
        journal.feed.say(**ASSET)
        journal.feed.say(**INSTRUMENT)
        journal.account()
        journal.await_state()
        for account in (43, 44):
            journal.feed.say(type='account', account=account, rev=1, full=True, positions=[])
        journal.await_none()
        check('raise accounts_max' in cluster.log(journal.process), 'it says why')
        cluster.stop(journal.process)
        journal.start()
        journal.await_state()


def run(zeroline):
    has_no_room(zeroline)
    asks_the_market(zeroline)
    with Cluster(zeroline) as cluster:
        journal = Journal(cluster)
        journal.start()
        for test in (keeps, survives, has_a_hole, gives_its_state, decodes):
            test(journal)


main(run)
