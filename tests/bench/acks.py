"""What a troubled Azure costs an acknowledgement: `python -m tests.bench.acks [--rounds 3] [--commands 200]`.

The same slash commands, over the same kind of socket, by turns to
- the bot, with an Azure ML that is well,
- the same bot, with every fault on: late, refused, missing, too many, down, broken and dropped answers,
- a bare Bolt app (`process_before_response`, our Socket Mode client) that commits one row with the bot's own engine.

The Slack sandbox measures from the envelope that it sends to the acknowledgement that it gets; what the commands lead
to goes on meanwhile, and comes to its end between the turns. Prints medians and 99th percentiles, and ends with 1
where that with faults is more than 1.5 times that without, or more than 5 times that of the bare app.
"""

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

from slack_bolt import Ack, App
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient

from bot.adapters.database import open_database, open_state, schema_version
from bot.listeners.socket_mode import SocketMode
from bot.sandbox.slack.client import SandboxClient
from tests.behaviours.team import DANA, TEAM_CHANNEL, Team, clean_environment, eventually, sandbox, team_in

WITH_FAULTS, BESIDE_BARE = 1.5, 5.0
COMMANDS = ("runs", "envs", "status aml-0123456789ab", "models", "submit train.py --compute nowhere", "whoami")
FAULTS: tuple[dict[str, Any], ...] = (
    *({"path": ".", "status": status, "probability": 0.08} for status in (401, 403, 404, 409, 429, "5xx")),
    {"path": ".", "delay": 5.0, "probability": 0.2},
    {"path": ".", "broken": True, "probability": 0.1},
    {"path": ".", "drop": True, "probability": 0.1},
    {"path": ".", "drop_response": True, "probability": 0.1},
)


def bare(state: Path, api: str, token: str, app_token: str) -> None:
    """A Bolt app that commits one row for each command, until its input ends; prints a line when it is connected."""
    engine = open_database(open_state(state))
    me = AuthorizeResult(enterprise_id=None, team_id="T1", bot_user_id="U1", bot_id="B1", bot_token=token)
    app = App(
        client=WebClient(base_url=api),
        authorize=lambda: me,
        signing_secret="",
        process_before_response=True,
        request_verification_enabled=False,
        token_verification_enabled=False,
        attaching_conversation_kwargs_enabled=False,
    )
    numbers = iter(range(10, 10**9))
    turn = threading.Lock()

    @app.command("/aml")
    def commit(ack: Ack) -> None:
        with turn:
            number = next(numbers)
        with engine.begin() as connection:
            connection.execute(schema_version.insert().values(version=number))
        ack()

    intake = SocketMode(app, app_token, api)
    intake.start()
    print("ready", flush=True)
    sys.stdin.read()
    intake.stop(2.0)


@contextmanager
def bare_app(folder: Path) -> Iterator[SandboxClient]:
    """The bare app as a process of its own, with a Slack of its own."""
    folder.mkdir()
    with sandbox("slack", folder / "slack") as slack:
        command = [sys.executable, "-m", "tests.bench.acks", "--bare", str(folder / "state"), slack["api"]]
        tokens = {"BENCH_BOT_TOKEN": slack["bot_token"], "BENCH_APP_TOKEN": slack["app_token"]}
        with subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=clean_environment() | tokens,
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield SandboxClient.from_ready(slack)
            assert process.stdin is not None
            process.stdin.close()


def acks(slack: SandboxClient, commands: int) -> list[float]:
    """Milliseconds from the envelope to the acknowledgement, for one command after the other; none may be missing."""
    taken = []
    for number in range(commands):
        text = f"/aml {COMMANDS[number % len(COMMANDS)]}"
        ids = slack.type(DANA, TEAM_CHANNEL, text).delivery_ids
        eventually(lambda ids=ids: all(row["settled"] for row in slack.deliveries(*ids)))  # type: ignore[misc]  # bound now
        (row,) = slack.deliveries(*ids)
        if row["ack_ms"] is None:
            raise RuntimeError(f"“{text}” wasn't acknowledged: {row['error']}")
        taken.append(row["ack_ms"])
    return taken


def p99(values: list[float]) -> float:
    """The 99th percentile."""
    return statistics.quantiles(values, n=100, method="inclusive")[-1]


def measure(team: Team, bare_slack: SandboxClient, rounds: int, commands: int) -> dict[str, list[float]]:
    """The times of each way, by turns; a first short turn warms them up."""
    taken: dict[str, list[float]] = {"calm": [], "faults": [], "bare": []}
    for turn in range(rounds + 1):
        count = commands if turn else 30
        found = {"bare": acks(bare_slack, count), "calm": acks(team.slack, count)}
        team.quiet()
        for fault in FAULTS:
            team.azure.ask("POST", "/faults", fault)
        found["faults"] = acks(team.slack, count)
        team.azure.ask("DELETE", "/faults")
        team.quiet()
        if turn:
            for way, values in found.items():
                taken[way] += values
    return taken


def main(rounds: int, commands: int) -> int:
    """Measure and print; 0 when both ratios are met."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("slack-bolt", "slack-sdk", "dbos", "azureml-core"))
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}, {packages}")
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        with team_in(root / "team") as team, bare_app(root / "bare") as bare_slack:
            team.start()
            taken = measure(team, bare_slack, rounds, commands)
    print(f"{rounds} x {commands} commands each; milliseconds  {'median':>8} {'99 %':>8} {'most':>8}")
    for way, values in taken.items():
        print(f"{way:48} {statistics.median(values):8.1f} {p99(values):8.1f} {max(values):8.1f}")
    with_faults, beside_bare = (p99(taken["faults"]) / p99(taken[other]) for other in ("calm", "bare"))
    print(f"99 % with faults: {with_faults:.2f} times that without (at most {WITH_FAULTS:g}),", end=" ")
    print(f"{beside_bare:.2f} times that of a bare app (at most {BESIDE_BARE:g})")
    return 0 if with_faults <= WITH_FAULTS and beside_bare <= BESIDE_BARE else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--commands", type=int, default=200)
    parser.add_argument("--bare", nargs=2, metavar=("STATE", "API"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.bare:
        bare(Path(given.bare[0]), given.bare[1], os.environ["BENCH_BOT_TOKEN"], os.environ["BENCH_APP_TOKEN"])
    else:
        sys.exit(main(given.rounds, given.commands))
