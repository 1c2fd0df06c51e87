"""What reading a large FAQ needs of the memory, and what it needs no more."""

import ctypes
import gc
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # <malloc.h>
_LARGEST_BLOCK = 32 << 20  # bytes; glibc's own limit for what it keeps


@cache
def reuse() -> None:
    """Let the C library keep blocks that are freed for those that are wanted next, up to the size up to which it comes
    to do so by itself once such a block was freed (`mallopt` in glibc's manual: the thresholds are dynamic). Until then
    it takes larger ones from the system each time, and each time their pages have to be filled with zeros first."""
    option = getattr(ctypes.CDLL(None), "mallopt", None)
    if option is not None:
        option(_M_MMAP_THRESHOLD, _LARGEST_BLOCK)
        option(_M_TRIM_THRESHOLD, 2 * _LARGEST_BLOCK)


def give_back() -> None:
    """Return freed memory to the system, where the C library would keep it (glibc's `malloc_trim`, see its manual);
    elsewhere nothing happens. It costs less than a hundredth of a second, and of a FAQ with ten thousand entries it
    returns two fifths of what a process holds after it has made the index."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


@contextmanager
def uncollected() -> Iterator[None]:
    """Don't look for cycles of objects meanwhile: for what makes very many objects and no cycles. Each look goes
    through all objects of the process, and one may take as long as a tenth of an index. With several threads in here
    it goes on when the first that came is done."""
    is_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if is_enabled:
            gc.enable()
