"""A lane: a few children that do the same kind of work, each for one caller at a time."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import structlog

from bot.adapters.azureml.process import Child, ChildLost
from bot.domain.errors import Unavailable

log = structlog.get_logger(__name__)

# A belt: what calls leave behind in a child is measured (tests/bench/azure_leaks.py), of one version of the SDK.
_CALLS_PER_CHILD = 500


class Closing(Unavailable):
    """The lane is being closed."""


class TurnTimeout(Exception):
    """The deadline came while others were being served; nothing was sent."""


class Lane:
    """Up to `size` warm children. Callers wait their turn; the waiting counts against their deadline."""

    def __init__(self, name: str, size: int, start: Callable[[str], Child]) -> None:
        self._name = name
        self._start = start
        self._children: dict[int, Child | None] = dict.fromkeys(range(1, size + 1))
        self._free = list(self._children)
        self._changed = threading.Condition()
        self._closed = False

    def call(self, method: str, arguments: Mapping[str, Any], seconds: float) -> Any:
        """What a child answers to `method`; one that died before any effect is replaced and asked once more.

        Raises:
            BotError: what the child raised, or Unavailable when none can be started or the lane is closed.
            TurnTimeout: no child became free within `seconds`.
            ChildLost: the child was lost on the way.
        """
        give_up_at = time.monotonic() + seconds
        for attempt in (1, 2):
            with self._turn(give_up_at) as slot:
                child, started_in = self._child(slot)
                # Time spent on starting a child has its own bound.
                give_up_at += started_in
                try:
                    return child.call(method, arguments, give_up_at)
                except ChildLost as lost:
                    log.warning(
                        "azureml.child_lost",
                        child=child.name,
                        method=method,
                        late=lost.late,
                        effect=lost.effect,
                        detail=lost.detail,
                    )
                    if lost.late or lost.effect or attempt == 2 or self._closed:
                        raise
        raise AssertionError("the second attempt returns or raises")

    def close(self) -> None:
        """End the children, also those that are at work; their callers are told."""
        with self._changed:
            self._closed = True
            children = [child for child in self._children.values() if child]
            self._changed.notify_all()
        for child in children:
            child.close()

    @contextmanager
    def _turn(self, give_up_at: float) -> Iterator[int]:
        with self._changed:
            while not self._closed and not self._free:
                if not self._changed.wait(give_up_at - time.monotonic()):
                    raise TurnTimeout
            if self._closed:
                raise _closing()
            # A child that is warm comes first.
            slot = min(self._free, key=lambda number: (self._children[number] is None, number))
            self._free.remove(slot)
        try:
            yield slot
        finally:
            with self._changed:
                self._free.append(slot)
                self._changed.notify()

    def _child(self, slot: int) -> tuple[Child, float]:
        child = self._children[slot]
        if child and child.alive() and child.calls < _CALLS_PER_CHILD:
            return child, 0.0
        if child:
            self._children[slot] = None
            child.close()
        began = time.monotonic()
        child = self._start(f"{self._name}-{slot}")
        with self._changed:
            if not self._closed:
                self._children[slot] = child
                return child, time.monotonic() - began
        child.close()
        raise _closing()


def _closing() -> Closing:
    return Closing("I am being restarted, so nothing was done. Try again in a minute.")
