"""What the pieces of texts are read as: terms, concepts and words, by numbers."""

from array import array
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import NamedTuple

from bot.search.numbers import Numbers
from bot.search.words import Lexicon, plain_words, stems, tokens, words_of

_NOT_PLAIN = 0


class Readings:
    """Reads pieces. Most are a plain word between marks: they share the reading of that word; each other piece has its
    own."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        # Plain words, numbered when first met.
        self._words: defaultdict[str, int] = defaultdict(count(_NOT_PLAIN + 1).__next__, {"": _NOT_PLAIN})
        self._numbers: list[Numbers] = []  # of the pieces
        self._others: list[str] = []

    def add(self, pieces: Sequence[str]) -> None:
        """Read pieces, which are numbered on from those that were read before."""
        import numpy as np

        numbers = np.fromiter(map(self._words.__getitem__, plain_words(pieces)), np.int32, len(pieces))
        self._others.extend([pieces[at] for at in np.flatnonzero(numbers == _NOT_PLAIN).tolist()])
        self._numbers.append(numbers)

    def all(self) -> "Read":
        """What was read. Nothing is to be added afterwards."""
        import numpy as np

        plain = [*self._words][1:]
        of_pieces = np.concatenate(self._numbers, dtype=np.int64) - 1
        of_pieces[of_pieces < 0] = np.arange(len(plain), len(plain) + len(self._others))
        made = _Made(self._lexicon)
        made.add_words(plain)
        for piece in self._others:
            made.add_other(piece)
        return made.read(of_pieces)


class _Made:
    """Makes readings: first those of plain words, then those of other pieces."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._terms: defaultdict[str, int] = defaultdict(count().__next__)  # numbered when first asked for
        self._tokens: dict[str, _Token] = {}
        self._texts: list[str] = []
        self._first = array("i")
        self._others, self._concepts, self._parts = _Lists(), _Lists(), _Lists()

    def read(self, of_pieces: Numbers) -> "Read":
        """All that was made, with the reading of each piece."""
        import numpy as np

        phrases: dict[tuple[int, int], list[tuple[list[int], int]]] = {}
        terms = self._terms
        for phrase, concept in self._lexicon.phrases_of_several:
            if all(stem in terms for stem in phrase):
                first, second, *others = (terms[stem] for stem in phrase)
                phrases.setdefault((first, second), []).append((others, terms[concept]))
        return Read(
            terms=list(terms),
            texts=self._texts,
            of_pieces=of_pieces,
            first=np.array(self._first),
            others=self._others.table(len(self._texts)),
            concepts=self._concepts.table(len(self._texts)),
            parts=self._parts.table(len(self._texts)),
            phrases=phrases,
        )

    def add_words(self, new: Sequence[str]) -> None:
        """Add plain words."""
        terms, phrases = self._terms, self._lexicon.phrases
        stemmed = stems(new)
        for reading, stem in enumerate(stemmed, len(self._texts)):
            if stem in phrases and (concepts := self._lexicon.concepts_of(stem)):
                self._concepts.add(reading, [terms[concept] for concept in concepts])
        numbers = array("i", map(terms.__getitem__, stemmed))
        self._parts.add_one_each(len(self._texts), numbers)
        self._texts.extend(new)
        self._first.extend(numbers)

    def add_other(self, piece: str) -> None:
        """Add a piece of any kind."""
        reading = len(self._texts)
        found = [self._tokens.get(token) or self._read(token) for token in tokens(piece)]
        self._texts.append(" ".join([text for token in found for text in token.texts]))
        own = [term for token in found for term in token.terms]
        self._first.append(own[0] if own else -1)
        if len(own) > 1:
            self._others.add(reading, own[1:])
        self._parts.add(reading, [part for token in found for part in token.parts])
        if concepts := [concept for token in found for concept in token.concepts]:
            self._concepts.add(reading, concepts)

    def _read(self, token: str) -> "_Token":
        found, terms = [*words_of(token)], self._terms
        parts = [part for each in found for part in each.parts]
        self._tokens[token] = read = _Token(
            [each.text for each in found],
            [terms[term] for each in found for term in each.terms],
            [terms[part] for part in parts],
            [terms[concept] for part in parts for concept in self._lexicon.concepts_of(part)],
        )
        return read


class _Token(NamedTuple):
    """The words of a token as written, and its terms, parts and concepts by their numbers."""

    texts: list[str]
    terms: list[int]
    parts: list[int]
    concepts: list[int]


class _Lists:
    """Lists of numbers for some readings, in their order."""

    def __init__(self) -> None:
        self._readings, self._lengths, self._values = array("i"), array("i"), array("i")

    def add(self, reading: int, values: Sequence[int]) -> None:
        """Add the list of a reading."""
        self._readings.append(reading)
        self._lengths.append(len(values))
        self._values.extend(values)

    def add_one_each(self, reading: int, values: "array[int]") -> None:
        """Add lists of one number each for the readings from this one on."""
        self._readings.extend(range(reading, reading + len(values)))
        self._lengths.extend([1] * len(values))
        self._values.extend(values)

    def table(self, size: int) -> "Table":
        """The lists for so many readings, empty ones for the others."""
        import numpy as np

        lengths = np.zeros(size, np.int64)
        lengths[np.array(self._readings)] = np.array(self._lengths)
        return Table(np.array(self._values), lengths, np.cumsum(lengths) - lengths)


@dataclass(frozen=True, slots=True)
class Table:
    """A list of numbers for each reading: so many of the `values`, from `starts` on."""

    values: Numbers
    lengths: Numbers
    starts: Numbers

    def of(self, readings: Numbers) -> tuple[Numbers, Numbers]:
        """The lists of some readings, one behind the other, and beside each number the place of its reading."""
        import numpy as np

        lengths = self.lengths.take(readings)
        places = np.repeat(np.arange(len(readings)), lengths)
        starts = self.starts.take(readings) - np.cumsum(lengths) + lengths
        return self.values.take(np.arange(len(places)) + starts.take(places)), places

    def any_in(self, marks: Numbers) -> Numbers:
        """Whether one of each reading's numbers is marked."""
        import numpy as np

        before = np.concatenate(([0], np.cumsum(marks[self.values])))
        return np.asarray(before[self.starts + self.lengths] > before[self.starts])


@dataclass(frozen=True, slots=True)
class Read:
    """What pieces were read as.

    `of_pieces` has the reading of each piece. By the number of the reading, `texts` are its words as written, `first`
    is its first term (-1 for none), `others` has the rest, `concepts` its concepts and `parts` the stems of all its
    parts. `phrases` are the synonyms of several words, by their first two: the words behind, and the concept. Terms and
    concepts are places in `terms`, of which not all need be there.
    """

    terms: list[str]
    texts: list[str]
    of_pieces: Numbers
    first: Numbers
    others: Table
    concepts: Table
    parts: Table
    phrases: dict[tuple[int, int], list[tuple[list[int], int]]]
