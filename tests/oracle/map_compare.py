#!/usr/bin/env python3
"""`zeroline calc --map` against the formulas in rationals, price by price, over random worlds.

    map_compare.py ZEROLINE [--worlds N] [--seed S] [--features a,b,...]

Nothing clever: at every price of every map each pool is valued anew with that one mark moved, and
those that are unsafe are added up. Exit code 0: all equal; 1: a difference, printed with its seed.
"""
import argparse
import json
import random
import subprocess
import sys
from fractions import Fraction

import calc
import worlds

FUND = 9
TIMEOUT = 60


def with_fund(lines, seed):
    """The world with a fund behind most of its instruments, in one of its assets."""
    r, out, assets = random.Random(seed), [], []
    for text in lines:
        line = json.loads(text)
        if line['type'] == 'asset':
            assets.append(line['asset'])
        if line['type'] == 'instrument' and (line['instrument'] + seed) % 5:
            line['fund'] = FUND
        out.append(json.dumps(line))
    balance = r.choice([-5, 0, 10 ** 4, 10 ** 7, 10 ** 10])  # raw units
    fund = {'type': 'fund', 'fund': FUND, 'asset': r.choice(assets), 'balance': balance, 'rev': 1}
    return out + [json.dumps(fund)], fund


def funds_of(lines):
    """{instrument: fund}, as the lines say last."""
    said = [json.loads(text) for text in lines]
    return {line['instrument']: line.get('fund', 0) for line in said
            if line['type'] == 'instrument'}


def prices_of(instrument, mark):
    """From half the mark to one and a half of it, closer together within a tenth."""
    steps = list(range(-500, -100, 10)) + list(range(-100, 101, 2)) + list(range(110, 501, 10))
    found = sorted({mark * (1000 + step) // 1000 for step in steps})
    return [p for p in found if instrument.min_price <= p <= instrument.max_price]


class Map:
    """What must be printed of one world."""

    def __init__(self, lines, fund):
        self.state = calc.read(lines)
        self.calc = calc.Calc(self.state)
        self.fund, self.funds = fund, funds_of(lines)
        self.pools = self.live_pools()

    def live_pools(self):
        """Every pool that does not wait, with the coordinates of its instruments."""
        found = []
        for account in self.state.accounts.values():
            for name, rows, holdings, policy in self.calc.pools(account):
                pool = self.calc.build(rows, holdings, policy, name == 'x')
                if pool:
                    found.append((pool, self.calc.coordinates(pool)))
        return found

    def balance(self, number):
        """What an instrument's fund has, in the numeraire; None without a fund or a rate."""
        asset = self.state.assets.get(self.fund['asset'])
        rate = self.calc.rate(self.fund['asset']) if asset else None
        if self.funds[number] != FUND or rate is None:
            return None
        exact = Fraction(self.fund['balance'], 10 ** asset.scale) * rate
        return calc.floor_of(exact * 10 ** self.state.numeraire.scale)

    def columns(self, instrument, prices):
        """(pools, longs, shorts, lacking) at every price, exact."""
        held = [(pool, u) for pool, u in self.pools
                if any(p.instrument is instrument for p in pool.positions)]
        for price in prices:
            at = Fraction(instrument.coordinate(price))
            count, sums = 0, {1: Fraction(0), -1: Fraction(0)}
            lacking = Fraction(0)
            for pool, u in held:
                E, B, MM, _ = pool.solvency({**u, instrument.id: at})
                if not pool.is_unsafe(E - MM):
                    continue
                count += 1
                lacking += max(Fraction(0), -B)
                rate = pool.holdings[instrument.settle].rate
                for p in pool.positions:
                    if p.instrument is instrument:
                        sums[p.s] += p.value(at) * rate
            yield count, sums[1], sums[-1], lacking

    def line(self, number):
        """One instrument's map, without its symbol."""
        instrument, mark = self.state.instruments[number], self.state.marks[number][0]
        scale, balance = self.state.numeraire.scale, self.balance(number)
        known = self.calc.rate(instrument.settle) is not None
        prices = prices_of(instrument, mark) if known else []
        out = {'instrument': number, 'mark': calc.dec(mark, instrument.price_scale),
               'fund': self.funds[number],
               'fund_balance': None if balance is None or not known else calc.dec(balance, scale),
               'price': [calc.dec(p, instrument.price_scale) for p in prices],
               'pools': [], 'longs': [], 'shorts': [], 'lacking': [], 'shortfall': []}
        for count, longs, shorts, lacking in self.columns(instrument, prices):
            units = calc.ceil_of(lacking * 10 ** scale)
            out['pools'].append(count)
            out['longs'].append(calc.dec_ceil(longs, scale))
            out['shorts'].append(calc.dec_ceil(shorts, scale))
            out['lacking'].append(calc.dec(units, scale))
            out['shortfall'].append(calc.dec(max(0, units - max(0, balance or 0)), scale))
        return out

    def lines(self):
        """All maps, by instrument."""
        return [self.line(number) for number in sorted(self.state.marks)]


def difference(theirs, ours):
    """Where two lists of maps differ first; None: nowhere."""
    if len(theirs) != len(ours):
        return f'{len(theirs)} maps, not {len(ours)}'
    for a, b in zip(theirs, ours):
        for key, value in b.items():
            if a.get(key) == value:
                continue
            where = f'instrument {b["instrument"]}, {key}'
            if isinstance(value, list) and isinstance(a.get(key), list):
                for i, (x, y) in enumerate(zip(a[key], value)):
                    if x != y:
                        return f'{where}[{i}] at {b["price"][i]}: {x}, not {y}'
            return f'{where}: {a.get(key)}, not {value}'
    return None


def run(binary, lines):
    """What `zeroline calc --map` prints of the lines."""
    done = subprocess.run([binary, 'calc', '--map'], input='\n'.join(lines).encode(),
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=TIMEOUT,
                          check=False)
    if done.returncode:
        raise SystemExit(f'exit code {done.returncode}: {done.stderr.decode()}')
    return [json.loads(line) for line in done.stdout.decode().splitlines()]


def main():
    """The command line."""
    parser = argparse.ArgumentParser(description='the oracle of liquidation maps')
    parser.add_argument('zeroline')
    parser.add_argument('--worlds', type=int, default=40)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--features', help='as of worlds.py; default all')
    args = parser.parse_args()
    features, compared, unsafe, short = worlds.features_of(args.features), 0, 0, 0
    for seed in range(args.seed, args.seed + args.worlds):
        lines, fund = with_fund(worlds.world(seed, features), seed)
        ours = Map(lines, fund).lines()
        found = difference(run(args.zeroline, lines), ours)
        if found:
            print(f'seed {seed}: {found}')
            return 1
        compared += sum(len(line['price']) for line in ours)
        unsafe += sum(len(set(line['pools'])) > 1 for line in ours)
        short += sum(len(set(line['shortfall'])) > 1 for line in ours)
    print(f'{compared} prices; {unsafe} maps with something to see, {short} beyond their fund')
    return 0 if args.worlds < 10 or unsafe and short else 1


if __name__ == '__main__':
    sys.exit(main())
