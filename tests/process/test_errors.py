"""What goes wrong from outside: one clear line on stderr that names the thing, and a documented code."""
import os
import pathlib
import resource
import subprocess

import zmq

from cluster import Cluster, Publisher, check, main

FAILED, USAGE, DIFFERS = 1, 2, 3


def complaint(cluster, code, *arguments, stdin=b''):
    """The one line it printed."""
    lines = cluster.run(*arguments, code=code, stdin=stdin).stderr.decode().splitlines()
    check(len(lines) == 1, f'{arguments}: not one line: {lines}')
    check(lines[0].startswith('zeroline'), lines)
    return lines[0]


def expect(cluster, code, words, *arguments, stdin=b''):
    line = complaint(cluster, code, *arguments, stdin=stdin)
    for word in words:
        check(word in line, f'{arguments}: "{word}" is not in: {line}')


def command_lines(cluster):
    worker = ('worker', '--sub', cluster.ipc('a'), '--router', cluster.ipc('b'))
    expect(cluster, USAGE, ['no command "wrker"'], 'wrker')
    expect(cluster, USAGE, ['--sub'], 'worker')
    expect(cluster, USAGE, ['--router'], 'worker', '--sub', cluster.ipc('a'))
    expect(cluster, USAGE, ['--partitions', 'nearest'], *worker, '--partitons', '1')
    expect(cluster, USAGE, ['"0-300"', '256'], *worker, '-p', '0-300')
    expect(cluster, USAGE, ['--threads', '"many"', '1 to 64'], *worker, '--threads', 'many')
    expect(cluster, USAGE, ['/nowhere', 'No such file'], *worker, '--tape', '/nowhere')
    expect(cluster, USAGE, ['unexpected argument "x"'], *worker, 'x')
    expect(cluster, USAGE, ['which tape'], 'replay')


def configs(cluster):
    def config(text):
        path = cluster.dir / 'config.yaml'
        path.write_text(text, encoding='utf-8')
        return ('worker', '--config', path)

    expect(cluster, USAGE, ['config.yaml', 'No such file'], 'worker', '--config',
           cluster.dir / 'config.yaml')
    expect(cluster, USAGE, ['line 2', 'partitons', '"partitions"'],
           *config('threads: 2\npartitons: 0-3\n'))
    expect(cluster, USAGE, ['line 1', 'threads', '"0"'], *config('threads: 0\n'))
    expect(cluster, USAGE, ['line 2'], *config('threads: 1\n\t: [\n'))
    expect(cluster, USAGE, ['line 1', 'list'], *config('threads: [1, 2]\n'))
    expect(cluster, USAGE, ['line 1'], *config('- a\n- b\n'))


def files(cluster):
    tape = cluster.dir / 'x.tape'
    lines = b'{"type":"asset","asset":1,"symbol":"A","scale":2,"numeraire":true}\n'
    expect(cluster, FAILED, [str(tape), 'No such file'], 'replay', tape)
    expect(cluster, FAILED, ['missing.jsonl', 'No such file'], 'calc', 'missing.jsonl')
    tape.write_bytes(b'not a tape at all')
    expect(cluster, FAILED, [str(tape), 'not a tape'], 'replay', tape)
    cluster.run('encode', '-o', tape, stdin=lines)
    whole = bytearray(tape.read_bytes())
    whole[40] ^= 1
    tape.write_bytes(whole)
    expect(cluster, FAILED, [str(tape), 'record 0', 'byte 16', 'damaged'], 'replay', tape)
    expect(cluster, FAILED, ['line 2', 'no such field', 'scal'], 'encode',
           stdin=lines + b'{"type":"asset","asset":1,"symbol":"A","scal":2}\n')
    expect(cluster, FAILED, ['line 1', 'not JSON'], 'calc', stdin=b'{"type":\n')
    expect(cluster, FAILED, ['missing', 'No such file'], 'encode', '-o', '/missing/x.tape',
           stdin=lines)
    check(not list(cluster.dir.glob('*.part')), 'a part was left behind')


def endpoints(cluster):
    worker = ('worker', '--router', cluster.ipc('b'), '--sub')
    taken = cluster.socket(zmq.PUB, 'tcp://127.0.0.1:*', True)
    endpoint = taken.getsockopt_string(zmq.LAST_ENDPOINT)
    for code, arguments, words in (
            (FAILED, (*worker, cluster.ipc('a'), '--pub', endpoint),
             [endpoint, 'in use', 'another']),
            (USAGE, (*worker, 'tcp://192.0.2.1:5555'),
             ['tcp://192.0.2.1:5555', 'not encrypted', '--insecure']),
            (USAGE, (*worker, 'nonsense'), ['nonsense', 'tcp://127.0.0.1:PORT']),
            (USAGE, (*worker, cluster.ipc('a'), '--router', 'nonsense'), ['nonsense']),
            (USAGE, ('worker', '--sub', cluster.ipc('a'), '--router', '0-3=' + cluster.ipc('b')),
             ['partition 4', '--router']),
            (USAGE, (*worker, cluster.ipc('a'), '-p', '0-10,5-20'), ['overlap'])):
        expect(cluster, code, words, *arguments)


def unsent_orders(cluster):
    """A router that never comes: the worker stops within its linger and says what it could not send."""
    feeder = Publisher(cluster, 'feed', 10)
    worker = cluster.start('worker', '--sub', feeder.endpoint, '--router', cluster.ipc('nobody'),
                           '--linger', 300, '--tape', cluster.dir)
    feeder.await_subscription('acct', 256)
    feeder.say(type='asset', asset=1, symbol='U', scale=6, numeraire=True)
    feeder.say(type='policy', policy=1, expires_ms=60000)
    feeder.say(type='instrument', instrument=7, symbol='B', settle=1, price_scale=2, qty_scale=3,
               tick='0.1', lot='0.001', tiers=[{'mmr': '0.005'}])
    feeder.say(type='mark', instrument=7, price='100')
    feeder.say(type='account', account=42, rev=1, full=True, positions=[
        {'instrument': 7, 'qty': '1', 'entry': '100', 'mode': 'isolated', 'margin': '0.1'}])
    while b'42/7/1/0/0' not in b''.join(tape.read_bytes() for tape in cluster.tapes()):
        check(worker.poll() is None, 'the worker ended')
        os.sched_yield()
    cluster.stop(worker)
    log = cluster.log(worker)
    check('not sent: 42/7/1/0\n' in log and '1 not sent' in log, log)


def full_disk(cluster):
    """A tape that cannot grow ends with its last whole record; the worker says so and goes on."""
    feeder = Publisher(cluster, 'feed2', 10)
    folder = cluster.dir / 'small'
    folder.mkdir()

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))

    log = open(cluster.dir / 'full.log', 'w+b')
    worker = subprocess.Popen(
        [cluster.zeroline, 'worker', '--sub', feeder.endpoint, '--router', cluster.ipc('none'),
         '--tape', str(folder)], stderr=subprocess.PIPE, preexec_fn=limit)
    cluster.processes.append(worker)
    worker.log = log.name
    feeder.await_subscription('acct', 256)
    for line in worker.stderr:
        if b'the tape ends here' in line:
            check(b'File too large' in line and str(folder).encode() in line, line)
            break
    cluster.stop(worker, FAILED)
    tape, = folder.glob('*.tape')
    cluster.run('replay', tape)


def run(zeroline):
    zeroline = str(pathlib.Path(zeroline).resolve())
    with Cluster(zeroline) as cluster:
        for test in (command_lines, configs, files, endpoints, unsent_orders, full_disk):
            test(cluster)


main(run)
