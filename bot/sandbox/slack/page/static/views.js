// Modals and the Home tab: what the app shows, what is filled in, what comes of sending it.

import { act, see } from "./api.js";
import { blocks } from "./blocks.js";
import { avatar } from "./messages.js";
import { byId, fill, h, icon } from "./dom.js";
import { plainOf } from "./mrkdwn.js";
import { person, state } from "./state.js";

/** What was filled in, by view; it stays when the app updates the view. */
const typed = new Map();

function contextOf(view, toldOf) {
  const kept = typed.get(view.id) ?? { values: {}, rows: new Map() };
  typed.set(view.id, kept);
  const place = { user: state.me, view_id: view.id };
  return {
    surface: view.type,
    values: kept.values,
    rows: kept.rows,
    filled: (block, spec, value) => {
      kept.values[block.block_id] = { ...kept.values[block.block_id], [spec.action_id]: value };
    },
    send: async (block, spec, value) => {
      try {
        const { delivery_ids: ids } = await act("view/action", { ...place, action_id: spec.action_id, block_id: block.block_id, value });
        if (ids.length) await see("outcome", { ids });
      } catch (error) {
        toldOf(error.message);
      }
    },
    offered: (block, spec, query) => act("options", { ...place, action_id: spec.action_id, block_id: block.block_id, query }),
  };
}

/** The modals of the person: a stack of which the top one shows. */
export class Modals {
  constructor() {
    this.stack = [];
    this.dialog = byId("modal");
    this.back = null;
    this.dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      this.close(true);
    });
  }

  get top() {
    return this.stack.at(-1);
  }

  async load() {
    this.stack = await see("views", { user: state.me });
    this.show();
  }

  changed(kind, view) {
    const place = this.stack.findIndex((each) => each.id === view.id);
    if (kind === "view_closed") {
      if (place >= 0) this.stack.splice(place, 1);
      typed.delete(view.id);
    } else if (place >= 0) this.stack[place] = view;
    else if (kind === "view_opened") this.stack.push(view);
    this.show();
  }

  show() {
    const view = this.top;
    if (!view) {
      if (this.dialog.open) this.dialog.close();
      if (this.back?.isConnected) this.back.focus();
      this.back = null;
      fill(this.dialog);
      return;
    }
    const focus = this.dialog.open ? focusNow(this.dialog) : null;
    const isNew = this.dialog.dataset.view !== view.id;
    this.draw(view);
    if (!this.dialog.open) {
      this.back = document.activeElement;
      this.dialog.showModal();
    }
    if (focus && !isNew) restore(this.dialog, focus);
    else if (isNew) (this.dialog.querySelector("[data-focus]") ?? this.dialog.querySelector(".modal-body :is(input, textarea, button)") ?? this.dialog.querySelector("button"))?.focus();
  }

  draw(view) {
    const scrolled = this.dialog.querySelector(".modal-body")?.scrollTop ?? 0;
    this.trouble = h("p", { class: "modal-trouble", role: "alert" });
    const context = contextOf(view, (words) => {
      this.trouble.textContent = words;
    });
    const away = h("button", { type: "button", class: "button", on: { click: () => this.close(false) } }, plainOf(view.close) || "Close");
    this.submitButton = view.submit
      ? h("button", { type: "button", class: "button filled", disabled: Boolean(view.submit_disabled), on: { click: () => this.submit() } }, h("span", { class: "button-words" }, plainOf(view.submit)))
      : null;
    const body = h("div", { class: "modal-body", tabIndex: -1 }, blocks(view.blocks, context), this.trouble);
    body.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && event.target.matches("input.text-input") && !event.defaultPrevented && this.submitButton) this.submit();
    });
    fill(this.dialog,
      h("header", { class: "modal-head" }, avatar(person(state.bot), "small"), h("h2", { id: "modal-title" }, plainOf(view.title)),
        h("button", { type: "button", class: "icon-button", "aria-label": "Close", on: { click: () => this.close(true) } }, icon("close"))),
      body,
      h("footer", { class: "modal-foot" }, away, this.submitButton));
    this.dialog.setAttribute("aria-labelledby", "modal-title");
    this.dialog.dataset.view = view.id;
    body.scrollTop = scrolled;
  }

  async submit() {
    const view = this.top;
    const button = this.submitButton;
    if (button.getAttribute("aria-busy") === "true") return;
    button.setAttribute("aria-busy", "true");
    this.fieldErrors({});
    this.trouble.textContent = "";
    try {
      const result = await act("view/submit", { user: state.me, view_id: view.id, values: typed.get(view.id)?.values ?? {} });
      if (result.errors) this.fieldErrors(result.errors);
      else if (result.trouble) this.trouble.textContent = result.trouble;
    } catch (error) {
      this.trouble.textContent = error.message;
    } finally {
      button.removeAttribute("aria-busy");
    }
  }

  fieldErrors(errors) {
    let first = null;
    for (const block of this.dialog.querySelectorAll(".block-input")) {
      const words = errors[block.dataset.block] ?? "";
      const place = block.querySelector(".field-error");
      place.textContent = words;
      const input = block.querySelector("input, textarea");
      if (words) input?.setAttribute("aria-invalid", "true");
      else input?.removeAttribute("aria-invalid");
      if (words && !first) first = input;
    }
    first?.focus();
  }

  async close(everything) {
    const view = this.top;
    if (!view) return;
    try {
      await act("view/close", { user: state.me, view_id: view.id, all: everything });
    } catch (error) {
      if (error.error === "view_not_found") this.changed("view_closed", view);
      else this.trouble.textContent = error.message;
    }
  }

  noticed(words) {
    if (this.trouble) this.trouble.textContent = words;
  }
}

function focusNow(root) {
  const now = document.activeElement;
  if (!root.contains(now) || !now.dataset.key) return null;
  return { key: now.dataset.key, start: now.selectionStart, end: now.selectionEnd };
}

function restore(root, { key, start, end }) {
  const again = root.querySelector(`[data-key="${CSS.escape(key)}"]`);
  again?.focus();
  if (again && typeof start === "number" && again.setSelectionRange) {
    try {
      again.setSelectionRange(start, end);
    } catch {
      // some kinds of inputs have no caret that could be put back
    }
  }
}

/** The app's Home tab. */
export class Home {
  constructor(toldOf) {
    this.place = byId("home");
    this.toldOf = toldOf;
    this.view = null;
  }

  async load() {
    this.view = await see("home", { user: state.me });
    this.draw();
  }

  async opened() {
    this.draw();
    await act("home", { user: state.me, tab: "home" });
  }

  changed(view) {
    this.view = view;
    this.draw();
  }

  draw() {
    const focus = focusNow(this.place);
    if (this.view) fill(this.place, h("div", { class: "home-blocks" }, blocks(this.view.blocks, contextOf(this.view, this.toldOf))));
    else fill(this.place, h("div", { class: "home-empty" }, avatar(person(state.bot), "large"), h("p", {}, "The app has not published a Home tab for you yet.")));
    if (focus) restore(this.place, focus);
  }
}
