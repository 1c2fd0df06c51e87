"""The terminal, run as a process on a script of lines."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from rich.console import Console
from slack_bolt import Ack, App
from slack_sdk import WebClient

from bot.sandbox.slack import lines
from bot.sandbox.slack.terminal import Terminal
from tests.sandbox.slack.harness import Listening, Sandbox

Connect = Callable[[Callable[[App], None]], Listening]

MODAL: dict[str, Any] = {
    "type": "modal",
    "callback_id": "m",
    "title": {"type": "plain_text", "text": "Submit a run"},
    "submit": {"type": "plain_text", "text": "Submit"},
    "blocks": [
        {
            "type": "input",
            "block_id": "script",
            "label": {"type": "plain_text", "text": "Script"},
            "element": {"type": "plain_text_input", "action_id": "v"},
        }
    ],
}
LONG = "env = Environment.from_pip_requirements('a-long-name-wider-than-the-console', 'requirements.txt')"


def helper(app: App) -> None:
    """A bot that answers in threads, edits, opens a modal, and has a button."""

    @app.event("app_mention")
    def mention(event: dict[str, Any], client: WebClient) -> None:
        button = {"type": "button", "action_id": "helpful", "text": {"type": "plain_text", "text": "Helpful"}}
        text = {"type": "mrkdwn", "text": f"*Hello* <@{event['user']}>, see `pip`:\n```\n{LONG}\n```"}
        blocks: list[dict[str, Any]] = [{"type": "section", "text": text}, {"type": "actions", "elements": [button]}]
        client.chat_postMessage(channel=event["channel"], thread_ts=event["ts"], text="Hello", blocks=blocks)

    @app.event("message")
    def message(event: dict[str, Any], client: WebClient) -> None:
        if event["channel_type"] == "im" and "bot_id" not in event and "subtype" not in event:
            ts = client.chat_postMessage(channel=event["channel"], text="Working on it")["ts"]
            client.chat_update(channel=event["channel"], ts=ts, text="Completed")

    @app.action("helpful")
    def helpful(ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        ack()
        client.chat_update(channel=body["channel"]["id"], ts=body["message"]["ts"], text="Thank you", blocks=[])

    @app.command("/aml")
    def command(ack: Ack, command: dict[str, Any], client: WebClient) -> None:
        if command["text"] == "submit":
            client.views_open(trigger_id=command["trigger_id"], view=MODAL)
            ack()
        else:
            ack(f"no runs of {command['user_name']}")

    @app.view("m")
    def submitted(ack: Ack, view: dict[str, Any], body: dict[str, Any], client: WebClient) -> None:
        script = view["state"]["values"]["script"]["v"]["value"]
        if script == "bad.py":
            ack(response_action="errors", errors={"script": "there is no bad.py"})
        else:
            ack()
            client.chat_postMessage(channel=body["user"]["id"], text=f"submitted {script}")


def played(slack: Sandbox, script: str, *arguments: str) -> tuple[int, str]:
    """The exit code and the output of the terminal process."""
    environment = {**os.environ, "SANDBOX_CONTROL_TOKEN": slack.ready["control_token"], "COLUMNS": "60"}
    command = [sys.executable, "-m", "bot.sandbox.slack.terminal", "--control", slack.ready["control"], *arguments]
    done = subprocess.run(
        command, input=script, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stderr == ""
    return done.returncode, done.stdout


def test_a_script_shows_what_each_person_sees(slack: Sandbox, connect: Connect) -> None:
    connect(helper)

    code, output = played(
        slack,
        """# a comment

@aml-bot how do i install?
click Helpful
as rui: #ml-team /aml runs
silent: just talking
dm hello
as dana: #ml-help /aml submit
fill Script = bad.py
submit
fill Script = train.py
submit
""",
    )

    assert code == 0, output
    assert "dana #ml-help> @aml-bot how do i install?" in output
    assert "Hello @dana, see `pip`:" in output
    assert any(line.strip() == LONG for line in output.splitlines())
    assert "[1 Helpful]" in output
    assert "Thank you" in output
    assert "rui #ml-team> /aml runs" in output
    assert "aml-bot in #ml-team, only visible to rui:\n  no runs of rui" in output
    assert "Completed" in output
    assert "dana sees the modal 'Submit a run'" in output
    assert "Script: there is no bad.py" in output
    assert "submitted train.py" in output
    assert output.count("just talking") == 1
    assert slack.ready["control_token"] not in output
    assert "\x1b" not in output


def test_a_line_that_nobody_answers_ends_the_script_with_1(slack: Sandbox, connect: Connect) -> None:
    connect(helper)

    code, output = played(slack, "just talking\n/aml runs\n", "--answer-timeout", "0.5")

    assert code == 1
    assert "No sign of an answer from the bot in 0.5 s" in output
    assert "/aml runs" not in output


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("as nobody: hello", "There is nobody called 'nobody'"),
        ("#nowhere hello", "There is no channel #nowhere"),
        ("as gus: #general hello", "gus is not in #general"),
        ("/lunch", "/lunch is not a valid command"),
        ("submit", "dana has no modal open"),
    ],
)
def test_a_line_that_cannot_be_typed_says_why(slack: Sandbox, line: str, words: str) -> None:
    output = StringIO()
    terminal = Terminal(slack.client, console=Console(file=output, width=200))

    code = terminal.script([line])

    assert code == 1
    assert words in output.getvalue()


def test_an_answer_is_complete_when_the_caller_says_so(slack: Sandbox, connect: Connect) -> None:
    connect(helper)
    asked = threading.Event()
    web = slack.web()
    output = StringIO()

    def settled() -> bool:
        if not asked.is_set():
            asked.set()
            web.chat_postMessage(channel="C0MLHELP", text="the run has ended")
            return False
        return True

    code = Terminal(slack.client, console=Console(file=output), settled=settled).script(["/aml runs"])

    assert code == 0
    assert "the run has ended" in output.getvalue()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", None),
        ("# a comment", None),
        ("#ml-help", lines.Line(place="#ml-help")),
        ("#ml-help hello", lines.Line(place="#ml-help", verb="say", text="hello")),
        ("as rui", lines.Line(person="rui")),
        ("as rui: #ml-team /aml runs", lines.Line(person="rui", place="#ml-team", verb="say", text="/aml runs")),
        ("silent: as rui: hi", lines.Line(person="rui", silent=True, verb="say", text="hi")),
        ("as rui: silent: hi", lines.Line(person="rui", silent=True, verb="say", text="hi")),
        ("dm submit train.py", lines.Line(place="dm", verb="say", text="submit train.py")),
        ("submit", lines.Line(verb="submit")),
        ("> yes", lines.Line(verb="reply", text="yes")),
        ("thread 2 yes", lines.Line(verb="thread", text="2 yes")),
        ("thread safety?", lines.Line(verb="say", text="thread safety?")),
        ("help me please", lines.Line(verb="say", text="help me please")),
        ("say help", lines.Line(verb="say", text="help")),
        ("as for me, it works", lines.Line(verb="say", text="as for me, it works")),
    ],
)
def test_lines_are_read(line: str, expected: lines.Line | None) -> None:
    assert lines.read(line) == expected
