"""Environment definitions: curated ones and the team's own, in numbered versions. A run's environment is built when it
needs it (builder.py), not here."""

import hashlib
import json
from typing import Any, Final

from bot.sandbox.azureml import seed
from bot.sandbox.azureml.database import Database
from bot.sandbox.azureml.errors import ServiceError, bad_request
from bot.sandbox.azureml.wire import Request, Response, Route, json_response, now, route

_HOST: Final = seed.DATA_HOST
_BASE: Final = "/environment/v1.0{S}/environments"
_READ: Final = "Microsoft.MachineLearningServices/workspaces/environments/read"
_WRITE: Final = "Microsoft.MachineLearningServices/workspaces/environments/write"
_RESERVED: Final = "azureml"
_AUTOSAVED: Final = "Autosave_"
_RENAMED: Final = {
    "Name": "name",
    "EnvironmentVariables": "environmentVariables",
    "Docker": "docker",
    "Spark": "spark",
    "InferencingStackVersion": "inferencingStackVersion",
}
"""What a client registers has other capitals than what it reads back."""


class Environments:
    """Versions count up from 1; registering what is already the latest version makes no new one."""

    def __init__(self, database: Database) -> None:
        self._database = database
        with database.transaction():
            for definition in seed.ENVIRONMENTS:
                database.write(
                    "INSERT OR REPLACE INTO environments VALUES (?, ?, ?)",
                    definition["name"], int(definition["version"]), json.dumps(definition),
                )  # fmt: skip

    def routes(self) -> tuple[Route, ...]:
        return (
            route("GET", _HOST, f"{_BASE}/", self.list_latest, action=_READ),
            route("GET", _HOST, _BASE, self.list_latest, action=_READ),
            route("GET", _HOST, f"{_BASE}/{{name}}", self.get, action=_READ),
            route("GET", _HOST, f"{_BASE}/{{name}}/versions/{{version}}", self.get, action=_READ),
            route("GET", _HOST, f"{_BASE}/{{name}}/labels/{{label}}", self.by_label, action=_READ),
            route("GET", seed.ARM_HOST, "{S}/environments/{name}", self.container, action=_READ),
            route("PUT", seed.ARM_HOST, "{S}/environments/{name}", self.change_container, action=_WRITE),
            route("PUT", _HOST, f"{_BASE}/{{name}}", self.register, action=_WRITE),
            route("PUT", _HOST, f"{_BASE}/{{name}}/versions/{{version}}", self.register, action=_WRITE),
            route("PUT", _HOST, f"{_BASE}/{{name}}/versions/{{version}}/metadata", self.label, action=_WRITE),
        )

    def named(self, asked: dict[str, Any], experiment: str) -> dict[str, Any]:
        """The environment of a run definition, with a name and a version.

        One that nobody registered is kept under a version of its own making, as the service does: everything that ran
        can be looked up, and the lists have entries that nobody chose.
        """
        name = str(asked.get("name") or f"Experiment {experiment} Environment")
        if asked.get("version"):
            return asked
        content = _content(asked)
        with self._database.transaction():
            rows = self._database.rows("SELECT document FROM environments WHERE name = ? ORDER BY version DESC", name)
            for row in rows:
                registered: dict[str, Any] = json.loads(row["document"])
                if _content(registered) == content:
                    return asked | {"name": name, "version": registered["version"]}
            digest = hashlib.sha256(content.encode()).hexdigest()[:8]
            earlier = self._autosaved(name, f"%_{digest}")
            version = earlier["version"] if earlier else f"{_AUTOSAVED}{now()[:19]}Z_{digest}"
            kept = asked | {"name": name, "version": version}
            self._database.write(
                "INSERT OR IGNORE INTO environment_autosaves (name, version, document) VALUES (?, ?, ?)",
                name, version, json.dumps(kept),
            )  # fmt: skip
        return kept

    def latest(self) -> list[dict[str, Any]]:
        """The latest version of each that isn't archived, in order of name; of one that nobody registered, what a run
        has kept."""
        rows = self._database.rows(
            "SELECT * FROM (SELECT name, document, MAX(version) FROM environments GROUP BY name UNION ALL "
            "SELECT name, document, MAX(sequence) FROM environment_autosaves "
            "WHERE name NOT IN (SELECT name FROM environments) GROUP BY name) "
            "WHERE name NOT IN (SELECT name FROM environment_archive)"
        )
        rows.sort(key=lambda row: row["name"].lower())
        return [json.loads(row["document"]) for row in rows]

    def list_latest(self, _request: Request) -> Response:
        return json_response({"value": self.latest(), "continuationToken": None})

    def container(self, request: Request) -> Response:
        """All versions of an environment as one resource, as SDK v2 and the studio see it."""
        name = request.values["name"]
        latest = self._definition(name, None)
        archived = self._database.row("SELECT 1 FROM environment_archive WHERE name = ?", name) is not None
        return json_response(
            {
                "id": f"{seed.WORKSPACE_SCOPE}/environments/{name}",
                "name": name,
                "type": "Microsoft.MachineLearningServices/workspaces/environments",
                "properties": {"isArchived": archived, "latestVersion": latest["version"]},
            }
        )

    def change_container(self, request: Request) -> Response:
        """Archive an environment, or take it back: it leaves the lists, and whoever names it still gets it."""
        name = request.values["name"]
        self._definition(name, None)
        archived = (request.document().get("properties") or {}).get("isArchived")
        if archived is True:
            self._database.write("INSERT OR IGNORE INTO environment_archive VALUES (?)", name)
        elif archived is False:
            self._database.write("DELETE FROM environment_archive WHERE name = ?", name)
        return self.container(request)

    def get(self, request: Request) -> Response:
        name, version = request.values["name"], request.values.get("version")
        return json_response(self._definition(name, version))

    def by_label(self, request: Request) -> Response:
        name, label = request.values["name"], request.values["label"]
        if label.lower() == "latest":
            return json_response(self._definition(name, None))
        row = self._database.row("SELECT version FROM environment_labels WHERE name = ? AND label = ?", name, label)
        if row is None:
            raise _missing(f"Environment '{name}' with label '{label}'")
        return json_response(self._definition(name, str(row["version"])))

    def register(self, request: Request) -> Response:
        name, asked = request.values["name"], request.values.get("version")
        if name.lower().startswith(_RESERVED):
            raise bad_request(f"Environment names that begin with 'AzureML' are reserved, so '{name}' can't be used.")
        document = {_RENAMED.get(key, key): value for key, value in request.document().items()}
        document["name"] = name
        with self._database.transaction():
            latest = self._latest(name)
            if latest is not None and asked is None and _content(latest) == _content(document):
                return json_response(latest)
            version = _number(asked) if asked is not None else (int(latest["version"]) + 1 if latest else 1)
            existing = self._database.row(
                "SELECT document FROM environments WHERE name = ? AND version = ?", name, version
            )
            if existing is not None:
                kept: dict[str, Any] = json.loads(existing["document"])
                if _content(kept) != _content(document):
                    message = f"Version {version} of environment '{name}' exists and can't be changed."
                    raise ServiceError(409, "UserError", message)
                return json_response(kept)
            document["version"] = str(version)
            document["createdTime"] = now()
            self._database.write("INSERT INTO environments VALUES (?, ?, ?)", name, version, json.dumps(document))
        return json_response(document)

    def label(self, request: Request) -> Response:
        name, version = request.values["name"], request.values["version"]
        self._definition(name, version)
        labels = request.document().get("Labels") or []
        with self._database.transaction():
            for label in labels:
                self._database.write(
                    "INSERT OR REPLACE INTO environment_labels VALUES (?, ?, ?)", name, str(label), int(version)
                )
        return json_response({})

    def _latest(self, name: str) -> dict[str, Any] | None:
        row = self._database.row("SELECT document FROM environments WHERE name = ? ORDER BY version DESC LIMIT 1", name)
        return json.loads(row["document"]) if row else None

    def _autosaved(self, name: str, version: str) -> dict[str, Any] | None:
        row = self._database.row(
            "SELECT document FROM environment_autosaves WHERE name = ? AND version LIKE ? ORDER BY sequence DESC",
            name, version,
        )  # fmt: skip
        return json.loads(row["document"]) if row else None

    def _definition(self, name: str, version: str | None) -> dict[str, Any]:
        if version is None or version.lower() == "latest":
            found = self._latest(name) or self._autosaved(name, "%")
        elif version.startswith(_AUTOSAVED):
            found = self._autosaved(name, version)
        else:
            row = self._database.row(
                "SELECT document FROM environments WHERE name = ? AND version = ?", name, _number(version)
            )
            found = json.loads(row["document"]) if row else None
        if found is None:
            suffix = f" version '{version}'" if version else ""
            raise _missing(f"Environment '{name}'{suffix}")
        return found


def _content(document: dict[str, Any]) -> str:
    """What makes two definitions the same: everything but name, version and time."""
    kept = {key: value for key, value in document.items() if key not in {"name", "version", "createdTime"}}
    return json.dumps({key: value for key, value in kept.items() if value is not None}, sort_keys=True)


def _number(version: str) -> int:
    try:
        return int(version)
    except ValueError as error:
        raise bad_request(f"'{version}' is not a version; the sandbox numbers versions 1, 2, 3.") from error


def _missing(what: str) -> ServiceError:
    return ServiceError(404, "EnvironmentNotFound", f"{what} was not found in workspace '{seed.WORKSPACE}'.")
