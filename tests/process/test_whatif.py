"""A tape against changed parameters: the loop is closed, balances, and depends on nothing else.

Random markets with a crash in them run under several changes; what each variant's engine heard and said
is written as a tape, replays identically, and is held against whatif_twin.py, which works out every
fill, account and fund once more. The rest are laws: nothing changed is the base, to the byte."""
import json
import random
import subprocess

from cluster import Cluster, check, main
import whatif_twin

START = 1760130000 * 10 ** 9
MS = 10 ** 6
FINE = 10 ** 10
VARIANTS = ['none:', 'zero:shock=BTC-USDT=-0%', 'again:set=exchange.impact_ppm=90000,set=exchange.depth_ppm=9000',
            'thin:set=exchange.impact_ppm=90000,set=exchange.depth_ppm=9000',
            'poor:fund=x0.01,shock=BTC-USDT=-15%@+3s,shock=BTC-USD=-15%@+3s,shock=rate:BTC=-15%@+3s',
            'even:fund=1=100,set=policy.adl_score=pro_rata,shock=BTC-USDT=-15%@+3s',
            'least:fund=x0,set=policy.adl_score=least_overshoot,set=policy.partial=none',
            'least2:fund=x0,set=policy[1].socialize=false,shock=BTC-USDT=20%']
TERMS = {name: {'impact_ppm': 90000, 'depth_ppm': 9000} for name in ('again', 'thin')}


# ---- markets ----

def contracts():
    def instrument(number, symbol, settle, fund, **more):
        return {'type': 'instrument', 'instrument': number, 'symbol': symbol, 'settle': settle,
                'fund': fund, 'price_scale': 2, 'qty_scale': 3, 'tick': '0.1', 'lot': '0.001',
                'taker_fee': '0.0005', 'liq_fee': '0.0002', 'slippage': '0.001',
                'tiers': [{'upto': '100000', 'mmr': '0.005'}, {'mmr': '0.01'}], **more}
    inverse = {'kind': 'inverse', 'multiplier': '1', 'qty_scale': 0, 'lot': '1',
               'tiers': [{'upto': '2', 'mmr': '0.005'}, {'mmr': '0.01'}]}
    return [{'type': 'cluster', 'partitions': 8},
            {'type': 'asset', 'asset': 1, 'symbol': 'USDT', 'scale': 6, 'numeraire': True},
            {'type': 'asset', 'asset': 2, 'symbol': 'BTC', 'scale': 8,
             'haircut': [{'upto': '10', 'rate': '0.05'}]},
            {'type': 'policy', 'policy': 1, 'answer_ms': 100},
            {'type': 'policy', 'policy': 2, 'convert': True, 'partial': 'fraction'},
            instrument(7, 'BTC-USDT', 1, 1),
            instrument(8, 'BTC-USD', 2, 2, **inverse),
            instrument(9, 'ETH-USDT', 1, 0, policy=2),
            {'type': 'fund', 'fund': 1, 'asset': 1, 'balance': '30000', 'rev': 1},
            {'type': 'fund', 'fund': 2, 'asset': 2, 'balance': '0.5', 'rev': 1}]


def prices(rng, step, steps, btc):
    depth = rng.choice(['0', '0', '2000'])
    funding = str(step // 5)
    spread = rng.choice([0, 0.1, 5])
    mark = {'type': 'mark', 'funding': funding, 'depth': depth}
    eth = btc / 20
    return [{'type': 'rate', 'asset': 2, 'price': f'{btc:.2f}'},
            {**mark, 'instrument': 7, 'price': f'{btc:.2f}', 'bid': f'{btc - spread:.2f}',
             'ask': f'{btc + spread:.2f}'},
            {**mark, 'instrument': 8, 'price': f'{btc:.2f}', 'depth': '0',
             'funding': f'0.00000{step // 5}'},
            {'type': 'mark', 'instrument': 9, 'price': f'{eth:.2f}'}]


class Trader:
    """An account of the tape, in JSON's decimals; it changes from outside now and then."""

    def __init__(self, rng, number):
        self.rng, self.number, self.rev, self.cross_rev = rng, number, 1, 1
        self.usdt, self.btc, self.held = rng.randrange(200, 20000), 0, 0
        self.rows = {}
        kind = rng.choice(['isolated', 'isolated', 'cross', 'cross', 'hedge'])
        self.policy = rng.choice([1, 2])
        if kind == 'hedge':
            self.add(7, 'L', 'cross')
            self.add(7, 'S', 'cross')
        else:
            for instrument in rng.sample([7, 8, 9], rng.choice([1, 2])):
                self.add(instrument, None, kind)
        if kind != 'isolated' and rng.random() < 0.5:
            self.btc = rng.randrange(1, 40) / 100
            self.held = rng.choice([0, self.usdt // 4])

    def add(self, instrument, leg, mode):
        rng = self.rng
        sign = {'L': 1, 'S': -1, None: rng.choice([1, 1, -1])}[leg]
        lever = rng.choice([5, 10, 25, 40])
        if instrument == 8:
            qty, entry = rng.randrange(2000, 60000), rng.randrange(63000, 68000)
            margin = qty / entry / lever
        else:
            price = 65000 if instrument == 7 else 3250
            entry = price + rng.randrange(-price // 30, price // 30)
            qty = round(rng.randrange(3000, 90000) / price, 3)
            margin = qty * entry / lever
        row = {'instrument': instrument, 'leg': leg, 'mode': mode, 'rev': self.rev,
               'qty': str(sign * qty), 'entry': f'{entry}.00'}
        if mode == 'isolated':
            row['margin'] = f'{margin:.6f}'
        if rng.random() < 0.3:
            cost = qty / entry if instrument == 8 else qty * entry
            row['cost'] = f'{cost:.6f}'
        self.rows[instrument, leg] = row

    def line(self, full=True, rows=None):
        balances = [{'asset': 1, 'amount': str(self.usdt), 'order_margin': str(self.held)}]
        if self.btc:
            balances.append({'asset': 2, 'amount': f'{self.btc:.8f}'})
        return {'type': 'account', 'account': self.number, 'rev': self.rev, 'full': full,
                'cross_rev': self.cross_rev, 'policy': self.policy, 'balances': balances,
                'positions': [dict(row) for row in
                              (self.rows.values() if rows is None else rows)]}

    def change(self):
        """A deposit, a withdrawal, a trade, a close; or the same once more."""
        rng = self.rng
        what = rng.choice(['deposit', 'withdrawal', 'grow', 'close', 'again'])
        if what == 'again' or not self.rows:
            return self.line()
        self.rev += 1
        row = rng.choice(list(self.rows.values()))
        if what == 'deposit':
            self.usdt += rng.randrange(1, 2000)
        elif what == 'withdrawal':
            self.usdt -= min(self.usdt, rng.randrange(1, 500))
        else:
            row['rev'] = self.rev
            self.cross_rev = self.rev if row['mode'] == 'cross' else self.cross_rev
            self.usdt -= 1
            if what == 'grow':
                size = float(row['qty'])
                row['qty'] = str(round(size * 1.5) if row['instrument'] == 8
                                 else round(size * 1.5, 3))
                if 'cost' in row:
                    row['cost'] = f'{float(row["cost"]) * 1.5:.6f}'
            else:
                row['qty'] = '0'
                del self.rows[row['instrument'], row['leg']]
        return self.line(rng.random() < 0.5, [row])


def market(seed, accounts=40, steps=60):
    """The lines of a tape."""
    rng = random.Random(seed)
    traders = [Trader(rng, 100 + i) for i in range(accounts)]
    lines, btc = [*contracts(), *prices(rng, 0, steps, 65000)], 65000.0
    lines += [trader.line() for trader in traders]
    for step in range(1, steps):
        now = START + step * 100 * MS
        lines.append({'type': 'clock', 'src': 1, 'ts_ns': now})
        crash = steps // 3 < step < steps // 2
        btc *= 1 + (rng.uniform(-0.022, 0.004) if crash else rng.uniform(-0.004, 0.0045))
        lines += [{**line, 'ts_ns': now} for line in prices(rng, step, steps, btc)]
        for trader in rng.sample(traders, 2):
            lines.append({**trader.change(), 'ts_ns': now})
        if rng.random() < 0.05:
            lines.append({'type': 'fund', 'fund': 1, 'asset': 1, 'rev': 1 + step,
                          'balance': str(30000 + step)})
    return lines


class Room:
    def __init__(self, cluster):
        self.cluster, self.tapes = cluster, 0

    def tape(self, lines):
        self.tapes += 1
        path = self.cluster.dir / f'{self.tapes}.tape'
        text = ''.join(json.dumps(line) + '\n' for line in lines)
        self.cluster.run('encode', '-o', path, stdin=text.encode())
        return path

    def whatif(self, tape, *arguments):
        done = self.cluster.run('replay', tape, '--json', *arguments)
        return done.stdout, json.loads(done.stdout)

    def variants(self, tape, *specs, write=None):
        arguments = [word for spec in specs for word in ('--variant', spec)]
        report = self.whatif(tape, *arguments, *(['--write', write] if write else []))[1]
        return {variant['name']: variant for variant in report['variants']}

    def replays(self, tape):
        told = self.cluster.run('replay', tape).stdout.decode()
        check('identical: ' in told or 'no outputs' in told, told)


def without_name(variant):
    return {k: v for k, v in variant.items() if k not in ('name', 'changes')}


# ---- the loop ----

def units(text, scale):
    return int(round(float(text) * 10 ** 6)) if scale is None else int(
        text.replace('.', '') + '0' * (scale - len((text + '.').split('.')[1])))


def balances(twin, variant):
    """What accounts and funds have is what came in, less what went out, to the last unit."""
    totals = twin.totals()
    for row in variant['ledger']:
        asset, scale = row['asset'], twin.assets[row['asset']]['scale']
        market = units(row['market'], scale + 10)
        out = (units(row['fees'], scale) + units(row['funding'], scale)) * FINE
        out += units(row['residue'], scale + 10)
        check(market == twin.market[asset], f'{variant["name"]}: market of {asset}')
        check(totals[asset] == twin.outside[asset] + market - out,
              f'{variant["name"]}: asset {asset} does not balance: {totals[asset]} is not '
              f'{twin.outside[asset]} + {market} - {out}')


def loop_is_closed(room, seeds):
    counts, hit = whatif_twin.collections.Counter(), 0
    for seed in seeds:
        tape, folder = room.tape(market(seed)), room.cluster.dir / f'seed-{seed}'
        variants = room.variants(tape, *VARIANTS, write=folder)
        for name, variant in variants.items():
            twin = whatif_twin.Twin(TERMS.get(name))
            try:
                twin.read(folder / f'{name}.tape')
            except whatif_twin.Differs as differs:
                check(False, f'seed {seed}, {name}: {differs}')
            balances(twin, variant)
            totals = variant['totals']
            check(totals['liquidations'] == twin.counts['fills'], 'fills are counted')
            check(totals['takeovers'] == twin.counts['takeovers'], 'takeovers are counted')
            check(totals['adl_pairs'] == twin.counts['pairs'], 'pairs are counted')
            check(totals['plans_refused'] == 0, 'a plan was refused')
            counts += twin.counts
            hit += totals['adl_winners']
            room.replays(folder / f'{name}.tape')
        base = without_name(variants['base'])
        check(base == without_name(variants['none']), 'nothing changed is not the base')
        check(base == without_name(variants['zero']), 'a shock of 0% is not the base')
        check(without_name(variants['again']) == without_name(variants['thin']),
              'the same changes twice differ')
        once_more(room, folder, variants)
    for kind in ('fills', 'partial fills', 'conversions', 'takeovers', 'pairs', 'shares', 'plans'):
        check(counts[kind] > 0, f'no {kind} in any market: {counts}')
    check(hit > 0, 'no winner was hit')


def once_more(room, folder, variants):
    """What a variant wrote is a tape like any other, with answers and plans on it: its base does
    exactly what was recorded, and takes nothing from outside that came of that."""
    for name in ('base', 'poor'):
        report = room.whatif(folder / f'{name}.tape', '--variant', 'none:')[1]
        recorded, base = report['recorded'], report['variants'][0]
        check(recorded['liquidations'] == base['totals']['liquidations'], f'{name}: {recorded}')
        check(recorded['notional'] == base['totals']['notional'], f'{name}: {recorded}')
        check(recorded['plans'] == base['totals']['plans'], f'{name}: {recorded}')
        # a ledger may refuse a row: two funds met the same loser
        check(recorded['adl_pairs'] >= base['totals']['adl_pairs'], f'{name}: {recorded}')
        check(not recorded['accounts_only_recorded'] and not recorded['accounts_only_base'],
              f'{name}: {recorded}')
        was = variants[name]['totals']
        check(base['totals'] == was, f'{name} again: {base["totals"]} was {was}')


def threads_change_nothing(room):
    tape = room.tape(market(1))
    arguments = [word for spec in VARIANTS for word in ('--variant', spec)]
    one = room.whatif(tape, *arguments, '--threads', 1)[0]
    for threads in (2, 9):
        check(room.whatif(tape, *arguments, '--threads', threads)[0] == one,
              f'{threads} threads say something else')


# ---- laws on small tapes ----

def isolated(account, qty, entry, margin, rev=1, **more):
    return {'type': 'account', 'account': account, 'rev': rev, 'full': True,
            'balances': [{'asset': 1, 'amount': '1000'}],
            'positions': [{'instrument': 7, 'qty': qty, 'entry': entry, 'mode': 'isolated',
                           'margin': margin, **more}] if qty else []}


def clock(ms):
    return {'type': 'clock', 'src': 1, 'ts_ns': START + ms * MS}


def mark(price, **more):
    return {'type': 'mark', 'instrument': 7, 'price': price, **more}


def gap(*, fund='1000', accounts=None):
    """A long of 10 from 65000 with a margin of 20000, and a fall of 10%, in one step."""
    head = [line for line in contracts() if line['type'] != 'fund' or line['fund'] != 1]
    return [*head, {'type': 'fund', 'fund': 1, 'asset': 1, 'balance': fund, 'rev': 1},
            mark('65000'), *(accounts or [isolated(1, '10', '65000', '20000')]),
            isolated(2, '-6', '66000', '40000'), isolated(3, '-7', '67000', '40000'),
            clock(0), mark('65000'), clock(1000), mark('58500'), clock(2000)]


def pairs_are_weighed(room, tape):
    """What two shorts, with all their profit in them, give for the long that was lost."""
    folder = room.cluster.dir / 'weighed'
    totals = room.variants(tape, 'none:fund=x0', write=folder)['none']['totals']
    rows = said_by(room, folder / 'none.tape', 'adl')
    deficit = said_by(room, folder / 'none.tape', 'deficit')[-1]
    profits = {2: (66000 - 58500) * 6, 3: (67000 - 58500) * 7}
    given = {row['winner_account']: round(float(row['price']) - 58500, 2) * float(row['qty'])
             for row in rows}
    check(len(rows) == len(given) == 2 == totals['adl_winners'], rows)
    worst = max(given[account] / profits[account] for account in given)
    check(0.4 < worst < 1 and abs(float(totals['haircut_max']) - worst) < 1e-8,
          (totals['haircut_max'], worst))
    needed = float(deficit['amount'])
    check(abs(float(totals['adl_given']) - sum(given.values())) < 1e-5, totals)
    check(float(totals['adl_needed']) == needed == 45000, totals)
    check(abs(float(totals['adl_overshoot']) - (sum(given.values()) - needed)) < 1e-5, totals)


def bigger_funds(room):
    """The fund that can pay takes over; where only it differs, more of it is never more
    deleveraging."""
    tape = room.tape(gap())
    values = ['0', '1', '1000', '20000', '40000', '60000', '1000000']
    variants = room.variants(tape, *(f'f{i}:fund=1={value}' for i, value in enumerate(values)))
    adl = [float(variants[f'f{i}']['totals']['adl_notional']) for i in range(len(values))]
    check(adl == sorted(adl, reverse=True) and adl[0] > 0 and adl[-1] == 0, adl)
    pairs_are_weighed(room, tape)
    debts = {variants[f'f{i}']['totals']['bad_debt'] for i in range(len(values))}
    check('0' not in debts, debts)


def said_by(room, tape, name):
    lines = room.cluster.run('decode', tape).stdout.decode().splitlines()
    return [line for line in map(json.loads, lines) if line['type'] == name]


def changes_are_made(room):
    """What is changed stands in the messages that the variant's engine heard."""
    folder, tiers = room.cluster.dir / 'made', room.cluster.dir / 'tiers.jsonl'
    tiers.write_text('# a comment\n{"instrument":"BTC-USDT","tiers":[{"upto":"5","mmr":"0.2"},'
                     '{"mmr":"0.3"}],"tier_by":"size"}\n')
    rate = {'type': 'rate', 'asset': 2, 'price': '60000'}
    tape = room.tape([*gap()[:-3], rate, *gap()[-3:], rate,
                      mark('60000', bid='59990', ask='60010', index='60005')])
    room.variants(
        tape, 'all:set=instrument[BTC-USDT].taker_fee=0.0004,set=policy.warn=[0.5,0.9],'
        'set=policy[2].target_ratio=0.7,shock=rate:BTC=-10%@+1500ms,set=cluster.partitions=3,shock=BTC-USDT=-20%@+1500ms,'
        f'set=instrument.min_price=48000,fund=1=x2,tiers={tiers}', write=folder)
    made = folder / 'all.tape'
    seven, = [m for m in said_by(room, made, 'instrument') if m['instrument'] == 7]
    check(seven['taker_fee'] == '0.0004' and seven['tier_by'] == 'size', seven)
    check([tier['mmr'] for tier in seven['tiers']] == ['0.2', '0.3'], seven)
    check(seven['tiers'][0]['upto'] == '5' and seven['liq_fee'] == '0.0002', seven)
    policies = said_by(room, made, 'policy')
    check([(p['warn'], p['target_ratio']) for p in policies] ==
          [(['0.5', '0.9'], '0.8'), (['0.5', '0.9'], '0.7')], policies)
    check(said_by(room, made, 'cluster')[0]['partitions'] == 3, 'partitions')
    rates = [m['price'] for m in said_by(room, made, 'rate')]
    check(rates == ['60000', '54000'], rates)
    fund = said_by(room, made, 'fund')[1]
    check((fund['fund'], fund['balance'], fund['peak']) == (1, '2000', '2000'), fund)
    marks = [(m['price'], m['bid'], m['ask'], m['index']) for m in said_by(room, made, 'mark')]
    check(marks[:3] == [('65000',) * 4, ('65000',) * 4, ('58500',) * 4], marks)
    check(marks[3] == ('48000', '48000', '48008', '48004'), marks)


def standard_policy(room):
    """Policy 1 exists before any message, and can be changed."""
    lines = [line for line in gap() if line['type'] != 'policy']
    folder = room.cluster.dir / 'standard'
    lines = [{**line, 'policy': 1} if line['type'] == 'instrument' else line for line in lines]
    room.variants(room.tape(lines), 'p:set=policy.adl_score=pnl', write=folder)
    policy, = said_by(room, folder / 'p.tape', 'policy')
    check((policy['policy'], policy['adl_score'], policy['warn']) == (1, 'pnl', ['0.8']), policy)


def states_of(room, tape, account):
    """What an account holds at the end."""
    return [line for line in said_by(room, tape, 'account') if line['account'] == account][-1]


def outside_and_answers(room):
    """Account 1 was liquidated when the tape was made, and deposits; in a variant without the fall it
    was not, keeps its position, and has the deposit."""
    order = '1/7/1/0/0'
    after = {'type': 'account', 'account': 1, 'rev': 2, 'full': True,
             'balances': [{'asset': 1, 'amount': '1000'}], 'positions': []}
    deposit = {**after, 'rev': 3, 'balances': [{'asset': 1, 'amount': '1500'}]}
    exec_ = {'type': 'exec', 'order': order, 'status': 'filled', 'final': True, 'filled': '10',
             'price': '63200', 'fee': '1', 'rev': 2, 'step': 'full'}
    better = {'type': 'fund', 'fund': 1, 'asset': 1, 'balance': '101900', 'rev': 2}
    paid_in = {**better, 'balance': '102900', 'rev': 3}
    whole = {'type': 'policy', 'policy': 1, 'partial': 'none'}
    tape = room.tape([*gap(fund='100000')[:-2], whole, mark('63200'), after, better, exec_,
                      clock(1500), paid_in, deposit, clock(1600), mark('65000')])
    folder = room.cluster.dir / 'outside'
    report = room.whatif(tape, '--variant', 'up:shock=BTC-USDT=10%@+0s', '--write', folder)[1]
    base, up = report['variants']
    check(report['recorded']['liquidations'] == 1 and report['recorded']['accounts_both'] == 1,
          report['recorded'])
    for variant in (base, up):
        inputs = variant['inputs']
        check((inputs['answers'], inputs['outside'], inputs['mixed']) == (2, 2, 0), inputs)
    check(up['funds'][0]['last'] == '101000', up['funds'])
    held = states_of(room, folder / 'up.tape', 1)
    check([row['qty'] for row in held['positions']] == ['10'], held)
    check(held['balances'][0]['amount'] == '1500', held)
    held = states_of(room, folder / 'base.tape', 1)
    check(held['positions'] == [] and held['balances'][0]['amount'] == '1500', held)


def differences(room):
    """In the variant account 1 lost its position to the market; what it then does from outside."""
    opens = isolated(1, '15', '65000', '30000', 2)
    closes = {**isolated(1, None, None, None, 3),
              'balances': [{'asset': 1, 'amount': '21000'}]}  # 1000 + the margin, no gain
    again = isolated(1, '1', '60000', '6000', 4)
    again['balances'] = [{'asset': 1, 'amount': '15000'}]
    head = gap(fund='100000')[:-3]
    short = isolated(2, None, None, None, 2)
    short['balances'] = [{'asset': 1, 'amount': '47000'}]
    tape = room.tape([*head, clock(3000), opens, closes, again, short])
    folder = room.cluster.dir / 'differences'
    variants = room.variants(tape, 'fall:shock=BTC-USDT=-3%@+0s', write=folder)
    inputs = variants['fall']['inputs']
    check((inputs['outside'], inputs['declined']) == (4, 1), inputs)
    # 6 from 66000 bring 6000 at 65000, and 17700 at 63050
    held = states_of(room, folder / 'fall.tape', 2)
    check((held['positions'], held['balances'][0]['amount']) == ([], '58700'), held)
    check(inputs['diverged'] > 0, inputs)
    states = [line for line in said_by(room, folder / 'fall.tape', 'account')
              if line['account'] == 1]
    check(not any(state['positions'] for state in states[1:-1]), states)
    row, = states[-1]['positions']
    # a cost of 60000 at a mark of 65000 is one of 58200 at 63050
    check((row['qty'], row['cost'], row['margin']) == ('1', '58200', '6000'), row)


# ---- what is refused ----

def refusals(room):
    tape = room.tape(gap())
    untimed = room.tape([line for line in gap() if line['type'] != 'clock'])
    bad = room.cluster.dir / 'bad.jsonl'
    bad.write_text('{"instrument":"BTC-USDT"}\n')
    falling = room.cluster.dir / 'falling.jsonl'
    falling.write_text('{"instrument":7,"tiers":[{"upto":"5","mmr":"0.2"},{"mmr":"0.1"}]}\n')
    cases = [
        (['--set', 'policy.adl_scor=bitmex'], 2, 'the nearest is "adl_score"'),
        (['--set', 'policy.adl_score=bitmx'], 2, 'adl_score'),
        (['--set', 'polcy.adl_score=bitmex'], 2, 'is none of policy, instrument'),
        (['--set', 'policy[3].adl_score=bitmex'], 2, 'the tape has no policy "3"'),
        (['--set', 'instrument[BTC-USDX].tick=1'], 2, 'the nearest is "BTC-USDT"'),
        (['--set', 'instrument[BTC-USDT].price_scale=1'], 2, 'is not changed'),
        (['--set', 'instrument.tiers=1'], 2, '--tiers'),
        (['--set', 'instrument[BTC-USDT].taker_fee=2'], 2, 'is refused: fees'),
        (['--set', 'instrument[BTC-USDT].taker_fee=0.00000000001'], 2, 'taker_fee'),
        (['--set', 'policy[2].target_ratio=1.1'], 2, 'is refused: '),
        (['--set', 'policy'], 2, 'expected TYPE.FIELD=VALUE'),
        (['--set', 'exchange.impact=1'], 2, 'the nearest is "impact_ppm"'),
        (['--set', 'exchange.impact_ppm=x'], 2, 'whole number'),
        (['--tiers', bad], 2, 'bad.jsonl:1: "tiers" is required'),
        (['--tiers', falling], 2, 'never falls'),
        (['--tiers', room.cluster.dir / 'none'], 2, 'No such file'),
        (['--fund', '2'], 2, 'expected xN'),
        (['--fund', '9=x2'], 2, 'no such fund'),
        (['--fund', '1=0.0000001'], 2, 'is no amount'),
        (['--shock', 'BTC-USDT=-100%'], 2, 'above -100%'),
        (['--shock', 'BTC-USDT=-20'], 2, 'expected INSTRUMENT=PERCENT%'),
        (['--shock', 'BTC-USDT=-20%@yesterday'], 2, 'is no place on a tape'),
        (['--shock', 'BTC-USDT=-20%@2026-02-30T00:00:00Z'], 2,
         'is no place on a tape'),
        (['--shock', 'XRP=-20%'], 2, 'the tape has no instrument "XRP"'),
        (['--shock', 'rate:USDT=-20%'], 2, 'always 1'),
        (['--variant', 'a/b:fund=x2'], 2, 'expected NAME:CHANGE'),
        (['--variant', 'a:fun=x2'], 2, 'is none of set='),
        (['--variant', 'a:', '--variant', 'a:'], 2, 'one of this name'),
        (['--variant', 'base:'], 2, 'one of this name'),
        (['--fund', 'x2', '--from', '+1s'], 2, 'run the whole tape'),
        (['--fund', 'x2', '--write', tape], 1, ''),
    ]
    for arguments, code, said in cases:
        done = subprocess.run([room.cluster.zeroline, 'replay', tape, *map(str, arguments)],
                              capture_output=True, check=False, timeout=60)
        check(done.returncode == code, f'{arguments}: {done.returncode} {done.stderr.decode()}')
        check(said in done.stderr.decode(), f'{arguments}: {done.stderr.decode()}')
        check(not done.stdout, f'{arguments}: printed')
    done = room.cluster.run('replay', untimed, '--shock', 'BTC-USDT=-20%@+1s', code=2)
    check('no times' in done.stderr.decode(), done.stderr)
    check(room.whatif(untimed, '--fund', 'x2')[1]['axis']['unit'] == 'message', 'the axis')
    room.cluster.run('replay', room.cluster.dir / 'none.tape', '--fund', 'x2', code=1)


def table(room):
    told = room.cluster.run('replay', room.tape(gap()), '--variant', 'rich:fund=1=1000000')
    lines = told.stdout.decode().splitlines()
    check(lines[:2] == ['base: as recorded', 'rich: --fund 1=1000000'], lines)
    marked = {line.split('  ')[0] for line in lines if line.endswith('*')}
    check('deleveraged pairs' in marked and 'liquidations' not in marked, lines)


def run(zeroline):
    with Cluster(zeroline) as cluster:
        room = Room(cluster)
        loop_is_closed(room, range(4))
        threads_change_nothing(room)
        bigger_funds(room)
        changes_are_made(room)
        standard_policy(room)
        outside_and_answers(room)
        differences(room)
        refusals(room)
        table(room)


main(run)
