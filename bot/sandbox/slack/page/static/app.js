// The page: puts the parts together, and takes every change to where it belongs.

import { Agent } from "./agent.js";
import { act, listen, see } from "./api.js";
import { Composer } from "./composer.js";
import { byId, fill, h, icon } from "./dom.js";
import { inspected } from "./inspector.js";
import { MessageList } from "./messages.js";
import { plainWords } from "./mrkdwn.js";
import { Side } from "./side.js";
import { Sidebar } from "./sidebar.js";
import { channelsOf, directMessageOf, isDirect, kept, nameOf, person, placeName, state } from "./state.js";
import { theme } from "./theme.js";
import { troublePanel } from "./trouble.js";
import { Home, Modals } from "./views.js";

const NEAR = 80; // pixels from the bottom that still count as being there
const SHOWN = 200; // messages that stay when many have come
const SPOKEN = 200; // characters of a new message that are read out
const FIRST_PERSON = "dana";
const FIRST_CHANNEL = "ml-help";

const here = () => (isDirect(state.place) ? directMessageOf(state.me) : state.place);
const isTop = (message) => (message.thread_ts ?? message.ts) === message.ts || message.subtype === "thread_broadcast";

class Page {
  constructor() {
    history.replaceState(null, "", location.pathname); // the token has done its work
    theme(byId("theme-button"));
    this.deeds = { openThread: (message) => this.openThread(message), inspect: (message) => this.inspect(message), toldOf: (words) => this.toldOf(words) };
    this.side = new Side();
    this.sidebar = new Sidebar({ go: (place) => this.go(place), become: (id) => this.become(id) });
    this.modals = new Modals();
    this.home = new Home((words) => this.toldOf(words));
    this.list = new MessageList(byId("messages"), this.deeds);
    this.thread = null;
    this.loading = 0;
    this.stuck = true;
    this.ahead = false; // whether newer messages than the last one shown are left out
    this.composer = new Composer(byId("composer"), { id: "composer-text", send: (text) => this.type(text) });
    this.agent = new Agent((text) => this.type(text).catch((error) => this.toldOf(error.message)));
    byId("side-close").append(icon("close"));
    byId("trouble-button").addEventListener("click", () => this.side.open("trouble", "Trouble", "What can go wrong, on request", troublePanel()));
    byId("older").addEventListener("click", () => this.older());
    byId("jump").addEventListener("click", () => this.toNewest());
    const scroller = byId("history");
    scroller.addEventListener("scroll", () => {
      this.stuck = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR;
      if (this.stuck) byId("jump").hidden = true;
    }, { passive: true });
    new ResizeObserver(() => this.stuck && this.toBottom()).observe(byId("messages"));
    new ResizeObserver(() => this.stuck && this.toBottom()).observe(scroller);
    document.addEventListener("click", (event) => this.followed(event));
  }

  async start() {
    const last = await this.learn();
    const first = [...state.people.values()].find((each) => each.name === FIRST_PERSON) ?? [...state.people.values()].find((each) => !each.is_bot);
    state.me = state.people.has(kept.get("me")) ? kept.get("me") : first.id;
    await this.become(state.me, kept.get("place"));
    listen(last, {
      heard: (changes) => this.heard(changes),
      gap: () => this.become(state.me, state.place),
      status: (connected) => {
        byId("connection").textContent = connected ? "" : "Reconnecting …";
      },
    });
    this.composer.focus();
  }

  async learn() {
    const found = await see("workspace");
    Object.assign(state, { team: found.team, bot: found.bot, commands: found.commands, hasHome: found.has_home, beside: found.beside });
    state.people = new Map(found.people.map((each) => [each.id, each]));
    state.channels = new Map(found.channels.map((each) => [each.id, each]));
    const { name, address } = found.beside;
    byId("beside").hidden = !name;
    if (name) Object.assign(byId("beside"), { href: address, textContent: name });
    byId("team-name").textContent = `Slack ${found.team}`;
    return found.last;
  }

  /** Be somebody, and see what they see. */
  async become(id, place = state.place) {
    state.me = id;
    kept.set("me", id);
    state.unread.clear();
    this.side.close({ refocus: false });
    const mine = channelsOf(id);
    const first = mine.find((each) => each.name === FIRST_CHANNEL) ?? mine[0];
    const known = isDirect(place) || mine.some((each) => each.id === place);
    await Promise.all([this.modals.load(), this.home.load(), this.go(known && place ? (isDirect(place) ? "dm" : place) : (first?.id ?? "dm"))]);
  }

  /** Look at a place. */
  async go(place, { tab = "messages" } = {}) {
    const mine = ++this.loading;
    if (place !== state.place) this.side.close({ refocus: false });
    state.place = place;
    state.unread.delete(here());
    kept.set("place", place);
    this.sidebar.draw();
    this.head();
    this.show(tab);
    this.composer.label(`Message ${placeName(place)}`);
    const found = await see("history", { user: state.me, channel: place });
    if (mine !== this.loading) return;
    if (isDirect(place) && !state.channels.has(found.channel)) this.meet(found.channel, [state.me, state.bot]);
    this.ahead = false;
    this.list.replace(found.channel, found.messages);
    byId("older").hidden = !found.more;
    this.beginning(found.more);
    this.stuck = true;
    this.toBottom();
    this.agent.draw();
    if (isDirect(place)) this.agent.opened().catch((error) => this.toldOf(error.message));
  }

  head() {
    const channel = state.channels.get(state.place);
    byId("place-name").textContent = placeName(state.place);
    document.title = `${placeName(state.place)} · ${nameOf(state.me)} · Slack sandbox`;
    const about = isDirect(state.place)
      ? "App"
      : `${channel.members.length} members${channel.members.includes(state.bot) ? "" : `, ${nameOf(state.bot)} is not in this channel`}`;
    byId("place-about").textContent = about;
  }

  show(tab) {
    const tabs = isDirect(state.place) && (state.hasHome || this.home.view) ? [["home", "Home"], ["messages", "Messages"]] : [];
    state.tab = tabs.length ? tab : "messages";
    fill(byId("tabs"), tabs.map(([name, label]) => h("button", {
      type: "button", role: "tab", id: `tab-${name}`, "aria-selected": String(name === state.tab), "aria-controls": name === "home" ? "home" : "conversation",
      tabIndex: name === state.tab ? 0 : -1,
      on: {
        click: () => this.turn(name),
        keydown: (event) => {
          if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
          this.turn(name === "home" ? "messages" : "home");
          byId(`tab-${state.tab}`).focus();
        },
      },
    }, label)));
    byId("tabs").hidden = !tabs.length;
    byId("home").hidden = state.tab !== "home";
    byId("conversation").hidden = state.tab === "home";
    if (state.tab === "home") this.home.opened().catch((error) => this.toldOf(error.message));
  }

  /** Somebody turns to a tab of the app. */
  turn(tab) {
    this.show(tab);
    if (tab === "messages") this.agent.opened().catch((error) => this.toldOf(error.message));
  }

  beginning(more) {
    byId("beginning").hidden = more;
    byId("beginning").textContent = isDirect(state.place)
      ? `This is the beginning of your direct messages with ${nameOf(state.bot)}. Ask a question, or type /aml.`
      : `This is the beginning of ${placeName(state.place)}.`;
  }

  async older() {
    const scroller = byId("history");
    const below = scroller.scrollHeight - scroller.scrollTop;
    const found = await see("history", { user: state.me, channel: state.place, before: this.list.first });
    if (found.channel !== this.list.channel) return;
    this.stuck = false;
    for (const message of found.messages.reverse()) this.list.put(message);
    byId("older").hidden = !found.more;
    this.beginning(found.more);
    scroller.scrollTop = scroller.scrollHeight - below;
    // Far back, the newest are left out until somebody goes down to them again.
    if (this.list.trimEnd(SHOWN * 2)) this.ahead = true;
    byId("jump").hidden = !this.ahead;
  }

  toNewest() {
    if (this.ahead) this.go(state.place);
    else this.toBottom();
  }

  toBottom() {
    const scroller = byId("history");
    scroller.scrollTop = scroller.scrollHeight;
    byId("jump").hidden = true;
  }

  /** Send a message. It is on the screen at once; where the sandbox doesn't take it, it goes again. */
  async type(text, thread) {
    const asked = { user: state.me, channel: state.place, text, thread_ts: thread, client_msg_id: crypto.randomUUID() };
    const undo = text.startsWith("/") ? () => {} : this.drafted(asked);
    let sent;
    try {
      sent = await act("type", asked);
    } catch (error) {
      undo();
      throw error;
    }
    if (sent.channel && isDirect(state.place) && !state.channels.has(sent.channel)) this.meet(sent.channel, [state.me, state.bot]);
    if (!thread && this.ahead) this.toNewest();
    else if (!thread) this.stuck = true;
    if (isDirect(state.place)) this.agent.said();
  }

  drafted({ user, text, thread_ts: thread, client_msg_id: id }) {
    const escaped = text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
    const list = thread ? this.thread?.list : this.list;
    if (!list || (!thread && this.ahead)) return () => {};
    const ts = list.draft({ user, text: escaped, thread_ts: thread, client_msg_id: id });
    if (!thread) {
      this.stuck = true;
      this.toBottom();
    }
    return () => list.remove(ts);
  }

  meet(id, members) {
    state.channels.set(id, { id, name: "directmessage", kind: "im", members });
  }

  // What is new

  heard(changes) {
    for (const change of changes) {
      if (change.kind === "members") this.members(change);
      else if (change.visible_to.includes(state.me)) this.seen(change);
    }
    if (this.stuck && this.list.trim(SHOWN)) {
      byId("older").hidden = false;
      this.beginning(true);
    }
  }

  members({ channel, members }) {
    const known = state.channels.get(channel);
    const after = () => {
      this.sidebar.draw();
      this.head();
    };
    if (!known || members.some((id) => !state.people.has(id))) {
      this.learn().then(after);
      return;
    }
    known.members = members;
    after();
  }

  seen(change) {
    const { kind, channel, message, view } = change;
    if (kind.startsWith("view_")) {
      if (view.type === "home") {
        this.home.changed(view);
        this.show(state.tab);
      } else this.modals.changed(kind, view);
      return;
    }
    if (kind === "prompts" || kind === "status") {
      if (isDirect(state.place) || kind === "prompts") this.agent.heard(change);
      return;
    }
    if (kind === "notice") {
      this.noticed(change);
      return;
    }
    if (!state.channels.has(channel)) this.meet(channel, [state.me, state.bot]);
    if (kind === "deleted") {
      if (channel === this.list.channel) this.list.remove(change.ts);
      if (channel === this.list.channel) this.thread?.list.remove(change.ts);
      return;
    }
    if (channel !== this.list.channel) {
      this.unread(kind, channel, message);
      return;
    }
    this.here(kind, message);
  }

  here(kind, message) {
    const known = this.list.shown.has(message.ts);
    if (kind === "posted" && message.client_msg_id) {
      this.list.confirm(message);
      this.thread?.list.confirm(message);
    }
    if (isTop(message) && this.ahead && !known) {
      if (kind !== "updated") byId("jump").hidden = false;
    } else if (isTop(message)) {
      if (known || kind !== "updated" || message.ts > this.list.first) this.list.put(message);
    } else if (kind === "posted") this.list.replied(message.thread_ts, message);
    const root = message.thread_ts ?? message.ts;
    if (this.thread && root === state.thread) this.thread.list.put(message);
    if (kind !== "updated" && message.user !== state.me) {
      this.announce(message);
      if (!this.stuck && isTop(message)) byId("jump").hidden = false;
    }
  }

  unread(kind, channel, message) {
    if (kind === "updated" || message.user === state.me) return;
    state.unread.set(channel, (state.unread.get(channel) ?? 0) + 1);
    this.sidebar.draw();
  }

  noticed({ at, channel, text, thread_ts: thread, view_id: view }) {
    if (view || !channel) {
      this.modals.noticed(text);
      if (!this.modals.top) this.toldOf(text);
      return;
    }
    const message = { ts: at.toFixed(6), user: "", text, is_notice: true };
    if (channel !== this.list.channel) return;
    if (thread && this.thread && thread === state.thread) this.thread.list.put(message);
    else this.list.put(message);
    this.announce(message);
  }

  announce(message) {
    const words = plainWords(message.text ?? "").slice(0, SPOKEN);
    const news = byId("news");
    news.append(h("p", {}, `${message.user ? nameOf(message.user) : "Slack"}: ${words}`));
    while (news.childElementCount > 5) news.firstElementChild.remove();
  }

  /** A word of the page's own. */
  toldOf(words) {
    document.querySelector(".toast")?.remove();
    const toast = h("p", { class: "toast", role: "alert" }, words);
    document.body.append(toast);
    setTimeout(() => toast.remove(), 6000);
  }

  // The panel

  async openThread(message) {
    const root = message.thread_ts ?? message.ts;
    const channel = this.list.channel;
    const found = await see("thread", { user: state.me, channel, ts: root });
    const list = h("ol", { class: "messages", "aria-label": "Thread" });
    const place = h("div", { class: "composer-place" });
    const scroller = h("div", { class: "thread-history", tabIndex: 0, role: "region", "aria-label": "Messages of the thread" }, list);
    this.side.open("thread", "Thread", placeName(state.place), [scroller, place], () => {
      this.thread = null;
      state.thread = "";
    });
    state.thread = root;
    this.thread = { list: new MessageList(list, this.deeds, { inThread: true }) };
    this.thread.list.replace(channel, found.messages);
    list.lastElementChild?.scrollIntoView({ block: "start" });
    let height = scroller.scrollHeight;
    new ResizeObserver(() => {
      const wasBelow = height - scroller.scrollTop - scroller.clientHeight < NEAR;
      height = scroller.scrollHeight;
      if (wasBelow) scroller.scrollTop = height;
    }).observe(list);
    const composer = new Composer(place, { send: (text) => this.type(text, root) });
    composer.label("Reply …");
    composer.focus();
  }

  async inspect(message) {
    try {
      const content = await inspected(this.list.channel, message.ts, this.deeds);
      this.side.open("inspector", "Inspector", `${nameOf(message.user)} in ${placeName(state.place)}`, content);
    } catch (error) {
      this.toldOf(error.message);
    }
  }

  /** Links that stay in the page. */
  async followed(event) {
    const link = event.target.closest?.("a.to-channel, a.to-message");
    if (!link) return;
    event.preventDefault();
    const { channel, ts } = link.dataset;
    const place = isDirect(channel) ? "dm" : channel;
    if (place !== "dm" && !channelsOf(state.me).some((each) => each.id === channel)) {
      this.toldOf(`${nameOf(state.me)} is not in ${placeName(channel)}.`);
      return;
    }
    if (place !== state.place) await this.go(place);
    if (!ts) return;
    const item = this.list.shown.get(ts)?.item;
    if (item) {
      item.scrollIntoView({ block: "center" });
      item.focus();
    } else this.openThread({ ts, thread_ts: new URLSearchParams(link.search).get("thread_ts") ?? ts });
  }
}

const page = new Page();
page.start().catch((error) => {
  fill(byId("messages"), h("li", { class: "plain-note" }, error.message));
});
