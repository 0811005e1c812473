"""The laws that every plan obeys, whoever made it: nothing is lost, nobody gives what he has not.

A plan is taken apart as its messages say, claim by claim, and held against the claims and
candidates of its round. How shares are dealt out is proven here too: by search where all ways of
dealing can be tried.
"""
import itertools
from fractions import Fraction

import calc
import plan

WAYS_MAX = 3000            # of dealing out lots, that are all tried
KINDS = ('takeover', 'adl', 'socialize')


class Broken(Exception):
    """A law that does not hold, and for which claim."""


class Record:
    """What a plan was made of."""

    def __init__(self, at, fund, money, policies, prices, claims, candidates):
        self.at, self.money, self.policies, self.prices = at, money, dict(policies), prices
        self.fund, self.asset, self.rev = fund.id, fund.asset, fund.rev
        self.balance, self.peak = fund.balance, fund.peak
        self.claims, self.candidates = claims, candidates
        self.left = {self.name(c): c.qty for c in candidates}

    @staticmethod
    def name(candidate):
        """What a message calls a winner."""
        return (candidate.account, candidate.pool, candidate.instrument.id, candidate.side)


class Deal:
    """One claim and its rows: raw quantities, prices and amounts."""

    def __init__(self, record, claim):
        self.record, self.claim, self.i = record, claim, claim.instrument
        self.policy = record.policies[self.i.policy]
        self.pairs, self.shares, self.takeover = [], [], None
        self.mark, index = record.prices[self.i.id]
        self.price = plan.pair_price(claim, self.policy, self.mark, index)
        self.least = self.policy.adl_score == 'least_overshoot'
        self.winners = [c for c in record.candidates if c.instrument is self.i
                        and c.s != claim.s and c.account != claim.account]

    def expect(self, condition, what):
        """One law."""
        if not condition:
            raise Broken(f'claim {self.claim.key} of instrument {self.i.id}: {what}')

    # -------------------------------------------------------- taking apart

    def take_rows(self, rows):
        """Pairs, then shares, then a takeover; what is not this claim's stays."""
        claim = self.claim
        while rows and rows[0]['type'] == 'adl' and self.is_of(rows[0], 'loser_key'):
            self.pairs.append(self.pair(rows.pop(0)))
        self.closed = sum(qty for _, qty in self.pairs)
        self.loss = plan.uncovered(claim, self.closed, self.mark, self.price)
        others = [c for c in self.record.candidates if c.account != claim.account]
        self.fair = plan.shares_of_loss(self.record.money, claim, others, self.loss)
        while rows and rows[0]['type'] == 'socialize' and rows[0]['key'] == claim.key:
            if self.borne_in(rows[0]['asset']) >= self.due_in(rows[0]['asset']):
                break
            self.shares.append(self.share(rows.pop(0)))
        if (rows and rows[0]['type'] == 'takeover' and self.is_of(rows[0], 'key')
                and rows[0]['leg'] == claim.leg):
            self.takeover = rows.pop(0)

    def is_of(self, row, field):
        """Named by key, instrument and closing side."""
        return (row[field], row['instrument'], row['side']) == (
            self.claim.key, self.i.id, self.claim.side)

    def pair(self, row):
        """(winner, quantity)"""
        name = row['winner_account'], row['winner_pool'], self.i.id, self.claim.side
        found = [c for c in self.record.candidates if Record.name(c) == name]
        self.expect(found, f'{name} is no candidate on the other side')
        self.expect(row['leg'] == found[0].leg, f'{name}: the leg is not the winner\'s')
        self.expect(row['score'] == found[0].score, f'{name}: another score')
        self.expect(self.raw(row['price'], self.i.price_scale) == self.price, 'the price of pairs')
        return found[0], self.raw(row['qty'], self.i.qty_scale)

    def share(self, row):
        """((account, pool), asset, amount)"""
        asset = row['asset']
        mine = [c for c in self.record.candidates if (c.account, c.pool) == (
            row['account'], row['pool']) and c.instrument.settle == asset]
        self.expect(mine, 'a share in an asset that its bearer has no profit in')
        scale = self.record.money.assets[asset].scale
        return (row['account'], row['pool']), asset, self.raw(row['amount'], scale)

    def borne_in(self, asset):
        """By shares so far."""
        return sum(amount for _, a, amount in self.shares if a == asset)

    def due_in(self, asset):
        """Of the loss."""
        return sum(amount for _, amount in self.fair.get(asset, ()))

    @staticmethod
    def raw(value, scale):
        """Decimal or raw units."""
        return calc.raw(value, scale)

    def taken(self):
        """What winners forgo against the mark."""
        return max(Fraction(0), plan.gained(self.claim, self.closed, self.price, self.mark))

    # -------------------------------------------------------- laws

    def check(self):
        """All of them."""
        whole = self.takeover is not None and not self.pairs and self.is_whole()
        self.check_quantities()
        if whole:
            self.expect(not self.shares, 'taken over, and socialised')
            self.check_bounds()
        else:
            self.check_refused()
            self.check_loss()
        self.check_winners()
        self.check_cover(whole)
        self.record.balance -= self.paid()

    def is_whole(self):
        """Is it the fund's takeover of the first rule, at the claim's price and cost?"""
        cost = self.record.money.converted_up(self.claim.amount, self.i.settle, self.record.asset)
        return (self.policy.takeover != 'never' and self.bears(cost)
                and self.paid() == cost and not self.shares)

    def bears(self, cost):
        """Bounds are asked for by if_solvent only."""
        return self.policy.takeover == 'always' or self.within_bounds(self.record.balance - cost)

    def within_bounds(self, rest):
        """fund_floor and fund_drawdown."""
        record, policy = self.record, self.policy
        return (record.money.worth(rest, record.asset) >= policy.fund_floor
                and rest >= record.peak * (1 - policy.fund_drawdown))

    def paid(self):
        """By the fund."""
        if self.takeover is None:
            return 0
        return self.raw(self.takeover['amount'], self.record.money.assets[self.record.asset].scale)

    def check_quantities(self):
        """Pairs and takeover make up the claim."""
        taken = self.raw(self.takeover['qty'], self.i.qty_scale) if self.takeover else 0
        self.expect(self.closed + taken == self.claim.qty, 'quantities do not add up')
        self.expect(all(qty > 0 for _, qty in self.pairs), 'a pair of nothing')
        if self.takeover:
            price = self.raw(self.takeover['price'], self.i.price_scale)
            later = self.least and not self.is_whole()
            expected = self.mark if later else self.claim.price
            self.expect(price == expected, 'the price of a takeover')

    def check_bounds(self):
        """A fund that takes over if it is solvent stays within its bounds."""
        if self.policy.takeover == 'if_solvent':
            self.expect(self.within_bounds(self.record.balance - self.paid()), 'below its bounds')

    def check_refused(self):
        """A claim goes to winners only if the fund does not bear it."""
        cost = self.record.money.converted_up(self.claim.amount, self.i.settle, self.record.asset)
        refuses = self.policy.takeover == 'never' or not self.bears(cost)
        self.expect(refuses, 'the fund could have borne it')

    def check_loss(self):
        """The fund pays all of a loss that it can bear; else it is spread; else the fund pays it.
        """
        cost = self.record.money.converted_up(self.loss, self.i.settle, self.record.asset)
        willing = self.policy.takeover != 'never' and self.bears(cost)
        socialized = self.loss > 0 and not willing and self.policy.socialize and self.fair
        self.expect(bool(self.shares) == bool(socialized), 'spread or not')
        self.expect(self.paid() == (0 if socialized else cost), 'the fund does not pay the loss')
        if socialized:
            self.check_shares()

    def check_shares(self):
        """Nobody bears his own loss; each position is within a unit of its proportion, each asset
        too, and all together bear no less than the loss."""
        money, borne, worth = self.record.money, {}, Fraction(0)
        for who, asset, amount in self.shares:
            self.expect(who[0] != self.claim.account, 'the loser bears his own loss')
            self.expect(amount > 0, 'a share of nothing')
            borne[who, asset] = borne.get((who, asset), 0) + amount
            worth += money.worth(amount, asset)
        self.expect(worth >= money.worth(self.loss, self.i.settle), 'shares are not the loss')
        weights = {}
        for c in self.record.candidates:
            if c.account != self.claim.account and c.instrument.settle in money.rates:
                name = (c.account, c.pool), c.instrument.settle
                weight = money.in_numeraire(c.profit, c.instrument.settle)
                weights[name] = weights.get(name, 0) + weight
        for name in set(weights) | set(borne):
            asset = name[1]
            mine = sum(w for n, w in weights.items() if n[1] == asset)
            self.expect(mine or name not in borne, f'{name} bears without a profit')
            if not mine:
                continue
            part = Fraction(self.loss * mine, sum(weights.values()))
            fair = Fraction(self.borne_in(asset) * weights.get(name, 0), mine)
            self.expect(abs(borne.get(name, 0) - fair) < 1, f'{name} bears {borne.get(name, 0)}')
            unit = max(1, money.worth(1, self.i.settle) / money.worth(1, asset))
            part *= money.worth(1, self.i.settle) / money.worth(1, asset)
            self.expect(abs(self.borne_in(asset) - part) < 1 + unit, f'asset {asset} bears')

    def check_winners(self):
        """Nobody gives more than what earlier claims left; the dealing is as the policy says."""
        given = {}
        for winner, qty in self.pairs:
            name = Record.name(winner)
            self.expect(winner.account != self.claim.account, 'the loser wins against himself')
            self.expect(name not in given, f'{name} gives twice')
            self.expect(qty <= self.record.left[name], f'{name} gives more than it holds')
            given[name] = qty
        if self.pairs or not (self.takeover and self.is_whole()):
            self.check_dealing([given.get(Record.name(w), 0) for w in self.winners],
                               [self.record.left[Record.name(w)] for w in self.winners])
        for name, qty in given.items():
            self.record.left[name] -= qty

    def check_dealing(self, given, held):
        """By score, in proportion, or so that the largest share of profit is smallest."""
        if self.least:
            self.check_least(given, held)
        elif self.policy.adl_score == 'pro_rata':
            self.check_pro_rata(given, held)
        else:
            self.expect(sum(given) == min(sum(held), self.claim.qty), 'winners are left')
            for n, m in itertools.permutations(range(len(given)), 2):
                if given[n] and given[m] < held[m]:
                    self.expect(self.winners[n].queue() < self.winners[m].queue(), 'the queue')

    def check_pro_rata(self, given, held):
        """Whole lots, each within one of its proportion."""
        lots = [qty // self.i.lot for qty in held]
        dealt = min(sum(lots), self.claim.qty // self.i.lot)
        self.expect(sum(given) == dealt * self.i.lot, 'lots do not add up')
        for qty, mine in zip(given, lots):
            self.expect(qty % self.i.lot == 0, 'not whole lots')
            fair = Fraction(dealt * mine, sum(lots)) if mine else 0
            self.expect(abs(qty // self.i.lot - fair) < 1, 'out of proportion')

    def check_least(self, given, held):
        """No lot more than needed; the shares of profit, the largest first, are the least."""
        lot, claim = self.i.lot, self.claim
        gain = max(Fraction(0), plan.gained(claim, lot, self.price, self.mark))
        caps = [qty // lot if w.profit > 0 else 0 for qty, w in zip(held, self.winners)]
        needed = min(claim.qty // lot, calc.ceil_of(claim.amount / gain)) if gain else 0
        lots = [qty // lot for qty in given]
        self.expect(all(qty % lot == 0 for qty in given), 'not whole lots')
        self.expect(sum(lots) == min(needed, sum(caps)), 'not as few lots as do')
        self.expect(all(n <= cap for n, cap in zip(lots, caps)), 'who has no profit gives')
        self.expect(self.taken() - claim.amount < gain or not gain, 'the overshoot')
        profits = [w.profit for w in self.winners]
        best = least_shares(sum(lots), caps, profits)
        if best is not None:
            self.expect(shares_of(lots, profits) == best, 'the largest share is not the smallest')

    def check_cover(self, whole):
        """What fund and winners bear and forgo is the deficit, to a unit. Where there is none, what
        a close-out price may cost the loser is none of theirs."""
        i, claim = self.i, self.claim
        units = Fraction(10 ** i.scale)
        money, record = self.record.money, self.record
        fund = money.worth(self.paid(), record.asset) / money.worth(1, i.settle)   # in its units
        spread = sum(money.worth(n, a) for _, a, n in self.shares) / money.worth(1, i.settle)
        forgone = 0 if whole else plan.gained(claim, self.closed, self.price, self.mark)
        if not claim.amount:
            forgone += max(0, plan.gained(claim, self.closed, self.mark, claim.price))
        grain = i.per_coordinate(claim.qty) * units if i.inverse else 0
        borne = fund + spread + forgone
        self.expect(borne > claim.amount - 1 - grain, f'{borne} of {claim.amount} is borne')


def shares_of(lots, profits):
    """Shares of profit, the largest first."""
    return sorted((Fraction(n, p) for n, p in zip(lots, profits) if p > 0), reverse=True)


def least_shares(count, caps, profits):
    """The least such list of all ways to deal out `count`; None where these are too many."""
    ways, total = 1, 0
    for cap in caps:
        total += cap
        ways *= min(cap, count) + 1
        if ways > WAYS_MAX:
            return None
    found = (lots for lots in itertools.product(*(range(min(c, count) + 1) for c in caps))
             if sum(lots) == count)
    return min((shares_of(lots, profits) for lots in found), default=None)


def check(record, rows):
    """One plan. Only of one that is full do the last claims wait, each of them whole."""
    room = plan.ROWS_MAX - len(rows)
    if room < 0:
        raise Broken('more messages than a plan holds')
    for claim in sorted(record.claims, key=plan.Claim.order):
        if not rows and room <= len(record.candidates):
            return
        deal = Deal(record, claim)
        deal.take_rows(rows)
        deal.check()
    if rows:
        raise Broken(f'a row too many: {calc.compact(rows[0])}')


def broken(records, messages):
    """(the message that caused the plan, what is wrong) of the first plan that breaks a law."""
    plans = {}
    for line in messages:
        if line['type'] in KINDS:
            plans.setdefault((line['at'], line['fund']), []).append(line)
    for record in records:
        rows = plans.pop((record.at, record.fund), [])
        try:
            for place, row in enumerate(rows):
                if row['type'] == 'adl' and row['place'] != place:
                    raise Broken(f'place {row["place"]}, the number is {place}')
            check(record, rows)
        except Broken as law:
            return record.at, str(law)
    if plans:
        return next(iter(plans))[0], 'a plan that no round was for'
    return None
