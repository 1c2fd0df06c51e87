"""Arrays of numbers: a name for them, so that only what computes with them imports numpy, and only when it does."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    Numbers = np.ndarray[Any, np.dtype[Any]]
else:
    Numbers = Any


def firsts(numbers: Numbers) -> Numbers:
    """The places where another number begins."""
    import numpy as np

    new = np.ones(len(numbers), bool)
    np.not_equal(numbers[1:], numbers[:-1], out=new[1:])
    return np.flatnonzero(new)
