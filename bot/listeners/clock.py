"""What the clock says to us: one thread that ticks."""

import threading
from collections.abc import Callable

import structlog

log = structlog.get_logger(__name__)


class Clock:
    """Calls `tick` every `interval` seconds, one call at a time, until stopped. An error in one tick is logged."""

    def __init__(self, tick: Callable[[], None], interval: float) -> None:
        self._tick = tick
        self._interval = interval
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="clock", daemon=True)

    def start(self) -> None:
        """Tick from now on."""
        self._thread.start()

    def stop(self, grace: float) -> None:
        """Tick no more; wait at most `grace` seconds for a tick that is under way."""
        self._stopped.set()
        self._thread.join(grace)

    def _run(self) -> None:
        while not self._stopped.wait(self._interval):
            try:
                self._tick()
            except Exception:  # the next tick looks at everything again
                log.exception("tick_failed")
