// Colours: as the system has them, or light, or dark; remembered by the browser.

import { fill, icon } from "./dom.js";

const CHOICES = [["", "system", "as the system"], ["light", "sun", "light"], ["dark", "moon", "dark"]];

export function theme(button) {
  let now = Math.max(0, CHOICES.findIndex(([name]) => name === (localStorage.getItem("theme") ?? "")));
  const apply = () => {
    const [name, sign, words] = CHOICES[now];
    if (name) document.documentElement.dataset.theme = name;
    else delete document.documentElement.dataset.theme;
    localStorage.setItem("theme", name);
    fill(button, icon(sign));
    button.setAttribute("aria-label", `Colours: ${words}`);
    button.title = `Colours: ${words}`;
  };
  button.addEventListener("click", () => {
    now = (now + 1) % CHOICES.length;
    apply();
  });
  apply();
}
