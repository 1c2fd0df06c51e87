// The question that stands before an action which the app wants confirmed.

import { byId, fill, h } from "./dom.js";
import { plainOf, textOf } from "./mrkdwn.js";

/** True when the person agrees. Slack's confirm object: title, text, confirm, deny, style. */
export function ask(confirm) {
  const dialog = byId("question");
  const back = document.activeElement;
  return new Promise((answered) => {
    const end = (yes) => {
      dialog.close();
      if (back?.isConnected) back.focus();
      answered(yes);
    };
    const no = h("button", { type: "button", class: "button", on: { click: () => end(false) } }, plainOf(confirm.deny));
    const yes = h("button", { type: "button", class: `button ${confirm.style === "danger" ? "danger-filled" : "filled"}`, on: { click: () => end(true) } }, plainOf(confirm.confirm));
    fill(dialog,
      h("div", { class: "modal-head" }, h("h2", { id: "question-title" }, plainOf(confirm.title))),
      h("div", { class: "modal-body", id: "question-text" }, textOf(confirm.text)),
      h("div", { class: "modal-foot" }, no, yes));
    dialog.setAttribute("aria-labelledby", "question-title");
    dialog.setAttribute("aria-describedby", "question-text");
    dialog.oncancel = (event) => {
      event.preventDefault();
      end(false);
    };
    dialog.showModal();
    yes.focus();
  });
}
