"""Small worlds as JSON lines through calc, encode and replay: each once went wrong.

The lines of proto/README.md's example are among them."""
import json
import pathlib
import re

from cluster import Cluster, check, main

PAGE = pathlib.Path(__file__).resolve().parents[2] / 'proto' / 'README.md'
ASSET = {'type': 'asset', 'asset': 1, 'symbol': 'U', 'scale': 6, 'numeraire': True}
CONTRACT = {'type': 'instrument', 'instrument': 7, 'symbol': 'B', 'settle': 1, 'price_scale': 2,
            'qty_scale': 3, 'tick': '0.1', 'lot': '0.001', 'tiers': [{'mmr': '0.005'}]}
MARK = {'type': 'mark', 'instrument': 7, 'price': '100'}
PAID = {**MARK, 'funding': '5'}


def account(number, rev=1, **position):
    row = {'instrument': 7, 'qty': '1', 'entry': '100', 'mode': 'isolated', 'margin': '10'}
    return {'type': 'account', 'account': number, 'rev': rev, 'full': True,
            'positions': [{**row, **position}]}


def text(lines):
    return ''.join(json.dumps(line) + '\n' for line in lines).encode()


def equity(cluster, *lines):
    return [json.loads(line)['equity']
            for line in cluster.run('calc', stdin=text(lines)).stdout.splitlines()]


def replay(cluster, lines, *arguments):
    tape = cluster.dir / 'lines.tape'
    cluster.run('encode', '-o', tape, stdin=text(lines))
    told = cluster.run('replay', tape, '--json', *arguments).stdout
    return [json.loads(line) for line in told.splitlines()]


def restatement_forgives_no_funding(cluster):
    base = (ASSET, CONTRACT)
    check(equity(cluster, *base, MARK, account(42), PAID) == ['5'], 'funding is due')
    check(equity(cluster, *base, MARK, account(42), PAID, account(42)) == ['5'], 'and stays so')
    check(equity(cluster, *base, MARK, account(42), PAID, account(42, 2)) == ['10'],
          'a change of the position begins at the index then current')
    check(equity(cluster, *base, account(42), PAID) == ['10'], 'before any mark: its first')
    check(equity(cluster, *base, PAID, account(42)) == ['10'], 'the index then current')


def suspended_is_not_judged(cluster):
    hole = {**account(42, 3), 'full': False}
    check(equity(cluster, ASSET, CONTRACT, MARK, account(42), hole) == [None], 'it waits')


def first_revision_may_be_zero(cluster):
    check(equity(cluster, ASSET, CONTRACT, MARK, account(42, 0)) == ['10'], 'revision 0')


def threads_see_the_same(cluster):
    """Two instruments that are refused when their asset arrives, known to engines in another order."""
    numbers = [n for n in range(1, 400)][:40]
    fine = {'type': 'instrument', 'symbol': 'I', 'settle': 2, 'price_scale': 18, 'qty_scale': 18,
            'tick': 1, 'lot': 1}
    lines = [ASSET, *(account(n, instrument=9, qty=1, entry=1, margin=1) for n in numbers),
             {**fine, 'instrument': 8}, {**fine, 'instrument': 9},
             {'type': 'asset', 'asset': 2, 'symbol': 'X', 'scale': 2}]
    alone = replay(cluster, lines)
    check(any(line['type'] == 'alert' and line['instrument'] == 8 for line in alone), alone)
    for threads in (2, 3, 8):
        check(replay(cluster, lines, '--threads', threads) == alone, f'{threads} threads')


def cluster_in_a_batch(cluster):
    batch = [{**ASSET, 'seq': 1}, {'type': 'cluster', 'partitions': 16, 'seq': 1}, CONTRACT, MARK,
             account(42, margin='0.1')]
    order, = replay(cluster, batch)
    check(order['type'] == 'liquidate' and 'topic' not in order, order)
    frame = cluster.run('decode', cluster.dir / 'lines.tape').stdout.decode()
    check('"partitions":16' in frame, frame)


def refused_scales_change_nothing(cluster):
    lines = [ASSET, CONTRACT, MARK, account(42, margin='0.1'), {**ASSET, 'scale': 2}]
    order, alert = replay(cluster, lines)
    check(order['equity'] == '0.1' and alert['kind'] == 'refused', (order, alert))


def deficit_is_withdrawn(cluster):
    clocks = [{'type': 'clock', 'ts_ns': 10**9 * s} for s in (1, 3, 9, 20)]
    whole = {'type': 'policy', 'policy': 1, 'partial': 'none'}
    lines = [whole, ASSET, CONTRACT, MARK, account(42), {**MARK, 'price': '90.2'},
             {'type': 'exec', 'order': '42/7/1/0/0', 'status': 'expired', 'final': True},
             MARK, *clocks, {**MARK, 'price': '90.2'}]
    told = [(line['type'], line['at']) for line in replay(cluster, lines, '--internal')
            if line['type'] != 'alert']
    check(told == [('liquidate', 5), ('deficit', 6), ('deficit', 12)], told)


def page_example(cluster):
    lines = re.findall(r'^    (\{"type":.*\})$', PAGE.read_text(encoding='utf-8'), re.M)
    check(len(lines) > 5, 'the page has lines')
    done = cluster.run('encode', stdin='\n'.join(lines).encode())
    told = cluster.run('decode', stdin=done.stdout).stdout.splitlines()
    check(len(told) == len(lines), told)


def comments_are_passed_over(cluster):
    said = b'# a comment\n\n  # another, and no JSON: {\n' + text([ASSET, CONTRACT]) + b'#'
    told = cluster.run('encode', '--hex', stdin=said).stdout
    check(told == cluster.run('encode', '--hex', stdin=text([ASSET, CONTRACT])).stdout, told)
    done = cluster.run('encode', stdin=said + b'\n{"type":"#"}\n', code=1)
    check(b'line 7: ' in done.stderr, 'and counted')


def run(zeroline):
    with Cluster(zeroline) as cluster:
        for test in (restatement_forgives_no_funding, suspended_is_not_judged,
                     first_revision_may_be_zero, threads_see_the_same, cluster_in_a_batch,
                     refused_scales_change_nothing, deficit_is_withdrawn, page_example,
                     comments_are_passed_over):
            test(cluster)


main(run)
