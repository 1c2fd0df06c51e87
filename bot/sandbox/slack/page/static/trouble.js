// What can go wrong between Slack and an app, on request.

import { act, see } from "./api.js";
import { fill, h, newId } from "./dom.js";
import { isDirect, nameOf, placeName, state } from "./state.js";

const FOREVER = 1_000_000;

/** The panel's content. */
export function troublePanel() {
  const said = h("p", { class: "side-status", role: "status" });
  const now = h("div", { class: "trouble-now" });

  const refresh = async () => {
    const found = await see("trouble");
    const way = found.via === "socket" ? `${found.connected} Socket Mode ${found.connected === 1 ? "connection" : "connections"}` : "signed HTTP requests";
    fill(now,
      h("p", {}, `The app is reached by ${way}.`),
      found.rate_limits ? h("p", {}, "Slack's rate limits are on.") : null,
      found.faults.length
        ? h("ul", { class: "planned" }, found.faults.map((each) => h("li", {}, describe(each))))
        : h("p", { class: "quiet" }, "No trouble is planned."));
  };
  const attempt = (work, words) => async () => {
    try {
      const result = await work();
      await refresh();
      said.textContent = typeof words === "function" ? words(result) : words;
    } catch (error) {
      said.textContent = error.message;
    }
  };
  const button = (label, work, words, style = "") =>
    h("button", { type: "button", class: `button ${style}`, on: { click: attempt(work, words) } }, label);

  const method = field("Calls of", { value: "*", "aria-describedby": "trouble-star" });
  const times = field("How many", { type: "number", min: 1, value: "1" });
  const seconds = field("Seconds", { type: "number", min: 1, value: "5" });
  const planned = (fields, words) => [
    () => act("faults", { method: method.input.value.trim() || "*", times: Number(times.input.value) || 1, ...fields() }),
    words,
  ];
  const wait = () => Number(seconds.input.value) || 1;

  const content = [
    section("Now", now, button("Look again", async () => {}, "")),
    section("The connection",
      button("Drop the socket", () => act("disconnect", { drop: true }), (result) => `${result.connections} connections were cut, as a broken network cuts them.`),
      button("Ask the app to reconnect", () => act("disconnect", { reason: "refresh_requested" }), (result) => `${result.connections} connections were asked to make way for new ones.`)),
    section("The app's next calls",
      h("div", { class: "trouble-fields" }, method.row, times.row, seconds.row),
      h("p", { class: "hint", id: "trouble-star" }, "* stands for any method; chat.postMessage is one."),
      button("Delay them", ...planned(() => ({ delay: wait() }), "They will wait.")),
      button("Answer 429", ...planned(() => ({ retry_after: wait() }), "They will be told to come back later.")),
      button("Answer an error", ...planned(() => ({ error: "internal_error" }), "They will fail.")),
      button("Lose the answers", ...planned(() => ({ drop_response: true }), "They will be done, and nobody will tell the app.")),
      button("Slack's rate limits on", () => act("rate_limits", { on: true }), "Calls are counted as Slack counts them."),
      button("Forget all that", async () => {
        await act("faults", { clear: true });
        await act("rate_limits", { on: false });
      }, "Calls are answered again.")),
    section("The installation",
      button("Revoke the token", () => act("faults", { method: "*", times: FOREVER, error: "token_revoked" }), "Every call is refused until you give the token back.", "danger"),
      button("Give the token back", () => act("faults", { clear: true }), "Calls are answered again."),
      ...membership(button)),
    said,
  ];
  refresh().catch((error) => {
    said.textContent = error.message;
  });
  return content;
}

function membership(button) {
  if (isDirect(state.place)) return [h("p", { class: "hint" }, "Open a channel to remove the app from it.")];
  const place = { user: state.bot, channel: state.place };
  const app = nameOf(state.bot);
  const name = placeName(state.place);
  return [
    button(`Remove ${app} from ${name}`, () => act("channels/leave", place), `${app} is not in ${name} any more.`, "danger"),
    button(`Invite ${app} to ${name}`, () => act("channels/join", place), `${app} is in ${name}.`),
  ];
}

function describe(fault) {
  const what = fault.delay ? `wait ${fault.delay} s` : fault.retry_after ? `get 429, retry after ${fault.retry_after} s` : fault.drop_response ? "lose their answer" : `get ${fault.error || fault.http_status}`;
  const calls = fault.times >= FOREVER / 2 ? "All calls" : `The next ${fault.times === 1 ? "call" : `${fault.times} calls`}`;
  return `${calls}${fault.method === "*" ? "" : ` of ${fault.method}`}: ${what}`;
}

const section = (title, ...content) => h("section", { class: "side-part" }, h("h3", {}, title), h("div", { class: "trouble-row" }, content));

function field(label, properties) {
  const id = newId("trouble");
  const input = h("input", { id, class: "text-input", ...properties });
  return { input, row: h("p", { class: "trouble-field" }, h("label", { htmlFor: id, class: "label" }, label), input) };
}
