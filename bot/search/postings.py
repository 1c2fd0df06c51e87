"""Where each term is, and how much it says there.

BM25 (Robertson and Zaragoza, 2009), with each field's own document frequencies and lengths. A *slot* is a field of a
section: first come the titles, one a section, then the bodies, then the alternates, of which a section has any number.
So one list of slots and weights for each term holds all three fields, and a query is a few sums over arrays.
"""

import math
from bisect import bisect_left
from collections.abc import Iterable, Sequence

from bot.search.counting import Counts
from bot.search.fields import FIELDS, Fields
from bot.search.numbers import Numbers
from bot.search.query import Unit
from bot.search.words import EVERYDAY

_AT_ONCE = 1 << 16  # postings that are weighed together: what bounds the memory
_FEW = 1000  # postings
_LOOSE = 0.1  # how much of the weight of an everyday synonym counts as a sign that the section is meant
_SATURATION = 1.5  # BM25's k1
_LENGTH_SHARES = (0.4, 0.85, 0.4)  # BM25's b for titles, bodies, alternates


class Postings:
    """The slots of each term, with its weight there. Immutable.

    Made of arrays that can be kept: `starts` (one more than there are terms), `slots`, `weights`, `most` (the highest
    weight of each term in each of the three fields) and `rarity` (of each term among whole sections).
    """

    def __init__(
        self,
        terms: Sequence[str],
        fields: Fields,
        *,
        starts: Numbers,
        slots: Numbers,
        weights: Numbers,
        most: Numbers,
        rarity: Numbers,
    ) -> None:
        self.places = {term: place for place, term in enumerate(terms)}
        self.fields = fields
        self.starts, self.slots, self.weights, self.most, self.rarity = starts, slots, weights, most, rarity
        self._slots, self._starts = slots.data, starts.data  # faster for single numbers

    @staticmethod
    def of(counts: Counts, fields: Fields) -> "Postings":
        """Weigh what was counted."""
        import numpy as np

        norms = np.zeros(fields.bounds[FIELDS])
        for field, share in enumerate(_LENGTH_SHARES):
            own = slice(*fields.bounds[field : field + 2])
            lengths = counts.lengths[own]
            mean = (float(lengths.mean()) if len(lengths) else 0.0) or 1.0
            norms[own] = _SATURATION * (1 - share) + _SATURATION * share / mean * lengths
        rarity = _idf(fields.documents, counts.in_field) * (_SATURATION + 1)
        weights = np.zeros(len(counts.slots), np.float32)
        sizes = np.diff(counts.starts)
        parts = counts.starts.searchsorted(np.arange(0, len(weights), _AT_ONCE)).tolist()
        for first, last in zip(parts, [*parts[1:], len(sizes)], strict=True):
            part = slice(counts.starts[first], counts.starts[last])
            often = counts.counts[part]
            rare = np.repeat(rarity[first:last], sizes[first:last])
            weights[part] = rare * often / (often + norms[counts.slots[part]])
        most = np.zeros(len(sizes), np.float32)
        if len(weights):
            is_there = sizes > 0
            most[is_there] = np.maximum.reduceat(weights, counts.starts[:-1][is_there])
        return Postings(
            counts.terms,
            fields,
            starts=counts.starts[::FIELDS].copy(),
            slots=counts.slots,
            weights=weights,
            most=most.reshape(-1, FIELDS),
            rarity=_idf(fields.documents, counts.anywhere),
        )

    def idf(self, term: str) -> float | None:
        """The rarity of a term among sections; None if none has it."""
        place = self.places.get(term)
        return None if place is None else float(self.rarity[place])

    def cost(self, unit: Unit) -> int:
        """How many postings `add` reads."""
        return sum(
            self._starts[place + 1] - self._starts[place] for terms, _ in unit.readings for place in self._known(terms)
        )

    def bounds(self, unit: Unit) -> tuple[float, float, float]:
        """No title, body and alternate gets more for this unit."""
        titles = bodies = alternates = 0.0
        for terms, weight in unit.readings:
            title = body = alternate = 0.0
            for place in self._known(terms):
                of_title, of_body, of_alternate = self.most[place].tolist()
                title, body, alternate = title + of_title, body + of_body, alternate + of_alternate
            titles = max(titles, weight * title)
            bodies = max(bodies, weight * body)
            alternates = max(alternates, weight * alternate)
        return titles, bodies, alternates

    def add(self, unit: Unit, into: Numbers, scratch: Numbers) -> None:
        """Add to each slot what it gets for a unit, times the unit's weight: its best reading's weights, less where
        only a part of the reading is there. `scratch` has zeros, also afterwards."""
        import numpy as np

        lists = [found for terms, weight in unit.readings for found in self._lists(terms, weight)]
        if len(lists) == 1:
            slots, values = lists[0]
            into[slots] += unit.weight * values
            return
        if 0 < sum(len(slots) for slots, _ in lists) <= _FEW:  # a call for all of them costs less than one for each
            together = np.concatenate([slots for slots, _ in lists])
            np.maximum.at(scratch, together, np.concatenate([values for _, values in lists]))
            into[together] += unit.weight * scratch[together]  # once, however often a slot is there
            scratch[together] = 0.0
            return
        for slots, values in lists:
            scratch[slots] = np.maximum(scratch[slots], values)
        for slots, _ in lists:
            into[slots] += unit.weight * scratch[slots]
            scratch[slots] = 0.0  # what two readings have is added once

    def at(self, unit: Unit, slots: Numbers) -> Numbers:
        """What some slots get for a unit, times its weight, as `add` says."""
        import numpy as np

        best = np.zeros(len(slots))
        for terms, weight in unit.readings:
            parts = [self._values_at(place, slots) for place in self._known(terms)]
            if parts:
                best = np.maximum(best, weight * parts[0] if len(terms) == 1 else _part(parts, len(terms), weight))
        return unit.weight * best

    def share(self, unit: Unit, slots: Sequence[int]) -> float:
        """How much of a unit one of the slots has at most, in [0, 1]. What everyday words have in common says little
        here."""
        best = 0.0
        for terms, weight in unit.readings:
            counts = weight * _LOOSE if terms[0].startswith(EVERYDAY) else weight
            places = self._known(terms)
            if counts * len(places) / len(terms) > best:
                if len(places) == 1:
                    here = int(self._is_in_any(places[0], slots))
                else:
                    here = max(sum(self._has(place, slot) for place in places) for slot in slots)
                best = max(best, counts * here / len(terms))
        return best

    def having(self, terms: Iterable[str], slots: Sequence[int]) -> list[bool]:
        """Which terms are in one of the slots."""
        return [
            (place := self.places.get(term)) is not None and any(self._has(place, slot) for slot in slots)
            for term in terms
        ]

    def _known(self, terms: Iterable[str]) -> list[int]:
        return [place for term in terms if (place := self.places.get(term)) is not None]

    def _has(self, place: int, slot: int) -> bool:
        end = self._starts[place + 1]
        at = bisect_left(self._slots, slot, self._starts[place], end)
        return at < end and self._slots[at] == slot

    def _is_in_any(self, place: int, slots: Sequence[int]) -> bool:
        first, end = self._starts[place], self._starts[place + 1]
        if end - first < len(slots):
            wanted = set(slots)
            return any(slot in wanted for slot in self._slots[first:end])
        return any(self._has(place, slot) for slot in slots)

    def _list(self, place: int) -> tuple[Numbers, Numbers]:
        first, end = self._starts[place], self._starts[place + 1]
        return self.slots[first:end], self.weights[first:end]

    def _lists(self, terms: Sequence[str], weight: float) -> Iterable[tuple[Numbers, Numbers]]:
        """The slots of a reading with their values; at most one list."""
        import numpy as np

        places = self._known(terms)
        if not places:
            return
        if len(terms) == 1:
            slots, weights = self._list(places[0])
            yield slots, weight * weights
            return
        slots = np.unique(np.concatenate([self._list(place)[0] for place in places]))
        yield slots, _part([self._values_at(place, slots) for place in places], len(terms), weight)

    def _values_at(self, place: int, slots: Numbers) -> Numbers:
        """What a term weighs in each slot; 0 where it isn't."""
        import numpy as np

        known, weights = self._list(place)
        at = np.minimum(known.searchsorted(slots), len(known) - 1)
        return np.where(known[at] == slots, weights[at], 0.0)


def _part(parts: Sequence[Numbers], whole: int, weight: float) -> Numbers:
    """The value of a reading of `whole` terms of which these are known: less where only some are there."""
    import numpy as np

    values = np.stack(parts)
    return np.asarray(weight / whole * values.sum(axis=0) * np.count_nonzero(values, axis=0))


def _idf(total: int, counts: Numbers) -> Numbers:
    import numpy as np

    return np.log(1 + (total - counts + 0.5) / (counts + 0.5))


def idf(total: int, count: int) -> float:
    """The rarity of a term that `count` of `total` documents have."""
    return math.log(1 + (total - count + 0.5) / (count + 0.5))
