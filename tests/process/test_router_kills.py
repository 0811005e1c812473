"""A router that is killed, dies or forgets at any message, before a venue that holds its orders.

Venue, ledger and workers are Python: workers propose whatever they like, at old and new bases; the venue
fills, in parts, or lets an order expire, when it likes; the ledger shows a trade long after it was made;
what was under way when the router was killed still arrives. Holds: no pool has two decisions at the venue;
each order is for the base that the ledger has, shown or not; a base is traded by one decision only; and in
the end, with nobody killed, every account can be closed. On ipc, then on TCP."""
import argparse
import collections
import random
import socket
import sys
import time

import zmq

from cluster import DEADLINE_S, Cluster, Failed, Publisher, check
from routing import close, partition
from venue import Venue
import wire

ACCOUNTS = range(100, 112)
QTY, MOST = 10**6, 500  # of each account at first; of an order
KILLS = 30
FAULTS = ((), (), ('--act', 'forget:every=5'), ('--act', 'die:after=7'),
          ('--act', 'forget:every=3', '--act', 'die:after=20'))


def tcp_endpoints():
    """A name's endpoint, always the same."""
    ports = {}

    def at(name):
        if name not in ports:
            with socket.socket() as probe:
                probe.bind(('127.0.0.1', 0))
                ports[name] = f'tcp://127.0.0.1:{probe.getsockname()[1]}'
        return ports[name]
    return at


class Exchange(Venue):
    """The venue, and the ledger that it hands every trade to. What they say comes out later."""

    def __init__(self, cluster, rng, at):
        super().__init__(cluster, Publisher(cluster, at('fills'), 11),
                         Publisher(cluster, at('ledger'), 10), at('venue'))
        self.random = rng
        self.qty = dict.fromkeys(ACCOUNTS, QTY)
        self.base = dict.fromkeys(ACCOUNTS, 1)
        self.shown = {}               # accounts as they were published last
        self.orders = {}              # id to what is left of it
        self.traded = {}              # (account, base) to n
        self.outbox = {self.fills: collections.deque(), self.ledger: collections.deque()}
        self.paces = {}               # how much of it is said at once, at most
        self.trades = self.cancelled = 0
        for number in ACCOUNTS:
            self.state(number)

    # ---- what it says, in its order, later ----

    def later(self, publisher, **said):
        self.outbox[publisher].append(said)

    def say_some(self):
        for publisher, waiting in self.outbox.items():
            most = self.paces.get(publisher, 1)
            for _ in range(min(len(waiting), self.random.randint(0, most))):
                said = waiting.popleft()
                publisher.say(**said)
                if said['type'] == 'account':
                    self.shown[said['account']] = said

    def change_paces(self):
        self.paces = {publisher: self.random.choice((1, 1, 3, 20)) for publisher in self.outbox}

    def state(self, number):
        held = [{'instrument': 7, 'qty': -self.qty[number], 'entry': 100, 'mode': 'cross'}]
        self.later(self.ledger, type='account', account=number, rev=self.base[number], full=True,
                   balances=[{'asset': 1, 'amount': 1000}], positions=held)

    def restate(self):
        """To whoever subscribes: what is shown by now, and no more."""
        asked = False
        for publisher in (self.ledger, self.fills):
            while publisher.socket.poll(0):
                told = publisher.socket.recv()
                asked |= told[:1] == b'\1' and told[2:6] == b'acct'
        for said in self.shown.values() if asked else ():
            self.ledger.say(**said)

    # ---- what it does ----

    def take_some(self, most):
        """What it leaves may be of a router that is gone by the time it is read."""
        for _ in range(self.random.randint(0, most)):
            if not self.socket.poll(0):
                return
            taken = self.take(self.socket.recv())
            for _, order in taken[1] if taken else ():
                self.accept(taken[0], order)

    def accept(self, header, said):
        order = said['order']
        account, _, base, n, _ = order.split('/')
        pool = f'{account}/x/'
        check(not [one for one in self.held if one.startswith(pool)],
              f'{order} while there are {list(self.held)}')
        check(int(base) == self.base[int(account)], f'{order} at base {self.base[int(account)]}')
        check(self.traded.get((account, base), n) == n, f'{order}: that base was traded')
        self.held[order] = header['src'], header['topic']
        self.orders[order] = said['qty']

    def cancel(self, stream):
        for order in [order for order, of in self.held.items() if of == stream]:
            self.cancelled += 1
            self.end(order, 'expired', 0)

    def pass_on(self, stream, run):
        for publisher, kind in ((self.fills, 'exec'), (self.ledger, 'acct')):
            self.later(publisher, type='recall', topic=kind + stream[1][4:], router=stream[0],
                       run=run)

    def end(self, order, status, filled):
        del self.held[order]
        self.later(self.fills, type='exec', order=order, status=status, final=True, filled=filled,
                   rev=self.base[int(order.split('/')[0])] if filled else 0)

    def trade(self):
        """Something becomes of an order that is held."""
        if not self.held:
            return
        order = self.random.choice(sorted(self.held))
        account, _, base, n, _ = order.split('/')
        filled = self.random.choice((0, 1, 7, MOST))
        if filled:
            check(self.traded.setdefault((account, base), n) == n, f'{order}: traded twice')
            self.qty[int(account)] -= filled
            self.base[int(account)] += 1
            self.trades += 1
            self.state(int(account))
        self.end(order, 'filled' if filled == self.orders[order] else 'expired', filled)


class Run:
    def __init__(self, cluster, seed, options, at):
        self.cluster, self.random, self.options, self.at = cluster, random.Random(seed), options, at
        self.exchange = Exchange(cluster, self.random, at)
        self.orders = cluster.socket(zmq.PUSH, at('orders'), False)
        self.orders.sndhwm = 100
        self.answers = cluster.socket(zmq.SUB, at('answers'), False)
        self.answers.subscribe = b'\xadexec'
        self.n = collections.Counter()  # (account, base) to final answers that filled nothing
        self.sequence = self.heard = self.kills = self.deaths = 0
        self.start(())

    def start(self, faults):
        at = self.at
        self.router = self.cluster.start(
            'router', '--pull', at('orders'), '--pub', at('answers'), '--venue', at('venue'), '--sub',
            self.exchange.ledger.endpoint, '--sub', self.exchange.fills.endpoint, *self.options,
            *faults)

    def kill(self):
        self.router.kill()
        self.router.wait()
        self.kills += 1
        self.exchange.change_paces()
        self.start(self.random.choice(FAULTS))

    def propose(self, number):
        """A worker that may be behind, or ahead of itself."""
        shown = self.exchange.shown.get(number, {'rev': 1})['rev']
        base = max(1, shown - self.random.choice((0, 0, 0, 1)))
        n = self.n[str(number), str(base)] + self.random.choice((0, 0, 0, 1))
        self.sequence += 1
        header = {'topic': f'ordr.{partition(number):08x}', 'src': 1, 'epoch': 1,
                  'seq': self.sequence, 'ts_ns': 1}
        said = wire.read_object(wire.Stream(), close(f'{number}/x/{base}/{n}', qty=MOST))
        try:
            self.orders.send(wire.encode_frame(header, [said]), zmq.DONTWAIT)
        except zmq.Again:
            pass

    def hear(self):
        while self.answers.poll(0):
            self.heard += 1
            for name, said in wire.decode_frame(self.answers.recv())[1]:
                key = said.get('order', '').split('/')
                if name == 'exec' and said['final'] and not said['filled'] and len(key) == 5:
                    self.n[key[0], key[2]] = max(self.n[key[0], key[2]], int(key[3]) + 1)

    def turn(self):
        exchange = self.exchange
        if self.router.poll() is not None:
            log = self.cluster.log(self.router)
            check('dies, as it was told' in log, f'the router ended: {log}')
            self.deaths += 1
            self.start(self.random.choice(FAULTS))
        exchange.restate()
        exchange.take_some(6)
        self.hear()
        if self.random.random() < 0.3:
            exchange.trade()
        exchange.say_some()
        for number in self.random.sample(ACCOUNTS, 2):
            self.propose(number)
        self.answers.poll(2)

    def go(self):
        end = time.monotonic() + 3 * DEADLINE_S
        for _ in range(KILLS):
            traded = self.exchange.trades + self.random.choice((0, 0, 1, 3, 10))
            heard = self.heard + self.random.randint(1, 200)
            while self.exchange.trades < traded or self.heard < heard:
                self.turn()
                check(time.monotonic() < end, 'nothing goes on')
            self.kill()
        self.router.kill()
        self.router.wait()
        self.start(())
        self.exchange.paces = dict.fromkeys(self.exchange.outbox, 20)
        base = dict(self.exchange.base)
        while any(self.exchange.base[number] == base[number] and self.exchange.qty[number]
                  for number in ACCOUNTS):
            self.turn()
            check(time.monotonic() < end, 'an account cannot be closed any more')
        self.cluster.stop(self.router)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('zeroline')
    parser.add_argument('--seed', type=int, default=time.time_ns() % 10**9)
    given, options = parser.parse_known_args()
    print(f'seed {given.seed}', flush=True)
    try:
        for name in ('ipc', 'tcp'):
            with Cluster(given.zeroline) as cluster:
                run = Run(cluster, given.seed, options,
                          cluster.ipc if name == 'ipc' else tcp_endpoints())
                run.go()
                exchange = run.exchange
                print(f'{name}: {run.kills} kills, {run.deaths} deaths, {exchange.trades} trades, '
                      f'{exchange.cancelled} orders ended by recalls, {exchange.refused} were of runs '
                      'that were over', flush=True)
                check(exchange.cancelled > 0, 'nothing was held when the router was killed')
    except Failed as failed:
        sys.exit(f'failed, seed {given.seed}: {failed}')


main()
