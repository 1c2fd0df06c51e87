"""Texts cut at white space, and every piece numbered: equal ones alike.

Most pieces come again, and an object for each of them would take most of an index's time. So texts are laid out as
bytes, the places where pieces begin and end are found for all of them at once, and pieces are told apart as numbers:
eight bytes are one number, and a piece of sixteen is numbered by the numbers of its halves. Only what is longer, and
one of each kind, is looked at by itself.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import count

from bot.search.numbers import Numbers
from bot.search.words import pieces

_WHITE = bytes(code == 0 or chr(code).isspace() for code in range(128)).ljust(256, b"\0")  # a 1 for each such byte
_WORD = 8  # bytes that are told apart as one number
_KEY_BITS = 64
_MULTIPLIERS = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F)  # 2**64 divided by the golden ratio, and another odd number
_PAD = b"".ljust(2 * _WORD + 1)  # so that the last piece may be read in whole words


@dataclass(frozen=True, slots=True)
class Cut:
    """Texts as the numbers of their pieces, one behind the other. `ends` says behind which the pieces of each text
    end, `new` are the pieces that weren't there before, in the order of their numbers."""

    stream: Numbers
    ends: Numbers
    new: list[str]


class Cutter:
    """Numbers pieces from 0; what has a number keeps it."""

    def __init__(self) -> None:
        import numpy as np

        self._short, self._pairs, self._words = _Numbered(), _Numbered(), _Numbered()
        self._long: defaultdict[bytes, int] = defaultdict(count().__next__)  # numbered by themselves, when first met
        self._of_long = np.zeros(0, np.int32)  # their numbers among all pieces
        self._count = 0

    def cut(self, texts: Sequence[str]) -> Cut:
        """The pieces of some texts."""
        import numpy as np

        encoded = [(text if text.isascii() else " ".join(pieces(text))).encode(*_AS_BYTES) for text in texts]
        # The first byte is white, so that where the first piece begins is a change as any other; no place counts it.
        data = b"\n".join((b"", *encoded, _PAD))
        white = np.frombuffer(data.translate(_WHITE), np.uint8)
        edges = np.flatnonzero(white[1:] != white[:-1])
        starts, stops = edges[::2], edges[1::2]
        words = np.ndarray((len(data) - _WORD,), "<u8", data, 1, (1,))  # from each byte on
        before = self._count
        stream = self._numbered(data, words, starts, stops)
        is_new = np.flatnonzero(stream >= before)
        one_of = np.zeros(self._count - before, np.int64)
        one_of[stream[is_new] - before] = is_new
        ends = starts.searchsorted(np.cumsum(np.array([*map(len, encoded)], np.int64) + 1))
        return Cut(stream, ends, _pieces_at(data, words, starts[one_of], stops[one_of]))

    def _numbered(self, data: bytes, words: Numbers, starts: Numbers, stops: Numbers) -> Numbers:
        import numpy as np

        sizes = stops - starts
        # What is longer than a word is nothing here: it has the key 0, and gets its number below.
        stream = self._number(self._short, words[starts] & _masks().take(sizes, mode="clip"))
        longer = np.flatnonzero(sizes > _WORD)
        sizes = sizes[longer]

        middle = longer[sizes <= 2 * _WORD]
        first = starts[middle]
        rest = words[first + _WORD] & _masks().take(sizes[sizes <= 2 * _WORD] - _WORD)
        halves = self._words.of(np.concatenate((words[first], rest)), len(self._words) + 1).astype(np.uint64)
        stream[middle] = self._number(self._pairs, halves[: len(middle)] << np.uint64(32) | halves[len(middle) :])

        long = longer[sizes > 2 * _WORD]
        before = len(self._long)
        own = np.array([*map(self._long.__getitem__, _slices(data, starts[long], stops[long]))], np.int32)
        new = np.arange(self._count, self._count + len(self._long) - before, dtype=np.int32)
        self._of_long = np.append(self._of_long, new)
        stream[long] = self._of_long[own]
        self._count += len(new)
        return stream

    def _number(self, known: "_Numbered", keys: Numbers) -> Numbers:
        before = len(known)
        numbers = known.of(keys, self._count)
        self._count += len(known) - before
        return numbers


_AS_BYTES = ("utf-8", "surrogatepass")


@cache
def _masks() -> Numbers:
    """What of a word belongs to a piece of so many bytes; nothing of one that goes on behind it."""
    import numpy as np

    return np.array([*((1 << 8 * size) - 1 for size in range(_WORD + 1)), 0], np.uint64)


def _pieces_at(data: bytes, words: Numbers, starts: Numbers, stops: Numbers) -> list[str]:
    import numpy as np

    if not len(starts):
        return []
    sizes = stops - starts
    both = np.empty((len(starts), 2), "<u8")
    both[:, 0] = words[starts] & _masks()[np.minimum(sizes, _WORD)]
    both[:, 1] = words[starts + _WORD] & _masks()[np.clip(sizes - _WORD, 0, _WORD)]
    found: list[bytes] = both.view(f"S{2 * _WORD}").ravel().tolist()
    long = np.flatnonzero(sizes > 2 * _WORD)
    for at, piece in zip(long.tolist(), _slices(data, starts[long], stops[long]), strict=True):
        found[at] = piece
    return b"\n".join(found).decode(*_AS_BYTES).split("\n")


def _slices(data: bytes, starts: Numbers, stops: Numbers) -> Iterator[bytes]:
    return map(data.__getitem__, map(slice, (starts + 1).tolist(), (stops + 1).tolist()))


class _Numbered:
    """Numbers for whole numbers of 64 bits; 0 is none of them and has -1.

    Most that come are known, and found at once in a table, at one of two places that are made of the key. What isn't
    there is new, or both its places were taken: then it is in a short list, which is sorted. Table and list have
    ordinals: keys and numbers by these are close together for what came early, and that is what comes most often.
    """

    def __init__(self) -> None:
        import numpy as np

        self._keys, self._numbers = np.zeros(1, np.uint64), np.full(1, -1, np.int32)  # by ordinals
        self._fill()

    def __len__(self) -> int:
        return len(self._keys) - 1

    def of(self, keys: Numbers, free: int) -> Numbers:
        """The number of each key; new keys get those from `free` on."""
        import numpy as np

        ordinals, others = self._found(keys)
        if len(others):
            missing = keys[others]
            new = np.unique(missing)
            known = len(self._keys)
            self._keys = np.append(self._keys, new)
            self._numbers = np.append(self._numbers, np.arange(free, free + len(new), dtype=np.int32))
            if 2 * len(self._keys) > len(self._ordinal_at):
                self._fill()
            else:
                self._place(np.arange(known, len(self._keys)))
            ordinals[others], _ = self._found(missing)
        return np.asarray(self._numbers.take(ordinals))

    def _found(self, keys: Numbers) -> tuple[Numbers, Numbers]:
        """The ordinal of each key, and the places of those that aren't known, and whose ordinal isn't to be used."""
        import numpy as np

        ordinals = self._ordinal_at.take(self._places(keys, 0))
        others = np.flatnonzero(self._keys.take(ordinals) != keys)
        if len(others):
            rest = keys[others]
            ordinals[others] = again = self._ordinal_at.take(self._places(rest, 1))
            others = others[self._keys.take(again) != rest]
        if len(others) and len(self._crowded):
            rest = keys[others]
            at = self._keys.take(self._crowded).searchsorted(rest)
            ordinals[others] = again = self._crowded.take(at, mode="clip")
            others = others[self._keys.take(again) != rest]
        return ordinals, others

    def _fill(self) -> None:
        """Make the table anew, with at least four places for each key."""
        import numpy as np

        bits = max(10, (4 * len(self._keys)).bit_length())
        self._shift = np.uint64(_KEY_BITS - bits)
        self._ordinal_at, self._crowded = np.zeros(1 << bits, np.int64), np.zeros(0, np.int64)
        self._place(np.arange(len(self._keys) - 1, 0, -1))

    def _place(self, ordinals: Numbers) -> None:
        """Put keys, which aren't there, where nothing is yet, or in the list."""
        import numpy as np

        for choice in range(len(_MULTIPLIERS)):
            places = self._places(self._keys[ordinals], choice)
            is_free = (self._ordinal_at[places] == 0) & (places > 0)  # the place 0 is that of the key 0
            self._ordinal_at[places[is_free]] = ordinals[is_free]  # of several for one place, the last
            ordinals = ordinals[self._ordinal_at[places] != ordinals]
        crowded = np.append(self._crowded, ordinals)
        self._crowded = crowded[np.argsort(self._keys[crowded])]

    def _places(self, keys: Numbers, choice: int) -> Numbers:
        import numpy as np

        # Knuth's multiplicative hashing
        return np.asarray((keys * np.uint64(_MULTIPLIERS[choice]) >> self._shift).view(np.int64))
