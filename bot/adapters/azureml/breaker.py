"""A circuit breaker: a workspace that has stopped answering is left alone for a while, and people are told at once.

Only outages count (no answer, or a server error); whatever the service says of one request, a refusal included, is an
answer and closes the circuit. Source: M. Nygard, "Release It!", chapter 5.
"""

import math
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

import structlog

from bot.domain.errors import Unavailable

log = structlog.get_logger(__name__)

_LONGEST_PAUSE = 120.0


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Breaker:
    """Opens after `failures` outages in a row, for `pause` seconds; each probe that fails doubles that, up to 2 min.

    Safe to use from many threads. `monotonic` and `now` are clocks.
    """

    def __init__(
        self,
        failures: int,
        pause: float,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = _utc_now,
    ) -> None:
        self._limit, self._first_pause = failures, pause
        self._monotonic, self._now = monotonic, now
        self._lock = threading.Lock()
        self._failures = 0
        self._since: datetime | None = None
        self._pause = pause
        self._open_until: float | None = None
        self._probing = False

    def admit(self) -> None:
        """Let a call through; its end must be told by `answered`, `silent` or `undecided`.

        Raises:
            Unavailable: the circuit is open, or somebody else's call is trying whether it may be closed.
        """
        with self._lock:
            if self._open_until is None:
                return
            left = self._open_until - self._monotonic()
            if left <= 0 and not self._probing:
                self._probing = True
                return
            raise self._refusal(left)

    def answered(self) -> None:
        """The service answered, whatever it said."""
        with self._lock:
            if self._open_until is not None:
                log.info("azureml.circuit_closed")
            self._failures, self._since = 0, None
            self._open_until, self._pause, self._probing = None, self._first_pause, False

    def silent(self) -> None:
        """The service didn't answer, or said that it is out of order."""
        with self._lock:
            self._failures += 1
            self._since = self._since or self._now()
            if self._open_until is not None:
                # Calls that were under way when it opened add nothing: only the probe's end makes the pause longer.
                if not self._probing:
                    return
                self._pause = min(self._pause * 2, max(_LONGEST_PAUSE, self._first_pause))
            elif self._failures < self._limit:
                return
            self._probing = False
            self._open_until = self._monotonic() + self._pause
            log.warning("azureml.circuit_opened", failures=self._failures, seconds=self._pause)

    def undecided(self) -> None:
        """The call ended for a reason of our own: the service was never asked."""
        with self._lock:
            self._probing = False

    def _refusal(self, left: float) -> Unavailable:
        again = f"I try again in {_spoken(left)}" if left > 0 else "I am trying again now"
        return Unavailable(
            f"Azure Machine Learning hasn't answered since {self._since:%H:%M} UTC, so nothing was done. {again}; ask "
            "me once more after that.",
            detail=f"circuit open after {self._failures} outages in a row",
        )


def _spoken(seconds: float) -> str:
    whole = math.ceil(seconds)
    if whole < 60:
        return f"{whole} second{'' if whole == 1 else 's'}"
    minutes = math.ceil(whole / 60)
    return f"{minutes} minute{'' if minutes == 1 else 's'}"
