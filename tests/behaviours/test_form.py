"""The form that `/aml submit` alone opens."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.behaviours.team import DANA, RUI, TEAM_CHANNEL, Said, Team, eventually


@pytest.fixture(autouse=True)
def tidy(team: Team) -> Iterator[None]:
    """Leave nobody with an open form, and Slack in order."""
    yield
    team.slack.clear_faults()
    team.slack.release()
    eventually(lambda: not team.slack.held())
    team.quiet()
    for user in (DANA, RUI):
        for view in team.slack.views(user):
            team.slack.close_view(user, view["id"])


def ask_for_form(team: Team, user: str) -> Said:
    """Somebody types the command that opens the form."""
    return team.type(user, TEAM_CHANNEL, "/aml submit")


def view_of(team: Team, said: Said, kind: str) -> dict[str, Any]:
    """The form when it is opened, or when it has been filled."""
    change = team.wait(said.mark, lambda c: c.kind == kind and c.visible_to == (said.user,))
    assert change.view is not None
    return change.view


def filled_form(team: Team, user: str) -> tuple[Said, dict[str, Any]]:
    """The form with its choices."""
    said = ask_for_form(team, user)
    return said, view_of(team, said, "view_updated")


def fields(**values: str) -> dict[str, dict[str, Any]]:
    """What a person puts into inputs, by block id."""
    return {block: {"value": value} for block, value in values.items()}


def offered(view: dict[str, Any], block_id: str) -> list[str]:
    """The options of a select."""
    (block,) = [block for block in view["blocks"] if block["block_id"] == block_id]
    return [option["value"] for option in block["element"]["options"]]


def test_the_form_opens_with_local_data_before_azure_is_asked(team: Team) -> None:
    team.slack.hold("views.update")

    opened = view_of(team, ask_for_form(team, DANA), "view_opened")

    assert offered(opened, "project") == ["demo"]
    assert "Loading compute targets" in str(opened["blocks"])
    assert "compute" not in [block["block_id"] for block in opened["blocks"]]


def test_the_form_is_filled_with_compute_targets_and_environments(team: Team) -> None:
    _, filled = filled_form(team, DANA)

    assert offered(filled, "compute") == ["cpu-cluster", "gpu-cluster"]
    own_first = offered(filled, "environment")
    assert own_first.index("demo-env") < own_first.index("AzureML-sklearn-1.5")
    assert "Loading" not in str(filled["blocks"])


def test_what_was_typed_while_it_loaded_is_kept(team: Team) -> None:
    team.slack.hold("views.update")
    said = ask_for_form(team, DANA)
    opened = view_of(team, said, "view_opened")
    team.slack.act_in_view(DANA, opened["id"], "value", block_id="script", value="train.py")
    team.slack.release("views.update")

    filled = view_of(team, said, "view_updated")

    assert filled["state"]["values"]["script"]["value"]["value"] == "train.py"


@pytest.mark.parametrize(
    ("wrong", "block", "expected"),
    [
        ({"script": "../x.py"}, "script", "leads out of the project"),
        ({"script": "train"}, "script", "isn't a Python script"),
        ({"script": "train.py", "experiment": "two words"}, "experiment", "isn't an experiment name"),
        ({"script": "train.py", "arguments": "--name 'Ada"}, "arguments", "quot"),
    ],
)
def test_wrong_input_is_told_at_its_field_and_nothing_is_started(
    team: Team, wrong: dict[str, str], block: str, expected: str
) -> None:
    before = [run["id"] for run in team.azure.runs()]
    _, view = filled_form(team, DANA)

    answer = team.slack.submit(DANA, view["id"], fields(**wrong))

    assert list(answer["errors"]) == [block]
    assert expected in answer["errors"][block]
    assert [each["id"] for each in team.slack.views(DANA)] == [view["id"]]
    assert [run["id"] for run in team.azure.runs()] == before


def test_a_valid_form_starts_the_run_with_what_was_chosen(team: Team) -> None:
    said, view = filled_form(team, DANA)

    answer = team.slack.submit(
        DANA,
        view["id"],
        fields(
            script="train.py",
            compute="gpu-cluster",
            environment="demo-env",
            experiment="from-a-form",
            arguments="--epochs 2 --learning-rate '0.01'",
        ),
    )
    posted = team.posted(said, "aml-")
    done = team.until(said.mark, f"`{posted.run_id}`: Completed")

    assert answer["ok"]
    assert team.slack.views(DANA) == []
    assert posted.channel == TEAM_CHANNEL
    assert "epoch 2/2" in done.text
    (run,) = [run for run in team.azure.runs() if run["id"] == posted.run_id]
    assert (run["target"], run["experiment"]) == ("gpu-cluster", "from-a-form")


def test_a_form_that_still_loads_can_be_sent_with_the_projects_defaults(team: Team) -> None:
    team.slack.hold("views.update")
    said = ask_for_form(team, DANA)
    opened = view_of(team, said, "view_opened")

    answer = team.slack.submit(DANA, opened["id"], fields(script="train.py", arguments="--epochs 1"))
    posted = team.posted(said, "aml-")
    team.slack.release("views.update")
    team.until(said.mark, f"run `{posted.run_id}` has ended")

    assert answer["ok"]
    (run,) = [run for run in team.azure.runs() if run["id"] == posted.run_id]
    assert run["target"] == "cpu-cluster"


def test_the_script_is_the_projects_own_until_somebody_types_another(team: Team) -> None:
    opened = view_of(team, ask_for_form(team, DANA), "view_opened")

    assert opened["state"]["values"]["script"]["value"]["value"] == "train.py"


def test_a_script_that_is_not_there_is_told_at_its_field_while_the_form_is_open(team: Team) -> None:
    _, view = filled_form(team, DANA)

    answer = team.slack.submit(DANA, view["id"], fields(script="trian.py"))

    assert list(answer["errors"]) == ["script"]
    assert "Did you mean “train.py”?" in answer["errors"]["script"]
    assert [each["id"] for each in team.slack.views(DANA)] == [view["id"]]


def test_a_form_sent_twice_starts_one_run(team: Team) -> None:
    said, view = filled_form(team, DANA)
    answer = team.slack.submit(DANA, view["id"], fields(script="train.py", arguments="--epochs 1"))
    run_id = team.posted(said, "aml-").run_id
    before = {run["id"] for run in team.azure.runs()}

    for delivery in answer["delivery_ids"]:
        team.slack.redeliver(delivery)
    team.until(said.mark, f"run `{run_id}` has ended")
    team.quiet()

    assert {run["id"] for run in team.azure.runs()} == before
    assert len(team.messages_with(f"*Run `{run_id}`", TEAM_CHANNEL)) == 1


def test_a_readers_form_says_why_it_can_not_be_used(team: Team) -> None:
    _, view = filled_form(team, RUI)
    shown = str(view["blocks"])

    assert "You may not do that" in shown
    assert "AzureML Data Scientist" in shown
    assert "submit" not in view or view["submit"] is None
    assert not [block for block in view["blocks"] if block["type"] == "input"]


@pytest.mark.parametrize("trouble", ["held", "slow", "refused"])
def test_a_form_that_slack_does_not_open_is_told_in_private_and_nothing_else_suffers(team: Team, trouble: str) -> None:
    if trouble == "held":
        team.slack.hold("views.open")
    elif trouble == "slow":
        team.slack.fault("views.open", delay=2.2)
    else:
        team.slack.fault("views.open", error="expired_trigger_id")

    said = ask_for_form(team, DANA)
    meanwhile = team.command(RUI, "help")
    told = team.private(said)

    assert "/aml submit" in meanwhile
    assert "Slack didn't let me open the form" in told.text
    assert "name the script in it" in told.text
    eventually(lambda: team.slack.deliveries(*said.deliveries)[0]["ack_ms"] is not None)
    if trouble == "slow":
        view_of(team, said, "view_opened")  # too late: it must not come up in the middle of another test
