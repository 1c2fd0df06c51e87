// Buttons, menus and inputs. A context has: `surface` (message, modal, home), `values` (what was filled in, by block and
// action), `filled(block, element, value)`, `send(block, element, value)` (a promise that ends when the app has answered),
// and `offered(block, element, query)` for selects whose options come from the app.

import { h, icon, newId } from "./dom.js";
import { Combobox } from "./combobox.js";
import { menu } from "./menu.js";
import { plainOf, textOf } from "./mrkdwn.js";
import { ask } from "./question.js";
import { nameOf, state } from "./state.js";

/** An interactive element; `field` has the ids of the label that it stands under, inside an input block. */
export function element(block, spec, context, field = {}) {
  const draw = DRAW[spec.type];
  if (!draw) return h("span", { class: "unknown" }, `(${spec.type})`);
  const made = draw(block, spec, context, field);
  const focusable = made.matches("button, input, textarea") ? made : made.querySelector("button, input, textarea");
  if (focusable) focusable.dataset.key = `${block.block_id} ${spec.action_id}`;
  if (spec.focus_on_load && focusable) focusable.dataset.focus = "yes";
  return made;
}

/** Ask where the app wants a confirmation, then send; the element shows that the app is at work. */
async function send(block, spec, context, value, shown) {
  if (spec.confirm && !(await ask(spec.confirm))) return;
  if (shown.getAttribute("aria-busy") === "true") return;
  shown.setAttribute("aria-busy", "true");
  try {
    await context.send(block, spec, value);
  } finally {
    shown.removeAttribute("aria-busy");
  }
}

/** A value was chosen or typed: inputs keep it until the form is sent, others tell the app at once. */
function changed(block, spec, context, value, shown) {
  context.filled(block, spec, value);
  if (block.type !== "input" || block.dispatch_action) send(block, spec, context, value, shown);
}

function button(block, spec, context) {
  const made = h("button", { type: "button", class: `button ${spec.style ?? ""}`, "aria-label": spec.accessibility_label },
    h("span", { class: "button-words" }, plainOf(spec.text)));
  made.addEventListener("click", () => {
    if (spec.url && /^(https?|mailto):/i.test(spec.url)) window.open(spec.url, "_blank", "noopener,noreferrer");
    send(block, spec, context, spec.value, made);
  });
  return made;
}

function iconButton(block, spec, context) {
  const label = spec.accessibility_label ?? plainOf(spec.text);
  const made = h("button", { type: "button", class: "icon-button", "aria-label": label, title: label }, icon("bin"));
  made.addEventListener("click", () => send(block, spec, context, spec.value, made));
  return made;
}

function feedback(block, spec, context) {
  const one = (side, name) => {
    const label = side.accessibility_label ?? plainOf(side.text);
    const made = h("button", { type: "button", class: "icon-button", "aria-label": label, title: plainOf(side.text), "aria-pressed": "false" }, icon(name));
    made.addEventListener("click", async () => {
      await send(block, spec, context, side.value, made);
      for (const each of made.parentElement.children) each.setAttribute("aria-pressed", String(each === made));
    });
    return made;
  };
  return h("span", { class: "feedback", role: "group", "aria-label": "Feedback" }, one(spec.positive_button, "good"), one(spec.negative_button, "bad"));
}

function overflow(block, spec, context) {
  const made = h("button", { type: "button", class: "button overflow", "aria-label": "More actions" }, icon("more"));
  menu(made, () => spec.options.map((option) => ({
    label: plainOf(option.text),
    detail: option.description ? plainOf(option.description) : "",
    run: () => {
      if (option.url && /^(https?|mailto):/i.test(option.url)) window.open(option.url, "_blank", "noopener,noreferrer");
      send(block, spec, context, option.value, made);
    },
  })));
  return made;
}

const start = (block, spec, context, initial) => {
  const now = context.values?.[block.block_id]?.[spec.action_id];
  return now === undefined ? initial : now;
};

function typed(kind) {
  return (block, spec, context, field) => {
    const tag = spec.multiline ? "textarea" : "input";
    const made = h(tag, {
      id: field.id ?? newId("field"), class: "text-input", placeholder: plainOf(spec.placeholder),
      value: start(block, spec, context, spec.initial_value ?? ""), maxLength: spec.max_length ?? 3000,
      "aria-describedby": field.describedBy, "aria-required": field.required ? "true" : undefined,
      "aria-label": field.id ? undefined : plainOf(spec.placeholder) || "Text",
    });
    if (tag === "input") made.type = kind === "number" ? "text" : kind;
    if (kind === "number") made.inputMode = spec.is_decimal_allowed ? "decimal" : "numeric";
    if (tag === "textarea") made.rows = 4;
    made.autocomplete = "off";
    made.addEventListener("input", () => {
      context.filled(block, spec, made.value);
      if (block.dispatch_action && spec.dispatch_action_config?.trigger_actions_on?.includes("on_character_entered")) {
        send(block, spec, context, made.value, made);
      }
    });
    made.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing || !block.dispatch_action) return;
      event.preventDefault();
      send(block, spec, context, made.value, made);
    });
    return made;
  };
}

function native(kind, field_) {
  return (block, spec, context, field) => {
    const initial = start(block, spec, context, spec[`initial_${field_}`] ?? "");
    const stamp = kind === "datetime-local";
    const shown = stamp && initial ? localStamp(Number(initial)) : initial;
    const made = h("input", {
      type: kind, id: field.id ?? newId("field"), class: "text-input picker", value: shown ?? "",
      "aria-describedby": field.describedBy, "aria-label": field.id ? undefined : plainOf(spec.placeholder) || { date: "Date", time: "Time" }[kind] || "Date and time",
    });
    made.addEventListener("change", () => {
      const value = stamp ? (made.value ? Math.round(new Date(made.value).getTime() / 1000) : null) : made.value || null;
      changed(block, spec, context, value, made);
    });
    return made;
  };
}

function localStamp(seconds) {
  const at = new Date(seconds * 1000);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

function ticks(kind) {
  return (block, spec, context, field) => {
    const initial = kind === "radio" ? spec.initial_option?.value : (spec.initial_options ?? []).map((each) => each.value);
    const now = [start(block, spec, context, initial)].flat();
    const name = newId("choice");
    const made = h("div", { class: "ticks", role: field.id ? undefined : kind === "radio" ? "radiogroup" : "group", "aria-label": field.id ? undefined : "Options" });
    const chosen = () => [...made.querySelectorAll("input:checked")].map((each) => each.value);
    spec.options.forEach((option) => {
      const box = h("input", { type: kind, name, value: option.value, checked: now.includes(option.value), "aria-describedby": field.describedBy });
      box.addEventListener("change", () => changed(block, spec, context, kind === "radio" ? chosen()[0] : chosen(), made));
      const about = option.description ? h("span", { class: "tick-about" }, textOf(option.description)) : null;
      made.append(h("label", { class: "tick" }, box, h("span", {}, h("span", { class: "tick-label" }, textOf(option.text)), about)));
    });
    return made;
  };
}

const optionRow = (option) => ({ value: option.value, label: plainOf(option.text), detail: option.description ? plainOf(option.description) : "", option });
const personRow = (id) => ({ value: id, label: nameOf(id), detail: state.people.get(id)?.title ?? "" });
const channelRow = (each) => ({ value: each.id, label: `#${each.name}`, detail: "" });

function grouped(spec) {
  if (!spec.option_groups) return (spec.options ?? []).map(optionRow);
  return spec.option_groups.flatMap((group) => group.options.map((each) => ({ ...optionRow(each), group: plainOf(group.label) })));
}

const SOURCES = {
  static: (_block, spec) => grouped(spec),
  external: null,
  users: () => [...state.people.values()].filter((each) => !each.is_bot).map((each) => personRow(each.id)),
  channels: () => [...state.channels.values()].filter((each) => each.kind !== "im").map(channelRow),
  conversations: () => [...state.channels.values()].filter((each) => each.kind !== "im").map(channelRow),
};
const INITIAL = { users: "user", channels: "channel", conversations: "conversation" };

function select(source, several) {
  return (block, spec, context, field) => {
    let initial;
    if (INITIAL[source]) initial = [spec[`initial_${INITIAL[source]}${several ? "s" : ""}`] ?? []].flat();
    else initial = several ? (spec.initial_options ?? []) : [spec.initial_option ?? []].flat();
    const rows = initial.map((each) => (typeof each === "string" ? (SOURCES[source]().find((row) => row.value === each) ?? personRow(each)) : optionRow(each)));
    const kept = start(block, spec, context, undefined);
    const known = kept === undefined ? rows : (context.rows?.get(`${block.block_id} ${spec.action_id}`) ?? rows);
    const made = new Combobox({
      id: field.id, describedBy: field.describedBy, several, required: field.required,
      label: field.id ? "" : plainOf(spec.placeholder) || "Choose",
      placeholder: plainOf(spec.placeholder) || "Choose an option",
      chosen: known, most: spec.max_selected_items,
      options: SOURCES[source]
        ? async (query) => SOURCES[source](block, spec).filter((row) => fits(row, query))
        : async (query) => (query.length < (spec.min_query_length ?? 3) ? null : grouped(await context.offered(block, spec, query))),
      least: SOURCES[source] ? 0 : (spec.min_query_length ?? 3),
      changed: (now) => {
        context.rows?.set(`${block.block_id} ${spec.action_id}`, now);
        const values = now.map((row) => row.value);
        changed(block, spec, context, several ? values : (values[0] ?? null), made.root);
      },
      clearable: block.type === "input" && block.optional === true,
    });
    return made.root;
  };
}

const fits = (row, query) => `${row.label} ${row.detail}`.toLocaleLowerCase().includes(query.toLocaleLowerCase());

const DRAW = {
  button,
  icon_button: iconButton,
  feedback_buttons: feedback,
  overflow,
  plain_text_input: typed("text"),
  email_text_input: typed("email"),
  url_text_input: typed("url"),
  number_input: typed("number"),
  datepicker: native("date", "date"),
  timepicker: native("time", "time"),
  datetimepicker: native("datetime-local", "date_time"),
  radio_buttons: ticks("radio"),
  checkboxes: ticks("checkbox"),
};
for (const source of Object.keys(SOURCES)) {
  DRAW[`${source}_select`] = select(source, false);
  DRAW[`multi_${source}_select`] = select(source, true);
}
