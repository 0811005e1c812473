"""The ladder over the bus: a worker and the router between a ledger and a venue that are Python.

Holds: a decision of many orders reaches the venue as one frame under one key, each of its orders is
answered, and what is answered decides the next step: cancel, convert, part, rest. A decision that
comes again is told what became of it. The worker's tape replays to the same bytes."""
import json

import zmq

from cluster import Cluster, Publisher, check, main
from routing import partition
from venue import Venue
import wire

ASSETS = ({'asset': 1, 'symbol': 'USDT', 'scale': 6, 'numeraire': True},
          {'asset': 2, 'symbol': 'BTC', 'scale': 8}, {'asset': 3, 'symbol': 'ETH', 'scale': 8})
POLICIES = ({'policy': 1}, {'policy': 2, 'partial': 'none'}, {'policy': 3, 'convert': True})
MANY = range(1000, 1128)


class Exchange:
    """Feeds marks and accounts, takes what the router admits, and answers it."""

    def __init__(self, cluster):
        self.feed, self.fills = Publisher(cluster, 'feed', 10), Publisher(cluster, 'fills', 11)
        self.fills.stream = self.feed.stream
        self.venue = Venue(cluster, self.fills, self.feed, cluster.ipc('venue'))
        self.settled = set()
        self.router = cluster.start('router', '--pull', cluster.ipc('orders'), '--pub',
                                    cluster.ipc('answers'), '--sub', self.feed.endpoint, '--sub',
                                    self.fills.endpoint, '--venue', cluster.ipc('venue'))
        self.orders = cluster.socket(zmq.PUSH, cluster.ipc('orders'), False)
        self.answers = cluster.socket(zmq.SUB, cluster.ipc('answers'), False)
        for beginning in (b'\xadexec', b'\xadbeat'):
            self.answers.setsockopt(zmq.SUBSCRIBE, beginning)
        self.answers.recv()  # a beat: it is heard
        self.worker = cluster.start('worker', '--sub', self.feed.endpoint, '--sub',
                                    cluster.ipc('answers'), '--router', cluster.ipc('orders'),
                                    '--tape', cluster.dir, '--src', 5)
        self.feed.await_subscription('acct', 257)
        self.fills.await_subscription('exec')
        self.answers.recv()  # another: the worker hears it too

    def define(self):
        for said in ASSETS:
            self.feed.say(type='asset', **said)
        self.feed.say(type='rate', asset=2, price='10000')
        self.feed.say(type='rate', asset=3, price='10')
        for said in POLICIES:
            self.feed.say(type='policy', **said)
        for number in (*range(7, 14), *MANY):
            self.feed.say(type='instrument', instrument=number, symbol=f'I{number}', settle=1,
                          price_scale=2, qty_scale=3, tick='0.1', lot='0.001',
                          tiers=[{'mmr': '0.005'}], taker_fee='0.0005')

    def mark(self, instrument, price):
        self.feed.say(type='mark', instrument=instrument, price=price)

    def account(self, number, rev, **fields):
        self.feed.say(type='account', account=number, rev=rev, full=True, **fields)
        if partition(number) not in self.settled:
            self.settled.add(partition(number))
            self.venue.settle(partition(number))

    def admitted(self):
        """What the venue gets next: the frame, and its orders."""
        frame = self.venue.next()
        header, messages = wire.decode_frame(frame)
        for name, values in messages:
            self.feed.stream.learn(name, values)
        return frame, [json.loads(wire.json_line(self.feed.stream, header, name, values))
                       for name, values in messages]

    def one(self, order, **fields):
        """The next decision is this one order, with these fields."""
        _, orders = self.admitted()
        check(len(orders) == 1, orders)
        check(orders[0]['order'] == order, orders)
        self.compare(orders[0], **fields)

    @staticmethod
    def compare(order, **fields):
        check({**order, **fields} == order, (order, fields))

    def answer(self, order, status, **fields):
        self.fills.say(type='exec', order=order, status=status, final=True, **fields)

    def hear(self, *wanted):
        """Waits until the router has said these, (order, status) each, within one frame."""
        names = wire.SCHEMA.messages['exec'].fields[1].names
        while True:
            header, messages = wire.decode_frame(self.answers.recv())
            if header['topic'].startswith('exec'):
                said = [(values['order'], names[values['status']]) for _, values in messages]
                if said == list(wanted):
                    return


def cross(instrument, qty, entry):
    return {'instrument': instrument, 'qty': qty, 'entry': entry, 'mode': 'cross'}


def isolated(instrument, qty, margin, rev=1, **fields):
    return {'instrument': instrument, 'qty': qty, 'entry': '1000', 'mode': 'isolated',
            'margin': margin, 'rev': rev, **fields}


def two_at_once(exchange):
    """Both positions of a cross pool in one decision, which comes again before and after."""
    exchange.mark(7, '10000')
    exchange.mark(8, '1000')
    exchange.account(51, 1, policy=2, balances=[{'asset': 1, 'amount': '1000'}],
                     positions=[cross(7, '1', '10000'), cross(8, '-10', '1000')])
    exchange.mark(7, '9100')
    frame, orders = exchange.admitted()
    ids = ['51/x/1/0/0', '51/x/1/0/1']
    check([order['order'] for order in orders] == ids, orders)
    # Equity 1000 - 900 = 100; maintenance 0.0055 x (9100 + 10000) = 105.05.
    exchange.compare(orders[0], instrument=7, side='sell', qty='1', step='full', equity='100',
                     maintenance='105.05')
    exchange.compare(orders[1], instrument=8, side='buy', qty='10', step='full')
    exchange.hear(*((one, 'accepted') for one in ids))
    exchange.orders.send(frame)
    exchange.hear(('51/x/1/0', 'taken'), *((one, 'accepted') for one in ids))
    exchange.answer(ids[1], 'filled', filled='10', price='1000', fee='5', rev=2)
    exchange.orders.send(frame)
    exchange.hear((ids[1], 'filled'))
    exchange.hear(('51/x/1/0', 'taken'), (ids[0], 'accepted'), (ids[1], 'filled'))
    exchange.answer(ids[0], 'filled', filled='1', price='9100', fee='4.55', rev=3)
    exchange.hear((ids[0], 'filled'))
    exchange.orders.send(frame)
    exchange.hear(('51/x/1/0', 'taken'), *((one, 'filled') for one in ids))
    exchange.account(51, 3, cross_rev=3, policy=2, balances=[{'asset': 1, 'amount': '90.45'}])


def part_then_the_rest(exchange):
    exchange.mark(9, '1000')
    exchange.account(52, 1, positions=[isolated(9, '10', '200')])
    exchange.mark(9, '985')
    # The least k with 5.4175 (10 - k) <= 0.8 (50 - 0.4925 k), in thousandths.
    exchange.one('52/9/1/0/0', step='partial', qty='2.822', side='sell')
    exchange.answer('52/9/1/0/0', 'filled', filled='2.822', price='985', fee='1.389835', rev=2)
    exchange.account(52, 2, positions=[isolated(9, '7.178', '156.280165', 2)])
    exchange.mark(9, '980')
    exchange.one('52/9/2/0/0', step='partial', side='sell')
    exchange.answer('52/9/2/0/0', 'expired')
    exchange.one('52/9/2/1/0', step='full', qty='7.178', side='sell')
    exchange.answer('52/9/2/1/0', 'filled', filled='7.178', price='980', fee='3.51722', rev=3)
    exchange.account(52, 3, positions=[isolated(9, '0', None, 3)])


def cancel_then_part(exchange):
    """Of two pools that hold margin for orders one is cured by the cancel, the other is not."""
    exchange.mark(10, '1000')
    held = isolated(10, '10', '200', order_margin='30')
    exchange.account(53, 1, positions=[held])
    exchange.account(54, 1, positions=[{**held, 'margin': '230', 'order_margin': '60'}])
    exchange.mark(10, '985')
    exchange.one('53/10/1/0/0', pool='10', instrument=None)
    exchange.one('54/10/1/0/0', pool='10', instrument=None)
    for account in (53, 54):
        exchange.answer(f'{account}/10/1/0/0', 'filled', rev=2)
    exchange.account(54, 2, positions=[{**held, 'margin': '230', 'order_margin': '0'}])
    exchange.account(53, 2, positions=[{**held, 'order_margin': '0'}])
    exchange.one('53/10/1/1/0', step='partial', qty='2.822', equity='50')


def sell_then_part(exchange):
    exchange.mark(12, '1000')
    exchange.account(55, 1, policy=3, positions=[cross(12, '10', '1000')], balances=[
        {'asset': 1, 'amount': '100'}, {'asset': 2, 'amount': '0.05'}])
    exchange.mark(12, '945')
    exchange.one('55/x/1/0/0', asset=2, amount='0.045')
    exchange.answer('55/x/1/0/0', 'filled', filled=4500000, rev=2)
    exchange.account(55, 2, policy=3, positions=[{**cross(12, '10', '1000'), 'rev': 1}], balances=[
        {'asset': 1, 'amount': '550'}, {'asset': 2, 'amount': '0.005'}])
    exchange.one('55/x/2/0/0', step='partial', equity='50')


def another_took_the_key(exchange):
    """A replica's decision under this key had fewer orders than the worker would send."""
    exchange.mark(13, '1000')
    exchange.account(57, 1, policy=3, positions=[cross(13, '10', '1000')], balances=[
        {'asset': 1, 'amount': '100'}, {'asset': 2, 'amount': '0.03'},
        {'asset': 3, 'amount': '20'}])
    for publisher in (exchange.feed, exchange.fills):  # it has read what was said when it says so
        publisher.say(type='exec', order=f'1/x/0/{publisher.src}', status='accepted')
        exchange.hear((f'1/x/0/{publisher.src}', 'accepted'))
    header = {'topic': 'ordr.%08x' % partition(57), 'src': 6, 'epoch': 1, 'seq': 1, 'ts_ns': 1}
    exchange.orders.send(wire.encode_frame(header, [wire.read_object(exchange.feed.stream, {
        'type': 'convert', 'order': '57/x/1/0/0', 'account': 57, 'pool': 'x', 'asset': 2,
        'amount': '0.01'})]))
    exchange.one('57/x/1/0/0', asset=2, amount='0.01')
    exchange.mark(13, '945')
    while exchange.answers.recv().count(b'57/x/1/0') != 2:
        pass  # taken, and its one order
    exchange.answer('57/x/1/0/0', 'expired')
    # It was not the worker's own, but the router says what it was: selling was tried, and closing
    # comes next.
    _, orders = exchange.admitted()
    check([(order['order'], order['instrument']) for order in orders] == [('57/x/1/1/0', 13)],
          orders)


def as_many_as_there_may_be(exchange):
    for number in MANY:
        exchange.mark(number, '100')
    exchange.account(56, 1, policy=2, balances=[{'asset': 1, 'amount': '640'}],
                     positions=[cross(number, '1', '100') for number in MANY])
    for number in MANY:
        exchange.mark(number, '95.5')
    frame, orders = exchange.admitted()
    ids = [f'56/x/1/0/{place}' for place in range(len(MANY))]
    check([order['order'] for order in orders] == ids, orders)
    check(len(frame) > 4096, len(frame))
    exchange.hear(*((one, 'accepted') for one in ids))


def run(zeroline):
    with Cluster(zeroline) as cluster:
        exchange = Exchange(cluster)
        exchange.define()
        for test in (two_at_once, part_then_the_rest, cancel_then_part, sell_then_part,
                     another_took_the_key, as_many_as_there_may_be):
            test(exchange)
        cluster.stop(exchange.worker)
        cluster.stop(exchange.router)
        check(exchange.venue.socket.poll(0) == 0, 'nothing else was admitted')
        log = cluster.log(exchange.worker)
        check('0 not sent, 0 found the queue full' in log, log)
        tape, = cluster.tapes('worker-5')
        for threads in (1, 3):
            told = cluster.run('replay', tape, '--threads', threads).stdout.decode()
            check('identical: ' in told, told)


main(run)
