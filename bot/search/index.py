"""The index: sections in, scored sections out.

Three fields are scored by BM25, each with its own document frequencies and lengths: the title with the headings above,
the alternates (every other way that a section says it is asked for; the best one counts, so that there is nothing in
having many), and the body with code and links. The first two are names of the section: the better of them counts fully,
about two to one against the body, the other a little. A word of a query matches by itself or, at a lower weight, by a
synonym or by the likely meaning of a misspelling; the best of these counts.
"""

import heapq
from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.domain.faq import Section
from bot.search.counting import TermCounter
from bot.search.postings import Postings, idf
from bot.search.query import Unit
from bot.search.words import CONCEPT, Lexicon, words

NAME_WEIGHT = 2.0
BODY_WEIGHT = 1.0
_ALTERNATE_SHARE = 0.65  # what an alternate counts, against a title; tuning questions can't tell .5 from .8
_LESSER_NAME_SHARE = 0.3  # what the weaker of title and alternates adds; they can't tell 0 from .4
_PATH_FREQUENCY = 0.6  # how much a word in a heading above counts, against one in the title
_CODE_FREQUENCY = 0.7
_LINK_FREQUENCY = 0.5
_LENT_FREQUENCY = 0.1
_NAME_LENGTH_SHARE = 0.4  # BM25's b
_BODY_LENGTH_SHARE = 0.85
_MANY_POSTINGS = 4000  # from here on it pays to look at the best sections only


@dataclass(frozen=True, slots=True)
class Match:
    """A section, by its number, and its weighted BM25 sum for a query."""

    document: int
    score: float


@dataclass(frozen=True, slots=True)
class Ranking:
    """The best matches of a query, best first, and what speaks for the first.

    `evidence` is its score in units of one word that no section has. `covered` is the share in [0, 1] of the query's
    weight that it has, `title_named` the share of its own title that the query names.
    """

    matches: tuple[Match, ...]
    evidence: float = 0.0
    covered: float = 0.0
    title_named: float = 0.0


class Index:
    """An immutable index over sections; documents are numbered in their order. `lent` are the sections that a
    section only points to, by its number: their words are found in it too, at a low weight."""

    def __init__(
        self, sections: Sequence[Section], lexicon: Lexicon, lent: Mapping[int, Sequence[Section]] | None = None
    ) -> None:
        self._lexicon = lexicon
        counter = TermCounter(lexicon)
        self._titles, self._alternates = Postings(_NAME_LENGTH_SHARE), Postings(_NAME_LENGTH_SHARE)
        self._bodies = Postings(_BODY_LENGTH_SHARE)
        self._title_terms: list[frozenset[str]] = []
        self._alternate_terms: list[frozenset[str]] = []
        self._owners = array("I")  # of the alternates
        self._first_alternate = array("I")
        self._named: dict[tuple[str, ...], list[int]] = {}
        spelled: Counter[str] = Counter()
        frequencies: Counter[str] = Counter()
        for document, section in enumerate(sections):
            self._first_alternate.append(len(self._owners))
            in_title: dict[str, float] = {}
            length = counter.add(in_title, section.title, 1.0, spelled)
            self._title_terms.append(frozenset(in_title))
            for heading in section.path[:-1]:
                length += counter.add(in_title, heading, _PATH_FREQUENCY, spelled)
            self._titles.add(in_title, length)
            seen = set(in_title)
            alternates = [name for name in dict.fromkeys(section.metadata.alternates) if name != section.title]
            for alternate in alternates:
                in_alternate: dict[str, float] = {}
                length = counter.add(in_alternate, alternate, 1.0, spelled)
                self._alternate_terms.append(frozenset(in_alternate))
                self._alternates.add(in_alternate, length)
                self._owners.append(document)
                seen.update(in_alternate)
            for name in (section.title, *alternates):
                self._named.setdefault(tuple(word.text for word in words(name)), []).append(document)
            in_body: dict[str, float] = {}
            length = counter.add(in_body, section.prose, 1.0, spelled)
            for block in section.code:
                length += counter.add(in_body, block.text, _CODE_FREQUENCY, spelled)
            for link in section.links:
                if not link.target.startswith(("#", ".")):  # those have the words of another entry
                    length += counter.add(in_body, link.target, _LINK_FREQUENCY)
            for other in (lent or {}).get(document, ()):
                for text in (other.prose, *(block.text for block in other.code)):
                    counter.add(in_body, text, _LENT_FREQUENCY)  # the length stays: it is a short entry
            self._bodies.add(in_body, length)
            seen.update(in_body)
            frequencies.update(seen)
        self._first_alternate.append(len(self._owners))
        self.size = len(sections)
        self.unknown_idf = idf(self.size, 0)
        self._idf = {term: idf(self.size, count) for term, count in frequencies.items()}
        self.terms = self._idf.keys()
        self.vocabulary = {word: count for word, count in spelled.items() if len(word) >= 4 and not word.isdigit()}
        self._titles.close()
        self._alternates.close(self._owners, self.size)
        self._bodies.close()

    def mass(self, unit: Unit) -> float:
        """How much a unit of a query says: the rarity of its best-known reading; most if nothing here knows it."""
        for terms, _ in unit.readings:
            if all(term in self._idf for term in terms):
                return sum(self._idf[term] for term in terms) / len(terms)
        return self.unknown_idf

    def search(self, units: Sequence[Unit], limit: int, query: str = "") -> Ranking:
        """The best `limit` sections; ties in document order. Sections without any match aren't listed. A section one
        of whose names is the `query`, word by word, comes before all others."""
        scores = self._scores(units, limit)
        top = max(scores.values(), default=0.0)
        for document in dict.fromkeys(self._named.get(tuple(word.text for word in words(query)), ())) if top else ():
            scores[document] = scores.get(document, 0.0) + top
        ranked = heapq.nsmallest(limit, scores, key=lambda document: (-scores[document], document))
        if not ranked:
            return Ranking(())
        covered, title_named = self.support(ranked[0], units)
        return Ranking(
            matches=tuple(Match(document, scores[document]) for document in ranked),
            evidence=scores[ranked[0]] / self.unknown_idf,
            covered=covered,
            title_named=title_named,
        )

    def support(self, document: int, units: Sequence[Unit]) -> tuple[float, float]:
        """What speaks for a section, whether it is first or not: `covered` and `title_named` of a ranking."""
        masses = [unit.weight * self.mass(unit) for unit in units]
        found = sum(mass * self._share(unit, document) for mass, unit in zip(masses, units, strict=True))
        return _ratio(found, sum(masses)), self._title_named(document, units)

    def _scores(self, units: Sequence[Unit], limit: int) -> dict[int, float]:
        """The scores of at least the best `limit` sections.

        Units are added up, those that can say most first. Once what is left can't lift an unseen section above the
        `limit` best, the rest is looked up for the sections that may still be among them (MaxScore: Turtle and Flood,
        1995).
        """
        bounds = [unit.weight * self._bound(unit) for unit in units]
        order = sorted((at for at, bound in enumerate(bounds) if bound > 0), key=lambda at: (-bounds[at], at))
        sums = _Sums()
        left = sum(bounds)
        fields = (self._titles, self._alternates, self._bodies)
        to_read = [sum(each.cost(units[at]) for each in fields) for at in order]
        unread = sum(to_read)
        for place, at in enumerate(order):
            if place and unread > _MANY_POSTINGS:
                scores = self._scored(sums)
                if len(scores) >= limit:
                    least = heapq.nlargest(limit, scores.values())[-1]
                    if least > left:
                        kept = [document for document, score in scores.items() if score + left >= least]
                        return self._finished(kept, [units[rest] for rest in order[place:]], sums)
            unit = units[at]
            _add(sums.titles, self._titles.values(unit), unit.weight)
            _add(sums.alternates, self._alternates.values(unit), unit.weight)
            _add(sums.bodies, self._bodies.values(unit), unit.weight)
            left -= bounds[at]
            unread -= to_read[place]
        return self._scored(sums)

    def _bound(self, unit: Unit) -> float:
        """No section gets more for this unit, before its weight."""
        name = self._titles.most(unit) + _ALTERNATE_SHARE * self._alternates.most(unit)
        return NAME_WEIGHT * name + BODY_WEIGHT * self._bodies.most(unit)

    def _scored(self, sums: "_Sums") -> dict[int, float]:
        best: dict[int, float] = {}
        for number, score in sums.alternates.items():
            owner = self._owners[number]
            if score > best.get(owner, 0.0):
                best[owner] = score
        scores = {document: BODY_WEIGHT * score for document, score in sums.bodies.items()}
        _add(scores, {document: _name(score, best.get(document, 0.0)) for document, score in sums.titles.items()}, 1.0)
        _add(scores, {owner: _name(0.0, score) for owner, score in best.items() if owner not in sums.titles}, 1.0)
        return scores

    def _finished(self, documents: Sequence[int], units: Sequence[Unit], sums: "_Sums") -> dict[int, float]:
        def whole(postings: Postings, so_far: Mapping[int, float], number: int) -> float:
            return so_far.get(number, 0.0) + sum(unit.weight * postings.value(unit, number) for unit in units)

        return {
            document: BODY_WEIGHT * whole(self._bodies, sums.bodies, document)
            + _name(
                whole(self._titles, sums.titles, document),
                max(
                    (whole(self._alternates, sums.alternates, number) for number in self._alternates_of(document)),
                    default=0.0,
                ),
            )
            for document in documents
        }

    def _alternates_of(self, document: int) -> range:
        return range(self._first_alternate[document], self._first_alternate[document + 1])

    def _share(self, unit: Unit, document: int) -> float:
        return max(
            self._bodies.share(unit, document),
            self._titles.share(unit, document),
            *(self._alternates.share(unit, number) for number in self._alternates_of(document)),
        )

    def _title_named(self, document: int, units: Sequence[Unit]) -> float:
        """The share of a section's best name that the query names."""
        asked: dict[str, float] = {}
        for unit in units:
            for terms, weight in unit.readings:
                for term in terms:
                    asked[term] = max(asked.get(term, 0.0), weight)
        names = (self._title_terms[document], *(self._alternate_terms[at] for at in self._alternates_of(document)))
        return max(self._named_share(name, asked) for name in names)

    def _named_share(self, name: frozenset[str], asked: Mapping[str, float]) -> float:
        total = found = 0.0
        for term in name:
            if term in self._lexicon.light_stems or term[0] == CONCEPT:
                continue
            mass = self._idf[term]
            total += mass
            found += mass * max(asked.get(known, 0.0) for known in (term, *self._lexicon.concepts_of(term)))
        return _ratio(found, total)


@dataclass(frozen=True, slots=True)
class _Sums:
    """What was found so far, by section and, for alternates, by their number."""

    titles: dict[int, float] = field(default_factory=dict)
    alternates: dict[int, float] = field(default_factory=dict)
    bodies: dict[int, float] = field(default_factory=dict)


def _name(title: float, alternate: float) -> float:
    """What a section gets for its names."""
    lesser, better = sorted((title, _ALTERNATE_SHARE * alternate))
    return NAME_WEIGHT * (better + _LESSER_NAME_SHARE * lesser)


def _add(into: dict[int, float], values: Mapping[int, float], weight: float) -> None:
    for number, value in values.items():
        into[number] = into.get(number, 0.0) + weight * value


def _ratio(part: float, total: float) -> float:
    return min(1.0, part / total) if total > 0 else 0.0
