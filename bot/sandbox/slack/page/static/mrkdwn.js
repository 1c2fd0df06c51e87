// Slack's mrkdwn and the markdown block, from text to nodes.

import { dated, full } from "./dates.js";
import { h } from "./dom.js";
import { withEmoji } from "./emoji.js";
import { nameOf, person, state } from "./state.js";

const MARK = /(?<![\p{L}\p{N}])([*_~])(?=[^\s*_~])((?:(?!\1).)*[^\s])\1(?![\p{L}\p{N}])/u;
const BARE = /https?:\/\/[^\s<>()]+[^\s<>().,;:!?'"]/;
const TAGS = { "*": "strong", _: "em", "~": "s" };
const SAFE = /^(https?:|mailto:|tel:)/i;

const unescape = (text) => text.replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&");
const leaf = (text) => withEmoji(unescape(text));

/** A link to the web, in a tab of its own; one with another scheme stays text. */
export function link(address, label) {
  if (!SAFE.test(address)) return document.createTextNode(label ?? address);
  const message = /^\/archives\/([A-Z0-9]+)\/p(\d{10})(\d{6})/.exec(address.startsWith(`${location.origin}/`) ? new URL(address).pathname : "");
  if (message) {
    const data = { channel: message[1], ts: `${message[2]}.${message[3]}` };
    return h("a", { href: "#", class: "to-message", data }, label ?? "a message");
  }
  return h("a", { href: opened(address), target: "_blank", rel: "noopener noreferrer" }, label ?? address);
}

// A link into the page beside this one opens it with the token that this page was told.
function opened(address) {
  const [base, token] = (state.beside.address ?? "").split("#");
  return token && address.startsWith(base) && !address.includes("#") ? `${address}#${token}` : address;
}

/** Somebody's name; one's own stands out. */
export function mention(id) {
  const known = person(id);
  return h("span", { class: id === state.me ? "mention to-me" : "mention" }, `@${known ? known.name : id}`);
}

export function channelLink(id, label) {
  const channel = state.channels.get(id);
  if (!channel) return h("span", { class: "mention" }, `#${label || id}`);
  return h("a", { href: "#", class: "mention to-channel", data: { channel: id } }, `#${channel.name}`);
}

export const broadcast = (range) => h("span", { class: "mention to-all" }, `@${range}`);

/** A moment as a format of Slack's wants it, in the reader's zone. */
export function date(seconds, format, fallback, address) {
  const when = new Date(Number(seconds) * 1000);
  const shown = dated(format, when) ?? fallback ?? "";
  if (Number.isNaN(when.getTime())) return document.createTextNode(shown);
  const time = h("time", { dateTime: when.toISOString(), title: full(when) }, shown);
  return address && SAFE.test(address) ? h("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, time) : time;
}

function angle(inside) {
  const [target, ...rest] = inside.split("|");
  const label = rest.length ? unescape(rest.join("|")) : undefined;
  if (target.startsWith("@")) return mention(target.slice(1));
  if (target.startsWith("#")) return channelLink(target.slice(1), label);
  if (target.startsWith("!date^")) {
    const [, seconds, format, address] = target.split("^");
    return date(seconds, format ?? "", label, address);
  }
  if (target.startsWith("!subteam^")) return h("span", { class: "mention" }, label ?? `@${target.split("^")[1]}`);
  if (target.startsWith("!")) return broadcast(target.slice(1));
  return link(unescape(target), label === undefined ? undefined : withEmoji(label));
}

// Code and links first become atoms, single characters of the private use area, so that no mark can begin inside one.
function inline(text, verbatim) {
  const atoms = [];
  const keep = (node) => {
    atoms.push(node);
    return String.fromCharCode(0xe000 + atoms.length - 1);
  };
  const clean = text.replace(/[\ue000-\uf8ff]/g, "\ufffd");
  let rest = clean.replace(/`([^`\n]+)`|<([^<>\n]+)>/g, (_, code, target) =>
    atoms.length < 6000 ? keep(code === undefined ? angle(target) : h("code", {}, ...codeParts(code))) : _,
  );
  if (!verbatim) rest = rest.replace(new RegExp(BARE, "g"), (found) => keep(link(unescape(found))));
  return marked(rest, atoms);
}

// Inside code nothing is marked, but links that the app made stay links.
function codeParts(code) {
  return code.split(/<([^<>\n]+)>/).map((part, place) => (place % 2 ? angle(part) : unescape(part)));
}

function marked(text, atoms) {
  const nodes = [];
  let rest = text;
  for (let found = MARK.exec(rest); found; found = MARK.exec(rest)) {
    nodes.push(...expanded(rest.slice(0, found.index), atoms));
    nodes.push(h(TAGS[found[1]], {}, ...marked(found[2], atoms)));
    rest = rest.slice(found.index + found[0].length);
  }
  return [...nodes, ...expanded(rest, atoms)];
}

function expanded(text, atoms) {
  return text
    .split(/([\ue000-\uf8ff])/)
    .filter(Boolean)
    .map((part) => atoms[part.charCodeAt(0) - 0xe000] ?? document.createTextNode(leaf(part)));
}

/** mrkdwn as a list of nodes: paragraphs of lines, fences, quotes. */
export function mrkdwn(text, { verbatim = false } = {}) {
  const nodes = [];
  text.split(/```([\s\S]+?)```/).forEach((part, place) => {
    if (place % 2) nodes.push(h("pre", { class: "code", tabIndex: 0 }, ...codeParts(part.replace(/^\n|\n$/g, ""))));
    else nodes.push(...lines(place ? part.replace(/^\n/, "") : part, verbatim));
  });
  return nodes;
}

function lines(text, verbatim) {
  if (!text.trim()) return [];
  const nodes = [];
  let quoted = [];
  let plain = [];
  const close = () => {
    if (plain.length) nodes.push(h("div", { class: "lines" }, ...inline(plain.join("\n"), verbatim)));
    if (quoted.length) nodes.push(h("blockquote", {}, ...inline(quoted.join("\n"), verbatim)));
    plain = [];
    quoted = [];
  };
  for (const line of text.replace(/\n$/, "").split("\n")) {
    const quote = /^(?:&gt;|>) ?(.*)$/.exec(line);
    if (quote ? plain.length : quoted.length) close();
    if (quote) quoted.push(quote[1]);
    else plain.push(line);
  }
  close();
  return nodes;
}

/** A text object, or a bare string as mrkdwn. */
export function textOf(text) {
  if (typeof text === "string") return mrkdwn(text);
  if (text.type === "plain_text") return [h("span", { class: "lines" }, text.emoji === false ? text.text : withEmoji(text.text))];
  return mrkdwn(text.text, { verbatim: Boolean(text.verbatim) });
}

export const plainOf = (text) => (text ? (text.emoji === false ? text.text : withEmoji(text.text)) : "");

const PEOPLE = /<([@#!])([^<>|]+)(?:\|([^<>]*))?>/g;
/** mrkdwn as one line of plain words, for what is only read out. */
export function plainWords(text) {
  const named = text.replace(PEOPLE, (_, sign, id, label) => (sign === "@" ? `@${nameOf(id)}` : label || id));
  return withEmoji(unescape(named.replace(/<[^<>|]+\|([^<>]+)>/g, "$1").replace(/[<>`*~]/g, ""))).trim();
}
