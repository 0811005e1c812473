"""What `zeroline explain --json` says, recomputed from what it says alone.

An explanation carries its world: the lines that a pool was judged by. From these, by the formulas in
rationals (calc.py, plan.py), every number is found again; and what was said must be what follows.
"""
from fractions import Fraction

import calc
import plan

PPB = 10 ** 9


class Wrong(Exception):
    """A number that is not what the formulas make of the world."""


def same(theirs, ours, what):
    """Exact equality; decimals are texts there."""
    if isinstance(ours, Fraction):
        theirs = None if theirs is None else Fraction(theirs)
    if theirs != ours:
        raise Wrong(f'{what}: explained {theirs}, found {ours}')


# ---------------------------------------------------------------- the world


class Rules(calc.Policy):
    """policy: all that decides."""

    def __init__(self, line, numeraire):
        super().__init__(line)
        self.line = line
        self.cancel_first, self.convert = line['cancel_first'], line['convert']
        self.partial, self.order = line['partial'], line['position_order']
        self.target, self.fraction = calc.share(line['target_ratio']), calc.share(line['fraction'])
        self.slice = Fraction(line['slice_notional']) if numeraire else 0
        self.takeover = line['takeover']
        self.fund_floor = Fraction(line['fund_floor']) if numeraire else 0
        self.fund_drawdown = calc.share(line['fund_drawdown'])
        self.adl_score, self.adl_price = line['adl_score'], line['adl_price']
        self.socialize = line['socialize']


class State(calc.State):
    """What the lines of the world say."""

    def __init__(self, lines):
        super().__init__()
        self.policies, self.said = {}, {}
        for line in lines:
            self.apply(line)

    def apply(self, line):
        """One line, and what of it the formulas do not read. What is null in a row is left out."""
        if line['type'] == 'account':
            line = {**line, 'positions': [{k: v for k, v in row.items() if v is not None}
                                          for row in line['positions']]}
        super().apply(line)
        name = {'instrument': 'instrument', 'mark': 'instrument'}.get(line['type'])
        if name:
            self.said[line['type'], line[name]] = line

    def on_policy(self, line):
        """policy"""
        self.policies[line['policy']] = Rules(line, self.numeraire)

    def trades(self, position):
        """Whether an order may be sent for it."""
        return self.status(position) == 'trading'

    def status(self, position):
        """Of its instrument."""
        return self.said['instrument', position.instrument.id]['status']


class Pool:
    """The pool that is explained, at the world's prices."""

    def __init__(self, state, number, name):
        self.state, twin = state, calc.Calc(state)
        account = state.accounts[number]
        found = [p for p in twin.pools(account) if p[0] == name]
        if not found:
            raise Wrong(f'no pool {name} in its own world')
        _, rows, held, policy = found[0]
        self.pool = twin.build(rows, held, policy, name == 'x')
        self.u = twin.coordinates(self.pool)
        self.rules = state.policies[policy]
        self.positions = self.pool.positions
        self.open = [p for p in self.positions if state.status(p) != 'settled']
        self.E, self.B, self.MM = self.worth(self.pool.amounts(self.u), self.positions)

    def rate(self, p):
        """Of the settle asset of a position."""
        return self.pool.holdings[p.instrument.settle].rate

    def mm(self, p):
        """A settled one asks for none."""
        return p.maintenance(self.u[p.instrument.id]) if p in self.open else calc.ZERO

    def worth(self, amounts, positions):
        """(E, B, MM)"""
        E = B = MM = calc.ZERO
        for a, x in amounts.items():
            holding = self.pool.holdings[a]
            E += holding.rate * holding.weighted(x - holding.order_margin)
            B += holding.rate * x
        for p in positions:
            MM += self.rate(p) * self.mm(p)
        return E, B, MM

    def safe(self):
        """Without positions it is bad when nothing is left."""
        if not self.open:
            return self.B >= 0
        return not self.pool.is_unsafe(self.E - self.MM)

    def weights(self):
        """How the open positions bear B: (by, [weight])."""
        by = [self.rate(p) * self.mm(p) for p in self.open]
        name = 'maintenance'
        if not sum(by):
            by, name = [self.rate(p) * p.value(self.u[p.instrument.id]) for p in self.open], 'value'
        if not sum(by):
            by, name = [calc.ONE for _ in self.open], 'equal'
        return name, {p: w / sum(by) for p, w in zip(self.open, by)}


# ---------------------------------------------------------------- terms


def check_assets(pool, rows):
    """Each asset's way from the balance to E and B."""
    amounts = pool.pool.amounts(pool.u)
    for row in rows:
        a = row['asset']
        if a not in amounts:  # an empty balance
            same(row['amount'], calc.ZERO, f'asset {a}')
            continue
        held, own = pool.pool.holdings[a], [p for p in pool.positions if p.instrument.settle == a]
        counted = amounts[a] - held.order_margin
        for name, value in {
                'rate': held.rate, 'balance': held.amount, 'order_margin': held.order_margin,
                'profit': sum((p.upnl(pool.u[p.instrument.id]) for p in own), calc.ZERO),
                'funding_due': sum((p.due for p in own), calc.ZERO), 'amount': amounts[a],
                'counted': counted, 'weighted': held.weighted(counted),
                'equity': held.rate * held.weighted(counted),
                'bankruptcy_equity': held.rate * amounts[a]}.items():
            same(row[name], value, f'asset {a} {name}')
    if not set(amounts) <= {row['asset'] for row in rows}:
        raise Wrong('an asset is not explained')


def table(p, basis):
    """The table's row that holds: (number from 1, mmr, deduct)."""
    i = p.instrument
    measure = p.q if i.by_size else basis
    at = next((n for n, t in enumerate(i.tiers) if t.upto is None or t.upto >= measure),
              len(i.tiers) - 1)
    return at + 1, i.tiers[at].m, i.tiers[at].c


def check_margin(pool, p, row, what):
    """The tier, and mm to the last digit."""
    i = p.instrument
    basis = p.cost if p.entry_basis else p.value(pool.u[i.id])
    tier, m, c = table(p, basis)
    for name, value in {'basis': basis, 'tier': tier, 'mmr': m, 'deduct': c, 'mmr_slope': i.slope,
                        'fee': p.fee}.items():
        same(row[name], value, f'{what} {name}')
    mm, rest = Fraction(row['maintenance']), row['maintenance_rest']
    if rest:
        mm += Fraction(rest['num'], rest['den'] * 10 ** rest['digits'])
    same(mm, pool.mm(p), f'{what} maintenance')
    by_hand = (basis / p.q * max(0, (m + i.slope * p.q) * p.q - c) if i.by_size
               else max(0, basis * (m + i.slope * p.q) - c)) + p.mm_fee * basis
    same(mm, by_hand if p in pool.open else calc.ZERO, f'{what} maintenance by hand')


def limit_price(position, exact):
    """The close-out price on a tick, within the range."""
    i = position.instrument
    low, high = calc.ceil_of(Fraction(i.min_price, i.tick)), i.max_price // i.tick
    if low > high:
        return i.max_price if position.s > 0 else i.min_price
    if exact is None:
        return high * i.tick
    rounded = calc.ceil_of if position.s > 0 else calc.floor_of
    return min(max(rounded(exact / i.tick), low), high) * i.tick


def price(p, units):
    """As it is printed."""
    return None if units is None else calc.dec(units, p.instrument.price_scale)


def check_prices(pool, p, row, weight, points, what):
    """The lines it is liquidated at, and the prices that close it."""
    (below, why_below), (above, why_above) = points
    u, rate = pool.u[p.instrument.id], pool.rate(p)
    bankrupt = calc.to_tick(p, calc.closing_price(p, rate, pool.B, calc.ONE, u))
    wanted = {'liquidation_below': price(p, below), 'liquidation_below_reason': why_below,
              'liquidation_above': price(p, above), 'liquidation_above_reason': why_above,
              'bankruptcy_price': price(p, bankrupt), 'closeout_price': None, 'limit_price': None,
              'shortfall': None}
    if weight is not None:
        exact = calc.closing_price(p, rate, pool.B, weight, u)
        scale = p.instrument.scale
        lost = max(0, calc.ceil_of(-pool.B * weight / rate * 10 ** scale))
        wanted |= {'closeout_price': price(p, calc.to_tick(p, exact)),
                   'limit_price': price(p, limit_price(p, exact)),
                   'shortfall': calc.dec(lost, scale)}
    for name, value in wanted.items():
        same(row[name], value, f'{what} {name}')


def check_positions(pool, rows, worth):
    """Each position's value, margin and prices."""
    same(len(rows), len(pool.positions), 'positions')
    by, weights = pool.weights()
    settled = len(pool.open) < len(pool.positions)
    if pool.open:
        same(worth['shares_by'], by, 'shares_by')
    for p, row in zip(pool.positions, rows):
        what, u = f'position {p.instrument.id}{p.leg or ""}', pool.u[p.instrument.id]
        same((row['instrument'], row['leg']), (p.instrument.id, p.leg), what)
        for name, value in {
                'qty': p.s * p.q, 'coordinate': u, 'unit': Fraction(p.instrument.K),
                'value': p.value(u), 'cost': p.cost, 'profit': p.upnl(u),
                'funding_due': p.due}.items():
            same(row[name], value, f'{what} {name}')
        same(row['value'], Fraction(row['unit']) * Fraction(row['coordinate']) * abs(p.row.qty)
             / 10 ** p.instrument.fine, f'{what} K |q| u')
        check_margin(pool, p, row, what)
        if p in pool.open:
            same(Fraction(row['share']) / Fraction(worth['shares_total']), weights[p],
                 f'{what} share')
        if not settled:  # the oracle's search knows no settled ones
            points = calc.liquidation(calc.Slice(pool.pool, p.instrument, pool.u),
                                      pool.state.marks[p.instrument.id][0])
            check_prices(pool, p, row, weights.get(p), points, what)


def check_worth(pool, row):
    """E, B, MM, as they are and as they leave."""
    scale, E, B, MM = pool.state.numeraire.scale, pool.E, pool.B, pool.MM
    for name, value in {
            'equity': calc.dec_floor(E, scale), 'bankruptcy_equity': calc.dec_floor(B, scale),
            'maintenance': calc.dec_ceil(MM, scale), 'equity_exact': E,
            'bankruptcy_equity_exact': B, 'safe': pool.safe(),
            'ratio': calc.dec_ceil(MM / E, 9) if E > 0 else None,
            'trigger': 'at_or_below' if pool.rules.at_or_below else 'below',
            'warn': [{'ratio': calc.dec(int(w * PPB), 9), 'reached': MM >= w * E}
                     for w in pool.rules.warn]}.items():
        same(row[name], value, f'worth {name}')
    short = MM - Fraction(row['maintenance_exact'])
    if row['maintenance_rests'] == 0:
        same(short, calc.ZERO, 'maintenance_exact')
    elif not 0 < short:
        raise Wrong(f'maintenance_exact: {short} are missing')
    if pool.open and (Fraction(row['excess']) >= 0) != pool.safe():
        raise Wrong('excess: of the wrong sign')
    if row['maintenance_rests'] == 0 and not pool.rules.at_or_below:
        same(row['excess'], E - MM, 'excess')


# ---------------------------------------------------------------- the ladder


def conversions(pool):
    """[(asset, raw amount)] that cover what is owed, of each what nothing holds; least volatile
    first is the engine's to say: any order that covers it is taken."""
    amounts = pool.pool.amounts(pool.u)
    debt = -sum((pool.pool.holdings[a].rate * x for a, x in amounts.items() if x < 0), calc.ZERO)
    free = {}
    for a, x in amounts.items():
        held = pool.pool.holdings[a]
        some = calc.floor_of((min(held.amount, x) - held.order_margin) * 10 ** held.asset.scale)
        if some > 0:
            free[a] = some
    return debt, free


def check_convert(pool, orders, assets):
    """Each order is all that is free, or covers what is still owed; the least volatile first."""
    debt, free = conversions(pool)
    calm = {row['asset']: 0 if pool.state.assets[row['asset']].numeraire else row['volatility']
            for row in assets}
    same([o['asset'] for o in orders],
         sorted(free, key=lambda a: (calm[a], a))[:len(orders)], 'order of assets')
    for order in orders:
        held = pool.pool.holdings[order['asset']]
        unit = held.rate / 10 ** held.asset.scale
        amount = min(free.pop(order['asset']), calc.ceil_of(debt / unit))
        same(order['amount'], calc.dec(amount, held.asset.scale), 'convert amount')
        debt -= amount * unit
    if debt > 0 and free:
        raise Wrong('a debt is left, and something to sell')


class Left:
    """What is left of a pool when lots of its positions are closed at estimated fills."""

    def __init__(self, pool):
        self.pool, self.lots = pool, {}

    @staticmethod
    def terms(pool, p):
        """(loss of closing a lot, up; cost that goes with it, down), at fine units."""
        i, u = p.instrument, pool.u[p.instrument.id]
        value, slip, fine = i.per_coordinate(i.lot) * u, p.s * i.slippage, 10 ** i.fine
        fill = value / (1 - slip) if i.inverse else value * (1 - slip)
        loss = abs(value - fill) + p.fee * fill
        cost = p.cost * Fraction(i.lot, abs(p.row.qty))
        return Fraction(calc.ceil_of(loss * fine), fine), Fraction(calc.floor_of(cost * fine), fine)

    def close(self, p, lots):
        """So many lots of it are closed."""
        self.lots[p] = lots

    def worth(self):
        """(E, MM) of what is left."""
        pool, MM = self.pool, calc.ZERO
        x = {a: h.amount for a, h in pool.pool.holdings.items()}
        for p in pool.positions:
            i, u, lots = p.instrument, pool.u[p.instrument.id], self.lots.get(p, 0)
            loss, cost = self.terms(pool, p)
            x[i.settle] += p.upnl(u) - p.due - lots * loss
            rest = abs(p.row.qty) - lots * i.lot
            if rest and p in pool.open:
                MM += pool.rate(p) * self.margin(p, rest, p.cost - lots * cost, u)
        E = sum((h.rate * h.weighted(x[a] - h.order_margin)
                 for a, h in pool.pool.holdings.items()), calc.ZERO)
        return E, MM

    def margin(self, p, rest, cost, u):
        """Of what is left of it. By cost its tier is that of the cost in proportion."""
        i, q = p.instrument, Fraction(rest, 10 ** p.instrument.qty_scale)
        basis = cost if p.entry_basis else i.per_coordinate(rest) * u
        measure = q if i.by_size else p.cost * q / p.q if p.entry_basis else basis
        tier = next((t for t in i.tiers if t.upto is None or t.upto >= measure), i.tiers[-1])
        m = tier.m + i.slope * q
        mm = basis / q * max(0, m * q - tier.c) if i.by_size else max(0, basis * m - tier.c)
        return mm + p.mm_fee * basis

    def reaches(self):
        """At the target, and safe."""
        E, MM = self.worth()
        return MM <= self.pool.rules.target * E and not self.pool.pool.is_unsafe(E - MM)


def find(pool, instrument, leg):
    """The position of a row."""
    return next(p for p in pool.positions if (p.instrument.id, p.leg) == (instrument, leg))


def some_of(most):
    """Lots to try: all when they are few, else some of them."""
    if most <= 60:
        return range(1, most + 1)
    return sorted({1 + (most - 1) * n // 59 for n in range(60)})


def tradable(pool):
    """[(position, lots)]"""
    return [(p, abs(p.row.qty) // p.instrument.lot) for p in pool.open
            if pool.state.trades(p) and abs(p.row.qty) >= p.instrument.lot]


def check_minimal(pool, left, orders):
    """The last position is closed by the least lots that reach the target, those before it by all."""
    closed = [find(pool, row['instrument'], row['leg']) for row in left['closed']]
    after, most = Left(pool), dict(tradable(pool))
    for p, row in zip(closed, left['closed']):
        loss, cost = after.terms(pool, p)
        same(row['loss_of_lot'], loss, 'loss_of_lot')
        same(row['cost_of_lot'], cost, 'cost_of_lot')
        after.close(p, row['lots'])
    E, MM = after.worth()
    same(left['equity_exact'], E, 'left equity')
    if all(not p.instrument.by_size or not p.entry_basis for p in pool.positions):
        same(left['maintenance_exact'], MM, 'left maintenance')
        same(left['ratio'], calc.dec_ceil(MM / E, 9) if E > 0 else None, 'left ratio')
    if not after.reaches():
        raise Wrong('the reduction does not reach the target')
    partly = [p for p, row in zip(closed, left['closed']) if row['lots'] < most[p]]
    if len(partly) > 1:
        raise Wrong('two positions are closed in part')
    for last, row in zip(closed, left['closed']):
        if (partly and last not in partly) or row['lots'] < 2:
            continue
        after.close(last, row['lots'] - 1)
        if after.reaches() and partly:
            raise Wrong('a lot less reaches the target too')
        after.close(last, row['lots'])
    same([Fraction(o['whole']) for o in orders],
         [Fraction(row['lots'] * p.instrument.lot, 10 ** p.instrument.qty_scale)
          for p, row in zip(closed, left['closed'])], 'whole lots')


def check_sequence(pool, e):
    """Which position goes first; equal ones stand in canonical order."""
    def margin(p):
        return -pool.rate(p) * pool.mm(p)

    def in_pair(p):
        return any(q.instrument is p.instrument and q.s != p.s for q in pool.positions)

    def spread(p):
        said, i = pool.state.said['mark', p.instrument.id], p.instrument
        share = (Fraction(said['ask']) - Fraction(said['bid'])) / Fraction(said['price'])
        depth = raw(said['depth'], i.qty_scale) * i.per_coordinate(1) * pool.u[i.id] * pool.rate(p)
        return calc.floor_of(share * 10 ** 18), -depth

    moves = {(r['instrument'], r['leg']): r['volatility'] for r in e['positions']}
    key = {'largest_margin': margin,
           'largest_loss': lambda p: pool.rate(p) * p.upnl(pool.u[p.instrument.id]),
           'least_volatile': lambda p: moves[p.instrument.id, p.leg], 'most_liquid': spread,
           'pairs_first': lambda p: (not in_pair(p), margin(p))}[pool.rules.order]
    same([(r['instrument'], r['leg']) for r in e['sequence']],
         [(p.instrument.id, p.leg) for p in sorted(pool.positions, key=key)], 'sequence')
    closed = [(o['instrument'], o['leg']) for o in e['orders']]
    for n, row in enumerate(e['sequence']):  # all before the last that is closed
        name = row['instrument'], row['leg']
        p = find(pool, *name)
        if name not in closed and closed and pool.rules.partial == 'minimal' and \
                p in dict(tradable(pool)) and \
                any((r['instrument'], r['leg']) in closed for r in e['sequence'][n + 1:]):
            raise Wrong(f'{name} is passed over')


def check_unreached(pool):
    """No number of lots that is tried reaches the target, in the order of the margin."""
    if pool.rules.partial != 'minimal' or pool.rules.order != 'largest_margin':
        return
    after = Left(pool)
    line = sorted(tradable(pool), key=lambda t: -pool.rate(t[0]) * pool.mm(t[0]))
    total = sum(lots for _, lots in line)
    done = 0
    for p, most in line:
        for lots in some_of(most):
            after.close(p, lots)
            everything = done + lots == total and len(line) == len(pool.open)
            if after.reaches() and not everything:
                raise Wrong(f'{lots} lots of {p.instrument.id} reach the target')
        after.close(p, most)
        done += most


def check_fraction(pool, orders):
    """The share of the quantity, up to a lot."""
    order, = orders
    p = find(pool, order['instrument'], order['leg'])
    lots = calc.ceil_of(abs(p.row.qty) * pool.rules.fraction / p.instrument.lot)
    lots = min(lots, abs(p.row.qty) // p.instrument.lot)
    same(order['whole'], calc.dec(lots * p.instrument.lot, p.instrument.qty_scale), 'fraction')


def check_slices(pool, orders):
    """An order worth more than a slice is whole lots of it, at least one."""
    for order in orders:
        p = find(pool, order['instrument'], order['leg'])
        i = p.instrument
        unit = pool.rate(p) * i.per_coordinate(1) * pool.u[i.id]
        whole = int(Fraction(order['whole']) * 10 ** i.qty_scale)
        qty = whole
        if pool.rules.slice and unit * whole > pool.rules.slice:
            lots = max(1, calc.floor_of(pool.rules.slice / (unit * i.lot)))
            qty = min(whole, lots * i.lot)
        same(order['qty'], calc.dec(qty, i.qty_scale), 'slice')


def check_skip(pool, step, skip):
    """Why a step does not apply, or that it does."""
    owed, free = conversions(pool)
    rules = pool.rules
    if step == 'cancel':
        held = any(h.order_margin > 0 for h in pool.pool.holdings.values())
        wanted = None if rules.cancel_first and held else \
            'nothing_held' if rules.cancel_first else 'policy'
    elif step == 'convert':
        wanted = 'policy' if not rules.convert else skip if skip == 'isolated' else \
            'no_debt' if not owed else None if free else 'nothing_to_sell'
    elif step == 'partial':
        wanted = 'policy' if rules.partial == 'none' else \
            'nothing_trades' if not tradable(pool) else skip
        if skip in ('unreached', 'everything'):
            check_unreached(pool)
    elif step == 'full':
        wanted = skip if skip is None or any(map(pool.state.trades, pool.open)) else 'nothing_trades'
    else:
        wanted = None
    if skip != 'answered':
        same(skip, wanted, f'skip of {step}')


def check_ladder(pool, e):
    """Each step in its order, and what the last one asks for."""
    if e['ladder'] is None:
        return
    steps = ['cancel', 'convert', 'partial', 'full', 'deficit']
    same([row['step'] for row in e['ladder']], steps[:len(e['ladder'])], 'ladder')
    for row in e['ladder']:
        check_skip(pool, row['step'], row['skip'])
    same(e['ladder'][-1]['skip'], None, 'the last step applies')
    same(e['step'], e['ladder'][-1]['step'], 'step')
    if e['step'] == 'convert':
        check_convert(pool, e['orders'], e['assets'])
    elif e['step'] == 'partial':
        check_sequence(pool, e)
        if pool.rules.partial == 'minimal':
            check_minimal(pool, e['left'], e['orders'])
        elif pool.rules.partial == 'fraction':
            check_fraction(pool, e['orders'])
    elif e['step'] == 'full':
        same([(o['instrument'], o['leg'], Fraction(o['whole'])) for o in e['orders']],
             [(p.instrument.id, p.leg, p.q) for p in pool.open if pool.state.trades(p)], 'full')
    if e['step'] in ('partial', 'full'):
        check_slices(pool, e['orders'])


# ---------------------------------------------------------------- what was said


def in_field(text, scale):
    """An order's field has 64 bits; what is beyond them stays at their end."""
    if text is None:
        return None
    units = int(Fraction(text) * 10 ** scale)
    return calc.dec(max(-calc.INT64, min(units, calc.INT64 - 1)), scale)


def check_liquidate(pool, e, said, order):
    """Every field of an order is explained."""
    p = find(pool, order['instrument'], order['leg'])
    row = next(r for r in e['positions'] if (r['instrument'], r['leg']) == (p.instrument.id, p.leg))
    mark = next(s for s in e['sources'] if (s['type'], s['id']) == ('mark', p.instrument.id))
    scale = pool.state.numeraire.scale
    expires = e['engine_ns'] + pool.rules.line['expires_ms'] * 10 ** 6 if e['engine_ns'] else 0
    for name, value in {
            'account': e['account'], 'pool': e['pool'], 'instrument': p.instrument.id,
            'leg': p.leg, 'side': 'sell' if p.s > 0 else 'buy', 'qty': order['qty'],
            'price': row['limit_price'],
            'bankruptcy_price': in_field(row['bankruptcy_price'], p.instrument.price_scale),
            'step': e['step'], 'expires_ns': expires,
            'equity': in_field(e['worth']['equity'], scale),
            'maintenance': in_field(e['worth']['maintenance'], scale), 'mark_seq': mark.get('seq'),
            'mark': price(p, pool.state.marks[p.instrument.id][0]),
            'tier_rev': pool.state.said['instrument', p.instrument.id]['rev'],
            'policy_rev': pool.rules.line['rev'],
            'order': f'{key_of(e)}/{order["place"]}'}.items():
        same(said[name], value, f'order {name}')


def key_of(e):
    """The decision's, as the pool stands."""
    return f'{e["account"]}/{e["pool"]}/{e["now"]["base"]}/{e["now"]["n"]}'


def check_deficit(pool, e, said):
    """A deficit's price and amount."""
    same((said['account'], said['pool'], said['base'], said['n']),
         (e['account'], e['pool'], e['now']['base'], e['now']['n']), 'deficit key')
    if said['instrument'] == 0:
        owed = max(0, -calc.floor_of(pool.B * 10 ** pool.state.numeraire.scale))
        same(raw(said['amount'], pool.state.numeraire.scale), owed, 'debt')
        return
    row = next(r for r in e['positions']
               if (r['instrument'], r['leg']) == (said['instrument'], said['leg']))
    p = find(pool, said['instrument'], said['leg'])
    for name, value in {'price': row['limit_price'], 'amount': row['shortfall'],
                        'side': 'sell' if p.s > 0 else 'buy',
                        'qty': calc.dec(abs(p.row.qty), p.instrument.qty_scale)}.items():
        same(said[name], value, f'deficit {name}')


def check_said(pool, e):
    """What was sent is what is explained, field by field."""
    same(e['matches'], True, 'matches')
    said = e['said']
    if e['step'] == 'deficit':
        for line in said:
            check_deficit(pool, e, line)
        same(len(said), len(pool.open) or 1, 'deficits')
        return
    if e['step'] == 'cancel':
        same([(s['type'], s['order']) for s in said], [('cancel', f'{key_of(e)}/0')], 'cancel')
        return
    same(len(said), len(e['orders']), 'orders')
    for line, order in zip(said, e['orders']):
        if e['step'] == 'convert':
            same((line['asset'], line['amount'], line['order']),
                 (order['asset'], order['amount'], f'{key_of(e)}/{order["place"]}'), 'convert')
        else:
            check_liquidate(pool, e, line, order)


def check_pool(e):
    """A decision, a deficit, or an account at a time."""
    if e['worth'] is None:
        if e['said']:
            raise Wrong('something was said about a pool that could not be judged')
        return
    state = State(e['world'])
    pool = Pool(state, e['account'], e['pool'])
    check_assets(pool, e['assets'])
    check_positions(pool, e['positions'], e['worth'])
    check_worth(pool, e['worth'])
    check_ladder(pool, e)
    if e['said']:
        check_said(pool, e)
    elif (e['waits']['for'] == 'nothing') != pool.safe() and e['now']['phase'] == 'watched':
        raise Wrong(f'waits for {e["waits"]["for"]}')


# ---------------------------------------------------------------- plans


class Named:
    """A claim or a candidate with what plan.py asks of it."""

    def __init__(self, **fields):
        self.__dict__.update(fields)

    def queue(self):
        """By score, then by name."""
        return (-self.score, *self.place()[1:])

    def place(self):
        """By partition, then by name."""
        return (self.partition, self.account, plan.pool_order(self.pool), self.instrument.id,
                calc.LEGS[self.leg])


def raw(text, scale):
    """A decimal in units of its last place."""
    return calc.raw64(text, scale)


def check_score(state, e, deficit, row):
    """A winner's score, from what it holds, at the query's prices."""
    if row['holds'] is None:
        same(row['standing'], None, 'standing of an unknown pool')
        return
    there = State(e['world'] + [row['holds']])
    for mark in e['query']['marks']:
        i = there.instruments[mark['instrument']]
        there.marks[i.id] = raw(mark['price'], i.price_scale), there.marks[i.id][1]
    for rate in e['query']['rates']:
        asset = there.assets[rate['asset']]
        there.rates[asset.id] = Fraction(raw(rate['price'], asset.rate_scale),
                                         10 ** asset.rate_scale)
    pool = Pool(there, row['account'], row['pool'])
    p = find(pool, row['instrument'], row['leg'])
    unrealised = sum((pool.rate(q) * q.upnl(pool.u[q.instrument.id]) for q in pool.positions),
                     calc.ZERO)
    at = plan.Standing(p, pool.rate(p), pool.u[p.instrument.id], pool.B, pool.MM, unrealised)
    by = deficit['adl']['score']
    same(row['score'], plan.score(by, at), 'score')
    same(row['score_again'], row['score'], 'score again')
    same(raw(row['profit'], p.instrument.scale), plan.pnl(at), 'profit')
    standing = row['standing']
    for name, value in {'mark_value': at.value, 'entry_value': at.cost, 'profit': at.profit,
                        'notional': at.notional, 'entry_notional': at.entry_notional,
                        'equity': at.equity, 'balance': at.balance}.items():
        same(standing[name], value, f'standing {name}')
    gain, leverage = {
        'bitmex': ((at.profit, at.cost), (at.value, at.distance)),
        'binance': ((at.profit, at.value), (at.notional, at.equity)),
        'bybit': ((at.profit, at.cost), (at.entry_notional, at.balance)),
        'okx': ((at.profit, at.cost), (at.maintenance, at.equity)),
        'hyperliquid': ((max(at.value, at.cost), min(at.value, at.cost)),
                        (at.notional, at.equity))}.get(by, (None, None))
    if gain:
        same(row['gain'], calc.dec(plan.factor(*gain, plan.GAIN), 9), 'gain')
        same(row['leverage'], calc.dec(plan.factor(*leverage, plan.LEVERAGE), 6), 'leverage')


def check_takeover(state, e, deficit, rules, money, fund_asset):
    """What the fund could bear."""
    row, scale = deficit['takeover'], fund_asset.scale
    i = state.instruments[deficit['instrument']]
    balance, peak = raw(e['fund']['balance'], scale), raw(e['fund']['peak'], scale)
    cost = money.converted_up(raw(deficit['amount'], i.scale), i.settle, fund_asset.id)
    spent = sum(raw(s['amount'], scale) for s in e['said'][:deficit['first']]
                if s['type'] == 'takeover')
    same(row['spent'], calc.dec(spent, scale), 'spent before')
    left = balance - spent - cost
    bears = (money.worth(left, fund_asset.id) >= rules.fund_floor
             and left >= peak * (1 - rules.fund_drawdown))
    taken = {'if_solvent': bears, 'always': True, 'never': False}[rules.takeover]
    for name, value in {'cost': calc.dec(cost, scale), 'left': calc.dec(left, scale),
                        'floor': rules.fund_floor, 'bears': bears, 'taken': taken,
                        'least': peak * (1 - rules.fund_drawdown) / 10 ** scale,
                        'when': rules.takeover}.items():
        same(row[name], value, f'takeover {name}')
    return taken, cost, row['spent']


def candidates_of(state, rows):
    """The winners of a line, as plan.py wants them."""
    out = []
    for row in rows:
        i = state.instruments[row['instrument']]
        out.append(Named(account=row['account'], pool=row['pool'], leg=row['leg'], instrument=i,
                         partition=row['partition'], score=row.get('score'),
                         left=raw(row['qty'], i.qty_scale) if 'qty' in row else 0,
                         profit=raw(row['profit'], i.scale)))
    return out


def deal(claim, rules, line, mark, at):
    """[(winner, quantity)] by the policy."""
    lot = claim.instrument.lot
    if rules.adl_score == 'pro_rata':
        return plan.pro_rata(claim.qty, lot, line)
    if rules.adl_score == 'least_overshoot':
        gain = max(Fraction(0), plan.gained(claim, lot, at, mark))
        return plan.least_overshoot(claim.qty, lot, Fraction(claim.amount), gain, line)
    return plan.ranked(claim.qty, line)


def check_pairs(deficit, claim, rules, line):
    """Who gives how much; returns the rows and the quantity that is left."""
    i = claim.instrument
    at = plan.pair_price(claim, rules, claim.mark, claim.index)
    given = {id(w): qty for w, qty in deal(claim, rules, line, claim.mark, at)}
    same(deficit['adl']['price'], price(claim, at), 'price of pairs')
    shares = rules.adl_score in ('pro_rata', 'least_overshoot')
    wanted = sorted(line, key=lambda w: w.place() if shares else w.queue())
    same([w.account for w in line], [w.account for w in wanted], 'order of the line')
    rows = []
    for winner, row in zip(line, deficit['adl']['line']):
        qty = given.get(id(winner), 0)
        same(row['gives'], calc.dec(qty, i.qty_scale), 'gives')
        if qty:
            rows.append(('adl', winner.account, calc.dec(qty, i.qty_scale), price(claim, at)))
    left = claim.qty - sum(given.values())
    same(deficit['adl']['left'], calc.dec(left, i.qty_scale), 'left over')
    return rows, left, at


def check_loss(state, deficit, claim, rules, money, fund):
    """What is uncovered, and who bears it."""
    loss, i = deficit['loss'], claim.instrument
    amount = plan.uncovered(claim, claim.qty - claim.left, claim.mark, claim.at)
    same(loss['amount'], calc.dec(amount, i.scale), 'loss')
    cost = money.converted_up(amount, i.settle, fund.asset)
    same(loss['cost'], calc.dec(cost, state.assets[fund.asset].scale), 'cost of the loss')
    left = fund.balance - fund.spent - cost
    bears = (money.worth(left, fund.asset) >= rules.fund_floor
             and left >= fund.peak * (1 - rules.fund_drawdown))
    borne = bool(amount) and {'if_solvent': bears, 'always': True, 'never': False}[rules.takeover]
    same(loss['borne'], borne, 'borne')
    rows, paid = [], cost if borne else 0
    if amount and not borne:
        bearers = candidates_of(state, loss['bearers'] or []) if rules.socialize else []
        parts = plan.shares_of_loss(money, claim, sorted(bearers, key=Named.place), amount)
        for asset in sorted(parts):
            scale = state.assets[asset].scale
            rows += [('socialize', c.account, calc.dec(n, scale)) for c, n in parts[asset] if n]
        paid = 0 if parts else cost
    if claim.left or paid:
        at = claim.mark if rules.adl_score == 'least_overshoot' else claim.price
        rows.append(('takeover', calc.dec(claim.left, i.qty_scale), price(claim, at),
                     calc.dec(paid, state.assets[fund.asset].scale)))
    return rows


def row_of(said):
    """What counts of a plan's message."""
    if said['type'] == 'adl':
        return 'adl', said['winner_account'], said['qty'], said['price']
    if said['type'] == 'socialize':
        return 'socialize', said['account'], said['amount']
    return 'takeover', said['qty'], said['price'], said['amount']


def check_met(state, e, deficit, money):
    """One deficit of a plan."""
    i = state.instruments[deficit['instrument']]
    rules, fund_asset = state.policies[i.policy], state.assets[e['fund']['asset']]
    same(deficit['policy'], i.policy, 'policy')
    marks = {m['instrument']: m for m in e['query']['marks']}
    same((deficit['mark'], deficit['index']), (marks[i.id]['price'], marks[i.id]['index']), 'mark')
    claim = Named(instrument=i, s=1 if deficit['side'] == 'sell' else -1, leg=deficit['leg'],
                  qty=raw(deficit['qty'], i.qty_scale), price=raw(deficit['price'], i.price_scale),
                  amount=raw(deficit['amount'], i.scale),
                  mark=raw(deficit['mark'], i.price_scale),
                  index=raw(deficit['index'], i.price_scale))
    taken, cost, spent = check_takeover(state, e, deficit, rules, money, fund_asset)
    if taken:
        rows = [('takeover', deficit['qty'], deficit['price'],
                 calc.dec(cost, fund_asset.scale))]
    else:
        for row in deficit['adl']['line']:
            check_score(state, e, deficit, row)
        line = candidates_of(state, deficit['adl']['line'])
        rows, claim.left, claim.at = check_pairs(deficit, claim, rules, line)
        fund = Named(asset=fund_asset.id, balance=raw(e['fund']['balance'], fund_asset.scale),
                     peak=raw(e['fund']['peak'], fund_asset.scale),
                     spent=raw(spent, fund_asset.scale))
        rows += check_loss(state, deficit, claim, rules, money, fund)
    first = deficit['first']
    same([row_of(s) for s in e['said'][first:first + deficit['count']]], rows, deficit['key'])
    return [row[0] for row in rows]


def check_plan(e):
    """A fund's plan, or one deficit of it; returns the kinds of its messages."""
    same(e['matches'], True, 'matches')
    state = State(e['world'])
    rates = {state.numeraire.id: calc.ONE}
    for rate in e['query']['rates']:
        asset = state.assets[rate['asset']]
        rates[asset.id] = Fraction(raw(rate['price'], asset.rate_scale), 10 ** asset.rate_scale)
    money = plan.Money(state.assets, rates, state.numeraire)
    kinds = []
    for deficit in e['deficits']:
        kinds += check_met(state, e, deficit, money)
    return kinds


def check(e):
    """Any explanation; returns the kinds of what was explained."""
    if e['explains'] == 'plan':
        return check_plan(e)
    check_pool(e)
    return [e['step'] or 'safe']
