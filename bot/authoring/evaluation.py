"""How well a FAQ answers: every case is asked once, and what came is compared with what should have.

A question is *decided right* when the right entry is the answer, or is among the choices that are offered; or when no
answer is given where there is none. `strict_accuracy` counts choices as silence instead.
"""

import random
import statistics
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from bot.domain.faq import Case, Outcome
from bot.search import Faq

_SHOWN = 3  # as many hits as people see
_DEEP = 10  # how far down the list the right entry is looked for
_BINS = 10
_SEED = 20_240_229
_RESAMPLES, _FEWEST, _DRAWS = 1_000, 100, 400_000


@dataclass(frozen=True, slots=True)
class Asked:
    """What one case came to. `rank` of the first right entry counts from 1; 0: it isn't among the first ten.
    `probability` is what the engine gave its first hit, `seconds` the time of the answer."""

    kind: str
    split: str
    answerable: bool
    rank: int
    outcome: Outcome
    offered: bool
    probability: float
    seconds: float

    @property
    def decided_right(self) -> bool:
        """Whether the person was served, or rightly told nothing."""
        if not self.answerable:
            return self.outcome is not Outcome.CONFIDENT
        return self.offered

    @property
    def strictly_right(self) -> bool:
        """The same with choices as silence."""
        confident = self.outcome is Outcome.CONFIDENT
        return (confident and self.rank == 1) if self.answerable else not confident


@dataclass(frozen=True, slots=True)
class Figures:
    """Shares in [0, 1], None where no case counts for one.

    `hit1`, `hit3` and `mrr` are about cases with an answer, `false_answers` about those without: the share that was
    answered outright. `ece` is the expected calibration error of the first hit's probability, in ten bins of equal
    mass.
    """

    hit1: float | None
    hit3: float | None
    mrr: float | None
    decision_accuracy: float | None
    strict_accuracy: float | None
    false_answers: float | None
    ece: float | None


NAMES = ("hit1", "hit3", "mrr", "decision_accuracy", "strict_accuracy", "false_answers", "ece")
LOWER_IS_BETTER = frozenset({"false_answers", "ece"})


def ask_all(faq: Faq, cases: Iterable[Case]) -> tuple[Asked, ...]:
    """Ask every case, also one that the FAQ has learnt from, as if it were new."""
    return tuple(_ask(unknowing, case) for case, unknowing in faq.as_if_new(cases))


def figures(asked: Sequence[Asked]) -> Figures:
    """The figures of some answers."""
    ranks = [each.rank for each in asked if each.answerable]
    refused = [each.outcome is Outcome.CONFIDENT for each in asked if not each.answerable]
    return Figures(
        hit1=_mean([rank == 1 for rank in ranks]),
        hit3=_mean([1 <= rank <= _SHOWN for rank in ranks]),
        mrr=_mean([1 / rank if rank else 0.0 for rank in ranks]),
        decision_accuracy=_mean([each.decided_right for each in asked]),
        strict_accuracy=_mean([each.strictly_right for each in asked]),
        false_answers=_mean(refused),
        ece=calibration_error([(each.probability, each.answerable and each.rank == 1) for each in asked]),
    )


def intervals(asked: Sequence[Asked]) -> dict[str, tuple[float, float]]:
    """For each figure the 95 % interval by bootstrap: the cases drawn again and again, always by the same seed."""
    if not asked:
        return {}
    draw = random.Random(_SEED)  # noqa: S311  # repeatable, not secret
    rounds = max(_FEWEST, min(_RESAMPLES, _DRAWS // len(asked)))
    drawn: dict[str, list[float]] = {name: [] for name in NAMES}
    for _ in range(rounds):
        for name, value in asdict(figures(draw.choices(asked, k=len(asked)))).items():
            if value is not None:
                drawn[name].append(value)
    return {name: _middle(values) for name, values in drawn.items() if values}


def by_kind(asked: Sequence[Asked]) -> dict[str, tuple[Asked, ...]]:
    """The answers to each kind of case, in the order of the alphabet."""
    return {kind: tuple(each for each in asked if each.kind == kind) for kind in sorted({each.kind for each in asked})}


def by_split(asked: Sequence[Asked]) -> dict[str, tuple[Asked, ...]]:
    """The answers of each split that is there."""
    return {
        split: tuple(each for each in asked if each.split == split) for split in sorted({each.split for each in asked})
    }


def milliseconds(asked: Sequence[Asked], share: float) -> float | None:
    """The time that `share` of the answers took at most."""
    times = sorted(each.seconds for each in asked)
    return 1_000 * times[min(len(times) - 1, int(share * len(times)))] if times else None


def calibration_error(claims: Sequence[tuple[float, bool]]) -> float | None:
    """By how much claimed probabilities differ from the truth: their mean distance over bins of equal mass."""
    ordered = sorted(claims)
    total = len(ordered)
    error = 0.0
    for number in range(_BINS):
        part = ordered[number * total // _BINS : (number + 1) * total // _BINS]
        if part:
            error += abs(sum(claim for claim, _ in part) - sum(true for _, true in part))
    return error / total if total else None


def _ask(faq: Faq, case: Case) -> Asked:
    started = time.perf_counter()
    answer = faq.ask(case.query, limit=_SHOWN)
    seconds = time.perf_counter() - started
    gold = set(case.gold)
    found = [hit.section.location for hit in answer.hits]
    shown = {Outcome.CONFIDENT: found[:1], Outcome.CHOICES: found, Outcome.UNKNOWN: []}[answer.outcome]
    if gold and not gold & set(found):
        found = [hit.section.location for hit in faq.ask(case.query, limit=_DEEP).hits]
    return Asked(
        kind=case.kind,
        split=case.split,
        answerable=bool(gold),
        rank=next((rank for rank, location in enumerate(found, start=1) if location in gold), 0),
        outcome=answer.outcome,
        offered=bool(gold & set(shown)),
        probability=answer.best.score if answer.best else 0.0,
        seconds=seconds,
    )


def _mean(values: Sequence[float]) -> float | None:
    return statistics.fmean(values) if values else None


def _middle(values: list[float]) -> tuple[float, float]:
    values.sort()
    last = len(values) - 1
    return values[int(0.025 * last)], values[min(last, int(0.975 * last) + 1)]
