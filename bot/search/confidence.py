"""From the best matches to the probability that the first is right.

A few bounded features go into a logistic function. Its coefficients are learnt from a FAQ's own cases where it has them
(`bot.search.calibration`), and are those of `SHIPPED` otherwise.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from bot.search.index import Ranking

_OTHERS = 4  # sections with which the first is compared


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From which score in [0, 1] on an answer is given, or choices are offered. `choices` <= `confident`."""

    confident: float = 0.7
    choices: float = 0.12

    def __post_init__(self) -> None:
        if not 0 <= self.choices <= self.confident <= 1:
            raise ValueError("thresholds must satisfy 0 <= choices <= confident <= 1")


FEATURES = ("covered", "title_named", "lead", "evidence", "asked", "refused", "likely")
"""What is looked at, each in [0, 1]: the share of the query that the section has, by rarity; the share of the section's
best name that the query names; how far the next four sections are behind on average; how much was found at all; and how
much the query is like a question asked about the section before, and like one that nothing answers; and how much
likelier the section is than nothing, by the words of all those questions."""


NEARNESS = ("near", "ahead", "agreed", "refused_near")
"""What is looked at besides where a model has a say: the first section's cosine to the query, how far the next four are
from it on average, whether the words alone put the same section first, and the cosine of the nearest question that
nothing answers."""


@dataclass(frozen=True, slots=True)
class Coefficients:
    """A logistic function of the features, in the order of `FEATURES` (and `NEARNESS`)."""

    intercept: float
    weights: tuple[float, ...]

    def __post_init__(self) -> None:
        lengths = (len(FEATURES), len(FEATURES) + len(NEARNESS))
        if len(self.weights) not in lengths or not all(map(math.isfinite, (self.intercept, *self.weights))):
            raise ValueError(f"coefficients need a finite intercept and {len(FEATURES)} finite weights")

    def probability(self, values: Sequence[float]) -> float:
        """The probability in (0, 1) that belongs to a set of features."""
        return logistic(
            self.intercept + sum(weight * value for weight, value in zip(self.weights, values, strict=True))
        )


SHIPPED = Coefficients(-5.72, (2.67, 1.57, 3.49, 4.8, 0.0, 0.0, 0.0))
"""What is used for a FAQ without cases. Fitted on the right and wrong first hits of three FAQs of 10 to 125 entries,
each with the same weight, questions without an answer with half as much again: this one's tuning questions, asked with
and without its alternates and without what its cases teach; the same questions to a team's own page; and general
questions about web applications, plain, misspelled and with a third of the threads taken out. Fitted on two and tried
on the third, the expected calibration error is .03 to .2, most where the threads are taken out; fitted on its own
cases, a FAQ gets .02 to .08. So a threshold that is right here may be strict or lax elsewhere: write cases."""


SHIPPED_MIXED = Coefficients(-5.95, (1.94, 0.37, 2.77, 3.24, 0.0, 0.0, 0.0, 4.29, 1.58, 0.73, 0.0))
"""The same where a model has a say, fitted with all-MiniLM-L6-v2. Other models spread their cosines otherwise; a FAQ
with cases learns its own."""


def features(ranking: Ranking) -> tuple[float, ...]:
    """The features of the first match, which must exist, in the order of `FEATURES`."""
    first = ranking.matches[0].score
    others = sum(match.score for match in ranking.matches[1 : _OTHERS + 1]) / _OTHERS
    return (
        ranking.covered,
        ranking.title_named,
        (first - others) / first if first > 0 else 0.0,
        1 - math.exp(-ranking.evidence / 4),
        ranking.asked,
        ranking.refused,
        ranking.likely,
    )


def logistic(value: float) -> float:
    """The logistic function, without overflow."""
    return 1 / (1 + math.exp(-value)) if value >= 0 else math.exp(value) / (1 + math.exp(value))
