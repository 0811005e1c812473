"""A whole cluster, live, then every tape again: the same bytes at one thread and at several.

Two workers (one of three engines) and a third that is a replica of the first, a router and the
exchange. Holds: every worker ends cleanly, every tape replays identically, no decision of a key has
effect twice, and a tape cut anywhere still opens and replays up to the cut."""
import json
import subprocess

from cluster import Cluster, check, main


def outputs(cluster, tape, kind, threads=1):
    lines = cluster.run('replay', tape, '--json', '--threads', threads).stdout.decode().splitlines()
    return [line for line in map(json.loads, lines) if line['type'] == kind]


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
        workers = [
            cluster.start('worker', '--sub', feed, '--sub', answers, '--router',
                          cluster.ipc('orders'), '--tape', cluster.dir, *more)
            for more in (('--src', 1, '-p', '0-127'), ('--src', 2, '-p', '128-255', '--threads', 3),
                         ('--src', 3, '-p', '0-127'))
        ]
        cluster.wait(sim)
        for process in (*workers, router):
            cluster.stop(process)
        check(len(cluster.tapes()) == 5, cluster.tapes())
        filled = {}
        total = 0
        for tape in cluster.tapes():
            orders = outputs(cluster, tape, 'liquidate')
            total += len(orders)
            check(orders == outputs(cluster, tape, 'liquidate', 4), f'{tape} at several threads')
            for threads in (1, 4):
                told = cluster.run('replay', tape, '--threads', threads).stdout.decode()
                check('identical: ' in told, told)
            for line in cluster.run('decode', tape).stdout.decode().splitlines():
                said = json.loads(line)
                if said['type'] == 'exec' and said['status'] == 'filled':
                    pool = said['order'].rsplit('/', 3)[0]
                    filled.setdefault(pool, set()).add(said['order'])
        check(total > 500, f'only {total} orders')
        check(all(len(orders) == 1 for orders in filled.values()), 'a pool was closed twice')
        check(len(filled) > 200, f'only {len(filled)} fills')
        cut_everywhere(cluster, min(cluster.tapes(), key=lambda tape: tape.stat().st_size))


main(run)
