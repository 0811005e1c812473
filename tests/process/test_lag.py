"""Input that outruns a worker: it says how late it is, and works off what waits in its order.

The worker is stopped for a while, as if it were too slow. Holds: what fits its queue is all there
when it goes on, in the order in which it was said, and is decided on; it alerts once that input is
late, and once that it is on time again; a replay says the same. With a small high-water mark ZeroMQ
drops instead: the worker sees the hole, stands still there, asks, and goes on as it is restated; a
price that was lost asks for nothing."""
import json
import signal
import time

import zmq

from cluster import DEADLINE_S, Cluster, Publisher, check, main, receive
import wire

ASSET = {'type': 'asset', 'asset': 1, 'symbol': 'USDT', 'scale': 6, 'rate_scale': 8,
         'numeraire': True}
PATIENT = {'type': 'policy', 'policy': 1, 'rev': 1, 'answer_ms': 600000}  # nobody answers here
INSTRUMENT = {'type': 'instrument', 'instrument': 7, 'symbol': 'BTC-USDT', 'settle': 1,
              'price_scale': 2, 'qty_scale': 3, 'tick': '0.1', 'lot': '0.001',
              'tiers': [{'mmr': '0.005'}], 'rev': 1}
BURST = 20000
LAG_MS = 200
VICTIM = 42
TOPIC = f'acct.{wire.mix64(VICTIM) % 256:08x}'


class Bus:
    def __init__(self, cluster, small=False, *more):
        self.cluster = cluster
        self.feed = Publisher(cluster, 'feed', 1)
        if small:
            self.feed.socket.unbind(self.feed.endpoint)
            self.feed.socket.sndhwm = 50  # it drops for who does not read
            self.feed.socket.bind(self.feed.endpoint)
        self.orders = cluster.socket(zmq.PULL, cluster.ipc('orders'), True)
        self.worker = cluster.start('worker', '--sub', self.feed.endpoint, '--router',
                                    cluster.ipc('orders'), '--pub', cluster.ipc('alerts'),
                                    '--tape', cluster.dir, '--lag-ms', LAG_MS, *more)
        self.feed.await_subscription('acct.000000ff')
        self.alerts = cluster.socket(zmq.SUB, cluster.ipc('alerts'), False)
        self.alerts.setsockopt(zmq.SUBSCRIBE, b'\xadalrt')
        self.stream, self.rev = wire.Stream(), 0
        for said in (ASSET, INSTRUMENT, PATIENT):
            self.stream.learn(*wire.read_object(self.stream, said))
            self.feed.say(**said)
        self.mark('60000')
        while not self.alerts.poll(20):  # a subscription works when the worker knows of it
            self.feed.say(**{**INSTRUMENT, 'price_scale': 3})
        self.seen = []

    def mark(self, price):
        self.feed.say(type='mark', instrument=7, price=price)

    def account(self, number=VICTIM):
        self.rev += 1
        self.feed.say(type='account', account=number, rev=self.rev, full=True, positions=[
            {'instrument': 7, 'qty': '1', 'entry': '60000', 'mode': 'isolated', 'margin': '600',
             'rev': self.rev}])

    def alert(self, kind, words=''):
        while True:
            _, _, said = receive(self.alerts, self.stream)
            self.seen.append(said)
            if said['kind'] == kind and words in said['text']:
                return said

    def order(self, account):
        _, name, said = receive(self.orders, self.stream)
        check(name == 'liquidate' and said['account'] == account, said)
        return said

    def stop(self):
        self.worker.send_signal(signal.SIGSTOP)

    def cont(self):
        self.worker.send_signal(signal.SIGCONT)

    def lines(self):
        self.cluster.stop(self.worker)
        tape, = self.cluster.tapes()
        told = self.cluster.run('replay', tape).stdout.decode()
        check('identical: ' in told, told)
        return self.taped()

    def taped(self):
        """So far."""
        tape, = self.cluster.tapes()
        return [json.loads(line)
                for line in self.cluster.run('decode', tape).stdout.decode().splitlines()]


def burst(zeroline):
    with Cluster(zeroline) as cluster:
        bus = Bus(cluster)
        bus.stop()
        for number in range(BURST):
            bus.mark(wire.format_decimal(6000000 + number % 1000, 2))
        bus.account()
        bus.mark('59000')
        begun = time.monotonic()  # what waits grows old: that is what is measured
        while time.monotonic() < begun + 3 * LAG_MS / 1000:
            bus.feed.socket.poll(20)
        bus.cont()
        said = bus.alert('lag', 'input is late by')
        check(int(said['text'].split(' ')[4]) >= LAG_MS, said)
        check(bus.order(VICTIM)['mark'] == '59000', 'a price that was over decided')
        while True:  # in time again, while it goes on
            bus.mark('59000')
            if bus.alerts.poll(20):
                bus.alert('lag', 'on time again')
                break
        lines = bus.lines()
        seqs = [line['seq'] for line in lines if line['type'] == 'mark']
        check(seqs == list(range(1, len(seqs) + 1)) and len(seqs) > BURST, 'marks are not in order')
        clocks = [line['lag'] for line in lines if line['type'] == 'clock' and line.get('lag')]
        check(clocks == ['begins', 'ends'], clocks)
        log = cluster.log(bus.worker)
        check('input late 1 times, by at most ' in log and 'input is late by' in log, log)


def is_stated(lines):
    """Whether the account was stated in full by what showed the last hole, or behind it."""
    heard = [line for line in lines if line['type'] in ('account', 'beat', 'alert')]
    last = max(at for at, line in enumerate(heard)
               if line['type'] == 'alert' and line['kind'] == 'gap')
    shown_by = next(line for line in reversed(heard[:last]) if line['type'] != 'alert')
    return any(line['type'] == 'account' for line in [shown_by, *heard[last:]])


def drops(zeroline):
    """A worker that stands still for long, before a publisher that does not wait for it."""
    with Cluster(zeroline) as cluster:
        bus = Bus(cluster, True, '--high-water', 50, '--lag-ms', 0)
        bus.account()
        bus.stop()
        for number in range(BURST):
            bus.mark(wire.format_decimal(6000000 + number % 1000, 2))
            if number % 20 == 0:
                bus.account()
        bus.cont()
        # Whoever drops has no room for a while: what shows the hole is said until it is heard.
        end = time.monotonic() + DEADLINE_S
        while not any(said['kind'] == 'gap' and TOPIC in said['text'] for said in bus.seen):
            check(time.monotonic() < end, 'no hole was seen')
            bus.feed.say(type='beat', topics=[
                {'topic': topic, 'epoch': 1, 'seq': bus.feed.sequences[topic]}
                for topic in (TOPIC, 'mark.00000007')])
            while bus.alerts.poll(20):
                bus.seen.append(receive(bus.alerts, bus.stream)[2])
        bus.mark('59000')
        told = set()
        while TOPIC not in told:  # it asks, for accounts and for nothing else
            said = bus.feed.socket.recv()
            if said[:1] == b'\1':
                told.add(said[2:].decode())
        check(not any(topic.startswith(('mark', 'ctrl')) for topic in told), told)
        check(is_stated(bus.taped()) or not bus.orders.poll(0), 'an order in spite of a hole')
        bus.account()
        check(bus.order(VICTIM)['mark'] == '59000', 'a price that was over decided')
        for _ in range(2):  # the first ends no restatement where an account's message showed the hole
            bus.account()
            bus.feed.say(type='synced', topic=TOPIC)
        bus.alert('gap', 'whole again')
        lines = bus.lines()
        marks = sum(line['type'] == 'mark' for line in lines)
        check(marks < BURST, 'nothing was dropped')
        check(not any(line.get('lag') for line in lines), 'late, though nobody asked')


def run(zeroline):
    burst(zeroline)
    drops(zeroline)


main(run)
