"""Model management: assets (which artifacts belong together) and models, in numbered versions.

Deployments aren't there: every other path of the service is answered with 501 and its name.
"""

import json
import uuid
from typing import Any, Final
from urllib.parse import quote

from bot.sandbox.azureml import seed
from bot.sandbox.azureml.database import Database
from bot.sandbox.azureml.errors import ServiceError, bad_request
from bot.sandbox.azureml.wire import Caller, Request, Response, Route, json_response, now, route

_HOST: Final = seed.DATA_HOST
_ML: Final = "Microsoft.MachineLearningServices/workspaces"
_BASE: Final = "/modelmanagement/v1.0{S}"
_PAGE: Final = 255
_PATCHED: Final = frozenset({"kvTags", "properties", "description", "resourceRequirements"})
_KEPT: Final = (
    "framework", "frameworkVersion", "datasets", "description", "unpack", "runId", "experimentName", "kvTags",
    "properties", "sampleInputData", "sampleOutputData", "resourceRequirements",
)  # fmt: skip
Document = dict[str, Any]


class Models:
    """A model's version counts up from 1 and isn't given out again, not even when the model was deleted."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def routes(self) -> tuple[Route, ...]:
        reading, writing = f"{_ML}/models/read", f"{_ML}/models/write"
        one = f"{_BASE}/models/{{id}}"
        return (
            route("POST", _HOST, f"{_BASE}/assets", self.create_asset, action=writing, run="*"),
            route("GET", _HOST, f"{_BASE}/assets", self.assets, action=reading),
            route("GET", _HOST, f"{_BASE}/assets/{{id}}", self.asset, action=reading, run="*"),
            route("POST", _HOST, f"{_BASE}/models", self.register, action=writing, run="*"),
            route("GET", _HOST, f"{_BASE}/models", self.list, action=reading, run="*"),
            route("GET", _HOST, one, self.get, action=reading, run="*"),
            route("PATCH", _HOST, one, self.patch, action=writing),
            route("DELETE", _HOST, one, self.delete, action=f"{_ML}/models/delete"),
        )

    def create_asset(self, request: Request) -> Response:
        document = request.document()
        _check_run(request.known_caller, document.get("runid"))
        if not document.get("name") or not isinstance(document.get("artifacts"), list):
            raise bad_request("An asset needs a name and a list of artifacts.")
        document |= {"id": uuid.uuid4().hex, "createdTime": now()}
        self._database.write("INSERT INTO assets VALUES (?, ?)", document["id"], json.dumps(document))
        return json_response(document)

    def assets(self, request: Request) -> Response:
        name, run_id = request.query_value("name"), request.query_value("runId")
        rows = self._database.rows("SELECT document FROM assets ORDER BY rowid DESC")
        found = [json.loads(row["document"]) for row in rows]
        chosen = [item for item in found if name in (None, item["name"]) and run_id in (None, item.get("runid"))]
        return json_response({"value": chosen})

    def asset(self, request: Request) -> Response:
        row = self._database.row("SELECT document FROM assets WHERE id = ?", request.values["id"])
        if row is None:
            raise _missing("Asset", request.values["id"])
        return json_response(json.loads(row["document"]))

    def register(self, request: Request) -> Response:
        asked = request.document()
        _check_run(request.known_caller, asked.get("runId"))
        name, url = str(asked.get("name") or ""), str(asked.get("url") or "")
        asset = url.removeprefix("aml://asset/")
        if not name or "/" in name or ":" in name:
            raise bad_request(f"'{name}' is not a name of a model.")
        if not self._database.row("SELECT 1 FROM assets WHERE id = ?", asset):
            raise bad_request(f"'{url}' is not an asset of this workspace.")
        with self._database.transaction():
            row = self._database.row("SELECT COALESCE(MAX(version), 0) + 1 AS next FROM models WHERE name = ?", name)
            version = int(row["next"]) if row else 1
            document: Document = {
                "id": f"{name}:{version}",
                "name": name,
                "version": version,
                "url": url,
                "mimeType": asked.get("mimeType") or "application/json",
                "createdTime": now(),
                "modifiedTime": now(),
                "createdBy": {
                    "userObjectId": seed.BOT_OBJECT_ID,
                    "userTenantId": seed.TENANT_ID,
                    "userName": seed.BOT_NAME,
                },
                "parentModelId": None,
                "derivedModelIds": [],
            } | {key: asked.get(key) for key in _KEPT}
            for key, empty in (("kvTags", {}), ("properties", {}), ("datasets", [])):
                document[key] = document[key] or empty
            self._database.write(
                "INSERT INTO models (name, version, document) VALUES (?, ?, ?)", name, version, json.dumps(document)
            )
        return json_response(document)

    def all(self) -> tuple[Document, ...]:
        """Every version of every model, newest first."""
        rows = self._database.rows("SELECT document FROM models WHERE document IS NOT NULL ORDER BY sequence DESC")
        return tuple(json.loads(row["document"]) for row in rows)

    def list(self, request: Request) -> Response:
        """Newest first, in pages; `nextLink` is there only where there is more, as the SDK looks for the key."""
        found = [model for model in self.all() if _matches(model, request)]
        if str(request.query_value("latestVersionOnly")).lower() == "true":
            found = list({model["name"]: model for model in reversed(found)}.values())[::-1]
        try:
            size = max(1, min(int(request.query_value("count") or _PAGE), _PAGE))
            start = int(request.query_value("skipToken") or 0)
        except ValueError as error:
            raise bad_request("The page size or the continuation token is not valid.") from error
        answer: Document = {"value": found[start : start + size]}
        if start + size < len(found):
            kept = {key: value for key, value in request.query.items() if key.lower() != "$skiptoken"}
            query = "&".join(f"{key}={quote(value)}" for key, value in kept.items())
            answer["nextLink"] = f"https://{_HOST}{request.raw_path}?{query}&$skipToken={start + size}"
        return json_response(answer)

    def get(self, request: Request) -> Response:
        return json_response(self._model(request))

    def patch(self, request: Request) -> Response:
        """A JSON patch, of what the SDK's updates change."""
        document, changes = self._model(request), request.json()
        if not isinstance(changes, list):
            raise bad_request("The body must be a list of changes.")
        for change in changes:
            field = str(change.get("path", "")).lstrip("/")
            if field not in _PATCHED or change.get("op") not in {"add", "replace"}:
                raise bad_request(f"'{change.get('op')}' of '{field}' is not a change that a model takes.")
            document[field] = change.get("value")
        document["modifiedTime"] = now()
        self._write(document, json.dumps(document))
        return json_response(document)

    def delete(self, request: Request) -> Response:
        self._write(self._model(request), None)
        return json_response({})

    def _write(self, document: Document, text: str | None) -> None:
        self._database.write(
            "UPDATE models SET document = ? WHERE name = ? AND version = ?", text, document["name"], document["version"]
        )

    def _model(self, request: Request) -> Document:
        model_id = request.values["id"]
        name, _, version = model_id.rpartition(":")
        row = self._database.row(
            "SELECT document FROM models WHERE name = ? AND CAST(version AS TEXT) = ?", name, version
        )
        if row is None or row["document"] is None:
            raise _missing("Model", model_id)
        found: Document = json.loads(row["document"])
        return found


def _matches(model: Document, request: Request) -> bool:
    for parameter, field in (("name", "name"), ("framework", "framework"), ("runId", "runId")):
        if request.query_value(parameter) not in (None, model[field]):
            return False
    return all(
        _holds(model[field], part)
        for parameter, field in (("tags", "kvTags"), ("tag", "kvTags"), ("properties", "properties"))
        for part in (request.query_value(parameter) or "").split(",")
        if part
    )


def _holds(pairs: dict[str, str], part: str) -> bool:
    key, given, value = part.partition("=")
    return key in pairs and (not given or pairs[key] == value)


def _check_run(caller: Caller, run_id: Any) -> None:
    """A training script registers what its own run made."""
    if caller.run_id is not None and caller.run_id != run_id:
        raise ServiceError(403, "Forbidden", "The token of a run is good for that run only.")


def _missing(what: str, name: str) -> ServiceError:
    return ServiceError(404, "NotFound", f"{what} '{name}' was not found in workspace '{seed.WORKSPACE}'.")
