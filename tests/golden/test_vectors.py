#!/usr/bin/env python3
"""`zeroline encode` and `decode` against the golden frames of proto/vectors/.

    test_vectors.py ZEROLINE

valid: decodes to the lines, and the lines encode to the bytes. newer: decodes to the lines, and
these survive another round. hostile: refused with the defect's sentence and exit code 1. Every valid
frame cut at any byte is refused too, but where a whole message ends.
"""
import json
import pathlib
import subprocess
import sys
import tempfile
import threading

import msgpack
import zmq

ROOT = pathlib.Path(__file__).resolve().parents[2]
VECTORS = ROOT / 'proto' / 'vectors'
SENTENCES = {
    'truncated': 'the frame ends too early',
    'topic': 'the topic is not four known letters',
    'version': 'another version of the wire',
    'type': 'no message type for this topic',
    'form': 'a value of the wrong form',
    'range': 'a value out of range',
    'text': 'a text that is too long or not UTF-8',
    'missing': 'nil where a value is required',
    'short': 'an array with too few fields',
    'list': 'a list with too many rows',
    'empty': 'a frame without a message',
}
CUTS_MAX = 600  # of one frame: longer ones are cut at every nth byte

failures = 0


def check(good, name, what):
    global failures
    if not good:
        failures += 1
        print(f'{name}: {what}', file=sys.stderr)


def load(name):
    with open(VECTORS / f'{name}.jsonl', encoding='utf-8') as file:
        return [json.loads(line) for line in file]


def run(*arguments, data):
    done = subprocess.run([sys.argv[1], *arguments], input=data, capture_output=True, timeout=60)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def lines_of(text):
    """Split at line ends only: a text may hold other characters that Python takes for one."""
    return text.split('\n')[:-1]


def decode(vector):
    return run('decode', '--hex', data=vector['hex'].encode())


def encode(lines):
    return run('encode', '--hex', data=''.join(line + '\n' for line in lines).encode())


def check_valid(vector):
    name = vector['name']
    code, out, err = decode(vector)
    check((code, err) == (0, ''), name, f'decode answers {code}: {err}')
    for ours, theirs in zip(vector['json'], lines_of(out)):
        check(ours == theirs, name, f'decode prints another line:\n  {theirs}\n  {ours}')
    check(len(lines_of(out)) == len(vector['json']), name, 'decode prints another number of lines')
    code, out, err = encode(vector['json'])
    check((code, err) == (0, ''), name, f'encode answers {code}: {err}')
    check(out.replace('\n', '') == vector['hex'], name,
          f'encode writes other bytes:\n  {out}  {vector["hex"]}')


def check_newer(vector):
    name = vector['name']
    code, out, err = decode(vector)
    check((code, err) == (0, ''), name, f'decode answers {code}: {err}')
    check(lines_of(out) == vector['json'], name, f'decode prints {out}')
    code, again, err = encode(lines_of(out))
    check((code, err) == (0, ''), name, f'encode answers {code}: {err}')
    check(again.strip() != vector['hex'], name, 'this is no frame of a newer or wasteful writer')
    check(run('decode', '--hex', data=again.encode()) == (0, out, ''), name, 'not the same again')


def check_hostile(vector):
    code, out, err = decode(vector)
    check(code == 1, vector['name'], f'decode answers {code}')
    check(out == '', vector['name'], f'decode prints {out}')
    check(err.count('\n') == 1 and SENTENCES[vector['defect']] in err, vector['name'],
          f'{vector["defect"]} expected, not: {err}')


def ends_of(frame):
    """Where a value of the top level ends: the topic, the header, each message."""
    unpacker = msgpack.Unpacker(strict_map_key=False)
    unpacker.feed(frame)
    ends = []
    while unpacker.tell() < len(frame):
        unpacker.skip()
        ends.append(unpacker.tell())
    return ends


def frames_of(data):
    """The frames that stand one behind the other."""
    start, unpacker = 0, msgpack.Unpacker(raw=True, strict_map_key=False)
    unpacker.feed(data)
    while unpacker.tell() < len(data):
        at = unpacker.tell()
        if isinstance(unpacker.unpack(), bytes) and at > start:
            yield data[start:at]
            start = at
    yield data[start:]


def check_cuts(vectors):
    """All cuts through one socket, so that each is a frame of its own: even one of no bytes."""
    cuts = []
    for vector in vectors:
        for frame in frames_of(bytes.fromhex(vector['hex'])):
            whole = set(ends_of(frame)[2:])
            step = -(-len(frame) // CUTS_MAX)
            cuts += [(vector['name'], frame[:size]) for size in range(0, len(frame), step)
                     if size not in whole]
    with tempfile.TemporaryDirectory() as folder:
        endpoint = f'ipc://{folder}/cuts'
        decoder = subprocess.Popen([sys.argv[1], 'decode', '--pull', endpoint, '-n',
                                    str(len(cuts))], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        sender = threading.Thread(target=send_all, args=(endpoint, cuts), daemon=True)
        sender.start()
        try:
            out, err = decoder.communicate(timeout=120)
        except subprocess.TimeoutExpired:
            decoder.kill()
            out, err = decoder.communicate()
            check(False, 'cuts', 'decode does not end')
    said = lines_of(err.decode())
    check(decoder.returncode == 1 and out == b'', 'cuts',
          f'decode answers {decoder.returncode} and prints {out[:200]}')
    check(len(said) == len(cuts), 'cuts', f'{len(said)} complaints for {len(cuts)} frames')
    for number, (line, (name, frame)) in enumerate(zip(said, cuts)):
        defect = 'empty' if len(frame) in ends_of_header(frame) else 'truncated'
        check(f'frame {number} does not decode' in line and SENTENCES[defect] in line,
              f'{name}, its first {len(frame)} bytes', line)
    return len(cuts)


def ends_of_header(frame):
    try:
        return ends_of(frame)[1:2]
    except msgpack.OutOfData:
        return []


def send_all(endpoint, cuts):
    context = zmq.Context()
    socket = context.socket(zmq.PUSH)
    socket.connect(endpoint)
    for _, frame in cuts:
        socket.send(frame)
    socket.close()
    context.term()


def check_made_by_script():
    with tempfile.TemporaryDirectory() as folder:
        script = ROOT / 'tests' / 'golden' / 'make_vectors.py'
        subprocess.run([sys.executable, script, folder], check=True)
        for made in pathlib.Path(folder).iterdir():
            check(made.read_bytes() == (VECTORS / made.name).read_bytes(), made.name,
                  'differs from what tests/golden/make_vectors.py writes')


def main():
    valid, newer, hostile = load('valid'), load('newer'), load('hostile')
    check(len(valid) > 90 and len(newer) > 10 and len(hostile) > 150, 'vectors', 'too few')
    check(set(SENTENCES) == {vector['defect'] for vector in hostile}, 'vectors', 'a defect lacks')
    for vector in valid:
        check_valid(vector)
    for vector in newer:
        check_newer(vector)
    for vector in hostile:
        check_hostile(vector)
    cuts = check_cuts(valid)
    check_made_by_script()
    print(f'{len(valid)} valid, {len(newer)} newer, {len(hostile)} hostile, {cuts} cut frames')
    return 1 if failures else 0


if __name__ == '__main__':
    sys.exit(main())
