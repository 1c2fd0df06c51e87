"""Azure in trouble: whatever fails, and however, people get one clear message that is true, and nothing is lost.

A case is a journey (what somebody types), a part of what that asks of Azure, and a kind of trouble with this part. Then
the trouble is over and the same is asked for again, which must work and shows what was done before.
"""

import contextlib
import os
import re
import signal
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.azureml import seed
from tests.behaviours.team import DANA, OLIVIA, TEAM_CHANNEL, Said, Seen, Team, eventually, sandbox, team_in
from tests.sandbox.azureml.wheels import wheel

MODEL = """\
from pathlib import Path
from azureml.core import Run
Path("outputs/model.pkl").write_bytes(b"weights")
Run.get_context().log("gain", 1)
print("made")
"""
SLOW = "import time\nprint('begun', flush=True)\ntime.sleep(600)\n"

TROUBLE: Mapping[str, dict[str, Any]] = {
    "401": {"status": 401},
    "403": {"status": 403},
    "404": {"status": 404},
    "409": {"status": 409},
    "429": {"status": 429, "retry_after": 1},
    "500": {"status": 500},
    "503": {"status": 503},
    "broken": {"broken": True},
    "drop": {"drop": True},
    "lost": {"drop_response": True},
    "late": {"delay": 7},
    "garbage": {"status": 200, "body": "<html>busy</html>"},
    "empty": {"status": 200, "body": "{}"},
}
EVERYTHING = {"path": "", "host": seed.DATA_HOST}
STORAGE = {"path": "", "host": seed.BLOB_HOST}
ROLES = {"path": "/role(Assignments|Definitions)$|/denyAssignments$", "host": seed.ARM_HOST}


@dataclass(frozen=True, slots=True)
class Journey:
    """`{name}` in what is typed is a new name each time, `{run}` a run that has ended, `{active}` one that hasn't.
    `done` is in the answer once it works; `before` is there in its place when an earlier try had done it."""

    typed: str
    parts: Mapping[str, dict[str, Any]]
    done: str
    before: str = ""
    who: str = DANA


JOURNEYS: Mapping[str, Journey] = {
    "submit": Journey(
        "submit make.py",
        {"everything": EVERYTHING, "deed": {"method": "POST", "path": "/snapshotrun$"}, "upload": STORAGE},
        "*Run `aml-",
    ),
    "retry": Journey("retry {run}", {"deed": {"method": "POST", "path": "/snapshotrun$"}}, "*Run `aml-"),
    "cancel": Journey(
        "cancel {active}",
        {"everything": EVERYTHING, "deed": {"method": "POST", "path": "/cancel$"}},
        "I asked Azure ML to stop",
        "has ended already: Canceled",
    ),
    "env create": Journey(
        "env create {name} --pip pandas",
        {"everything": EVERYTHING, "deed": {"method": "PUT", "path": "/environments/"}},
        "I made version `1`",
        "has this content already",
    ),
    "add wheel": Journey(
        "add wheel",
        {"everything": EVERYTHING, "deed": {"method": "POST", "path": "/batch/metadata/"}, "upload": STORAGE},
        "The workspace keeps this wheel now",
        "keeps this very wheel already",
    ),
    "model register": Journey(
        "model register {run} outputs/model.pkl --name {name}",
        {
            "everything": EVERYTHING,
            "deed": {"method": "POST", "path": "/models$"},
            "asset": {"method": "POST", "path": "/assets$"},
        },
        "registered as version `1`",
        "registered as version `2`",
    ),
    "status": Journey("status {run}", {"everything": EVERYTHING, "metrics": {"path": "/metric/"}}, "Completed"),
    "logs": Journey("logs {run}", {"everything": EVERYTHING, "storage": STORAGE}, "made"),
    "metrics": Journey("metrics {run}", {"everything": EVERYTHING, "metrics": {"path": "/metric/"}}, "gain"),
    "files": Journey("files {run}", {"everything": EVERYTHING}, "`outputs/model.pkl`, 7 bytes"),
    "a file": Journey(
        "files {run} --get outputs/model.pkl", {"everything": EVERYTHING, "storage": STORAGE}, "model.pkl` of run"
    ),
    "whole log": Journey("logs {run} --all", {"everything": EVERYTHING, "storage": STORAGE}, "std_log.txt` of run"),
    "children": Journey("runs --children {run}", {"everything": EVERYTHING}, "It has started none"),
    "env diff": Journey("env diff demo-env AzureML-sklearn-1.5", {"everything": EVERYTHING}, "numpy=1.26"),
    "model": Journey("model kept-model", {"everything": EVERYTHING}, "*Model kept-model*"),
    "runs": Journey("runs", {"everything": EVERYTHING}, "One of them in detail"),
    "envs": Journey("envs", {"everything": EVERYTHING}, "demo-env"),
    "env": Journey("env demo-env", {"everything": EVERYTHING}, "azureml-core"),
    "models": Journey("models kept", {"everything": EVERYTHING}, "kept-model"),
    "roles": Journey("roles", {"roles": ROLES}, "Owner", who=OLIVIA),
}
CASES = [(journey, part) for journey, found in JOURNEYS.items() for part in found.parts]
LEFT_OUT = {
    ("roles", "roles", "late"),  # of many requests each comes in time; tests/faults has the deadline
}
SOME = [
    ("submit", "deed", "lost"),
    ("submit", "deed", "drop"),
    ("submit", "everything", "empty"),
    ("retry", "deed", "lost"),
    ("metrics", "metrics", "garbage"),
    ("whole log", "storage", "garbage"),
    ("a file", "storage", "drop"),
    ("cancel", "deed", "lost"),
    ("cancel", "deed", "409"),
    ("env create", "deed", "empty"),
    ("add wheel", "upload", "403"),
    ("model register", "deed", "broken"),
    ("status", "everything", "401"),
    ("logs", "storage", "503"),
    ("runs", "everything", "garbage"),
    ("roles", "roles", "500"),
]


class Scene:
    """A team whose bot is impatient with Azure and asks it about roles each time."""

    def __init__(self, team: Team, folder: Path) -> None:
        self.team, self._folder, self._number = team, folder, 0
        for script, text in {"model.py": MODEL, "make.py": "print('made')\n", "slow.py": SLOW}.items():
            (team.project / script).write_text(text)
        self.run = self.started("model.py")
        team.until(0, f"run `{self.run}` has ended")
        team.command(DANA, f"model register {self.run} outputs/model.pkl --name kept-model")

    def started(self, script: str) -> str:
        """A run of a script that goes on."""
        said = self.team.type(DANA, TEAM_CHANNEL, f"/aml submit {script}")
        run_id = self.team.posted(said, f"{script} of project").run_id
        eventually(lambda: self.status(run_id) in {"Running", "Finalizing", "Completed"})
        return run_id

    def status(self, run_id: str) -> str:
        return next((str(run["status"]) for run in self.team.azure.runs() if run["id"] == run_id), "none")

    def submitter(self, run_id: str) -> str:
        return next(str(run["submitter"]) for run in self.team.azure.runs() if run["id"] == run_id)

    def prepared(self, journey: Journey) -> Callable[[], Said]:
        """How to take a journey; the same each time it is called."""
        self._number += 1
        name = f"new{self._number}"
        active = self.started("slow.py") if "{active}" in journey.typed else ""
        if journey.typed == "add wheel":
            file = wheel(self._folder / name, name, "1.0")
            return lambda: self.team.type(
                journey.who, TEAM_CHANNEL, "@aml-bot add wheel", files={file.name: file.read_bytes()}
            )
        typed = journey.typed.format(name=name, run=self.run, active=active)
        return lambda: self.team.type(journey.who, TEAM_CHANNEL, f"/aml {typed}")

    def let_ten_minutes_pass(self, run_id: str) -> None:
        """Let the bot believe that it has followed a run for long."""
        with contextlib.closing(sqlite3.connect(self.team.folder / "bot" / "aml-bot.db", timeout=30)) as database:
            database.execute("UPDATE watched_run SET since = '2026-01-01T00:00:00+00:00' WHERE run_id = ?", (run_id,))
            database.commit()

    def told(self, said: Said) -> Seen:
        """The one message that somebody gets."""
        found = [seen for seen in self.team.answers(said) if "has ended. It is" not in seen.text]
        assert len(found) == 1, [seen.text for seen in found]
        return found[0]


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("trouble")
    with team_in(folder / "demo") as team:
        text = team.settings.read_text().replace("role_cache = 2\n", "role_cache = 0\n")
        patience = "[azure]\nread_deadline = 4\nsubmit_deadline = 6\noutages = 100\n"
        team.settings.write_text(text.replace("[azure]\n", patience))
        team.start()
        yield Scene(team, folder)


def claim(text: str) -> str:
    """What a message says of the deed: `nothing` was done, it is `unknown`, or it is `done`."""
    if "know yet" in text:
        return "unknown"
    return "nothing" if re.search(r"nothing was|refuses this|There is no ", text) else "done"


def is_clear(text: str) -> bool:
    """A title, sentences, no trace of the machinery, and the reference unless it is the run's own message."""
    machinery = r"https?://|/subscriptions/|Traceback|Exception|Client Error|Something broke|<html"
    followed = "I'm looking it up and will say here" in text
    return text.startswith("*") and not re.search(machinery, text) and (followed or "Reference: `" in text)


def new_runs(scene: Scene, known: set[str]) -> list[str]:
    return [run["id"] for run in scene.team.azure.runs() if run["id"] not in known]


def take(scene: Scene, journey: Journey, part: Mapping[str, Any], trouble: str) -> None:
    """One case, to its end."""
    go = scene.prepared(journey)
    known = {run["id"] for run in scene.team.azure.runs()}
    scene.team.azure.ask("POST", "/faults", {**part, **TROUBLE[trouble]})
    try:
        said = go()
        told = scene.told(said)
    finally:
        scene.team.azure.ask("DELETE", "/faults")

    said_of_it = claim(told.text)
    if said_of_it == "done":
        assert journey.done in told.text or trouble in {"404", "empty"}, told.text
    else:
        assert is_clear(told.text), told.text
    if journey.typed.startswith(("submit", "retry")):
        check_the_run(scene, said, told, known, trouble)
        return
    again = scene.told(go()).text
    either = (journey.done, journey.before or journey.done)
    stopping = "{active}" in journey.typed  # what is asked for again while it is on its way to its end
    expected = {"nothing": either[:1], "done": either if stopping else either[1:]}
    assert any(words in again for words in expected.get(said_of_it, either)), (told.text, again)


def check_the_run(scene: Scene, said: Said, told: Seen, known: set[str], trouble: str) -> None:
    """There is a run where one is said to be, and none where none is; it is somebody's, and its message ends."""
    if claim(told.text) == "nothing":
        assert new_runs(scene, known) == []
        scene.told(said)
        return
    if claim(told.text) == "unknown" and trouble != "late" and not new_runs(scene, known):
        return
    eventually(lambda: new_runs(scene, known) == [told.run_id])
    ended = scene.team.until(said.mark, f"run `{told.run_id}` has ended")
    assert "Completed" in ended.text
    # Whose it is was known at once, or is written on it when it has arrived.
    eventually(lambda: scene.submitter(told.run_id) in {"dana", DANA})


@pytest.mark.parametrize(("journey", "part", "trouble"), SOME)
def test_trouble_ends_in_one_clear_message_and_the_right_state(
    scene: Scene, journey: str, part: str, trouble: str
) -> None:
    take(scene, JOURNEYS[journey], JOURNEYS[journey].parts[part], trouble)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("journey", "part"), CASES)
def test_every_trouble_with_every_part_of_every_journey(scene: Scene, journey: str, part: str) -> None:
    for trouble in TROUBLE:
        # Of a change the deed is what matters; that it isn't come to is alike for most kinds of trouble.
        alike = part == "everything" and "deed" in JOURNEYS[journey].parts and trouble not in {"401", "429", "garbage"}
        if (journey, part, trouble) not in {*SOME, *LEFT_OUT} and not alike:
            take(scene, JOURNEYS[journey], JOURNEYS[journey].parts[part], trouble)


def test_a_sign_in_that_fails_is_said_and_the_next_one_works(scene: Scene) -> None:
    def told() -> str:
        return scene.told(scene.team.type(DANA, TEAM_CHANNEL, "/aml envs")).text

    texts = []
    for fault in (EVERYTHING | {"status": 401}, {"path": "/token$", "host": seed.LOGIN_HOST, "status": 503}):
        scene.team.azure.ask("POST", "/faults", fault)
        try:
            texts.append(told())
        finally:
            scene.team.azure.ask("DELETE", "/faults")

    assert all(is_clear(text) and "nothing was done" in text for text in texts), texts
    assert "doesn't accept my sign-in" in texts[0]
    assert "demo-env" in told()


def test_a_submit_that_never_arrives_is_said_to_have_started_nothing(scene: Scene) -> None:
    scene.team.azure.ask("POST", "/faults", {"method": "POST", "path": "/snapshotrun$", "drop": True})
    said = scene.team.type(DANA, TEAM_CHANNEL, "/aml submit make.py")
    told = scene.told(said)
    assert "know yet" in told.text
    scene.team.azure.ask("DELETE", "/faults")

    scene.let_ten_minutes_pass(told.run_id)
    settled = scene.team.until(said.mark, f"Run `{told.run_id}` was not started")

    assert settled.ts == told.ts
    assert "You can submit it again" in settled.text
    eventually(lambda: scene.team.audit()[-1]["phase"] == "settled")
    assert scene.team.audit()[-1]["result"] == "failed"
    assert scene.status(told.run_id) == "none"


@pytest.mark.slow
def test_a_submit_that_arrives_late_gets_its_submitter_and_reaches_its_end(scene: Scene) -> None:
    scene.team.azure.ask("POST", "/hold", {"method": "POST", "path": "/snapshotrun$"})
    said = scene.team.type(DANA, TEAM_CHANNEL, "/aml submit make.py")
    told = scene.told(said)
    assert "know yet" in told.text

    scene.team.azure.ask("POST", "/release", {})
    scene.team.until(said.mark, f"run `{told.run_id}` has ended")

    assert told.run_id in scene.team.command(DANA, "runs --mine")


def follow_through(scene: Scene, trouble: str) -> None:
    """A run that Azure runs to its end while nothing of it can be seen."""
    said = scene.team.type(DANA, TEAM_CHANNEL, "/aml submit make.py")
    run_id = scene.team.posted(said, "make.py of project").run_id
    for where in (EVERYTHING, STORAGE):
        scene.team.azure.ask("POST", "/faults", {**where, **TROUBLE[trouble]})
    try:
        eventually(lambda: scene.status(run_id) == "Completed")
        asked = scene.told(scene.team.type(DANA, TEAM_CHANNEL, f"/aml status {run_id}")).text
    finally:
        scene.team.azure.ask("DELETE", "/faults")

    scene.team.until(said.mark, f"run `{run_id}` has ended. It is *Completed*")
    assert is_clear(asked), asked
    shown = [text for text in scene.team.messages_with(run_id, TEAM_CHANNEL) if "made" in text]
    assert len(shown) == 1
    assert "Completed" in shown[0]


def test_a_run_that_is_followed_through_trouble_reaches_its_end_in_its_message(scene: Scene) -> None:
    follow_through(scene, "empty")


@pytest.mark.slow
@pytest.mark.parametrize("trouble", [trouble for trouble in TROUBLE if trouble != "empty"])
def test_a_run_is_followed_through_every_trouble(scene: Scene, trouble: str) -> None:
    follow_through(scene, trouble)


@pytest.mark.slow
def test_a_run_that_died_with_its_sandbox_is_told_with_the_reason(own_team: Team) -> None:
    ready = own_team.azure.ready
    (own_team.project / "slow.py").write_text(SLOW)
    own_team.start()
    said = own_team.type(DANA, TEAM_CHANNEL, "/aml submit slow.py")
    run_id = own_team.posted(said, "slow.py of project").run_id
    own_team.until(said.mark, f"`{run_id}`: Running")

    os.kill(ready["pid"], signal.SIGKILL)
    eventually(lambda: not Path(f"/proc/{ready['pid']}/cmdline").read_bytes())
    port = ready["proxy"].rpartition(":")[2]
    with sandbox("azureml", own_team.folder / "azureml", "--unconfined", "--port", port):
        told = own_team.until(said.mark, f"`{run_id}`: Failed").text
        own_team.until(said.mark, f"run `{run_id}` has ended")

    assert "The sandbox stopped while this run was active, so the run was lost. Submit it again." in told
