#!/usr/bin/env python3
"""Random tapes on which pools go broke and funds plan, as JSON lines; the same seed, the same tape.

    plan_worlds.py --seed 7 [--accounts 20] [--actions 40]

A few instruments share one or two funds. Accounts take both sides, prices move, nobody fills the
orders, and the ledger does what the plans say, or some of it, or nothing. What comes next depends
on what the engine must have said, so a world asks the judge as it goes.
"""
import argparse
import json
import random
import sys
from fractions import Fraction

import calc
import plan
import plan_judge

SCORES = tuple(plan.SCORES)
SECOND = 10 ** 9
MOST = 10 ** 7          # numeraires of a pool


def clip(x, low, high):
    """x within [low, high]."""
    return max(low, min(high, x))


class Held:
    """An account as its ledger knows it; raw units."""

    def __init__(self, number, policy):
        self.number, self.policy = number, policy
        self.rev = self.cross_rev = 0
        self.balances, self.positions = {}, {}


class World:
    """One random world."""

    def __init__(self, seed, accounts=20, actions=40):
        self.r = random.Random(f'plan {seed}')
        self.count, self.actions = accounts, actions
        self.judge, self.out, self.said = plan_judge.Judge(), [], []
        self.held, self.funds = {}, {}
        self.crowded = seed % 250 == 17
        self.crude = self.chance(0.4)     # few digits everywhere: ties happen

    # -------------------------------------------------------- dice

    def chance(self, p):
        """True with probability p."""
        return self.r.random() < p

    def pick(self, *choices):
        """One of them."""
        return self.r.choice(choices)

    def log(self, low, high):
        """A log-uniform integer of [low, high]."""
        return clip(int(low * (high / low) ** self.r.random()), low, high)

    def emit(self, line):
        """One line more, and what the judge makes of it."""
        self.out.append(line)
        self.said += self.judge.feed(line)

    # -------------------------------------------------------- assets, policies, instruments

    def setup(self):
        """All that stands before the accounts."""
        self.emit({'type': 'cluster',
                   'partitions': self.pick(1, 2, 3, 4, 7, 8, 16, 256 if self.chance(0.1) else 5)})
        ids = self.r.sample(range(1, 9), self.pick(1, 2, 2, 3))
        self.numeraire = ids[0]
        self.assets = {a: self.asset(a) for a in ids}
        for line in self.assets.values():
            self.emit(line)
        for a in ids[1:]:
            self.emit(self.rate(a, self.log(1, 10 ** 5)))
        self.unrated = None
        if self.chance(0.15):       # an asset that nobody holds; a fund may
            self.unrated = 9
            self.assets[9] = self.asset(9)
            self.emit(self.assets[9])
        self.policies = {p: self.policy(p, 1) for p in range(1, self.pick(1, 2, 3, 3) + 1)}
        for line in self.policies.values():
            self.emit(line)
        self.marks = {}
        self.fund_ids = self.r.sample(range(1, 20), self.pick(1, 1, 1, 2))
        ids = self.r.sample(range(1, 30), self.pick(1, 1, 2, 3, 4))
        self.instruments = {i: self.instrument(i) for i in ids}
        for line in self.instruments.values():
            self.emit(line)
        for i in self.instruments:
            self.mark(i, self.start[i])

    def asset(self, a):
        """One asset line."""
        line = {'type': 'asset', 'asset': a, 'symbol': f'A{a}', 'scale': self.pick(0, 2, 2, 4, 8)}
        if a == self.numeraire:
            line['numeraire'] = True
        elif self.chance(0.3):
            line['rate_scale'] = self.pick(0, 2, 10)
        if self.chance(0.1 if a == self.numeraire else 0.5):
            rates = sorted(self.pick('0', '0.05', '0.1', '0.5', '0.333333333') for _ in range(2))
            line['haircut'] = [{'upto': self.pick('1', '50'), 'rate': rates[0]},
                               {'upto': None, 'rate': rates[1]}]
            line['liability'] = self.pick('1', '1.1')
        return line

    def rated(self):
        """The assets that have a rate."""
        return [a for a in self.assets if a != self.unrated]

    def rate(self, a, price):
        """One rate line; price in numeraires times 10^2."""
        scale = self.assets[a].get('rate_scale', 8)
        return {'type': 'rate', 'asset': a,
                'price': calc.dec(max(1, price * 10 ** scale // 100), scale)}

    def policy(self, p, rev):
        """One policy line."""
        line = {'type': 'policy', 'policy': p, 'rev': rev, 'partial': 'none',
                'cancel_first': False, 'warn': [],
                'trigger': self.pick('below', 'at_or_below'),
                'takeover': self.pick('if_solvent', 'if_solvent', 'if_solvent', 'always', 'never',
                                      'never'),
                'fund_floor': self.pick('0', '0', '0', '1', '50', '1000'),
                'fund_drawdown': self.pick('1', '1', '1', '0', '0.5', '0.3', '0.123456789'),
                'adl_score': self.pick(*SCORES, 'least_overshoot', 'pro_rata'),
                'adl_price': self.pick('closeout', 'closeout', 'mark', 'index'),
                'socialize': self.chance(0.7), 'answer_ms': self.pick(100, 500, 2000)}
        if self.chance(0.2):
            line['mm_basis'] = 'entry'
        if self.chance(0.3):
            line['fee_in_maintenance'] = False
        if line['adl_score'] == 'least_overshoot' and line['adl_price'] == 'mark':
            line['adl_price'] = 'index'
        return line

    def instrument(self, i):
        """One instrument line, and where its mark starts."""
        kind = self.pick('linear', 'linear', 'quanto', 'inverse')
        settle = self.r.choice(self.rated())
        ps, qs = (0, 0) if self.crude else (self.pick(0, 1, 2), self.pick(0, 0, 1, 3))
        mark = self.log(20, 1000) if self.crude else self.log(100, 50000)
        line = {'type': 'instrument', 'instrument': i, 'symbol': f'I{i}', 'kind': kind,
                'settle': settle, 'fund': self.r.choice(self.fund_ids + [self.fund_ids[0]]),
                'price_scale': ps, 'qty_scale': qs, 'tick': calc.dec(self.pick(1, 1, 1, 2, 5), ps),
                'lot': calc.dec(self.pick(1, 1, 2, 3, 10), qs),
                'multiplier': self.multiplier(kind, mark, ps),
                **self.tiers(), 'slippage': '0', 'policy': self.pick(*self.policies)}
        if self.chance(0.05):
            line['fund'] = 0
        if self.chance(0.4):
            line['taker_fee'] = self.pick('0.001', '0.0005', '0.01', '0.000123456')
            line['liq_fee'] = self.pick('0', '0.005', '0.02')
        if self.chance(0.3):
            line['min_price'] = calc.dec(max(1, mark * 2 // 5), ps)
            line['max_price'] = calc.dec(mark * 2, ps)
        self.start = getattr(self, 'start', {})
        self.start[i] = mark
        return {**line, 'rev': 1}

    def multiplier(self, kind, mark, ps):
        """So that one unit of quantity is worth about a unit of the settle asset or more."""
        if kind == 'inverse':
            return self.pick('1', '10', '100', '1000', calc.dec(max(1, mark // 10 ** ps), 0))
        return self.pick('1', '1', '0.1', '0.01', '2.5', '10', '0.007')

    def tiers(self):
        """A maintenance table."""
        mmr = self.pick('0', '0.005', '0.01', '0.02', '0.05')
        line = {'tiers': [{'upto': None, 'mmr': mmr}]}
        if self.chance(0.3):
            line['tiers'] = [{'upto': self.pick('10', '100', '1000'), 'mmr': mmr},
                             {'upto': None, 'mmr': '0.06'}]
            line['tier_by'] = self.pick('notional', 'size')
        if self.chance(0.1):
            line['mmr_slope'] = self.pick('0.001', '0.000003')
        return line

    def probe(self, i):
        """An instrument as the judge reads it."""
        return self.judge.state.instruments[i]

    def mark(self, i, price):
        """A mark, and an index on either side of it."""
        probe = self.probe(i)
        price = clip(price, probe.min_price, min(probe.max_price, 10 ** 9))
        line = {'type': 'mark', 'instrument': i, 'price': calc.dec(price, probe.price_scale)}
        if self.chance(0.5):
            index = max(1, int(price * self.r.uniform(0.9, 1.1)))
            line['index'] = calc.dec(index, probe.price_scale)
        self.marks[i] = price
        self.emit(line)

    # -------------------------------------------------------- accounts

    def make_accounts(self):
        """Both sides of everything; sometimes twins, so that scores tie."""
        numbers = self.r.sample(range(1, self.count * self.pick(5, 500)), self.count)
        for number in numbers:
            held = Held(number, self.pick(*self.policies))
            if self.held and self.chance(0.2):
                twin = self.r.choice(list(self.held.values()))
                held.policy, held.balances = twin.policy, dict(twin.balances)
                held.positions = {k: dict(v) for k, v in twin.positions.items()}
            else:
                self.fill(held)
            self.held[number] = held
            self.publish(held, True, True)

    def fill(self, held):
        """Isolated and cross positions, hedge legs too, and balances for the cross ones."""
        for mode in self.pick(('isolated',), ('cross',), ('cross',), ('isolated', 'cross')):
            ids = list(self.instruments)
            for i in self.r.sample(ids, self.r.randint(1, len(ids))):
                for leg in self.pick((None,), (None,), (None,), ('L',), ('S',), ('L', 'S')):
                    held.positions[i, leg, mode] = self.position(i, leg, mode)
        if any(key[2] == 'cross' for key in held.positions):
            self.fund_cross(held)
        elif self.chance(0.1):
            a = self.r.choice(self.rated())
            held.balances[a] = (self.r.randint(-100, 100), 0)

    def quantity(self, i):
        """Often round, seldom not whole lots."""
        lot = self.probe(i).lot
        lots = self.pick(1, 2, 5, 10) if self.crude else self.log(1, 300)
        return max(1, lots * lot + (self.r.randint(-1, 1) if self.chance(0.2) else 0))

    def position(self, i, leg, mode):
        """One position row."""
        probe, mark = self.probe(i), self.marks[i]
        qty = self.quantity(i)
        if leg == 'S' or leg is None and self.chance(0.5):
            qty = -qty
        spread = self.pick(0, 0.02, 0.1, 0.3)
        entry = int(mark * (1 + self.r.uniform(-spread, spread)))
        entry = clip(entry, max(1, probe.min_price), min(probe.max_price, 10 ** 9))
        row = {'qty': qty, 'entry': entry}
        value = probe.per_coordinate(qty) * probe.coordinate(entry) * 10 ** probe.scale
        if self.chance(0.1):
            row['cost'] = max(1, calc.floor_of(value * Fraction(self.r.randint(90, 110), 100)))
        if mode == 'isolated':
            row['margin'] = self.margin(value)
        return row

    def margin(self, value):
        """A share of the value: leverages from 1 to 100."""
        leverage = self.pick(1, 2, 3, 5, 5, 10, 10, 20, 20, 50, 100)
        return int(value / leverage * Fraction(self.r.randint(90, 130), 100)) + 1

    def fund_cross(self, held):
        """Balances for the positions, in their own assets or in others."""
        state = self.judge.state
        need = calc.ZERO
        for (i, _, mode), row in held.positions.items():
            if mode == 'cross':
                probe = self.probe(i)
                value = probe.per_coordinate(row['qty']) * probe.coordinate(self.marks[i])
                need += value * self.worth(probe.settle)
        assets = self.rated()
        assets = self.r.sample(assets, self.r.randint(1, len(assets)))
        for a in assets:
            units = need / len(assets) / self.worth(a) * 10 ** state.assets[a].scale
            amount = self.margin(units)
            if self.chance(0.05):
                amount = -amount // 5
            margin = abs(amount) // 10 if self.chance(0.1) else 0
            held.balances[a] = (clip(amount, -10 ** 17, 10 ** 17), margin)

    def worth(self, a):
        """The rate of an asset."""
        return calc.Calc(self.judge.state).rate(a)

    def publish(self, held, full, cross):
        """The account as it stands, or what changed last; `cross`: the cross pool's base moves."""
        held.rev += 1
        if cross:
            held.cross_rev = held.rev
        line = {'type': 'account', 'account': held.number, 'rev': held.rev, 'full': full,
                'cross_rev': held.cross_rev, 'policy': held.policy}
        line['balances'] = [self.balance_text(a, *b) for a, b in held.balances.items()]
        line['positions'] = [self.position_text(held, key, row)
                             for key, row in held.positions.items()]
        for key in [k for k, row in held.positions.items() if row['qty'] == 0]:
            del held.positions[key]
        self.emit(line)

    def balance_text(self, a, amount, margin):
        """A balance row as written."""
        scale = self.assets[a]['scale']
        return {'asset': a, 'amount': calc.dec(amount, scale),
                'order_margin': calc.dec(margin, scale)}

    def position_text(self, held, key, row):
        """A position row as written."""
        (i, leg, mode), probe = key, self.probe(key[0])
        line = {'instrument': i, 'leg': leg, 'qty': calc.dec(row['qty'], probe.qty_scale),
                'entry': calc.dec(row['entry'], probe.price_scale), 'mode': mode,
                'rev': row.setdefault('rev', held.rev)}
        for field in ('cost', 'margin'):
            if field in row:
                line[field] = calc.dec(row[field], probe.scale)
        return line

    # -------------------------------------------------------- funds

    def fund(self, number):
        """A revision of a fund, whose balance is about what the deficits would cost."""
        before = self.funds.get(number)
        asset = before['asset'] if before else self.r.choice(list(self.assets))
        scale = self.assets[asset]['scale']
        balance = self.balance(number, asset, scale)
        line = {'type': 'fund', 'fund': number, 'asset': asset,
                'balance': calc.dec(balance, scale), 'rev': before['rev'] + 1 if before else 1}
        if self.chance(0.6):
            more = self.pick(Fraction(1), Fraction(3, 2), Fraction(2), Fraction(10, 7))
            line['peak'] = calc.dec(int(max(balance, 0) * more), scale)
        self.funds[number] = line
        self.emit(line)

    def balance(self, number, asset, scale):
        """Nothing, too much, or exactly what some of the claims cost."""
        costs = self.costs(number, asset, scale) if asset != self.unrated else []
        roll = self.r.random()
        if roll < 0.15 or asset == self.unrated:
            return self.pick(0, 0, 1, 10 ** (scale + 3), -100)
        if roll < 0.3:
            return 10 ** (scale + 8)
        if costs and roll < 0.7:
            some = costs[:self.r.randint(1, len(costs))]
            floor = calc.raw(self.pick(*self.policies.values())['fund_floor'], 9)
            floor = calc.ceil_of(Fraction(floor, 10 ** 9) / self.worth(asset) * 10 ** scale)
            return sum(some) + floor + self.pick(-1, 0, 0, 0, 1)
        return int(sum(costs) * self.r.random() * 1.5) + self.r.randint(0, 100)

    def costs(self, number, asset, scale):
        """What the unsafe pools would cost a fund, position by position."""
        out, judge = [], self.judge
        for key in sorted(judge.pools, key=lambda k: (k[0], plan.pool_order(k[1]))):
            view = judge.view(key)
            if not view or view.safe:
                continue
            for p, _, amount in view.shares():
                if p.instrument.fund == number:
                    exact = view.rate(p) * Fraction(amount, 10 ** p.instrument.scale)
                    out.append(min(10 ** 17, calc.ceil_of(exact / self.worth(asset)
                                                          * 10 ** scale)))
        return out

    # -------------------------------------------------------- what happens

    def crash(self):
        """Every instrument moves, some a lot."""
        for i in self.instruments:
            if self.chance(0.9):
                size = self.pick(0.02, 0.1, 0.2, 0.3, 0.4) * self.r.uniform(0.3, 1)
                self.mark(i, int(self.start[i] * (1 + self.pick(-1, 1) * size)) or 1)

    def nudge(self):
        """A mark moves a little, or back to where it began."""
        i = self.pick(*self.instruments)
        price = self.marks[i] + self.pick(-1, 1) * self.r.randint(1, 1 + self.marks[i] // 20)
        self.mark(i, self.start[i] if self.chance(0.1) else max(1, price))

    def move_rate(self):
        """A rate moves."""
        others = [a for a in self.rated() if a != self.numeraire]
        if others:
            a = self.pick(*others)
            now = calc.floor_of(self.worth(a) * 100) or 1
            self.emit(self.rate(a, max(1, int(now * self.r.uniform(0.8, 1.2)))))

    def live(self, *phases):
        """Pools that stand there."""
        return sorted(key for key, pool in self.judge.pools.items() if pool.phase in phases)

    def answer(self):
        """The orders of some pools end, mostly without a fill."""
        keys = self.live('proposed', 'admitted')
        self.r.shuffle(keys)
        for key in keys[:self.pick(1, 3, len(keys), len(keys))]:
            self.answer_pool(key)

    def answer_pool(self, key):
        """All orders of one decision."""
        pool = self.judge.pools[key]
        text = self.judge.key_text(key, pool)
        if self.chance(0.1):
            self.emit({'type': 'exec', 'order': f'{text}/0', 'status': 'accepted'})
        places = list(range(pool.orders))
        if self.chance(0.3):
            self.r.shuffle(places)
        for place in places:
            self.emit({'type': 'exec', 'order': f'{text}/{place}', 'final': True,
                       'status': self.pick('expired', 'expired', 'rejected')})

    def refuse(self):
        """A decision is refused, or half of its orders are filled."""
        keys = self.live('proposed', 'admitted')
        if not keys:
            return
        key = self.pick(*keys)
        pool = self.judge.pools[key]
        text = self.judge.key_text(key, pool)
        if self.chance(0.5):
            self.emit({'type': 'exec', 'order': text, 'rev': pool.base + self.pick(0, 1),
                       'status': self.pick('busy', 'late', 'stale', 'taken')})
        else:
            self.emit({'type': 'exec', 'order': f'{text}/0', 'final': True, 'filled': 1,
                       'status': 'partial'})

    def clock(self):
        """Engine time goes on."""
        step = self.pick(1, SECOND // 10, SECOND // 2, SECOND, 2 * SECOND, 20 * SECOND)
        start = self.judge.now or 10 ** 18
        self.emit({'type': 'clock', 'ts_ns': start + step})

    def deposit(self):
        """Money comes or goes without a base that moves."""
        held = self.pick(*self.held.values())
        if held.balances and self.chance(0.7):
            a = self.pick(*held.balances)
            amount, margin = held.balances[a]
            held.balances[a] = (int(amount * self.r.uniform(0.5, 2)) + 1, margin)
        elif held.positions:
            row = self.pick(*held.positions.values())
            if 'margin' in row:
                row['margin'] = int(row['margin'] * self.r.uniform(0.7, 2)) + 1
        self.publish(held, self.chance(0.5), False)

    def brink(self):
        """An isolated winner that has next to nothing left: its leverage has no bounds."""
        held = self.pick(*self.held.values())
        for key, row in held.positions.items():
            pool = held.number, f'{key[0]}{key[1] or ""}'
            view = self.judge.view(pool) if 'margin' in row and pool in self.judge.pools else None
            if not view or view.unrealised <= 0:
                continue
            units = view.B / view.rate(view.pool.positions[0]) * 10 ** self.probe(key[0]).scale
            row['margin'] -= calc.floor_of(units) - self.pick(0, 0, 1, 7)
            self.publish(held, True, False)
            return

    def trade(self):
        """A position changes: its pool has a newer base."""
        held = self.pick(*self.held.values())
        if not held.positions:
            self.fill(held)
            self.publish(held, True, True)
            return
        key = self.pick(*held.positions)
        row = held.positions[key]
        row['qty'] = self.pick(row['qty'], row['qty'] * 2, row['qty'] // 2,
                               0 if self.chance(0.3) else row['qty'])
        row['rev'] = held.rev + 1
        self.publish(held, self.chance(0.5) and row['qty'] != 0, key[2] == 'cross')

    def change_policy(self):
        """Another content under the same number."""
        p = self.pick(*self.policies)
        self.policies[p] = self.policy(p, self.policies[p]['rev'] + 1)
        self.emit(self.policies[p])

    def change_instrument(self):
        """An instrument is halted, settled or trades again; or has another fund or policy."""
        i = self.pick(*self.instruments)
        line = {**self.instruments[i], 'rev': self.instruments[i]['rev'] + 1}
        what = self.pick('status', 'status', 'fund', 'policy')
        line[what] = {'status': self.pick('trading', 'trading', 'halted', 'settled'),
                      'fund': self.pick(0, *self.fund_ids),
                      'policy': self.pick(*self.policies)}[what]
        self.instruments[i] = line
        self.emit(line)

    def lose(self):
        """An account's revision is missed: it stands still until it is stated whole."""
        held = self.pick(*self.held.values())
        held.rev += 1
        self.publish(held, False, False)
        if self.chance(0.7):
            self.pick(self.clock, self.nudge, self.answer, self.settle)()
        self.publish(held, True, False)

    def restate_fund(self):
        """The present revision again, or one before."""
        line = self.pick(*self.funds.values()) if self.funds else None
        if line:
            line = {**line, 'rev': line['rev'] - self.pick(0, 0, 1), 'plan': 5}
            if self.chance(0.4):        # of another asset, which is refused
                line = {**line, 'asset': self.pick(*self.assets), 'balance': 0, 'peak': 0}
                line['rev'] += self.pick(0, 1)
            if line['asset'] == self.funds[line['fund']]['asset'] and line['balance'] == 0:
                return
            self.emit(line)

    def give_rate(self):
        """To the asset that had none."""
        if self.unrated:
            self.emit(self.rate(self.unrated, self.log(1, 10 ** 5)))
            self.unrated = None

    # -------------------------------------------------------- the ledger

    def settle(self):
        """What the plans of the present revisions say is done, or some of it; a newer revision."""
        for number, (made, rev, _) in sorted(self.judge.plans.items()):
            if rev != self.judge.state.funds[number].rev:
                continue
            if self.chance(0.8):
                self.move(made.rows, self.pick(1, 1, 0.5))
            if self.chance(0.95):
                self.fund(number)

    def move(self, rows, p):
        """The rows of a plan, each with probability p."""
        touched = {}
        for kind, claim, winner, qty, price, amount in rows:
            if not self.chance(p):
                continue
            if kind != 'socialize':
                self.reduce(touched, claim.account, claim.pool, claim, qty, price)
            if kind == 'adl':
                self.reduce(touched, winner.account, winner.pool, winner, qty, price)
            if kind == 'socialize':
                self.charge(touched, winner, claim.instrument.settle, amount)
        for number, cross in touched.items():
            self.publish(self.held[number], False, cross)

    def reduce(self, touched, number, pool, said, qty, price):
        """A position closes in part; its profit goes to its pool."""
        held, i = self.held[number], said.instrument
        mode = 'cross' if pool == 'x' else 'isolated'
        row = held.positions.get((i.id, said.leg, mode))
        if not row or not row['qty'] or abs(row['qty']) < qty:
            return
        sign = 1 if row['qty'] > 0 else -1
        gain = i.per_coordinate(qty) * (i.coordinate(price) - i.coordinate(row['entry']))
        gain = calc.floor_of(gain * (-sign if i.inverse else sign) * 10 ** i.scale)
        if 'cost' in row:
            row['cost'] = max(1, row['cost'] * (abs(row['qty']) - qty) // abs(row['qty']))
        row['qty'] -= sign * qty
        row['rev'] = held.rev + 1
        self.pay(held, row, i.settle, gain)
        touched[number] = touched.get(number, False) or mode == 'cross'

    def pay(self, held, row, asset, amount):
        """To an isolated position's margin, or to the balance; within what any asset can say."""
        most = int(MOST / self.worth(asset) * 10 ** self.assets[asset]['scale'])
        if 'margin' in row:
            row['margin'] = clip(row['margin'] + amount, -most, most)
        else:
            before, margin = held.balances.get(asset, (0, 0))
            held.balances[asset] = (clip(before + amount, -most, most), margin)

    def charge(self, touched, winner, asset, amount):
        """A share of a loss is taken from a winner's pool, where that has the asset."""
        held = self.held[winner.account]
        mode = 'cross' if winner.pool == 'x' else 'isolated'
        row = held.positions.get((winner.instrument.id, winner.leg, mode))
        if row and (mode == 'cross' or asset == winner.instrument.settle):
            self.pay(held, row, asset, -amount)
            touched.setdefault(winner.account, False)

    # -------------------------------------------------------- out

    def crowd(self):
        """More messages than a plan holds: all are short, so every loss is every winner's."""
        losers, winners, price = self.r.randint(80, 95), self.r.randint(85, 95), 1080
        self.emit({'type': 'cluster', 'partitions': self.pick(1, 5)})
        self.emit({'type': 'asset', 'asset': 1, 'symbol': 'A1', 'scale': 2, 'numeraire': True})
        self.emit({'type': 'policy', 'policy': 1, 'partial': 'none', 'cancel_first': False,
                   'warn': [], 'takeover': self.pick('never', 'if_solvent')})
        self.emit({'type': 'instrument', 'instrument': 1, 'symbol': 'I1', 'kind': 'linear',
                   'settle': 1, 'fund': 1, 'price_scale': 0, 'qty_scale': 0, 'tick': 1, 'lot': 1,
                   'tiers': [{'upto': None, 'mmr': '0.01'}], 'policy': 1})
        self.emit({'type': 'mark', 'instrument': 1, 'price': 1000})
        for number in range(1, losers + 1):
            self.short(number, 1000, 1, 100 * self.r.randint(1, 9))
        for number in range(101, winners + 101):
            self.short(number, self.r.randint(1100, 1300), 1, 100)
        # a few have somebody who takes the other side
        for number in range(201, self.r.randint(201, 206)):
            self.short(number, self.r.randint(900, 1000), 1, -self.r.randint(50, 900))
        self.emit({'type': 'mark', 'instrument': 1, 'price': price})
        for number in range(1, losers + 1):
            self.emit({'type': 'exec', 'order': f'{number}/1/1/0/0', 'final': True,
                       'status': 'expired'})
        self.emit({'type': 'fund', 'fund': 1, 'asset': 1, 'rev': 1,
                   'balance': self.pick('0', '20000')})
        for number in range(1, losers // 2):
            self.short(number, 1000, 2, 0)
        self.emit({'type': 'fund', 'fund': 1, 'asset': 1, 'balance': '0', 'rev': 2})

    def short(self, number, entry, rev, qty):
        """An isolated position that 50 of every 1000 stand behind; a negative one is a long."""
        self.emit({'type': 'account', 'account': number, 'rev': rev, 'full': True, 'positions': [
            {'instrument': 1, 'qty': -qty, 'entry': entry, 'mode': 'isolated',
             'margin': calc.dec(5000 * abs(qty), 2), 'rev': rev}] if qty else []})

    def lines(self):
        """All lines of the world."""
        if self.crowded:
            self.crowd()
        else:
            self.play()
        return [json.dumps(line, separators=(',', ':')) for line in self.out]

    def play(self):
        """An ordinary world."""
        self.setup()
        for number in self.fund_ids:
            if self.chance(0.3):
                self.fund(number)
        if self.chance(0.5):
            self.clock()
        self.make_accounts()
        self.crash()
        for number in self.fund_ids:
            if self.chance(0.95):
                self.fund(number)
        self.answer()
        actions = (self.answer, self.answer, self.answer, self.nudge, self.nudge, self.clock,
                   self.clock, self.settle, self.settle, self.settle, self.deposit, self.trade,
                   self.crash, self.move_rate)
        seldom = (self.change_policy, self.change_instrument, self.change_instrument, self.lose,
                  self.restate_fund, self.restate_fund, self.give_rate, self.refuse, self.brink,
                  self.brink, self.brink)
        for _ in range(self.r.randint(1, self.actions)):
            self.pick(*(seldom if self.chance(0.12) else actions))()


def world(seed, accounts=20, actions=40):
    """The lines of one world."""
    return World(seed, accounts, actions).lines()


def main():
    """The command line."""
    parser = argparse.ArgumentParser(description='random tapes with deficits and plans')
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--accounts', type=int, default=20)
    parser.add_argument('--actions', type=int, default=40)
    args = parser.parse_args()
    for line in world(args.seed, args.accounts, args.actions):
        print(line)
    return 0


if __name__ == '__main__':
    sys.exit(main())
