"""One child process: started, asked one thing at a time, killed when it is late."""

import contextlib
import json
import os
import queue
import select
import shutil
import signal
import site
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import structlog

import bot
from bot.adapters.azureml import wire
from bot.adapters.azureml.config import AzureMLConfig, ManagedIdentity
from bot.adapters.azureml.redaction import redacted, shortened
from bot.domain.errors import Unavailable

log = structlog.get_logger(__name__)

# Everything else stays with the bot: Slack tokens above all.
_INHERITED = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "LD_LIBRARY_PATH")
_INHERITED_PROXY = ("HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy")
_INHERITED_CA = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
_INHERITED_IDENTITY = (
    "MSI_ENDPOINT",
    "MSI_SECRET",
    "IDENTITY_ENDPOINT",
    "IDENTITY_HEADER",
    "IDENTITY_SERVER_THUMBPRINT",
    "APPSETTING_WEBSITE_SITE_NAME",
)
# The metadata service of Azure's machines is never behind a proxy.
_NEVER_BY_PROXY = "127.0.0.1,localhost,169.254.169.254"

_LAST_WORDS_SECONDS = 5.0


class NotStarted(Unavailable):
    """The child process itself can't be started: no fault of the service."""


class ChildLost(Exception):
    """The child didn't answer. `effect` says whether it had begun what can't be taken back, `late` whether it was
    killed at the deadline (or else died by itself)."""

    def __init__(self, *, effect: bool, late: bool, detail: str) -> None:
        super().__init__(detail)
        self.effect, self.late, self.detail = effect, late, detail


class Child:
    """A running `bot.adapters.azureml.child`. Used by one thread at a time; `close` may come from another one."""

    def __init__(self, name: str, config: AzureMLConfig) -> None:
        self.name = name
        self.calls = 0
        self._effect = False
        self._ended = False
        self._secrets = config.secrets
        self._answers: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._said: deque[str] = deque(maxlen=20)
        try:
            home = _fresh_home(config.home, name)
            self._process = subprocess.Popen(
                [sys.executable, "-m", "bot.adapters.azureml.child"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=_environment(config, home),
                cwd=_where_bot_is_found(home),
                start_new_session=True,
            )
        except OSError as error:
            raise _not_started(str(error)) from error
        self._readers = (
            threading.Thread(target=self._read_answers, name=f"{name}-answers", daemon=True),
            threading.Thread(target=self._read_chatter, name=f"{name}-chatter", daemon=True),
        )
        for reader in self._readers:
            reader.start()
        give_up_at = time.monotonic() + config.start_deadline
        try:
            self._write({"config": wire.CONFIG.dump_python(config, mode="json")}, give_up_at)
            self._next_answer(give_up_at)
        except ChildLost as lost:
            self.kill()
            raise _not_started(lost.detail) from lost
        log.info("azureml.child_started", child=name, pid=self._process.pid)

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    def call(self, method: str, arguments: Mapping[str, Any], give_up_at: float) -> Any:
        """What the child's `method` returns, as plain JSON values.

        Raises:
            BotError: what the child raised.
            ChildLost: the child died, or was killed because `give_up_at` (monotonic seconds) had come.
        """
        self.calls += 1
        self._effect = False
        try:
            self._write({"id": self.calls, "method": method, "args": arguments}, give_up_at)
            while not self._is_answer(message := self._next_answer(give_up_at)):
                pass
            return _result(message)
        except ChildLost as lost:
            # An answer may have been on its way meanwhile: everything said is read before anything is called unknown.
            self.kill()
            while (last := self._last_word()) is not None:
                if self._is_answer(last):
                    return _result(last)
            raise ChildLost(effect=self._effect, late=lost.late, detail=lost.detail) from lost

    def kill(self) -> None:
        """End the process group at once; a second time changes nothing (the id may be somebody else's by then)."""
        if self._ended:
            return
        self._ended = True
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._reap()

    def close(self, grace: float = 2.0) -> None:
        """Let an idle child leave by closing its input; one that stays longer than `grace` seconds is killed."""
        with contextlib.suppress(OSError):
            cast("Any", self._process.stdin).close()
        try:
            self._process.wait(grace)
        except subprocess.TimeoutExpired:
            log.warning("azureml.child_killed", child=self.name, reason="did not leave")
        self.kill()

    def _reap(self) -> None:
        self._process.wait()
        with contextlib.suppress(OSError):
            cast("Any", self._process.stdin).close()

    def _write(self, message: Mapping[str, Any], give_up_at: float) -> None:
        # Written piece by piece without blocking: a stopped child with a full pipe must not stop us.
        stdin = cast("Any", self._process.stdin)
        rest = memoryview(wire.line(message))
        try:
            fd = stdin.fileno()
            os.set_blocking(fd, False)
            while rest:
                if not select.select([], [fd], [], max(0.0, give_up_at - time.monotonic()))[1]:
                    raise ChildLost(effect=False, late=True, detail=f"{self.name} doesn't read its input")
                rest = rest[os.write(fd, rest) :]
        except (OSError, ValueError) as error:
            raise ChildLost(effect=False, late=False, detail=self._obituary()) from error

    def _is_answer(self, message: Mapping[str, Any]) -> bool:
        mine = message.get("id") == self.calls
        self._effect = self._effect or (mine and "effect" in message)
        return mine and "effect" not in message

    def _next_answer(self, give_up_at: float) -> dict[str, Any]:
        try:
            message = self._answers.get(timeout=max(0.0, give_up_at - time.monotonic()))
        except queue.Empty:
            raise ChildLost(effect=False, late=True, detail=f"{self.name} didn't answer in time") from None
        if message is None:
            self._answers.put(None)
            raise ChildLost(effect=False, late=False, detail=self._obituary())
        return message

    def _last_word(self) -> dict[str, Any] | None:
        try:
            return self._answers.get(timeout=_LAST_WORDS_SECONDS)
        except queue.Empty:
            # A grandchild that left the group holds the pipe: nothing more is to be expected from it.
            return None

    def _obituary(self) -> str:
        code = self._process.poll()
        return shortened(f"{self.name} died (exit {code}): {' | '.join(self._said)}", 600)

    def _read_answers(self) -> None:
        with cast("Any", self._process.stdout) as answers:
            for raw in answers:
                try:
                    message = json.loads(raw)
                except ValueError:
                    log.warning("azureml.child_garbled", child=self.name)
                    break
                if isinstance(message, dict):
                    self._answers.put(message)
        self._answers.put(None)

    def _read_chatter(self) -> None:
        with cast("Any", self._process.stderr) as chatter:
            for raw in chatter:
                said = shortened(redacted(raw.decode(errors="replace"), self._secrets), 300)
                if said:
                    self._said.append(said)
                    log.debug("azureml.child_said", child=self.name, text=said)


def _result(message: Mapping[str, Any]) -> Any:
    if "error" in message:
        raise wire.error_from_wire(message["error"])
    return message["value"]


def _not_started(detail: str) -> NotStarted:
    return NotStarted(
        "The Azure Machine Learning client didn't start, so nothing was done. Try again in a minute; when it stays "
        "like this, an administrator finds the cause in the bot's log.",
        detail=detail,
    )


def _fresh_home(root: Path, name: str) -> Path:
    # One HOME each: the SDK's caches aren't made for two processes. What a killed child left in tmp goes.
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    root.chmod(0o700)
    home = root / name
    shutil.rmtree(home / "tmp", ignore_errors=True)
    (home / "tmp").mkdir(mode=0o700, parents=True, exist_ok=True)
    return home


def _where_bot_is_found(home: Path) -> Path:
    # `-m` puts the working directory on the path: needed where the package isn't installed, a danger nowhere else.
    root = Path(bot.__file__).resolve().parents[1]
    installed = {Path(folder).resolve() for folder in site.getsitepackages()}
    return home if root in installed else root


def _environment(config: AzureMLConfig, home: Path) -> dict[str, str]:
    inherited = list(_INHERITED)
    ours = {
        "HOME": str(home),
        "TMPDIR": str(home / "tmp"),
        "PYTHONUNBUFFERED": "1",
        # The SDK repeats a failed request for half a minute inside one call, longer than anybody waits for us. A submit
        # isn't repeated at all: its look-up by id is better, and the error keeps the service's status.
        "AZUREML_DEFAULT_RETRIES": "0",
        "AZUREML_DEFAULT_BACKOFF": "1",
        "AZUREML_DEFAULT_500_BACKOFF": "1",
        "AZUREML_DEFAULT_503_BACKOFF": "1",
    }
    if config.proxy:
        ours |= {"HTTPS_PROXY": config.proxy, "NO_PROXY": _NEVER_BY_PROXY}
    else:
        inherited += _INHERITED_PROXY
    if config.ca_bundle:
        ours["REQUESTS_CA_BUNDLE"] = config.ca_bundle
    else:
        inherited += _INHERITED_CA
    if isinstance(config.sign_in, ManagedIdentity):
        inherited += _INHERITED_IDENTITY
    return {name: os.environ[name] for name in inherited if name in os.environ} | ours
