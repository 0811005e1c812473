#!/usr/bin/env python3
"""The judge of plans against itself: its ways of dealing out against all ways there are, and
whether its laws see a plan that somebody tampered with.

    plan_selftest.py [N] [SEED]
"""
import itertools
import json
import random
import sys
from fractions import Fraction

import calc
import plan
import plan_judge
import plan_laws
import plan_worlds


class Failed(Exception):
    """A check that does not hold."""


def expect(condition, what):
    """One check."""
    if not condition:
        raise Failed(what)


# ---------------------------------------------------------------- dealing out


def check_smallest_shares(rng):
    """The largest share the smallest, then the next; of equal profits the first gives more."""
    caps = [rng.randint(0, 4) for _ in range(rng.randint(1, 5))]
    profits = [rng.choice((1, 1, 2, 3, 4, 6, rng.randint(1, 50))) for _ in caps]
    lots = rng.randint(0, sum(caps) + 2)
    given = plan.smallest_shares(lots, caps, profits)
    case = f'{lots} lots among {caps} of profits {profits}: {given}'
    count = min(lots, sum(caps))
    ways = [way for way in itertools.product(*(range(c + 1) for c in caps)) if sum(way) == count]
    best = min(plan_laws.shares_of(way, profits) for way in ways)
    expect(tuple(given) in ways and plan_laws.shares_of(given, profits) == best, case)
    as_good = [w for w in ways if plan_laws.shares_of(w, profits) == best]
    for way in as_good:
        n = next((n for n in range(len(caps)) if way[n] != given[n]), None)
        expect(n is None or given[n] > way[n], f'{case}, and by place {way}')


def check_floors(rng):
    """Parts add up, and each is within one of its proportion."""
    weights = [rng.choice((0, 1, rng.randint(0, 10 ** rng.randint(1, 12)))) for _ in range(6)]
    amount = rng.randint(0, 10 ** rng.randint(0, 12))
    if not sum(weights):
        return
    parts = plan.cumulative_floors(amount, weights)
    expect(sum(parts) == amount, f'{amount} over {weights} is {parts}')
    for part, weight in zip(parts, weights):
        fair = Fraction(amount * weight, sum(weights))
        expect(abs(part - fair) < 1, f'{amount} over {weights} is {parts}')


def check_mix():
    """The hash of partitions, by the table on the wire's page."""
    expect(plan.mix64(0) == 0 and plan.mix64(1) == 0x5692161d100b05e5
           and plan.mix64(42) == 0xa759ea27d4727622, 'mix64')


# ---------------------------------------------------------------- the laws


def tampered(rng, rows):
    """The rows of a plan with one thing changed, or None where that would be no change."""
    rows = [dict(row) for row in rows]
    row = rng.choice(rows)
    field = rng.choice([f for f in ('qty', 'price', 'amount', 'score') if f in row])
    how = rng.choice(('more', 'less', 'drop', 'twice', 'swap'))
    if how in ('more', 'less'):
        row[field] = bumped(row[field], 1 if how == 'more' else -1)
    elif how == 'drop':
        rows.remove(row)
    elif how == 'twice':
        rows.insert(rng.randrange(len(rows) + 1), dict(row))
    else:
        other = rng.choice([r for r in rows if r['type'] == row['type']])
        who = 'winner_account' if row['type'] == 'adl' else 'account'
        if who not in row or row[who] == other[who]:
            return None
        row[who], other[who] = other[who], row[who]
    for place, one in enumerate(rows):
        if one['type'] == 'adl':
            one['place'] = place
    return rows


def bumped(value, by):
    """A decimal or an integer, by one of its last places."""
    if isinstance(value, int):
        return value + by
    scale = len(value.partition('.')[2])
    return calc.dec(calc.raw(value, scale) + by, scale)


def check_laws(rng, seed):
    """Laws hold of what the judge says, and seldom of anything else: (tampered with, noticed)."""
    lines = plan_worlds.world(seed, 10, 10)
    judge, said = plan_judge.Judge(), []
    for text in lines:
        said += judge.feed(json.loads(text))
    law = plan_laws.broken(judge.records, said)
    expect(law is None, f'seed {seed}: {law}')
    tried = noticed = 0
    causes = [(r.at, r.fund) for r in judge.records]
    for at, fund in causes:
        mine = [n for n, row in enumerate(said) if row['type'] in plan_laws.KINDS
                and (row['at'], row['fund']) == (at, fund)]
        rows = tampered(rng, [said[n] for n in mine]) if mine else None
        if rows is None:
            continue
        others = [row for n, row in enumerate(said) if n not in mine]
        tried += 1
        noticed += plan_laws.broken(fresh(lines), others + rows) is not None
    return tried, noticed


def fresh(lines):
    """Records that no law has been applied to."""
    judge = plan_judge.Judge()
    for text in lines:
        judge.feed(json.loads(text))
    return judge.records


def main():
    """The command line."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    tried = noticed = 0
    try:
        check_mix()
        for s in range(seed, seed + count):
            rng = random.Random(s)
            for _ in range(50):
                check_smallest_shares(rng)
                check_floors(rng)
            more, seen = check_laws(rng, s)
            tried, noticed = tried + more, noticed + seen
        expect(noticed * 10 >= tried * 9, f'{noticed} of {tried} changes noticed')
    except Failed as failure:
        print(f'seed {s}: {failure}')
        return 1
    print(f'{count} worlds: {noticed} of {tried} plans tampered with are told')
    return 0


if __name__ == '__main__':
    sys.exit(main())
