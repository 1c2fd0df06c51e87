"""Runs: the one message that follows a run from start to end, and the answers about runs."""

import itertools
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from bot.blocks import mrkdwn
from bot.blocks.layout import Layout, button, confirmation, json_value
from bot.blocks.message import Message
from bot.domain.runs import Metric, Run, RunDetail, RunFilter, RunPage, RunSpec, RunStatus, SubmittedRun

LOG_LINES = 10
METRICS = 20
LISTED = 25
_LOG_WIDTH = 300
_CELL = 32

WORDS = {
    RunStatus.NOT_STARTED: "Not started yet",
    RunStatus.QUEUED: "Queued: waits for the compute target",
    RunStatus.PREPARING: "Preparing: the environment is being made ready",
    RunStatus.PROVISIONING: "Provisioning: the compute target is being started",
    RunStatus.STARTING: "Starting",
    RunStatus.RUNNING: "Running",
    RunStatus.FINALIZING: "Finalizing: outputs are being stored",
    RunStatus.CANCEL_REQUESTED: "Cancel requested: the run is being stopped",
    RunStatus.NOT_RESPONDING: "Not responding: the compute target hasn't reported for a while",
    RunStatus.COMPLETED: "Completed",
    RunStatus.FAILED: "Failed",
    RunStatus.CANCELED: "Canceled",
    RunStatus.UNKNOWN: "Unknown: Azure ML reports a status that I don't know",
}


def summary(spec: RunSpec) -> str:
    """What a run is, in one line of plain text; what `progress` is given."""
    environment = f"{spec.environment}:{spec.environment_version}" if spec.environment_version else spec.environment
    arguments = f" with arguments {mrkdwn.shorten(' '.join(spec.arguments), 200)}" if spec.arguments else ""
    extent = [
        f"{spec.nodes} nodes" if spec.nodes > 1 else "",
        "" if spec.seconds is None else f"{mrkdwn.span(timedelta(seconds=spec.seconds))} at most",
    ]
    within = f" ({', '.join(part for part in extent if part)})" if any(extent) else ""
    commit = f" at {spec.ref} (commit {spec.commit[:12]})" if spec.commit else ""
    if spec.packages:
        environment = f"{environment} ({spec.packages})"
    # What a folder holds isn't kept for each run: only a commit is the same again for certain.
    folder = "" if spec.commit else ", with the folder's files as they are now"
    again = f". Run {repeated} once more{folder}" if (repeated := dict(spec.tags).get("retry_of")) else ""
    text = (
        f"{spec.script} of project {spec.project or 'without a name'}{commit} on {spec.compute}{within}, "
        f"environment {environment}, experiment {spec.experiment}{arguments}{again}"
    )
    return mrkdwn.shorten(text, 400)


def submitted(submitted: SubmittedRun) -> Message:
    """The message of a run at its start; `progress` replaces it."""
    return progress(RunDetail(submitted.run), summary(submitted.spec))


def progress(detail: RunDetail, summary: str, *, now: datetime | None = None) -> Message:
    """How a watched run is doing; `summary` is plain text. With `now` (UTC) a run that hasn't ended says how long it
    has been running."""
    return _about(detail, summary, now)


def status(detail: RunDetail, *, own_latest: bool = False, now: datetime | None = None) -> Message:
    """How a run is doing, for somebody who asked; `own_latest` says that it is their latest, as they named none."""
    return _about(detail, "", now, lead="Your latest run. " if own_latest else "")


def outcome_unknown(run_id: str) -> Message:
    """A submit whose answer was cut off; `progress` replaces it once that is settled."""
    return (
        Layout()
        .text(
            f"*I don't know yet whether run {mrkdwn.code(run_id)} was started*\nAzure ML didn't answer in time. I'm "
            "looking it up and will say here what happened; please don't submit it again before that.",
            keep=True,
        )
        .message()
    )


def run_list(page: RunPage, wanted: RunFilter, *, mine: bool = False) -> Message:
    """Runs in the order given; `wanted` and `mine` are what they were chosen by. “More” shows the next ones."""
    chosen = _chosen_by(wanted, mine=mine)
    if not page.runs:
        nothing = "There are no older runs." if page.start else "There are no runs in this workspace yet."
        return (
            Layout()
            .text(f"There are no{' older' if page.start else ''} runs {chosen}." if chosen else nothing)
            .message()
        )
    layout = Layout().header("Older runs" if page.start else "Latest runs")
    if chosen:
        layout.text(f"Only those {chosen}.")
    for run in page.runs[:LISTED]:
        layout.text(listed(run))
    layout.context(f"One of them in detail: {mrkdwn.code('/aml status RUN')}")
    if page.more:
        value = json_value(
            experiment=wanted.experiment,
            status=wanted.status or "",
            mine="yes" if mine else "",
            start=str(page.start + len(page.runs)),
        )
        layout.buttons(button("More", "more_runs", value, says="Show older runs"))
    return layout.message()


def child_list(run: Run, children: Sequence[Run]) -> Message:
    """The latest runs that `run` started itself, in the order given."""
    title = f"*Runs that run {mrkdwn.code(run.id)} started*"
    if not children:
        return Layout().text(f"{title}\nIt has started none.", keep=True).message()
    layout = Layout().text(f"{title}\n{_counted(children)}.", keep=True)
    for child in children[:LISTED]:
        layout.text(listed(child))
    if len(children) > LISTED:
        layout.context(f"These are the latest {LISTED}.")
    return layout.message()


def _counted(children: Sequence[Run]) -> str:
    """How many there are in each state."""
    states = Counter(WORDS[child.status].partition(":")[0] for child in children)
    each = ", ".join(f"{count} {state}" for state, count in states.most_common())
    return f"{len(children)} run{'s' if len(children) > 1 else ''}: {each}"


def _chosen_by(wanted: RunFilter, *, mine: bool) -> str:
    parts = [
        f"of experiment {mrkdwn.line(wanted.experiment)}" if wanted.experiment else "",
        f"in status {wanted.status}" if wanted.status else "",
        "submitted by you" if mine else "",
    ]
    return ", ".join(part for part in parts if part)


def cancel_requested(run: Run) -> Message:
    """What became of a request to stop `run`."""
    if run.status.is_final:
        text = f"Run {mrkdwn.code(run.id)} has ended already: {WORDS[run.status]}. There is nothing to stop."
    else:
        text = f"I asked Azure ML to stop run {mrkdwn.code(run.id)}. Status now: {WORDS[run.status]}."
    return Layout().text(text, keep=True).message()


def ended(detail: RunDetail, user: str) -> Message:
    """The notice at a run's end to the one who started it (a Slack user id); the run's own message has the details."""
    run = detail.run
    asker = mrkdwn.mention(user)
    text = f"{asker}: run {mrkdwn.code(run.id)} has ended. It is *{WORDS[run.status]}*." if asker else ""
    return Layout().text(text or f"Run {mrkdwn.code(run.id)} has ended: *{WORDS[run.status]}*.", keep=True).message()


def never_started(run_id: str) -> Message:
    """A submit whose outcome was unknown, and that never arrived."""
    return (
        Layout()
        .text(
            f"*Run {mrkdwn.code(run_id)} was not started*\nAzure ML still doesn't know it, so nothing is running. "
            "You can submit it again.",
            keep=True,
        )
        .message()
    )


def _about(detail: RunDetail, summary: str, now: datetime | None, lead: str = "") -> Message:
    run = detail.run
    layout = Layout().text(f"{lead}*Run {mrkdwn.code(run.id)}: {WORDS[run.status]}*", keep=True)
    layout.text(mrkdwn.line(summary, 400) or _described(run), keep=True)
    layout.text(_times(run, now), keep=True)
    if run.waiting.strip():
        layout.text(f"Waiting: {mrkdwn.line(run.waiting)}")
    if run.status is RunStatus.FAILED or run.error.strip():
        layout.text("*Error*")
        layout.code(_tail_of(run.error) if run.error.strip() else "Azure ML gives no reason; the log may.")
    if detail.children:
        command = mrkdwn.code(f"/aml runs --children {run.id}")
        layout.text(f"It has started {_counted(detail.children)}. {command} lists them.")
    if detail.metrics:
        layout.text("*Metrics*").code(_table(detail.metrics))
    if any(line.strip() for line in detail.log):
        layout.text("*Last log lines*").code("\n".join(newest(detail.log[-LOG_LINES:], 2_400)))
    if run.portal_url:
        layout.context(mrkdwn.link(run.portal_url, "Open in Azure Machine Learning studio"))
    return layout.buttons(_cancel_button(run)).message()


def _cancel_button(run: Run) -> dict[str, Any] | None:
    if run.status.is_final or run.status is RunStatus.CANCEL_REQUESTED:
        return None
    confirm = confirmation(
        "Cancel this run?", f"Run {run.id} will be stopped; it can't be resumed.", "Cancel the run", "Keep it"
    )
    return button("Cancel", "cancel_run", run.id, says=f"Cancel run {run.id}", style="danger", confirm=confirm)


def _described(run: Run) -> str:
    parts = [
        f"experiment {mrkdwn.line(run.experiment)}" if run.experiment else "",
        f"on {mrkdwn.line(run.compute)}" if run.compute else "",
        f"environment {mrkdwn.line(run.environment)}" if run.environment else "",
        f"submitted by {mrkdwn.line(run.submitted_by)}" if run.submitted_by else "",
        f"started by run {mrkdwn.code(run.parent)}" if run.parent else "",
    ]
    return ", ".join(part for part in parts if part)


def listed(run: Run) -> str:
    """A run in a line or two."""
    state = WORDS[run.status].partition(":")[0]
    when = f", {mrkdwn.moment(run.created)}" if run.created else ""
    about = _described(run)
    return f"{mrkdwn.code(run.id)} — *{state}*{when}" + (f"\n{about}" if about else "")


def _times(run: Run, now: datetime | None) -> str:
    begun = run.started or run.created
    if not begun:
        return ""
    what = "Started" if run.started else "Created"
    until = run.ended if run.status.is_final else now
    length = f", {'took' if run.status.is_final else 'for'} {mrkdwn.span(until - begun)}" if until else ""
    return f"{what} {mrkdwn.moment(begun)}{length}"


def _table(metrics: Sequence[Metric]) -> str:
    """Name, last value and, for a series, where it came from; as aligned text with a heading row."""
    rows = [("metric", "last", "first → last")]
    for metric in metrics[:METRICS]:
        last = number(metric.values[-1]) if metric.values else "-"
        series = len(metric.values) > 1
        course = f"{number(metric.values[0])} → {last} ({len(metric.values)} values)" if series else ""
        rows.append((mrkdwn.shorten(metric.name, _CELL) or "-", last, course))
    if all(not course for _, _, course in rows[1:]):
        rows = [(name, last, "") for name, last, _ in rows]
    widths = [max(len(row[column]) for row in rows) for column in range(2)]
    lines = [f"{name.ljust(widths[0])}  {last.ljust(widths[1])}  {course}".rstrip() for name, last, course in rows]
    if len(metrics) > METRICS:
        lines.append(f"… and {len(metrics) - METRICS} more")
    return "\n".join(lines)


def number(value: float | str) -> str:
    if isinstance(value, str):
        return mrkdwn.shorten(value, _CELL) or "-"
    return f"{value:.6g}"


def newest(lines: Sequence[str], room: int) -> list[str]:
    """The last lines that fit into `room` characters once escaped, each cut to a bearable width; at least one."""
    cut = [line.rstrip() if len(line) <= _LOG_WIDTH else f"{line[:_LOG_WIDTH]} {mrkdwn.CUT}" for line in lines]
    sizes = itertools.accumulate(len(mrkdwn.escape(line)) + 1 for line in reversed(cut))
    count = sum(1 for size in sizes if size <= room)
    return cut[-max(count, 1) :]


def _tail_of(error: str) -> str:
    """An error's text; of a long one beginning and end, where messages and tracebacks say most."""
    text = error.strip()
    return text if len(text) <= 1_500 else f"{text[:500].rstrip()}\n{mrkdwn.CUT}\n{text[-900:].lstrip()}"
