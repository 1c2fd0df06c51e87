// Where a message comes from, what is doubtful about it, and how it sounds.

import { act, see } from "./api.js";
import { h } from "./dom.js";
import { clock, full } from "./dates.js";
import { moment, state } from "./state.js";

const ms = (value) => (value === null || value === undefined ? "–" : value < 1000 ? `${Math.round(value)} ms` : `${(value / 1000).toFixed(1)} s`);

/** The panel's content for a message. */
export async function inspected(channel, ts, deeds) {
  const found = await see("inspect", { user: state.me, channel, ts });
  const { message } = found;
  const text = JSON.stringify(message, null, 2);
  const said = h("p", { class: "side-status", role: "status" });
  const copy = h("button", { type: "button", class: "button", on: { click: async () => {
    await navigator.clipboard.writeText(text);
    said.textContent = "Copied.";
  } } }, "Copy");
  const attempts = found.deliveries;
  const acked = attempts.find((each) => each.ack_ms !== null);
  return [
    part("What a screen reader says", h("p", { class: "spoken" }, found.spoken || "(nothing: the message has no text)")),
    part("Warnings", found.warnings.length
      ? h("ul", { class: "warnings" }, found.warnings.map((each) => h("li", {}, each)))
      : h("p", { class: "quiet" }, "None.")),
    part("Times", facts([
      ["Posted", full(moment(message.ts))],
      ["Time to acknowledge", attempts.length ? ms(acked?.ack_ms) : "nothing was sent to the app"],
      ["Time to answer", found.answered_ms === null ? "–" : ms(found.answered_ms)],
    ])),
    part(message.bot_id ? "Calls that made it" : "Calls", found.calls.length
      ? h("ol", { class: "rows" }, found.calls.map(call))
      : h("p", { class: "quiet" }, message.bot_id ? "It came with an acknowledgement, or its calls are forgotten." : "None: a person wrote it.")),
    part(found.is_answer ? "Most likely the answer to" : "Sent to the app", attempts.length
      ? h("ol", { class: "rows" }, attempts.map((each) => delivery(each, said, deeds)))
      : h("p", { class: "quiet" }, "Nothing.")),
    said,
    part("JSON", h("div", {}, copy, h("pre", { class: "code json", tabIndex: 0, "aria-label": "The message as JSON" }, text))),
  ];
}

const part = (title, content) => h("section", { class: "side-part" }, h("h3", {}, title), content);

const facts = (rows) => h("dl", { class: "facts" }, rows.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));

function call(each) {
  const outcome = each.ok ? "ok" : (each.error ?? `HTTP ${each.http_status}`);
  return h("li", {},
    h("details", {},
      h("summary", {}, h("code", {}, each.method), " ", h("span", { class: each.ok ? "fine" : "wrong" }, outcome),
        h("span", { class: "quiet" }, ` ${clock(moment(each.at))}, ${ms(each.ms)}${each.scope ? `, ${each.scope}` : ""}`)),
      h("pre", { class: "code json", tabIndex: 0, "aria-label": `Arguments of ${each.method}` }, JSON.stringify(each.args, null, 2))));
}

function delivery(each, said, deeds) {
  const name = each.event_type ?? each.kind ?? each.type;
  const outcome = each.ack_ms === null ? each.error || "waiting" : `acknowledged in ${ms(each.ack_ms)}`;
  const again = h("button", { type: "button", class: "button", on: { click: async () => {
    try {
      await act("redeliver", { id: each.id });
      said.textContent = `${name} was sent once more, under its old id.`;
    } catch (error) {
      deeds.toldOf(error.message);
    }
  } } }, "Send again");
  return h("li", {},
    h("details", {},
      h("summary", {}, h("code", {}, name), " ", h("span", { class: each.ack_ms === null ? "wrong" : "fine" }, outcome),
        h("span", { class: "quiet" }, ` ${clock(moment(each.sent_at))}, attempt ${each.attempt + 1}, by ${each.via}`)),
      h("pre", { class: "code json", tabIndex: 0, "aria-label": `Payload of ${name}` }, JSON.stringify(each.payload, null, 2))),
    again);
}
