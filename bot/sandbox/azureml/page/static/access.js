// Roles: who may do what, handed out and taken back to try policies.

import { act } from "./api.js";
import { fill, h, newId } from "./dom.js";
import { Live, table } from "./parts.js";

export class Access {
  constructor(page) {
    this.page = page;
    this.form = null;
    this.said = h("p", { class: "said", role: "status" });
    this.formPlace = h("div");
    this.assignments = new Live();
    this.denials = new Live();
    this.may = new Live();
    this.place = h("div", {},
      h("p", { class: "about" }, "As in Azure, roles are additive, scopes inherit downwards, and groups count. The bot remembers a look-up of roles for a short while, so a change can take some seconds to show in Slack."),
      h("h2", {}, "Grant a role"), this.formPlace,
      h("h2", {}, "Role assignments"), this.assignments.place,
      this.denials.place,
      h("h2", {}, "What that allows in Azure"), this.may.place);
  }

  close() {}

  seen({ access }) {
    this.form ??= fill(this.formPlace, this.draw(access));
    this.assignments.show(access.assignments, (all) => table("Role assignments", [["Who"], ["Role"], ["Where", "rare"], ["Action", "deed"]], all.map((each) => [
      [each.principal, h("div", { class: "quiet" }, each.kind)], each.role, each.scope,
      this.button(`Revoke ${each.role} of ${each.principal}`, "Revoke", `revoke-${each.name}`, () => act("revoke", { name: each.name }), `${each.role} was taken from ${each.principal}.`),
    ])));
    this.denials.show(access.denials, (all) => (all.length ? [h("h2", {}, "Deny assignments"), table("Deny assignments", [["Name"], ["Whom"], ["Denies"], ["Where", "rare"], ["Action", "deed"]], all.map((each) => [
      each.called, each.principals.join(", "), each.actions.map((action) => h("div", {}, h("code", {}, action))), each.scope,
      this.button(`Remove ${each.called}`, "Remove", `allow-${each.name}`, () => act("allow", { name: each.name }), `${each.called} was removed.`),
    ]))] : []));
    this.may.show([access.may, access.deeds], () => table("What people may do in the workspace", [["Person"], ...access.deeds.map((each) => [each])], access.may.map((each) => [
      each.name, ...each.deeds.map((yes) => h("span", { class: yes ? "may-yes" : "may-no" }, yes ? "yes" : "no")),
    ])));
  }

  button(label, word, key, deed, done) {
    return h("button", { type: "button", class: "button", "aria-label": label, data: { key }, on: { click: (event) => this.attempt(event.currentTarget, deed, done) } }, word);
  }

  draw({ principals, roles, scopes }) {
    const fields = {};
    const field = (name, label, options) => {
      const id = newId(name);
      fields[name] = h("select", { id, class: "text-input" }, options.map(([value, words]) => h("option", { value }, words)));
      return h("div", {}, h("label", { htmlFor: id }, label), fields[name]);
    };
    const names = roles.map((each) => each.name).sort((one, other) => one.localeCompare(other));
    const send = h("button", { type: "submit", class: "button filled" }, "Grant");
    const form = h("form", { class: "grant", on: { submit: (event) => {
      event.preventDefault();
      const { principal, role, scope } = fields;
      const done = `${principal.selectedOptions[0].textContent} has ${role.value} now.`;
      this.attempt(send, () => act("grant", { principal: principal.value, role: role.value, scope: scope.value }), done);
    } } },
    field("principal", "Who", principals.map((each) => [each.id, each.kind === "Person" ? each.name : `${each.name} (${each.kind.toLowerCase()})`])),
    field("role", "Role", names.map((each) => [each, each])),
    field("scope", "Where", scopes.map((each) => [each.id, each.name])),
    send, this.said);
    fields.role.value = names.includes("AzureML Data Scientist") ? "AzureML Data Scientist" : names[0];
    return form;
  }

  async attempt(button, deed, done) {
    button.setAttribute("aria-busy", "true");
    try {
      await deed();
      this.tell(done, "fine");
    } catch (error) {
      this.tell(error.message, "wrong");
    } finally {
      button.removeAttribute("aria-busy");
    }
  }

  tell(words, kind) {
    this.said.className = `said ${kind}`;
    this.said.textContent = words;
  }
}
