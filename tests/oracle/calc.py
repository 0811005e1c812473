#!/usr/bin/env python3
"""A dumb twin of `zeroline calc`: JSON lines in, the risk points of every pool out.

Written from the formulas alone (src/README.md; `section 3` is money, `section 4` solvency), with
exact rationals (fractions.Fraction) and nothing clever, so that it can be read beside them. It is
strict: a line the engine would refuse is an error here, not a guess.

    calc.py < lines              what `zeroline calc` must print
    calc.py --brute < lines      the same; liquidation prices by trying every mark of the range
    calc.py --selftest N         N random small worlds: the exact search against brute force
"""
import argparse
import json
import re
import sys
from fractions import Fraction

MICRO = 9              # "mmr, fees, haircut rates, weights, ratios: integers in 10^-9"
FUNDING_SCALE = 12     # "funding: ... in 10^-12 of the settle asset"
FINE_DIGITS = 10       # section 3: "fine = scale + 10 digits"
BOUND = 1 << 119       # section 3: bounds on input
INT64 = 1 << 63
BRUTE_LIMIT = 1 << 20
LEGS = {None: 0, 'L': 1, 'S': 2}
ZERO, ONE = Fraction(0), Fraction(1)


class WorldError(Exception):
    """A line that the engine would have to refuse, or that cannot be read."""


# ---------------------------------------------------------------- numbers


def raw(value, scale):
    """JSON lines: a decimal string is scaled; a JSON number is raw units."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if not isinstance(value, str):
        raise WorldError(f'not a decimal: {value!r}')
    if scale is None:
        raise WorldError(f'{value!r}: its scale is not known yet')
    match = re.fullmatch(r'(-?)([0-9]+)(?:\.([0-9]+))?', value)
    if not match:
        raise WorldError(f'not a decimal: {value!r}')
    fraction = (match[3] or '').rstrip('0')
    if len(fraction) > scale:
        raise WorldError(f'{value!r} has more than {scale} decimals')
    units = int(match[2] + fraction.ljust(scale, '0'))
    return -units if match[1] else units


def raw64(value, scale):
    """Every input number is an int64."""
    units = raw(value, scale)
    if not -INT64 <= units < INT64:
        raise WorldError(f'{value!r} does not fit int64')
    return units


def share(value):
    """A margin rate, fee, weight or ratio: integers in 10^-9."""
    return Fraction(raw64(value, MICRO), 10 ** MICRO)


def dec(units, scale):
    """A decimal string without trailing zeros."""
    sign = '-' if units < 0 else ''
    digits = str(abs(units)).rjust(scale + 1, '0')
    whole, fraction = digits[:len(digits) - scale], digits[len(digits) - scale:].rstrip('0')
    return f'{sign}{whole}.{fraction}' if fraction else sign + whole


def floor_of(x):
    """The largest integer not above x."""
    return x.numerator // x.denominator


def ceil_of(x):
    """The smallest integer not below x."""
    return -(-x.numerator // x.denominator)


def dec_floor(x, scale):
    """Section 3: rounding happens where a number leaves; this one down."""
    return dec(x.numerator * 10 ** scale // x.denominator, scale)


def dec_ceil(x, scale):
    """Section 3: rounding happens where a number leaves; this one up."""
    return dec(-(-x.numerator * 10 ** scale // x.denominator), scale)


# ---------------------------------------------------------------- what the stream said


class Asset:
    """asset: scale, haircut slices as weights (1 - rate), liability weight."""

    def __init__(self, line):
        self.id = line['asset']
        self.scale = line['scale']
        self.rate_scale = line.get('rate_scale', 8)
        self.numeraire = line.get('numeraire', False)
        self.slices = []
        for entry in line.get('haircut') or []:
            upto = entry.get('upto')
            if upto is not None:
                upto = Fraction(raw64(upto, self.scale), 10 ** self.scale)
            self.slices.append((upto, 1 - share(entry['rate'])))
        self.slices = self.slices or [(None, ONE)]
        self.liability = share(line.get('liability', '1'))
        self.check()

    def check(self):
        """Section 4: weights never rising, liability never less than the first weight."""
        last = ZERO
        for i, (upto, weight) in enumerate(self.slices):
            if not 0 <= weight <= 1 or i and weight > self.slices[i - 1][1]:
                raise WorldError(f'asset {self.id}: rising or impossible haircut weight')
            if upto is None and i + 1 < len(self.slices) or upto is not None and upto <= last:
                raise WorldError(f'asset {self.id}: haircut slices must rise')
            last = upto
        if self.liability < self.slices[0][1]:
            raise WorldError(f'asset {self.id}: liability below the first weight')


class Tier:
    """One row of a tier table: m applies up to `upto` (inclusive), c is what is deducted."""

    def __init__(self, upto, m, c):
        self.upto, self.m, self.c = upto, m, c


class Instrument:
    """instrument: everything that values a position and asks margin for it."""

    def __init__(self, line, assets):
        self.id = line['instrument']
        self.kind = line['kind']
        self.inverse = self.kind == 'inverse'
        if line['settle'] not in assets:
            raise WorldError(f'instrument {self.id}: its settle asset is not known')
        self.settle = line['settle']
        self.scale = assets[self.settle].scale
        self.price_scale, self.qty_scale = line['price_scale'], line['qty_scale']
        self.tick = raw64(line['tick'], self.price_scale)
        self.lot = raw64(line['lot'], self.qty_scale)
        self.min_price = raw64(line.get('min_price', 1), self.price_scale)
        self.max_price = raw64(line.get('max_price', 1 << 44), self.price_scale)
        self.read_multiplier(line.get('multiplier', '1'))
        self.by_size = line.get('tier_by', 'notional') == 'size'
        self.tiers = self.read_tiers(line['tiers'])
        self.slope = share(line.get('mmr_slope', '0'))
        self.fee = share(line.get('taker_fee', '0')) + share(line.get('liq_fee', '0'))
        self.slippage = share(line.get('slippage', '0'))
        self.policy = line.get('policy', 1)
        self.check()

    def read_multiplier(self, text):
        """Section 3: K and n from the multiplier's digits, its trailing zeros stripped."""
        digits, d = raw64(text, 9), 9
        if digits <= 0:
            raise WorldError(f'instrument {self.id}: multiplier')
        while d > 0 and digits % 10 == 0:
            digits, d = digits // 10, d - 1
        self.fine = self.scale + FINE_DIGITS
        if self.inverse:
            exponent = self.fine + self.price_scale - self.qty_scale - d
            self.ten_n, self.K = 10 ** max(exponent, 0), digits
        else:
            exponent = self.fine - self.price_scale - self.qty_scale - d
            self.ten_n, self.K = None, digits * 10 ** max(exponent, 0)
        if exponent < 0:
            raise WorldError(f'instrument {self.id}: negative exponent')

    def read_tiers(self, rows):
        """Section 4: c(1) = 0, c(n) = c(n-1) + upto(n-1) (m(n) - m(n-1)), or own `deduct`."""
        scale = self.qty_scale if self.by_size else self.scale
        tiers = []
        for row in rows:
            upto, m, own = row.get('upto'), share(row['mmr']), row.get('deduct')
            if upto is not None:
                upto = Fraction(raw64(upto, scale), 10 ** scale)
            if own is not None:
                c = Fraction(raw64(own, scale), 10 ** scale)
            elif tiers:
                c = tiers[-1].c + tiers[-1].upto * (m - tiers[-1].m)
            else:
                c = ZERO
            self.check_tier(tiers[-1] if tiers else None, upto, m)
            tiers.append(Tier(upto, m, c))
        if not tiers:
            raise WorldError(f'instrument {self.id}: no tiers')
        return tiers

    def check_tier(self, before, upto, m):
        """`upto` rises, null on the last only; m never falls with size."""
        low = before.upto if before else ZERO
        if low is None or upto is not None and upto <= low:
            raise WorldError(f'instrument {self.id}: tiers must rise')
        if m < (before.m if before else 0):
            raise WorldError(f'instrument {self.id}: m must not fall')

    def check(self):
        """Section 3: min_price at least one unit, tick at least one unit."""
        if self.tick < 1 or self.lot < 1 or not 1 <= self.min_price <= self.max_price:
            raise WorldError(f'instrument {self.id}: tick, lot or price range')
        if self.slope < 0 or not 0 <= self.fee < 1 or self.slippage < 0:
            raise WorldError(f'instrument {self.id}: slope, fees or slippage')

    def coordinate(self, price):
        """Section 3: what values are linear in: the mark itself, or U = floor(10^n / M)."""
        return self.ten_n // price if self.inverse else price

    def per_coordinate(self, qty):
        """Settle units that |qty| (raw) is worth per unit of the coordinate."""
        return Fraction(self.K * abs(qty), 10 ** self.fine)

    def check_position(self, qty, price):
        """Section 3: K |q| max_price or K |q| U(min_price) below 2^119; cost likewise."""
        worst = self.min_price if self.inverse else self.max_price
        for p in (worst, price):
            if p and self.K * abs(qty) * self.coordinate(p) >= BOUND:
                raise WorldError(f'instrument {self.id}: position too large')


class Policy:
    """policy: the fields that calc depends on."""

    def __init__(self, line):
        self.at_or_below = line.get('trigger', 'below') == 'at_or_below'
        self.entry_basis = line.get('mm_basis', 'mark') == 'entry'
        self.fee_in_maintenance = line.get('fee_in_maintenance', True)
        self.warn = [share(w) for w in line.get('warn', ['0.8'])]


class Row:
    """A position as the account message gave it, in raw units."""

    def __init__(self, line, instrument, rev, before, funding_now):
        """before: the row as it stood. Under an unchanged revision what was paid stays paid."""
        qs = instrument.qty_scale if instrument else None
        ps = instrument.price_scale if instrument else None
        scale = instrument.scale if instrument else None
        self.qty = raw64(line['qty'], qs)
        self.entry = self.optional(line, 'entry', ps)
        self.cost = self.optional(line, 'cost', scale)
        self.margin = raw64(line.get('margin', 0), scale)
        self.order_margin = raw64(line.get('order_margin', 0), scale)
        funding = self.optional(line, 'funding', FUNDING_SCALE)
        self.rev = max(line.get('rev', rev), before.rev if before else 0)
        if funding is None and before and self.rev == before.rev:
            funding = before.funding
        elif funding is None:
            funding = funding_now
        self.funding = funding  # None: the index of the first mark
        self.check(line.get('leg'), instrument)

    @staticmethod
    def optional(line, key, scale):
        """A field that may be left out or null."""
        return None if line.get(key) is None else raw64(line[key], scale)

    def check(self, leg, instrument):
        """`entry` is required unless `cost`; L has qty >= 0, S qty <= 0."""
        if leg not in LEGS or leg == 'L' and self.qty < 0 or leg == 'S' and self.qty > 0:
            raise WorldError('leg and qty do not agree')
        if self.qty == 0:
            return
        if (self.cost if self.cost is not None else self.entry or 0) <= 0:
            raise WorldError('a position needs a positive entry or cost')
        if instrument:
            instrument.check_position(self.qty, self.entry)


class Account:
    """An account: balances and positions by (instrument, leg, mode)."""

    def __init__(self, rev):
        self.rev, self.policy = rev, 1
        self.balances, self.positions = {}, {}


class State:
    """What the stream has said so far."""

    def __init__(self):
        self.assets, self.rates, self.instruments = {}, {}, {}
        self.marks, self.accounts = {}, {}
        self.policies = {1: Policy({})}
        self.numeraire = None

    def apply(self, line):
        """One message in; messages that calc does not depend on are skipped."""
        handler = getattr(self, 'on_' + line['type'], None)
        if handler:
            handler(line)

    def on_asset(self, line):
        """asset"""
        asset = self.assets[line['asset']] = Asset(line)
        if asset.numeraire:
            self.numeraire = asset

    def on_rate(self, line):
        """rate: price of an asset in the numeraire."""
        asset = self.assets.get(line['asset'])
        price = raw64(line['price'], asset.rate_scale if asset else None)
        if price <= 0 or not asset:
            raise WorldError('rate not positive, or of an unknown asset')
        self.rates[asset.id] = Fraction(price, 10 ** asset.rate_scale)

    def on_instrument(self, line):
        """instrument"""
        self.instruments[line['instrument']] = Instrument(line, self.assets)

    def on_mark(self, line):
        """mark: price within [min_price, max_price]; funding left out is 0."""
        instrument = self.instruments.get(line['instrument'])
        if not instrument:
            raise WorldError('mark of an unknown instrument')
        price = raw64(line['price'], instrument.price_scale)
        if not instrument.min_price <= price <= instrument.max_price:
            raise WorldError('mark outside [min_price, max_price]')
        funding = raw64(line.get('funding', 0), FUNDING_SCALE)
        self.marks[instrument.id] = (price, funding)
        for account in self.accounts.values():
            for key, row in account.positions.items():
                if key[0] == instrument.id and row.funding is None:
                    row.funding = funding

    def on_policy(self, line):
        """policy: what is left out takes its default."""
        self.policies[line['policy']] = Policy(line)

    def on_account(self, line):
        """account: `full` replaces everything; else only the rows listed change, rev last + 1."""
        before, rev = self.accounts.get(line['account']), line['rev']
        if line.get('full', False):
            if before and rev < before.rev:
                raise WorldError('full account at a lower rev')
            account = Account(rev)
        else:
            if not before or rev != before.rev + 1:
                raise WorldError('account rev is not the last + 1')
            account = before
        account.rev, account.policy = rev, line.get('policy', 1)
        for row in line.get('balances') or []:
            self.balance_row(account, row)
        for row in line.get('positions') or []:
            self.position_row(account, row, before.positions if before else {})
        self.accounts[line['account']] = account

    def balance_row(self, account, row):
        """Amounts are absolute."""
        asset = self.assets.get(row['asset'])
        scale = asset.scale if asset else None
        amount = raw64(row['amount'], scale)
        order_margin = raw64(row.get('order_margin', 0), scale)
        account.balances[row['asset']] = (amount, order_margin)

    def position_row(self, account, row, before):
        """qty 0 removes; `funding` left out is the index current when the position changed."""
        mark = self.marks.get(row['instrument'])
        key = (row['instrument'], row.get('leg'), row['mode'])
        parsed = Row(row, self.instruments.get(row['instrument']), account.rev, before.get(key),
                     mark[1] if mark else None)
        if parsed.qty:
            account.positions[key] = parsed
        else:
            account.positions.pop(key, None)


# ---------------------------------------------------------------- a position, a pool


class Position:
    """A position of a pool that does not wait, in rationals of the settle asset."""

    def __init__(self, instrument, leg, row, mark, policy):
        price, funding = mark
        self.instrument, self.leg, self.row = instrument, leg, row
        self.s = 1 if row.qty > 0 else -1
        self.q = Fraction(abs(row.qty), 10 ** instrument.qty_scale)
        self.k = instrument.per_coordinate(row.qty)
        self.cost = self.cost_of(row)
        self.due = self.s * self.q * Fraction(funding - row.funding, 10 ** FUNDING_SCALE)
        self.fee = instrument.fee
        self.mm_fee = self.fee if policy.fee_in_maintenance else ZERO
        self.entry_basis = policy.entry_basis
        self.tiers = self.tiers_of()
        instrument.check_position(row.qty, row.entry)

    def cost_of(self, row):
        """Section 3: `cost` is the value at entry, made by the same function when left out."""
        if row.cost is not None:
            return Fraction(row.cost, 10 ** self.instrument.scale)
        return self.k * self.instrument.coordinate(row.entry)

    def tiers_of(self):
        """Section 4: the tiers this position can be in, as (upto, m, c) of its notional.

        mmr_slope adds to m per unit of |q|. By size the tier is fixed by |q| and
        mm = value per unit x (m |q| - c), which is value x (m - c / |q|).
        """
        extra = self.instrument.slope * self.q
        tiers = self.instrument.tiers
        if not self.instrument.by_size:
            return [Tier(t.upto, t.m + extra, t.c) for t in tiers]
        tier = next((t for t in tiers if t.upto is None or t.upto >= self.q), tiers[-1])
        return [Tier(None, tier.m + extra - tier.c / self.q, ZERO)]

    def value(self, u):
        """Section 3: K |q| M, or K |q| U."""
        return self.k * u

    def upnl(self, u):
        """Section 4: s (value - cost), inverse s (cost - value)."""
        gain = self.value(u) - self.cost
        return -self.s * gain if self.instrument.inverse else self.s * gain

    def tier(self, notional):
        """Section 4: the first whose `upto` >= notional, the last one beyond."""
        for tier in self.tiers:
            if tier.upto is None or tier.upto >= notional:
                return tier
        return self.tiers[-1]

    def maintenance(self, u):
        """Section 4: mm_j = max(0, notional m - c) + f notional; entry basis: |cost|."""
        notional = self.cost if self.entry_basis else self.value(u)
        tier = self.tier(notional)
        return max(ZERO, notional * tier.m - tier.c) + self.mm_fee * notional

    def maintenance_piece(self, u):
        """(a, b) with maintenance = a + b u on the linear piece that has u inside, or at its lower
        end: at a coordinate of 0 nothing is asked for, and right above it is."""
        if self.entry_basis:
            return self.maintenance(u), ZERO
        notional = self.value(u)
        tier = self.tier(notional)
        if notional * tier.m >= tier.c:
            return -tier.c, (tier.m + self.mm_fee) * self.k
        return ZERO, self.mm_fee * self.k

    def maintenance_breaks(self):
        """Coordinates at which maintenance may bend or jump."""
        if self.entry_basis:
            return []
        edges = [t.upto / self.k for t in self.tiers if t.upto is not None]
        bends = [t.c / (t.m * self.k) for t in self.tiers if t.m and t.c]
        return edges + bends


class Holding:
    """One asset of a pool: balance, order margin, rate, and how H weights it."""

    def __init__(self, asset, rate, amount, order_margin, haircut):
        self.asset, self.rate = asset, rate
        self.amount = Fraction(amount, 10 ** asset.scale)
        self.order_margin = Fraction(order_margin, 10 ** asset.scale)
        self.slices = asset.slices if haircut else [(None, ONE)]
        self.liability = asset.liability if haircut else ONE

    def weighted(self, x):
        """Section 4: H_a, slice by slice of the asset's own amount; negative: liability."""
        if x < 0:
            return x * self.liability
        total, low = ZERO, ZERO
        for i, (upto, weight) in enumerate(self.slices):
            last = upto is None or i + 1 == len(self.slices)
            high = x if last else min(x, upto)
            total += weight * (high - low)
            if high == x:
                break
            low = high
        return total

    def weighted_piece(self, x):
        """(a, w) with H = a + w x on the linear piece that has x inside."""
        if x < 0:
            return ZERO, self.liability
        weight = self.slices[-1][1]
        for upto, w in self.slices:
            if upto is None or x < upto:
                weight = w
                break
        return self.weighted(x) - weight * x, weight

    def weighted_breaks(self):
        """Amounts at which H may bend."""
        bends = [] if self.liability == self.slices[0][1] else [ZERO]
        return bends + [upto for upto, _ in self.slices[:-1]]


class Pool:
    """Section 4: the unit that can go broke. Coordinates: {instrument: u}."""

    def __init__(self, positions, holdings, policy):
        self.positions, self.holdings, self.policy = positions, holdings, policy

    def amounts(self, u):
        """Section 4: x_a, netted per asset, before any haircut."""
        x = {a: h.amount for a, h in self.holdings.items()}
        for p in self.positions:
            x[p.instrument.settle] += p.upnl(u[p.instrument.id]) - p.due
        return x

    def solvency(self, u):
        """Section 4: (E, B, MM, [mm_j])."""
        E = B = MM = ZERO
        for a, x in self.amounts(u).items():
            holding = self.holdings[a]
            E += holding.rate * holding.weighted(x - holding.order_margin)
            B += holding.rate * x
        mm = [p.maintenance(u[p.instrument.id]) for p in self.positions]
        for p, m in zip(self.positions, mm):
            MM += self.holdings[p.instrument.settle].rate * m
        return E, B, MM, mm

    def is_unsafe(self, h):
        """Section 4: safe is E >= MM (`below`) or E > MM (`at_or_below`); h = E - MM."""
        return h <= 0 if self.policy.at_or_below else h < 0


# ---------------------------------------------------------------- the liquidation price


class Slice:
    """E - MM of a pool along one instrument's coordinate u, all else equal.

    h(u) is piecewise linear with rational breaks: where the settle asset's H bends, and where a
    position's tier changes or its max(0, ...) bends.
    """

    def __init__(self, pool, instrument, here):
        self.pool, self.here = pool, here
        self.instrument = instrument
        self.moving = [p for p in pool.positions if p.instrument is instrument]
        self.holding = pool.holdings[instrument.settle]
        self.fixed = self.fixed_part()
        self.y0, self.y1 = self.settle_line()

    def fixed_part(self):
        """What of E - MM does not depend on u."""
        total, amounts = ZERO, self.pool.amounts(self.here)
        for a, x in amounts.items():
            if a != self.instrument.settle:
                holding = self.pool.holdings[a]
                total += holding.rate * holding.weighted(x - holding.order_margin)
        for p in self.pool.positions:
            if p.instrument is not self.instrument:
                rate = self.pool.holdings[p.instrument.settle].rate
                total -= rate * p.maintenance(self.here[p.instrument.id])
        return total

    def settle_line(self):
        """(y0, y1): the settle asset's x - order margin is y0 + y1 u."""
        y0, y1 = self.holding.amount - self.holding.order_margin, ZERO
        for p in self.pool.positions:
            if p.instrument.settle != self.instrument.settle:
                continue
            if p.instrument is self.instrument:
                way = -p.s if p.instrument.inverse else p.s
                y0, y1 = y0 - way * p.cost - p.due, y1 + way * p.k
            else:
                y0 += p.upnl(self.here[p.instrument.id]) - p.due
        return y0, y1

    def breaks(self):
        """All coordinates at which h may bend or jump, rising."""
        found = set()
        for p in self.moving:
            found.update(p.maintenance_breaks())
        if self.y1:
            found.update((x - self.y0) / self.y1 for x in self.holding.weighted_breaks())
        return sorted(found)

    def h(self, u):
        """E - MM at u."""
        weighted = self.holding.weighted(self.y0 + self.y1 * u)
        needed = sum((p.maintenance(u) for p in self.moving), ZERO)
        return self.fixed + self.holding.rate * (weighted - needed)

    def piece(self, u):
        """(a, b) with h = a + b u on the linear piece that has u inside."""
        a, w = self.holding.weighted_piece(self.y0 + self.y1 * u)
        a, b = a + w * self.y0, w * self.y1
        for p in self.moving:
            pa, pb = p.maintenance_piece(u)
            a, b = a - pa, b - pb
        return self.fixed + self.holding.rate * a, self.holding.rate * b

    def unsafe_integers(self, low, high):
        """The unsafe integers of [low, high], as intervals."""
        found, start = [], low
        for edge in [b for b in self.breaks() if low <= b <= high] + [None]:
            last = high if edge is None else ceil_of(edge) - 1
            if start <= last:
                found += self.unsafe_in_piece(start, last)
            if edge is None:
                break
            if edge.denominator == 1 and self.pool.is_unsafe(self.h(edge)):
                found.append((edge.numerator, edge.numerator))
            start = floor_of(edge) + 1
        return found

    def unsafe_in_piece(self, low, high):
        """The unsafe integers of [low, high], which has no break inside."""
        a, b = self.piece(Fraction(low))
        if b == 0:
            return [(low, high)] if self.pool.is_unsafe(a) else []
        root, at = -a / b, self.pool.policy.at_or_below
        if b > 0:
            high = min(high, floor_of(root) if at else ceil_of(root) - 1)
        else:
            low = max(low, ceil_of(root) if at else floor_of(root) + 1)
        return [(low, high)] if low <= high else []

    def unsafe_real(self, low, high, with_low):
        """An unsafe real coordinate in (low, high), or at low if with_low; None without one.

        high None: no end.
        """
        if with_low and self.pool.is_unsafe(self.h(low)):
            return low
        edges = [b for b in self.breaks() if b > low and (high is None or b < high)]
        for edge in edges:
            if self.pool.is_unsafe(self.h(edge)):
                return edge
        for left, right in zip([low] + edges, edges + [high]):
            inside = self.unsafe_inside(left, right)
            if inside is not None:
                return inside
        return None

    def unsafe_inside(self, left, right):
        """An unsafe real in the open interval (left, right), which has no break inside."""
        middle = left + 1 if right is None else (left + right) / 2
        a, b = self.piece(middle)
        if self.pool.is_unsafe(a + b * middle):
            return middle
        if b == 0 or right is None and b > 0 and a + b * left >= 0:
            return None
        if right is None and b < 0:
            return middle - (a + b * middle) / b + 1
        end = left if b > 0 else right
        if a + b * end >= 0:
            return None
        return (end - a / b) / 2


def merged(intervals):
    """Sorted integer intervals, those that touch made one."""
    out = []
    for low, high in sorted(intervals):
        if out and low <= out[-1][1] + 1:
            out[-1] = (out[-1][0], max(out[-1][1], high))
        else:
            out.append((low, high))
    return out


def marks_of_reciprocals(instrument, intervals):
    """Section 3: the marks whose U = floor(10^n / M) lies in one of the intervals."""
    out = []
    for low, high in intervals:
        first = instrument.ten_n // (high + 1) + 1
        last = instrument.ten_n // low if low else instrument.max_price
        first, last = max(first, instrument.min_price), min(last, instrument.max_price)
        if first <= last:
            out.append((first, last))
    return out


def unsafe_marks(line):
    """The unsafe marks of [min_price, max_price] along a Slice, as intervals."""
    i = line.instrument
    ends = sorted((i.coordinate(i.min_price), i.coordinate(i.max_price)))
    found = line.unsafe_integers(*ends)
    return merged(marks_of_reciprocals(i, found) if i.inverse else found)


def is_safe_brute(line, mark):
    """Section 4, safe: the whole pool judged with one mark moved."""
    i = line.instrument
    E, _, MM, _ = line.pool.solvency({**line.here, i.id: Fraction(i.coordinate(mark))})
    return E > MM if line.pool.policy.at_or_below else E >= MM


def around_brute(safe, mark):
    """The mark itself where it is safe, else the nearest safe one, the lower on a tie."""
    low, high = min(safe), max(safe)
    away = 0
    while True:
        for m in (mark - away, mark + away):
            if low <= m <= high and safe[m]:
                return m
        away += 1


def liquidation_brute(line, mark):
    """Section 4, the liquidation price, word by word: every mark of the range is tried."""
    i = line.instrument
    if i.max_price - i.min_price > BRUTE_LIMIT:
        raise WorldError(f'instrument {i.id}: range too wide for brute force')
    safe = {m: is_safe_brute(line, m) for m in range(i.min_price, i.max_price + 1)}
    if not any(safe.values()):
        return (None, 'never_safe'), (None, 'never_safe')
    around = around_brute(safe, mark)
    below = [m for m in safe if m < around and not safe[m]]
    above = [m for m in safe if m > around and not safe[m]]
    return (side(below[-1:], outside_below, line), side(above[:1], outside_above, line))


def outside_below(line):
    """An unsafe coordinate of a real price 0 <= M < min_price, or None."""
    i = line.instrument
    edge = Fraction(i.coordinate(i.min_price))
    return line.unsafe_real(edge, None, False) if i.inverse else line.unsafe_real(ZERO, edge, True)


def outside_above(line):
    """An unsafe coordinate of a real price M > max_price, or None."""
    i = line.instrument
    edge = Fraction(i.coordinate(i.max_price))
    return line.unsafe_real(ZERO, edge, True) if i.inverse else line.unsafe_real(edge, None, False)


def complement(intervals, low, high):
    """The integers of [low, high] in none of the intervals."""
    out = []
    for first, last in intervals:
        if low < first:
            out.append((low, first - 1))
        low = last + 1
    return out + ([(low, high)] if low <= high else [])


def nearest(intervals, mark):
    """The integer of the intervals nearest to mark, the lower on a tie."""
    candidates = [min(max(mark, low), high) for low, high in intervals]
    return min(candidates, key=lambda m: (abs(m - mark), m))


def liquidation(line, mark):
    """Section 4: ((below, reason), (above, reason)), the nearest unsafe marks."""
    i = line.instrument
    unsafe = unsafe_marks(line)
    safe = complement(unsafe, i.min_price, i.max_price)
    if not safe:
        return (None, 'never_safe'), (None, 'never_safe')
    around = nearest(safe, mark)
    below = [high for _, high in unsafe if high < around]
    above = [low for low, _ in unsafe if low > around]
    return (side(below[-1:], outside_below, line), side(above[:1], outside_above, line))


def side(found, outside, line):
    """One side's unsafe mark, or why there is none."""
    if found:
        return found[0], None
    return None, 'always_safe' if outside(line) is None else 'out_of_range'


# ---------------------------------------------------------------- bankruptcy, close-out, buffer


def closing_price(position, pool_rate, B, weight, u):
    """Section 4: the price that leaves zero when the position bears B x weight; exact.

    g = s B w / (k |q| r); linear P (1 - s f) = M - g; inverse (1 + s f) / P = 1/M + g, with the
    canonical reciprocal U for 1/M. None where no positive price does it.
    """
    s, f, i = position.s, position.fee, position.instrument
    g = s * B * weight / (position.k * pool_rate)
    if not i.inverse:
        return (u - g) / (1 - s * f)
    target = (u + g) / (1 + s * f)
    return i.ten_n / target if target > 0 else None


def to_tick(position, price):
    """Section 3: a long's closing price up to the tick, a short's down; null if not positive."""
    if price is None:
        return None
    tick = position.instrument.tick
    ticks = ceil_of(price / tick) if position.s > 0 else floor_of(price / tick)
    return ticks * tick if ticks > 0 else None


def closing_weights(pool, mm, MM, u):
    """Section 4: w = r mm_j / MM; where MM = 0: r value / sum of r value."""
    rates = [pool.holdings[p.instrument.settle].rate for p in pool.positions]
    if MM:
        return [r * m / MM for r, m in zip(rates, mm)]
    values = [r * p.value(u[p.instrument.id]) for r, p in zip(rates, pool.positions)]
    total = sum(values, ZERO)
    return [v / total if total else None for v in values]


def buffer_of(liquidation_price, bankruptcy_price, instrument, mark):
    """Section 4: |liquidation - bankruptcy price| over slippage x mark, down at 9 decimals."""
    if liquidation_price is None or bankruptcy_price is None or not instrument.slippage:
        return None
    gap = abs(liquidation_price - bankruptcy_price)
    return dec_floor(gap / (instrument.slippage * mark), MICRO)


# ---------------------------------------------------------------- calc


POSITION_KEYS = ('notional', 'upnl', 'maintenance', 'liquidation_price',
                 'liquidation_below', 'liquidation_below_reason',
                 'liquidation_above', 'liquidation_above_reason',
                 'bankruptcy_price', 'closeout_price', 'buffer')
POOL_KEYS = ('equity', 'bankruptcy_equity', 'maintenance', 'ratio', 'state')


class Calc:
    """proto/README.md, calc: every account in order, every pool in canonical order."""

    def __init__(self, state, brute=False):
        self.state, self.brute = state, brute

    def lines(self):
        """All output lines, as dicts with their keys in the documented order."""
        for number in sorted(self.state.accounts):
            account = self.state.accounts[number]
            for name, rows, holdings, policy in self.pools(account):
                yield self.pool_line(number, name, rows, holdings, policy)

    def pools(self, account):
        """(name, [(key, row)], {asset: (amount, order margin)}, policy or None) a pool."""
        keys = sorted(account.positions, key=lambda k: (k[0], LEGS[k[1]]))
        cross = [(k, account.positions[k]) for k in keys if k[2] == 'cross']
        if cross or any(amount for amount, _ in account.balances.values()):
            balances = {a: b for a, b in account.balances.items() if b != (0, 0)}
            yield 'x', cross, balances, account.policy
        for key in keys:
            if key[2] != 'cross':
                yield self.isolated(key, account.positions[key])

    def isolated(self, key, row):
        """An isolated position: `margin` is the pool's whole balance; the policy its instrument's.
        """
        name = f'{key[0]}{key[1] or ""}'
        instrument = self.state.instruments.get(key[0])
        if not instrument:
            return name, [(key, row)], {}, None
        holdings = {instrument.settle: (row.margin, row.order_margin)}
        return name, [(key, row)], holdings, instrument.policy

    def pool_line(self, number, name, rows, holdings, policy):
        """One output line."""
        pool = self.build(rows, holdings, policy, name == 'x')
        head = {'account': number, 'pool': name}
        if pool is None:
            body = dict.fromkeys(POOL_KEYS)
            body['positions'] = [self.waiting(key, row) for key, row in rows]
            return {**head, **body}
        u = self.coordinates(pool)
        E, B, MM, mm = pool.solvency(u)
        body = self.pool_fields(pool, E, B, MM)
        body['positions'] = self.position_lines(pool, u, B, MM, mm)
        return {**head, **body}

    def build(self, rows, holdings, policy, cross):
        """The pool in rationals, or None: missing asset, rate, instrument or mark, it waits."""
        state = self.state
        if not state.numeraire:
            return None
        for key, _ in rows:
            if key[0] not in state.instruments or key[0] not in state.marks:
                return None
        settles = {state.instruments[key[0]].settle for key, _ in rows}
        amounts = {**{a: (0, 0) for a in settles}, **holdings}
        held = {}
        for a, (amount, order_margin) in amounts.items():
            rate = self.rate(a)
            if rate is None:
                return None
            held[a] = Holding(state.assets[a], rate, amount, order_margin, cross)
        if policy not in state.policies:
            raise WorldError(f'policy {policy} is not known')
        rules = state.policies[policy]
        positions = [Position(state.instruments[key[0]], key[1], row, state.marks[key[0]], rules)
                     for key, row in rows]
        return Pool(positions, held, rules)

    def rate(self, a):
        """rate: the numeraire's is 1."""
        asset = self.state.assets.get(a)
        if asset is None:
            return None
        return ONE if asset is self.state.numeraire else self.state.rates.get(a)

    def coordinates(self, pool):
        """Where every mark of the pool stands."""
        return {p.instrument.id: Fraction(p.instrument.coordinate(self.mark(p)))
                for p in pool.positions}

    def mark(self, position):
        """The current mark of a position's instrument."""
        return self.state.marks[position.instrument.id][0]

    def pool_fields(self, pool, E, B, MM):
        """Equity down, maintenance up, ratio up at 9 decimals, null where equity <= 0."""
        scale = self.state.numeraire.scale
        return {'equity': dec_floor(E, scale), 'bankruptcy_equity': dec_floor(B, scale),
                'maintenance': dec_ceil(MM, scale),
                'ratio': dec_ceil(MM / E, MICRO) if E > 0 else None,
                'state': self.state_of(pool, E, B, MM)}

    @staticmethod
    def state_of(pool, E, B, MM):
        """bankrupt if B < 0, else liquidate if unsafe, else warn at or above the first ratio."""
        if B < 0:
            return 'bankrupt'
        if not pool.positions:
            return 'safe'
        if pool.is_unsafe(E - MM):
            return 'liquidate'
        if pool.policy.warn and MM >= pool.policy.warn[0] * E:
            return 'warn'
        return 'safe'

    def position_lines(self, pool, u, B, MM, mm):
        """The positions of a pool, in canonical order."""
        weights = closing_weights(pool, mm, MM, u)
        points, out = {}, []
        for p, m, w in zip(pool.positions, mm, weights):
            i = p.instrument
            if i.id not in points:
                line = Slice(pool, i, u)
                search = liquidation_brute if self.brute else liquidation
                points[i.id] = search(line, self.mark(p))
            closing = [self.closing(pool, p, u, B, ONE), self.closing(pool, p, u, B, w)]
            out.append(self.position_line(p, u[i.id], m, points[i.id], closing))
        return out

    @staticmethod
    def closing(pool, p, u, B, weight):
        """Bankruptcy price (weight 1) or close-out price, to the tick."""
        if weight is None:
            return None
        rate = pool.holdings[p.instrument.settle].rate
        return to_tick(p, closing_price(p, rate, B, weight, u[p.instrument.id]))

    def position_line(self, p, u, mm, points, closing):
        """One position: amounts at the settle asset's scale, prices at price_scale."""
        i, ((below, why_below), (above, why_above)) = p.instrument, points
        adverse, other = (below, above) if p.s > 0 else (above, below)
        chosen = adverse if adverse is not None else other
        bankruptcy, closeout = closing

        def price(units):
            return None if units is None else dec(units, i.price_scale)

        return {'instrument': i.id, 'leg': p.leg, 'qty': dec(p.row.qty, i.qty_scale),
                'notional': dec_ceil(p.value(u), i.scale),
                'upnl': dec_floor(p.upnl(u), i.scale),
                'maintenance': dec_ceil(mm, i.scale),
                'liquidation_price': price(chosen),
                'liquidation_below': price(below), 'liquidation_below_reason': why_below,
                'liquidation_above': price(above), 'liquidation_above_reason': why_above,
                'bankruptcy_price': price(bankruptcy), 'closeout_price': price(closeout),
                'buffer': buffer_of(chosen, bankruptcy, i, self.mark(p))}

    def waiting(self, key, row):
        """A position of a pool that waits; qty in raw units where its scale is not known."""
        i = self.state.instruments.get(key[0])
        body = dict.fromkeys(POSITION_KEYS)
        body['liquidation_below_reason'] = body['liquidation_above_reason'] = 'no_price'
        qty = dec(row.qty, i.qty_scale) if i else row.qty
        return {'instrument': key[0], 'leg': key[1], 'qty': qty, **body}


def read(lines):
    """The state after all lines; errors name the line."""
    state = State()
    for number, text in enumerate(lines, 1):
        if not text.strip():
            continue
        try:
            state.apply(json.loads(text))
        except (WorldError, ValueError, KeyError, TypeError) as error:
            raise WorldError(f'line {number}: {error!r}') from error
    return state


def calc(lines, brute=False):
    """JSON lines in, output dicts out."""
    return list(Calc(read(lines), brute).lines())


def compact(line):
    """One output line as it is printed."""
    return json.dumps(line, separators=(',', ':'))


def main():
    """The command line."""
    parser = argparse.ArgumentParser(description='oracle of zeroline calc')
    parser.add_argument('--brute', action='store_true', help='try every mark of the range')
    parser.add_argument('--selftest', type=int, metavar='N', help='check N random worlds')
    parser.add_argument('--seed', type=int, default=1, help='first seed of the self-test')
    args = parser.parse_args()
    if args.selftest:
        import selftest
        return selftest.run(args.selftest, args.seed)
    try:
        for line in calc(sys.stdin, args.brute):
            print(compact(line))
    except WorldError as error:
        print(f'calc.py: {error}', file=sys.stderr)
        return 2
    return 0


if __name__ == '__main__':
    sys.exit(main())
