"""Two workspaces in one bot: each channel has its own, and nobody acts in the other by mistake."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.azureml.seed import DANA as DANA_IN_AZURE
from tests.behaviours.team import (
    DANA,
    GENERAL,
    OLIVIA,
    TEAM_CHANNEL,
    AzureControl,
    Team,
    eventually,
    sandbox,
    team_in,
)

pytestmark = pytest.mark.slow

WAIT = "import time\nprint('waiting', flush=True)\ntime.sleep(300)\n"
CONSENT = """
[[approval]]
people = ["*"]
compute = ["gpu-cluster"]
by_roles = ["Owner"]
channel = "C0MLTEAM"
"""


class TwoWorkspaces:
    """A team whose channel #general belongs to the workspace `lab`; everywhere else it is `ws-sandbox`."""

    def __init__(self, team: Team, lab: AzureControl) -> None:
        self.team, self.lab = team, lab

    def ids(self, azure: AzureControl) -> list[str]:
        """The runs of one of them."""
        return [run["id"] for run in azure.runs()]


def _table(ready: dict[str, Any]) -> str:
    named = {
        name: ready[name] for name in ("workspace", "client_id", "client_secret", "tenant_id", "proxy", "ca_bundle")
    }
    lines = [f'{name} = "{value}"' for name, value in named.items()]
    return "\n".join(["", "[workspaces.lab]", f'channels = ["{GENERAL}"]', *lines, ""])


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoWorkspaces]:
    folder = tmp_path_factory.mktemp("two")
    (folder / "lab").mkdir()
    with (
        team_in(folder / "demo") as team,
        sandbox(
            "azureml", folder / "lab" / "azureml", "--unconfined", variables={"AML_SANDBOX_WORKSPACE": "ws-lab"}
        ) as lab,
    ):
        patient = team.settings.read_text(encoding="utf-8").replace("role_cache =", "read_deadline = 60\nrole_cache =")
        team.settings.write_text(patient + _table(lab), encoding="utf-8")
        policy = team.folder / "policy.toml"
        rules = policy.read_text(encoding="utf-8").replace("version = 1", "version = 2")
        policy.write_text(rules + CONSENT, encoding="utf-8")
        (team.project / "wait.py").write_text(WAIT)
        team.start()
        yield TwoWorkspaces(team, AzureControl(lab))


def test_a_channel_s_own_workspace_is_meant_unless_another_one_is_named(two: TwoWorkspaces) -> None:
    team = two.team
    before = {*two.ids(team.azure), *two.ids(two.lab)}
    audited = len(team.audit())

    here = team.posted(team.type(DANA, TEAM_CHANNEL, "/aml submit train.py -- --epochs 1"), "*Run `aml-")
    there = team.posted(team.type(DANA, GENERAL, "/aml submit train.py -- --epochs 1"), "*Run `aml-")
    named = team.posted(
        team.type(DANA, TEAM_CHANNEL, "/aml submit train.py --workspace lab -- --epochs 1"), "*Run `aml-"
    )
    mentioned = team.type(DANA, TEAM_CHANNEL, f"@aml-bot status {there.run_id} --workspace=LAB")

    assert set(two.ids(team.azure)) - before == {here.run_id}
    assert set(two.ids(two.lab)) - before == {there.run_id, named.run_id}
    assert "Workspace: ws-sandbox" in here.text
    assert "Workspace: lab" in there.text
    assert "Workspace: lab" in named.text
    assert there.run_id in team.reply(mentioned).text
    submits = [row for row in team.audit()[audited:] if row["command"] == "submit"]
    scopes = {row["key"]: row["scope"].rpartition("/")[2] for row in submits}
    assert sorted(scopes.values()) == ["ws-lab", "ws-lab", "ws-sandbox"]


def test_each_workspace_has_its_own_roles(two: TwoWorkspaces) -> None:
    team = two.team
    for assignment in two.lab.ask("GET", "/role-assignments")["value"]:
        if assignment["properties"]["principalId"] == DANA_IN_AZURE.object_id:
            two.lab.ask("DELETE", f"/role-assignments/{assignment['name']}")
    try:
        eventually(lambda: "You may not do that" in team.command(DANA, "envs --workspace lab"))  # roles are kept 2 s
        refused = team.command(DANA, "envs --workspace lab")
        allowed = team.command(DANA, "envs")
    finally:
        document = {"principal_id": DANA_IN_AZURE.object_id, "role": "AzureML Data Scientist"}
        two.lab.ask("POST", "/role-assignments", document)
        eventually(lambda: "demo-env" in team.command(DANA, "envs --workspace lab"))

    assert "workspaces/ws-lab" in refused
    assert "demo-env" in allowed


def test_a_button_acts_where_its_message_is_from_also_after_a_restart_with_other_channels(two: TwoWorkspaces) -> None:
    team = two.team
    mark = team.mark()
    started = team.posted(team.type(OLIVIA, GENERAL, "/aml submit wait.py"), "*Run `aml-")
    running = team.until(mark, f"{started.run_id}`: Running")
    team.kill()
    settings = team.settings.read_text(encoding="utf-8")
    team.settings.write_text(settings.replace(f'channels = ["{GENERAL}"]', "channels = []"), encoding="utf-8")
    team.start()

    mark = team.mark()
    team.press(OLIVIA, running, "Cancel")
    team.until(mark, f"{started.run_id}`: Canceled")

    assert [run["status"] for run in two.lab.runs() if run["id"] == started.run_id] == ["Canceled"]
    assert started.run_id not in two.ids(team.azure)
    team.stop()
    team.settings.write_text(settings, encoding="utf-8")
    team.start()


def test_a_run_that_waits_for_consent_starts_where_it_was_asked_for(two: TwoWorkspaces) -> None:
    team = two.team
    said = team.type(DANA, GENERAL, "/aml submit train.py --compute gpu-cluster -- --epochs 1")
    asked = team.until(said.mark, "asks for your approval")
    waiting = team.until(said.mark, "waits for approval")
    assert asked.channel != GENERAL
    assert "Workspace: lab" in asked.text

    team.press(OLIVIA, asked, "Approve")
    team.until(said.mark, f"run `{waiting.run_id}` has ended")

    assert waiting.run_id in two.ids(two.lab)
    assert waiting.run_id not in two.ids(team.azure)


def test_a_workspace_that_hangs_keeps_nobody_waiting_in_another_one(two: TwoWorkspaces) -> None:
    team = two.team
    waiting = team.posted(team.type(DANA, GENERAL, "/aml submit wait.py"), "*Run `aml-")
    two.lab.ask("POST", "/hold", {"path": "/history/"})
    eventually(lambda: two.lab.ask("GET", "/held")["held"])

    mark = team.mark()
    started = team.posted(team.type(DANA, TEAM_CHANNEL, "/aml submit train.py -- --epochs 1"), "*Run `aml-")
    ended = f"{started.run_id}`: Completed"
    team.wait(mark, lambda c: c.message is not None and ended in c.message.get("text", ""), patience=40)

    two.lab.ask("POST", "/release", {})
    team.type(DANA, GENERAL, f"/aml cancel {waiting.run_id}")
    team.until(mark, f"run `{waiting.run_id}` has ended")


def test_a_workspace_that_is_not_there_is_said_with_those_that_are(two: TwoWorkspaces) -> None:
    told = two.team.command(DANA, "runs --workspace prod")

    assert "There is no workspace “prod”" in told
    assert "“ws-sandbox” or “lab”" in told


def test_the_form_is_for_the_workspace_that_was_named_and_says_so(two: TwoWorkspaces) -> None:
    team = two.team
    mark = team.mark()
    team.type(DANA, TEAM_CHANNEL, "/aml submit --workspace lab")
    opened = team.wait(mark, lambda c: c.kind == "view_updated" and "Workspace" in str(c.view))

    before = len(two.lab.runs())
    mark = team.mark()
    team.slack.submit(DANA, (opened.view or {})["id"], {"script": {"value": "train.py"}})
    started = team.until(mark, "*Run `aml-", kind=("posted",))

    assert "Workspace: lab" in started.text
    assert len(two.lab.runs()) == before + 1


def test_what_belongs_to_no_workspace_names_none(two: TwoWorkspaces) -> None:
    assert "Workspace:" not in two.team.command(DANA, "help")
    assert "Workspace:" not in two.team.command(DANA, "ask how do I install a package for training?")


def test_the_bot_is_examined_in_each_workspace(two: TwoWorkspaces) -> None:
    examined = two.team.administer("doctor")

    assert "ok      ws-sandbox: Azure ML: runs" in examined
    assert "ok      lab: Azure: the bot's own rights" in examined
    assert "failed" not in examined


def test_two_workspaces_with_one_channel_or_one_name_are_refused(tmp_path: Path, two: TwoWorkspaces) -> None:
    settings = two.team.settings.read_text(encoding="utf-8")
    table = settings[settings.index("[workspaces.lab]") :]

    for other, said in (("other", "belongs to two workspaces"), ("ws-sandbox", "two workspaces have the same name")):
        file = tmp_path / f"{other}.toml"
        file.write_text(settings + table.replace("[workspaces.lab]", f"[workspaces.{other}]"), encoding="utf-8")
        assert tomllib.loads(file.read_text())
        with pytest.raises(AssertionError, match=said):
            two.team.administer("link", settings=file)
