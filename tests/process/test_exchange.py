"""A crash in which the fund's plans are carried out by the ledger that everybody hears.

Two workers that hear each other, a router, and the simulated exchange as ledger. First they share the
partitions; then both have all of them, so that two coordinators plan for the one fund. Holds: plans are
made and carried out, each for the revision that it names; a revision that a plan made is exactly one
more, and costs no more than its takeovers; no coordinator finds its books wrong; no more is closed than
there was; every tape replays to what was said."""
import json

from cluster import DEADLINE_S, Cluster, check, main
import wire
import zmq


class Witness:
    """Hears the ledger's fund, and the plans as workers publish them."""

    def __init__(self, cluster, feed, *workers):
        self.balance, self.rev, self.paid, self.seen = None, 0, {}, 0
        self.planned = {}  # by revision: who made a plan for it
        self.funds = cluster.context.socket(zmq.SUB)
        self.plans = cluster.context.socket(zmq.SUB)
        for socket, topic in ((self.funds, b'\xadfund'), (self.plans, b'\xadplan')):
            socket.rcvhwm, socket.rcvtimeo = 0, DEADLINE_S * 1000
            socket.subscribe = topic
        self.funds.connect(feed)
        for worker in workers:
            self.plans.connect(worker)

    def hear_plans(self):
        while self.plans.poll(0):
            header, rows = wire.decode_frame(self.plans.recv())
            cost = sum(row['amount'] for name, row in rows if name == 'takeover')
            rev = rows[0][1]['rev']
            self.paid[rev] = max(cost, self.paid.get(rev, 0))
            self.planned.setdefault(rev, set()).add(header['src'])

    def check(self):
        self.hear_plans()
        while self.funds.poll(0):
            for name, said in wire.decode_frame(self.funds.recv())[1]:
                if name == 'fund':
                    self.take(said)

    def take(self, said):
        if said['plan'] and said['rev'] != self.rev:
            self.seen += 1
            check(self.rev == 0 or said['rev'] == self.rev + 1, 'a revision is left out')
            cost = self.paid.get(self.rev)
            if cost is not None and self.balance is not None:
                check(said['balance'] >= self.balance - cost,
                      f'revision {said["rev"]}: {self.balance} to {said["balance"]}, for {cost}')
        self.balance, self.rev = said['balance'], said['rev']


def trade(zeroline, shares, threads):
    with Cluster(zeroline) as cluster:
        at = cluster.ipc
        sim = cluster.start('sim', '--pub', at('sim'), '--fills', at('fills'), '--orders', at('venue'),
                            '--plans', at('plans'), '--await', sum(threads), '--seconds', 5, '--accounts', 2000,
                            '--tick', 20)
        witness = Witness(cluster, at('sim'), at('pub-1'), at('pub-2'))
        router = cluster.start('router', '--pull', at('orders'), '--pub', at('answers'), '--sub',
                               at('sim'), '--sub', at('fills'), '--venue', at('venue'))
        workers = [cluster.start('worker', '--sub', at('sim'), '--sub', at('answers'), '--router',
                                 at('orders'), '--ledger', at('plans'), '--pub', at(f'pub-{src}'),
                                 '--peer', at(f'pub-{3 - src}'), '--tape', cluster.dir, '--src', src,
                                 '-p', partitions, '--threads', threads[src - 1])
                   for src, partitions in enumerate(shares, 1)]
        while sim.poll() is None:
            witness.hear_plans()
        cluster.wait(sim)
        for process in (*workers, router):
            cluster.stop(process)
        witness.check()
        log = cluster.log(sim)
        check(' 0 rejected' in log and ' 0 plans carried out' not in log, log)
        check(witness.seen > 0, 'no revision that a plan made')
        check(len(cluster.tapes()) == sum(threads), cluster.tapes())
        if shares[0] == shares[1]:
            check(any(len(sources) == 2 for sources in witness.planned.values()),
                  'no revision that both made a plan for')
        for tape in cluster.tapes():
            told = cluster.run('replay', tape, '--json').stdout.decode()
            kinds = {said.get('kind') for said in map(json.loads, told.splitlines())
                     if said['type'] == 'alert'}
            check('audit' not in kinds, f'{tape}: the books are wrong')
            told = cluster.run('replay', tape).stdout.decode()
            check('identical: ' in told, told)


def run(zeroline):
    trade(zeroline, ('0-127', '128-255'), (1, 2))
    trade(zeroline, ('0-255', '0-255'), (1, 1))


main(run)
