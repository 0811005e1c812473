#!/usr/bin/env python3
"""Writes the golden frames of proto/vectors/: valid.jsonl, newer.jsonl and hostile.jsonl.

    make_vectors.py [FOLDER]

The tables below were written by hand from proto/README.md. Nothing here comes from messages.def or
from the project's code, so that a slip in either shows as a difference.
"""
import json
import pathlib
import sys

import msgpack

U32, U64 = 2**32 - 1, 2**64 - 1
I64, LEAST = 2**63 - 1, -2**63

# ---- the messages, as a second pair of eyes wrote them down -------------------------------------

CHOICES = {
    'kind': ['linear', 'inverse', 'quanto'],
    'tier_by': ['notional', 'size'],
    'status': ['trading', 'halted', 'settled'],
    'leg': [None, 'L', 'S'],
    'mode': ['cross', 'isolated'],
    'exec': ['accepted', 'filled', 'partial', 'expired', 'rejected', 'taken', 'stale', 'busy',
             'late'],
    'clock_lag': [None, 'begins', 'ends'],
    'exec_step': [None, 'cancel', 'convert', 'partial', 'full'],
    'trigger': ['below', 'at_or_below'],
    'basis': ['mark', 'entry'],
    'partial': ['minimal', 'tier', 'fraction', 'none'],
    'order': ['largest_margin', 'largest_loss', 'least_volatile', 'most_liquid', 'pairs_first'],
    'takeover': ['if_solvent', 'always', 'never'],
    'score': ['bitmex', 'binance', 'bybit', 'okx', 'hyperliquid', 'pnl', 'size', 'pro_rata',
              'least_overshoot'],
    'adl_price': ['closeout', 'mark', 'index'],
    'silent': ['wait', 'go_on'],
    'side': ['buy', 'sell'],
    'tif': ['ioc'],
    'step': ['partial', 'full'],
    'alert': ['warn', 'halted', 'refused', 'suspended', 'gap', 'epoch', 'capacity', 'unsupported',
              'jump', 'fund', 'audit', 'lag'],
}

# "name form", a star behind what is required, a plus behind what was added and stands only where it
# says something. Forms: u32 u64 bool bin int (scale not known), ppb, f12, price and qty (the message's
# own scales), own (the message's `scale`), tN (a text of N bytes), a choice's name, or [row:most].
ROWS = {
    'haircut': 'upto own, rate ppb*',
    'tier': 'upto tier, mmr ppb*, imr ppb, deduct tier',
    'ratio': 'ratio ppb*',
    'balance': 'asset u32*, amount int*, order_margin int',
    'position': 'instrument u32*, leg leg, qty int*, entry int, cost int, mode mode, margin int, '
                'order_margin int, funding f12, rev u64',
    'moved': 'topic t15*, epoch u64*, seq u64*',
    'mark_at': 'instrument u32*, price int*, index int*',
    'rate_at': 'asset u32*, price int*',
    'shortfall': 'key t95*, instrument u32*, leg leg, side side*, qty int*, price int*, '
                 'amount int*',
    'candidate': 'account u64*, pool t15*, instrument u32*, leg leg, qty int*, score u64*, '
                 'profit int*, side side*',
    'total': 'instrument u32*, side side*, qty int*, profit int*',
    'stream': 'src u32*, topic t15*, epoch u64*, seq u64*',
    'range': 'first u32*, last u32*',
    'book_qty': 'instrument u32*, qty int*',
    'book_amount': 'asset u32*, amount int*',
}

MESSAGES = {
    'cluster': (1, 'ctrl', 'partitions u32'),
    'asset': (2, 'ctrl', 'asset u32*, symbol t31*, scale u32*, rate_scale u32, numeraire bool, '
              'haircut [haircut:16], liability ppb'),
    'rate': (3, 'rate', 'asset u32*, price int*'),
    'instrument': (4, 'ctrl', 'instrument u32*, symbol t31*, kind kind, settle u32*, fund u32, '
                   'price_scale u32*, qty_scale u32*, tick price*, lot qty*, multiplier ppb, '
                   'min_price price, max_price price, tier_by tier_by, tiers [tier:64], '
                   'mmr_slope ppb, taker_fee ppb, liq_fee ppb, slippage ppb, status status, '
                   'policy u32, rev u64'),
    'mark': (5, 'mark', 'instrument u32*, price int*, index int, bid int, ask int, depth int, '
             'funding f12'),
    'account': (6, 'acct', 'account u64*, rev u64*, cross_rev u64, full bool, policy u32, '
                'commit u64, balances [balance:64], positions [position:512]'),
    'fund': (7, 'fund', 'fund u32*, asset u32*, balance int*, peak int, rev u64*, plan u64, '
             'commit u64'),
    'exec': (8, 'exec', 'order t95*, status exec*, final bool, filled int, price int, fee int, '
             'rev u64, step exec_step+'),
    'policy': (9, 'ctrl', 'policy u32*, rev u64, trigger trigger, mm_basis basis, '
               'fee_in_maintenance bool, warn [ratio:8], warn_hysteresis ppb, cure_ms u64, '
               'cancel_first bool, convert bool, partial partial, target_ratio ppb, fraction ppb, '
               'position_order order, slice_notional int, slice_ms u64, orders_per_s u32, '
               'answer_ms u64, expires_ms u64, takeover takeover, fund_floor int, '
               'fund_drawdown ppb, adl_score score, adl_price adl_price, socialize bool, '
               'stale_ms u64, jump_ppm u32, jump_confirm u32, adl_silent silent+, '
               'rank_ms u64+'),
    'beat': (10, 'beat', 'topics [moved:256]'),
    'synced': (11, 'any', ''),
    'clock': (12, 'time', 'lag clock_lag+, lag_ms u64+'),
    'commit': (13, 'book', 'commit u64*, changes u32*, quantities [book_qty:512], '
               'amounts [book_amount:64]'),
    'cancel': (16, 'ordr', 'order t95*, account u64*, pool t15*, instrument u32'),
    'convert': (17, 'ordr', 'order t95*, account u64*, pool t15*, asset u32*, amount int*'),
    'liquidate': (18, 'ordr', 'order t95*, account u64*, pool t15*, instrument u32*, leg leg, '
                  'side side*, qty int*, price int*, bankruptcy_price int, tif tif, '
                  'reduce_only bool, expires_ns u64, step step*, mark int*, mark_seq u64*, '
                  'equity int*, maintenance int*, tier_rev u64*, policy_rev u64*'),
    'takeover': (19, 'plan', 'fund u32*, rev u64*, key t95*, instrument u32*, leg leg, side side*, '
                 'qty int*, price int*, amount int*'),
    'adl': (20, 'plan', 'fund u32*, rev u64*, loser_key t95*, winner_account u64*, '
            'winner_pool t15*, instrument u32*, leg leg, side side*, qty int*, price int*, '
            'score u64*, place u32*'),
    'socialize': (21, 'plan', 'fund u32*, rev u64*, key t95*, account u64*, pool t15*, asset u32*, '
                  'amount int*'),
    'alert': (22, 'alrt', 'kind alert*, account u64, pool t15, instrument u32, ratio ppb, '
              'text t199*'),
    'rank': (23, 'rank', 'instrument u32*, leg leg, account u64*, pool t15*, lights u32*'),
    'recall': (24, 'any', 'router u32*, run u64*'),
    'deficit': (32, 'defi', 'account u64*, pool t15*, base u64*, instrument u32*, leg leg, '
                'side side*, qty int*, price int*, amount int*, n u32*'),
    'adl_query': (33, 'adlq', 'fund u32*, rev u64*, round u64*, marks [mark_at:1024], '
                  'rates [rate_at:64]'),
    'adl_bid': (34, 'bids', 'fund u32*, rev u64*, round u64*, partition u32*, repairing bool, '
                'deficits [shortfall:256], candidates [candidate:512], totals [total:256], '
                'more bool+, part u32+, asker u32+, asker_epoch u64+'),
    'snapshot_get': (48, 'snap', 'partition u32*, request u64*'),
    'snapshot_part': (49, 'snap', 'partition u32*, request u64*, part u32*, parts u32*, '
                      'streams [stream:512], data bin, digest u64*'),
    'frames_get': (50, 'snap', 'partition u32*, request u64*, of_src u32*, of_topic t15*, '
                   'of_epoch u64*, first u64*, last u64*'),
    'frames_part': (51, 'snap', 'partition u32*, request u64*, upto u64*, more bool*, frames bin'),
    'tape': (56, 'tape', 'out_src u32*, out_epoch u64*, partitions u32*, owned [range:256], '
             'home u32*, accounts_max u32*, positions_max u32*, instruments_max u32*, assets_max u32*, '
             'policies_max u32*, streams_max u32*, balances_max u32*, funds_max u32*'),
}


def fields_of(text):
    for part in filter(None, text.split(', ')):
        name, form = part.split(' ')
        yield name, form.rstrip('*+'), form.endswith('*')


def added(text):
    return [part.split(' ')[0] for part in text.split(', ') if part.endswith('+')]


# ---- bytes and lines ----------------------------------------------------------------------------


def pack(value):
    return msgpack.packb(value, use_bin_type=True)


def topic_text(letters, number):
    return f'{letters}.{number:08x}'


def header_bytes(topic, src=1, epoch=1, seq=1, ts_ns=0, version=1):
    return pack(topic) + pack([version, src, epoch, seq, ts_ns])


def decimal(value, scale):
    digits = str(abs(value)).rjust(scale + 1, '0')
    whole, part = (digits[:-scale], digits[-scale:].rstrip('0')) if scale else (digits, '')
    return ('-' if value < 0 else '') + whole + ('.' + part if part else '')


def compact(value):
    return json.dumps(value, separators=(',', ':'), ensure_ascii=False)


def line(name, content, src=1, epoch=1, seq=1, ts_ns=0, topic=None):
    whole = {'type': name, **content}
    if topic:
        whole['topic'] = topic
    return compact({**whole, 'src': src, 'epoch': epoch, 'seq': seq, 'ts_ns': ts_ns})


def mix64(z):
    z ^= z >> 30
    z = z * 0xbf58476d1ce4e5b9 & U64
    z ^= z >> 27
    z = z * 0x94d049bb133111eb & U64
    return z ^ z >> 31


# ---- one message of each type, in several sizes -------------------------------------------------


class Sample:
    """Makes a message: `size` is minimal, full, largest or least."""

    def __init__(self, size):
        self.size = size
        self.count = 0
        self.scales = {}

    def number(self, most, least):
        self.count += 1
        if self.size == 'largest':
            return most
        return least if self.size == 'least' else min(self.count * 7, most)

    def decimal(self, form, value):
        scale = {'ppb': 9, 'f12': 12, 'price': self.scales.get('price_scale'),
                 'qty': self.scales.get('qty_scale'), 'own': self.scales.get('scale'),
                 'tier': self.scales.get('tier')}.get(form)
        if scale is None or scale > 18:
            return value
        return decimal(value, scale)

    def text(self, name, most):
        if self.size == 'largest':  # two and three byte characters up to the very limit
            return 'é' * ((most - 3) // 2) + '€' + 'x' * ((most - 3) % 2)
        if name in ('order', 'key', 'loser_key'):
            return '0/x/0/0/0' if self.size == 'least' else '42/7L/17/0/1'
        return '' if self.size == 'least' else f'T"{self.count}'

    def value(self, name, form):
        """The wire's value and JSON's."""
        if form in ('u32', 'u64'):
            value = self.number(U32 if form == 'u32' else U64, 0)
            if name.endswith('scale') and self.size == 'full':
                value = {'scale': 6, 'rate_scale': 8, 'price_scale': 2, 'qty_scale': 3}[name]
            self.scales[name] = value
            return value, value
        if form == 'bool':
            value = self.size != 'least'
            return value, value
        if form == 'bin':
            value = b'' if self.size == 'least' else bytes(range(256))
            return value, value.hex()
        if form[0] == 't' and form[1:].isdigit():
            value = self.text(name, int(form[1:]))
            return value, value
        if form[0] == '[':
            return self.rows(form[1:-1])
        if form in CHOICES:
            place = 0 if self.size == 'least' else len(CHOICES[form]) - 1
            wire = None if CHOICES[form][place] is None else place
            if form == 'tier_by' and self.size != 'least':
                self.scales['tier'] = self.scales['qty_scale']
            return wire, CHOICES[form][place]
        value = self.number(I64, LEAST)
        return value, self.decimal(form, value)

    def rows(self, form):
        row, most = form.split(':')
        wire, lines = [], []
        for _ in range({'least': 0, 'full': 2, 'largest': min(int(most), 20)}[self.size]):
            cells = [(name, *self.value(name, kind)) for name, kind, _ in fields_of(ROWS[row])]
            if len(cells) == 1:
                wire.append(cells[0][1])
                lines.append(cells[0][2])
                continue
            wire.append([cell[1] for cell in cells])
            lines.append({name: said for name, _, said in cells})
        return wire, lines

    def message(self, text):
        wire, said = [], {}
        minimal = self.size == 'minimal'
        for name, form, required in fields_of(text):
            if minimal and not required:
                wire.append(None)
                said[name] = None
                continue
            self.size = 'least' if minimal else self.size
            value, shown = self.value(name, form)
            wire.append(value)
            said[name] = shown
        for name in reversed(added(text)):
            if not wire[-1]:
                del wire[-1], said[name]
        return wire, said


def natural_topic(letters, said, src):
    """The topic that the content names, and whether `decode` therefore leaves it out."""
    if letters in ('ctrl', 'tape', 'book'):
        return topic_text(letters, 0), True
    if letters in ('beat', 'time'):
        return topic_text(letters, src), True
    key = {'rate': 'asset', 'mark': 'instrument', 'rank': 'instrument', 'fund': 'fund',
           'plan': 'fund', 'adlq': 'fund', 'bids': 'partition', 'snap': 'partition',
           'acct': 'account', 'ordr': 'account', 'alrt': 'account'}.get(letters)
    account = said.get(key) if key else None
    if letters == 'exec' and said['order'][0].isdigit():
        account = int(said['order'].split('/')[0])
    if account is None:
        return topic_text(letters if letters != 'any' else 'acct', 0xabcdef01), False
    if letters in ('acct', 'ordr', 'alrt', 'exec'):
        account = mix64(account) % 256
    return topic_text(letters, account), True


def samples():
    for name, (number, letters, text) in MESSAGES.items():
        for size in ('minimal', 'full', 'largest', 'least'):
            if not text and size not in ('minimal', 'largest'):
                continue
            wire, said = Sample(size).message(text)
            large = size == 'largest'
            head = dict(src=U32 if large else 1, epoch=U64 if large else 1,
                        seq=U64 if large else 0 if size == 'least' else 1,
                        ts_ns=U64 if large else 0)
            topic, named = natural_topic(letters, said, head['src'])
            yield {'name': f'{name}, {size}',
                   'hex': (header_bytes(topic, **head) + pack([number, *wire])).hex(),
                   'json': [line(name, said, **head, topic=None if named else topic)]}


# ---- worlds: decimals, batches -------------------------------------------------------------------

ASSET = [2, 1, 'USDT', 6, 8, True, [], 10**9]
ASSET_LINE = {'asset': 1, 'symbol': 'USDT', 'scale': 6, 'rate_scale': 8, 'numeraire': True,
              'haircut': [], 'liability': '1'}
INSTRUMENT = [4, 7, 'BTC-USDT', 0, 1, 3, 2, 3, 10, 1, 10**9, 1, 2**44, 0,
              [[50000000000, 4000000, None, None], [None, 5000000, 10000000, 1]],
              0, 500000, 0, 0, 0, 1, 1]
INSTRUMENT_LINE = {
    'instrument': 7, 'symbol': 'BTC-USDT', 'kind': 'linear', 'settle': 1, 'fund': 3,
    'price_scale': 2, 'qty_scale': 3, 'tick': '0.1', 'lot': '0.001', 'multiplier': '1',
    'min_price': '0.01', 'max_price': '175921860444.16', 'tier_by': 'notional',
    'tiers': [{'upto': '50000', 'mmr': '0.004', 'imr': None, 'deduct': None},
              {'upto': None, 'mmr': '0.005', 'imr': '0.01', 'deduct': '0.000001'}],
    'mmr_slope': '0', 'taker_fee': '0.0005', 'liq_fee': '0', 'slippage': '0',
    'status': 'trading', 'policy': 1, 'rev': 1}
POSITION = [7, None, -500, 6400000, None, 0, None, 0, None, 1]
POSITION_LINE = {'instrument': 7, 'leg': None, 'qty': '-0.5', 'entry': '64000', 'cost': None,
                 'mode': 'cross', 'margin': None, 'order_margin': '0', 'funding': None, 'rev': 1}


def world():
    """A stream in which every kind of scale is known."""
    acct = topic_text('acct', mix64(42) % 256)
    execs = topic_text('exec', mix64(42) % 256)
    ordr = topic_text('ordr', mix64(42) % 256)
    defi = topic_text('defi', mix64(3) % 256)
    steps = [
        ('ctrl.00000000', 1, 'asset', ASSET, ASSET_LINE),
        ('ctrl.00000000', 2, 'instrument', INSTRUMENT, INSTRUMENT_LINE),
        ('mark.00000007', 1, 'mark', [5, 7, 6500010, 6500010, LEAST, I64, -1, -10**12],
         {'instrument': 7, 'price': '65000.1', 'index': '65000.1', 'bid': '-92233720368547758.08',
          'ask': '92233720368547758.07', 'depth': '-0.001', 'funding': '-1'}),
        (acct, 1, 'account', [6, 42, 1, 1, True, 1, 0, [[1, 1000500000, 0]], [POSITION]],
         {'account': 42, 'rev': 1, 'cross_rev': 1, 'full': True, 'policy': 1, 'commit': 0,
          'balances': [{'asset': 1, 'amount': '1000.5', 'order_margin': '0'}],
          'positions': [POSITION_LINE]}),
        ('fund.00000003', 1, 'fund', [7, 3, 1, 10**12, 10**12, 1, 0, 0],
         {'fund': 3, 'asset': 1, 'balance': '1000000', 'peak': '1000000', 'rev': 1, 'plan': 0,
          'commit': 0}),
        (execs, 1, 'exec', [8, '42/x/1/0/0', 1, True, 500, 6600000, 16500000, 2],
         {'order': '42/x/1/0/0', 'status': 'filled', 'final': True, 'filled': '0.5',
          'price': '66000', 'fee': '16.5', 'rev': 2}),
        (execs, 2, 'exec', [8, '42/7S/1/0', 6, None, 1, None, -1, 9],
         {'order': '42/7S/1/0', 'status': 'stale', 'final': None, 'filled': '0.001',
          'price': None, 'fee': '-0.000001', 'rev': 9}),
        (ordr, 1, 'liquidate', [18, '42/x/1/0/0', 42, 'x', 7, None, 0, 500, 6600000, None, 0, True,
                                0, 1, 6500010, 1, -1, 1, 1, 0],
         {'order': '42/x/1/0/0', 'account': 42, 'pool': 'x', 'instrument': 7, 'leg': None,
          'side': 'buy', 'qty': '0.5', 'price': '66000', 'bankruptcy_price': None, 'tif': 'ioc',
          'reduce_only': True, 'expires_ns': 0, 'step': 'full', 'mark': '65000.1', 'mark_seq': 1,
          'equity': '-0.000001', 'maintenance': '0.000001', 'tier_rev': 1, 'policy_rev': 0}),
        (defi, 1, 'deficit', [32, 42, 'x', 1, 7, None, 0, 500, 6600000, 1, 2],
         {'account': 42, 'pool': 'x', 'base': 1, 'instrument': 7, 'leg': None, 'side': 'buy',
          'qty': '0.5', 'price': '66000', 'amount': '0.000001', 'n': 2}),
        ('plan.00000003', 1, 'takeover', [19, 3, 1, '42/x/1/2', 7, None, 0, 500, 6600000, 1],
         {'fund': 3, 'rev': 1, 'key': '42/x/1/2', 'instrument': 7, 'leg': None, 'side': 'buy',
          'qty': '0.5', 'price': '66000', 'amount': '0.000001'}),
    ]
    frames = [header_bytes(topic, seq=seq) + pack(wire) for topic, seq, _, wire, _ in steps]
    lines = [line(name, said, seq=seq) for _, seq, name, _, said in steps]
    return {'name': 'a stream with all scales known', 'hex': b''.join(frames).hex(), 'json': lines}


def batches():
    marks = [[5, 9, n, n, n, n, 0, 0] for n in range(100)]
    said = [{'instrument': 9, 'price': n, 'index': n, 'bid': n, 'ask': n, 'depth': 0,
             'funding': '0'} for n in range(100)]
    head = dict(src=2, epoch=3, seq=4, ts_ns=5)
    yield {'name': 'a batch of marks',
           'hex': (header_bytes('mark.00000009', **head) + b''.join(map(pack, marks))).hex(),
           'json': [line('mark', one, **head) for one in said]}
    yield {'name': 'a batch that defines and uses',
           'hex': (header_bytes('ctrl.00000000') + pack([1, 16]) + pack(ASSET) + pack(INSTRUMENT)
                   + pack([11])).hex(),
           'json': [line('cluster', {'partitions': 16}), line('asset', ASSET_LINE),
                    line('instrument', INSTRUMENT_LINE),
                    line('synced', {}, topic='ctrl.00000000')]}
    two = [header_bytes('mark.00000009', seq=seq) + pack(marks[seq]) for seq in (1, 2)]
    yield {'name': 'two frames, one behind the other',
           'hex': b''.join(two).hex(),
           'json': [line('mark', said[seq], seq=seq) for seq in (1, 2)]}
    yield {'name': 'an order that no key names', 'hex':
           (header_bytes('exec.000000ff') + pack([8, 'venue-1', 4, True, 0, None, 0, 0])).hex(),
           'json': [line('exec', {'order': 'venue-1', 'status': 'rejected', 'final': True,
                                  'filled': 0, 'price': None, 'fee': 0, 'rev': 0},
                         topic='exec.000000ff')]}
    text = 'a"b\\c\x01\x7f\t/é€\U0001f600'
    shown = line('alert', {'kind': 'warn', 'account': 42, 'pool': 'x', 'instrument': None,
                           'ratio': '0.800000001', 'text': '@'})
    yield {'name': 'all sorts of characters',
           'hex': (header_bytes(topic_text('alrt', mix64(42) % 256))
                   + pack([22, 0, 42, 'x', None, 800000001, text])).hex(),
           'json': [shown.replace('@', 'a\\"b\\\\c\\u0001\\u007f\\u0009/é€\U0001f600')]}
    rows = [[n, 1, 0] for n in range(64)]
    yield {'name': 'a list at its limit',
           'hex': (header_bytes(topic_text('acct', mix64(1) % 256))
                   + pack([6, 1, 1, None, False, 1, 0, rows, []])).hex(),
           'json': [line('account', {'account': 1, 'rev': 1, 'cross_rev': None, 'full': False,
                                     'policy': 1, 'commit': 0,
                                     'balances': [{'asset': n, 'amount': 1, 'order_margin': 0}
                                                  for n in range(64)], 'positions': []})]}


# ---- what a newer or a wasteful writer sends -----------------------------------------------------

RATE = {'asset': 5, 'price': 9}
RATE_HEAD = header_bytes('rate.00000005')


def deep(levels, inside=b'\x07'):
    return b'\x91' * levels + inside


def newer():
    rate = [line('rate', RATE)]
    topic = pack('rate.00000005')
    head = pack([1, 1, 1, 1, 0])
    marks = [line('adl_query', {'fund': 1, 'rev': 2, 'round': 3,
                                'marks': [{'instrument': 1, 'price': 2, 'index': 3}], 'rates': []})]
    cases = [
        ('one more field', RATE_HEAD + pack([3, 5, 9, 'new']), rate),
        ('fields of every form', RATE_HEAD + pack([3, 5, 9, None, True, -1, U64, 'é', b'\0\xff',
                                                   [], [1, [2, [3, ['x']]]]]), rate),
        ('arrays as deep as may be', RATE_HEAD + b'\x94\x03\x05\x09' + deep(7), rate),
        ('empty arrays as deep as may be', RATE_HEAD + b'\x94\x03\x05\x09' + deep(6, b'\x90'),
         rate),
        ('200 more fields', RATE_HEAD + pack([3, 5, 9] + [n for n in range(200)]), rate),
        ('text that is no text for us', RATE_HEAD + b'\x94\x03\x05\x09\xa2\xff\x00', rate),
        ('a longer header', topic + pack([1, 1, 1, 1, 0, 'x', [1, 2]]) + pack([3, 5, 9]), rate),
        ('longer rows', header_bytes('adlq.00000001')
         + pack([33, 1, 2, 3, [[1, 2, 3, 'new', [4]]], [], 'new']), marks),
        ('a longer message without fields', header_bytes('rate.00000001') + pack([11, 1, [2]]),
         [line('synced', {}, topic='rate.00000001')]),
        ('numbers of 64 bits', topic + head + b'\x93\xcf' + bytes(7) + b'\x03\xcf' + bytes(7)
         + b'\x05\xcf' + bytes(7) + b'\x09', rate),
        ('signed numbers', topic + head + b'\x93\xd0\x03\xd1\0\x05\xd3' + bytes(7) + b'\x09', rate),
        ('wide arrays', topic + b'\xdd\0\0\0\x05\x01\x01\x01\x01\x00' + b'\xdc\0\x03\x03\x05\x09',
         rate),
        ('a wide text', header_bytes('ctrl.00000000') + b'\x98\x02\x05\xdb\0\0\0\x01A\x02'
         b'\xc0\xc0\xc0\xc0', [line('asset', {'asset': 5, 'symbol': 'A', 'scale': 2, 'rate_scale': None,
                                  'numeraire': None, 'haircut': None, 'liability': None})]),
    ]
    for name, data, lines in cases:
        yield {'name': name, 'hex': data.hex(), 'json': lines}


# ---- frames that must be refused -----------------------------------------------------------------


def bad_topics():
    body = pack([1, 1, 1, 1, 0]) + pack([3, 5, 9])
    for name, text in [('upper-case hex', 'rate.0000000A'), ('unknown letters', 'rats.00000005'),
                       ('upper-case letters', 'RATE.00000005'), ('no dot', 'rate_00000005'),
                       ('no hex', 'rate.0000000g'), ('a sign', 'rate.-0000005'),
                       ('a space', 'rate. 0000005'), ('a zero byte', 'rate.0000000\0'),
                       ('twelve characters', 'rate.0000005'),
                       ('fourteen characters', 'rate.000000005')]:
        yield f'topic: {name}', pack(text) + body, 'topic'
    yield 'topic: no text', pack('') + body + bytes(8), 'topic'
    yield 'topic: in a str 8', b'\xd9\x0drate.00000005' + body, 'topic'
    yield 'topic: in a bin', b'\xc4\x0drate.00000005' + body, 'topic'
    yield 'topic: a number', b'\x05' + body + bytes(8), 'topic'
    yield 'topic: everything in one array', b'\x93' + pack('rate.00000005') + body, 'topic'


def bad_headers():
    topic, body = pack('rate.00000005'), pack([3, 5, 9])
    for name, header, defect in [
            ('version 0', [0, 1, 1, 1, 0], 'version'), ('version 2', [2, 1, 1, 1, 0], 'version'),
            ('version 2, longer', [2, 1, 1, 1, 0, 'new'], 'version'),
            ('a negative version', [-1, 1, 1, 1, 0], 'range'),
            ('four values', [1, 1, 1, 1], 'short'), ('no values', [], 'short'),
            ('src above u32', [1, U32 + 1, 1, 1, 0], 'range'),
            ('a negative seq', [1, 1, 1, -1, 0], 'range'),
            ('nil', [1, 1, None, 1, 0], 'missing'), ('a text', [1, 1, '1', 1, 0], 'form'),
            ('an array in it', [1, 1, [1], 1, 0], 'form'), ('a float', [1, 1, 1, 1, 0.0], 'form'),
            ('a map', {1: 1}, 'form'), ('a number', 5, 'form'), ('nothing', None, 'form')]:
        yield f'header: {name}', topic + pack(header) + body, defect
    yield 'header: 2^32 - 1 values', topic + b'\xdd\xff\xff\xff\xff\x01\x01\x01\x01\x00', \
        'truncated'
    yield 'header only', RATE_HEAD, 'empty'


def bad_messages():
    for name, message, defect in [
            ('type 0', [0], 'type'), ('type 13', [13, 1], 'type'), ('type 63', [63], 'type'),
            ('type 64', [64], 'type'), ('type 2^64 - 1', [U64], 'type'), ('type -1', [-1], 'type'),
            ('type nil', [None, 1], 'type'), ('type a text', ['rate', 5, 9], 'type'),
            ('type an array', [[3], 5, 9], 'type'), ('type a bool', [True, 5, 9], 'type'),
            ('a mark among rates', [5, 5, 9, 9, 9, 9, 0, 0], 'type'),
            ('a clock among rates', [12], 'type'),
            ('no values', [], 'short'), ('one field short', [3, 5], 'short'),
            ('type only', [3], 'short'),
            ('a map', {3: 5}, 'form'), ('an empty map', {}, 'form'), ('a number', 3, 'form'),
            ('nil', None, 'form'), ('a float', 3.0, 'form'), ('a bin', b'\3\5\x09', 'form'),
            ('asset nil', [3, None, 9], 'missing'), ('price nil', [3, 5, None], 'missing'),
            ('asset -1', [3, -1, 9], 'range'), ('asset 2^32', [3, U32 + 1, 9], 'range'),
            ('asset 2^64 - 1', [3, U64, 9], 'range'), ('price 2^63', [3, 5, I64 + 1], 'range'),
            ('price 2^64 - 1', [3, 5, U64], 'range'), ('asset a bool', [3, True, 9], 'form'),
            ('price a float', [3, 5, 9.0], 'form'), ('price a text', [3, 5, '9'], 'form'),
            ('price a bin', [3, 5, b'9'], 'form'), ('price a map', [3, 5, {}], 'form'),
            ('price a full map', [3, 5, {1: 2}], 'form'), ('price an array', [3, 5, [9]], 'form'),
            ('price an empty array', [3, 5, []], 'form'), ('price a bool', [3, 5, False], 'form'),
            ('price an ext', [3, 5, msgpack.ExtType(1, b'x')], 'form'),
            ('price a long ext', [3, 5, msgpack.ExtType(1, bytes(300))], 'form'),
            ('a map in the tail', [3, 5, 9, {1: 2}], 'form'),
            ('a map deep in the tail', [3, 5, 9, [[{}]]], 'form'),
            ('a float in the tail', [3, 5, 9, 1.5], 'form'),
            ('an ext deep in the tail', [3, 5, 9, [msgpack.ExtType(1, b'x')]], 'form')]:
        yield f'rate: {name}', RATE_HEAD + pack(message), defect
    yield 'rate: price a timestamp', RATE_HEAD + b'\x93\x03\x05\xd6\xff\0\0\0\0', 'form'
    yield 'rate: price a float of 32 bits', RATE_HEAD + b'\x93\x03\x05\xca\0\0\0\0', 'form'
    yield 'a bad one behind a good one', RATE_HEAD + pack([3, 5, 9]) + pack([3, 5, None]), 'missing'


def bad_bytes():
    good = RATE_HEAD + pack([3, 5, 9])
    yield 'one byte', b'\xad', 'truncated'
    yield 'thirteen bytes', good[:13], 'truncated'
    yield 'a topic only', good[:14], 'truncated'
    yield 'half a header', good[:17], 'truncated'
    yield 'half a message', good[:-1], 'truncated'
    yield 'half a number', RATE_HEAD + b'\x93\x03\xce\0\0', 'truncated'
    yield 'the form that is never used', RATE_HEAD + b'\x93\x03\xc1\x09', 'form'
    yield 'the same in front', RATE_HEAD + b'\xc1', 'form'
    yield 'garbage behind: a zero', good + b'\0', 'form'
    yield 'garbage behind: nil', good + b'\xc0', 'form'
    yield 'garbage behind: 0xc1', good + b'\xc1', 'form'
    yield 'garbage behind: a map', good + b'\x80', 'form'
    yield 'garbage behind: half a number', good + b'\xcd\0', 'truncated'
    yield 'garbage behind: a new header', good + pack([1, 1, 1, 1, 0]), 'type'
    yield 'a message of 2^32 - 1 values', RATE_HEAD + b'\xdd\xff\xff\xff\xff\x03\x05\x09', \
        'truncated'
    yield 'a text of 2^32 - 1 bytes', RATE_HEAD + b'\x93\x03\x05\xdb\xff\xff\xff\xff', 'truncated'
    yield 'a bin of 2^32 - 1 bytes', RATE_HEAD + b'\x93\x03\x05\xc6\xff\xff\xff\xff', 'truncated'
    yield 'an ext of 2^32 - 1 bytes', RATE_HEAD + b'\x94\x03\x05\x09\xc9\xff\xff\xff\xff\x01', \
        'form'
    yield 'a map of 2^32 - 1 pairs', RATE_HEAD + b'\x93\x03\x05\xdf\xff\xff\xff\xff', 'form'
    yield 'arrays one too deep', RATE_HEAD + b'\x94\x03\x05\x09' + deep(8), 'form'
    yield 'empty arrays one too deep', RATE_HEAD + b'\x94\x03\x05\x09' + deep(7, b'\x90'), 'form'
    yield 'a thousand arrays', RATE_HEAD + b'\x94\x03\x05\x09' + deep(1000), 'form'
    yield 'a thousand arrays at once', RATE_HEAD + deep(1000), 'type'
    yield 'a thousand maps', RATE_HEAD + b'\x81\x01' * 1000 + b'\x01', 'form'
    yield 'a thousand wide arrays', \
        RATE_HEAD + b'\x94\x03\x05\x09' + b'\xdd\xff\xff\xff\xff' * 1000, 'form'


def replaced(values, place, value):
    return values[:place] + [value] + values[place + 1:]


def bad_fields():
    acct = header_bytes(topic_text('acct', mix64(42) % 256))
    account = [6, 42, 1, 1, True, 1, 0, [[1, 5, 0]], [POSITION]]

    def with_position(place, value):
        return replaced(account, 8, [replaced(POSITION, place, value)])

    for name, message, defect in [
            ('65 balances', replaced(account, 7, [[1, 5, 0]] * 65), 'list'),
            ('513 positions', replaced(account, 8, [POSITION] * 513), 'list'),
            ('balances a number', replaced(account, 7, 5), 'form'),
            ('balances a text', replaced(account, 7, 'x'), 'form'),
            ('a balance a number', replaced(account, 7, [5]), 'form'),
            ('a balance nil', replaced(account, 7, [None]), 'form'),
            ('a balance short', replaced(account, 7, [[1, 5]]), 'short'),
            ('a balance empty', replaced(account, 7, [[]]), 'short'),
            ('a balance a map', replaced(account, 7, [{}]), 'form'),
            ('a balance in two arrays', replaced(account, 7, [[[1, 5, 0]]]), 'short'),
            ('full 1', replaced(account, 4, 1), 'form'),
            ('full a text', replaced(account, 4, 'true'), 'form'),
            ('rev -1', replaced(account, 2, -1), 'range'),
            ('policy 2^32', replaced(account, 5, U32 + 1), 'range'),
            ('leg 0', with_position(1, 0), 'range'), ('leg 3', with_position(1, 3), 'range'),
            ('leg -1', with_position(1, -1), 'range'),
            ('leg a text', with_position(1, 'L'), 'form'),
            ('mode 2', with_position(5, 2), 'range'),
            ('mode a bool', with_position(5, True), 'form'),
            ('mode 2^32', with_position(5, U32 + 1), 'range'),
            ('qty nil', with_position(2, None), 'missing'),
            ('qty 2^63', with_position(2, I64 + 1), 'range'),
            ('qty an array', with_position(2, [1]), 'form')]:
        yield f'account: {name}', acct + pack(message), defect
    count = b'\x99\x06\x01\x01\x01\xc3\x01\x00'
    yield 'account: 2^32 - 1 balances in five bytes', acct + count + b'\xdd\xff\xff\xff\xff', 'list'
    yield 'account: 2^16 - 1 balances in three bytes', acct + count + b'\xdc\xff\xff', 'list'
    policy = [9, 1] + [None] * 27
    ctrl = header_bytes('ctrl.00000000')
    yield 'policy: nine warn levels', ctrl + pack(replaced(policy, 6, list(range(1, 10)))), 'list'
    yield 'policy: a warn level in an array', ctrl + pack(replaced(policy, 6, [[1]])), 'form'
    yield 'policy: a warn level nil', ctrl + pack(replaced(policy, 6, [None])), 'missing'
    yield 'policy: a warn level 2^63', ctrl + pack(replaced(policy, 6, [I64 + 1])), 'range'
    part = [49, 1, 1, 0, 1, [], b'', 0]
    snap = header_bytes('snap.00000001')
    yield 'snapshot_part: data a text', snap + pack(replaced(part, 6, 'x')), 'form'
    yield 'snapshot_part: data an array', snap + pack(replaced(part, 6, [1])), 'form'
    yield 'snapshot_part: half of data', snap + b'\x98\x31\1\1\0\1\x90\xc4\x09x', 'truncated'


def bad_texts():
    ctrl = header_bytes('ctrl.00000000')

    def asset(symbol):
        return ctrl + b'\x98\x02\x05' + symbol + b'\x02\xc0\xc0\xc0\xc0'

    yield 'text: 32 bytes', asset(pack('x' * 32)), 'text'
    yield 'text: 300 bytes', asset(pack('x' * 300)), 'text'
    yield 'text: cut inside a character at the limit', asset(b'\xbf' + b'x' * 30 + b'\xc3'), 'text'
    yield 'text: nil', asset(b'\xc0'), 'missing'
    yield 'text: a bin', asset(b'\xc4\x01A'), 'form'
    yield 'text: a number', asset(b'\x05'), 'form'
    for name, data in [('a lone trail byte', b'\x80'), ('an overlong slash', b'\xc0\xaf'),
                       ('an overlong zero', b'\xc0\x80'), ('an overlong three', b'\xe0\x80\xaf'),
                       ('an overlong four', b'\xf0\x80\x80\xaf'), ('a surrogate', b'\xed\xa0\x80'),
                       ('above U+10FFFF', b'\xf4\x90\x80\x80'), ('0xf5', b'\xf5\x80\x80\x80'),
                       ('0xff', b'\xff'), ('half a character', b'\xe2\x82'),
                       ('a character cut by another', b'\xe2\x82A'), ('a zero', b'A\0B'),
                       ('only a zero', b'\0')]:
        yield f'text: {name}', asset(bytes([0xa0 | len(data)]) + data), 'text'


def hostile():
    for group in (bad_topics, bad_headers, bad_messages, bad_bytes, bad_fields, bad_texts):
        for name, data, defect in group():
            yield {'name': name, 'hex': data.hex(), 'defect': defect}


def valid():
    yield from samples()
    yield world()
    yield from batches()


def main():
    here = pathlib.Path(__file__).resolve().parents[2] / 'proto' / 'vectors'
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else here
    for name, vectors in [('valid', valid()), ('newer', newer()), ('hostile', hostile())]:
        with open(folder / f'{name}.jsonl', 'w', encoding='utf-8') as file:
            for vector in vectors:
                file.write(compact(vector) + '\n')


if __name__ == '__main__':
    main()
