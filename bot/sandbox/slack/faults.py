"""Trouble on request: errors, 429s, delays, lost responses, requests held open, and rate limits."""

import asyncio
import time
from collections import defaultdict, deque
from dataclasses import asdict, dataclass
from itertools import count

from bot.sandbox.slack.wire import ControlError, Json, SlackError

ANY = "*"
PER_MINUTE = {
    "conversations.list": 20,
    "usergroups.users.list": 20,
    "users.list": 20,
    "apps.connections.open": 50,
    "bots.info": 50,
    "chat.delete": 50,
    "chat.update": 50,
    "conversations.history": 50,
    "conversations.info": 50,
    "conversations.open": 50,
    "conversations.replies": 50,
    "reactions.add": 50,
    "team.info": 50,
    "users.lookupByEmail": 50,
}
"""Calls a minute by Slack's tiers; other methods get `OTHERS_PER_MINUTE`."""
OTHERS_PER_MINUTE = 100


@dataclass(slots=True)
class Fault:
    """What happens to the next `times` calls of a method."""

    method: str
    times: int
    error: str = ""
    http_status: int = 0
    retry_after: int = 0
    delay: float = 0.0
    drop_response: bool = False


@dataclass(slots=True)
class Held:
    """A call that is kept waiting; `done` when its effect has happened already."""

    id: int
    method: str
    args: Json
    done: bool
    released: asyncio.Event


class RateLimited(Exception):
    """Answer with 429 and this Retry-After."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(retry_after)
        self.retry_after = retry_after


class Faults:
    """Looked at by every call of the Web API, and by every post to a response_url (method `response_url`)."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._holds: dict[str, str] = {}
        self._held: dict[int, Held] = {}
        self._numbers = count(1)
        self._calls: defaultdict[str, deque[float]] = defaultdict(deque)
        self.rate_limits = False

    def add(self, wanted: Json) -> None:
        """Plan a fault.

        Raises:
            ControlError: a field is unknown or has the wrong type.
        """
        try:
            fault = Fault(**{"times": 1, **wanted})
        except TypeError as error:
            raise ControlError("invalid_fault", str(error)) from error
        self._faults.append(fault)

    def next_for(self, method: str) -> Fault | None:
        """The fault that this call meets, counted down."""
        for fault in self._faults:
            if fault.method in (method, ANY):
                fault.times -= 1
                if fault.times <= 0:
                    self._faults.remove(fault)
                return fault
        return None

    def planned(self) -> list[Json]:
        """The faults that calls will meet, in their order."""
        return [asdict(fault) for fault in self._faults]

    def clear(self) -> None:
        """Forget the planned faults."""
        self._faults.clear()

    def reset(self) -> None:
        """No faults, holds or limits."""
        self.clear()
        self.release()
        self._calls.clear()
        self.rate_limits = False

    def hold(self, method: str, when: str = "before") -> None:
        """Keep calls of this method open, before or after their effect, until they are released."""
        if when not in ("before", "after"):
            raise ControlError("invalid_hold", "when must be before or after")
        self._holds[method] = when

    async def wait_if_held(self, method: str, args: Json, *, done: bool) -> None:
        """Stand still here while the method is held."""
        when = self._holds.get(method) or self._holds.get(ANY)
        if when != ("after" if done else "before"):
            return
        held = Held(next(self._numbers), method, args, done, asyncio.Event())
        self._held[held.id] = held
        try:
            await held.released.wait()
        finally:
            self._held.pop(held.id, None)

    def release(self, method: str = "") -> int:
        """End a hold, all of them by default; returns how many calls go on."""
        for name in [method] if method else list(self._holds):
            self._holds.pop(name, None)
        going = [held for held in self._held.values() if not method or held.method == method]
        for held in going:
            held.released.set()
        return len(going)

    def held(self) -> list[Json]:
        """The calls that wait, oldest first."""
        return [
            {"id": held.id, "method": held.method, "args": held.args, "done": held.done} for held in self._held.values()
        ]

    def count(self, method: str) -> None:
        """Count a call against Slack's tiers, when those are switched on.

        Raises:
            RateLimited: there were too many in the last minute.
        """
        if not self.rate_limits:
            return
        calls, now = self._calls[method], time.monotonic()
        while calls and calls[0] < now - 60:
            calls.popleft()
        if len(calls) >= PER_MINUTE.get(method, OTHERS_PER_MINUTE):
            raise RateLimited(max(1, int(calls[0] + 60 - now)))
        calls.append(now)

    @staticmethod
    def refuse(fault: Fault) -> None:
        """The refusal that a fault asks for, if any.

        Raises:
            RateLimited: it asks for 429.
            SlackError: it asks for an error or another status.
        """
        if fault.http_status == 429 or fault.retry_after:
            raise RateLimited(fault.retry_after or 1)
        if fault.error or fault.http_status:
            raise SlackError(fault.error or "internal_error", status=fault.http_status or 200)
