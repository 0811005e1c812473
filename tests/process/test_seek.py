"""`zeroline replay --from`: it begins with the last state on the tape before the place.

Held: what is said from there on is what a replay of the whole tape says there, for every form of a
place, with what stops it, filters it and spreads it over engines; the state is the last one before the
place; a state that cannot be used gives way to the one before; what is damaged in front of it is not
read."""
import json
import random

from cluster import Cluster, check, main
from test_inspect import market
import tapes
import wire

SEED = 11


def replay(cluster, tape, *more, code=0):
    told = cluster.run('replay', tape, '--json', *more, code=code).stdout.decode()
    return [(json.loads(line)['at'], line) for line in told.splitlines()]


def state_of(cluster, tape, place, *more):
    """The record of the state that it begins with, and for how many messages that stands."""
    told = cluster.run('replay', tape, '--from', place, *more).stdout.decode()
    line = next((line for line in told.splitlines() if ' the state at record ' in line), None)
    check('identical: ' in told or 'no outputs to compare' in told, told)
    check(line or 'messages before were heard too' in told or place == 'record:0', told)
    words = (line or '').split()
    return (int(words[7].rstrip(',')), int(words[10].rstrip(','))) if line else None


class Tape:
    def __init__(self, path):
        self.records = tapes.read(path.read_bytes())
        self.inputs, self.states, now, count = [], [], 0, 0
        for number, (_, kind, body) in enumerate(self.records):
            if kind == tapes.STATE and body[24:32] == bytes(8):
                self.states.append((number, count, now))
            if kind != tapes.IN:
                continue
            header, messages = wire.decode_frame(body)
            if header['topic'].startswith('time'):
                now = max(now, header['ts_ns'])
            self.inputs.append({'record': number, 'at': count, 'time': now,
                                'topic': header['topic'], 'seq': header['seq']})
            count += len(messages)

    def last(self, before):
        """The last state of which this holds."""
        return next((state[:2] for state in reversed(self.states) if before(*state)), None)


def check_places(cluster, path, tape, whole):
    draw = random.Random(SEED)
    first = next(i['time'] for i in tape.inputs if i['time'])
    chosen = [i for i in draw.sample(tape.inputs, 5) if i['time']]
    chosen += [next(i for i in tape.inputs if i['record'] > tape.states[k][0]) for k in (0, -1)]
    for i in chosen:
        at_time = next(k for k in tape.inputs if k['time'] >= i['time'])
        clocked = {'front': at_time, 'before': lambda n, m, t, i=i: t < i['time']}
        for place, frame, before in (
                (f'record:{i["record"]}', i, lambda n, m, t, i=i: n <= i['record']),
                (f'at:{i["at"]}', i, lambda n, m, t, i=i: m <= i['at']),
                (str(i['time']), clocked['front'], clocked['before'])):
            told = replay(cluster, path, '--from', place)
            check(told == [one for one in whole if one[0] >= frame['at']], place)
            check(told == replay(cluster, path, '--from', place, '--from-begin'), place)
            found, wanted = state_of(cluster, path, place), tape.last(before)
            check(found == wanted, f'{place} begins with {found}, not with {wanted}')
    # A span is counted from the first time that is named, which need not be a clock's.
    place = f'+{tape.states[-1][2] - first + 50 * 10**6}ns'
    told = replay(cluster, path, '--from', place)
    check(told == replay(cluster, path, '--from', place, '--from-begin'), place)
    check(state_of(cluster, path, place) is not None, place)
    i = next(i for i in tape.inputs if i['at'] >= tape.states[1][1] and
             i['topic'].startswith('mark'))
    place = f'seq:{i["topic"]}:{i["seq"]}'
    told = replay(cluster, path, '--from', place)
    check(told == replay(cluster, path, '--from', place, '--from-begin'), place)
    check(state_of(cluster, path, place) is None, 'a sequence')


def check_rest(cluster, path, tape, whole):
    """What else a replay is asked for, behind a state."""
    number, count, _ = tape.states[1]
    place = ('--from', f'record:{number}')
    rest = [json.loads(line) for at, line in whole if at >= count]
    account = next(one['account'] for one in rest if one['type'] == 'liquidate')
    warned = next(one for one in rest if one['type'] == 'alert' and one['kind'] == 'warn')
    for more in (('--to', '+300ms'), ('--internal',), ('--account', account),
                 ('--until', 'liquidate'), ('--until', 'alert warn'), ('--until', 'mark 1 > 0'),
                 ('--until', f'ratio {warned["account"]} >= {warned["ratio"]}'),
                 ('--pace', '5000/s', '--to', '+100ms')):
        told = replay(cluster, path, *place, *more)
        check(told == replay(cluster, path, *place, *more, '--from-begin'), f'{more} from a state')
        check(told or more[0] == '--pace' or more[1].startswith(('mark', 'ratio')), more)
    for until in ('mark 1 > 0', f'ratio {warned["account"]} >= {warned["ratio"]}'):
        stops = [cluster.run('replay', path, *place, '--until', until, *more).stdout.decode()
                 for more in ((), ('--from-begin',))]
        stops = [[one for one in stop.splitlines() if one.startswith('stopped')] for stop in stops]
        check(stops[0] and stops[0] == stops[1], stops)
    check(replay(cluster, path, *place, '--before') == whole, 'what was said before')
    told = cluster.run('replay', path, *place, '--before').stdout.decode()
    check(f'{len(tape.states)} states on the tape, each as it was' in told, told)
    told = cluster.run('replay', path, *place).stdout.decode()
    check(f'{len(tape.states) - 2} states on the tape' in told, told)


def check_spoiled(cluster, path, tape, whole):
    data, (number, count, _) = path.read_bytes(), tape.states[-1]
    spoiled, place = cluster.dir / 'spoiled.tape', ('--from', f'record:{number}')
    rest = [one for one in whole if one[0] >= count]

    offset, _, body = tape.records[number]
    other = bytearray(body)
    other[72] ^= 0xff  # the version
    record = tapes.record(tapes.STATE, bytes(other))
    spoiled.write_bytes(data[:offset] + record + data[offset + len(record):])
    done = cluster.run('replay', spoiled, '--json', *place, code=3)
    check(f'the state at record {number} is another version' in done.stderr.decode() and
          [line for _, line in rest] == done.stdout.decode().splitlines(), done.stderr)

    offset = tape.records[tape.states[0][0] - 5][0]
    spoiled.write_bytes(data[:offset + 20] + bytes([data[offset + 20] ^ 1]) + data[offset + 21:])
    check(replay(cluster, spoiled, *place) == rest, 'what is damaged before is not read')
    told = cluster.run('replay', spoiled, *place, '--from-begin', code=1).stderr.decode()
    check('is damaged' in told, told)


def check_threads(cluster):
    """A market without a fund, with clocks, so that several engines take a state over."""
    path, bare = cluster.dir / 'wide.tape', cluster.dir / 'bare.tape'
    lines = [{'type': 'asset', 'asset': 1, 'symbol': 'U', 'scale': 2, 'numeraire': True},
             {'type': 'instrument', 'instrument': 7, 'symbol': 'C', 'settle': 1, 'price_scale': 2,
              'qty_scale': 0, 'tick': '0.01', 'lot': '1', 'tiers': [{'mmr': '0.01'}]}]
    for n in range(300):
        lines.append({'type': 'account', 'account': n, 'rev': 1, 'full': True, 'positions': [
            {'instrument': 7, 'qty': '10', 'entry': '100', 'mode': 'isolated',
             'margin': str(20 + n % 37)}]})
    for n in range(1, 160):
        lines.append({'type': 'mark', 'instrument': 7, 'price': f'{100 - n / 20:.2f}',
                      'ts_ns': n * 10**6})
        lines.append({'type': 'clock', 'ts_ns': n * 10**6})
    cluster.run('encode', '-o', bare, stdin='\n'.join(map(json.dumps, lines)).encode())
    cluster.run('inspect', bare, '--with-states', path, '--every', 50)
    whole = replay(cluster, bare)
    for at in (310, whole[len(whole) // 2][0], whole[-1][0]):
        wanted = [one for one in whole if one[0] >= at]
        check(wanted and (at == 310 or len(wanted) < len(whole)), f'{len(wanted)} outputs')
        for threads in (1, 2, 5):
            told = replay(cluster, path, '--from', f'at:{at}', '--threads', threads)
            check(told == wanted, f'from {at} with {threads} threads')
        found = state_of(cluster, path, f'at:{at}', '--threads', 5)
        # No state before the first clock is used: it does not know the tape's time.
        check(found is None if at == 310 else found and at - 51 <= found[1] <= at, f'{at}: {found}')


def run(zeroline):
    with Cluster(zeroline) as cluster:
        path, store = market(cluster)
        tape, whole = Tape(path), replay(cluster, path)
        check(len(tape.states) > 2 and len(whole) > 100, f'{len(tape.states)}, {len(whole)}')
        check_places(cluster, path, tape, whole)
        check_rest(cluster, path, tape, whole)
        check_spoiled(cluster, path, tape, whole)
        check_threads(cluster)
        last = replay(cluster, store)[-1][0]
        check(replay(cluster, store, '--from', f'at:{last}') ==
              replay(cluster, store, '--from', f'at:{last}', '--from-begin'), 'of a journal')


if __name__ == '__main__':
    main(run)
