"""`zeroline explain`: every number is recomputed from the explanation alone, and is what was sent.

Over random worlds, over random tapes on which funds plan, and over a tape of the simulated exchange;
each step of the ladder must occur. Then why nothing is sent, case by case."""
import argparse
import collections
import json
import pathlib
import random
import subprocess
import sys

from cluster import Cluster, Failed, check, main

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'oracle'))
import calc  # noqa: E402
import explained  # noqa: E402
import plan_worlds  # noqa: E402
import worlds  # noqa: E402

SAID = ('cancel', 'convert', 'liquidate', 'deficit', 'takeover', 'adl', 'socialize')


class Tape:
    """A tape, what its engine says, and explanations of it."""

    def __init__(self, cluster, path):
        self.cluster, self.path = cluster, path
        told = cluster.run('replay', path, '--json', '--internal').stdout.decode()
        self.said = [m for m in map(json.loads, told.splitlines()) if m['type'] in SAID]

    def explain(self, *arguments, code=0):
        done = self.cluster.run('explain', self.path, *arguments, '--json', code=code)
        return [json.loads(line) for line in done.stdout.decode().splitlines()]

    def ids(self):
        """Every decision, deficit and plan once, in order."""
        out = []
        for m in self.said:
            if 'order' in m:
                name = m['order'].rsplit('/', 1)[0]
            elif m['type'] == 'deficit':
                name = f'{m["account"]}/{m["pool"]}/{m["base"]}/{m["n"]}'
            else:
                name = f'plan/{m["fund"]}/{m["rev"]}'
            if name not in out:
                out.append(name)
        return out

    def by_kind(self):
        """Their names, by the first step of a decision and the last kind of a plan's messages."""
        out = collections.defaultdict(list)
        for m in self.said:
            if 'order' in m:
                name, kind = m['order'].rsplit('/', 1)[0], m.get('step') or m['type']
            elif m['type'] == 'deficit':
                name, kind = f'{m["account"]}/{m["pool"]}/{m["base"]}/{m["n"]}', 'deficit'
            else:
                name, kind = f'plan/{m["fund"]}/{m["rev"]}', m['type']
            if name not in out[kind]:
                out[kind].append(name)
        return out

    def check_id(self, name, seen):
        """Its numbers, and that it is the first of what was said under this name."""
        e, = self.explain(name)
        try:
            kinds = explained.check(e)
        except explained.Wrong as wrong:
            raise Failed(f'{self.path}: explain {name}: {wrong}') from None
        seen.update(kinds)
        first = next(m for m in self.said
                     if m.get('order', '').startswith(name + '/') or
                     (m['type'] == 'deficit' and name == f'{m["account"]}/{m["pool"]}/{m["base"]}/'
                                                         f'{m["n"]}') or
                     ('fund' in m and name == f'plan/{m["fund"]}/{m["rev"]}'))
        check(first['at'] == e['at'], f'{name}: at {e["at"]}, said at {first["at"]}')
        # `replay` has read on by then, so it may know another topic as the one of this content
        first = {k: v for k, v in first.items() if k not in ('at', 'topic')}
        e['said'][0].pop('topic', None)
        if e.get('met_by'):
            met, = self.explain(e['met_by'])
            check([d['key'] for d in met['deficits']] == [name], (e['met_by'], met['deficits']))
            check(met['at'] == e['at'], (e['at'], met['at']))
            explained.check(met)
            seen['met_by'] += 1
        check(first == e['said'][0], f'{name}: explains {e["said"][0]}, said {first}')


def encoded(cluster, name, lines):
    path = cluster.dir / name
    cluster.run('encode', '-o', path, stdin='\n'.join(lines).encode() + b'\n')
    return Tape(cluster, path)


# ---------------------------------------------------------------- random worlds


def policies(draw, lines):
    """The world's lines, its pools wound down in one way or another."""
    out, more = [], {'partial': draw.choice(['minimal', 'minimal', 'fraction', 'tier', 'none']),
                     'convert': draw.random() < 0.7, 'cancel_first': draw.random() < 0.6,
                     'target_ratio': draw.choice(['0.8', '0.5', '0.95', '1']),
                     'fraction': draw.choice(['0.2', '0.5', '1']),
                     'position_order': draw.choice(['largest_margin', 'largest_loss',
                                                    'least_volatile', 'most_liquid',
                                                    'pairs_first']),
                     'slice_notional': draw.choice([0, 0, '1000'])}
    for text in lines:
        line = json.loads(text)
        if line['type'] == 'policy':
            line |= more
        out.append(json.dumps(line))
    return out


def random_worlds(cluster, count, seed, seen):
    features = worlds.features_of('isolated,cross,linear,quanto,haircut,multi_asset,hedge,'
                                  'size_tiers,own_deduct,slope,entry_basis,fees,funding,'
                                  'order_margin,inverse')
    for n in range(seed, seed + count):
        draw = random.Random(f'explain {n}')
        world = worlds.World(n, features, 6, False)
        tape = encoded(cluster, f'world-{n}.tape', policies(draw, world.lines()))
        names, some = tape.ids(), tape.by_kind()['partial'][:3]
        for name in some + draw.sample(names, min(len(names), 4)):
            tape.check_id(name, seen)


def plan_tapes(cluster, count, seed, seen):
    for n in range(seed, seed + count):
        tape = encoded(cluster, f'plan-{n}.tape', plan_worlds.world(n))
        draw, names = random.Random(f'explain plans {n}'), tape.ids()
        plans = [name for name in names if name.startswith('plan')]
        for name in plans[:6] + draw.sample(names, min(len(names), 3)):
            tape.check_id(name, seen)


def world_again(cluster, e, order):
    """The explanation's world is one that `calc` values, and on which the same order is sent."""
    lines = [json.dumps(line) for line in e['world']]
    told = cluster.run('calc', stdin='\n'.join(lines).encode()).stdout.decode()
    pool = next(p for p in map(json.loads, told.splitlines()) if p['pool'] == e['pool'])
    names = ('equity', 'bankruptcy_equity', 'maintenance', 'ratio')
    check([pool[n] for n in names] == [e['worth'][n] for n in names], pool)
    tape = encoded(cluster, 'again.tape', lines)
    again = next(m for m in tape.said if m.get('order') == order['order'])
    for name in ('side', 'qty', 'price', 'bankruptcy_price', 'step', 'equity', 'expires_ns'):
        check(again[name] == order[name], (name, again, order))


# ---------------------------------------------------------------- the simulated exchange


def exchange(cluster, seen):
    at = cluster.ipc
    sim = cluster.start('sim', '--pub', at('sim'), '--fills', at('fills'), '--orders', at('venue'),
                        '--plans', at('plans'), '--await', 1, '--seconds', 2, '--accounts', 600,
                        '--tick', 10, '--seed', 7)
    router = cluster.start('router', '--pull', at('orders'), '--pub', at('answers'), '--sub',
                           at('sim'), '--sub', at('fills'), '--venue', at('venue'))
    worker = cluster.start('worker', '--sub', at('sim'), '--sub', at('answers'), '--router',
                           at('orders'), '--ledger', at('plans'), '--tape', cluster.dir, '--src', 1)
    cluster.wait(sim)
    cluster.stop(worker)
    cluster.stop(router)
    path, = cluster.tapes('worker')
    tape, here = Tape(cluster, path), collections.Counter()
    for names in tape.by_kind().values():
        for name in names[:4] + names[-2:]:
            tape.check_id(name, here)
    check({'cancel', 'convert', 'partial', 'full', 'deficit', 'takeover'} <= set(here), here)
    seen.update(here)
    order = next(m for m in tape.said if m['type'] == 'liquidate')
    world_again(cluster, tape.explain(order['order'])[0], order)
    for moment in (['--at', f'at:{order["at"]}'], ['--at', 'record:3000'], []):
        for e in tape.explain('--account', order['account'], *moment):
            explained.check(e)
    text = cluster.run('explain', path, order['order']).stdout.decode()
    check(order['order'] in text and order['price'] in text and 'LADDER' in text, text)
    check(max(map(len, text.splitlines())) < 160 and text.count('\n') < 50, text)


def incidents(cluster, seen):
    """Bad days of the simulated exchange, on which nothing is left out."""
    here = collections.Counter()
    for name in ('exhausted', 'cascade', 'glitch'):
        path = cluster.dir / f'{name}.tape'
        cluster.run('sim', '--incident', name, '--accounts', 200, '-o', path)
        tape = Tape(cluster, path)
        for names in tape.by_kind().values():
            for one in names[:2] + names[-2:]:
                tape.check_id(one, here)
    check(set(SAID) - {'liquidate'} | {'partial', 'full', 'met_by'} <= set(here), here)
    seen.update(here)


# ---------------------------------------------------------------- why nothing


MARKET = [
    {'type': 'cluster', 'partitions': 1},
    {'type': 'clock', 'ts_ns': 10 ** 18},
    {'type': 'asset', 'asset': 1, 'symbol': 'USDT', 'scale': 6, 'numeraire': True},
    {'type': 'policy', 'policy': 1, 'cancel_first': False, 'partial': 'none', 'stale_ms': 5000,
     'cure_ms': 3000, 'jump_ppm': 200000, 'jump_confirm': 2},
    {'type': 'policy', 'policy': 2, 'cancel_first': False, 'partial': 'none', 'orders_per_s': 1},
    {'type': 'policy', 'policy': 3, 'cancel_first': False, 'partial': 'none',
     'slice_notional': '100', 'slice_ms': 9000},
    *({'type': 'instrument', 'instrument': i, 'symbol': f'I{i}', 'settle': 1, 'price_scale': 2,
       'qty_scale': 3, 'tick': '0.01', 'lot': '0.001', 'tiers': [{'mmr': '0.01'}], 'policy': i}
      for i in (1, 2, 3)),
    *({'type': 'mark', 'instrument': i, 'price': '100', 'ts_ns': 10 ** 18} for i in (1, 2, 3)),
]


def account(number, rev, *rows, **more):
    return {'type': 'account', 'account': number, 'rev': rev, 'full': True, 'positions': [
        {'instrument': i, 'qty': qty, 'entry': '100', 'mode': 'isolated', 'margin': margin}
        for i, qty, margin in rows], **more}


def clock(ms):
    return {'type': 'clock', 'ts_ns': 10 ** 18 + ms * 10 ** 6}


def mark(i, price, ms):
    return {'type': 'mark', 'instrument': i, 'price': price, 'ts_ns': 10 ** 18 + ms * 10 ** 6}


def answer(order, status, **more):
    return {'type': 'exec', 'order': order, 'status': status, **more}


class Why:
    """One case: the market, some lines, and what an account then waits for."""

    def __init__(self, cluster):
        self.cluster, self.cases = cluster, 0

    def waits(self, what, number, *lines, **fields):
        self.cases += 1
        tape = encoded(self.cluster, f'why-{self.cases}.tape',
                       [json.dumps(line) for line in (*MARKET, *lines)])
        e = tape.explain('--account', number)[0]
        explained.check(e)
        check(e['waits']['for'] == what, f'{what}: {e["waits"]}')
        check({**e['waits'], **fields} == e['waits'], f'{fields}: {e["waits"]}')
        text = self.cluster.run('explain', tape.path, '--account', number).stdout.decode()
        check(e['waits']['words'] in text, text)
        return e


def why_nothing(cluster):
    why, thin, fat = Why(cluster), (2, '10', '9'), (2, '10', '500')
    e = why.waits('nothing', 7, account(7, 1, fat))
    check(e['worth']['excess'] == '490', e['worth'])
    why.waits('answer', 7, account(7, 1, thin), until_ns=10 ** 18 + 500 * 10 ** 6)
    busy = why.waits('answer', 7, account(7, 1, thin), answer('7/2/1/0', 'busy'))
    check(busy['waits']['answer']['status'] == 'busy', busy)
    why.waits('venue', 7, account(7, 1, thin), answer('7/2/1/0/0', 'accepted'))
    why.waits('base', 7, account(7, 1, thin),
              answer('7/2/1/0/0', 'filled', final=True, filled='10', rev=2))
    why.waits('revision', 7, account(7, 1, thin),
              answer('7/2/1/0/0', 'expired', final=True, rev=2))
    why.waits('fund', 7, account(7, 1, thin), answer('7/2/1/0/0', 'expired', final=True))
    why.waits('cure', 7, account(7, 1, (1, '10', '9')), until_ns=10 ** 18 + 3000 * 10 ** 6)
    e = why.waits('nothing', 7, account(7, 1, (1, '10', '500')), clock(10), mark(1, '50', 10))
    held, = [s for s in e['sources'] if s['type'] == 'mark']
    check(held['quarantine'] and held['jumped_to'] == '50' and e['worth']['safe'], held)
    why.waits('fresh_price', 7, clock(6000), account(7, 1, (1, '10', '9')), instrument=1)
    halted = [{**line, 'status': 'halted', 'rev': 2} for line in MARKET
              if line.get('symbol') == 'I2']
    why.waits('trading', 7, *halted, account(7, 1, thin))
    why.waits('limit', 9, account(7, 1, thin), account(9, 1, thin),
              until_ns=10 ** 18 + 1000 * 10 ** 6)
    why.waits('slice', 7, account(7, 1, (3, '10', '9')),
              answer('7/3/1/0/0', 'filled', final=True, filled='1', rev=2), account(7, 2, (3, '9', '8')),
              until_ns=10 ** 18 + 9000 * 10 ** 6)
    holed = [account(7, 1, fat), {**account(7, 2, fat), 'seq': 9, 'full': False}]
    e = why.waits('account', 7, *holed)
    check(e['suspended'] and e['waits']['holes'][0]['topic'].startswith('acct.'), e)
    why.waits('ctrl', 7, account(7, 1, fat), {**MARKET[3], 'rev': 2, 'seq': 90})
    unknown = {'instrument': 4, 'qty': 10, 'entry': 100, 'mode': 'isolated', 'margin': 9}
    why.waits('data', 7, {**account(7, 1), 'positions': [unknown]})


def mistakes(cluster):
    path = cluster.dir / 'mistakes.tape'
    tape = encoded(cluster, path.name, [json.dumps(line) for line in (
        *MARKET, account(7, 1, (2, '10', '9')))])
    for arguments, code, words in (
            ([], 2, 'either an ID or --account'), (['7/2/1/0', '--account', 7], 2, 'either'),
            (['7/2/1/5'], 1, 'the last of this pool is 7/2/1/0'),
            (['8/2/1/0'], 1, 'nothing was said about this pool'),
            (['7/2/1/0', '--nth', 2], 1, 'was said 1 times'), (['hello'], 1, 'names nothing'),
            (['7/2/1/0/1'], 1, 'the decision has 1 orders'),
            (['plan/1/1'], 1, 'no plan'), (['--account', 8], 1, 'has no pool'),
            (['--account', 7, '--at', 'noon'], 2, 'is no place on a tape')):
        done = cluster.run('explain', tape.path, *arguments, code=code)
        check(words in done.stderr.decode(), (arguments, done.stderr))
    for point, told in (('at:5', False), ('record:5', False), ('0', False), ('at:12', True),
                        ('+1h', True), (str(10 ** 18), True), ('2001-09-09T01:46:40Z', True)):
        e = tape.explain('--account', 7, '--at', point, code=not told)
        check([x['at'] for x in e] == [12] * told, (point, e))
    e, = tape.explain('7/2/1/0/0')
    check(e['said'][0]['order'] == '7/2/1/0/0', e['said'])


def run(zeroline):
    parser = argparse.ArgumentParser()
    parser.add_argument('zeroline')
    parser.add_argument('--worlds', type=int, default=25)
    parser.add_argument('--plans', type=int, default=15)
    parser.add_argument('--seed', type=int, default=1)
    options, seen = parser.parse_args(), collections.Counter()
    with Cluster(zeroline) as cluster:
        mistakes(cluster)
        why_nothing(cluster)
        random_worlds(cluster, options.worlds, options.seed, seen)
        plan_tapes(cluster, options.plans, options.seed, seen)
        incidents(cluster, seen)
        exchange(cluster, seen)
    print(dict(seen))
    wanted = {'cancel', 'convert', 'partial', 'full', 'deficit', 'takeover', 'adl', 'socialize',
              'met_by'}
    check(wanted <= set(seen), f'not explained: {wanted - set(seen)}')


main(run)
