"""Starting a script with nothing of the sandbox's environment, and ending it with everything that it started."""

import contextlib
import os
import shlex
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bot.sandbox.azureml import launcher, seed
from bot.sandbox.azureml.confinement import Confinement
from bot.sandbox.azureml.gateway import Gateway

GRACE: Final = 5.0
"""Seconds between the request to end and the kill."""
_MARK: Final = "AML_SANDBOX_RUN"
_PYTHON: Final = "AML_SANDBOX_PYTHON"
_SYSTEM_PATH: Final = "/usr/local/bin:/usr/bin:/bin"


@dataclass(frozen=True, slots=True)
class Host:
    """What all scripts of a sandbox share."""

    state: Path
    bundle: Path
    workspace_id: str
    confinement: Confinement

    def prepare(self) -> None:
        """Lay out the folder with the launcher and with the `python` that commands find."""
        shims = self.state / "bin"
        shims.mkdir(exist_ok=True)
        shutil.copyfile(launcher.__file__, self.launcher)
        text = f'#!/bin/sh\nexec "${_PYTHON}" {shlex.quote(str(self.launcher))} --python "$@"\n'
        for name in ("python", "python3"):
            shim = shims / name
            shim.write_text(text)
            shim.chmod(0o755)

    @property
    def launcher(self) -> Path:
        """A copy in a folder of its own, so that nothing of the sandbox can be imported beside it."""
        return self.state / "bin" / "launcher.py"

    def mark(self, number: int) -> str:
        return f"{self.workspace_id}:{number}"

    def marking(self, number: int) -> dict[str, str]:
        """The variable by which a run's processes are found again."""
        return {_MARK: self.mark(number)}


@dataclass(frozen=True, slots=True)
class Script:
    """One start of one script: `folder` is its run folder, `project` (in it) where it starts."""

    number: int
    folder: Path
    project: Path
    arguments: tuple[str, ...]
    """For the launcher: `--script FILE ARG...` or `--command TEXT`."""
    variables: dict[str, str]
    readable: tuple[Path, ...]
    """What its environment consists of."""


def environment(
    host: Host,
    proxy: str,
    folder: Path,
    number: int,
    configuration: dict[str, Any],
    *,
    venv: Path,
    run_id: str,
    token: str,
    experiment: dict[str, Any],
) -> dict[str, str]:
    """All variables that a script gets: these and no others."""
    asked = (configuration.get("environment") or {}).get("environmentVariables") or {}
    asked = asked | (configuration.get("environmentVariables") or {})
    temporary = "/tmp" if host.confinement.program else str(folder / "tmp")  # noqa: S108 - its own, see confinement
    return {
        "PATH": os.pathsep.join((str(host.state / "bin"), str(venv / "bin"), _SYSTEM_PATH)),
        "LANG": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",
        "TMPDIR": temporary,
        **{str(name): str(value) for name, value in asked.items() if _is_variable(str(name), str(value))},
        "HOME": str(folder / "home"),
        "HTTPS_PROXY": proxy,
        "https_proxy": proxy,
        "REQUESTS_CA_BUNDLE": str(host.bundle),
        "SSL_CERT_FILE": str(host.bundle),
        "AZUREML_ARM_SUBSCRIPTION": seed.SUBSCRIPTION_ID,
        "AZUREML_ARM_RESOURCEGROUP": seed.RESOURCE_GROUP,
        "AZUREML_ARM_WORKSPACE_NAME": seed.WORKSPACE,
        "AZUREML_ARM_PROJECT_NAME": experiment["name"],
        "AZUREML_EXPERIMENT_ID": experiment["experimentId"],
        "AZUREML_WORKSPACE_ID": host.workspace_id,
        "AZUREML_RUN_ID": run_id,
        "AZUREML_RUN_TOKEN": token,
        "AZUREML_SERVICE_ENDPOINT": f"https://{seed.DATA_HOST}",
        "AZUREML_DISCOVERY_SERVICE_ENDPOINT": f"https://{seed.DATA_HOST}/discovery",
        "PIP_CONFIG_FILE": os.devnull,  # packages are the builder's business
        "PIP_NO_INDEX": "1",
        _PYTHON: str(venv / "bin" / "python"),
        **host.marking(number),
    }


def _is_variable(name: str, value: str) -> bool:
    return bool(name) and "=" not in name and "\0" not in name + value


def start(host: Host, script: Script, log: Path, gateway: Gateway | None) -> subprocess.Popen[bytes]:
    """Start a script in its own session; what it prints is appended to `log`. A confined one needs a `gateway`.

    It must be called by a thread that lives as long as the script: Linux ends the script with that thread.
    """
    command = [script.variables[_PYTHON], str(host.launcher)]
    passed: tuple[int, ...] = ()
    if gateway is not None:
        passed = (gateway.descriptor,)
        command += ["--gateway", str(gateway.descriptor), script.variables["HTTPS_PROXY"].rpartition(":")[2]]
    command += script.arguments
    wrapped = host.confinement.wrap(
        command,
        state=host.state,
        writable=(script.folder,),
        readable=(host.bundle, host.state / "bin", *script.readable),
    )
    with log.open("ab") as output:
        process = subprocess.Popen(
            wrapped,
            cwd=script.project,
            env=script.variables,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=passed,
        )
    if gateway is not None:
        gateway.open()
    return process


def terminate(host: Host, number: int, process: subprocess.Popen[bytes]) -> None:
    """Ask a script and all that it started to end, and kill what is left after `GRACE` seconds."""
    # bwrap's outer process would take everything down at once on TERM; it ends by itself when the script has ended.
    spared = process.pid if host.confinement.program else None
    _signal_all(host, number, process.pid, signal.SIGTERM, spared)
    try:
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        kill(host, number, process.pid)


def kill(host: Host, number: int, group: int | None) -> None:
    """Kill whatever a run has left: its group, and processes that left the group."""
    _signal_all(host, number, group, signal.SIGKILL, None)


def _signal_all(
    host: Host, number: int, group: int | None, number_of_signal: signal.Signals, spared: int | None
) -> None:
    marked = _marked(host.mark(number))
    if group is not None and spared is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, number_of_signal)
    for pid in marked:
        if pid != spared:
            try:
                os.kill(pid, number_of_signal)
            except (ProcessLookupError, PermissionError):
                continue


def _marked(mark: str) -> list[int]:
    """Processes that carry a run's mark in their environment; none where there is no /proc."""
    wanted = f"{_MARK}={mark}".encode()
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            variables = (entry / "environ").read_bytes()
        except OSError:
            continue
        if wanted in variables.split(b"\0"):
            found.append(int(entry.name))
    return found
