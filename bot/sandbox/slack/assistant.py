"""What an agent shows around its direct message: prompts to choose from, and a status while it works."""

import time
from collections.abc import Sequence

from bot.sandbox.slack.changes import Changes
from bot.sandbox.slack.wire import Json
from bot.sandbox.slack.world import Channel

LASTS = 120.0
"""Seconds after which Slack takes a status away by itself."""


class Assistant:
    """The prompts of each direct message, and the status of each of its threads."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._prompts: dict[str, Json] = {}
        self._statuses: dict[tuple[str, str], tuple[float, Json]] = {}

    def suggest(self, channel: Channel, title: str, prompts: Sequence[Json], thread_ts: str) -> None:
        """Offer prompts; those of before go."""
        offered = {"title": title, "prompts": list(prompts), "thread_ts": thread_ts}
        self._prompts[channel.id] = offered
        self._changes.add("prompts", channel.members, channel=channel.id, prompts=offered)

    def set_status(self, channel: Channel, thread_ts: str, status: str, loading: Sequence[str]) -> None:
        """Say what the app is doing in a thread; "" for nothing any more."""
        place = (channel.id, thread_ts)
        if not status and self._statuses.pop(place, None) is None:
            return
        shown = {"thread_ts": thread_ts, "status": status, "loading_messages": list(loading)}
        if status:
            self._statuses[place] = (time.monotonic(), shown)
        self._changes.add("status", channel.members, channel=channel.id, status=shown)

    def replied(self, channel: Channel, thread_ts: str) -> None:
        """The app has replied in a thread: its status goes."""
        self.set_status(channel, thread_ts, "", ())

    def shown(self, channel: Channel) -> Json:
        """The prompts and statuses of a direct message now."""
        now = time.monotonic()
        statuses = [
            each for (place, _), (at, each) in self._statuses.items() if place == channel.id and now - at < LASTS
        ]
        return {"prompts": self._prompts.get(channel.id), "statuses": statuses}

    def forget(self) -> None:
        """Nothing is offered and nothing under way."""
        self._prompts.clear()
        self._statuses.clear()
