"""Who hears everything that the market says, and holds it to what must never happen.

One decision of a base has effect; no order has effect twice; nothing is closed further than it was
held. Its pools are those of a worker that missed nothing."""
import json
import time

import msgpack
import zmq

from cluster import DEADLINE_S, check
import wire

VENUE = 101  # the exchange's src for what becomes of orders
ROUTER = 200
ROUNDS, ROUND_S, SETTLE_S = 4, 0.4, 300  # of watching; of the market's time; no machine is so slow
EXPIRED = wire.SCHEMA.messages['exec'].fields[1].names.index('expired')


def calc(cluster, lines):
    """The pools with positions of what these lines say, as `calc` prints them."""
    told = cluster.run('calc', stdin='\n'.join(lines).encode()).stdout.decode()
    return [pool for pool in map(json.loads, told.splitlines()) if pool['positions']]


class Witness:
    """Hears the ledger, the venue and the router, and knows what all of them said last."""

    def __init__(self, cluster, accounts, answers, fills, feed):
        self.cluster, self.stream = cluster, wire.Stream()
        self.frames = 0
        self.opened_ns, self.market_s = None, 0.0  # by the header of the last mark
        self.said = {}                # JSON lines of contracts and prices, by what they are of
        self.marks = {}               # (instrument, seq) to its time
        self.accounts, self.headers, self.held, self.lines = {}, {}, {}, {}
        self.orders, self.answered, self.executed = {}, set(), {}
        self.effects = {}             # (pool, base) to the decisions' n
        self.closed = {}
        self.socket = cluster.context.socket(zmq.SUB)
        self.socket.rcvhwm, self.socket.rcvtimeo = 0, DEADLINE_S * 1000
        for kind in (b'exec', b'ordr', b'beat', b'acct', b'mark', b'rate', b'ctrl'):
            self.socket.setsockopt(zmq.SUBSCRIBE, b'\xad' + kind)
        self.socket.connect(answers)
        self.socket.recv()  # a beat: it is heard from here on
        self.socket.connect(fills)
        self.socket.connect(feed)
        while len(self.accounts) < accounts:
            self.hear()
        self.socket.setsockopt(zmq.SUBSCRIBE, b'\xadctrl.')  # the market waits for this one

    def hear(self):
        self.frames += 1
        frame = self.socket.recv()
        if frame[1:5] == b'acct' and self.is_known(frame):
            return
        header, messages = wire.decode_frame(frame)
        for name, values in messages:
            take = getattr(self, 'take_' + name, None)
            if take:
                take(header, values)
            elif name in ('cancel', 'convert', 'liquidate'):
                self.orders[values['order']] = values.get('instrument')
            elif name in ('asset', 'instrument', 'policy', 'rate'):
                self.stream.learn(name, values)
                self.said[name, values.get(name)] = self.line(header, name, values)

    def line(self, header, name, said):
        """Without its place in a stream: what is put together of the last ones has holes."""
        return wire.json_line(self.stream, header, name, said).rsplit(',"src":', 1)[0] + '}'

    def is_known(self, frame):
        """Each start of a process has all accounts restated to everybody."""
        unpacker = msgpack.Unpacker(raw=False)
        unpacker.feed(frame)
        *_, body = unpacker
        return len(body) > 2 and self.accounts.get(body[1], {}).get('rev') == body[2]

    def take_mark(self, header, said):
        self.opened_ns = self.opened_ns or header['ts_ns']
        self.market_s = 1e-9 * (header['ts_ns'] - self.opened_ns)
        self.marks[said['instrument'], header['seq']] = header['ts_ns']
        self.said['mark', said['instrument']] = self.line(header, 'mark', said)

    def take_account(self, header, said):
        number = said['account']
        self.stream.learn('account', said)
        held = {row['instrument']: row['qty'] for row in said['positions']}
        if number not in self.accounts:
            self.held[number] = held
        for instrument, qty in held.items():
            first = self.held[number][instrument]
            before = {row['instrument']: row['qty'] for row in self.accounts.get(
                number, said)['positions']}[instrument]
            check(qty * first >= 0 and abs(qty) <= abs(before),
                  f'{number} held {before} of {instrument}, and then {qty}')
        self.accounts[number] = said
        self.headers[number] = header
        self.lines[number] = None if any(held.values()) else ''

    def take_exec(self, header, said):
        if header['src'] == ROUTER and said['final']:
            self.answered.add(said['order'])
        if header['src'] != VENUE:
            return
        order, filled = said['order'], said['filled']
        self.executed[order] = self.executed.get(order, 0) + 1
        if not filled and not (said['status'] == EXPIRED and said['rev']):
            return  # the fund took it over where a revision is named
        pool, base, n, place = order.rsplit('/', 3)
        effects = self.effects.setdefault((pool, int(base)), [])
        effects.append((n, place))
        check(len({n for n, _ in effects}) == 1, f'two decisions of {pool}/{base} had effect')
        check(len(set(effects)) == len(effects), f'{order} had effect twice')
        instrument = self.orders.get(order)
        if instrument and said['price'] is not None:  # a conversion under this key has none
            position = int(pool.split('/')[0]), instrument
            self.closed[position] = self.closed.get(position, 0) + filled
            check(self.closed[position] <= abs(self.held[position[0]][instrument]),
                  f'{order} closed more than there was')

    def base(self, account, pool):
        said = self.accounts[account]
        if pool == 'x':
            return said['cross_rev']
        return next(row['rev'] for row in said['positions'] if str(row['instrument']) == pool)

    def pools(self):
        """The pools with positions as they are at the present marks."""
        for number in [one for one, line in self.lines.items() if line is None]:
            self.lines[number] = self.line(self.headers[number], 'account', self.accounts[number])
        lines = [line for line in (*self.said.values(), *self.lines.values()) if line]
        lines.sort(key=lambda line: line.startswith('{"type":"instrument"'))  # behind assets
        lines.sort(key=lambda line: line.startswith(('{"type":"mark"', '{"type":"account"')))
        return calc(self.cluster, lines)

    def unsafe(self):
        """The pools with positions that are unsafe at the present marks, with their bases."""
        pools = self.pools()
        return {(pool['account'], pool['pool'], self.base(pool['account'], pool['pool']))
                for pool in pools if pool['state'] in ('liquidate', 'bankrupt')}

    def settle(self, hear):
        """No pool that is unsafe in the first rounds of watching stays so under its base."""
        begun, rounds, count, unsafe = time.monotonic(), 0, set(), set()
        while rounds < ROUNDS or unsafe:
            check(time.monotonic() < begun + SETTLE_S, f'nothing came of {sorted(unsafe)}')
            end_s = self.market_s + ROUND_S
            while self.market_s < end_s or self.socket.poll(0):
                hear()
            now = self.unsafe()
            unsafe = now if rounds < ROUNDS else unsafe & now
            count |= unsafe
            rounds += 1
        return f'{len(count)} unsafe pools settled in {time.monotonic() - begun:.1f} s'

    def unanswered(self, answered):
        """Admitted orders without a final answer, whose pool has no newer base."""
        for order in self.orders.keys() - answered:
            account, pool, base, _, _ = order.split('/')
            if self.base(int(account), pool) == int(base):
                yield order, (int(account), pool, int(base))
