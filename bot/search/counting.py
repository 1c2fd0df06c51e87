"""How often every index term is in each text.

Most words of a text come again, and reading a word costs much more than counting it. So texts are cut at white space,
each distinct piece is read once, and what follows is arithmetic on arrays of numbers: a text is counted by the numbers
of its pieces, and each number stands for the terms of that piece.
"""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from bot.search.numbers import Numbers
from bot.search.pieces import Cutter
from bot.search.readings import Read, Readings
from bot.search.words import Lexicon

_AT_ONCE = 1 << 20  # characters that are worked on together: what bounds the memory


class Kind(IntEnum):
    """Where a text stands."""

    NAME = 0
    PATH = 1
    PROSE = 2
    CODE = 3
    LINK = 4
    LENT = 5


FREQUENCY = {Kind.NAME: 1.0, Kind.PATH: 0.6, Kind.PROSE: 1.0, Kind.CODE: 0.7, Kind.LINK: 0.5, Kind.LENT: 0.1}
"""How often a word counts that is there once."""

_SPELLED = (Kind.NAME, Kind.PATH, Kind.PROSE, Kind.CODE)  # where words are people's, and may be meant by a misspelling
_KIND_BITS = 3
_NO_TERM, _OTHERS, _CONCEPTS, _OPENS, _GOES_ON = 1, 2, 4, 8, 16  # what is to be done about a reading


@dataclass(frozen=True, slots=True)
class Counts:
    """What is in the texts, which were given to slots.

    The numbers of a term's slots, ascending, are `slots[starts[t]:starts[t + 1]]`, `t` being its place in `terms`;
    `counts` says beside each how often it is there. `lengths` has the weighted number of words of each slot, `names`
    the words of the texts of the kind NAME, in the order in which they were added, and `spelled` how often each word is
    there as it is written.
    """

    terms: list[str]
    starts: Numbers
    slots: Numbers
    counts: Numbers
    lengths: Numbers
    names: list[str]
    spelled: dict[str, int]


def firsts(*numbers: Numbers) -> Numbers:
    """The places where another number begins, or with several rows of numbers another one in any of them."""
    import numpy as np

    new = np.ones(len(numbers[0]), bool)
    np.not_equal(numbers[0][1:], numbers[0][:-1], out=new[1:])
    for row in numbers[1:]:
        new[1:] |= row[1:] != row[:-1]
    return np.flatnonzero(new)


class TermCounter:
    """Counts the terms and concepts of texts. `slot_count` is how many slots there will be."""

    def __init__(self, lexicon: Lexicon, slot_count: int) -> None:
        self._longest = lexicon.longest
        self._slot_count = slot_count
        self._cutter = Cutter()
        self._readings = Readings(lexicon)
        self._batch = _Batch()
        self._batches: list[_Batch] = []

    def add(self, slot: int, kind: Kind, text: str) -> None:
        """Add a text to what is in a slot."""
        batch = self._batch
        batch.texts.append(text)
        batch.slots.append(slot)
        batch.kinds.append(kind)
        batch.length += len(text)
        if batch.length >= _AT_ONCE:
            self._cut()

    def counts(self) -> Counts:
        """What was counted. Nothing is to be added afterwards."""
        self._cut()
        found = _Found(self._readings.all(), self._slot_count, self._longest)
        for batch in self._batches:
            found.add(batch)
        return found.counts()

    def _cut(self) -> None:
        batch = self._batch
        cut = self._cutter.cut(batch.texts)
        self._readings.add(cut.new)
        batch.stream, batch.ends = cut.stream, cut.ends
        batch.texts.clear()
        self._batches.append(batch)
        self._batch = _Batch()


class _Batch:
    """Texts that are worked on together, each with its slot and kind; then, in place of them, the pieces in them."""

    stream: Numbers
    ends: Numbers

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.slots, self.kinds = array("q"), array("b")
        self.length = 0  # in characters


class _Found:
    """What is found in texts whose pieces were read."""

    def __init__(self, read: Read, slot_count: int, longest: int) -> None:
        import numpy as np

        self._read = read
        self._slot_bits = slot_count.bit_length()
        self._phrases = _Phrases(read, longest)
        self._first = read.first.astype(np.int64) << (self._slot_bits + _KIND_BITS)
        self._flags = self._phrases.flags | np.where(read.first < 0, _NO_TERM, 0)
        self._flags |= np.where(read.others.lengths > 0, _OTHERS, 0) | np.where(read.concepts.lengths > 0, _CONCEPTS, 0)
        self._flags = self._flags.astype(np.uint8)  # of each reading
        self._keys: list[Numbers] = []
        self._lengths = np.zeros(slot_count)
        self._names: list[str] = []
        self._spelled = np.zeros(len(read.texts), np.int64)  # how often each reading is there as it is written

    def add(self, batch: _Batch) -> None:
        """Turn texts into keys: term, slot and kind in one number, again for each time."""
        import numpy as np

        read, ends = self._read, batch.ends
        stream = read.of_pieces[batch.stream]
        sizes = np.diff(ends, prepend=0)
        slots, kinds = np.array(batch.slots), np.array(batch.kinds, np.int64)
        codes = slots << _KIND_BITS | kinds  # of each text
        self._name(stream, ends, kinds)
        is_spelled = np.array([kind in _SPELLED for kind in Kind])[kinds]
        spelled = stream if is_spelled.all() else stream[np.repeat(is_spelled, sizes)]
        self._spelled += np.bincount(spelled, minlength=len(self._spelled))

        flags = self._flags[stream]
        keys = self._first[stream] + np.repeat(codes, sizes)
        without = np.flatnonzero(flags & _NO_TERM)
        self._keys.append(np.delete(keys, without) if len(without) else keys)
        at = np.flatnonzero(flags & _OTHERS)
        values, places = read.others.of(stream[at])
        owners = ends.searchsorted(at, side="right")[places]
        self._add_keys(values, codes[owners])
        concepts, with_concepts = self._concepts_in(stream, flags, ends)
        self._add_keys(concepts, codes[with_concepts])

        words = sizes + np.bincount(owners, minlength=len(ends))
        words -= np.bincount(ends.searchsorted(without, side="right"), minlength=len(ends))
        frequencies = np.array([0.0 if kind is Kind.LENT else FREQUENCY[kind] for kind in Kind])
        self._lengths += np.bincount(slots, weights=words * frequencies[kinds], minlength=len(self._lengths))

    def counts(self) -> Counts:
        """All that was found."""
        import numpy as np

        keys = np.concatenate(self._keys) if self._keys else np.zeros(0, np.int64)
        self._keys.clear()
        keys.sort()
        frequencies = np.array([FREQUENCY[kind] for kind in Kind], np.float32)[keys & ((1 << _KIND_BITS) - 1)]
        keys >>= _KIND_BITS
        first = firsts(keys)
        counts = np.add.reduceat(frequencies, first) if len(first) else frequencies
        keys = keys[first]
        slots = (keys & ((1 << self._slot_bits) - 1)).astype(np.int32)
        keys >>= self._slot_bits
        starts = keys.searchsorted(np.arange(len(self._read.terms) + 1))
        is_there = np.diff(starts) > 0
        return Counts(
            terms=[term for term, there in zip(self._read.terms, is_there.tolist(), strict=True) if there],
            starts=np.append(starts[:-1][is_there], len(keys)),
            slots=slots,
            counts=counts,
            lengths=self._lengths,
            names=self._names,
            spelled=self._written(),
        )

    def _add_keys(self, terms: Numbers, codes: Numbers) -> None:
        import numpy as np

        self._keys.append((terms.astype(np.int64) << (self._slot_bits + _KIND_BITS)) + codes)

    def _name(self, stream: Numbers, ends: Numbers, kinds: Numbers) -> None:
        import numpy as np

        texts = self._read.texts
        for at in np.flatnonzero(kinds == Kind.NAME).tolist():
            own = stream[ends[at - 1] if at else 0 : ends[at]].tolist()
            self._names.append(" ".join([text for reading in own if (text := texts[reading])]))

    def _written(self) -> dict[str, int]:
        """How often each word is there as it is written."""
        found: dict[str, int] = {}
        for text, count in zip(self._read.texts, self._spelled.tolist(), strict=True):
            if count and text:
                for word in text.split() if " " in text else (text,):
                    found[word] = found.get(word, 0) + count
        return found

    def _concepts_in(self, stream: Numbers, flags: Numbers, ends: Numbers) -> tuple[Numbers, Numbers]:
        """The concepts and the texts that they are in: each once in a text, however many of its words are there."""
        import numpy as np

        at = np.flatnonzero(flags & _CONCEPTS)
        values, places = self._read.concepts.of(stream[at])
        found = [(values, at[places]), *self._phrases.of(stream, flags, ends)]
        concepts, at = (np.concatenate(each).astype(np.int64) for each in zip(*found, strict=True))
        bits = len(self._read.terms).bit_length()
        once = (ends.searchsorted(at, side="right") << bits) + concepts
        once.sort()
        once = once[firsts(once)]
        return once & ((1 << bits) - 1), once >> bits


class _Phrases:
    """Finds the synonyms of several words: first their first two, since few places have both."""

    def __init__(self, read: Read, longest: int) -> None:
        import numpy as np

        self._read = read
        self._longest = longest
        size = self._size = len(read.terms)
        self._wanted = np.sort(np.array([first * size + second for first, second in read.phrases], np.int64))
        opens, goes_on = (np.zeros(size, bool) for _ in range(2))
        for first, second in read.phrases:
            opens[first] = goes_on[second] = True
        parts = read.parts
        may_go_on = parts.any_in(goes_on) | (parts.lengths == 0)
        self.flags = np.where(parts.any_in(opens), _OPENS, 0) | np.where(may_go_on, _GOES_ON, 0)
        is_one = parts.lengths == 1
        self._only = np.full(len(is_one), -1)  # the part of what has just one
        self._only[is_one] = parts.values[parts.starts[is_one]]

    def of(self, stream: Numbers, flags: Numbers, ends: Numbers) -> Iterator[tuple[Numbers, Numbers]]:
        """The concepts that are in texts as phrases, and the places of the pieces with which these begin."""
        import numpy as np

        at = self._openings(stream, flags)
        windows = at[:, None] + np.arange(self._longest + 1)
        inside = windows < ends[ends.searchsorted(at, side="right")][:, None]
        parts, places = self._read.parts.of(stream[windows[inside]])
        own = np.repeat(np.arange(len(at)), inside.sum(axis=1))[places]  # the window of each part
        pairs = parts[:-1].astype(np.int64) * self._size + parts[1:]
        pairs[own[:-1] != own[1:]] = -1
        found = np.flatnonzero(_is_in(pairs, self._wanted))
        found = found[np.argsort(pairs[found], kind="stable")]
        starts = firsts(pairs[found]).tolist()
        for start, stop in zip(starts, [*starts[1:], len(found)], strict=False):
            pair = divmod(int(pairs[found[start]]), self._size)
            for others, concept in self._read.phrases[pair]:
                fits = found[start:stop]
                fits = fits[fits + len(others) + 1 < len(parts)]
                for behind, other in enumerate(others, start=2):
                    fits = fits[(parts[fits + behind] == other) & (own[fits + behind] == own[fits])]
                if len(fits):
                    yield np.full(len(fits), concept), at[own[fits]]

    def _openings(self, stream: Numbers, flags: Numbers) -> Numbers:
        """The places where a phrase may begin."""
        import numpy as np

        may_go_on = flags | np.append(flags[1:], np.uint8(0))
        at = np.flatnonzero((flags & _OPENS != 0) & (may_go_on & _GOES_ON != 0))
        here, behind = (self._only[stream[places]] for places in (at, np.minimum(at + 1, len(stream) - 1)))
        certain = (here >= 0) & (behind >= 0)  # most are: nothing else can come between their words
        return np.asarray(at[~certain | _is_in(here * self._size + behind, self._wanted)])


def _is_in(numbers: Numbers, known: Numbers) -> Numbers:
    """Whether each number is among a few, which are sorted."""
    import numpy as np

    if not len(known):
        return np.zeros(len(numbers), bool)
    return np.asarray(known[np.minimum(known.searchsorted(numbers), len(known) - 1)] == numbers)
