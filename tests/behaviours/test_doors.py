"""Every command, typed by somebody who holds no role: refused but for what is their own, audited, and nothing asked of
Azure ML.

The last test types the same to a bot whose guards were taken out of its source: the refusals must be gone.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import bot
from bot.domain.commands import ALL, Command
from bot.sandbox.azureml.seed import DANA as DANA_IN_AZURE
from tests.behaviours.team import DANA, TEAM_CHANNEL, Team, team_in
from tests.services.doors import take_out_all_guards

GUARDED = [command for command in ALL if command.guarded]
OWN = {command.name for command in ALL if command.own}
"""What is one's own: shown to everybody who is linked."""
NOTHING_TO_ASK = ("login.microsoftonline.com", "/Microsoft.Authorization/")


def powerless(team: Team) -> None:
    """Take Dana's roles away."""
    for assignment in team.azure.ask("GET", "/role-assignments")["value"]:
        if assignment["properties"]["principalId"] == DANA_IN_AZURE.object_id:
            team.azure.ask("DELETE", f"/role-assignments/{assignment['name']}")


def typed(team: Team, command: Command) -> str:
    """What Dana alone is told when she types the command's example."""
    if command.name == "add-wheel":
        files = {"tool-1.0-py3-none-any.whl": b"no wheel"}
        return team.private(team.type(DANA, TEAM_CHANNEL, "@aml-bot add wheel", files=files)).text
    return team.command(DANA, command.example)


def is_refusal(text: str) -> bool:
    """Whether somebody was told that they may not."""
    return "You may not do that" in text


@pytest.fixture(scope="module")
def without_rights(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    """A team in which Dana holds no role; its bot isn't started."""
    with team_in(tmp_path_factory.mktemp("doors") / "demo") as team:
        powerless(team)
        yield team


@pytest.mark.slow
def test_every_command_is_refused_to_who_holds_no_role(without_rights: Team) -> None:
    team = without_rights
    team.start()
    before = len(team.azure.ask("GET", "/requests")["requests"])

    told = {command.name: typed(team, command) for command in GUARDED}

    team.stop()
    assert {name for name, text in told.items() if not is_refusal(text)} == OWN
    asked = [each["host"] + each["path"] for each in team.azure.ask("GET", "/requests")["requests"][before:]]
    assert [path for path in asked if not any(part in path for part in NOTHING_TO_ASK)] == []
    decisions = {row["command"]: row["result"] for row in team.audit() if row["phase"] == "decision"}
    assert decisions == {each.name: "allowed" if each.name in OWN else "refused" for each in GUARDED}


@pytest.mark.slow
def test_without_the_guards_in_its_source_no_command_would_be_refused(without_rights: Team, tmp_path: Path) -> None:
    package = Path(bot.__file__).parent
    shutil.copytree(package, tmp_path / "bot", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(package.parent / "faq", tmp_path / "faq")
    removed = take_out_all_guards(tmp_path / "bot")

    without_rights.start(source=tmp_path)
    told = {command.name: typed(without_rights, command) for command in GUARDED if command.name != "submit"}
    without_rights.stop()

    assert removed >= len(told)
    assert {name: text for name, text in told.items() if is_refusal(text)} == {}
