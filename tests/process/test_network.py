"""A market and a worker in two network namespaces, with a cable between them that is pulled.

The worker knows the market by a name, which resolves to nothing when it starts, and to another
address when the cable is in again; its replica is on the market's side. Holds: it connects as soon as
the name means something; while the cable is out the replica goes on alone; when it is in, under the
new address, the worker takes what it lost for holes, has them repaired, and goes on alone when its
replica is stopped: no pool that is unsafe stays so; one decision of a base has effect; every tape
replays. Where this user may make no namespaces, it says so and tests nothing."""
import os
import pathlib
import subprocess
import sys

from cluster import Cluster, check, main
from witness import Witness

SECONDS, CUT_S, HEALED_S = 30, 8.5, 11  # prices slide from 7.5, fall from 13.5 to 18, and rise then
NAME, ADDRESS, LATER, WORKER = 'market.test', '10.77.0.1', '10.77.0.3', '10.77.0.2'
ACCOUNTS = 600


def command(*words):
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    check(done.returncode == 0, f'{" ".join(words)}: {done.stderr}')


class Cable:
    """This namespace at one end, another one at the other; both are gone with their processes."""

    def __init__(self, cluster):
        self.holder = subprocess.Popen(['unshare', '-n', 'cat'], stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE)
        self.holder.stdin.write(b'\n')
        self.holder.stdin.flush()
        self.holder.stdout.readline()  # it is there
        self.inside = 'nsenter', '-t', str(self.holder.pid), '-n'
        command('ip', 'link', 'set', 'lo', 'up')
        command('ip', 'link', 'add', 'zl-a', 'type', 'veth', 'peer', 'name', 'zl-b')
        command('ip', 'link', 'set', 'zl-b', 'netns', str(self.holder.pid))
        command('ip', 'addr', 'add', f'{ADDRESS}/24', 'dev', 'zl-a')
        command(*self.inside, 'ip', 'addr', 'add', f'{WORKER}/24', 'dev', 'zl-b')
        command('ip', 'link', 'set', 'zl-a', 'up')
        command(*self.inside, 'ip', 'link', 'set', 'zl-b', 'up')
        self.hosts = cluster.dir / 'hosts'
        self.hosts.write_text('127.0.0.1 localhost\n', encoding='ascii')
        command('mount', '--bind', str(self.hosts), '/etc/hosts')

    def name(self, address):
        self.hosts.write_text(f'127.0.0.1 localhost\n{address} {NAME}\n', encoding='ascii')

    def pull(self):
        command('ip', 'link', 'set', 'zl-a', 'down')

    def plug(self):
        command('ip', 'addr', 'del', f'{ADDRESS}/24', 'dev', 'zl-a')
        command('ip', 'addr', 'add', f'{LATER}/24', 'dev', 'zl-a')
        command('ip', 'link', 'set', 'zl-a', 'up')
        self.name(LATER)

    def close(self):
        command('umount', '/etc/hosts')
        self.holder.kill()
        self.holder.wait()


def start_there(cluster, cable, *arguments):
    """A process at the other end."""
    script = cluster.dir / 'there'
    script.write_text(f'#!/bin/sh\nexec {" ".join(cable.inside)} {cluster.zeroline} "$@"\n',
                      encoding='ascii')
    script.chmod(0o700)
    here, cluster.zeroline = cluster.zeroline, str(script)
    process = cluster.start(*arguments)
    cluster.zeroline = here
    return process


def cut(cluster, cable):
    at = cluster.ipc
    net = '--insecure', '--heartbeat', 200
    room = '--tape', cluster.dir, '--accounts', 2 * ACCOUNTS, *net
    rest = [cluster.start('sim', '--pub', 'tcp://*:5560', '--fills', at('fills'), '--orders',
                          at('venue'), '--await', 3, '--seconds', SECONDS, '--accounts', ACCOUNTS,
                          '--tick', 10, '--stay', 50, *net),
            cluster.start('router', '--pull', 'tcp://*:5562', '--pub', 'tcp://*:5561', '--sub',
                          'tcp://127.0.0.1:5560', '--sub', at('fills'), '--venue', at('venue'), *net)]
    near, far = (
        start('worker', '--sub', f'tcp://{host}:5560', '--sub', f'tcp://{host}:5561', '--router',
              f'tcp://{host}:5562', '--reconnect', 500, '--src', src, *room)
        for src, host, start in ((1, 'localhost', cluster.start),
                                 (2, NAME, lambda *words: start_there(cluster, cable, *words))))
    while 'running' not in cluster.log(far):
        check(far.poll() is None, cluster.log(far))
    cable.name(ADDRESS)
    witness = Witness(cluster, ACCOUNTS, 'tcp://127.0.0.1:5561', at('fills'), 'tcp://127.0.0.1:5560')

    def hear():
        while not witness.socket.poll(20):
            for process in (far, *rest):
                check(process.poll() is None, cluster.log(process))
        witness.hear()

    def until(market_s):
        while witness.market_s < market_s:
            hear()
        return len(witness.orders)

    before = until(CUT_S)
    cable.pull()
    during = until(HEALED_S) - before
    check(during > 0, 'the replica did nothing alone')
    cable.plug()
    while witness.market_s < SECONDS and b'whole again' not in said_by(cluster, 2):
        until(witness.market_s + 0.3)
    cluster.stop(near)
    orders = len(witness.orders)
    while len(witness.orders) == orders:  # prices move on
        check(witness.market_s < 4 * SECONDS, 'the worker does nothing with the cable in again')
        hear()
    settled = witness.settle(hear)
    alone = len(witness.orders) - orders
    for process in (far, *reversed(rest)):
        cluster.stop(process)
    for tape in cluster.tapes():
        told = cluster.run('replay', tape).stdout.decode()
        check('identical: ' in told, f'{tape}: {told}')
    holes = said_by(cluster, 2).count(b'frames were missed')
    check(holes > 0, 'nothing was missed')
    check(b'"kind":"gap"' not in said_by(cluster, 1), 'the replica missed something')
    print(f'{before} orders before, {during} of the replica alone, {alone} after; {holes} holes; '
          f'{settled}')


def said_by(cluster, src):
    tape, = cluster.tapes(f'worker-{src}.')
    return cluster.run('decode', tape).stdout


def run(zeroline):
    with Cluster(zeroline) as cluster:
        cable = Cable(cluster)
        try:
            cut(cluster, cable)
        finally:
            cable.close()


def begin():
    if os.environ.get('ZL_TEST_NETWORK') == 'inside':
        main(run)
        return
    tried = subprocess.run(['unshare', '-rnm', 'sh', '-c', 'ip link add zl-a type veth peer name '
                            'zl-b && mount --bind /etc/hosts /etc/hosts && unshare -n true'],
                           capture_output=True, text=True, check=False)
    if tried.returncode:
        print(f'not tested: namespaces may not be made here: {tried.stderr.strip()}')
        return
    environment = {**os.environ, 'ZL_TEST_NETWORK': 'inside'}
    sys.exit(subprocess.run(['unshare', '-rnm', sys.executable, str(pathlib.Path(__file__)),
                             *sys.argv[1:]], env=environment, check=False).returncode)


begin()
