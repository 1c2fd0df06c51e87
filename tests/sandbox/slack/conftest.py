"""A real sandbox process, and a small real Bolt app that talks to it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from slack_bolt import App
from slack_sdk import WebClient

from tests.sandbox.slack.harness import Listening, Sandbox, listening


@pytest.fixture(autouse=True)
def _no_slack_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("SLACK_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


@contextmanager
def sandboxes(folders: Path) -> Iterator[Callable[..., Sandbox]]:
    """Starts sandboxes, and ends them."""
    running: list[subprocess.Popen[str]] = []

    def started(*arguments: str, state: Path | None = None) -> Sandbox:
        folder = state or folders / f"slack{len(running)}"
        process = subprocess.Popen(
            [sys.executable, "-m", "bot.sandbox.slack", "--state", str(folder), "--exit-with-parent", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        running.append(process)
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, "the sandbox did not start"
        return Sandbox(process, json.loads(line), folder)

    yield started
    for process in running:
        process.terminate()
    for process in running:
        process.communicate(timeout=10)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Sandbox]]:
    """Start sandboxes; they end with the test."""
    with sandboxes(tmp_path) as started:
        yield started


@pytest.fixture(scope="session")
def one_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """The process that most tests use one after the other: starting it takes longer than they do."""
    with sandboxes(tmp_path_factory.mktemp("slack")) as started:
        yield started("--retry-delays", "0,0.1,0.1")


@pytest.fixture
def slack(one_sandbox: Sandbox) -> Sandbox:
    """A sandbox with short retries, as new."""
    one_sandbox.client.reset()
    return one_sandbox


@pytest.fixture
def web(slack: Sandbox) -> WebClient:
    """The Web API with the bot's token."""
    return slack.web()


@pytest.fixture
def connect(slack: Sandbox) -> Iterator[Callable[[Callable[[App], None]], Listening]]:
    """Connect a Bolt app with these listeners over Socket Mode."""
    opened: list[Listening] = []

    def connected(register: Callable[[App], None]) -> Listening:
        opened.append(listening(slack, register))
        return opened[-1]

    yield connected
    for each in opened:
        each.close()
