#!/usr/bin/python3
"""test_table.py ZEROLINE [--write] - `calc --table` on table.jsonl, against table.txt.

And against `calc`: the table has the same numbers, one line a pool and one a position, in order.
"""
import json
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
POOL = ('equity', 'bankruptcy_equity', 'maintenance')
POSITION = ('qty', 'notional', 'upnl', 'maintenance', 'liquidation_below', 'liquidation_above',
            'bankruptcy_price', 'closeout_price')


def run(zeroline, *arguments):
    return subprocess.run([zeroline, 'calc', *arguments], input='', capture_output=True, text=True,
                          timeout=60, check=True).stdout


def check_line(line, what, numbers):
    """The numbers stand there as words, in this order."""
    words = iter(line.split())
    for number in numbers:
        if number is not None and str(number) not in words:
            sys.exit(f'{what}: no {number} in its place: {line}')


def check_numbers(zeroline, lines):
    for text in run(zeroline, HERE / 'table.jsonl').splitlines():
        pool = json.loads(text)
        line = next(lines)
        check_line(line, text, [f"{pool['account']}/{pool['pool']}",
                                *(pool[name] for name in POOL)])
        state = pool['state'] or 'waits'
        if (state if state == 'safe' else state.upper()) != line.split()[1]:
            sys.exit(f'{state}: {line}')
        for position in pool['positions']:
            check_line(next(lines), text, [position['instrument'],
                                           *(position[name] for name in POSITION)])


def main():
    zeroline = sys.argv[1]
    table = run(zeroline, '--table', HERE / 'table.jsonl')
    if sys.argv[2:] == ['--write']:
        (HERE / 'table.txt').write_text(table, encoding='utf-8')
    if table != (HERE / 'table.txt').read_text(encoding='utf-8'):
        sys.exit(f'not what table.txt has:\n{table}')
    lines = iter(table.splitlines()[2:])
    check_numbers(zeroline, lines)
    if len(rest := list(lines)) != 1 or any(line != line.rstrip() for line in table.splitlines()):
        sys.exit(f'more lines than pools and positions, or blanks at an end: {rest}')
    if (empty := run(zeroline, '--table')) != '0 pools\n':
        sys.exit(f'nothing: {empty}')


main()
