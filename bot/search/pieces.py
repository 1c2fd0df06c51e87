"""Texts cut at white space, and every piece numbered: equal ones alike.

Most pieces come again, and an object for each of them would take most of an index's time. So texts are laid out as
bytes, the places where pieces begin and end are found for all of them at once, and pieces are told apart as numbers:
eight bytes are one number, and a piece of sixteen is numbered by the numbers of its halves. Only what is longer, and
one of each kind, is looked at by itself.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

from bot.search.numbers import Numbers
from bot.search.words import pieces

_WHITE = bytes(code == 0 or chr(code).isspace() for code in range(128)).ljust(256, b"\0")  # a 1 for each such byte
_WORD = 8  # bytes that are told apart as one number
_KEY_BITS = 64
_MULTIPLIER = 0x9E3779B97F4A7C15  # 2**64 divided by the golden ratio
_PAD = b"\n".ljust(2 * _WORD + 1)  # so that the last piece may be read in whole words


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
        data = b"\n".join((*encoded, _PAD))
        white = np.frombuffer(data.translate(_WHITE), np.bool_)
        edges = np.flatnonzero(np.diff(white, prepend=True))
        starts, stops = edges[::2], edges[1::2]
        before = self._count
        stream = self._numbered(data, starts, stops)
        is_new = np.flatnonzero(stream >= before)
        one_of = np.zeros(self._count - before, np.int64)
        one_of[stream[is_new] - before] = is_new
        new = b"\n".join(map(data.__getitem__, map(slice, starts[one_of].tolist(), stops[one_of].tolist())))
        ends = starts.searchsorted(np.cumsum([len(each) + 1 for each in encoded]))
        return Cut(stream, ends, new.decode(*_AS_BYTES).split("\n") if len(one_of) else [])

    def _numbered(self, data: bytes, starts: Numbers, stops: Numbers) -> Numbers:
        import numpy as np

        words = np.ndarray((len(data) - _WORD + 1,), "<u8", data, 0, (1,))  # from each byte on
        masks = np.array([(1 << 8 * size) - 1 for size in range(_WORD + 1)], np.uint64)
        sizes = stops - starts
        stream = np.zeros(len(starts), np.int32)

        short = np.flatnonzero(sizes <= _WORD)
        self._number(stream, short, self._short, words[starts[short]] & masks[sizes[short]])

        middle = np.flatnonzero((sizes > _WORD) & (sizes <= 2 * _WORD))
        rest = words[starts[middle] + _WORD] & masks[sizes[middle] - _WORD]
        halves = self._words.of(np.concatenate((words[starts[middle]], rest)), len(self._words))
        halves = halves.astype(np.uint64)
        self._number(stream, middle, self._pairs, halves[: len(middle)] << np.uint64(32) | halves[len(middle) :])

        long = np.flatnonzero(sizes > 2 * _WORD)
        before = len(self._long)
        slices = map(slice, starts[long].tolist(), stops[long].tolist())
        own = np.array([*map(self._long.__getitem__, map(data.__getitem__, slices))], np.int32)
        new = np.arange(self._count, self._count + len(self._long) - before, dtype=np.int32)
        self._of_long = np.append(self._of_long, new)
        stream[long] = self._of_long[own]
        self._count += len(new)
        return stream

    def _number(self, stream: Numbers, places: Numbers, known: "_Numbered", keys: Numbers) -> None:
        before = len(known)
        stream[places] = known.of(keys, self._count)
        self._count += len(known) - before


_AS_BYTES = ("utf-8", "surrogatepass")


class _Numbered:
    """Numbers for whole numbers of 64 bits.

    Most that come are known, and found at once in a table, at a place that is made of the key; what isn't there is new,
    or its place was taken: that is sorted and looked for among all keys.
    """

    def __init__(self) -> None:
        import numpy as np

        self._keys = np.zeros(0, np.uint64)  # sorted
        self._numbers = np.zeros(0, np.int32)
        self._fill()

    def __len__(self) -> int:
        return len(self._keys)

    def of(self, keys: Numbers, free: int) -> Numbers:
        """The number of each key; new keys get those from `free` on."""
        import numpy as np

        places = self._places(keys)
        numbers = self._number_at[places]
        others = np.flatnonzero((self._key_at[places] != keys) | (numbers < 0))
        if len(others):
            distinct, inverse = np.unique(keys[others], return_inverse=True)
            numbers[others] = self._of_distinct(distinct, free)[inverse]
        return np.asarray(numbers)

    def _of_distinct(self, keys: Numbers, free: int) -> Numbers:
        import numpy as np

        at = self._keys.searchsorted(keys)
        is_new = np.ones(len(keys), bool)
        inside = at < len(self._keys)
        is_new[inside] = self._keys[at[inside]] != keys[inside]
        numbers = np.zeros(len(keys), np.int32)
        numbers[~is_new] = self._numbers[at[~is_new]]
        numbers[is_new] = own = np.arange(free, free + np.count_nonzero(is_new))
        self._keys = np.insert(self._keys, at[is_new], keys[is_new])
        self._numbers = np.insert(self._numbers, at[is_new], own)
        if 2 * len(self._keys) > len(self._key_at):
            self._fill()
        else:
            self._place(keys[is_new], own)
        return numbers

    def _fill(self) -> None:
        """Make the table anew, with at least four places for each key; what was known earlier comes first."""
        import numpy as np

        bits = max(10, (4 * len(self._keys)).bit_length())
        self._shift = np.uint64(_KEY_BITS - bits)
        self._key_at, self._number_at = np.zeros(1 << bits, np.uint64), np.full(1 << bits, -1, np.int32)
        order = np.argsort(-self._numbers)
        self._place(self._keys[order], self._numbers[order])

    def _place(self, keys: Numbers, numbers: Numbers) -> None:
        """Put keys where nothing is yet; of several for one place the last."""
        places = self._places(keys)
        is_free = self._number_at[places] < 0
        self._key_at[places[is_free]] = keys[is_free]
        self._number_at[places[is_free]] = numbers[is_free]

    def _places(self, keys: Numbers) -> Numbers:
        import numpy as np

        return np.asarray(keys * np.uint64(_MULTIPLIER) >> self._shift)  # Knuth's multiplicative hashing
