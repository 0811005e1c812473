"""The presets in deploy/policies: each is accepted, and decides by its venue's rule.

One market: tiers of 1% up to 10,000, 2% up to 50,000 and 5%, a mark of 100, a fund of 1,000.
"""
import json
import pathlib

from cluster import Cluster, check, main

FOLDER = pathlib.Path(__file__).resolve().parents[2] / 'deploy' / 'policies'
MARKET = [
    {'type': 'asset', 'asset': 1, 'symbol': 'USDT', 'scale': 6, 'numeraire': True},
    {'type': 'asset', 'asset': 2, 'symbol': 'BTC', 'scale': 8},
    {'type': 'rate', 'asset': 2, 'price': '1000'},
    {'type': 'fund', 'fund': 1, 'asset': 1, 'balance': '1000', 'rev': 1},
    {'type': 'instrument', 'instrument': 7, 'symbol': 'I', 'settle': 1, 'fund': 1,
     'price_scale': 2, 'qty_scale': 3, 'tick': '0.01', 'lot': '0.001',
     'tiers': [{'upto': '10000', 'mmr': '0.01'}, {'upto': '50000', 'mmr': '0.02'},
               {'mmr': '0.05'}]},
    {'type': 'mark', 'instrument': 7, 'price': '100'},
]
# What each does: is equity that equals maintenance unsafe? Does it sell collateral for a debt? Of
# 300 that are worth 30,000, what is closed? What may a fund of 1,000 lose? At which price do
# winners close when a long of 50 from 120.02 is lost, and how much does each of two equal ones
# give?
VENUES = {
    'binance': (False, False, ('partial', '0.5'), 1000, '120.02', ['50']),
    'bitmex': (True, False, ('partial', '200'), 1000, '120.02', ['50']),
    'bybit': (True, True, ('partial', '200'), 300, '120.02', ['50']),
    'dydx': (False, False, ('full', '300'), 1000, '120.02', ['25', '25']),
    'hyperliquid': (False, False, ('partial', '60'), 0, '120.02', ['50']),
    'okx': (True, False, ('partial', '200'), 300, '100', ['50']),
}


def isolated(account, qty, entry, margin, **more):
    return {'type': 'account', 'account': account, 'rev': 1, 'full': True, 'positions': [
        {'instrument': 7, 'qty': qty, 'entry': entry, 'mode': 'isolated', 'margin': margin,
         **more}]}


def answer(order, status='expired'):
    return {'type': 'exec', 'order': order, 'status': status, 'final': True}


class Preset:
    def __init__(self, cluster, name):
        self.cluster = cluster
        self.text = (FOLDER / f'{name}.jsonl').read_bytes()

    def replay(self, *lines):
        """What is said; nothing may be refused."""
        tape = self.cluster.dir / 'policies.tape'
        rest = ''.join(json.dumps(line) + '\n' for line in (*MARKET, *lines))
        self.cluster.run('encode', '-o', tape, stdin=self.text + rest.encode())
        told = self.cluster.run('replay', tape, '--json').stdout
        said = [json.loads(line) for line in told.splitlines()]
        wrong = [m for m in said if m['type'] == 'alert' and m['kind'] not in ('warn', 'fund')]
        check(not wrong, wrong)
        return [m for m in said if m['type'] not in ('alert', 'rank')]


def orders_come(preset, at_equal, step, qty):
    said = preset.replay(isolated(42, '50', '100', '50'))
    check(len(said) == at_equal, f'equity equals maintenance: {said}')
    cancel, order = preset.replay(isolated(42, '300', '100', '600', order_margin='101'),
                                  answer('42/7/1/0/0', 'filled'))
    check(cancel['type'] == 'cancel', cancel)
    check((order['step'], order['qty']) == (step, qty), order)


def collateral_is_sold(preset, converts):
    said = preset.replay({'type': 'account', 'account': 42, 'rev': 1, 'full': True,
                          'balances': [{'asset': 1, 'amount': '-100'},
                                       {'asset': 2, 'amount': '0.4'}],
                          'positions': [{'instrument': 7, 'qty': '300', 'entry': '100'}]})
    check((said[0]['type'] == 'convert') == converts, said)
    check(not converts or said[0]['amount'] == '0.1', said)


def lost(preset, cost, attempts):
    """A long of 50 that is worth less than nothing by `cost`, unfilled, and two equal winners."""
    said = preset.replay(isolated(2, '-50', '110', '1000'), isolated(3, '-50', '110', '1000'),
                         isolated(42, '50', f'{100 + cost / 50:.2f}', '0'),
                         *(answer(f'42/7/1/{n}/0') for n in range(attempts)))
    return [m for m in said if m['type'] != 'liquidate']


def fund_bears(preset, bears, price, shares, attempts):
    takeover, = lost(preset, bears, attempts)
    check((takeover['type'], takeover['amount']) == ('takeover', str(bears)), takeover)
    pairs = [m for m in lost(preset, bears + 1, attempts) if m['type'] == 'adl']
    check([m['qty'] for m in pairs] == shares, pairs)
    pairs = [m for m in lost(preset, 1001, attempts) if m['type'] == 'adl']
    check({m['price'] for m in pairs} == {price}, pairs)


def bitmex_example(cluster):
    """A long at 100, bankrupt at 99, is liquidated at 99.50, as the venue's page has it."""
    market = [MARKET[0], {**MARKET[4], 'tiers': [{'mmr': '0.005'}]}, MARKET[5]]
    rest = ''.join(json.dumps(line) + '\n' for line in (*market, isolated(1, '1', '100', '1')))
    told = cluster.run('calc', stdin=(FOLDER / 'bitmex.jsonl').read_bytes() + rest.encode())
    position, = json.loads(told.stdout)['positions']
    check((position['bankruptcy_price'], position['liquidation_price']) == ('99', '99.5'), position)


def run(zeroline):
    names = sorted(path.stem for path in FOLDER.glob('*.jsonl'))
    check(names == sorted(VENUES), names)
    with Cluster(zeroline) as cluster:
        bitmex_example(cluster)
        for name, (at_equal, converts, (step, qty), bears, price, shares) in VENUES.items():
            preset = Preset(cluster, name)
            orders_come(preset, at_equal, step, qty)
            collateral_is_sold(preset, converts)
            attempts = 2 if name == 'hyperliquid' else 1  # a fifth, then all of it
            fund_bears(preset, bears, price, shares, attempts)


main(run)
