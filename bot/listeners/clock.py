"""What the clock says to us: a thread that ticks."""

import threading
from collections.abc import Callable

import structlog

log = structlog.get_logger(__name__)


class Clock:
    """Calls `tick` every `interval` seconds (0: only when told to), one call at a time, until stopped. An error in one
    tick is logged."""

    def __init__(self, tick: Callable[[], object], interval: float, *, name: str = "clock") -> None:
        self._tick = tick
        self._interval = interval or None
        self._stopped = threading.Event()
        self._woken = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Tick from now on."""
        self._thread.start()

    def soon(self) -> None:
        """Tick at once, or once more after the tick that is under way; from any thread."""
        self._woken.set()

    def stop(self, grace: float) -> None:
        """Tick no more; wait at most `grace` seconds for a tick that is under way."""
        self._stopped.set()
        self._woken.set()
        self._thread.join(grace)

    def _run(self) -> None:
        while True:
            self._woken.wait(self._interval)
            if self._stopped.is_set():
                return
            self._woken.clear()
            try:
                self._tick()
            except Exception:  # the next tick looks at everything again
                log.exception("tick_failed")
