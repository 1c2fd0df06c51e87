"""The Home tab: what it says of whom, how soon, and that it promises nobody what they may not do."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.behaviours.team import DANA, GUS, RUI, TEAM_CHANNEL, Team, eventually


@pytest.fixture(autouse=True)
def tidy(team: Team) -> Iterator[None]:
    """Leave Slack and Azure in order, and nobody with an open form."""
    yield
    team.slack.clear_faults()
    team.slack.release()
    team.azure.ask("DELETE", "/faults")
    team.quiet()
    for view in team.slack.views(DANA):
        team.slack.close_view(DANA, view["id"])


def words(view: dict[str, Any] | None) -> str:
    """Everything that a view says."""
    texts = [block.get("text", {}).get("text", "") for block in (view or {}).get("blocks", ())]
    texts += [each.get("text") for block in (view or {}).get("blocks", ()) for each in block.get("elements", ())]
    return "\n".join(each if isinstance(each, str) else each["text"] for each in texts if each)


def opened(team: Team, user: str) -> str:
    """What somebody's Home tab says once it has been drawn."""
    team.slack.open_home(user)
    team.quiet()
    return words(team.slack.home(user))


def button(team: Team, user: str, label: str) -> bool:
    """Whether somebody's Home tab has a button."""
    view = team.slack.home(user) or {"blocks": []}
    rows = [block["elements"] for block in view["blocks"] if block["type"] == "actions"]
    return any(each["text"]["text"] == label for row in rows for each in row)


def test_who_may_submit_sees_their_role_their_commands_and_their_runs(team: Team) -> None:
    said = team.type(DANA, TEAM_CHANNEL, "/aml submit train.py --project demo --compute cpu-cluster -- --epochs 1")
    run = team.posted(said, "aml-").run_id
    team.until(said.mark, "has ended")

    shown = opened(team, DANA)

    assert "you hold *AzureML Data Scientist* at the workspace" in shown
    assert f"`{run}` — *Completed*" in shown
    assert "|Open in Azure Machine Learning studio>" in shown
    assert "/aml submit SCRIPT" in shown
    assert button(team, DANA, "Submit a run")
    assert "Not shown, because you may not use them: roles" in shown


def test_a_reader_is_offered_what_reads_and_nothing_else(team: Team) -> None:
    shown = opened(team, RUI)

    assert "you hold *Reader*" in shown
    assert "/aml status" in shown
    assert "/aml submit" not in shown
    assert "may not use them: submit" in shown
    assert not button(team, RUI, "Submit a run")


def test_a_guest_is_told_why_there_is_only_help(team: Team) -> None:
    shown = opened(team, GUS)

    assert "Guests may ask questions" in shown
    assert "/aml ask QUESTION" in shown
    assert "/aml runs" not in shown
    assert not button(team, GUS, "Submit a run")


def test_opening_the_tab_is_no_attempt_that_the_audit_would_list(team: Team) -> None:
    before = len(team.audit())

    opened(team, GUS)

    assert len(team.audit()) == before


def test_something_is_shown_before_azure_is_asked_and_what_it_doesn_t_say_is_not_offered(own_team: Team) -> None:
    own_team.start()
    own_team.azure.ask("POST", "/hold", {"method": "GET", "path": "/roleAssignments"})
    mark = own_team.mark()

    own_team.slack.open_home(DANA)

    first = own_team.wait(mark, lambda c: c.kind == "view_opened").view
    assert "Looking" in words(first)
    assert "/aml ask QUESTION" in words(first)
    assert "/aml submit" not in words(first)

    own_team.azure.ask("POST", "/faults", {"fail": "roleAssignments=5xx"})
    own_team.azure.ask("POST", "/release", {"drop": True})
    own_team.quiet()

    shown = words(own_team.slack.home(DANA))
    assert "Azure" in shown
    assert "/aml ask QUESTION" in shown
    assert "/aml submit" not in shown
    assert not button(own_team, DANA, "Submit a run")

    own_team.azure.ask("DELETE", "/faults")
    own_team.azure.ask("POST", "/faults", {"fail": "/history=5xx"})
    shown = opened(own_team, DANA)
    assert "Azure Machine Learning doesn't answer as it should" in shown
    assert "/aml submit SCRIPT" in shown


def test_the_button_opens_the_form_and_the_run_is_followed_in_the_conversation(team: Team) -> None:
    opened(team, DANA)
    view = team.slack.home(DANA)
    assert view is not None
    mark = team.mark()

    team.slack.act_in_view(DANA, view["id"], "home_submit")
    form = team.wait(mark, lambda c: c.kind == "view_updated" and c.view is not None and c.view["type"] == "modal").view
    assert form is not None
    fields = {
        "script": {"value": "train.py"},
        "compute": {"value": "cpu-cluster"},
        "arguments": {"value": "--epochs 1"},
    }
    team.slack.submit(DANA, form["id"], fields)

    seen = team.until(mark, "Completed")
    assert seen.channel.startswith("D")


def test_refresh_draws_the_tab_again(team: Team) -> None:
    opened(team, RUI)
    view = team.slack.home(RUI)
    assert view is not None
    mark = team.mark()

    team.slack.act_in_view(RUI, view["id"], "home_refresh")

    again = team.wait(mark, lambda c: c.kind == "view_updated" and c.visible_to == (RUI,))
    assert "you hold *Reader*" in words(again.view)


def test_a_slack_that_refuses_the_tab_leaves_the_bot_in_order(team: Team) -> None:
    team.slack.fault("views.publish", error="internal_error", times=1)

    team.slack.open_home(RUI)
    team.quiet()

    eventually(lambda: "you hold" in opened(team, RUI))
