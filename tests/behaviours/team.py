"""A team with its bot: both sandboxes and `aml-bot serve` as real processes, and what people type and see."""

import contextlib
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import time
import tomllib
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from slack_sdk import WebClient

from bot.demo.configuration import write_configuration
from bot.sandbox.slack.client import Change, SandboxClient

PATIENCE = 60.0
PROJECT = Path(__file__).parents[2] / "bot" / "demo" / "project"

OLIVIA, DANA, RUI, GUS, CHEN = "U0OLIVIA", "U0DANA", "U0RUI", "U0GUS", "U0CHEN"
HELP, GENERAL, TEAM_CHANNEL = "C0MLHELP", "C0GENERAL", "C0MLTEAM"
BOT = "U0AMLBOT"


class AzureControl:
    """The Azure ML sandbox's control address."""

    def __init__(self, ready: dict[str, Any]) -> None:
        self.ready = ready
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """One request; the parsed answer."""
        request = urllib.request.Request(  # noqa: S310 - the sandbox's own loopback address
            self.ready["control"] + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Authorization": f"Bearer {self.ready['control_token']}",
                "Content-Type": "application/json",
            },
        )
        with self._opener.open(request, timeout=30) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def runs(self) -> list[dict[str, Any]]:
        """Every run, as the sandbox knows it."""
        found: list[dict[str, Any]] = self.ask("GET", "/runs")["runs"]
        return found


class Team:
    """People at work. `folder` holds settings, policy, project and logs."""

    def __init__(self, folder: Path, slack: dict[str, Any], azure: dict[str, Any], *, http: bool = False) -> None:
        self.folder = folder
        self.http = http
        self.slack = SandboxClient.from_ready(slack)
        self.page: str = slack["page"]
        self.ready = slack
        self.azure = AzureControl(azure)
        self.project = folder / "projects" / "demo"
        if not self.project.exists():
            shutil.copytree(PROJECT, self.project, ignore=shutil.ignore_patterns("__pycache__"))
        self.settings = write_configuration(folder, slack=slack, azure=azure, project=self.project, faq=None)
        self.bot: subprocess.Popen[str] | None = None

    def web(self) -> WebClient:
        """The Web API with the bot's token."""
        return WebClient(token=self.ready["bot_token"], base_url=self.ready["api"])

    # The bot's process

    def start(self, *arguments: str, source: Path | None = None) -> None:
        """Start the bot and wait until it says that it is ready; `source` is the folder of another copy of the package
        to start."""
        command = [sys.executable, "-m", "bot", "serve", "--settings", str(self.settings), *arguments]
        with (self.folder / "bot.log").open("a", encoding="utf-8") as log:
            self.bot = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=clean_environment(),
                cwd=source,
            )
        assert self.bot.stdout is not None
        line = self.bot.stdout.readline()
        assert "ready" in line, self.log()[-3000:]

    def kill(self) -> None:
        """kill -9, and wait until it is gone."""
        assert self.bot is not None
        self.bot.kill()
        self.bot.wait(10)
        assert self.bot.stdout is not None
        self.bot.stdout.close()

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        assert self.bot is not None
        self.bot.terminate()
        code = self.bot.wait(30)
        assert self.bot.stdout is not None
        self.bot.stdout.close()
        return code

    def log(self) -> str:
        """What the bot has logged."""
        return (self.folder / "bot.log").read_text(encoding="utf-8")

    def administer(self, *arguments: str, settings: Path | None = None) -> str:
        """What an administrator's `aml-bot ...` prints, with the team's settings or others; it must succeed."""
        command = [sys.executable, "-m", "bot", *arguments, "--settings", str(settings or self.settings)]
        done = subprocess.run(
            command, check=False, capture_output=True, text=True, env=clean_environment(), timeout=PATIENCE
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    # What people do and see

    def mark(self) -> int:
        """Where the record of what became visible ends now."""
        return self.slack.changes()[0]

    def type(
        self,
        user: str,
        channel: str,
        text: str,
        *,
        thread_ts: str | None = None,
        files: Mapping[str, bytes] | None = None,
    ) -> "Said":
        """Somebody types and sends `text`, with `files` (content by name) attached."""
        mark = self.mark()
        sent = self.slack.type(user, channel, text, thread_ts=thread_ts, files=files)
        assert not sent.refused, sent.refused
        return Said(mark, user, sent.channel, sent.ts, sent.delivery_ids, begins=thread_ts is None)

    def command(self, user: str, text: str, channel: str = TEAM_CHANNEL) -> str:
        """Somebody types `/aml ...`; the text of what they alone see in reply."""
        said = self.type(user, channel, f"/aml {text}")
        return self.private(said).text

    def private(self, said: "Said") -> "Seen":
        """What the sender alone sees after `said`."""
        return Seen(self.wait(said.mark, lambda c: c.kind == "ephemeral" and c.visible_to == (said.user,)))

    def reply(self, said: "Said") -> "Seen":
        """The bot's message in the thread of `said`, or after it in a direct message."""

        def is_it(change: Change) -> bool:
            if change.kind != "posted" or change.channel != said.channel or not change.message:
                return False
            in_thread = change.thread_ts == said.ts or change.channel.startswith("D")
            return change.message.get("user") == BOT and in_thread

        return Seen(self.wait(said.mark, is_it))

    def posted(self, said: "Said", containing: str = "") -> "Seen":
        """The bot's message for everybody in the channel after `said`."""
        return Seen(
            self.wait(
                said.mark,
                lambda c: (
                    c.kind == "posted"
                    and c.message is not None
                    and c.message.get("user") == BOT
                    and containing in c.message.get("text", "")
                ),
            )
        )

    def until(self, mark: int, containing: str, *, kind: tuple[str, ...] = ("updated", "posted")) -> "Seen":
        """The first message after `mark` that contains a text."""
        return Seen(
            self.wait(
                mark,
                lambda c: c.kind in kind and c.message is not None and containing in c.message.get("text", ""),
            )
        )

    def wait(self, mark: int, wanted: Callable[[Change], bool], patience: float = PATIENCE) -> Change:
        """The first change after `mark` that is `wanted`."""
        end = time.monotonic() + patience
        seen: list[str] = []
        while (left := end - time.monotonic()) > 0:
            mark, changes = self.slack.changes(mark, wait=min(left, 5.0))
            for change in changes:
                if wanted(change):
                    return change
                seen.append(f"{change.kind}: {(change.message or {}).get('text', change.text)[:200]}")
        raise AssertionError(f"not seen within {patience:.0f} s; instead: {seen}\n{self.log()[-3000:]}")

    def nothing_more(self, mark: int, said: "Said") -> list[Change]:
        """What the bot posted after `mark`, once the deliveries of `said` are acknowledged."""
        eventually(lambda: all(d["ack_ms"] is not None for d in self.slack.deliveries(*said.deliveries)))
        return [c for c in self.slack.changes(mark)[1] if c.kind == "posted" and (c.message or {}).get("user") == BOT]

    def click(self, user: str, seen: "Seen", action_id: str) -> "Said":
        """Somebody clicks a button of a message."""
        mark = self.mark()
        clicked = self.slack.click(user, seen.channel, seen.ts, action_id)
        return Said(mark, user, seen.channel, seen.ts, tuple(clicked["delivery_ids"]))

    def press(self, user: str, seen: "Seen", label: str) -> "Said":
        """Somebody clicks the first button of a message that is read out as `label`."""
        button, block_id = seen.button(label)
        mark = self.mark()
        clicked = self.slack.click(user, seen.channel, seen.ts, button["action_id"], block_id=block_id)
        return Said(mark, user, seen.channel, seen.ts, tuple(clicked["delivery_ids"]))

    def quiet(self) -> None:
        """Wait until all that Slack had to send was sent, and the bot has worked it off."""
        eventually(lambda: all(row["settled"] for row in self.slack.deliveries()))
        waiting = "SELECT 1 FROM workflow_status WHERE status IN ('PENDING', 'ENQUEUED')"
        eventually(lambda: not self.rows(waiting))

    def answers(self, said: "Said") -> list["Seen"]:
        """Everything that the bot showed after `said` in its channel or to its sender, once all is worked off; not what
        it said in the threads of others, whose runs may end meanwhile."""
        self.quiet()
        return [
            Seen(change)
            for change in self.slack.changes(said.mark)[1]
            if change.message is not None
            and (change.message.get("user") == BOT or change.kind == "ephemeral")
            and change.kind in {"posted", "ephemeral"}
            and (change.channel == said.channel or change.visible_to == (said.user,))
            and (not said.begins or change.thread_ts in {None, said.ts})
        ]

    def messages_with(self, text: str, channel: str, user: str = OLIVIA) -> list[str]:
        """Texts of the bot's messages in a channel, threads included, that contain `text`."""
        return [
            m["text"] for m in self.slack.screen(user, channel) if m.get("user") == BOT and text in m.get("text", "")
        ]

    # What is kept

    def audit(self) -> list[dict[str, Any]]:
        """The audit's rows, oldest first."""
        return self.rows("SELECT * FROM audit ORDER BY id")

    def rows(self, query: str, *values: str) -> list[dict[str, Any]]:
        """Rows of the bot's database; `values` stand for the question marks in the query."""
        with contextlib.closing(sqlite3.connect(self.folder / "bot" / "aml-bot.db", timeout=30)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(query, values)]


class Said:
    """Something that somebody typed or clicked, and where the record of what is visible stood before it; `begins` if it
    stands in no thread."""

    def __init__(
        self, mark: int, user: str, channel: str, ts: str, deliveries: tuple[str, ...], *, begins: bool = False
    ) -> None:
        self.mark, self.user, self.channel, self.ts, self.deliveries = mark, user, channel, ts, deliveries
        self.begins = begins


class Seen:
    """A message as it became visible."""

    def __init__(self, change: Change) -> None:
        assert change.message is not None
        self.seq = change.seq
        self.kind = change.kind
        self.visible_to = change.visible_to
        self.channel = change.channel
        self.ts = change.ts
        self.thread_ts = change.thread_ts
        self.message: dict[str, Any] = change.message
        self.text: str = change.message.get("text", "")

    def button(self, label: str) -> tuple[dict[str, Any], str]:
        """The first button with this label (or with it in what a screen reader says), and its block's id."""
        for block in self.message.get("blocks", ()):
            for element in (*block.get("elements", ()), block.get("accessory") or {}):
                spoken = element.get("accessibility_label", "")
                if element.get("type") == "button" and (element["text"]["text"] == label or label in spoken):
                    return element, block["block_id"]
        raise AssertionError(f"no button “{label}”; there are: {self.buttons}")

    @property
    def buttons(self) -> list[str]:
        """The labels of the message's buttons, in order."""
        return [
            element["text"]["text"]
            for block in self.message.get("blocks", ())
            for element in (*block.get("elements", ()), block.get("accessory") or {})
            if element.get("type") == "button"
        ]

    @property
    def run_id(self) -> str:
        """The run that the message is about."""
        found = re.search(r"\baml-[0-9a-f]{12}\b", self.text)
        assert found, self.text
        return found[0]


def eventually(condition: Callable[[], bool], patience: float = PATIENCE) -> None:
    """Wait until `condition` holds; fail when it doesn't in time."""
    end = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < end, "it didn't come to be in time"
        time.sleep(0.02)


def clean_environment() -> dict[str, str]:
    """This process's environment without anything that could reach into the bot."""
    return {
        name: value for name, value in os.environ.items() if not name.startswith(("AML_BOT_", "SLACK_", "AZUREML_"))
    }


@contextlib.contextmanager
def sandbox(
    name: str, state: Path, *arguments: str, variables: dict[str, str] | None = None
) -> Iterator[dict[str, Any]]:
    """A sandbox as its own process, with `variables` in its environment; its ready line."""
    command = [sys.executable, "-m", f"bot.sandbox.{name}", "--state", str(state), "--exit-with-parent", *arguments]
    log_file = state.parent / f"{name}.log"
    with log_file.open("w", encoding="utf-8") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env=clean_environment() | (variables or {}),
        )
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        line = process.stdout.readline()
        assert line, log_file.read_text(encoding="utf-8")[-3000:]
        yield json.loads(line)
    finally:
        process.terminate()
        process.wait(20)
        process.stdin.close()
        process.stdout.close()


@contextlib.contextmanager
def team_in(folder: Path, *, http: bool = False, slack_arguments: tuple[str, ...] = ()) -> Iterator[Team]:
    """A team whose bot isn't started yet; everything is stopped at the end."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    slack_options = ("--retry-delays", "0.2,0.5,1", *slack_arguments)
    with (
        sandbox("azureml", folder / "azureml", "--unconfined") as azure,
        sandbox("slack", folder / "slack", *slack_options) as slack,
    ):
        team = Team(folder, slack, azure, http=http)
        try:
            yield team
        finally:
            if team.bot is not None and team.bot.poll() is None:
                team.stop()


def settings_of(team: Team) -> dict[str, Any]:
    """The settings file of the team's bot."""
    return tomllib.loads(team.settings.read_text(encoding="utf-8"))
