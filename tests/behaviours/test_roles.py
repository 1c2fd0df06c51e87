"""Role look-ups: one's own, a colleague's, the workspace's; what a role allows, and who can do what."""

import pytest

from bot.sandbox.azureml import seed as azure
from tests.behaviours.team import CHEN, DANA, OLIVIA, RUI, Team, eventually


def test_one_s_own_roles_need_no_right(team: Team) -> None:
    answer = team.command(DANA, "roles @dana")

    assert "*AzureML Data Scientist*" in answer
    assert azure.DANA.object_id in answer


def test_a_role_is_explained_to_everybody_and_who_holds_it_only_to_those_who_may_see(team: Team) -> None:
    to_olivia, to_dana = (team.command(user, "role azureml data scientist") for user in (OLIVIA, DANA))

    for answer in (to_olivia, to_dana):
        assert "enough for: submit" in answer
        assert "*Except*" in answer
    assert "• dana (user" in to_olivia
    assert "Who holds it is shown to those who have" in to_dana
    assert azure.DANA.object_id not in to_dana


def test_a_listing_names_people_and_calls_nobody(team: Team) -> None:
    answer = team.command(OLIVIA, "roles")

    assert f"• rui (user `{azure.RUI.object_id}`)" in answer
    assert f"• service principal `{azure.BOT_OBJECT_ID}`" in answer
    assert "<@" not in answer


def test_many_assignments_come_in_pages(team: Team) -> None:
    strangers = [f"00000000-0000-4000-8000-0000000001{number:02x}" for number in range(20)]
    made = [
        team.azure.ask("POST", "/role-assignments", {"principal_id": each, "role": "Reader"})["name"]
        for each in strangers
    ]
    try:
        said = team.type(OLIVIA, "#ml-team", "/aml roles")
        first = team.private(said)
        second = team.private(team.press(OLIVIA, first, "Show more role assignments"))
    finally:
        for name in made:
            team.azure.ask("DELETE", f"/role-assignments/{name}")

    assert "Assignments 1 to 20 of 25." in first.text
    assert "Assignments 21 to 25 of 25." in second.text
    assert all((each in first.text) != (each in second.text) for each in strangers)
    assert second.buttons == []


@pytest.mark.parametrize(
    ("user", "typed", "expected"),
    [
        (DANA, "can submit", ("*Yes:* you can use `/aml submit`", "role AzureML Data Scientist at")),
        (CHEN, "can submit", ("*Yes:* you can use `/aml submit`", "role AzureML Data Scientist at")),
        (RUI, "can submit", ("*No:* you can't use `/aml submit`", "would help: *AzureML Data Scientist*")),
        (RUI, "can admin", ("*No:*", "no rule allows it; roles held: Reader")),
        (OLIVIA, "can @rui env create", ("*No:* rui can't use `/aml env-create`",)),
        (RUI, "can Microsoft.MachineLearningServices/workspaces/computes/write", ("*No:*", "would help: *AzureML")),
        (DANA, "can microsoft.machinelearningservices/workspaces/JOBS/read", ("*Yes:*",)),
        (DANA, "can submti", ("Did you mean “submit”?",)),
        (OLIVIA, "can @gus submit", ("There is no Azure identity linked to",)),
    ],
)
def test_can_answers_and_says_what_settles_it(team: Team, user: str, typed: str, expected: tuple[str, ...]) -> None:
    answer = team.command(user, typed)

    for each in expected:
        assert each in answer


def test_what_others_can_do_needs_the_right_to_read_their_roles(team: Team) -> None:
    for typed in ("can @rui submit", "who-can submit"):
        answer = team.command(DANA, typed)

        assert "Missing: `Microsoft.Authorization/roleAssignments/read`" in answer
        assert azure.RUI.object_id not in answer


def test_who_can_names_people_groups_and_people_in_groups(team: Team) -> None:
    answer = team.command(OLIVIA, "who-can submit")

    assert "• olivia (user" in answer
    assert "inherited, by the role *Owner*" in answer
    assert "• dana (user" in answer
    assert f"• chen (user `{azure.CHEN.object_id}`), by the role *AzureML Data Scientist*" in answer
    assert f"• group `{azure.ONCALL_GROUP_ID}`" in answer
    assert "rui" not in answer
    assert "<@" not in answer


def test_who_is_denied_is_not_among_those_who_can(team: Team) -> None:
    denial = {
        "name": "hands-off",
        "actions": ["Microsoft.MachineLearningServices/workspaces/environments/write"],
        "principals": [azure.DANA.object_id],
    }
    made = team.azure.ask("POST", "/deny-assignments", denial)
    try:
        # What was looked up of Dana before is kept for two seconds here.
        eventually(lambda: "• dana" not in team.command(OLIVIA, "who-can env create"), 20)
        answer = team.command(OLIVIA, "who-can env create")
        can = team.command(OLIVIA, "can @dana env create")
    finally:
        team.azure.ask("DELETE", f"/deny-assignments/{made['name']}")
    eventually(lambda: "*Yes:*" in team.command(DANA, "can env create"), 20)

    assert "• olivia" in answer
    assert "• chen" in answer
    assert "dana" not in answer
    assert "deny assignment hands-off" in can
