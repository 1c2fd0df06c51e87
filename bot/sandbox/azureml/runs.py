"""The record of experiments and runs: what was asked for, where it stands, how it ended."""

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from bot.sandbox.azureml import seed
from bot.sandbox.azureml.database import Database
from bot.sandbox.azureml.errors import ServiceError, error_document
from bot.sandbox.azureml.wire import now

TERMINAL: Final = frozenset({"Completed", "Failed", "Canceled"})
Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A run with what only the sandbox knows of it: its number, its definition and its code."""

    number: int
    experiment: str
    snapshot_id: str | None
    definition: Document
    document: Document


class Runs:
    """Experiments by name, runs by id; every change is stored before it is visible."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def experiment(self, name: str) -> Document | None:
        row = self._database.row("SELECT document FROM experiments WHERE name = ?", name)
        return json.loads(row["document"]) if row else None

    def experiment_by_id(self, experiment_id: str) -> Document | None:
        row = self._database.row("SELECT document FROM experiments WHERE id = ?", experiment_id)
        return json.loads(row["document"]) if row else None

    def experiments(self) -> list[Document]:
        """All, newest first."""
        rows = self._database.rows("SELECT document FROM experiments ORDER BY rowid DESC")
        return [json.loads(row["document"]) for row in rows]

    def make_experiment(self, name: str) -> Document:
        with self._database.transaction():
            existing = self.experiment(name)
            if existing is not None:
                return existing
            document: Document = {
                "experimentId": str(uuid.uuid4()),
                "name": name,
                "createdUtc": now(),
                "description": None,
                "tags": {},
                "archivedTime": None,
            }
            self._save_experiment(document)
        return document

    def update_experiment(self, document: Document) -> None:
        self._save_experiment(document)

    def _save_experiment(self, document: Document) -> None:
        self._database.write(
            "INSERT INTO experiments VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET document = excluded.document",
            document["experimentId"], document["name"], json.dumps(document),
        )  # fmt: skip

    def create(
        self,
        run_id: str,
        experiment: Document,
        *,
        status: str,
        submitted: bool = False,
        snapshot_id: str | None = None,
        definition: Document | None = None,
        **fields: Any,
    ) -> Document:
        """Add a run.

        Raises:
            ServiceError: 409, there is a run with this id, of whatever experiment.
        """
        with self._database.transaction():
            if self.get(run_id) is not None:
                raise ServiceError(409, "UserError", f"Run {run_id} already exists in workspace '{seed.WORKSPACE}'.")
            row = self._database.row("SELECT COALESCE(MAX(number), 0) + 1 AS next FROM runs")
            number = int(row["next"]) if row else 1
            parent = fields.get("parentRunId")
            above = self.get(parent) if parent else None
            document: Document = {
                "runNumber": number,
                "rootRunId": above["rootRunId"] if above else run_id,
                "runUuid": str(uuid.uuid4()),
                "experimentId": experiment["experimentId"],
                "createdUtc": now(),
                "userId": seed.BOT_OBJECT_ID,
                "runId": run_id,
                "parentRunId": None,
                "status": status,
                "startTimeUtc": None,
                "endTimeUtc": None,
                "heartbeatEnabled": False,
                "name": None,
                "displayName": run_id,
                "description": None,
                "dataContainerId": f"dcid.{run_id}",
                "hidden": False,
                "runType": None,
                "properties": {},
                "tags": {},
                "scriptName": None,
                "target": None,
                "cancelUri": None,
                "diagnosticsUri": None,
                "createdBy": {
                    "userObjectId": seed.BOT_OBJECT_ID,
                    "userTenantId": seed.TENANT_ID,
                    "userName": seed.BOT_NAME,
                },
                "error": None,
                "warnings": None,
            }
            document |= {key: value for key, value in fields.items() if value is not None}
            self._database.write(
                "INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                number, run_id, experiment["experimentId"], experiment["name"], int(submitted), snapshot_id,
                json.dumps(definition or {}), json.dumps(document),
            )  # fmt: skip
        return document

    def get(self, run_id: str) -> Document | None:
        row = self._database.row("SELECT document FROM runs WHERE run_id = ?", run_id)
        return json.loads(row["document"]) if row else None

    def record(self, run_id: str) -> RunRecord | None:
        row = self._database.row("SELECT * FROM runs WHERE run_id = ?", run_id)
        if row is None:
            return None
        definition, document = json.loads(row["definition"]), json.loads(row["document"])
        return RunRecord(row["number"], row["experiment"], row["snapshot_id"], definition, document)

    def is_submitted(self, run_id: str) -> bool:
        """Whether the sandbox runs it (then its status is the sandbox's to tell, not the script's)."""
        return self._database.row("SELECT 1 FROM runs WHERE run_id = ? AND submitted = 1", run_id) is not None

    def all(self, experiment_id: str | None = None) -> list[Document]:
        rows = self._database.rows(
            "SELECT document FROM runs WHERE ? IS NULL OR experiment_id = ? ORDER BY number",
            experiment_id,
            experiment_id,
        )
        return [json.loads(row["document"]) for row in rows]

    def experiment_of(self, run_id: str) -> str:
        row = self._database.row("SELECT experiment FROM runs WHERE run_id = ?", run_id)
        return str(row["experiment"]) if row else ""

    def update(self, run_id: str, **fields: Any) -> Document:
        """Set fields of a run; a status that is final stays."""
        with self._database.transaction():
            document = self.get(run_id)
            if document is None:
                raise ServiceError(404, "UserError", f"Run {run_id} was not found.")
            if document["status"] in TERMINAL:
                fields.pop("status", None)
            document |= fields
            self._database.write("UPDATE runs SET document = ? WHERE run_id = ?", json.dumps(document), run_id)
        return document

    def end(self, run_id: str, status: str, *, error: tuple[str, str] | None = None) -> None:
        """Close a run, once. `error` is (code, message)."""
        with self._database.transaction():
            document = self.get(run_id)
            if document is None or document["status"] in TERMINAL:
                return
            body = error_document(*error) if error else None
            self.update(run_id, status=status, endTimeUtc=now(), error=body)

    def fail_orphans(self) -> list[str]:
        """Close the runs that were active when the sandbox stopped; their ids.

        An interactive run isn't the sandbox's: the notebook that it belongs to goes on, and so does the run.
        """
        submitted = {row["run_id"] for row in self._database.rows("SELECT run_id FROM runs WHERE submitted = 1")}
        parents = {run["runId"]: run["parentRunId"] for run in self.all()}
        orphans = [
            run["runId"]
            for run in self.all()
            if run["status"] not in TERMINAL and any(above in submitted for above in _ancestry(run["runId"], parents))
        ]
        for run_id in orphans:
            message = "The sandbox stopped while this run was active, so the run was lost. Submit it again."
            self.end(run_id, "Failed", error=("ServiceError", message))
        return orphans


def _ancestry(run_id: str, parents: dict[str, str | None]) -> Iterator[str]:
    """A run, its parent, and so on; a run is made after its parent, so there is no circle."""
    above: str | None = run_id
    while above is not None:
        yield above
        above = parents.get(above)
