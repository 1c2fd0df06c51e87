"""What people can see, as a numbered stream: the terminal, a page or a test follows it by long polling."""

import asyncio
import copy
import time
from collections import deque
from collections.abc import Iterable
from itertools import takewhile
from typing import Any

from bot.sandbox.slack.wire import Json

KEPT = 20_000


class Changes:
    """The last `KEPT` changes; `seq` counts from 1 and never repeats."""

    def __init__(self) -> None:
        self._kept: deque[Json] = deque(maxlen=KEPT)
        self._news = asyncio.Event()
        self.last = 0

    def add(self, kind: str, visible_to: Iterable[str], **fields: Any) -> Json:
        """Record one change as it is now; later edits of the same message do not alter it."""
        self.last += 1
        change: Json = {"seq": self.last, "at": time.time(), "kind": kind, "visible_to": sorted(visible_to)}
        change |= {name: copy.deepcopy(value) for name, value in fields.items() if value is not None}
        self._kept.append(change)
        self._news.set()
        self._news = asyncio.Event()
        return change

    def forget(self) -> None:
        """Drop what is kept; the numbers go on."""
        self._kept.clear()

    def has_forgotten(self, seq: int) -> bool:
        """Whether changes after `seq` are not kept any more."""
        oldest = self._kept[0]["seq"] if self._kept else self.last + 1
        return seq + 1 < oldest

    async def after(self, seq: int, wait: float) -> list[Json]:
        """The changes later than `seq`, in order; waits up to `wait` seconds for the first one."""
        if seq >= self.last and wait > 0:
            try:
                async with asyncio.timeout(wait):
                    await self._news.wait()
            except TimeoutError:
                return []
        newest_first = takewhile(lambda change: change["seq"] > seq, reversed(self._kept))
        return list(newest_first)[::-1]
