"""The figures of an evaluation on paper: as text, as JSON, and against those that were committed."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bot.authoring import evaluation
from bot.authoring.evaluation import LOWER_IS_BETTER, NAMES, Asked, Figures
from bot.domain.errors import ConfigurationError

_TITLES = {
    "hit1": "Hit@1",
    "hit3": "Hit@3",
    "mrr": "MRR",
    "decision_accuracy": "decision accuracy",
    "strict_accuracy": "... choices as silence",
    "false_answers": "false answers",
    "ece": "calibration error",
}


@dataclass(frozen=True, slots=True)
class Worse:
    """A figure of a split that is worse than the committed one."""

    split: str
    name: str
    before: float
    now: float

    def __str__(self) -> str:
        rose = "rose" if self.now > self.before else "fell"
        return f"{_TITLES[self.name]} ({self.split}) {rose} from {self.before:.3f} to {self.now:.3f}"


@dataclass(frozen=True, slots=True)
class Baseline:
    """Figures of an earlier run by split, and the number of cases `n`, in a file that is committed beside what they are
    about."""

    path: Path
    splits: Mapping[str, Mapping[str, float | None]]

    def worse(self, asked: Sequence[Asked], tolerance: float) -> list[Worse]:
        """The figures that are worse by more than `tolerance`, each split for itself."""
        return [
            worse
            for split, part in evaluation.by_split(asked).items()
            for worse in self._worse(split, evaluation.figures(part), tolerance)
        ]

    def other_counts(self, asked: Sequence[Asked]) -> list[str]:
        """A sentence for each split that has another number of cases than it had."""
        return [
            f"There are {len(part)} cases in the split {split}, there were {count:.0f}."
            for split, part in evaluation.by_split(asked).items()
            if (count := self.splits.get(split, {}).get("n")) not in {None, len(part)}
        ]

    def write(self, asked: Sequence[Asked]) -> None:
        """Put the figures of the splits that were asked in place of their earlier ones."""
        splits = {split: dict(figures) for split, figures in self.splits.items()}
        for split, part in evaluation.by_split(asked).items():
            rounded = {name: _rounded(value) for name, value in asdict(evaluation.figures(part)).items()}
            splits[split] = {"n": len(part), **rounded}
        text = json.dumps({"splits": dict(sorted(splits.items()))}, indent=2)
        try:
            self.path.write_text(f"{text}\n", encoding="utf-8")
        except OSError as error:
            raise ConfigurationError(
                f"The figures can't be written to “{self.path}” ({error.strerror}). Name another file with --baseline.",
                detail=str(error),
            ) from error

    def _worse(self, split: str, figures: Figures, tolerance: float) -> Iterator[Worse]:
        now = asdict(figures)
        for name in NAMES:
            before, value = self.splits.get(split, {}).get(name), now[name]
            if before is None or value is None:
                continue
            loss = (value - before) if name in LOWER_IS_BETTER else (before - value)
            if loss > tolerance + 1e-9:
                yield Worse(split, name, before, value)


def read(path: Path, *, must_exist: bool = True) -> Baseline:
    """The committed figures.

    Raises:
        ConfigurationError: the file can't be read, or isn't such a file.
    """
    if not path.exists() and not must_exist:
        return Baseline(path, {})
    try:
        splits = json.loads(path.read_text(encoding="utf-8"))["splits"]
        checked = {
            str(split): {str(name): _number(value) for name, value in figures.items()}
            for split, figures in splits.items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigurationError(
            f"“{path}” can't be read as figures of an earlier run. Write it anew with --update-baseline.",
            detail=str(error),
        ) from error
    return Baseline(path, checked)


def as_json(asked: Sequence[Asked], worse: Sequence[Worse] | None, unmatched: Sequence[str]) -> str:
    """One object: the figures, `n`, times in milliseconds, the same `per_kind` and `per_split`; `worse` has figures if
    there was something to compare with, `unmatched` gold that fits no entry."""
    fields: dict[str, Any] = {**_with_times(asked)}
    fields["per_kind"] = {kind: _with_times(part) for kind, part in evaluation.by_kind(asked).items()}
    fields["per_split"] = {split: _with_times(part) for split, part in evaluation.by_split(asked).items()}
    if worse is not None:
        fields["worse"] = [asdict(each) for each in worse]
    if unmatched:
        fields["unmatched"] = list(unmatched)
    return json.dumps(fields, ensure_ascii=False, indent=2)


def as_text(asked: Sequence[Asked], baseline: Baseline | None) -> str:
    """A table of the figures with 95 % intervals and, for a single split, what was committed; and tables by split and
    kind."""
    splits = evaluation.by_split(asked)
    before = baseline.splits.get(next(iter(splits)), {}) if baseline and len(splits) == 1 else {}
    figures, around = asdict(evaluation.figures(asked)), evaluation.intervals(asked)
    rows = [["figure", "value", "95 % interval", *(["committed"] if before else [])]]
    for name in NAMES:
        interval = f"{around[name][0]:.3f} to {around[name][1]:.3f}" if name in around else "-"
        rows.append([_TITLES[name], _shown(figures[name]), interval, *([_shown(before.get(name))] if before else [])])
    half, most = (evaluation.milliseconds(asked, share) or 0 for share in (0.5, 0.99))
    with_answer = sum(each.answerable for each in asked)
    return "\n".join(
        [
            f"{len(asked)} questions, {with_answer} of them with an answer",
            "",
            *_table(rows),
            "",
            *_table(_rows("split", splits)),
            "",
            *_table(_rows("kind", evaluation.by_kind(asked))),
            "",
            f"A question takes {half:.2f} ms (p50) and {most:.2f} ms (p99).",
        ]
    )


def _rows(name: str, parts: Mapping[str, Sequence[Asked]]) -> list[list[str]]:
    rows = [[name, "n", "Hit@1", "Hit@3", "MRR", "decision", "false", "calibration"]]
    for title, part in parts.items():
        own = evaluation.figures(part)
        values = (own.hit1, own.hit3, own.mrr, own.decision_accuracy, own.false_answers, own.ece)
        rows.append([title or "-", str(len(part)), *(_shown(value) for value in values)])
    return rows


def _with_times(asked: Sequence[Asked]) -> dict[str, float | int | None]:
    figures = {name: _rounded(value) for name, value in asdict(evaluation.figures(asked)).items()}
    times = {f"p{name}_ms": _rounded(evaluation.milliseconds(asked, share)) for name, share in ((50, 0.5), (99, 0.99))}
    return {"n": len(asked), **figures, **times}


def _number(value: object) -> float | None:
    if value is not None and not isinstance(value, int | float):
        raise TypeError("a figure is a number")
    return value


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(
            [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        )
        for row in rows
    ]
