"""Each incident is played again, to the same bytes; replays; and tells its story.

test_incidents.py ZEROLINE [--write]"""
import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'interop'))
import wire

KEPT = pathlib.Path(__file__).resolve().parent / 'incidents'
NAMES = ('gap', 'cascade', 'exhausted', 'glitch', 'burst')
PARTITION = 7  # of account 1000


class Failed(Exception):
    pass


def check(condition, what):
    if not condition:
        raise Failed(what)


def run(*arguments):
    done = subprocess.run([str(argument) for argument in arguments], capture_output=True, check=False)
    check(done.returncode == 0, f'{arguments[1:]}: {done.returncode}, {done.stderr.decode()}')
    return done.stdout.decode()


def compare(tape, name):
    """With what is kept: all of it, or its digest."""
    played = tape.read_bytes()
    if name == 'burst':
        kept = (KEPT / 'burst.sha256').read_text(encoding='ascii').strip()
        check(hashlib.sha256(played).hexdigest() == kept, 'burst is not what it was')
    else:
        check(played == (KEPT / f'{name}.tape').read_bytes(),
              f'{name} is not what it was: zeroline diff {KEPT / name}.tape {tape}')


def keep(tape, name):
    if name == 'burst':
        digest = hashlib.sha256(tape.read_bytes()).hexdigest()
        (KEPT / 'burst.sha256').write_text(digest + '\n', encoding='ascii')
    else:
        (KEPT / f'{name}.tape').write_bytes(tape.read_bytes())


# ---- the stories ----

def of(lines, *kinds):
    return [line for line in lines if line['type'] in kinds]


def tell_gap(lines):
    said = [(at, line['text']) for at, line in enumerate(lines)
            if line['type'] == 'alert' and line['kind'] == 'gap']
    check(len(said) == 2, said)
    (lost, first), (whole, second) = said
    check('missed' in first and 'whole again' in second, said)

    def decided(begin, end):
        orders = of(lines[begin:end], 'cancel', 'convert', 'liquidate')
        mine = [line for line in orders if line['account'] in MEMBERS]
        return len(mine), len(orders) - len(mine)

    stated = next(at for at in range(lost, whole)
                  if lines[at]['type'] == 'account' and lines[at]['account'] in MEMBERS)
    check(decided(lost, stated)[0] == 0 and decided(lost, stated)[1] > 50, decided(lost, stated))
    check(decided(stated, len(lines))[0] > 0, 'it does not go on')


def tell_cascade(lines):
    steps = {line['step'] for line in of(lines, 'liquidate')}
    check({'partial', 'full'} <= steps, steps)
    for kind in ('cancel', 'convert', 'takeover'):
        check(of(lines, kind), f'no {kind}')


def tell_exhausted(lines):
    funds = [float(line['balance']) for line in of(lines, 'fund')]
    check(funds[0] == 20000 and min(funds) >= 0 and min(funds) < 100, funds)
    check(len(of(lines, 'takeover')) > 20 and len(of(lines, 'adl')) > 50, 'takeovers and pairs')
    check(of(lines, 'socialize'), 'shares')
    last = max(at for at, line in enumerate(lines) if line['type'] == 'mark')
    check(of(lines[last:], 'adl', 'takeover'), 'to the end')


def tell_glitch(lines):
    marks = [at for at, line in enumerate(lines)
             if line['type'] == 'mark' and line['instrument'] == 1]
    jumps = [at for at, line in enumerate(lines)
             if line['type'] == 'alert' and line['kind'] == 'jump']
    orders = [at for at, line in enumerate(lines)
              if line['type'] in ('cancel', 'convert', 'liquidate')]
    check(len(jumps) == 2, 'two jumps')
    wrong = next(k for k, at in enumerate(marks) if at > jumps[0])  # the second of the three
    check(float(lines[marks[wrong - 1]]['price']) < 80000, 'the wrong price')
    check(not any(jumps[0] < at < jumps[1] for at in orders), 'somebody was liquidated')
    check(sum(at > jumps[1] for at in orders) > 5, 'nobody was, later')


def tell_burst(lines):
    orders, pairs = of(lines, 'liquidate'), of(lines, 'adl')
    check(len({line['account'] for line in orders}) >= 11000, len(orders))
    check(len({line['ts_ns'] for line in orders}) == 1, 'on one tick')
    check(len({line['winner_account'] for line in pairs}) >= 11000, 'as many winners')
    check(len({line['loser_key'] for line in pairs}) >= 11000, 'as many losers')


TELL = {'gap': tell_gap, 'cascade': tell_cascade, 'exhausted': tell_exhausted,
        'glitch': tell_glitch, 'burst': tell_burst}
MEMBERS = set()  # accounts of the partition that has the gap


def members(lines):
    return {line['account'] for line in of(lines, 'account')
            if wire.mix64(line['account']) % 16 == PARTITION}


def main():
    zeroline, write = sys.argv[1], '--write' in sys.argv
    with tempfile.TemporaryDirectory() as folder:
        for name in NAMES:
            tape = pathlib.Path(folder) / f'{name}.tape'
            run(zeroline, 'sim', '--incident', name, '-o', tape)
            if write:
                keep(tape, name)
            compare(tape, name)
            check('identical: ' in run(zeroline, 'replay', tape), f'{name} does not replay')
            lines = [json.loads(line) for line in run(zeroline, 'decode', tape).splitlines()]
            MEMBERS.clear()
            MEMBERS.update(members(lines))
            try:
                TELL[name](lines)
            except Failed as failed:
                raise Failed(f'{name}: {failed}') from None
            print(f'{name}: {tape.stat().st_size} bytes, {len(lines)} messages')


try:
    main()
except Failed as failed:
    sys.exit(f'failed: {failed}')
