"""Runs: submitted, refused, followed to their end, listed, cancelled."""

from tests.behaviours.team import DANA, GUS, RUI, TEAM_CHANNEL, Team

SUBMIT = "submit train.py --project demo --compute cpu-cluster -- --epochs 3"


def test_a_data_scientist_submits_and_sees_the_run_to_its_metrics(team: Team) -> None:
    said = team.type(DANA, TEAM_CHANNEL, f"/aml {SUBMIT}")
    posted = team.posted(said, "aml-")
    done = team.until(said.mark, f"`{posted.run_id}`: Completed")

    assert done.ts == posted.ts
    assert "accuracy" in done.text
    assert "epoch 3/3" in done.text
    ended = team.until(said.mark, f"run `{posted.run_id}` has ended")
    assert ended.thread_ts == posted.ts
    assert "<@U0DANA>" in ended.text
    (run,) = [run for run in team.azure.runs() if run["id"] == posted.run_id]
    assert (run["tags"]["submitted_by"], run["tags"]["submitted_by_slack_id"]) == ("dana", "T0SANDBOX/U0DANA")


def test_a_reader_is_refused_and_told_which_role_would_help(team: Team) -> None:
    before = {run["id"] for run in team.azure.runs()}

    answer = team.command(RUI, SUBMIT)

    assert "AzureML Data Scientist" in answer
    assert "experiments/runs/submit/action" in answer
    assert {run["id"] for run in team.azure.runs()} == before
    row = team.audit()[-1]
    assert (row["user"], row["command"], row["phase"], row["result"]) == (RUI, "submit", "decision", "refused")


def test_a_guest_may_do_nothing_but_ask(team: Team) -> None:
    for command in ("whoami", "envs", "runs", SUBMIT):
        assert "Guests may ask questions" in team.command(GUS, command, "C0MLHELP")
