"""What was asked before: the cases of a FAQ as one more field of its entries.

Somebody wrote which entry answers a question, or that none does; the next person uses some of the same words. So all
questions to an entry together are one text of it, scored by BM25 like the others; those that nothing answers are the
text of an entry that isn't there. And the single question that is most like the one that is asked tells how sure the
answer is. Cases of the split `test` are never among them.
"""

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from itertools import chain

from bot.domain.faq import Case
from bot.search.counting import Kind, TermCounter
from bot.search.fields import Fields
from bot.search.numbers import Numbers
from bot.search.odds import Odds
from bot.search.postings import Postings
from bot.search.query import Unit
from bot.search.shelf import Head
from bot.search.words import CONCEPT, Lexicon, words

ASKED_WEIGHT = 0.75
"""What the field counts, against 1 for the body. Found with questions of one author learnt and another's asked: .5 to 1
do the same, more makes rare words of a few questions too loud."""

Read = Callable[[str], Sequence[Unit]]
Mass = Callable[[Unit], float]


class Asked:
    """The questions that were asked about each section, and those that nothing answers. Immutable.

    `read` gives the units of a question, `mass` how much one of them says; `names` has the number of a section with
    each of its names. `questions` are those that were learnt with the number of their section, or one behind the last.
    """

    def __init__(
        self,
        sections: Sequence[Head],
        cases: Sequence[Case],
        lexicon: Lexicon,
        read: Read,
        mass: Mass,
        names: Iterable[tuple[int, str]] = (),
    ) -> None:
        numbers: dict[str, list[int]] = {}
        for number, places in enumerate(sections if cases else ()):
            for place in places:
                numbers.setdefault(place, []).append(number)
        texts = self._texts = dict[int, list[str]]()
        self._read = read
        self._size = len(sections)
        self._nothing = len(sections)
        self._mass = mass
        self._questions: dict[int, _Questions] = {}
        for case in cases:
            if case.split == "test":
                continue
            owners = (
                {number for gold in case.gold for number in numbers.get(gold, ())} if case.gold else {self._nothing}
            )
            for owner in sorted(owners):
                texts.setdefault(owner, []).append(case.query)
        self._owners = sorted(texts)
        self._postings = _postings([texts[owner] for owner in self._owners], lexicon) if texts else None
        self.questions = tuple((owner, question) for owner, own in texts.items() for question in own)
        self._odds = Odds(self._size, chain(names, self.questions), lexicon) if texts else None

    def scores(self, units: Sequence[Unit]) -> "Numbers | None":
        """What each section gets for what was asked about it; None if there are no questions."""
        import numpy as np

        if self._postings is None:
            return None
        slots = self._postings.fields.bounds[3]
        sums, scratch = (np.zeros(slots, np.float32) for _ in range(2))
        for unit in units:
            self._postings.add(unit, sums, scratch)
        found = np.zeros(self._size + 1)
        found[self._owners] = ASKED_WEIGHT * sums[: len(self._owners)]
        return found[: self._size]

    def odds(self, units: Sequence[Unit]) -> "Numbers | None":
        """How likely each section is meant, and at the end that none is: logarithms; None if there are no questions."""
        return self._odds.of(units) if self._odds else None

    def likeness(self, units: Sequence[Unit], section: int) -> tuple[float, float]:
        """How much a question is like one that was asked before: about a section, and among those that nothing
        answers. In [0, 1]; 1 is the same words."""
        named = [(unit, unit.weight * self._mass(unit)) for unit in units if not unit.light]
        return self._likeness(named, section), self._likeness(named, self._nothing)

    def _likeness(self, named: Sequence[tuple[Unit, float]], owner: int) -> float:
        return self._questions_of(owner).likeness(named) if named and owner in self._texts else 0.0

    def _questions_of(self, owner: int) -> "_Questions":
        """The questions of an owner, read when they are first compared: a start needn't wait for all of them."""
        known = self._questions.get(owner)
        if known is None:
            known = _Questions()
            for text in self._texts[owner]:
                known.add([unit for unit in self._read(text) if not unit.light], self._mass)
            self._questions[owner] = known  # two threads may both read them: they read the same
        return known


class _Questions:
    """The questions of one owner by the terms that they can be read as."""

    def __init__(self) -> None:
        self._masses: list[float] = []
        self._having: dict[str, list[int]] = {}

    def add(self, units: Sequence[Unit], mass: Mass) -> None:
        number = len(self._masses)
        self._masses.append(sum(unit.weight * mass(unit) for unit in units))
        for term in dict.fromkeys(term for unit in units for terms, _ in unit.readings for term in terms):
            self._having.setdefault(term, []).append(number)

    def likeness(self, named: Sequence[tuple[Unit, float]]) -> float:
        """The mass in common with the most similar question, as a share of the mass of both together."""
        shared: dict[int, float] = {}
        for unit, mass in named:
            best: dict[int, float] = {}
            for terms, weight in unit.readings:
                for term in terms:
                    counts = weight / len(terms) if term[0] != CONCEPT else weight
                    for number in self._having.get(term, ()):
                        if best.get(number, 0.0) < counts:
                            best[number] = counts
            for number, weight in best.items():
                shared[number] = shared.get(number, 0.0) + weight * mass
        total = sum(mass for _, mass in named)
        most = max((same / (total + self._masses[at] - same) for at, same in shared.items()), default=0.0)
        return min(most, 1.0)


def _postings(texts: Sequence[Sequence[str]], lexicon: Lexicon) -> Postings:
    """Each list of questions as one text, in the place where an index of sections has its titles."""
    import numpy as np

    fields = Fields(len(texts), np.zeros(0, np.int64))
    counter = TermCounter(lexicon, fields)
    for slot, questions in enumerate(texts):
        counter.add((slot, Kind.NAME, question) for question in questions)
    return Postings.of(counter.counts(), fields)


def parts(cases: Iterable[Case], count: int) -> dict[tuple[str, ...], int]:
    """A number below `count` for every question that is learnt from, the same for those that differ in marks and case
    only; it depends on the question alone."""
    plain = (tuple(word.text for word in words(case.query)) for case in cases if case.split != "test")
    return {question: sha256(" ".join(question).encode()).digest()[0] % count for question in plain}
