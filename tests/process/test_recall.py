"""What a router does that knows of no key: it was killed, or has missed what the venue said.

Holds: nothing is admitted before the recall of this very run has come back on `exec` and on `acct`; what
the venue held has ended then, and every trade is shown; an order of a run that is over has no effect;
one router's recall is nothing to another, unless it has the same src: then the older one ends."""
import itertools
import socket

import zmq

from cluster import Cluster, check, main
from routing import Router, cancel, close, partition
import wire

COLLATERAL = [{'asset': 1, 'amount': 1000}]
SHORT = {'instrument': 7, 'qty': -5, 'entry': 100, 'mode': 'cross'}
HERE = partition(42)
NEIGHBOUR = next(number for number in range(43, 10**6) if partition(number) == HERE)
LIVE = '42/x/4/0'


def state(router, number=42, rev=4, **fields):
    router.account(number, rev, full=True, positions=[SHORT], balances=COLLATERAL, **fields)


def with_one_live(cluster, *options, at=None):
    router = Router(cluster, *options, at=at)
    state(router)
    router.admit(close(LIVE))
    check(list(router.venue.held) == [LIVE + '/0'], router.venue.held)
    return router


def passes(router, exec_on, acct_on):
    """The venue takes the next recall, and it is passed on on these."""
    router.venue.exec_on, router.venue.acct_on = exec_on, acct_on
    held = list(router.venue.held)
    router.settle(42)
    for order in held:
        check(router.hear() == [(order, 'expired', True, 0, 0)], 'what it held has ended')
    router.caught_up()


def only_one_is_live(router):
    router.admit(close('42/x/4/1'))
    check(list(router.venue.held) == ['42/x/4/1/0'], router.venue.held)
    router.refuse('busy', close('42/x/4/2'))


def killed(cluster, at=None):
    """The venue still holds an order of a router that was killed."""
    router = with_one_live(cluster, at=at)
    router.kill()
    router.start()
    state(router, settle=False)
    for key in ('42/x/4/1', LIVE, '42/x/5/0', '42/x/3/0'):
        router.refuse('busy', close(key))
    router.await_said('nothing is admitted yet in 1 of 1 partitions')
    passes(router, True, False)
    router.refuse('busy', close('42/x/4/1'))  # the ledger may have more to show
    passes(router, False, True)
    only_one_is_live(router)
    router.await_said('all 1 partitions are recalled')


def answers_may_come_late(cluster):
    """The ledger has passed it on, the venue has not: what it says may be of the order before."""
    router = with_one_live(cluster)
    router.kill()
    router.start()
    state(router, settle=False)
    passes(router, False, True)
    router.refuse('busy', close(LIVE))
    passes(router, True, False)
    router.admit(close(LIVE))
    router.refuse('busy', close('42/x/4/1'))


def trade_is_shown_late(cluster):
    """It was filled while the router was gone; the ledger first states what was before."""
    router = with_one_live(cluster)
    router.kill()
    router.venue.held.clear()
    router.start()
    state(router, settle=False)
    passes(router, True, False)
    router.refuse('busy', close('42/x/4/1'))
    state(router, rev=5, settle=False)
    passes(router, True, True)
    router.refuse('stale', close('42/x/4/1'), rev=5)
    router.admit(close('42/x/5/0'))


def no_recall_of_another_run(cluster):
    """What was passed on for the run before, or for another router, does not count."""
    router = with_one_live(cluster)
    run, = router.venue.runs.values()
    router.kill()
    router.start()
    state(router, settle=False)
    for source, said in ((200, run), (201, run + 10**18)):
        for publisher, kind in ((router.fills, 'exec'), (router.ledger, 'acct')):
            publisher.say(type='recall', topic=f'{kind}.{HERE:08x}', router=source, run=said)
    router.caught_up()
    router.refuse('busy', close('42/x/4/1'))
    passes(router, True, True)
    only_one_is_live(router)


def venue_begins_anew(cluster):
    """Nobody knows whether it kept its orders: this one did not."""
    router = with_one_live(cluster)
    router.venue.held.clear()
    router.fills.epoch += 1
    router.fills.sequences.clear()
    router.fills.say(type='beat')
    router.await_said('forgets all keys, since the venue has begun anew')
    router.refuse('busy', close('42/x/4/1'))
    passes(router, True, True)
    only_one_is_live(router)


def answer_is_missed(cluster):
    """A frame of the venue is lost: perhaps the answer that the pool waits for."""
    for told_by_beat in (False, True):
        with Cluster(cluster.zeroline) as own:
            router = with_one_live(own)
            topic = f'exec.{HERE:08x}'
            router.fills.frame({'type': 'exec', 'order': LIVE + '/0', 'status': 'expired',
                                'final': True})  # and is not sent
            if told_by_beat:
                router.fills.say(type='beat', topics=[
                    {'topic': topic, 'epoch': 1, 'seq': router.fills.sequences[topic]}])
            else:
                router.fills.say(type='exec', order=f'{NEIGHBOUR}/x/1/0/0', status='accepted')
                check(router.hear()[0][0].startswith(str(NEIGHBOUR)), 'it is passed on')
            router.await_said('forgets all keys, since answers of the venue were missed')
            router.refuse('busy', close('42/x/4/1'))
            passes(router, True, True)
            only_one_is_live(router)
            own.stop(router.process)
            check('forgot its keys 1 times' in own.log(router.process), 'once')


def order_is_lost(cluster):
    """It never reached the venue; nothing tells of that but that no answer comes."""
    router = with_one_live(cluster, '--patience', 1)
    router.venue.held.clear()
    router.await_said(f'no final answer to {LIVE}/0 for more than 1 s')
    router.refuse('busy', close('42/x/4/1'))
    passes(router, True, True)
    only_one_is_live(router)


def account_is_missed(cluster):
    """What the ledger said is lost: each account of the partition waits until it is stated anew."""
    router = Router(cluster)
    state(router)
    state(router, NEIGHBOUR)
    router.ledger.frame({'type': 'account', 'account': 42, 'rev': 5, 'full': True})  # not sent
    state(router, NEIGHBOUR)
    router.ledger.await_subscription(f'acct.{HERE:08x}')  # it asks for them
    router.refuse('busy', close(LIVE))
    router.admit(close(f'{NEIGHBOUR}/x/4/0'))
    state(router, rev=5)
    router.refuse('stale', close(LIVE), rev=5)
    router.admit(close('42/x/5/0'))
    cluster.stop(router.process)
    check('forgot its keys 0 times' in cluster.log(router.process), 'no recall is needed')


def two_at_one_venue(cluster):
    router = with_one_live(cluster)
    other = router.beside('other', '--src', 201)
    router.ledger.say(type='account', account=42, rev=4, full=True, positions=[SHORT])
    router.venue.await_recall(HERE, 201)
    check(list(router.venue.held) == [LIVE + '/0'], 'another recall ends nothing')
    router.caught_up()
    router.refuse('busy', close('42/x/4/1'))
    cluster.stop(other)


def two_of_one_name(cluster):
    """The later run takes over, and the venue refuses what the older one sends."""
    router = with_one_live(cluster)
    other = router.beside('other')
    router.ledger.say(type='account', account=42, rev=4, full=True, positions=[SHORT])
    router.settle(42)
    check(not router.venue.held, 'the recall ends it')
    cluster.wait(router.process, 1)
    check('has a later run' in cluster.log(router.process), cluster.log(router.process))
    cluster.stop(other)


def without_a_venue(cluster):
    router = Router(cluster, '--venue', cluster.ipc('nobody'), acts=True)
    state(router, settle=False)
    router.await_said('has not taken the recall of 1,')
    router.refuse('busy', close(LIVE))


def not_asked_for(cluster):
    router = Router(cluster, '--no-recall')
    state(router, settle=False)
    router.admit(close(LIVE))
    check(not router.venue.recalled, 'no recall')


def simulated_venue(cluster):
    """`zeroline sim` passes recalls on, and refuses what comes of a run that is over."""
    names = {name: cluster.ipc(name) for name in ('pub', 'fills', 'orders')}
    sim = cluster.start('sim', '--await', 2, '--accounts', 10,
                        *(word for name, at in names.items() for word in (f'--{name}', at)))
    orders = cluster.socket(zmq.PUSH, names['orders'], False)
    ledger, fills = (cluster.socket(zmq.SUB, names[name], False) for name in ('pub', 'fills'))
    ledger.subscribe = b'\xad' + f'acct.{HERE:08x}'.encode()
    fills.subscribe = b'\xad' + f'exec.{HERE:08x}'.encode()
    sequence = itertools.count(1)

    def send(source, epoch, **said):
        header = {'topic': f'ordr.{HERE:08x}', 'src': source, 'epoch': epoch, 'seq': next(sequence),
                  'ts_ns': 1}
        orders.send(wire.encode_frame(header, [wire.read_object(wire.Stream(), said)]))

    def recall(source, run):
        send(source, run, type='recall', router=source, run=run)

    def passed_on(heard):
        name, said = wire.decode_frame(heard.recv())[1][0]
        return name == 'recall' and said == {'router': 200, 'run': 5}

    def answered():
        """The order that is answered next."""
        while True:
            name, said = wire.decode_frame(fills.recv())[1][0]
            if name == 'exec':
                return said['order']

    for heard in (ledger, fills):
        while not heard.poll(100) or not passed_on(heard):  # who just subscribed hears nothing yet
            recall(200, 5)
    send(200, 4, **cancel('42/x/1/0'))
    send(200, 5, **cancel('42/x/1/1'))
    check(answered() == '42/x/1/1/0', 'one of an older run')
    recall(200, 4)
    check(passed_on(fills), 'an older run is told of the later one')
    send(201, 1, **cancel('42/x/1/2'))
    check(answered() == '42/x/1/2/0', 'another router has runs of its own')
    send(200, 6, **cancel('42/x/1/3'))
    check(answered() == '42/x/1/3/0', 'a later run')
    cluster.stop(sim)
    check("1 frames came from a router's run that was over" in cluster.log(sim), cluster.log(sim))


def over_tcp(cluster):
    ports = {}

    def at(name):
        if name not in ports:
            with socket.socket() as probe:
                probe.bind(('127.0.0.1', 0))
                ports[name] = f'tcp://127.0.0.1:{probe.getsockname()[1]}'
        return ports[name]
    killed(cluster, at)


def run(zeroline):
    for test in (killed, over_tcp, answers_may_come_late, trade_is_shown_late,
                 no_recall_of_another_run, venue_begins_anew, answer_is_missed, order_is_lost,
                 account_is_missed,
                 two_at_one_venue, two_of_one_name, without_a_venue, not_asked_for,
                 simulated_venue):
        with Cluster(zeroline) as cluster:
            test(cluster)
        print(test.__name__, flush=True)


main(run)
