"""The reference router among strangers: ledger, venue and worker are Python that shares no code with it.

Holds: a decision is admitted whole or not at all; the first of a key is, if its base is the ledger's
and nothing of its pool is live; whoever proposes it again is told what became of each of its orders."""
import time

import msgpack

from cluster import Cluster, check, main
from routing import Router, cancel, close, convert
import wire

COLLATERAL = {'asset': 1, 'amount': 1000}
SHORT = {'instrument': 7, 'qty': -5, 'entry': 100, 'mode': 'cross'}
LONG = {'instrument': 8, 'qty': 3, 'entry': 200, 'mode': 'cross'}


def taken(key):
    return key, 'taken', False, 0, 0


def over(key, rev=0):
    return key, 'expired', True, 0, rev


def admitted_whole(router):
    two = [close('42/x/4/0', place) for place in (0, 1)]
    router.refuse('busy', *two)  # not heard of
    router.account(42, 5, cross_rev=4, full=True, positions=[SHORT, LONG], balances=[COLLATERAL])
    router.refuse('stale', close('42/x/3/0'), rev=4)
    router.refuse('busy', close('42/x/5/0'))
    router.refuse('busy', close('42/7/4/0'))
    router.refuse('late', close('42/x/4/0', expires_ns=time.time_ns() - 10**9))
    router.admit(*two)
    accepted = [(said['order'], 'accepted', False, 0, 0) for said in two]
    check(router.propose(*two) == [taken('42/x/4/0'), *accepted], 'each order is repeated')
    check(router.propose(two[0]) == [taken('42/x/4/0'), *accepted], 'whatever is proposed')
    router.refuse('busy', close('42/x/4/1'))
    filled = router.execute('42/x/4/0/1', 'filled', 3, 6)
    router.refuse('busy', close('42/x/4/1'))
    check(router.propose(*two) == [taken('42/x/4/0'), accepted[0], filled], 'one is final')
    expired = router.execute('42/x/4/0/0', 'expired')
    check(router.propose(*two) == [taken('42/x/4/0'), expired, filled], 'both are')
    router.refuse('busy', close('42/x/4/1'))  # a newer base is coming


def one_after_the_other(router):
    """A cancel that changed nothing, conversions that did, and an old key behind them."""
    router.account(42, 6, cross_rev=6, positions=[{**LONG, 'qty': 0}])
    router.refuse('stale', close('42/x/4/1'), rev=6)
    router.admit(cancel('42/x/6/0'))
    router.refuse('busy', close('42/x/6/1'))
    done = router.execute('42/x/6/0/0', 'filled', 0, 7)
    check(router.propose(cancel('42/x/6/0')) == [taken('42/x/6/0'), done, over('42/x/6/0', 7)],
          'it is over, and changed nothing')
    router.refuse('busy', close('42/x/6/1'))  # the ledger has not shown yet what was freed
    router.account(42, 7, cross_rev=6, positions=[{**LONG, 'qty': 0}])
    router.admit(*[convert('42/x/6/1', place) for place in (0, 1)])
    check(router.propose(cancel('42/x/6/0')) == [taken('42/x/6/0'), over('42/x/6/0')],
          'the key before')
    sold = router.execute('42/x/6/1/0', 'filled', 10, 8)
    again = router.execute('42/x/6/1/1', 'expired')
    check(router.propose(convert('42/x/6/1', 0)) == [taken('42/x/6/1'), sold, again], 'sold')
    router.refuse('busy', close('42/x/6/2'))
    router.account(42, 7)
    router.account(42, 8, cross_rev=8)
    router.admit(close('42/x/8/0'))
    router.execute('42/x/8/0/0', 'partial', 2, 9, final=False)
    router.account(42, 9, cross_rev=9)
    router.refuse('busy', close('42/x/9/0'))  # it may fill further
    router.execute('42/x/8/0/0', 'expired', 2, 9)
    router.admit(close('42/x/9/0'))


def what_the_ledger_has(router):
    isolated = {**SHORT, 'mode': 'isolated', 'margin': 5, 'leg': 'S', 'rev': 3}
    router.account(50, 3, cross_rev=1, full=True, balances=[COLLATERAL], positions=[isolated])
    router.admit(cancel('50/x/1/0'))  # a balance alone makes a cross pool
    router.admit(close('50/7S/3/0'))
    router.execute('50/x/1/0/0', 'filled', 0, 4)
    router.account(50, 4, cross_rev=1, balances=[{'asset': 1, 'amount': 0}])
    router.refuse('busy', close('50/x/1/1'))  # there is nothing any more
    router.account(50, 5, cross_rev=1, balances=[{'asset': 1, 'amount': 0, 'order_margin': 1}])
    router.admit(close('50/x/1/1'))
    router.execute('50/7S/3/0/0', 'expired')
    router.account(50, 6, cross_rev=1, full=True, balances=[COLLATERAL])
    router.refuse('busy', close('50/7S/3/1'))  # not listed
    router.account(50, 7, cross_rev=1, positions=[isolated])
    router.admit(close('50/7S/3/1'))
    router.execute('50/7S/3/1/0', 'expired')
    router.account(50, 9, cross_rev=1)
    router.refuse('busy', close('50/7S/3/2'))  # a revision was missed
    router.account(50, 8, cross_rev=1, full=True, positions=[isolated])
    router.refuse('busy', close('50/7S/3/2'))  # old news
    router.account(50, 9, cross_rev=1, full=True, positions=[isolated])
    router.admit(close('50/7S/3/2'))


def from_a_newer_worker(router):
    """What it has put at the end of an order reaches the venue."""
    unpacker = msgpack.Unpacker()
    unpacker.feed(router.frame(close('42/x/9/0')))  # is held
    topic, header, order = unpacker
    router.account(42, 10, cross_rev=10)
    router.refuse('busy', close('42/x/10/0'))
    router.execute('42/x/9/0/0', 'expired')
    packed = msgpack.packb([*order[:1], '42/x/10/0/0', *order[2:], 'new', [1]])
    router.orders.send(msgpack.packb(topic) + msgpack.packb(header) + packed)
    check(router.hear() == ['42/x/10/0/0'], 'the copy')
    check(router.frame_heard.endswith(packed) and router.venue.next() == router.frame_heard,
          'as it was')
    check(router.hear()[0][1] == 'accepted', 'admitted')
    router.execute('42/x/10/0/0', 'expired')


def no_decisions(router):
    """Frames that are none have no effect, and no answer."""
    good = close('42/x/10/1')
    frames = [router.frame(close('60/x/1/0'), close('60/x/1/1', 1)),
              router.frame(close('60/x/1/0', 1)),
              router.frame(*(close('60/x/1/0', place) for place in (0, 2))),
              router.frame({**good, 'order': '60/x/1/0'}),
              router.frame(*(close('60/x/1/0', place) for place in range(129))),
              router.frame(good)[:-1],
              router.ledger.frame({'type': 'account', 'account': 60, 'rev': 1, 'full': True,
                                   'balances': [COLLATERAL]})]
    header = {'topic': 'ordr.00000000', 'src': 1, 'epoch': 1, 'seq': 1, 'ts_ns': 1}
    _, orders = wire.decode_frame(router.frame(good))
    frames.append(wire.encode_frame(header, orders))  # another partition's
    for frame in frames:
        router.orders.send(frame)
    router.refuse('busy', close('60/x/1/0'))
    return len(frames)


def venue_is_gone(router):
    """A decision that cannot be sent on is rejected, and changed nothing. What was under way when the
    venue went is lost, so it may take more than one."""
    accounts = range(70, 170)
    for account in accounts:
        router.account(account, 1, full=True, positions=[SHORT, LONG])
    router.venue.socket.close()
    for account in accounts:
        two = [close(f'{account}/x/1/0', place) for place in (0, 1)]
        router.orders.send(router.frame(*two))
        router.hear()
        check(router.hear() == [(said['order'], 'accepted', False, 0, 0) for said in two], two)
        if router.said.poll(1000):
            break
    for said in two:
        check(router.hear() == [(said['order'], 'rejected', True, 0, 0)], 'rejected')


def run(zeroline):
    with Cluster(zeroline) as cluster:
        router = Router(cluster)
        admitted_whole(router)
        one_after_the_other(router)
        what_the_ledger_has(router)
        from_a_newer_worker(router)
        bad = no_decisions(router)
        venue_is_gone(router)
        cluster.stop(router.process)
        log = cluster.log(router.process)
        check(log.count('a frame is no decision') == 5 < bad and '1 not sent on' in log, log)


main(run)
