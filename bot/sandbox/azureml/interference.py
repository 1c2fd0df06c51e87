"""Trouble on request: answers that fail, come late or never, and requests that are kept open.

Tests and people use it through the control API to see what the bot does in an outage, or to let a kill fall at a known
point. Nothing here is on unless somebody asked for it.
"""

import json
import re
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Final

from bot.sandbox.azureml.errors import bad_request, error_document
from bot.sandbox.azureml.wire import Request, Response, now

_REMEMBERED: Final = 2000
_MAX_DELAY: Final = 120.0
_MAX_HOLD: Final = 600.0


class Dropped(Exception):
    """Close the connection and say nothing."""


@dataclass(slots=True)
class _Matcher:
    path: re.Pattern[str]
    method: str | None = None
    host: str | None = None

    def covers(self, request: Request) -> bool:
        return (
            (self.method is None or self.method == request.method)
            and (self.host is None or self.host == request.host)
            and self.path.search(request.target.partition("?")[0]) is not None
        )


def _matcher(document: dict[str, Any]) -> _Matcher:
    try:
        path = re.compile(str(document["path"]), re.IGNORECASE)
    except KeyError as error:
        raise bad_request('"path" is missing: a regular expression that is searched in the path.') from error
    except re.error as error:
        raise bad_request(f'"path" is not a regular expression: {error}.') from error
    method, host = document.get("method"), document.get("host")
    return _Matcher(path, str(method).upper() if method else None, str(host).lower() if host else None)


@dataclass(slots=True)
class _Fault:
    matcher: _Matcher
    status: int | None
    body: bytes
    delay: float
    drop: bool
    drop_response: bool
    times: int | None


@dataclass(slots=True)
class _Hold:
    matcher: _Matcher
    after: bool
    released: threading.Event = field(default_factory=threading.Event)
    drop: bool = False


class Interference:
    """The faults and holds that are on, and the log of requests."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[_Fault] = []
        self._holds: list[_Hold] = []
        self._held: dict[int, dict[str, str]] = {}
        self._next = 0
        self._log: deque[dict[str, Any]] = deque(maxlen=_REMEMBERED)

    def add_fault(self, document: dict[str, Any]) -> None:
        """Arm a fault; `times` (default: until removed) is how many requests it meets."""
        body = document.get("body")
        status = document.get("status")
        text = body if isinstance(body, str) else json.dumps(body or error_document("SandboxFault", "As asked for."))
        try:
            fault = _Fault(
                _matcher(document),
                int(status) if status is not None else None,
                text.encode(),
                min(float(document.get("delay", 0)), _MAX_DELAY),
                bool(document.get("drop", False)),
                bool(document.get("drop_response", False)),
                int(document["times"]) if document.get("times") is not None else None,
            )
        except (TypeError, ValueError) as error:
            raise bad_request(f'"status", "delay" and "times" are numbers: {error}.') from error
        with self._lock:
            self._faults.append(fault)

    def clear_faults(self) -> None:
        with self._lock:
            self._faults.clear()

    def add_hold(self, document: dict[str, Any]) -> None:
        """Keep later requests that match open; with `"when": "after"` they are carried out first, then kept."""
        hold = _Hold(_matcher(document), after=document.get("when") == "after")
        with self._lock:
            self._holds.append(hold)

    def release(self, *, drop: bool = False) -> None:
        """Let all held requests go on (or close them unanswered) and hold no more."""
        with self._lock:
            holds, self._holds = self._holds, []
        for hold in holds:
            hold.drop = drop
            hold.released.set()

    def held(self) -> list[dict[str, str]]:
        with self._lock:
            return list(self._held.values())

    def before(self, request: Request) -> tuple[Response | None, bool]:
        """What happens before `request` is carried out: an answer in its place, and whether to drop the real one.

        Raises:
            Dropped: the request is lost before it did anything.
        """
        self._hold(request, after=False)
        fault = self._take(request)
        if fault is None:
            return None, False
        if fault.delay:
            time.sleep(fault.delay)
        if fault.drop:
            raise Dropped
        if fault.status is not None:
            return Response(fault.status, fault.body), False
        return None, fault.drop_response

    def after(self, request: Request) -> None:
        """What happens once `request` was carried out and before it is answered."""
        self._hold(request, after=True)

    def _take(self, request: Request) -> _Fault | None:
        with self._lock:
            fault = next((fault for fault in self._faults if fault.matcher.covers(request)), None)
            if fault is not None and fault.times is not None:
                fault.times -= 1
                if fault.times <= 0:
                    self._faults.remove(fault)
            return fault

    def _hold(self, request: Request, *, after: bool) -> None:
        with self._lock:
            hold = next((hold for hold in self._holds if hold.after is after and hold.matcher.covers(request)), None)
            if hold is None:
                return
            self._next += 1
            number = self._next
            path = request.target.partition("?")[0]
            self._held[number] = {"method": request.method, "host": request.host, "path": path, "since": now()}
        try:
            hold.released.wait(_MAX_HOLD)
        finally:
            with self._lock:
                del self._held[number]
        if hold.drop:
            raise Dropped

    def note(self, request: Request, status: int) -> None:
        """Remember a request: who and what, never its query (signatures) or headers (tokens)."""
        entry = {
            "time": now(),
            "method": request.method,
            "host": request.host,
            "path": request.target.partition("?")[0],
            "status": status,
            "caller": request.caller.name if request.caller else None,
        }
        with self._lock:
            self._log.append(entry)

    def requests(self) -> list[dict[str, Any]]:
        """The latest requests, oldest first; status 0 means that no answer was sent."""
        with self._lock:
            return list(self._log)
