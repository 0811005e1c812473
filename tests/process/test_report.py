"""`replay --report`: the page in a browser. test_report.py ZEROLINE FOLDER

It must hold the numbers that `--json` prints, say nothing on its console, ask for nothing, and
answer a hand, a pointer and a keyboard; its pictures go to FOLDER (report-*.png), to be looked at.
"""
import json
import pathlib
import re
import sys

from browser import Browser, find
from cluster import Cluster, check, main

FOLDER = pathlib.Path(sys.argv[2])
VARIANTS = ('careful:set=policy.target_ratio=0.6', 'shock:shock=BTC-USDT=-10%', 'fund2:fund=x2')
INPUTS = ('cluster', 'asset', 'instrument', 'policy', 'rate', 'mark', 'account', 'fund', 'clock',
          'beat', 'synced')
ASSET = {'type': 'asset', 'asset': 1, 'symbol': 'U<b>', 'scale': 6, 'numeraire': True}
CONTRACT = {'type': 'instrument', 'instrument': 7, 'symbol': 'B</script>', 'settle': 1, 'fund': 1,
            'price_scale': 2, 'qty_scale': 3, 'tick': '0.1', 'lot': '0.001',
            'tiers': [{'mmr': '0.005'}]}
FUND = {'type': 'fund', 'fund': 1, 'asset': 1, 'balance': '3', 'rev': 1}
MARK = {'type': 'mark', 'instrument': 7, 'price': '100'}
SIDES = [{'type': 'account', 'account': 42 + side, 'rev': 1, 'full': True, 'positions': [
    {'instrument': 7, 'qty': str(qty), 'entry': '100', 'mode': 'isolated', 'margin': '10'}]}
    for side, qty in enumerate((1, -1))]


def incident(cluster, name):
    tape = cluster.dir / f'{name}.tape'
    cluster.run('sim', '--incident', name, '--out', tape)
    return tape


def report(cluster, tape, *variants, more=()):
    """(the page's path, what --json printed)."""
    page = cluster.dir / f'{tape.stem}.html'
    options = [word for variant in variants for word in ('--variant', variant)]
    told = cluster.run('replay', tape, '--json', '--report', page, *options, *more).stdout
    check(not list(cluster.dir.glob('*.partial')), 'nothing is left beside the page')
    return page, json.loads(told)


def inline_data(page):
    text = page.read_text(encoding='utf-8')
    found = re.search(r'<script id="data" type="application/json">(.*?)</script>', text, re.S)
    check('<' not in found[1], 'the data cannot end its element')
    return json.loads(found[1])


def opened(browser, path, **screen):
    page = browser.open(path, **{'width': 1200, 'height': 900, **screen})
    page.wait('document.documentElement.dataset.ready')
    page.frame()
    return page


def is_quiet(page, path):
    check(not page.errors, page.errors)
    asked = [url for url in page.requests if not url.startswith('data:')]
    check(asked == [path.resolve().as_uri()], asked)


# ---- numbers ----


def tells_the_totals(page, told):
    shown = page.run('''[...document.querySelectorAll("#compare tr[data-name]")].map((row) =>
        [row.dataset.name, [...row.querySelectorAll("td")].map((cell) => cell.dataset.value)])''')
    totals = [variant['totals'] for variant in told['variants']]
    check({name for name, _ in shown} == set(totals[0]), 'every total has its row')
    for name, cells in shown:
        check(cells == [str(of[name]) for of in totals], f'{name}: {cells}')
    tiles = page.run('''[...document.querySelectorAll(".tile")].map((tile) => [tile.dataset.name,
        [...tile.querySelectorAll("[data-value]")].map((cell) => cell.dataset.value)])''')
    check(len(tiles) == 8, tiles)
    for name, cells in tiles:
        check(cells == [str(of[name]) for of in totals], f'{name}: {cells}')


def numbers_read_well(page):
    for script, text in (
            ('decimal("-1234567.895")', '\u22121,234,567.90'), ('decimal("0.004")', '0.00'),
            ('decimal("-0.004")', '0.00'), ('decimal("12")', '12'), ('decimal("99.995")', '100.00'),
            ('decimal("0.00012345", 18)', '0.00012345'), ('short(12345678)', '12.35\u202fM'),
            ('short(-999)', '\u2212999'), ('short(0)', '0'), ('percent(-0.0001)', '\u22120.01%'),
            ('difference(0, 0)', '='), ('difference(11, 10)', '+10%'), ('difference(5, 0)', '+5'),
            ('difference(-3, -1, "change")', '\u22122'), ('span(90061000)', '1 d 1 h'),
            ('span(1500)', '1.5 s'), ('clock(1760130000500, 500)', '21:00:00.5'),
            ('clock(1760130000000, 1000)', '21:00:00'), ('clock(1760130000000, 6e4)', '21:00')):
        check(page.run(script) == text, f'{script}: {page.run(script)!r}, not {text!r}')


def frame_of(line):
    return [line.get(name) for name in ('type', 'topic', 'src', 'epoch', 'seq', 'instrument')]


def map_before(cluster, tape):
    """What calc says of all that the tape says before the frame that was first decided upon."""
    lines, frame = [], None
    for text in cluster.run('decode', tape).stdout.decode().splitlines():
        line = json.loads(text)
        if line['type'] in ('cancel', 'convert', 'liquidate'):
            break
        if line['type'] in INPUTS:
            lines.append(text)
            frame = frame_of(line)
    while frame_of(json.loads(lines[-1])) == frame:
        lines.pop()
    told = cluster.run('calc', '--map', stdin='\n'.join(lines).encode()).stdout
    return [json.loads(line) for line in told.splitlines()]


# ---- a hand ----


def shown_sets(page):
    return page.run('''charts.map((chart) => chart.getSortedVisibleDatasetMetas()
        .flatMap((meta) => shownOf(chart.data.datasets[meta.index])).length)''')


def chips_hide(page, count):
    before = shown_sets(page)
    for i in range(count):
        chip = f'.chip:nth-child({i + 1})'
        page.click(chip)
        check(page.run(f'document.querySelector("{chip}").getAttribute("aria-pressed")') == 'false',
              'a chip is pressed')
        after = shown_sets(page)
        check(all(a <= b for a, b in zip(after, before)) and after < before, (before, after))
        page.click(chip)
        check(shown_sets(page) == before, 'and back')


def all_controls(page):
    """Every choice of every control changes what is drawn, or at least breaks nothing."""
    count = page.run('document.querySelectorAll(".segment input").length')
    check(count >= 9, count)
    for i in range(count):
        page.run(f'document.querySelectorAll(".segment input")[{i}].id = "chosen-{i}"')
        page.click(f'#chosen-{i}')
        check(page.run(f'document.querySelectorAll(".segment input")[{i}].checked'), i)
        check(not page.errors, page.errors)
    for i in range(page.run('document.querySelectorAll("select").length')):
        for k in range(page.run(f'document.querySelectorAll("select")[{i}].options.length')):
            page.run(f'''(() => {{ const list = document.querySelectorAll("select")[{i}];
                list.selectedIndex = {k}; list.dispatchEvent(new Event("change")); }})()''')
            page.frame()
            check(not page.errors, page.errors)
    for i in range(page.run('document.querySelectorAll("summary").length')):
        page.run(f'document.querySelectorAll("summary")[{i}].id = "summary-{i}"')
        page.click(f'#summary-{i}')
        check(page.run(f'document.querySelectorAll("details")[{i}].open'), 'it opens')


def hovers(page):
    for i in range(page.run('charts.length')):
        page.run(f'charts[{i}].canvas.id = "canvas-{i}"')
        page.move(*page.place(f'#canvas-{i}'))
        told = page.run(f'charts[{i}].tooltip.opacity > 0 && charts[{i}].tooltip.body.length')
        check(told, f'chart {i} says nothing when it is hovered')
        page.move(1, 1)


def keys_walk(page):
    page.run('charts[0].canvas.focus()')
    seen = []
    for _ in range(3):
        page.press('ArrowRight')
        seen.append(page.run('charts[0].tooltip.getActiveElements()[0].index'))
    page.press('ArrowLeft')
    seen.append(page.run('charts[0].tooltip.getActiveElements()[0].index'))
    check(seen == [0, 1, 2, 1], seen)
    page.run('document.querySelector(".chip").focus()')
    page.press('Tab')
    check(page.run('document.activeElement.className') == 'chip', 'the next chip is one key away')


# ---- eyes ----

CONTRAST = '''(() => {
    const light = (name) => {
        const parts = colour(name).match(/[0-9a-f]{2}/g).map((text) => parseInt(text, 16) / 255)
            .map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
    };
    const ratio = (a, b) =>
        (Math.max(light(a), light(b)) + 0.05) / (Math.min(light(a), light(b)) + 0.05);
    return [["ink", "page", "card"], ["soft", "page", "card"]].flatMap(([text, ...behind]) =>
        behind.map((name) => ratio(text, name) / 4.5))
        .concat([..."01234567"].map((i) => ratio("v" + i, "card") / 3));
})()'''


def picture(page, name, **screen):
    page.screen(**screen)
    page.frame()
    height = page.run('document.documentElement.scrollHeight')
    page.screen(**{**screen, 'height': height})
    page.frame()
    check(min(page.run(CONTRAST)) >= 1, f'{name}: {page.run(CONTRAST)}')
    wide = page.run('document.documentElement.scrollWidth')
    check(wide <= screen['width'], f'{name} is {wide} wide')
    page.picture(FOLDER / f'report-{name}.png')
    return page.run('''[charts[0].options.scales.x.ticks.color,
        getComputedStyle(document.body).color]''')


def themes(page):
    light = picture(page, 'light', width=1200, height=900)
    dark = picture(page, 'dark', width=1200, height=900, dark=True)
    check(all(a != b for a, b in zip(light, dark)), 'charts and text follow the reader\'s colours')
    page.click('#theme')
    check(page.run('charts[0].options.scales.x.ticks.color') == light[0], 'and the button')
    page.click('#theme')
    picture(page, 'phone', width=390, height=844, scale=2, mobile=True)


def prints(page):
    """In light colours whatever the reader's are, which are there again behind it."""
    page.screen(width=1200, height=900, dark=True)
    page.run('addEventListener("beforeprint", () => { window.printed = isDark(); })')
    pdf = page.call('Page.printToPDF')['data']
    check(len(pdf) > 50000 and page.run('window.printed') is False, 'paper is white')
    check(page.run('isDark()'), 'and the screen dark')


# ---- tapes ----


def deleveraging(cluster, browser):
    tape = incident(cluster, 'exhausted')
    path, told = report(cluster, tape, *VARIANTS, more=('--map-at', '+2s'))
    data = inline_data(path)
    check(data['replay'] == told, 'the page holds what --json prints')
    check([(entry['variant'], entry['moment']) for entry in data['maps']] ==
          [(v['name'], moment) for v in told['variants'] for moment in ('before', 'asked', 'end')],
          'three maps a variant')
    late = told['axis']['first'] + 2 * 10 ** 9 - data['maps'][1]['at']  # the frame before
    check(0 < late <= 10 ** 9 and data['maps'][0]['instruments'] != data['maps'][1]['instruments'] !=
          data['maps'][2]['instruments'], f'each at its time: {late}')
    check(data['maps'][0]['instruments'] == map_before(cluster, tape), 'the map before')
    page = opened(browser, path)
    tells_the_totals(page, told)
    numbers_read_well(page)
    themes(page)
    prints(page)
    page.screen(width=1200, height=900)
    hovers(page)
    keys_walk(page)
    chips_hide(page, len(told['variants']))
    all_controls(page)
    hovers(page)
    rows = page.run('document.querySelectorAll("#winners-body tbody tr").length')
    check(rows == len(told['variants'][-1]['winners']) > 0, rows)
    is_quiet(page, path)


def nobody_deleveraged(cluster, browser):
    path, told = report(cluster, incident(cluster, 'cascade'))
    check([variant['name'] for variant in told['variants']] == ['base'], 'nothing was changed')
    page = opened(browser, path)
    tells_the_totals(page, told)
    check('No winner was deleveraged' in page.run('document.querySelector("#adl").innerText'),
          'an empty section says so')
    page.picture(FOLDER / 'report-base.png')
    all_controls(page)
    hovers(page)
    is_quiet(page, path)


def tape_of(cluster, name, lines):
    tape = cluster.dir / f'{name}.tape'
    text = ''.join(json.dumps(line) + '\n' for line in lines)
    cluster.run('encode', '-o', tape, stdin=text.encode())
    return tape, text


def map_is_calc_s(cluster, browser):
    """Two safe accounts and a small fund. Names that would be tags are text."""
    tape, text = tape_of(cluster, '<i>&"', [ASSET, CONTRACT, FUND, MARK, *SIDES])
    path, told = report(cluster, tape, more=('--map-at', 'at:5'))
    maps = inline_data(path)['maps']  # nothing is decided: there is no moment before
    lines = text.splitlines(keepends=True)
    for found, moment, at in zip(maps, ('asked', 'end'), (5, 6), strict=True):
        alone = cluster.run('calc', '--map', stdin=''.join(lines[:at]).encode()).stdout
        check(found == {'variant': 'base', 'moment': moment, 'at': at,
                        'instruments': [json.loads(alone)]}, f'the map of {moment}')
    of = maps[1]['instruments'][0]
    at = of['price'].index('80')
    check([of[key][at] for key in ('pools', 'longs', 'shorts', 'lacking', 'shortfall')] ==
          [1, '80', '0', '10', '7'], 'a long of 1 with 10 behind it, a fund of 3')
    page = opened(browser, path)
    check(page.run('document.querySelector("h1").innerText') == 'Replay of <i>&".tape', 'as text')
    page.click('#map .segment label:nth-of-type(2)')
    notes = page.run('document.querySelector("#map-notes").innerText')
    check('not enough where the mark falls to 86 (\u221214%), or rises to 114 (+14%)' in notes, notes)
    check(told['axis']['unit'] == 'message', 'there is no time on this tape')
    all_controls(page)
    is_quiet(page, path)


def almost_nothing(cluster, browser):
    """Whatever is missing, the page says so and stands."""
    worlds = {'asset': [ASSET], 'mark': [ASSET, CONTRACT, MARK], 'fund': [ASSET, FUND]}
    for name, lines in worlds.items():
        path, _ = report(cluster, tape_of(cluster, name, lines)[0])
        page = opened(browser, path)
        check(page.run('document.querySelectorAll(".empty").length') >= 2, name)
        is_quiet(page, path)


def cannot_be_written(cluster):
    tape, _ = tape_of(cluster, 'some', [ASSET])
    done = cluster.run('replay', tape, '--report', cluster.dir / 'no' / 'where.html', code=1)
    check(b'--report: cannot make ' in done.stderr, done.stderr)
    done = cluster.run('replay', tape, '--report', cluster.dir, code=1)
    check(b'--report: cannot write ' in done.stderr, done.stderr)
    done = cluster.run('replay', tape, '--report', cluster.dir / 'x.html', '--map-at', 'at:9', code=1)
    check(b'--map-at at:9: the tape ends before' in done.stderr, done.stderr)
    done = cluster.run('replay', tape, '--map-at', 'at:0', code=2)
    check(b'--report FILE' in done.stderr, done.stderr)
    check(not list(cluster.dir.parent.glob(f'{cluster.dir.name}*.partial')), 'nothing is left')


def run(zeroline):
    check(find(), 'no browser: deploy/setup installs chromium')
    with Cluster(zeroline) as cluster, Browser() as browser:
        for test in (deleveraging, nobody_deleveraged, map_is_calc_s, almost_nothing):
            test(cluster, browser)
        cannot_be_written(cluster)


main(run)
