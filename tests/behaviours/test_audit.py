"""The audit in Slack: for those who may read it, by run, person and day."""

from bot.sandbox.azureml import seed as azure
from tests.behaviours.team import DANA, OLIVIA, RUI, TEAM_CHANNEL, Team


def test_an_owner_sees_what_was_decided_for_whom_and_what_settled_it(team: Team) -> None:
    team.command(RUI, "submit nosuch.py --project demo")
    answer = team.command(OLIVIA, "audit today")

    assert "rui  `submit` decision: *refused*" in answer
    assert "no role allows Microsoft.MachineLearningServices/workspaces/experiments/runs/submit/action" in answer
    assert "olivia  `audit` decision: *allowed*" in answer
    assert team.audit()[-1]["reference"] in answer
    assert "nosuch" not in answer
    assert "<@" not in answer


def test_it_can_be_of_a_person_and_goes_back_in_pages(team: Team) -> None:
    for _ in range(7):
        team.command(DANA, "whoami")
    said = team.type(OLIVIA, TEAM_CHANNEL, "/aml audit @dana")
    first = team.private(said)
    older = team.private(team.press(OLIVIA, first, "Show older rows of the audit"))

    assert "of dana" in first.text
    assert first.text.count("`whoami`") == 12
    assert "`whoami`" in older.text
    assert "olivia" not in first.text + older.text


def test_of_a_run_that_nobody_knows_there_is_nothing(team: Team) -> None:
    assert "There are no such rows" in team.command(OLIVIA, "audit aml-ffffffffffff")


def test_it_needs_the_right_in_azure_and_in_the_policy(team: Team) -> None:
    to_dana, to_rui = team.command(DANA, "audit"), team.command(RUI, "audit today")

    assert "Missing: `Microsoft.Authorization/roleAssignments/read`" in to_dana
    assert "This bot's policy doesn't let you use “audit”" in to_rui
    assert azure.RUI.object_id not in to_dana + to_rui


def test_each_row_has_a_digest_of_what_was_asked_and_the_delivery_that_brought_it(team: Team) -> None:
    team.command(RUI, "envs")
    team.command(RUI, "envs")
    first, _, second, _ = team.audit()[-4:]

    assert len(first["request"]) == len(second["request"]) == 16
    assert first["request"] != second["request"]
    assert first["delivery"]
    assert first["action"] == "Microsoft.MachineLearningServices/workspaces/environments/read"
    assert first["scope"] == azure.WORKSPACE_SCOPE


def test_an_administrator_s_list_has_names_and_can_be_of_one_request(team: Team) -> None:
    team.command(RUI, "envs cockatoo")
    reference = team.audit()[-1]["reference"]

    listed = team.administer("audit", "list", "--names", "--reference", reference.lower())

    assert [line.split()[2:5] for line in listed.splitlines()[1:]] == [[reference, "rui", f"({RUI})"]] * 2
    assert team.administer("audit", "list", "--run", "aml-ffffffffffff") == ""
