/* Numbers, times and elements. Exact decimals come as texts; a chart draws their nearest double. */

const SPACE = "\u202f", MINUS = "\u2212";

/* h("p", {class: "sub"}, "text", child): an element. */
function h(tag, attributes, ...children) {
  const svg = ["svg", "line"].includes(tag);
  const element = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag)
                      : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (typeof value === "function")
      element.addEventListener(name, value);
    else if (value !== null && value !== false)
      element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

function byId(id) {
  return document.getElementById(id);
}

function fill(id, ...children) {
  byId(id).replaceChildren(...children);
}

/* ---- numbers ---- */

function grouped(digits) {
  return digits.replace(/\B(?=(\d{3})+$)/g, ",");
}

/* A decimal's text at no more than `decimals`, rounded to the nearest on its digits, grouped. */
function decimal(text, decimals = 2) {
  const negative = text.startsWith("-");
  let [whole, fraction = ""] = text.replace("-", "").split(".");
  if (fraction.length > decimals) {
    const up = fraction[decimals] >= "5" ? 1n : 0n;
    const digits = (BigInt(whole + fraction.slice(0, decimals)) + up).toString()
      .padStart(decimals + 1, "0");
    whole = digits.slice(0, digits.length - decimals);
    fraction = digits.slice(digits.length - decimals);
  }
  const zero = /^0*$/.test(whole + fraction);
  return (negative && !zero ? MINUS : "") + grouped(whole) + (fraction ? "." + fraction : "");
}

/* Short enough for a tile or an axis: 1,234, 0.5, 12.35 M. */
function short(number) {
  const size = Math.abs(number);
  const units = [[1e15, "e15"], [1e12, "tn"], [1e9, "bn"], [1e6, "M"]];
  const [by, unit] = units.find(([least]) => size >= least) || [1, ""];
  const value = size / by;
  const decimals = unit ? 2 : size >= 1000 || Number.isInteger(size) ? 0 : size >= 1 ? 2 : 4;
  const text = value.toLocaleString("en-GB", {maximumFractionDigits: decimals});
  return (number < 0 && text !== "0" ? MINUS : "") + text + (unit ? SPACE + unit : "");
}

/* On an axis two neighbours must not read the same. */
function tick(number, step) {
  if (Math.abs(number) >= 1e6)
    return short(number);
  const decimals = Math.max(0, Math.min(8, -Math.floor(Math.log10(step || 1))));
  return (number < 0 ? MINUS : "") +
    Math.abs(number).toLocaleString("en-GB", {maximumFractionDigits: decimals});
}

function percent(ratio, decimals = 2) {
  const text = (Math.abs(ratio) * 100).toLocaleString("en-GB", {maximumFractionDigits: decimals});
  return (ratio < 0 && text !== "0" ? MINUS : "") + text + "%";
}

function signed(text) {
  return text.startsWith(MINUS) || /^0%?$/.test(text) ? text : "+" + text;
}

function plural(count, one, many) {
  return `${count.toLocaleString("en-GB")} ${count === 1 ? one : many || one + "s"}`;
}

/* ---- times, in UTC; x is ms since 1970, or the number of a message ---- */

function clock(ms, step) {
  const text = new Date(ms).toISOString();
  if (step >= 86400e3)
    return `${+text.slice(8, 10)} ${monthOf(ms)}`;
  if (step >= 60e3)
    return text.slice(11, 16);
  return step >= 1000 ? text.slice(11, 19) : text.slice(11, 23).replace(/\.?0+$/, "");
}

function monthOf(ms) {
  return new Date(ms).toLocaleString("en-GB", {month: "short", timeZone: "UTC"});
}

function moment(ms) {
  const date = new Date(ms);
  return `${date.getUTCDate()} ${monthOf(ms)} ${date.getUTCFullYear()}, ` +
    date.toISOString().slice(11, 23).replace(/\.000$/, "");
}

function span(ms) {
  const parts = [[86400e3, "d"], [3600e3, "h"], [60e3, "min"], [1e3, "s"]];
  const found = parts.findIndex(([size]) => ms >= size);
  if (found < 0)
    return `${Math.round(ms)} ms`;
  const [size, unit] = parts[found], next = parts[found + 1];
  if (!next)
    return `${(ms / size).toLocaleString("en-GB", {maximumFractionDigits: 1})} s`;
  const rest = Math.round(ms % size / next[0]);
  return `${Math.floor(ms / size)} ${unit}` + (rest ? ` ${rest} ${next[1]}` : "");
}

const TIME_STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 10e3, 15e3, 30e3, 60e3,
  120e3, 300e3, 600e3, 900e3, 1800e3, 3600e3, 7200e3, 10800e3, 21600e3, 43200e3, 86400e3, 172800e3,
  604800e3];

function timeStep(min, max, count) {
  const last = TIME_STEPS[TIME_STEPS.length - 1];
  return TIME_STEPS.find((step) => (max - min) / step <= count) ||
    last * Math.ceil((max - min) / last / count);
}
