"""Time travel: places on a tape, pace, predicates, filters, live sockets, and what differs.

One live tape is made by a worker in a small market; its records are read here without any of the
project's code, so that what `replay` prints for a part of it can be told from the whole. Tapes that
lie about what was said are spliced of its records: each has its own checksum. Holds also: memory
does not grow with a tape, and a queue of one frame loses none."""
import datetime
import json
import os
import pty
import subprocess
import time

import zmq

from cluster import Cluster, check, main
import wire

MAGIC = b'ZLTAPE\r\n\x01' + bytes(7)
IN, OUT = 0, 1


class Tape:
    """Records as (kind, frame, bytes), and of those from outside: record, at, messages, time."""

    def __init__(self, path):
        data, at, self.records = path.read_bytes(), len(MAGIC), []
        check(data.startswith(MAGIC), 'a tape')
        while at + 16 <= len(data):
            end = at + 16 + int.from_bytes(data[at:at + 4], 'little')
            self.records.append((data[at + 4], data[at + 16:end], data[at:end]))
            at = end
        self.inputs, now, has_clock, count = [], 0, False, 0
        for number, (kind, frame, _) in enumerate(self.records):
            if kind != IN:
                continue
            header, messages = wire.decode_frame(frame)
            clock = header['topic'].startswith('time')
            if clock and not has_clock:
                now, has_clock = header['ts_ns'], True
            elif clock == has_clock:
                now = max(now, header['ts_ns'])
            self.inputs.append({'record': number, 'at': count, 'count': len(messages), 'time': now,
                                'header': header, 'messages': messages, 'frame': frame})
            count += len(messages)

    def write(self, path, records):
        path.write_bytes(MAGIC + b''.join(record[2] for record in records))
        return path


def record_market(cluster):
    feed, answers = cluster.ipc('sim'), cluster.ipc('answers')
    sim = cluster.start('sim', '--pub', feed, '--fills', cluster.ipc('fills'), '--orders',
                        cluster.ipc('venue'), '--await', 1, '--seconds', 3, '--accounts', 600,
                        '--tick', 20)
    router = cluster.start('router', '--pull', cluster.ipc('orders'), '--pub', answers, '--sub', feed,
                           '--sub', cluster.ipc('fills'), '--venue', cluster.ipc('venue'))
    worker = cluster.start('worker', '--sub', feed, '--sub', answers, '--router',
                           cluster.ipc('orders'), '--tape', cluster.dir, '--src', 1)
    cluster.wait(sim)
    cluster.stop(worker)
    cluster.stop(router)
    tape, = cluster.tapes()
    return tape


def replay(cluster, tape, *arguments, code=0):
    told = cluster.run('replay', tape, '--json', *arguments, code=code).stdout
    return [json.loads(line) for line in told.splitlines()]


def between(whole, first, last):
    """What was said to the frames from this one up to and without that one."""
    end = last['at'] if last else float('inf')
    return [said for said in whole if first['at'] <= said['at'] < end]


def date_of(time_ns):
    date = datetime.datetime.fromtimestamp(time_ns // 10**9, datetime.timezone.utc)
    return f'{date:%Y-%m-%dT%H:%M:%S}.{time_ns % 10**9:09}Z'


def places(cluster, path, tape, whole):
    inputs = tape.inputs
    speaking = sorted({said['at'] for said in whole})
    first = next(i for i in inputs if i['at'] + i['count'] > speaking[len(speaking) // 4])
    last = next(i for i in inputs if i['at'] > speaking[len(speaking) // 2])
    wanted = between(whole, first, last)
    check(len(wanted) > 20, f'only {len(wanted)} outputs between')
    for place in ('record:{record}', 'at:{at}'):
        told = replay(cluster, path, '--from', place.format(**first), '--to', place.format(**last))
        check(told == wanted, place)
    whole_batch = next(i for i in inputs if i['count'] > 1)
    told = replay(cluster, path, '--from', f'at:{whole_batch["at"] + 1}')
    check(told == between(whole, whole_batch, None), 'a message amid its frame')

    def at_time(time_ns):
        return next((i for i in inputs if i['time'] >= time_ns), None)
    begin = next(i['time'] for i in inputs if i['time'])
    start = at_time(first['time'])
    later = at_time(first['time'] + 200 * 10**6)
    for place in (first['time'], date_of(first['time']), f'+{first["time"] - begin}ns'):
        told = replay(cluster, path, '--from', place, '--to', '+200ms')
        check(told == between(whole, start, later), f'from {place}')
    seq = next(i for i in inputs if i['at'] >= first['at'] and
               i['header']['topic'].startswith('mark'))
    place = f'seq:{seq["header"]["topic"]}:{seq["header"]["seq"]}'
    reached = next(i for i in inputs if i['header']['topic'] == seq['header']['topic'] and
                   i['header']['seq'] >= seq['header']['seq'])
    told = replay(cluster, path, '--from', place)
    check(told == between(whole, reached, None), place)
    told = replay(cluster, path, '--from', place, '--before')
    check(told == whole, 'what was said before, when it is asked for')
    said = cluster.run('replay', path, '--from', f'record:{first["record"]}').stdout.decode()
    check('identical: ' in said and 'messages before were heard too' in said, said)
    told = cluster.run('replay', path, '--from', '2099-01-01T00:00Z', code=1).stderr
    check(b'ends before --from' in told, told)
    for wrong in ('yesterday', '2026-02-31T00:00:00Z', '+5', '+5w', 'record:x', 'seq:mark:4',
                  'seq:mark.00000001', '99999999999999999999'):
        told = cluster.run('replay', path, '--from', wrong, code=2).stderr
        check(b'no place on a tape' in told and wrong.encode() in told, told)


def predicates(cluster, path, tape, whole):
    orders = ('cancel', 'convert', 'liquidate')

    def first(test):
        at = next(said['at'] for said in whole if test(said))
        return [said for said in whole if said['at'] <= at]
    account = [said for said in whole if said['type'] in orders][40]['account']
    cases = {'order': lambda said: said['type'] in orders,
             f'order {account}': lambda said: said['type'] in orders and
                                              said['account'] == account,
             'liquidate': lambda said: said['type'] == 'liquidate',
             f'alert warn {account}': lambda said: said['type'] == 'alert' and
                                                   said['account'] == account}
    for what, test in cases.items():
        check(replay(cluster, path, '--until', what) == first(test), what)
    told = replay(cluster, path, '--until', f'order {account}', '--until', 'alert')
    check(told == first(lambda said: said['type'] == 'alert'), 'the first that holds')
    place = f'at:{first(cases["order"])[-1]["at"] + 1}'
    told = replay(cluster, path, '--from', place, '--until', 'order')
    at = next(said['at'] for said in whole if said['type'] in orders and
              said['at'] > first(cases['order'])[-1]['at'])
    check(told and all(said['at'] <= at for said in told) and told[-1]['at'] == at,
          'counted from --from')

    marks = [(i['at'], values['price']) for i in tape.inputs for name, values in i['messages']
             if name == 'mark' and values['instrument'] == 1 and i['count'] == 1]
    low = min(price for _, price in marks)
    at = next(at for at, price in marks if price <= low)
    for price in (f'{low // 100}.{low % 100:02}', f'{low // 100}.{low % 100:02}00'):
        said = cluster.run('replay', path, '--until', f'mark 1 <= {price}').stdout.decode()
        check(f'stopped behind message {at},' in said, said)
    # A warning says the ratio that was reached: in front of that message it was lower.
    warned = next(said for said in whole if said['type'] == 'alert' and said['kind'] == 'warn')
    for pool in ('', f'/{warned["pool"]}'):
        what = f'ratio {warned["account"]}{pool} >= {warned["ratio"]}'
        said = cluster.run('replay', path, '--until', what).stdout.decode()
        check(f'stopped behind message {warned["at"]},' in said, said)
    told = cluster.run('replay', path, '--until', 'order 999999999').stderr
    check(b'did not come' in told, told)
    for wrong in ('', 'orders', 'order x', 'order 1 2', 'alert foo', 'alert warn x', 'ratio 1 < x',
                  'ratio 1 = 2', 'ratio 1/y < 2', 'ratio 1', 'mark 7 < a', 'mark 7', 'account 5'):
        told = cluster.run('replay', path, '--until', wrong, code=2).stderr
        check(b'--until "' + wrong.encode() + b'": ' in told, told)


def filters(cluster, path, whole):
    def about(said, name):
        return said.get(name)
    account = next(said['account'] for said in whole if said['type'] == 'liquidate')
    told = replay(cluster, path, '--account', account, '--account', 0)
    check(told == [said for said in whole if about(said, 'account') in (account, 0, None)],
          'one account')
    check(0 < len(told) < len(whole), 'some, not all')
    told = replay(cluster, path, '--instrument', 2)
    check(told == [said for said in whole if about(said, 'instrument') in (2, None)],
          'one instrument')
    told = replay(cluster, path, '-p', '0-99')
    check(told == [said for said in whole
                   if about(said, 'account') is None or wire.mix64(said['account']) % 256 < 100],
          'some partitions')
    summary = cluster.run('replay', path, '--account', account).stdout.decode()
    check('identical: ' in summary, summary)
    check(b'not a whole number' in cluster.run('replay', path, '--account', 'x', code=2).stderr,
          'no id')


def pace(cluster, path, tape):
    inputs = [i for i in tape.inputs if i['time']]
    begin = inputs[len(inputs) // 4]
    part = [i for i in inputs if i['record'] >= begin['record'] and
            i['time'] < begin['time'] + 600 * 10**6]
    span = (part[-1]['time'] - part[0]['time']) / 1e9
    check(span > 0.4, f'{span} s of tape')
    for times in (1, 4):
        begun = time.monotonic()
        cluster.run('replay', path, '--from', f'record:{begin["record"]}', '--to', '+600ms',
                    '--pace', f'{times}x')
        took = time.monotonic() - begun
        check(span / times <= took < span / times + 10, f'{took} s at {times} x')
    begun = time.monotonic()
    said = cluster.run('replay', path, '--to', f'record:{tape.inputs[100]["record"]}', '--pace',
                       '200/s').stdout.decode()
    check(0.49 <= time.monotonic() - begun < 10 and said.startswith('100 frames'), said)
    check(b'--pace "5"' in cluster.run('replay', path, '--pace', '5', code=2).stderr, 'no pace')


def onto(cluster, path, tape, *arguments, wanted):
    endpoint = cluster.ipc('again')
    process = cluster.start('replay', path, '--onto', endpoint, '--high-water', 1, *arguments)
    socket = cluster.context.socket(zmq.SUB)
    socket.rcvhwm, socket.rcvtimeo = 0, 60000
    socket.setsockopt(zmq.SUBSCRIBE, b'')
    socket.connect(endpoint)
    check(wanted, 'there is something to send')
    for i in wanted:
        check(socket.recv() == i['frame'], f'record {i["record"]} is not what was sent')
    cluster.wait(process)
    check(not socket.poll(100), 'more than that')
    socket.close()
    check(f'{len(wanted)} frames sent' in cluster.log(process), cluster.log(process))


def sockets(cluster, path, tape):
    live = [i for i in tape.inputs if not i['header']['topic'].startswith('time')]
    onto(cluster, path, tape, wanted=live)
    part = [i for i in live if tape.inputs[50]['record'] <= i['record'] < tape.inputs[900]['record']]
    onto(cluster, path, tape, '--from', f'record:{tape.inputs[50]["record"]}', '--to',
         f'at:{tape.inputs[900]["at"]}', '--pace', '10x', wanted=part)

    def concerns(i):
        named = [v.get('account') for n, v in i['messages'] if n == 'account']
        named += [int(v['order'].split('/')[0]) for n, v in i['messages'] if n == 'exec']
        return not named or account in named
    account = next(v['account'] for i in live for n, v in i['messages'] if n == 'account')
    onto(cluster, path, tape, '--account', account, wanted=[i for i in live if concerns(i)])
    told = cluster.run('replay', path, '--onto', cluster.ipc('x'), '--json', code=2).stderr
    check(b'--onto' in told, told)


def lies(cluster, path, tape):
    """Tapes on which an output is missing, one is too many, or the input is another."""
    records, made = tape.records, cluster.dir / 'lie.tape'
    outs = [n for n, record in enumerate(records) if record[0] == OUT]
    lie = outs[len(outs) // 2]
    cause = max(i['record'] for i in tape.inputs if i['record'] < lie)

    def expect(*words):
        done = cluster.run('replay', made, code=3)
        said = done.stderr.decode()
        check(all(word in said for word in words), f'{words} in {said}')
        check('first difference: output ' in done.stdout.decode(), done.stdout)
        check(len(replay(cluster, made, code=3)) > len(outs) / 2, 'all is printed all the same')
    tape.write(made, records[:lie] + records[lie + 1:])
    expect(f'input: record {cause},', 'expected: nothing' if records[lie + 1][0] == IN else '- ')
    tape.write(made, records[:lie] + records[lie:lie + 1] + records[lie:])
    expect(f'input: record {cause},', 'got:      nothing' if records[lie + 1][0] == IN else '- ')
    tape.write(made, [*records[:cause + 1], records[lie], *records[cause + 1:]])
    expect('input: record ')

    # The marks of one moment, the outputs of another: what it says differs in its fields.
    marks = [i for i in tape.inputs if i['header']['topic'] == 'mark.00000001' and i['count'] == 1 and
             records[i['record'] + 1][0] == OUT]
    mark = marks[len(marks) // 2]
    name, values = mark['messages'][0]
    line = {'type': name, **values, **mark['header'], 'price': values['price'] - 100}
    cluster.run('encode', '-o', cluster.dir / 'one.tape', stdin=json.dumps(line).encode())
    other = Tape(cluster.dir / 'one.tape').records[0]
    tape.write(made, records[:mark['record']] + [other] + records[mark['record'] + 1:])
    expect(f'input: record {mark["record"]}, message {mark["at"]}, mark.00000001 seq ', '  - ', '  + ',
           'expected: {', 'got:      {')
    said = cluster.run('replay', made, code=3).stderr.decode()
    fields = {line.split()[1].split('[')[0] for line in said.splitlines() if line.startswith('  - ')}
    check(fields and 'account' not in fields and 'seq' not in fields, f'what differs: {fields}')


def differences(cluster, path, tape, whole):
    text = cluster.run('replay', path, '--json').stdout
    out, changed, records = cluster.dir / 'out', cluster.dir / 'changed', tape.records
    out.write_bytes(text)
    lines = text.decode().splitlines()
    n = len(lines) // 2
    broken = {**json.loads(lines[n]), 'account': 1}
    changed.write_text('\n'.join([*lines[:n], json.dumps(broken), *lines[n + 1:]]), 'utf-8')
    short = tape.write(cluster.dir / 'short.tape', records[:-10])
    for a, b in ((path, path), (path, out), (out, path), (out, out)):
        check(b'the same: ' in cluster.run('diff', a, b).stdout, f'{a} and {b}')
    for a, b in ((path, changed), (changed, path), (out, changed)):
        said = cluster.run('diff', '--input', path, a, b, code=3).stdout.decode()
        check(f'behind {n} that' in said and f'message {whole[n]["at"]}, ' in said, said)
        old, new = (whole[n]['account'], 1) if b == changed else (1, whole[n]['account'])
        check(f'  - account            {old}\n  + account            {new}\n' in said, said)
        check(said.count('\n  - ') == 2, 'the file and the field, nothing else')
    check(b'the same: ' in cluster.run('diff', '--ignore', 'account', out, changed).stdout, 'ignored')
    said = cluster.run('diff', path, short, code=3).stdout.decode()
    check(f'{short}: ends here' in said and 'got:      nothing' in said, said)
    check(b'the same: ' in cluster.run('diff', '-', path, stdin=text).stdout, 'stdin')
    cluster.run('diff', path, code=2)
    cluster.run('diff', path, cluster.dir / 'none', code=1)
    cluster.run('diff', path, path, '--only', 'some', code=2)


def builds(cluster, path, whole):
    other = cluster.dir / 'other'
    n = next(i for i, said in enumerate(whole) if said['type'] == 'liquidate' and i > 100)
    order = whole[n]['order']
    other.write_text(f'#!/bin/sh\n{cluster.zeroline} "$@" | sed \'/"order":"{order.replace("/", "[/]")}'
                     '"/s/"qty":"/"qty":"1/\'\n', 'utf-8')
    other.chmod(0o755)
    same = cluster.run('bisect', '--a', cluster.zeroline, '--b', cluster.zeroline, path).stdout
    check(b'the same: ' in same, same)
    said = cluster.run('bisect', '--a', cluster.zeroline, '--b', other, path, code=3).stdout.decode()
    check(f'differ at message {whole[n]["at"]},' in said and 'input: record ' in said, said)
    check(f'  - qty                "{whole[n]["qty"]}"\n  + qty                "1{whole[n]["qty"]}"\n'
          in said, said)
    other.write_text(f'#!/bin/sh\n{cluster.zeroline} "$@" | grep -v \'"{order}"\'\n', 'utf-8')
    said = cluster.run('bisect', '--a', other, '--b', cluster.zeroline, path, code=3).stdout.decode()
    check(f'differ at message {whole[n]["at"]},' in said and 'a says: nothing' in said, said)
    for bad in ('/bin/false', '/bin/echo', cluster.dir / 'none'):
        cluster.run('bisect', '--a', cluster.zeroline, '--b', bad, path, code=1)
    cluster.run('bisect', '--a', cluster.zeroline, path, code=2)


ASSET = {'type': 'asset', 'asset': 1, 'symbol': 'U', 'scale': 2, 'numeraire': True}
CONTRACT = {'type': 'instrument', 'instrument': 7, 'symbol': 'C', 'settle': 1, 'price_scale': 2,
            'qty_scale': 0, 'tick': '0.01', 'lot': '1', 'tiers': [{'mmr': '0.01'}]}


def account(number, rev, margin):
    return {'type': 'account', 'account': number, 'rev': rev, 'full': True, 'positions': [
        {'instrument': 7, 'qty': '10', 'entry': '100', 'mode': 'isolated', 'margin': margin}]}


def threads(cluster):
    """A market without a fund, so that several engines share it: prices fall, and each of them is
    said much to."""
    path = cluster.dir / 'wide.tape'
    lines = [ASSET, CONTRACT, *(account(n, 1, str(20 + n % 37)) for n in range(300))]
    lines += [{'type': 'mark', 'instrument': 7, 'price': f'{100 - n / 20:.2f}', 'ts_ns': n * 10**6}
              for n in range(1, 160)]
    cluster.run('encode', '-o', path, stdin='\n'.join(map(json.dumps, lines)).encode())
    whole = replay(cluster, path)
    check(len({said['at'] for said in whole}) > 30 and len(whole) > 500, f'{len(whole)} outputs')
    warned = [said for said in whole if said['type'] == 'alert'][100]
    cases = [(), ('--from', 'at:350', '--to', 'at:400'), ('--until', 'order 77'),
             ('--until', f'ratio {warned["account"]} >= {warned["ratio"]}'),
             ('--until', 'mark 7 < 95', '--account', 77), ('--from', '+50ms', '--to', '+20ms')]
    for arguments in cases:
        alone = replay(cluster, path, *arguments)
        check(alone and (not arguments or len(alone) < len(whole)), arguments)
        for count in (2, 5):
            check(replay(cluster, path, *arguments, '--threads', count) == alone,
                  f'{arguments} with {count} threads')
    told = replay(cluster, path, *cases[3], '--threads', 3)
    check(told[-1]['at'] == warned['at'], 'the engine that has the account stops them all')


def large_frames(cluster):
    """A frame with more messages than a batch has room for is heard whole all the same."""
    path = cluster.dir / 'batch.tape'
    accounts = [account(n, 1, str(2 + n % 37)) for n in range(600)]
    first, *marks = [{'type': 'mark', 'instrument': 7, 'price': str(98 - n)} for n in range(8)]
    batch = [{**said, 'topic': 'acct.00000000', 'seq': 1} for said in accounts]

    def outputs(*lines):
        cluster.run('encode', '-o', path, stdin='\n'.join(map(json.dumps, lines)).encode())
        return replay(cluster, path)
    alone = outputs(ASSET, CONTRACT, first, *accounts, *marks)
    check(len(alone) > 600, f'{len(alone)} outputs')
    check(outputs(ASSET, CONTRACT, first, *batch, *marks) == alone, 'one frame of all accounts')
    check(replay(cluster, path, '--from', 'at:500') == alone, 'from amid it')
    check(Tape(path).inputs[3]['count'] == 600, 'it is one frame')


def peak_kib(cluster, *arguments):
    process = subprocess.Popen([cluster.zeroline, *map(str, arguments)], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    check(process.returncode == 0, f'{arguments} ended with {process.returncode}')
    return usage.ru_maxrss


def memory(cluster):
    """The same records again and again: repetitions change nothing, and are read all the same. An
    account that is bankrupt at every revision is decided upon each time."""
    lines = [ASSET, CONTRACT]
    for n in range(2000):
        lines += [{'type': 'mark', 'instrument': 7, 'price': '100', 'seq': n + 1}] * 20
        lines.append(account(5, n + 1, '1'))
    small, large = cluster.dir / 'small.tape', cluster.dir / 'large.tape'
    cluster.run('encode', '-o', small, stdin='\n'.join(map(json.dumps, lines)).encode())
    records = small.read_bytes()[len(MAGIC):]
    times = (48 << 20) // len(records)
    with open(large, 'wb') as file:
        file.write(MAGIC)
        for _ in range(times):
            file.write(records)
    for arguments in (('replay', '--json'), ('replay', '--threads', 4), ('decode',)):
        least, most = (peak_kib(cluster, *arguments, tape) for tape in (small, large))
        check(most < least + (24 << 10),
              f'{arguments}: {least} KiB, then {most} KiB of {times} times as much')
    least, most = (peak_kib(cluster, 'diff', tape, tape) for tape in (small, large))
    check(most < least + (24 << 10), f'{most} KiB to compare, not {least}')
    check(len(replay(cluster, small)) >= 2000, 'it says much')
    large.unlink()


def progress(cluster, path):
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(cluster.zeroline, ['zeroline', 'replay', str(path), '--pace', '2x'])
    shown = b''
    try:
        while more := os.read(terminal, 4096):
            shown += more
    except OSError:
        pass
    os.close(terminal)
    check(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0, shown)
    check(b'%' in shown and b'messages/s' in shown and b's left' in shown, shown)
    done = cluster.run('replay', path, '--pace', '4x')
    check(done.stderr == b'' and b'\r' not in done.stdout, 'none in a pipe')


def run(zeroline):
    with Cluster(zeroline) as cluster:
        path = record_market(cluster)
        tape, whole = Tape(path), replay(cluster, path)
        check(len(whole) > 150, f'only {len(whole)} outputs')
        summary = cluster.run('replay', path).stdout.decode()
        counts = sum(said['type'] == 'liquidate' and said['step'] == 'full' for said in whole)
        check(f'{counts} full' in summary and 'alerts: ' in summary and ' messages/s' in summary,
              summary)
        places(cluster, path, tape, whole)
        predicates(cluster, path, tape, whole)
        filters(cluster, path, whole)
        pace(cluster, path, tape)
        sockets(cluster, path, tape)
        lies(cluster, path, tape)
        differences(cluster, path, tape, whole)
        builds(cluster, path, whole)
        progress(cluster, path)
        threads(cluster)
        large_frames(cluster)
        memory(cluster)


main(run)
