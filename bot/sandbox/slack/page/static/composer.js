// Where one types: Enter sends, Shift+Enter makes a line; commands, people and channels complete themselves.

import { add, fill, h, icon, newId } from "./dom.js";
import { channelsOf, nameOf, state } from "./state.js";

const MOST = 10;

export class Composer {
  /** `send(text)` is a promise that is refused with an error to show; the text stays then. */
  constructor(parent, { id, send }) {
    this.send = send;
    this.rows = [];
    this.active = 0;
    this.listId = newId("completions");
    this.text = h("textarea", {
      id: id ?? newId("composer"), rows: 1, class: "composer-text", autocomplete: "off",
      "aria-autocomplete": "list", "aria-controls": this.listId, "aria-describedby": `${this.listId}-error`,
    });
    this.list = h("ul", { class: "popup completions", role: "listbox", id: this.listId, hidden: true, "aria-label": "Completions" });
    this.error = h("p", { class: "composer-error", id: `${this.listId}-error`, role: "alert" });
    this.button = h("button", { type: "button", class: "send", "aria-label": "Send", disabled: true, on: { click: () => this.submit() } }, icon("send"));
    const insert = (mark, label) => h("button", { type: "button", class: "icon-button mark", "aria-label": label, title: label, on: { click: () => this.insert(mark) } }, mark);
    add(parent, [
      this.list,
      h("div", { class: "composer" }, this.text,
        h("div", { class: "composer-tools" }, insert("@", "Mention somebody"), insert("/", "Use a command"),
          h("span", { class: "composer-space" }), h("span", { class: "composer-hint", "aria-hidden": "true" }, h("b", {}, "Enter"), " sends, ", h("b", {}, "Shift+Enter"), " adds a line"), this.button)),
      this.error,
    ]);
    this.text.addEventListener("input", () => this.changed());
    this.text.addEventListener("keydown", (event) => this.key(event));
    this.text.addEventListener("blur", () => this.close());
    this.text.addEventListener("click", () => this.suggest());
  }

  label(words) {
    this.text.placeholder = words;
    this.text.setAttribute("aria-label", words);
  }

  get value() {
    return this.text.value;
  }

  set value(words) {
    this.text.value = words;
    this.error.textContent = "";
    this.changed(false);
  }

  focus() {
    this.text.focus();
  }

  insert(mark) {
    this.text.focus();
    if (mark === "/") this.text.value = this.text.value.startsWith("/") ? this.text.value : "/";
    else this.text.setRangeText(/(^|\s)$/.test(this.text.value.slice(0, this.text.selectionStart)) ? mark : ` ${mark}`, this.text.selectionStart, this.text.selectionEnd, "end");
    this.changed();
  }

  changed(completes = true) {
    this.button.disabled = !this.text.value.trim();
    this.text.style.height = "auto";
    this.text.style.height = `${Math.min(this.text.scrollHeight, 240)}px`;
    if (completes) this.suggest();
    else this.close();
  }

  key(event) {
    if (event.isComposing) return;
    const open = !this.list.hidden;
    if (open && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      this.point(this.active + (event.key === "ArrowDown" ? 1 : -1));
    } else if (open && (event.key === "Tab" || event.key === "Enter") && !event.shiftKey && this.adds(this.rows[this.active])) {
      event.preventDefault();
      this.take(this.rows[this.active]);
    } else if (open && event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      this.close();
    } else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.submit();
    }
  }

  async submit() {
    const text = this.text.value;
    if (!text.trim()) return;
    this.value = "";
    try {
      await this.send(text);
    } catch (error) {
      if (!this.text.value) this.value = text;
      this.error.textContent = error.message;
    }
  }

  // Completion

  suggest() {
    const before = this.text.value.slice(0, this.text.selectionStart);
    this.rows = completions(before).slice(0, MOST);
    if (!this.rows.length) {
      this.close();
      return;
    }
    fill(this.list, this.rows.map((row, place) =>
      h("li", {
        class: "option", role: "option", id: `${this.listId}-${place}`, "aria-selected": "false",
        on: { mousedown: (event) => {
          event.preventDefault();
          this.take(row);
        } },
      }, h("span", { class: "option-label" }, row.label), row.about ? h("span", { class: "option-about" }, row.about) : null)));
    this.list.hidden = false;
    this.point(0);
  }

  adds(row) {
    const before = this.text.value.slice(0, this.text.selectionStart);
    return Boolean(row) && before.slice(before.length - row.typed.length) !== row.text.trimEnd();
  }

  point(place) {
    this.active = (place + this.rows.length) % this.rows.length;
    [...this.list.children].forEach((item, at) => {
      item.classList.toggle("active", at === this.active);
      item.setAttribute("aria-selected", String(at === this.active));
    });
    this.text.setAttribute("aria-activedescendant", `${this.listId}-${this.active}`);
    this.list.children[this.active].scrollIntoView({ block: "nearest" });
  }

  take(row) {
    const end = this.text.selectionStart;
    this.text.setRangeText(row.text, end - row.typed.length, end, "end");
    this.changed();
    this.text.focus();
  }

  close() {
    this.list.hidden = true;
    this.text.removeAttribute("aria-activedescendant");
  }
}

/** What fits the words before the caret: rows of {typed (to be replaced), text, label, about}. */
export function completions(before) {
  const command = /^\/[\w-]*$/.exec(before);
  if (command) {
    return state.commands
      .filter((each) => each.command.startsWith(before))
      .map((each) => ({ typed: before, text: `${each.command} `, label: each.command, about: each.description }));
  }
  const sub = /^(\/[\w-]+) ([\w-]*)$/.exec(before);
  if (sub) {
    const declared = state.commands.find((each) => each.command === sub[1])?.usage_hint ?? "";
    const words = declared.split("|").map((each) => each.trim()).filter(Boolean);
    return words
      .filter((each) => each.startsWith(sub[2]))
      .map((each) => ({ typed: sub[2], text: `${each.replace(/ [^a-z].*$/, "")} `, label: `${sub[1]} ${each}`, about: "" }));
  }
  const name = /(?:^|[\s(])([@#])([\w.-]*)$/.exec(before);
  if (!name) return [];
  const [, mark, typed] = name;
  const wanted = typed.toLowerCase();
  if (mark === "#") {
    return channelsOf(state.me)
      .filter((each) => each.name.startsWith(wanted))
      .map((each) => ({ typed: `#${typed}`, text: `#${each.name} `, label: `#${each.name}`, about: "" }));
  }
  return [...state.people.values()]
    .filter((each) => !each.deleted && (each.name.startsWith(wanted) || each.real_name.toLowerCase().startsWith(wanted)))
    .sort((one, other) => Number(other.is_bot) - Number(one.is_bot))
    .map((each) => ({ typed: `@${typed}`, text: `@${each.name} `, label: `@${each.name}`, about: each.is_bot ? "App" : nameOf(each.id) }));
}
