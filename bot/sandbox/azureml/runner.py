"""The life of submitted runs: a place in the queue, a node, the script, and what becomes of its files."""

import os
import socket
import stat
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import structlog

from bot.sandbox.azureml import processes, seed
from bot.sandbox.azureml.artifacts import Artifacts
from bot.sandbox.azureml.builder import BuildCanceled, Builder, BuildFailed, BuildJob, Built
from bot.sandbox.azureml.gateway import Gateway
from bot.sandbox.azureml.processes import Host, Script
from bot.sandbox.azureml.runs import TERMINAL, Runs
from bot.sandbox.azureml.snapshots import Snapshots
from bot.sandbox.azureml.tokens import Tokens
from bot.sandbox.azureml.wire import now

log = structlog.get_logger(__name__)
LOG_FILE: Final = "user_logs/std_log.txt"
BUILD_LOG: Final = "azureml-logs/20_image_build_log.txt"
_TAIL_BYTES: Final = 3000
_COLLECTED: Final = ("outputs", "logs")
_CLOSING: Final = 5.0
LONGEST: Final = 30 * 24 * 3600.0
"""Seconds that a run may take, unless the sandbox is told otherwise: the SDK's own default."""


class _Canceled(Exception):
    """The run was canceled before its script started."""


@dataclass(slots=True)
class _Job:
    run_id: str
    number: int
    target: str
    canceled: threading.Event = field(default_factory=threading.Event)
    timed_out: bool = False
    process: subprocess.Popen[bytes] | None = None


class Runner:
    """One thread a run. `proxy` and `answer` (a script's connection to it) must be set before the first run is
    submitted; `limit` is in seconds."""

    def __init__(
        self, runs: Runs, snapshots: Snapshots, artifacts: Artifacts, tokens: Tokens, host: Host, builder: Builder
    ) -> None:
        self._runs, self._snapshots, self._artifacts = runs, snapshots, artifacts
        self._tokens, self._host, self._builder = tokens, host, builder
        self.proxy = ""
        self.answer: Callable[[socket.socket], None] = socket.socket.close
        self.limit = LONGEST
        self._changed = threading.Condition()
        self._jobs: dict[str, _Job] = {}
        self._queues: dict[str, deque[_Job]] = {target.name: deque() for target in seed.COMPUTE_TARGETS}
        self._busy: dict[str, int] = {target.name: 0 for target in seed.COMPUTE_TARGETS}
        self._threads: set[threading.Thread] = set()
        self._closed = False

    def busy(self, target: str) -> int:
        """How many nodes of a compute target are in use."""
        with self._changed:
            return self._busy[target]

    def recover(self) -> None:
        """Close what a sandbox that died left behind: its runs, and any script that outlived it."""
        for run_id in self._runs.fail_orphans():
            record = self._runs.record(run_id)
            if record is not None:
                processes.kill(self._host, record.number, None)
                folder = self._folder(record.number)
                if folder.is_dir():
                    self._collect(run_id, folder)

    def submit(self, run_id: str, number: int, target: str) -> None:
        job = _Job(run_id, number, target)
        thread = threading.Thread(target=self._follow, args=(job,), name=f"run-{number}", daemon=True)
        with self._changed:
            self._threads.add(thread)
            self._jobs[run_id] = job
            self._queues[target].append(job)
            thread.start()

    def cancel(self, run_id: str) -> None:
        """Ask a run to end; its status is CancelRequested until it has. A run that has ended stays as it is."""
        with self._changed:
            job = self._jobs.get(run_id)
            process = job.process if job else None
            document = self._runs.get(run_id)
            if document is None or document["status"] in TERMINAL:
                return
            if job is None:
                self._runs.end(run_id, "Canceled")
                return
            self._runs.update(run_id, status="CancelRequested")
            job.canceled.set()
            self._changed.notify_all()
        if process is not None:
            self._stop(job, process)

    def _stop(self, job: _Job, process: subprocess.Popen[bytes]) -> None:
        threading.Thread(
            target=processes.terminate, args=(self._host, job.number, process), name=f"stop-{job.number}", daemon=True
        ).start()

    def close(self) -> None:
        """Kill all scripts and record that their runs are lost."""
        with self._changed:
            self._closed = True
            jobs = list(self._jobs.values())
            self._runs.fail_orphans()
            self._changed.notify_all()
            threads = list(self._threads)
        for job in jobs:
            if job.process is not None:
                processes.kill(self._host, job.number, job.process.pid)
        for thread in threads:
            thread.join(_CLOSING)

    def _follow(self, job: _Job) -> None:
        try:
            with self._node(job):
                self._run(job)
        except (_Canceled, BuildCanceled):
            self._runs.end(job.run_id, "Canceled")
        except Exception:
            log.exception("run_failed_in_the_sandbox", run=job.run_id)
            message = "The sandbox failed to run this; its log has the details."
            self._runs.end(job.run_id, "Failed", error=("ServiceError", message))
        finally:
            with self._changed:
                self._jobs.pop(job.run_id, None)
                self._threads.discard(threading.current_thread())

    @contextmanager
    def _node(self, job: _Job) -> Iterator[None]:
        """A node of the compute target, first come, first served."""
        queue = self._queues[job.target]
        limit = next(target.max_nodes for target in seed.COMPUTE_TARGETS if target.name == job.target)
        with self._changed:
            if queue[0] is not job or self._busy[job.target] >= limit:
                message = f"All {limit} nodes of {job.target} are busy; the run starts when one is free."
                info = {"code": "Queued", "message": message, "lastRefreshTimestamp": now()}
                self._runs.update(job.run_id, queueingInfo=info)
            self._changed.wait_for(
                lambda: self._closed or job.canceled.is_set() or (queue[0] is job and self._busy[job.target] < limit)
            )
            queue.remove(job)
            self._changed.notify_all()
            if self._closed or job.canceled.is_set():
                raise _Canceled
            self._busy[job.target] += 1
        try:
            yield
        finally:
            with self._changed:
                self._busy[job.target] -= 1
                self._changed.notify_all()

    def _set_status(self, job: _Job, status: str, **fields: Any) -> None:
        """Go on to the next status, unless the run is being canceled (that shows until it has ended)."""
        with self._changed:
            if job.canceled.is_set():
                self._runs.update(job.run_id, **fields)
            else:
                self._runs.update(job.run_id, status=status, **fields)

    def _folder(self, number: int) -> Path:
        return self._host.state / "runs" / str(number)

    def _run(self, job: _Job) -> None:
        self._set_status(job, "Preparing", queueingInfo=None)
        record = self._runs.record(job.run_id)
        if record is None or record.document["status"] in TERMINAL:
            raise _Canceled
        configuration = record.definition
        folder = self._folder(job.number)
        output = self._prepare(job, folder)
        environment = self._environment(job, folder, configuration.get("environment") or {}, output)
        if environment is None:
            return
        project = folder / "project"
        try:
            self._snapshots.unpack(record.snapshot_id or "", project)
        except FileNotFoundError as error:
            self._runs.end(job.run_id, "Failed", error=("UserError", f"The code of the run is gone: {error}."))
            return
        for name in _COLLECTED:
            (project / name).mkdir(exist_ok=True)
        arguments = _arguments(configuration)
        if arguments[0] == "--script" and not _inside(project, arguments[1]):
            message = f"The script '{arguments[1]}' is not in the snapshot."
            self._runs.end(job.run_id, "Failed", error=("UserError", message))
            return
        script = self._script(job, folder, configuration, arguments, environment)
        code = self._execute(job, script, output, configuration)
        self._set_status(job, "Finalizing")
        self._collect(job.run_id, folder)
        self._conclude(job, code, output, configuration)

    def _prepare(self, job: _Job, folder: Path) -> Path:
        """The run's folders and its log. Returns the log."""
        for name in ("project", "user_logs", "azureml-logs", "home", "tmp"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        output = folder / LOG_FILE
        output.touch()
        self._artifacts.add_file(job.run_id, LOG_FILE, output)
        return output

    def _environment(self, job: _Job, folder: Path, asked: dict[str, Any], output: Path) -> Built | None:
        """The run's environment, told in its log; None when it can't be had, and the run has failed with the reason."""
        name = f"'{asked.get('name')}'" + (f" version {asked['version']}" if asked.get("version") else "")
        log = folder / BUILD_LOG
        build = BuildJob(
            job.number,
            log,
            lambda: self._artifacts.add_file(job.run_id, BUILD_LOG, log),
            lambda: self._closed or job.canceled.is_set(),
        )
        try:
            found = self._builder.provide(asked, build)
        except BuildFailed as error:
            lines = [f"Environment {name} could not be built:", *str(error).splitlines()]
            see = f" For more details, check log file {BUILD_LOG}." if log.is_file() and log.stat().st_size else ""
            message = f"Image build failed: environment {name} could not be prepared.{see}\n{error}"
            _note(output, lines)
            self._runs.end(job.run_id, "Failed", error=("UserError", message))
            return None
        _note(output, [f"Environment {name}: {found.notes[0]}", *found.notes[1:]])
        return found

    def _script(
        self, job: _Job, folder: Path, configuration: dict[str, Any], arguments: tuple[str, ...], environment: Built
    ) -> Script:
        document = self._runs.get(job.run_id) or {}
        experiment = self._runs.experiment_by_id(document["experimentId"]) or {}
        token, _ = self._tokens.issue_for_run(job.run_id)
        variables = processes.environment(
            self._host, self.proxy, folder, job.number, configuration,
            venv=environment.folder, run_id=job.run_id, token=token, experiment=experiment,
        )  # fmt: skip
        return Script(job.number, folder, folder / "project", arguments, variables, environment.readable)

    def _execute(self, job: _Job, script: Script, output: Path, configuration: dict[str, Any]) -> int:
        with self._changed:
            if self._closed or job.canceled.is_set():
                raise _Canceled
            gateway = Gateway(self.answer) if self._host.confinement.program else None
            job.process = processes.start(self._host, script, output, gateway)
            self._runs.update(job.run_id, status="Running", startTimeUtc=now())
        limit = self._limit(configuration)
        try:
            job.process.wait(limit)
        except subprocess.TimeoutExpired:
            job.timed_out = True
            _note(output, [f"The run took longer than its {limit:g} seconds and is being canceled."])
            processes.terminate(self._host, job.number, job.process)
        code = job.process.wait()
        # A script may leave processes behind; the node is given back clean.
        processes.kill(self._host, job.number, job.process.pid)
        if gateway is not None:
            gateway.close()
        return code

    def _limit(self, configuration: dict[str, Any]) -> float:
        """The seconds that a run may take: its own limit, or the sandbox's where that is lower."""
        return min(float(configuration.get("maxRunDurationSeconds") or self.limit), self.limit)

    def _conclude(self, job: _Job, code: int, output: Path, configuration: dict[str, Any]) -> None:
        with self._changed:
            if job.timed_out:
                limit = f"{self._limit(configuration):g}"
                message = f"The run was canceled because it took longer than its maxRunDurationSeconds ({limit})."
                self._runs.end(job.run_id, "Canceled", error=("UserError", message))
            elif job.canceled.is_set():
                self._runs.end(job.run_id, "Canceled")
            elif code == 0:
                self._runs.end(job.run_id, "Completed")
            else:
                ended = f"exited with status code {code}" if code > 0 else f"was ended by signal {-code}"
                message = (
                    f"Execution failed. User process 'python' {ended}. Please check log file '{LOG_FILE}' for error "
                    f"details. Error: {_tail(output)}"
                )
                self._runs.end(job.run_id, "Failed", error=("UserError", message))

    def _collect(self, run_id: str, folder: Path) -> None:
        """Make what the script wrote under outputs/ and logs/ artifacts; links and special files are left out."""
        project = folder / "project"
        for name in _COLLECTED:
            for parent, _, files in os.walk(project / name, followlinks=False):
                for file in files:
                    path = Path(parent) / file
                    if stat.S_ISREG(path.lstat().st_mode):
                        self._artifacts.add_file(run_id, path.relative_to(project).as_posix(), path)


def _note(output: Path, lines: list[str]) -> None:
    """What the sandbox has to say in a run's log."""
    with output.open("a") as file:
        file.writelines(f"[sandbox] {line}\n" for line in lines)


def _arguments(configuration: dict[str, Any]) -> tuple[str, ...]:
    """What the launcher is to run. A number stays as it was written in the run definition."""
    if configuration.get("command"):
        return "--command", str(configuration["command"])
    return "--script", str(configuration["script"]), *(str(item) for item in configuration.get("arguments") or [])


def _inside(project: Path, script: str) -> bool:
    path = (project / script).resolve()
    return path.is_file() and path.is_relative_to(project.resolve())


def _tail(output: Path) -> str:
    """The last lines of a log, whole ones."""
    with output.open("rb") as file:
        start = max(0, file.seek(0, os.SEEK_END) - _TAIL_BYTES)
        file.seek(start)
        lines = file.read().decode("utf-8", "replace").splitlines()
    return "\n".join(line for line in lines[1 if start else 0 :] if not line.startswith("[sandbox]"))
