// The conversation with the app as an agent: questions to begin with, and what it is doing.

import { act, see } from "./api.js";
import { byId, fill, h } from "./dom.js";
import { isDirect, nameOf, state } from "./state.js";

export class Agent {
  /** `say(text)` sends a prompt as one's own message. */
  constructor(say) {
    this.say = say;
    this.place = byId("agent");
    this.statuses = new Map();
    this.prompts = null;
    this.isNew = true; // nothing has been said since the conversation was opened
    this.channel = "";
  }

  /** Somebody opens the conversation: the app is told, and what it offers is shown. */
  async opened() {
    this.prompts = null;
    this.isNew = true;
    this.statuses.clear();
    this.draw();
    const me = state.me;
    await act("home", { user: me, tab: "messages" });
    const found = await see("assistant", { user: me });
    if (me !== state.me || !isDirect(state.place)) return;
    this.channel = found.channel;
    this.prompts ??= found.prompts;
    for (const each of found.statuses) this.statuses.set(each.thread_ts, each);
    this.draw();
  }

  heard({ channel, prompts, status }) {
    if (channel !== this.channel && this.channel) return;
    this.channel = channel;
    if (prompts) this.prompts = prompts;
    if (status?.status) this.statuses.set(status.thread_ts, status);
    else if (status) this.statuses.delete(status.thread_ts);
    this.draw();
  }

  /** Once something is said, there is no need of prompts, be they on their way still. */
  said() {
    this.isNew = false;
    this.draw();
  }

  draw() {
    const direct = isDirect(state.place);
    const doing = [...this.statuses.values()].at(-1);
    const offered = (this.isNew && this.prompts?.prompts) || [];
    this.place.hidden = !direct || (!doing && !offered.length);
    if (!direct) return;
    byId("agent-status").textContent = doing ? `${nameOf(state.bot)} ${doing.loading_messages[0] ?? doing.status}` : "";
    fill(byId("prompts"), offered.length ? [
      h("p", { class: "prompts-title", id: "prompts-title" }, this.prompts.title || "Ask, for instance:"),
      h("div", { class: "prompts-row", role: "group", "aria-labelledby": "prompts-title" }, offered.map((each) =>
        h("button", { type: "button", class: "prompt", on: { click: () => this.say(each.message) } }, each.title))),
    ] : []);
  }
}
