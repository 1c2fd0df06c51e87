"""Words and meaning put together: one ranking from the lexical scores and the cosines of a model.

Scores are summed, not ranks: that a section is far ahead must count. The cosine counts as much as the nearest section
is near, since a model for which nothing is near has nothing to say; the lexical score, as a share of the best one,
counts as much as the lexical engine is sure of itself.
"""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

from bot.search import confidence
from bot.search.asked import Asked
from bot.search.index import Index, Match, Ranking
from bot.search.query import Unit

CANDIDATES = 50
"""Lexical matches that are looked at; the same number is taken from those that are nearest."""

LEXICAL_WEIGHTS = (0.15, 0.3, 0.5, 0.8, 1.2, 2.0)
"""Weights to choose from, for a FAQ with cases. A model that has learnt the FAQ's field deserves a low one; one that
knows nothing of its names a high one."""

LEXICAL_WEIGHT = 0.3
"""The weight without cases: the best for paraphrased questions on a public set of 125 question threads, plain and
misspelled, among those that lose nothing there against the model alone."""

_OTHERS = 4  # sections with which the first is compared, as in the lexical confidence


@dataclass(frozen=True, slots=True)
class MixedRanking(Ranking):
    """A ranking by words and meaning. `near` is the first section's cosine to the query, `ahead` how much nearer it is
    than the next four on average, `agreed` whether the words alone would put it first (1, else 0), `refused_near` the
    cosine of the nearest question that nothing answers."""

    near: float = 0.0
    ahead: float = 0.0
    agreed: float = 0.0
    refused_near: float = 0.0


@dataclass(frozen=True, slots=True)
class Mix:
    """How the two are put together for one FAQ, and the confidence that follows from it."""

    lexical_weight: float = LEXICAL_WEIGHT
    coefficients: confidence.Coefficients = confidence.SHIPPED_MIXED


def rank(
    lexical: Ranking,
    near: Sequence[float],
    sure: float,
    weight: float,
    *,
    index: Index,
    units: Sequence[Unit],
    asked: Asked,
    limit: int,
) -> MixedRanking:
    """The best `limit` sections; ties in document order; those that nothing speaks for aren't listed. `sure` in [0, 1]
    is the lexical confidence, `near` has the cosine of every section, and of no section at the end."""
    nearest = heapq.nlargest(CANDIDATES, range(len(near) - 1), key=near.__getitem__)
    trust = max(near[nearest[0]], 0.05)
    best = lexical.matches[0].score if lexical.matches else 1.0
    scores = {document: trust * near[document] for document in nearest}
    for match in lexical.matches:
        scores[match.document] = trust * near[match.document] + weight * sure * match.score / best
    scores = {document: score for document, score in scores.items() if score > 0}
    ranked = heapq.nsmallest(limit, scores, key=lambda document: (-scores[document], document))
    if not ranked:
        return MixedRanking(())
    first = ranked[0]
    others = [near[document] for document in nearest[: _OTHERS + 1] if document != first][:_OTHERS]
    own = next((match.score for match in lexical.matches if match.document == first), 0.0)
    return MixedRanking(
        matches=tuple(Match(document, scores[document]) for document in ranked),
        evidence=own / index.unknown_idf,
        **index.support(first, units, asked),
        near=max(near[first], 0.0),
        ahead=max(near[first] - sum(others) / len(others), 0.0) if others else 0.0,
        agreed=float(bool(lexical.matches) and lexical.matches[0].document == first),
        refused_near=max(near[-1], 0.0),
    )


def features(ranking: MixedRanking) -> tuple[float, ...]:
    """What the confidence looks at: the lexical features, and those of `confidence.NEARNESS`."""
    return (*confidence.features(ranking), ranking.near, ranking.ahead, ranking.agreed, ranking.refused_near)


def best_weight(found: Sequence[Sequence[bool]]) -> float:
    """The weight among `LEXICAL_WEIGHTS` that finds most; `found` has for each of them whether each case was. A small
    lead over the weight that is used without cases may be chance, and changes nothing."""
    usual = LEXICAL_WEIGHTS.index(LEXICAL_WEIGHT)
    counts = [sum(each) for each in found]
    best = max(range(len(counts)), key=lambda at: (counts[at], -abs(at - usual)))
    enough = max(2.0, len(found[usual]) ** 0.5 / 4)
    return LEXICAL_WEIGHTS[best] if counts[best] - counts[usual] >= enough else LEXICAL_WEIGHT
