"""What a ledger books when it is told a plan, or a fill that is better than an order's limit.

For examples of linear contracts, settled in the numeraire, with a multiplier of 1. An account is a
quote balance and quantities; takeovers move the fund alone, so that an account can be compared
after its pairs.
"""
import collections
from fractions import Fraction


class Ledger:
    def __init__(self):
        self.quote = collections.Counter()
        self.held = collections.Counter()  # by account and instrument
        self.marks = {}
        self.orders = {}
        self.fund = None
        self.gain = Fraction(0)  # of the fund, by better fills

    def trade(self, account, instrument, qty, price):
        self.held[account, instrument] += qty
        self.quote[account] -= qty * price

    def equity(self, account):
        return self.quote[account] + sum(
            qty * self.marks[instrument]
            for (holder, instrument), qty in self.held.items() if holder == account)

    def open(self, line):
        """An account as the lines state it, whatever it did before."""
        account = line['account']
        for key in [key for key in self.held if key[0] == account]:
            del self.held[key]
        self.quote[account] = sum(Fraction(row['amount']) for row in line.get('balances', []))
        for row in line['positions']:
            qty = Fraction(row['qty'])
            cost = Fraction(row['cost']) if 'cost' in row else abs(qty) * Fraction(row['entry'])
            self.quote[account] += Fraction(row.get('margin', 0)) - (cost if qty > 0 else -cost)
            self.held[account, row['instrument']] = qty

    def fill(self, line):
        order, price = self.orders[line['order']], Fraction(line['price'])
        better = price - Fraction(order['price'])
        self.gain += Fraction(line['filled']) * (better if order['side'] == 'sell' else -better)

    def pair(self, message):
        loser = int(message['loser_key'].split('/')[0])
        qty = Fraction(message['qty']) * (1 if message['side'] == 'buy' else -1)
        price = Fraction(message['price'])
        self.trade(loser, message['instrument'], qty, price)
        self.trade(message['winner_account'], message['instrument'], -qty, price)

    def hear(self, line):
        """A line that goes in."""
        if line['type'] == 'mark':
            self.marks[line['instrument']] = Fraction(line['price'])
        elif line['type'] == 'fund' and self.fund is None:
            self.fund = Fraction(line['balance'])
        elif line['type'] == 'account':
            self.open(line)
        elif line['type'] == 'exec' and 'price' in line:
            self.fill(line)

    def book(self, message):
        """A message that comes out."""
        if message['type'] == 'liquidate':
            self.orders[message['order']] = message
        elif message['type'] == 'adl':
            self.pair(message)
        elif message['type'] == 'takeover':
            self.fund -= Fraction(message['amount'])
        elif message['type'] == 'socialize':
            self.quote[message['account']] -= Fraction(message['amount'])


def after(lines, told):
    """The ledger once all of it is booked."""
    ledger = Ledger()
    for line in lines:
        if line['type'] != 'exec':
            ledger.hear(line)
    for message in told:
        ledger.book(message)
    for line in lines:
        if line['type'] == 'exec':
            ledger.hear(line)
    return ledger
