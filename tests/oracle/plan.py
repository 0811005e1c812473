"""Who bears what when pools go broke: claims, candidates, scores and a fund's plan, in rationals.

Written from the rules alone (proto/README.md; src/core/score.h and assign.h for the formulas).
Nothing is clever, and nothing is rounded but what the rules round, by name.
"""
from fractions import Fraction

import calc

FACTOR_MOST = 10 ** 12     # every factor of a score is clamped to it
GAIN, LEVERAGE = 10 ** 9, 10 ** 6
SCORE_MOST = (1 << 64) - 1
ROWS_MAX = 7168            # messages of a plan
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
        """By score, the highest first, then account, pool, instrument, leg."""
        return (-self.score, *self.place()[1:])

    def place(self):
        """By partition, account, pool, instrument, leg."""
        return (self.partition, self.account, pool_order(self.pool), self.instrument.id,
                calc.LEGS[self.leg])


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


def gained(claim, qty, price, instead_of):
    """What the loser has more when it closes at one price instead of at another; exact, raw units.
    """
    i = claim.instrument
    rise = i.per_coordinate(qty) * (i.coordinate(price) - i.coordinate(instead_of))
    return (-claim.s if i.inverse else claim.s) * rise * 10 ** i.scale


def pair_price(claim, policy, mark, index):
    """The policy's; an index counts within the instrument's range."""
    i = claim.instrument
    index = max(i.min_price, min(index, i.max_price))
    return {'closeout': claim.price, 'mark': mark, 'index': index}[policy.adl_price]


def is_at_end(claim):
    """Whether the close-out price may have been moved to be within the range."""
    i = claim.instrument
    low, high = calc.ceil_of(Fraction(i.min_price, i.tick)), i.max_price // i.tick
    return low > high or claim.price // i.tick in (low, high)


def uncovered(claim, closed, mark, price):
    """What the loser lacks when `closed` of it is closed at a price, the rest at the mark.

    At the mark it lacks the amount. Where that is nothing, closing at the close-out price is what
    it can bear. Closing at its own close-out price is what a part of the amount stands for.
    """
    lacks = claim.amount - gained(claim, closed, price, mark)
    if not claim.amount:
        lacks -= max(Fraction(0), gained(claim, closed, mark, claim.price))
    elif price == claim.price and not is_at_end(claim):
        lacks = min(lacks, Fraction(claim.amount * (claim.qty - closed), claim.qty))
    return max(0, calc.ceil_of(lacks))


def shares_of_loss(money, claim, bearers, loss):
    """{asset: [(bearer, amount)]}: first the assets share the loss, by the profits in them, then
    the bearers of each what that is in their asset, up. Nothing where there is no profit."""
    weights = {}
    for c in bearers:
        if c.instrument.settle in money.rates:
            weight = money.in_numeraire(c.profit, c.instrument.settle)
            weights.setdefault(c.instrument.settle, []).append((c, weight))
    sums = [sum(w for _, w in weights[a]) for a in sorted(weights)]
    if not sum(sums):
        return {}
    out = {}
    for asset, part, total in zip(sorted(weights), cumulative_floors(loss, sums), sums):
        amount = money.converted_up(part, claim.instrument.settle, asset)
        if total:
            dealt = cumulative_floors(amount, [w for _, w in weights[asset]])
            out[asset] = [(c, n) for (c, _), n in zip(weights[asset], dealt)]
    return out


class Plan:
    """One plan of a fund: rows of (type, claim, candidate or None, qty, price, amount).

    A plan holds ROWS_MAX messages. A claim whose own do not fit behind those before it is not met,
    nor is any behind it: they wait for the next plan.
    """

    def __init__(self, fund, money, policies, prices):
        """prices: {instrument: (mark, index)}, raw."""
        self.fund, self.money, self.policies, self.prices = fund, money, policies, prices
        self.rows, self.spent, self.overdrawn, self.waits = [], 0, False, False

    def make(self, claims, candidates):
        """Claims in order: account, pool, instrument, leg."""
        self.candidates = sorted(candidates, key=Candidate.place)
        for claim in sorted(claims, key=Claim.order):
            before = len(self.rows), self.spent, self.overdrawn, [c.left for c in self.candidates]
            self.meet(claim, self.policies[claim.instrument.policy])
            if len(self.rows) <= ROWS_MAX:
                continue
            if before[0] == 0:
                raise calc.WorldError('a claim that no plan holds whole')
            del self.rows[before[0]:]
            self.spent, self.overdrawn = before[1:3]
            for candidate, left in zip(self.candidates, before[3]):
                candidate.left = left
            self.waits = True
            break
        return self.rows

    def meet(self, claim, policy):
        """The fund takes it over, or winners close against it."""
        cost = self.cost(claim.amount, claim)
        if self.takes(cost, policy):
            self.overdrawn |= self.is_beyond(cost, policy)
            self.take_over(claim, claim.qty, claim.price, cost)
        else:
            self.deleverage(claim, policy)

    def cost(self, amount, claim):
        """In the fund's asset."""
        return self.money.converted_up(amount, claim.instrument.settle, self.fund.asset)

    def takes(self, cost, policy):
        """Whether the fund pays it of its own will."""
        if policy.takeover == 'if_solvent':
            return self.within_bounds(cost, policy)
        return policy.takeover == 'always'

    def within_bounds(self, cost, policy):
        """fund_floor and fund_drawdown."""
        rest = self.fund.balance - self.spent - cost
        return (self.money.worth(rest, self.fund.asset) >= policy.fund_floor
                and rest >= self.fund.peak * (1 - policy.fund_drawdown))

    def is_beyond(self, cost, policy):
        """Whether it costs more than the fund can bear."""
        return cost > 0 and not self.within_bounds(cost, policy)

    def take_over(self, claim, qty, price, amount):
        """The fund's own row."""
        self.spent += amount
        self.rows.append(('takeover', claim, None, qty, price, amount))

    def deleverage(self, claim, policy):
        """Winners close against the loser; then what is left of quantity and loss is borne."""
        mark, index = self.prices[claim.instrument.id]
        price = pair_price(claim, policy, mark, index)
        winners = [c for c in self.candidates if c.instrument is claim.instrument
                   and c.s != claim.s and c.account != claim.account]
        given = self.deal(claim, policy, winners, mark, price)
        for winner, qty in given:
            if qty:
                winner.left -= qty
                self.rows.append(('adl', claim, winner, qty, price, 0))
        closed = sum(qty for _, qty in given)
        at = mark if policy.adl_score == 'least_overshoot' else claim.price
        self.rest(claim, policy, claim.qty - closed, at, uncovered(claim, closed, mark, price))

    def deal(self, claim, policy, winners, mark, price):
        """[(winner, quantity)] in the order of the plan."""
        lot = claim.instrument.lot
        if policy.adl_score == 'pro_rata':
            return pro_rata(claim.qty, lot, winners)
        if policy.adl_score == 'least_overshoot':
            gain = max(Fraction(0), gained(claim, lot, price, mark))
            return least_overshoot(claim.qty, lot, Fraction(claim.amount), gain, winners)
        return ranked(claim.qty, winners)

    def rest(self, claim, policy, left, price, loss):
        """A loss is the fund's if it can bear it, else all winners', else the fund's all the same;
        what is left over is the fund's."""
        paid, cost = 0, self.cost(loss, claim)
        if loss and self.takes(cost, policy):
            paid = cost
            self.overdrawn |= self.is_beyond(cost, policy)
        elif loss and not (policy.socialize and self.socialize(claim, loss)):
            paid, self.overdrawn = cost, True
        if left or paid:
            self.take_over(claim, left, price, paid)

    def socialize(self, claim, loss):
        """In proportion to profit, over all candidates of other accounts."""
        bearers = [c for c in self.candidates if c.account != claim.account]
        parts = shares_of_loss(self.money, claim, bearers, loss)
        for asset in sorted(parts):
            for bearer, part in parts[asset]:
                if part:
                    self.rows.append(('socialize', claim, bearer, 0, 0, part))
        return bool(parts)
