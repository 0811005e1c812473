"""Four workers and one, fed the same in lock-step: whoever decides, it is decided the same.

Four workers share the partitions and hear each other, one of them with two engines; a fifth has all
partitions to itself. Prices move only when the market is quiet, so both sides judge the same state.
Holds: both propose the same decisions; for each revision of each of three funds both make the same
plan, however many deficits it meets, with ranked winners, pro rata, and least overshoot; every tape
replays to what was said. In a second run the four are killed with SIGKILL again and again, amid
decisions and amid rounds, and begin anew with a journal's state: nothing is decided otherwise."""
import argparse
import random
import sys
import time

import zmq

from cluster import DEADLINE_S, Cluster, Failed, Publisher, check
import wire

UNIT = 10**4  # of the asset, for a quantity of 1 at a price of 0.01
FUNDS = {1: 1, 2: 1, 3: 2, 4: 3}  # by instrument
POLICIES = (
    {'policy': 1, 'adl_score': 'bitmex', 'takeover': 'if_solvent', 'fund_drawdown': '0.3'},
    {'policy': 2, 'adl_score': 'pro_rata', 'takeover': 'never'},
    {'policy': 3, 'adl_score': 'least_overshoot', 'takeover': 'never'})
ANSWER_MS = 100
PLANS_MAX = 50  # revisions that one step's deficits may need
RANGES = ((0, 63), (64, 127), (128, 159), (160, 191), (192, 255))  # of the engines
SENTINELS = 10**6
FILLED = 0.4  # of the decisions, by the market


class Account:
    def __init__(self, number, policy):
        self.number, self.policy, self.rev, self.cross_rev = number, policy, 0, 1
        self.balance, self.positions, self.changed = 0, {}, True

    def close(self, pool, instrument, qty, price):
        """So much of the position, at this price."""
        position = self.positions.get((pool, instrument))
        if not position:
            return
        qty = min(qty, abs(position['qty']))
        side = 1 if position['qty'] > 0 else -1
        self.pay(pool, side * qty * (price - position['entry']) * UNIT)
        position['qty'] -= side * qty
        position['moved'] = self.changed = True
        if position['qty'] == 0:
            self.balance += max(0, position.get('margin', 0))
            del self.positions[pool, instrument]
            self.cross_moved = pool == 'x'
            if not self.positions:
                self.balance = max(0, self.balance)

    def pay(self, pool, amount):
        self.changed = True
        if pool == 'x':
            self.balance += amount
        else:
            for (of, _), position in self.positions.items():
                if of == pool:
                    position['margin'] += amount

    def said(self):
        self.rev += 1
        rows = []
        for (pool, instrument), one in self.positions.items():
            if one.pop('moved', False):
                one['rev'] = self.rev
                self.cross_moved = pool == 'x' or getattr(self, 'cross_moved', False)
            row = {'instrument': instrument, 'qty': str(one['qty']), 'rev': one['rev'],
                   'entry': wire.format_decimal(one['entry'], 2)}
            if pool != 'x':
                row.update(mode='isolated', margin=wire.format_decimal(one['margin'], 6))
            rows.append(row)
        if getattr(self, 'cross_moved', False):
            self.cross_rev, self.cross_moved = self.rev, False
        self.changed = False
        return {'type': 'account', 'account': self.number, 'rev': self.rev, 'full': True,
                'cross_rev': self.cross_rev, 'policy': self.policy, 'positions': rows,
                'balances': [{'asset': 1, 'amount': wire.format_decimal(self.balance, 6)}]}


class Side:
    """Workers that make up a whole, and what they have said."""

    def __init__(self, cluster, name, feed, workers):
        self.name, self.decisions, self.plans = name, {}, {}
        at = cluster.ipc
        self.router = cluster.socket(zmq.PULL, at(f'orders-{name}'), True)
        self.ledger = cluster.socket(zmq.PULL, at(f'ledger-{name}'), True)
        self.alerts = cluster.context.socket(zmq.SUB)
        self.alerts.subscribe = b'\xadalrt'
        pubs = {src: at(f'pub-{src}') for src in workers}
        self.cluster, self.workers, self.arguments = cluster, {}, {}
        for src, (partitions, threads) in workers.items():
            peers = [word for other in workers if other != src for word in ('--peer', pubs[other])]
            self.arguments[src] = [
                'worker', '--sub', feed, '--router', at(f'orders-{name}'), '--ledger',
                at(f'ledger-{name}'), '--pub', pubs[src], '--tape', cluster.dir, '--src', src, '-p',
                partitions, '--threads', threads, '--accounts', 20000, *peers]
            self.workers[src] = cluster.start(*self.arguments[src])
            self.alerts.connect(pubs[src])
        self.suspended = set()

    def kill(self, src, journal):
        """It begins anew, with what the journal knows."""
        self.workers[src].kill()
        self.workers[src].wait()
        self.workers[src] = self.cluster.start(*self.arguments[src], '--journal', journal)

    def has_begun(self, src):
        log = self.cluster.log(self.workers[src])
        check(self.workers[src].poll() is None, log)
        check(log.count('with nothing') == log.count(' 0 with nothing'), log)
        return 'running: ' in log

    def hear(self):
        """All that is there; the first word under a key counts."""
        while self.router.poll(0):
            _, rows = wire.decode_frame(self.router.recv())
            key = rows[0][1]['order'].rsplit('/', 1)[0]
            self.decisions.setdefault(key, [
                (name, {field: value for field, value in row.items() if field != 'expires_ns'})
                for name, row in rows])
        while self.ledger.poll(0):
            _, rows = wire.decode_frame(self.ledger.recv())
            self.plans.setdefault((rows[0][1]['fund'], rows[0][1]['rev']), rows)
        while self.alerts.poll(0):
            for _, said in wire.decode_frame(self.alerts.recv())[1]:
                if said['kind'] == 3:
                    self.suspended.add(said['account'])


class Market:
    def __init__(self, cluster, seed, accounts, kills):
        self.random, self.kills_max, self.kills = random.Random(seed), kills, 0
        self.feed = Publisher(cluster, 'feed', 10)
        if kills:
            self.journal = cluster.ipc('state')
            cluster.start('journal', '--sub', self.feed.endpoint, '--store', cluster.dir / 'store',
                          '--serve', self.journal, '--accounts', 20000)
            self.feed.await_topics(f'acct.{number:08x}' for number in range(256))
        self.four = Side(cluster, 'four', self.feed.endpoint, {
            1: ('0-63', 1), 2: ('64-127', 1), 3: ('128-191', 2), 4: ('192-255', 1)})
        self.one = Side(cluster, 'one', self.feed.endpoint, {5: ('0-255', 1)})
        self.sides = self.four, self.one
        self.feed.await_topics((f'acct.{number:08x}' for number in range(256)), 2)
        self.answered, self.funds, self.sentinel = set(), {}, SENTINELS
        self.met, self.kinds = 0, {}
        self.prices = dict.fromkeys(FUNDS, 10000)
        self.define()
        self.accounts = {number: self.make(number) for number in range(1, accounts + 1)}
        self.state()
        self.barrier()

    def define(self):
        say = self.feed.say
        say(type='asset', asset=1, symbol='USDT', scale=6, rate_scale=8, numeraire=True)
        for policy in POLICIES:
            say(type='policy', rev=1, partial='minimal', answer_ms=ANSWER_MS, **policy)
        for number, fund in FUNDS.items():
            say(type='instrument', instrument=number, symbol=f'I{number}', settle=1, fund=fund,
                price_scale=2, qty_scale=0, tick='0.01', lot='1', tiers=[{'mmr': '0.01'}],
                policy=fund, slippage='0.002', taker_fee='0.0005', rev=1)
        self.move(dict.fromkeys(FUNDS, 10000))
        for fund in sorted(set(FUNDS.values())):
            self.funds[fund] = {'rev': 0, 'balance': 3000 * 10**6}
            self.revise(fund)

    def make(self, number):
        account = Account(number, self.random.choice((1, 2, 3)))
        leverage = self.random.choice((4, 8, 15, 25, 40))
        cross = self.random.random() < 0.4
        for instrument in self.random.sample(sorted(FUNDS), self.random.choice((1, 2, 3))):
            qty = self.random.randint(1, 400) * self.random.choice((-1, 1))
            entry = 10000 + self.random.randint(-150, 150)
            held = {'qty': qty, 'entry': entry, 'moved': True, 'rev': 0}
            stake = abs(qty) * entry * UNIT // leverage
            if cross:
                account.balance += stake
            else:
                held['margin'] = stake
            account.positions['x' if cross else str(instrument), instrument] = held
        return account

    # ---- what is said ----

    def move(self, prices):
        self.prices.update(prices)
        for number, price in prices.items():
            self.feed.say(type='mark', instrument=number, price=wire.format_decimal(price, 2))

    def revise(self, fund):
        """A next revision. A plan made it, so that a round that is open for the last one is void."""
        held = self.funds[fund]
        held['rev'] += 1
        self.feed.say(type='fund', fund=fund, asset=1, rev=held['rev'], plan=1,
                      balance=wire.format_decimal(held['balance'], 6),
                      peak=wire.format_decimal(3000 * 10**6, 6))

    def state(self):
        for account in self.accounts.values():
            if account.changed:
                self.feed.say(**account.said())

    # ---- lock-step ----

    def until(self, is_so, what):
        end = time.monotonic() + DEADLINE_S
        while not is_so():
            check(time.monotonic() < end, what() if callable(what) else what)
            self.four.alerts.poll(5)
            for side in self.sides:
                side.hear()

    def barrier(self):
        """Every engine has taken all that was said so far: it tells of an account that cannot be."""
        awaited = []
        for low, high in RANGES:
            while not low <= wire.mix64(self.sentinel) % 256 <= high:
                self.sentinel += 1
            awaited.append(self.sentinel)
            self.sentinel += 1

        revs, again_s = dict.fromkeys(awaited, 0), 0.0

        def told():
            nonlocal again_s
            if all(set(awaited) <= side.suspended for side in self.sides):
                return True
            if time.monotonic() < again_s:
                return False
            for number in awaited:  # an alert is lost while nobody subscribes yet: again
                for row in ({'qty': '1', 'entry': '-1'}, {'qty': '0', 'entry': '1'}):
                    revs[number] += 1
                    self.feed.say(type='account', account=number, rev=revs[number], full=True,
                                  positions=[{'instrument': 1, **row}])
            again_s = time.monotonic() + 0.2
            return False

        self.until(told, 'the workers do not tell of an account that cannot be')

    def differ(self):
        for key in self.one.decisions.keys() ^ self.four.decisions.keys():
            return f'{key} is of one side only: {self.one.decisions.get(key, "not of the one")}'
        return 'no difference'

    def beat(self):
        """How far every topic is: what a worker missed on its way it learns from this."""
        topics = [topic for topic in self.feed.sequences if not topic.startswith('beat')]
        for at in range(0, len(topics), 256):
            self.feed.say(type='beat', topics=[
                {'topic': topic, 'epoch': 1, 'seq': self.feed.sequences[topic]}
                for topic in topics[at:at + 256]])

    def perhaps_kill(self):
        """Amid whatever is going on. Prices are stated anew to who subscribes, as by any publisher."""
        if self.kills == self.kills_max or self.random.random() > 0.2:
            return
        src, beat_s = self.random.choice(sorted(self.four.workers)), 0.0
        self.four.kill(src, self.journal)
        self.kills += 1

        def begun():
            nonlocal beat_s
            if time.monotonic() > beat_s:
                self.beat()
                beat_s = time.monotonic() + 0.1
            return self.four.has_begun(src)

        self.until(begun, f'{src} does not begin anew')
        self.move(self.prices)

    def decide(self):
        """Answers what both propose, until they propose no more. Whose close found nothing?"""
        while True:
            self.perhaps_kill()
            self.barrier()
            self.until(lambda: self.one.decisions.keys() == self.four.decisions.keys(), self.differ)
            new = sorted(self.one.decisions.keys() - self.answered)
            if not new:
                return
            for key in new:
                rows = self.one.decisions[key]
                check(rows == self.four.decisions[key],
                      f'{key}: one says {rows}, four {self.four.decisions[key]}')
                self.answer(key, rows)
                self.answered.add(key)
            self.state()

    def answer(self, key, rows):
        account, pool, _, _ = key.split('/')
        account = self.accounts[int(account)]
        filled = random.Random(key).random() < FILLED
        for name, row in rows:
            check(name == 'liquidate', name)
            step = {0: 'partial', 1: 'full'}[row['step']]
            self.kinds[step] = self.kinds.get(step, 0) + 1
            if not filled:
                self.feed.say(type='exec', order=row['order'], status='expired', final=True,
                              step=step)
                continue
            account.close(pool, row['instrument'], row['qty'], row['price'])
            self.feed.say(type='exec', order=row['order'], status='filled', final=True, step=step,
                          filled=str(row['qty']), price=wire.format_decimal(row['price'], 2),
                          rev=account.rev + 1)
        if not filled and step == 'full':
            self.open.add((account.number, pool, key.rsplit('/', 1)[0]))

    def deficits(self):
        """The funds of those whose last step found nothing, and whose base is what it was."""
        funds, still = set(), set()
        for number, pool, base in self.open:
            account = self.accounts[number]
            bases = [str(position['rev'] if pool != 'x' else account.cross_rev)
                     for (of, _), position in account.positions.items() if of == pool]
            if base.rsplit('/', 1)[1] in bases:
                still.add((number, pool, base))
                funds |= {FUNDS[instrument] for of, instrument in account.positions if of == pool}
        self.open = still
        return funds

    def wind_up(self):
        """Each fund's plan is made on all deficits: its revision comes when all engines know them."""
        for _ in range(PLANS_MAX):
            self.decide()
            funds = self.deficits()
            if not funds:
                return
            fund = min(funds)  # its plan may move what another one's would be for
            self.revise(fund)
            slot = fund, self.funds[fund]['rev']
            self.perhaps_kill()
            self.until(lambda: all(slot in side.plans for side in self.sides),
                       lambda: f'no plan for {slot} of the '
                               f'{[side.name for side in self.sides if slot not in side.plans]}: '
                               f'{sorted(self.open)}')
            one, four = (side.plans[slot] for side in (self.one, self.four))
            check(one == four, f'{slot}: one plans {one}, four {four}')
            self.carry_out(fund, one)
        raise Failed(f'these stay bankrupt: {self.open}')

    def carry_out(self, fund, rows):
        for name, row in rows:
            self.kinds[name] = self.kinds.get(name, 0) + 1
            key = (row.get('loser_key') or row.get('key')).split('/')
            loser = self.accounts[int(key[0])]
            if name == 'takeover':
                loser.close(key[1], row['instrument'], row['qty'], row['price'])
                self.funds[fund]['balance'] -= row['amount']
            elif name == 'adl':
                loser.close(key[1], row['instrument'], row['qty'], row['price'])
                self.accounts[row['winner_account']].close(row['winner_pool'], row['instrument'],
                                                           row['qty'], row['price'])
            else:
                self.accounts[row['account']].pay(row['pool'], -row['amount'])
        self.met += 1
        self.state()
        self.revise(fund)

    def run(self, steps):
        """One price moves at a time: with two, a pool may be bad between them only."""
        self.open = set()
        for step in range(steps):
            number = self.random.choice(sorted(FUNDS))
            drift = self.random.uniform(0.3, 1.7) * (-0.04 if step < steps / 2 else 0.07)
            self.move({number: int(self.prices[number] * (1 + drift))})
            self.wind_up()


def run(zeroline, seed, accounts, steps, kills):
    begun = time.monotonic()
    with Cluster(zeroline) as cluster:
        market = Market(cluster, seed, accounts, kills)
        market.run(steps)
        for side in market.sides:
            for worker in side.workers.values():
                cluster.stop(worker)
        for tape in cluster.tapes():
            told = cluster.run('replay', tape).stdout.decode()
            check('identical: ' in told or (kills and 'no outputs' in told), f'{tape}: {told}')
        check(market.kills == kills, f'{market.kills} of {kills} kills')
        print(f'{len(market.answered)} decisions and {market.met} plans are the same: '
              f'{market.kinds}; {kills} kills; {time.monotonic() - begun:.1f} s', flush=True)
        check(len(market.answered) > accounts / 2, 'hardly anything was decided')
        check(min(market.kinds.get(kind, 0) for kind in ('takeover', 'adl', 'socialize')) > 0,
              f'a plan without one of its kinds: {market.kinds}')


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('zeroline')
    parser.add_argument('--seed', type=int, default=time.time_ns() % 10**9)
    parser.add_argument('--accounts', type=int, default=300)
    parser.add_argument('--steps', type=int, default=40)
    parser.add_argument('--kills', type=int, default=25)
    given = parser.parse_args()
    print(f'seed {given.seed}', flush=True)
    try:
        for kills in (0, given.kills):
            run(given.zeroline, given.seed, given.accounts, given.steps, kills)
    except Failed as failed:
        sys.exit(f'failed, seed {given.seed}: {failed}')
    except zmq.Again:
        sys.exit(f'failed, seed {given.seed}: nothing arrived in time')


main()
