"""Git as a subprocess, for whoever reads a repository: an argument list, an allow-listed environment, no prompt, a
deadline, and no transport but the usual ones. Files are taken from the object database, so that no hook, filter or
symbolic link of the repository has a say.
"""

import base64
import contextlib
import os
import re
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
FILE_MODES = {"100644", "100755", "100664"}
_INHERITED = (
    "PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "SSH_AUTH_SOCK", "GIT_SSH_COMMAND", "GIT_SSL_CAINFO", "SSL_CERT_FILE",
    "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy",
)  # fmt: skip


class GitFailure(Exception):
    """Git didn't do it. `said` are its last words, without credentials; `late`: it was ended at the deadline;
    `missing`: it isn't installed; `closed`: we are stopping."""

    def __init__(
        self, command: str, said: str = "", *, late: bool = False, missing: bool = False, closed: bool = False
    ) -> None:
        super().__init__(f"git {command}: {said}")
        self.command, self.said, self.late, self.missing, self.closed = command, said, late, missing, closed


class GitCommand:
    """Runs git for the repository at `url`; `token` is sent there as an HTTPS password. One command at a time."""

    def __init__(self, url: str, token: str, deadline: float) -> None:
        self.deadline = deadline
        self._url, self._token = url, token
        self._running: subprocess.Popen[bytes] | None = None
        self._closed = False
        self._guard = threading.Lock()

    def run(
        self,
        *arguments: str,
        directory: Path | None = None,
        send: bytes = b"",
        to: IO[bytes] | None = None,
        deadline: float | None = None,
    ) -> bytes:
        """What git prints, or b"" where that goes `to` a file; `directory` is the repository that it works in.

        Raises:
            GitFailure: see there.
        """
        options = ["-c", "core.hooksPath=/dev/null", "-c", "gc.autoDetach=false", "-c", "maintenance.autoDetach=false"]
        where = ["--git-dir", str(directory)] if directory else []
        seconds = deadline or self.deadline
        try:
            # In a group of its own: at the deadline the helpers for https and ssh must end with it.
            with self._guard:
                if self._closed:
                    raise GitFailure(arguments[0], "the bot is stopping", closed=True)
                process = self._running = subprocess.Popen(
                    ["git", *options, *where, *arguments],
                    stdin=subprocess.PIPE,
                    stdout=to or subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    env=self._environment(),
                    start_new_session=True,
                )
        except FileNotFoundError as error:
            raise GitFailure(arguments[0], "not installed", missing=True) from error
        try:
            out, err = process.communicate(send, timeout=seconds)
        except subprocess.TimeoutExpired as error:
            _kill(process)
            process.communicate()
            raise GitFailure(arguments[0], f"no answer within {seconds:g} s", late=True) from error
        finally:
            with self._guard:
                self._running = None
        if process.returncode:
            raise GitFailure(arguments[0], self._redacted(err.decode("utf-8", "replace")))
        return out or b""

    def close(self) -> None:
        """End a git that is running, and start none any more."""
        with self._guard:
            self._closed = True
            if self._running is not None:
                _kill(self._running)

    def _redacted(self, said: str) -> str:
        lines = [line.strip() for line in said.splitlines() if line.strip()]
        text = re.sub(r"//[^/@\s]*@", "//***@", " / ".join(lines[-3:]))
        return text.replace(self._token, "***") if self._token else text

    def _environment(self) -> Mapping[str, str]:
        environment = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        environment |= {
            "LC_ALL": "C.UTF-8",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_ASKPASS": "",
            "GIT_ALLOW_PROTOCOL": "file:git:http:https:ssh",
            "GIT_OPTIONAL_LOCKS": "0",
        }
        environment.setdefault("GIT_SSH_COMMAND", "ssh -o BatchMode=yes")
        if self._token:
            # In the environment, since every user of the machine can read arguments; for this address alone.
            basic = base64.b64encode(f"x-access-token:{self._token}".encode()).decode()
            environment |= {
                "GIT_CONFIG_COUNT": "1",
                "GIT_CONFIG_KEY_0": f"http.{self._url}.extraHeader",
                "GIT_CONFIG_VALUE_0": f"Authorization: Basic {basic}",
            }
        return environment


def blobs(content: IO[bytes], count: int) -> Iterator[bytes]:
    """What `cat-file --batch` printed, object by object. Raises ValueError: it is something else."""
    for _ in range(count):
        size = int(content.readline().rsplit(b" ", 1)[1])
        yield content.read(size)
        content.read(1)


def remove_locks(repository: Path) -> None:
    """Remove what a kill has left: the state folder is locked by this process, so no other git is at work there."""
    for lock in repository.rglob("*.lock"):
        lock.unlink(missing_ok=True)


def _kill(process: "subprocess.Popen[bytes]") -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
