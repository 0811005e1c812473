"""What `decode` prints, against the same done in Python: formats, topics, kinds, counts.

The frames are every message type of the golden vectors, so each field of each type is asked for by
name; what is printed is held against the JSON line of the same message."""
import json
import pathlib

import zmq

from cluster import Cluster, Publisher, check, main
import wire

VECTORS = pathlib.Path(__file__).resolve().parents[2] / 'proto' / 'vectors' / 'valid.jsonl'
END, SPLIT = '\x1e', '\x1d'


def vectors():
    """(frame, header, messages) of each golden frame."""
    out = []
    for line in VECTORS.read_text(encoding='utf-8').splitlines():
        vector = json.loads(line)
        if vector['name'].startswith(('a stream', 'two frames')):
            continue
        frame = bytes.fromhex(vector['hex'])
        out.append((frame, *wire.decode_frame(frame)))
    return out


def decode(cluster, *arguments, stdin=b'', code=0):
    return cluster.run('decode', *arguments, stdin=stdin, code=code).stdout.decode()


def raw_fields(line):
    """The top-level fields of a JSON line, each as the text that stands there."""
    out, at, reader = {}, 1, json.JSONDecoder()
    while line[at] != '}':
        name, at = reader.raw_decode(line, at)
        value, end = reader.raw_decode(line, at + 1)
        text = line[at + 1:end]
        out[name] = text[1:-1] if isinstance(value, str) else text
        at = end + (line[end] == ',')
    return out


def formats(cluster, frames):
    stream = b''.join(frame for frame, _, _ in frames)
    lines = decode(cluster, stdin=stream).splitlines()
    parts = '%t %m %s %e %q %n %r %i %d %z %x %%\\\\' + END
    told = decode(cluster, '-f', parts, stdin=stream).split(END)
    check(told.pop() == '', 'nothing behind the last')
    at = 0
    for number, (frame, header, messages) in enumerate(frames):
        for place, (name, _) in enumerate(messages):
            want = ' '.join(map(str, (header['topic'], name, header['src'], header['epoch'],
                                      header['seq'], header['ts_ns'], number, place, 'in',
                                      len(frame), frame.hex(), '%\\')))
            check(told[at] == want, f'{told[at]} is not {want}')
            frame_of_one = wire.encode_frame(header, [messages[place]])
            names = [*raw_fields(lines[at]), 'nothing']
            one = '%j' + ''.join(f'{SPLIT}%{{{field}}}' for field in names)
            line, *values = decode(cluster, '-f', one, stdin=frame_of_one).split(SPLIT)
            fields = raw_fields(line)
            check(values == [fields.get(field, '') for field in names], (line, values))
            at += 1
    check(at == len(lines) == len(told), 'as many as there are')


def faults(cluster):
    for text in ('%y', '%', '%{', '%{}', 'a\\q', '\\'):
        done = cluster.run('decode', '-f', text, code=2)
        check('--format, at character' in done.stderr.decode(), text)
    check('not outer' in cluster.run('decode', '--kind', 'in,outer', code=2).stderr.decode(), 'kind')


def stats(cluster, frames):
    stream = b''.join(frame for frame, _, _ in frames)
    told = [json.loads(line) for line in
            decode(cluster, '--stats', '--json', stdin=stream).splitlines()]
    want = {}
    for frame, header, messages in frames:
        for place, (name, _) in enumerate(messages):
            row = want.setdefault(name, {'type': name, 'messages': 0, 'frames': 0, 'bytes': 0,
                                         'first_ns': 0, 'last_ns': 0})
            row['messages'] += 1
            if place:
                continue
            row['frames'] += 1
            row['bytes'] += len(frame)
            if header['ts_ns']:
                row['first_ns'] = min(row['first_ns'] or header['ts_ns'], header['ts_ns'])
                row['last_ns'] = max(row['last_ns'], header['ts_ns'])
    check(sorted(told, key=lambda row: row['type']) == [want[name] for name in sorted(want)], told)
    table = decode(cluster, '--stats', stdin=stream).splitlines()
    check(len(table) == len(want) + 2 and table[-1].split()[:2] ==
          ['all', str(sum(row['messages'] for row in want.values()))], table)


def topics(cluster, frames):
    stream = b''.join(frame for frame, _, _ in frames)
    for begin in ('acct', 'mark.', 'ctrl.00000000', 'zzzz'):
        want = [header['topic'] for _, header, messages in frames for _ in messages
                if header['topic'].startswith(begin)]
        told = decode(cluster, '-t', begin, '-f', '%t\\n', stdin=stream).split()
        check(told == want, (begin, told))
    both = decode(cluster, '-t', 'acct', '-t', 'mark', '-n', 3, '-f', '%r ', stdin=stream)
    want = [number for number, (_, header, _) in enumerate(frames)
            if header['topic'][:4] in ('acct', 'mark')]
    check(sorted(set(map(int, both.split()))) == want[:3], both)


def kinds(cluster):
    """Of a worker's tape: what it heard and what it said."""
    lines = [{'type': 'asset', 'asset': 1, 'symbol': 'U', 'scale': 6, 'numeraire': True},
             {'type': 'policy', 'policy': 1, 'target_ratio': '0'}]
    feed = Publisher(cluster, 'feed', 10)
    worker = cluster.start('worker', '--sub', feed.endpoint, '--router', cluster.ipc('none'), '--pub',
                           cluster.ipc('alerts'), '--tape', cluster.dir)
    alerts = cluster.socket(zmq.SUB, cluster.ipc('alerts'), False)
    alerts.setsockopt(zmq.SUBSCRIBE, b'\xadalrt')
    feed.await_subscription('acct', 256)
    for number in range(1, 10**6):
        feed.say(**(lines[0] if number == 1 else {**lines[1], 'rev': number}))
        if alerts.poll(50):
            break
    cluster.stop(worker)
    tape = cluster.tapes()[0]
    for kind, name in (('in', 'policy'), ('out', 'alert')):
        told = set(decode(cluster, tape, '--kind', kind, '-f', '%d %m\\n').splitlines())
        check(f'{kind} {name}' in told and all(line.startswith(kind) for line in told), told)
    told = decode(cluster, tape, '--kind', 'in,out', '-f', '%d\\n').split()
    check(set(told) == {'in', 'out'}, 'both')
    told = decode(cluster, tape, '--kind', 'in,internal,out', '-f', '%d\\n').split()
    check(len(told) == len(decode(cluster, tape).splitlines()), 'all of them')


def live(cluster, frames):
    """From a socket: what is asked for, so many of it."""
    feed = Publisher(cluster, 'live', 11)
    process = cluster.start('decode', '--sub', feed.endpoint, '-t', 'acct', '-n', 5, '-f', '%x\\n')
    feed.await_subscription('acct')
    chosen = [frame for frame, header, messages in frames
              if header['topic'].startswith('acct') and len(messages) == 1]
    for frame, _, _ in frames:
        feed.socket.send(frame)
    while process.poll() is None and len(chosen) < 5:
        feed.socket.send(chosen[0])
        chosen.append(chosen[0])
    cluster.wait(process)
    check(cluster.log(process).split() == [frame.hex() for frame in chosen[:5]], 'the first five')


def run(zeroline):
    with Cluster(zeroline) as cluster:
        frames = vectors()
        formats(cluster, frames)
        faults(cluster)
        stats(cluster, frames)
        topics(cluster, frames)
        kinds(cluster)
        live(cluster, frames)


main(run)
