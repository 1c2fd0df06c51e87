"""Which entry the words of a question speak for, learnt from the questions that were asked before.

Naive Bayes: an entry is as likely as its words are among those that people ask for it with, its names included; that
nothing answers is one more entry, made of the questions that nothing answers. All words count alike, also those that
many entries have: in a long message they say together what no rare word in it says.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import itemgetter

from bot.search.counting import Kind, TermCounter
from bot.search.fields import FIELDS, Fields
from bot.search.numbers import Numbers
from bot.search.query import Unit
from bot.search.words import Lexicon

_SMOOTHING = 0.25  # how often a word was seen that wasn't
_SHARPNESS = 0.5  # of the step between likely and unlikely


class Odds:
    """The words of `size` entries, and of no entry, which is the last. `texts` has the number of an entry with each of
    its names and questions. Immutable."""

    def __init__(self, size: int, texts: Iterable[tuple[int, str]], lexicon: Lexicon) -> None:
        import numpy as np

        counter = TermCounter(lexicon, Fields(size + 1, np.zeros(0, np.int64)))
        for _, own in groupby(sorted(texts, key=itemgetter(0)), key=itemgetter(0)):
            counter.add((number, Kind.NAME, text) for number, text in own)
        counts = counter.counts()
        seen = np.bincount(counts.slots, weights=counts.counts, minlength=size + 1)
        self._places = {term: place for place, term in enumerate(counts.terms)}
        self._starts, self._entries = counts.starts[::FIELDS], counts.slots
        self._gains = np.log1p(counts.counts / _SMOOTHING)
        self._unseen = -np.log(seen / _SMOOTHING + len(counts.terms))

    def of(self, units: Sequence[Unit]) -> Numbers:
        """The logarithm of each entry's likelihood, by the length of the question; no entry is the last."""
        import numpy as np

        weights: dict[str, float] = {}
        for unit in units:
            share = unit.weight / sum(weight for _, weight in unit.readings)
            for terms, weight in () if unit.light else unit.readings:
                for term in terms:
                    weights[term] = max(weights.get(term, 0.0), share * weight / len(terms))
        found = sum(weights.values()) * self._unseen
        for term, weight in weights.items():
            if (place := self._places.get(term)) is not None:
                own = slice(self._starts[place], self._starts[place + 1])
                found[self._entries[own]] += weight * self._gains[own]
        length = sum(weight * weight for weight in weights.values()) ** 0.5
        return np.asarray(found / length if length else found)


def likely(odds: Numbers, entry: int) -> float:
    """How much an entry is likelier than none, in [0, 1]; a half: as likely."""
    import numpy as np

    return float(1 / (1 + np.exp((odds[-1] - odds[entry]) * _SHARPNESS)))
