"""A fund over several workers: who loses, who wins and who coordinates sit in different engines.

Two workers, one of two engines, hear each other; a third one owns all partitions by itself. Holds: the
plan that reaches the ledger from the two is the plan of the one, winners of every engine in it; with
a worker gone no plan is made without its winners, and the coordinator says so; when it is back, the
plan is made; where the policy says so, it is made without those who stay silent. Every tape replays to
what was said."""
import time

import zmq

from cluster import DEADLINE_S, Cluster, Publisher, check, main
import wire

FUND = 1
COORDINATOR = wire.mix64(FUND) % 256
ASSET = {'type': 'asset', 'asset': 1, 'symbol': 'USDT', 'scale': 6, 'rate_scale': 8,
         'numeraire': True}
POLICY = {'type': 'policy', 'policy': 1, 'rev': 1, 'partial': 'none', 'takeover': 'never',
          'adl_score': 'pnl', 'answer_ms': 200}
INSTRUMENT = {'type': 'instrument', 'instrument': 7, 'symbol': 'BTC-USDT', 'settle': 1, 'fund': FUND,
              'price_scale': 2, 'qty_scale': 3, 'tick': '0.1', 'lot': '0.001',
              'tiers': [{'mmr': '0.005'}], 'rev': 1}
RANGES = ((0, 127), (128, 191), (192, 255))  # the three engines of the two workers


def account_in(low, high, after):
    return next(number for number in range(after, after + 10000)
                if low <= wire.mix64(number) % 256 <= high)


LOSER, NEXT_LOSER = account_in(0, 127, 1), account_in(128, 191, 500)
WINNERS = [account_in(low, high, 1000 * (k + 1)) for k, (low, high) in enumerate(RANGES)]


class Exchange:
    def __init__(self, cluster):
        self.cluster = cluster
        self.feed = Publisher(cluster, 'feed', 10)
        self.answers = Publisher(cluster, 'answers', 20)
        self.ledgers, self.routers = {}, {}
        self.workers = {}

    def start(self, name, src, partitions, *more):
        self.ledgers[name] = self.cluster.socket(zmq.PULL, self.cluster.ipc(f'ledger-{name}'), True)
        self.routers[name] = self.cluster.socket(zmq.PULL, self.cluster.ipc(f'orders-{name}'), True)
        self.run(name, src, partitions, *more)

    def run(self, name, src, partitions, *more):
        endpoint = self.cluster.ipc
        self.workers[name] = self.cluster.start(
            'worker', '--sub', self.feed.endpoint, '--sub', self.answers.endpoint, '--router',
            endpoint(f'orders-{name}'), '--ledger', endpoint(f'ledger-{name}'), '--pub',
            endpoint(f'pub-{name}'), '--tape', self.cluster.dir, '--src', src, '-p', partitions,
            '--accounts', 1000, *more)
        first, last = partitions.split('-')
        self.feed.await_topics(f'acct.{number:08x}' for number in range(int(first), int(last) + 1))
        self.answers.await_subscription('exec', int(last) - int(first) + 1)

    def define(self):
        for said in (ASSET, POLICY, INSTRUMENT):
            self.feed.say(**said)
        self.feed.say(type='fund', fund=FUND, asset=1, balance='0', rev=1)
        self.feed.say(type='mark', instrument=7, price='60000')

    def position(self, number, qty, entry, margin):
        self.feed.say(type='account', account=number, rev=1, full=True, positions=[
            {'instrument': 7, 'qty': qty, 'entry': entry, 'mode': 'isolated', 'margin': margin}])

    def accounts(self):
        self.position(LOSER, '3', '60000', '1800')
        for place, number in enumerate(WINNERS):
            self.position(number, '-1', str(60000 - place), '6000')

    def find_nothing(self):
        """The market takes none of what is proposed. The step is said: an engine that has proposed
        nothing yet goes on behind it too."""
        for router in self.routers.values():
            while router.poll(0):
                _, ((kind, order),) = wire.decode_frame(router.recv())
                check(kind == 'liquidate' and order['account'] in (LOSER, NEXT_LOSER), order)
                self.answers.say(type='exec', order=order['order'], status='expired', final=True,
                                 step='full')

    def until(self, socket):
        """What arrives there, while the market takes nothing."""
        end = time.monotonic() + DEADLINE_S
        while not socket.poll(10):
            check(time.monotonic() < end, 'nothing arrived in time')
            self.find_nothing()
        return wire.decode_frame(socket.recv())

    def plan(self, name):
        header, rows = self.until(self.ledgers[name])
        check(header['topic'] == f'plan.{FUND:08x}', header)
        return rows


def same_plan(exchange):
    """Each winner gives what it has: those of all three engines are asked."""
    exchange.start('all', 1, '0-255')
    exchange.start('low', 2, '0-127', '--peer', exchange.cluster.ipc('pub-high'))
    exchange.start('high', 3, '128-255', '--threads', 2, '--peer', exchange.cluster.ipc('pub-low'))
    exchange.define()
    exchange.accounts()
    exchange.feed.say(type='mark', instrument=7, price='58000')
    one = exchange.plan('all')
    names = [kind for kind, _ in one]
    check(names == ['adl'] * 3, one)
    check({row['winner_account'] for _, row in one} == set(WINNERS), one)
    coordinator = 'low' if COORDINATOR < 128 else 'high'
    check(exchange.plan(coordinator) == one, 'another plan')
    check(not exchange.ledgers['low' if coordinator == 'high' else 'high'].poll(0), 'two plans')


def without_one(exchange):
    """One engine of three is gone; it holds a winner."""
    cluster, feed = exchange.cluster, exchange.feed
    alerts = cluster.socket(zmq.SUB, cluster.ipc('pub-high'), False)
    alerts.setsockopt(zmq.SUBSCRIBE, b'\xadalrt')
    exchange.workers['low'].kill()
    exchange.workers['low'].wait()
    for number in (LOSER, *WINNERS):  # the first plan was carried out
        feed.say(type='account', account=number, rev=2, full=True)
    feed.say(type='fund', fund=FUND, asset=1, balance='0', rev=2)
    places = {number: place for place, number in enumerate(WINNERS)}
    for number, place in places.items():
        feed.say(type='account', account=number, rev=3, full=True, positions=[
            {'instrument': 7, 'qty': '-1', 'entry': str(60000 - place), 'mode': 'isolated',
             'margin': '6000'}])
    exchange.position(NEXT_LOSER, '3', '60000', '1800')
    while True:
        _, ((_, said),) = exchange.until(alerts)
        if 'partitions do not answer' in said['text']:
            break
    check(said['text'].startswith(f'fund {FUND}: 128 '), said['text'])
    check(not exchange.ledgers['high'].poll(0), 'a plan without the winners of one')
    exchange.run('low', 4, '0-127', '--peer', cluster.ipc('pub-high'))
    for said in (ASSET, POLICY, INSTRUMENT):
        feed.say(**said)
    feed.say(type='mark', instrument=7, price='58000')
    number = WINNERS[0]
    feed.say(type='account', account=number, rev=3, full=True, positions=[
        {'instrument': 7, 'qty': '-1', 'entry': '60000', 'mode': 'isolated', 'margin': '6000'}])
    feed.say(type='fund', fund=FUND, asset=1, balance='0', rev=2)
    plan = exchange.plan('high')
    check({row['winner_account'] for _, row in plan} == set(WINNERS), plan)


def goes_on(exchange):
    """The policy does not wait for ever: those who answer give what they have."""
    cluster, feed = exchange.cluster, exchange.feed
    alerts = cluster.socket(zmq.SUB, cluster.ipc('pub-high'), False)
    alerts.setsockopt(zmq.SUBSCRIBE, b'\xadalrt')
    feed.say(**{**POLICY, 'rev': 2, 'adl_silent': 'go_on'})
    for number in (NEXT_LOSER, *WINNERS):  # the last plan was carried out
        feed.say(type='account', account=number, rev=4, full=True)
    feed.say(type='fund', fund=FUND, asset=1, balance='0', rev=3, plan=1)
    low = exchange.workers.pop('low')
    low.kill()
    low.wait()
    for number, qty, margin in ((NEXT_LOSER, '3', '1800'), *((one, '-2', '6000') for one in WINNERS)):
        feed.say(type='account', account=number, rev=5, full=True, positions=[
            {'instrument': 7, 'qty': qty, 'entry': '60000', 'mode': 'isolated', 'margin': margin}])
    plan = exchange.plan('high')
    check({row['winner_account'] for _, row in plan} == set(WINNERS[1:]), plan)
    while True:
        _, ((_, said),) = exchange.until(alerts)
        if 'the plan is made without them' in said['text']:
            break
    check(said['text'].startswith(f'fund {FUND}: 128 partitions do not answer'), said['text'])


def run(zeroline):
    with Cluster(zeroline) as cluster:
        exchange = Exchange(cluster)
        same_plan(exchange)
        without_one(exchange)
        goes_on(exchange)
        for worker in exchange.workers.values():
            cluster.stop(worker)
        check(len(cluster.tapes()) == 5, cluster.tapes())
        for tape in cluster.tapes():
            told = cluster.run('replay', tape).stdout.decode()
            check('identical: ' in told or 'no outputs' in told, told)


main(run)
