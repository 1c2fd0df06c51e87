"""Runs: submitted, refused, followed to their end, listed, cancelled."""

import re
import shutil
import sys
from pathlib import Path

import pytest

from tests.behaviours.team import DANA, OLIVIA, RUI, TEAM_CHANNEL, Seen, Team, eventually

SUBMIT = "submit train.py --project demo --compute cpu-cluster -- --epochs 3"
SLOW = "import time\nprint('begun', flush=True)\ntime.sleep(300)\n"


def start_slow(team: Team, user: str = DANA) -> Seen:
    """A run that goes on until it is cancelled, and its message once it shows that it runs."""
    (team.project / "slow.py").write_text(SLOW, encoding="utf-8")
    said = team.type(user, TEAM_CHANNEL, "/aml submit slow.py")
    posted = team.posted(said, "aml-")
    return team.until(said.mark, f"`{posted.run_id}`: Running")


def status_in_azure(team: Team, run_id: str) -> str:
    """What Azure ML says of a run."""
    return next(str(run["status"]) for run in team.azure.runs() if run["id"] == run_id)


def test_a_data_scientist_submits_and_sees_the_run_to_its_metrics(team: Team) -> None:
    said = team.type(DANA, TEAM_CHANNEL, f"/aml {SUBMIT}")
    posted = team.posted(said, "aml-")
    done = team.until(said.mark, f"`{posted.run_id}`: Completed")

    assert done.ts == posted.ts
    assert "accuracy" in done.text
    assert "epoch 3/3" in done.text
    assert done.buttons == []
    ended = team.until(said.mark, f"run `{posted.run_id}` has ended")
    assert ended.thread_ts == posted.ts
    assert "<@U0DANA>" in ended.text
    (run,) = [run for run in team.azure.runs() if run["id"] == posted.run_id]
    assert run["tags"]["submitted_by_slack_id"] == "T0SANDBOX/U0DANA"
    assert posted.run_id in team.command(RUI, "runs")
    assert "accuracy" in team.command(RUI, f"status {posted.run_id}")
    assert "epoch 3/3" in team.command(RUI, f"logs `{posted.run_id}`")
    assert "has ended already" in team.command(OLIVIA, f"cancel {posted.run_id}")


def test_without_an_id_it_is_ones_own_latest_run(team: Team) -> None:
    said = team.type(DANA, TEAM_CHANNEL, "/aml submit train.py --experiment latest -- --epochs 1")
    run_id = team.posted(said, "aml-").run_id
    team.until(said.mark, f"run `{run_id}` has ended")

    assert f"Your latest run. *Run `{run_id}`: Completed" in team.command(DANA, "status")
    assert f"Log of your latest run `{run_id}`" in team.command(DANA, "logs")
    assert run_id not in team.command(RUI, "status")
    mine = team.command(DANA, "runs --mine --experiment latest --status completed")
    assert run_id in mine
    assert "Only those of experiment latest, in status Completed, submitted by you." in mine
    assert "There are no runs of experiment latest, submitted by you." in team.command(
        RUI, "runs --mine --experiment latest"
    )


def test_packages_become_an_environment_that_is_named_and_used_again(team: Team) -> None:
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    command = f"submit train.py --pip azureml-core --python {python} -- --epochs 1"
    texts = []
    for _ in range(2):
        said = team.type(DANA, TEAM_CHANNEL, f"/aml {command}")
        posted = team.posted(said, "aml-")
        texts.append(posted.text)
        assert "epoch 1/1" in team.until(said.mark, f"`{posted.run_id}`: Completed").text
        team.until(said.mark, f"run `{posted.run_id}` has ended")

    names = [re.search(r"environment (aml-bot-[0-9a-f]{12}:1) \(Python", text) for text in texts]
    assert names[0] is not None
    assert names[1] is not None
    assert names[0][1] == names[1][1]
    assert f"(Python {python}; pip azureml-core)" in texts[0]
    assert "azureml-core" in team.command(RUI, f"env {names[0][1]}")


def test_a_python_that_is_not_there_fails_the_run_and_is_told(team: Team) -> None:
    said = team.type(DANA, TEAM_CHANNEL, "/aml submit train.py --pip azureml-core --python 3.7")
    posted = team.posted(said, "train.py of project")

    failed = team.until(said.mark, f"`{posted.run_id}`: Failed").text
    team.until(said.mark, f"run `{posted.run_id}` has ended")

    assert "Image build failed: environment" in failed
    assert "Python 3.7 was asked for and isn't installed on this machine; the sandbox has Python 3." in failed


def test_runs_beyond_the_nodes_are_queued_with_the_reason(team: Team) -> None:
    (team.project / "slow.py").write_text(SLOW, encoding="utf-8")
    posted = []
    for _ in range(3):
        said = team.type(DANA, TEAM_CHANNEL, "/aml submit slow.py --compute gpu-cluster")
        posted.append(team.posted(said, "slow.py of project"))

    waiting = posted[-1].run_id
    reason = "Waiting: All 2 nodes of gpu-cluster are busy; the run starts when one is free."
    eventually(lambda: reason in team.command(RUI, f"status {waiting}"))
    for each in posted:
        team.command(DANA, f"cancel {each.run_id}")
    assert "Waiting" not in team.until(posted[0].seq, f"`{waiting}`: Canceled").text
    for each in posted:
        team.until(posted[0].seq, f"run `{each.run_id}` has ended")


def test_a_script_that_fails_shows_its_error(team: Team) -> None:
    said = team.type(DANA, TEAM_CHANNEL, "/aml submit train.py -- --epochs many")
    posted = team.posted(said, "aml-")
    failed = team.until(said.mark, f"`{posted.run_id}`: Failed")

    assert "*Error*" in failed.text
    assert "invalid int value: 'many'" in failed.text
    assert "*Failed" in team.until(said.mark, f"run `{posted.run_id}` has ended").text


def test_a_mention_submits_and_follows_the_run_in_its_thread(team: Team) -> None:
    said = team.type(DANA, TEAM_CHANNEL, "@aml-bot submit train.py -- --epochs 1")
    posted = team.reply(said)
    ended = team.until(said.mark, f"run `{posted.run_id}` has ended")

    assert posted.thread_ts == said.ts
    assert ended.thread_ts == said.ts


def test_a_reader_is_refused_and_told_which_role_would_help(team: Team) -> None:
    before = {run["id"] for run in team.azure.runs()}

    answer = team.command(RUI, SUBMIT)

    assert "AzureML Data Scientist" in answer
    assert "experiments/runs/submit/action" in answer
    assert {run["id"] for run in team.azure.runs()} == before
    row = team.audit()[-1]
    assert (row["user"], row["command"], row["phase"], row["result"]) == (RUI, "submit", "decision", "refused")


def test_a_running_script_is_looked_at_and_cancelled_by_command(team: Team) -> None:
    running = start_slow(team)
    mark = team.mark()

    status = team.command(RUI, f"status {running.run_id}")
    eventually(lambda: "begun" in team.command(RUI, f"logs {running.run_id}"))
    refused = team.command(RUI, f"cancel {running.run_id}")
    assert status_in_azure(team, running.run_id) == "Running"
    cancelled = team.command(DANA, f"cancel {running.run_id}")

    assert "Running" in status
    assert "AzureML Data Scientist" in refused
    assert "asked Azure ML to stop" in cancelled
    shown = team.until(mark, f"`{running.run_id}`: Canceled")
    assert shown.ts == running.ts
    assert shown.buttons == []
    assert "Canceled" in team.until(mark, f"run `{running.run_id}` has ended").text
    assert status_in_azure(team, running.run_id) == "Canceled"


def test_the_cancel_button_asks_first_refuses_a_reader_and_stops_the_run(team: Team) -> None:
    running = start_slow(team)
    button, _ = running.button("Cancel")

    refused = team.private(team.press(RUI, running, "Cancel"))
    assert status_in_azure(team, running.run_id) == "Running"
    clicked = team.press(OLIVIA, running, "Cancel")
    told = team.private(clicked)

    assert "will be stopped" in button["confirm"]["text"]["text"]
    assert "AzureML Data Scientist" in refused.text
    assert refused.visible_to == (RUI,)
    assert "asked Azure ML to stop" in told.text
    assert team.until(clicked.mark, f"run `{running.run_id}` has ended").thread_ts == running.ts


def test_a_run_whose_id_is_misspelt_gets_the_nearest_one(team: Team) -> None:
    said = team.type(DANA, TEAM_CHANNEL, "/aml submit train.py -- --epochs 1")
    run_id = team.posted(said, "aml-").run_id
    wrong = run_id[:-1] + ("0" if run_id[-1] != "0" else "1")

    answer = team.command(RUI, f"status {wrong}")

    assert f"There is no run “{wrong}”. Did you mean “{run_id}”" in answer
    team.until(said.mark, f"run `{run_id}` has ended")


def test_where_the_bot_is_no_member_the_run_is_followed_in_a_direct_message(team: Team) -> None:
    room = team.slack.add_channel("ml-private", [DANA], bot=False)

    said = team.type(DANA, room["id"], "/aml submit train.py -- --epochs 1")
    posted = team.posted(said, "aml-")
    ended = team.until(said.mark, f"run `{posted.run_id}` has ended")

    assert posted.channel.startswith("D")
    assert ended.channel == posted.channel
    assert ended.thread_ts == posted.ts


TRAVELLERS = """
import pathlib
print("came", sorted(str(path) for path in pathlib.Path().rglob("*") if path.is_file() and "log" not in str(path)))
"""


@pytest.mark.parametrize("ignore", [".amlignore", ".gitignore"])
def test_what_an_ignore_file_names_stays_at_home_and_all_else_travels(team: Team, tmp_path: Path, ignore: str) -> None:
    made = [team.project / name for name in (ignore, "came.py", "assets/inner.txt", "kept/home.bin", "kept/out")]
    (team.project / "kept").mkdir()
    (tmp_path / "secret").write_text("hush\n")
    for path, text in zip(made, ("kept/\n", TRAVELLERS, "inner", "bin"), strict=False):
        path.write_text(text)
    made[-1].symlink_to(tmp_path / "secret")
    try:
        said = team.type(DANA, TEAM_CHANNEL, "/aml submit came.py")
        posted = team.posted(said, "came.py of project")
        team.until(said.mark, f"run `{posted.run_id}` has ended")
        log = team.command(DANA, f"logs {posted.run_id}")
    finally:
        shutil.rmtree(team.project / "kept")
        for path in made[:3]:
            path.unlink()

    came = log.partition("came [")[2].partition("]")[0]
    assert {f"'{name}'" for name in (ignore, "came.py", "assets/inner.txt", "assets/utils.py", "train.py")} <= set(
        came.split(", ")
    )
    assert "kept" not in came
