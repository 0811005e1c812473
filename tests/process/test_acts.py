"""What a router can be told to act: a venue that fills, fills a part, rejects and waits; forgetting; dying.

Holds: each act is what it says, by counts alone; several are taken in turn; a router that forgets or dies
admits nothing until the ledger has passed its recall on."""
import time

from cluster import Cluster, check, main
from routing import STATUSES, Router, cancel, close, convert
import wire

STATE = {'full': True, 'balances': [{'asset': 1, 'amount': 1000}],
         'positions': [{'instrument': 7, 'qty': -5, 'entry': 100, 'mode': 'cross'}]}
DELAY_MS = 1000


def acting(cluster, *acts):
    router = Router(cluster, *(word for act in acts for word in ('--act', act)), acts=True)
    router.account(42, 1, **STATE)
    return router


def answers(router, *want):
    """Each order's, as (order, status, filled, price)."""
    for one in want:
        _, messages = wire.decode_frame(router.said.recv())
        for _, said in messages:
            heard = (said['order'], STATUSES[said['status']], said['filled'], said['price'])
            check(said['final'] and heard == one, (heard, one))


def fills(cluster):
    router = acting(cluster, 'fill')
    router.admit(cancel('42/x/1/0'))
    answers(router, ('42/x/1/0/0', 'filled', 0, None))
    router.admit(convert('42/x/1/1', 0))
    answers(router, ('42/x/1/1/0', 'filled', 10, None))
    router.account(42, 2, **STATE)
    router.admit(close('42/x/2/0', 0), close('42/x/2/0', 1))
    answers(router, ('42/x/2/0/0', 'filled', 5, 100), ('42/x/2/0/1', 'filled', 5, 100))
    router.refuse('busy', close('42/x/2/1'))  # it moves no account
    router.account(42, 3, **STATE)
    router.admit(close('42/x/3/0', qty=2**63 - 1))
    answers(router, ('42/x/3/0/0', 'filled', 2**63 - 1, 100))


def one_after_the_other(cluster):
    router = acting(cluster, 'reject', 'part:50%', 'fill', 'part:1%')
    for kind, done in ((close, ('rejected', 0, None)), (close, ('expired', 2, 100)),
                       (close, ('filled', 5, 100)), (close, ('expired', 0, None)),
                       (cancel, ('rejected', 0, None)), (cancel, ('filled', 0, None))):
        base = router.marks
        router.account(42, base, **STATE)
        router.admit(kind(f'42/x/{base}/0'))
        answers(router, (f'42/x/{base}/0/0', *done))


def waits(cluster):
    router = acting(cluster, 'fill', f'delay:{DELAY_MS}ms')
    begun = time.monotonic()
    router.admit(close('42/x/1/0'))
    heard = router.propose(close('42/x/1/0'))
    check([status for _, status, *_ in heard] == ['taken', 'accepted'], heard)
    router.refuse('busy', close('42/x/1/1'))
    answers(router, ('42/x/1/0/0', 'filled', 5, 100))
    check(time.monotonic() - begun > DELAY_MS / 1000, 'it came at once')


def forgets(cluster):
    """What it holds ends; and nothing is admitted before the recall has come back."""
    router = acting(cluster, 'fill', 'delay:3600000ms', 'forget:every=2')
    router.account(43, 1, **STATE)
    router.admit(close('42/x/1/0'))
    router.refuse('busy', close('42/x/1/1'))
    router.admit(close('43/x/1/0'))
    answers(router, *((f'{one}/x/1/0/0', 'expired', 0, None) for one in (42, 43)))
    router.refuse('busy', close('42/x/1/1'))
    router.settle(42)
    router.caught_up()
    router.refuse('busy', close('43/x/1/0'))  # of another partition
    router.admit(close('42/x/1/0'))
    cluster.stop(router.process)
    check('forgot its keys 1 times' in cluster.log(router.process), cluster.log(router.process))


def dies(cluster):
    router = acting(cluster, 'fill', 'die:after=2')
    router.admit(cancel('42/x/1/0'))
    answers(router, ('42/x/1/0/0', 'filled', 0, None))
    router.orders.send(router.frame(close('42/x/1/1')))
    cluster.wait(router.process, 1)
    check('dies, as it was told, after 2' in cluster.log(router.process), 'it says so')
    router.start()
    router.account(42, 1, settle=False, **STATE)
    router.refuse('busy', close('42/x/1/1'))


def forgets_and_dies_before_a_venue(cluster):
    router = Router(cluster, '--act', 'forget:every=1', '--act', 'die:after=2')
    router.account(42, 1, **STATE)
    router.admit(close('42/x/1/0'))
    router.refuse('busy', close('42/x/1/1'))
    router.venue.settle(34)
    check(router.hear() == [('42/x/1/0/0', 'expired', True, 0, 0)], 'the venue has ended it')
    router.caught_up()
    router.orders.send(router.frame(close('42/x/1/1')))
    cluster.wait(router.process, 1)


def wrong(cluster):
    some = ('router', '--pull', 'ipc://a', '--pub', 'ipc://b', '--sub', 'ipc://c')
    for words, acts in (('needed', ()), ('needed', ('die:after=1',)),
                        ('--venue names one', ('fill',)), ('delay needs', ('delay:1ms',)),
                        ('is none of', ('part:0%',)), ('is none of', ('part:100%',)),
                        ('is none of', ('delay:5',)), ('is none of', ('die:after=',)),
                        ('is none of', ('forget',)), ('more than 16', 17 * ('fill',))):
        venue = ('--venue', 'ipc://d') if 'venue' in words or 'delay' in words else ()
        told = cluster.run(*some, *venue, *(word for act in acts for word in ('--act', act)), code=2)
        check(words in told.stderr.decode(), (acts, told.stderr))


def run(zeroline):
    for test in (fills, one_after_the_other, waits, forgets, dies, forgets_and_dies_before_a_venue,
                 wrong):
        with Cluster(zeroline) as cluster:
            test(cluster)


main(run)
