// Elements are only ever built here, from text: nothing that a person, the app or a FAQ says is read as markup.

const SVG = "http://www.w3.org/2000/svg";

const ICONS = {
  menu: "M3 6h18M3 12h18M3 18h18",
  close: "M6 6l12 12M18 6L6 18",
  send: "M4 12l16-8-5 16-3-7z",
  reply: "M4 5h16v11h-9l-5 4v-4H4z",
  inspect: "M8 7l-5 5 5 5M16 7l5 5-5 5M13 4l-2 16",
  again: "M4 12a8 8 0 1 1 3 6.2M4 19v-5h5",
  smile: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M8.5 14.5a4.5 4.5 0 0 0 7 0M9 9.5v.5M15 9.5v.5",
  eye: "M2 12s4-7 10-7 10 7 10 7-4 7-10 7S2 12 2 12zM12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6",
  down: "M6 9l6 6 6-6",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  bin: "M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8M12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.4 1.4M17.6 17.6L19 19M5 19l1.4-1.4M17.6 6.4L19 5",
  moon: "M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5z",
  system: "M3 4h18v12H3zM9 20h6M12 16v4",
  file: "M6 3h8l4 4v14H6zM14 3v4h4",
  lock: "M6 11h12v9H6zM9 11V8a3 3 0 0 1 6 0v3",
  bot: "M5 9h14v10H5zM12 9V5M12 5h.01M9.5 13.5v.5M14.5 13.5v.5M2.5 13v3M21.5 13v3",
  good: "M7 11v9H4v-9zM7 11l4-7c2 0 2.5 1.5 2 3l-.7 3H19c1.5 0 2 1 1.7 2.3l-1.5 6c-.3 1-1 1.7-2.2 1.7H7",
  bad: "M7 13V4H4v9zM7 13l4 7c2 0 2.5-1.5 2-3l-.7-3H19c1.5 0 2-1 1.7-2.3l-1.5-6C18.9 4.7 18.200 4 17 4H7",
};

/** An element. `props`: `class`, `on` (listeners by name), `data`, properties of the element, attributes for the rest. */
export function h(tag, props = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "class") made.className = value;
    else if (name === "on") for (const [event, heard] of Object.entries(value)) made.addEventListener(event, heard);
    else if (name === "data") Object.assign(made.dataset, value);
    else if (name in made && !name.includes("-") && name !== "list" && name !== "role") made[name] = value;
    else made.setAttribute(name, value === true ? "" : String(value));
  }
  add(made, children);
  return made;
}

/** Append nodes and text; lists are opened, what is empty is left out. */
export function add(parent, children) {
  for (const child of [children].flat(Infinity)) {
    if (child === undefined || child === null || child === false || child === "") continue;
    parent.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return parent;
}

/** Put these in the place of everything inside `parent`. */
export function fill(parent, ...children) {
  parent.replaceChildren();
  return add(parent, children);
}

/** A drawn sign beside words or an aria-label; it says nothing by itself. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  for (const [key, value] of Object.entries({ viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true" })) {
    svg.setAttribute(key, value);
  }
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

export const byId = (id) => document.getElementById(id);

let numbers = 0;
/** An id that no other element has. */
export const newId = (what) => `${what}-${++numbers}`;

/** Let arrows, Home and End move the focus among `items()`; one of them at a time can be reached by Tab. */
export function roving(container, items, { horizontal = false } = {}) {
  const [back, on] = horizontal ? ["ArrowLeft", "ArrowRight"] : ["ArrowUp", "ArrowDown"];
  container.addEventListener("keydown", (event) => {
    const all = items();
    const place = all.indexOf(document.activeElement);
    if (place < 0) return;
    const next = { [back]: place - 1, [on]: place + 1, Home: 0, End: all.length - 1 }[event.key];
    if (next === undefined || !all[next]) return;
    event.preventDefault();
    for (const each of all) each.tabIndex = -1;
    all[next].tabIndex = 0;
    all[next].focus();
  });
}
