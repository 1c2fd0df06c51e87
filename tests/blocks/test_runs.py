"""What people see of a run."""

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest

from bot.blocks import reports, runs
from bot.domain.errors import InvalidRequest
from bot.domain.packages import Packages
from bot.domain.reports import LogTail
from bot.domain.runs import Metric, Run, RunDetail, RunFilter, RunPage, RunSpec, RunStatus, SubmittedRun
from bot.parse import actions
from bot.parse.requests import Runs
from tests.blocks import sound

BEGIN = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
RUN = Run("aml-1", "first", RunStatus.RUNNING, "cpu-cluster", "demo-env", created=BEGIN, started=BEGIN)
SPEC = RunSpec(
    run_id="aml-1",
    experiment="first",
    folder="demo",
    script="train.py",
    arguments=("--epochs", "3"),
    compute="cpu-cluster",
    environment="demo-env",
    environment_version="",
    tags=(),
    project="demo",
)
SUMMARY = "train.py of project demo on cpu-cluster, environment demo-env, experiment first with arguments --epochs 3"


def test_a_submitted_run_says_what_was_started_and_can_be_cancelled() -> None:
    message = runs.submitted(SubmittedRun(RUN, SPEC))

    sound.check(message)
    assert "*Run `aml-1`: Running*" in message.text
    assert SUMMARY in message.text
    (button,) = sound.all_buttons(list(message.blocks))
    assert (button["action_id"], button["value"]) == ("cancel_run", "aml-1")
    assert button["confirm"]["title"]["text"] == "Cancel this run?"


@pytest.mark.parametrize("status", list(RunStatus))
def test_every_status_is_said_in_words_next_to_the_run(status: RunStatus) -> None:
    message = runs.progress(RunDetail(dataclasses.replace(RUN, status=status)), SUMMARY)

    sound.check(message)
    first = message.text.splitlines()[0]
    assert "`aml-1`" in first
    assert ("cancel_run" in sound.buttons(message).values()) == (
        not status.is_final and status is not RunStatus.CANCEL_REQUESTED
    )
    if status.is_final:
        assert first == f"*Run `aml-1`: {status.value}*"


def test_progress_shows_metrics_log_time_and_the_portal() -> None:
    detail = RunDetail(
        dataclasses.replace(RUN, portal_url="https://ml.azure.com/runs/aml-1?wsid=/a&b"),
        metrics=(Metric("loss", (0.5, 0.25, 0.125)), Metric("accuracy", (0.9,)), Metric("note", ("fine",))),
        log=tuple(f"epoch {number}" for number in range(30)),
    )

    message = runs.progress(detail, SUMMARY, now=BEGIN + timedelta(hours=1, minutes=5))

    sound.check(message)
    assert "loss      0.125  0.5 → 0.125 (3 values)" in message.text
    assert "accuracy  0.9\n" in message.text
    assert "note      fine" in message.text
    assert "epoch 29" in message.text
    assert "epoch 19" not in message.text
    assert "Started 2026-05-04 09:30 UTC, for 1 h 5 min" in message.text
    assert "<https://ml.azure.com/runs/aml-1?wsid=/a&amp;b|Open in Azure Machine Learning studio>" in message.text


def test_a_failed_run_shows_beginning_and_end_of_its_error() -> None:
    run = dataclasses.replace(
        RUN,
        status=RunStatus.FAILED,
        ended=BEGIN + timedelta(seconds=75),
        error="UserError\n" + "x\n" * 3_000 + "KeyError: 'y'",
    )

    message = runs.progress(RunDetail(run), SUMMARY)

    sound.check(message)
    assert "UserError" in message.text
    assert "KeyError: 'y'" in message.text
    assert "… cut" in message.text
    assert "took 1 min 15 s" in message.text


def test_a_failed_run_without_an_error_says_so() -> None:
    message = runs.progress(RunDetail(dataclasses.replace(RUN, status=RunStatus.FAILED)), SUMMARY)

    assert "Azure ML gives no reason" in message.text


def test_a_log_that_is_too_long_keeps_its_newest_lines_in_blocks_and_text() -> None:
    lines = tuple(f"line {number} <&>" + "." * 100 for number in range(500))
    message = reports.logs(LogTail(RUN, "", lines))

    sound.check(message)
    for text in (message.text, sound.shown(message)):
        assert "line 499" in text
        assert "line 0 " not in text
    assert "of 500 lines (… cut)" in message.text


@pytest.mark.parametrize("lines", [(), ("", " ")])
def test_an_empty_log_is_called_empty(lines: tuple[str, ...]) -> None:
    assert "It is empty" in reports.logs(LogTail(RUN, "", lines)).text


def test_runs_are_listed_with_status_time_and_person() -> None:
    listed = dataclasses.replace(RUN, submitted_by="Ana <!here>")

    message = runs.run_list(RunPage((listed,) * 15, more=True), RunFilter())

    sound.check(message)
    assert "`aml-1` — *Running*, 2026-05-04 09:30 UTC" in message.text
    assert "submitted by Ana &lt;!here&gt;" in message.text
    assert message.blocks[-1]["elements"][0]["text"]["text"] == "More"


def test_the_more_button_asks_for_the_next_runs_of_the_same_choice() -> None:
    wanted = RunFilter("churn", RunStatus.FAILED)

    message = runs.run_list(RunPage((RUN,) * 15, start=15, more=True), wanted, mine=True)

    value = message.blocks[-1]["elements"][0]["value"]
    assert actions.more_runs(value) == Runs("churn", RunStatus.FAILED, mine=True, start=30)
    assert "Only those of experiment churn, in status Failed, submitted by you." in message.text


@pytest.mark.parametrize("value", ["", "{}", "[]", '{"start":"x","status":"","experiment":""}', '{"start":{}}'])
def test_a_more_button_that_is_not_ours_is_refused(value: str) -> None:
    with pytest.raises(InvalidRequest):
        actions.more_runs(value)


def test_packages_and_a_commit_are_in_a_runs_summary() -> None:
    spec = RunSpec("aml-1", "demo", "/x", "train.py", (), "cpu", "aml-bot-1", "3", (), "churn", "3f9a" * 10, "main",
                   packages=Packages("3.11", ("scipy",), ("pandas>=2",)))  # fmt: skip

    text = runs.summary(spec)

    assert "train.py of project churn at main (commit 3f9a3f9a3f9a) on cpu" in text
    assert "environment aml-bot-1:3 (Python 3.11; conda scipy; pip pandas>=2)" in text


def test_no_runs_are_said_to_be_none() -> None:
    assert runs.run_list(RunPage(()), RunFilter()).text == "There are no runs in this workspace yet."


def test_cancelling_a_run_that_has_ended_says_so() -> None:
    ended = runs.cancel_requested(dataclasses.replace(RUN, status=RunStatus.COMPLETED))

    assert "has ended already: Completed" in ended.text
    assert "asked Azure ML to stop run `aml-1`" in runs.cancel_requested(RUN).text


def test_an_unknown_outcome_is_neither_success_nor_failure() -> None:
    text = runs.outcome_unknown("aml-1").text

    assert "don't know yet" in text
    assert "`aml-1`" in text
    assert "failed" not in text.lower()
