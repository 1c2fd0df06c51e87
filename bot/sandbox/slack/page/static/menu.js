// A menu that hangs on a button: arrows move, Enter and Space choose, Escape and a click elsewhere close.

import { h, newId, roving } from "./dom.js";

/** `rows()` gives {label, detail, run, checked}; they are asked for each time it opens. */
export function menu(button, rows, { role = "menu" } = {}) {
  const id = newId("menu");
  let open = null;
  button.setAttribute("aria-haspopup", role);
  button.setAttribute("aria-expanded", "false");

  const close = (refocus) => {
    if (!open) return;
    open.remove();
    open = null;
    button.setAttribute("aria-expanded", "false");
    document.removeEventListener("pointerdown", elsewhere, true);
    if (refocus) button.focus();
  };
  const elsewhere = (event) => {
    if (!open.contains(event.target) && !button.contains(event.target)) close(false);
  };
  const show = () => {
    const items = rows().map((row) => {
      const item = h("li", { role: role === "menu" ? "menuitem" : "option", class: "option", tabIndex: -1, "aria-selected": role === "listbox" ? String(Boolean(row.checked)) : undefined },
        row.mark ?? null,
        h("span", {}, h("span", { class: "option-label" }, row.label), row.detail ? h("span", { class: "option-about" }, row.detail) : null));
      const run = () => {
        close(true);
        row.run();
      };
      item.addEventListener("click", run);
      item.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        run();
      });
      return item;
    });
    open = h("ul", { class: "popup menu", role, id, "aria-label": button.getAttribute("aria-label") ?? button.textContent }, items);
    roving(open, () => items);
    open.addEventListener("keydown", (event) => {
      if (event.key === "Escape" || event.key === "Tab") {
        event.preventDefault();
        event.stopPropagation();
        close(true);
      }
    });
    button.after(open);
    button.setAttribute("aria-expanded", "true");
    const room = button.getBoundingClientRect();
    if (room.left + open.offsetWidth > document.documentElement.clientWidth) open.classList.add("to-left");
    if (room.bottom + open.offsetHeight > document.documentElement.clientHeight && room.top > open.offsetHeight) open.classList.add("upwards");
    (items.find((each) => each.getAttribute("aria-selected") === "true") ?? items[0])?.focus();
    document.addEventListener("pointerdown", elsewhere, true);
  };
  button.addEventListener("click", () => (open ? close(true) : show()));
  button.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown" || open) return;
    event.preventDefault();
    show();
  });
}
