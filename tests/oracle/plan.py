"""Who bears what when pools go broke: claims, candidates, scores and a fund's plan, in rationals.

Written from the rules alone (proto/README.md; src/core/score.h and assign.h for the formulas).
Nothing is clever, and nothing is rounded but what the rules round, by name.
"""
from fractions import Fraction

import calc

FACTOR_MOST = 10 ** 12     # every factor of a score is clamped to it
GAIN, LEVERAGE = 10 ** 9, 10 ** 6
SCORE_MOST = (1 << 64) - 1
MASK = (1 << 64) - 1


# ---------------------------------------------------------------- names and orders


def mix64(z):
    """The hash that partitions go by."""
    z ^= z >> 30
    z = z * 0xbf58476d1ce4e5b9 & MASK
    z ^= z >> 27
    z = z * 0x94d049bb133111eb & MASK
    return z ^ z >> 31


def pool_order(name):
    """Canonical order of an account's pools: x first, then by instrument, then none, L, S."""
    if name == 'x':
        return 0, 0, 0
    leg = name[-1] if name[-1] in 'LS' else None
    return 1, int(name[:-1] if leg else name), calc.LEGS[leg]


class Claim:
    """A position that nobody took, as a bid states it: raw units."""

    def __init__(self, account, pool, key, position, price, amount):
        self.account, self.pool, self.key = account, pool, key
        self.instrument, self.leg = position.instrument, position.leg
        self.s, self.qty = position.s, abs(position.row.qty)
        self.side = 'sell' if position.s > 0 else 'buy'     # that closes it
        self.price, self.amount = price, amount

    def order(self):
        """Account, pool, instrument, leg."""
        return self.account, pool_order(self.pool), self.instrument.id, calc.LEGS[self.leg]


class Candidate:
    """A position with profit: raw units, profit rounded down."""

    def __init__(self, partition, account, pool, position, score, profit):
        self.partition, self.account, self.pool = partition, account, pool
        self.instrument, self.leg, self.s = position.instrument, position.leg, position.s
        self.qty = self.left = abs(position.row.qty)
        self.score, self.profit = score, profit
        self.side = 'buy' if position.s > 0 else 'sell'     # buy: a long

    def queue(self):
        """By score, the highest first, then account, pool, leg."""
        return -self.score, self.account, pool_order(self.pool), calc.LEGS[self.leg]

    def place(self):
        """By partition, account, pool, leg; of one cross pool at last by instrument."""
        return (self.partition, self.account, pool_order(self.pool), calc.LEGS[self.leg],
                self.instrument.id)


# ---------------------------------------------------------------- scores


class Standing:
    """What a score is made of, in the settle asset or, of a pool, in the numeraire."""

    def __init__(self, position, rate, u, B, MM, unrealised):
        self.size = abs(position.row.qty)
        self.value, self.cost = position.value(u), position.cost
        self.profit = position.upnl(u)
        fine = 10 ** position.instrument.fine     # |value - value where the pool is bankrupt|, down
        self.distance = Fraction(calc.floor_of(abs(B) / rate * fine), fine)
        self.units = 10 ** position.instrument.scale
        self.notional, self.entry_notional = rate * self.value, rate * self.cost
        self.equity, self.balance, self.maintenance = B, B - unrealised, MM


def factor(num, den, scale):
    """floor(scale x num / den) within 10^12 either way; over nothing or less it is 10^12."""
    if den <= 0:
        return FACTOR_MOST
    return max(-FACTOR_MOST, min(FACTOR_MOST, calc.floor_of(Fraction(scale * num) / den)))


def bitmex(at):
    """p L, p = profit / entry value, L = mark value / |mark value - bankrupt value|."""
    return factor(at.profit, at.cost, GAIN) * factor(at.value, at.distance, LEVERAGE)


def binance(at):
    """profit / notional x notional / equity."""
    return factor(at.profit, at.value, GAIN) * factor(at.notional, at.equity, LEVERAGE)


def bybit(at):
    """profit / entry value x entry value / balance."""
    return (factor(at.profit, at.cost, GAIN)
            * factor(at.entry_notional, at.balance, LEVERAGE))


def okx(at):
    """profit / entry value over equity / maintenance."""
    return factor(at.profit, at.cost, GAIN) * factor(at.maintenance, at.equity, LEVERAGE)


def hyperliquid(at):
    """The better price over the worse x notional / equity; rounded once."""
    larger, smaller = max(at.value, at.cost), min(at.value, at.cost)
    leverage = factor(at.notional, at.equity, LEVERAGE)
    if factor(larger, smaller, GAIN) == FACTOR_MOST:
        return FACTOR_MOST * leverage
    return calc.floor_of(larger * leverage * GAIN / smaller)


def pnl(at):
    """Profit in units of the settle asset."""
    return calc.floor_of(at.profit * at.units)


def size(at):
    """Quantity."""
    return at.size


SCORES = {'bitmex': bitmex, 'binance': binance, 'bybit': bybit, 'okx': okx,
          'hyperliquid': hyperliquid, 'pnl': pnl, 'size': size, 'pro_rata': size,
          'least_overshoot': pnl}


def score(by, standing):
    """The integer that goes over the wire."""
    return min(SCORE_MOST, SCORES[by](standing))


# ---------------------------------------------------------------- dealing out


def cumulative_floors(amount, weights):
    """The i-th part is floor(amount C_i / C) - floor(amount C_(i-1) / C)."""
    total, before, dealt, parts = sum(weights), 0, 0, []
    for weight in weights:
        before += weight
        parts.append(amount * before // total - dealt)
        dealt += parts[-1]
    return parts


def ranked(qty, winners):
    """The first of the queue gives all it has, then the next: [(winner, quantity)]."""
    out = []
    for winner in sorted(winners, key=Candidate.queue):
        out.append((winner, min(qty, winner.left)))
        qty -= out[-1][1]
    return out


def pro_rata(qty, lot, winners):
    """Each gives the same share of its lots."""
    winners = sorted(winners, key=Candidate.place)
    lots = [w.left // lot for w in winners]
    if not sum(lots):
        return []
    parts = cumulative_floors(min(qty // lot, sum(lots)), lots)
    return [(w, part * lot) for w, part in zip(winners, parts)]


def least_overshoot(qty, lot, deficit, lot_gain, winners):
    """As few lots as meet the deficit; lot by lot to whose share of profit is then smallest."""
    if deficit <= 0 or lot_gain <= 0:
        return []
    winners = sorted((w for w in winners if w.profit > 0), key=Candidate.place)
    lots = min(qty // lot, calc.ceil_of(deficit / lot_gain))
    caps = [w.left // lot for w in winners]
    return [(w, part * lot) for w, part in zip(winners, smallest_shares(
        lots, caps, [w.profit for w in winners]))]


def smallest_shares(lots, caps, profits):
    """One lot at a time to the least (given + 1) / profit. Of those that tie, whose share was the
    largest before, so that the smaller ones stay: the largest profit; then the first.

    Many lots are dealt in one go first: all below a level that the lots surely reach.
    """
    given = below_level(lots, caps, profits)
    for _ in range(min(lots, sum(caps)) - sum(given)):
        open_ = [n for n in range(len(caps)) if given[n] < caps[n]]
        first = min(open_, key=lambda n: (Fraction(given[n] + 1, profits[n]), -profits[n], n))
        given[first] += 1
    return given


def below_level(lots, caps, profits):
    """What each has when no share is above the highest level that takes no more than `lots`."""
    low, high = Fraction(0), Fraction(lots + 1)

    def at(level):
        return [min(c, calc.floor_of(level * p)) for c, p in zip(caps, profits)]

    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if sum(at(middle)) <= lots else (low, middle)
    return at(low)


# ---------------------------------------------------------------- the plan


class Money:
    """Conversions at the rates of a round."""

    def __init__(self, assets, rates, numeraire):
        self.assets, self.rates, self.numeraire = assets, rates, numeraire

    def worth(self, amount, asset):
        """In whole numeraires."""
        return self.rates[asset] * Fraction(amount, 10 ** self.assets[asset].scale)

    def converted_up(self, amount, asset, to):
        """Raw units of one asset in those of another, up; of the same as they are."""
        if asset == to:
            return amount
        return calc.ceil_of(self.worth(amount, asset) / self.worth(1, to))

    def in_numeraire(self, amount, asset):
        """Raw units of an asset in those of the numeraire, down."""
        return calc.floor_of(self.worth(amount, asset) * 10 ** self.numeraire.scale)


def lost(claim, qty, price, instead_of):
    """What closing at one price instead of at another loses; raw units, exact."""
    i = claim.instrument
    fall = i.per_coordinate(qty) * (i.coordinate(instead_of) - i.coordinate(price))
    return (-claim.s if i.inverse else claim.s) * fall * 10 ** i.scale


def taken(claim, qty, mark, price):
    """What closing at `price` and not at the mark takes from winners; nothing where it gives."""
    return max(Fraction(0), lost(claim, qty, mark, price))


class Plan:
    """One plan of a fund: rows of (type, claim, candidate or None, qty, price, amount)."""

    def __init__(self, fund, money, policies, prices):
        """prices: {instrument: (mark, index)}, raw."""
        self.fund, self.money, self.policies, self.prices = fund, money, policies, prices
        self.rows, self.spent, self.overdrawn = [], 0, False

    def make(self, claims, candidates):
        """Claims in order: account, pool, instrument, leg."""
        self.candidates = sorted(candidates, key=Candidate.place)
        for claim in sorted(claims, key=Claim.order):
            policy = self.policies[claim.instrument.policy]
            cost = self.cost(claim.amount, claim)
            if self.bears(cost, policy):
                self.take_over(claim, claim.qty, claim.price, cost)
            else:
                self.deleverage(claim, policy)
        return self.rows

    def cost(self, amount, claim):
        """In the fund's asset."""
        return self.money.converted_up(amount, claim.instrument.settle, self.fund.asset)

    def bears(self, cost, policy):
        """Whether the fund takes a position over at this cost."""
        if policy.takeover != 'if_solvent':
            return policy.takeover == 'always'
        rest = self.fund.balance - self.spent - cost
        return (self.money.worth(rest, self.fund.asset) >= policy.fund_floor
                and rest >= self.fund.peak * (1 - policy.fund_drawdown))

    def take_over(self, claim, qty, price, amount):
        """The fund's own row."""
        self.spent += amount
        self.rows.append(('takeover', claim, None, qty, price, amount))

    def deleverage(self, claim, policy):
        """Winners close against the loser; then what is left of quantity and loss is borne."""
        mark, index = self.prices[claim.instrument.id]
        price = {'closeout': claim.price, 'mark': mark, 'index': index}[policy.adl_price]
        winners = [c for c in self.candidates if c.instrument is claim.instrument
                   and c.s != claim.s and c.account != claim.account]
        given = self.deal(claim, policy, winners, mark, price)
        for winner, qty in given:
            if qty:
                winner.left -= qty
                self.rows.append(('adl', claim, winner, qty, price, 0))
        closed = sum(qty for _, qty in given)
        if policy.adl_score == 'least_overshoot':
            loss = claim.amount - taken(claim, closed, mark, price)
            self.rest(claim, policy, claim.qty - closed, mark, max(0, calc.ceil_of(loss)))
        else:
            loss = self.ranked_loss(claim, closed, price)
            self.rest(claim, policy, claim.qty - closed, claim.price, loss)

    def deal(self, claim, policy, winners, mark, price):
        """[(winner, quantity)] in the order of the plan."""
        lot = claim.instrument.lot
        if policy.adl_score == 'pro_rata':
            return pro_rata(claim.qty, lot, winners)
        if policy.adl_score == 'least_overshoot':
            gain = taken(claim, lot, mark, price)
            return least_overshoot(claim.qty, lot, Fraction(claim.amount), gain, winners)
        return ranked(claim.qty, winners)

    @staticmethod
    def ranked_loss(claim, closed, price):
        """What the price of the pairs loses, and of what is left over its part of the amount."""
        if not claim.amount:
            return 0
        there = calc.ceil_of(lost(claim, closed, price, claim.price))
        left = calc.ceil_of(Fraction(claim.amount * (claim.qty - closed), claim.qty))
        return min(claim.amount, max(0, there) + left)

    def rest(self, claim, policy, left, price, loss):
        """A loss is socialised or paid by the fund; what is left over is the fund's."""
        paid = 0
        if loss and not (policy.socialize and self.socialize(claim, loss)):
            paid, self.overdrawn = self.cost(loss, claim), True
        if left or paid:
            self.take_over(claim, left, price, paid)

    def socialize(self, claim, loss):
        """In proportion to profit, over all candidates of other accounts."""
        bearers = [c for c in self.candidates if c.account != claim.account]
        weights = [self.money.in_numeraire(c.profit, c.instrument.settle) for c in bearers]
        if not sum(weights):
            return False
        for bearer, part in zip(bearers, cumulative_floors(loss, weights)):
            if part:
                self.rows.append(('socialize', claim, bearer, 0, 0, part))
        return True
