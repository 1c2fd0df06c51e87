"""From the best matches to the probability that the first is right.

A few bounded features go into a logistic function. How its coefficients were found is told in `COEFFICIENTS`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from bot.search.index import Ranking


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From which score in [0, 1] on an answer is given, or choices are offered. `choices` <= `confident`."""

    confident: float = 0.45
    choices: float = 0.2

    def __post_init__(self) -> None:
        if not 0 <= self.choices <= self.confident <= 1:
            raise ValueError("thresholds must satisfy 0 <= choices <= confident <= 1")


FEATURES = ("covered", "title_named", "margin", "evidence")
"""What is looked at, each in [0, 1]: the share of the query that the section has, by rarity; the share of the section's
title that the query names; how far the next section is behind; and how much was found at all."""

INTERCEPT = -5.54
COEFFICIENTS = (2.82, 0.87, 0.78, 6.03)
"""Fitted by logistic regression (L2, C=3) on whether the first hit is right: a public set of 125 question threads with
human paraphrases, plain, misspelled and with a third of the threads taken out; this FAQ's tuning questions; and 40
questions on another small FAQ. From both FAQs each entry was also taken out once: its questions become near misses. The
three weigh about the same. Fitted on two and tried on the third, the area under the curve for right against wrong
is .83 to .86 and the expected calibration error .02 (many questions) to .13 (74). The figures for a FAQ of yours will
differ: a threshold that is right here may be strict or lax there."""


def features(ranking: Ranking) -> tuple[float, ...]:
    """The features of the first match, which must exist, in the order of `FEATURES`."""
    first = ranking.matches[0].score
    second = ranking.matches[1].score if len(ranking.matches) > 1 else 0.0
    return (
        ranking.covered,
        ranking.title_named,
        (first - second) / first if first > 0 else 0.0,
        1 - math.exp(-ranking.evidence / 4),
    )


def probability(values: Sequence[float]) -> float:
    """The probability in (0, 1) that belongs to a set of features."""
    return _logistic(INTERCEPT + sum(weight * value for weight, value in zip(COEFFICIENTS, values, strict=True)))


def _logistic(value: float) -> float:
    return 1 / (1 + math.exp(-value)) if value >= 0 else math.exp(value) / (1 + math.exp(value))
