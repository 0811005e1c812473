#!/usr/bin/env python3
"""Random worlds through `zeroline calc` and through the oracle; the first difference stops.

    compare.py ZEROLINE [--worlds N] [--seed S] [--features a,b,...] [--jobs N]
    compare.py ZEROLINE --file world.jsonl        one world from a file, shrunk if it differs

Exit code 0: all equal; 1: a difference, printed, and its world written before and after shrinking;
2: the oracle refuses a world (a bug of the generator or of a hand-written file).
"""
import argparse
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile

import calc
import worlds

TIMEOUT = 60


class Difference:
    """The first difference of a world: a readable place, the field's name, both sides."""

    def __init__(self, place, field, theirs, ours, note=''):
        self.place, self.field, self.note = place, field, note
        self.theirs, self.ours = theirs, ours


# ---------------------------------------------------------------- compare


def run_binary(binary, lines):
    """(exit code, stdout lines, stderr) of `BINARY calc` on the lines."""
    text = '\n'.join(lines) + '\n'
    try:
        done = subprocess.run([binary, 'calc'], input=text.encode(), stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=TIMEOUT, check=False)
    except subprocess.TimeoutExpired:
        return 'timeout', [], ''
    out = done.stdout.decode('utf-8', 'replace').splitlines()
    return done.returncode, out, done.stderr.decode('utf-8', 'replace')


def field_difference(theirs, ours, place=''):
    """(place, field) of the first difference of two parsed lines, key order included; or None."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        if list(theirs) != list(ours):
            return f'{place} (keys or their order)', 'keys'
        found = (field_difference(theirs[k], ours[k], f'{place}.{k}' if place else k)
                 for k in ours)
        return next(filter(None, found), None)
    if isinstance(theirs, list) and isinstance(ours, list):
        if len(theirs) != len(ours):
            return f'{place} (length)', 'length'
        found = (field_difference(a, b, f'{place}[{n}]')
                 for n, (a, b) in enumerate(zip(theirs, ours)))
        return next(filter(None, found), None)
    if type(theirs) is type(ours) and theirs == ours:
        return None
    return place, place.rsplit('.', 1)[-1]


def line_difference(number, theirs, ours):
    """The difference of one output line, or None; equal text needs no parsing."""
    text = calc.compact(ours)
    if theirs == text:
        return None
    try:
        parsed = json.loads(theirs)
    except ValueError:
        return Difference(f'line {number}: not JSON', 'json', theirs, text)
    found = field_difference(parsed, ours)
    if found is None:
        return None
    where = f'line {number}, account {ours["account"]} pool {ours["pool"]}: {found[0]}'
    return Difference(where, found[1], theirs, text)


def difference(binary, lines):
    """(Difference or None, number of pools) of one world."""
    ours = calc.calc(lines)
    code, theirs, errors = run_binary(binary, lines)
    note = errors.strip()[:2000]
    for number, (a, b) in enumerate(zip(theirs, ours), 1):
        found = line_difference(number, a, b)
        if found:
            found.note = note
            return found, len(ours)
    if len(theirs) != len(ours):
        n = min(len(theirs), len(ours))
        a = theirs[n] if n < len(theirs) else '(no line)'
        b = calc.compact(ours[n]) if n < len(ours) else '(no line)'
        place = f'{len(theirs)} lines, expected {len(ours)}; from line {n + 1}'
        return Difference(place, 'lines', a, b, note), len(ours)
    if code != 0:
        return Difference(f'exit code {code}', 'exit', '', '', note), len(ours)
    return None, len(ours)


# ---------------------------------------------------------------- shrink


class Shrinker:
    """Drops what can be dropped while the same field still differs."""

    def __init__(self, binary, lines, field):
        self.binary, self.field = binary, field
        self.lines = list(lines)

    def holds(self, lines):
        """Is it a valid world in which the same field differs?"""
        try:
            found, _ = difference(self.binary, lines)
        except calc.WorldError:
            return False
        return found is not None and found.field == self.field

    def run(self):
        """Lines, then rows and fields inside lines, until nothing can go."""
        while True:
            before = list(self.lines)
            self.drop_lines()
            self.merge_revisions()
            for drop in (self.drop_rows, self.drop_fields):
                for n in range(len(self.lines)):
                    drop(n)
            if self.lines == before:
                return self.lines

    def attempt(self, lines):
        """Keep the lines if the difference remains."""
        if not self.holds(lines):
            return False
        self.lines = lines
        return True

    def drop_lines(self):
        """Ever smaller chunks of lines, from the end."""
        size = max(1, len(self.lines) // 2)
        while True:
            start = len(self.lines) - size
            while start > -size:
                low = max(0, start)
                self.attempt(self.lines[:low] + self.lines[low + size:])
                start -= size
            if size == 1:
                return
            size //= 2

    def merge_revisions(self):
        """The later of two lines about the same thing in the place of the earlier."""
        last = len(self.lines) - 1
        while last > 0:
            about = self.about(self.lines[last])
            first = next(n for n in range(last + 1) if self.about(self.lines[n]) == about)
            if first < last:
                self.attempt(self.lines[:first] + [self.lines[last]]
                             + self.lines[first + 1:last] + self.lines[last + 1:])
            last = min(last, len(self.lines)) - 1

    @staticmethod
    def about(text):
        """What a line is about: its type and id."""
        line = json.loads(text)
        return line['type'], line.get(line['type'], line.get('instrument', line.get('asset')))

    def replace(self, n, value):
        """Keep line n changed if the difference remains."""
        text = json.dumps(value, separators=(',', ':'))
        return self.attempt(self.lines[:n] + [text] + self.lines[n + 1:])

    def drop_rows(self, n):
        """Rows of the lists inside line n."""
        for key in ('positions', 'balances', 'tiers', 'haircut', 'warn'):
            at = 0
            while at < len(json.loads(self.lines[n]).get(key) or []):
                value = json.loads(self.lines[n])
                del value[key][at]
                if not self.replace(n, value):
                    at += 1

    def drop_fields(self, n):
        """Fields of line n and of its rows that are not needed."""
        for key in list(json.loads(self.lines[n])):
            value = json.loads(self.lines[n])
            if key in ('type', 'full', 'rev') or key not in value:
                continue
            rows = value[key]
            del value[key]
            if self.replace(n, value) or not isinstance(rows, list):
                continue
            for at, row in enumerate(rows):
                for inner in list(row) if isinstance(row, dict) else []:
                    self.drop_inner(n, key, at, inner)

    def drop_inner(self, n, key, at, inner):
        """One field of one row."""
        value = json.loads(self.lines[n])
        del value[key][at][inner]
        self.replace(n, value)


# ---------------------------------------------------------------- report


def write_world(name, lines):
    """A world to a file in the temporary folder; its path."""
    path = os.path.join(tempfile.gettempdir(), name)
    with open(path, 'w', encoding='utf-8') as out:
        out.write('\n'.join(lines) + '\n')
    return path


def show(found):
    """A difference, for a person."""
    print(f'  {found.place}\n  zeroline {found.theirs}\n  oracle   {found.ours}')
    if found.note:
        print('  stderr   ' + found.note.replace('\n', '\n           '))


def report(binary, name, lines, found):
    """Print, write, shrink, print again."""
    print(f'{name}: field `{found.field}` differs')
    show(found)
    print(f'  world    {write_world(f"oracle-{name}.jsonl", lines)}')
    sys.stdout.flush()
    small = Shrinker(binary, lines, found.field).run()
    print(f'shrunk from {len(lines)} lines to {len(small)}: '
          f'{write_world(f"oracle-{name}-small.jsonl", small)}')
    show(difference(binary, small)[0] or found)
    print('\n'.join('  ' + line for line in small))
    return 1


def one_world(task):
    """A worker's job: (seed, differs, pools, the oracle's refusal)."""
    binary, seed, features, accounts = task
    try:
        found, pools = difference(binary, worlds.world(seed, features, accounts))
    except calc.WorldError as error:
        return seed, False, 0, str(error)
    return seed, found is not None, pools, None


def results(tasks, jobs):
    """The jobs' answers in the order of their seeds."""
    if jobs <= 1:
        yield from map(one_world, tasks)
        return
    with multiprocessing.Pool(jobs) as pool:
        yield from pool.imap(one_world, tasks, chunksize=4)


def compare_seeds(args, features):
    """Random worlds."""
    tasks = [(args.binary, s, features, args.accounts)
             for s in range(args.seed, args.seed + args.worlds)]
    total = 0
    for seed, differs, pools, refusal in results(tasks, args.jobs):
        if refusal:
            print(f'seed {seed}: the oracle refuses it: {refusal}')
            return 2
        if differs:
            lines = worlds.world(seed, features, args.accounts)
            found = difference(args.binary, lines)[0]
            if found is None:
                print(f'seed {seed}: differed once and not again')
                return 1
            return report(args.binary, f'seed-{seed}', lines, found)
        total += pools
    print(f'{args.worlds} worlds equal ({total} pools)')
    return 0


def compare_file(args):
    """One world from a file."""
    with open(args.file, encoding='utf-8') as source:
        lines = [line.strip() for line in source if line.strip()]
    try:
        found, pools = difference(args.binary, lines)
    except calc.WorldError as error:
        print(f'{args.file}: the oracle refuses it: {error}')
        return 2
    if found:
        return report(args.binary, 'file', lines, found)
    print(f'1 worlds equal ({pools} pools)')
    return 0


def main():
    """The command line."""
    parser = argparse.ArgumentParser(description='zeroline calc against the oracle')
    parser.add_argument('binary', metavar='ZEROLINE')
    parser.add_argument('--worlds', type=int, default=500)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--features', help='comma-separated; default all of '
                        + ','.join(worlds.FEATURES))
    parser.add_argument('--jobs', type=int, default=1)
    parser.add_argument('--accounts', type=int, default=10)
    parser.add_argument('--file', help='compare one world from a file')
    args = parser.parse_args()
    if args.file:
        return compare_file(args)
    return compare_seeds(args, worlds.features_of(args.features))


if __name__ == '__main__':
    sys.exit(main())
