"""`zeroline repair`: a live tape is flipped, torn, cut into and overwritten at random places.

Held against a twin that reads the tape by its description: the copy has every record that can be
saved and no other, damages are told with their place and size, how many records are missing is told
only where it is true, the copy of a copy is the same, the damaged tape is not touched. Behind the
damage the state on the tape is enough to go on from."""
import json
import random
import subprocess

from cluster import Cluster, check, main
import tapes

ROUNDS = 60
SEED = 20261121


def make_tape(cluster):
    feed, answers = cluster.ipc('sim'), cluster.ipc('answers')
    sim = cluster.start('sim', '--pub', feed, '--fills', cluster.ipc('fills'), '--orders',
                        cluster.ipc('venue'), '--await', 1, '--seconds', 4, '--accounts', 100,
                        '--tick', 20)
    router = cluster.start('router', '--pull', cluster.ipc('orders'), '--pub', answers, '--sub',
                           feed, '--sub', cluster.ipc('fills'), '--venue', cluster.ipc('venue'))
    worker = cluster.start('worker', '--sub', feed, '--sub', answers, '--router',
                           cluster.ipc('orders'), '--tape', cluster.dir, '--tape-snapshot-s', 1)
    cluster.wait(sim)
    for process in (worker, router):
        cluster.stop(process)
    return cluster.tapes()[0].read_bytes()


def flip(draw, data):
    at = draw.randrange(8 * len(data))
    data[at // 8] ^= 1 << at % 8


def tear_end(draw, data):
    del data[draw.randrange(len(data)):]


def tear_out(draw, data):
    at = draw.randrange(len(data))
    del data[at:at + draw.randrange(1, 3000)]


def overwrite(draw, data):
    at, size = draw.randrange(len(data)), draw.randrange(1, 3000)
    size = min(size, len(data) - at)
    data[at:at + size] = bytes(size) if draw.random() < 0.5 else draw.randbytes(size)


def at_begin(draw, data):
    """The name, the head and the seal."""
    at = draw.randrange(400)
    data[at] ^= 0x40


def twice(draw, whole):
    """Two places of several records each, with nothing between that tells how many the first was."""
    data, states = bytearray(whole), [at for at, kind, _ in tapes.read(whole) if kind == tapes.STATE]
    first = draw.randrange(states[0], states[1] - 6000)
    for at in (first, first + 3000):
        data[at:at + 1000] = bytes(1000)
    return bytes(data)


def spoil(draw, whole):
    if draw.random() < 0.1:
        return twice(draw, whole)
    data = bytearray(whole)
    for _ in range(draw.choice((1, 1, 1, 2, 3, 5))):
        draw.choice((flip, flip, flip, tear_end, tear_out, overwrite, at_begin))(draw, data)
    return bytes(data)


def numbers(whole):
    """Each record's numbers, by what it is; the same bytes may stand there several times."""
    places = {}
    for number, (_, kind, body) in enumerate(tapes.read(whole)):
        places.setdefault((kind, body), []).append(number)
    return places


def true_numbers(pieces, places):
    """The number on the whole tape of each piece that was saved: they keep their order."""
    last, found = -1, []
    for _, kind, body in pieces:
        last = next(number for number in places[kind, body] if number > last)
        found.append(last)
    return found


def check_counts(told, pieces, missing, places):
    """Where it says how many records are missing there, so many are."""
    known, unique = 0, {key for key, at in places.items() if len(at) == 1}
    true = true_numbers(pieces, places)
    for said, (offset, size, _) in zip(told, missing):
        before = [n for n, piece in zip(true, pieces) if piece[0] < offset]
        behind = [(n, piece[1:]) for n, piece in zip(true, pieces) if piece[0] >= offset + size]
        if said['records'] is None or not behind or behind[0][1] not in unique:
            continue
        lost = behind[0][0] - (before[-1] + 1 if before else 0)
        check(said['records'] == lost, f'{said}: {lost} records are missing there')
        known += 1
    return known


def check_copy(cluster, whole, spoilt, places):
    path, copy = cluster.dir / 'spoilt', cluster.dir / 'copy'
    path.write_bytes(spoilt)
    pieces, missing, torn = tapes.salvage(spoilt)
    done = subprocess.run([cluster.zeroline, 'repair', path, copy, '--json'], capture_output=True,
                          check=False, timeout=60)
    check(path.read_bytes() == spoilt, 'the tape was touched')
    if not pieces:
        check(done.returncode == 1 and not copy.exists(), done.stderr.decode())
        return 0
    check(done.returncode == 0, done.stderr.decode())
    *told, saved = map(json.loads, done.stdout.splitlines())
    check([(one['offset'], one['bytes'], one['to_end']) for one in told] == missing,
          f'told {told}, missing {missing}')
    check(saved == {'what': 'saved', 'records': len(pieces),
                    'bytes': sum(16 + len(body) for _, _, body in pieces), 'places': len(missing),
                    'missing': sum(size for _, size, _ in missing), 'torn': torn}, saved)
    kept = tapes.read(copy.read_bytes())
    had_seal = any(kind == tapes.SEAL for _, kind, _ in pieces)
    got = [(kind, body) for _, kind, body in kept
           if kind != tapes.HOLE and (had_seal or kind != tapes.SEAL)]
    check(got == [piece[1:] for piece in pieces], 'the copy has other records')
    again = cluster.dir / 'again'
    cluster.run('repair', copy, again)
    check(again.read_bytes() == copy.read_bytes(), 'a copy of the copy differs')
    holes = sum(kind == tapes.HOLE for _, kind, _ in kept)
    decoded = subprocess.run([cluster.zeroline, 'decode', copy], capture_output=True, check=False)
    check(decoded.returncode == (1 if holes else 0), decoded.stderr.decode())
    check(decoded.stderr.decode().count('are missing') == holes, decoded.stderr.decode())
    for one in (copy, again):
        one.unlink()
    return check_counts(told, pieces, missing, places)


def inspected(cluster, tape, *more, code=0):
    return cluster.run('inspect', tape, '--json', *more, code=code).stdout.splitlines()[1:]


def check_behind(cluster, whole):
    """Damage before the last state: what is behind is known all the same, on the damaged tape and on
    its copy; what lies between is not made up."""
    records = tapes.read(whole)
    states = [n for n, (_, kind, _) in enumerate(records) if kind == tapes.STATE]
    check(len(states) >= 2, f'only {len(states)} states')
    hit = (states[-2] + states[-1]) // 2
    spoilt = bytearray(whole)
    spoilt[records[hit][0] + 20] ^= 1
    damaged, good, copy = (cluster.dir / name for name in ('damaged', 'good', 'copied'))
    damaged.write_bytes(spoilt)
    good.write_bytes(whole)
    cluster.run('repair', damaged, copy)
    end = inspected(cluster, good)
    for tape in (damaged, copy):
        check(inspected(cluster, tape) == end, f'{tape} at its end')
        last = f'record:{len(records) - 1}'
        check(inspected(cluster, tape, '--at', last) == end, f'{tape} at its last record')
        before = f'record:{hit - 1}'
        check(inspected(cluster, tape, '--at', before) == inspected(cluster, good, '--at', before),
              f'{tape} before the damage')
    told = cluster.run('inspect', damaged, '--at', f'record:{hit + 1}', code=1)
    check(f'record {hit} at byte {records[hit][0]} is damaged' in told.stderr.decode() and
          b'repair' in told.stderr, told.stderr.decode())
    told = cluster.run('inspect', copy, '--at', f'record:{hit + 1}', code=1)
    check('FRAMES ARE MISSING' in told.stdout.decode(), told.stdout.decode())
    size = 16 + len(records[hit][2])
    check(f'{size} bytes, the next that holds begins at byte {records[hit][0] + size}' in
          cluster.run('replay', damaged, code=1).stderr.decode(), 'the damage is sized')


def check_refusals(cluster, whole):
    path, there = cluster.dir / 'a.tape', cluster.dir / 'b.tape'
    path.write_bytes(whole)
    there.write_bytes(b'mine')
    told = cluster.run('repair', path, there, code=1).stderr.decode()
    check('is there already' in told and there.read_bytes() == b'mine', told)
    check('no record could be saved' in
          cluster.run('repair', there, cluster.dir / 'c', code=1).stderr.decode(), 'no tape')
    cluster.run('repair', path, code=2)
    check(not list(cluster.dir.glob('*.part')), 'a part was left')
    path.unlink()


def run(zeroline):
    with Cluster(zeroline) as cluster:
        whole = make_tape(cluster)
        places, draw, known = numbers(whole), random.Random(SEED), 0
        check_refusals(cluster, whole)
        check_behind(cluster, whole)
        for number in range(ROUNDS):
            try:
                known += check_copy(cluster, whole, spoil(draw, whole), places)
            except Exception:
                print(f'round {number} of seed {SEED}')
                raise
        check(known > 5, f'only {known} damages with a known number of records')


if __name__ == '__main__':
    main(run)
