"""A whole cluster, live, then every tape again: the same bytes at one thread and at several.

Two workers (one of three engines) and a third that is a replica of the first, a router and the
exchange. Holds: every worker ends cleanly, every tape replays identically, one decision of a base has
effect, no more is closed than there was, and a tape cut anywhere still opens and replays up to the cut."""
import json
import subprocess

import zmq

from cluster import DEADLINE_S, Cluster, check, main
import wire


def outputs(cluster, tape, kind, threads=1):
    lines = cluster.run('replay', tape, '--json', '--threads', threads).stdout.decode().splitlines()
    return [line for line in map(json.loads, lines) if line['type'] == kind]


class Witness:
    """Hears the ledger's accounts, what the router admits and what becomes of it."""

    def __init__(self, cluster, router, ledger):
        self.held, self.orders, self.filled = {}, {}, {}
        self.socket = cluster.context.socket(zmq.SUB)
        self.socket.rcvhwm, self.socket.rcvtimeo = 0, DEADLINE_S * 1000
        for beginning in (b'\xadacct', b'\xadordr', b'\xadexec', b'\xadbeat'):
            self.socket.setsockopt(zmq.SUBSCRIBE, beginning)
        self.socket.connect(router)
        self.socket.recv()  # a beat: it is heard from here on
        self.socket.connect(ledger)

    def hear_all(self):
        while self.socket.poll(0):
            for name, values in wire.decode_frame(self.socket.recv())[1]:
                self.hear(name, values)

    def hear(self, name, said):
        if name == 'account' and said['rev'] == 1:
            for row in said['positions']:
                self.held[said['account'], row['instrument']] = abs(row['qty'])
        elif name in ('cancel', 'convert', 'liquidate'):
            self.orders[said['order']] = said['instrument'] if name == 'liquidate' else None
        elif name == 'exec' and said['final'] and said['order'] in self.orders:
            self.filled[said['order']] = said['filled']

    def check(self):
        """Every order has its answer, a base one decision with effect, and no more is closed than
        there was."""
        check(self.orders.keys() == self.filled.keys(), 'an order without its final answer')
        bases, closed = {}, {}
        for order, filled in self.filled.items():
            pool, base, n, _ = order.rsplit('/', 3)
            if filled:
                bases.setdefault((pool, base), set()).add(n)
            if self.orders[order]:
                position = int(pool.split('/')[0]), self.orders[order]
                closed[position] = closed.get(position, 0) + filled
        check(all(len(ns) == 1 for ns in bases.values()), 'two decisions of one base had effect')
        check(all(closed[one] <= self.held[one] for one in closed), 'more than there was')
        check(len(closed) > 200, f'only {len(closed)} positions were closed or reduced')
        check(any(order.endswith('/1') for order in self.orders), 'no decision of two orders')


def cut_everywhere(cluster, tape):
    """Cut at many places, and at every byte of the last records."""
    whole = tape.read_bytes()
    part = cluster.dir / 'part.tape'
    ends = [*range(0, len(whole), max(1, len(whole) // 40)), *range(len(whole) - 120, len(whole))]
    for end in ends:
        part.write_bytes(whole[:end])
        done = subprocess.run([cluster.zeroline, 'replay', part], capture_output=True, check=False)
        check(done.returncode == 0, f'cut at {end}: {done.stderr.decode()}')
    part.unlink()


def run(zeroline):
    with Cluster(zeroline) as cluster:
        feed, answers = cluster.ipc('sim'), cluster.ipc('answers')
        sim = cluster.start('sim', '--pub', feed, '--fills', cluster.ipc('fills'),
                            '--orders', cluster.ipc('venue'), '--await', 5,
                            '--seconds', 4, '--accounts', 2000, '--tick', 20)
        router = cluster.start('router', '--pull', cluster.ipc('orders'), '--pub', answers, '--sub',
                               feed, '--sub', cluster.ipc('fills'), '--venue',
                               cluster.ipc('venue'))
        witness = Witness(cluster, answers, feed)
        workers = [
            cluster.start('worker', '--sub', feed, '--sub', answers, '--router',
                          cluster.ipc('orders'), '--tape', cluster.dir, *more)
            for more in (('--src', 1, '-p', '0-127'), ('--src', 2, '-p', '128-255', '--threads', 3),
                         ('--src', 3, '-p', '0-127'))
        ]
        cluster.wait(sim)
        check(' 0 rejected' in cluster.log(sim), cluster.log(sim))
        for process in (*workers, router):
            cluster.stop(process)
        check(len(cluster.tapes()) == 5, cluster.tapes())
        witness.hear_all()
        total = 0
        for tape in cluster.tapes():
            orders = outputs(cluster, tape, 'liquidate')
            total += len(orders)
            check(orders == outputs(cluster, tape, 'liquidate', 4), f'{tape} at several threads')
            for threads in (1, 4):
                told = cluster.run('replay', tape, '--threads', threads).stdout.decode()
                check('identical: ' in told, told)
        check(total > 500, f'only {total} orders')
        witness.check()
        cut_everywhere(cluster, min(cluster.tapes(), key=lambda tape: tape.stat().st_size))


main(run)
