"""Run history: experiments, runs, their tags and properties, queries over them, events and run tokens."""

import base64
import json
from datetime import UTC, datetime
from typing import Any, Final

from bot.sandbox.azureml import seed
from bot.sandbox.azureml.artifacts import Artifacts
from bot.sandbox.azureml.errors import ServiceError, bad_request, error_document
from bot.sandbox.azureml.filters import ordering, predicate
from bot.sandbox.azureml.runner import Runner
from bot.sandbox.azureml.runs import Document, Runs
from bot.sandbox.azureml.tokens import Tokens
from bot.sandbox.azureml.wire import Caller, Request, Response, Route, json_response, now, route

_HOST: Final = seed.DATA_HOST
_ML: Final = "Microsoft.MachineLearningServices/workspaces"
_READ: Final = f"{_ML}/experiments/runs/read"
_WRITE: Final = f"{_ML}/experiments/runs/write"
_PAGE: Final = 500
_LOGS: Final = ("user_logs/", "system_logs/", "azureml-logs/", "logs/")
_PATCHED: Final = (
    "name", "displayName", "description", "hidden", "target", "scriptName", "primaryMetricName", "heartbeatEnabled",
    "runType",
)  # fmt: skip
_EVENTS: Final = {
    "Microsoft.MachineLearning.Run.Start": "Running",
    "Microsoft.MachineLearning.Run.Completed": "Completed",
    "Microsoft.MachineLearning.Run.Failed": "Failed",
    "Microsoft.MachineLearning.Run.Canceled": "Canceled",
}


class History:
    """The paths name an experiment or its id; both forms are served."""

    def __init__(self, runs: Runs, artifacts: Artifacts, tokens: Tokens, runner: Runner) -> None:
        self._runs, self._artifacts, self._tokens, self._runner = runs, artifacts, tokens, runner

    def routes(self) -> tuple[Route, ...]:
        base = "/history/v1.0{S}"
        reading, writing = f"{_ML}/experiments/read", f"{_ML}/experiments/write"
        found = [
            route("POST", _HOST, f"{base}/experiments:query", self.experiments, action=reading),
            route("GET", _HOST, f"{base}/experiments/{{experiment}}", self.experiment, action=reading, run="*"),
            route("POST", _HOST, f"{base}/experiments/{{experiment}}", self.make_experiment, action=writing),
            route("GET", _HOST, f"{base}/experimentids/{{experiment}}", self.experiment, action=reading, run="*"),
            route("PATCH", _HOST, f"{base}/experimentids/{{experiment}}", self.patch_experiment, action=writing),
            route("GET", _HOST, f"{base}/runs/{{run}}", self.run, action=_READ, run="run"),
            route("GET", _HOST, f"{base}/runs/{{run}}/details", self.details, action=_READ, run="run"),
            route("POST", _HOST, f"{base}/runs:query", self.query, action=_READ),
            route("GET", _HOST, f"{base}/computes/{{compute}}/runs", self.of_compute, action=_READ),
        ]
        for form in ("experiments", "experimentids"):
            one = f"{base}/{form}/{{experiment}}"
            run = f"{one}/runs/{{run}}"
            found += [
                route("POST", _HOST, f"{one}/runs:query", self.query, action=_READ),
                route("PATCH", _HOST, f"{one}/batch/runs", self.patch_many, action=_WRITE, run="*"),
                route("POST", _HOST, f"{one}/batch/events", self.events, action=_WRITE, run="*"),
                route("GET", _HOST, run, self.run, action=_READ, run="run"),
                route("PATCH", _HOST, run, self.patch, action=_WRITE, run="run"),
                route("GET", _HOST, f"{run}/details", self.details, action=_READ, run="run"),
                route("GET", _HOST, f"{run}/children", self.children, action=_READ, run="run"),
                route("GET", _HOST, f"{run}/token", self.token, action=_READ, run="run"),
                route("POST", _HOST, f"{run}/events", self.event, action=_WRITE, run="run"),
                route("DELETE", _HOST, f"{run}/tags", self.delete_tags, action=_WRITE, run="run"),
            ]
        return tuple(found)

    def experiments(self, request: Request) -> Response:
        view = request.document().get("viewType") or "ActiveOnly"
        found = [
            item
            for item in self._runs.experiments()
            if view == "All" or (item["archivedTime"] is None) == (view == "ActiveOnly")
        ]
        return json_response({"value": found, "continuationToken": None})

    def experiment(self, request: Request) -> Response:
        return json_response(self._experiment(request))

    def make_experiment(self, request: Request) -> Response:
        name = request.values["experiment"]
        return json_response(self._runs.make_experiment(name))

    def patch_experiment(self, request: Request) -> Response:
        document, change = self._experiment(request), request.document()
        if "archive" in change:
            document["archivedTime"] = now() if change["archive"] else None
        document["tags"] |= change.get("tags") or {}
        if "description" in change:
            document["description"] = change["description"]
        self._runs.update_experiment(document)
        return json_response(document)

    def run(self, request: Request) -> Response:
        return json_response(self._run(request))

    def details(self, request: Request) -> Response:
        document = self._run(request)
        record = self._runs.record(document["runId"])
        return json_response(
            {
                "runId": document["runId"],
                "target": document["target"],
                "status": document["status"],
                "startTimeUtc": document["startTimeUtc"],
                "endTimeUtc": document["endTimeUtc"],
                "services": {},
                "error": document["error"],
                "warnings": document["warnings"],
                "properties": document["properties"],
                "inputDatasets": [],
                "outputDatasets": [],
                "runDefinition": record.definition if record and record.definition else None,
                "logFiles": self._artifacts.urls(document["runId"], _LOGS),
            }
        )

    def query(self, request: Request) -> Response:
        """Runs of an experiment (or of the workspace) by filter, in pages."""
        document = request.document()
        experiment = self._experiment(request)["experimentId"] if "experiment" in request.values else None
        return _page(
            self._runs.all(experiment),
            document.get("filter"),
            document.get("orderby"),
            document.get("top"),
            document.get("continuationToken"),
        )

    def children(self, request: Request) -> Response:
        parent = self._run(request)["runId"]
        found = [run for run in self._runs.all() if run["parentRunId"] == parent]
        return self._listed(request, found)

    def of_compute(self, request: Request) -> Response:
        name = request.values["compute"].lower()
        return self._listed(request, [run for run in self._runs.all() if (run["target"] or "").lower() == name])

    @staticmethod
    def _listed(request: Request, found: list[Document]) -> Response:
        values = (request.query_value(name) for name in ("filter", "orderby", "top", "continuationToken"))
        return _page(found, *values)

    def patch(self, request: Request) -> Response:
        return json_response(self._patch(request, request.values["run"], request.document()))

    def patch_many(self, request: Request) -> Response:
        changes = request.document().get("runs") or []
        found = {str(change.get("runId")): self._patch(request, str(change.get("runId")), change) for change in changes}
        return json_response({"runs": found, "errors": {}})

    def _patch(self, request: Request, run_id: str, change: Document) -> Document:
        """Change a run, or make it: that is how the SDK starts child runs and interactive ones."""
        document = self._runs.get(run_id)
        if document is None:
            parent = change.get("parentRunId")
            if parent is not None and self._runs.get(parent) is None:
                raise ServiceError(404, "UserError", f"Run {parent} was not found.")
            self._check_belongs(request.known_caller, parent)
            fields: Document = {key: change.get(key) for key in (*_PATCHED, "parentRunId")}
            fields["tags"], fields["properties"] = change.get("tags") or {}, change.get("properties") or {}
            return self._runs.create(run_id, self._experiment(request), status="NotStarted", **fields)
        self._check_belongs(request.known_caller, run_id)
        fields = {key: change[key] for key in _PATCHED if change.get(key) is not None}
        fields["tags"] = document["tags"] | (change.get("tags") or {})
        fields["properties"] = document["properties"] | (change.get("properties") or {})
        return self._runs.update(run_id, **fields)

    def _check_belongs(self, caller: Caller, run_id: str | None) -> None:
        """A training script changes its own run and what is under it, wherever the request names the run."""
        if caller.run_id is None:
            return
        above = run_id
        while above is not None and above != caller.run_id:
            above = (self._runs.get(above) or {}).get("parentRunId")
        if above is None:
            raise ServiceError(403, "Forbidden", "The token of a run is good for that run only.")

    def delete_tags(self, request: Request) -> Response:
        document, names = self._run(request), request.json()
        if not isinstance(names, list):
            raise bad_request("The body must be a list of tags.")
        kept = {key: value for key, value in document["tags"].items() if key not in names}
        return json_response(self._runs.update(document["runId"], tags=kept))

    def token(self, request: Request) -> Response:
        run_id = self._run(request)["runId"]
        token, expiry = self._tokens.issue_for_run(run_id)
        return json_response({"token": token, "expiryTimeUtc": _moment(expiry)})

    def event(self, request: Request) -> Response:
        """A change of status that a script or a client reports.

        What the sandbox runs has the status that the sandbox sees; of such a run only a cancel is listened to.
        """
        self._event(self._run(request), request.document())
        return json_response({})

    def events(self, request: Request) -> Response:
        """Events of several runs, each with its run id among its data."""
        for event in request.document().get("events") or []:
            run_id = str((event.get("data") or {}).get("RunId") or (event.get("data") or {}).get("runId"))
            self._check_belongs(request.known_caller, run_id)
            document = self._runs.get(run_id)
            if document is None:
                raise ServiceError(404, "UserError", f"Run {run_id} was not found.")
            self._event(document, event)
        return json_response({"errors": []})

    def _event(self, document: Document, event: Document) -> None:
        run_id = document["runId"]
        status = _EVENTS.get(str(event.get("name")))
        if status == "Canceled":
            self._runner.cancel(run_id)
        elif status is not None and not self._runs.is_submitted(run_id):
            self._report(document, status, event.get("data"))

    def _report(self, document: Document, status: str, data: Any) -> None:
        run_id = document["runId"]
        if status == "Running":
            self._runs.update(run_id, status=status, startTimeUtc=document["startTimeUtc"] or now())
            return
        self._runs.end(run_id, status)
        if status == "Failed":
            error = (data or {}).get("errorResponse") if isinstance(data, dict) else None
            body = error if isinstance(error, dict) else error_document("UserError", "The run reported that it failed.")
            self._runs.update(run_id, error=body)

    def _experiment(self, request: Request) -> Document:
        asked = request.values["experiment"]
        found = self._runs.experiment(asked) or self._runs.experiment_by_id(asked)
        if found is None:
            raise ServiceError(404, "UserError", f"Experiment {asked} was not found.")
        return found

    def _run(self, request: Request) -> Document:
        run_id = request.values["run"]
        found = self._runs.get(run_id)
        if found is not None and "experiment" in request.values:
            experiment = self._experiment(request)
            found = found if found["experimentId"] == experiment["experimentId"] else None
        if found is None:
            raise ServiceError(404, "UserError", f"Run {run_id} was not found.")
        return found


def _page(
    runs: list[Document], condition: str | None, order: str | None, top: Any = None, token: str | None = None
) -> Response:
    accepts = predicate(condition)
    field, descending = ordering(order)
    chosen = [run for run in runs if accepts(run)]
    # A run that hasn't started has no start time: it counts as newest.
    chosen.sort(key=lambda run: (run[field] is None, run[field] or "", run["runNumber"]), reverse=descending)
    try:
        size = max(1, min(int(top), _PAGE)) if top else _PAGE
        start = int(json.loads(base64.urlsafe_b64decode(token))) if token else 0
    except (ValueError, TypeError) as error:
        raise bad_request("The page size or the continuation token is not valid.") from error
    more = start + size < len(chosen)
    following = base64.urlsafe_b64encode(json.dumps(start + size).encode()).decode() if more else None
    return json_response({"value": chosen[start : start + size], "continuationToken": following})


def _moment(epoch: int) -> str:
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
