#!/usr/bin/env python3
"""Random tapes through `zeroline replay` and the judge of plans; the first difference stops.

    plan_compare.py ZEROLINE [--worlds N] [--seed S] [--seconds T] [--jobs N]
    plan_compare.py ZEROLINE --file world.jsonl     one world from a file, shrunk if it differs

A longer run: `plan_compare.py ZEROLINE --worlds 50000 --seed 1000000 --jobs 2`, about an hour; with
`--accounts 60` its queues of winners are longer. What is known to differ is left out by --ignore:
fields as TYPE.FIELD, and socialize.ties for how a share of a loss falls among the positions of one
pool. Not compared: the order of a query's prices, an alert's words and place. Every plan is also held against the laws that any plan obeys (plan_laws.py).

Exit code 0: all equal; 1: a difference, printed, and its world written before and after shrinking;
2: the judge refuses a world (a bug of the generator or of a file).
"""
import argparse
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from decimal import Decimal

import calc
import plan_judge
import plan_laws
import plan_worlds
from compare import Difference, Shrinker, field_difference, write_world

TIMEOUT = 60
HEAD = ('ts_ns', 'at')
UNCOMPARED = ('topic', 'src', 'epoch', 'seq')
COMPARED = {                       # fields of each message; all of them where none are named
    'liquidate': ('order', 'account', 'pool', 'instrument', 'leg', 'side', 'qty', 'price', 'step'),
    'deficit': None, 'adl_bid': None, 'alert': ('kind',),
    'adl_query': None, 'takeover': None, 'adl': None, 'socialize': None}
NUMBERED = ('adl_query', 'takeover', 'adl', 'socialize')    # a plan is one frame
UNJUDGED = ('warn', 'halted', 'suspended')                               # kinds of alerts


# ---------------------------------------------------------------- compare


def run(command, text):
    """(exit code, stdout lines, stderr)."""
    try:
        done = subprocess.run(command, input=text.encode(), stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=TIMEOUT, check=False)
    except subprocess.TimeoutExpired:
        return 'timeout', [], ''
    return (done.returncode, done.stdout.decode('utf-8', 'replace').splitlines(),
            done.stderr.decode('utf-8', 'replace'))


def replay(binary, lines):
    """(exit code, the engine's messages, stderr) to the lines."""
    with tempfile.TemporaryDirectory() as folder:
        tape = os.path.join(folder, 'tape')
        code, _, errors = run([binary, 'encode', '-o', tape], '\n'.join(lines) + '\n')
        if code:
            return code, [], errors
        return run([binary, 'replay', tape, '--json', '--internal'], '')


def compared(text):
    """What is compared of a line that the engine printed; None of one that is not judged."""
    line = json.loads(text)
    kind = line['type']
    if kind == 'rank' or kind == 'alert' and line['kind'] in UNJUDGED:
        return None
    fields = COMPARED.get(kind) or [f for f in line if f not in UNCOMPARED + HEAD]
    if kind in NUMBERED:
        fields = [*fields, 'seq']
    if kind == 'adl_query':     # in which order they stand is not judged
        line['marks'].sort(key=lambda row: row['instrument'])
        line['rates'].sort(key=lambda row: row['asset'])
    return {f: line[f] for f in ['type', *fields, *HEAD] if f in line}


def expected(line, theirs):
    """The judge's line in the order of the engine's fields."""
    return {k: line[k] for k in sorted(line, key=(list(theirs or line) + list(line)).index)}


def judged(lines):
    """(the judge's messages, the judge)."""
    judge, out = plan_judge.Judge(), []
    for number, text in enumerate(lines, 1):
        try:
            out += judge.feed(json.loads(text))
        except (calc.WorldError, ValueError, KeyError, TypeError) as error:
            raise calc.WorldError(f'line {number}: {error!r}') from error
    return out, judge


def difference(binary, lines, ignored=(), world=None):
    """(Difference or None, what the judge counted) of one world, judged already where it is new."""
    ours, judge = (world.said, world.judge) if world else judged(lines)
    code, printed, errors = replay(binary, lines)
    theirs = alerts_last(whole_bids([line for line in map(compared, printed) if line]))
    if 'socialize.ties' in ignored:
        theirs, ours = pooled(theirs), pooled(ours)
    found = first_difference(theirs, alerts_last(ours), ignored)
    law = plan_laws.broken(judge.records, [json.loads(text) for text in printed])
    if law and found is None:
        found = Difference(f'line {law[0] + 1}: a law is broken: {law[1]}', 'law', '', '')
    if found is None and code:
        found = Difference(f'exit code {code}', 'exit', '', '')
    if found:
        found.note = errors.strip()[:2000]
        found.law = law and law[1]
    return found, counts(ours)


def whole_bids(lines):
    """The parts of a long bid as one, where they are numbered as they come."""
    out, part = [], 0
    for line in lines:
        if line.get('part', 0) != part:
            return out + [line]
        part = part + 1 if line.pop('more', False) else 0
        if line.pop('part', 0):
            for rows in ('deficits', 'candidates', 'totals'):
                line[rows] = out[-1][rows] + line[rows]
            out.pop()
        out.append(line)
    return out


def alerts_last(lines):
    """Where among the messages of its cause an alert stands is not judged."""
    return sorted(lines, key=lambda line: (line['at'], line['type'] == 'alert'))


def pooled(lines):
    """The shares of a loss that one pool bears as one: how they fall among its positions, which the
    order of these decides, is not compared."""
    out, last = [], None
    for line in lines:
        what = line['type'] == 'socialize' and (line['key'], line['account'], line['pool'])
        if what and what == last:
            both = Decimal(out[-1]['amount']) + Decimal(line['amount'])
            out[-1]['amount'] = str(both.normalize())
        else:
            out.append(dict(line))
            if what:
                out[-1]['amount'] = str(Decimal(line['amount']).normalize())
        last = what
    return out


def without(ignored, line):
    """A message without the fields that are not to be compared."""
    return {k: v for k, v in line.items() if f'{line["type"]}.{k}' not in ignored}


def first_difference(theirs, ours, ignored):
    """Message by message."""
    for n, (a, b) in enumerate(zip(theirs, ours)):
        b = expected(b, a)
        found = field_difference(without(ignored, a), without(ignored, b))
        if found:
            kind = a['type'] if a['type'] == b['type'] else f'{a["type"]}, expected {b["type"]}'
            place = f'message {n} ({kind}), of line {b["at"] + 1}: {found[0]}'
            return Difference(place, f'{b["type"]}.{found[1]}', calc.compact(a), calc.compact(b))
    if len(theirs) != len(ours):
        n = min(len(theirs), len(ours))
        a = calc.compact(theirs[n]) if n < len(theirs) else '(no message)'
        b = calc.compact(ours[n]) if n < len(ours) else '(no message)'
        return Difference(f'{len(theirs)} messages, expected {len(ours)}', 'messages', a, b)
    return None


def counts(ours):
    """How often each type was said."""
    out = {}
    for line in ours:
        out[line['type']] = out.get(line['type'], 0) + 1
    return out


# ---------------------------------------------------------------- shrink, report


class PlanShrinker(Shrinker):
    """Drops what can be dropped while the same field still differs."""

    def __init__(self, binary, lines, field, ignored):
        super().__init__(binary, lines, field)
        self.ignored = ignored

    def holds(self, lines):
        """Is it a valid world in which the same field differs?"""
        try:
            found, _ = difference(self.binary, lines, self.ignored)
        except calc.WorldError:
            return False
        return found is not None and found.field == self.field

    def merge_revisions(self):
        """Lines about the same thing stay where they are: their order is the story."""


def show(found):
    """A difference, for a person."""
    print(f'  {found.place}\n  zeroline {found.theirs}\n  judge    {found.ours}')
    if found.law:
        print('  law      ' + found.law)
    if found.note:
        print('  stderr   ' + found.note.replace('\n', '\n           '))


def report(args, name, lines, found):
    """Print, write, shrink, print again."""
    print(f'{name}: `{found.field}` differs')
    show(found)
    print(f'  world    {write_world(f"plan-{name}.jsonl", lines)}')
    sys.stdout.flush()
    small = PlanShrinker(args.binary, lines, found.field, args.ignore).run()
    print(f'shrunk from {len(lines)} lines to {len(small)}: '
          f'{write_world(f"plan-{name}-small.jsonl", small)}')
    show(difference(args.binary, small, args.ignore)[0] or found)
    print('\n'.join('  ' + line for line in small))
    return 1


# ---------------------------------------------------------------- many worlds


def one_world(task):
    """A worker's job: (seed, differs, counts, the judge's refusal)."""
    args, seed = task
    try:
        world = plan_worlds.World(seed, args.accounts, args.actions)
        found, said = difference(args.binary, world.lines(), args.ignore, world)
    except calc.WorldError as error:
        return seed, False, {}, str(error)
    return seed, found is not None, said, None


def results(tasks, jobs):
    """The jobs' answers in the order of their seeds."""
    if jobs <= 1:
        yield from map(one_world, tasks)
        return
    with multiprocessing.Pool(jobs) as pool:
        yield from pool.imap(one_world, tasks, chunksize=2)


def compare_seeds(args):
    """Random worlds."""
    tasks = ((args, s) for s in range(args.seed, args.seed + args.worlds))
    total, done, until = {}, 0, time.monotonic() + args.seconds
    for seed, differs, said, refusal in results(tasks, args.jobs):
        if refusal:
            print(f'seed {seed}: the judge refuses it: {refusal}')
            return 2
        if differs:
            lines = plan_worlds.world(seed, args.accounts, args.actions)
            found = difference(args.binary, lines, args.ignore)[0]
            if found is None:
                print(f'seed {seed}: differed once and not again')
                return 1
            return report(args, f'seed-{seed}', lines, found)
        total = {k: total.get(k, 0) + said.get(k, 0) for k in {**total, **said}}
        done += 1
        if time.monotonic() > until:
            break
    said = ', '.join(f'{n} {kind}' for kind, n in sorted(total.items()))
    print(f'{done} worlds equal: {said}')
    return 0


def compare_file(args):
    """One world from a file."""
    with open(args.file, encoding='utf-8') as source:
        lines = [line.strip() for line in source if line.strip()]
    try:
        found, said = difference(args.binary, lines, args.ignore)
    except calc.WorldError as error:
        print(f'{args.file}: the judge refuses it: {error}')
        return 2
    if found:
        return report(args, 'file', lines, found)
    print(f'1 worlds equal: {said}')
    return 0


def main():
    """The command line."""
    parser = argparse.ArgumentParser(description='zeroline replay against the judge of plans')
    parser.add_argument('binary', metavar='ZEROLINE')
    parser.add_argument('--worlds', type=int, default=300)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--seconds', type=float, default=float('inf'),
                        help='begin no further world after so long')
    parser.add_argument('--jobs', type=int, default=1)
    parser.add_argument('--accounts', type=int, default=20)
    parser.add_argument('--actions', type=int, default=40)
    parser.add_argument('--ignore', default=(), type=lambda text: text.split(','),
                        metavar='TYPE.FIELD,...', help='what is known to differ')
    parser.add_argument('--file', help='compare one world from a file')
    args = parser.parse_args()
    return compare_file(args) if args.file else compare_seeds(args)


if __name__ == '__main__':
    sys.exit(main())
