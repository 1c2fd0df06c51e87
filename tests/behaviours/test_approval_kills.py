"""Runs that wait for consent, through kills and changes of what they are made of."""

import json
import sqlite3
from contextlib import closing

import pytest

from tests.behaviours.repository import Repository
from tests.behaviours.team import CHEN, DANA, HELP, OLIVIA, TEAM_CHANNEL, Team, eventually
from tests.behaviours.test_approvals import RULES, Asked, with_rules

pytestmark = pytest.mark.slow

SNAPSHOT_RUN = {"method": "POST", "path": "snapshotrun"}


@pytest.fixture
def ruled(own_team: Team) -> Team:
    """A team of one's own with the rules of approvals, its bot running."""
    with_rules(own_team).start()
    return own_team


def restart(team: Team) -> None:
    """kill -9, and a new process."""
    team.kill()
    team.start()


def test_a_request_that_waits_and_the_consent_it_has_survive_kills(ruled: Team) -> None:
    two = Asked(ruled, "two")
    restart(ruled)
    two.told(CHEN)
    restart(ruled)

    two.told(OLIVIA)
    two.ended()

    assert len(two.runs()) == 1
    assert two.results() == ["asked", "approved", "approved", "all approved", "started"]


@pytest.mark.parametrize("arrives", [False, True], ids=["and-it-never-arrives", "and-it-arrives-after-the-kill"])
def test_a_kill_while_what_was_approved_is_on_its_way_to_azure_starts_one_run(ruled: Team, *, arrives: bool) -> None:
    one = Asked(ruled, "one")
    ruled.azure.ask("POST", "/hold", SNAPSHOT_RUN)
    one.press(OLIVIA)
    eventually(lambda: bool(ruled.azure.ask("GET", "/held")["held"]))

    ruled.kill()
    ruled.azure.ask("POST", "/release", {"drop": not arrives})
    ruled.start()
    ended = one.ended()

    assert len(one.runs()) == 1
    assert ended.thread_ts == one.waiting.ts
    assert one.results() == ["asked", "approved", "all approved", "started"]
    assert [run["id"] for run in ruled.azure.runs()] == [one.run_id]


def test_a_kill_before_the_approvers_are_asked_asks_them_once(ruled: Team) -> None:
    ruled.slack.hold("chat.postMessage")
    mark = ruled.mark()
    ruled.type(DANA, TEAM_CHANNEL, "/aml submit train.py --project one -- --epochs 1")
    eventually(lambda: bool(ruled.slack.held()))

    ruled.kill()
    ruled.slack.release()
    ruled.start()
    waiting = ruled.until(mark, "waits for approval")
    ruled.quiet()

    assert len(ruled.messages_with(f"asks for your approval of run `{waiting.run_id}`", HELP)) == 1
    assert len(ruled.messages_with(f"*Run `{waiting.run_id}` waits", TEAM_CHANNEL)) == 1


def test_what_was_approved_while_azure_is_out_is_started_when_it_is_back(ruled: Team) -> None:
    one = Asked(ruled, "one")
    ruled.azure.ask("POST", "/faults", {"path": "snapshotrun|experimentids|history|/experiments/", "status": 503})
    one.press(OLIVIA)
    one.news("was approved, but can't be started yet. I keep trying.")
    ruled.azure.ask("DELETE", "/faults")

    one.ended()

    assert len(one.runs()) == 1


def test_without_its_row_in_the_audit_no_consent_counts(ruled: Team) -> None:
    one = Asked(ruled, "one")
    file = ruled.folder / "bot" / "aml-bot.db"
    full = "BEGIN SELECT RAISE(ABORT, 'full'); END"
    refuse = f"CREATE TRIGGER full BEFORE INSERT ON audit WHEN NEW.result = 'approved' {full}"
    with closing(sqlite3.connect(file, timeout=30)) as connection:
        connection.execute(refuse)
        connection.commit()
    told = one.told(OLIVIA)
    votes = ruled.rows("SELECT * FROM approval_vote")
    with closing(sqlite3.connect(file, timeout=30)) as connection:
        connection.execute("DROP TRIGGER full")
        connection.commit()

    assert "nothing was done" in told
    assert votes == []
    assert one.runs() == []


@pytest.fixture
def in_git(own_team: Team) -> tuple[Team, Repository]:
    """A team whose project “one” is in a Git repository."""
    repository = Repository(own_team.folder.parent / "git" / "one")
    files = [path for path in own_team.project.rglob("*") if path.is_file()]
    repository.commit({str(path.relative_to(own_team.project)): path.read_bytes() for path in files})
    with_rules(own_team)
    text = own_team.settings.read_text(encoding="utf-8")
    head, _, tail = text.partition("[projects.one]\n")
    folder = f"folder = {json.dumps(str(own_team.project))}"
    tail = tail.replace(folder, f"git = {json.dumps(str(repository.folder))}", 1)
    own_team.settings.write_text(f"{head}[projects.one]\n{tail}", encoding="utf-8")
    own_team.start()
    return own_team, repository


def test_the_commit_and_the_version_that_were_shown_are_started_whatever_came_after(
    in_git: tuple[Team, Repository],
) -> None:
    team, repository = in_git
    shown = repository.head()
    one = Asked(team, "one", "--ref main --env demo-env")
    repository.commit({"train.py": "raise SystemExit('not what was shown')\n"})
    team.command(OLIVIA, "env create demo-env --python 3.11 --pip nothing-of-that-name")

    one.press(OLIVIA)
    done = team.until(one.mark, f"`{one.run_id}`: Completed")

    assert f"Project: `one` at main, commit `{shown}`" in one.asked.text
    assert "Environment: `demo-env:1`" in one.asked.text
    assert "epoch 1/1" in done.text
    (run,) = one.runs()
    assert run["tags"]["git_commit"] == shown


def test_a_policy_that_wants_more_by_now_is_the_one_that_counts(own_team: Team) -> None:
    with_rules(own_team)
    settings = own_team.settings.read_text(encoding="utf-8")
    own_team.settings.write_text(f"policy_interval = 0.2\n{settings}", encoding="utf-8")
    own_team.start()
    one = Asked(own_team, "one")
    policy = own_team.folder / "policy.toml"
    text = policy.read_text(encoding="utf-8")
    policy.write_text(text.replace('by_roles = ["Owner"]', 'by_people = ["T0SANDBOX/U0CHEN"]', 1), encoding="utf-8")
    eventually(lambda: len(own_team.rows("SELECT 1 FROM audit WHERE command = 'policy'")) == 2)

    by_olivia = one.told(OLIVIA)
    by_chen = one.told(CHEN)
    one.ended()

    assert "You aren't one of those who may approve or reject this" in by_olivia
    assert "It is being started" in by_chen
    assert RULES in text
