"""The figures of an evaluation on paper: as text, as JSON, and against those that were committed."""

import json
from collections.abc import Mapping, Sequence
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
    """A figure that is worse than the committed one."""

    name: str
    before: float
    now: float

    def __str__(self) -> str:
        rose = "rose" if self.now > self.before else "fell"
        return f"{_TITLES[self.name]} {rose} from {self.before:.3f} to {self.now:.3f}"


@dataclass(frozen=True, slots=True)
class Baseline:
    """Figures of an earlier run by split, in a file that is committed beside what they are about."""

    path: Path
    splits: Mapping[str, Mapping[str, float | None]]

    def worse(self, split: str, figures: Figures, tolerance: float) -> list[Worse]:
        """The figures of a split that are worse by more than `tolerance`."""
        found: list[Worse] = []
        now = asdict(figures)
        for name in NAMES:
            before, value = self.splits.get(split, {}).get(name), now[name]
            if before is None or value is None:
                continue
            loss = (value - before) if name in LOWER_IS_BETTER else (before - value)
            if loss > tolerance + 1e-9:
                found.append(Worse(name, before, value))
        return found

    def write(self, split: str, asked: Sequence[Asked]) -> None:
        """Put the figures of a split in place of its earlier ones."""
        rounded = {name: _rounded(value) for name, value in asdict(evaluation.figures(asked)).items()}
        splits = {**self.splits, split: {"n": len(asked), **rounded}}
        text = json.dumps({"splits": dict(sorted(splits.items()))}, indent=2)
        try:
            self.path.write_text(f"{text}\n", encoding="utf-8")
        except OSError as error:
            raise ConfigurationError(
                f"The figures can't be written to “{self.path}” ({error.strerror}). Name another file with --baseline.",
                detail=str(error),
            ) from error


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
            str(split): {str(name): None if value is None else float(value) for name, value in figures.items()}
            for split, figures in splits.items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigurationError(
            f"“{path}” can't be read as figures of an earlier run. Write it anew with --update-baseline.",
            detail=str(error),
        ) from error
    return Baseline(path, checked)


def as_json(asked: Sequence[Asked], split: str, worse: Sequence[Worse] | None, unmatched: Sequence[str]) -> str:
    """One object: the figures, `n`, times in milliseconds, `per_kind`; `worse` names figures if there was something to
    compare with, `unmatched` gold that fits no entry."""
    fields: dict[str, Any] = {"split": split, **_with_times(asked)}
    fields["per_kind"] = {kind: _with_times(part) for kind, part in evaluation.by_kind(asked).items()}
    if worse is not None:
        fields["worse"] = [each.name for each in worse]
    if unmatched:
        fields["unmatched"] = list(unmatched)
    return json.dumps(fields, ensure_ascii=False, indent=2)


def as_text(asked: Sequence[Asked], split: str, before: Mapping[str, float | None]) -> str:
    """A table of the figures with 95 % intervals and what they were `before`, and one by kind."""
    with_answer = sum(each.answerable for each in asked)
    figures, around = asdict(evaluation.figures(asked)), evaluation.intervals(asked)
    rows = [["figure", "value", "95 % interval", *(["committed"] if before else [])]]
    for name in NAMES:
        interval = f"{around[name][0]:.3f} to {around[name][1]:.3f}" if name in around else "-"
        rows.append([_TITLES[name], _shown(figures[name]), interval, *([_shown(before.get(name))] if before else [])])
    kinds = [["kind", "n", "Hit@1", "Hit@3", "MRR", "decision", "false", "calibration"]]
    for kind, part in evaluation.by_kind(asked).items():
        own = evaluation.figures(part)
        values = (own.hit1, own.hit3, own.mrr, own.decision_accuracy, own.false_answers, own.ece)
        kinds.append([kind or "-", str(len(part)), *(_shown(value) for value in values)])
    speed = " and ".join(
        f"{evaluation.milliseconds(asked, share) or 0:.2f} ms (p{100 * share:.0f})" for share in (0.5, 0.99)
    )
    return "\n".join(
        [
            f"{len(asked)} questions, {with_answer} of them with an answer (split: {split})",
            "",
            *_table(rows),
            "",
            *_table(kinds),
            "",
            f"A question takes {speed}.",
        ]
    )


def _with_times(asked: Sequence[Asked]) -> dict[str, float | int | None]:
    figures = {name: _rounded(value) for name, value in asdict(evaluation.figures(asked)).items()}
    times = {f"p{name}_ms": _rounded(evaluation.milliseconds(asked, share)) for name, share in ((50, 0.5), (99, 0.99))}
    return {"n": len(asked), **figures, **times}


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
