"""What runs report: metrics as a table and a picture, logs, and files."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from bot.blocks import mrkdwn
from bot.blocks.layout import MAX_SPOKEN, Layout, button, json_value
from bot.blocks.message import Message
from bot.blocks.runs import WORDS, newest, number
from bot.domain.reports import LARGEST_FILE, MOST_METRICS, FetchedFile, FilePage, LogTail, RunMetrics
from bot.domain.runs import Metric, Run

METRICS = 60
PANELS = 8
ALT_LENGTH = 900
_CELL = 32
_FOLLOWED = 2_400


@dataclass(frozen=True, slots=True)
class Upload:
    """A file for Slack: what it is called and holds, the sentence (mrkdwn) it is posted with, and for a picture what it
    shows."""

    name: str
    title: str
    content: bytes
    comment: str
    alt: str = ""


def metrics(found: RunMetrics, *, own_latest: bool = False) -> Message:
    """What a run has logged, as a table; `picture` shows the series."""
    run = found.run
    layout = Layout().text(f"*Metrics of {_named(run, own_latest)}: {_state(run)}*", keep=True)
    if not found.metrics:
        waits = "" if run.status.is_final else " so far"
        layout.text(f"It has logged none{waits}.", keep=True)
        return layout.message()
    layout.code(_table(found.metrics))
    shown = series(found.metrics)
    if len(shown) > PANELS:
        layout.context(f"The picture shows the first {PANELS} of {len(shown)} series.")
    if len(found.metrics) >= MOST_METRICS:
        layout.context(f"I read the first {MOST_METRICS} names; the studio has all.")
    return layout.message()


def series(found: Sequence[Metric]) -> tuple[Metric, ...]:
    """Those metrics that have a course: two finite numbers at least."""
    return tuple(metric for metric in found if len(_finite(metric)) > 1)


def picture(run_id: str, shown: Sequence[Metric], png: bytes) -> Upload:
    """The picture of a run's series (at least one)."""
    courses = [
        f"{metric.name} from {number(values[0])} to {number(values[-1])} in {len(values)} values"
        for metric in shown
        if (values := _finite(metric))
    ]
    alt = mrkdwn.shorten(f"Line charts of run {run_id} over the number of the value: {'; '.join(courses)}.", ALT_LENGTH)
    named = ", ".join(mrkdwn.line(metric.name, 60) for metric in shown)
    return Upload(
        f"{run_id}-metrics.png", f"Metrics of run {run_id}", png, f"Run {mrkdwn.code(run_id)}: course of {named}", alt
    )


def logs(tail: LogTail, *, own_latest: bool = False) -> Message:
    """The end of a run's log. Where it doesn't fit into the spoken text, the newest lines are the ones that stay."""
    title = f"*{_log(tail)} of {_named(tail.run, own_latest)}*"
    if not _anything(tail):
        return Layout().text(f"{title}\nIt is empty: the run hasn't written anything yet.", keep=True).message()
    shown = newest(tail.lines, MAX_SPOKEN - 600)
    whole = len(shown) == len(tail.lines)
    earlier = "" if whole else f", the last {len(shown)} of {len(tail.lines)} lines ({mrkdwn.CUT})"
    layout = Layout().text(f"{title}{earlier}", keep=True).code("\n".join(shown))
    return layout.buttons(_whole_button(tail)).message()


def followed(tail: LogTail) -> Message:
    """The newest lines of a log that is followed; the last time it says that the run has ended."""
    run = tail.run
    layout = Layout().text(f"*{_log(tail)} of run {mrkdwn.code(run.id)}: {_state(run)}*", keep=True)
    if _anything(tail):
        layout.code("\n".join(newest(tail.lines, _FOLLOWED)))
    else:
        layout.text("It is empty." if run.status.is_final else "It is empty: the run hasn't written anything yet.")
    if run.status.is_final:
        layout.context("The run has ended, so this is the log's end.")
        return layout.buttons(_whole_button(tail) if _anything(tail) else None).message()
    return layout.context("I keep this message up to date until the run ends. Delete it to stop that.").message()


def files(run: Run, page: FilePage, *, own_latest: bool = False) -> Message:
    """A page of the files that a run stored; each that isn't too large has a button that fetches it."""
    title = f"*Files of {_named(run, own_latest)}*"
    if not page.files:
        nothing = "There are no more." if page.start else "It has stored none yet."
        return Layout().text(f"{title}\n{nothing}", keep=True).message()
    end = page.start + len(page.files)
    part = f", {page.start + 1} to {end} of them here" if len(page.files) < page.total else ""
    layout = Layout().text(f"{title}\n{page.total} file{'s' if page.total > 1 else ''}{part}.", keep=True)
    for file in page.files:
        fits = file.size is None or 0 < file.size <= LARGEST_FILE
        value = json_value(run=run.id, file=file.path)
        get = button("Get", "get_file", value, says=f"Get {file.path}") if fits else None
        layout.text(f"{mrkdwn.code(file.path)}, {_size(file.size)}", button=get)
    if end < page.total:
        value = json_value(run=run.id, start=str(end))
        layout.buttons(button("More", "more_files", value, says="More files"))
    return layout.context(
        f"“Get” puts a file of up to {LARGEST_FILE >> 20} MB into this conversation, for everybody in it."
    ).message()


def file(fetched: FetchedFile) -> Upload:
    """A file of a run."""
    name = fetched.path.rpartition("/")[2]
    return Upload(
        f"{fetched.run_id}-{name}",
        f"{fetched.path} of run {fetched.run_id}",
        fetched.content,
        f"{mrkdwn.code(fetched.path)} of run {mrkdwn.code(fetched.run_id)}, {_size(len(fetched.content))}",
    )


def _whole_button(tail: LogTail) -> dict[str, object] | None:
    value = json_value(run=tail.run.id, file=tail.file)
    return button("Whole log", "whole_log", value, says="Put the whole log into this conversation")


def _anything(tail: LogTail) -> bool:
    return any(line.strip() for line in tail.lines)


def _named(run: Run, own_latest: bool) -> str:
    return f"{'your latest run' if own_latest else 'run'} {mrkdwn.code(run.id)}"


def _log(tail: LogTail) -> str:
    return f"Log {mrkdwn.code(tail.file)}" if tail.file else "Log"


def _state(run: Run) -> str:
    return WORDS[run.status].partition(":")[0]


def _size(size: int | None) -> str:
    if size is None:
        return "size unknown"
    if size < 1000:
        return f"{size} byte{'' if size == 1 else 's'}"
    value = float(size)
    for unit in ("kB", "MB", "GB", "TB"):
        value /= 1000
        if value < 999.5 or unit == "TB":
            break
    return f"{value:.3g} {unit}"


def _finite(metric: Metric) -> list[float]:
    return [value for value in metric.values if isinstance(value, float) and math.isfinite(value)]


def _table(found: Sequence[Metric]) -> str:
    """Name, number of values, and of numbers the first, last, least and greatest; as aligned text with a heading."""
    rows = [("metric", "values", "first", "last", "least", "greatest")]
    for metric in found[:METRICS]:
        numbers = _finite(metric)
        first = number(metric.values[0]) if len(metric.values) > 1 else ""
        last = number(metric.values[-1]) if metric.values else "-"
        ends = (number(min(numbers)), number(max(numbers))) if len(numbers) > 1 else ("", "")
        rows.append((mrkdwn.shorten(metric.name, _CELL) or "-", str(len(metric.values)), first, last, *ends))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    if len(found) > METRICS:
        lines.append(f"… and {len(found) - METRICS} more")
    return "\n".join(lines)
