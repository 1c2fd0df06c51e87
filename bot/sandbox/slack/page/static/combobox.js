// A select that can be typed into: one or several values, options from a list or from the app (ARIA's combobox pattern).

import { fill, h, icon, newId } from "./dom.js";

const PAUSE = 200; // ms without a key before the app is asked

export class Combobox {
  constructor(given) {
    this.given = given;
    this.chosen = [...given.chosen];
    this.rows = [];
    this.active = -1;
    this.asked = 0;
    this.listId = newId("options");
    this.input = h("input", {
      id: given.id ?? newId("select"), class: "select-input", type: "text", role: "combobox", autocomplete: "off", spellcheck: false,
      "aria-expanded": "false", "aria-controls": this.listId, "aria-autocomplete": "list", "aria-haspopup": "listbox",
      "aria-describedby": given.describedBy, "aria-label": given.label || undefined, "aria-required": given.required ? "true" : undefined,
    });
    this.chips = h("span", { class: "chips" });
    this.list = h("ul", { class: "popup options", role: "listbox", id: this.listId, hidden: true, "aria-label": given.label || given.placeholder });
    if (given.several) this.list.setAttribute("aria-multiselectable", "true");
    this.note = h("p", { class: "popup options-note", hidden: true, role: "status" });
    this.clear = given.clearable && !given.several
      ? h("button", { type: "button", class: "clear", "aria-label": "Clear", hidden: true, on: { click: () => this.take([]) } }, icon("close"))
      : null;
    this.root = h("div", { class: `select${given.several ? " several" : ""}` }, this.chips, this.input, this.clear, icon("down"), this.list, this.note);
    this.input.addEventListener("input", () => this.search(this.input.value));
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.input.addEventListener("mousedown", () => {
      if (this.isOpen) this.close();
      else {
        this.input.focus(); // the browser would do so only after the options are there
        this.search("");
      }
    });
    this.input.addEventListener("blur", () => this.close());
    this.show();
  }

  get isOpen() {
    return !this.list.hidden || !this.note.hidden;
  }

  show() {
    const several = this.given.several;
    this.input.value = several ? "" : (this.chosen[0]?.label ?? "");
    this.input.placeholder = several && this.chosen.length ? "" : this.given.placeholder;
    if (this.clear) this.clear.hidden = !this.chosen.length;
    if (!several) return;
    fill(this.chips, this.chosen.map((row) =>
      h("span", { class: "chip" }, row.label,
        h("button", { type: "button", "aria-label": `Remove ${row.label}`, on: {
          mousedown: (event) => event.preventDefault(), // or the field's blur would draw the chips anew before the click
          click: () => this.take(this.chosen.filter((each) => each !== row)),
        } }, icon("close")))));
  }

  async search(query) {
    const mine = ++this.asked;
    if (query.length < this.given.least) return this.say(`Type ${this.given.least === 1 ? "a letter" : `${this.given.least} letters or more`}`);
    if (this.given.least || query) await new Promise((done) => setTimeout(done, this.given.least ? PAUSE : 0));
    if (mine !== this.asked) return undefined;
    if (this.given.least) this.say("Searching …");
    let rows;
    try {
      rows = await this.given.options(query);
    } catch (error) {
      return mine === this.asked ? this.say(error.message) : undefined;
    }
    if (mine !== this.asked || document.activeElement !== this.input) return undefined;
    this.rows = (rows ?? []).filter((row) => !this.given.several || !this.chosen.some((each) => each.value === row.value));
    if (!this.rows.length) return this.say("No results");
    this.open();
    return undefined;
  }

  say(words) {
    this.list.hidden = true;
    this.note.hidden = false;
    this.note.textContent = words;
    this.input.setAttribute("aria-expanded", "false");
  }

  open() {
    this.note.hidden = true;
    const items = [];
    let group;
    this.rows.forEach((row, place) => {
      if (row.group && row.group !== group) items.push(h("li", { class: "option-group", role: "presentation" }, row.group));
      group = row.group;
      const item = h("li", { class: "option", role: "option", id: `${this.listId}-${place}`, "aria-selected": String(this.chosen.some((each) => each.value === row.value)) },
        h("span", { class: "option-label" }, row.label), row.detail ? h("span", { class: "option-about" }, row.detail) : null);
      item.addEventListener("mousedown", (event) => {
        event.preventDefault();
        this.choose(row);
      });
      items.push(item);
    });
    fill(this.list, items);
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    const now = this.rows.findIndex((row) => this.chosen.some((each) => each.value === row.value));
    this.point(Math.max(now, 0));
  }

  point(place) {
    const items = [...this.list.querySelectorAll(".option")];
    this.active = Math.max(0, Math.min(place, items.length - 1));
    items.forEach((item, at) => item.classList.toggle("active", at === this.active));
    this.input.setAttribute("aria-activedescendant", items[this.active]?.id ?? "");
    items[this.active]?.scrollIntoView({ block: "nearest" });
  }

  key(event) {
    if (event.isComposing) return;
    const open = !this.list.hidden;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (open) this.point(this.active + (event.key === "ArrowDown" ? 1 : -1));
      else this.search("");
    } else if (event.key === "Enter" && open) {
      event.preventDefault();
      this.choose(this.rows[this.active]);
    } else if (event.key === "Escape" && this.isOpen) {
      event.preventDefault();
      event.stopPropagation();
      this.close();
    } else if (event.key === "Backspace" && this.given.several && !this.input.value && this.chosen.length) {
      this.take(this.chosen.slice(0, -1));
    }
  }

  choose(row) {
    if (!row) return;
    if (!this.given.several) this.take([row]);
    else if (!this.given.most || this.chosen.length < this.given.most) this.take([...this.chosen, row]);
    this.close();
  }

  take(rows) {
    this.chosen = rows;
    this.show();
    this.given.changed(rows);
  }

  close() {
    this.asked += 1;
    this.list.hidden = true;
    this.note.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
    this.show();
  }
}
