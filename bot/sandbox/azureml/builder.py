"""Environments, really built: a venv for each definition, made once and kept under the hash of what is in it.

The builder alone may use the package index that pip is configured with on this machine. It runs in the same confinement
as scripts do but for the network, since a source package is a program too; a script finds its venv read-only.
"""

import contextlib
import hashlib
import json
import os
import secrets
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import requests

from bot.sandbox.azureml import baselayer, packages, processes, pythons
from bot.sandbox.azureml.packages import NotBuildable, Wanted
from bot.sandbox.azureml.processes import Host
from bot.sandbox.azureml.pythons import Python
from bot.sandbox.azureml.storage import BlobStore

_POLL: Final = 0.2
_BUILD_SECONDS: Final = 3600
_DOWNLOAD_SECONDS: Final = 60
_TAIL_LINES: Final = 12
_KEPT: Final = ("PATH", "HOME", "LANG", "XDG_CONFIG_HOME", "XDG_CONFIG_DIRS", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")
_PROXIES: Final = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY")
_NOT_KEPT: Final = frozenset(
    f"PIP_{name}" for name in ("USER", "TARGET", "PREFIX", "ROOT", "PYTHON", "REQUIRE_VIRTUALENV", "LOG", "DRY_RUN")
)
"""Settings of pip that would install elsewhere than into the venv."""


class BuildFailed(Exception):
    """The environment can't be had; the message is for the run."""


class BuildCanceled(Exception):
    """Nobody wants the environment any more."""


@dataclass(frozen=True, slots=True)
class BuildJob:
    """For whom an environment is built: its log, what to do when that log begins, and whether it is still wanted."""

    number: int
    log: Path
    begun: Callable[[], None]
    canceled: Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Built:
    """An environment that is there. `readable` is what its Python has to see; `notes` are for the run's log."""

    folder: Path
    readable: tuple[Path, ...]
    notes: tuple[str, ...]

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"


class Builder:
    """Several environments are built at a time, each one once. `proxy` must be set before the first."""

    def __init__(self, host: Host, blobs: BlobStore, *, any_python: bool) -> None:
        self._host, self._blobs, self._any_python = host, blobs, any_python
        self.proxy = ""
        self._folder = host.state / "environments"
        self._cache = host.state / "pip-cache"
        self._guard = threading.Lock()
        self._failures: dict[str, str] = {}
        self.changes = 0
        self._locks: dict[str, threading.Lock] = {}
        if self._folder.is_dir():
            for left in self._folder.glob("*.new-*"):
                shutil.rmtree(left, ignore_errors=True)

    def provide(self, definition: dict[str, Any], job: BuildJob) -> Built:
        """The environment of a run definition, from the cache or built now.

        Raises:
            BuildFailed: it can't be had.
            BuildCanceled: `job` was canceled meanwhile.
        """
        try:
            wanted = packages.wanted(definition)
        except NotBuildable as error:
            raise BuildFailed(str(error)) from error
        python, notes = self._python(wanted)
        layer, readable = self._layer(python, job)
        folder = self._place(python, layer, wanted)
        found = self._make(folder, python, layer, wanted, readable, job)
        asked = ", ".join((*wanted.requirements, *(wheel.rpartition("/")[2] for wheel in wanted.wheels)))
        what = f"{asked} on the base layer" if asked else "the base layer alone"
        first = f"Python {python} with {what}, azureml-core {baselayer.sdk_version()} in it ({found})."
        return Built(folder, (folder, *readable), (first, *notes, *wanted.notes))

    def state_of(self, definition: dict[str, Any]) -> tuple[str, str]:
        """Where an environment stands, in a word or two, and why where that isn't plain. Builds nothing."""
        try:
            wanted = packages.wanted(definition)
            python, _ = self._python(wanted)
        except (NotBuildable, BuildFailed) as error:
            return "Can't be built", str(error)
        layer = self._folder / f"base-{python}-{baselayer.sdk_version()}"
        if python.minor != sys.version_info[:2]:
            if not layer.is_dir():
                return "Not built", "The first run that uses it builds it."
            layer = _site(layer)
        folder = self._place(python, layer, wanted)
        if folder.is_dir():
            return "Built", ""
        if any(self._folder.glob(f"{folder.name}.new-*")):
            return "Building", ""
        reason = self._failures.get(folder.name)
        return ("Failed", reason) if reason else ("Not built", "The first run that uses it builds it.")

    def _place(self, python: Python, layer: Path, wanted: Wanted) -> Path:
        contents = [str(python), str(layer.relative_to(self._folder)), wanted.requirements, wanted.wheels]
        return self._folder / hashlib.sha256(json.dumps(contents).encode()).hexdigest()[:24]

    def _python(self, wanted: Wanted) -> tuple[Python, tuple[str, ...]]:
        python = pythons.find(wanted.takes)
        if python is not None:
            return python, ()
        own = pythons.own()
        asked = str(wanted.python).replace("==", "")
        if not self._any_python:
            message = f"Python {asked} was asked for and isn't installed on this machine; the sandbox has Python {own}."
            raise BuildFailed(f"{message} Start it with --any-python to use that one instead.")
        return own, (f"Python {asked} was asked for and isn't installed: this run uses Python {own} in its place.",)

    def _layer(self, python: Python, job: BuildJob) -> tuple[Path, tuple[Path, ...]]:
        """The folder of packages under every environment of a Python version, and what has to be readable for it."""
        name = f"base-{python}-{baselayer.sdk_version()}"
        if python.minor == sys.version_info[:2]:
            folder = self._folder / name
            with self._one_at_a_time(name, job):
                baselayer.link(folder)
            return folder, (folder, *baselayer.sources(), python.root)
        venv = self._folder / name
        self._make(venv, python, None, Wanted(packages.ANY, baselayer.requirements()), (python.root,), job)
        return _site(venv), (venv, python.root)

    def _make(
        self,
        folder: Path,
        python: Python,
        layer: Path | None,
        wanted: Wanted,
        readable: tuple[Path, ...],
        job: BuildJob,
    ) -> str:
        """Have the venv `folder`; it is complete as soon as it is there. Returns whether it was there before."""
        with self._one_at_a_time(folder.name, job):
            if folder.is_dir():
                return "built before"
            work = folder.with_name(f"{folder.name}.new-{secrets.token_hex(4)}")
            work.mkdir(parents=True)
            self.changes += 1
            try:
                self._build(work, python, layer, wanted, readable, job)
                _move(work / "venv", folder)
            except BuildFailed as error:
                self._failures[folder.name] = str(error)
                raise
            finally:
                shutil.rmtree(work, ignore_errors=True)
                self.changes += 1
            return "built now"

    @contextlib.contextmanager
    def _one_at_a_time(self, name: str, job: BuildJob) -> Iterator[None]:
        with self._guard:
            lock = self._locks.setdefault(name, threading.Lock())
        while not lock.acquire(timeout=_POLL):
            if job.canceled():
                raise BuildCanceled
        try:
            yield
        finally:
            lock.release()

    def _build(
        self,
        work: Path,
        python: Python,
        layer: Path | None,
        wanted: Wanted,
        readable: tuple[Path, ...],
        job: BuildJob,
    ) -> None:
        venv = work / "venv"
        self._run([str(python.path), "-I", "-m", "venv", "--without-pip", str(venv)], work, readable, job)
        if layer is not None:
            (_site(venv) / "_base_layer.pth").write_text(f"{layer}\n")
        wheels = [str(self._fetch(name, work)) for name in wanted.wheels]
        own = layer is not None and python.minor == sys.version_info[:2]
        missing = [item for item in wanted.requirements if not (own and baselayer.has(item))]
        if not missing and not wheels:
            return
        with job.log.open("a") as log:
            log.write(f"Python {python}; to be installed: {', '.join((*missing, *wanted.wheels))}\n")
        job.begun()
        inside = str(venv / "bin" / "python")
        # The sandbox's own pip: the base layer has it, and another Python is installed to from without.
        pip = [inside, "-m", "pip"] if own else [sys.executable, "-m", "pip", "--python", inside]
        command = [
            *pip, "install", "--no-input", "--disable-pip-version-check", "--no-warn-script-location",
            "--progress-bar", "off", "--cache-dir", str(self._cache), *missing, *wheels,
        ]  # fmt: skip
        self._cache.mkdir(exist_ok=True)
        self._run(command, work, readable, job, conda=wanted.conda)

    def _fetch(self, name: str, work: Path) -> Path:
        """A private wheel, from the workspace's storage as any client gets it."""
        target = work / "wheels" / name.rpartition("/")[2]
        target.parent.mkdir(exist_ok=True)
        try:
            answer = requests.get(
                self._blobs.url(name),
                proxies={"https": self.proxy},
                verify=str(self._host.bundle),
                timeout=_DOWNLOAD_SECONDS,
            )
            answer.raise_for_status()
        except requests.RequestException as error:
            status = getattr(error.response, "status_code", None)
            reason = f"storage answered {status}" if status else "storage could not be reached"
            raise BuildFailed(f"The private wheel {target.name} could not be fetched: {reason}.") from error
        target.write_bytes(answer.content)
        return target

    def _run(
        self,
        command: list[str],
        work: Path,
        readable: tuple[Path, ...],
        job: BuildJob,
        *,
        conda: tuple[str, ...] = (),
    ) -> None:
        """Run a step of a build to its end, its output in the build's log."""
        temporary = work / "tmp"
        temporary.mkdir(exist_ok=True)
        variables = _variables(self._host, job.number, temporary)
        wrapped = self._host.confinement.wrap(
            command,
            state=self._host.state,
            writable=(work, *([self._cache] if self._cache.is_dir() else [])),
            readable=(*readable, *_configuration(variables)),
            network=True,
        )
        with job.log.open("ab") as output:
            process = subprocess.Popen(
                wrapped,
                cwd=work,
                env=variables,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        code = self._outcome(process, job)
        if code:
            raise BuildFailed(_reason(job.log, conda))

    def _outcome(self, process: subprocess.Popen[bytes], job: BuildJob) -> int:
        waited = 0.0
        try:
            while waited < _BUILD_SECONDS:
                try:
                    return process.wait(_POLL)
                except subprocess.TimeoutExpired:
                    waited += _POLL
                if job.canceled():
                    raise BuildCanceled
        finally:
            processes.kill(self._host, job.number, process.pid)
        raise BuildFailed(f"The build took longer than {_BUILD_SECONDS} seconds.")


def _site(venv: Path) -> Path:
    return next((venv / "lib").glob("python3.*/site-packages"))


def _move(venv: Path, folder: Path) -> None:
    """Give a finished venv its place in one step; what names its old place is rewritten first."""
    old, new = str(venv).encode(), str(folder).encode()
    for file in (venv / "bin").iterdir():
        if file.is_file() and not file.is_symlink():
            text = file.read_bytes()
            if old in text:
                file.write_bytes(text.replace(old, new))
    venv.rename(folder)


def _variables(host: Host, number: int, temporary: Path) -> dict[str, str]:
    """What pip may know of this machine: how it is configured, and nothing else."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in _KEPT or name.upper() in _PROXIES or (name.startswith("PIP_") and name not in _NOT_KEPT)
    }
    return kept | {"TMPDIR": str(temporary), "PIP_ROOT_USER_ACTION": "ignore", **host.marking(number)}


def _configuration(variables: dict[str, str]) -> tuple[Path, ...]:
    """Files and folders that pip's configuration names or is in, as far as they are on this machine."""
    home = Path(variables.get("HOME", "/nonexistent"))
    config = Path(variables.get("XDG_CONFIG_HOME") or home / ".config")
    found = [config / "pip", home / ".pip", home / ".netrc"]
    for name, value in variables.items():
        if name.startswith("PIP_") or name in {"SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"}:
            found += [Path(word.removeprefix("file://")) for word in value.split() if "/" in word]
    return tuple(path for path in found if path.is_absolute() and path.exists() and path != Path("/"))


def _reason(log: Path, conda: tuple[str, ...]) -> str:
    """Why a build failed: the installer's own words."""
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith(("ERROR", "error:"))] or lines
    said = "\n".join(errors[-_TAIL_LINES:])
    hint = ""
    if conda:
        hint = f"\nConda specs are installed by pip here ({', '.join(conda)}); what only conda has can't be had."
    return f"{said}{hint}"
