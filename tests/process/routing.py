"""A router between a ledger, a venue and a worker that are Python and share no code with it."""
import select
import time

import zmq

from cluster import DEADLINE_S, Failed, Publisher, check
from venue import Venue
import wire

STATUSES = wire.SCHEMA.messages['exec'].fields[1].names


def partition(account):
    return wire.mix64(int(account)) % 256


def await_true(condition, what):
    end = time.monotonic() + DEADLINE_S
    while not condition():
        if time.monotonic() > end:
            raise Failed(f'never: {what}')
        select.select([], [], [], 0.01)


class Router:
    """A router, what it listens to, and what it says."""

    def __init__(self, cluster, *options, at=None, acts=False):
        self.cluster, self.options, self.acts = cluster, options, acts
        at = at or cluster.ipc
        self.ledger = Publisher(cluster, at('ledger'), 10)
        self.fills = Publisher(cluster, at('fills'), 11)
        self.venue = Venue(cluster, self.fills, self.ledger, at('venue'))
        self.arguments = ['router', '--pull', at('orders'), '--pub', at('answers'), '--sub',
                          self.ledger.endpoint, '--sub', self.fills.endpoint]
        if not acts:
            self.arguments += ['--venue', at('venue')]
        self.orders = cluster.socket(zmq.PUSH, at('orders'), False)
        self.said = cluster.socket(zmq.SUB, at('answers'), False)
        for beginning in (b'\xadexec', b'\xadordr', b'\xadbeat'):
            self.said.setsockopt(zmq.SUBSCRIBE, beginning)
        self.sequence = self.marks = 0
        self.known = set()  # partitions that the router was told of
        self.start()

    def start(self):
        self.process = self.cluster.start(*self.arguments, *self.options)
        self.ledger.await_subscription('acct')
        self.fills.await_subscription('exec')
        while not self.said.recv().startswith(b'\xadbeat'):  # it says that it is heard
            pass
        self.known.clear()

    def beside(self, name, *options):
        """Another router at the same ledger and venue."""
        arguments = list(self.arguments)
        for place in (2, 4):  # its own sockets
            arguments[place] = self.cluster.ipc(f'{name}-{place}')
        other = self.cluster.start(*arguments, *options)
        self.ledger.await_subscription('acct')
        self.fills.await_subscription('exec')
        return other

    def await_said(self, words):
        """A line on stderr."""
        await_true(lambda: words in self.cluster.log(self.process), words)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def hear(self):
        """The execs of its next frame as (order, status, final, filled, rev); a copy's orders."""
        while True:
            self.frame_heard = self.said.recv()
            header, messages = wire.decode_frame(self.frame_heard)
            if messages[0][0] in ('recall', 'beat'):
                continue
            if header['topic'].startswith('ordr'):
                return [values['order'] for _, values in messages]
            return [(values['order'], STATUSES[values['status']], values['final'],
                     values['filled'], values['rev']) for _, values in messages]

    def caught_up(self):
        """It has taken in what both said when what they say behind it comes back."""
        for publisher in (self.ledger, self.fills):
            self.marks += 1
            mark = f'1/x/{self.marks}/0/0'
            publisher.say(type='exec', order=mark, status='accepted')
            heard = self.hear()
            check(heard[0][0] == mark, (heard, mark))

    def settle(self, number):
        """A recall of the partition of this account comes, and is passed on."""
        if not self.acts:
            self.venue.settle(partition(number))
            return
        while True:
            header, messages = wire.decode_frame(self.said.recv())
            if messages[0][0] == 'recall' and header['topic'] == 'ordr.%08x' % partition(number):
                self.ledger.say(type='recall', topic='acct' + header['topic'][4:], **messages[0][1])
                return

    def account(self, number, rev, settle=True, **fields):
        """The router has it, and admits decisions of its partition if that is to be."""
        self.ledger.say(type='account', account=number, rev=rev, **fields)
        if settle and partition(number) not in self.known:
            self.settle(number)
            self.known.add(partition(number))
        self.caught_up()

    def frame(self, *messages):
        self.sequence += 1
        header = {'topic': 'ordr.%08x' % partition(messages[0]['order'].split('/')[0]), 'src': 1,
                  'epoch': 1, 'seq': self.sequence, 'ts_ns': 1}
        return wire.encode_frame(header, [wire.read_object(wire.Stream(), said)
                                          for said in messages])

    def propose(self, *messages):
        """What it answers; to an admitted one, behind its copy."""
        frame = self.frame(*messages)
        self.orders.send(frame)
        heard = self.hear()
        if heard and isinstance(heard[0], str):
            check(heard == [said['order'] for said in messages], heard)
            copy = self.frame_heard
            check(self.acts or self.venue.next() == copy, 'the venue gets what is published')
            header, told = wire.decode_frame(copy)
            check(header['src'] == 200 and told == wire.decode_frame(frame)[1], (header, told))
            heard = self.hear()
        return heard

    def admit(self, *messages):
        want = [(said['order'], 'accepted', False, 0, 0) for said in messages]
        heard = self.propose(*messages)
        check(heard == want, (heard, want))

    def refuse(self, status, *messages, rev=0):
        key = messages[0]['order'].rsplit('/', 1)[0]
        heard = self.propose(*messages)
        check(heard == [(key, status, False, 0, rev)], (heard, key, status))

    def execute(self, order, status, filled=0, rev=0, final=True):
        if final:
            self.venue.held.pop(order, None)
        self.fills.say(type='exec', order=order, status=status, final=final, filled=filled, rev=rev)
        want = (order, status, final, filled, rev)
        heard = self.hear()
        check(heard == [want], (heard, want))
        return want


def order(kind, key, place, **fields):
    account, pool = key.split('/')[:2]
    return {'type': kind, 'order': f'{key}/{place}', 'account': int(account), 'pool': pool, **fields}


def close(key, place=0, expires_ns=0, qty=5):
    return order('liquidate', key, place, instrument=7, side='buy', qty=qty, price=100, step='full',
                 expires_ns=expires_ns, mark=100, mark_seq=1, equity=1, maintenance=2, tier_rev=1,
                 policy_rev=1)


def cancel(key):
    return order('cancel', key, 0)


def convert(key, place):
    return order('convert', key, place, asset=2 + place, amount=10)
