// Blocks to nodes. `context` says where they stand and does what their elements ask for (see elements.js).

import { fileAddress } from "./api.js";
import { h, newId } from "./dom.js";
import { element as drawn } from "./elements.js";
import { markdown } from "./markdown.js";
import { plainOf, textOf } from "./mrkdwn.js";
import { richText } from "./richtext.js";

/** All blocks, each in its own element. */
export const blocks = (list, context) => list.map((block) => one(block, context));

function one(block, context) {
  const draw = DRAW[block.type];
  const inside = draw ? draw(block, context) : h("p", { class: "unknown" }, `(a ${block.type} block, which this page can't draw)`);
  inside.classList.add("block", `block-${block.type}`);
  inside.dataset.block = block.block_id ?? "";
  return inside;
}

/** A picture of the sandbox's own; nothing is loaded from elsewhere, so of others only the words are shown. */
export function picture(source, alt, shape) {
  let address = source.slack_file?.id ? fileAddress(source.slack_file.id) : "";
  const url = source.image_url ?? source.slack_file?.url ?? "";
  const own = url.startsWith(`${location.origin}/files/`) ? url.split("/files/")[1].split("/")[0] : "";
  if (own) address = fileAddress(own);
  if (!address) return h("span", { class: `no-picture ${shape}`, title: url }, `🖼 ${alt} (not loaded: it is on another server)`);
  return h("img", { src: address, alt, class: shape, loading: "lazy" });
}

function section(block, context) {
  const text = block.text ? h("div", { class: "section-text" }, textOf(block.text)) : null;
  const fields = block.fields
    ? h("div", { class: "fields" }, block.fields.map((field) => h("div", { class: "field" }, textOf(field))))
    : null;
  const beside = block.accessory
    ? h("div", { class: "accessory" }, block.accessory.type === "image"
        ? picture(block.accessory, block.accessory.alt_text, "thumbnail")
        : drawn(block, block.accessory, context))
    : null;
  return h("div", {}, h("div", { class: "section-body" }, text, fields), beside);
}

function table(block) {
  const settings = block.column_settings ?? [];
  const cell = (tag, value, column) => {
    const inside = value.type === "rich_text" ? richText(value) : (value.text ?? String(value.value));
    const align = settings[column]?.align ?? (value.type === "raw_number" ? "right" : "left");
    return h(tag, { class: `align-${align}${settings[column]?.is_wrapped === false ? " no-wrap" : ""}`, scope: tag === "th" ? "col" : undefined }, inside);
  };
  const [head, ...body] = block.rows;
  return h("div", { role: "region", "aria-label": "Table", tabIndex: 0 },
    h("table", {},
      h("thead", {}, h("tr", {}, head.map((each, place) => cell("th", each, place)))),
      h("tbody", {}, body.map((row) => h("tr", {}, row.map((each, place) => cell("td", each, place)))))));
}

function input(block, context) {
  const id = newId("input");
  const errorId = `${id}-error`;
  const hintId = `${id}-hint`;
  const several = ["radio_buttons", "checkboxes"].includes(block.element.type);
  const words = [plainOf(block.label), block.optional ? h("span", { class: "optional" }, " (optional)") : null];
  const described = [block.hint ? hintId : "", errorId].filter(Boolean).join(" ");
  const made = drawn(block, block.element, context, { id, describedBy: described, required: !block.optional });
  const label = several ? h("legend", { class: "label" }, words) : h("label", { class: "label", htmlFor: id }, words);
  return h(several ? "fieldset" : "div", {},
    label, made,
    h("p", { class: "field-error", id: errorId, role: "alert" }),
    block.hint ? h("p", { class: "hint", id: hintId }, plainOf(block.hint)) : null);
}

const DRAW = {
  section,
  table,
  input,
  header: (block) => h("p", { role: "heading", "aria-level": "3" }, plainOf(block.text)),
  divider: () => h("hr"),
  context: (block) =>
    h("div", {}, block.elements.map((each) =>
      each.type === "image" ? picture(each, each.alt_text, "small-picture") : h("span", { class: "context-text" }, textOf(each)))),
  actions: (block, context) => h("div", {}, block.elements.map((each) => drawn(block, each, context))),
  context_actions: (block, context) => h("div", {}, block.elements.map((each) => drawn(block, each, context))),
  image: (block) =>
    h("figure", {}, block.title ? h("figcaption", {}, plainOf(block.title)) : null, picture(block, block.alt_text, "large-picture")),
  markdown: (block) => h("div", {}, markdown(block.text)),
  rich_text: (block) => h("div", {}, richText(block)),
};
