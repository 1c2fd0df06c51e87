// What the page asks of the sandbox. The token came behind the # of the address and stays in this origin's own store.

const KEY = "studio-token";
const given = /[#&]token=([\w-]+)/.exec(location.hash);
if (given) {
  localStorage.setItem(KEY, given[1]);
  history.replaceState(null, "", location.pathname);
}

export class Refused extends Error {
  constructor(error, message) {
    super(message);
    this.error = error;
  }
}

async function asked(path, options = {}) {
  const headers = { ...options.headers, Authorization: `Bearer ${localStorage.getItem(KEY) ?? ""}` };
  let response;
  try {
    response = await fetch(`/studio/${path}`, { ...options, headers });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refused("unreachable", "The sandbox can't be reached.");
  }
  if (response.ok) return response;
  const body = await response.json().catch(() => ({}));
  throw new Refused(body.error ?? "no_answer", body.message ?? `The sandbox answered ${response.status}.`);
}

/** Look at something: GET. */
export const see = async (what, query = {}, signal = undefined) =>
  (await asked(`see/${what}?${new URLSearchParams(query)}`, { signal })).json();

/** Do something: POST. */
export const act = async (what, body) =>
  (await asked(`do/${what}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) })).json();

/** A file of a run. */
export const fileOf = async (run, path) =>
  (await asked(`file/${encodeURIComponent(run)}/${path.split("/").map(encodeURIComponent).join("/")}`)).blob();

const visible = () =>
  document.hidden
    ? new Promise((go) => document.addEventListener("visibilitychange", function seen() {
      if (document.hidden) return;
      document.removeEventListener("visibilitychange", seen);
      go();
    }))
    : undefined;

/** Ask again and again, each time for what is newer: `next(last)` gives the query, undefined at the end. */
export function follow(what, next, { seen, status, failed }) {
  const stop = new AbortController();
  const run = async () => {
    let wait = 250;
    let query = next();
    while (query && !stop.signal.aborted) {
      await visible();
      try {
        const found = await see(what, query, stop.signal);
        if (stop.signal.aborted) return;
        status(true);
        wait = 250;
        seen(found);
        query = next(found);
      } catch (error) {
        if (stop.signal.aborted) return;
        if (error.error !== "unreachable") {
          failed(error);
          return;
        }
        status(false);
        await new Promise((go) => setTimeout(go, wait));
        wait = Math.min(wait * 2, 5000);
      }
    }
  };
  run();
  return () => stop.abort();
}
