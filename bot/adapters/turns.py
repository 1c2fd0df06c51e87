"""Whose turn it is to write to the database: one transaction of this process at a time, acceptances before others.

SQLite lets one write at a time, too, but whoever finds it taken sleeps, longer each time and up to a tenth of a second,
and whoever looks at the right moment comes first. Here the next one goes on at once. Other processes (the command line)
are still waited for as SQLite does.
"""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

# What the driver begins a transaction for, or begins one.
_WRITES = re.compile(r"\s*(?:INSERT|UPDATE|DELETE|REPLACE|BEGIN\s+IMMEDIATE)\b", re.IGNORECASE)
# After this SQLite decides, as it does among processes; so nothing can wait for itself for good.
_PATIENCE = 30.0
_MINE = "turn"


class Turns:
    """The turns of one engine's writers; a thread that has its turn may write over several connections."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._holder: int | None = None
        self._depth = 0
        self._urgent = 0

    def take(self, seconds: float, *, urgent: bool = False) -> bool:
        """Wait for this thread's turn, at most `seconds`; whether it came."""
        me = threading.get_ident()
        with self._changed:
            if self._holder == me:
                self._depth += 1
                return True
            self._urgent += urgent
            try:
                came = self._changed.wait_for(
                    lambda: self._holder is None and (urgent or not self._urgent), timeout=seconds
                )
            finally:
                self._urgent -= urgent
            if came:
                self._holder, self._depth = me, 1
            else:
                self._changed.notify_all()  # those who stood behind an urgent one that gave up
            return came

    def give(self) -> None:
        """End one `take` that came."""
        with self._changed:
            self._depth -= 1
            if self._depth == 0:
                self._holder = None
                self._changed.notify_all()

    @contextmanager
    def urgent(self, seconds: float) -> Iterator[bool]:
        """This thread's turn, before all that wait; whether it came within `seconds`."""
        came = self.take(seconds, urgent=True)
        try:
            yield came
        finally:
            if came:
                self.give()


def take_turns(engine: sa.Engine) -> Turns:
    """Let the transactions of `engine` take turns: from the first statement that writes until the connection is given
    back."""
    turns = Turns()

    def begin(connection: sa.Connection, _cursor: Any, statement: str, *_: Any) -> None:
        if not connection.info.get(_MINE) and _WRITES.match(statement):
            connection.info[_MINE] = turns.take(_PATIENCE)

    def end(_connection: Any, record: Any) -> None:
        if record.info.pop(_MINE, False):
            turns.give()

    event.listen(engine, "before_cursor_execute", begin)
    event.listen(engine, "checkin", end)
    return turns
