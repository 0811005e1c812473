#!/usr/bin/python3
"""Worked examples of venues and open protocols, stated as zeroline's own input and output.

    make_known.py              writes known.jsonl and unexpressed.jsonl beside this file
    make_known.py --check      says whether they are what it would write

A name is the example's; what stands behind a slash is one of several ways to put it:
`/cross` the same account as a cross pool, `/order`, `/pair`, `/fund`, `/score` what is decided
beyond the numbers that `calc` prints. README.md says what the groups are.
"""
import json
import pathlib
import sys
from fractions import Fraction

HERE = pathlib.Path(__file__).resolve().parent
EXAMPLES = 221  # so many were collected; each stands in one file or, by parts, in both

FREQTRADE = 'freqtrade/freqtrade@c9ae5e1e9ff2:tests/exchange/'
BINANCE_USDM = (FREQTRADE + 'test_binance.py:test_liquidation_price_binance '
                '(numbers from Binance FAQ b3c689c1f50a44cabb3a84e663b81d93)')
BINANCE_COINM = 'https://www.binance.com/es/support/faq/ceccfcfb4e3a45e3b48b0b1bb1a8ae46'
DYDX = 'dydxprotocol/v4-chain@84d4664bae71:protocol/x/'
CLOB = DYDX + 'clob/keeper/'
DRIFT = 'drift-labs/protocol-v2@0ae3e3b1db78:programs/drift/src/'
DRIFT_MATH = DRIFT + 'math/liquidation/tests.rs:'
DRIFT_PERP = DRIFT + 'controller/liquidation/tests.rs:liquidate_perp::'
FLOX = 'FLOX-Foundation/flox@d2dc5ecf966b:tests/test_liquidation_engine.cpp'
MANGO = 'blockworks-foundation/mango-v4@1303a4a16228:programs/mango-v4/src/instructions/'
MANGO_PERP = MANGO + 'perp_liq_base_or_positive_pnl.rs:tests::test_liq_base_or_positive_pnl'
MANGO_TOKEN = MANGO + 'token_liq_with_token.rs:tests::test_liq_with_token_while_perp'
MANGO_BANKRUPT = (MANGO + 'perp_liq_negative_pnl_or_bankruptcy.rs:tests::'
                  'test_liq_negative_pnl_or_bankruptcy')
HYPERLIQUID = 'https://hyperliquid.gitbook.io/hyperliquid-docs/trading/'
BITMEX = ('https://support.bitmex.com/hc/en-gb/articles/'
          '18589621443357-What-is-Auto-Deleveraging')
PAPER = 'pluriholonomic/autodeleveraging-analysis@aae0be8600e6:'

known, unexpressed = [], []


# ------------------------------------------------------------------------------ the writing

def number(value, places=None):
    """A decimal's text. A fraction is cut to `places` decimals, towards zero."""
    if isinstance(value, str):
        return value
    value = Fraction(value)
    if places is None:
        places = next(p for p in range(30) if (value * 10 ** p).denominator == 1)
    units = abs(value.numerator) * 10 ** places // value.denominator
    text = str(units).rjust(places + 1, '0')
    if places:
        text = f'{text[:-places]}.{text[-places:]}'.rstrip('0').rstrip('.')
    return '-' + text if value < 0 and units else text


def asset(symbol='USD', scale=6, number_=1, **more):
    if number_ == 1:
        more['numeraire'] = True
    return {'type': 'asset', 'asset': number_, 'symbol': symbol, 'scale': scale, **more}


def instrument(tiers, prices=6, quantities=9, number_=7, tick=None, lot=None, **more):
    if isinstance(tiers, str):
        tiers = [{'upto': None, 'mmr': tiers}]
    return {'type': 'instrument', 'instrument': number_, 'symbol': f'I{number_}', 'settle': 1,
            'price_scale': prices, 'qty_scale': quantities,
            'tick': tick or number(Fraction(1, 10 ** prices)),
            'lot': lot or number(Fraction(1, 10 ** quantities)), 'tiers': tiers, **more}


def mark(price, number_=7):
    return {'type': 'mark', 'instrument': number_, 'price': price}


def policy(**more):
    return {'type': 'policy', 'policy': 1, 'rev': 2, **more}


def isolated(account, qty, margin, number_=7, **more):
    """An account of one isolated position."""
    return {'type': 'account', 'account': account, 'rev': 1, 'full': True, 'positions': [
        {'instrument': number_, 'qty': qty, **more, 'mode': 'isolated', 'margin': margin}]}


def cross(account, balance, *positions, asset_=1):
    return {'type': 'account', 'account': account, 'rev': 1, 'full': True,
            'balances': [{'asset': asset_, 'amount': balance}], 'positions': list(positions)}


def held(qty, number_=7, **more):
    return {'instrument': number_, 'qty': qty, **more, 'mode': 'cross'}


def as_cross(line):
    """The same account, its isolated margin as a cross balance; and answers to that pool."""
    if line['type'] == 'exec':
        return {**line, 'order': line['order'].replace('/7/', '/x/')}
    if line['type'] != 'account' or not any('margin' in p for p in line['positions']):
        return line
    position = dict(line['positions'][0])
    balance = {'asset': 1, 'amount': position.pop('margin')}
    if 'order_margin' in position:
        balance['order_margin'] = position.pop('order_margin')
    position['mode'] = 'cross'
    return {**line, 'balances': [balance], 'positions': [position]}


def at(field, value, within=None, account=1, pool='7'):
    row = {'account': account, 'pool': pool, 'field': field, 'value': value}
    if within is not None:
        row['within'] = within
    return row


def first(field, value, within=None, account=1, pool='7'):
    return at('positions[0].' + field, value, within, account, pool)


def nothing(account=1, pool='x'):
    return [{'account': account, 'pool': pool, 'exists': False}]


EMPTY = ' There is no pool of an account that has neither a balance nor a position.'


def case(name, source, verified, lines, expect, how, **decided):
    """`decided`: what `replay` says, `told`, and does not, `never`, and what it leaves, `after`."""
    known.append({'name': name, 'source': source, 'verified': verified, 'lines': lines,
                  'expect': expect, **decided, 'how': how})


def both(name, source, verified, lines, expect, how, **decided):
    """As isolated pools, and the same accounts as cross pools."""
    case(name, source, verified, lines, expect, how, **decided)
    case(name + '/cross', source, verified, [as_cross(line) for line in lines],
         [{**row, 'pool': 'x'} for row in expect],
         how + ' Here the margin is a cross balance.', **decided)


def cannot(names, source, why):
    for name in names.split():
        unexpressed.append({'name': name, 'source': source, 'why': why})


def fund(balance, peak=None):
    line = {'type': 'fund', 'fund': 1, 'asset': 1, 'balance': balance, 'rev': 1}
    return line if peak is None else {**line, 'peak': peak}


def answer(order, status='expired', **more):
    """A router's last word on an order; nothing filled unless `more` says so."""
    return {'type': 'exec', 'order': order, 'status': status, 'final': True, 'rev': 1, **more}


def score(published):
    """A score on the wire counts in 10^-15: profit in 10^-9 times leverage in 10^-6."""
    return number(Fraction(published) * 10 ** 15)


def full_only(**more):
    """A policy whose only order is for all of a position: then the fund, then the winners."""
    return policy(partial='none', cancel_first=False, **more)


# ------------------------------------------- liquidation and bankruptcy prices of one position

def usdm(size, entry, wallet, rate, deduct, price):
    lines = [asset('USDT'), instrument([{'upto': None, 'mmr': rate, 'deduct': deduct}], 4, 3),
             mark(entry), isolated(1, size, wallet, entry=entry)]
    return lines, [first('liquidation_price', price, '0.005')]


def binance():
    how = ('The bracket is one tier whose deduct is the maintenance amount; equity = maintenance '
           'gives the formula of the venue; half a cent covers its rounding and one tick.')
    both('binance_usdm_btc_size_isolated', BINANCE_USDM, 'recomputed',
         *usdm('109.488', '32481.98', '1535443.01', '0.025', '16300', '18778.73'), how)
    both('binance_usdm_eth_isolated', BINANCE_USDM, 'recomputed',
         *usdm('3683.979', '1456.84', '1535443.01', '0.1', '135365', '1114.78'), how)
    lines = [asset('USDT'), instrument([{'upto': None, 'mmr': '0.025', 'deduct': '16300'}], 4, 3),
             instrument([{'upto': None, 'mmr': '0.1', 'deduct': '135365'}], 4, 3, 9),
             mark('32481.98'), mark('1335.18', 9),
             cross(1, '1535443.01', held('109.488', entry='32481.98'),
                   held('3683.979', 9, entry='1456.84'))]
    case('binance_usdm_btc_cross_2pos', BINANCE_USDM, 'recomputed', lines,
         [first('liquidation_price', '26316.89', '0.005', pool='x')],
         'One cross pool; the other position counts at its mark, with its maintenance.')
    both('binance_coinm_cross_long',
         'https://dev.binance.vision/t/coin-margined-futures-liquidation-price-calculation-'
         'help-cm-variable/6292', 'recomputed',
         [asset('BTC', 12),
          instrument([{'upto': None, 'mmr': '0.125', 'deduct': '11.81'}], 8, 0,
                     kind='inverse', multiplier='100', min_price='1'),
          mark('45000'), isolated(1, '100000', '101', entry='45000')],
         [first('liquidation_price', '33578.859744834', '0.00000002')],
         'Inverse contracts of 100 USD; deduct is in BTC. The calculator of the venue showed '
         '33599.40 that day, from another bracket table than the page gave.')


def freqtrade():
    source = FREQTRADE + 'test_exchange.py:test_get_liquidation_price'
    rows = [  # name, size, entry, margin, liquidation price
        ('binance_long_l3_e10_n1', '1', '10', '3.333333333333', '6.723905723905723'),
        ('binance_long_l5_e10_n0.6', '0.6', '10', '1.2', '8.063973063973064'),
        ('binance_long_l5_e10_n1', '1', '10', '2', '8.070707070707071'),
        ('binance_short_l3_e10_n1', '-1', '10', '3.3333333333', '13.211221122079207'),
        ('binance_short_l5_e10_n0.6', '-0.6', '10', '1.2', '11.897689768976898'),
        ('binance_short_l5_e10_n1', '-1', '10', '2', '11.89108910891089'),
        ('bybit_long_l10_e10_n1', '1', '10', '1', '9.1'),
        ('bybit_long_l3_e10_n1', '1', '10', '3.333333333333', '6.7666666'),
        ('bybit_short_l10_e10_n1', '-1', '10', '1', '10.9'),
        ('bybit_short_l1_e10_n1', '-1', '10', '10', '19.9'),
        ('gate_short_l3_e10_n1', '-1', '10', '3.333333333333', '13.193482419684678'),
        ('gate_short_l5_e10_n2', '-2', '10', '4', '11.87413417771621'),
        ('gate_short_l5_e8_n1', '-1', '8', '1.6', '9.499307342172967'),
        ('okx_short_l3_e10_n1', '-1', '10', '3.333333333333', '13.193482419684678'),
    ]
    hows = {
        'binance': 'Leverage is the margin, the maintenance amount is the deduct.',
        'bybit': 'Maintenance is taken of the entry value (mm_basis entry); margin = '
                 'entry/leverage.',
        'gate': 'The taker fee of closing is part of the maintenance (fee_in_maintenance).',
    }
    hows['okx'] = hows['gate']
    for name, size, entry, margin, price in rows:
        venue = name.split('_')[0]
        fees = {'taker_fee': '0.0006'} if venue in ('gate', 'okx') else {}
        tier = {'upto': None, 'mmr': '0.01', 'deduct': '0.01' if venue == 'binance' else '0'}
        basis = 'entry' if venue == 'bybit' else 'mark'
        within = '0.0000001' if price == '6.7666666' else '0.00000000002'
        how = hows[venue]
        if price == '6.7666666':
            how += ' The number is cut after seven decimals, not rounded: one unit of the last.'
        if margin == '3.3333333333':
            how += ' The number was worked out from a margin of ten decimals; so it is given here.'
        both('ft_' + name, source, 'recomputed',
             [asset('USDT', 12), policy(mm_basis=basis),
              instrument([tier], 11, 1, **fees), mark(entry),
              isolated(1, size, margin, entry=entry)],
             [first('liquidation_price', price, within)], how)


def bybit():
    both('bybit_linear_isolated_long',
         'https://testnet.bybit.com/en-US/help-center/s/article/Liquidation-Price-USDT-Contract',
         'recomputed',
         [asset('USDT'), policy(mm_basis='entry'), instrument('0.005', 4, 3), mark('20000'),
          isolated(1, '1', '400', entry='20000')],
         [first('liquidation_price', '19700', '0.0001'), first('maintenance', '100')],
         'Maintenance is taken of the entry value; the initial margin 20000/50 is the margin.')
    both('bybit_inverse_isolated_short',
         'https://testnet.bybit.com/ar-SA/help-center/article/Liquidation-Price-Calculation-'
         'under-Isolated-Mode-Unified-Trading-Account', 'derived',
         [asset('BTC', 12), policy(mm_basis='entry'),
          instrument('0.005', 6, 0, kind='inverse', min_price='1'), mark('50000'),
          isolated(1, '-60000', '0.12', entry='50000')],
         [first('liquidation_price', '55248.6188', '0.00005'), first('maintenance', '0.006'),
          first('notional', '1.2')],
         'Inverse, maintenance of the entry value, margin = value/leverage. The page was cut '
         'before its result; the number is its formula, worked out.')
    fee = Fraction(10000) * Fraction('0.00075') / Fraction('5718.57')
    both('bybit_inverse_cross_liquidation', 'https://help.bybit.com/hc/en-us/articles/360039261334',
         'recomputed',
         [asset('BTC', 12), policy(mm_basis='entry', fee_in_maintenance=False),
          instrument('0.005', 6, 0, kind='inverse', min_price='1', taker_fee='0.00075'),
          mark('8000'),
          isolated(1, '10000', '0.5', entry='8000', order_margin=number(fee, 12))],
         [first('liquidation_price', '5739.0835', '0.00005'),
          first('liquidation_price', '5739.50', '0.5'),
          first('bankruptcy_price', '5718.57', '0.005')],
         'The fee of closing at the bankruptcy price is a fixed reserve of the venue: order '
         'margin here. 5739.50 is the page, to its 0.5 tick; 5739.0835 its formula.')
    margin = Fraction(5000) / Fraction('7890.08')
    source = ('https://help.bybit.com/hc/en-us/articles/'
              '900000031623-What-is-Auto-Deleveraging-ADL-')
    held_ = isolated(1, '5000', number(margin / 50, 12), cost=number(margin, 12))
    both('bybit_inverse_bankruptcy_long', source, 'recomputed',
         [asset('BTC', 12), instrument('0', 8, 0, kind='inverse', min_price='1'),
          mark('7890.08'), held_],
         [first('bankruptcy_price', '7735.372549', '0.0000006'),
          first('closeout_price', '7735.372549', '0.0000006')],
         'Margin = value at entry / leverage; entry x L / (L + 1) is where it is gone. Margin '
         'and cost are cut to 12 decimals of BTC.')
    both('bybit_inverse_bankruptcy_long/tick', source, 'recomputed',
         [asset('BTC', 12),
          instrument('0', 1, 0, tick='0.5', kind='inverse', min_price='1'), mark('7890'), held_],
         [first('bankruptcy_price', '7735.5'), first('closeout_price', '7735.5')],
         "A long's closing price goes up to the tick of 0.5, as on the page.")
    both('bybit_adl_cross_bankruptcy', 'https://wuyelx.com/6291.html', 'recomputed',
         [asset('USDT'), instrument('0.005', 4, 3), mark('400'),
          isolated(1, '100', '1100', entry='500')],
         [first('bankruptcy_price', '489'), first('closeout_price', '489')],
         'Position margin 1000 and wallet 100 are one balance of 1100. The page uses the mark '
         'instead when the two are more than 5% apart; no such switch is modelled.')
    both('bybit_order_cost_close_fee',
         'https://mobie.io/faq/how-much-is-the-commission-fee-of-usdt-perpetual-contract-on-bybit',
         'recomputed',
         [asset('USDT'), instrument('0.005', 4, 3, taker_fee='0.00075'), mark('10000'),
          isolated(1, '1', '207.35', entry='10000')],
         [first('bankruptcy_price', '9800')],
         'Of the order cost 214.85 the opening fee 7.5 is spent; what is left, initial margin '
         '200 and closing fee 7.35, is used up exactly at the bankruptcy price, fee paid.')
    tiers = [{'upto': '2000000', 'mmr': '0.005'}, {'upto': '2600000', 'mmr': '0.0056'}]
    both('bybit_mm_tier_2600000',
         'https://www.bytick.com/fil-PH/help-center/search-result (Maintenance Margin USDT '
         'Contract)', 'read-only',
         [asset('USDT'), instrument(tiers), mark('1'),
          isolated(1, '2000000', '2000000', entry='1'),
          isolated(2, '2600000', '2600000', entry='1')],
         [first('maintenance', '10000'), first('maintenance', '13360', account=2)],
         'The page gives the rates 0.005 and 0.0056 and says that a rate holds for what exceeds '
         'the tier below: 2000000 x 0.005, then 600000 x 0.0056 more. Only the rates are printed.')
    source = 'https://bybit-exchange.github.io/docs/zh-TW/v5/market/adl-alert (example 1)'
    lines = [asset('USDT'), fund('1000000', '1000000'), full_only(fund_drawdown='0.3'),
             instrument('0', 4, 3, fund=1), mark('50')]
    losers = [isolated(1, '30000', '1200000', entry='100'),
              isolated(2, '5000', '200000', entry='100')]
    how = ('Drawdown of 0.3 from the peak: the fund bears 300000 of the loss of 350000, the users '
           'the rest of 50000, ')
    case('bybit_adl_drawdown_1', source, 'recomputed',
         [*lines, *losers, isolated(3, '-5000', '500000', entry='100'), answer('1/7/1/0/0'),
          {**losers[0], 'rev': 2, 'positions': []}, {**fund('700000', '1000000'), 'rev': 2},
          answer('2/7/1/0/0')],
         [at('bankruptcy_equity', '-50000', account=2), at('equity', '750000', account=3)],
         how + 'so the winner ends with that much less. A claim is borne whole or not at all, '
         'and the loss is that of a contract: it stands as two losers, of 300000 and 50000, the '
         'first of them settled before the second comes.',
         told=[{'type': 'takeover', 'qty': '30000', 'amount': '300000'},
               {'type': 'adl', 'winner_account': 3, 'qty': '5000', 'price': '60'}],
         never=['socialize'], after={'equity': {'2': '0', '3': '700000'}, 'fund': '700000'})
    case('bybit_adl_drawdown_1/at_once', source, 'recomputed',
         [*lines, isolated(1, '35000', '1400000', entry='100'),
          isolated(3, '-35000', '3500000', entry='100'), answer('1/7/1/0/0')],
         [at('bankruptcy_equity', '-350000')],
         'The loss of 350000 in one claim exceeds 0.3 of the peak: winners are called upon.',
         told=[{'type': 'adl', 'winner_account': 3, 'qty': '35000'}],
         never=['takeover', 'socialize'])
    cannot('bybit_adl_drawdown_1/split', source,
           'Of one claim of 350000 the fund bears 300000 and the users 50000: a claim is borne '
           'whole here, or by the winners alone.')


# ----------------------------------------------------------------- maintenance and its tables

def tables():
    how = 'The bracket amount is the deduct, in BTC; the contracts are inverse, of 100 USD.'
    both('binance_coinm_300btc', BINANCE_COINM, 'derived',
         [asset('BTC', 8),
          instrument([{'upto': None, 'mmr': '0.125', 'deduct': '11.81'}], 2, 0, kind='inverse',
                     multiplier='100', min_price='1'),
          mark('40000'), isolated(1, '120000', '300', entry='40000')],
         [first('maintenance', '25.69'), first('notional', '300')], how)
    both('binance_coinm_cum_l5', BINANCE_COINM, 'recomputed',
         [asset('BTC', 8),
          instrument([{'upto': '50', 'mmr': '0.025', 'deduct': '0.56'},
                      {'upto': None, 'mmr': '0.05'}], 2, 0, kind='inverse', multiplier='100',
                     min_price='1'),
          mark('40000'), isolated(1, '40000', '100', entry='40000')],
         [first('maintenance', '3.19'), first('notional', '100')],
         'The second tier has no deduct of its own: 0.56 + 50 x (0.05 - 0.025) = 1.81 makes the '
         'table continuous, so 100 BTC need 5 - 1.81.')
    for name, verified, size, value in [('btc25', 'recomputed', '25', '28125'),
                                        ('btc350', 'derived', '350', '962500')]:
        both('deribit_linear_' + name,
             'https://support.deribit.com/hc/en-us/articles/25944738177565-Linear-Perpetual',
             verified,
             [asset('USDC'), instrument('0.01', 2, 3, mmr_slope='0.00005'), mark('100000'),
              isolated(1, size, '2000000', entry='100000')],
             [first('maintenance', value)],
             'Base rate and mmr_slope per coin. Initial margin is not modelled. The row of 350 is '
             'cut on the page and follows from its formula.')
    rows = [
        ('btc_150m_edge', '150000000', '1875000', [('150000000', '0.0125'), (None, '0.025')]),
        ('btc_200m', '200000000', '3125000', [('150000000', '0.0125'), (None, '0.025')]),
        ('btc_testnet_200k', '200000', '13425',
         [('10000', '0.0125'), ('50000', '0.02'), ('100000', '0.05'), ('300000', '0.1'),
          (None, '0.166666667')]),
        ('doge_30m', '30000000', '2000000', [('20000000', '0.05'), (None, '0.1')]),
    ]
    for name, notional, value, tiers in rows:
        both('hl_mm_' + name, HYPERLIQUID + 'margin-tiers', 'derived',
             [asset('USDC'), instrument([{'upto': u, 'mmr': m} for u, m in tiers]), mark('1'),
              isolated(1, notional, notional, entry='1')],
             [first('maintenance', value)],
             'Rate = 1 / (2 x maximum leverage); the deductions are the ones that make the table '
             'continuous, so which tier an edge belongs to does not matter.')
    rows = [  # name, base, price, maintenance rate, maintenance
        ('100_100', '0.007', '5555', '0.01', '0.38885'),
        ('100_50', '0.007', '5555', '0.005', '0.194425'),
        ('5_3', '0.074523', '123456', '0.03', '276.009345'),
        ('max', '0.007', '5555', '1', '38.885'),
        ('neg', '-0.005', '420000', '0.005', '10.5'),
        ('zero_margin', '0.007', '5555', '0', '0'),
    ]
    for name, size, price, rate, value in rows:
        both('dydx_margin_' + name,
             DYDX + 'perpetuals/lib/lib_test.go:TestGetMarginRequirementsInQuoteQuantums_2',
             'recomputed',
             [asset('USDC'), instrument(rate), mark(price),
              isolated(1, size, '100000', entry=price)],
             [first('maintenance', value)],
             'Rate = initial rate x maintenance fraction; both round the amount up to 0.000001. '
             'The venue rounds the initial margin first, which makes no difference here.')
    rows = [('0_1000000', '0', '0'), ('1000000_1000000', '1', '1000000'),
            ('150000_800000', '0.12', '120000'), ('637239_289284', '0.184343046', '184343')]
    for name, rate, value in rows:
        both('dydx_mmppm_' + name,
             DYDX + 'perpetuals/types/liquidity_tier_test.go:'
             'TestLiquidityTierGetMaintenanceMarginPpm', 'recomputed',
             [asset('USDC'), instrument(rate), mark('1'),
              isolated(1, '1000000', '2000000', entry='1')],
             [first('maintenance', value, '1' if name.startswith('637') else None)],
             'The product of both rates at 9 decimals, seen as the maintenance of 1000000; the '
             'venue cuts it to 6 decimals, which is 1 here.')


# ----------------------------------------------------------------- accounts with a quote balance

def quoted(balance, *sizes, account=1, isolate=True, cost=None):
    """An account that is a quote balance and quantities: the value at entry is free."""
    balance = Fraction(balance)
    if not isolate:
        positions = [held(size, 7 + 2 * i, cost=c) for i, (size, c) in enumerate(sizes)]
        for size, c in sizes:
            balance += Fraction(c) * (1 if Fraction(size) > 0 else -1)
        return cross(account, number(balance), *positions)
    size, = sizes
    sign = 1 if Fraction(size) > 0 else -1
    if cost is None:  # such that the margin is 0, where a positive cost does that
        cost = -sign * balance if -sign * balance > 0 else 50000 * abs(Fraction(size))
    cost = Fraction(cost)
    return isolated(account, size, number(balance + sign * cost), cost=number(cost))


QUOTE = ('The quote balance is margin less (long) or plus (short) the value at entry. ')


def dydx_prices():
    source = CLOB + 'liquidations_test.go:TestGetBankruptcyPriceInQuoteQuantums'
    how = (QUOTE + 'Its bankruptcy price shares what is left by maintenance, which is the '
           'close-out price.')
    market = [asset('USDC'), instrument('0.1'), mark('50000')]
    rows = [  # name, balance, size, price, within
        ('long_cannot_be_bankrupt', '1', '1', None, None),
        ('rounding_long_partial', '-13', '1', '13.00417', '0.0047'),
        ('rounding_short_partial', '13', '-1', '12.99948', '0.0047'),
        ('short_at_bankruptcy', '5000', '-0.1', '50000', None),
        ('short_at_bankruptcy_partial', '5000', '-0.1', '50000', None),
        ('short_below_bankruptcy', '4900', '-0.1', '49000', None),
        ('short_slightly_below_mm', '5499', '-0.1', '54990', None),
    ]
    for name, balance, size, price, within in rows:
        more = ''
        if price is None:
            more = ' The price is -1 there, null here: no fill at a price can lose the account.'
        if within:
            more = (' The price is 13; the venue rounds the quote of 0.00021347 to 0.000001, '
                    'which is 0.0047 of price.')
        both('dydx_bankr_' + name, source, 'recomputed', market + [quoted(balance, size)],
             [first('closeout_price', price, within)], how + more)
    for name, sign, balance, price in [('two_longs_close_eth', '', '-490', '2940'),
                                       ('two_shorts_close_eth', '-', '510', '3060')]:
        case('dydx_bankr_' + name, source, 'recomputed',
             [*market, instrument('0.1', number_=9), mark('3000', 9),
              quoted(balance, (sign + '0.004', '200'), (sign + '0.1', '300'), isolate=False)],
             [at('positions[1].closeout_price', price, pool='x')], how)
    cannot('dydx_bankr_err_larger_than_position dydx_bankr_err_no_position', source,
           'Checks the argument of a function: more than the position is never closed here.')
    source = CLOB + 'liquidations_test.go:TestIsLiquidatable'
    how = QUOTE + 'Equity equal to maintenance is safe: trigger below, the default.'
    both('dydx_liquidatable_4', source, 'recomputed', market + [quoted('-4500', '0.1')],
         [at('equity', '500'), at('maintenance', '500'), at('state', 'warn')], how)
    both('dydx_liquidatable_5', source, 'recomputed', market + [quoted('-4501', '0.1')],
         [at('equity', '499'), at('maintenance', '500'), at('state', 'liquidate')], how)
    case('dydx_liquidatable_2', source, 'recomputed', market + [cross(1, '-1')],
         [at('equity', '-1', pool='x'), at('maintenance', '0', pool='x')],
         'No position: never liquidated, only a deficit, in units, as no instrument tells a '
         'scale.', told=[{'type': 'deficit', 'account': 1, 'instrument': 0, 'amount': '1000000'}],
         never=['cancel', 'convert', 'liquidate'])
    cannot('dydx_fillable_long dydx_fillable_long_ba2 dydx_fillable_long_below_bankr '
           'dydx_fillable_long_smmr20 dydx_fillable_short dydx_fillable_short_at_bankr '
           'dydx_fillable_short_ba2 dydx_fillable_short_below_bankr dydx_fillable_two_longs_eth',
           CLOB + 'liquidations_test.go:TestGetFillablePrice',
           'A limit between mark and bankruptcy that widens as equity falls. The limit here is '
           'the close-out price; no policy field sets another.')
    cannot('dydx_margin_max_uint64',
           DYDX + 'perpetuals/lib/lib_test.go:TestGetMarginRequirementsInQuoteQuantums_2',
           'Price and quantity of 2^64 - 1: beyond the bounds on input, refused by intent.')
    cannot('dydx_oimf_0_2000000 dydx_oimf_1000000_2000000 dydx_oimf_1234567_2000000 '
           'dydx_oimf_1500000_2000000',
           DYDX + 'perpetuals/types/liquidity_tier_test.go:TestGetAdjustedInitialMarginPpm',
           'Initial margin that grows with open interest: initial margin decides nothing here.')
    cannot('dydx_liqorder_1 dydx_liqorder_2 dydx_liqorder_3 dydx_liqorder_4',
           CLOB + 'liquidations_test.go:TestSortLiquidationOrders',
           'A queue by distance of the limit from the oracle. Orders here leave in canonical '
           'order, and from a queue that backs up, largest deficit first.')


def dydx_sizes():
    source = CLOB + 'liquidations_test.go:TestGetPerpetualPositionToLiquidate'
    for name, more in [('full', ''), ('min_above_size', ' A least order of 10000 is above the '
                                      'whole position, so it does not bind.')]:
        both('dydx_closesize_' + name, source, 'recomputed',
             [asset('USDC'), policy(partial='fraction', fraction='1', cancel_first=False),
              instrument('0.1'), mark('50000'), quoted('-4501', '0.1')], [],
             'The largest portion 1 is a fraction of 1: all of it. The example gives no balance; '
             'this one is unsafe by 1.' + more,
             told=[{'type': 'liquidate', 'account': 1, 'side': 'sell', 'qty': '0.1'}])
    for name, size, value in [('min', '1', '50000'), ('small_position', '0.0001', '5')]:
        source = CLOB + 'liquidations_test.go:TestGetMaxAndMinPositionNotionalLiquidatable'
        both('dydx_partial_' + name, source, 'recomputed',
             [asset('USDC'), instrument('0.1'), mark('50000'), quoted('0', size)],
             [first('notional', value)],
             'The most that may be closed at a portion of 1 is the notional.')
        cannot(f'dydx_partial_{name}/least', source,
               'A least notional of a partial step: only whole lots bound it here.')


def dydx_fund():
    source = CLOB + 'liquidations_test.go:TestGetLiquidationInsuranceFundDelta'
    rows = [  # name, balance, size, close-out price, fill, delta, capped?
        ('long_0.1pct_above', '-5100', '0.1', '51000', '51051', '5.1', False),
        ('long_10pct_above', '-5100', '0.1', '51000', '56100', '28.05', True),
        ('long_10pct_above_fee100', '-5100', '0.1', '51000', '56100', '510', False),
        ('long_equal', '-5100', '0.1', '51000', '51000', '0', False),
        ('short_0.1pct_above', '4900', '-0.1', '49000', '48951', '4.9', False),
        ('short_10pct_above', '4900', '-0.1', '49000', '44100', '22.05', True),
        ('short_10pct_above_fee100', '4900', '-0.1', '49000', '44100', '490', False),
        ('short_10pct_above_fee2.5', '4900', '-0.1', '49000', '44100', '110.25', True),
        ('short_fill_price_rounds_to_zero', '4900', '-0.1', '49000', '0.000001', '0', True),
    ]
    for name, balance, size, price, fill, delta, capped in rows:
        name = 'dydx_if_' + name
        lines = [asset('USDC'), instrument('0.1'), mark('50000'), quoted(balance, size)]
        both(name, source, 'recomputed', lines,
             [first('closeout_price', price), at('bankruptcy_equity', '-100'),
              at('state', 'bankrupt')],
             QUOTE + 'The base of the fund\'s gain is the close-out price.')
        if capped:
            cannot(name + '/fund', source,
                   'The gain is capped at a share of the fill and the rest goes to the account; '
                   'here all of a better fill goes to the fund.')
        else:
            side = 'buy' if size.startswith('-') else 'sell'
            both(name + '/fund', source, 'recomputed',
                 [asset('USDC'), full_only(), *lines[1:],
                  answer('1/7/1/0/0', 'filled', filled='0.1', price=fill, rev=2)], [],
                 'The limit is the price that the fund\'s gain is counted from: a better fill '
                 'pays the fund the difference, and the ledger books it.',
                 told=[{'type': 'liquidate', 'side': side, 'qty': '0.1', 'price': price}],
                 after={'gain': delta})
    for name, balance, cost, pays in [
            ('2', '0', '0', True), ('5', '9998', '1', True), ('6', '10000', '10000', True),
            ('7', '10000', '10000.000001', False), ('8', '0', '0.000001', False)]:
        loser = quoted(number(-5000 - Fraction(cost)), '0.1')
        told = [{'type': 'takeover', 'qty': '0.1', 'amount': cost}]
        if not pays:
            told = [{'type': 'adl', 'winner_account': 2, 'qty': '0.1'}]
        both('dydx_if_valid_' + name,
             CLOB + 'deleveraging_test.go:TestIsValidInsuranceFundDelta', 'recomputed',
             [asset('USDC'), fund(balance), full_only(), instrument('0.1', fund=1), mark('50000'),
              loser, quoted('60000', '-0.1', account=2, cost='6000'), answer('1/7/1/0/0')],
             [at('bankruptcy_equity', number(-Fraction(cost)))],
             'A loser of 0.1 that costs the fund so much: it takes over while its balance after '
             'it is not below zero (fund_floor 0); else a winner, of our own, must.',
             told=told, never=['takeover', 'adl', 'socialize'])


def pair_lines(loser, winners, rate='0.1', more=()):
    """A loser that nobody fills: then the instrument's winners."""
    return [asset('USDC'), fund('0'), full_only(takeover='never'), instrument(rate, fund=1),
            mark('50000'), *more, loser, *winners,
            *(answer(f'1/x/1/0/{place}') for place in range(len(loser['positions'])))]


def dydx_adl():
    source = CLOB + 'deleveraging_test.go:TestCanDeleverageSubaccount'
    how = (QUOTE + 'What is really there decides: while it is not below zero the fund, here with '
           'nothing in it, takes over for nothing, and no winner (of our own) is touched.')
    takes = {'type': 'takeover', 'qty': '1', 'price': '54999', 'amount': '0'}
    pair = {'type': 'adl', 'winner_account': 2, 'qty': '1', 'price': '54999'}
    for name, price, equity, state, told in [('1', '50000', '4999', 'liquidate', [takes]),
                                             ('3', '55000', '-1', 'bankrupt', [pair])]:
        both('dydx_adl_trigger_' + name, source, 'recomputed',
             [asset('USDC'), fund('0'), full_only(), instrument('0.1', fund=1), mark(price),
              quoted('54999', '-1'), quoted('50000', '1', account=2, cost='40000'),
              answer('1/7/1/0/0')],
             [at('bankruptcy_equity', equity), at('state', state)], how,
             told=told, never=['takeover', 'adl', 'socialize'])
    both('dydx_adl_trigger_5', source, 'recomputed',
         [asset('USDC'), fund('0'), full_only(), instrument('0.1', fund=1, status='settled'),
          mark('50000'), quoted('54999', '-1')],
         [at('bankruptcy_equity', '4999'), at('state', 'safe')],
         QUOTE + 'A settled market: the ledger closes at the last mark, whatever the equity. So '
         'the position has no maintenance any more, and nothing is decided about it.', told=[])
    source = CLOB + 'deleveraging_test.go:TestProcessDeleveraging'
    rows = [  # name, loser's and winner's balance, price, winner's balance after, equity of both
        ('c1_pos_vs_well', '54999', '50000', '54999', '104999'),
        ('c2_pos_vs_underpos', '54999', '-45001', '54999', '9998'),
        ('c3_pos_vs_zero', '54999', '-50000', '54999', '4999'),
        ('c4_pos_vs_neg', '54999', '-50001', '54999', None),
        ('c6_zero_vs_underpos', '50000', '-45001', '50000', '4999'),
        ('c7_zero_vs_zero', '50000', '-50000', '50000', '0'),
        ('c13_partial_pos_vs_well', '54999', '50000', '54999', None),
        ('c8_zero_vs_neg', '50000', '-50001', '50000', None),
        ('c12_neg_vs_neg', '49999', '-50001', '49999', None),
    ]
    for name, loser, winner, price, after in rows:
        name = 'dydx_delev_' + name
        short, long_ = quoted(loser, '-1'), quoted(winner, '1', account=2, cost='60000')
        theirs = [first('closeout_price', price), at('bankruptcy_equity',
                                                     number(Fraction(loser) - 50000)),
                  at('bankruptcy_equity', number(Fraction(winner) + 50000), account=2)]
        if winner == '-50001':  # where the other has nothing left
            theirs.append(first('closeout_price', '50001', account=2))
        both(name, source, 'recomputed',
             [asset('USDC'), instrument('0.1'), mark('50000'), short, long_], theirs,
             QUOTE + 'The price of the pair is the close-out price of the loser.')
        lines = pair_lines(as_cross(short),
                           [quoted(winner, ('1', '40000'), account=2, isolate=False)])
        if after is not None:
            case(name + '/pair', source, 'recomputed', lines, [],
                 'adl_price closeout. The venue asks for the other side only; the entry of the '
                 'winner is chosen so that it has profit, which this model asks for.',
                 told=[{'type': 'adl', 'winner_account': 2, 'winner_pool': 'x', 'side': 'buy',
                        'qty': '1', 'price': price}],
                 after={'quote': {'1': number(Fraction(loser) - Fraction(price)), '2': after}})
        elif name.endswith(('zero_vs_neg', 'neg_vs_neg')):
            case(name + '/pair', source, 'recomputed', lines, [],
                 'A counterpart is refused whose own bankruptcy price, 50001, is beyond that of '
                 'the loser. It is bankrupt at the mark, and therefore no winner here.',
                 told=[], never=['adl'])
    cannot('dydx_delev_c4_pos_vs_neg/pair', source,
           'A counterpart below zero at the mark (-1), whom the price of the pair makes whole. '
           'Here a bankrupt pool is no counterparty, whatever the price: it is a loser itself.')
    cannot('dydx_delev_c13_partial_pos_vs_well/pair', source,
           'A tenth of the position is asked for by the caller; here a loser is closed as a whole '
           'as far as winners hold it.')
    cannot('dydx_delev_err_offset_too_small', source,
           'Refuses a pair larger than the counterpart; here a winner gives at most what it holds.')
    case('dydx_delev_c15_multi_position', source, 'recomputed',
         [asset('USDC'), instrument('0.1'), instrument('0.1', number_=9), mark('50000'),
          mark('3000', 9), quoted('80800', ('-1', '50000'), ('-10', '30000'), isolate=False)],
         [at('positions[0].closeout_price', '50500', pool='x'),
          at('bankruptcy_equity', '800', pool='x')],
         QUOTE + 'What is left, 800, is shared 500 to 300 by maintenance.')
    case('dydx_delev_c15_multi_position/pair', source, 'recomputed',
         pair_lines(quoted('80800', ('-1', '50000'), ('-10', '30000'), isolate=False),
                    [quoted('50000', ('1', '40000'), account=2, isolate=False)],
                    more=[instrument('0.1', number_=9, fund=1), mark('3000', 9)]), [],
         'Only the pair in instrument 7 is compared; the example says nothing of the other, '
         'which nobody holds and the fund takes.',
         told=[{'type': 'adl', 'instrument': 7, 'winner_account': 2, 'qty': '1',
                'price': '50500'}],
         after={'quote': {'1': '30300', '2': '100500'}})
    source = CLOB + 'deleveraging_test.go:TestProcessDeleveragingAtOraclePrice'
    rows = [('o2', '50000', '54999', 1), ('o3', '100000', '-50000', -1),
            ('o4', '100000', '-50001', -1), ('o5', '54999', '50000', -1),
            ('o6', '50000', '-50001', -1), ('o7', '49999', '-45001', -1)]
    for name, one, other, sign in rows:
        ends = [Fraction(one) + 50000 * sign, Fraction(other) - 50000 * sign]
        expect = [at('bankruptcy_equity', number(e), account=i + 1) for i, e in enumerate(ends)]
        expect += [at('state', 'bankrupt', account=i + 1) for i, e in enumerate(ends) if e < 0]
        both('dydx_oracle_delev_' + name, source, 'recomputed',
             [asset('USDC'), instrument('0.1', status='settled'), mark('50000'),
              quoted(one, str(sign)), quoted(other, str(-sign), account=2)], expect,
             QUOTE + 'Closing at the last mark leaves each account its equity; the venue refuses '
             'where one is below zero, which is the state bankrupt here.')


def dydx_offset():
    source = CLOB + 'deleveraging_test.go:TestOffsetSubaccountPerpetualPosition'
    rows = [  # name, loser's balance, others (balance, size), price, the winner
        ('one_short', '54999', [('50000', '1')], '54999', 2),
        ('skip_same_side', '54999', [('100000', '-1'), ('50000', '1')], '54999', 3),
        ('skip_non_overlap', '50000', [('-50001', '1'), ('50000', '1')], '50000', 3),
        ('not_enough', '50000', [('-50001', '1')], '50000', None),
    ]
    for name, balance, others, price, winner in rows:
        name = 'dydx_offset_' + name
        expect = [first('closeout_price', price)]
        if others[0][0] == '-50001':  # that lies above 50000: the two do not overlap
            expect.append(first('closeout_price', '50001', account=2))
        both(name, source, 'recomputed',
             [asset('USDC'), instrument('1'), mark('50000'), quoted(balance, '-1'),
              *(quoted(b, s, account=i + 2) for i, (b, s) in enumerate(others))], expect,
             QUOTE + 'The price of the fills is the close-out price of the loser.')
        accounts = [quoted(b, (s, '40000'), account=i + 2, isolate=False)
                    for i, (b, s) in enumerate(others)]
        told, after = [], {'1': balance}
        if winner is not None:
            told = [{'type': 'adl', 'winner_account': winner, 'qty': '1', 'price': price}]
            after = {'1': '0', str(winner): number(50000 + Fraction(price))}
        case(name + '/pair', source, 'recomputed',
             pair_lines(as_cross(quoted(balance, '-1')), accounts, '1'), [],
             'Only the other side counts, and nobody who is bankrupt himself: that is who is '
             'skipped for his price. The venue walks a list, the model a rank; with one winner '
             'they agree.', told=told, never=['adl'], after={'quote': after})
    case('dydx_offset_multi_position_tnc_const', source, 'recomputed',
         [asset('USDC'), instrument('1'), instrument('1', number_=9), mark('50000'),
          mark('3000', 9), quoted('47000', ('-1', '50000'), ('1', '3000'), isolate=False)],
         [at('positions[0].closeout_price', '50000', pool='x'),
          at('bankruptcy_equity', '0', pool='x')],
         QUOTE + 'Nothing is left, so the close-out price is the mark; closing at it moves no '
         'equity.')
    case('dydx_offset_multi_position_tnc_const/pair', source, 'recomputed',
         pair_lines(quoted('47000', ('-1', '50000'), ('1', '3000'), isolate=False),
                    [quoted('50000', ('1', '40000'), account=2, isolate=False)], '1',
                    [instrument('1', number_=9, fund=1), mark('3000', 9)]), [],
         'Only the pair in instrument 7 is compared; the example leaves the other open.',
         told=[{'type': 'adl', 'instrument': 7, 'winner_account': 2, 'qty': '1',
                'price': '50000'}],
         after={'quote': {'1': '-3000', '2': '100000'}})
    both('dydx_docs_adl_1',
         'https://dydx-documentation-six.vercel.app/concepts/trading/contract-loss-mechanism',
         'recomputed',
         [asset('USDC'), instrument('0.1', 6, 3), mark('2'), isolated(1, '-500', '100', entry='1'),
          isolated(2, '500', '100', entry='1')],
         [first('bankruptcy_price', '1.2'), first('closeout_price', '1.2'),
          at('equity', '-400'), first('upnl', '500', account=2)],
         'Two isolated accounts, 500 each way at 1.')
    case('dydx_docs_adl_1/pair',
         'https://dydx-documentation-six.vercel.app/concepts/trading/contract-loss-mechanism',
         'recomputed',
         [asset('USDC'), fund('0'), full_only(takeover='never'),
          instrument('0.1', 6, 3, fund=1), mark('2'), isolated(1, '-500', '100', entry='1'),
          isolated(2, '500', '100', entry='1'), answer('1/7/1/0/0')], [],
         'At the close-out price 1.2 the winner keeps 100 of its 500.',
         told=[{'type': 'adl', 'winner_account': 2, 'winner_pool': '7', 'side': 'buy',
                'qty': '500', 'price': '1.2'}],
         after={'equity': {'1': '0', '2': '200'}})


# ------------------------------------------------------------------------- open-source engines

def flox():
    market = [asset('USD'), instrument('0.005', 4, 3)]

    def entry(account, size, equity):
        return isolated(account, size, equity, entry='100')

    how = 'The equity of the example is the margin of an isolated position.'
    both('flox_healthy', FLOX, 'recomputed', market + [mark('99'), entry(1, '1', '50')],
         [at('equity', '49'), at('maintenance', '0.495'), at('state', 'safe')], how)
    both('flox_underwater', FLOX, 'recomputed', market + [mark('80'), entry(1, '10', '10')],
         [at('equity', '-190'), at('maintenance', '4'), at('state', 'bankrupt')], how)
    both('flox_fund_absorbs', FLOX, 'recomputed', market + [mark('40'), entry(1, '10', '50')],
         [at('bankruptcy_equity', '-550')], how)
    expired = answer('1/7/1/0/0')
    both('flox_fund_absorbs/fund', FLOX, 'recomputed',
         [asset('USD'), fund('1000'), full_only(), instrument('0.005', 4, 3, fund=1), mark('40'),
          entry(1, '10', '50'), expired], [],
         'A takeover costs what is below zero.',
         told=[{'type': 'takeover', 'qty': '10', 'amount': '550'}],
         never=['adl', 'socialize'], after={'fund': '450'})
    two = [entry(1, '10', '10'), entry(2, '10', '220')]
    both('flox_cascade_book_mid', FLOX, 'recomputed', market + [mark('80'), *two],
         [at('equity', '-190'), at('state', 'bankrupt'), at('equity', '20', account=2),
          at('state', 'safe', account=2)], how + ' The first pass, at the mark of the tape.')
    both('flox_cascade_book_mid/second', FLOX, 'recomputed', market + [mark('40.5'), *two],
         [at('state', 'bankrupt'), at('equity', '-375', account=2),
          at('state', 'bankrupt', account=2)],
         how + ' The second pass, at the middle of the book: another mark message here, as the '
         'engine makes no prices.')
    lines = [asset('USD'), fund('0'), full_only(takeover='never'),
             instrument('0.005', 4, 3, fund=1), mark('40')]
    both('flox_adl_forgone_gain', FLOX, 'recomputed',
         market + [mark('40'), entry(1, '10', '50'), entry(2, '-10', '100')],
         [at('bankruptcy_equity', '-550'), first('closeout_price', '95'),
          at('equity', '700', account=2)], how)
    both('flox_adl_forgone_gain/pair', FLOX, 'recomputed',
         [*lines, entry(1, '10', '50'), entry(2, '-10', '100'), expired], [],
         'At the close-out price 95 the winner forgoes 550 of its 600 and has 150.',
         told=[{'type': 'adl', 'winner_account': 2, 'side': 'sell', 'qty': '10',
                'price': '95'}],
         after={'equity': {'1': '0', '2': '150'}})
    both('flox_adl_tie', FLOX, 'recomputed',
         market + [mark('40'), entry(1, '10', '50'), entry(2, '-10', '100'),
                   entry(3, '-10', '100')],
         [at('bankruptcy_equity', '-550'), first('closeout_price', '95')], how)
    both('flox_adl_tie/pair', FLOX, 'recomputed',
         [*lines, entry(1, '10', '50'), entry(3, '-10', '100'), entry(2, '-10', '100'), expired],
         [], 'Equal scores: the lower account first.',
         told=[{'type': 'adl', 'winner_account': 2, 'qty': '10', 'price': '95'}])
    both('flox_adl_disabled', FLOX, 'recomputed',
         market + [mark('40'), entry(1, '10', '50'), entry(2, '-5', '100')],
         [at('bankruptcy_equity', '-550')], how)
    both('flox_adl_disabled/pair', FLOX, 'recomputed',
         [asset('USD'), full_only(), instrument('0.005', 4, 3), mark('40'), entry(1, '10', '50'),
          entry(2, '-5', '100'), expired], [],
         'An instrument without a fund: its deficits stay what they are, nobody is asked.',
         told=[{'type': 'deficit', 'account': 1, 'qty': '10', 'amount': '550'}],
         never=['takeover', 'adl', 'socialize'])
    both('flox_rank_pnlratio_vs_binance', FLOX, 'recomputed',
         market + [mark('40'), entry(1, '5', '50'), entry(2, '-1', '10'), entry(3, '-5', '100')],
         [at('bankruptcy_equity', '-250'), first('upnl', '60', account=2),
          first('upnl', '300', account=3)], how)
    both('flox_rank_pnlratio_vs_binance/score', FLOX, 'recomputed',
         [asset('USD'), fund('0'), full_only(takeover='never', adl_score='bybit'),
          instrument('0.005', 4, 3, fund=1), mark('40'), entry(1, '5', '50'),
          entry(2, '-1', '10'), entry(3, '-5', '100'), expired], [],
         'Profit over deposit is what adl_score bybit comes to: profit of entry x entry over '
         'what was there before it.',
         told=[{'type': 'adl', 'winner_account': 2, 'qty': '1', 'score': score('6')},
               {'type': 'adl', 'winner_account': 3, 'qty': '4', 'score': score('3')}])
    cannot('flox_rank_pnlratio_vs_binance/other', FLOX,
           'Profit x notional / deposit, a score of its own making: it is called like a venue but '
           'is not what the venue publishes, and adl_score does not offer it.')


def drift():
    rows = [  # name, fee, rate of the quote asset, base, margin in the quote asset
        ('fee1_if1', '0.02', None, '1.25', '90'),
        ('fee1pct', '0.01', None, '1.111111111', '90'),
        ('usdc_0.99', '0', '0.99', '1.01010101', number(Fraction(89) / Fraction('0.99'), 9)),
    ]
    for name, fee, rate, base, margin in rows:
        lines = [asset('USD', 9), policy(partial='minimal', target_ratio='1', cancel_first=False,
                                         fee_in_maintenance=False)]
        if rate:
            lines += [asset('USDC', 9, 2, rate_scale=8), {'type': 'rate', 'asset': 2,
                                                          'price': rate}]
        lines += [instrument('0.1', 4, 9, liq_fee=fee, **({'settle': 2} if rate else {})),
                  mark('100'), isolated(1, '10', margin, entry='100')]
        case('drift_base_' + name,
             DRIFT_MATH + 'calculate_base_asset_amount_to_cover_margin_shortage', 'recomputed',
             lines, [at('equity - maintenance', '-10', '0.000000001')],
             'A shortage of 10 at a price of 100; the fees of liquidator and fund are liq_fee, '
             'not in the maintenance.')
        case(f'drift_base_{name}/order',
             DRIFT_MATH + 'calculate_base_asset_amount_to_cover_margin_shortage', 'recomputed',
             lines, [], 'The least that cures it: shortage / (price x (rate - fee)). The venue '
             'cuts at 0.000000001, here the last lot counts upward.',
             told=[{'type': 'liquidate', 'account': 1, 'side': 'sell', 'step': 'partial',
                    'qty': [base, '0.000000001']}])
    source = DRIFT_PERP + 'successful_liquidation_to_cover_margin_shortage'
    lines = [asset('USD', 9),
             policy(partial='minimal', target_ratio='0.714285714', cancel_first=False,
                    fee_in_maintenance=False),
             instrument('0.05', 4, 9, liq_fee='0.02'), mark('100'),
             isolated(1, '2', '5', entry='100')]
    both('drift_liq_to_buffer', source, 'recomputed', lines,
         [at('equity', '5'), at('maintenance', '10')],
         'Collateral 5, a long of 2 bought with 200; its open order is left out (worth 0.01).')
    both('drift_liq_to_buffer/order', source, 'recomputed', lines, [],
         'It stops at 7% of the notional, which is maintenance/equity = 5/7, cut to nine '
         'decimals: one lot more.',
         told=[{'type': 'liquidate', 'account': 1, 'side': 'sell', 'step': 'partial',
                'qty': ['1.8', '0.000000001']}])
    market = [asset('USD'), policy(target_ratio='0.714285714'),
              instrument('0.05', 4, 3, lot='0.01', liq_fee='0.01')]
    sizes = [  # name, price, size, entry, collateral, order margin
        ('partial_liquidation_oracle_down_20_pct', 'down20', '80', '1', '100', '10', '0'),
        ('liquidate_user_with_step_size_position', 'step_size', '100', '0.01', '150',
         number(Fraction(6, 11), 6), '0'),
        ('successful_liquidation_short_perp', 'short_bankrupt', '100', '-1', '50', '0', '0.01'),
    ]
    for test, name, price, size, entry, collateral, orders in sizes:
        side = 'buy' if size.startswith('-') else 'sell'
        told = [{'type': 'liquidate', 'account': 1, 'side': side, 'step': 'full',
                 'qty': size.lstrip('-')}]
        lines = [*market, mark(price),
                 isolated(1, size, collateral, entry=entry, order_margin=orders)]
        if orders != '0':
            told = [{'type': 'cancel', 'account': 1}, *told]
            lines.append(answer('1/7/1/0/0', 'filled'))
        both(f'drift_liq_{name}/order', DRIFT_PERP + test, 'recomputed', lines, [],
             'Nothing less cures it, so all is closed, open orders first (the 0.01 that they '
             'hold is ours). There a shortage below 50 dollars, or a step of one lot, decides; '
             'here no part is enough.', told=told, never=['cancel'])
    for name, balance, state in [('borrow', '-1', 'bankrupt'), ('deposit', '1', 'safe'),
                                 ('empty', '0', 'safe'), ('pos_quote', '1', 'safe')]:
        case('drift_isbankrupt_' + name, DRIFT + 'math/bankruptcy/tests.rs', 'read-only',
             [asset('USD'), cross(1, balance)], nothing() if balance == '0' else
             [at('state', state, pool='x')],
             'No position: bankrupt when what is there is below zero. A settled profit is '
             'balance.' + EMPTY * (balance == '0'))
    fees = 'A fee that the amount left over sets; fees here are shares of value, fixed.'
    cannot('drift_if_half', DRIFT_PERP + 'successful_liquidation_half_of_if_fee', fees)
    cannot('drift_iffee_base0 drift_iffee_liqfee10 drift_iffee_oracle0',
           DRIFT_MATH + 'calculate_perp_if_fee', fees)
    cannot('drift_spotiffee_aw2 drift_spotiffee_lm0 drift_spotiffee_lw0 drift_spotiffee_s1 '
           'drift_spotiffee_s100 drift_spotiffee_s5', DRIFT_MATH + 'calculate_spot_if_fee', fees)
    cannot('drift_liqfee_10 drift_liqfee_100000', DRIFT_MATH + 'get_liquidation_fee',
           'A fee that grows with time; fees here are fixed.')
    cannot('drift_liab_fee0_if1 drift_liab_fee10 drift_liab_fee10_if1 drift_liab_unbounded',
           DRIFT_MATH + 'calculate_liability_transfer_to_cover_margin_shortage',
           'A liquidator swaps collateral for a debt at a premium; a conversion here is a sale in '
           'the market.')
    cannot('drift_asset_fee1 drift_asset_same_dec',
           DRIFT_MATH + 'calculate_asset_transfer_for_liability_transfer',
           'A liquidator swaps collateral for a debt at a premium; a conversion here is a sale in '
           'the market.')
    cannot('drift_liq_down20/freed', DRIFT_PERP + 'partial_liquidation_oracle_down_20_pct',
           'The margin that a step sets free is a number of its own there; here the pool is '
           'judged anew.')
    cannot('drift_liq_step_size/quote', DRIFT_PERP + 'liquidate_user_with_step_size_position',
           'A liquidator takes the position at the oracle price less a fee, and the fund has its '
           'own: the amounts after it are a liquidator\'s trade.')
    cannot('drift_maxpct_small', DRIFT_MATH + 'calculate_max_pct_to_liquidate',
           'The share that may be closed grows with time, and is all of it below a shortage of '
           '50 dollars: a switch that no policy has.')
    cannot('drift_liq_max_base',
           DRIFT_PERP + 'successful_liquidation_up_to_max_liquidator_base_asset_amount',
           'What one liquidator wants to take bounds the size, and he trades at the oracle '
           'price less a fee.')
    cannot('drift_liq_short_bankrupt/quote', DRIFT_PERP + 'successful_liquidation_short_perp',
           'A liquidator takes the position at the oracle price and a fee, below zero too; here '
           'the market does, not beyond the close-out price.')
    cannot('drift_liq_whale_imf',
           DRIFT_PERP + 'successful_liquidation_long_perp_whale_imf_factor',
           'A rate that grows with the square root of size (0.8 x 0.05 + factor x sqrt(size), cut '
           'to 4 decimals, gives the numbers), and orders that count as position; rates here are '
           'tiers and a slope.')
    cannot('drift_bankr_social',
           DRIFT + 'controller/liquidation/tests.rs:resolve_perp_bankruptcy::'
           'successful_resolve_perp_bankruptcy',
           'A loss is spread over the quantity of both sides; here over profits.')
    cannot('drift_bankr_social_feepool',
           DRIFT + 'controller/liquidation/tests.rs:resolve_perp_bankruptcy::'
           'successful_resolve_perp_bankruptcy_with_fee_pool',
           'A loss is spread over the quantity of both sides; here over profits.')
    cannot('drift_socialise_perp_no_oi',
           DRIFT_MATH + 'calculate_funding_rate_deltas_to_resolve_bankruptcy',
           'A loss is spread over the quantity of both sides; here over profits.')
    cannot('drift_socialise_spot',
           DRIFT_MATH + 'calculate_cumulative_deposit_interest_delta_to_resolve_bankruptcy',
           'A loss of lenders; there is no lending here.')


def mango():
    rows = [  # name, balance beside the position, quote, base, health, side and size closed
        ('2', 5, 0, -10, '-10', None), ('4', 5, 0, -4, '-1', ('buy', '2', 'partial')),
        ('6', 0, -30, 20, '-20', ('sell', '20', 'full')),
        ('20', 0, -35, 60, '-5', ('sell', '10', 'partial')),
        ('22', -10, -30, 60, '-10', ('sell', '20', 'partial')),
    ]
    how = (QUOTE + 'Weights 0.5 and 1.5 are a rate of 0.5; health is equity less maintenance, '
           'as long as the position itself does not count as an asset.')
    ends = {'2': (5, -1, -9, '-9.5'), '4': (5, -2, -2, '0'), '6': (0, -10, 0, '-10'),
            '20': (0, -25, 50, '0'), '22': (0, -20, 40, '0')}
    for name, balance, quote, base, health, closed in rows:
        name_ = 'mango_perpliq_' + name
        lines = [asset('USD'), policy(partial='minimal', target_ratio='1', cancel_first=False),
                 instrument('0.5', 4, 0), mark('1'),
                 quoted(balance + quote, str(base), cost=abs(base))]
        other, quote_, base_, end = ends[name]
        expect = [at('equity - maintenance', health)]
        if base_:
            lines.append(quoted(other + quote_, str(base_), account=2, cost=abs(base_)))
            expect.append(at('equity - maintenance', end, account=2))
        both(name_, MANGO_PERP, 'invariant-checked', lines, expect,
             how + ' Account 1 is before, account 2 after.')
        if closed:
            side, size, step = closed
            both(name_ + '/order', MANGO_PERP, 'invariant-checked', lines[:5], [],
                 'The least that brings health to zero; all of it where nothing does.',
                 told=[{'type': 'liquidate', 'account': 1, 'side': side, 'qty': size,
                        'step': step}])
        else:
            cannot(name_ + '/order', MANGO_PERP, 'What one liquidator wants to take is the bound.')
    for name, source in [('perpliq_1', MANGO_PERP), ('tokenliq_1', MANGO_TOKEN),
                         ('bankr_1', MANGO_BANKRUPT)]:
        case('mango_' + name, source, 'invariant-checked', [asset('USD'), cross(1, '0')],
             nothing(), 'An account with nothing: nothing happens.' + EMPTY, told=[])
    cannot(' '.join('mango_perpliq_' + n for n in
                    '8 9 12 15 16 17 19 23 25 26 27 28 29'.split()), MANGO_PERP,
           'Profit of the position counts with a weight of its own beside the cash of the same '
           'asset, and is settled in phases; here a profit is cash of its asset.')
    for name, after, other in [('8', ('3', '-2'), '0'), ('9', ('4', '-3'), '0.4'),
                               ('10', ('2', '-1'), '-0.4')]:
        cut = [{'upto': None, 'rate': '0.2'}]
        before = Fraction(8) - Fraction('10.8') + Fraction(other)
        lines = [asset('USD'), asset('AAA', 6, 2, haircut=cut, liability='1.2'),
                 asset('BBB', 6, 3, haircut=cut, liability='1.2'),
                 {'type': 'rate', 'asset': 2, 'price': '1'},
                 {'type': 'rate', 'asset': 3, 'price': '1'}]
        for account, (plus, minus) in [(1, ('10', '-9')), (2, after)]:
            lines.append({'type': 'account', 'account': account, 'rev': 1, 'full': True,
                          'balances': [{'asset': 1, 'amount': other},
                                       {'asset': 2, 'amount': plus},
                                       {'asset': 3, 'amount': minus}], 'positions': []})
        case('mango_tokenliq_' + name, MANGO_TOKEN, 'invariant-checked', lines,
             [at('equity', number(before), pool='x'), at('equity', '0', account=2, pool='x')],
             'Weight 0.8 is a haircut of 0.2, a debt counts 1.2 times; what the swap leaves, '
             'account 2, is worth exactly zero. The swap itself is a liquidator\'s.')
    cannot('mango_tokenliq_7', MANGO_TOKEN, 'What one liquidator wants to take is the bound.')
    cannot('mango_tokenliq_12 mango_tokenliq_14', MANGO_TOKEN,
           'Profit or debt of a position with a weight of its own beside the cash of its asset, '
           'and a swap that stops where the cash debt ends.')
    cannot('mango_tokenliq_3 mango_tokenliq_4 mango_tokenliq_13', MANGO_TOKEN,
           'The call fails; the amounts after it that the table lists (zero, even of 1 before) '
           'are placeholders, and a call is all there is.')
    cannot(' '.join('mango_bankr_' + n for n in '3 4 5 6 9 10 13'.split()), MANGO_BANKRUPT,
           'A closed position\'s debt goes to a liquidator against cash, then to an insurance '
           'vault in a third token, then to all; none of these is a step here.')


# ------------------------------------------------------------------------- ranks and the rest

def queue_lines(by, price, winners, size, entry, rate='0'):
    """A loser of our own, account 99, that everyone in the queue is needed for."""
    margin = Fraction(size) * (Fraction(entry) - Fraction(price)) - 1
    return [asset('USD'), fund('0'), full_only(takeover='never', adl_score=by),
            instrument(rate, 4, 3, fund=1), mark(price), *winners,
            isolated(99, size, number(margin), entry=entry), answer('99/7/1/0/0')]


def paper():
    """The numerical example: profits and cash, half of a deficit of 15 to be met by winners."""
    source = PAPER + 'paper/main_corrected.tex (arXiv:2512.01112v3, numerical example)'
    profits, cash = ['8', '4', '0.5', '-3', '-12'], ['2', '1', '0.5', '0', '0']
    others = [instrument('0', number_=9, fund=1), mark('2', 9)]
    for i, (profit, own) in enumerate(zip(profits, cash)):
        cost = 40 - Fraction(profit)  # 20 at 2 each
        margin = own if Fraction(profit) > 0 else '20'
        others.append(isolated(i + 1, '20', margin, number_=9, cost=number(cost)))
    case('paper_adl_prorata', source, 'recomputed',
         [asset('USD'), fund('0'), full_only(takeover='never'), instrument('0', fund=1),
          mark('2'), *others, isolated(99, '1', '0', cost='9.5'), answer('99/7/1/0/0')],
         [at('bankruptcy_equity', '-7.5', account=99)],
         'A loss in proportion to positive profit: 0.6 of each. The loser of 7.5, half of the 15, '
         'is ours, in an instrument that nobody else holds, so that no position is closed; the '
         'two with a loss are given money, for only profits matter.',
         told=[{'type': 'socialize', 'account': account, 'amount': amount}
               for account, amount in [(2, '2.4'), (1, '4.8'), (3, '0.3')]],
         never=['adl'], after={'equity': {'1': '5.2', '2': '2.6', '3': '0.7'}})
    winners = [('1', '4', '1'), ('2', '8', '2'), ('3', '0.5', '0.5')]
    case('paper_adl_queue', source, 'recomputed',
         queue_lines('bitmex', '3', [isolated(int(a), size, own, entry='2')
                                     for a, size, own in winners], '-7.5', '2')[:-2] +
         [isolated(99, '-7.5', '0', entry='2'), answer('99/7/1/0/0')],
         [at('bankruptcy_equity', '-7.5', account=99),
          *(first('upnl', size, account=int(a)) for a, size, _ in winners)],
         'Whole profits by rank: everyone has entered at the price of the pair, so that what is '
         'closed loses its profit. The order, 2, 1, 3, is given, and of 2 and 1 the scores are '
         'equal; so the paper\'s account 2 is account 1 here, and its 1 is 2.',
         told=[{'type': 'adl', 'winner_account': 1, 'qty': '4', 'price': '2'},
               {'type': 'adl', 'winner_account': 2, 'qty': '3.5', 'price': '2'}],
         after={'equity': {'1': '1', '2': '6.5', '3': '1'}})


def ranks():
    for name, margin, price, upnl, bankrupt in [('profit', '45', '110', '10', '55'),
                                                ('loss', '55', '90', '-10', '45')]:
        lines = [asset('USD'), instrument('0', 4, 3), mark(price),
                 isolated(1, '1', margin, entry='100')]
        both('bitmex_adl_score_' + name, BITMEX, 'derived', lines,
             [first('notional', price), first('upnl', upnl),
              first('bankruptcy_price', bankrupt)],
             'A long of 1 at 100 whose margin puts its bankrupt value at ' + bankrupt + '.')
    both('bitmex_adl_score_profit/score', BITMEX, 'derived',
         queue_lines('bitmex', '110', [isolated(1, '1', '45', entry='100')], '-1', '100'), [],
         'Leverage 2 and profit of entry 10%: the product, for winners. The loser is ours.',
         told=[{'type': 'adl', 'winner_account': 1, 'qty': '1', 'score': score('0.2')}])
    cannot('bitmex_adl_score_loss/score', BITMEX,
           'The quotient, of losers: only winners are deleveraged, so a loser has no score that '
           'is said.')
    rows = [(1, 10, 3), (2, 10, 6), (3, 20, 1), (4, 30, 4), (5, 20, 5), (6, 10, 2)]
    source = 'https://testnet.bitmex.com/app/autoDeleveragingExamples'
    case('bitmex_adl_rank_1', source, 'recomputed',
         queue_lines('pnl', '100', [
             isolated(account, str(size), '1000', cost=number(100 * size - gain))
             for account, size, gain in rows], '-100', '90'), [],
         'Scores are given, not computed: here they are profits. The next in line gives all it '
         'has. The page labels a position with the end of its fifth of the queue, 20 to 100; the '
         'first fifth has five lights. The loser is ours.',
         told=[{'type': 'adl', 'winner_account': account, 'qty': str(size),
                'score': str(gain * 10 ** 6)}
               for account, size, gain in sorted(rows, key=lambda row: -row[2])] +
         [{'type': 'rank', 'account': account, 'lights': str(6 - label // 20)}
          for account, label in [(2, 20), (5, 40), (4, 60), (1, 80), (6, 80), (3, 100)]])
    source = HYPERLIQUID + 'auto-deleveraging'
    rows = [('10', '50', '-400', '1000', '100'), ('10', '80', '300', '1000', '500'),
            ('20', '95', '0', '2000', '100')]
    lines = [asset('USDC'), instrument('0.01', 4, 3), mark('100'),
             *(isolated(i + 1, size, balance, entry=entry)
               for i, (size, entry, balance, _, _) in enumerate(rows))]
    expect = []
    for i, (_, _, _, notional, value) in enumerate(rows):
        expect += [at('equity', value, account=i + 1),
                   first('notional', notional, account=i + 1)]
    both('hl_adl_rank_formula', source, 'derived', lines, expect,
         'Three longs whose balances give the account values of the example.')
    both('hl_adl_rank_formula/score', source, 'derived',
         queue_lines('hyperliquid', '100', lines[3:], '-40', '90', '0.01'), [],
         'mark/entry x notional/account value. Literally a short would rank lower the more it '
         'gains; the page does not say so, and zeroline takes entry/mark for shorts. The loser '
         'is ours.',
         told=[{'type': 'adl', 'winner_account': 3, 'score': [score('21.052631579'),
                                                             score('0.0000000005')]},
               {'type': 'adl', 'winner_account': 1, 'score': score('20')},
               {'type': 'adl', 'winner_account': 2, 'score': score('2.5')}])
    paper()
    cannot('paper_rap_cvar0.9 paper_rap_linear', PAPER + 'paper/main_examples.tex',
           'Shares weighted by leverage; no such score, and the printed inputs are too rounded to '
           'give the printed shares.')
    cannot('aevo_adl_profit aevo_adl_loss',
           'https://docs.aevo.xyz/aevo-exchange/technical-architecture/auto-deleveraging-adl',
           'A score that adl_score does not offer: profit share x maintenance/balance.')
    cannot('grvt_adl_long_loss', 'https://help.grvt.io/en/articles/'
           '9637899-how-does-auto-deleveraging-adl-work-on-grvt',
           'A score that adl_score does not offer: return over (balance/maintenance).')
    gmx = 'gmx-io/gmx-synthetics@a5c0c8835182:test/guardian/testAdl.ts'
    for price, upnl in [('20', '0'), ('22', '200000')]:
        both('gmx_adl_trigger_' + price, gmx, 'recomputed',
             [asset('USD'), instrument('0.01', 4, 3), mark(price),
              isolated(1, '100000', '2000000', entry='20')],
             [first('upnl', upnl)],
             'All longs as one position of 2000000 / 20 tokens: their profit.')
        cannot(f'gmx_adl_trigger_{price}/trigger', gmx,
               'Traders\' profit against the value of a liquidity pool: there is no such pool.')
    cannot('hl_oct10_wave_1 hl_oct10_wave_2 hl_oct10_wave_12 hl_oct10_wave_28',
           PAPER + 'out/bad_debt_loser_waves.csv',
           'Totals of a real day without the fills that they sum, under a licence that forbids '
           'commercial use.')
    cannot('okx_pm_mmr_after', 'https://aws.okx.com/it/help/'
           'okx-to-enhance-new-features-in-portfolio-margin-mode',
           'Portfolio margin: stress losses whose derivation is not published.')
    cannot('vertex_liq_price_long',
           'https://vertex-protocol.gitbook.io/docs/basics/liquidations-and-insurance-fund',
           'A liquidator\'s price, half way from the oracle to the weight; not a step here.')
    cannot('ft_near_buffer', FREQTRADE + 'test_exchange.py:test_get_liquidation_price1',
           'A client moves the price of its venue by 5% for safety; arithmetic on a result.')


def files():
    binance()
    bybit()
    freqtrade()
    tables()
    dydx_prices()
    dydx_sizes()
    dydx_fund()
    dydx_adl()
    dydx_offset()
    flox()
    drift()
    mango()
    ranks()
    names = [row['name'] for row in known + unexpressed]
    if len(set(names)) != len(names):
        raise SystemExit('a name is used twice')
    examples = {name.split('/')[0] for name in names}
    if len(examples) != EXAMPLES:
        raise SystemExit(f'{len(examples)} examples stand here, {EXAMPLES} were collected')
    return {'known.jsonl': known, 'unexpressed.jsonl': unexpressed}


def main():
    stale = 0
    for name, rows in files().items():
        text = ''.join(json.dumps(row) + '\n' for row in rows)
        path = HERE / name
        if sys.argv[1:] == ['--check']:
            if not path.exists() or path.read_text(encoding='utf-8') != text:
                print(f'{name} is not what make_known.py writes', file=sys.stderr)
                stale = 1
        else:
            path.write_text(text, encoding='utf-8')
    return stale


if __name__ == '__main__':
    sys.exit(main())
