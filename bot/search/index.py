"""The index: sections in, scored sections out.

Two fields are scored by BM25, each with its own document frequencies, and summed about two to one: the names of a
section (its title with the headings above, and every other way that it says it is asked for; the best one counts), and
its body with code and links. A word of a query matches by itself or, at a lower weight, by a synonym or by the likely
meaning of a misspelling; the best of these counts.
"""

import heapq
from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.domain.faq import Section
from bot.search.counting import TermCounter
from bot.search.postings import Postings, idf
from bot.search.query import Unit
from bot.search.words import CONCEPT, Lexicon, words

NAME_WEIGHT = 2.0
BODY_WEIGHT = 1.0
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
        self._names, self._bodies = Postings(_NAME_LENGTH_SHARE), Postings(_BODY_LENGTH_SHARE)
        self._name_terms: list[frozenset[str]] = []
        self._owners = array("I")
        self._first_name = array("I")
        self._named: dict[tuple[str, ...], list[int]] = {}
        spelled: Counter[str] = Counter()
        frequencies: Counter[str] = Counter()
        for document, section in enumerate(sections):
            self._first_name.append(len(self._owners))
            seen: set[str] = set()
            above: dict[str, float] = {}
            above_length = sum(counter.add(above, heading, _PATH_FREQUENCY, spelled) for heading in section.path[:-1])
            for name in dict.fromkeys((section.title, *section.metadata.alternates)):
                self._named.setdefault(tuple(word.text for word in words(name)), []).append(document)
                in_name: dict[str, float] = {}
                length = counter.add(in_name, name, 1.0, spelled)
                self._name_terms.append(frozenset(in_name))
                for term, count in above.items():
                    in_name[term] = in_name.get(term, 0.0) + count
                self._names.add(in_name, length + above_length)
                self._owners.append(document)
                seen.update(in_name)
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
        self._first_name.append(len(self._owners))
        self.size = len(sections)
        self.unknown_idf = idf(self.size, 0)
        self._idf = {term: idf(self.size, count) for term, count in frequencies.items()}
        self.terms = self._idf.keys()
        self.vocabulary = {word: count for word, count in spelled.items() if len(word) >= 4 and not word.isdigit()}
        self._names.close(self._owners)
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
        bounds = [
            unit.weight * (NAME_WEIGHT * self._names.most(unit) + BODY_WEIGHT * self._bodies.most(unit))
            for unit in units
        ]
        order = sorted((at for at, bound in enumerate(bounds) if bound > 0), key=lambda at: (-bounds[at], at))
        names: dict[int, float] = {}
        bodies: dict[int, float] = {}
        left = sum(bounds)
        to_read = [self._names.cost(units[at]) + self._bodies.cost(units[at]) for at in order]
        unread = sum(to_read)
        for place, at in enumerate(order):
            if place and unread > _MANY_POSTINGS:
                scores = self._sums(names, bodies)
                if len(scores) >= limit:
                    least = heapq.nlargest(limit, scores.values())[-1]
                    if least > left:
                        kept = [document for document, score in scores.items() if score + left >= least]
                        return self._finished(kept, [units[rest] for rest in order[place:]], names, bodies)
            unit = units[at]
            _add(names, self._names.values(unit), NAME_WEIGHT * unit.weight)
            _add(bodies, self._bodies.values(unit), BODY_WEIGHT * unit.weight)
            left -= bounds[at]
            unread -= to_read[place]
        return self._sums(names, bodies)

    def _sums(self, names: Mapping[int, float], bodies: Mapping[int, float]) -> dict[int, float]:
        best: dict[int, float] = {}
        for name, score in names.items():
            owner = self._owners[name]
            if score > best.get(owner, 0.0):
                best[owner] = score
        for document, score in bodies.items():
            best[document] = best.get(document, 0.0) + score
        return best

    def _finished(
        self,
        documents: Sequence[int],
        units: Sequence[Unit],
        names: Mapping[int, float],
        bodies: Mapping[int, float],
    ) -> dict[int, float]:
        finished: dict[int, float] = {}
        for document in documents:
            body = bodies.get(document, 0.0)
            body += sum(BODY_WEIGHT * unit.weight * self._bodies.value(unit, document) for unit in units)
            best = max(
                names.get(name, 0.0) + sum(NAME_WEIGHT * unit.weight * self._names.value(unit, name) for unit in units)
                for name in self._names_of(document)
            )
            finished[document] = best + body
        return finished

    def _names_of(self, document: int) -> range:
        return range(self._first_name[document], self._first_name[document + 1])

    def _share(self, unit: Unit, document: int) -> float:
        return max(
            self._bodies.share(unit, document), *(self._names.share(unit, name) for name in self._names_of(document))
        )

    def _title_named(self, document: int, units: Sequence[Unit]) -> float:
        """The share of a section's best name that the query names."""
        asked: dict[str, float] = {}
        for unit in units:
            for terms, weight in unit.readings:
                for term in terms:
                    asked[term] = max(asked.get(term, 0.0), weight)
        return max(self._named_share(self._name_terms[name], asked) for name in self._names_of(document))

    def _named_share(self, name: frozenset[str], asked: Mapping[str, float]) -> float:
        total = found = 0.0
        for term in name:
            if term in self._lexicon.light_stems or term[0] == CONCEPT:
                continue
            mass = self._idf[term]
            total += mass
            found += mass * max(asked.get(known, 0.0) for known in (term, *self._lexicon.concepts_of(term)))
        return _ratio(found, total)


def _add(into: dict[int, float], values: Mapping[int, float], weight: float) -> None:
    for number, value in values.items():
        into[number] = into.get(number, 0.0) + weight * value


def _ratio(part: float, total: float) -> float:
    return min(1.0, part / total) if total > 0 else 0.0
