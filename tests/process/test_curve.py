"""Strangers at the sockets: keys, the allow-list, and who may write what. All on real sockets.

Holds: who is in the list is heard and let in, nobody else is; a key that is taken out while its owner
is connected is dropped at SIGHUP, and comes back when it is listed again; nobody speaks under
another's src. A stranger's frames, ten thousand among good ones, are counted and change nothing."""
import os
import pathlib
import select
import signal
import socket
import time

import zmq
from zmq.utils.monitor import recv_monitor_message

from cluster import DEADLINE_S, Cluster, Failed, Publisher, check, main
from routing import await_true, partition
from venue import Venue
import wire

FAILED, USAGE = 1, 2
MARKET = (
    dict(type='asset', asset=1, symbol='U', scale=6, numeraire=True),
    dict(type='policy', policy=1, expires_ms=60000, answer_ms=60000),
    dict(type='instrument', instrument=7, symbol='B', settle=1, price_scale=2, qty_scale=3, tick='0.1',
         lot='0.001', tiers=[{'mmr': '0.005'}]),
    dict(type='mark', instrument=7, price='100'))


def account(number, margin='0.1'):
    """An account that cannot hold its position with so little margin."""
    return dict(type='account', account=number, rev=1, full=True, positions=[
        {'instrument': 7, 'qty': '1', 'entry': '100', 'mode': 'isolated', 'margin': margin}])


def await_line(cluster, process, words, count=1):
    """So many lines of its log hold all of these words."""
    def said():
        check(process.poll() is None, f'{process.args[1]} ended: {cluster.log(process)}')
        return sum(all(word in line for word in words)
                   for line in cluster.log(process).splitlines()) >= count
    await_true(said, f'{words} in {cluster.log(process)}')


class Pair:
    """A key pair as `zeroline keygen` makes it."""

    def __init__(self, cluster, name):
        self.name, self.file = cluster.dir / name, cluster.dir / f'{name}.key'
        told = cluster.run('keygen', self.name).stdout.decode().strip()
        self.secret = self.file.read_text(encoding='ascii').strip().encode()
        self.text = (cluster.dir / f'{name}.pub').read_text(encoding='ascii').strip()
        self.public = self.text.encode()
        check(told == self.text and zmq.curve_public(self.secret) == self.public, 'one pair')


def encrypt(peer, pair, server=None):
    """With the server's public key a client, else a server itself."""
    peer.curve_secretkey, peer.curve_publickey = pair.secret, pair.public
    if server:
        peer.curve_serverkey = server.public
    else:
        peer.curve_server = True


class Feed(Publisher):
    """A publisher on TCP; one without a pair is not encrypted."""

    def __init__(self, cluster, src, pair=None, endpoint='tcp://127.0.0.1:*'):
        self.socket = cluster.context.socket(zmq.XPUB)
        self.socket.rcvtimeo = DEADLINE_S * 1000
        self.socket.setsockopt(zmq.XPUB_VERBOSE, 1)
        self.socket.sndhwm = 0
        if pair:
            encrypt(self.socket, pair)
        self.socket.bind(endpoint)
        self.endpoint = self.socket.getsockopt(zmq.LAST_ENDPOINT).rstrip(b'\0').decode()
        self.stream, self.src, self.sequences = wire.Stream(), src, {}

    def await_leave(self):
        """Waits until somebody is gone: a subscription is taken back."""
        while self.socket.recv()[:1] != b'\0':
            pass


class Peer:
    """A socket that connects, and what becomes of its connection.

    libzmq waits for whoever hears a socket's events: their reader must not be gone before it. So
    peers are kept, and closed in that order."""
    kept = []

    def __init__(self, cluster, kind, endpoint, pair=None, server=None):
        self.kept.append(self)
        self.socket = cluster.context.socket(kind)
        self.socket.rcvtimeo = self.socket.sndtimeo = DEADLINE_S * 1000
        self.socket.linger = 0
        self.socket.immediate = 1
        self.socket.handshake_ivl = 1000
        self.socket.reconnect_ivl_max = 200
        self.monitor = self.socket.get_monitor_socket(
            zmq.EVENT_HANDSHAKE_SUCCEEDED | zmq.EVENT_DISCONNECTED)
        self.monitor.rcvtimeo = DEADLINE_S * 1000
        if kind == zmq.SUB:
            self.socket.subscribe = b''
        if pair:
            encrypt(self.socket, pair, server)
        self.socket.connect(endpoint)

    def let_in(self):
        """Whether the next handshake is good; False when the connection ends instead."""
        return recv_monitor_message(self.monitor)['event'] == zmq.EVENT_HANDSHAKE_SUCCEEDED

    def close(self):
        self.socket.disable_monitor()
        self.socket.close()

    def await_let_in(self):
        while not self.let_in():
            pass


def free_port():
    with socket.socket() as taken:
        taken.bind(('127.0.0.1', 0))
        return taken.getsockname()[1]


def write_list(cluster, *lines):
    path = cluster.dir / 'allow'
    path.write_text('# who is who\n\n' + ''.join(line + '\n' for line in lines), encoding='ascii')
    return path


def reload(cluster, process, *lines, says='is read again'):
    said = cluster.log(process).count(says)
    write_list(cluster, *lines)
    process.send_signal(signal.SIGHUP)
    await_line(cluster, process, [says], said + 1)


def complaint(cluster, code, *arguments):
    lines = cluster.run(*arguments, code=code).stderr.decode().splitlines()
    check(len(lines) == 1 and lines[0].startswith('zeroline'), f'{arguments}: not one line: {lines}')
    return lines[0]


def expect(cluster, code, words, *arguments):
    line = complaint(cluster, code, *arguments)
    for word in words:
        check(word in line, f'{arguments}: "{word}" is not in: {line}')


# ---- files ----

def key_files(cluster):
    """The secret one is its owner's alone, and nothing is written over."""
    pair = Pair(cluster, 'files')
    check(pair.file.stat().st_mode & 0o7777 == 0o600, 'the mode of a secret key')
    check(len(pair.public) == 40 and len(pair.secret) == 40, 'Z85')
    shown = cluster.run('keygen', '--public', pair.file).stdout.decode()
    check(shown == pair.text + '\n', shown)
    expect(cluster, FAILED, ['files.pub', 'exists already'], 'keygen', pair.name)
    (cluster.dir / 'files.pub').unlink()
    expect(cluster, FAILED, ['files.key', 'exists already'], 'keygen', pair.name)
    check(not (cluster.dir / 'files.pub').exists(), 'half a pair was left')
    check(pair.file.read_bytes() == pair.secret + b'\n', 'a key was written over')
    expect(cluster, FAILED, ['/missing/x', 'No such file'], 'keygen', '/missing/x')
    expect(cluster, USAGE, ['NAME'], 'keygen')

    worker = ('worker', '--sub', cluster.ipc('a'), '--router', cluster.ipc('b'), '--key')
    for mode in (0o644, 0o640, 0o604, 0o620):
        pair.file.chmod(mode)
        expect(cluster, USAGE, [str(pair.file), f'mode {mode:04o}', 'chmod 600'], *worker, pair.file)
    expect(cluster, USAGE, ['/missing', 'No such file'], *worker, '/missing')
    expect(cluster, USAGE, ['no regular file'], *worker, '/dev/null')
    short = cluster.dir / 'short.key'
    for text in ('', 'abc\n', 'x' * 39 + '\n', 'x' * 41 + '\n', '"' * 40 + '\n'):
        short.write_text(text, encoding='ascii')
        short.chmod(0o600)
        expect(cluster, USAGE, ['short.key', 'no secret key'], *worker, short)


def allow_lists(cluster):
    """Each mistake is one line with the file, the line's number and what is wrong."""
    key, other = Pair(cluster, 'one').text, Pair(cluster, 'two').text
    worker = ('worker', '--sub', cluster.ipc('a'), '--router', cluster.ipc('b'), '--allow')
    for lines, words in (
            (['nonsense 1'], ['line 3', '"nonsense"', 'no public key']),
            ([key], ['line 3', 'no src']),
            ([key + ' x'], ['line 3', '"x"', 'no src']),
            ([key + ' 9-1'], ['"9-1"']),
            ([key + ' 4294967296'], ['"4294967296"']),
            ([key + ' 1 acct', other + ' 2 akct'], ['line 4', '"akct"', 'no topic']),
            ([key + ' 1 acct.0000000'], ['"acct.0000000"']),
            ([key + ' 1 acct.00000002-00000001'], ['"acct.00000002-00000001"']),
            ([key + ' 1 time'], ['"time"', 'tapes only']),
            ([key + ' 1 acct', other + ' 1', key + ' 0-3 mark'], ['line 5', 'src 1', 'line 3']),
            (['tcp://127.0.0.1:1'], ['line 3', 'no public key']),
            (['tcp://127.0.0.1 ' + key + ' 1'], ['line 3', 'is no endpoint']),
            (['tcp://127.0.0.1:1 ' + key + ' 1', 'tcp://127.0.0.1:1 ' + other + ' 2'],
             ['line 4', 'another key', 'line 3']),
            ([key + ' 1' + ' acct' * 25], ['line 3', 'more than 24']),
            (['x' * 3000], ['line 3', 'longer'])):
        expect(cluster, USAGE, [str(cluster.dir / 'allow'), *words], *worker,
               write_list(cluster, *lines))
    expect(cluster, USAGE, ['allow', 'No such file'], *worker, cluster.dir / 'missing')


def endpoints(cluster):
    """What is said before anything is opened; beyond this machine only with keys."""
    own, other = Pair(cluster, 'own'), Pair(cluster, 'other')
    worker = ('worker', '--router', cluster.ipc('b'), '--sub', cluster.ipc('a'))
    port = free_port()
    everywhere, heard = f'tcp://0.0.0.0:{port}', f'{cluster.ipc("a")} - 10'
    keys = ('--key', own.file, '--allow', write_list(cluster, f'{other.text} 900', heard))
    expect(cluster, USAGE, [everywhere, 'not encrypted', '--key'], *worker, '--pub', everywhere)
    expect(cluster, USAGE, [everywhere, '--allow'], *worker, '--pub', everywhere, *keys[:2])
    expect(cluster, USAGE, ['192.0.2.1:5555', 'has no key', '--allow'], *worker, '--sub',
           'tcp://192.0.2.1:5555', *keys)
    expect(cluster, USAGE, ['127.0.0.1:5555', 'has no key'], *worker, '--sub',
           'tcp://127.0.0.1:5555', *keys)
    for command in (('router', '--pull', everywhere, '--pub', cluster.ipc('p'), '--sub',
                     cluster.ipc('s'), '--venue', cluster.ipc('v')),
                    ('sim', '--pub', everywhere, '--fills', cluster.ipc('f'), '--orders',
                     cluster.ipc('o'))):
        expect(cluster, USAGE, [everywhere, 'not encrypted'], *command)
    started = cluster.start(*worker, '--pub', everywhere, *keys)
    Peer(cluster, zmq.SUB, f'tcp://127.0.0.1:{port}', other, own).await_let_in()
    cluster.stop(started)
    write_list(cluster, f'{everywhere} {other.text} 1', heard)
    expect(cluster, USAGE, [everywhere, 'not the one of --key'], *worker, '--pub', everywhere, *keys)
    write_list(cluster, f'{everywhere} - 1', heard)
    expect(cluster, USAGE, [everywhere, 'not encrypted'], *worker, '--pub', everywhere, *keys)
    write_list(cluster, f'tcp://127.0.0.1:1 {other.text} 1', heard)
    expect(cluster, USAGE, ['127.0.0.1:1', 'needs an own one'], *worker, '--sub',
           'tcp://127.0.0.1:1', '--allow', keys[3])
    write_list(cluster, f'{other.text} 1')
    expect(cluster, USAGE, [cluster.ipc('a'), 'not in the allow-list'], *worker, *keys)
    write_list(cluster, f'{cluster.ipc("a")} {other.text} 1')
    expect(cluster, USAGE, [cluster.ipc('a'), 'not TCP'], *worker, *keys)


# ---- a worker and its publishers ----

def publishers(cluster):
    """It hears the publisher that has the listed key; not one without a key, nor with another."""
    own, known, unknown = (Pair(cluster, name) for name in ('worker', 'known', 'unknown'))
    good, keyless = Feed(cluster, 10, known), Feed(cluster, 11)
    wrong = Feed(cluster, 12, unknown)
    orders = cluster.socket(zmq.PULL, cluster.ipc('orders'), True)
    lines = [f'{feed.endpoint} {known.text} {feed.src} ctrl mark acct'
             for feed in (good, keyless, wrong)]
    worker = cluster.start('worker', '--key', own.file, '--allow', write_list(cluster, *lines),
                           '--sub', good.endpoint, '--sub', keyless.endpoint, '--sub', wrong.endpoint,
                           '--router', cluster.ipc('orders'))
    good.await_subscription('acct', 256)
    for feed in (keyless, wrong):
        await_line(cluster, worker, [f'the handshake with {feed.endpoint} failed'])
    for said in (*MARKET, account(42)):
        good.say(**said)
        keyless.say(**said)
        wrong.say(**said)
    for feed in (keyless, wrong):
        feed.say(**account(666))
    check(b'42/7/1/0/0' in orders.recv(), 'the order of account 42')
    for feed in (keyless, wrong):
        check(not feed.socket.poll(0), f'a subscription came to a stranger, src {feed.src}')

    # A frame is its writer's: under another's src, or on a topic that is not his, it is nobody's.
    forged = Feed.frame(good, account(43))
    header, messages = wire.decode_frame(forged)
    good.socket.send(wire.encode_frame({**header, 'src': 11}, messages))
    good.say(type='exec', order='42/7/1/0/0', status='rejected', final=True)
    del good.sequences['acct.%08x' % partition(43)]
    good.say(**account(44))
    check(b'44/7/1/0/0' in orders.recv(), 'account 44, not 43')

    # Revoked while it is connected: it is left at once, and found again when it is listed again.
    reload(cluster, worker, *lines[1:])
    good.await_leave()
    await_line(cluster, worker, [good.endpoint, 'is left'])
    reload(cluster, worker, 'nonsense', says='stays as it was')
    reload(cluster, worker, *lines)
    good.await_subscription('acct', 256)
    good.say(**account(45))
    check(b'45/7/1/0/0' in orders.recv(), 'account 45')

    # Its key is another now: the endpoint is connected to anew, with that one.
    reload(cluster, worker, *lines[:2], lines[2].replace(known.text, unknown.text))
    wrong.await_subscription('acct', 256)
    cluster.stop(worker)
    log = cluster.log(worker)
    check('1 frames under another\'s src, 1 frames on another\'s topic' in log, log)


def subscribers(cluster):
    """Its alerts go to whom it knows, and no longer to whom it does not know any more."""
    own, known, lasting, unknown = (Pair(cluster, name) for name in ('alerts', 'k', 'l', 'u'))
    feed = Publisher(cluster, 'alerting', 10)
    endpoint = f'tcp://127.0.0.1:{free_port()}'
    lines = [f'{known.text} 900', f'{lasting.text} 901', f'{feed.endpoint} - 10 ctrl']
    worker = cluster.start('worker', '--key', own.file, '--allow', write_list(cluster, *lines),
                           '--sub', feed.endpoint, '--router', cluster.ipc('none'), '--pub', endpoint)
    feed.await_subscription('acct', 256)
    await_line(cluster, worker, ['running'])
    keyless = Peer(cluster, zmq.SUB, endpoint)
    stranger = Peer(cluster, zmq.SUB, endpoint, unknown, own)
    check(not keyless.let_in(), 'one without a key came in')
    check(not stranger.let_in(), 'one with an unknown key came in')
    await_line(cluster, worker, ['denied', '127.0.0.1', unknown.text])
    await_line(cluster, worker, [f'a handshake at {endpoint} failed'])
    friend, other = (Peer(cluster, zmq.SUB, endpoint, pair, own) for pair in (known, lasting))
    friend.await_let_in()
    other.await_let_in()

    def alert(number):
        """A policy that cannot be. Subscriptions take a while: one that is heard shows them."""
        feed.say(type='policy', policy=5, rev=number, target_ratio='0')
        return other.socket.poll(100)

    number = 1
    while not alert(number) or not friend.socket.poll(100):
        number += 1
    reload(cluster, worker, *lines[1:])
    await_line(cluster, worker, ['denied', known.text])  # dropped, and refused when it came back
    other.await_let_in()
    for peer in (friend, other):
        while peer.socket.poll(0):
            peer.socket.recv()
    while not alert(number):
        number += 1
    check(not friend.socket.poll(0), 'the revoked one still hears')
    reload(cluster, worker, *lines, f'{unknown.text} 902')
    friend.await_let_in()
    stranger.await_let_in()  # who was denied has not given up
    cluster.stop(worker)
    log = cluster.log(worker)
    check('refused: ' in log and ' 0 connections' not in log and ' 0 failed' not in log, log)


# ---- a router and its workers ----

class Orders:
    """A router whose orders come on TCP, each worker with its key and its src."""

    def __init__(self, cluster, own, *lines, options=()):
        self.ledger, self.fills = Publisher(cluster, 'ledger', 20), Publisher(cluster, 'fills', 21)
        self.venue = Venue(cluster, self.fills, self.ledger, cluster.ipc('venue'))
        self.endpoint = f'tcp://127.0.0.1:{free_port()}'
        self.heard = [f'{self.ledger.endpoint} - 20 acct exec', f'{self.fills.endpoint} - 21 exec']
        self.process = cluster.start(
            'router', '--key', own.file, '--allow', write_list(cluster, *self.heard, *lines),
            '--pull', self.endpoint, '--pub', cluster.ipc('answers'), '--sub',
            self.ledger.endpoint, '--sub', self.fills.endpoint, '--venue', cluster.ipc('venue'),
            *options)
        self.said = cluster.socket(zmq.SUB, cluster.ipc('answers'), False)
        for beginning in (b'\xadbeat', b'\xadexec'):
            self.said.subscribe = beginning
        self.ledger.await_subscription('acct')
        self.said.recv()
        self.sequence = 0

    def decision(self, number, src):
        """Of an account that the ledger has; admitted ones reach the venue."""
        self.sequence += 1
        self.ledger.say(type='account', account=number, rev=1, positions=[
            {'instrument': 7, 'qty': 1000, 'entry': 100, 'mode': 'isolated', 'margin': 1}])
        self.venue.await_recall(partition(number))
        for publisher in (self.ledger, self.fills):  # what it said was read when this comes back
            mark = f'1/x/{self.sequence}/0/{publisher.src}'
            publisher.say(type='exec', order=mark, status='accepted')
            while mark.encode() not in self.said.recv():
                pass
        message = {'type': 'liquidate', 'account': number, 'pool': '7', 'base': 1, 'n': 0, 'place': 0,
                   'order': f'{number}/7/1/0/0', 'instrument': 7, 'side': 'sell', 'qty': 1000,
                   'price': 100, 'step': 'full', 'expires_ns': 0, 'mark': 100, 'mark_seq': 1,
                   'equity': 1, 'maintenance': 2, 'tier_rev': 1, 'policy_rev': 1}
        header = {'topic': 'ordr.%08x' % partition(number), 'src': src, 'epoch': 1,
                  'seq': self.sequence, 'ts_ns': 1}
        return wire.encode_frame(header, [wire.read_object(wire.Stream(), message)])

    def takes(self, frame):
        """The venue gets the order, under the router's src."""
        header, orders = wire.decode_frame(self.venue.next())
        return header['src'] == 200 and orders == wire.decode_frame(frame)[1]


def workers(cluster):
    own, first, second, unknown = (Pair(cluster, name) for name in ('router', 'w1', 'w2', 'w3'))
    lines = [f'{first.text} 1 ordr plan', f'{second.text} 2 ordr']
    router = Orders(cluster, own, *lines)
    one, two = (Peer(cluster, zmq.PUSH, router.endpoint, pair, own) for pair in (first, second))
    keyless = Peer(cluster, zmq.PUSH, router.endpoint)
    stranger = Peer(cluster, zmq.PUSH, router.endpoint, unknown, own)
    one.await_let_in()
    two.await_let_in()
    check(not keyless.let_in() and not stranger.let_in(), 'a stranger came in')
    for peer in (keyless, stranger):
        try:
            peer.socket.send(router.decision(666, 1), zmq.DONTWAIT)
            raise Failed('a stranger has a connection')
        except zmq.Again:
            pass
    frame = router.decision(50, 1)
    one.socket.send(frame)
    check(router.takes(frame), 'an order of the first worker')
    two.socket.send(router.decision(51, 1))  # the other's src
    two.socket.send(router.decision(52, 0))  # nobody's
    frame = router.decision(53, 2)
    two.socket.send(frame)
    check(router.takes(frame), 'the second worker under its own src only')

    # Revoked while connected: its connection ends, and what it sends is not read.
    reload(cluster, router.process, *router.heard, lines[1])
    check(not one.let_in(), 'the revoked one is dropped')
    await_line(cluster, router.process, ['denied', first.text])
    check(not two.let_in(), 'all connect anew')
    two.await_let_in()
    frame = router.decision(54, 2)
    two.socket.send(frame)
    check(router.takes(frame), 'who is still known goes on')
    cluster.stop(router.process)
    log = cluster.log(router.process)
    check('2 frames under another\'s src' in log and '3 decisions admitted' in log, log)


# ---- a whole exchange ----

def exchange(cluster):
    """Simulator, router and worker on TCP, all of them encrypted, with one list for all."""
    market, router, worker = (Pair(cluster, name) for name in ('x-sim', 'x-router', 'x-worker'))
    prices, fills, venue, orders, answers = (f'tcp://127.0.0.1:{free_port()}' for _ in range(5))
    allow = write_list(cluster,
                       f'{prices} {market.text} 100 ctrl rate mark acct fund',
                       f'{fills}  {market.text} 101 exec',
                       f'{venue}  {market.text} 100',
                       f'{orders} {router.text} 200',
                       f'{answers} {router.text} 200 exec ordr',
                       f'{worker.text} 1 ordr   # to the router',
                       f'{router.text} 200 ordr   # to the venue')

    def start(name, pair, *arguments):
        return cluster.start(name, '--key', pair.file, '--allow', allow, *arguments)

    sim = start('sim', market, '--pub', prices, '--fills', fills, '--orders', venue, '--await', 1,
                '--seconds', 4, '--accounts', 300)
    route = start('router', router, '--pull', orders, '--pub', answers, '--sub', prices, '--sub',
                  fills, '--venue', venue)
    work = start('worker', worker, '--sub', prices, '--sub', answers, '--router', orders, '--tape',
                 cluster.dir)
    cluster.wait(sim)
    cluster.stop(work)
    cluster.stop(route)
    for process, words in ((sim, ' orders filled'), (route, ' decisions admitted')):
        line = next(line for line in cluster.log(process).splitlines() if words in line)
        check(int(line.split(words)[0].split()[-1]) > 0, line)
    for process in (sim, route, work):
        check('refused: ' not in cluster.log(process), cluster.log(process))
    tape, = cluster.tapes()
    cluster.run('replay', tape)
    tape.unlink()


# ---- what libzmq is told to hold ----

def closed(stranger):
    """Reads to the end of a connection."""
    try:
        while stranger.recv(1000):
            pass
    except ConnectionError:
        pass


class Relay:
    """Hands bytes on between one that connects and a publisher, until it is told to fall silent."""

    def __init__(self, endpoint):
        self.behind = socket.create_connection(endpoint[6:].rsplit(':', 1), DEADLINE_S)
        self.server = socket.create_server(('127.0.0.1', 0))
        self.server.settimeout(DEADLINE_S)
        self.endpoint = f'tcp://127.0.0.1:{self.server.getsockname()[1]}'

    def accept(self):
        peer = self.server.accept()[0]
        peer.settimeout(DEADLINE_S)
        return peer

    def hand_on(self, peer, until):
        while not until():
            for ready in select.select([peer, self.behind], [], [], 0.01)[0]:
                (peer if ready is self.behind else self.behind).sendall(ready.recv(1 << 16))


def connections(cluster):
    """Who says nothing, nonsense or too much is dropped; a peer that has fallen silent is too."""
    own, known = Pair(cluster, 'c-router'), Pair(cluster, 'c-worker')
    router = Orders(cluster, own, f'{known.text} 1 ordr',
                    options=('--handshake', 500, '--frame-max', 64))
    address = ('127.0.0.1', int(router.endpoint.rsplit(':', 1)[1]))
    silent, noisy = (socket.create_connection(address, DEADLINE_S) for _ in range(2))
    noisy.sendall(b'GET / HTTP/1.1\r\n\r\n' + bytes(1000))
    closed(noisy)
    closed(silent)
    large, peer = (Peer(cluster, zmq.PUSH, router.endpoint, known, own) for _ in range(2))
    large.await_let_in()
    peer.await_let_in()
    large.socket.send(bytes(100 << 10))
    check(not large.let_in(), 'a frame of 100 KiB')
    frame = router.decision(60, 1)
    peer.socket.send(frame)
    check(router.takes(frame), 'the others go on')
    cluster.stop(router.process)
    log = cluster.log(router.process)
    check('refused: 0 connections of unknown keys' in log and ' 0 failed' not in log, log)

    feed = Feed(cluster, 10)
    relay = Relay(feed.endpoint)
    worker = cluster.start('worker', '--sub', relay.endpoint, '--router', cluster.ipc('nowhere'),
                           '--heartbeat', 50)
    first = relay.accept()
    relay.hand_on(first, lambda: feed.socket.poll(0))
    second = relay.accept()
    closed(first)
    second.close()
    cluster.stop(worker)


# ---- ten thousand hostile frames ----

def hostile_frames(feed, count):
    """What a compromised publisher may send, with the kind under which each is counted."""
    whole = wire.decode_frame(feed.frame(account(7, '1000000')))
    header, messages = {**whole[0], 'seq': 10**6}, whole[1]
    frame = wire.encode_frame(header, messages)
    head = frame[:len(frame) - len(wire.encode_frame(header, messages)[frame.index(b'\x95') + 1:])]
    begin = wire.encode_frame(header, [])
    check(frame.startswith(begin), 'a frame begins with its header')
    forged = wire.encode_frame({**header, 'src': 99}, messages)
    strayed = frame.replace(b'acct.', b'exec.', 1)
    garbage = (begin + b'\xdd\xff\xff\xff\xff', begin + b'\xdb\xff\xff\xff\xffx',
               begin + b'\x91' * 100000, begin + b'\xdf\xff\xff\xff\xff', begin + b'\xc1' * 50, begin,
               head[:14], begin + b'\x92\xcd\xff\xff\xc0', frame + b'\xc0')
    for i in range(count):
        kind = i % 5
        if kind == 0:
            yield 'forged', [forged]
        elif kind == 1:
            yield 'strayed', [strayed]
        elif kind == 2:
            yield 'bad', [frame[:14 + i % (len(frame) - 14)]]
        elif kind == 3:
            yield 'bad', [garbage[i // 5 % len(garbage)]]
        else:
            yield 'parts', [frame] * (2 + i % 3)


def hostile(cluster):
    good, bad = 400, 10000
    feed = Feed(cluster, 10, endpoint=cluster.ipc('hostile'))
    orders = cluster.socket(zmq.PULL, cluster.ipc('all'), True)
    allow = write_list(cluster, f'{feed.endpoint} - 10 ctrl mark acct')
    worker = cluster.start('worker', '--allow', allow, '--sub', feed.endpoint, '--router',
                           cluster.ipc('all'), '--tape', cluster.dir)
    feed.await_subscription('acct', 256)
    for said in MARKET:
        feed.say(**said)
    counts = {'forged': 0, 'strayed': 0, 'bad': 0, 'parts': 0}
    for i, (kind, parts) in enumerate(hostile_frames(feed, bad)):
        counts[kind] += 1
        feed.socket.send_multipart(parts)
        if i % (bad // good) == 0:
            feed.say(**account(1000 + i // (bad // good)))
    decided = set()
    while len(decided) < good:
        for _, values in wire.decode_frame(orders.recv())[1]:
            decided.add(int(values['order'].split('/')[0]))
    check(decided == set(range(1000, 1000 + good)), 'every good account, and no other')
    reload(cluster, worker, f'{feed.endpoint} - 9-10 acct.{partition(5001):08x}')
    check(partition(5000) != partition(5001), 'two partitions')
    feed.say(**account(5000))
    counts['strayed'] += 1
    feed.say(**account(5001))
    check(b'5001/7/1/0/0' in orders.recv(), 'a list that is read again holds from then on')
    cluster.stop(worker)
    log = cluster.log(worker)
    for words in (f'{counts["forged"]} frames under another\'s src',
                  f'{counts["strayed"]} frames on another\'s topic',
                  f'{counts["parts"]} messages in several parts', f'({counts["bad"]} did not decode)'):
        check(words in log, f'{words} is not in {log[-1000:]}')
    check(log.count('\n') < 200, 'complaints are few')
    tape, = cluster.tapes()
    cluster.run('replay', tape)


def run(zeroline):
    zeroline = str(pathlib.Path(zeroline).resolve())
    check(zmq.has('curve'), 'a libzmq with CURVE')
    os.umask(0o022)
    with Cluster(zeroline) as cluster:
        tests = (key_files, allow_lists, endpoints, publishers, subscribers, workers, exchange,
                 connections, hostile)
        for test in tests:
            begun = time.monotonic()
            test(cluster)
            while Peer.kept:
                Peer.kept.pop().close()
            print(f'{test.__name__}: {time.monotonic() - begun:.1f} s')


main(run)
