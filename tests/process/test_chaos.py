"""Processes that are killed again and again amid a crash of the market, and what holds all the same.

One run kills workers, with a replica that goes on, and the journal, and stops workers for a while; the
other kills the router, and workers. Holds: one decision of a base has effect; no position is closed
further than it was held; what was admitted is answered, or its account has a newer base; when the
faults end, no pool that is unsafe stays as it is; no price that is stale decides; every tape opens and
replays. When to do what is counted in frames that were heard, and drawn from a seed."""
import argparse
import json
import random
import signal
import sys
import time

import zmq

from cluster import Cluster, Failed, Publisher, check
from witness import Witness

TICK_MS = 5
SECONDS = 28
FAULTS_END = 0.57  # of the market's time: prices still fall
STAY_MS = 50  # between prices behind that time: the market is open until all has settled
SETTLE_S = 400  # no machine is so slow
ROUNDS = 5  # of watching what is unsafe, at least
ROUND_S = 0.4
STALE_MS = 1000


class Exchange:
    """The cluster of a run: what is killed here is started again under its name."""

    def __init__(self, cluster, seed, accounts):
        self.cluster, self.random, self.kills, self.stops = cluster, random.Random(seed), {}, 0
        self.seed, self.accounts = seed, accounts
        self.arguments, self.processes, self.stopped = {}, {}, {}
        self.unsafe = set()  # of those that were when the faults ended
        self.policy = Publisher(cluster, 'policy', 5)
        self.room = ('--accounts', 2 * accounts, '--positions', 4 * accounts, '--balances',
                     4 * accounts, '--instruments', 16)

    def start(self, name, *arguments):
        if arguments:
            self.arguments[name] = arguments
        self.processes[name] = self.cluster.start(*self.arguments[name])

    def open(self, workers):
        ipc = self.cluster.ipc
        feed, answers, fills = ipc('sim'), ipc('answers'), ipc('fills')
        heard = ('--sub', feed, '--sub', answers, '--sub', self.policy.endpoint)
        self.start('sim', 'sim', '--pub', feed, '--fills', fills, '--orders', ipc('venue'),
                   '--await', len(workers) + 3, '--seconds', SECONDS, '--accounts', self.accounts,
                   '--tick', TICK_MS, '--stay', STAY_MS, '--seed', self.seed)
        self.start('router', 'router', '--pull', ipc('orders'), '--pub', answers, '--sub', feed,
                   '--sub', fills, '--venue', ipc('venue'))
        self.start('journal', 'journal', *heard, '--store', self.cluster.dir / 'store', '--serve',
                   ipc('state'), '--snapshot-s', 2, *self.room)
        for number, (name, partitions) in enumerate(workers.items()):
            self.start(name, 'worker', *heard, '--router', ipc('orders'), '--journal',
                       ipc('state'), '--journal-wait', 30000, '--tape', self.cluster.dir,
                       '--src', number + 1, '-p', partitions, *self.room)
        self.witness = Witness(self.cluster, self.accounts, answers, fills, feed)

    def serve(self):
        """The source of the policy that makes prices stale: restated to who subscribes."""
        while self.policy.socket.poll(0):
            told = self.policy.socket.recv()
            if told[:1] == b'\1' and told[2:6] == b'ctrl':
                self.policy.say(type='policy', policy=1, rev=1, stale_ms=STALE_MS)
                self.policy.say(type='synced', topic='ctrl.00000000')
            elif told[:1] == b'\1' and told[2:6] == b'beat':
                self.policy.say(type='beat')

    def hear(self):
        """The next frame. Whatever nobody killed is still there."""
        self.serve()
        while not self.witness.socket.poll(0):
            for name, process in self.processes.items():
                check(process.poll() is None,
                      f'{name} ended; unsafe pools: {sorted(self.unsafe)}; it said: '
                      f'{self.cluster.log(process)}')
            self.serve()
            self.witness.socket.poll(20)
        self.witness.hear()

    def kill(self, name):
        self.processes[name].kill()
        self.processes[name].wait()
        self.kills[name] = self.kills.get(name, 0) + 1
        self.start(name)

    def stop(self, name, span_s):
        """It hears nothing for so long, and has everything at once then."""
        self.processes[name].send_signal(signal.SIGSTOP)
        self.stopped[name] = self.witness.market_s + span_s
        self.stops += 1

    def cont(self, name):
        del self.stopped[name]
        self.processes[name].send_signal(signal.SIGCONT)

    def fault(self, victims, stoppable):
        if not self.stopped and self.random.random() < 0.15:
            self.stop(self.random.choice(stoppable), self.random.uniform(0.2, 2.4))
        else:
            self.kill(self.random.choice([one for one in victims if one not in self.stopped]))

    def crash(self, victims, stoppable):
        """Faults, each after a number of frames; some come before the last one has begun to work.
        Each start has everything restated, so none comes while the witness is behind."""
        witness, due = self.witness, 0
        while witness.market_s < SECONDS * FAULTS_END:
            self.hear()
            for name in [one for one, end_s in self.stopped.items()
                         if end_s <= witness.market_s]:
                self.cont(name)
            if witness.frames >= due and witness.market_s > 0.5 and not witness.socket.poll(0):
                self.fault(victims, stoppable)
                due = witness.frames + self.random.randint(1, self.random.choice((200, 2000)))
        for name in list(self.stopped):
            self.cont(name)

    def converge(self):
        """No pool that was unsafe in the first rounds after the faults stays so under its base."""
        witness, begun, count, rounds = self.witness, time.monotonic(), set(), 0
        while witness.socket.poll(0):
            self.hear()
        while rounds < ROUNDS or self.unsafe:
            check(time.monotonic() < begun + SETTLE_S, f'nothing came of {sorted(self.unsafe)}')
            end_s = witness.market_s + ROUND_S
            while witness.market_s < end_s:
                self.hear()
            unsafe = witness.unsafe()
            self.unsafe = unsafe if rounds < ROUNDS else self.unsafe & unsafe
            count |= self.unsafe
            rounds += 1
        return f'{len(count)} unsafe pools settled in {time.monotonic() - begun:.1f} s'

    def close(self):
        """The market first: what is under way is executed."""
        self.cluster.stop(self.processes.pop('sim'))
        for name in sorted(self.processes, reverse=True):
            self.cluster.stop(self.processes.pop(name))
        while self.witness.socket.poll(0):
            self.witness.hear()


def check_answers(exchange, router_lives):
    """A router that was killed may have admitted what it never sent on: then its key stays open, and
    the pool is safe by now, or it would have been proposed again."""
    witness = exchange.witness
    check(not router_lives or not list(witness.unanswered(witness.answered)),
          f'without an answer: {list(witness.unanswered(witness.answered))}')
    unsafe = witness.unsafe()
    for order, pool in witness.unanswered(witness.executed.keys()):
        check(pool not in unsafe, f'{order} was admitted, and nothing came of it')
    twice = [order for order, times in witness.executed.items() if times > 1]
    check(not router_lives or not twice, f'sent on twice: {twice}')


def check_prices(exchange, lines):
    """What an isolated pool was told was decided by a price of that time, not by an old one."""
    marks = exchange.witness.marks
    for said in lines:
        if said['type'] == 'liquidate' and said['pool'] != 'x':
            mark_ns = marks.get((said['instrument'], said['mark_seq']))
            check(mark_ns is None or said['ts_ns'] <= mark_ns + STALE_MS * 10**6,
                  f"{said['order']} was decided by a price that was stale")


def check_tapes(exchange):
    cluster, outputs = exchange.cluster, 0
    for tape in cluster.tapes():
        told = cluster.run('replay', tape).stdout.decode()
        check('identical: ' in told or 'no outputs' in told, f'{tape}: {told}')
        if 'identical: ' in told:
            outputs += 1
            lines = cluster.run('replay', tape, '--json').stdout.decode().splitlines()
            check_prices(exchange, map(json.loads, lines))
    cluster.run('replay', cluster.dir / 'store')
    logs = [cluster.log(process) for process in cluster.processes]
    begun = sum('begin where the journal stands' in log for log in logs)
    joined = sum(' 0 with nothing' in log for log in logs)
    check(3 * joined > begun, f'{joined} of {begun} workers began where the journal stands')
    return f'{len(cluster.tapes())} tapes, {outputs} with outputs; {joined} of {begun} workers '\
           'had a state to begin with'


def run(zeroline, name, seed, accounts):
    workers, victims, stoppable, router_lives = RUNS[name]
    begun = time.monotonic()
    with Cluster(zeroline) as cluster:
        exchange = Exchange(cluster, seed, accounts)
        exchange.open(workers)
        exchange.crash(victims, stoppable)
        faults_s = time.monotonic() - begun
        settled = exchange.converge()
        exchange.close()
        witness = exchange.witness
        check_answers(exchange, router_lives)
        tapes = check_tapes(exchange)
        print(f'{name}: kills {exchange.kills} and {exchange.stops} stops in {faults_s:.1f} s; '
              f'{len(witness.effects)} bases closed, {len(witness.orders)} orders admitted; '
              f'{settled}; {tapes}; '
              f'{time.monotonic() - begun:.1f} s in all', flush=True)
        check(sum(exchange.kills.values()) >= 10, 'hardly anything was killed')
        check(len(witness.effects) > accounts / 10, 'hardly anything was decided')


# Workers and their partitions; who is killed; who is stopped for a while; whether the router lives.
RUNS = {
    'workers': ({'one': '0-127', 'two': '128-255', 'replica': '0-127'},
                ('one', 'one', 'two', 'two', 'journal'), ('two', 'replica'), True),
    'router': ({'one': '0-255', 'two': '0-255'},
               ('router', 'router', 'one'), ('one', 'two'), False),
}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('zeroline')
    parser.add_argument('--seed', type=int, default=time.time_ns() % 10**9)
    parser.add_argument('--only', choices=RUNS)
    parser.add_argument('--accounts', type=int, default=600)
    given = parser.parse_args()
    print(f'seed {given.seed}', flush=True)
    try:
        for name in [given.only] if given.only else RUNS:
            run(given.zeroline, name, given.seed, given.accounts)
    except Failed as failed:
        sys.exit(f'failed, seed {given.seed}: {failed}')
    except zmq.Again:
        sys.exit(f'failed, seed {given.seed}: nothing arrived in time')


main()
