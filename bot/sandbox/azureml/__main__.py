"""`python -m bot.sandbox.azureml --state DIR`: the sandbox as a program of its own."""

import argparse
import os
import re
import signal
import sys
import threading
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any

import structlog

from bot.sandbox.azureml import confinement, interference, runner
from bot.sandbox.azureml.confinement import Confinement
from bot.sandbox.azureml.sandbox import Sandbox, StateInUse


def main() -> int:
    """Serve until SIGTERM, SIGINT or, if asked for, the end of standard input. 0, or 2 when it can't start."""
    options = _options()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    found = confinement.find()
    if found is None or options.unconfined:
        if not options.unconfined:
            print(confinement.UNCONFINED, file=sys.stderr)
            return 2
        found = Confinement(None)
    found = replace(found, hidden=tuple(folder.resolve() for folder in options.hide))
    try:
        sandbox = Sandbox(options.state, options.port, found, any_python=options.any_python, seed_number=options.seed)
        sandbox.runner.limit = options.run_limit
        for method, path in options.hold or []:
            sandbox.interference.add_hold({"method": method, "path": path})
        for fault in options.fail:
            sandbox.interference.add_fault(fault)
        sandbox.interference.set_latency(*options.latency)
    except StateInUse as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(f"The sandbox can't start on {options.state}, port {options.port}: {error}.", file=sys.stderr)
        return 2
    stop = threading.Event()
    _stop_on_signals(stop)
    if options.exit_with_parent:
        threading.Thread(target=_watch_input, args=(stop,), name="parent", daemon=True).start()
    threading.Thread(target=sandbox.serve, name="server", daemon=True).start()
    print(sandbox.announce(), flush=True)
    stop.wait()
    sandbox.close()
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bot.sandbox.azureml",
        description="A loopback Azure Machine Learning that azureml-core can work against; it runs the scripts.",
    )
    parser.add_argument("--state", type=Path, required=True, help="directory for everything that it keeps")
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 (the default) takes a free one")
    parser.add_argument("--unconfined", action="store_true", help="run scripts without bubblewrap, with your rights")
    parser.add_argument(
        "--any-python",
        action="store_true",
        help="run with the sandbox's Python where the version that a run asks for isn't installed; its log says so",
    )
    parser.add_argument(
        "--hide",
        type=Path,
        action="append",
        default=[],
        metavar="DIR",
        help="a folder that confined scripts can't read; may be given several times",
    )
    parser.add_argument(
        "--hold",
        type=_hold,
        action="append",
        metavar='"METHOD PATH-REGEX"',
        help="keep requests that match open until they are released through the control API",
    )
    parser.add_argument(
        "--latency", type=_latency, default=(0.0, 0.0), metavar="S[-S]", help="let every request wait, such as 0.2-1.5"
    )
    parser.add_argument(
        "--fail",
        type=_fault,
        action="append",
        default=[],
        metavar=interference.FAIL_HELP,
        help="let requests fail whose METHOD PATH (a regular expression) matches: a status such as 429, 5xx, broken "
        "(half of the answer), drop (the connection, nothing was done) or lost (done, but its answer is dropped); "
        "may be given several times",
    )
    parser.add_argument(
        "--run-limit", type=float, default=runner.LONGEST, metavar="S", help="seconds that no run may exceed"
    )
    parser.add_argument("--seed", type=int, default=0, help="another course of --latency and of probabilities")
    parser.add_argument("--exit-with-parent", action="store_true", help="end when standard input ends")
    return parser.parse_args()


def _hold(text: str) -> tuple[str, str]:
    method, _, path = text.partition(" ")
    try:
        re.compile(path)
    except re.error as error:
        raise argparse.ArgumentTypeError(f"'{path}' is not a regular expression: {error}") from error
    if not path:
        raise argparse.ArgumentTypeError("give a method and a regular expression, such as 'POST /snapshotrun'")
    return method, path


def _fault(text: str) -> dict[str, Any]:
    try:
        return interference.fault_of(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _latency(text: str) -> tuple[float, float]:
    low, high = interference.span(text)
    if not 0 <= low <= high <= interference.MAX_DELAY:
        raise argparse.ArgumentTypeError(f"'{text}' is not between 0 and {interference.MAX_DELAY:.0f} seconds")
    return low, high


def _stop_on_signals(stop: threading.Event) -> None:
    def handle(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, handle)
    signal.signal(signal.SIGINT, handle)


def _watch_input(stop: threading.Event) -> None:
    # Not through sys.stdin: a thread that waits in its buffer aborts the interpreter's exit.
    while os.read(sys.stdin.fileno(), 4096):
        continue
    stop.set()


if __name__ == "__main__":
    sys.exit(main())
