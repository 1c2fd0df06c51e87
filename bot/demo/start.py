"""`aml-bot demo`: both sandboxes, the bot and a terminal, wired together as a team would wire the real things.

What the demo writes (the settings file, the policy, the project) is what a team would write, so it can be read, changed
and kept: everything is in one folder.
"""

import contextlib
import json
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import IO, Any

from rich.console import Console

from bot.demo import pages
from bot.demo.configuration import write_configuration
from bot.demo.settled import Settled
from bot.domain.errors import ConfigurationError
from bot.manifest import as_json
from bot.sandbox.azureml import confinement
from bot.sandbox.slack.client import SandboxClient
from bot.sandbox.slack.terminal import Terminal

START_SECONDS = 60.0


def run(state: Path, *, faq: Path | None, port: int, seconds: float, options: tuple[str, ...] = ()) -> int:
    """Start everything, let somebody type, stop everything; returns the exit code.

    `options` are switches of the Azure ML sandbox, such as those that make it slow or let it fail.

    Raises:
        ConfigurationError: a part can't start; its own sentence is in the message.
    """
    interactive = sys.stdin.isatty()
    console = Console(highlight=False, soft_wrap=not interactive)
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with contextlib.ExitStack() as stack:
        azure = stack.enter_context(_part(state, "azureml", "bot.sandbox.azureml", *_confinement(state), *options))
        arguments = ("--port", str(_free(port)), "--manifest", str(_manifest(state)))
        slack = stack.enter_context(_part(state, "slack", "bot.sandbox.slack", *arguments))
        project = state / "projects" / "demo"
        if not project.exists():
            with resources.as_file(resources.files("bot.demo") / "project") as source:
                shutil.copytree(source, project, ignore=shutil.ignore_patterns("__pycache__"))
        settings = write_configuration(state, slack=slack, azure=azure, project=project, faq=faq)
        stack.enter_context(_bot(state, settings))
        pages.link(slack, azure)
        _greet(console, slack, azure, state, port)
        client = SandboxClient(slack["control"], slack["control_token"])
        terminal = Terminal(client, console=console, settled=Settled(client, azure), total_timeout=seconds)
        return terminal.run()


def _greet(console: Console, slack: dict[str, Any], azure: dict[str, Any], state: Path, port: int) -> None:
    console.print("[bold]aml-bot demo[/bold]: Slack, Azure ML and the bot, all on this machine.")
    used = int(slack["url"].rsplit(":", 1)[1])
    taken = f" (port {port} is taken)" if used != port else ""
    console.print(f"Slack sandbox at {slack['url']}{taken}; settings, policy, project and logs in {state}")
    console.print(f"In a browser: {slack['page']}", style="bold", soft_wrap=True)
    console.print(f"Its Azure ML: {azure['page']}", style="bold", soft_wrap=True)
    if not azure["confined"]:
        console.print("Note: bubblewrap isn't there or doesn't work here, so training scripts run with your rights.")
    console.print()


def _manifest(state: Path) -> Path:
    """What the sandbox is told of the app, as Slack is when the app is made."""
    path = state / "manifest.json"
    path.write_text(as_json() + "\n", encoding="utf-8")
    return path


def _confinement(state: Path) -> list[str]:
    # The person who starts the demo is the one who submits, so running without bubblewrap is told, not refused.
    # Next to the sandbox's state lie the settings with their secrets, the bot's database, and Slack's tokens.
    return ["--hide", str(state)] if confinement.find() else ["--unconfined"]


@contextlib.contextmanager
def _part(state: Path, name: str, module: str, *arguments: str) -> Iterator[dict[str, Any]]:
    command = [sys.executable, "-m", module, "--state", str(state / name), "--exit-with-parent", *arguments]
    with _process(state, name, command) as process:
        ready: dict[str, Any] = json.loads(_first_line(process, state / f"{name}.log"))
        yield ready


@contextlib.contextmanager
def _bot(state: Path, settings: Path) -> Iterator[None]:
    command = [sys.executable, "-m", "bot", "serve", "--settings", str(settings), "--exit-with-parent"]
    with _process(state, "bot", command) as process:
        _first_line(process, state / "bot.log")
        yield


@contextlib.contextmanager
def _process(state: Path, name: str, command: list[str]) -> Iterator["subprocess.Popen[str]"]:
    log: IO[str]
    with (state / f"{name}.log").open("w", encoding="utf-8") as log:
        # A session of its own, so that Ctrl-C in the terminal reaches only us and we stop the parts in order.
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, start_new_session=True
        )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()


def _first_line(process: "subprocess.Popen[str]", log: Path) -> str:
    if process.stdout is None:
        raise RuntimeError("the process was started without a pipe")
    overdue = threading.Timer(START_SECONDS, process.kill)
    overdue.start()
    started = time.monotonic()
    line = process.stdout.readline()
    overdue.cancel()
    if not line:
        said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        waited = time.monotonic() - started
        last = said[-1].removeprefix("aml-bot: ") if said else f"it ended after {waited:.0f} s without a word"
        raise ConfigurationError(f"{last} (more in {log})")
    return line


def _free(port: int) -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return 0
    return port
