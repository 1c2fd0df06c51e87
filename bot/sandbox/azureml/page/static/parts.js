// Small things that every area draws with.

import { clock, dated, full } from "./dates.js";
import { fill, h } from "./dom.js";

const KINDS = {
  Completed: "good", Built: "good", Failed: "bad", "Can't be built": "bad", Canceled: "idle", "Not built": "idle", Queued: "idle", NotStarted: "idle",
};

/** A status in words; the sign before it only repeats them. */
export const status = (name) => h("span", { class: `state ${KINDS[name] ?? "busy"}` }, name === "CancelRequested" ? "Canceling" : name);

export const runLink = (id) => h("a", { href: `/studio/runs/${encodeURIComponent(id)}`, class: "id", data: { key: `run-${id}` } }, id);

/** A moment in the reader's zone. */
export function time(text) {
  if (!text) return "–";
  const when = new Date(text);
  const day = dated("{date_short_pretty}", when);
  return h("time", { dateTime: text, title: full(when) }, day === "today" ? clock(when) : `${day}, ${clock(when)}`);
}

/** "3 min 20 s" between two moments, or until now. */
export function duration(from, to) {
  if (!from) return "–";
  const seconds = Math.max(0, Math.round(((to ? new Date(to) : new Date()) - new Date(from)) / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min ${seconds % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export const size = (bytes) =>
  bytes < 1024 ? `${bytes} bytes` : bytes < 1024 ** 2 ? `${(bytes / 1024).toFixed(1)} kB` : `${(bytes / 1024 ** 2).toFixed(1)} MB`;

/** A table; `columns` are [heading, class]; the first cell of a row is its heading. */
export function table(name, columns, rows) {
  return h("div", { class: "wide", tabIndex: 0, role: "region", "aria-label": name },
    h("table", {},
      h("caption", { class: "unseen" }, name),
      h("thead", {}, h("tr", {}, columns.map(([title, kind]) => h("th", { scope: "col", class: kind }, title)))),
      h("tbody", {}, rows.map((cells) => h("tr", {}, cells.map((cell, at) =>
        at ? h("td", { class: columns[at][1] }, cell) : h("th", { scope: "row", class: columns[at][1] }, cell)))))));
}

/** A place that is drawn anew only when what it shows differs; the focus stays where it was. */
export class Live {
  constructor(props = {}) {
    this.place = h("div", props);
    this.shown = "";
  }

  show(data, draw) {
    const text = JSON.stringify(data);
    if (text === this.shown) return;
    this.shown = text;
    const focused = this.place.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
    fill(this.place, draw(data));
    if (focused) this.place.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
  }
}
