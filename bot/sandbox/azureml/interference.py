"""Trouble on request: answers that fail, come late or never, and requests that are kept open.

Tests and people use it through the control API to see what the bot does in an outage, or to let a kill fall at a known
point. Nothing here is on unless somebody asked for it.
"""

import json
import random
import re
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Final

from bot.sandbox.azureml import seed
from bot.sandbox.azureml.errors import bad_request, error_document
from bot.sandbox.azureml.wire import Request, Response, now

_REMEMBERED: Final = 2000
MAX_DELAY: Final = 120.0
_MAX_HOLD: Final = 600.0
_STATUS: Final = re.compile(r"[1-5]\d\d|5xx")
_OUTAGES: Final = ("500", "502", "503", "504")
_CODES: Final = {
    401: "InvalidAuthenticationToken", 403: "AuthorizationFailed", 404: "NotFound", 409: "Conflict",
    429: "TooManyRequests", 500: "InternalServerError", 502: "BadGateway", 503: "ServiceUnavailable",
    504: "GatewayTimeout",
}  # fmt: skip
_MESSAGE: Final = "The sandbox was asked to fail here."
_FAIL: Final = re.compile(
    r"(?P<pattern>.+)=(?P<kind>[45]\d\d|5xx|broken|drop|lost)(?::(?:(?P<times>\d+)|(?P<probability>\d*\.\d+)))?"
)
FAIL_HELP: Final = "PATTERN=KIND[:COUNT|:PROBABILITY]"


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
    status: str | None
    """Three digits, or `5xx`: one of the usual ones."""
    body: bytes | None
    delay: float
    drop: bool
    drop_response: bool
    broken: bool
    times: int | None
    probability: float
    retry_after: float
    random: random.Random
    """Its own, so that what becomes of the requests it covers depends on their order alone."""


@dataclass(frozen=True, slots=True)
class Meddling:
    """What becomes of a request: an answer `instead` of the real one, or the real one lost or cut short."""

    instead: Response | None = None
    drop_response: bool = False
    broken: bool = False


@dataclass(slots=True)
class _Hold:
    matcher: _Matcher
    after: bool
    released: threading.Event = field(default_factory=threading.Event)
    drop: bool = False


class Interference:
    """The faults and holds that are on, and the log of requests."""

    def __init__(self, seed: int = 0) -> None:
        self._seed, self._armed = seed, 0
        self._latency: tuple[float, float] | None = None
        self._waits = random.Random(seed)  # noqa: S311 - chance that can be repeated is what is wanted
        self._lock = threading.Lock()
        self._faults: list[_Fault] = []
        self._holds: list[_Hold] = []
        self._held: dict[int, dict[str, str]] = {}
        self._next = 0
        self._log: deque[dict[str, Any]] = deque(maxlen=_REMEMBERED)

    def add_fault(self, document: dict[str, Any]) -> None:
        """Arm a fault; `times` (default: until removed) is how many requests it meets, `probability` how likely."""
        body, status = document.get("body"), document.get("status")
        if status is not None and not _STATUS.fullmatch(str(status)):
            raise bad_request(f'"status" is three digits or 5xx, not {status!r}.')
        self._armed += 1
        try:
            fault = _Fault(
                _matcher(document),
                str(status) if status is not None else None,
                None if body is None else (body if isinstance(body, str) else json.dumps(body)).encode(),
                min(float(document.get("delay", 0)), MAX_DELAY),
                bool(document.get("drop", False)),
                bool(document.get("drop_response", False)),
                bool(document.get("broken", False)),
                int(document["times"]) if document.get("times") is not None else None,
                float(document.get("probability", 1)),
                float(document.get("retry_after", 1)),
                random.Random(f"{self._seed}:{self._armed}"),  # noqa: S311 - as above
            )
        except (TypeError, ValueError) as error:
            numbers = '"delay", "times", "probability" and "retry_after"'
            raise bad_request(f"{numbers} are numbers: {error}.") from error
        with self._lock:
            self._faults.append(fault)

    def set_latency(self, low: float, high: float) -> None:
        """Let every request wait for a while between `low` and `high` seconds, as if Azure were far away."""
        if not 0 <= low <= high <= MAX_DELAY:
            raise bad_request(f"A latency is between 0 and {MAX_DELAY:.0f} seconds, the lower bound first.")
        with self._lock:
            self._latency = (low, high) if high else None

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

    def before(self, request: Request) -> Meddling:
        """What happens before `request` is carried out, and what is to become of its answer.

        Raises:
            Dropped: the request is lost before it did anything.
        """
        with self._lock:
            wait = self._waits.uniform(*self._latency) if self._latency else 0.0
        if wait:
            time.sleep(wait)
        self._hold(request, after=False)
        fault = self._take(request)
        if fault is None:
            return Meddling()
        if fault.delay:
            time.sleep(fault.delay)
        if fault.drop:
            raise Dropped
        if fault.status is not None:
            return Meddling(_answer(fault, request), broken=fault.broken)
        return Meddling(drop_response=fault.drop_response, broken=fault.broken)

    def after(self, request: Request) -> None:
        """What happens once `request` was carried out and before it is answered."""
        self._hold(request, after=True)

    def _take(self, request: Request) -> _Fault | None:
        """The first fault that covers a request and falls on it."""
        with self._lock:
            for fault in self._faults:
                if fault.matcher.covers(request) and fault.random.random() < fault.probability:
                    if fault.times is not None:
                        fault.times -= 1
                        if fault.times <= 0:
                            self._faults.remove(fault)
                    return fault
        return None

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


def _answer(fault: _Fault, request: Request) -> Response:
    """A refusal in the shape of the host that would give it."""
    status = int(fault.random.choice(_OUTAGES) if fault.status == "5xx" else str(fault.status))
    code = _CODES.get(status, "SandboxFault")
    headers: tuple[tuple[str, str], ...] = (("Retry-After", f"{fault.retry_after:g}"),) if status == 429 else ()
    if fault.body is not None:
        return Response(status, fault.body, headers=headers)
    if request.host == seed.BLOB_HOST:
        text = f'<?xml version="1.0" encoding="utf-8"?><Error><Code>{code}</Code><Message>{_MESSAGE}</Message></Error>'
        return Response(status, text.encode(), "application/xml", (*headers, ("x-ms-error-code", code)))
    if request.host == seed.LOGIN_HOST:
        document: dict[str, Any] = {"error": "temporarily_unavailable", "error_description": f"{code}: {_MESSAGE}"}
    else:
        document = error_document(code, _MESSAGE)
    return Response(status, json.dumps(document).encode(), headers=headers)


def fault_of(text: str) -> dict[str, Any]:
    """The document of a fault in the words of the command line: `POST /snapshotrun=429:2`, `history/=5xx:0.1`.

    Raises:
        ValueError: it isn't one; the message says what is wrong.
    """
    found = _FAIL.fullmatch(text)
    if found is None:
        kinds = "a status from 400 to 599, 5xx, broken, drop or lost"
        raise ValueError(f"'{text}' is not {FAIL_HELP}; KIND is {kinds}, COUNT a number, PROBABILITY has a point")
    method, space, path = found["pattern"].partition(" ")
    if not space:
        method, path = "", found["pattern"]
    try:
        re.compile(path)
    except re.error as error:
        raise ValueError(f"'{path}' is not a regular expression: {error}") from error
    document: dict[str, Any] = {"path": path, "method": method or None}
    if found["times"]:
        document["times"] = int(found["times"])
    if found["probability"]:
        document["probability"] = float(found["probability"])
    kind = {"broken": "broken", "drop": "drop", "lost": "drop_response"}.get(found["kind"])
    return document | ({kind: True} if kind else {"status": found["kind"]})


def span(text: str) -> tuple[float, float]:
    """Seconds, as `0.5` or `0.2-1.5`.

    Raises:
        ValueError: it is neither.
    """
    low, _, high = text.partition("-")
    return float(low), float(high or low)
