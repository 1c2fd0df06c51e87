"""Trigger ids: the right to open one view for one person, for three seconds."""

import secrets
import time
from dataclasses import dataclass

from bot.sandbox.slack.wire import SlackError

SECONDS = 3.0


@dataclass(slots=True)
class Trigger:
    """One interaction's trigger; `used` once a view was opened with it."""

    user: str
    expires: float
    used: bool = False


class Triggers:
    """Every trigger given out."""

    def __init__(self) -> None:
        self._given: dict[str, Trigger] = {}

    def give(self, user: str) -> str:
        """A new trigger id for an interaction of this person."""
        now = time.monotonic()
        for name in [name for name, each in self._given.items() if each.expires < now - 600]:
            del self._given[name]
        name = f"{time.time_ns() // 1_000_000}.{secrets.randbelow(10**12):012d}.{secrets.token_hex(16)}"
        self._given[name] = Trigger(user, now + SECONDS)
        return name

    def use(self, name: str) -> str:
        """Spend a trigger; returns whose it was.

        Raises:
            SlackError: `invalid_trigger_id`, `expired_trigger_id` or `exchanged_trigger_id`.
        """
        trigger = self._given.get(name)
        if trigger is None:
            raise SlackError("invalid_trigger_id")
        if trigger.expires < time.monotonic():
            raise SlackError("expired_trigger_id")
        if trigger.used:
            raise SlackError("exchanged_trigger_id")
        trigger.used = True
        return trigger.user
