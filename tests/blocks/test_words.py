"""Help, errors, environments, roles and the form, as people read them."""

import dataclasses
from typing import Any

import pytest

from bot.blocks import environments, errors, help, roles, views  # noqa: A004 - the feature's name in every folder
from bot.domain import access, commands
from bot.domain.access import Permission, RoleAssignment, RoleDefinition
from bot.domain.environments import HIDDEN, EnvironmentDetail, EnvironmentName, EnvironmentPage, EnvironmentView
from bot.domain.errors import NotFound, PermissionDenied
from bot.domain.help import Escalation, Question, Verdict
from bot.domain.roles import Holder, Holding, PersonRoles, RoleHolders, WorkspaceRoles
from bot.domain.runs import SubmitRequest
from tests.blocks import sound

SCOPE = "/subscriptions/1/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w"
READER = RoleDefinition("1", "Reader", "View all resources.", (Permission(("*/read",)),))
QUESTION = Question("k", "T1", "C1", "U123ABC", "1.2", "why does it fail?\n<!channel> *now*")


def test_help_lists_every_command_with_its_usage() -> None:
    message = help.help_overview()

    sound.check(message)
    for command in commands.ALL:
        assert f"`/aml {command.usage}` — " in message.text


def test_help_lists_only_what_one_may_use_and_names_the_rest() -> None:
    message = help.help_overview((commands.HELP, commands.ASK))

    assert "`/aml submit" not in message.text
    assert "you may not use them here: submit, status" in message.text


@pytest.mark.parametrize("command", commands.ALL, ids=lambda command: command.name)
def test_help_for_a_command_has_usage_example_and_the_action_it_needs(command: commands.Command) -> None:
    message = help.help_command(command)

    sound.check(message)
    assert f"Usage: `/aml {command.usage}`" in message.text
    assert f"Example: `/aml {command.example}`" in message.text
    assert (command.action or "") in message.text


def test_a_call_for_a_human_calls_those_on_call_and_nobody_else() -> None:
    message = help.escalation(
        Escalation(QUESTION, ("U999ABC", "S123ABC", "<!here>", "channel"), ("First", "Second"), True)
    )

    sound.check(message, may_call=True)
    assert "<@U999ABC> <!subteam^S123ABC>: <@U123ABC> asks for your help." in message.text
    assert "> why does it fail?\n> &lt;!channel&gt;" in message.text
    assert "• First\n• Second" in message.text
    assert "here" not in message.text


def test_a_call_with_nobody_on_call_asks_whoever_reads() -> None:
    message = help.escalation(Escalation(QUESTION, (), (), True))

    assert "nobody is on call" in message.text
    assert "The FAQ has nothing about it." in message.text


def test_a_second_call_calls_nobody_again() -> None:
    message = help.escalation(Escalation(QUESTION, ("U999ABC",), (), first=False))

    sound.check(message)
    assert message == help.already_called()


def test_feedback_is_thanked_for_in_words() -> None:
    assert "helped" in help.feedback_thanks(Verdict.HELPFUL).text
    assert "didn't help" in help.feedback_thanks(Verdict.NOT_HELPFUL).text


def test_a_refusal_names_action_role_and_scope() -> None:
    refused = PermissionDenied(
        "You may not submit runs. An owner can grant it.",
        missing=access.RUN_SUBMIT,
        role="AzureML Data Scientist",
        scope=SCOPE,
    )

    message = errors.error(refused, "ref-1")

    sound.check(message)
    assert message.text.startswith("*You may not do that*\nYou may not submit runs. An owner can grant it.")
    assert f"Missing: `{access.RUN_SUBMIT}`" in message.text
    assert "*AzureML Data Scientist*" in message.text
    assert f"Scope: `{SCOPE}`" in message.text
    assert message.text.endswith("Reference: `ref-1`")


def test_an_error_names_what_is_near_and_a_bug_its_reference() -> None:
    assert "Did you mean “sklearn”?" in errors.error(NotFound("environment", "sklern", nearest=("sklearn",)), "").text
    assert "Reference" not in errors.error(NotFound("environment", "x"), "").text
    assert "Reference: `ref-2`" in errors.bug("ref-2").text


def test_own_environments_come_before_curated_ones() -> None:
    names = [EnvironmentName("AzureML-a", "1", curated=True), EnvironmentName("demo-env", "2", curated=False)]

    message = environments.environment_list(EnvironmentPage(tuple(names), 0, 2, "e"))

    sound.check(message)
    assert message.text.index("demo-env") < message.text.index("AzureML-a")
    assert "2 environments with `e` in their names." in message.text


def test_many_environments_come_in_pages() -> None:
    names = tuple(EnvironmentName(f"env-{number}", "1", curated=False) for number in range(20))

    first = environments.environment_list(EnvironmentPage(names, 0, 50, "env"))
    last = environments.environment_list(EnvironmentPage(names[:10], 40, 50, "env"))

    assert "50 environments with `env` in their names, 1 to 20 of them here." in first.text
    assert '{"filter":"env","start":"20"}' in repr(first.blocks)
    assert "41 to 50 of them here" in last.text
    assert "more_environments" not in repr(last.blocks)
    assert "There are no environments with `x`" in environments.environment_list(EnvironmentPage((), 0, 0, "x")).text


def test_an_environment_shows_its_packages_and_hides_values() -> None:
    detail = EnvironmentDetail(
        "demo-env",
        "2",
        curated=False,
        python="3.10",
        conda_packages=("python=3.10",),
        pip_packages=("scikit-learn==1.5",),
        image="mcr.example.com/base:1",
        variables=(("MODE", "fast"), ("TOKEN", HIDDEN)),
    )

    message = environments.environment(EnvironmentView(detail, ("2", "1")))

    sound.check(message)
    for word in (
        "Version: `2`",
        "Python: `3.10`",
        "scikit-learn==1.5",
        "`mcr.example.com/base:1`",
        "MODE=fast",
        "TOKEN=(hidden)",
        "Other versions: `1`",
        "Your own",
    ):
        assert word in message.text


def test_whoami_says_what_one_holds_where_from_and_for_what() -> None:
    assignment = RoleAssignment("a", "p", "Group", "1", "/subscriptions/1")
    person = PersonRoles("T1", "U123ABC", "p-ana", (Holding(READER, assignment, True, True),), ("runs", "envs"))

    message = roles.whoami(person)

    sound.check(message)
    assert "`p-ana`" in message.text
    assert "• *Reader*, inherited from `/subscriptions/1`, through a group" in message.text
    assert "You may use: runs, envs." in message.text
    assert "You hold no role" in roles.whoami(PersonRoles("T1", "U1", "p", (), ())).text


def test_another_person_is_named_and_never_called() -> None:
    person = PersonRoles("T1", "U123ABC", "p-ana", (), (), "Ana")

    assert roles.person_roles(person).text.startswith("*Roles of Ana*\nAna is linked")
    assert "`U123ABC` is linked" in roles.person_roles(dataclasses.replace(person, name="")).text


def test_a_role_says_what_it_allows_in_words_and_actions_and_who_holds_it() -> None:
    holders = (Holder("p-ana", "User", "U123ABC", False, "Ana"), Holder("p-ops", "Group", "", inherited=True))

    message = roles.role(RoleHolders(READER, holders))

    sound.check(message)
    assert "enough for: status, logs, metrics, files, runs, envs, env" in message.text
    assert "Not for: submit, cancel" in message.text
    assert "• Ana (user `p-ana`)" in message.text
    assert "• group `p-ops`, inherited" in message.text
    assert "```\n*/read\n```" in message.text


def test_who_holds_a_role_may_be_hidden() -> None:
    message = roles.role(RoleHolders(READER, (), hidden=True))

    assert "Who holds it is shown to those who have `Microsoft.Authorization/roleAssignments/read`" in message.text
    assert "Nobody" not in message.text


def test_the_workspace_s_roles_are_listed_with_their_holders() -> None:
    everybody = WorkspaceRoles(SCOPE, (RoleHolders(READER, (Holder("p-ana", "User", "", False),)),))

    message = roles.workspace_roles(everybody)

    sound.check(message)
    assert "*Reader*\n• user `p-ana`" in message.text
    assert SCOPE in message.text


def _element(view: dict[str, Any], block: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each["element"] for each in view["blocks"] if each.get("block_id") == block)
    return found


def test_the_form_is_filled_with_what_was_asked_before() -> None:
    request = SubmitRequest("train.py", "demo", "cpu", "demo-env:2", "first", ("--name", "two words", "it's"))

    view = views.submit_form(["demo", "other"], ["cpu", "gpu"], ["demo-env:2"], request, private_metadata="C1")

    sound.check_view(view)
    assert _element(view, "compute")["initial_option"]["value"] == "cpu"
    assert _element(view, "environment")["initial_option"]["value"] == "demo-env:2"
    assert _element(view, "script")["initial_value"] == "train.py"
    assert _element(view, "arguments")["initial_value"] == "--name 'two words' \"it's\""
    assert view["private_metadata"] == "C1"


def test_the_skeleton_has_the_same_inputs_where_typing_may_begin() -> None:
    skeleton, form = views.submit_form_skeleton(["demo"]), views.submit_form(["demo"], ["cpu"], ["env"])

    sound.check_view(skeleton)
    for block in ("project", "script", "arguments"):
        assert _element(skeleton, block) == _element(form, block)


def test_a_form_with_more_names_than_a_select_takes_says_so() -> None:
    view = views.submit_form(["demo"], [f"c{number}" for number in range(150)], ["x" * 151])

    sound.check_view(view)
    assert len(_element(view, "compute")["options"]) == 100
    assert _element(view, "environment")["type"] == "plain_text_input"


def test_metadata_that_slack_would_not_store_is_refused() -> None:
    with pytest.raises(ValueError, match="3000"):
        views.submit_form_skeleton(["demo"], private_metadata="x" * 3_001)
