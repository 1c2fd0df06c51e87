// A list of messages: a channel's or a thread's. Each message is one element, drawn anew when it changes, never the list.

import { act, fileAddress, see } from "./api.js";
import { blocks } from "./blocks.js";
import { clock, dayName, full, sameDay } from "./dates.js";
import { fill, h, icon, roving } from "./dom.js";
import { emoji } from "./emoji.js";
import { menu } from "./menu.js";
import { mrkdwn, plainOf } from "./mrkdwn.js";
import { moment, nameOf, person, state } from "./state.js";

const TOGETHER = 300; // seconds within which somebody's messages stand under one name
const PICTURES = /\.(png|jpe?g|gif)$/i;
const QUICK = ["+1", "white_check_mark", "eyes", "tada", "heart"];

export class MessageList {
  /** `deeds`: openThread(message), inspect(message), toldOf(words). `inThread` lists have no reply bars. */
  constructor(list, deeds, { inThread = false } = {}) {
    this.list = list;
    this.deeds = deeds;
    this.inThread = inThread;
    this.shown = new Map();
    this.channel = "";
    roving(list, () => this.items);
    list.addEventListener("keydown", (event) => this.key(event));
  }

  get items() {
    return [...this.list.children];
  }

  get first() {
    return this.list.firstElementChild?.dataset.ts ?? "";
  }

  key(event) {
    const message = this.shown.get(event.target.dataset?.ts)?.message;
    if (!message || event.target.tagName !== "LI" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "t" && !this.inThread) this.deeds.openThread(message);
    else if (event.key === "i" && !message.is_notice) this.deeds.inspect(message);
    else return;
    event.preventDefault();
  }

  replace(channel, messages) {
    this.channel = channel;
    this.shown.clear();
    fill(this.list);
    for (const message of messages) this.put(message);
  }

  /** Show a message where its timestamp belongs, or show it as it is now. */
  put(message) {
    const before = this.shown.get(message.ts);
    const made = this.draw(message);
    if (before) {
      const focus = keyOfFocus(before.item);
      made.tabIndex = before.item.tabIndex;
      before.item.replaceWith(made);
      if (focus !== undefined) (made.querySelector(`[data-key="${CSS.escape(focus)}"]`) ?? made).focus();
    } else {
      let next = null;
      let last = this.list.lastElementChild;
      while (last && last.dataset.ts > message.ts) {
        next = last;
        last = last.previousElementSibling;
      }
      this.list.insertBefore(made, next);
      if (!next) {
        for (const item of this.list.querySelectorAll(':scope > [tabindex="0"]')) item.tabIndex = -1;
        made.tabIndex = 0;
      }
    }
    this.shown.set(message.ts, { message, item: made });
    this.dress(made);
    this.dress(made.nextElementSibling);
    return made;
  }

  /** Show what is being sent at once; `confirm` or `remove` ends that. */
  draft(message) {
    const last = this.list.lastElementChild?.dataset.ts ?? "0";
    const ts = Math.max(Date.now() / 1000, Number(last) + 0.000001).toFixed(6);
    const item = this.put({ ...message, ts, is_draft: true });
    item.classList.add("sending");
    item.setAttribute("aria-busy", "true");
    return ts;
  }

  /** What was being sent is there: the message takes the draft's place. */
  confirm(message) {
    const draft = [...this.shown.values()].find((each) => each.message.is_draft && each.message.client_msg_id === message.client_msg_id);
    if (draft) this.remove(draft.message.ts);
  }

  remove(ts) {
    const gone = this.shown.get(ts);
    if (!gone) return;
    this.shown.delete(ts);
    const next = gone.item.nextElementSibling;
    const focused = gone.item.contains(document.activeElement);
    if (gone.message.reply_count) {
      fill(gone.item, h("div", { class: "gutter" }), h("div", { class: "body deleted" }, "This message was deleted."));
    } else {
      gone.item.remove();
    }
    this.dress(next);
    if (focused) (next ?? this.list.lastElementChild)?.focus();
  }

  /** Take the oldest away, so that a long day does not slow the page down; true when some went. */
  trim(most) {
    if (this.list.childElementCount <= most * 2) return false;
    while (this.list.childElementCount > most) {
      const item = this.list.firstElementChild;
      this.shown.delete(item.dataset.ts);
      item.remove();
    }
    this.dress(this.list.firstElementChild);
    return true;
  }

  /** Take the newest away, when somebody has gone far back; true when some went. */
  trimEnd(most) {
    if (this.list.childElementCount <= most) return false;
    while (this.list.childElementCount > most) {
      const item = this.list.lastElementChild;
      this.shown.delete(item.dataset.ts);
      item.remove();
    }
    this.list.lastElementChild.tabIndex = 0;
    return true;
  }

  /** A reply came: the message that the thread hangs on counts it. */
  replied(rootTs, reply) {
    const root = this.shown.get(rootTs)?.message;
    if (!root) return;
    const users = root.reply_users ?? [];
    this.put({
      ...root,
      thread_ts: rootTs,
      reply_count: (root.reply_count ?? 0) + 1,
      reply_users: users.includes(reply.user) ? users : [...users, reply.user],
      latest_reply: reply.ts,
    });
  }

  // Day and name stand above the first of several messages only.
  dress(item) {
    if (!item) return;
    const mine = this.shown.get(item.dataset.ts)?.message;
    const above = this.shown.get(item.previousElementSibling?.dataset.ts)?.message;
    if (!mine) return;
    const day = !above || !sameDay(moment(above.ts), moment(mine.ts));
    item.querySelector(":scope > .day")?.remove();
    if (day && !this.inThread) item.prepend(h("div", { class: "day" }, h("span", {}, dayName(moment(mine.ts)))));
    const together = !day && above.user === mine.user && mine.ts - above.ts < TOGETHER
      && !above.is_ephemeral && !mine.is_ephemeral && !mine.is_notice && !above.is_notice;
    item.classList.toggle("compact", Boolean(together));
  }

  draw(message) {
    const who = person(message.user);
    const name = message.is_notice ? "Slack" : nameOf(message.user);
    const when = moment(message.ts);
    const stamp = () => h("time", { class: "stamp", dateTime: when.toISOString(), title: full(when) }, clock(when));
    const badge = who?.is_bot ? h("span", { class: "badge" }, "APP") : null;
    const alone = message.is_ephemeral || message.is_notice;
    return h("li", { class: `message${alone ? " alone" : ""}`, tabIndex: -1, data: { ts: message.ts } },
      h("div", { class: "gutter" }, message.is_notice ? avatar(null) : avatar(who), stamp()),
      h("div", { class: "body" },
        alone ? h("p", { class: "only-you" }, icon("eye"), "Only visible to you") : null,
        h("p", { class: "head" }, h("strong", { class: "name" }, name), badge, stamp()),
        this.content(message),
        this.files(message),
        this.reactions(message),
        this.inThread ? null : this.replies(message)),
      message.is_notice || message.is_draft ? null : this.tools(message));
  }

  content(message) {
    const context = this.context(message);
    const typed = !message.bot_id && message.text;
    const inside = typed || !message.blocks?.length ? mrkdwn(message.text ?? "") : blocks(message.blocks, context);
    const edited = message.edited ? h("span", { class: "edited", title: message.edited.ts ? full(moment(message.edited.ts)) : "" }, "(edited)") : null;
    return h("div", { class: "content" }, inside, (message.attachments ?? []).map((each) => attachment(each, context)), edited);
  }

  context(message) {
    const place = { channel: this.channel, ts: message.ts };
    const finish = async (work) => {
      try {
        const { delivery_ids: ids } = await work;
        if (ids.length) await see("outcome", { ids });
      } catch (error) {
        this.deeds.toldOf(error.message);
      }
    };
    return {
      surface: "message",
      rows: new Map(),
      filled: () => {},
      send: (block, spec, value) =>
        finish(act("click", { user: state.me, ...place, action_id: spec.action_id, block_id: block.block_id, value })),
      offered: (block, spec, query) =>
        act("options", { user: state.me, ...place, action_id: spec.action_id, block_id: block.block_id, query }),
    };
  }

  files(message) {
    if (!message.files?.length) return null;
    return h("div", { class: "files" }, message.files.map((file) => {
      const label = `${file.title || file.name} (${size(file.size)})`;
      const kept = h("a", { class: "file-name", href: fileAddress(file.id, true), download: file.name }, icon("file"), label);
      if (!PICTURES.test(file.name)) return h("div", { class: "file" }, kept);
      return h("figure", { class: "file pictured" }, h("figcaption", {}, kept), h("img", { class: "large-picture", src: fileAddress(file.id), alt: file.alt_txt || file.title || file.name }));
    }));
  }

  reactions(message) {
    if (!message.reactions?.length) return null;
    return h("div", { class: "reactions" }, message.reactions.map((each) => {
      const mine = each.users.includes(state.me);
      const who = each.users.map(nameOf).join(", ");
      return h("button", {
        type: "button", class: `reaction${mine ? " mine" : ""}`, title: `${who} reacted with :${each.name}:`,
        "aria-label": `${each.name}, ${each.count} ${each.count === 1 ? "reaction" : "reactions"}`, "aria-pressed": String(mine),
        on: { click: () => this.react(message, each.name) },
      }, emoji(each.name) ?? `:${each.name}:`, h("span", {}, String(each.count)));
    }));
  }

  async react(message, name) {
    try {
      await act("react", { user: state.me, channel: this.channel, ts: message.ts, name });
    } catch (error) {
      this.deeds.toldOf(error.error === "already_reacted" ? "You have reacted with that already." : error.message);
    }
  }

  replies(message) {
    if (!message.reply_count) return null;
    const count = `${message.reply_count} ${message.reply_count === 1 ? "reply" : "replies"}`;
    return h("button", { type: "button", class: "replies", data: { key: "replies" }, on: { click: () => this.deeds.openThread(message) } },
      (message.reply_users ?? []).slice(0, 3).map((id) => avatar(person(id), "tiny")),
      h("span", { class: "replies-count" }, count),
      message.latest_reply ? h("span", { class: "replies-last" }, `Last reply ${clock(moment(message.latest_reply))}`) : null);
  }

  tools(message) {
    const tool = (name, label, run) => h("button", { type: "button", class: "icon-button", "aria-label": label, title: label, on: { click: run } }, icon(name));
    const react = h("button", { type: "button", class: "icon-button", "aria-label": "React", title: "React" }, icon("smile"));
    menu(react, () => QUICK.map((name) => ({ label: `${emoji(name)} ${name.replaceAll("_", " ")}`, run: () => this.react(message, name) })));
    return h("div", { class: "tools", role: "group", "aria-label": "Message actions" },
      message.is_ephemeral ? null : react,
      this.inThread || message.is_ephemeral ? null : tool("reply", "Reply in thread", () => this.deeds.openThread(message)),
      tool("inspect", "Inspect", () => this.deeds.inspect(message)));
  }
}

function keyOfFocus(item) {
  if (!item.contains(document.activeElement)) return undefined;
  return document.activeElement.dataset.key ?? "";
}

/** Initials on a person's own colour. */
export function avatar(who, kind = "") {
  const name = who?.real_name || "Slack";
  const initials = who?.is_bot ? "" : name.split(/\s+/).slice(0, 2).map((word) => word[0]).join("").toUpperCase();
  const hue = [...(who?.id ?? "")].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 6, 0);
  const kindOf = who ? (who.is_bot ? "bot" : `hue-${hue}`) : "slack";
  return h("span", { class: `avatar ${kindOf} ${kind}`, "aria-hidden": "true" }, initials || (who ? icon("bot") : "#"));
}

function attachment(each, context) {
  const color = /^#?[0-9a-f]{6}$/i.test(each.color ?? "") ? `#${each.color.replace("#", "")}` : "";
  const made = h("div", { class: `attachment ${["good", "warning", "danger"].includes(each.color) ? each.color : ""}` },
    each.pretext ? mrkdwn(each.pretext) : null,
    each.title ? h("p", {}, h("strong", {}, plainOf({ text: each.title }))) : null,
    each.blocks ? blocks(each.blocks, context) : mrkdwn(each.text ?? each.fallback ?? ""));
  if (color) made.style.borderLeftColor = color;
  return made;
}

function size(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1_000_000 ? `${Math.round(bytes / 1000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
