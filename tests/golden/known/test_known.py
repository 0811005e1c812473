#!/usr/bin/python3
"""test_known.py ZEROLINE - published examples of venues against the program.

A case of known.jsonl goes through `zeroline calc`, for its numbers, and where it says what is
decided through `zeroline encode` and `zeroline replay`. The two files must be what make_known.py
writes.
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile
from fractions import Fraction

import ledger

HERE = pathlib.Path(__file__).resolve().parent
STEP = re.compile(r'(\w+)(?:\[(\d+)\])?')
ACTIONS = ('cancel', 'convert', 'liquidate', 'deficit', 'takeover', 'adl', 'socialize')


def run(zeroline, *arguments, text=None):
    """Its lines as objects."""
    done = subprocess.run([zeroline, *arguments], input=text, capture_output=True, text=True,
                          timeout=60, check=False)
    if done.returncode != 0 or done.stderr:
        raise ValueError(f'{arguments[0]} ended with {done.returncode}: {done.stderr.strip()}')
    return [json.loads(line) for line in done.stdout.splitlines()]


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
    return Fraction(values[0]) - Fraction(values[1])


def agrees(got, want, within='0'):
    if want is None or got is None:
        return got is want
    if not re.fullmatch(r'-?[0-9.]+', str(want)):
        return got == want
    return abs(Fraction(got) - Fraction(want)) <= Fraction(within)


# ---- what calc prints

def check_row(pools, want):
    """What is wrong, or None."""
    where = f"{want['account']}/{want['pool']}"
    pool = pools.get((want['account'], want['pool']))
    if 'exists' in want:
        return f'{where}: is printed' if pool else None
    try:
        got = read(pool, want['field'])
    except (KeyError, IndexError, TypeError) as error:
        return f"{where} {want['field']}: not printed ({error!r})"
    if agrees(got, want['value'], want.get('within', '0')):
        return None
    return (f"{where} {want['field']}: {got}, published {want['value']}"
            f" within {want.get('within', '0')}")


def check_numbers(zeroline, case, text):
    pools = {(pool['account'], pool['pool']): pool for pool in run(zeroline, 'calc', text=text)}
    return [wrong for want in case['expect'] if (wrong := check_row(pools, want))]


# ---- what replay says

def check_told(case, said):
    """Of the types that a case names exactly its messages come, in their order; where it names
    none, nothing is done at all."""
    types = {want['type'] for want in case['told']} | set(case.get('never', ()))
    said = [message for message in said if message['type'] in (types or ACTIONS)]
    if len(said) != len(case['told']):
        return [f"{len(case['told'])} messages published, said: {said}"]
    wrong = []
    for place, (got, want) in enumerate(zip(said, case['told'])):
        for field, value in want.items():
            value, within = value if isinstance(value, list) else (value, '0')
            if not agrees(got[field], value, within):
                wrong.append(f'message {place}: {field} {got[field]}, published {value} within '
                             f'{within}')
    return wrong


def check_after(case, said):
    """What the ledger has in the end, exactly."""
    books = ledger.after(case['lines'], said)
    got = {'quote': {a: books.quote[int(a)] for a in case['after'].get('quote', {})},
           'equity': {a: books.equity(int(a)) for a in case['after'].get('equity', {})},
           'fund': books.fund, 'gain': books.gain}
    wrong = []
    for name, want in case['after'].items():
        rows = want.items() if isinstance(want, dict) else [(None, want)]
        for key, value in rows:
            found = got[name] if key is None else got[name][key]
            if found != Fraction(value):
                wrong.append(f"{name} {key or ''} after: {found}, published {value}")
    return wrong


def check_decisions(zeroline, case, text, folder):
    tape = str(folder / 'known.tape')
    run(zeroline, 'encode', '-o', tape, text=text)
    said = run(zeroline, 'replay', tape, '--json', '--internal')
    wrong = [f"refused: {m['text']}" for m in said
             if m['type'] == 'alert' and m['kind'] not in ('warn', 'fund')]
    wrong += check_told(case, said)
    if 'after' in case:
        wrong += check_after(case, said)
    return wrong


def check(zeroline, case, folder):
    text = ''.join(json.dumps(line) + '\n' for line in case['lines'])
    if not case['expect'] and 'told' not in case:
        return ['expects nothing']
    wrong = check_numbers(zeroline, case, text) if case['expect'] else []
    if 'told' in case:
        wrong += check_decisions(zeroline, case, text, folder)
    return wrong


def main():
    zeroline = sys.argv[1]
    failed = subprocess.run([sys.executable, str(HERE / 'make_known.py'), '--check'],
                            check=False).returncode
    cases = [json.loads(line)
             for line in (HERE / 'known.jsonl').read_text(encoding='utf-8').splitlines()]
    held = 0
    with tempfile.TemporaryDirectory() as folder:
        for case in cases:
            try:
                wrong = check(zeroline, case, pathlib.Path(folder))
            except ValueError as error:
                wrong = [str(error)]
            for text in wrong:
                print(f"{case['name']}: {text}", file=sys.stderr)
            failed |= bool(wrong)
            held += not wrong
    decided = sum('told' in case for case in cases)
    print(f'{held} of {len(cases)} cases hold, {decided} of them about what is decided')
    return failed


if __name__ == '__main__':
    sys.exit(main())
