"""What the page asks for: the workspace at a glance, a run, a run's log as it grows. An answer waits for news."""

import codecs
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bot.sandbox.azureml import roles, seed
from bot.sandbox.azureml.access import Access
from bot.sandbox.azureml.artifacts import Artifacts
from bot.sandbox.azureml.builder import Builder
from bot.sandbox.azureml.database import Database
from bot.sandbox.azureml.environments import Environments
from bot.sandbox.azureml.errors import ServiceError, bad_request
from bot.sandbox.azureml.metrics import Metrics
from bot.sandbox.azureml.models import Models
from bot.sandbox.azureml.packages import NotBuildable, wanted
from bot.sandbox.azureml.page import names
from bot.sandbox.azureml.runner import Runner
from bot.sandbox.azureml.runs import TERMINAL, Document, Runs

RUNS_SHOWN: Final = 100
PORTION: Final = 64 * 1024
"""Bytes of a log in one answer."""
LONGEST_WAIT: Final = 20.0
_LOOK_AGAIN: Final = 0.2
_ML: Final = "Microsoft.MachineLearningServices/workspaces"
_DEEDS: Final = (
    ("Read runs", f"{_ML}/experiments/runs/read"),
    ("Submit runs", f"{_ML}/experiments/runs/submit/action"),
    ("Register models", f"{_ML}/models/write"),
    ("Hand out roles", "Microsoft.Authorization/roleAssignments/write"),
)


@dataclass(frozen=True, slots=True)
class Parts:
    """What of the sandbox there is to look at."""

    database: Database
    runs: Runs
    metrics: Metrics
    artifacts: Artifacts
    environments: Environments
    models: Models
    access: Access
    builder: Builder
    runner: Runner


class Looking:
    """One answer by name; each takes the query."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._start = secrets.token_hex(4)
        self._closing = threading.Event()
        self.beside: dict[str, str] = {}
        """Another page to go to: its `name` and `address`."""
        self.answers: dict[str, Callable[[dict[str, Any]], Any]] = {
            "workspace": self._workspace,
            "run": self._run,
            "log": self._log,
        }

    def close(self) -> None:
        """Let everybody who waits go."""
        self._closing.set()

    def file(self, run_id: str, path: str) -> Path:
        """A file of a run.

        Raises:
            ServiceError: the run has no such file.
        """
        found = self._parts.artifacts.files(run_id).get(path)
        if found is None or not found.is_file():
            raise ServiceError(404, "NotFound", "The run has no such file.")
        return found

    def _stamp(self) -> str:
        """Another one whenever something of what is shown may be."""
        parts = self._parts
        busy = (str(parts.runner.busy(target.name)) for target in seed.COMPUTE_TARGETS)
        return ".".join((self._start, str(parts.database.changes), str(parts.builder.changes), *busy))

    def _until(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds, or long enough."""
        end = time.monotonic() + LONGEST_WAIT
        while not holds() and time.monotonic() < end and not self._closing.wait(_LOOK_AGAIN):
            continue

    def _workspace(self, asked: dict[str, Any]) -> Any:
        """Everything at a glance, once it differs from what `stamp` stands for."""
        self._until(lambda: self._stamp() != asked.get("stamp"))
        stamp = self._stamp()
        runs = self._parts.runs.all()
        return {
            "stamp": stamp,
            "name": seed.WORKSPACE,
            "beside": self.beside,
            "runs": [self._brief(run) for run in runs[: -RUNS_SHOWN - 1 : -1]],
            "older": max(0, len(runs) - RUNS_SHOWN),
            "compute": [self._compute(target, runs) for target in seed.COMPUTE_TARGETS],
            "environments": [self._environment(each) for each in self._parts.environments.latest()],
            "models": [_model(each) for each in self._parts.models.all()],
            "access": self._access(),
        }

    def _brief(self, run: Document) -> Document:
        return {
            "id": run["runId"],
            "parent": run["parentRunId"],
            "experiment": self._parts.runs.experiment_of(run["runId"]),
            "status": run["status"],
            "by": run["tags"].get("submitted_by") or "",
            "target": run["target"] or "",
            "script": run["scriptName"] or "",
            "created": run["createdUtc"],
            "started": run["startTimeUtc"],
            "ended": run["endTimeUtc"],
        }

    def _compute(self, target: seed.ComputeTarget, runs: list[Document]) -> Document:
        here = [run for run in runs if run["target"] == target.name and run["status"] not in TERMINAL]
        waiting = [run["runId"] for run in here if run["status"] == "Queued"]
        return {
            "name": target.name,
            "size": target.vm_size,
            "nodes": target.max_nodes,
            "busy": self._parts.runner.busy(target.name),
            "running": [run["runId"] for run in here if run["runId"] not in waiting],
            "waiting": waiting,
        }

    def _environment(self, definition: Document) -> Document:
        state, why = self._parts.builder.state_of(definition)
        try:
            packages = list(wanted(definition).requirements)
        except NotBuildable:
            packages = []
        return {
            "name": definition["name"],
            "version": definition["version"],
            "state": state,
            "why": why,
            "packages": packages,
            "image": (definition.get("docker") or {}).get("baseImage") or "",
        }

    def _access(self) -> Document:
        access = self._parts.access
        assignments = access.assignments(seed.SUBSCRIPTION_SCOPE, below=True, principals=None)
        denials = access.deny_assignments(seed.SUBSCRIPTION_SCOPE, below=True, principals=None)
        return {
            "assignments": [_assignment(each) for each in assignments],
            "denials": [_denial(each) for each in denials],
            "principals": [{"id": one, "name": name, "kind": kind} for one, (name, kind) in names.PRINCIPALS.items()],
            "roles": [{"name": role.name, "about": role.description} for role in roles.ROLES],
            "scopes": [{"id": one, "name": words} for one, words in names.SCOPES.items()],
            "deeds": [words for words, _ in _DEEDS],
            "may": [
                {
                    "name": person.name,
                    "deeds": [access.allowed(person.object_id, action, seed.WORKSPACE_SCOPE) for _, action in _DEEDS],
                }
                for person in seed.PEOPLE
            ],
        }

    def _run(self, asked: dict[str, Any]) -> Any:
        """One run with its metrics and files, once that differs from what `stamp` stands for."""
        run_id = str(asked.get("id") or "")
        if self._parts.runs.get(run_id) is None:
            raise ServiceError(404, "NotFound", f"There is no run {run_id} in this workspace.")
        self._until(lambda: self._stamp() != asked.get("stamp"))
        stamp = self._stamp()
        record = self._parts.runs.record(run_id)
        if record is None:
            raise ServiceError(404, "NotFound", "The run is gone.")
        run, files = record.document, self._parts.artifacts.files(run_id)
        queueing = run.get("queueingInfo") or {}
        return {
            "stamp": stamp,
            **self._brief(run),
            "is_final": run["status"] in TERMINAL,
            "environment": str((record.definition.get("environment") or {}).get("name") or ""),
            "arguments": [str(each) for each in record.definition.get("arguments") or []],
            "tags": run["tags"],
            "waits_for": str(queueing.get("message") or ""),
            "error": str(((run["error"] or {}).get("error") or {}).get("message") or ""),
            "metrics": _series(self._parts.metrics.of_run(run_id)),
            "files": [{"path": path, "size": file.stat().st_size} for path, file in files.items() if file.is_file()],
            "children": [self._brief(each) for each in self._parts.runs.all() if each["parentRunId"] == run_id],
        }

    def _log(self, asked: dict[str, Any]) -> Any:
        """The next portion of a run's file from a place on, once there is one or the run has ended.

        From -1: from near the end of what is there.
        """
        run_id, path = str(asked.get("id") or ""), str(asked.get("path") or "")
        try:
            start = int(asked.get("from") or 0)
        except ValueError:
            raise bad_request("from must be a number") from None
        file = self.file(run_id, path)
        if start < 0:
            start = max(0, file.stat().st_size - PORTION)

        def ended() -> bool:
            run = self._parts.runs.get(run_id)
            return run is None or run["status"] in TERMINAL

        self._until(lambda: file.stat().st_size > start or ended())
        is_over = ended()  # before the read: what was written until then is in it
        with file.open("rb") as opened:
            opened.seek(start)
            data = opened.read(PORTION)
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        text = decoder.decode(data)
        end = start + len(data) - len(decoder.getstate()[0])
        return {"text": text, "next": end, "from": start, "is_over": is_over and len(data) < PORTION}


def _series(logged: dict[str, list[Document]]) -> list[Document]:
    """Metrics as rows of values; a table's columns are series of their own, what is no number is shown as text."""
    found: dict[str, list[Any]] = {}
    for name, values in logged.items():
        for value in values:
            data = value.get("data")
            for column, one in (data if isinstance(data, dict) else {name: data}).items():
                found.setdefault(name if column == name else f"{name}/{column}", []).append(one)
    return [{"name": name, "values": values} for name, values in found.items()]


def _model(model: Document) -> Document:
    return {
        "name": model["name"],
        "version": model["version"],
        "run": model.get("runId") or "",
        "created": model["createdTime"],
        "tags": model["kvTags"],
        "description": model.get("description") or "",
    }


def _assignment(item: Document) -> Document:
    properties = item["properties"]
    return {
        "name": item["name"],
        "principal": names.principal(properties["principalId"]),
        "kind": names.PRINCIPALS.get(properties["principalId"], ("", properties["principalType"]))[1],
        "role": names.role(properties["roleDefinitionId"]),
        "scope": names.scope(properties["scope"]),
    }


def _denial(item: Document) -> Document:
    properties = item["properties"]
    return {
        "name": item["name"],
        "called": properties["denyAssignmentName"],
        "principals": [names.principal(each["id"]) for each in properties["principals"]],
        "actions": [action for permission in properties["permissions"] for action in permission["actions"]],
        "scope": names.scope(properties["scope"]),
    }
