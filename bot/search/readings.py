"""What the pieces of texts are read as: terms, concepts and words, by numbers."""

from array import array
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

from bot.search.numbers import Numbers
from bot.search.words import Lexicon, plain_words, stems, words

_NOT_PLAIN = -1


class Readings:
    """Reads pieces. Most are a plain word between marks: they share the reading of that word; each other piece has its
    own."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._of_pieces = array("i")
        self._plain = {"": _NOT_PLAIN}  # the readings of words
        self._terms: defaultdict[str, int] = defaultdict(count().__next__)  # numbered when first asked for
        self._texts: list[str] = []
        self._first = array("i")
        self._others, self._concepts, self._parts = _Lists(), _Lists(), _Lists()

    def add(self, pieces: Sequence[str]) -> None:
        """Read pieces, which are numbered on from those that were read before."""
        plain, known = plain_words(pieces), self._plain
        new = [word for word in dict.fromkeys(plain) if word not in known]
        known.update(zip(new, range(len(self._texts), len(self._texts) + len(new)), strict=True))
        self._add_words(new)
        readings = list(map(known.__getitem__, plain))
        for at, reading in enumerate(readings):
            if reading == _NOT_PLAIN:
                readings[at] = len(self._texts)
                self._add_other(pieces[at])
        self._of_pieces.extend(readings)

    def all(self) -> "Read":
        """What was read. Nothing is to be added afterwards."""
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
            of_pieces=np.array(self._of_pieces),
            first=np.array(self._first),
            others=self._others.table(len(self._texts)),
            concepts=self._concepts.table(len(self._texts)),
            parts=self._parts.table(len(self._texts)),
            phrases=phrases,
        )

    def _add_words(self, new: Sequence[str]) -> None:
        terms, phrases = self._terms, self._lexicon.phrases
        stemmed = stems(new)
        for reading, stem in enumerate(stemmed, len(self._texts)):
            if stem in phrases and (concepts := self._lexicon.concepts_of(stem)):
                self._concepts.add(reading, [terms[concept] for concept in concepts])
        numbers = array("i", map(terms.__getitem__, stemmed))
        self._parts.add_one_each(len(self._texts), numbers)
        self._texts.extend(new)
        self._first.extend(numbers)

    def _add_other(self, piece: str) -> None:
        found, terms = words(piece), self._terms
        reading = len(self._texts)
        self._texts.append(" ".join(each.text for each in found))
        own = [terms[term] for each in found for term in each.terms]
        self._first.append(own[0] if own else -1)
        if len(own) > 1:
            self._others.add(reading, own[1:])
        parts = [part for each in found for part in each.parts]
        self._parts.add(reading, [terms[part] for part in parts])
        if concepts := [terms[concept] for part in parts for concept in self._lexicon.concepts_of(part)]:
            self._concepts.add(reading, concepts)


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

        lengths = self.lengths[readings]
        places = np.repeat(np.arange(len(readings)), lengths)
        starts = self.starts[readings] - np.cumsum(lengths) + lengths
        return self.values[np.arange(len(places)) + starts[places]], places

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
