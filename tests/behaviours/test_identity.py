"""Who somebody is in Azure where nobody linked them: by their confirmed e-mail address, or nobody."""

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from tests.behaviours.team import GUS, Team, eventually, team_in

IDS = (f"00000000-0000-4000-8000-000000000{number}" for number in itertools.count(300))


@pytest.fixture(scope="module")
def by_email(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    """A team whose bot looks people up in the directory."""
    with team_in(tmp_path_factory.mktemp("by-email") / "demo") as made:
        with made.settings.open("a", encoding="utf-8") as settings:
            settings.write("\n[identity]\nby_email = true\ngroups = true\n")
        made.start()
        yield made


def in_directory(team: Team, name: str, **fields: Any) -> str:
    """Add a user to the tenant; their object id."""
    mail = f"{name}@example.com"
    user = {"id": next(IDS), "displayName": name, "mail": mail, "userPrincipalName": mail} | fields
    team.azure.ask("POST", "/users", user)
    return str(user["id"])


def ask(team: Team, name: str, **fields: Any) -> str:
    """What a new person is told who asks who they are."""
    person = team.slack.add_person(name, channels=["#ml-team"], **fields)
    return team.command(person["id"], "whoami")


def reason(team: Team) -> str:
    """What settled the last decision."""
    return str([row for row in team.audit() if row["phase"] == "decision"][-1]["reason"])


def test_who_has_the_address_in_the_directory_is_that_one(by_email: Team) -> None:
    object_id = in_directory(by_email, "nina", mail=None)
    by_email.azure.ask("POST", "/role-assignments", {"principal_id": object_id, "role": "Reader"})

    answer = ask(by_email, "nina")

    assert object_id in answer
    assert "*Reader*" in answer
    row = by_email.audit()[-1]
    assert (row["object_id"], row["result"]) == (object_id, "done")
    assert "@" not in "".join(str(value) for each in by_email.audit() for value in each.values())


def test_a_name_with_a_quote_is_no_way_into_the_filter(by_email: Team) -> None:
    in_directory(by_email, "other")

    answer = ask(by_email, "mallory", email="x' or mail eq 'other@example.com")

    assert "Nobody in Entra has the e-mail address" in answer


@pytest.mark.parametrize(
    ("name", "in_slack", "in_entra", "said"),
    [
        ("noone", {}, [], "Nobody in Entra has the e-mail address"),
        ("twice", {}, [{}, {"userPrincipalName": "other-twice@example.com"}], "More than one account in Entra"),
        ("visitor", {}, [{"userType": "Guest"}], "In Entra you are a guest"),
        ("gone", {}, [{"accountEnabled": False}], "Your account in Entra is switched off"),
        ("unsure", {"email_confirmed": False}, [{}], "isn't confirmed in Slack"),
        ("mailless", {"email": ""}, [{}], "Slack tells me no e-mail address"),
        ("single", {"is_ultra_restricted": True}, [{}], "Guests may ask questions"),
        ("stranger", {"team_id": "T0ELSEWHERE"}, [{}], "People of other workspaces"),
        ("robot", {"is_bot": True}, [{}], "Bots may not use Azure ML"),
        ("flow", {"is_bot": True, "is_workflow_bot": True}, [{}], "A workflow may not use Azure ML"),
    ],
)
def test_who_is_not_surely_one_member_is_nobody(
    by_email: Team, name: str, in_slack: dict[str, Any], in_entra: list[dict[str, Any]], said: str
) -> None:
    made = [in_directory(by_email, name, **fields) for fields in in_entra]
    try:
        answer = ask(by_email, name, **in_slack)
    finally:
        for object_id in made:
            by_email.azure.ask("DELETE", f"/users/{object_id}")

    assert said in answer
    assert "identity: " in reason(by_email)
    assert "@example" not in answer + reason(by_email)


def test_while_the_directory_does_not_answer_nobody_is_anybody(by_email: Team) -> None:
    for status, said in ((503, "Microsoft Graph doesn't answer"), (403, "may not look people up in Microsoft Graph")):
        by_email.azure.ask("POST", "/faults", {"path": "/v1.0/users", "status": status})
        try:
            answer = ask(by_email, f"late-{status}")
        finally:
            by_email.azure.ask("DELETE", "/faults")

        assert said in answer
        assert f"Microsoft Graph: {status}" in reason(by_email)


def test_a_colleague_of_another_workspace_of_the_organisation_is_no_stranger(by_email: Team) -> None:
    in_directory(by_email, "greta")
    colleague = by_email.slack.add_person(
        "greta", team_id="T0ELSEWHERE", enterprise_user="W0GRETA", channels=["#ml-team"], email="greta@example.com"
    )

    answer = by_email.command(colleague["id"], "whoami")

    assert "This bot's policy doesn't let you use" in answer or "Entra object id" in answer


def test_a_link_of_the_organisation_s_ids_counts(by_email: Team) -> None:
    object_id = in_directory(by_email, "wanda")
    by_email.azure.ask("POST", "/role-assignments", {"principal_id": object_id, "role": "Reader"})
    by_email.administer("link", "E0SANDBOX", "W0WANDA", object_id)

    answer = ask(by_email, "wanda", enterprise_user="W0WANDA", email="")

    assert object_id in answer


def test_a_link_to_an_identity_is_audited_with_who_made_it(by_email: Team) -> None:
    by_email.administer("link", "T0SANDBOX", GUS, next(IDS))
    by_email.administer("unlink", "T0SANDBOX", GUS)

    rows = [(row["command"], row["user"]) for row in by_email.audit() if row["phase"] == "change"]
    assert rows[-2:] == [("link", GUS), ("unlink", GUS)]
    assert "on the command line, by" in by_email.audit()[-1]["reason"]


def test_a_policy_s_group_without_a_role_here_is_asked_of_the_directory(by_email: Team) -> None:
    policy = by_email.folder / "policy.toml"
    text = policy.read_text(encoding="utf-8")
    rule = '\n[[deny]]\ncommands = ["envs"]\ngroups = ["00000000-0000-4000-8000-0000000000b2"]\n'
    policy.write_text(text.replace("version = 1", "version = 2") + rule, encoding="utf-8")
    try:
        eventually(lambda: "forbids you to use “envs”" in by_email.command("U0DANA", "envs"), 40)
        others = by_email.command("U0RUI", "envs")
    finally:
        policy.write_text(text, encoding="utf-8")

    assert "demo-env" in others
