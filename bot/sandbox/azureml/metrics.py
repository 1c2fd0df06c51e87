"""Metrics of runs, as `Run.log` sends them and `get_metrics` reads them."""

import json
from sqlite3 import Row
from typing import Any, Final

from bot.sandbox.azureml import seed
from bot.sandbox.azureml.database import Database
from bot.sandbox.azureml.errors import ServiceError, bad_request
from bot.sandbox.azureml.filters import moment
from bot.sandbox.azureml.wire import Request, Response, Route, json_response, route

_HOST: Final = seed.DATA_HOST
_ML: Final = "Microsoft.MachineLearningServices/workspaces"
_READ: Final = f"{_ML}/experiments/runs/read"
_WRITE: Final = f"{_ML}/experiments/runs/write"


class Metrics:
    """Every logged value, in the order of the time it was logged at."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def routes(self) -> tuple[Route, ...]:
        base = "/metric/v2.0{S}/runs/{run}"
        history = "/history/v1.0{S}/{experiments}/{experiment}/runs/{run}"
        return (
            route("POST", _HOST, f"{base}/batch", self.add, action=_WRITE, run="run"),
            route("POST", _HOST, f"{base}/list", self.names, action=_READ, run="run"),
            route("POST", _HOST, f"{base}/full", self.full, action=_READ, run="run"),
            route("GET", _HOST, f"{history}/metricsingest/wait", self.ingested, action=_READ, run="run"),
        )

    def add(self, request: Request) -> Response:
        run_id = self._run(request)
        values = request.document().get("values")
        if not isinstance(values, list):
            raise bad_request('"values" must be a list.')
        with self._database.transaction():
            for metric in values:
                for value in metric.get("value") or []:
                    self._database.write(
                        "INSERT INTO metrics (run_id, name, columns, properties, value) VALUES (?, ?, ?, ?, ?)",
                        run_id, str(metric["name"]), json.dumps(metric.get("columns") or {}),
                        json.dumps(metric.get("properties") or {}), json.dumps(value),
                    )  # fmt: skip
        return json_response({"errors": []})

    def names(self, request: Request) -> Response:
        """Metrics in the order of their first value."""
        rows = self._database.rows(
            "SELECT name, columns, MIN(sequence) AS first FROM metrics WHERE run_id = ? GROUP BY name ORDER BY first",
            self._run(request),
        )
        found = [
            {
                "metricKey": {"name": row["name"], "namespace": None, "labels": {}},
                "columns": json.loads(row["columns"]),
            }
            for row in rows
        ]
        return json_response({"value": found, "continuationToken": None})

    def full(self, request: Request) -> Response:
        run_id, name = self._run(request), str(request.document().get("metricName"))
        rows = self._database.rows(
            "SELECT * FROM metrics WHERE run_id = ? AND name = ? ORDER BY sequence", run_id, name
        )
        if not rows:
            raise ServiceError(404, "UserError", f"Metric '{name}' was not found for run '{run_id}'.")
        columns: dict[str, str] = {}
        for row in rows:
            columns |= json.loads(row["columns"])
        values = _in_order(rows)
        return json_response(
            {
                "dataContainerId": f"dcid.{run_id}",
                "name": name,
                "columns": columns,
                "properties": json.loads(rows[0]["properties"]),
                "namespace": None,
                "value": values,
                "continuationToken": None,
            }
        )

    def of_run(self, run_id: str) -> dict[str, list[dict[str, Any]]]:
        """Name -> values as they were sent, in the order of the first value of each."""
        rows = self._database.rows("SELECT * FROM metrics WHERE run_id = ? ORDER BY sequence", run_id)
        names = list(dict.fromkeys(row["name"] for row in rows))
        return {name: _in_order([row for row in rows if row["name"] == name]) for name in names}

    def ingested(self, request: Request) -> Response:
        """Nothing to wait for: values are stored before they are acknowledged."""
        self._run(request)
        return json_response({})

    def _run(self, request: Request) -> str:
        run_id = request.values["run"]
        if self._database.row("SELECT 1 FROM runs WHERE run_id = ?", run_id) is None:
            raise ServiceError(404, "UserError", f"Run {run_id} was not found.")
        return run_id


def _in_order(rows: list[Row]) -> list[dict[str, Any]]:
    # Batches of one script arrive concurrently: the time of logging decides, compared as time, not as text.
    return sorted((json.loads(row["value"]) for row in rows), key=_logged_at)


def _logged_at(value: dict[str, Any]) -> float:
    try:
        return moment(str(value.get("createdUtc"))).timestamp()
    except ValueError:
        return 0.0
