// The markdown block: the part of Markdown that Slack renders there.

import { h } from "./dom.js";
import { withEmoji } from "./emoji.js";
import { angleParts } from "./richtext.js";
import { link } from "./mrkdwn.js";

const INLINE = /(`+)(.+?)\1|\[([^\]\n]+)\]\(([^()\s]+)\)|(\*\*|__)(?=\S)(.+?)\5|(?<![\w*])([*_])(?=\S)(.+?)\7(?![\w*])|~~(?=\S)(.+?)~~|<([^<>\n]+)>/;

function inline(text) {
  const nodes = [];
  let rest = text;
  for (let found = INLINE.exec(rest); found; found = INLINE.exec(rest)) {
    nodes.push(withEmoji(rest.slice(0, found.index)));
    const [, ticks, code, label, address, , bold, , italic, struck, angle] = found;
    if (ticks) nodes.push(h("code", {}, code));
    else if (label) nodes.push(link(address, label));
    else if (bold) nodes.push(h("strong", {}, inline(bold)));
    else if (italic) nodes.push(h("em", {}, inline(italic)));
    else if (struck) nodes.push(h("s", {}, inline(struck)));
    else nodes.push(angleParts(angle));
    rest = rest.slice(found.index + found[0].length);
  }
  return [...nodes, withEmoji(rest)];
}

const cells = (line) => line.trim().replace(/^\||\|$/g, "").split("|").map((each) => each.trim());

/** The nodes of a markdown text. */
export function markdown(text) {
  const rows = text.split("\n");
  const nodes = [];
  let at = 0;
  const take = (fits) => {
    const taken = [];
    while (at < rows.length && fits(rows[at])) taken.push(rows[at++]);
    return taken;
  };
  while (at < rows.length) {
    const row = rows[at];
    const fence = /^\s*(```+|~~~+)/.exec(row);
    const heading = /^(#{1,6})\s+(.*)$/.exec(row);
    if (fence) {
      at += 1;
      const code = take((each) => !each.trim().startsWith(fence[1]));
      at += 1;
      nodes.push(h("pre", { class: "code", tabIndex: 0 }, code.join("\n")));
    } else if (heading) {
      at += 1;
      nodes.push(h("p", { class: "heading", role: "heading", "aria-level": String(Math.min(heading[1].length + 2, 6)) }, inline(heading[2])));
    } else if (/^\s*([-*_])(\s*\1){2,}\s*$/.test(row)) {
      at += 1;
      nodes.push(h("hr"));
    } else if (/^\s*>/.test(row)) {
      nodes.push(h("blockquote", {}, ...markdown(take((each) => /^\s*>/.test(each)).map((each) => each.replace(/^\s*> ?/, "")).join("\n"))));
    } else if (/^\s*([-*+]|\d+[.)])\s+/.test(row)) {
      const ordered = /^\s*\d/.test(row);
      const items = take((each) => /^\s*([-*+]|\d+[.)])\s+|^\s{2,}\S/.test(each));
      nodes.push(h(ordered ? "ol" : "ul", { class: "listing" }, items.map((each) => h("li", {}, inline(each.replace(/^\s*(?:[-*+]|\d+[.)])?\s+/, ""))))));
    } else if (row.includes("|") && /^\s*\|?[\s:|-]+\|?\s*$/.test(rows[at + 1] ?? "") && (rows[at + 1] ?? "").includes("-")) {
      const head = cells(row);
      at += 2;
      const body = take((each) => each.includes("|"));
      nodes.push(
        h("div", { class: "table", role: "region", "aria-label": "Table", tabIndex: 0 },
          h("table", {},
            h("thead", {}, h("tr", {}, head.map((each) => h("th", { scope: "col" }, inline(each))))),
            h("tbody", {}, body.map((each) => h("tr", {}, cells(each).map((cell) => h("td", {}, inline(cell))))))))
      );
    } else if (!row.trim()) {
      at += 1;
    } else {
      const words = take((each) => each.trim() && !/^\s*(```|~~~|>|#{1,6}\s|([-*+]|\d+[.)])\s)/.test(each));
      nodes.push(h("p", { class: "lines" }, inline(words.length ? words.join("\n") : rows[at++])));
    }
  }
  return nodes;
}
