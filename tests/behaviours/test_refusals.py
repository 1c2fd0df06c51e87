"""Who may not: guests, people nobody knows in Azure, people who left; and what each is told."""

import json
from collections.abc import Iterator

import pytest

from bot.sandbox.azureml import seed as azure
from tests.behaviours.team import DANA, GUS, HELP, OLIVIA, RUI, TEAM_CHANNEL, Team, eventually

SUBMIT = "submit train.py --project demo --compute cpu-cluster"


@pytest.fixture(autouse=True)
def nothing_started(team: Team) -> Iterator[None]:
    """No test here may start a run."""
    before = [run["id"] for run in team.azure.runs()]
    yield
    team.quiet()
    assert [run["id"] for run in team.azure.runs()] == before


def last_refusal(team: Team, user: str) -> str:
    """The reason in the audit's last row, which must be a refusal of `user`."""
    row = team.audit()[-1]
    assert (row["user"], row["phase"], row["result"]) == (user, "decision", "refused")
    return str(row["reason"])


@pytest.mark.parametrize("command", ["whoami", "envs", "runs", "roles", SUBMIT])
def test_a_guest_may_do_nothing_but_ask(team: Team, command: str) -> None:
    assert "Guests may ask questions" in team.command(GUS, command, HELP)
    assert "guest" in last_refusal(team, GUS)


def test_a_guest_may_ask_and_call_a_human(team: Team) -> None:
    said = team.type(GUS, HELP, "which colour has the office?")
    clicked = team.press(GUS, team.reply(said), "Ask a human")

    assert f"<@{GUS}> asks for your help" in team.posted(clicked, "A human is needed").text


def test_somebody_without_a_link_is_told_how_to_get_one(team: Team) -> None:
    nina = team.slack.add_person("nina", channels=["#ml-team"])

    answer = team.command(nina["id"], SUBMIT)

    assert f"aml-bot link T0SANDBOX {nina['id']}" in answer
    assert "no link" in last_refusal(team, nina["id"])


def test_somebody_linked_to_two_identities_is_nobody_until_one_link_is_gone(team: Team) -> None:
    team.administer("link", "T0SANDBOX", RUI, azure.DANA.object_id)
    try:
        answer = team.command(RUI, SUBMIT)
        reason = last_refusal(team, RUI)
    finally:
        team.administer("unlink", "T0SANDBOX", RUI)

    assert "linked to two Azure identities" in answer
    assert "two links" in reason
    assert azure.RUI.object_id in team.command(RUI, "whoami")


def test_a_guest_of_another_organisation_may_not_use_commands(team: Team) -> None:
    stranger = team.slack.add_person("stella", team_id="T0ELSEWHERE", channels=["#ml-team"])

    answer = team.command(stranger["id"], "whoami")

    assert "People of other workspaces" in answer
    assert "stranger" in last_refusal(team, stranger["id"])


def test_people_of_other_workspaces_get_no_answer_and_press_no_button(team: Team) -> None:
    stranger = team.slack.add_person("sten", team_id="T0ELSEWHERE", channels=["#ml-help"])["id"]
    seen = team.reply(team.type(DANA, HELP, "how do i install scikit-learn for my training run?"))

    asked = team.command(stranger, "ask how do i install scikit-learn?", HELP)
    pressed = team.press(stranger, seen, "Ask a human")

    assert "people of my own workspace" in asked
    assert team.answers(pressed) == []


def test_a_command_that_is_too_long_to_be_read_whole_is_not_carried_out_in_part(team: Team) -> None:
    said = team.type(DANA, TEAM_CHANNEL, f"@aml-bot {SUBMIT} -- --data {'x' * 8_100} --delete-old no")
    (answer,) = team.answers(said)

    assert "I don't carry out a part of one" in answer.text


def test_a_refusal_after_a_mention_is_told_to_its_asker_alone(team: Team) -> None:
    said = team.type(RUI, TEAM_CHANNEL, f"@aml-bot {SUBMIT}")
    (answer,) = team.answers(said)

    assert (answer.kind, answer.visible_to) == ("ephemeral", (RUI,))
    assert "AzureML Data Scientist" in answer.text


def test_a_deny_assignment_beats_the_role(team: Team) -> None:
    denial = {
        "name": "freeze",
        "actions": ["Microsoft.MachineLearningServices/workspaces/experiments/runs/submit/action"],
        "principals": [azure.DANA.object_id],
    }
    made = team.azure.ask("POST", "/deny-assignments", denial)
    try:
        eventually(lambda: "experiments/runs/submit/action" in team.command(DANA, "submit nosuch.py"), 20)
    finally:
        team.azure.ask("DELETE", f"/deny-assignments/{made['name']}")

    assert "deny assignment" in last_refusal(team, DANA)
    eventually(lambda: "There is no script" in team.command(DANA, "submit nosuch.py"), 20)


def test_a_role_that_was_just_granted_counts_within_the_cache_time(team: Team) -> None:
    grant = {"principal_id": azure.RUI.object_id, "role": "AzureML Data Scientist"}
    made = team.azure.ask("POST", "/role-assignments", grant)
    try:
        eventually(lambda: "There is no script" in team.command(RUI, "submit nosuch.py"), 20)
    finally:
        team.azure.ask("DELETE", f"/role-assignments/{made['name']}")

    eventually(lambda: "AzureML Data Scientist" in team.command(RUI, "submit nosuch.py"), 20)


def test_while_azure_does_not_tell_the_roles_nothing_is_done(team: Team) -> None:
    fault = {"path": "/providers/Microsoft.Authorization/", "status": 503}
    eventually(lambda: "*Owner*" in team.command(OLIVIA, "whoami"), 20)
    team.azure.ask("POST", "/faults", fault)
    try:
        eventually(lambda: "look-up failed" in _reason_after(team, OLIVIA, "envs"), 40)
    finally:
        team.azure.ask("DELETE", "/faults")

    assert "envs" in json.dumps(team.audit()[-1])


def _reason_after(team: Team, user: str, command: str) -> str:
    team.command(user, command)
    return str(team.audit()[-1]["reason"])
