"""Sending a payload to the app, waiting three seconds for its answer, and trying events again as Slack does."""

import asyncio
import copy
import time
import uuid
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Protocol

from bot.sandbox.slack.wire import ControlError, Json

ACK_SECONDS = 3.0
KEPT = 5_000


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back within the time: `acked`, with the payload of the acknowledgement; else why not."""

    acked: bool
    payload: Any = None
    reason: str = ""
    may_retry: bool = True


@dataclass(slots=True)
class Delivery:
    """One attempt to hand a payload to the app. All attempts of one payload have the same `root`."""

    id: str
    root: str
    type: str
    payload: Json
    envelope_id: str
    attempt: int = 0
    reason: str = ""
    sent_at: float = field(default_factory=time.time)
    ack_ms: float | None = None
    response: Any = None
    error: str = ""
    via: str = ""
    settled: bool = False

    def shown(self) -> Json:
        """The row that the control address gives; the payload's tokens stay inside."""
        view = self.payload.get("view") or {}
        return {
            "id": self.id,
            "root": self.root,
            "type": self.type,
            "kind": self.payload.get("type") if self.type != "slash_commands" else self.payload["command"],
            "event_type": (self.payload.get("event") or {}).get("type"),
            "event_id": self.payload.get("event_id"),
            "trigger_id": self.payload.get("trigger_id"),
            "view_id": view.get("id"),
            "envelope_id": self.envelope_id,
            "attempt": self.attempt,
            "reason": self.reason,
            "sent_at": self.sent_at,
            "ack_ms": self.ack_ms,
            "response": self.response,
            "error": self.error,
            "via": self.via,
            "settled": self.settled,
        }


class Transport(Protocol):
    """The way to the app: Socket Mode, or signed HTTP requests."""

    via: str

    async def send(self, delivery: Delivery) -> Answer:
        """Hand over one attempt and wait for its answer."""
        ...


class Deliveries:
    """Every attempt made, newest last; the last `KEPT` are remembered."""

    def __init__(self, transport: Transport, retry_delays: Sequence[float]) -> None:
        self.transport = transport
        self.retry_delays = tuple(retry_delays)
        self._kept: dict[str, Delivery] = {}
        self._numbers = count(1)
        self._tasks: set[asyncio.Task[Any]] = set()
        self._outcome = asyncio.Event()

    def rows(self, roots: Sequence[str] = ()) -> list[Json]:
        """What has been sent, oldest first; only these payloads' attempts when `roots` are given."""
        return [each.shown() for each in self._kept.values() if not roots or each.root in roots]

    def about(self, wanted: Callable[[Delivery], bool]) -> list[Delivery]:
        """The attempts of which `wanted` is true, oldest first."""
        return [each for each in self._kept.values() if wanted(each)]

    async def attempted(self, roots: Sequence[str], wait: float) -> list[Json]:
        """The attempts of these payloads, once each has an outcome or `wait` seconds are over."""
        try:
            async with asyncio.timeout(wait):
                while any(row["ack_ms"] is None and not row["error"] for row in self.rows(roots)):
                    await self._outcome.wait()
        except TimeoutError:
            pass  # the rows say that there is no outcome yet
        return self.rows(roots)

    def background(self, work: Coroutine[Any, Any, Any]) -> None:
        """Run to the end beside everything else; cancelled when the sandbox stops."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Stop whatever is still under way, and forget what was sent."""
        self._kept.clear()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def made(self, kind: str, payload: Json) -> Delivery:
        """Note down a payload that is about to be sent for the first time, as it is now."""
        payload = copy.deepcopy(payload)
        name = f"d{next(self._numbers)}"
        return self._keep(Delivery(name, name, kind, payload, str(uuid.uuid4())))

    def _again(self, delivery: Delivery, attempt: int, reason: str, *, same_envelope: bool = False) -> Delivery:
        name = f"d{next(self._numbers)}"
        envelope = delivery.envelope_id if same_envelope else str(uuid.uuid4())
        again = Delivery(name, delivery.root, delivery.type, delivery.payload, envelope, attempt, reason)
        return self._keep(again)

    def _keep(self, delivery: Delivery) -> Delivery:
        self._kept[delivery.id] = delivery
        if len(self._kept) > KEPT:
            del self._kept[next(iter(self._kept))]
        return delivery

    async def attempt(self, delivery: Delivery) -> Answer:
        """Send once; the row gets the outcome."""
        delivery.via = self.transport.via
        delivery.sent_at = time.time()
        started = time.monotonic()
        answer = await self.transport.send(delivery)
        if answer.acked:
            delivery.ack_ms = round((time.monotonic() - started) * 1000, 3)
            delivery.response = answer.payload
        else:
            delivery.error = answer.reason
        self._outcome.set()
        self._outcome = asyncio.Event()
        return answer

    async def once(self, delivery: Delivery) -> Answer:
        """Send what Slack never sends twice: commands and interactions."""
        answer = await self.attempt(delivery)
        delivery.settled = True
        return answer

    def event(self, payload: Json) -> str:
        """Send an event, again where it is not acknowledged; returns the id of the first attempt at once."""
        first = self.made("events_api", payload)
        self.background(self._until_acked(first))
        return first.id

    async def _until_acked(self, delivery: Delivery) -> None:
        attempts = [delivery]
        for delay in (*self.retry_delays, None):
            answer = await self.attempt(attempts[-1])
            if answer.acked or delay is None or not answer.may_retry:
                break
            await asyncio.sleep(delay)
            attempts.append(self._again(delivery, len(attempts), answer.reason))
        for each in attempts:
            each.settled = True

    def redeliver(self, delivery_id: str, *, same_envelope: bool = False) -> str:
        """Send a payload once more under its old event id, as Slack does when an acknowledgement was lost.

        Raises:
            ControlError: there is no such delivery.
        """
        known = self._kept.get(delivery_id)
        if known is None:
            raise ControlError("delivery_not_found", f"there is no delivery {delivery_id}", 404)
        last = max((each for each in self._kept.values() if each.root == known.root), key=lambda each: each.attempt)
        if same_envelope:
            again = self._again(known, known.attempt, known.reason, same_envelope=True)
        else:
            again = self._again(
                known, last.attempt + 1, "timeout" if self.transport.via == "socket" else "http_timeout"
            )
        self.background(self.once(again))
        return again.id
