"""A private wheel: shared in Slack, checked, kept by the workspace, used by an environment."""

import hashlib
import os
import sys
from pathlib import Path

from bot.manifest import BOT_SCOPES
from tests.behaviours.team import DANA, RUI, TEAM_CHANNEL, Team
from tests.sandbox.azureml.wheels import wheel

OWN = "{}.{}".format(*sys.version_info)


def name() -> str:
    """A package that no other test uses."""
    return f"ours{os.urandom(4).hex()}"


def test_a_shared_wheel_is_kept_and_used_by_an_environment(team: Team, tmp_path: Path) -> None:
    package = name()
    file = wheel(tmp_path, package, "1.0")
    said = team.type(DANA, TEAM_CHANNEL, "@aml-bot add wheel", files={file.name: file.read_bytes()})

    answer = team.reply(said)

    assert "The workspace keeps this wheel now." in answer.text
    assert hashlib.sha256(file.read_bytes()).hexdigest() in answer.text
    address = f".blob.core.windows.net/azureml/Environment/azureml-private-packages/{file.name}"
    assert 'packages.add_pip_package("https://' in answer.text
    assert "sig=" not in answer.text
    made = team.command(DANA, f"env create {package}-env --wheel {file.name}")
    assert file.name in made
    assert address.partition("/azureml/")[0] in made
    outcome = [row for row in team.audit() if row["command"] == "add-wheel"][-1]
    assert outcome["result"] == "done"
    assert f"wheel={file.name} sha256=" in outcome["reason"]
    assert not list((team.folder / "bot" / "wheels").iterdir())
    assert "files:read" in BOT_SCOPES


def test_a_run_imports_what_is_in_a_shared_wheel(team: Team, tmp_path: Path) -> None:
    package = name()
    file = wheel(tmp_path, package, "1.0", "WORDS = 'from the wheel'\n")
    team.reply(team.type(DANA, "dm", "add wheel", files={file.name: file.read_bytes()}))
    team.command(DANA, f"env create {package}-env --python {OWN} --wheel {file.name}")
    (team.project / "shared_wheel.py").write_text(f"import {package}\nprint('came', {package}.WORDS)\n")

    said = team.type(DANA, TEAM_CHANNEL, f"/aml submit shared_wheel.py --env {package}-env")
    posted = team.posted(said, "shared_wheel.py of project")

    assert "came from the wheel" in team.until(said.mark, f"`{posted.run_id}`: Completed").text
    team.until(said.mark, f"run `{posted.run_id}` has ended")


def test_a_wheel_is_never_replaced_and_a_different_one_is_told_apart(team: Team, tmp_path: Path) -> None:
    package = name()
    file = wheel(tmp_path / "a", package, "1.0")
    changed = wheel(tmp_path / "b", package, "1.0", "different = True\n")
    team.reply(team.type(DANA, "dm", "add wheel", files={file.name: file.read_bytes()}))

    again = team.reply(team.type(DANA, "dm", "add wheel", files={file.name: file.read_bytes()}))
    other = team.reply(team.type(DANA, "dm", "add wheel", files={file.name: changed.read_bytes()}))

    assert "keeps this very wheel already" in again.text
    assert "keeps another file of this name" in other.text
    assert "Raise the version" in other.text


def test_what_is_no_wheel_and_who_may_not_is_refused(team: Team, tmp_path: Path) -> None:
    file = wheel(tmp_path, name(), "1.0")
    body = file.read_bytes()

    def told(user: str, text: str, files: dict[str, bytes]) -> str:
        return team.private(team.type(user, TEAM_CHANNEL, text, files=files)).text

    assert "metadata/artifacts/write" in told(RUI, "@aml-bot add wheel", {file.name: body})
    assert "no sound zip file" in told(DANA, "@aml-bot add wheel", {file.name: body[:100]})
    assert "has to end in .whl" in told(DANA, "@aml-bot add wheel", {"data.csv": b"a,b"})
    assert "There is no file" in told(DANA, "@aml-bot add wheel", {})
    assert "several files" in told(DANA, "@aml-bot add wheel", {file.name: body, "b.whl": b"x"})
    assert "a slash command can't carry files" in team.command(DANA, "add wheel")
