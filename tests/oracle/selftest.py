#!/usr/bin/env python3
"""The oracle against itself: the exact search against brute force, prices against their meaning.

Run as `calc.py --selftest N [--seed S]`.
"""
import random
from fractions import Fraction

import calc
import worlds


class Failed(Exception):
    """A check that does not hold."""


def expect(condition, what):
    """One check."""
    if not condition:
        raise Failed(what)


def pools_of(twin):
    """(label, pool, coordinates) of every pool that does not wait."""
    for number, account in twin.state.accounts.items():
        for name, rows, holdings, policy in twin.pools(account):
            pool = twin.build(rows, holdings, policy, name == 'x')
            if pool is not None:
                yield f'{number}/{name}', pool, twin.coordinates(pool)


def judge(pool, u, instrument, coordinate):
    """Is the whole pool unsafe with one coordinate moved?"""
    E, _, MM, _ = pool.solvency({**u, instrument.id: Fraction(coordinate)})
    return E < MM or E == MM and pool.policy.at_or_below


def filled(pool, u, fills):
    """B after positions are filled at exact prices: {position: price in raw units}."""
    B = pool.solvency(u)[1]
    for p, price in fills.items():
        i = p.instrument
        to = i.ten_n / price if i.inverse else price
        pnl = p.s * p.k * (to - u[i.id])
        fee = p.fee * p.k * to
        B += pool.holdings[i.settle].rate * ((-pnl if i.inverse else pnl) - fee)
    return B


def check_closing(label, pool, u):
    """Section 4: bankruptcy price alone leaves B = 0; all close-out prices together too."""
    _, B, MM, mm = pool.solvency(u)
    together = {}
    for p, w in zip(pool.positions, calc.closing_weights(pool, mm, MM, u)):
        rate, here = pool.holdings[p.instrument.settle].rate, u[p.instrument.id]
        alone = calc.closing_price(p, rate, B, 1, here)
        expect(alone in (None, 0) or filled(pool, u, {p: alone}) == 0, f'{label}: bankruptcy price')
        together[p] = calc.closing_price(p, rate, B, w, here) if w is not None else None
    if together and all(together.values()):
        expect(filled(pool, u, together) == 0, f'{label}: close-out prices')
        if MM:
            for p, price in together.items():
                check_one_closed(label, pool, u, p, price, B, MM)


def check_one_closed(label, pool, u, p, price, B, MM):
    """Section 4: closing one position at its close-out price leaves B / MM as it was."""
    rest = MM - pool.holdings[p.instrument.settle].rate * p.maintenance(u[p.instrument.id])
    expect(filled(pool, u, {p: price}) * MM == B * rest, f'{label}: B / MM after one close-out')


def check_reasons(label, line, points, rng):
    """out_of_range has a real unsafe price outside; always_safe has none among samples."""
    i = line.instrument
    low, high = i.min_price, i.max_price
    below = [1, low // 2, low - 1] + [rng.randint(0, low) for _ in range(20)] + list(range(9))
    above = [high + 1, high * 2, high * 10 ** 6, 10 ** 30] + [
        high + rng.randint(1, high + 9) for _ in range(20)]
    sides = ((points[0][1], calc.outside_below, [m for m in below if m < low]),
             (points[1][1], calc.outside_above, above))
    for reason, outside, samples in sides:
        if reason == 'out_of_range':
            expect(judge(line.pool, line.here, i, outside(line)), f'{label}: witness')
        if reason == 'always_safe':
            for m in samples:
                if m or not i.inverse:
                    expect(not judge(line.pool, line.here, i, i.coordinate(m)),
                           f'{label}: instrument {i.id} unsafe at {m}')


def check_points(label, line, points, mark, rng):
    """Liquidation prices are unsafe, and no sampled mark between them is."""
    i = line.instrument
    (below, why), (above, _) = points
    if why == 'never_safe':
        expect(judge(line.pool, line.here, i, line.here[i.id]), f'{label}: never_safe')
        return
    low = i.min_price if below is None else below + 1
    high = i.max_price if above is None else above - 1
    for edge in (below, above):
        if edge is not None:
            expect(judge(line.pool, line.here, i, i.coordinate(edge)), f'{label}: edge is safe')
    for m in [low, high, clip(mark, low, high)] + [rng.randint(low, high) for _ in range(20)]:
        expect(not judge(line.pool, line.here, i, i.coordinate(m)), f'{label}: unsafe at {m}')


def clip(x, low, high):
    """x within [low, high]."""
    return max(low, min(high, x))


def check_world(lines, rng):
    """Every pool of a world."""
    twin = calc.Calc(calc.read(lines))
    count = 0
    for label, pool, u in pools_of(twin):
        count += 1
        check_closing(label, pool, u)
        for i in {p.instrument.id: p.instrument for p in pool.positions}.values():
            line = calc.Slice(pool, i, u)
            points = calc.liquidation(line, twin.state.marks[i.id][0])
            check_points(label, line, points, twin.state.marks[i.id][0], rng)
            check_reasons(label, line, points, rng)
    return count


TEXTBOOK = [
    '{"type":"asset","asset":1,"symbol":"USDT","scale":6,"numeraire":true}',
    '{"type":"instrument","instrument":7,"symbol":"BTC-USDT","kind":"linear","settle":1,'
    '"price_scale":2,"qty_scale":3,"tick":"0.1","lot":"0.001","slippage":"0.001",'
    '"tiers":[{"upto":"50000","mmr":"0.004"},{"upto":null,"mmr":"0.005"}],"rev":1}',
    '{"type":"mark","instrument":7,"price":"64000"}',
    '{"type":"account","account":42,"rev":1,"full":true,"positions":['
    '{"instrument":7,"qty":"0.5","entry":"64000","mode":"isolated","margin":"3200"}]}']


def check_textbook():
    """A 10x long of 0.5 at 64000: bankrupt at entry (1 - 1/10), liquidated at 57600 / 0.996."""
    position = calc.calc(TEXTBOOK)[0]['positions'][0]
    expect(position['bankruptcy_price'] == '57600', 'textbook bankruptcy price')
    expect(position['closeout_price'] == '57600', 'textbook close-out price')
    expect(position['maintenance'] == '128', 'textbook maintenance')
    expect(position['liquidation_price'] == '57831.32', 'textbook liquidation price')
    expect(position['buffer'] == '3.614375', 'textbook buffer')
    expect(position['liquidation_above_reason'] == 'always_safe', 'textbook other side')


def run(count, seed):
    """N small worlds by brute force, N wide ones by samples; the exit code."""
    try:
        check_textbook()
        pools = 0
        for s in range(seed, seed + count):
            rng = random.Random(s)
            small = worlds.world(s, None, 4, True)
            exact, brute = calc.calc(small), calc.calc(small, True)
            for a, b in zip(exact, brute, strict=True):
                expect(a == b, f'seed {s}: {calc.compact(a)} by brute force {calc.compact(b)}')
            pools += check_world(small, rng) + check_world(worlds.world(s, None, 6), rng)
    except Failed as failure:
        print(f'seed {s if "s" in locals() else "-"}: {failure}')
        return 1
    print(f'{count} worlds: exact and brute force agree ({pools} pools checked)')
    return 0
