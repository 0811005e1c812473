"""A worker among strangers: feeder, router and alert reader are Python that shares no code with it.

Holds: the worker takes frames made from proto/README.md alone, sends orders that decode by it, takes
answers, proposes again what was not answered, survives frames that do not decode, and its tape
replays to the same bytes."""
import os

import zmq

from cluster import Cluster, Publisher, check, main, receive

ASSET = {'type': 'asset', 'asset': 1, 'symbol': 'USDT', 'scale': 6, 'numeraire': True}
POLICY = {'type': 'policy', 'policy': 1, 'rev': 2, 'partial': 'none'}
INSTRUMENT = {'type': 'instrument', 'instrument': 7, 'symbol': 'BTC-USDT', 'settle': 1,
              'price_scale': 2, 'qty_scale': 3, 'tick': '0.1', 'lot': '0.001',
              'tiers': [{'mmr': '0.005'}], 'taker_fee': '0.0005', 'rev': 3}


def position(qty, margin):
    return {'instrument': 7, 'qty': qty, 'entry': '65000', 'mode': 'isolated', 'margin': margin}


def hostile(publisher):
    """Frames that must cost nothing: cut, bent and random."""
    good = publisher.frame({'type': 'mark', 'instrument': 7, 'price': '1'})
    publisher.sequences['mark.00000007'] -= 1
    for end in range(15, len(good)):
        publisher.socket.send(good[:end])
    publisher.socket.send(good[:14] + b'\xdd\xff\xff\xff\xff')
    publisher.socket.send(good[:14] + b'\x91' * 4000)
    for _ in range(200):
        publisher.socket.send(good[:14] + os.urandom(60))
    return len(good) - 15 + 202


def run(zeroline):
    with Cluster(zeroline) as cluster:
        feeder, answers = Publisher(cluster, 'feed', 10), Publisher(cluster, 'answers', 20)
        orders = cluster.socket(zmq.PULL, cluster.ipc('orders'), True)
        worker = cluster.start('worker', '--sub', feeder.endpoint, '--sub', answers.endpoint,
                               '--router', cluster.ipc('orders'), '--pub', cluster.ipc('alerts'),
                               '--tape', cluster.dir, '--src', 5, '--epoch', 77)
        alerts = cluster.socket(zmq.SUB, cluster.ipc('alerts'), False)
        alerts.setsockopt(zmq.SUBSCRIBE, b'\xadalrt')
        feeder.await_subscription('acct', 256)
        answers.await_subscription('exec', 256)
        stream = feeder.stream

        for said in (ASSET, POLICY, INSTRUMENT):
            feeder.say(**said)
        feeder.say(type='mark', instrument=7, price='65000')
        feeder.say(type='account', account=42, rev=1, full=True, positions=[position('0.5', '3250')])
        bad = hostile(feeder)
        feeder.say(type='mark', instrument=7, price='58700')

        header, name, order = receive(orders, stream)
        check(name == 'liquidate' and order['order'] == '42/7/1/0/0', order)
        # Equity 3250 - 0.5 x 6300 = 100, maintenance 0.5 x 58700 x 0.0055 = 161.425.
        check(order['equity'] == '100' and order['maintenance'] == '161.425', order)
        # (0.5 x 65000 - 3250) / (0.5 x 0.9995), up to the tick.
        check(order['price'] == order['bankruptcy_price'] == '58529.3', order)
        check(order['side'] == 'sell' and order['qty'] == '0.5', order)
        check((order['tier_rev'], order['policy_rev']) == (3, 2), order)
        check(order['mark'] == '58700', order)
        check((header['src'], header['epoch'], header['seq']) == (5, 77, 1), header)

        # Unanswered: the same key comes again after answer_ms.
        header, name, again = receive(orders, stream)
        check(again['order'] == order['order'] and header['seq'] == 2, again)

        # Expired without a fill: n moves on. A new base begins anew.
        answers.stream = stream
        answers.say(type='exec', order='42/7/1/0/0', status='expired', final=True)
        feeder.say(type='account', account=42, rev=2, positions=[position('0.4', '2600')])
        header, name, order = receive(orders, stream)
        check(order['order'] == '42/7/2/0/0' and order['qty'] == '0.4', order)
        answers.say(type='exec', order='42/7/2/0/0', status='filled', final=True, filled='0.4',
                    price='58600', fee='11.72', rev=3)
        feeder.say(type='account', account=42, rev=3, positions=[position('0', None)])

        # A hole in the revisions is said, and decides nothing until a full message.
        feeder.say(type='account', account=42, rev=9, positions=[position('1', '1')])
        while True:
            header, name, alert = receive(alerts, stream)
            if alert['kind'] == 'suspended':
                break
        check(alert['account'] == 42, alert)
        feeder.say(type='account', account=42, rev=10, full=True, positions=[position('1', '1')])
        header, name, order = receive(orders, stream)
        check(order['order'] == '42/7/10/0/0' and order['side'] == 'sell', order)

        cluster.stop(worker)
        log = cluster.log(worker)
        check(f'({bad} did not decode)' in log, log)
        check('1 decisions without an answer' in log, log)
        tape, = cluster.tapes('worker-5')
        for threads in (1, 3):
            replayed = cluster.run('replay', tape, '--threads', threads).stdout.decode()
            check('identical: ' in replayed and f'{bad} frames did not decode' in replayed, replayed)


main(run)
