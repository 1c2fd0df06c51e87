"""Kills, lost answers and broken connections: what was acknowledged is done once, and its thread reaches the end."""

import contextlib
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.behaviours.team import BOT, DANA, HELP, TEAM_CHANNEL, Said, Team, clean_environment, eventually, team_in

pytestmark = pytest.mark.slow

SKLEARN = "how do i install scikit-learn for my training run?"
SUBMIT = "/aml submit train.py --project demo --compute cpu-cluster -- --epochs 3"
SNAPSHOT_RUN = {"method": "POST", "path": "snapshotrun"}

WAITING_SCRIPT = """\
import sys
import time
from pathlib import Path

from azureml.core import Run

run = Run.get_context()
run.log("halfway", 1)
print("halfway", flush=True)
end = time.monotonic() + 60
while not Path(sys.argv[1]).exists() and time.monotonic() < end:
    time.sleep(0.05)
run.log("finished", 1)
"""


# Killed with kill -9


def test_a_kill_before_anything_was_asked_of_azure_costs_nothing(own_team: Team) -> None:
    own_team.start()
    own_team.slack.hold("users.info")
    said = own_team.type(DANA, TEAM_CHANNEL, SUBMIT)
    acknowledged(own_team, said)
    eventually(lambda: bool(own_team.slack.held()))

    own_team.kill()
    own_team.slack.release()
    own_team.start()

    ran_once_and_ended(own_team, said)


@pytest.mark.parametrize("arrives", [False, True], ids=["and-it-never-arrives", "and-it-arrives-after-the-kill"])
def test_a_kill_while_the_submit_is_on_its_way_to_azure_starts_one_run(own_team: Team, *, arrives: bool) -> None:
    own_team.start()
    own_team.azure.ask("POST", "/hold", SNAPSHOT_RUN)
    said = own_team.type(DANA, TEAM_CHANNEL, SUBMIT)
    acknowledged(own_team, said)
    eventually(lambda: bool(own_team.azure.ask("GET", "/held")["held"]))

    own_team.kill()
    own_team.azure.ask("POST", "/release", {"drop": not arrives})
    own_team.start()

    ran_once_and_ended(own_team, said)


def test_a_kill_after_azure_accepted_and_before_anybody_was_told_starts_no_second_run(own_team: Team) -> None:
    own_team.start()
    own_team.slack.fault("chat.postMessage", times=1000, error="internal_error")
    said = own_team.type(DANA, TEAM_CHANNEL, SUBMIT)
    eventually(lambda: bool(own_team.slack.calls("chat.postMessage")))
    assert len(own_team.azure.runs()) == 1

    own_team.kill()
    own_team.slack.clear_faults()
    own_team.start()

    ran_once_and_ended(own_team, said)


def test_a_kill_between_the_submit_and_its_tags_leaves_no_run_without_a_name(own_team: Team) -> None:
    own_team.start()
    own_team.azure.ask("POST", "/hold", {"method": "PATCH", "path": "/runs/aml-[0-9a-f]{12}$"})
    said = own_team.type(DANA, TEAM_CHANNEL, SUBMIT)
    eventually(lambda: bool(own_team.azure.ask("GET", "/held")["held"]))

    own_team.kill()
    own_team.azure.ask("POST", "/release", {"drop": True})
    assert "submitted_by_slack_id" not in own_team.azure.runs()[0]["tags"]
    own_team.start()

    ran_once_and_ended(own_team, said)
    assert own_team.azure.runs()[0]["tags"]["submitted_by_slack_id"] == f"T0SANDBOX/{DANA}"


def test_a_kill_after_the_reply_and_before_its_note_posts_no_second_message(own_team: Team) -> None:
    own_team.start()
    own_team.slack.hold("chat.postMessage", when="after")
    said = own_team.type(DANA, TEAM_CHANNEL, SUBMIT)
    eventually(lambda: bool(own_team.slack.held()))

    own_team.kill()
    own_team.slack.release()
    own_team.start()

    ran_once_and_ended(own_team, said)


def test_a_run_that_is_followed_when_the_bot_is_killed_reaches_its_end_in_the_same_message(own_team: Team) -> None:
    own_team.start()
    (own_team.project / "wait.py").write_text(WAITING_SCRIPT, encoding="utf-8")
    go_on = own_team.folder / "go-on"
    said = own_team.type(DANA, TEAM_CHANNEL, f"/aml submit wait.py --project demo -- {go_on}")
    running = own_team.until(said.mark, "halfway")

    own_team.kill()
    go_on.touch()
    eventually(lambda: own_team.azure.runs()[0]["status"] == "Completed")
    own_team.start()

    done = own_team.until(said.mark, f"`{running.run_id}`: Completed")
    assert done.ts == running.ts
    assert "finished" in done.text
    ran_once_and_ended(own_team, said)


@pytest.mark.parametrize("told", [False, True], ids=["before-the-reply", "after-the-reply-and-before-its-note"])
def test_a_question_is_answered_once_although_the_bot_is_killed(own_team: Team, *, told: bool) -> None:
    own_team.start()
    if told:
        own_team.slack.hold("chat.postMessage", when="after")
    else:
        own_team.slack.fault("chat.postMessage", times=1000, error="internal_error")
    said = own_team.type(DANA, HELP, SKLEARN)
    acknowledged(own_team, said)
    eventually(lambda: bool(own_team.slack.held() or own_team.slack.calls("chat.postMessage")))

    own_team.kill()
    own_team.slack.release()
    own_team.slack.clear_faults()
    own_team.start()

    assert "CondaDependencies" in own_team.reply(said).text
    nothing_is_pending(own_team)
    assert len(own_team.messages_with("CondaDependencies", HELP)) == 1


def test_a_kill_leaves_no_process_behind(own_team: Team) -> None:
    own_team.start()
    own_team.azure.ask("POST", "/hold", SNAPSHOT_RUN)
    own_team.type(DANA, TEAM_CHANNEL, SUBMIT)
    eventually(lambda: bool(own_team.azure.ask("GET", "/held")["held"]))
    state = own_team.folder / "bot"
    assert processes_of(state), "there should be a child in the middle of the submit"

    own_team.kill()

    eventually(lambda: not processes_of(state), patience=10)
    own_team.azure.ask("POST", "/release", {"drop": True})


# Answers that are lost


def test_a_lost_answer_to_the_submit_is_settled_by_looking_and_nobody_hears_of_it(own_team: Team) -> None:
    own_team.start()
    own_team.azure.ask("POST", "/faults", SNAPSHOT_RUN | {"drop_response": True, "times": 1})

    said = own_team.type(DANA, TEAM_CHANNEL, SUBMIT)

    ran_once_and_ended(own_team, said)
    _, changes = own_team.slack.changes(said.mark)
    assert not [change for change in changes if change.kind == "ephemeral"]
    assert outcomes(own_team) == [("decision", "allowed"), ("outcome", "done")]


def test_a_submit_that_is_overdue_is_called_unknown_and_settled_when_it_arrives(own_team: Team) -> None:
    set_azure(own_team, submit_deadline=4)
    own_team.start()
    own_team.azure.ask("POST", "/hold", SNAPSHOT_RUN)

    said = own_team.type(DANA, TEAM_CHANNEL, SUBMIT)
    told = own_team.posted(said, "aml-")

    assert "know yet" in told.text
    assert own_team.azure.runs() == []
    own_team.azure.ask("POST", "/release", {})
    ran_once_and_ended(own_team, said)
    assert outcomes(own_team) == [("decision", "allowed"), ("outcome", "unknown"), ("settled", "done")]
    texts = [(change.message or {}).get("text", "") for change in own_team.slack.changes(said.mark)[1]]
    assert not [text for text in texts if "failed" in text.lower()]


def test_a_message_that_slack_never_takes_is_said_to_be_a_bug(own_team: Team) -> None:
    own_team.start()
    own_team.slack.fault("chat.postMessage", error="invalid_blocks")

    said = own_team.type(DANA, HELP, SKLEARN)

    assert "reference" in own_team.private(said).text
    assert "slack_refused_a_message" in own_team.log()
    nothing_is_pending(own_team)
    assert len(own_team.slack.calls("chat.postMessage")) == 1


def test_a_run_whose_progress_slack_does_not_take_is_followed_to_its_end(own_team: Team) -> None:
    own_team.start()
    own_team.slack.fault("chat.update", times=1000, error="msg_too_long")

    said = own_team.type(DANA, TEAM_CHANNEL, SUBMIT)

    ended = own_team.until(said.mark, "has ended")
    assert "Completed" in ended.text
    assert ended.thread_ts == own_team.posted(said, ended.run_id).ts
    eventually(lambda: not own_team.rows("SELECT run_id FROM watched_run"))
    assert "slack_refused_a_message" in own_team.log()


# Stopped, started twice, cut off


def test_a_stop_in_the_middle_of_work_ends_well_and_the_next_start_takes_it_up(own_team: Team) -> None:
    own_team.start()
    own_team.azure.ask("POST", "/hold", SNAPSHOT_RUN)
    said = own_team.type(DANA, TEAM_CHANNEL, SUBMIT)
    eventually(lambda: bool(own_team.azure.ask("GET", "/held")["held"]))

    began = time.monotonic()
    code = own_team.stop()

    assert code == 0
    assert time.monotonic() - began < 20
    eventually(lambda: not processes_of(own_team.folder / "bot"), patience=10)
    own_team.azure.ask("POST", "/release", {"drop": True})
    own_team.start()
    ran_once_and_ended(own_team, said)
    _, changes = own_team.slack.changes(said.mark)
    assert not [change for change in changes if change.kind == "ephemeral"]


def test_an_idle_bot_stops_within_seconds(own_team: Team) -> None:
    own_team.start()

    began = time.monotonic()
    code = own_team.stop()

    assert code == 0
    assert time.monotonic() - began < 6


def test_a_second_bot_on_the_same_state_is_refused_with_a_sentence(own_team: Team) -> None:
    own_team.start()

    second = subprocess.run(
        [sys.executable, "-m", "bot", "serve", "--settings", str(own_team.settings)],
        capture_output=True,
        text=True,
        timeout=60,
        env=clean_environment(),
        check=False,
    )

    assert second.returncode == 2
    assert second.stderr.startswith("aml-bot: Another aml-bot works with the state folder")
    assert second.stderr.count("\n") == 1
    said = own_team.type(DANA, HELP, SKLEARN)
    assert "CondaDependencies" in own_team.reply(said).text


@pytest.mark.parametrize("how", ["dropped", "refresh_requested", "warning"])
def test_the_next_question_is_answered_when_slack_ends_the_connections(tmp_path: Path, how: str) -> None:
    # A cut connection is noticed by the next ping, so Slack's retries mustn't all fall before it.
    with team_in(tmp_path / "demo", slack_arguments=("--retry-delays", "0.5,2,4")) as team:
        team.start()
        assert team.slack.connections() == 2

        if how == "dropped":
            assert team.slack.disconnect(drop=True) == 2
        else:
            assert team.slack.disconnect(how) == 2
        said = team.type(DANA, HELP, SKLEARN)

        assert "CondaDependencies" in team.reply(said).text
        eventually(lambda: team.slack.connections() >= 2, patience=20)
        nothing_is_pending(team)
        assert len(team.messages_with("CondaDependencies", HELP)) == 1


# A database that takes nothing


def test_what_cannot_be_stored_is_not_acknowledged_and_comes_again(own_team: Team) -> None:
    own_team.start()
    with locked_database(own_team):
        said = own_team.type(DANA, HELP, SKLEARN)
        eventually(lambda: len(own_team.slack.deliveries(*said.deliveries)) > 1)
        assert all(delivery["ack_ms"] is None for delivery in own_team.slack.deliveries(*said.deliveries))

    assert "CondaDependencies" in own_team.reply(said).text
    nothing_is_pending(own_team)
    assert len(own_team.messages_with("CondaDependencies", HELP)) == 1


def test_a_command_that_cannot_be_stored_says_so_in_time_and_starts_nothing(own_team: Team) -> None:
    own_team.start()
    with locked_database(own_team):
        answer = own_team.command(DANA, SUBMIT.removeprefix("/aml "))

    assert "nothing was started" in answer
    (delivery,) = [each for each in own_team.slack.deliveries() if each["type"] == "slash_commands"]
    assert delivery["ack_ms"] < 3000
    # A later request overtakes nothing: when it is done, the refused one would have been, too.
    said = own_team.type(DANA, TEAM_CHANNEL, SUBMIT)
    ran_once_and_ended(own_team, said)


# Words for the above


def acknowledged(team: Team, said: Said) -> None:
    """Wait until the bot has acknowledged everything that `said` sent to it."""
    eventually(lambda: all(each["ack_ms"] is not None for each in team.slack.deliveries(*said.deliveries)))


def ran_once_and_ended(team: Team, said: Said) -> None:
    """One run, completed; one message for it with its metrics; one word in its thread that it has ended."""
    ended = team.until(said.mark, "has ended")
    eventually(lambda: not team.rows("SELECT run_id FROM watched_run"))
    nothing_is_pending(team)
    (run,) = team.azure.runs()
    assert (run["id"], run["status"]) == (ended.run_id, "Completed")
    mine = [m for m in team.slack.screen(DANA, TEAM_CHANNEL) if m.get("user") == BOT and run["id"] in m["text"]]
    (message,) = (m for m in mine if m["ts"] == m.get("thread_ts", m["ts"]))
    assert f"`{run['id']}`: Completed" in message["text"]
    assert "*Metrics*" in message["text"]
    assert [(m["ts"], m["thread_ts"]) for m in mine if m is not message] == [(ended.ts, message["ts"])]


def nothing_is_pending(team: Team) -> None:
    """Wait until every stored request has been worked off."""
    query = "SELECT workflow_uuid FROM workflow_status WHERE status NOT IN ('SUCCESS', 'ERROR', 'CANCELLED')"
    eventually(lambda: not team.rows(query))


def outcomes(team: Team) -> list[tuple[str, str]]:
    """Phase and result of the audit's rows about submits, in order."""
    return [(row["phase"], row["result"]) for row in team.audit() if row["command"] == "submit"]


def set_azure(team: Team, **values: float) -> None:
    """Add settings to the table [azure]."""
    lines = "".join(f"{name} = {value}\n" for name, value in values.items())
    text = team.settings.read_text(encoding="utf-8")
    team.settings.write_text(text.replace("[azure]\n", f"[azure]\n{lines}"), encoding="utf-8")


def processes_of(state: Path) -> list[int]:
    """The processes that have the state folder in their environment: the bot's children live in it."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if os.fsencode(state) in (entry / "environ").read_bytes():
                    found.append(int(entry.name))
    return found


@contextlib.contextmanager
def locked_database(team: Team) -> Iterator[None]:
    """Nobody else can write to the bot's database in this context."""
    file = team.folder / "bot" / "aml-bot.db"
    with contextlib.closing(sqlite3.connect(file, timeout=30, isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        try:
            yield
        finally:
            connection.execute("ROLLBACK")
