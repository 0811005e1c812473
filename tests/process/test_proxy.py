"""A crash of the market behind a network that loses, doubles and swaps frames at random.

Between the publishers and the workers stands a proxy: of all that it passes on some frames are lost,
some come twice, some behind later ones; at the end of the faults it loses everything for a while, so
the last frame of every topic, and of the beats too. One run has a journal, that hears the same, and
a worker that is killed. Holds: one decision of a base has effect; when the faults are over no pool
that is unsafe stays so; what a worker was told makes the same pools, to the last digit, as what the
publishers said; every tape replays to what was said."""
import argparse
import json
import random
import sys
import threading
import time

import zmq

from cluster import DEADLINE_S, Cluster, Failed, check
from wire import mix64
from witness import SETTLE_S, Witness

SECONDS = 12
FAULTS_END = 0.7     # of the market's time
SILENCE_S = 1.2      # before that, in which nothing comes through
TICK_MS, STAY_MS = 10, 50
LOST, TWICE, LATE = 0.03, 0.03, 0.03
LATE_MAX = 30        # frames that overtake one


class Proxy(threading.Thread):
    """Passes subscriptions on to publishers, and frames back, as well as it may."""

    CLEAN, FAULTY, SILENT = range(3)

    def __init__(self, cluster, seed, routes):
        super().__init__()
        self.random, self.mode, self.done = random.Random(seed), self.CLEAN, False
        self.lost = self.twice = self.late = self.passed = 0
        self.pairs, self.held = [], []
        for behind, before in routes:
            publisher = cluster.context.socket(zmq.XSUB)
            workers = cluster.context.socket(zmq.XPUB)
            workers.setsockopt(zmq.XPUB_VERBOSE, 1)
            publisher.rcvhwm = workers.sndhwm = 0
            workers.bind(before)
            publisher.connect(behind)
            self.pairs.append((publisher, workers))
        self.start()

    def run(self):
        poller = zmq.Poller()
        for pair in self.pairs:
            for socket in pair:
                poller.register(socket, zmq.POLLIN)
        while not self.done:
            ready = dict(poller.poll(20))
            for publisher, workers in self.pairs:
                while workers in ready and workers.poll(0):
                    publisher.send(workers.recv())
                for _ in range(200 if publisher in ready else 0):
                    if not publisher.poll(0):
                        break
                    self.pass_on(workers, publisher.recv())
            if not ready or self.mode != self.FAULTY:
                self.release(len(self.held))

    def pass_on(self, workers, frame):
        drawn = self.random.random() if self.mode == self.FAULTY else 1
        if self.mode == self.SILENT or drawn < LOST:
            self.lost += 1
        elif drawn < LOST + LATE:
            self.late += 1
            self.held.append([self.random.randint(1, LATE_MAX), workers, frame])
        else:
            self.passed += 1
            workers.send(frame)
            if drawn < LOST + LATE + TWICE:
                self.twice += 1
                self.held.append([self.random.randint(0, LATE_MAX), workers, frame])
        for one in self.held:
            one[0] -= 1
        self.release(0)

    def release(self, most):
        """Those that waited long enough, or so many."""
        still = []
        for one in self.held:
            if one[0] < 0 or most > 0:
                one[1].send(one[2])
            else:
                still.append(one)
        self.held = still

    def stop(self):
        self.done = True
        self.join(DEADLINE_S)
        check(not self.is_alive(), 'the proxy did not end')


class Market:
    def __init__(self, cluster, seed, accounts, journal):
        self.cluster, self.seed, self.accounts = cluster, seed, accounts
        at = cluster.ipc
        room = ('--accounts', 2 * accounts, '--positions', 4 * accounts, '--balances', 4 * accounts,
                '--instruments', 16)
        heard = ('--sub', at('sim-far'), '--sub', at('answers-far'))
        self.ranges = {'one': range(128), 'two': range(128, 256), 'replica': range(128)}
        self.sim = cluster.start(
            'sim', '--pub', at('sim'), '--fills', at('fills'), '--orders', at('venue'), '--await',
            len(self.ranges) + journal + 1, '--seconds', SECONDS, '--accounts', accounts, '--tick',
            TICK_MS, '--stay', STAY_MS, '--seed', seed)
        self.rest = [cluster.start('router', '--pull', at('orders'), '--pub', at('answers'), '--sub',
                                   at('sim'), '--sub', at('fills'), '--venue', at('venue'))]
        self.proxy = Proxy(cluster, seed, ((at('sim'), at('sim-far')),
                                           (at('answers'), at('answers-far'))))
        more = ('--journal', at('state'), '--journal-wait', 30000) if journal else ()
        if journal:
            self.rest.append(cluster.start('journal', *heard, '--store', cluster.dir / 'store',
                                           '--serve', at('state'), '--snapshot-s', 1, *room))
        self.arguments = {
            name: ('worker', *heard, '--router', at('orders'), '--tape', cluster.dir, '--src', src,
                   '-p', f'{numbers[0]}-{numbers[-1]}', *room, *more)
            for src, (name, numbers) in enumerate(self.ranges.items(), 1)}
        self.workers = {name: cluster.start(*told) for name, told in self.arguments.items()}
        self.witness = Witness(cluster, accounts, at('answers'), at('fills'), at('sim'))

    def hear(self):
        while not self.witness.socket.poll(20):
            for process in (self.sim, *self.rest, *self.workers.values()):
                check(process.poll() is None, f'{process.args[1]} ended: {self.cluster.log(process)}')
        self.witness.hear()

    def until(self, share, extra_s=0.0):
        while self.witness.market_s < share * SECONDS + extra_s:
            self.hear()

    def faults(self, journal):
        self.until(0.05)
        self.proxy.mode = Proxy.FAULTY
        for share in (0.3, 0.5) if journal else ():
            self.until(share)
            self.workers['one'].kill()
            self.workers['one'].wait()
            self.workers['one'] = self.cluster.start(*self.arguments['one'])
        self.until(FAULTS_END, -SILENCE_S)
        self.proxy.mode = Proxy.SILENT
        self.until(FAULTS_END)
        self.proxy.mode = Proxy.CLEAN

    def tape(self, name):
        src = self.arguments[name][self.arguments[name].index('--src') + 1]
        return max(self.cluster.tapes(f'worker-{src}.'), key=lambda one: one.stat().st_mtime_ns)

    def lines(self, name):
        return self.cluster.run('decode', self.tape(name)).stdout.decode().splitlines()

    def has_holes(self, name):
        """By its last word on each topic, or because it has none yet: it still joins."""
        lines, last = self.lines(name), {}
        for said in (json.loads(line) for line in lines if '"kind":"gap"' in line):
            topic = said['text'].split(':')[0]
            last[topic] = topic[:4] in ('acct', 'ctrl') and 'whole again' not in said['text']
        return any(last.values()) or not any(line.startswith('{"type":"clock"') for line in lines)

    def heal(self):
        """Beats tell of all topics while prices still move; who asked often waits long to ask again."""
        self.until(0.95)
        begun = time.monotonic()
        while any(self.has_holes(name) for name in self.workers):
            check(time.monotonic() < begun + SETTLE_S, 'there are holes that nobody fills')
            self.until(0, self.witness.market_s + 0.5)

    def told(self, name):
        """The pools with positions that a worker's engine knows of, by its tape, as calc prints them."""
        told = self.cluster.run('inspect', self.tape(name), '--json').stdout.decode()
        lines = [json.loads(line) for line in told.splitlines()]
        return pools_of(line for line in lines if 'what' not in line and line['positions'])

    def converge(self):
        """The prices stand still: what every worker knows is what there is."""
        self.cluster.stop(self.sim)
        self.hear_all()
        begun, left = time.monotonic(), set(self.workers)
        while left:
            if time.monotonic() > begun + DEADLINE_S:
                raise Failed(self.difference(left))
            real = pools_of(self.witness.pools())
            for name in list(left):
                if self.told(name) == self.part(real, name):
                    left.discard(name)
        return time.monotonic() - begun, len(real)

    def hear_all(self):
        while self.witness.socket.poll(200):
            self.witness.hear()

    def part(self, pools, name):
        return {key: pool for key, pool in pools.items()
                if mix64(key[0]) % 256 in self.ranges[name]}

    def difference(self, left):
        real = pools_of(self.witness.pools())
        for name in left:
            told, part = self.told(name), self.part(real, name)
            for key in sorted(told.keys() | part.keys()):
                if told.get(key) != part.get(key):
                    return f'{name} takes {key} for {told.get(key)}, and it is {part.get(key)}'
        return 'nothing'


def pools_of(pools):
    return {(pool['account'], pool['pool']): pool for pool in pools}


def report(market, settled, converged_s, pools):
    witness, proxy = market.witness, market.proxy
    print(f'{proxy.lost} frames lost, {proxy.twice} twice, {proxy.late} late of '
          f'{proxy.lost + proxy.late + proxy.passed}; {len(witness.effects)} bases closed, '
          f'{len(witness.orders)} orders; {settled}; {pools} pools alike after {converged_s:.1f} s',
          flush=True)
    check(min(proxy.lost, proxy.twice, proxy.late) > 100, 'hardly anything was lost')
    check(len(witness.effects) > market.accounts / 10, 'hardly anything was decided')


def check_tapes(cluster):
    gaps = 0
    for tape in cluster.tapes():
        told = cluster.run('replay', tape).stdout.decode()
        check('identical: ' in told or 'no outputs' in told, f'{tape}: {told}')
        gaps += cluster.run('decode', tape).stdout.count(b'"kind":"gap"')
    check(gaps > 100, f'hardly any hole was seen: {gaps}')


def run(zeroline, seed, accounts, journal):
    with Cluster(zeroline) as cluster:
        market = Market(cluster, seed, accounts, journal)
        try:
            market.faults(journal)
            settled = market.witness.settle(market.hear)
            market.heal()
            converged = market.converge()
        finally:
            market.proxy.stop()
        for process in (*market.workers.values(), *reversed(market.rest)):
            cluster.stop(process)
        unanswered = list(market.witness.unanswered(market.witness.answered))
        check(not unanswered, f'without an answer: {unanswered}')
        check_tapes(cluster)
        report(market, settled, *converged)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('zeroline')
    parser.add_argument('--seed', type=int, default=time.time_ns() % 10**9)
    parser.add_argument('--accounts', type=int, default=600)
    parser.add_argument('--only', choices=('with', 'without'))
    given = parser.parse_args()
    print(f'seed {given.seed}', flush=True)
    try:
        for journal in (False, True):
            if given.only in (None, 'with' if journal else 'without'):
                run(given.zeroline, given.seed, given.accounts, journal)
    except Failed as failed:
        sys.exit(f'failed, seed {given.seed}: {failed}')
    except zmq.Again:
        sys.exit(f'failed, seed {given.seed}: nothing arrived in time')


main()
