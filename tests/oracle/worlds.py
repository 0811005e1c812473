#!/usr/bin/env python3
"""Random input worlds for `zeroline calc`, as JSON lines; the same seed gives the same world.

    worlds.py --seed 7 [--accounts 10] [--features isolated,linear,...] [--small]

A feature that is not listed does not occur. Beyond what can be listed, every world varies its
scales, ticks, price ranges, triggers, quantities, missing marks and rates, and settle assets.
Margins are set around the pool's own maintenance line by asking the oracle where it is.
"""
import argparse
import json
import random
import sys
from fractions import Fraction

import calc

FEATURES = ('isolated', 'cross', 'linear', 'quanto', 'inverse', 'haircut', 'multi_asset', 'hedge',
            'size_tiers', 'own_deduct', 'slope', 'entry_basis', 'fees', 'funding', 'order_margin',
            'deltas',
            'missing',        # instruments and assets that come late or never (raw numbers)
            'updates')        # instruments and policies sent again with another revision
OPTIONAL = ('fine_funding',)  # funding due finer than the asset's fine units; not in the default
LIMIT = 1 << 62


def features_of(text):
    """The set named by a comma-separated list; all of FEATURES for None."""
    if text is None:
        return frozenset(FEATURES)
    names = frozenset(name.strip() for name in text.split(',') if name.strip())
    unknown = names - set(FEATURES) - set(OPTIONAL)
    if unknown:
        raise SystemExit(f'unknown features: {", ".join(sorted(unknown))}')
    return names


def clip(x, low, high):
    """x within [low, high]."""
    return max(low, min(high, x))


class World:
    """One random world."""

    def __init__(self, seed, features, accounts, small):
        self.r = random.Random(seed)
        self.on, self.small = features, small
        self.count = accounts
        self.coarse = self.chance(0.3)     # few digits everywhere: exact ties happen
        self.state = calc.State()          # the final setup, to calibrate margins by
        self.raw_ids, self.late, self.never = set(), set(), set()

    # -------------------------------------------------------- dice

    def chance(self, p):
        """True with probability p."""
        return self.r.random() < p

    def log(self, low, high):
        """A log-uniform integer of [low, high]."""
        if high <= low:
            return low
        digits = self.r.uniform(0, 1)
        return clip(int(low * (high / low) ** digits), low, high)

    def has(self, name, p=1.0):
        """A listed feature, used with probability p."""
        return name in self.on and self.chance(p)

    def micro(self, low, high):
        """A decimal share of [low, high] at 9 decimals, often a round one."""
        places = self.r.choice((2, 3, 4, 9)) if not self.coarse else self.r.choice((1, 2))
        step = 10 ** (9 - places)
        units = int(self.r.uniform(low, high) * 10 ** places + 0.5) * step
        return calc.dec(clip(units, 0, 10 ** 10), 9)

    # -------------------------------------------------------- assets, rates, policies

    def make_assets(self):
        """The numeraire and up to three others; lines and final rates."""
        ids = self.r.sample(range(1, 9), self.r.choice((1, 2, 2, 3, 4)))
        self.numeraire = ids[0]
        self.assets = {a: self.asset(a) for a in ids}
        self.rates = {}
        for a in ids[1:]:
            scale = self.assets[a].get('rate_scale', 8)
            if not self.chance(0.05):
                raw = self.log(1, 10 ** (scale + 5)) if self.chance(0.8) else 10 ** scale
                self.rates[a] = [self.moved(raw, 1, LIMIT), raw]

    def asset(self, a):
        """One asset line."""
        scale = self.r.choice((0, 2, 4, 6, 8, 8 if self.coarse else 9))
        line = {'type': 'asset', 'asset': a, 'symbol': f'A{a}', 'scale': scale}
        if a == self.numeraire:
            line['numeraire'] = True
        elif self.chance(0.3):
            line['rate_scale'] = self.r.choice((0, 2, 6, 10))
        if self.has('haircut', 0.2 if a == self.numeraire else 0.7):
            self.haircut(line, scale)
        return line

    def haircut(self, line, scale):
        """Rates that do not fall, liability not below the first weight."""
        rates = sorted(self.r.choice((0, 0.01, 0.05, 0.1, 0.2, 0.5, 1.0, self.r.random()))
                       for _ in range(self.r.choice((1, 1, 2, 3))))
        slices, upto = [], 0
        for rate in rates:
            upto += self.log(1, 10 ** (scale + 5))
            slices.append({'upto': calc.dec(upto, scale), 'rate': f'{rate:.9f}'})
        slices[-1]['upto'] = None
        line['haircut'] = slices
        if self.chance(0.6):
            first = 10 ** 9 - calc.raw(slices[0]['rate'], 9)
            more = self.r.choice((0, 10 ** 7, 10 ** 8, 10 ** 9))
            line['liability'] = calc.dec(first + more, 9)

    def make_policies(self):
        """Policy 1 as it is or anew, and up to two others."""
        self.policies = [1]
        self.policy_lines = []
        for p in (1, 2, 3):
            if self.chance(0.5):
                self.policy_lines.append(self.policy(p, 1))
                self.policies = sorted(set(self.policies) | {p})

    def policy(self, p, rev):
        """One policy line."""
        line = {'type': 'policy', 'policy': p, 'rev': rev}
        if self.chance(0.5):
            line['trigger'] = self.r.choice(('below', 'at_or_below'))
        if self.has('entry_basis', 0.5):
            line['mm_basis'] = self.r.choice(('entry', 'entry', 'mark'))
        if self.has('fees', 0.6):
            line['fee_in_maintenance'] = self.chance(0.5)
        if self.chance(0.4):
            line['warn'] = self.r.choice((['0.5', '0.8'], ['0.9'], ['0.75', '0.9', '0.95'],
                                          ['1']))
        return line

    # -------------------------------------------------------- instruments

    def make_instruments(self):
        """One to four instruments, some of them late or never sent."""
        self.instruments, self.marks = {}, {}
        for i in self.r.sample(range(1, 30), self.r.choice((1, 2, 3, 4))):
            self.instruments[i] = self.instrument(i)
            if self.has('missing', 0.06):
                self.raw_ids.add(i)
                (self.late if self.chance(0.5) else self.never).add(i)
        for i, line in self.instruments.items():
            self.marks[i] = self.mark_path(line)

    def kinds(self):
        """The kinds that may occur."""
        return [k for k in ('linear', 'inverse', 'quanto') if k in self.on] or ['linear']

    def instrument(self, i):
        """One instrument line; redrawn until its exponents are not negative."""
        while True:
            line = self.shape(i)
            try:
                probe = calc.Instrument(line, {line['settle']: calc.Asset(
                    self.assets[line['settle']])})
            except calc.WorldError:
                continue
            if self.fits(probe):
                break
        self.tier_table(line, probe)
        self.extras(line, probe)
        return line

    def shape(self, i):
        """Kind, scales, multiplier and price range, with a one-row tier table to probe with."""
        ps = self.r.choice((0, 1)) if self.coarse else self.r.randint(0, 6)
        settle = self.numeraire if self.chance(0.5) else self.r.choice(list(self.assets))
        line = {'type': 'instrument', 'instrument': i, 'symbol': f'I{i}',
                'kind': self.r.choice(self.kinds()), 'settle': settle, 'price_scale': ps,
                'qty_scale': self.r.choice((0, 0, 1, 3) if self.coarse else (0, 2, 3, 4, 6, 8)),
                'tick': None}
        line['lot'] = calc.dec(self.r.choice((1, 1, 1, 10)), line['qty_scale'])
        if self.chance(0.6):
            line['multiplier'] = self.r.choice(('1', '10', '100', '0.1', '0.010', '0.001', '2.50',
                                                '0.000001', '7', '1000', '0.0005'))
        self.price_range(line)
        tick = min(self.r.choice((1, 1, 2, 5, 10, 25, 100, 3)), max(1, self.near // 3))
        line['tick'] = calc.dec(tick, ps)
        line['tiers'] = [{'upto': None, 'mmr': '0'}]
        return line

    def price_range(self, line):
        """Where the mark ends, and min_price and max_price: wide, narrow, tiny or left out."""
        coarse = self.coarse or self.small
        mark = self.log(3, 400) if coarse and self.chance(0.7) else self.log(5, 10 ** 9)
        shape = self.r.choice(('narrow', 'tiny', 'tiny', 'few') if self.small else
                              ('default', 'default', 'default', 'wide', 'wide', 'narrow', 'few',
                               'tiny'))
        low, high = 1, 1 << 44
        if shape == 'wide':
            low, high = max(1, mark // 10), mark * 10
        elif shape == 'narrow':
            span = min(mark // 20 + 1, 150) if self.small else mark // self.r.choice((10, 30)) + 1
            low, high = mark - self.r.randint(0, span), mark + self.r.randint(0, span)
        elif shape == 'few':
            low, high = max(1, mark - self.r.randint(0, 150)), mark + self.r.randint(0, 400)
        elif shape == 'tiny':
            low, high = mark - self.r.randint(0, 12), mark + self.r.randint(0, 12)
        low = max(1, low)
        self.near = mark
        if shape != 'default':
            line['min_price'] = calc.dec(low, line['price_scale'])
            line['max_price'] = calc.dec(high, line['price_scale'])

    def fits(self, probe):
        """Some quantity is within the bounds, and U is at least one at max_price."""
        if probe.inverse and probe.ten_n < probe.max_price * self.r.choice((1, 100, 10 ** 6)):
            return False
        self.probe_mark = clip(self.near, probe.min_price, probe.max_price)
        return self.quantity_limit(probe) >= 100

    def quantity_limit(self, probe):
        """The largest |qty| within the bounds, so that amounts stay int64 at the mark too."""
        worst = probe.min_price if probe.inverse else probe.max_price
        limit = (calc.BOUND - 1) // (probe.K * max(1, probe.coordinate(worst)))
        per = probe.K * max(1, probe.coordinate(self.probe_mark))
        units = (LIMIT // 64) * 10 ** calc.FINE_DIGITS // per
        return min(limit, units, LIMIT)

    def tier_table(self, line, probe):
        """Rising tiers around a typical quantity; some with their own deduct."""
        limit = self.quantity_limit(probe)
        per = probe.per_coordinate(1) * probe.coordinate(self.probe_mark) * 10 ** probe.scale
        least = 1 if per >= 1 else min(limit, int(100 / per) + 1 if per else limit)
        self.typical = q = self.log(least, min(limit, least * 10 ** 5))
        size = self.has('size_tiers', 0.4)
        if size:
            line['tier_by'] = 'size'
        scale = probe.qty_scale if size else probe.scale
        base = q if size else max(1, calc.floor_of(per * q))
        rows, upto, m = [], 0, 0
        for n in range(self.r.choice((1, 2, 3, 3, 5))):
            upto = max(upto + 1, int(base * self.r.choice((0.2, 0.5, 1, 1, 2, 5, 20))))
            upto = base if n == 0 and self.chance(0.5) else min(upto, LIMIT)
            step = self.rate_step()
            m = min(m + (0 if n == 0 and self.chance(0.1) else step), 9 * 10 ** 8)
            rows.append({'upto': calc.dec(upto, scale), 'mmr': calc.dec(m, 9)})
        if self.chance(0.8):
            rows[-1]['upto'] = None
        if self.chance(0.3):
            for row in rows:
                row['imr'] = calc.dec(min(2 * calc.raw(row['mmr'], 9), 10 ** 9), 9)
        if self.has('own_deduct', 0.5):
            self.own_deducts(line, rows, scale)
        line['tiers'] = rows
        if self.has('own_deduct', 0.15) and not size and not probe.inverse and per >= 1:
            self.notch(line, probe)

    def notch(self, line, probe):
        """A jump that makes a typical long unsafe around the mark, and safe on both sides.

        With t safe marks up to the edge of the first tier and j from there to the mark, the
        deduct lost at the edge is worth t + 2 j marks: both sides are about equally near.
        """
        t, j, m = self.r.randint(0, 3), self.r.randint(1, 3), self.r.choice((2, 3, 4))
        edge = self.probe_mark - j
        if edge - t < max(60, probe.min_price):
            return
        step = probe.per_coordinate(self.typical) * 10 ** probe.scale
        lost = calc.floor_of(step * (t + 2 * j) * (10 - m) / 10)
        line['tiers'] = [{'upto': calc.dec(calc.ceil_of(step * edge), probe.scale),
                          'mmr': f'0.{m}', 'deduct': calc.dec(lost, probe.scale)},
                         {'upto': None, 'mmr': f'0.{m}', 'deduct': '0'}]
        line['_notch'] = edge - t

    def rate_step(self):
        """How much m rises from one tier to the next."""
        if self.coarse:
            return self.r.choice((0, 1, 5, 10, 20)) * 10 ** 7
        return self.r.choice((self.r.randint(1, 10 ** 7), 4 * 10 ** 6, 5 * 10 ** 6, 10 ** 7,
                              self.r.randint(0, 2 * 10 ** 8)))

    def own_deducts(self, line, rows, scale):
        """Deducts that make the table jump either way, or agree with the sum."""
        c, before = Fraction(0), None
        for row in rows:
            m = calc.share(row['mmr'])
            if before:
                c += before[0] * (m - before[1])
            if self.chance(0.6):
                factor = self.r.choice((0, 0.5, 0.9, 1, 1.1, 1.5, self.r.random() * 2))
                units = calc.floor_of(c * 10 ** scale * Fraction(factor))
                if before is None and self.chance(0.3):
                    units = calc.floor_of(m * 10 ** scale * self.r.choice((1, 5, 50)))
                row['deduct'] = calc.dec(clip(units, 0, LIMIT), scale)
                c = Fraction(calc.raw(row['deduct'], scale), 10 ** scale)
            if row['upto'] is not None:
                before = (Fraction(calc.raw(row['upto'], scale), 10 ** scale), m)

    def extras(self, line, probe):
        """Slope, fees, slippage, policy, status."""
        if self.has('slope', 0.2 if self.coarse else 0.5):
            most = 10 ** 9 * 10 ** probe.qty_scale // max(1, self.typical)
            units = self.log(1, max(1, most // self.r.choice((10, 50, 500))))
            line['mmr_slope'] = calc.dec(min(units, 10 ** 13), 9)
        if self.has('fees', 0.7):
            line['taker_fee'] = self.micro(0, 0.01 if not self.coarse else 0.2)
            if self.chance(0.5):
                line['liq_fee'] = self.micro(0, 0.05 if not self.coarse else 0.3)
        if self.chance(0.7):
            line['slippage'] = self.micro(0, 0.05 if not self.coarse else 0.3)
        if self.chance(0.5):
            line['policy'] = self.r.choice(self.policies)
        if self.chance(0.2):
            line['status'] = self.r.choice(('trading', 'halted'))
        line['rev'] = 1
        line['_typical'], line['_mark'] = self.typical, self.probe_mark

    def mark_path(self, line):
        """[(price, funding)]: an earlier mark and the last one; [] where there is none."""
        probe = self.probe(line['instrument'])
        if self.chance(0.05):
            return []
        last = line['_mark']
        roll = self.r.random()
        if roll < 0.06:
            last = probe.min_price
        elif roll < 0.12 and (not probe.inverse or 'max_price' in line):
            last = probe.max_price
        first = self.moved(last, probe.min_price, probe.max_price)
        return [(first, self.index(probe, first)), (last, self.index(probe, last))]

    def probe(self, i):
        """An instrument as the oracle reads it."""
        line = self.instruments[i]
        return calc.Instrument(line, {line['settle']: calc.Asset(self.assets[line['settle']])})

    def moved(self, price, low, high):
        """A price not far away."""
        return clip(int(price * self.r.uniform(0.8, 1.25)) + self.r.randint(-2, 2), low, high)

    def index(self, probe, price):
        """A funding index of up to 2% of one contract's value, whole in fine units."""
        if not self.has('funding', 0.8):
            return 0
        unit = probe.per_coordinate(10 ** probe.qty_scale) * probe.coordinate(price)
        top = int(min(LIMIT, unit * 10 ** calc.FUNDING_SCALE / 50 + 1))
        grain = 10 ** max(0, calc.FUNDING_SCALE + probe.qty_scale - probe.fine)
        if self.coarse:
            grain = max(grain, 10 ** self.r.choice((8, 10, 11)))
        if 'fine_funding' in self.on:
            grain = 1
        return self.r.randint(-top, top) // grain * grain

    # -------------------------------------------------------- accounts

    def make_accounts(self):
        """Final rows of every account, margins around their own lines."""
        self.setup()
        numbers = self.r.sample(range(0, 10 ** self.r.choice((2, 4, 15))), self.count)
        self.accounts = {n: self.account(n) for n in numbers}

    def setup(self):
        """The final setup into the calibrating state."""
        for line in self.assets.values():
            self.state.apply(line)
        for line in self.final_rates() + self.policy_lines:
            self.state.apply(line)
        for i, line in self.instruments.items():
            if i not in self.never:
                self.state.apply(line)
                for mark in self.mark_lines(i, 1):
                    self.state.apply(mark)

    def final_rates(self):
        """The last rate lines."""
        return [self.rate_line(a, raws[1]) for a, raws in self.rates.items()]

    def rate_line(self, a, raw):
        """One rate line."""
        scale = self.assets[a].get('rate_scale', 8)
        return {'type': 'rate', 'asset': a, 'price': calc.dec(raw, scale)}

    def mark_lines(self, i, which):
        """The first (0) or last (1) mark of an instrument, as a list of lines."""
        if not self.marks[i]:
            return []
        price, funding = self.marks[i][which]
        line = {'type': 'mark', 'instrument': i,
                'price': calc.dec(price, self.instruments[i]['price_scale'])}
        if 'funding' in self.on and funding:
            line['funding'] = calc.dec(funding, calc.FUNDING_SCALE)
        return [line]

    def account(self, number):
        """The final rows: {'policy', 'balances': [...], 'positions': [...]} in raw units."""
        rows = {'policy': self.r.choice(self.policies), 'balances': [], 'positions': []}
        modes = [m for m in ('isolated', 'cross') if m in self.on] or ['isolated']
        for mode in modes:
            if len(modes) > 1 and self.chance(0.25):
                continue
            rows['positions'] += self.positions(mode)
        if 'cross' in modes and self.chance(0.9):
            rows['balances'] = self.balances(rows['positions'])
        self.calibrate(number, rows)
        return rows

    def positions(self, mode):
        """Position rows of one mode, at most one a key."""
        ids = list(self.instruments)
        if mode == 'cross' and 'multi_asset' not in self.on:
            settle = self.instruments[self.r.choice(ids)]['settle']
            ids = [i for i in ids if self.instruments[i]['settle'] == settle]
        rows = []
        for i in self.r.sample(ids, self.r.randint(1, len(ids))):
            held = [self.position(i, leg, mode) for leg in self.legs()]
            if len(held) == 2 and self.chance(0.5):
                self.nearly_offset(*held)
            rows += held
        return rows

    def nearly_offset(self, one, other):
        """Two legs of almost one size: both lines can be real."""
        sign = 1 if one['qty'] > 0 else -1
        size = max(1, int(abs(other['qty']) * self.r.choice((0.8, 0.95, 1, 1))))
        one['qty'] = sign * size
        if 'cost' in one:
            one.pop('cost')
            one.setdefault('entry', self.entry(self.instruments[one['instrument']],
                                               self.probe(one['instrument'])))

    def legs(self):
        """Which legs of an instrument are held."""
        if not self.has('hedge', 0.5):
            return [None]
        return self.r.choice((['L'], ['S'], ['L', 'S'], ['L', 'S'], ['S', 'L'], [None, 'L', 'S']))

    def position(self, i, leg, mode):
        """One position row in raw units."""
        line, probe = self.instruments[i], self.probe(i)
        qty = self.quantity(line, probe)
        if '_notch' in line and self.chance(0.5):
            qty = line['_typical']
        if leg == 'S' or leg is None and self.chance(0.5):
            qty = -qty
        entry = self.entry(line, probe)
        row = {'instrument': i, 'leg': leg, 'qty': qty, 'mode': mode}
        if self.chance(0.8):
            row['entry'] = entry
        if 'entry' not in row or self.chance(0.2):
            value = probe.per_coordinate(qty) * probe.coordinate(entry) * 10 ** probe.scale
            row['cost'] = clip(calc.floor_of(value) + self.r.randint(0, 1), 1, LIMIT)
        if mode == 'isolated':
            row['margin'] = 0
            if self.has('order_margin', 0.4):
                row['order_margin'] = self.fraction_of_value(row, probe)
        if self.has('funding', 0.6):
            row['funding'] = self.index(probe, line['_mark'])
        if self.chance(0.3):
            row['rev'] = 1
        return row

    def quantity(self, line, probe):
        """|qty|: typical, exactly the tiers' own, tiny or as huge as the bounds allow."""
        self.probe_mark = line['_mark']
        limit, typical = self.quantity_limit(probe), line['_typical']
        if probe.slope:                    # what the slope adds to m stays within 1
            limit = max(1, min(limit, int(10 ** probe.qty_scale / probe.slope)))
        roll = self.r.random()
        if roll < 0.25:
            q = typical
        elif roll < 0.35:
            q = self.r.randint(1, 10)
        elif roll < 0.42:
            q = limit - self.r.randint(0, 3) if self.chance(0.3) else self.log(1, limit)
        else:
            q = self.log(max(1, typical // 20), typical * 30)
        if self.chance(0.5):
            q = q // probe.lot * probe.lot
        return clip(q, 1, limit)

    def entry(self, line, probe):
        """An entry price near the mark, within the range."""
        if self.chance(0.1):
            price = line['_mark']
        else:
            price = int(line['_mark'] * self.r.uniform(0.75, 1.3)) + self.r.randint(-1, 1)
        low, high = max(1, line['_mark'] // 3), line['_mark'] * 3
        return clip(price, max(low, probe.min_price), min(high, probe.max_price))

    def fraction_of_value(self, row, probe):
        """Up to a tenth of a position's value, in raw units of the settle asset."""
        value = probe.per_coordinate(row['qty']) * probe.coordinate(
            self.instruments[row['instrument']]['_mark'])
        return int(clip(value * 10 ** probe.scale * Fraction(self.r.random()) / 10, 0, LIMIT // 4))

    def balances(self, positions):
        """Balance rows of a cross account: the main asset, then others."""
        cross = [p for p in positions if p['mode'] == 'cross']
        settles = [self.instruments[p['instrument']]['settle'] for p in cross]
        main = self.r.choice(settles or list(self.assets))
        held = [main]
        if 'multi_asset' in self.on:
            held += [a for a in self.assets if a != main and self.chance(0.6)]
        rows = []
        for a in held:
            row = {'asset': a, 'amount': self.amount(a)}
            if self.has('order_margin', 0.3) and row['amount']:
                row['order_margin'] = int(abs(row['amount']) * self.r.random() / 5)
            rows.append(row)
        if self.has('missing', 0.03):
            rows.append({'asset': 90, 'amount': self.r.randint(1, 1000)})
        if cross or self.chance(0.5):
            return rows
        return [{**row, 'amount': -abs(row['amount'])} if self.chance(0.3) else row
                for row in rows]

    def amount(self, a):
        """A balance not tied to anything; negative ones are debts."""
        units = self.log(1, 10 ** (self.assets[a]['scale'] + 6))
        return -units if self.chance(0.2) else units

    # -------------------------------------------------------- margins around the line

    def calibrate(self, number, rows):
        """Set isolated margins and the main balance so that the pools are near their lines."""
        for row in rows['positions']:
            if row['mode'] == 'isolated':
                single = {**rows, 'balances': [], 'positions': [row]}
                self.calibrate_one(number, single, row, 'margin')
        cross = [r for r in rows['positions'] if r['mode'] == 'cross']
        if cross and rows['balances'] and self.chance(0.9):
            single = {**rows, 'positions': cross}
            self.calibrate_one(number, single, rows['balances'][0], 'amount')

    def calibrate_one(self, number, rows, row, field):
        """Move one amount until its pool stands where it was meant to."""
        plan = self.plan(row)
        for _ in range(1 if field == 'margin' else 4):
            found = self.short_of(number, rows, plan)
            if found is None:
                row[field] = self.log(1, 10 ** 9)
                return
            missing, scale, value = found
            if field == 'amount':
                scale = self.assets[row['asset']]['scale']
            row[field] = int(clip(row[field] + missing, -LIMIT, LIMIT))
            if not missing:
                break
        row[field] = int(clip(row[field] + self.jitter(plan, value), -LIMIT, LIMIT))
        if field == 'margin' and row[field] < 0 and self.chance(0.8):
            row[field] = self.r.choice((0, 1))

    def plan(self, row):
        """Which line to stand at, at which other mark, and how far from it."""
        notch = self.instruments.get(row.get('instrument'), {}).get('_notch')
        if notch and row['qty'] > 0 and self.chance(0.8):
            return 'MM', lambda mark: notch, 'at'
        line = self.r.choice(('MM', 'MM', 'MM', 'MM', 'B'))
        shift = self.r.choice((0, 0, 0.01, 0.1, 0.5)) * self.r.uniform(-1, 1)
        far = self.r.choice(('at', 'at', 'at', 'near', 'near', 'room', 'room', 'under', 'rich'))
        return line, lambda mark: int(mark * (1 + shift)), far

    def jitter(self, plan, value):
        """How far from the line, in raw units; value is the largest position's."""
        far = plan[2]
        if far == 'at':
            return self.r.choice((-1, 0, 0, 0, 1))
        if far == 'near':
            return int(value * Fraction(self.r.uniform(-0.02, 0.02)))
        if far == 'room':
            return int(value / self.r.choice((1, 2, 3, 5, 10, 20, 50, 125)))
        if far == 'under':
            return -int(value * Fraction(self.r.uniform(0, 0.3)))
        return int(value * self.r.choice((2, 5, 100)))

    def short_of(self, number, rows, plan):
        """(raw units missing to the line, scale, raw value) of the pool; None if it waits."""
        self.state.accounts = {}
        self.state.apply({'type': 'account', 'account': number, 'rev': 1, 'full': True,
                          **self.raw_rows(rows)})
        twin = calc.Calc(self.state)
        name, keyed, held, policy = next(twin.pools(self.state.accounts[number]))
        pool = twin.build(keyed, held, policy, name == 'x')
        if pool is None:
            return None
        u = twin.coordinates(pool)
        first = pool.positions[0].instrument
        there = plan[1](self.state.marks[first.id][0])
        there = first.coordinate(clip(there, first.min_price, first.max_price))
        E, B, MM, _ = pool.solvency({**u, first.id: Fraction(there)})
        main = pool.holdings[self.main_asset(rows)]
        units = 10 ** main.asset.scale
        gap = (MM - E if plan[0] == 'MM' else -B) / main.rate * units
        worth = max(pool.holdings[p.instrument.settle].rate * p.value(u[p.instrument.id])
                    for p in pool.positions) / main.rate * units
        missing = calc.ceil_of(gap) if self.chance(0.7) else calc.floor_of(gap)
        return missing, main.asset.scale, min(worth, Fraction(LIMIT))

    def main_asset(self, rows):
        """The asset whose amount is moved."""
        if rows['balances']:
            return rows['balances'][0]['asset']
        return self.instruments[rows['positions'][0]['instrument']]['settle']

    @staticmethod
    def raw_rows(rows):
        """Rows in raw units, as JSON numbers."""
        return {'policy': rows['policy'], 'balances': rows['balances'],
                'positions': rows['positions']}

    # -------------------------------------------------------- out

    def lines(self):
        """All lines of the world."""
        self.make_assets()
        self.make_policies()
        self.make_instruments()
        self.make_accounts()
        early = [i for i in self.instruments if i not in self.late | self.never]
        first, second = self.account_lines()
        marks0 = [m for i in early if self.chance(0.6) for m in self.mark_lines(i, 0)]
        out = list(self.assets.values())
        out += [self.rate_line(a, raws[0]) for a, raws in self.rates.items() if self.chance(0.5)]
        out += self.before_policies() + self.before_instruments(early)
        out += self.mixed(marks0, first)
        out += [self.clean(self.instruments[i]) for i in self.late] + self.after(early)
        out += self.mixed([m for i in early + list(self.late) for m in self.mark_lines(i, 1)] +
                          self.final_rates(), second)
        return [json.dumps(line, separators=(',', ':')) for line in out]

    def mixed(self, a, b):
        """Two lists of lines, each in its order, in some order or shuffled together."""
        if self.chance(0.5):
            return a + b
        a, b, out = list(a), list(b), []
        while a or b:
            out.append((a if not b or a and self.chance(0.5) else b).pop(0))
        return out

    def before_policies(self):
        """The policies, or other contents of them where they are updated later."""
        if not self.has('updates', 0.5):
            self.again = []
            return self.policy_lines
        self.again = [{**line, 'rev': 2} for line in self.policy_lines]
        return [self.policy(line['policy'], 1) for line in self.policy_lines]

    def before_instruments(self, early):
        """The instruments, or earlier revisions of them where they are updated later."""
        out, self.newer = [], []
        for i in early:
            line = self.clean(self.instruments[i])
            if self.has('updates', 0.3):
                self.newer.append({**line, 'rev': 2})
                line = {**line, 'tiers': [{'upto': None, 'mmr': '0.5'}], 'slippage': '0.02',
                        'policy': 1}
                line.pop('mmr_slope', None)
                line.pop('taker_fee', None)
            out.append(line)
        return out

    def after(self, early):
        """The updates."""
        return self.again + self.newer

    @staticmethod
    def clean(line):
        """An instrument line without the generator's own notes."""
        return {k: v for k, v in line.items() if k[0] != '_'}

    def account_lines(self):
        """First and second part of the account lines."""
        first, second = [], []
        for number, rows in self.accounts.items():
            if self.has('deltas', 0.5):
                start, deltas = self.in_steps(number, rows)
                first.append(start)
                second += deltas
            else:
                (first if self.chance(0.7) else second).append(self.full(number, rows, 1))
        return first, second

    def full(self, number, rows, rev):
        """A full account line."""
        line = {'type': 'account', 'account': number, 'rev': rev, 'full': True}
        if self.chance(0.2):
            line['cross_rev'] = rev
        return self.with_rows(line, rows)

    def with_rows(self, line, rows):
        """An account line with rows written as decimals, sometimes as raw numbers."""
        if rows['policy'] != 1 or self.chance(0.2):
            line['policy'] = rows['policy']
        raw = self.chance(0.06)
        if rows['balances'] or self.chance(0.3):
            line['balances'] = [self.balance_text(b, raw) for b in rows['balances']]
        if rows['positions'] or self.chance(0.3):
            line['positions'] = [self.position_text(p, raw) for p in rows['positions']]
        return line

    def balance_text(self, row, raw):
        """A balance row as written."""
        if raw or row['asset'] not in self.assets:
            return dict(row)
        scale = self.assets[row['asset']]['scale']
        return {k: v if k == 'asset' else calc.dec(v, scale) for k, v in row.items()}

    def position_text(self, row, raw):
        """A position row as written."""
        row = dict(row)
        if row['leg'] is None and self.chance(0.7):
            del row['leg']
        if raw or row['instrument'] in self.raw_ids:
            return row
        line = self.instruments[row['instrument']]
        money = self.assets[line['settle']]['scale']
        scales = {'qty': line['qty_scale'], 'entry': line['price_scale'], 'cost': money,
                  'margin': money, 'order_margin': money, 'funding': calc.FUNDING_SCALE}
        return {k: calc.dec(v, scales[k]) if k in scales else v for k, v in row.items()}

    def in_steps(self, number, rows):
        """A full line with other rows, then one to three deltas that end at the final rows."""
        start = {'policy': rows['policy'], 'balances': [], 'positions': []}
        rows = {**rows, 'positions': [{k: v for k, v in row.items() if k != 'rev'}
                                      for row in rows['positions']]}
        changes = []
        for kind in ('balances', 'positions'):
            for row in rows[kind]:
                before = self.before(row)
                start[kind] += [before] if before else []
                if before is not row:
                    changes.append((kind, row))
        changes += [('positions', gone) for gone in self.gone(rows, start)]
        self.r.shuffle(changes)
        rev = self.r.choice((1, 5, 10 ** 6))
        out, parts = [], self.r.randint(1, 3)
        for n in range(parts):
            part = changes[n * len(changes) // parts:(n + 1) * len(changes) // parts]
            piece = {'policy': rows['policy'],
                     'balances': [row for kind, row in part if kind == 'balances'],
                     'positions': [row for kind, row in part if kind == 'positions']}
            line = {'type': 'account', 'account': number, 'rev': rev + 1 + n}
            if self.chance(0.5):
                line['full'] = False
            out.append(self.with_rows(line, piece))
        return self.full(number, start, rev), out

    def before(self, row):
        """What a row was before its delta: the same (no delta), absent or other amounts."""
        roll = self.r.random()
        if roll < 0.35:
            return row
        if roll < 0.6:
            return None
        other = dict(row)
        if 'qty' in other:
            sign = 1 if other['qty'] > 0 else -1
            other['qty'] = sign * max(1, abs(other['qty']) // self.r.choice((1, 2, 3)))
        for field in ('amount', 'margin'):
            if field in other:
                other[field] = other[field] // 2 + 1
        return other

    def gone(self, rows, start):
        """Positions that the first line has and a delta removes (qty 0)."""
        keys = {(p['instrument'], p['leg'], p['mode']) for p in rows['positions']}
        modes = [m for m in ('isolated', 'cross') if m in self.on] or ['isolated']
        out = []
        for i in self.instruments:
            row = self.position(i, None, self.r.choice(modes))
            if self.chance(0.3) and (i, None, row['mode']) not in keys:
                start['positions'].append(row)
                removal = {'instrument': i, 'leg': None, 'qty': 0, 'mode': row['mode']}
                if self.chance(0.5):
                    removal['entry'] = row.get('entry', 1)
                out.append(removal)
        return out


def world(seed, features=None, accounts=10, small=False):
    """The lines of one world."""
    if features is None:
        features = features_of(None)
    return World(seed, features, accounts, small).lines()


def main():
    """The command line."""
    parser = argparse.ArgumentParser(description='random worlds for zeroline calc')
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--features', help='comma-separated; default all of ' + ','.join(FEATURES))
    parser.add_argument('--accounts', type=int, default=10)
    parser.add_argument('--small', action='store_true', help='price ranges for brute force')
    args = parser.parse_args()
    for line in world(args.seed, features_of(args.features), args.accounts, args.small):
        print(line)
    return 0


if __name__ == '__main__':
    sys.exit(main())
