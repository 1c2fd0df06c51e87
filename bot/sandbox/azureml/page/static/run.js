// One run: where it stands, its metrics as they come, its log as it grows, its files.

import { act, fileOf, follow } from "./api.js";
import { Charts } from "./charts.js";
import { byId, fill, h } from "./dom.js";
import { duration, Live, runLink, size, status, table, time } from "./parts.js";

const KEPT = 400_000; // characters of a log that stay on the page
const STANDARD = "user_logs/std_log.txt";
const TEXTS = /\.(txt|log|json|ya?ml|csv|tsv|md|py|out|err)$/i;
const PICTURES = /\.(png|jpe?g|gif)$/i;
const isLog = (path) => /^(user_logs|azureml-logs|logs)\//.test(path);

export class RunView {
  constructor(id, page) {
    this.id = id;
    this.page = page;
    this.head = new Live({ class: "title-extra", role: "status" });
    this.facts = new Live();
    this.charts = new Charts();
    this.files = new Live();
    this.children = new Live();
    this.picture = h("div");
    this.shownFile = "";
    this.choice = h("select", { class: "text-input", "aria-label": "Log or file", on: { change: () => this.open(this.choice.value) } });
    this.log = h("pre", { class: "log", tabIndex: 0, role: "log", "aria-label": "Log", "aria-live": "off" });
    this.cancel = h("button", { type: "button", class: "button danger", hidden: true, on: { click: () => this.stop() } }, "Cancel the run");
    fill(byId("title-extra"), this.head.place, this.cancel);
    this.place = h("div", {},
      this.facts.place,
      h("h2", {}, "Metrics"), this.charts.place,
      this.children.place,
      h("div", { class: "log-head" }, h("h2", {}, "Log"), this.choice, this.logState = h("span", { class: "quiet" })),
      this.log,
      h("h2", {}, "Files"), this.files.place, this.picture);
    this.end = follow("run", (last) => ({ id, stamp: last?.stamp ?? "" }), {
      seen: (run) => this.seen(run),
      status: page.status,
      failed: page.failed,
    });
    this.ticking = setInterval(() => this.last && this.tick(), 1000);
  }

  close() {
    this.end();
    this.endLog?.();
    clearInterval(this.ticking);
    if (this.address) URL.revokeObjectURL(this.address);
  }

  tick() {
    const place = this.facts.place.querySelector("[data-took]");
    if (place && this.last.started && !this.last.ended) place.textContent = duration(this.last.started);
  }

  seen(run) {
    this.last = run;
    this.head.show(run.status, status);
    this.cancel.hidden = run.is_final || run.status === "CancelRequested";
    this.facts.show(run, (now) => [
      h("dl", { class: "facts" }, [
        ["Experiment", now.experiment], ["Script", [now.script, ...now.arguments].join(" ")], ["Environment", now.environment],
        ["Compute target", now.target], ["Submitted by", now.by || "–"], ["Created", time(now.created)],
        ["Took", h("span", { data: { took: "" } }, duration(now.started, now.ended))],
        ...(now.parent ? [["Parent run", runLink(now.parent)]] : []),
        ...Object.entries(now.tags).filter(([name]) => name !== "submitted_by").map(([name, value]) => [`Tag ${name}`, value]),
      ].map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value || "–")))),
      now.waits_for && now.status === "Queued" ? h("p", { class: "waits" }, now.waits_for) : null,
      now.error ? h("p", { class: "trouble" }, h("strong", {}, "Why it ended"), now.error) : null,
    ]);
    this.charts.show(run.metrics);
    this.children.show(run.children, (all) => (all.length ? [
      h("h2", {}, "Child runs"),
      table("Child runs", [["Run"], ["Status"], ["Took", "number"]], all.map((each) => [runLink(each.id), status(each.status), duration(each.started, each.ended)])),
    ] : []));
    this.files.show(run.files, (files) => this.list(files));
    this.choose(run.files);
  }

  choose(files) {
    const texts = files.map((each) => each.path).filter((path) => isLog(path) || TEXTS.test(path));
    const known = [...this.choice.options].map((each) => each.value);
    if (texts.join() !== known.join()) fill(this.choice, texts.map((path) => h("option", { value: path }, path)));
    if (!this.shownFile && texts.length) this.open(texts.includes(STANDARD) ? STANDARD : texts[0]);
    this.choice.hidden = !texts.length;
    this.choice.value = this.shownFile;
    if (!texts.length) this.logState.textContent = "It begins when the run does.";
  }

  list(files) {
    if (!files.length) return h("p", { class: "empty" }, "There are no files yet.");
    return h("div", { class: "files" }, table("Files of the run", [["File"], ["Size", "number"], ["Action", "deed"]], files.map(({ path, size: bytes }) => [
      h("code", {}, path), size(bytes), this.deedsOf(path),
    ])));
  }

  deedsOf(path) {
    const shows = PICTURES.test(path) || TEXTS.test(path) || isLog(path);
    const go = () => (PICTURES.test(path) ? this.show(path) : shows ? this.look(path) : this.download(path));
    return h("button", { type: "button", class: "button", "aria-label": `${shows ? "Show" : "Download"} ${path}`, data: { key: `file-${path}` },
      on: { click: () => go()?.catch?.(this.page.failed) } }, shows ? "Show" : "Download");
  }

  look(path) {
    this.open(path);
    this.log.scrollIntoView({ block: "center" });
    this.log.focus({ preventScroll: true });
  }

  async addressOf(path) {
    if (this.address) URL.revokeObjectURL(this.address);
    this.address = URL.createObjectURL(await fileOf(this.id, path));
    return this.address;
  }

  async show(path) {
    const picture = h("img", { class: "picture", src: await this.addressOf(path), alt: `${path}, a picture that the run made` });
    fill(this.picture, picture);
    picture.addEventListener("load", () => picture.scrollIntoView({ block: "nearest" }), { once: true });
  }

  async download(path) {
    h("a", { href: await this.addressOf(path), download: path.split("/").at(-1) }).click();
  }

  /** Follow a file from near its end on. */
  open(path) {
    this.endLog?.();
    this.shownFile = path;
    this.choice.value = path;
    this.log.setAttribute("aria-label", `Log ${path}`);
    this.log.replaceChildren();
    this.length = 0;
    let first = true;
    this.endLog = follow("log", (last) => (last?.is_over ? undefined : { id: this.id, path, from: last?.next ?? -1 }), {
      seen: (found) => {
        if (first && found.from > 0) this.logState.textContent = "The beginning is left out.";
        else if (first) this.logState.textContent = "";
        first = false;
        this.append(found.text);
      },
      status: this.page.status,
      failed: this.page.failed,
    });
  }

  append(text) {
    if (!text) return;
    const near = this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < 60;
    this.log.append(text);
    this.length += text.length;
    while (this.length > KEPT && this.log.childNodes.length > 1) {
      this.length -= this.log.firstChild.data.length;
      this.log.firstChild.remove();
    }
    if (near) this.log.scrollTop = this.log.scrollHeight;
  }

  async stop() {
    this.cancel.setAttribute("aria-busy", "true");
    try {
      await act("cancel", { run: this.id });
    } catch (error) {
      this.page.failed(error);
    } finally {
      this.cancel.removeAttribute("aria-busy");
    }
  }
}
