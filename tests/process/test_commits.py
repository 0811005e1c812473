"""A journal audits the ledger, commit by commit: what accounts, funds and the ledger's own books gain
adds up to nothing.

Holds: trades, at a profit and at a loss, fees, a deposit, an isolated margin, an inverse contract, a
fund that pays, add up, in whichever order the statements of a commit come. One unit of a quantity or of
money more is told, with the commit, on stderr and as an alert; so is other money under an old revision,
and a commit that changes more than it says. Of a commit that was not heard in full nothing is said.
What the simulator does adds up, plans and all."""
import re

import zmq

from cluster import Cluster, Publisher, check, main, receive
import wire

USDT = {'type': 'asset', 'asset': 1, 'symbol': 'USDT', 'scale': 6, 'rate_scale': 8,
        'numeraire': True}
BTC = {'type': 'asset', 'asset': 2, 'symbol': 'BTC', 'scale': 8, 'rate_scale': 8}
LINEAR = {'type': 'instrument', 'instrument': 7, 'symbol': 'BTC-USDT', 'settle': 1,
          'price_scale': 2, 'qty_scale': 3, 'tick': '0.1', 'lot': '0.001',
          'tiers': [{'mmr': '0.005'}], 'rev': 1}
INVERSE = {'type': 'instrument', 'instrument': 8, 'symbol': 'BTC-USD', 'kind': 'inverse', 'settle': 2,
           'price_scale': 2, 'qty_scale': 0, 'tick': '0.5', 'lot': '1', 'multiplier': '100',
           'tiers': [{'mmr': '0.005'}], 'rev': 1}
BUYER, SELLER, THIRD = 42, 43, 44


class Ledger:
    def __init__(self, cluster):
        self.cluster = cluster
        self.feed = Publisher(cluster, 'feed', 1)
        self.stream = wire.Stream()
        self.process = cluster.start(
            'journal', '--sub', self.feed.endpoint, '--store', cluster.dir / 'store', '--pub',
            cluster.ipc('alerts'), '--accounts', 1000)
        self.feed.await_subscription('acct.000000ff')
        self.alerts = cluster.socket(zmq.SUB, cluster.ipc('alerts'), False)
        self.alerts.setsockopt(zmq.SUBSCRIBE, b'')
        for said in (USDT, BTC, LINEAR, INVERSE):
            self.feed.say(**said)
        receive(self.alerts, self.stream)  # a beat: it is heard
        self.commit, self.revs, self.fund = 0, {}, 0
        for number in (BUYER, SELLER, THIRD):  # a topic's first frame follows nothing
            self.feed.sequences[self.topic(number)] = 0

    @staticmethod
    def topic(number):
        return f'acct.{wire.mix64(number) % 256:08x}'

    def begin(self):
        self.commit += 1
        self.changes = 0

    def account(self, number, usdt, *positions, btc='0', full=True):
        self.revs[number] = self.revs.get(number, 0) + 1
        self.changes += 1
        self.feed.say(type='account', account=number, rev=self.revs[number], full=full,
                      commit=self.commit, balances=[{'asset': 1, 'amount': usdt},
                                                    {'asset': 2, 'amount': btc}],
                      positions=[{'instrument': 7, **position} for position in positions])

    def pays(self, balance):
        self.fund += 1
        self.changes += 1
        self.feed.say(type='fund', fund=3, asset=1, balance=balance, rev=self.fund,
                      commit=self.commit)

    def end(self, quantities=(), amounts=(), changes=None):
        self.feed.say(type='commit', topic='book.00000000', commit=self.commit,
                      changes=self.changes if changes is None else changes,
                      quantities=[{'instrument': i, 'qty': qty} for i, qty in quantities],
                      amounts=[{'asset': asset, 'amount': amount} for asset, amount in amounts])

    def alert(self):
        while True:
            header, name, said = receive(self.alerts, self.stream)
            if name == 'alert':
                check(said['kind'] == 'audit' and header['src'] == 250, said)
                return said['text']

    def told(self, words):
        text = self.alert()
        check(f'commit {self.commit} ' in text and words in text, text)


def adds_up(ledger):
    """Deposits, which the ledger's own books owe; then trades."""
    ledger.begin()
    for number in (BUYER, SELLER, THIRD):
        ledger.account(number, '10000', btc='1')
    ledger.pays('500')
    ledger.end(amounts=[(1, '-30500'), (2, '-3')])
    ledger.begin()  # one buys from the other, both pay a fee to the house
    ledger.account(BUYER, '9990', {'qty': '1', 'entry': '60000'}, btc='1')
    ledger.account(SELLER, '9990', {'qty': '-1', 'entry': '60000'}, btc='1')
    ledger.end(amounts=[(1, '20')])
    ledger.begin()  # half of it is sold to a third one at a profit; its statement comes first
    ledger.account(THIRD, '10000', {'qty': '0.5', 'cost': '31000'}, btc='1')
    ledger.end(changes=2)
    ledger.account(BUYER, '10990', {'qty': '0.5', 'entry': '60000'}, btc='1')
    ledger.begin()  # the margin of an isolated position; a part of what it was
    ledger.account(THIRD, '9000', {'qty': '0', 'cost': '31000'},
                   {'qty': '0.5', 'cost': '31000', 'mode': 'isolated', 'margin': '1000'}, btc='1')
    ledger.end()
    ledger.begin()  # an inverse one, against the house, and the fund pays
    ledger.account(SELLER, '10090', {'qty': '-1', 'entry': '60000'},
                   {'instrument': 8, 'qty': '600', 'cost': '1'}, btc='1')
    ledger.pays('400')
    ledger.end(quantities=[(8, '-600')], amounts=[(2, '-1')])


def one_unit_of_quantity(ledger):
    ledger.begin()
    ledger.account(BUYER, '-49009.999999', {'qty': '1.5', 'cost': '120000'}, btc='1')
    ledger.end(quantities=[(7, '-0.999')], amounts=[(1, '149999.999999')])
    ledger.told('of instrument 7 there is 0.001 more')


def one_unit_of_money(ledger):
    ledger.begin()
    ledger.account(BUYER, '-49009.999998', {'qty': '1.5', 'cost': '120000'}, btc='1')
    ledger.end()
    ledger.told('of asset 1 there is 0.000001 more')
    ledger.begin()
    ledger.pays('399.999999')
    ledger.end()
    ledger.told('of asset 1 there is -0.000001 more')


def under_an_old_revision(ledger):
    ledger.revs[BUYER] -= 1
    ledger.account(BUYER, '-49009.999997', {'qty': '1.5', 'cost': '120000'}, btc='1')
    text = ledger.alert()
    check(f'account {BUYER} has other' in text, text)


def more_than_it_says(ledger):
    ledger.begin()
    ledger.account(SELLER, '10091', {'qty': '-1', 'entry': '60000'},
                   {'instrument': 8, 'qty': '600', 'cost': '1'}, btc='1')
    ledger.end(amounts=[(1, '-1')])
    ledger.account(BUYER, '-49009.999997', {'qty': '1.5', 'cost': '120000'}, btc='1')
    ledger.told('changed more')
    ledger.begin()  # and one that says so when all of it came
    ledger.account(SELLER, '10091', {'qty': '-1', 'entry': '60000'},
                   {'instrument': 8, 'qty': '600', 'cost': '1'}, btc='1')
    ledger.account(BUYER, '-49009.999997', {'qty': '1.5', 'cost': '120000'}, btc='1')
    ledger.end(changes=1)
    ledger.told('changed more')


def not_heard(ledger):
    """A lost statement, and what its account says next: one unit is missing, and nothing is told."""
    ledger.begin()
    ledger.feed.sequences[ledger.topic(THIRD)] += 1
    ledger.revs[THIRD] += 1
    ledger.end(changes=1)
    ledger.begin()
    ledger.account(THIRD, '9500', {'qty': '0.5', 'cost': '31000', 'mode': 'isolated',
                                   'margin': '1000'}, btc='1')
    ledger.end()
    one_unit_of_money_of_the_fund(ledger)


def one_unit_of_money_of_the_fund(ledger):
    ledger.begin()
    ledger.pays('399.999998')
    ledger.end()
    ledger.told('of asset 1 there is -0.000001 more')


def simulated(zeroline):
    """Orders, takeovers, plans: the demo's market, with a journal beside it."""
    with Cluster(zeroline) as cluster:
        market, fills, orders, plans, answers = map(
            cluster.ipc, ('market', 'fills', 'orders', 'plans', 'answers'))
        journal = cluster.start('journal', '--sub', market, '--store', cluster.dir / 'store',
                                '--accounts', 2000)
        router = cluster.start('router', '--sub', market, '--sub', fills, '--venue', orders,
                               '--pull', cluster.ipc('in'), '--pub', answers)
        worker = cluster.start('worker', '--sub', market, '--sub', answers, '--router',
                               cluster.ipc('in'), '--ledger', plans)
        sim = cluster.start('sim', '--pub', market, '--fills', fills, '--orders', orders, '--plans',
                            plans, '--accounts', 600, '--seconds', 4, '--tick', 20, '--await', 2)
        cluster.wait(sim)
        for process in (worker, router, journal):
            cluster.stop(process)
        log = cluster.log(journal)
        good, bad, missed = map(int, re.search(
            '([0-9]+) commits add up, ([0-9]+) do not, of ([0-9]+)', log).groups())
        check(good > 20 and bad == 0 and missed == 0, log)
        plans = re.search('([0-9]+) plans carried out', cluster.log(sim))
        check(plans and int(plans.group(1)) > 0, cluster.log(sim))


def run(zeroline):
    with Cluster(zeroline) as cluster:
        ledger = Ledger(cluster)
        for test in (adds_up, one_unit_of_quantity, one_unit_of_money, under_an_old_revision,
                     more_than_it_says, not_heard):
            test(ledger)
        check(not ledger.alerts.poll(0) or receive(ledger.alerts, ledger.stream)[1] == 'beat',
              'more alerts than there are faults')
        cluster.stop(ledger.process)
        log = cluster.log(ledger.process)
        check('audit: commit 6 does not add up' in log, log)
        check('6 commits add up' in log, log)
    simulated(zeroline)


main(run)
