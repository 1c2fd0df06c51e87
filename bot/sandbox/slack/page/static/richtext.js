// The rich_text block.

import { h } from "./dom.js";
import { emoji } from "./emoji.js";
import { broadcast, channelLink, date, link, mention } from "./mrkdwn.js";

function styled(node, style = {}) {
  let made = node;
  for (const [name, tag] of [["code", "code"], ["strike", "s"], ["italic", "em"], ["bold", "strong"], ["underline", "u"]]) {
    if (style[name]) made = h(tag, {}, made);
  }
  return made;
}

function piece(element) {
  switch (element.type) {
    case "text":
      return styled(document.createTextNode(element.text), element.style);
    case "link":
      return styled(link(element.url, element.text), element.style);
    case "user":
      return styled(mention(element.user_id), element.style);
    case "usergroup":
      return h("span", { class: "mention" }, `@${element.usergroup_id}`);
    case "channel":
      return styled(channelLink(element.channel_id), element.style);
    case "broadcast":
      return broadcast(element.range);
    case "emoji":
      return document.createTextNode(emoji(element.name) ?? `:${element.name}:`);
    case "date":
      return date(element.timestamp, element.format, element.fallback, element.url);
    case "color":
      return h("code", {}, element.value);
    default:
      return document.createTextNode(element.text ?? "");
  }
}

const pieces = (elements) => elements.map(piece);

function part(element) {
  switch (element.type) {
    case "rich_text_preformatted":
      return h("pre", { class: "code", tabIndex: 0 }, pieces(element.elements));
    case "rich_text_quote":
      return h("blockquote", {}, pieces(element.elements));
    case "rich_text_list": {
      const items = element.elements.map((each) => h("li", {}, pieces(each.elements ?? [])));
      const start = element.style === "ordered" ? (element.offset ?? 0) + 1 : undefined;
      return h(element.style === "ordered" ? "ol" : "ul", { class: `listing indent-${Math.min(element.indent ?? 0, 8)}`, start }, items);
    }
    default:
      return h("div", { class: "lines" }, pieces(element.elements ?? []));
  }
}

/** The nodes of a rich_text block. */
export const richText = (block) => (block.elements ?? []).map(part);

/** `<...>` in a markdown block: mentions work there too. */
export function angleParts(inside) {
  const [target, label] = inside.split("|");
  if (target.startsWith("@")) return mention(target.slice(1));
  if (target.startsWith("#")) return channelLink(target.slice(1), label);
  if (target.startsWith("!")) return broadcast(target.slice(1));
  return /^https?:/.test(target) ? link(target, label) : document.createTextNode(`<${inside}>`);
}
