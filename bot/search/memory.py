"""What reading a large FAQ took and needs no more."""

import ctypes


def give_back() -> None:
    """Return freed memory to the system, where the C library would keep it (glibc's `malloc_trim`, see its manual);
    elsewhere nothing happens. It costs less than a hundredth of a second, and of a FAQ with ten thousand entries it
    returns two fifths of what a process holds after it has made the index."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
