/* What is told in words and numbers: the head, tiles, tables. */

/* ---- the head ---- */

function fileOf(path) {
  return path.split("/").pop();
}

function makeHead() {
  const file = fileOf(replay.tape);
  document.title = `${file} \u2013 zeroline what-if report`;
  byId("title").textContent = `Replay of ${file}`;
  const parts = timed
    ? [`${moment(firstX)} to ${clock(lastX, 1000)} UTC (${span(lastX - firstX)})`] : [];
  parts.push(plural(replay.frames, "frame"), plural(replay.messages, "message"),
    plural(base.instruments.length, "instrument"), `amounts in ${money}`);
  byId("subtitle").textContent = parts.join(" \u00b7 ");
  const of = base.totals, said = [];
  said.push(of.accounts ? `${plural(of.accounts, "account")} liquidated` : "no account liquidated");
  if (Number(of.notional))
    said.push(`${short(Number(of.notional))} ${money} closed on the market`);
  said.push(Number(of.bad_debt) ? `${short(Number(of.bad_debt))} ${money} of bad debt`
    : "no bad debt");
  said.push(of.adl_winners ? `${plural(of.adl_winners, "winner")} deleveraged`
    : "nobody deleveraged");
  byId("headline").textContent = `With nothing changed: ${said.join(", ")}.`;
  fill("made", `Made by zeroline ${data.version}. Nothing in this page is fetched from anywhere.`);
}

function makeChips() {
  fill("chips", ...variants.map((variant, i) => h("button", {type: "button", class: "chip",
    "aria-pressed": "true", title: variant.changes.join("\n") || "nothing changed",
    click: ({currentTarget}) => {
      const show = hidden.delete(i);
      if (!show)
        hidden.add(i);
      currentTarget.setAttribute("aria-pressed", String(show));
      repaint();
    }}, key(i), variant.name)));
}

/* ---- tiles ---- */

/* How a number differs from the base's: in percent where that says something. */
function difference(value, of, form) {
  if (value === of)
    return "=";
  const ratio = (value - of) / Math.abs(of);
  if (form === "change" || of === 0 || Math.abs(ratio) >= 10)
    return signed(form === "ratio" ? percent(value - of) : short(value - of));
  return Math.abs(ratio) < 0.0005 ? "\u2248" : signed(percent(ratio, 1));
}

const TILES = [
  ["Accounts liquidated", "accounts", "count", (t) => plural(t.liquidations, "order") + " filled"],
  ["Closed on the market", "notional", "money", (t) => `slippage ${short(Number(t.slippage))}`],
  ["Bad debt", "bad_debt", "money", (t) => `not covered ${short(Number(t.uncovered))}`],
  ["Funds, change", "fund_change", "change", (t) => `${plural(t.takeovers, "takeover")}`],
  ["Deepest cascade", "cascade", "count", () => "orders in one chain"],
  ["Winners deleveraged", "adl_winners", "count", (t) => plural(t.adl_pairs, "pair")],
  ["Deleveraged", "adl_notional", "money", (t) => `socialised ${short(Number(t.socialized))}`],
  ["Largest haircut", "haircut_max", "ratio", () => "of one winner\u2019s profit"],
];
const TILE_VARIANTS = 6;

function isMoney(form) {
  return form === "money" || form === "change";
}

function tell(value, form) {
  const number = Number(value);
  return form === "ratio" ? percent(number) : form === "count" ? number.toLocaleString("en-GB")
    : short(number);
}

function tile([title, name, form, also]) {
  const of = base.totals[name];
  const rows = variants.slice(1, 1 + TILE_VARIANTS).map((variant, i) => {
    const value = variant.totals[name];
    return h("tr", {}, h("td", {title: variant.name}, key(i + 1), variant.name),
      h("td", {"data-value": value, title: String(value)}, tell(value, form)),
      h("td", {}, difference(Number(value), Number(of), form)));
  });
  const more = variants.length - 1 - rows.length;
  return h("article", {class: "tile", "data-name": name}, h("h3", {}, title),
    h("p", {class: "big", "data-value": of, title: String(of)}, tell(of, form),
      isMoney(form) ? h("small", {}, " " + money) : null),
    h("p", {class: "also"}, also(base.totals)),
    rows.length ? h("table", {}, h("tbody", {}, ...rows)) : null,
    more > 0 ? h("p", {class: "also"}, `and ${more} more below`) : null);
}

function makeTiles() {
  fill("tiles", ...TILES.map(tile));
}

/* ---- variants side by side ---- */

const ROWS = [
  ["Liquidations"],
  ["Orders that closed something", "liquidations"], ["Orders that found nothing", "unfilled"],
  ["Accounts that lost a position", "accounts"], ["Closed on the market", "notional", "money"],
  ["Slippage against the mark", "slippage", "money"], ["Fees", "fees", "money"],
  ["Better fills, left to funds", "improvement", "money"], ["Deepest cascade", "cascade"],
  ["Cancels", "cancels"], ["Conversions of collateral", "conversions"],
  ["Losses"],
  ["Bad debt, paid by funds and winners", "bad_debt", "money"],
  ["Not covered at the end", "uncovered", "money"],
  ["Change of all funds", "fund_change", "change"],
  ["Takeovers by funds", "takeovers"], ["Taken over", "takeover_notional", "money"],
  ["Auto-deleveraging"],
  ["Pairs", "adl_pairs"], ["Winners", "adl_winners"], ["Deleveraged", "adl_notional", "money"],
  ["Given by winners", "adl_given", "money"], ["Needed by losers", "adl_needed", "money"],
  ["Given beyond the need", "adl_overshoot", "money"], ["Socialised", "socialized", "money"],
  ["Largest haircut", "haircut_max", "ratio"],
  ["Engine"],
  ["Decisions", "decisions"], ["Plans", "plans"], ["Plans refused", "plans_refused"],
  ["Messages refused", "refused"],
];

function exact(value, form) {
  return form === "ratio" ? percent(Number(value)) : isMoney(form) ? decimal(value)
    : value.toLocaleString("en-GB");
}

function cell(value, of, form, isBase) {
  const same = !isBase && Number(value) === Number(of);
  return h("td", {class: same ? "num same" : "num", "data-value": value, title: String(value)},
    exact(value, form),
    isBase || same ? null : h("small", {}, difference(Number(value), Number(of), form)));
}

function heads(first) {
  return h("thead", {}, h("tr", {}, h("th", {scope: "col"}, first), ...variants.map((variant, i) =>
    h("th", {scope: "col", class: "num"}, key(i), variant.name,
      h("span", {class: "changes"}, variant.changes.join(" ") || "nothing changed")))));
}

function table(...content) {
  return h("div", {class: "scroll", tabindex: 0, role: "group",
    "aria-label": "A table that scrolls"}, h("table", {}, ...content));
}

function makeCompare() {
  const cells = (value, form) => variants.map((variant, i) =>
    cell(value(variant), value(base), form, i === 0));
  const rows = ROWS.map(([title, name, form]) => !name
    ? h("tr", {class: "group"}, h("th", {scope: "rowgroup", colspan: variants.length + 1}, title))
    : h("tr", {"data-name": name},
      h("th", {scope: "row"}, title + (isMoney(form) ? `, ${money}` : "")),
      ...cells((variant) => variant.totals[name], form)));
  const instruments = base.instruments.map((instrument, at) => h("tr", {},
    h("th", {scope: "row"}, nameOf(instrument)),
    ...cells((variant) => variant.instruments[at].notional, "money")));
  fill("compare-body", table(heads("Totals"), h("tbody", {}, ...rows)),
    h("h3", {}, `Closed on the market by instrument, ${money}`),
    table(heads("Instrument"), h("tbody", {}, ...instruments)));
}

/* ---- winners ---- */

const WINNERS_DRAWN = 15;
let winnersOf = 0, winnersBy = "haircut";

function winnerLabel(winner) {
  return `${winner.account} ${winner.symbol || winner.instrument}${winner.leg || ""}`;
}

function winnersFigure(winners) {
  const haircut = winnersBy === "haircut";
  const lost = (winner) => haircut ? 100 * winner.haircut
    : Number(winner.given) + Number(winner.socialized);
  const most = winners.map((winner) => ({x: lost(winner), y: winnerLabel(winner), winner}))
    .sort((a, b) => b.x - a.x).slice(0, WINNERS_DRAWN);
  const canvas = h("canvas", {role: "img", tabindex: 0,
    "aria-label": "The winners that lost most; the table below has the numbers."});
  const figure = h("figure", {}, h("figcaption", {},
    h("b", {}, haircut ? "Largest haircuts" : "Given most"), " ", h("span", {}, haircut
      ? "the largest part of a winner\u2019s profit that one plan took"
      : `${money}, less than the mark or as a share of a loss`)),
  h("div", {class: "plot bars"}, canvas));
  const set = {variants: [winnersOf], type: "bar", maxBarThickness: 14,
    data: most};
  const draw = () => new Chart(canvas, {type: "bar", data: {datasets: [set]}, options: {
    indexAxis: "y", parsing: false, interaction: {mode: "nearest", axis: "y", intersect: false},
    scales: {
      x: {beginAtZero: true, suggestedMax: 1, grid: {drawTicks: false},
        ticks: {callback: (value, at, all) => haircut ? `${value}%` : tick(value, distance(all)),
          maxTicksLimit: 6}},
      y: {type: "category", labels: most.map(({y}) => y), grid: {display: false}, ticks: {
        autoSkip: false, font: {size: 11}}},
    },
    plugins: {legend: {display: false}, tooltip: {borderWidth: 1, padding: 10, displayColors: false,
      callbacks: {title: ([item]) => item.raw.y, label: ({raw: {winner}}) => [
        `haircut ${percent(Number(winner.haircut))}`, `given ${amount(winner.given)}`,
        `closed ${amount(winner.notional)} in ${plural(winner.pairs, "pair")}`,
        `socialised ${amount(winner.socialized)}`]}}},
  }});
  return {figure, settings: {draw}};
}

function winnersTable(winners) {
  const columns = [["Account", "account"], ["Pool", "pool"], ["Instrument", "symbol"],
    ["Pairs", "pairs", "count"], ["Quantity", "qty", "qty"],
    [`Closed, ${money}`, "notional", "money"], [`Given, ${money}`, "given", "money"],
    [`Socialised, ${money}`, "socialized", "money"], ["Haircut", "haircut", "ratio"]];
  const text = (winner, name, form) => form === "qty" ? decimal(winner.qty, 18)
    : form ? exact(winner[name], form)
    : name === "symbol" ? nameOf(winner) + (winner.leg ? ` ${winner.leg}` : "")
    : String(winner[name]);
  return h("details", {}, h("summary", {}, `Table of ${plural(winners.length, "winner")}`),
    table(h("thead", {}, h("tr", {}, ...columns.map(([title, , form]) =>
      h("th", {scope: "col", class: form ? "num" : null}, title)))),
    h("tbody", {}, ...winners.map((winner) => h("tr", {}, ...columns.map(([, name, form], i) =>
      h(i ? "td" : "th", {class: form ? "num" : null, scope: i ? null : "row"},
        text(winner, name, form))))))));
}

function drawWinners() {
  const winners = variants[winnersOf].winners;
  place("winners-body", winners.length ? [winnersFigure(winners), winnersTable(winners)]
    : [h("p", {class: "empty"}, `In \u201c${names[winnersOf]}\u201d no winner gave anything.`)]);
}

function makeAdl() {
  const none = (variant) => !variant.totals.adl_pairs && !Number(variant.totals.socialized);
  if (variants.every(none)) {
    fill("adl-body", h("p", {class: "empty"},
      "No winner was deleveraged and no loss was socialised, " +
      (variants.length > 1 ? "in any variant." : "in this replay.")));
    return;
  }
  winnersOf = Math.max(0, variants.findIndex((variant) => variant.winners.length));
  const choose = select("Winners of", names.map((name, i) => [String(i), name]), (value) => {
    winnersOf = Number(value);
    drawWinners();
  });
  choose.querySelector("select").value = String(winnersOf);
  fill("adl-body", h("div", {id: "adl-charts"}), h("div", {class: "controls"}, choose,
    segment("By", [["haircut", "Haircut"], ["given", "Amount given"]], winnersBy, (value) => {
      winnersBy = value;
      drawWinners();
    })), h("div", {id: "winners-body"}));
  place("adl-charts", [overTime({title: "Deleveraged so far", unit: money, class: "low",
    filled: true, lines: lines((variant) => totals(variant.series.adl_notional)),
    valueY: (y) => amount(y.toFixed(2))})]);
  drawWinners();
}

/* ---- what was replayed ---- */

function makeInputs() {
  const {recorded} = replay, of = base.inputs, said = [];
  said.push(`${replay.tape}: ${plural(replay.frames, "frame")} with ` +
    `${plural(replay.messages, "message")}` +
    (replay.bad_frames ? `; ${plural(replay.bad_frames, "frame")} did not decode.` : "."));
  said.push(recorded.answered
    ? `When it was made: ${plural(recorded.liquidations, "liquidation")} for ` +
      `${amount(recorded.notional)}, ${plural(recorded.accounts, "account")}, ` +
      `${plural(recorded.adl_pairs, "deleveraged pair")}; funds changed by ` +
      `${amount(recorded.fund_change)}.`
    : "The tape holds no answers of routers: nothing is known of what was done when it was made.");
  said.push("Here orders are filled by a model of the market, so that every variant, the base " +
    "too, is a closed loop. How near that comes: the base closes " +
    `${plural(recorded.accounts_both, "account")} that were closed then, ` +
    `${plural(recorded.accounts_only_base, "other")}, and leaves out ` +
    `${recorded.accounts_only_recorded.toLocaleString("en-GB")}.`);
  if (of.mixed || of.diverged || of.declined)
    said.push(`Of the ledger\u2019s messages ${of.diverged.toLocaleString("en-GB")} moved an ` +
      `account that is no longer what it was then, ${of.mixed.toLocaleString("en-GB")} were ` +
      "passed over though they may hold more than an answer, and " +
      `${of.declined.toLocaleString("en-GB")} trades ` +
      "were of accounts that have lost what they add to. The more there are, the less the " +
      "base says.");
  fill("inputs-body", ...said.map((text) => h("p", {}, text)));
}
