"""The index: sections in, scored sections out.

Two fields are scored by BM25 (Robertson and Zaragoza, 2009), each with its own document frequencies, and summed about
two to one: the title with its path, and the body with its code. A word of a query matches by itself or, at a lower
weight, by a synonym or by the likely meaning of a misspelling; the best of these counts.
"""

import heapq
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from bot.domain.faq import Section
from bot.search.query import Unit
from bot.search.words import CONCEPT, Lexicon, words

TITLE_WEIGHT = 2.0
BODY_WEIGHT = 1.0
_PATH_FREQUENCY = 0.6  # how much a word in a heading above counts, against one in the title
_CODE_FREQUENCY = 0.7
_LINK_FREQUENCY = 0.5
_SATURATION = 1.5  # BM25's k1
_TITLE_LENGTH_SHARE = 0.4  # BM25's b
_BODY_LENGTH_SHARE = 0.85


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


@dataclass(slots=True)
class _Field:
    """Postings of one field: for every term, the documents that have it and the term's BM25 weight in each."""

    length_share: float
    counts: list[Counter[str]] = field(default_factory=list)
    postings: dict[str, list[tuple[int, float]]] = field(default_factory=dict)
    idf: dict[str, float] = field(default_factory=dict)

    def close(self) -> None:
        total = len(self.counts)
        lengths = [
            sum(count for term, count in counts.items() if not term.startswith(CONCEPT)) for counts in self.counts
        ]
        mean = (sum(lengths) / total if total else 0.0) or 1.0
        frequencies: Counter[str] = Counter()
        for counts in self.counts:
            frequencies.update(counts.keys())
        self.idf = {term: _idf(total, count) for term, count in frequencies.items()}
        for document, counts in enumerate(self.counts):
            norm = _SATURATION * (1 - self.length_share + self.length_share * lengths[document] / mean)
            for term, count in counts.items():
                weight = self.idf[term] * count * (_SATURATION + 1) / (count + norm)
                self.postings.setdefault(term, []).append((document, weight))
        self.counts = []


class Index:
    """An immutable index over sections; documents are numbered in their order."""

    def __init__(self, sections: Sequence[Section], lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self.vocabulary: dict[str, int] = {}
        title, body = _Field(_TITLE_LENGTH_SHARE), _Field(_BODY_LENGTH_SHARE)
        self._titles: list[frozenset[str]] = []
        self._named: dict[tuple[str, ...], list[int]] = {}
        spelled: Counter[str] = Counter()
        frequencies: Counter[str] = Counter()
        for document, section in enumerate(sections):
            self._named.setdefault(tuple(word.text for word in words(section.title)), []).append(document)
            in_title: Counter[str] = Counter()
            self._count(in_title, section.title, 1.0, spelled)
            self._titles.append(frozenset(in_title))
            for above in section.path[:-1]:
                self._count(in_title, above, _PATH_FREQUENCY, spelled)
            in_body: Counter[str] = Counter()
            self._count(in_body, section.prose, 1.0, spelled)
            for block in section.code:
                self._count(in_body, block.text, _CODE_FREQUENCY, spelled)
            for link in section.links:
                if link.target.startswith(("#", ".")):
                    continue  # the words of another entry
                self._count(in_body, link.target, _LINK_FREQUENCY, None)
            title.counts.append(in_title)
            body.counts.append(in_body)
            frequencies.update(in_title.keys() | in_body.keys())
        self.size = len(sections)
        self.terms = frozenset(frequencies)
        self.unknown_idf = _idf(self.size, 0)
        self._idf = {term: _idf(self.size, count) for term, count in frequencies.items()}
        self.vocabulary = {word: count for word, count in spelled.items() if len(word) >= 4 and not word.isdigit()}
        title.close()
        body.close()
        self._fields = ((title, TITLE_WEIGHT), (body, BODY_WEIGHT))

    def _count(self, into: Counter[str], text: str, frequency: float, spelled: Counter[str] | None) -> None:
        stems: list[str] = []
        for word in words(text):
            for term in word.terms:
                into[term] += frequency  # type: ignore[assignment]  # counts are fractions here
            stems.extend(word.parts)
            if spelled is not None:
                spelled[word.text] += 1
        for concept in {found for _, _, found in self._lexicon.concepts(stems)}:
            into[concept] += frequency  # type: ignore[assignment]  # as above

    def mass(self, unit: Unit) -> float:
        """How much a unit of a query says: the rarity of its best-known reading; most if nothing here knows it."""
        known = [
            sum(self._idf[term] for term in terms) / len(terms)
            for terms, _ in unit.readings
            if all(term in self._idf for term in terms)
        ]
        return max(known[:1] or [self.unknown_idf])

    def search(self, units: Sequence[Unit], limit: int, query: str = "") -> Ranking:
        """The best `limit` sections; ties in document order. Sections without any match aren't listed. A section whose
        title is the `query`, word by word, comes before all others."""
        scores: dict[int, float] = {}
        found: list[tuple[float, dict[int, float], dict[int, float]]] = []  # weight, shares found in title and in body
        for unit in units:
            shares: list[dict[int, float]] = []
            for postings, weight in self._fields:
                best, share = self._readings(postings, unit)
                shares.append(share)
                weight *= unit.weight  # noqa: PLW2901  # the field's weight for this unit
                for document, value in best.items():
                    scores[document] = scores.get(document, 0.0) + weight * value
            found.append((unit.weight * self.mass(unit), shares[0], shares[1]))
        top = max(scores.values(), default=0.0)
        for document in self._named.get(tuple(word.text for word in words(query)), ()) if top else ():
            scores[document] = scores.get(document, 0.0) + top
        ranked = heapq.nsmallest(limit, scores, key=lambda document: (-scores[document], document))
        if not ranked:
            return Ranking(())
        first = ranked[0]
        return Ranking(
            matches=tuple(Match(document, scores[document]) for document in ranked),
            evidence=scores[first] / self.unknown_idf,
            covered=_ratio(
                sum(mass * max(title.get(first, 0.0), body.get(first, 0.0)) for mass, title, body in found),
                sum(mass for mass, _, _ in found),
            ),
            title_named=self._title_named(first, units),
        )

    def _readings(self, postings: _Field, unit: Unit) -> tuple[dict[int, float], dict[int, float]]:
        """Per document the score of the unit's best reading, and the share of the unit that is found, both in one
        field."""
        if len(unit.readings) == 1 and len(unit.readings[0][0]) == 1:  # most words: nothing to choose from
            only = dict(postings.postings.get(unit.readings[0][0][0], ()))
            return only, dict.fromkeys(only, unit.readings[0][1])
        best: dict[int, float] = {}
        quality: dict[int, float] = {}
        for terms, weight in unit.readings:
            sums: dict[int, float] = {}
            hits: dict[int, int] = {}
            for term in terms:
                for document, value in postings.postings.get(term, ()):
                    sums[document] = sums.get(document, 0.0) + value
                    hits[document] = hits.get(document, 0) + 1
            for document, value in sums.items():
                share = weight * hits[document] / len(terms)
                if share * value > best.get(document, 0.0):
                    best[document] = share * value
                quality[document] = max(quality.get(document, 0.0), share)
                best.setdefault(document, share * value)
        return best, quality

    def _title_named(self, document: int, units: Iterable[Unit]) -> float:
        title = {term for term in self._titles[document] if not term.startswith(CONCEPT)}
        asked: dict[str, float] = {}
        for unit in units:
            for terms, weight in unit.readings:
                for term in terms:
                    asked[term] = max(asked.get(term, 0.0), weight)
        total = found = 0.0
        for term in title:
            if term in self._lexicon.light_stems:
                continue
            mass = self._idf[term]
            total += mass
            names = (term, *self._lexicon.concepts_of(term))
            found += mass * max(asked.get(name, 0.0) for name in names)
        return _ratio(found, total)


def _idf(total: int, count: int) -> float:
    return math.log(1 + (total - count + 0.5) / (count + 0.5))


def _ratio(part: float, total: float) -> float:
    return min(1.0, part / total) if total > 0 else 0.0
