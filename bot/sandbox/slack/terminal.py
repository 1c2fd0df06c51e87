"""The terminal front end: be any person in any channel, at a prompt or from a script of lines.

`python -m bot.sandbox.slack.terminal --control URL --token T` talks to a running sandbox.
"""

import argparse
import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable
from typing import TextIO

from rich.console import Console

from bot.sandbox.slack import lines
from bot.sandbox.slack.client import Change, SandboxClient
from bot.sandbox.slack.hands import HELP, Done, Hands, Misunderstood
from bot.sandbox.slack.transcript import Transcript
from bot.sandbox.slack.wire import ControlError

QUIET_SECONDS = 0.3
FEED_SECONDS = 10.0


class Terminal:
    """People and what they see, on a console.

    `settled` says whether what the bot started has come to its end (no run is active any more); without it, an
    answer is complete once nothing new came for a moment. `answer_timeout` and `total_timeout` are seconds.
    """

    def __init__(
        self,
        client: SandboxClient,
        *,
        console: Console,
        settled: Callable[[], bool] | None = None,
        person: str = "dana",
        place: str = "#ml-help",
        answer_timeout: float = 60.0,
        total_timeout: float | None = None,
    ) -> None:
        self._client = client
        self._console = console
        self._settled = settled or (lambda: True)
        self._answer_timeout = answer_timeout
        self._total_timeout = total_timeout
        self._transcript = Transcript(client, console)
        self._hands = Hands(client, self._transcript, person, place)
        self._seq = client.changes()[0]
        self._printing = threading.RLock()
        self._at_prompt = False

    def run(self, source: TextIO | None = None) -> int:
        """A prompt where `source` (standard input) is a terminal, else a script; returns the exit code."""
        source = source or sys.stdin
        return self.interactive() if source.isatty() else self.script(source)

    # A script

    def script(self, script: Iterable[str]) -> int:
        """Type the lines one after the other, each when the one before is answered; 1 where one is not."""
        end = time.monotonic() + (self._total_timeout or float("inf"))
        for raw in script:
            line = lines.read(raw)
            if line is None:
                continue
            if line.verb in ("quit", "exit"):
                break
            late = time.monotonic() > end
            problem = "The time for the whole script is over." if late else self._play(line, end)
            if problem:
                self._transcript.said(problem, "bold red")
                return 1
        self._pump(0)
        return 0

    def _play(self, line: lines.Line, end: float) -> str:
        try:
            self._hands.move(line)
            if not line.verb:
                return ""
            self._transcript.typed(self._hands.person, self._hands.place, self._hands.as_typed(line))
            done = self._hands.perform(line)
        except (ControlError, Misunderstood) as error:
            return str(error)
        if done.refused:
            self._pump(0)
            return f"{self._hands.person} was refused: {done.refused}"
        if line.silent or not done.wants_answer:
            self._pump(QUIET_SECONDS)
            return ""
        return self._answer(done, end)

    def _answer(self, done: Done, end: float) -> str:
        deadline = min(time.monotonic() + self._answer_timeout, end)
        answered = done.answered
        while True:
            changes = self._pump(QUIET_SECONDS)
            answered = answered or any(done.is_answered_by(change) for change in changes)
            if any(each.kind == "notice" and done.user in each.visible_to for each in changes):
                return f"The bot did not answer {self._hands.person} in time: Slack showed its own error."
            if answered and not changes and self._delivered(done) and self._settled() and not self._pump(0):
                return ""
            if time.monotonic() > deadline:
                waited = f"{self._answer_timeout:g} s" if deadline < end else "the time for the whole script"
                missing = "the end of what it started" if answered else "an answer"
                return f"No sign of {missing} from the bot in {waited} (prefix a line with `silent:` if none is due)."

    def _delivered(self, done: Done) -> bool:
        rows = self._client.deliveries(*done.delivery_ids) if done.delivery_ids else []
        return all(any(row["ack_ms"] is not None for row in rows if row["root"] == root) for root in done.delivery_ids)

    def _pump(self, wait: float) -> list[Change]:
        """Print what is new."""
        self._seq, changes = self._client.changes(self._seq, wait)
        for change in changes:
            self._transcript.show(change)
        return changes

    # A prompt

    def interactive(self) -> int:
        """Read lines at a prompt, and print what the person sees meanwhile."""
        stop = threading.Event()
        feed = threading.Thread(target=self._feed, args=(stop,), daemon=True)
        feed.start()
        _complete(self._words())
        self._transcript.said("Type as in Slack; `help` shows what else there is.")
        try:
            while not stop.is_set():
                line = lines.read(self._ask(self._prompt()))
                if line is None:
                    continue
                if line.verb in ("quit", "exit"):
                    break
                self._do(line)
        except (EOFError, KeyboardInterrupt):
            self._console.print()
        finally:
            stop.set()
        return 0

    def _ask(self, prompt: str) -> str:
        self._at_prompt = True
        try:
            return input(prompt)
        finally:
            self._at_prompt = False

    def _prompt(self) -> str:
        return f"{self._hands.person} {self._hands.place}> "

    def _do(self, line: lines.Line) -> None:
        try:
            with self._printing:  # so that the feed does not print a person's own line
                self._hands.move(line)
                match line.verb:
                    case "help":
                        self._transcript.said(HELP)
                    case "fill" if not line.text:
                        self._hands.fill_by_asking(input)  # nothing is printed meanwhile: the lock is ours
                    case "":
                        pass
                    case _:
                        self._hands.perform(line)
        except (ControlError, Misunderstood) as error:
            self._transcript.said(str(error), "yellow")
        except OSError:
            self._transcript.said("The sandbox cannot be reached any more.", "bold red")

    def _feed(self, stop: threading.Event) -> None:
        try:
            while not stop.is_set():
                self._seq, changes = self._client.changes(self._seq, FEED_SECONDS)
                with self._printing:
                    me = self._hands.person_id()
                    self._interrupt([each for each in changes if me in each.visible_to])
        except (OSError, ControlError):
            if not stop.is_set():
                stop.set()
                self._transcript.said("\nThe sandbox has stopped; press Enter to leave.", "bold red")

    def _interrupt(self, changes: list[Change]) -> None:
        """Print while a line is being typed: in the place of the prompt, which then comes back."""
        news = [each for each in changes if not self._transcript.is_own_line(each)]
        if news and self._at_prompt:
            self._console.file.write("\r\x1b[2K")
        for change in changes:
            self._transcript.show(change)
        if news and self._at_prompt:
            self._console.file.write(self._prompt() + _being_typed())
            self._console.file.flush()

    def _words(self) -> list[str]:
        people = [f"@{each['name']}" for each in self._client.people()]
        channels = [f"#{each['name']}" for each in self._client.channels() if each["kind"] != "im"]
        return [*people, *channels, "/aml", "as", "dm", "click", "thread", "fill", "submit", "close", "help", "quit"]


def _being_typed() -> str:
    try:
        import readline
    except ImportError:
        return ""
    return readline.get_line_buffer()


def _complete(words: list[str]) -> None:
    """Let Tab finish names, channels and the terminal's own words, where the platform has readline."""
    try:
        import readline
    except ImportError:
        return

    def complete(start: str, state: int) -> str | None:
        fitting = [word for word in words if word.startswith(start)]
        return f"{fitting[state]} " if state < len(fitting) else None

    readline.set_completer_delims(" \t")
    readline.set_completer(complete)
    readline.parse_and_bind("tab: complete")


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bot.sandbox.slack.terminal", description=__doc__)
    parser.add_argument("--control", required=True, help="the sandbox's control address")
    parser.add_argument("--token", default=os.environ.get("SANDBOX_CONTROL_TOKEN", ""), help="its control token")
    parser.add_argument("--as", dest="person", default="dana", help="who types at first")
    parser.add_argument("--in", dest="place", default="#ml-help", help="where, at first")
    parser.add_argument("--answer-timeout", type=float, default=60.0, help="seconds that a script waits per line")
    parser.add_argument("--total-timeout", type=float, default=None, help="seconds that a whole script may take")
    arguments = parser.parse_args()
    try:
        terminal = Terminal(
            SandboxClient(arguments.control, arguments.token),
            console=Console(),
            person=arguments.person,
            place=arguments.place,
            answer_timeout=arguments.answer_timeout,
            total_timeout=arguments.total_timeout,
        )
        with contextlib.suppress(BrokenPipeError):
            return terminal.run()
    except (ControlError, OSError) as error:
        print(f"The sandbox at {arguments.control} does not answer: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
