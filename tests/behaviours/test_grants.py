"""Refusals that help: who can grant what is missing, asking them, and going on once it is granted."""

import re
from collections.abc import Iterator

import pytest

from bot.sandbox.azureml import seed as azure
from tests.behaviours.team import BOT, CHEN, DANA, OLIVIA, RUI, TEAM_CHANNEL, Said, Seen, Team, eventually

SUBMIT = "/aml submit train.py --project demo --compute cpu-cluster -- --epochs 1"
ROLE = "AzureML Data Scientist"


@pytest.fixture(autouse=True)
def rui_is_a_reader_again(team: Team) -> Iterator[None]:
    """What Rui was granted is taken back."""
    yield
    for each in team.azure.ask("GET", "/role-assignments")["value"]:
        if each["properties"]["principalId"] == azure.RUI.object_id and each["name"][-2:] != "e3":
            team.azure.ask("DELETE", f"/role-assignments/{each['name']}")
    eventually(lambda: "*No:*" in team.command(RUI, "can submit"), 20)


def grant(team: Team, role: str = ROLE) -> None:
    """Olivia grants Rui a role, in the sandbox's Azure."""
    team.azure.ask("POST", "/role-assignments", {"principal_id": azure.RUI.object_id, "role": role})


def direct(team: Team, mark: int, user: str, containing: str) -> Seen:
    """The bot's message in a person's direct messages."""
    return Seen(
        team.wait(
            mark,
            lambda c: (
                c.kind == "posted"
                and c.channel.startswith("D")
                and user in c.visible_to
                and c.message is not None
                and c.message.get("user") == BOT
                and containing in c.message.get("text", "")
            ),
        )
    )


def asked(team: Team, said: Said) -> tuple[Seen, Seen]:
    """Rui asks for what a refusal says is missing: the request that Olivia gets, and what Rui is told."""
    clicked = team.press(RUI, team.private(said), "Ask them for it")
    return direct(team, clicked.mark, OLIVIA, "asks for an Azure role"), team.private(clicked)


def test_a_reader_s_refused_submit_is_granted_by_an_owner_and_resumed_with_one_click(team: Team) -> None:
    before = {run["id"] for run in team.azure.runs()}
    said = team.type(RUI, TEAM_CHANNEL, SUBMIT)
    refusal = team.private(said)
    assert f"Smallest role that would help: *{ROLE}*" in refusal.text
    assert "Missing: `Microsoft.MachineLearningServices/workspaces/experiments/runs/submit/action`" in refusal.text
    assert f"Scope: `{azure.WORKSPACE_SCOPE}`" in refusal.text
    assert f"• olivia (user `{azure.OLIVIA.object_id}`), inherited, by the role *Owner*" in refusal.text

    request, told = asked(team, said)

    assert f"<@{RUI}> asks for an Azure role that you can grant" in request.text
    assert azure.RUI.object_id in request.text
    assert "I asked olivia in a direct message" in told.text

    mark = team.mark()
    grant(team)
    granted = direct(team, mark, RUI, "You may use `/aml submit` now")
    clicked = team.press(RUI, granted, "Do it now")
    run = team.posted(clicked, "Run `aml-")
    team.until(clicked.mark, f"{run.run_id}`: Completed")
    team.quiet()

    assert run.channel == TEAM_CHANNEL
    assert {each["id"] for each in team.azure.runs()} - before == {run.run_id}
    (key,) = {row["key"] for row in team.audit() if f"run={run.run_id}" in row["reason"]}
    rows = [(row["phase"], row["result"]) for row in team.audit() if row["key"] == key]
    assert rows == [
        ("decision", "refused"),
        ("request", "asked"),
        ("request", "granted"),
        ("request", "resumed"),
        ("decision", "allowed"),
        ("outcome", "done"),
    ]
    of_the_run = team.command(OLIVIA, f"audit {run.run_id}")
    for result in ("refused", "asked", "granted", "resumed", "allowed", "done"):
        assert re.search(rf"rui  `submit` \w+: \*{result}\*", of_the_run), of_the_run
    for text in (refusal.text, request.text, told.text, granted.text):
        assert not re.search(r"[\w.]+@[\w.]+\.\w+|xox[bp]-|eyJ", text)

    again = team.press(RUI, granted, "Do it now")
    assert "it is done once" in team.private(again).text
    assert {each["id"] for each in team.azure.runs()} - before == {run.run_id}


def test_those_who_can_grant_are_asked_once_however_often_the_button_is_pressed(team: Team) -> None:
    said = team.type(RUI, TEAM_CHANNEL, SUBMIT)
    asked(team, said)
    asked_again = team.press(RUI, team.private(said), "Ask them for it")
    team.private(asked_again)
    team.quiet()

    posted = [
        change
        for change in team.slack.changes(said.mark)[1]
        if change.kind == "posted" and change.channel.startswith("D") and OLIVIA in change.visible_to
    ]
    assert len(posted) == 1


def test_nobody_else_can_go_on_with_somebody_s_request(team: Team) -> None:
    before = len(team.audit())
    said = team.type(RUI, TEAM_CHANNEL, "/aml env create mine --pip pandas")
    asked(team, said)
    mark = team.mark()
    grant(team)
    granted = direct(team, mark, RUI, "You may use `/aml env-create` now")

    button, _ = granted.button("Do it now")
    posted = team.web().chat_postMessage(
        channel=TEAM_CHANNEL, text="forged", blocks=[{"type": "actions", "elements": [button]}]
    )
    mark = team.mark()
    team.slack.click(CHEN, TEAM_CHANNEL, posted["ts"], "resume_request")
    answer = team.private(Said(mark, CHEN, TEAM_CHANNEL, posted["ts"], ()))

    assert "isn't known any more" in answer.text
    assert "resumed" not in {row["result"] for row in team.audit()[before:]}


def test_a_right_that_is_gone_again_at_the_click_is_refused_again(team: Team) -> None:
    said = team.type(RUI, TEAM_CHANNEL, "/aml env create mine --pip pandas")
    asked(team, said)
    mark = team.mark()
    grant(team)
    granted = direct(team, mark, RUI, "You may use `/aml env-create` now")
    made = [
        each["name"]
        for each in team.azure.ask("GET", "/role-assignments")["value"]
        if each["properties"]["principalId"] == azure.RUI.object_id and each["name"][-2:] != "e3"
    ]
    for name in made:
        team.azure.ask("DELETE", f"/role-assignments/{name}")
    eventually(lambda: "*No:*" in team.command(RUI, "can env create"), 20)

    clicked = team.press(RUI, granted, "Do it now")
    refusal = team.private(clicked)

    assert "You may not do that" in refusal.text
    assert "Ask them for it" in refusal.buttons


def test_a_refusal_by_the_policy_offers_nothing_that_azure_could_grant(team: Team) -> None:
    said = team.type(RUI, TEAM_CHANNEL, "/aml admin")
    refusal = team.private(said)

    assert "This bot's policy doesn't let you use" in refusal.text
    assert refusal.buttons == []


def test_in_a_direct_message_the_answer_follows_where_the_refusal_stood(team: Team) -> None:
    said = team.type(RUI, "dm", "env create mine --pip pandas")
    refusal = team.reply(said)
    clicked = team.press(RUI, refusal, "Ask them for it")
    direct(team, clicked.mark, OLIVIA, "asks for an Azure role")
    mark = team.mark()
    grant(team)
    granted = direct(team, mark, RUI, "You may use `/aml env-create` now")

    resumed = team.press(RUI, granted, "Do it now")

    assert "mine" in direct(team, resumed.mark, RUI, "Environment").text
    assert "Taken up again" in team.private(resumed).text


def test_who_can_do_nothing_about_it_is_not_offered_a_button(team: Team) -> None:
    denial = {"name": "frozen", "actions": ["Microsoft.MachineLearningServices/workspaces/environments/write"]}
    made = team.azure.ask("POST", "/deny-assignments", denial)
    try:
        eventually(lambda: "deny assignment" in team.command(DANA, "can env create"), 20)
        refusal = team.private(team.type(DANA, TEAM_CHANNEL, "/aml env create mine --pip pandas"))
    finally:
        team.azure.ask("DELETE", f"/deny-assignments/{made['name']}")

    assert refusal.buttons == []
    eventually(lambda: "*Yes:*" in team.command(DANA, "can env create"), 20)


@pytest.mark.slow
def test_a_request_survives_a_kill_reaches_each_once_and_ends_some_time(own_team: Team) -> None:
    settings = own_team.settings.read_text(encoding="utf-8")
    own_team.settings.write_text(
        settings.replace("grant_interval = 1", "grant_interval = 1\ngrant_hours = 0.004"), encoding="utf-8"
    )
    own_team.start()
    said = own_team.type(RUI, TEAM_CHANNEL, SUBMIT)
    refusal = own_team.private(said)
    own_team.slack.hold("chat.postMessage", when="after")
    clicked = own_team.press(RUI, refusal, "Ask them for it")
    eventually(lambda: bool(own_team.slack.held()))

    own_team.kill()
    own_team.slack.release()
    own_team.start()

    told = own_team.private(clicked)
    given_up = direct(own_team, clicked.mark, RUI, "Nobody has granted")
    own_team.quiet()
    asked_for = [
        change
        for change in own_team.slack.changes(said.mark)[1]
        if change.kind == "posted" and OLIVIA in change.visible_to and "asks for an Azure role" in str(change.message)
    ]
    assert len(asked_for) == 1
    assert "I asked olivia" in told.text
    assert f"Nobody has granted {ROLE} to you yet" in given_up.text
    assert own_team.audit()[-1]["result"] == "given up"
    assert own_team.azure.runs() == []
