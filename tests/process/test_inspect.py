"""`zeroline inspect`: the state at many points of a live tape, of its journal, and of the same tape
without its states.

Held: the pools are the lines that `calc` prints of the frames up to there; what is found from a state
on the tape is what all of the tape gives; a time names the same point as the record before it is
over; the nearest pool comes first; a state that is not the replay's is found where it stands."""
import json
import random
import struct

from cluster import Cluster, check, main
import tapes
import wire

SEED = 7


def market(cluster):
    """A live tape and a journal's folder of the same market."""
    feed, answers = cluster.ipc('sim'), cluster.ipc('answers')
    store = cluster.dir / 'store'
    sim = cluster.start('sim', '--pub', feed, '--fills', cluster.ipc('fills'), '--orders',
                        cluster.ipc('venue'), '--await', 2, '--seconds', 4, '--accounts', 120,
                        '--tick', 10)
    router = cluster.start('router', '--pull', cluster.ipc('orders'), '--pub', answers, '--sub',
                           feed, '--sub', cluster.ipc('fills'), '--venue', cluster.ipc('venue'))
    journal = cluster.start('journal', '--sub', feed, '--sub', answers, '--store', store,
                            '--serve', cluster.ipc('state'), '--snapshot-s', 1)
    worker = cluster.start('worker', '--sub', feed, '--sub', answers, '--router',
                           cluster.ipc('orders'), '--tape', cluster.dir, '--tape-snapshot-s', 1)
    cluster.wait(sim)
    for process in (worker, router, journal):
        cluster.stop(process)
    return cluster.tapes()[0], store


def inspect(cluster, tape, *more):
    """Where it stands, and the lines about it."""
    lines = cluster.run('inspect', tape, '--json', *more).stdout.decode().splitlines()
    return json.loads(lines[0]), lines[1:]


def pools_of(lines):
    return [line for line in lines if line.startswith('{"account":')]


def calc(cluster, records):
    """What calc prints of the frames from outside."""
    frames = b''.join(body for _, kind, body in records if kind == tapes.IN)
    (cluster.dir / 'frames').write_bytes(frames)
    lines = cluster.run('decode', cluster.dir / 'frames').stdout
    return cluster.run('calc', stdin=lines).stdout.decode().splitlines()


def check_point(cluster, tape, records, number):
    point, lines = inspect(cluster, tape, '--at', f'record:{number}')
    begin, whole = inspect(cluster, tape, '--at', f'record:{number}', '--from-begin')
    check(lines == whole, f'record {number}: from the state at {point["state"]} it is another')
    check(begin.pop('state') is None, begin)
    states = [n for n, (_, kind, body) in enumerate(records)
              if kind == tapes.STATE and n <= number + 1 and body[24:32] == bytes(8)]
    check(point.pop('state') == (states[-1] if states else None), f'{point}, states at {states}')
    check(point == begin and point['record'] == number, f'{point} is not {begin}')
    pools = pools_of(lines)
    check(sorted(pools) == sorted(calc(cluster, records[:number + 1])), f'record {number}: calc')
    return pools


def check_nearness(pools):
    """Unsafe before safe, a higher ratio before a lower one, what waits at the end."""
    def distance(line):
        pool = json.loads(line)
        if pool['state'] is None:
            return 3, 0
        if pool['state'] == 'bankrupt':
            return 0, 0
        return (1, 0) if pool['ratio'] is None else (2, -round(float(pool['ratio']) * 10**9))
    order = [distance(line) for line in pools]
    check(order == sorted(order), 'the nearest first')


def check_times(cluster, tape, records, draw):
    """A point in time is behind the last record before the clock goes beyond it."""
    clocks = [(n, wire.decode_frame(body)[0]['ts_ns']) for n, (_, kind, body) in enumerate(records)
              if kind == tapes.IN and body[1:5] == b'time']
    for n, time_ns in draw.sample(clocks[1:], 4):
        point, lines = inspect(cluster, tape, '--at', time_ns - 1)
        check(point['record'] == n - 1, f'{point}, the clock is at {n}')
        check(lines == inspect(cluster, tape, '--at', f'record:{n - 1}')[1], f'before {time_ns}')
        seconds, rest = divmod(time_ns, 10**9)
        text = point_text(seconds, rest)
        point, lines = inspect(cluster, tape, '--at', text)
        check(point['time_ns'] == time_ns and point['time'] == text, f'{point} at {text}')
        check(lines == inspect(cluster, tape, '--at', time_ns)[1], text)


def point_text(seconds, rest):
    import datetime
    day = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
    return day.strftime('%Y-%m-%dT%H:%M:%S') + f'.{rest:09d}Z'


def check_choice(cluster, tape, records):
    """One account, the nearest few, and the table."""
    number = len(records) // 2
    at = ('--at', f'record:{number}')
    _, lines = inspect(cluster, tape, *at)
    pools = pools_of(lines)
    _, few = inspect(cluster, tape, *at, '--top', 3)
    check(pools_of(few) == pools[:3], 'the nearest three')
    account = json.loads(pools[0])['account']
    _, one = inspect(cluster, tape, *at, '--account', account)
    check(pools_of(one) == [line for line in pools if json.loads(line)['account'] == account] and
          {json.loads(line).get('account', account) for line in one} == {account}, one)
    check(json.loads(one[0])['what'] == 'account' and json.loads(one[0])['balances'], one[0])
    table = cluster.run('inspect', tape, *at, '--top', 3).stdout.decode()
    check(table == cluster.run('inspect', tape, *at, '--top', 3, '--from-begin').stdout.decode() and
          '-USDT ' in table, table)
    check(table.startswith(f'behind record {number}, 20') and 'fund 1: ' in table and
          f'{len(pools) - 3} more are farther' in table, table)
    table = cluster.run('inspect', tape, *at, '--account', account).stdout.decode()
    check(f'account {account}: revision ' in table and 'USDT' in table, table)


def check_open(cluster, tape, records):
    """Every decision that was sent and is not answered for good is open, under its key."""
    number = next(n for n, (_, kind, body) in enumerate(records)
                  if n > len(records) // 2 and kind == tapes.OUT and body[1:5] == b'ordr')
    _, lines = inspect(cluster, tape, '--at', f'record:{number}')
    _, ((_, said), *_) = wire.decode_frame(records[number][2])
    key = said['order'].rsplit('/', 1)[0]
    open_ = [json.loads(line) for line in lines if line.startswith('{"what":"decision"')]
    found = [one for one in open_ if one['key'] == key]
    check(found and found[0]['phase'] == 'proposed' and found[0]['until'], f'{key} in {open_}')


def check_journal(cluster, store):
    """Its folder, from its snapshot and from its begin: numbers are positions."""
    point, lines = inspect(cluster, store)
    begin, whole = inspect(cluster, store, '--from-begin')
    check(point['state'] and begin['state'] is None and lines == whole and len(lines) > 120,
          f'{point}, {begin}')
    number = (point['state'] + point['record']) // 2
    for at in (number, point['state'] - 1, point['record']):
        point, lines = inspect(cluster, store, '--at', f'record:{at}')
        check(point['state'] and point['record'] == at, point)
        check(lines == inspect(cluster, store, '--at', f'record:{at}', '--from-begin')[1], at)


def check_divergence(cluster, tape, records):
    """A state that is another is found at its record, and what of it; the checksum is right."""
    told = cluster.run('replay', tape).stdout.decode()
    check('states on the tape, each as it was' in told and 'identical' in told, told)
    number = [n for n, (_, kind, _) in enumerate(records) if kind == tapes.STATE][1]
    body = bytearray(records[number][2])
    # version, partitions, how many; the shared part with its length; each partition's number, length
    at = 72 + 12
    at += 4 + struct.unpack_from('<I', body, at)[0]
    while struct.unpack_from('<II', body, at)[1] < 200:
        at += 8 + struct.unpack_from('<II', body, at)[1]
    partition = struct.unpack_from('<I', body, at)[0]
    body[at + 8 + 4 + 8] ^= 1  # the revision of its first account
    other = cluster.dir / 'other'
    data = bytearray(tape.read_bytes())
    offset = records[number][0]
    data[offset:offset + 16 + len(body)] = tapes.record(tapes.STATE, bytes(body))
    other.write_bytes(data)
    told = cluster.run('replay', other, code=3).stderr.decode()
    check(f'the state at record {number} is not the one recorded there' in told and
          f'in partition {partition}\n' in told, told)


def check_with_states(cluster, tape):
    """States are put on a tape without: they are what a replay has there, and change nothing. The
    last record of a tape may be a state."""
    copy = cluster.dir / 'copy.tape'
    cluster.run('inspect', tape, '--with-states', copy, '--every', 500)
    told = cluster.run('replay', copy).stdout.decode()
    check('states on the tape, each as it was' in told and 'identical' in told, told)
    point, lines = inspect(cluster, copy)
    check(point['state'] and lines == inspect(cluster, tape, '--from-begin')[1], point)
    states = [body for _, kind, body in tapes.read(copy.read_bytes()) if kind == tapes.STATE]
    check(len(states) > 2, f'{len(states)} states')
    cluster.run('inspect', tape, '--with-states', copy, code=1)
    records = tapes.read(copy.read_bytes())
    last = max(n for n, (_, kind, _) in enumerate(records) if kind == tapes.STATE)
    copy.write_bytes(copy.read_bytes()[:records[last][0] + 16 + len(records[last][2])])
    for at in ('end', f'record:{last}'):
        points = [inspect(cluster, copy, '--at', at, *more) for more in ((), ('--from-begin',))]
        check(points[0][1] == points[1][1] and
              [point['record'] for point, _ in points] == [last, last], points)


def check_refusals(cluster, tape, records):
    for code, more in ((1, ('--at', f'record:{len(records)}')), (1, ('--account', 5)),
                       (2, ('--at', 'noon')), (2, ('--at', 'record:-1')), (2, ('--account', 'x')),
                       (2, ('--at', '2026-02-30T00:00:00Z'))):
        check(len(cluster.run('inspect', tape, *more, code=code).stderr.splitlines()) == 1, more)
    cluster.run('inspect', code=2)
    cluster.run('inspect', cluster.dir / 'nothing', code=1)


def run(zeroline):
    with Cluster(zeroline) as cluster:
        tape, store = market(cluster)
        records, draw = tapes.read(tape.read_bytes()), random.Random(SEED)
        states = [n for n, (_, kind, _) in enumerate(records) if kind == tapes.STATE]
        check(len(states) > 1, f'{len(states)} states')
        points = {0, 1, states[1] - 1, states[1], states[-1] + 1, len(records) - 1,
                  *draw.sample(range(len(records)), 10)}
        for number in sorted(points):
            check_nearness(check_point(cluster, tape, records, number))
        check(inspect(cluster, tape)[1] == inspect(cluster, tape, '--at', 'end')[1] ==
              inspect(cluster, tape, '--at', f'record:{len(records) - 1}')[1], 'the end')
        check_times(cluster, tape, records, draw)
        check_choice(cluster, tape, records)
        check_open(cluster, tape, records)
        check_journal(cluster, store)
        check_divergence(cluster, tape, records)
        check_with_states(cluster, tape)
        check_refusals(cluster, tape, records)


if __name__ == '__main__':
    main(run)
