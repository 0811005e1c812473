/* Charts: one look, one way to hover, and the variants' colours, dashes and visibility. */

const DASHES = [[], [7, 3], [2, 2], [9, 3, 2, 3], [4, 4], [12, 3], [2, 5], [7, 2, 2, 2, 2, 2]];
const COLOURS = 8, AXIS_WIDTH = 62;
const charts = []; /* all that stand on the page */
const hidden = new Set(); /* variants, by number */

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
}

function variantColour(i) {
  return colour("v" + i % COLOURS);
}

/* Lines that lie on each other show as dashes over what is behind them. Where colours begin anew,
 * the dashes are others. */
function variantDash(i) {
  return DASHES[(i + Math.floor(i / COLOURS)) % DASHES.length];
}

function key(i) {
  const line = h("line", {x1: 0, y1: 5, x2: 26, y2: 5, "stroke-width": 3,
    "stroke-dasharray": variantDash(i).join(" "), stroke: `var(--v${i % COLOURS})`});
  return h("svg", {class: "key", width: 26, height: 10, "aria-hidden": "true"}, line);
}

/* Of every line the point next to the pointer: variants need not have the same places. */
Chart.Interaction.modes.each = (chart, event) => {
  const x = chart.scales.x.getValueForPixel(event.x);
  return chart.getSortedVisibleDatasetMetas().map((meta) => {
    const data = chart.data.datasets[meta.index].data;
    let low = 0, high = data.length - 1;
    while (high - low > 1) {
      const middle = low + high >> 1;
      if (data[middle].x < x)
        low = middle;
      else
        high = middle;
    }
    const at = data.length && x - data[low].x <= data[high].x - x ? low : high;
    return {element: meta.data[at], datasetIndex: meta.index, index: at};
  }).filter(({element}) => element && !element.skip);
};

/* Beside what is hovered, not over it. */
Chart.Tooltip.positioners.beside = function beside(items) {
  const {top, bottom} = this.chart.chartArea;
  return items.length ? {x: items[0].element.x, y: (top + bottom) / 2} : false;
};

/* A line at what is hovered, and one at what the chart says of itself: a mark, a zero. */
const rules = {
  id: "rules",
  afterDatasetsDraw(chart) {
    const {ctx, chartArea: area, scales} = chart;
    const rule = (x, stroke, dash) => {
      ctx.save();
      ctx.beginPath();
      ctx.setLineDash(dash);
      ctx.strokeStyle = stroke;
      ctx.lineWidth = 1;
      ctx.moveTo(x, area.top);
      ctx.lineTo(x, area.bottom);
      ctx.stroke();
      ctx.restore();
    };
    for (const {at, label} of chart.options.marks || []) {
      const x = scales.x.getPixelForValue(at), right = x > (area.left + area.right) / 2;
      rule(x, colour("mark"), [3, 3]);
      ctx.fillStyle = colour("mark");
      ctx.textAlign = right ? "right" : "left";
      ctx.font = "12px " + Chart.defaults.font.family;
      ctx.fillText(label, x + (right ? -5 : 5), area.top + 11);
    }
    const active = chart.tooltip && chart.tooltip.getActiveElements()[0];
    if (active)
      rule(active.element.x, colour("soft"), []);
  },
};
Chart.register(rules);
Chart.defaults.animation = false;
Chart.defaults.font.family = 'system-ui, "Segoe UI", Roboto, Arial, "Liberation Sans", sans-serif';
Chart.defaults.maintainAspectRatio = false;

/* Of what a set of points stands for, the variants that are shown. */
function shownOf(set) {
  return set.variants.filter((variant) => !hidden.has(variant));
}

function labelOf(set, names) {
  const shown = shownOf(set);
  return shown.length > 3 ? `${names[shown[0]]} and ${shown.length - 1} more`
    : shown.map((variant) => names[variant]).join(", ");
}

/* Colours follow the theme, and which variants are shown. */
function paint(chart) {
  const {options} = chart;
  for (const axis of Object.values(options.scales)) {
    axis.grid.color = colour("line");
    axis.grid.borderColor = colour("line");
    axis.ticks.color = colour("soft");
  }
  Object.assign(options.plugins.tooltip, {
    backgroundColor: colour("card"), titleColor: colour("ink"), bodyColor: colour("ink"),
    footerColor: colour("soft"), borderColor: colour("soft"),
  });
  chart.data.datasets.forEach((set, i) => {
    const shown = shownOf(set), first = shown.length ? shown[0] : set.variants[0];
    set.borderColor = set.pointHoverBackgroundColor = variantColour(first);
    set.backgroundColor = variantColour(first) + (set.type === "bar" ? "" : "1f");
    set.borderDash = variantDash(first);
    chart.setDatasetVisibility(i, shown.length > 0);
  });
}

function repaint() {
  for (const chart of charts) {
    paint(chart);
    chart.update();
  }
}

/* Left and right go through the points as a pointer would. */
function listenToKeys(chart) {
  chart.canvas.addEventListener("keydown", (event) => {
    const way = {ArrowLeft: -1, ArrowRight: 1}[event.key];
    if (!way || !chart.getSortedVisibleDatasetMetas().length)
      return;
    event.preventDefault();
    const first = chart.getSortedVisibleDatasetMetas()[0], {left, right} = chart.chartArea;
    const shown = chart.tooltip.getActiveElements()[0];
    let at = shown ? shown.index + way * (event.shiftKey ? 10 : 1) : 0;
    at = Math.max(0, Math.min(first.data.length - 1, at));
    const x = Math.max(left, Math.min(right, first.data[at].x));
    const items = Chart.Interaction.modes.each(chart, {x});
    chart.setActiveElements(items);
    chart.tooltip.setActiveElements(items, {x, y: chart.chartArea.top});
    chart.update();
  });
}

/* From one tick to the next. */
function distance(ticks) {
  return ticks.length > 1 ? Math.abs(ticks[1].value - ticks[0].value) : 1;
}

function scaleX(settings) {
  return {
    type: "linear", min: settings.min, max: settings.max, offset: false,
    grid: {drawOnChartArea: false, offset: false},
    afterFit: (axis) => { axis.paddingLeft = 0; axis.paddingRight = 34; }, /* as all the others */
    ticks: {maxRotation: 0, autoSkipPadding: 24, callback: settings.tickX},
    afterBuildTicks: settings.ticksX || undefined,
  };
}

function scaleY(settings) {
  return {
    beginAtZero: settings.fromZero !== false,
    suggestedMax: settings.fromZero === false ? undefined : 1,
    afterFit: (axis) => { axis.width = AXIS_WIDTH; }, grid: {drawTicks: false},
    ticks: {maxTicksLimit: 6, padding: 6, precision: settings.whole ? 0 : undefined,
      callback: (value, at, all) => tick(value, distance(all))},
  };
}

/* Variants with the same points share a line. */
function merged(lines) {
  const found = [];
  for (const {variant, data} of lines) {
    const same = found.find((line) => line.data.length === data.length &&
      line.data.every((point, i) => point.x === data[i].x && point.y === data[i].y));
    if (same)
      same.variants.push(variant);
    else
      found.push({variants: [variant], data});
  }
  return found;
}

function lineSet({variants: of, data}, settings) {
  return {
    variants: of, data, borderWidth: of[0] ? 2 : 2.5, pointRadius: data.length === 1 ? 3 : 0,
    pointHoverRadius: 4, stepped: settings.stepped || false,
    fill: settings.filled && of[0] === 0 ? "origin" : false, order: -of[0],
  };
}

/* A figure with a chart of lines, or bars.
 *   title, unit, class    of the figure
 *   lines                 [{variant, data: [{x, y, more}]}], x rising
 *   min, max, tickX, ticksX, titleX, marks
 *   valueY(y, point)      as the tooltip tells it
 *   fromZero, stepped, whole, filled, bars */
function lineFigure(settings) {
  const canvas = h("canvas", {role: "img", tabindex: 0, "aria-label":
    `${settings.title}, ${settings.unit}. Arrow keys go through its points.`});
  const figure = h("figure", {}, h("figcaption", {}, h("b", {}, settings.title), " ",
    h("span", {}, settings.unit)), h("div", {class: "plot " + (settings.class || "")}, canvas));
  const datasets = settings.bars
    ? settings.lines.map(({variant, data}) => ({type: "bar", variants: [variant], data,
      grouped: true, barPercentage: 1, categoryPercentage: 0.8}))
    : merged(settings.lines).map((line) => lineSet(line, settings));
  const label = ({raw, dataset}) =>
    ` ${labelOf(dataset, settings.names)}: ${settings.valueY(raw.y, raw)}`;
  settings.draw = () => new Chart(canvas, {
    type: settings.bars ? "bar" : "line", data: {datasets}, options: {
      parsing: false, normalized: true, marks: settings.marks,
      interaction: {mode: "each", intersect: false},
      scales: {x: scaleX(settings), y: scaleY(settings)},
      layout: {padding: {right: 8, top: 4}},
      plugins: {legend: {display: false}, tooltip: {
        position: "beside", borderWidth: 1, padding: 10, boxWidth: 14, boxHeight: 2,
        itemSort: (a, b) => a.dataset.variants[0] - b.dataset.variants[0],
        callbacks: {title: (items) => items.length ? settings.titleX(items[0].raw) : "", label,
          labelColor: (item) => ({borderColor: item.dataset.borderColor,
            backgroundColor: item.dataset.borderColor})},
      }},
    },
  });
  return {figure, settings};
}

/* Puts figures on the page and draws them; what stood there is destroyed. */
function place(id, made) {
  const holder = byId(id);
  for (let i = charts.length - 1; i >= 0; i--) {
    if (holder.contains(charts[i].canvas))
      charts.splice(i, 1)[0].destroy();
  }
  holder.replaceChildren(...made.map((item) => item.figure || item));
  for (const {settings} of made.filter((item) => item.settings)) {
    const chart = settings.draw();
    paint(chart);
    chart.update();
    listenToKeys(chart);
    charts.push(chart);
  }
}

/* ---- controls ---- */

function select(label, options, change) {
  const list = h("select", {change: (event) => change(event.target.value)},
    ...options.map(([value, text]) => h("option", {value}, text)));
  return h("label", {}, label, list);
}

let segments = 0;

function segment(label, options, chosen, change) {
  const name = `segment-${segments++}`;
  return h("fieldset", {class: "segment"}, h("legend", {}, label),
    ...options.map(([value, text]) => h("label", {}, h("input", {type: "radio", name, value,
      checked: value === chosen, change: () => change(value)}), h("span", {}, text))));
}
