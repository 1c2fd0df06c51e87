"""How long a message takes from the key press to the screen, beside the sandbox's own API round trip.

    python -m tests.bench.page_latency [MESSAGES]

Opens the chat page in Chromium and sends messages with the keyboard, in a channel that is empty and in one that has
MESSAGES (10,000). What is measured in the browser: from the key's own timestamp to the first frame that shows the
message, which the page draws before the sandbox has confirmed it, as Slack's does. Between two of them chat.postMessage
is called over a connection that stays open. Ends with 1 when the median is above three such round trips and one frame,
or when the page holds more of a channel than it shows.
"""

import http.client
import json
import os
import platform
import statistics
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Page, sync_playwright

from bot.sandbox.slack.client import SandboxClient
from tests.behaviours.team import sandbox
from tests.browser.window import Window, launched

MESSAGES, ROUNDS, WARM_UP = 10_000, 40, 8
FRAME = 1000 / 60
MOST_SHOWN = 400

WATCH = """
() => {
  window.shown = new Map();
  const texts = new Map();
  let pressed = 0;
  addEventListener("keydown", (event) => { if (event.key === "Enter") pressed = event.timeStamp; }, true);
  new MutationObserver((records) => {
    for (const record of records) for (const node of record.addedNodes) {
      const word = node.querySelector?.(".content")?.textContent;
      const begun = pressed;
      if (word?.startsWith("timed ") && !texts.has(word)) {
        texts.set(word, true);
        // a frame's own callback runs before it is painted; the message after it comes once it was
        requestAnimationFrame(() => {
          const { port1, port2 } = new MessageChannel();
          port1.onmessage = () => window.shown.set(word, performance.now() - begun);
          port2.postMessage(0);
        });
      }
    }
  }).observe(document.getElementById("messages"), { childList: true });
}
"""


class Api:
    """The Web API over one connection."""

    def __init__(self, ready: dict[str, str]) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(ready["url"]).netloc, timeout=30)
        self._headers = {"Authorization": f"Bearer {ready['bot_token']}", "Content-Type": "application/json"}

    def post(self, channel: str, text: str) -> float:
        """Call chat.postMessage; milliseconds."""
        body = json.dumps({"channel": channel, "text": text})
        begun = time.perf_counter()
        self._connection.request("POST", "/api/chat.postMessage", body, self._headers)
        answer = json.loads(self._connection.getresponse().read())
        taken = (time.perf_counter() - begun) * 1000
        assert answer["ok"], answer
        return taken


def measured(page: Page, api: Api, elsewhere: str) -> tuple[list[float], list[float]]:
    """Milliseconds from key to screen, and of the round trips between."""
    seen, trips = [], []
    for number in range(WARM_UP + ROUNDS):
        word = f"timed {time.monotonic_ns()}"
        page.keyboard.insert_text(word)
        page.keyboard.press("Enter")
        page.wait_for_function("word => window.shown.has(word)", arg=word)
        taken = page.evaluate("word => window.shown.get(word)", word)
        trip = api.post(elsewhere, "a round trip")
        if number >= WARM_UP:
            seen.append(taken)
            trips.append(trip)
    return seen, trips


def report(name: str, seen: list[float], trips: list[float]) -> bool:
    """Print a row; whether it is within its bound."""
    bound = 3 * statistics.median(trips) + FRAME
    median = statistics.median(seen)
    worst = sorted(seen)[int(len(seen) * 0.95)]
    print(
        f"{name:<22} key to screen: median {median:6.1f} ms, p95 {worst:6.1f} ms; "
        f"API round trip: median {statistics.median(trips):5.2f} ms; bound {bound:5.1f} ms"
    )
    return median <= bound


def main() -> int:
    """Measure, print, and judge."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else MESSAGES
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    with tempfile.TemporaryDirectory() as folder, sandbox("slack", Path(folder) / "slack") as ready:
        client, api = SandboxClient.from_ready(ready), Api(ready)
        for name in ("quiet", "busy", "elsewhere"):
            client.add_channel(name, ["dana", "rui", "aml-bot"])
        ids = {channel["name"]: channel["id"] for channel in client.channels()}
        for number in range(count):
            api.post(ids["busy"], f"message {number} of a long day: *some* `marks` and <https://example.com|a link>")
        with sync_playwright() as playwright:
            browser = launched(playwright)
            window = Window.opened(browser.new_context(viewport={"width": 1280, "height": 800}), ready["page"])
            window.page.evaluate(WATCH)
            sound = []
            for name, title in (("quiet", "empty channel"), ("busy", f"{count:,} messages")):
                window.go(name)
                window.composer.focus()
                sound.append(report(title, *measured(window.page, api, ids["elsewhere"])))
            items = window.page.locator("#messages > li").count()
            print(f"messages that the page holds of {count:,}: {items}")
            browser.close()
    return 0 if all(sound) and items <= MOST_SHOWN else 1


if __name__ == "__main__":
    sys.exit(main())
