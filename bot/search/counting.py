"""How often every index term is in each text.

Most words of a text come again, and reading a word costs much more than counting it. So texts are cut at white space,
each distinct piece is read once, and what follows is arithmetic on arrays of numbers: a text is counted by the numbers
of its pieces, and each number stands for the terms of that piece.
"""

from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import islice

from bot.search.numbers import Numbers
from bot.search.words import Lexicon, pieces, plain_words, words

_AT_ONCE = 1 << 18  # pieces that are worked on together: what bounds the memory


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


def firsts(numbers: Numbers) -> Numbers:
    """The places in sorted numbers where another one begins."""
    import numpy as np

    new = np.ones(len(numbers), bool)
    np.not_equal(numbers[1:], numbers[:-1], out=new[1:])
    return np.flatnonzero(new)


class _Numbering(dict[str, int]):
    """Numbers from 0, given in the order in which they are first asked for."""

    def __missing__(self, key: str) -> int:
        self[key] = number = len(self)
        return number


class TermCounter:
    """Counts the terms and concepts of texts. `slot_count` is how many slots there will be."""

    def __init__(self, lexicon: Lexicon, slot_count: int) -> None:
        import numpy as np

        self._lexicon = lexicon
        self._slot_count = slot_count
        self._slot_bits = slot_count.bit_length()
        self._pieces = _Numbering()
        self._unread: list[str] = []
        self._terms = _Numbering()
        self._texts: list[str] = []  # of each piece: its words as written
        self._first = array("i")  # its first term, -1 for none
        self._others, self._concepts, self._parts = _SparseTable(), _SparseTable(), _Table()
        self._stream = array("i")
        self._slots, self._kinds, self._ends = array("q"), array("b"), array("q")
        self._keys: list[Numbers] = []
        self._lengths = np.zeros(slot_count)
        self._names: list[str] = []
        self._spelled: dict[str, int] = {}

    def add(self, slot: int, kind: Kind, text: str) -> None:
        """Add a text to what is in a slot."""
        self._stream.extend(map(self._pieces.__getitem__, pieces(text)))
        self._slots.append(slot)
        self._kinds.append(kind)
        self._ends.append(len(self._stream))
        if len(self._stream) >= _AT_ONCE:
            self._work_off()

    def counts(self) -> Counts:
        """What was counted. Nothing is to be added afterwards."""
        import numpy as np

        self._work_off()
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
        return Counts(
            terms=list(self._terms),
            starts=np.searchsorted(keys, np.arange(len(self._terms) + 1)),
            slots=slots,
            counts=counts,
            lengths=self._lengths,
            names=self._names,
            spelled=self._spelled,
        )

    def _work_off(self) -> None:
        """Turn the texts that were added so far into keys: term, slot and kind in one number, again for each time."""
        import numpy as np

        self._read_pieces()
        stream = np.array(self._stream)
        ends, slots = np.array(self._ends), np.array(self._slots)
        kinds = np.array(self._kinds, np.int64)
        texts = np.repeat(np.arange(len(ends), dtype=np.int32), np.diff(ends, prepend=0))
        self._name(stream, ends, kinds)
        self._spell(stream, kinds[texts])
        codes = slots << _KIND_BITS | kinds  # of each text

        term_of = np.array(self._first)
        terms = [term_of[stream]]
        owners = [texts]
        if (terms[0] < 0).any():
            has_words = terms[0] >= 0
            terms, owners = [terms[0][has_words]], [texts[has_words]]
        values, at = self._others.of(stream)
        terms.append(values)
        owners.append(texts[at])
        concepts = self._concepts_in(stream, texts, ends)
        for each, own in (*zip(terms, owners, strict=True), concepts):
            self._keys.append((each.astype(np.int64) << (self._slot_bits + _KIND_BITS)) + codes[own])
        words = sum(np.bincount(own, minlength=len(ends)) for own in owners)
        frequencies = np.array([0.0 if kind is Kind.LENT else FREQUENCY[kind] for kind in Kind])
        self._lengths += np.bincount(slots, weights=words * frequencies[kinds], minlength=self._slot_count)
        for each in (self._stream, self._slots, self._kinds, self._ends):
            del each[:]

    def _read_pieces(self) -> None:
        """Learn what the pieces are made of that are new since the last time."""
        phrases, terms = self._lexicon.phrases, self._terms
        start = len(self._texts)
        new = list(islice(self._pieces, start, None))
        for piece, (text, (word, stem)) in enumerate(zip(new, plain_words(new), strict=True), start):
            if word:
                self._texts.append(word)
                first = terms[stem]
                self._first.append(first)
                self._parts.append((first,))
                if stem in phrases:
                    self._concepts.add(piece, [terms[concept] for concept in self._lexicon.concepts_of(stem)])
                continue
            found = words(text)
            self._texts.append(" ".join(each.text for each in found))
            own = [terms[term] for each in found for term in each.terms]
            self._first.append(own[0] if own else -1)
            if len(own) > 1:
                self._others.add(piece, own[1:])
            parts = [part for each in found for part in each.parts]
            self._parts.append([terms[part] for part in parts])
            if concepts := [terms[concept] for part in parts for concept in self._lexicon.concepts_of(part)]:
                self._concepts.add(piece, concepts)

    def _name(self, stream: Numbers, ends: Numbers, kinds: Numbers) -> None:
        import numpy as np

        texts = self._texts
        for at in np.flatnonzero(kinds == Kind.NAME).tolist():
            own = stream[ends[at - 1] if at else 0 : ends[at]].tolist()
            self._names.append(" ".join([text for piece in own if (text := texts[piece])]))

    def _spell(self, stream: Numbers, kinds: Numbers) -> None:
        import numpy as np

        is_spelled = np.array([kind in _SPELLED for kind in Kind])[kinds]
        counts = np.bincount(stream[is_spelled] if not is_spelled.all() else stream)
        spelled = self._spelled
        for text, count in zip(self._texts, counts.tolist(), strict=False):
            if count:
                for word in text.split() if " " in text else (text,):
                    spelled[word] = spelled.get(word, 0) + count

    def _concepts_in(self, stream: Numbers, texts: Numbers, ends: Numbers) -> tuple[Numbers, Numbers]:
        """The concepts and the texts that they are in: each once in a text, however many of its words are there."""
        import numpy as np

        values, at = self._concepts.of(stream)
        found = [(values, texts[at]), *self._phrases(stream, texts, ends)]
        concepts, owners = (np.concatenate(each).astype(np.int64) for each in zip(*found, strict=True))
        bits = len(self._terms).bit_length()
        once = (owners << bits) + concepts
        once.sort()
        once = once[firsts(once)]
        return once & ((1 << bits) - 1), once >> bits

    def _phrases(self, stream: Numbers, texts: Numbers, ends: Numbers) -> Iterator[tuple[Numbers, Numbers]]:
        """The concepts of the synonyms of several words, with the texts that they are in. Their first two words are
        looked for first: few places have both."""
        import numpy as np

        phrases: dict[tuple[int, int], list[tuple[list[int], str]]] = {}
        for known in self._lexicon.phrases.values():
            for phrase, concept in known:
                if len(phrase) > 1 and all(stem in self._terms for stem in phrase):
                    first, second, *others = (self._terms[stem] for stem in phrase)
                    phrases.setdefault((first, second), []).append((others, concept))
        opens, goes_on = (np.zeros(len(self._terms), bool) for _ in range(2))
        for first, second in phrases:
            opens[first] = goes_on[second] = True
        opens, goes_on = self._parts.any_in(opens, empty=False), self._parts.any_in(goes_on, empty=True)
        may_go_on = goes_on[stream]
        may_go_on[:-1] |= may_go_on[1:]
        at = np.flatnonzero(opens[stream] & may_go_on)
        windows = at[:, None] + np.arange(self._lexicon.longest + 1)
        inside = windows < ends[texts[at]][:, None]
        parts, places = self._parts.of(stream[windows[inside]])
        windows_of = np.repeat(np.arange(len(at)), inside.sum(axis=1))[places]
        yield from self._phrases_in(parts, windows_of, texts[at], phrases)

    def _phrases_in(
        self,
        parts: Numbers,
        windows: Numbers,
        texts: Numbers,
        phrases: Mapping[tuple[int, int], Sequence[tuple[Sequence[int], str]]],
    ) -> Iterator[tuple[Numbers, Numbers]]:
        """The phrases in a run of words, no one of which reaches from one window into the next. `texts` are those of
        the windows."""
        import numpy as np

        size = len(self._terms)  # as it is now: concepts are added to them below
        pairs = parts[:-1].astype(np.int64) * size + parts[1:]
        pairs[windows[:-1] != windows[1:]] = -1
        order = np.argsort(pairs, kind="stable")
        pairs = pairs[order]
        for (first, second), known in phrases.items():
            pair = first * size + second
            places = order[pairs.searchsorted(pair) : pairs.searchsorted(pair, side="right")]
            for others, concept in known if len(places) else ():
                fits = places[places + len(others) + 1 < len(parts)]
                for behind, other in enumerate(others, start=2):
                    fits = fits[(parts[fits + behind] == other) & (windows[fits + behind] == windows[fits])]
                if len(fits):
                    yield np.full(len(fits), self._terms[concept]), texts[windows[fits]]


class _Table:
    """A list of numbers for each piece."""

    def __init__(self) -> None:
        self._values = array("i")
        self._ends = array("i", (0,))

    def append(self, values: Sequence[int]) -> None:
        """Add the list of the next piece."""
        self._values.extend(values)
        self._ends.append(len(self._values))

    def of(self, rows: Numbers) -> tuple[Numbers, Numbers]:
        """The lists of some pieces, one behind the other, and beside each number the place of its piece in `rows`."""
        import numpy as np

        values, ends = np.array(self._values), np.array(self._ends)
        lengths = np.diff(ends)[rows]
        places = np.repeat(np.arange(len(rows)), lengths)
        starts = ends[rows] - np.cumsum(lengths) + lengths
        return values[np.arange(len(places)) + starts[places]], places

    def any_in(self, marks: Numbers, *, empty: bool) -> Numbers:
        """Whether one of each piece's numbers is marked; `empty` for a piece without numbers."""
        import numpy as np

        values, ends = np.array(self._values), np.array(self._ends)
        before = np.concatenate(([0], np.cumsum(marks[values])))[ends]
        found = np.diff(before) > 0
        return np.asarray(np.logical_or(found, np.diff(ends) == 0) if empty else found)


class _SparseTable:
    """A list of numbers for some of the pieces."""

    def __init__(self) -> None:
        self._pieces = array("i")
        self._table = _Table()

    def add(self, piece: int, values: Sequence[int]) -> None:
        """Add the list of a piece behind all that have one."""
        self._pieces.append(piece)
        self._table.append(values)

    def of(self, stream: Numbers) -> tuple[Numbers, Numbers]:
        """The lists of the pieces of a stream that have one, and beside each number the place in the stream."""
        import numpy as np

        rows = np.full(int(stream.max(initial=0)) + 1, -1, np.int32)
        pieces = np.array(self._pieces)
        pieces = pieces[pieces < len(rows)]
        rows[pieces] = np.arange(len(pieces))
        of_stream = rows[stream]
        at = np.flatnonzero(of_stream >= 0)
        values, places = self._table.of(of_stream[at])
        return values, at[places]
