"""The index: sections in, scored sections out.

Three fields are scored by BM25, each with its own document frequencies and lengths: the title with the headings above,
the alternates (every other way that a section says it is asked for; the best one counts, so that there is nothing in
having many), and the body with code and links. The first two are names of the section: the better of them counts fully,
about two to one against the body, the other a little. A word of a query matches by itself or, at a lower weight, by a
synonym or by the likely meaning of a misspelling; the best of these counts.
"""

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.domain.faq import Section
from bot.search import memory
from bot.search.asked import Asked
from bot.search.counting import Kind, TermCounter
from bot.search.fields import Fields
from bot.search.numbers import Numbers
from bot.search.odds import likely
from bot.search.postings import Postings, idf
from bot.search.query import Unit
from bot.search.references import TITLE_NUMBER
from bot.search.words import Lexicon, words

NAME_WEIGHT = 2.0
BODY_WEIGHT = 1.0
_ALTERNATE_SHARE = 0.8  # what an alternate counts, against a title; tuning questions can't tell .5 from .8
_LESSER_NAME_SHARE = 0.5  # what the weaker of title and alternates adds; .3 to .7 hardly differ
_MANY_POSTINGS = 4000  # from here on it pays to look at the best sections only
_BLOCK = 64  # sections of which only the best counts when a bound for the best of all is looked for
_FEW = 100  # it pays to look the rest up for one section in so many
_ROUNDING = 1e-3  # more than sums of 32-bit floats are wrong by; no match counts as little
_NAMES_KEPT = 1000
_WITH_ODDS = 50  # sections among which the odds may put another one first
_ODDS_WEIGHT = (
    0.16  # what they count, against 1 for the best score: found with a third of the alternates, none, or all left out
)


@dataclass(frozen=True, slots=True)
class Match:
    """A section, by its number, and its weighted BM25 sum for a query."""

    document: int
    score: float


@dataclass(frozen=True, slots=True)
class Ranking:
    """The best matches of a query, best first, and what speaks for the first.

    `evidence` is its score in units of one word that no section has. `covered` is the share in [0, 1] of the query's
    weight that it has, `title_named` the share of its own title that the query names, `asked` and `refused` how much
    the query is like a question that was asked about it before, and like one that nothing answers, `likely` how much
    likelier than nothing it is by the words of all of them; 0 if none were asked.
    """

    matches: tuple[Match, ...]
    evidence: float = 0.0
    covered: float = 0.0
    title_named: float = 0.0
    asked: float = 0.0
    refused: float = 0.0
    likely: float = 0.0


class Index:
    """An immutable index over sections; documents are numbered in their order."""

    def __init__(
        self,
        sections: Sequence[Section],
        lexicon: Lexicon,
        postings: Postings,
        *,
        names: Sequence[str],
        vocabulary: Mapping[str, int],
    ) -> None:
        self._lexicon = lexicon
        self._sections = sections
        self.postings, self._fields = postings, postings.fields
        self.size = len(sections)
        self.unknown_idf = idf(self.size, 0)
        self.terms = postings.places.keys()
        self.vocabulary = vocabulary
        self.names = names
        self._named: dict[str, list[int]] = {}
        for name, document in zip(names, self._fields.documents_of_names(), strict=True):
            self._named.setdefault(name, []).append(document)
        self._name_masses: dict[int, list[_Name]] = {}

    @staticmethod
    @memory.uncollected()
    def of(
        sections: Sequence[Section], lexicon: Lexicon, lent: Mapping[int, Sequence[Section]] | None = None
    ) -> "Index":
        """Index sections. `lent` are the sections that a section only points to, by its number: their words are found
        in it too, at a low weight."""
        import numpy as np

        memory.reuse()
        alternates = [_alternates(section) for section in sections]
        fields = Fields(len(sections), np.repeat(np.arange(len(sections)), [len(names) for names in alternates]))
        _, bodies, alternate, _ = fields.bounds
        counter = TermCounter(lexicon, fields)
        lent = lent or {}
        for title, (section, names) in enumerate(zip(sections, alternates, strict=True)):
            counter.add(_texts(section, names, (title, bodies + title, alternate), lent.get(title, ())))
            alternate += len(names)
        counts = counter.counts()
        spelled = {word: count for word, count in counts.spelled.items() if len(word) >= 4 and not word.isdigit()}
        return Index(sections, lexicon, Postings.of(counts, fields), names=counts.names, vocabulary=spelled)

    def mass(self, unit: Unit) -> float:
        """How much a unit of a query says: the rarity of its best-known reading; most if nothing here knows it."""
        for terms, _ in unit.readings:
            rarities = [rarity for term in terms if (rarity := self.postings.idf(term)) is not None]
            if len(rarities) == len(terms):
                return sum(rarities) / len(terms)
        return self.unknown_idf

    def named(self) -> Iterator[tuple[int, str]]:
        """Each section's number with each of its names, as folded words."""
        return ((document, name) for name, documents in self._named.items() for document in documents)

    def is_name(self, text: str) -> bool:
        """Whether a text is a name of a section, word by word."""
        return _named(text) in self._named

    def search(self, units: Sequence[Unit], limit: int, query: str = "", asked: Asked | None = None) -> Ranking:
        """The best `limit` sections; ties in document order. Sections without any match aren't listed. A section one
        of whose names is the `query`, word by word, comes before all others. What was `asked` before counts too, though
        not the odds where names in code say what is meant."""
        odds = asked.odds(units) if asked else None
        scores = self._scores(
            units, limit if odds is None else max(limit, _WITH_ODDS), asked.scores(units) if asked else None
        )
        top = max(scores.values(), default=0.0)
        for document in dict.fromkeys(self._named.get(_named(query), ())) if top and query else ():
            scores[document] = scores.get(document, 0.0) + top
        if odds is not None and scores and not any(unit.weight > 1 for unit in units):
            scores = _with_odds(scores, odds)
        ranked = heapq.nsmallest(limit, scores, key=lambda document: (-scores[document], document))
        if not ranked:
            return Ranking(())
        return Ranking(
            matches=tuple(Match(document, scores[document]) for document in ranked),
            evidence=scores[ranked[0]] / self.unknown_idf,
            **self.support(ranked[0], units, asked, odds),
        )

    def support(
        self, document: int, units: Sequence[Unit], asked: Asked | None = None, odds: "Numbers | None" = None
    ) -> dict[str, float]:
        """What speaks for a section, whether it is first or not: `covered`, `title_named`, `asked`, `refused` and
        `likely` of a ranking. `odds` are those of what was asked, where they are at hand."""
        slots = (document, self.size + document, *range(*self._fields.alternates_of(document)))
        masses = [unit.weight * self.mass(unit) for unit in units]
        found = sum(mass * self.postings.share(unit, slots) for mass, unit in zip(masses, units, strict=True))
        before, refused = asked.likeness(units, document) if asked else (0.0, 0.0)
        odds = asked.odds(units) if asked and odds is None else odds
        return {
            "covered": _ratio(found, sum(masses)),
            "title_named": self._title_named(document, units),
            "asked": before,
            "refused": refused,
            "likely": 0.0 if odds is None else likely(odds, document),
        }

    def _scores(self, units: Sequence[Unit], limit: int, before: "Numbers | None") -> dict[int, float]:
        """The scores of at least the best `limit` sections; `before` is what each has without the units.

        Units are added up, those that can say most first. Once what is left can't lift an unseen section above the
        `limit` best, the rest is looked up for the sections that may still be among them (MaxScore: Turtle and Flood,
        1995).
        """
        import numpy as np

        postings, fields = self.postings, self._fields
        if sum(map(postings.cost, units)) <= max(_MANY_POSTINGS, self.size):
            return _best(self._totals(self._sums(units), before), limit)
        bounds = [unit.weight * self._bound(unit) for unit in units]
        order = sorted((at for at, bound in enumerate(bounds) if bound > 0), key=lambda at: (-bounds[at], at))
        sums, scratch = (np.zeros(fields.bounds[3], np.float32) for _ in range(2))
        costs = [postings.cost(units[at]) for at in order]
        unread, left, read = sum(costs), sum(bounds), 0.0
        for place, at in enumerate(order):
            # a look at who is ahead costs as much as reading a field of all sections, and nobody is ahead by more than
            # what was read
            if unread > max(_MANY_POSTINGS, self.size) and read > left:
                scores = self._totals(sums, before)
                enough = _lower_bound(scores, limit) - left - _ROUNDING
                kept = np.flatnonzero(scores >= enough) if enough > 0 else ()
                if 0 < len(kept) <= max(limit, self.size // _FEW):
                    return self._finished(
                        np.asarray(kept), [units[rest] for rest in order[place:]], sums, limit, before
                    )
            postings.add(units[at], sums, scratch)
            left, read, unread = left - bounds[at], read + bounds[at], unread - costs[place]
        return _best(self._totals(sums, before), limit)

    def _sums(self, units: Sequence[Unit]) -> Numbers:
        """What every slot gets for all units."""
        import numpy as np

        sums, scratch = (np.zeros(self._fields.bounds[3], np.float32) for _ in range(2))
        for unit in units:
            self.postings.add(unit, sums, scratch)
        return sums

    def _bound(self, unit: Unit) -> float:
        """No section gets more for this unit, before its weight."""
        title, body, alternate = self.postings.bounds(unit)
        return NAME_WEIGHT * (title + _ALTERNATE_SHARE * alternate) + BODY_WEIGHT * body

    def _totals(self, sums: Numbers, before: "Numbers | None") -> Numbers:
        """The score of every section, from what its slots have and what it had before."""
        _, bodies, alternates, _ = self._fields.bounds
        scores = _total(sums[:bodies], sums[bodies:alternates], sums[alternates:], self._fields.owners)
        return scores if before is None else scores + before

    def _finished(
        self, documents: Numbers, units: Sequence[Unit], sums: Numbers, limit: int, before: "Numbers | None"
    ) -> dict[int, float]:
        """The scores of the best of a few sections, with the units that aren't in `sums` yet."""
        import numpy as np

        _, bodies, alternates, _ = self._fields.bounds
        is_one = np.zeros(self.size, bool)
        is_one[documents] = True
        own = np.flatnonzero(is_one[self._fields.owners])
        slots = np.concatenate((documents, bodies + documents, alternates + own))
        values = sums[slots]
        for unit in units:
            values += self.postings.at(unit, slots)
        count = len(documents)
        owners = documents.searchsorted(self._fields.owners[own])
        scores = _total(values[:count], values[count : 2 * count], values[2 * count :], owners)
        return _best(scores if before is None else scores + before[documents], limit, documents)

    def _title_named(self, document: int, units: Sequence[Unit]) -> float:
        """The share of a section's best name that the query names."""
        asked: dict[str, float] = {}
        for unit in units:
            for terms, weight in unit.readings:
                for term in terms:
                    asked[term] = max(asked.get(term, 0.0), weight)
        best = 0.0
        for name in self._names_of(document):
            found = sum(mass * max(asked.get(term, 0.0) for term in alike) for mass, alike in name.terms)
            best = max(best, _ratio(found, name.mass))
        return best

    def _names_of(self, document: int) -> "list[_Name]":
        names = self._name_masses.get(document)
        if names is None:
            section = self._sections[document]
            if len(self._name_masses) >= _NAMES_KEPT:
                self._name_masses.clear()
            title = TITLE_NUMBER.sub("", section.title)  # nobody asks for a number
            names = [self._name(text) for text in (title or section.title, *_alternates(section))]
            self._name_masses[document] = names
        return names

    def _name(self, text: str) -> "_Name":
        terms = [
            (self.postings.idf(term) or 0.0, (term, *self._lexicon.concepts_of(term)))
            for term in dict.fromkeys(term for word in words(text) for term in word.terms)
            if term not in self._lexicon.light_stems
        ]
        return _Name(tuple(terms), sum(mass for mass, _ in terms))


@dataclass(frozen=True, slots=True)
class _Name:
    """A name of a section: the rarity of each of its words, with what stands for it, and all of that together."""

    terms: tuple[tuple[float, tuple[str, ...]], ...]
    mass: float


def _texts(
    section: Section, names: Sequence[str], slots: tuple[int, int, int], lent: Sequence[Section]
) -> Iterator[tuple[int, Kind, str]]:
    """What is counted of a section, for its title, its body and its alternates, the first of which has that slot."""
    title, body, alternate = slots
    yield title, Kind.NAME, section.title
    for heading in section.path[:-1]:
        yield title, Kind.PATH, heading
    for at, name in enumerate(names, alternate):
        yield at, Kind.NAME, name
    yield body, Kind.PROSE, section.prose
    for block in section.code:
        yield body, Kind.CODE, block.text
    for link in section.links:
        if not link.target.startswith(("#", ".")):  # those have the words of another entry
            yield body, Kind.LINK, link.target
    for other in lent:
        yield body, Kind.LENT, other.prose  # the length stays: it is a short entry
        for block in other.code:
            yield body, Kind.LENT, block.text


def _alternates(section: Section) -> list[str]:
    return [name for name in dict.fromkeys(section.metadata.alternates) if name != section.title]


def _named(text: str) -> str:
    return " ".join(word.text for word in words(text))


def _name(titles: Numbers, alternates: Numbers) -> Numbers:
    """What sections get for their names."""
    import numpy as np

    alternates = _ALTERNATE_SHARE * alternates
    lesser, better = np.minimum(titles, alternates), np.maximum(titles, alternates)
    return np.asarray(NAME_WEIGHT * (better + _LESSER_NAME_SHARE * lesser))


def _total(titles: Numbers, bodies: Numbers, alternates: Numbers, owners: Numbers) -> Numbers:
    """The scores of sections, from what their fields have. `owners` are the places of the alternates' sections."""
    import numpy as np

    totals = NAME_WEIGHT * titles
    if len(owners):
        firsts = np.flatnonzero(np.diff(owners, prepend=-1))
        named = owners[firsts]
        totals[named] = _name(titles[named], np.maximum.reduceat(alternates, firsts))
    totals += BODY_WEIGHT * bodies
    return np.asarray(totals)


def _best(scores: Numbers, limit: int, documents: Numbers | None = None) -> dict[int, float]:
    """At least the best `limit` of scores that aren't 0, by the document."""
    import numpy as np

    best = np.flatnonzero(scores >= max(_lower_bound(scores, limit), _ROUNDING))
    found = best if documents is None else documents[best]
    return dict(zip(found.tolist(), scores[best].tolist(), strict=True))


def _lower_bound(scores: Numbers, limit: int) -> float:
    """A number that at least `limit` scores reach, and few more; 0 if there aren't so many."""
    import numpy as np

    if limit >= len(scores):
        return 0.0
    if limit * _BLOCK * 2 > len(scores):
        return float(np.partition(scores, -limit)[-limit])
    whole = len(scores) // _BLOCK * _BLOCK
    best = scores[:whole].reshape(_BLOCK, -1).max(axis=0)
    return float(np.partition(best, -limit)[-limit])


def _with_odds(scores: Mapping[int, float], odds: Numbers) -> dict[int, float]:
    """Scores times a share that falls with how much less likely each section is than the likeliest of them."""
    import numpy as np

    documents = list(scores)
    own = odds[documents]
    shares = np.exp(_ODDS_WEIGHT * (own - own.max()))
    return {document: scores[document] * share for document, share in zip(documents, shares.tolist(), strict=True)}


def _ratio(part: float, total: float) -> float:
    return min(1.0, part / total) if total > 0 else 0.0
