"""What the engine says about broke pools: JSON lines in, the messages that must come out.

Covers a ladder of full -> deficit (policies with partial none and cancel_first false, no cure, no
slices, no limits), a fund's coordinator, the bids and the plan. Every pool is looked at after every
message, with exact arithmetic. Words of alerts are not modelled, and warnings not at all.

How it reads the rules where they leave room:
- rounds: one is open at a time, whichever the fund. A deficit heard makes its fund wait, and a fund
  that has no plan of this revision has its round when there is none, the lowest number first. So
  one deficit heard leads to one round at most. A plan without a message is none.
- a deficit that is heard answer_ms after its fund's plan was made asks for another at once.
- least_overshoot: closing gains what it takes from a winner against the mark. At an index where it
  would give, nothing is dealt out: all of the deficit is a loss, all of the position is left.
- an asset's share of a socialised loss is rounded up to that asset's unit, once.
- what the fund pays of a loss counts as spent for the claims that follow.
- a winner's profit stays what the bid said, whatever earlier claims took of its position.
- the value where a pool is bankrupt lies B / r away, without a fee, rounded down to a fine unit.
"""
from fractions import Fraction

import calc
import plan
import plan_laws

DOUBLINGS_MAX = 4          # unanswered: at most 16 times answer_ms


# ---------------------------------------------------------------- what the stream said


class Policy(calc.Policy):
    """policy: with what funds and plans depend on."""

    def __init__(self, line, numeraire):
        super().__init__(line)
        self.takeover = line.get('takeover', 'if_solvent')
        scale = numeraire.scale if numeraire else None
        self.fund_floor = Fraction(calc.raw64(line.get('fund_floor', 0), scale),
                                   10 ** (scale or 0))
        self.fund_drawdown = calc.share(line.get('fund_drawdown', '1'))
        self.adl_score = line.get('adl_score', 'bitmex')
        self.adl_price = line.get('adl_price', 'closeout')
        self.socialize = line.get('socialize', True)
        self.answer_ns = line.get('answer_ms', 500) * 10 ** 6
        self.check_plan(line)

    def check_plan(self, line):
        """What this judge covers, and what the engine refuses."""
        if line.get('partial') != 'none' or line.get('cancel_first') is not False:
            raise calc.WorldError('the judge needs partial none and cancel_first false')
        if self.adl_score == 'least_overshoot' and self.adl_price == 'mark':
            raise calc.WorldError('least_overshoot at the mark')


class Fund:
    """fund: what its coordinator knows. One may be waited for before anything is said of it."""

    def __init__(self, number):
        self.id, self.asset, self.defined = number, None, False
        self.rev, self.round, self.asked_ns = 0, 0, 0
        self.waiting = self.planned = self.unrated_said = False
        self.query_seq = self.plan_seq = 0

    def is_old(self, line):
        """A revision before the present one."""
        return self.defined and line['rev'] < self.rev

    def take(self, line, assets):
        """Another revision of it, or the present one again."""
        self.asset = line['asset']
        scale = assets[self.asset].scale
        newer = not self.defined or line['rev'] > self.rev
        self.rev, self.defined = line['rev'], True
        self.balance = calc.raw64(line['balance'], scale)
        self.peak = calc.raw64(line.get('peak', line['balance']), scale)
        self.planned = self.planned and not newer

    def waits(self):
        """For a round, and not for its next revision."""
        return self.waiting and self.defined and not self.planned


class State(calc.State):
    """What calc keeps, with index prices, the statuses and funds of instruments, and bases."""

    def __init__(self):
        super().__init__()
        self.policies = {}
        self.indexes, self.funds, self.bases, self.suspended = {}, {}, {}, set()

    def on_policy(self, line):
        """policy"""
        self.policies[line['policy']] = Policy(line, self.numeraire)

    def on_instrument(self, line):
        """instrument"""
        super().on_instrument(line)
        i = self.instruments[line['instrument']]
        i.fund, i.status = line.get('fund', 0), line.get('status', 'trading')

    def on_mark(self, line):
        """mark"""
        super().on_mark(line)
        i = self.instruments[line['instrument']]
        self.indexes[i.id] = calc.raw64(line.get('index', line['price']), i.price_scale)

    def on_account(self, line):
        """account: `bases` has for every pool the revision that last moved it. After a revision
        that was missed the account stands still until a full message."""
        before = self.accounts.get(line['account'])
        if before and not line['full'] and line['rev'] > before.rev + 1:
            self.suspended.add(line['account'])
        if line['account'] in self.suspended and not line['full']:
            return
        self.suspended.discard(line['account'])
        super().on_account(line)
        number, account = line['account'], self.accounts[line['account']]
        names = {'x': line.get('cross_rev', line['rev'])} if self.has_cross(account) else {}
        for (instrument, leg, mode), row in account.positions.items():
            if mode != 'cross':
                names[f'{instrument}{leg or ""}'] = row.rev
        before = self.bases.get(number, {})
        self.bases[number] = {n: max(rev, before.get(n, 0)) for n, rev in names.items()}

    @staticmethod
    def has_cross(account):
        """The cross pool exists while it holds anything."""
        return (any(key[2] == 'cross' for key in account.positions)
                or any(amount or margin for amount, margin in account.balances.values()))


class View:
    """A pool at the present prices."""

    def __init__(self, pool, u):
        self.pool, self.u = pool, u
        self.open = [p for p in pool.positions if p.instrument.status != 'settled']
        amounts = pool.amounts(u)
        self.E = self.B = self.MM = self.unrealised = calc.ZERO
        for a, x in amounts.items():
            holding = pool.holdings[a]
            self.E += holding.rate * holding.weighted(x - holding.order_margin)
            self.B += holding.rate * x
        self.mm = [p.maintenance(u[p.instrument.id]) for p in self.open]
        for p, m in zip(self.open, self.mm):
            self.MM += self.rate(p) * m
        for p in pool.positions:
            self.unrealised += self.rate(p) * p.upnl(u[p.instrument.id])
        self.safe = self.is_safe()

    def is_safe(self):
        """A pool without positions is bad when nothing is left of it."""
        if not self.open:
            return self.B >= 0
        return not self.pool.is_unsafe(self.E - self.MM)

    def rate(self, position):
        """Of its settle asset."""
        return self.pool.holdings[position.instrument.settle].rate

    def weights(self):
        """How the open positions bear B."""
        return calc.closing_weights(calc.Pool(self.open, self.pool.holdings, self.pool.policy),
                                    self.mm, self.MM, self.u)

    def shares(self):
        """[(position, limit price, amount)]: what closing takes, and what the fund would pay."""
        out = []
        for p, w in zip(self.open, self.weights()):
            exact = calc.closing_price(p, self.rate(p), self.B, w, self.u[p.instrument.id])
            units = 10 ** p.instrument.scale
            amount = max(0, calc.ceil_of(-self.B * w / self.rate(p) * units))
            out.append((p, limit_price(p, exact), amount))
        return out


def limit_price(position, exact):
    """The close-out price on a tick, within the range; no price is one beyond the highest."""
    i = position.instrument
    low, high = calc.ceil_of(Fraction(i.min_price, i.tick)), i.max_price // i.tick
    if low > high:
        return i.max_price if position.s > 0 else i.min_price
    if exact is None:
        return high * i.tick
    rounded = calc.ceil_of if position.s > 0 else calc.floor_of
    return min(max(rounded(exact / i.tick), low), high) * i.tick


# ---------------------------------------------------------------- the judge


class Ladder:
    """Where a pool stands."""

    def __init__(self, base):
        self.restart(base)

    def restart(self, base):
        """A new base."""
        self.base, self.n, self.phase, self.deadline = base, 0, 'watched', None
        self.fell_through = self.proposed = self.taken = self.due = False
        self.orders, self.done, self.attempts = 0, set(), 0
        self.positions = ()


class Judge:
    """Says what the engine must say to each line."""

    def __init__(self):
        self.state = State()
        self.now, self.at, self.partitions = 0, -1, 256
        self.pools, self.views, self.out, self.between = {}, {}, [], []
        self.round = None
        self.plans = {}          # the last of each fund, for who plays the ledger
        self.records = []        # what each plan was made of

    def feed(self, line):
        """The messages that one line brings forth, in order."""
        self.out, self.between, self.at = [], [], self.at + 1
        kind = line['type']
        if kind in ('fund', 'exec', 'clock', 'cluster'):
            getattr(self, 'on_' + kind)(line)
        else:
            self.state.apply(line)
            self.outdate(line)
        self.judge_pools()
        self.open_next()
        while self.between:
            self.between.pop(0)()
            self.open_next()
        return self.out

    def say(self, kind, /, **fields):
        """One message out."""
        self.out.append({'type': kind, **fields, 'ts_ns': self.now, 'at': self.at})

    def outdate(self, line):
        """Views that the line may have changed."""
        kind = line['type']
        if kind == 'account':
            self.follow(line['account'])
            gone = [k for k in self.views if k[0] == line['account']]
        elif kind == 'mark':
            gone = [k for k, v in self.views.items()
                    if v is None or line['instrument'] in v.u]
        else:
            gone = list(self.views)
        for key in gone:
            del self.views[key]

    def follow(self, number):
        """Pools come, go and restart with their account."""
        bases = self.state.bases[number]
        for key in [k for k in self.pools if k[0] == number and k[1] not in bases]:
            del self.pools[key]
        for name, base in bases.items():
            if (number, name) not in self.pools:
                self.pools[number, name] = Ladder(base)
            elif base > self.pools[number, name].base:
                self.pools[number, name].restart(base)

    # -------------------------------------------------------- views

    def view(self, key):
        """A pool at the present prices; None while it waits."""
        if key not in self.views:
            self.views[key] = self.build(*key)
        return self.views[key]

    def build(self, number, name):
        """None: an asset, a rate, an instrument, a mark or a policy is missing."""
        account, state = self.state.accounts[number], self.state
        twin = calc.Calc(state)
        if name == 'x':
            keys = sorted((k for k in account.positions if k[2] == 'cross'),
                          key=lambda k: (k[0], calc.LEGS[k[1]]))
            rows = [(k, account.positions[k]) for k in keys]
            held = {a: b for a, b in account.balances.items() if b != (0, 0)}
            policy = account.policy
        else:
            order = plan.pool_order(name)
            key = next(k for k in account.positions
                       if k[2] != 'cross' and (k[0], calc.LEGS[k[1]]) == order[1:])
            _, rows, held, policy = twin.isolated(key, account.positions[key])
        if policy not in state.policies or number in state.suspended:
            return None
        pool = twin.build(rows, held, policy, name == 'x')
        return View(pool, twin.coordinates(pool)) if pool else None

    # -------------------------------------------------------- the ladder

    def judge_pools(self):
        """Every pool that is watched or due, in canonical order."""
        for key in sorted(self.pools, key=lambda k: (k[0], plan.pool_order(k[1]))):
            pool = self.pools[key]
            if pool.phase != 'watched' and (not pool.due or pool.phase == 'filled'):
                continue
            view = self.view(key)
            if view:
                pool.due = False
                self.judge(key, pool, view)

    def judge(self, key, pool, view):
        """Safe or not."""
        if view.safe:
            if pool.phase == 'admitted':
                self.wait(pool, view.pool.policy)
            else:
                pool.phase, pool.attempts, pool.deadline = 'watched', 0, None
        elif view.open and all(p.instrument.status == 'halted' for p in view.open):
            pool.phase, pool.deadline = 'watched', None
        else:
            self.propose(key, pool, view)

    def propose(self, key, pool, view):
        """All at once; what nobody took, or a debt without positions, is a deficit."""
        orders = [p for p in view.open if p.instrument.status == 'trading']
        pool.proposed = True
        if orders and not pool.fell_through:
            pool.phase, pool.orders = 'proposed', len(orders)
            self.say_orders(key, pool, view, orders)
        else:
            pool.phase = 'deficit'
            self.say_deficits(key, pool, view)
        self.wait(pool, view.pool.policy)

    def wait(self, pool, policy):
        """For an answer, at growing spans."""
        span = policy.answer_ns << min(pool.attempts, DOUBLINGS_MAX)
        pool.attempts += 1
        pool.due, pool.deadline = False, self.now + span

    @staticmethod
    def key_text(key, pool):
        """account/pool/base/n"""
        return f'{key[0]}/{key[1]}/{pool.base}/{pool.n}'

    def say_orders(self, key, pool, view, orders):
        """One order a position that trades."""
        place = 0
        for p, price, _ in view.shares():
            if p not in orders:
                continue
            i = p.instrument
            self.say('liquidate', order=f'{self.key_text(key, pool)}/{place}', account=key[0],
                     pool=key[1], instrument=i.id, leg=p.leg, side=closing_side(p),
                     qty=calc.dec(abs(p.row.qty), i.qty_scale),
                     price=calc.dec(price, i.price_scale), step='full')
            place += 1

    def say_deficits(self, key, pool, view):
        """One a position, and to its fund's coordinator."""
        head = {'account': key[0], 'pool': key[1], 'base': pool.base}
        for p, price, amount in view.shares():
            i = p.instrument
            self.say('deficit', **head, instrument=i.id, leg=p.leg, side=closing_side(p),
                     qty=calc.dec(abs(p.row.qty), i.qty_scale),
                     price=calc.dec(price, i.price_scale), amount=calc.dec(amount, i.scale),
                     n=pool.n)
            self.between.append(lambda i=i: self.hear_deficit(i))
        if not view.open:
            numeraire = self.state.numeraire
            amount = calc.ceil_of(-view.B * 10 ** numeraire.scale)
            self.say('deficit', **head, instrument=0, leg=None, side='buy', qty=0, price=0,
                     amount=amount, n=pool.n)

    def on_clock(self, line):
        """Engine time never goes back."""
        self.now = max(self.now, line['ts_ns'])
        for pool in self.pools.values():
            if pool.deadline is not None and pool.deadline <= self.now:
                pool.due, pool.deadline = True, None

    def on_cluster(self, line):
        """P."""
        self.partitions = line['partitions']

    def on_exec(self, line):
        """A router's answer to an order."""
        number, name, base, n, *place = line['order'].split('/')
        key = int(number), name
        pool = self.pools.get(key)
        if (not pool or pool.base != int(base) or pool.n != int(n) or pool.fell_through
                or pool.phase in ('filled', 'deficit')):
            return
        if line['status'] in ('stale', 'busy', 'late'):
            self.refused(key, pool, line)
            return
        final = line.get('final', False) and line['status'] not in ('accepted', 'taken')
        if final and calc.raw(line.get('filled', 0), 18):
            pool.phase, pool.due, pool.deadline = 'filled', False, None
        elif final and self.all_done(pool, place):
            # of n answers to others' decisions the fourth is that of a close
            pool.fell_through = self.is_own(pool) or pool.n >= 3
            pool.n, pool.proposed, pool.taken = pool.n + 1, False, False
            pool.attempts, pool.phase, pool.due, pool.deadline = 0, 'watched', True, None
        else:
            pool.phase, pool.attempts = 'admitted', 0
            pool.taken |= line['status'] == 'taken'
            self.wait(pool, self.policy(key))

    @staticmethod
    def is_own(pool):
        """Whether what the router holds is what was proposed here."""
        return pool.proposed and not pool.taken

    def refused(self, key, pool, line):
        """stale waits for a newer base, late is judged at once, busy proposes again later."""
        if line['status'] == 'stale' and line['rev'] > pool.base:
            pool.phase, pool.due, pool.deadline = 'filled', False, None
            return
        pool.phase = 'proposed'
        if line['status'] == 'late':
            pool.due, pool.deadline = True, None
        else:
            self.wait(pool, self.policy(key))

    def all_done(self, pool, place):
        """Whether every order of the decision ended without a fill."""
        if not self.is_own(pool) or not place or int(place[0]) >= pool.orders:
            return True
        pool.done.add(int(place[0]))
        return len(pool.done) == pool.orders

    def policy(self, key):
        """Of a pool: its account's, or its instrument's."""
        account = self.state.accounts[key[0]]
        number = (account.policy if key[1] == 'x' else
                  self.state.instruments[plan.pool_order(key[1])[1]].policy)
        return self.state.policies[number]

    # -------------------------------------------------------- a fund's rounds

    def on_fund(self, line):
        """A revision of a fund; a fund keeps its asset."""
        fund = self.fund(line['fund'])
        if fund.is_old(line):
            return
        if fund.defined and fund.asset != line['asset']:
            self.say('alert', kind='refused')
        else:
            fund.take(line, self.state.assets)

    def fund(self, number):
        """Heard of or not."""
        return self.state.funds.setdefault(number, Fund(number))

    def hear_deficit(self, instrument):
        """Its fund waits for a round. A plan that no revision followed in time is made again."""
        if not instrument.fund:
            return
        fund = self.fund(instrument.fund)
        fund.waiting = True
        answer_ns = self.state.policies[instrument.policy].answer_ns
        if self.now and self.now - fund.asked_ns >= answer_ns:
            fund.planned = False

    def open_next(self):
        """The round of the first fund by number that waits, once there is none."""
        if self.round:
            return
        for fund in sorted(self.state.funds.values(), key=lambda f: f.id):
            if not fund.waits():
                continue
            if fund.asset in self.rates():
                self.open_round(fund)
                return
            if not fund.unrated_said:
                self.say('alert', kind='fund')
            fund.unrated_said = True

    def of_fund(self, fund):
        """Its instruments that have a mark."""
        return [i for _, i in sorted(self.state.instruments.items())
                if i.fund == fund.id and i.id in self.state.marks]

    def rates(self):
        """{asset: rate}; the numeraire's is 1."""
        known = {a: calc.Calc(self.state).rate(a) for a in sorted(self.state.assets)}
        return {a: rate for a, rate in known.items() if rate is not None}

    def open_round(self, fund):
        """Asks all partitions, and then plans."""
        fund.round, fund.waiting, fund.asked_ns = fund.round + 1, False, self.now
        fund.unrated_said = False
        fund.query_seq += 1
        self.round = fund
        marks = [{'instrument': i.id,
                  'price': calc.dec(self.state.marks[i.id][0], i.price_scale),
                  'index': calc.dec(self.state.indexes[i.id], i.price_scale)}
                 for i in self.of_fund(fund)]
        scales = {a: asset.rate_scale for a, asset in self.state.assets.items()}
        rates = [{'asset': a, 'price': calc.dec(int(rate * 10 ** scales[a]), scales[a])}
                 for a, rate in self.rates().items()]
        self.say('adl_query', fund=fund.id, rev=fund.rev, round=fund.round, marks=marks,
                 rates=rates, seq=fund.query_seq)
        self.between.append(lambda: self.bid(fund))

    def bid(self, fund):
        """Every partition's answer; the plan follows the last."""
        claims, candidates = self.claims(fund), self.candidates(fund)
        for partition in range(self.partitions):
            mine = [c for c in claims if self.partition(c.account) == partition]
            winners = [c for c in candidates if c.partition == partition]
            self.say('adl_bid', fund=fund.id, rev=fund.rev, round=fund.round,
                     partition=partition, repairing=False,
                     deficits=[shortfall_line(c) for c in mine],
                     candidates=[candidate_line(c) for c in sorted(winners, key=best_first)],
                     totals=totals(winners), asker=1, asker_epoch=1)
        self.between.append(lambda: self.plan(fund, claims, candidates))

    def partition(self, account):
        """Where an account belongs."""
        return plan.mix64(account) % self.partitions

    def claims(self, fund):
        """Positions of pools in deficit that are still not good."""
        out = []
        for key, pool in self.pools.items():
            view = self.view(key) if pool.phase == 'deficit' else None
            if view and not view.safe:
                out += [plan.Claim(*key, self.key_text(key, pool), p, price, amount)
                        for p, price, amount in view.shares() if p.instrument.fund == fund.id]
        return sorted(out, key=plan.Claim.order)

    def candidates(self, fund):
        """Positions with profit, of pools that are neither in deficit nor bankrupt."""
        out = []
        for key, pool in self.pools.items():
            view = self.view(key) if pool.phase != 'deficit' else None
            if not view or view.B < 0:
                continue
            for p in view.open:
                u = view.u[p.instrument.id]
                if p.instrument.fund == fund.id and p.upnl(u) > 0:
                    out.append(self.candidate(key, view, p, u))
        return out

    def candidate(self, key, view, p, u):
        """Scored by the policy of its instrument."""
        standing = plan.Standing(p, view.rate(p), u, view.B, view.MM, view.unrealised)
        by = self.state.policies[p.instrument.policy].adl_score
        return plan.Candidate(self.partition(key[0]), *key, p, plan.score(by, standing),
                              plan.pnl(standing))

    # -------------------------------------------------------- the plan

    def plan(self, fund, claims, candidates):
        """One frame, and an alert when the fund pays what it cannot bear."""
        self.round, fund.asked_ns = None, self.now
        money = plan.Money(self.state.assets, self.rates(), self.state.numeraire)
        prices = {i.id: (self.state.marks[i.id][0], self.state.indexes[i.id])
                  for i in self.of_fund(fund)}
        self.records.append(plan_laws.Record(self.at, fund, money, self.state.policies, prices,
                                             claims, candidates))
        made = plan.Plan(fund, money, self.state.policies, prices)
        rows = made.make(claims, candidates)
        self.plans[fund.id] = made, fund.rev, claims
        fund.plan_seq += bool(rows)
        fund.planned = bool(rows)     # one without a message is no plan
        fund.waiting = fund.waiting or made.waits
        for place, row in enumerate(rows):
            self.say_row(fund, place, *row)
        if made.overdrawn:
            self.say('alert', kind='fund')

    def say_row(self, fund, place, kind, claim, winner, qty, price, amount):
        """One message of a plan."""
        i = claim.instrument
        head = {'fund': fund.id, 'rev': fund.rev, 'seq': fund.plan_seq}
        deal = {'qty': calc.dec(qty, i.qty_scale), 'price': calc.dec(price, i.price_scale)}
        if kind == 'takeover':
            scale = self.state.assets[fund.asset].scale
            self.say(kind, **head, key=claim.key, instrument=i.id, leg=claim.leg,
                     side=claim.side, **deal, amount=calc.dec(amount, scale))
        elif kind == 'adl':
            self.say(kind, **head, loser_key=claim.key, winner_account=winner.account,
                     winner_pool=winner.pool, instrument=i.id, leg=winner.leg, side=claim.side,
                     **deal, score=winner.score, place=place)
        else:
            self.say(kind, **head, key=claim.key, account=winner.account, pool=winner.pool,
                     asset=winner.instrument.settle,
                     amount=calc.dec(amount, winner.instrument.scale))


# ---------------------------------------------------------------- rows of a bid


def closing_side(position):
    """A long is sold."""
    return 'sell' if position.s > 0 else 'buy'


def shortfall_line(claim):
    """A claim as a bid has it."""
    i = claim.instrument
    return {'key': claim.key, 'instrument': i.id, 'leg': claim.leg, 'side': claim.side,
            'qty': calc.dec(claim.qty, i.qty_scale), 'price': calc.dec(claim.price, i.price_scale),
            'amount': calc.dec(claim.amount, i.scale)}


def best_first(candidate):
    """The order of a bid: each side of an instrument has its queue."""
    return candidate.instrument.id, candidate.side != 'buy', candidate.queue()


def candidate_line(candidate):
    """A candidate as a bid has it."""
    i = candidate.instrument
    return {'account': candidate.account, 'pool': candidate.pool, 'instrument': i.id,
            'leg': candidate.leg, 'qty': calc.dec(candidate.qty, i.qty_scale),
            'score': candidate.score, 'profit': calc.dec(candidate.profit, i.scale),
            'side': candidate.side}


def totals(candidates):
    """What each side of an instrument has between them."""
    out = []
    for i, side in sorted({(c.instrument.id, c.side) for c in candidates}):
        mine = [c for c in candidates if (c.instrument.id, c.side) == (i, side)]
        instrument = mine[0].instrument
        out.append({'instrument': i, 'side': side,
                    'qty': calc.dec(sum(c.qty for c in mine), instrument.qty_scale),
                    'profit': calc.dec(sum(c.profit for c in mine), instrument.scale)})
    return out
