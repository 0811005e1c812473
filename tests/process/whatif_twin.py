"""The exchange and the ledger of a what-if, once more and dumbly, from what the tape of a variant says.

A tape that `replay --write` made holds what the variant's engine heard and said, in order. Of its orders
and plans follows every account, fund and answer that its ledger states: here they are worked out with
Python's integers from the rules in README.md, and compared field by field. Nothing is shared with the
C code but the wire."""
import collections
import pathlib
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'interop'))
import wire  # noqa: E402

FINE = 10 ** 10
PPB = 10 ** 9
CROSS, ISOLATED = 0, 1
SELL, BUY = 1, 0
FILLED, EXPIRED, REJECTED, STALE = 1, 3, 4, 6
TERMS = {'impact_ppm': 250, 'depth_ppm': 1000, 'half_life_ms': 1000, 'convert_ppm': 500}


class Differs(Exception):
    pass


def records(path):
    data, at = path.read_bytes(), 16
    while at < len(data):
        size, kind = struct.unpack_from('<IB', data, at)
        yield kind, data[at + 16:at + 16 + size]
        at += 16 + size


def ceil(a, b):
    return -(-a // b)


def defaulted(name, values):
    """With what is left out filled in."""
    if name == 'mark':
        for field in ('index', 'bid', 'ask'):
            if values[field] is None:
                values[field] = values['price']
    if name == 'account' and values['cross_rev'] is None:
        values['cross_rev'] = values['rev']
    return values


class Market:
    def __init__(self, twin, said):
        self.twin, self.said, self.mark = twin, said, None
        self.push = self.at = 0

    def value(self, qty, price):
        """Fine units of the settle asset."""
        said, scale = self.said, self.twin.assets[self.said['settle']]['scale']
        digits, decimals = said['multiplier'], 9
        while decimals and digits % 10 == 0:
            digits, decimals = digits // 10, decimals - 1
        if said['kind'] == 1:
            power = scale + 10 + said['price_scale'] - said['qty_scale'] - decimals
            return digits * qty * (10 ** power // price)
        power = scale + 10 - said['price_scale'] - said['qty_scale'] - decimals
        return digits * 10 ** power * qty * price

    def slope(self, qty):
        sign = 1 if qty > 0 else -1
        return -sign if self.said['kind'] == 1 else sign

    def cost(self, row):
        if row['cost'] is not None:
            return row['cost'] * FINE
        return self.value(abs(row['qty']), row['entry'])

    def due(self, row):
        """What a row owes of funding, in units, up."""
        scale = self.twin.assets[self.said['settle']]['scale']
        moved = self.mark['funding'] - row['funding']
        return ceil(row['qty'] * moved * 10 ** scale, 10 ** (12 + self.said['qty_scale']))

    # ---- what an order gets ----

    def rest(self):
        half, passed = self.twin.terms['half_life_ms'] * 10 ** 6, self.twin.now - self.at
        if half == 0:
            self.push = 0
        elif passed > 0:
            self.push >>= min(passed // half, 63)
            self.push -= self.push * (passed % half) // (2 * half)
            self.push = 0 if self.push < 1000 else self.push
            self.at = self.twin.now

    def push_of(self, qty):
        terms = self.twin.terms
        if self.mark['depth'] > 0:
            return qty * terms['depth_ppm'] * 1000 // self.mark['depth']
        rate, asset = self.twin.rate(self.said['settle'])
        value = self.value(self.said['lot'], self.mark['price']) * rate * PPB
        value //= 10 ** (asset['scale'] + 10 + asset['rate_scale'])
        return value * qty // self.said['lot'] // PPB * terms['impact_ppm'] * 1000 // 10 ** 6

    def average(self, side, qty):
        best = self.mark['bid'] if side == SELL else self.mark['ask']
        away = ceil(best * (self.push + self.push_of(qty) // 2), PPB)
        tick = self.said['tick']
        if side == SELL:
            return (best - away) // tick * tick
        return ceil(best + away, tick) * tick

    def fillable(self, side, limit, qty):
        """Lot by lot where that is quick, else by the whole and a search upwards."""
        def fits(size):
            price = self.average(side, size)
            return price >= limit if side == SELL else price <= limit
        if fits(qty):
            return qty
        lot = self.said['lot']
        if qty // lot < 200:
            return max([n * lot for n in range(1, qty // lot + 1) if fits(n * lot)], default=0)
        least, step = 0, 1 << (qty // lot).bit_length()
        while step:
            if least + step <= qty // lot and fits((least + step) * lot):
                least += step
            step //= 2
        return least * lot

    def trade(self, qty):
        self.push += self.push_of(qty)
        self.at = self.twin.now


def same_pool(row, pool):
    if pool == 'x':
        return row['mode'] == CROSS
    name = f"{row['instrument']}{ {None: '', 1: 'L', 2: 'S'}[row['leg']] }"
    return row['mode'] == ISOLATED and name == pool


class Account:
    def __init__(self, said):
        self.id, self.policy = said['account'], said['policy']
        self.rev, self.cross_rev = said['rev'], said['cross_rev']
        self.balances = {row['asset']: [row['amount'], row['order_margin']]
                         for row in said['balances']}
        self.rows = [dict(row) for row in said['positions']]
        self.touched = False

    def touch(self):
        self.rev += not self.touched
        self.touched = True

    def move(self, row):
        self.touch()
        row['rev'] = self.rev
        if row['mode'] == CROSS:
            self.cross_rev = self.rev

    def pay(self, asset, row, amount):
        if row is not None and row['mode'] == ISOLATED:
            row['margin'] += amount
        else:
            self.balances.setdefault(asset, [0, 0])[0] += amount

    def find(self, pool, instrument, leg):
        for row in self.rows:
            if same_pool(row, pool) and row['instrument'] == instrument and row['leg'] == leg:
                return row
        return None

    def tidy(self, twin):
        for row in [row for row in self.rows if row['qty'] == 0]:
            if row['mode'] == ISOLATED:
                self.pay(twin.markets[row['instrument']].said['settle'], None, row['margin'])
            self.rows.remove(row)

    def state(self):
        """As it is compared: what is not there says nothing."""
        self.touched = False
        return {'account': self.id, 'policy': self.policy, 'rev': self.rev,
                'cross_rev': self.cross_rev,
                'balances': {a: tuple(b) for a, b in self.balances.items() if any(b)},
                'positions': sorted((row['instrument'], row['leg'] or 0, row['mode'], row['qty'],
                                     row['cost'] if row['cost'] is not None else row['entry'],
                                     row['cost'] is None, row['margin'] or 0,
                                     row['order_margin'] or 0, row['funding'] or 0, row['rev'])
                                    for row in self.rows)}


class Fund:
    def __init__(self, said):
        self.__dict__.update({k: said[k] for k in ('fund', 'asset', 'balance', 'rev')})
        self.peak = said['balance'] if said['peak'] is None else said['peak']
        self.pending, self.stakes, self.plan = 0, {}, False

    def state(self):
        self.peak = max(self.peak, self.balance)
        return {k: getattr(self, k) for k in ('fund', 'asset', 'balance', 'rev', 'peak', 'plan')}


class Twin:
    def __init__(self, terms=None):
        self.terms = {**TERMS, **(terms or {})}
        self.assets, self.rates, self.markets = {}, {}, {}
        self.accounts, self.funds = {}, {}
        self.orders, self.plans, self.expected = [collections.deque() for _ in range(3)]
        self.now, self.numeraire = 0, None
        self.counts = collections.Counter()
        self.outside = collections.Counter()   # by asset, in fine units
        self.market = collections.Counter()

    # ---- money ----

    def rate(self, asset):
        said = self.assets[asset]
        if said['numeraire']:
            return 10 ** said['rate_scale'], said
        return self.rates.get(asset, 0), said

    def exchange(self, source, amount, to):
        if source == to:
            return amount
        (rate_a, a), (rate_b, b) = self.rate(source), self.rate(to)
        if not rate_a or not rate_b:
            return 0
        return (amount * rate_a * 10 ** (b['scale'] + b['rate_scale']) //
                (rate_b * 10 ** (a['scale'] + a['rate_scale'])))

    def change(self, source, amount, to):
        worth = self.exchange(source, amount, to)
        if source != to:
            self.market[source] -= amount * FINE
            self.market[to] += worth * FINE
        return worth

    def worth(self, account):
        """Of each asset what an account has, positions at their cost, in fine units."""
        total = collections.Counter()
        for asset, (amount, _) in account.balances.items():
            total[asset] += amount * FINE
        for row in account.rows:
            market = self.markets[row['instrument']]
            if row['mode'] == ISOLATED:
                total[market.said['settle']] += row['margin'] * FINE
            total[market.said['settle']] -= market.slope(row['qty']) * market.cost(row)
        return total

    @staticmethod
    def close(market, row, qty, price):
        """What closing so much gains, in fine units."""
        size, slope = abs(row['qty']), market.slope(row['qty'])
        if row['cost'] is not None:
            left = ceil(row['cost'] * (size - qty), size)
            cost, row['cost'] = (row['cost'] - left) * FINE, left
        else:
            cost = market.value(qty, row['entry'])
        row['qty'] += -qty if row['qty'] > 0 else qty
        return slope * (market.value(qty, price) - cost)

    def pay_funding(self, account, market, row):
        if row['funding'] is not None:
            account.pay(market.said['settle'], row, -market.due(row))
        row['funding'] = market.mark['funding']

    # ---- decisions ----

    def settle(self, account, market, row, order, qty, price, fee):
        settle = market.said['settle']
        fund = self.funds.get(market.said['fund'])
        share = market.said['taker_fee'] + market.said['liq_fee']
        slope, self_price = market.slope(row['qty']), price
        to_fund = order['step'] == 1 and fund and fund.asset == settle
        account.move(row)
        self.pay_funding(account, market, row)
        self.market[settle] += slope * market.value(qty, price)
        if to_fund:
            self_price = order['price']
        at_price = market.value(qty, self_price)
        own_fee = ceil(at_price * share, PPB * FINE)
        gain = self.close(market, row, qty, self_price) // FINE
        account.pay(settle, row, gain - own_fee)
        if not to_fund:
            return
        better = slope * (market.value(qty, price) - at_price) // FINE
        fund.pending += better - (fee - own_fee)
        if row['mode'] == ISOLATED and row['qty'] == 0:
            fund.pending += row['margin']
            row['margin'] = 0

    def liquidate(self, account, order, pool):
        row = account.find(pool, order['instrument'], order['leg'])
        market = self.markets[order['instrument']]
        exec_ = {'status': REJECTED, 'filled': 0, 'price': None, 'fee': 0}
        if not row or (row['qty'] > 0) != (order['side'] == SELL):
            return exec_
        market.rest()
        wanted = min(order['qty'], abs(row['qty']))
        qty = market.fillable(order['side'], order['price'], wanted)
        exec_['status'] = FILLED if qty == order['qty'] else EXPIRED
        if qty == 0:
            return exec_
        price = market.average(order['side'], qty)
        share = market.said['taker_fee'] + market.said['liq_fee']
        fee = ceil(market.value(qty, price) * share, PPB * FINE)
        if (price < order['price']) if order['side'] == SELL else (price > order['price']):
            raise Differs(f'{order["order"]} fills beyond its limit')
        market.trade(qty)
        exec_.update(filled=qty, price=price, fee=fee)
        self.counts['fills'] += 1
        self.counts['partial fills'] += exec_['status'] == EXPIRED
        self.settle(account, market, row, order, qty, price, fee)
        return exec_

    def debt(self, account):
        """The asset that its cross pool owes most of."""
        owed = {}
        for asset in self.assets:
            amount = account.balances.get(asset, [0])[0]
            for row in account.rows:
                market = self.markets[row['instrument']]
                if row['mode'] == CROSS and market.said['settle'] == asset and market.mark:
                    profit = market.slope(row['qty']) * (
                        market.value(abs(row['qty']), market.mark['price']) - market.cost(row))
                    amount += profit // FINE - market.due(row)
            if amount < 0:
                owed[asset] = self.exchange(asset, -amount, self.numeraire)
        most = max(owed.values(), default=0)
        return min((a for a, o in owed.items() if o == most and o > 0), default=self.numeraire)

    def convert(self, account, order):
        exec_ = {'status': REJECTED, 'filled': 0, 'price': None, 'fee': 0}
        debt = self.debt(account)
        amount, held = account.balances.get(order['asset'], (0, 0))
        worth = self.exchange(order['asset'], order['amount'], debt)
        worth -= ceil(worth * self.terms['convert_ppm'], 10 ** 6)
        if order['amount'] > amount - held or debt == order['asset'] or worth <= 0:
            return exec_
        self.market[order['asset']] -= order['amount'] * FINE
        self.market[debt] += worth * FINE
        account.pay(debt, None, worth)
        account.pay(order['asset'], None, -order['amount'])
        account.touch()
        account.cross_rev = account.rev
        self.counts['conversions'] += 1
        return {**exec_, 'status': FILLED, 'filled': order['amount']}

    def cancel(self, account, pool):
        held = [balance for balance in account.balances.values()] if pool == 'x' else []
        for balance in held:
            if balance[1]:
                account.touch()
            balance[1] = 0
        for row in account.rows:
            if pool != 'x' and same_pool(row, pool) and row['order_margin']:
                account.touch()
                row['order_margin'] = 0
        return {'status': FILLED, 'filled': 0, 'price': None, 'fee': 0}

    def decide(self, orders):
        number, pool, base, n, _ = orders[0][1]['order'].split('/')
        account = self.accounts[int(number)]
        now = account.cross_rev if pool == 'x' else account.rev
        for row in account.rows:
            if pool != 'x' and same_pool(row, pool):
                now = row['rev']
        if now != int(base):
            self.expected.append(('exec', {'order': f'{number}/{pool}/{base}/{n}',
                                           'status': STALE, 'rev': now}))
            return
        execs = []
        for name, order in orders:
            if name == 'cancel':
                exec_ = self.cancel(account, pool)
            elif name == 'convert':
                exec_ = self.convert(account, order)
            else:
                exec_ = self.liquidate(account, order, pool)
            execs.append(('exec', {'order': order['order'], **exec_}))
        for _, exec_ in execs:
            exec_['rev'] = account.rev if exec_['status'] == FILLED or exec_['filled'] else 0
        account.tidy(self)
        if account.touched:
            self.expected.append(('account', account.state()))
        self.expected.extend(execs)

    # ---- plans ----

    def loser(self, key, instrument, side):
        number, pool, base, _ = key.split('/')
        account = self.accounts.get(int(number))
        rows = [row for row in account.rows if same_pool(row, pool) and
                row['instrument'] == (instrument if pool == 'x' else row['instrument'])]
        closes = [row for row in rows if row['qty'] and (row['qty'] > 0) == (side == SELL)]
        row = (closes or rows or [None])[0]
        if pool != 'x' and row is None:
            return None
        now = account.cross_rev if pool == 'x' else row['rev']
        if now != int(base) and not (account.touched and now == account.rev):
            return None
        return account, pool, row if closes or pool != 'x' else None

    def move_base(self, account, pool, row):
        account.touch()
        if pool == 'x':
            account.cross_rev = account.rev
        else:
            row['rev'] = account.rev

    def close_at(self, account, row, market, qty, price):
        account.move(row)
        self.pay_funding(account, market, row)
        gain = self.close(market, row, qty, price)
        account.pay(market.said['settle'], row, gain // FINE)

    @staticmethod
    def held(row, side):
        qty = row['qty'] if row else 0
        return abs(qty) if (qty > 0) == (side == SELL) else 0

    def take_over(self, fund, said):
        loser = self.loser(said['key'], said['instrument'], said['side'])
        if not loser or said['qty'] > self.held(loser[2], said['side']):
            return
        account, pool, row = loser
        market = self.markets[said['instrument']]
        mark, settle = market.mark['price'], market.said['settle']
        price = min(said['price'], mark) if said['side'] == SELL else max(said['price'], mark)
        self.move_base(account, pool, row)
        account.pay(settle, row, self.change(fund.asset, said['amount'], settle))
        fund.balance -= said['amount']
        self.counts['takeovers'] += 1
        if said['qty']:
            signed = said['qty'] if said['side'] == SELL else -said['qty']
            self.close_at(account, row, market, said['qty'], price)
            stake = fund.stakes.setdefault((said['instrument'], signed > 0), [0, 0])
            stake[0] += signed
            stake[1] += market.value(said['qty'], price)

    def pair(self, said):
        loser = self.loser(said['loser_key'], said['instrument'], said['side'])
        winner = self.accounts[said['winner_account']]
        gives = winner.find(said['winner_pool'], said['instrument'], said['leg'])
        market = self.markets[said['instrument']]
        if not loser or said['qty'] > self.held(loser[2], said['side']) or not gives:
            return
        qty = min(said['qty'], self.held(gives, BUY if said['side'] == SELL else SELL))
        if qty == 0:
            return
        self.counts['pairs'] += 1
        self.close_at(loser[0], loser[2], market, qty, said['price'])
        self.close_at(winner, gives, market, qty, said['price'])

    def share(self, said):
        pool = said['key'].split('/')[1]
        loser = self.loser(said['key'], None, SELL) if pool != 'x' else \
            self.loser(said['key'], 0, SELL)
        winner = self.accounts[said['account']]
        rows = [row for row in winner.rows if same_pool(row, said['pool']) and
                self.markets[row['instrument']].said['settle'] == said['asset']]
        if not loser or not rows:
            return
        account, pool, row = loser
        self.counts['shares'] += 1
        winner.touch()
        winner.pay(said['asset'], rows[0], -said['amount'])
        self.move_base(account, pool, row)
        to = said['asset'] if pool == 'x' else \
            self.markets[row['instrument']].said['settle']
        account.pay(to, row, self.change(said['asset'], said['amount'], to))

    def plan(self, number, rows):
        fund = self.funds[number]
        if rows[0][1]['rev'] != fund.rev:
            return
        for name, said in rows:
            if name == 'takeover':
                self.take_over(fund, said)
            elif name == 'adl':
                self.pair(said)
            else:
                self.share(said)
        self.counts['plans'] += 1
        for account in [a for a in self.accounts.values() if a.touched]:
            account.tidy(self)
            self.expected.append(('account', account.state()))
        fund.rev, fund.plan = fund.rev + 1, True
        self.expected.append(('fund', fund.state()))

    def sell(self, fund):
        for (instrument, _), (qty, cost) in fund.stakes.items():
            market = self.markets[instrument]
            side = SELL if qty > 0 else BUY
            market.rest()
            price = market.average(side, abs(qty))
            price = max(market.said['min_price'], min(market.said['max_price'], price))
            value = market.value(abs(qty), price)
            market.trade(abs(qty))
            fee = ceil(value * market.said['taker_fee'], PPB * FINE)
            settle, slope = market.said['settle'], market.slope(qty)
            self.market[settle] += slope * value
            fund.pending += self.change(settle, slope * (value - cost) // FINE - fee, fund.asset)
        fund.stakes = {}

    def settle_funds(self):
        for fund in self.funds.values():
            self.sell(fund)
            if fund.pending:
                fund.balance += fund.pending
                fund.rev, fund.plan, fund.pending = fund.rev + 1, False, 0
                self.expected.append(('fund', fund.state()))

    # ---- the tape ----

    def carry_out(self):
        """False: nothing is left to do."""
        if self.orders:
            self.decide(self.orders.popleft())
        elif self.plans:
            self.plan(*self.plans.popleft())
        else:
            self.settle_funds()
            return bool(self.expected)
        return True

    def finish(self):
        """Everything that was said is carried out, and was stated."""
        while not self.expected and self.carry_out():
            pass
        if self.expected:
            raise Differs(f'not stated: {self.expected[0]}')

    def own(self, name, said):
        """A statement of the ledger, or an answer of the exchange."""
        while not self.expected and self.carry_out():
            pass
        if not self.expected:
            raise Differs(f'stated without a cause: {name} {said}')
        kind, wanted = self.expected.popleft()
        if name == 'account':
            got = Account(said).state()
        else:
            got = {field: said[field] for field in wanted}
            got.update({'plan': said['plan'] != 0} if name == 'fund' else {})
        if kind == 'account' and name == 'account' and got['account'] != wanted['account']:
            # a plan states its accounts in the order of its rows
            self.expected.append((kind, wanted))
            match = [e for e in self.expected if e[0] == 'account' and
                     e[1]['account'] == got['account']]
            if match:
                self.expected.remove(match[0])
                wanted = match[0][1]
                self.expected = collections.deque(
                    sorted(self.expected, key=lambda e: e[0] == 'fund'))
        if kind != name or got != wanted:
            raise Differs(f'{name}:\n  stated {got}\n  wanted {wanted}')

    def from_outside(self, name, said):
        self.finish()
        before = collections.Counter()
        if name == 'account':
            old = self.accounts.get(said['account'])
            if old:
                before = self.worth(old)
            self.accounts[said['account']] = account = Account(said)
            after = self.worth(account)
        else:
            old = self.funds.get(said['fund'])
            before[said['asset']] = old.balance * FINE if old else 0
            if old:
                pass_on = old.stakes, old.pending
            self.funds[said['fund']] = Fund(said)
            if old:
                self.funds[said['fund']].stakes, self.funds[said['fund']].pending = pass_on
            after = {said['asset']: said['balance'] * FINE}
        for asset in {*before, *after}:
            self.outside[asset] += after.get(asset, 0) - before.get(asset, 0)

    def hear(self, name, said):
        if name == 'asset':
            self.assets[said['asset']] = said
            self.numeraire = said['asset'] if said['numeraire'] else self.numeraire
        elif name == 'rate':
            self.rates[said['asset']] = said['price']
        elif name == 'instrument':
            old = self.markets.get(said['instrument'])
            self.markets[said['instrument']] = market = Market(self, said)
            if old:
                market.mark, market.push, market.at = old.mark, old.push, old.at
        elif name == 'mark':
            market = self.markets[said['instrument']]
            if market.said['min_price'] <= said['price'] <= market.said['max_price']:
                market.mark = said

    def read(self, path):
        """Holds a tape against the rules."""
        clocked = False
        for kind, frame in records(path):
            header, messages = wire.decode_frame(frame)
            messages = [(name, defaulted(name, said)) for name, said in messages]
            topic, number = header['topic'][:4], int(header['topic'][5:], 16)
            if topic == 'ordr':
                self.orders.append(messages)
            elif topic == 'plan':
                self.plans.append((number, messages))
            elif kind != 0:
                continue
            elif topic in ('acct', 'fund', 'exec'):
                for name, said in messages:
                    if name == 'exec' or said['commit']:
                        self.own(name, said)
                    else:
                        self.from_outside(name, said)
            else:
                self.finish()
                if topic == 'time' and not clocked:
                    clocked, self.now = True, header['ts_ns']
                elif topic == 'time' or not clocked:
                    self.now = max(self.now, header['ts_ns'])
                for name, said in messages:
                    self.hear(name, said)
        self.finish()

    def totals(self):
        """Of each asset what all accounts and funds have, in fine units."""
        total = collections.Counter()
        for account in self.accounts.values():
            total.update(self.worth(account))
        for fund in self.funds.values():
            total[fund.asset] += fund.balance * FINE
        return total
