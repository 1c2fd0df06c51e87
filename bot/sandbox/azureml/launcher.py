"""Runs a training script the way the service's own host does; started as a program, never imported by the sandbox.

    python launcher.py --script train.py ARG...     a script, its metrics flushed at the end
    python launcher.py --command 'COMMAND'          a shell command
    python launcher.py --python ARG...              what `python ARG...` means inside such a command

With `--gateway DESCRIPTOR PORT` before the first two it has a network of its own and lets the sandbox answer on PORT of
it (gateway.py).

The SDK posts metrics from a background thread once a second and flushes nothing when the interpreter ends: without the
flush here a short script would lose what it logged. The exit code is the script's own.
"""

from __future__ import annotations  # it is run by whatever Python an environment asks for

import logging
import os
import resource
import runpy
import signal
import sys
import traceback
from pathlib import Path
from types import TracebackType
from typing import Final

_FLUSH_SECONDS: Final = 60
_LIMITS: Final = (
    (resource.RLIMIT_CORE, 0),
    (resource.RLIMIT_FSIZE, 16 * 1024**3),
    (resource.RLIMIT_NOFILE, 8192),
    (resource.RLIMIT_NPROC, 8192),
)
_PR_SET_PDEATHSIG: Final = 1


def _limit() -> None:
    """Lower the resource limits; a script can't raise them again."""
    for kind, wanted in _LIMITS:
        _, hard = resource.getrlimit(kind)
        value = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(kind, (value, value))


def _die_with_parent() -> None:
    """Ask Linux to end this process when the sandbox is killed; elsewhere there is no such thing."""
    if sys.platform != "linux":
        return
    import ctypes

    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _let_the_sandbox_in(descriptor: int, port: int) -> None:
    """Listen where HTTPS_PROXY points to and hand the socket over: the sandbox accepts on it from outside."""
    import array
    import socket

    with socket.socket(fileno=descriptor) as sandbox, socket.create_server(("127.0.0.1", port), backlog=128) as here:
        rights = array.array("i", [here.fileno()])
        sandbox.sendmsg([b"."], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])


def _show_own_frames(kind: type[BaseException], error: BaseException, frames: TracebackType | None) -> None:
    """Print a script's traceback without the frames of this launcher."""
    while frames is not None and _is_ours(frames.tb_frame.f_code.co_filename):
        frames = frames.tb_next
    traceback.print_exception(kind, error, frames)


def _is_ours(file: str) -> bool:
    return file == __file__ or "runpy" in Path(file).name or file.startswith("<frozen ")


def _flush() -> None:
    """What the SDK leaves undone; a failure is told and doesn't change how the script ended."""
    base = sys.modules.get("azureml._run_impl.run_base")
    if base is None:
        return
    try:
        base._RunBase._kill(timeout=_FLUSH_SECONDS)
    except Exception:
        logging.getLogger("sandbox").exception("The last metrics of this run could not be sent.")


def _run_script(arguments: list[str]) -> None:
    script = arguments[0]
    sys.argv = arguments
    sys.path.insert(0, str(Path(script).resolve().parent))
    sys.excepthook = _show_own_frames
    try:
        runpy.run_path(script, run_name="__main__")
    finally:
        _flush()


def main() -> None:
    mode, arguments = sys.argv[1], sys.argv[2:]
    if mode == "--gateway":
        _let_the_sandbox_in(int(arguments[0]), int(arguments[1]))
        mode, arguments = arguments[2], arguments[3:]
    sys.path[:] = [entry for entry in sys.path if entry != str(Path(__file__).parent)]
    if mode == "--python":
        if arguments and not arguments[0].startswith("-"):
            _run_script(arguments)
            return
        os.execv(sys.executable, [sys.executable, *arguments])  # noqa: S606 - what `python ARG...` would have done
    _limit()
    _die_with_parent()
    if mode == "--command":
        os.execv("/bin/sh", ["/bin/sh", "-c", arguments[0]])  # noqa: S606 - a command is for a shell by definition
    _run_script(arguments)


if __name__ == "__main__":
    main()
