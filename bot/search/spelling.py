"""The words that a misspelling may stand for.

A slip changes few letters, so that two words that differ in many can't be slips of each other: those that two words
don't have in common are counted for the whole vocabulary at once, in sets of letters kept as bits, and only the few
words that are left are compared letter by letter.
"""

from collections.abc import Iterable, Mapping
from functools import cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from bot.search.numbers import Numbers

_TWO_ERRORS_FROM = 8  # letters
_MAX_CANDIDATES = 3
_LETTERS = 32  # letters share a bit with others whose number is the same in this modulus


class Spelling:
    """Repairs words. `spelled` has the words of the FAQ with their frequency, `more` others that may be meant."""

    def __init__(self, spelled: Mapping[str, int], more: Iterable[str] = ()) -> None:
        self._spelled = spelled
        names: dict[int, list[str]] = {}
        for name in dict.fromkeys((*spelled, *more)):
            names.setdefault(len(name), []).append(name)
        self._names = names
        self._letters = {length: _letters(own) for length, own in names.items()}

    def meant(self, text: str) -> list[str]:
        """The nearest known words, at most three, if there are any near; those that are written more often first."""
        allowed = 2 if len(text) >= _TWO_ERRORS_FROM else 1
        alike = [
            name
            for length in range(len(text) - allowed, len(text) + allowed + 1)
            for name in self._alike(text, length, allowed)
        ]
        close = process.extract(text, alike, scorer=OSA.distance, score_cutoff=allowed, limit=None)
        # A slip rarely hits the first letter, so that another one needs more agreement.
        likely = sorted(
            (distance, -self._spelled.get(name, 0), name) for name, distance, _ in close if _plausible(text, name)
        )
        return [name for distance, _, name in likely if distance == likely[0][0]][:_MAX_CANDIDATES]

    def _alike(self, text: str, length: int, allowed: int) -> list[str]:
        """The words of a length whose letters allow so few slips: each slip changes at most two of the set."""
        import numpy as np

        names = self._names.get(length)
        if names is None:
            return []
        others = self._letters[length] ^ _letters([text])[0]
        bits = _bit_counts()
        different = bits[others & 0xFFFF] + bits[others >> 16]
        return [names[at] for at in np.flatnonzero(different <= 2 * allowed).tolist()]


def _letters(names: list[str]) -> Numbers:
    """The set of letters of words of the same length, as bits."""
    import numpy as np

    codes = np.array(names).view(np.uint32).reshape(len(names), -1)
    return np.asarray(np.bitwise_or.reduce(np.left_shift(np.uint32(1), codes % np.uint32(_LETTERS)), axis=1))


@cache
def _bit_counts() -> Numbers:
    import numpy as np

    return np.array([number.bit_count() for number in range(1 << 16)], np.uint8)


def _plausible(text: str, name: str) -> bool:
    return (
        text[0] == name[0]
        or sorted(text[:2]) == sorted(name[:2])
        or text[1:] == name
        or name[1:] == text
        or len(text) >= 7
    )
