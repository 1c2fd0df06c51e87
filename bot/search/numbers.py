"""A name for arrays of numbers, so that only what computes with them imports numpy, and only when it does."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    Numbers = np.ndarray[Any, np.dtype[Any]]
else:
    Numbers = Any
