// Runs, compute, environments and models at a glance.

import { h } from "./dom.js";
import { duration, Live, runLink, status, table, time } from "./parts.js";

/** An area that is drawn from one part of the workspace. */
class Area {
  constructor() {
    this.live = new Live();
    this.place = this.live.place;
  }

  close() {}
}

export class Runs extends Area {
  seen({ runs, older }) {
    this.live.show({ runs, older }, () => (runs.length ? [
      table("Runs, newest first", [["Run"], ["Status"], ["Experiment", "rare"], ["Script", "rare"], ["Compute target", "rare"], ["Submitted by", "rare"], ["Created", "number"], ["Took", "number rare"]],
        runs.map((run) => [runLink(run.id), status(run.status), run.experiment, run.script, run.target, run.by, time(run.created), duration(run.started, run.ended)])),
      older ? h("p", { class: "about" }, `${older} older ones are left out.`) : null,
    ] : h("p", { class: "empty" }, "No runs yet. Submit one from Slack: /aml submit train.py")));
  }
}

export class Compute extends Area {
  seen({ compute }) {
    const list = (title, ids) => [h("h3", {}, title), ids.length ? h("ol", {}, ids.map((id) => h("li", {}, runLink(id)))) : h("p", { class: "quiet" }, "none")];
    this.live.show(compute, () => h("div", { class: "clusters" }, compute.map((each) => h("section", { class: "cluster", "aria-label": each.name },
      h("h2", {}, each.name),
      h("p", { class: "quiet" }, each.size),
      h("div", { class: "nodes", "aria-hidden": "true" }, Array.from({ length: each.nodes }, (_, at) => h("span", { class: at < each.busy ? "node used" : "node" }))),
      h("p", {}, `${each.busy} of ${each.nodes} nodes are busy.`),
      list("Running", each.running),
      list("Waiting, first come first served", each.waiting)))));
  }
}

export class Environments extends Area {
  seen({ environments }) {
    this.live.show(environments, () => [
      h("p", { class: "about" }, "The sandbox builds an environment when a run needs it for the first time, and keeps it."),
      table("Environments", [["Environment"], ["State"], ["Packages on the base layer", "rare"], ["Image", "rare"]], environments.map((each) => [
        [each.name, " ", h("span", { class: "quiet" }, `version ${each.version}`)],
        [status(each.state), each.why ? h("div", { class: "quiet" }, each.why) : null],
        each.packages.length ? each.packages.join(", ") : "none",
        h("code", {}, each.image),
      ])),
    ]);
  }
}

export class Models extends Area {
  seen({ models }) {
    this.live.show(models, () => (models.length
      ? table("Models, newest first", [["Model"], ["Version", "number"], ["From run"], ["Tags", "rare"], ["Registered", "number"]], models.map((each) => [
        [each.name, each.description ? h("div", { class: "quiet" }, each.description) : null], String(each.version), each.run ? runLink(each.run) : "–",
        Object.entries(each.tags).map(([name, value]) => `${name}=${value}`).join(", ") || "–", time(each.created),
      ]))
      : h("p", { class: "empty" }, "No models yet. Register one from a run's outputs: /aml model register")));
  }
}
