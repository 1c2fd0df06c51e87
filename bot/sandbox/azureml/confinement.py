"""Keeping scripts in: bubblewrap, where it is there and works.

A confined script sees the file system read-only, but for its run folder and a temporary folder of its own; home
folders, the sandbox's state (which holds secrets) and the folders that were named to be hidden are empty to it, and it
doesn't see the other processes. It has a network of its own with nobody in it but the sandbox's services (gateway.py);
only the builder of environments, which is kept in otherwise in the same way, shares this machine's.
"""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

UNCONFINED: Final = (
    "Scripts that are submitted would run with all your rights, because bubblewrap (bwrap) is not there or doesn't "
    "work: install it (Debian and Ubuntu: apt-get install bubblewrap), or accept that with --unconfined."
)
_PROBE_SECONDS: Final = 10
_BASE: Final = (
    "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp",  # noqa: S108 - the script's own
    "--tmpfs", "/run",  # sockets of other services
    "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--cap-drop", "ALL", "--die-with-parent",
)  # fmt: skip
_ALONE: Final = "--unshare-net"


@dataclass(frozen=True, slots=True)
class Confinement:
    """How to start a script: `program` is bwrap, or None when scripts aren't confined.

    `hidden` are more folders (absolute) that hold what scripts may not read.
    """

    program: str | None
    hidden: tuple[Path, ...] = ()

    def wrap(
        self,
        command: list[str],
        *,
        state: Path,
        writable: tuple[Path, ...],
        readable: tuple[Path, ...],
        network: bool = False,
    ) -> list[str]:
        """`command` as it has to be started.

        `state` and the hidden folders are empty but for the folders of `writable` and what is `readable`. Without
        `network` it reaches nothing of this machine's network.
        """
        if self.program is None:
            return command
        arguments = [self.program, *_BASE, *(() if network else (_ALONE,))]
        for hidden in (Path.home(), Path("~root").expanduser(), Path("/home"), *self.hidden, state):
            if hidden.is_dir() and hidden != Path("/") and os.access(hidden, os.X_OK):
                arguments += ["--tmpfs", str(hidden)]
        arguments += _read_only((*_interpreter(), *readable))
        for folder in writable:
            arguments += ["--bind", str(folder), str(folder)]
        return [*arguments, "--", *command]


def _read_only(paths: tuple[Path, ...]) -> list[str]:
    return [word for path in dict.fromkeys(paths) for word in ("--ro-bind-try", str(path), str(path))]


def _interpreter() -> tuple[Path, ...]:
    """What Python needs to read that could be in a home folder or under /tmp."""
    roots = {Path(sys.prefix), Path(sys.base_prefix), Path(os.path.realpath(sys.executable)).parent.parent}
    return tuple(sorted(root for root in roots if root != Path("/usr")))


def find() -> Confinement | None:
    """Bubblewrap, once it was seen to work; None where it is missing or not permitted."""
    program = shutil.which("bwrap")
    if program is None:
        return None
    try:
        probe = subprocess.run(
            [program, *_BASE, _ALONE, *_read_only(_interpreter()), "--", sys.executable, "-c", "pass"],
            check=False,
            capture_output=True,
            timeout=_PROBE_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return Confinement(program) if probe.returncode == 0 else None
