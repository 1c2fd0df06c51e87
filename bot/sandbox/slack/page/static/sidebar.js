// Channels, the app, and who you are.

import { avatar } from "./messages.js";
import { byId, fill, h, icon, roving } from "./dom.js";
import { menu } from "./menu.js";
import { channelsOf, directMessageOf, isDirect, nameOf, person, state } from "./state.js";

export class Sidebar {
  constructor({ go, become }) {
    this.go = go;
    this.frame = byId("frame");
    this.burger = byId("menu-button");
    this.burger.append(icon("menu"));
    this.burger.addEventListener("click", () => this.toggle(!this.frame.classList.contains("with-sidebar")));
    byId("sidebar").addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !this.frame.classList.contains("with-sidebar")) return;
      this.toggle(false);
      this.burger.focus();
    });
    byId("main").addEventListener("pointerdown", () => this.toggle(false));
    menu(byId("me-button"), () => [...state.people.values()].filter((each) => !each.is_bot && !each.deleted).map((each) => ({
      label: each.real_name || each.name,
      detail: each.title || (each.team_id === person(state.bot)?.team_id ? "" : "Another organisation"),
      mark: avatar(each, "small"),
      checked: each.id === state.me,
      run: () => become(each.id),
    })), { role: "listbox" });
    roving(byId("places"), () => [...byId("places").querySelectorAll("button")]);
  }

  toggle(open) {
    this.frame.classList.toggle("with-sidebar", open);
    this.burger.setAttribute("aria-expanded", String(open));
  }

  draw() {
    const me = person(state.me);
    fill(byId("me-button"), avatar(me, "small"),
      h("span", { class: "me-words" }, h("span", { class: "unseen" }, "You are "), h("span", { class: "me-name" }, nameOf(state.me)),
        h("span", { class: "me-title" }, me?.title ?? "")),
      icon("down"));
    const focused = document.activeElement?.dataset?.place;
    const channels = channelsOf(state.me).sort((one, other) => one.name.localeCompare(other.name));
    const direct = directMessageOf(state.me);
    fill(byId("places"),
      h("h2", { id: "channels-title" }, "Channels"),
      h("ul", { "aria-labelledby": "channels-title" }, channels.map((each) => h("li", {}, this.place(each.id, each.kind === "group" ? icon("lock") : h("span", { class: "hash" }, "#"), each.name)))),
      h("h2", { id: "apps-title" }, "Apps"),
      h("ul", { "aria-labelledby": "apps-title" }, h("li", {}, this.place("dm", avatar(person(state.bot), "tiny"), nameOf(state.bot), direct))));
    if (focused) byId("places").querySelector(`[data-place="${CSS.escape(focused)}"]`)?.focus();
  }

  place(id, mark, name, also = id) {
    const here = id === state.place || (id === "dm" && isDirect(state.place));
    const count = state.unread.get(id) ?? state.unread.get(also) ?? 0;
    return h("button", {
      type: "button", class: `place-button${count ? " unread" : ""}`, "aria-current": here ? "page" : undefined,
      tabIndex: here ? 0 : -1, data: { place: id },
      on: { click: () => {
        this.toggle(false);
        this.go(id);
      } },
    }, mark, h("span", { class: "place-word" }, name),
      count ? h("span", { class: "count" }, String(count), h("span", { class: "unseen" }, " new")) : null);
  }
}
