#!/usr/bin/python3
"""test_known.py ZEROLINE - published examples of venues against `zeroline calc`.

A case of known.jsonl that needs nothing beyond `calc` must hold; the others are counted by what
they need. The two files must be what make_known.py writes.
"""
import collections
import json
import pathlib
import re
import subprocess
import sys
from fractions import Fraction

HERE = pathlib.Path(__file__).resolve().parent
STEP = re.compile(r'(\w+)(?:\[(\d+)\])?')


def find(pool, path):
    """A value by its path, as `positions[0].upnl`."""
    value = pool
    for part in path.split('.'):
        name, place = STEP.fullmatch(part).groups()
        value = value[name]
        if place is not None:
            value = value[int(place)]
    return value


def read(pool, field):
    """One value, or the difference of two: `equity - maintenance`."""
    values = [find(pool, path) for path in field.split(' - ')]
    if len(values) == 1:
        return values[0]
    return str(Fraction(values[0]) - Fraction(values[1]))


def agrees(got, want):
    if want['value'] is None or got is None:
        return got is want['value']
    if not re.fullmatch(r'-?[0-9.]+', want['value']):
        return got == want['value']
    return abs(Fraction(got) - Fraction(want['value'])) <= Fraction(want.get('within', '0'))


def run(zeroline, case):
    text = ''.join(json.dumps(line) + '\n' for line in case['lines'])
    done = subprocess.run([zeroline, 'calc'], input=text, capture_output=True, text=True,
                          timeout=60, check=False)
    if done.returncode != 0 or done.stderr:
        return [f'calc ended with {done.returncode}: {done.stderr.strip()}']
    pools = {}
    for line in done.stdout.splitlines():
        pool = json.loads(line)
        pools[pool['account'], pool['pool']] = pool
    wrong = []
    for want in case['expect']:
        where = f"{want['account']}/{want['pool']} {want['field']}"
        try:
            got = read(pools[want['account'], want['pool']], want['field'])
        except (KeyError, IndexError, TypeError) as error:
            wrong.append(f'{where}: not printed ({error!r})')
            continue
        if not agrees(got, want):
            wrong.append(f"{where}: {got}, published {want['value']}"
                         f" within {want.get('within', '0')}")
    return wrong


def main():
    zeroline = sys.argv[1]
    failed = subprocess.run([sys.executable, str(HERE / 'make_known.py'), '--check'],
                            check=False).returncode
    needs = collections.Counter()
    waiting = held = 0
    for line in (HERE / 'known.jsonl').read_text(encoding='utf-8').splitlines():
        case = json.loads(line)
        if case['needs']:
            waiting += 1
            needs.update(case['needs'])
            continue
        if not case['expect']:
            wrong = ['expects nothing']
        else:
            wrong = run(zeroline, case)
        for text in wrong:
            print(f"{case['name']}: {text}", file=sys.stderr)
        if wrong:
            failed = 1
        else:
            held += 1
    print(f'{held} cases hold, {waiting} need: {json.dumps(dict(sorted(needs.items())))}')
    return failed


if __name__ == '__main__':
    sys.exit(main())
