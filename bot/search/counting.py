"""How often every index term is in each text.

Most words of a text come again, and reading a word costs much more than counting it. So texts are cut at white space,
each distinct piece is read once, and what follows is arithmetic on arrays of numbers: a text is counted by the numbers
of its pieces, and each number stands for the terms of that piece.
"""

import os
from array import array
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import IntEnum
from functools import cache

from bot.search.fields import FIELDS, Fields
from bot.search.numbers import Numbers, firsts
from bot.search.phrases import Phrases
from bot.search.pieces import Cutter
from bot.search.readings import Read, Readings
from bot.search.words import Lexicon

_AT_ONCE = 1 << 19  # characters that are worked on together: what bounds the memory
_THREADS = min(4, os.cpu_count() or 1)


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
_END = "\n"  # of a name; no word has it
_NO_TERM, _OTHERS, _CONCEPTS = 1, 2, 4  # what is to be done about a reading; phrases have marks of their own


@dataclass(frozen=True, slots=True)
class Counts:
    """What is in the texts, which were given to slots.

    The numbers of the slots that a term has in a field, ascending, are `slots[starts[g]:starts[g + 1]]`, with `g` three
    times its place in `terms` plus the number of the field; `counts` says beside each how often it is there. Of
    documents that have it, `in_field` says the number for each such `g`, `anywhere` for each term. `lengths` has the
    weighted number of words of each slot, `names` the words of the texts of the kind NAME, in the order in which they
    were added, and `spelled` how often each word is there as it is written.
    """

    terms: list[str]
    starts: Numbers
    slots: Numbers
    counts: Numbers
    in_field: Numbers
    anywhere: Numbers
    lengths: Numbers
    names: list[str]
    spelled: dict[str, int]


class TermCounter:
    """Counts the terms and concepts of texts in the slots of some fields."""

    def __init__(self, lexicon: Lexicon, fields: Fields) -> None:
        self._longest = lexicon.longest
        self._fields = fields
        self._cutter = Cutter()
        self._readings = Readings(lexicon)
        self._batch = _Batch()
        self._batches: list[_Batch] = []

    def add(self, texts: Iterable[tuple[int, Kind, str]]) -> None:
        """Add all texts of a document, each with its slot. The documents are to come in their order."""
        batch = self._batch
        for slot, kind, text in texts:
            batch.texts.append(text)
            batch.slots.append(slot)
            batch.kinds.append(kind)
            batch.length += len(text)
        if batch.length >= _AT_ONCE:
            self._cut()

    def counts(self) -> Counts:
        """What was counted. Nothing is to be added afterwards."""
        self._cut()
        return _Found(self._readings.all(), self._fields, self._longest).counts(self._batches)

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


@dataclass(frozen=True, slots=True)
class _Part:
    """What was found in a batch: the `groups` that are there, ascending (see `Counts`); how many slots each has; and
    the slots of all of them, with how often. `in_field` are groups and `anywhere` terms, one for each time that a
    document has them once more. `lengths` are those of its texts, which are in the slots `of_texts`."""

    groups: Numbers
    sizes: Numbers
    slots: Numbers
    counts: Numbers
    in_field: Numbers
    anywhere: Numbers
    of_texts: Numbers
    lengths: Numbers
    names: list[str]
    spelled: Numbers


class _Found:
    """What is found in texts whose pieces were read."""

    def __init__(self, read: Read, fields: Fields, longest: int) -> None:
        import numpy as np

        self._read = read
        self._fields = fields
        self._slot_bits = fields.bounds[FIELDS].bit_length()
        self._phrases = Phrases(read, longest)
        # Those without a term come before all others, and are left out.
        self._first = read.first.astype(np.int64) << (self._slot_bits + _KIND_BITS)
        self._flags = self._phrases.flags | np.where(read.first < 0, _NO_TERM, 0)
        self._flags |= np.where(read.others.lengths > 0, _OTHERS, 0) | np.where(read.concepts.lengths > 0, _CONCEPTS, 0)
        self._flags = self._flags.astype(np.uint8)  # of each reading
        self._texts = [*read.texts, _END]
        self._documents = fields.documents_of_slots()

    def counts(self, batches: Sequence[_Batch]) -> Counts:
        """All that is in some batches. The documents of one are in no other."""
        import numpy as np

        if len(batches) == 1:  # the most common FAQ
            parts = [self._part(*batches)]
        else:  # nearly all of it is sums over arrays, for which threads needn't wait for each other
            with ThreadPoolExecutor(min(len(batches), _THREADS)) as pool:
                parts = [*pool.map(self._part, batches)]
        count = len(self._read.terms)
        sizes, in_field = (np.zeros(FIELDS * count, np.int64) for _ in range(2))  # of the groups
        anywhere = np.zeros(count, np.int64)
        for part in parts:
            sizes[part.groups] += part.sizes
            np.subtract.at(in_field, part.in_field, 1)
            np.subtract.at(anywhere, part.anywhere, 1)
        anywhere += sizes.reshape(-1, FIELDS).sum(axis=1)
        is_there = anywhere > 0
        of_them = np.repeat(is_there, FIELDS)
        starts = np.cumsum(sizes) - sizes
        slots, counts = _merged(parts, starts, int(sizes.sum()))
        return Counts(
            terms=[term for term, there in zip(self._read.terms, is_there.tolist(), strict=True) if there],
            starts=np.append(starts[of_them], len(slots)),
            slots=slots,
            counts=counts,
            in_field=(in_field + sizes)[of_them],
            anywhere=anywhere[is_there],
            lengths=np.bincount(
                np.concatenate([part.of_texts for part in parts]),
                weights=np.concatenate([part.lengths for part in parts]),
                minlength=self._fields.bounds[FIELDS],
            ),
            names=[name for part in parts for name in part.names],
            spelled=self._written(np.sum([part.spelled for part in parts], axis=0)),
        )

    def _part(self, batch: _Batch) -> _Part:
        import numpy as np

        read, ends = self._read, batch.ends
        stream = read.of_pieces.take(batch.stream)
        sizes = np.diff(ends, prepend=0)
        slots, kinds = np.array(batch.slots), np.array(batch.kinds, np.int64)
        codes = slots << _KIND_BITS | kinds  # of each text
        texts = np.repeat(np.arange(len(ends)), sizes)  # of each piece
        is_spelled = _is_spelled()[kinds]
        spelled = stream if is_spelled.all() else stream[is_spelled[texts]]

        # A key is a term, a slot and a kind in one number, again for each time.
        flags = self._flags.take(stream)
        others, places = read.others.of(stream.take(at := np.flatnonzero(flags & _OTHERS)))
        with_others = texts.take(at.take(places))
        concepts, with_concepts = self._concepts_in(stream, flags, texts)
        keys = (
            self._first.take(stream) + codes.take(texts),
            self._keys(others, codes.take(with_others)),
            self._keys(concepts, codes.take(with_concepts)),
        )
        words = sizes + np.bincount(with_others, minlength=len(ends))
        words -= np.bincount(texts.take(np.flatnonzero(flags & _NO_TERM)), minlength=len(ends))
        frequencies = np.array([0.0 if kind is Kind.LENT else FREQUENCY[kind] for kind in Kind])
        return _Part(
            *self._counted(np.concatenate(keys)),
            of_texts=slots,
            lengths=words * frequencies[kinds],
            names=self._names(stream, sizes, kinds == Kind.NAME),
            spelled=np.bincount(spelled, minlength=len(read.texts)),
        )

    def _keys(self, terms: Numbers, codes: Numbers) -> Numbers:
        import numpy as np

        return np.asarray((terms.astype(np.int64) << (self._slot_bits + _KIND_BITS)) + codes)

    def _counted(self, keys: Numbers) -> tuple[Numbers, Numbers, Numbers, Numbers, Numbers, Numbers]:
        """Those of a part that keys say."""
        import numpy as np

        keys.sort()
        keys = keys[keys.searchsorted(0) :]
        frequencies = _frequencies().take(keys & ((1 << _KIND_BITS) - 1))
        keys >>= _KIND_BITS
        first = firsts(keys)
        counts = np.add.reduceat(frequencies, first) if len(first) else frequencies
        keys = keys.take(first)
        slots = keys & ((1 << self._slot_bits) - 1)
        terms = keys >> self._slot_bits
        _, bodies, alternates, _ = self._fields.bounds
        groups = terms * FIELDS
        groups += slots >= bodies
        groups += slots >= alternates
        first = firsts(groups)
        sizes = np.diff(first, append=len(groups))
        # A document may have a term in several of its alternates, and in several fields.
        documents = self._documents.take(slots)
        in_field = np.flatnonzero((groups[1:] == groups[:-1]) & (documents[1:] == documents[:-1]))
        terms <<= self._slot_bits
        terms += documents
        terms.sort()
        anywhere = terms[np.flatnonzero(terms[1:] == terms[:-1])] >> self._slot_bits
        return groups.take(first), sizes, slots.astype(np.int32), counts, groups[in_field], anywhere

    def _names(self, stream: Numbers, sizes: Numbers, is_name: Numbers) -> list[str]:
        import numpy as np

        own = stream[np.repeat(is_name, sizes)]
        with_ends = np.insert(own, np.cumsum(sizes[is_name]), len(self._texts) - 1)
        lines = " ".join([text for text in map(self._texts.__getitem__, with_ends.tolist()) if text]).split(_END)
        return [line.strip(" ") for line in lines[:-1]]

    def _written(self, counts: Numbers) -> dict[str, int]:
        """How often each word is there as it is written, from how often each reading is."""
        found: dict[str, int] = {}
        for text, count in zip(self._read.texts, counts.tolist(), strict=True):
            if count and text:
                for word in text.split() if " " in text else (text,):
                    found[word] = found.get(word, 0) + count
        return found

    def _concepts_in(self, stream: Numbers, flags: Numbers, texts: Numbers) -> tuple[Numbers, Numbers]:
        """The concepts and the texts that they are in: each once in a text, however many of its words are there."""
        import numpy as np

        at = np.flatnonzero(flags & _CONCEPTS)
        values, places = self._read.concepts.of(stream.take(at))
        found = [(values, at.take(places)), *self._phrases.of(stream, flags, texts)]
        concepts, at = (np.concatenate(each).astype(np.int64) for each in zip(*found, strict=True))
        bits = len(self._read.terms).bit_length()
        once = (texts.take(at) << bits) + concepts
        once.sort()
        once = once.take(firsts(once))
        return once & ((1 << bits) - 1), once >> bits


def _merged(parts: Sequence[_Part], starts: Numbers, total: int) -> tuple[Numbers, Numbers]:
    """The slots and counts of all parts, those of each group from its start on."""
    import numpy as np

    slots, counts = np.empty(total, np.int32), np.empty(total, np.float32)
    free = starts.copy()
    for part in parts:
        before = np.cumsum(part.sizes) - part.sizes
        places = np.repeat(free.take(part.groups) - before, part.sizes)
        places += np.arange(len(places))
        slots[places], counts[places] = part.slots, part.counts
        free[part.groups] += part.sizes
    return slots, counts


@cache
def _frequencies() -> Numbers:
    import numpy as np

    return np.array([FREQUENCY[kind] for kind in Kind], np.float32)


@cache
def _is_spelled() -> Numbers:
    import numpy as np

    return np.array([kind in _SPELLED for kind in Kind])
