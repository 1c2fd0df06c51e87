"""From the best matches to the probability that the first is right.

A few bounded features go into a logistic function. How its coefficients were found is told in `COEFFICIENTS`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from bot.search.index import Match
from bot.search.query import Unit


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From which score in [0, 1] on an answer is given, or choices are offered. `choices` <= `confident`."""

    confident: float = 0.5
    choices: float = 0.25

    def __post_init__(self) -> None:
        if not 0 <= self.choices <= self.confident <= 1:
            raise ValueError("thresholds must satisfy 0 <= choices <= confident <= 1")


FEATURES = ("covered", "in_title", "title_named", "reached", "margin", "length")

INTERCEPT = -4.0
COEFFICIENTS = (2.0, 1.5, 2.0, 1.0, 1.5, 0.3)


def features(matches: Sequence[Match], units: Sequence[Unit]) -> tuple[float, ...]:
    """The features of the first match, each in [0, 1], in the order of `FEATURES`."""
    first = matches[0]
    second = matches[1].score if len(matches) > 1 else 0.0
    return (
        first.covered,
        first.in_title,
        first.title_named,
        min(1.0, first.score / first.reachable) if first.reachable > 0 else 0.0,
        (first.score - second) / first.score if first.score > 0 else 0.0,
        min(sum(not unit.light for unit in units), 8) / 8,
    )


def probability(values: Sequence[float]) -> float:
    """The probability in (0, 1) that belongs to a set of features."""
    return _logistic(INTERCEPT + sum(weight * value for weight, value in zip(COEFFICIENTS, values, strict=True)))


def _logistic(value: float) -> float:
    return 1 / (1 + math.exp(-value)) if value >= 0 else math.exp(value) / (1 + math.exp(value))
