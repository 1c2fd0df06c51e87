"""Which documents have a term in one field, and how much it says there.

BM25 (Robertson and Zaragoza, 2009) with the field's own document frequencies. Ids and weights lie in arrays, ids in
ascending order, so that a single document can be looked up in a list without reading it.
"""

import math
from array import array
from bisect import bisect_left
from collections.abc import Mapping, Sequence

from bot.search.query import Unit
from bot.search.words import EVERYDAY

_LOOSE = 0.1  # how much of the weight of an everyday synonym counts as a sign that the document is meant
_SATURATION = 1.5  # BM25's k1


class Postings:
    """One field of all documents; filled by `add` in ascending order of ids, then closed."""

    def __init__(self, length_share: float) -> None:
        self._length_share = length_share  # BM25's b
        self._lengths: list[float] = []
        self._ids: dict[str, array[int]] = {}
        self._weights: dict[str, array[float]] = {}
        self._most: dict[str, float] = {}

    def add(self, counts: Mapping[str, float], length: float) -> int:
        """Add a document of `length` words and return its id."""
        number = len(self._lengths)
        self._lengths.append(length)
        ids, weights = self._ids, self._weights
        for term, count in counts.items():
            known = ids.get(term)
            if known is None:
                ids[term] = array("I", (number,))
                weights[term] = array("f", (count,))
            else:
                known.append(number)
                weights[term].append(count)
        return number

    def close(self, owners: Sequence[int] | None = None, documents: int = 0) -> None:
        """Turn counts into weights. Where a document may have several ids or none, `owners` names it for each id and
        `documents` is how many there are: document frequencies count documents."""
        total = len(self._lengths) if owners is None else documents
        mean = (sum(self._lengths) / len(self._lengths) if self._lengths else 0.0) or 1.0
        fixed, share = _SATURATION * (1 - self._length_share), _SATURATION * self._length_share / mean
        norms = [fixed + share * length for length in self._lengths]
        for term, counts in self._weights.items():
            ids = self._ids[term]
            frequency = len(ids) if owners is None or len(ids) == 1 else len({owners[number] for number in ids})
            rarity = idf(total, frequency) * (_SATURATION + 1)
            if len(counts) == 1:
                counts[0] = self._most[term] = rarity * counts[0] / (counts[0] + norms[ids[0]])
                continue
            found = [rarity * count / (count + norms[number]) for count, number in zip(counts, ids, strict=True)]
            self._weights[term] = array("f", found)
            self._most[term] = max(found)

    def __contains__(self, term: object) -> bool:
        return term in self._ids

    def weight(self, term: str, number: int) -> float:
        """What a term weighs in one document; 0 if it isn't there."""
        ids = self._ids.get(term)
        if ids is None:
            return 0.0
        at = bisect_left(ids, number)
        return self._weights[term][at] if at < len(ids) and ids[at] == number else 0.0

    def cost(self, unit: Unit) -> int:
        """How many postings `values` reads."""
        return sum(len(self._ids.get(term, ())) for terms, _ in unit.readings for term in terms)

    def most(self, unit: Unit) -> float:
        """No document gets more for this unit."""
        return max(
            (weight * sum(self._most.get(term, 0.0) for term in terms) for terms, weight in unit.readings), default=0.0
        )

    def value(self, unit: Unit, number: int) -> float:
        """What one document gets for a unit: its best reading's weights, less where only a part of it is there."""
        best = 0.0
        for terms, weight in unit.readings:
            if len(terms) == 1:
                found = weight * self.weight(terms[0], number)
            else:
                parts = [part for term in terms if (part := self.weight(term, number))]
                found = weight * sum(parts) * len(parts) / len(terms)
            best = max(best, found)
        return best

    def share(self, unit: Unit, number: int) -> float:
        """How much of a unit a document has, in [0, 1]. What everyday words have in common says little here."""
        return max(
            weight * sum(1 for term in terms if self.weight(term, number)) / len(terms)
            for terms, weight in (
                (terms, weight * _LOOSE if terms[0].startswith(EVERYDAY) else weight) for terms, weight in unit.readings
            )
        )

    def values(self, unit: Unit) -> dict[int, float]:
        """What every document that has something of a unit gets for it, as `value` says."""
        best: dict[int, float] = {}
        for terms, weight in unit.readings:
            found = self._list(terms[0], weight) if len(terms) == 1 else self._together(terms, weight)
            if not best:
                best = found
                continue
            for number, value in found.items():
                if value > best.get(number, 0.0):
                    best[number] = value
        return best

    def _list(self, term: str, weight: float) -> dict[int, float]:
        ids = self._ids.get(term)
        if ids is None:
            return {}
        return {number: weight * value for number, value in zip(ids, self._weights[term], strict=True)}

    def _together(self, terms: Sequence[str], weight: float) -> dict[int, float]:
        sums: dict[int, float] = {}
        hits: dict[int, int] = {}
        for term in terms:
            for number, value in self._list(term, weight).items():
                sums[number] = sums.get(number, 0.0) + value
                hits[number] = hits.get(number, 0) + 1
        return {number: value * hits[number] / len(terms) for number, value in sums.items()}


def idf(total: int, count: int) -> float:
    """The rarity of a term that `count` of `total` documents have."""
    return math.log(1 + (total - count + 0.5) / (count + 0.5))
