/* The sections with charts. */

const data = JSON.parse(byId("data").textContent);
const replay = data.replay, variants = replay.variants, base = variants[0];
const names = variants.map((variant) => variant.name);
const money = replay.numeraire.symbol || "numeraire";
const timed = replay.axis.unit === "ns";
const BARS = 60, POINTS = 400; /* of a chart of sums; more would be noise */

/* ---- the axis of time ---- */

const unitX = timed ? 1e6 : 1;
const firstX = replay.axis.first / unitX, stepX = replay.axis.step / unitX;
const lastX = firstX + stepX * Math.max(1, replay.axis.points);

function titleX(point) {
  return timed ? moment(point.x) + " UTC"
    : `message ${Math.round(point.x).toLocaleString("en-GB")}`;
}

function overTime(settings) {
  return lineFigure({
    names, min: firstX, max: lastX, titleX,
    tickX(value) {
      return timed ? clock(value, this.chart.timeStep) : value.toLocaleString("en-GB");
    },
    ticksX: timed && ((axis) => {
      const step = timeStep(axis.min, axis.max, Math.max(3, axis.width / 90));
      axis.chart.timeStep = step;
      axis.ticks = [];
      for (let at = Math.ceil(axis.min / step) * step; at <= axis.max; at += step)
        axis.ticks.push({value: at});
    }),
    ...settings,
  });
}

/* ---- series ---- */

function leadingZeros(values) {
  const found = values.findIndex((value) => Number(value) !== 0);
  return found < 0 ? values.length : found;
}

/* What stands at the end of each point; nothing before the first statement. */
function levels(values) {
  const from = leadingZeros(values);
  return values.map((value, i) => ({x: firstX + (i + 1) * stepX, y: Number(value), text: value}))
    .slice(from);
}

/* As many points as make a bar of a length that reads well. */
const barPoints = Math.max(1, timed ? Math.round(timeStep(firstX, lastX, BARS) / stepX)
  : Math.ceil(replay.axis.points / BARS));

/* The sum, or the greatest, of them. */
function bars(values, how) {
  const size = barPoints, out = [];
  for (let i = 0; i < values.length; i += size) {
    const part = values.slice(i, i + size).map(Number);
    const y = how === "most" ? Math.max(...part) : part.reduce((a, b) => a + b, 0);
    out.push({x: firstX + (i + size / 2) * stepX, y});
  }
  return out;
}

/* All until then. */
function totals(values) {
  const size = Math.max(1, Math.ceil(values.length / POINTS)), out = [{x: firstX, y: 0}];
  let sum = 0;
  values.forEach((value, i) => {
    sum += Number(value);
    if ((i + 1) % size === 0 || i + 1 === values.length)
      out.push({x: firstX + (i + 1) * stepX, y: sum});
  });
  return out;
}

function lines(series) {
  return variants.map((variant, i) => ({variant: i, data: series(variant)}))
    .filter((line) => line.data.length);
}

const perInterval = timed ? `in each ${span(barPoints * stepX)}`
  : `in each ${plural(barPoints * stepX, "message")}`;

/* ---- price and liquidations ---- */

const flow = {instrument: null, measure: "notional", how: "sum"};

function curves() {
  return base.instruments.filter((instrument) => instrument.price);
}

function nameOf(instrument) {
  return instrument.symbol || `instrument ${instrument.instrument}`;
}

function drawFlow() {
  const price = (variant) => levels((variant.instruments.find(
    (instrument) => instrument.instrument === flow.instrument) || {price: []}).price || []);
  const of = curves().find((instrument) => instrument.instrument === flow.instrument);
  const notional = flow.measure === "notional", total = flow.how === "total";
  place("flow-charts", [
    of ? overTime({title: `Mark of ${nameOf(of)}`, unit: "price", class: "low", fromZero: false,
      lines: lines(price), stepped: "before", valueY: (y, point) => decimal(point.text, 18)})
      : h("p", {class: "empty"}, "No instrument had a mark."),
    overTime({title: notional ? "Liquidated notional" : "Liquidations",
      unit: `${notional ? money : "orders that closed something"}, all instruments, ` +
        (total ? "so far" : perInterval), whole: !notional, filled: true, bars: !total,
      lines: lines((variant) => (total ? totals : bars)(variant.series[flow.measure])),
      valueY: (y) => notional ? `${decimal(y.toFixed(2))} ${money}` : y.toLocaleString("en-GB")}),
  ]);
}

function makeFlow() {
  const options = curves().map((instrument) => [String(instrument.instrument), nameOf(instrument)]);
  const moved = curves().filter(({instrument}) => new Set(variants.map((variant) => String(
    variant.instruments.find((of) => of.instrument === instrument).price))).size > 1);
  const busiest = (moved.length ? moved : curves()).reduce((a, b) =>
    a && Number(a.notional) >= Number(b.notional) ? a : b, null);
  flow.instrument = busiest && busiest.instrument;
  const choose = select("Instrument", options, (value) => {
    flow.instrument = Number(value);
    drawFlow();
  });
  choose.querySelector("select").value = String(flow.instrument);
  fill("flow-controls", choose,
    segment("Show", [["notional", "Notional"], ["liquidations", "Orders"]], flow.measure,
      (value) => {
        flow.measure = value;
        drawFlow();
      }),
    segment("", [["sum", "Per interval"], ["total", "So far"]], flow.how, (value) => {
      flow.how = value;
      drawFlow();
    }));
  drawFlow();
}

/* ---- the liquidation map ---- */

const map = {instrument: null, range: 0.5, moment: null};

function mapOf(variant) {
  const found = data.maps.find((entry) => entry.variant === variant.name &&
    entry.moment === map.moment);
  return found && found.instruments.find((entry) => entry.instrument === map.instrument);
}

function mapPoints(column) {
  return (variant) => {
    const of = mapOf(variant) || {price: []};
    return of.price.map((price, i) => ({x: Number(price), y: Number(column(of, i)), of, i}));
  };
}

function total(of, i) {
  return Number(of.longs[i]) + Number(of.shorts[i]);
}

/* Before or at the end: the time of it. */
function when() {
  const {at} = data.maps.find((entry) => entry.moment === map.moment);
  return timed ? `at ${clock(at / unitX, 1000)}` : `at message ${at.toLocaleString("en-GB")}`;
}

function away(of, i) {
  return Number(of.price[i]) / Number(of.mark) - 1;
}

function amount(text) {
  return `${decimal(text)} ${money}`;
}

/* The price nearest to the mark, on one side, that the fund cannot bear. */
function firstShort(of, side) {
  let found = -1;
  for (let i = 0; i < of.price.length; i++) {
    const way = away(of, i);
    if (Number(of.shortfall[i]) > 0 && way * side >= 0 &&
        (found < 0 || Math.abs(way) < Math.abs(away(of, found))))
      found = i;
  }
  return found;
}

function placeOf(of, i) {
  return `${decimal(of.price[i], 18)} (${signed(percent(away(of, i), 1))})`;
}

function mapNote(variant, i) {
  const of = mapOf(variant);
  if (!of || !of.price.length)
    return h("li", {}, key(i), `${variant.name}: nothing can be valued here.`);
  const here = of.price.findIndex((price, at) => price === of.mark &&
    Number(of.shortfall[at]) > 0);
  const sides = [[-1, "falls to"], [1, "rises to"]].map(([side, verb]) => {
    const at = firstShort(of, side);
    return at < 0 ? null : `${verb} ${placeOf(of, at)}`;
  }).filter(Boolean);
  const fund = of.fund_balance === null ? "no fund"
    : `fund ${of.fund} has ${amount(of.fund_balance)}`;
  const most = Math.max(...of.lacking.map(Number));
  const text = here >= 0 ? `not enough for the ${amount(of.lacking[here])} lacking at the mark.`
    : sides.length ? `not enough where the mark ${sides.join(", or ")}.`
    : most > 0 ? "enough from half the mark to one and a half."
    : "nothing is lacking from half the mark to one and a half.";
  return h("li", {}, key(i), h("b", {}, variant.name),
    ` \u2013 mark ${decimal(of.mark, 18)}; ${fund}, ${text}`);
}

function drawMap() {
  const known = variants.map(mapOf).filter((of) => of && of.price.length);
  fill("map-notes", ...(known.length ? variants.map(mapNote) : []));
  if (!known.length) {
    place("map-charts", [h("p", {class: "empty"}, "There is no instrument with a mark to draw.")]);
    return;
  }
  const marks = [...new Set(known.map((of) => of.mark))];
  const common = {
    names, stepped: false,
    min: Math.min(...marks.map(Number)) * (1 - map.range),
    max: Math.max(...marks.map(Number)) * (1 + map.range),
    tickX: (value, at, all) => tick(value, distance(all)),
    titleX: ({of, i}) => `${nameOf(of)} at ${placeOf(of, i)}`,
    marks: [{at: Number(known[0].mark), label: `mark ${decimal(known[0].mark, 18)}`}],
  };
  const within = (points) => points.filter(({x}) => x >= common.min && x <= common.max);
  const short = variants.some((variant) => {
    const of = mapOf(variant);
    return of && of.shortfall.some((value) => Number(value) > 0);
  });
  const broke = known.every((of) => of.shortfall.every((value, i) => value === of.lacking[i]));
  place("map-charts", [
    lineFigure({...common, title: "Unsafe notional at each price",
      unit: `${money}, longs and shorts; ${when()}`, filled: true,
      lines: lines((variant) => within(mapPoints(total)(variant))),
      valueY: (y, {of, i}) => `${amount(y.toFixed(2))} in ${plural(of.pools[i], "pool")} ` +
        `(longs ${decimal(of.longs[i], 0)}, shorts ${decimal(of.shorts[i], 0)})`}),
    lineFigure({...common, title: "What they would lack there",
      unit: `${money}, if nothing is closed on the way` +
        (broke ? "; all of it beyond the fund" : ""),
      class: "low",
      lines: lines((variant) => within(mapPoints((of, i) => of.lacking[i])(variant))),
      valueY: (y, {of, i}) => `${amount(of.lacking[i])}, beyond the fund ` +
        decimal(of.shortfall[i])}),
    ...(short && !broke ? [lineFigure({...common, title: "The fund's shortfall there",
      unit: `${money}, beyond its balance`, class: "low",
      lines: lines((variant) => within(mapPoints((of, i) => of.shortfall[i])(variant))),
      valueY: (y, {of, i}) => `${amount(of.shortfall[i])} beyond ` +
        (of.fund_balance === null ? "no fund" : amount(of.fund_balance))})] : []),
  ]);
}

function makeMap() {
  const words = {before: "Before any decision", asked: "As asked", end: "At the end"};
  const moments = data.maps.filter((entry) => entry.variant === base.name);
  map.moment = (moments.find((entry) => entry.moment === "asked") || moments[0]).moment;
  const all = moments[0].instruments;
  const richest = all.reduce((a, b) => a && size(a) >= size(b) ? a : b, null);
  function size(of) {
    return Math.max(0, ...of.price.map((price, i) => total(of, i)));
  }
  map.instrument = richest && richest.instrument;
  const options = all.map((of) => [String(of.instrument), nameOf(of)]);
  const choose = select("Instrument", options, (value) => {
    map.instrument = Number(value);
    drawMap();
  });
  choose.querySelector("select").value = String(map.instrument);
  const when = moments.length < 2 ? [] : [segment("When",
    moments.map(({moment}) => [moment, words[moment]]), map.moment, (value) => {
      map.moment = value;
      drawMap();
    })];
  fill("map-controls", choose, ...when, segment("Range", [["0.1", "\u00b110%"],
    ["0.25", "\u00b125%"], ["0.5", "\u00b150%"]], "0.5", (value) => {
    map.range = Number(value);
    drawMap();
  }));
  drawMap();
}

/* ---- funds and cascades ---- */

const fundView = {fund: null, change: false};

function fundOf(variant) {
  return variant.funds.find((fund) => fund.fund === fundView.fund);
}

function drawFund() {
  const of = fundOf(base);
  if (!of) {
    place("funds-charts", [h("p", {class: "empty"}, "No fund is stated on this tape.")]);
    return;
  }
  const symbol = of.symbol || "its asset";
  const points = (variant) => {
    const fund = fundOf(variant), first = fundView.change ? Number(fund.first) : 0;
    return levels(fund.balance).map((point) => ({...point, y: point.y - first}));
  };
  place("funds-charts", [overTime({
    title: fundView.change ? `Change of fund ${of.fund}` : `Balance of fund ${of.fund}`,
    unit: symbol + (fundView.change ? ", since it was first stated" : ""),
    fromZero: fundView.change, stepped: "before", lines: lines(points),
    valueY: (y, point) => `${decimal(point.text)} ${symbol}` +
      (fundView.change ? ` (${signed(decimal(y.toFixed(2)))})` : ""),
  })]);
}

function makeFunds() {
  if (!base.funds.length) {
    drawFund();
    return;
  }
  const first = base.funds[0], controls = [];
  fundView.fund = first.fund;
  fundView.change = (first.high - first.low) < Math.abs(first.first) / 20; /* a flat line else */
  if (base.funds.length > 1)
    controls.push(select("Fund", base.funds.map((fund) => [String(fund.fund),
      `${fund.fund}${fund.symbol ? `, ${fund.symbol}` : ""}`]), (value) => {
      fundView.fund = Number(value);
      drawFund();
    }));
  controls.push(segment("Show", [["balance", "Balance"], ["change", "Change"]],
    fundView.change ? "change" : "balance", (value) => {
      fundView.change = value === "change";
      drawFund();
    }));
  fill("funds-controls", ...controls);
  drawFund();
}

function makeCascade() {
  if (variants.every((variant) => !variant.totals.cascade)) {
    place("cascade-charts", [h("p", {class: "empty"},
      "No order to close was filled, in any variant: there was no cascade.")]);
    return;
  }
  place("cascade-charts", [overTime({
    title: "Longest chain", unit: `orders, ${perInterval}`, class: "low", whole: true, bars: true,
    lines: lines((variant) => bars(variant.series.cascade, "most")),
    valueY: (y) => plural(y, "order"),
  })]);
}
