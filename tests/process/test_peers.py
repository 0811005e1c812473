"""Two journals side by side, each cut off at another time: what one missed it has from the other.

The ledger restates nothing, but where the test does. Holds: what was missed stands in the store in
its stream's order, before what showed that it was missed; so after a cut, after a beat that tells of
lost last frames, after one of them was not there, and when either is killed amid it. What both lack
stays a hole: neither has a state of the partition, until the ledger restates it. A journal whose frames
are gone there too has the other's state."""
import json
import re
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
NAMES = ('a', 'b')
MARKS = 'mark.00000007'


def partition(account):
    return wire.mix64(account) % 256


def topic(account):
    return f'acct.{partition(account):08x}'


class Ledger(Publisher):
    """Heard over a link to each journal; what a cut link does not carry has been sent all the same."""

    def __init__(self, cluster):
        super().__init__(cluster, 'feed', 1)
        self.cut, self.said, self.revs = set(), {}, {}
        self.sockets = {}
        for name in NAMES:
            socket = self.sockets[name] = cluster.context.socket(zmq.XPUB)
            socket.setsockopt(zmq.XPUB_VERBOSE, 1)
            socket.sndhwm = 0
            socket.rcvtimeo = DEADLINE_S * 1000
            socket.bind(cluster.ipc('to-' + name))

    def say(self, **said):
        frame = self.frame(said)
        header, _ = wire.decode_frame(frame)
        self.said.setdefault(header['topic'], []).append(header['seq'])
        for name, socket in self.sockets.items():
            if name not in self.cut:
                socket.send(frame)

    def await_journal(self, name, beginning):
        beginning = b'\1\xad' + beginning.encode()
        while not self.sockets[name].recv().startswith(beginning):
            pass

    def account(self, number, count=1):
        """Changes, each of which needs the one before it."""
        for _ in range(count):
            rev = self.revs[number] = self.revs.get(number, 0) + 1
            self.say(type='account', account=number, rev=rev, full=rev == 1,
                     balances=[{'asset': 1, 'amount': str(rev)}], positions=[])

    def marks(self, count):
        """Frames of many marks: so many of them take a while to be filled."""
        name, values = wire.read_object(self.stream, {'type': 'mark', 'instrument': 7, 'price': '60000'})
        body = wire.encode_frame({'topic': MARKS, 'src': 1, 'epoch': 1, 'seq': 1, 'ts_ns': 1},
                                 [(name, values)] * 40)
        body = body[len(wire.encode_frame({'topic': MARKS, 'src': 1, 'epoch': 1, 'seq': 1,
                                           'ts_ns': 1}, [])):]
        for _ in range(count):
            seq = self.sequences[MARKS] = self.sequences.get(MARKS, 0) + 1
            self.said.setdefault(MARKS, []).append(seq)
            head = wire.encode_frame({'topic': MARKS, 'src': 1, 'epoch': 1, 'seq': seq,
                                      'ts_ns': 1}, [])
            for socket in self.sockets.values():
                socket.send(head + body)

    def restate(self, number):
        self.say(type='account', account=number, rev=self.revs[number], full=True,
                 balances=[{'asset': 1, 'amount': str(self.revs[number])}], positions=[])
        self.say(type='synced', topic=topic(number))

    def beat(self, name):
        self.say(type='beat', topics=[{'topic': name, 'epoch': 1, 'seq': self.sequences[name]}])


class Journal:
    def __init__(self, cluster, ledger, name):
        self.cluster, self.ledger, self.name = cluster, ledger, name
        self.other = NAMES[1 - NAMES.index(name)]
        self.asker = cluster.socket(zmq.DEALER, cluster.ipc('state-' + name), False)
        self.request = 0
        self.store = cluster.dir / ('store-' + name)

    def start(self, *more):
        self.process = self.cluster.start(
            'journal', '--sub', self.cluster.ipc('to-' + self.name), '--store', self.store,
            '--serve', self.cluster.ipc('state-' + self.name), '--peer',
            self.cluster.ipc('state-' + self.other), '--accounts', 1000, '--src',
            200 + NAMES.index(self.name), *more)
        self.ledger.await_journal(self.name, 'acct.000000ff')

    def size(self):
        """Of its store; files come and go."""
        size = 0
        for file in self.store.iterdir():
            try:
                size += file.stat().st_size
            except FileNotFoundError:
                pass
        return size

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def ask(self, number, name=None):
        """How far the state of the account's partition goes in its topic, or in another: (epoch, seq).
        None: there is none."""
        self.request += 1
        values = {'partition': partition(number), 'request': self.request}
        header = {'topic': f'snap.{partition(number):08x}', 'src': 5, 'epoch': 1,
                  'seq': self.request, 'ts_ns': 1}
        self.asker.send(wire.encode_frame(header, [('snapshot_get', values)]))
        streams, parts = {}, None
        while parts is None or parts:
            if not self.asker.poll(2000):  # the question went to one that was killed
                return self.ask(number, name)
            _, ((kind, part),) = wire.decode_frame(self.asker.recv())
            check(kind == 'snapshot_part', kind)
            if part['request'] != self.request:
                continue
            if part['parts'] == 0:
                return None
            streams.update({(row['src'], row['topic']): (row['epoch'], row['seq'])
                            for row in part['streams']})
            parts = part['parts'] - part['part'] - 1
        return streams.get((1, name or topic(number)), (0, 0))

    def await_state(self, number, name=None):
        """Until it goes up to the account's last change, or to the topic's last frame."""
        end = time.monotonic() + DEADLINE_S
        while (state := self.ask(number, name)) != (1, self.ledger.sequences[name or
                                                                            topic(number)]):
            check(time.monotonic() < end, f'{self.name} stands at {state}')

    def await_none(self, number):
        end = time.monotonic() + DEADLINE_S
        while self.ask(number):
            check(time.monotonic() < end, f'{self.name} has a state in spite of a hole')

    def await_words(self, words):
        end = time.monotonic() + DEADLINE_S
        while words not in self.cluster.log(self.process):
            check(time.monotonic() < end, f'{self.name} never says: {words}')

    def kept(self):
        """The sequences of each topic of the ledger, in the order of the store."""
        lines = self.cluster.run('decode', self.store).stdout.decode().splitlines()
        kept = {}
        for line in lines:
            if '"type":"mark"' in line and kept.get(MARKS, [0])[-1] == int(
                    re.search('"seq":([0-9]+)', line).group(1)):
                continue  # a frame has many
            said = json.loads(line)
            if said.get('src') == 1 and said['type'] in ('account', 'synced', 'mark'):
                name = said.get('topic') or MARKS
                if said['type'] == 'account':
                    name = topic(said['account'])
                kept.setdefault(name, []).append(said['seq'])
        return kept


def cut(ledger, journals, name, number, count, by_beat=False):
    """One is cut off for a while. It does not wait for anybody's restatement."""
    ledger.account(number)
    ledger.cut = {name}
    ledger.account(number, count)
    ledger.cut = set()
    if by_beat:
        ledger.beat(topic(number))
    else:
        ledger.account(number)
    for journal in journals.values():
        journal.await_state(number)


def both_lack_it(ledger, journals):
    ledger.account(300)
    ledger.cut = {'a', 'b'}
    ledger.account(300, 3)
    ledger.cut = {'a'}
    ledger.account(300)
    ledger.cut = set()
    ledger.account(300)
    for journal in journals.values():
        journal.await_none(300)
    check(journals['a'].ask(301) is not None, 'another partition has its state')
    for _ in range(2):
        ledger.restate(300)
    for journal in journals.values():
        journal.await_state(300)


def not_there(ledger, journals, name):
    """Killed, and started again when much has been said; some of it about what is quiet now."""
    journal = journals[name]
    ledger.account(400)
    ledger.account(401)
    journal.await_state(400)
    journal.await_state(401)
    journal.kill()
    ledger.account(400, 500)
    ledger.account(401, 7)
    journal.start()
    journal.await_state(400)
    journal.await_state(401)


def killed_amid(ledger, journals):
    """The one that fills, again and again; then the one that is asked."""
    a, b = journals['a'], journals['b']
    ledger.marks(10)
    b.await_state(301, MARKS)
    a.await_state(301, MARKS)
    amid = 0
    for _ in range(10):
        if amid == 2:
            break
        a.kill()
        ledger.marks(2500)
        b.await_state(301, MARKS)
        before = a.size()
        a.start()
        while a.size() < before + 300000:
            check(a.process.poll() is None, 'it ended')
        a.kill()
        amid += a.size() < before + 2000000
        a.start()
        a.await_state(301, MARKS)
    check(amid, 'it was never killed before it was done')
    a.kill()
    ledger.marks(2500)
    b.await_state(301, MARKS)
    a.start()
    b.kill()
    b.start()
    ledger.account(500)
    a.await_state(500)
    b.await_state(500)


def remembers(ledger, journals):
    """The other one was started again since, from a snapshot behind the frames."""
    a, b = journals['a'], journals['b']
    ledger.account(700)
    a.await_state(700)
    a.kill()
    ledger.account(700, 50)
    b.await_state(700)
    b.kill()
    b.start('--snapshot-s', 1)
    before = set(b.store.glob('snapshot.*'))
    end = time.monotonic() + DEADLINE_S
    while not set(b.store.glob('snapshot.*[0-9]')) - before:
        check(time.monotonic() < end, 'no snapshot')
    b.kill()
    b.start()
    b.await_words('goes on behind the snapshot')
    a.start()
    a.await_state(700)


def comes_later(ledger, journals):
    """The other one is not there either, at first; nobody speaks of the account again."""
    a, b = journals['a'], journals['b']
    ledger.account(800)
    a.await_state(800)
    a.kill()
    ledger.account(800, 5)
    b.await_state(800)
    b.kill()
    a.start()
    a.await_words('the other journal does not answer')
    check(a.ask(800) == (1, 1), 'nobody told it yet')
    b.start()
    a.await_state(800)


def from_its_state(ledger, journals):
    """The other one does not remember the frames, and has the state all the same."""
    a, b = journals['a'], journals['b']
    ledger.account(600)
    b.await_state(600)
    a.await_state(600)
    a.kill()
    ledger.account(600, 9)
    b.await_state(600)
    b.kill()
    b.start('--recent-mb', 0)
    a.start()
    ledger.account(600)
    a.await_words('a hole was filled with the other journal')
    a.await_state(600)
    b.await_state(600)
    a.kill()  # what it took over stands in its store
    b.kill()
    a.start()
    a.await_state(600)


def all_there(ledger, journals):
    """In order, and all but what nobody could tell: behind a state, what came since comes again."""
    lacks = {('a', topic(300)): 4, ('b', topic(300)): 3, ('a', topic(600)): 9}
    for journal in journals.values():
        kept = journal.kept()
        for name in filter(lambda name: name.startswith(('acct', 'mark')), ledger.said):
            there, missing = kept[name], set(ledger.said[name]) - set(kept[name])
            if (journal.name, name) == ('a', topic(600)):
                check(there == [1, 11, 11], there)
                continue
            check(there == sorted(set(there)), f'{journal.name} {name}: not in order')
            if (journal.name, name) != ('a', MARKS):  # the other may have died for too long
                check(len(missing) == lacks.get((journal.name, name), 0),
                      f'{journal.name} {name} lacks {sorted(missing)}')


def run(zeroline):
    with Cluster(zeroline) as cluster:
        ledger = Ledger(cluster)
        journals = {name: Journal(cluster, ledger, name) for name in NAMES}
        for journal in journals.values():
            journal.start()
        for said in (ASSET, INSTRUMENT):
            ledger.say(**said)
        ledger.account(301)
        cut(ledger, journals, 'a', 100, 5)
        cut(ledger, journals, 'b', 200, 3000)
        cut(ledger, journals, 'a', 101, 5, by_beat=True)
        both_lack_it(ledger, journals)
        not_there(ledger, journals, 'a')
        not_there(ledger, journals, 'b')
        killed_amid(ledger, journals)
        remembers(ledger, journals)
        comes_later(ledger, journals)
        from_its_state(ledger, journals)
        journals['b'].start()  # it was killed: what it wrote last may be torn
        for journal in journals.values():
            cluster.stop(journal.process)
        all_there(ledger, journals)


main(run)
