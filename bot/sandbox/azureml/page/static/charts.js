// Metrics as small line charts: SVG made here, with its numbers in words and in a table.

import { fill, h } from "./dom.js";
import { table } from "./parts.js";

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 330;
const HEIGHT = 150;
const LEFT = 48;
const RIGHT = 12;
const TOP = 8;
const BOTTOM = 22;
const MOST = 600; // points that are drawn; more would be less than a pixel apart
const ROWS = 500;

function s(tag, props, ...children) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(props)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** A number as short as it can be without saying something else. */
export function short(value) {
  if (typeof value !== "number" || !Number.isFinite(value)) return String(value);
  if (Number.isInteger(value) && Math.abs(value) < 1e7) return String(value);
  return Math.abs(value) >= 1e6 || Math.abs(value) < 1e-3 ? value.toExponential(2) : String(Number(value.toPrecision(4)));
}

function ticks(low, high) {
  const step = 10 ** Math.floor(Math.log10((high - low) / 2));
  const best = [5, 2, 1].map((each) => each * step).find((each) => (high - low) / each >= 2) ?? step;
  const found = [];
  for (let at = Math.ceil(low / best) * best; at <= high + best / 1e6; at += best) found.push(Number(at.toPrecision(12)));
  return found;
}

function words(name, numbers) {
  const low = Math.min(...numbers.slice(0, 1e5));
  const high = Math.max(...numbers.slice(0, 1e5));
  return `${name}: ${numbers.length} values, from ${short(numbers[0])} to ${short(numbers.at(-1))}, lowest ${short(low)}, highest ${short(high)}`;
}

function plot(name, numbers) {
  let low = numbers.reduce((one, other) => Math.min(one, other));
  let high = numbers.reduce((one, other) => Math.max(one, other));
  if (low === high) [low, high] = [low - (Math.abs(low) / 10 || 1), high + (Math.abs(high) / 10 || 1)];
  const x = (at) => LEFT + (at / (numbers.length - 1)) * (WIDTH - LEFT - RIGHT);
  const y = (value) => TOP + (1 - (value - low) / (high - low)) * (HEIGHT - TOP - BOTTOM);
  const every = Math.max(1, Math.ceil(numbers.length / MOST));
  const points = numbers.map((value, at) => [x(at), y(value), at]).filter(([, , at]) => at % every === 0 || at === numbers.length - 1);
  const svg = s("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "plot", role: "img", "aria-label": words(name, numbers) });
  for (const value of ticks(low, high)) {
    const label = s("text", { x: LEFT - 6, y: y(value) + 4, "text-anchor": "end" });
    label.textContent = short(value);
    svg.append(s("line", { class: "grid", x1: LEFT, x2: WIDTH - RIGHT, y1: y(value), y2: y(value) }), label);
  }
  for (const [at, anchor] of [[0, "start"], [numbers.length - 1, "end"]]) {
    const label = s("text", { x: x(at), y: HEIGHT - 6, "text-anchor": anchor });
    label.textContent = String(at + 1);
    svg.append(label);
  }
  svg.append(s("polyline", { class: "line", points: points.map(([one, other]) => `${one.toFixed(1)},${other.toFixed(1)}`).join(" ") }));
  if (numbers.length <= 40) for (const [one, other] of points) svg.append(s("circle", { class: "dot", cx: one, cy: other, r: 3 }));
  return svg;
}

/** A metric with all its values. */
export function chart({ name, values }) {
  const numbers = values.filter((each) => typeof each === "number" && Number.isFinite(each));
  const last = values.at(-1);
  const isLine = numbers.length > 1 && numbers.length === values.length;
  const details = h("details", { on: { toggle: (event) => {
    if (!event.target.open || details.childElementCount > 1) return;
    const first = Math.max(0, values.length - ROWS);
    const rows = values.slice(first).map((value, at) => [String(first + at + 1), typeof value === "object" ? JSON.stringify(value) : String(value)]);
    details.append(h("div", { class: "values" }, table(`Values of ${name}`, [["Step"], ["Value", "number"]], rows)));
  } } }, h("summary", { data: { key: `values-${name}` } }, `${values.length} values`));
  return h("figure", { class: isLine ? "chart" : "chart single" },
    h("figcaption", {}, h("span", { class: "chart-name" }, name), h("span", { class: "chart-last" }, typeof last === "object" ? "" : short(last))),
    isLine ? plot(name, numbers) : null,
    values.length > 1 || typeof last === "object" ? details : null);
}

/** Charts that are drawn anew only where values came. */
export class Charts {
  constructor() {
    this.place = h("div", { class: "charts" });
    this.shown = new Map();
  }

  show(series) {
    for (const each of series) {
      const before = this.shown.get(each.name);
      if (before?.count === each.values.length) continue;
      const made = chart(each);
      if (before) {
        if (before.made.querySelector("details")?.open && made.querySelector("details")) made.querySelector("details").open = true;
        before.made.replaceWith(made);
      } else this.place.append(made);
      this.shown.set(each.name, { made, count: each.values.length });
    }
    if (!series.length) fill(this.place, h("p", { class: "empty" }, "Nothing was logged yet."));
    else this.place.querySelector(".empty")?.remove();
  }
}
