"""Commands that look things up: by slash, after a mention, in a direct message."""

import pytest

from bot.sandbox.azureml import seed as azure
from tests.behaviours.team import CHEN, DANA, OLIVIA, RUI, TEAM_CHANNEL, Team


def test_help_lists_every_command(team: Team) -> None:
    answer = team.command(DANA, "help")

    for name in ("ask", "submit", "status", "logs", "cancel", "runs", "envs", "env", "roles", "whoami"):
        assert f"/aml {name}" in answer


def test_help_with_a_command_shows_its_usage_and_an_example(team: Team) -> None:
    answer = team.command(DANA, "help submit")

    assert "--compute NAME" in answer
    assert "Example: `/aml submit train.py" in answer


def test_whoami_tells_that_a_role_is_inherited(team: Team) -> None:
    answer = team.command(OLIVIA, "whoami")

    assert azure.OLIVIA.object_id in answer
    assert "*Owner*, inherited from" in answer
    assert "submit" in answer.partition("You may use:")[2]


def test_whoami_tells_that_a_role_comes_through_a_group(team: Team) -> None:
    answer = team.command(CHEN, "whoami")

    assert "*AzureML Data Scientist*" in answer
    assert "through a group" in answer


def test_whoami_leaves_out_what_a_reader_may_not_use(team: Team) -> None:
    usable = team.command(RUI, "whoami").partition("You may use:")[2]

    assert "envs" in usable
    assert "submit" not in usable
    assert "cancel" not in usable


def test_roles_lists_who_holds_what(team: Team) -> None:
    answer = team.command(OLIVIA, "roles")

    assert "*Owner*" in answer
    assert azure.DANA.object_id in answer
    assert f"group `{azure.ONCALL_GROUP_ID}`" in answer


def test_the_roles_of_a_colleague_are_shown(team: Team) -> None:
    answer = team.command(OLIVIA, "roles @rui")

    assert "*Reader*" in answer
    assert azure.RUI.object_id in answer


def test_a_role_is_explained_by_what_it_allows_and_who_holds_it(team: Team) -> None:
    answer = team.command(OLIVIA, 'roles "AzureML Data Scientist"')

    assert "enough for: submit" in answer
    assert "Not for: roles" in answer
    assert azure.DANA.object_id in answer
    assert "workspaces/computes/*/write" in answer


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("roles “AzureML Data Scientist”", "enough for: submit"),
        ("WHOAMI", "*Owner*"),
        ("  env   `demo-env` ", "pyyaml"),
        ("submit nosuch.py —compute cpu-cluster", "There is no script “nosuch.py”"),
    ],
)
def test_what_phones_and_copying_make_of_a_command_is_understood(team: Team, typed: str, expected: str) -> None:
    assert expected in team.command(OLIVIA, typed)


def test_a_misspelt_role_gets_the_nearest_name(team: Team) -> None:
    answer = team.command(OLIVIA, "roles Data Scientst")

    assert "There is no role “Data Scientst”. Did you mean “AzureML Data Scientist”?" in answer


def test_a_colleague_without_an_azure_identity_is_said_so_with_what_links_one(team: Team) -> None:
    answer = team.command(OLIVIA, "roles @gus")

    assert "There is no Azure identity linked to" in answer
    assert "aml-bot link T0SANDBOX U0GUS" in answer


def test_other_peoples_roles_need_the_right_to_read_them(team: Team) -> None:
    answer = team.command(DANA, "roles @rui")

    assert "Microsoft.Authorization/roleAssignments/read" in answer
    assert azure.RUI.object_id not in answer


def test_a_reader_may_list_environments_own_ones_first(team: Team) -> None:
    answer = team.command(RUI, "envs")

    assert answer.index("`demo-env`") < answer.index("`AzureML-sklearn-1.5`")
    decision, outcome = team.audit()[-2:]
    assert (decision["user"], decision["command"], decision["result"]) == (RUI, "envs", "allowed")
    assert (outcome["phase"], outcome["result"], outcome["key"]) == ("outcome", "done", decision["key"])


def test_environments_are_filtered_by_a_part_of_their_name(team: Team) -> None:
    answer = team.command(RUI, "envs SKLEARN")

    assert "AzureML-sklearn-1.5" in answer
    assert "demo-env" not in answer


def test_a_filter_that_fits_no_environment_says_so(team: Team) -> None:
    assert "no environments with `prophet`" in team.command(RUI, "envs prophet")


@pytest.mark.parametrize(("name", "package"), [("demo-env", "pyyaml"), ("AzureML-sklearn-1.5", "numpy=1.26")])
def test_an_environment_shows_what_is_inside(team: Team, name: str, package: str) -> None:
    answer = team.command(RUI, f"env {name}")

    assert package in answer
    assert "Python: `3.1" in answer


@pytest.mark.parametrize("name", ["demo-evn", "demo-env:77"])
def test_an_environment_or_version_that_is_not_there_is_said_so(team: Team, name: str) -> None:
    answer = team.command(RUI, f"env {name}")

    assert "There is no environment" in answer
    assert "demo-env" in answer


def test_a_mention_carries_out_the_same_command_in_its_thread(team: Team) -> None:
    said = team.type(RUI, TEAM_CHANNEL, "@aml-bot envs sklearn")
    answer = team.reply(said)

    assert answer.thread_ts == said.ts
    assert "AzureML-sklearn-1.5" in answer.text


def test_a_mention_keeps_roles_private(team: Team) -> None:
    said = team.type(RUI, TEAM_CHANNEL, "@aml-bot whoami")
    (answer,) = team.answers(said)

    assert (answer.kind, answer.visible_to) == ("ephemeral", (RUI,))
    assert azure.RUI.object_id in answer.text


@pytest.mark.parametrize(("text", "expected"), [("whoami", "*Reader*"), ("env demo-env", "pyyaml"), ("help", "/aml")])
def test_a_direct_message_carries_out_commands(team: Team, text: str, expected: str) -> None:
    assert expected in team.reply(team.type(RUI, "dm", text)).text


def test_a_mention_with_nothing_else_shows_what_the_bot_can_do(team: Team) -> None:
    said = team.type(DANA, TEAM_CHANNEL, "@aml-bot")
    (answer,) = team.answers(said)

    assert "/aml submit" in answer.text
