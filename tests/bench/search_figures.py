"""How good and how fast the answers of the shipped FAQ are: `python -m tests.bench.search_figures [FOLDER]`.

Prints the machine, the versions and, for every split of the FAQ's cases, the figures with their 95 % bootstrap
intervals. The split `test` is never looked at while tuning.
"""

import platform
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from bot.domain.faq import Case, Outcome
from bot.search import Faq, load, load_cases
from bot.search.calibration import calibration_error

SHIPPED = Path(__file__).parents[2] / "faq"
_LIBRARIES = ("rapidfuzz", "pystemmer", "markdown-it-py")
_DRAWS = 2000


@dataclass(frozen=True, slots=True)
class Result:
    """One case asked: what came first or third, whether the decision was right, and the score of the first hit."""

    answerable: bool
    first: bool
    offered: bool
    decided: bool
    claimed: bool
    score: float
    kind: str
    milliseconds: float


def ask(faq: Faq, case: Case) -> Result:
    """Ask one case."""
    start = time.perf_counter()
    answer = faq.ask(case.query)
    elapsed = (time.perf_counter() - start) * 1000
    found = [hit.section.location for hit in answer.hits]
    shown = {Outcome.CONFIDENT: found[:1], Outcome.CHOICES: found, Outcome.UNKNOWN: []}[answer.outcome]
    claimed = answer.outcome is Outcome.CONFIDENT
    return Result(
        answerable=bool(case.gold),
        first=bool(found) and found[0] in case.gold,
        offered=not set(found).isdisjoint(case.gold),
        decided=not set(shown).isdisjoint(case.gold) if case.gold else not claimed,
        claimed=claimed,
        score=answer.hits[0].score if answer.hits else 0.0,
        kind=case.kind,
        milliseconds=elapsed,
    )


def figures(results: Sequence[Result]) -> dict[str, float]:
    """Shares in [0, 1] by name; what has no case isn't there."""
    answerable = [result for result in results if result.answerable]
    others = [result for result in results if not result.answerable]
    found: dict[str, float] = {}
    if answerable:
        found["Hit@1"] = sum(result.first for result in answerable) / len(answerable)
        found["Hit@3"] = sum(result.offered for result in answerable) / len(answerable)
    if results:
        found["right or silent"] = sum(result.decided for result in results) / len(results)
        found["calibration error"] = calibration_error(
            [result.score for result in results], [result.first for result in results]
        )
    if others:
        found["false answers"] = sum(result.claimed for result in others) / len(others)
    return found


def intervals(results: Sequence[Result]) -> dict[str, tuple[float, float]]:
    """95 % bootstrap intervals of the figures; the same draws at every call."""
    draw = random.Random(1)  # noqa: S311  # not for secrets: the draws are to be the same at every call
    drawn: dict[str, list[float]] = {}
    for _ in range(_DRAWS):
        for name, value in figures(draw.choices(results, k=len(results))).items():
            drawn.setdefault(name, []).append(value)
    return {
        name: (sorted(values)[len(values) * 25 // 1000], sorted(values)[len(values) * 975 // 1000])
        for name, values in drawn.items()
    }


def main(folder: Path) -> None:
    """Print all figures of the FAQ in a folder."""
    print(f"machine: {platform.machine()}, {platform.system()} {platform.release()}")
    print(f"Python {platform.python_version()}")
    print("libraries:", ", ".join(f"{name} {version(name)}" for name in _LIBRARIES))
    start = time.perf_counter()
    faq = load(folder)
    print(f"loaded {len(faq.sections)} sections and calibrated in {time.perf_counter() - start:.2f} s")
    learnt = faq.calibration
    how = (
        f"learnt from {learnt.cases} cases, error on unseen ones {learnt.error:.3f}" if learnt.learnt else "as shipped"
    )
    print(f"confidence: {how} (as shipped: {learnt.shipped_error:.3f})")
    for split in ("tune", "test"):
        cases = [case for case in load_cases(folder) if case.split == split]
        results = [ask(unknowing, case) for case, unknowing in faq.as_if_new(cases)]
        if not results:
            continue
        print(f"\n{split}: {len(results)} cases, {sum(not result.answerable for result in results)} without an answer")
        ranges = intervals(results)
        for name, value in figures(results).items():
            low, high = ranges[name]
            print(f"  {name:18} {value:.3f}  [{low:.3f}, {high:.3f}]")
        for kind in sorted({result.kind for result in results}):
            own = [result for result in results if result.kind == kind]
            row = figures(own)
            shown = ", ".join(f"{name} {row[name]:.2f}" for name in ("Hit@1", "right or silent") if name in row)
            print(f"    {kind or '-':14} {len(own):4}  {shown}")
        times = sorted(result.milliseconds for result in results)
        print(f"  p50 {times[len(times) // 2]:.2f} ms, p99 {times[len(times) * 99 // 100]:.2f} ms a query")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else SHIPPED)
