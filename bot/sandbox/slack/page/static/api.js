// What the page asks of the sandbox, what it does there, and how it hears what is new.

const here = new URL(".", location.href);

export class Refused extends Error {
  constructor(error, message) {
    super(message);
    this.error = error;
  }
}

async function answer(response) {
  if (response.ok) return response.json();
  let body = {};
  try {
    body = await response.json();
  } catch {
    body = { error: "no_answer", message: (await response.text().catch(() => "")) || `The sandbox answered ${response.status}.` };
  }
  if (response.status === 403 && !body.error) body = { error: "closed", message: "The sandbox was started anew: open the address that it printed." };
  throw new Refused(body.error, body.message);
}

async function sent(path, options) {
  try {
    return await fetch(new URL(path, here), options);
  } catch {
    throw new Refused("unreachable", "The sandbox can't be reached.");
  }
}

/** Look at something: GET. */
export async function see(path, query = {}) {
  return answer(await sent(`see/${path}?${new URLSearchParams(query)}`, {}));
}

/** Do something: POST. */
export async function act(path, body = {}) {
  const headers = { "Content-Type": "application/json" };
  return answer(await sent(`do/${path}`, { method: "POST", headers, body: JSON.stringify(body) }));
}

export const fileAddress = (id, download = false) => new URL(`file/${id}${download ? "?download" : ""}`, here).href;

/** Hear every change after `last`; reconnects by itself. `heard` gets lists, `gap` says that some were missed. */
export function listen(last, { heard, gap, status }) {
  let wait = 250;
  const open = () => {
    const address = new URL(`live?after=${last}`, here);
    address.protocol = "ws:";
    const socket = new WebSocket(address);
    socket.onopen = () => {
      wait = 250;
      status(true);
    };
    socket.onmessage = (event) => {
      const said = JSON.parse(event.data);
      // Changes are numbered one by one: a number left out is a frame that came nowhere, as when a laptop slept.
      if (said.gap || (said.changes && said.changes[0].seq !== last + 1)) gap();
      if (!said.changes) return;
      last = said.changes.at(-1).seq;
      heard(said.changes);
    };
    socket.onclose = () => {
      status(false);
      setTimeout(open, wait);
      wait = Math.min(wait * 2, 5000);
    };
  };
  open();
}
