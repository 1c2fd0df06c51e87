// The panel at the right: a thread, the inspector, or the means to make trouble. One at a time; Escape closes it.

import { byId, fill } from "./dom.js";

export class Side {
  constructor() {
    this.panel = byId("side");
    this.body = byId("side-body");
    this.back = null;
    this.ended = null;
    byId("side-close").addEventListener("click", () => this.close());
    this.panel.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.defaultPrevented) return;
      event.preventDefault();
      this.close();
    });
  }

  /** Show this; `ended` is called when it gives way. */
  open(kind, title, about, content, ended = null) {
    this.ended?.();
    this.ended = ended;
    if (this.panel.hidden) this.back = document.activeElement;
    this.panel.dataset.kind = kind;
    byId("side-title").textContent = title;
    byId("side-about").textContent = about;
    fill(this.body, content);
    this.panel.hidden = false;
    byId("frame").classList.add("with-side");
    byId("side-close").focus();
  }

  close({ refocus = true } = {}) {
    if (this.panel.hidden) return;
    this.ended?.();
    this.ended = null;
    this.panel.hidden = true;
    byId("frame").classList.remove("with-side");
    fill(this.body);
    if (!refocus) return;
    const back = this.back?.isConnected ? this.back : byId("composer-text");
    back.focus();
  }
}
