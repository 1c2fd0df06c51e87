"""Whether the demo has come to rest: every run has ended, and its message in Slack says so."""

import json
import urllib.request
from typing import Any

from bot.sandbox.slack.client import SandboxClient

_FINAL = {"Completed", "Failed", "Canceled"}


class Settled:
    """Asks both sandboxes; what ties them together is a run's id in a message of the bot."""

    def __init__(self, slack: SandboxClient, azure: dict[str, Any]) -> None:
        self._slack = slack
        self._azure = azure
        self._messages: dict[tuple[str, str], str] = {}
        self._seen = 0
        # Runs of an earlier demo in the same folder have had their messages; the Slack sandbox has forgotten them.
        self._before = {run["id"] for run in self._runs()}

    def __call__(self) -> bool:
        """Whether nothing is under way any more."""
        runs = [run for run in self._runs() if run["id"] not in self._before]
        if any(run["status"] not in _FINAL for run in runs):
            return False
        self._read()
        return all(self._said(run["id"], run["status"]) for run in runs)

    def _said(self, run_id: str, status: str) -> bool:
        return any(run_id in text and status in text for text in self._messages.values())

    def _read(self) -> None:
        self._seen, changes = self._slack.changes(after=self._seen)
        for change in changes:
            if change.kind in {"posted", "updated"} and change.message is not None:
                self._messages[change.channel, change.ts] = str(change.message.get("text", ""))

    def _runs(self) -> list[dict[str, Any]]:
        request = urllib.request.Request(  # noqa: S310 - the sandbox's own loopback address
            f"{self._azure['control']}/runs", headers={"Authorization": f"Bearer {self._azure['control_token']}"}
        )
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10) as answer:
            found: list[dict[str, Any]] = json.load(answer)["runs"]
            return found
