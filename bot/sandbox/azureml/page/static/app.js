// The page: which area is shown, and what the workspace says.

import { follow } from "./api.js";
import { Access } from "./access.js";
import { Compute, Environments, Models, Runs } from "./areas.js";
import { byId, fill, h } from "./dom.js";
import { RunView } from "./run.js";
import { theme } from "./theme.js";

const AREAS = { runs: ["Runs", Runs], compute: ["Compute", Compute], environments: ["Environments", Environments], models: ["Models", Models], access: ["Access", Access] };

class Page {
  constructor() {
    this.view = null;
    this.last = null;
    this.status = (connected) => {
      byId("connection").textContent = connected ? "" : "Reconnecting …";
    };
    this.failed = (error) => this.tell(error.message);
    theme(byId("theme-button"));
    document.addEventListener("click", (event) => this.followed(event));
    addEventListener("popstate", () => this.go());
  }

  /** Show what the address names. */
  go({ refocus = true } = {}) {
    this.view?.close();
    this.endWorkspace?.();
    this.endWorkspace = null;
    const [, area, run] = /^\/studio\/?(\w*)\/?([^/]*)/.exec(location.pathname);
    const [name, kind] = AREAS[area] ?? AREAS.runs;
    fill(byId("areas"), Object.entries(AREAS).map(([path, [label]]) =>
      h("li", {}, h("a", { href: `/studio/${path}`, "aria-current": label === name ? "page" : undefined }, label))));
    fill(byId("title-extra"));
    fill(byId("trail"), run ? h("a", { href: "/studio/runs" }, "All runs") : null);
    const id = run && area === "runs" ? decodeURIComponent(run) : "";
    byId("title").textContent = id || name;
    this.name();
    this.view = id ? new RunView(id, this) : new kind(this);
    fill(byId("view"), this.view.place);
    if (refocus) byId("title").focus();
    byId("main").scrollTop = 0;
    if (id && this.last) return;
    if (this.last && !id) this.view.seen(this.last);
    // a run's view asks for itself: of the workspace it takes the name only, once
    this.endWorkspace = follow("workspace", (last) => (last && id ? undefined : { stamp: last?.stamp ?? "" }), {
      seen: (found) => this.seen(found, !id),
      status: this.status,
      failed: this.failed,
    });
  }

  name() {
    document.title = `${byId("title").textContent} · ${this.last?.name ?? "Azure ML"} · Azure ML sandbox`;
  }

  seen(found, shows) {
    this.last = found;
    byId("workspace-name").textContent = `Azure ML ${found.name}`;
    const { name, address } = found.beside;
    const beside = byId("beside");
    beside.hidden = !name;
    if (name) Object.assign(beside, { href: address, target: "_blank", rel: "noopener", textContent: name });
    this.name();
    if (shows) this.view.seen(found);
  }

  followed(event) {
    const link = event.target.closest?.("a[href]");
    const plain = link && !link.target && !link.download && event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey;
    if (!plain || link.origin !== location.origin || link.hash || !link.pathname.startsWith("/studio/")) return;
    event.preventDefault();
    history.pushState(null, "", link.pathname);
    this.go();
  }

  /** Something that goes wrong, in place of what can't be shown or above it. */
  tell(words) {
    document.querySelector(".toast")?.remove();
    const closed = words.includes("whole address");
    if (closed) fill(byId("view"), h("p", { class: "empty", role: "alert" }, words));
    else {
      const toast = h("p", { class: "toast", role: "alert" }, words);
      document.body.append(toast);
      setTimeout(() => toast.remove(), 6000);
    }
  }
}

new Page().go({ refocus: false });
