// What the page knows: who there is, who you are, where you look. Everything else is on the screen or in the sandbox.

export const state = {
  team: "",
  bot: "",
  people: new Map(),
  channels: new Map(),
  commands: [],
  hasHome: false,
  me: "",
  place: "",
  tab: "messages",
  thread: "",
  beside: {},
  unread: new Map(),
};

export const person = (id) => state.people.get(id);
export const nameOf = (id) => state.people.get(id)?.real_name || state.people.get(id)?.name || id || "Slack";

/** The channels that somebody is in, the direct message left out. */
export const channelsOf = (user) =>
  [...state.channels.values()].filter((each) => each.kind !== "im" && each.members.includes(user));

/** The direct message of somebody with the bot; "" before its first word. */
export const directMessageOf = (user) =>
  [...state.channels.values()].find((each) => each.kind === "im" && each.members.includes(user))?.id ?? "";

export const isDirect = (id) => id === "dm" || state.channels.get(id)?.kind === "im";

/** How a place is called: "#ml-help", "aml-bot". */
export function placeName(id) {
  if (isDirect(id)) return nameOf(state.bot);
  const channel = state.channels.get(id);
  return channel ? `#${channel.name}` : id;
}

// Kept by the browser for this address only, and only as long as its tab.
export const kept = {
  get: (name) => sessionStorage.getItem(name) ?? "",
  set: (name, value) => sessionStorage.setItem(name, value),
};

/** A timestamp of Slack's, or seconds, as a Date. */
export const moment = (seconds) => new Date(Number(seconds) * 1000);
