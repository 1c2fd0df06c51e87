"""Artifacts: the named files of runs (`ExperimentRun/dcid.RUN/path`) and of anything else, kept as blobs."""

import mimetypes
from pathlib import Path
from typing import Any, Final

from bot.sandbox.azureml import seed
from bot.sandbox.azureml.database import Database
from bot.sandbox.azureml.errors import ServiceError, bad_request, error_document
from bot.sandbox.azureml.storage import BlobStore
from bot.sandbox.azureml.wire import Request, Response, Route, json_response, now, route

_HOST: Final = seed.DATA_HOST
_CONTAINER: Final = "azureml"
_BASE: Final = "/artifact/v2.0{S}/artifacts"
_PLACE: Final = "{origin}/{container}"
_READ: Final = "Microsoft.MachineLearningServices/workspaces/metadata/artifacts/read"
_WRITE: Final = "Microsoft.MachineLearningServices/workspaces/metadata/artifacts/write"


class Artifacts:
    """The index of artifacts; `blobs` holds what is in them."""

    def __init__(self, database: Database, blobs: BlobStore) -> None:
        self._database, self._blobs = database, blobs

    def routes(self) -> tuple[Route, ...]:
        def reading(template: str, handler: Any) -> Route:
            return route("GET", _HOST, _BASE + template, handler, action=_READ, run="container")

        def writing(template: str, handler: Any) -> Route:
            return route("POST", _HOST, _BASE + template, handler, action=_WRITE, run="container")

        return (
            writing(f"/batch/metadata/{_PLACE}", self.reserve),
            reading(f"/prefix/contentinfo/{_PLACE}/{{path...}}", self.list_with_urls),
            reading(f"/contentinfo/{_PLACE}/{{path...}}", self.content_information),
            reading(f"/metadata/{_PLACE}/{{path...}}", self.metadata),
            reading(f"/content/{_PLACE}/{{path...}}", self.download),
            writing(f"/content/{_PLACE}/{{path...}}", self.upload),
            reading(f"/{_PLACE}", self.list_container),
            reading(f"/{_PLACE}/{{path...}}", self.list_container),
        )

    def add_file(self, run_id: str, path: str, file: Path) -> None:
        """Make a file of the state directory an artifact of a run."""
        origin, container = "ExperimentRun", f"dcid.{run_id}"
        self._register(origin, container, path)
        guessed = mimetypes.guess_type(path)[0] or "application/octet-stream"
        self._blobs.add_file(_blob(origin, container, path), file, guessed)

    def files(self, run_id: str) -> dict[str, Path]:
        """Path -> file of a run's artifacts, by path."""
        origin, container = "ExperimentRun", f"dcid.{run_id}"
        blobs = {path: self._blobs.path(_blob(origin, container, path)) for path in self._paths(origin, container, "")}
        return {path: file for path, file in blobs.items() if file is not None}

    def urls(self, run_id: str, prefixes: tuple[str, ...]) -> dict[str, str]:
        """Path -> signed address of a run's artifacts under any of `prefixes`."""
        origin, container = "ExperimentRun", f"dcid.{run_id}"
        return {
            path: self._blobs.url(_blob(origin, container, path))
            for path in self._paths(origin, container, "")
            if path.startswith(prefixes)
        }

    def reserve(self, request: Request) -> Response:
        """Register artifacts that don't exist yet and say where their bytes go."""
        origin, container = request.values["origin"], request.values["container"]
        wanted = request.document().get("paths")
        if not isinstance(wanted, list):
            raise bad_request('"paths" must be a list.')
        answer: dict[str, dict[str, Any]] = {"artifacts": {}, "artifactContentInformation": {}, "errors": {}}
        for item in wanted:
            path = _clean(str(item.get("path", "")) if isinstance(item, dict) else "")
            with self._database.transaction():
                taken = self._blobs.path(_blob(origin, container, path)) is not None
                if not taken:
                    self._register(origin, container, path)
            if taken:
                message = f"Resource Conflict: ArtifactId {origin}/{container}/{path} already exists."
                answer["errors"][path] = error_document("UserError", message)
                continue
            answer["artifacts"][path] = self._document(origin, container, path)
            answer["artifactContentInformation"][path] = self._information(origin, container, path, "rcw")
        return json_response(answer)

    def list_with_urls(self, request: Request) -> Response:
        origin, container, prefix = _place(request)
        found = [self._information(origin, container, path, "r") for path in self._paths(origin, container, prefix)]
        return json_response({"value": found, "continuationToken": None})

    def list_container(self, request: Request) -> Response:
        origin, container, prefix = _place(request)
        found = [self._document(origin, container, path) for path in self._paths(origin, container, prefix)]
        return json_response({"value": found, "continuationToken": None})

    def content_information(self, request: Request) -> Response:
        origin, container, path = self._existing(request)
        return json_response(self._information(origin, container, path, "r"))

    def metadata(self, request: Request) -> Response:
        return json_response(self._document(*self._existing(request)))

    def download(self, request: Request) -> Response:
        origin, container, path = self._existing(request)
        file = self._blobs.path(_blob(origin, container, path))
        if file is None:
            raise _missing(origin, container, path)
        return Response(content_type="application/octet-stream", file=file)

    def upload(self, request: Request) -> Response:
        origin, container, path = _place(request)
        path = _clean(path)
        if self._blobs.path(_blob(origin, container, path)) is not None:
            message = f"Resource Conflict: ArtifactId {origin}/{container}/{path} already exists."
            raise ServiceError(409, "UserError", message)
        self._blobs.write(_blob(origin, container, path), request.body())
        self._register(origin, container, path)
        return json_response(self._document(origin, container, path))

    def _register(self, origin: str, container: str, path: str) -> None:
        self._database.write("INSERT OR IGNORE INTO artifacts VALUES (?, ?, ?, ?)", origin, container, path, now())

    def _paths(self, origin: str, container: str, prefix: str) -> list[str]:
        rows = self._database.rows(
            "SELECT path FROM artifacts WHERE origin = ? AND container = ? ORDER BY path", origin, container
        )
        return [
            row["path"]
            for row in rows
            if row["path"].startswith(prefix) and self._blobs.path(_blob(origin, container, row["path"])) is not None
        ]

    def _existing(self, request: Request) -> tuple[str, str, str]:
        origin, container, path = _place(request)
        found = self._database.row(
            "SELECT 1 FROM artifacts WHERE origin = ? AND container = ? AND path = ?", origin, container, path
        )
        if found is None or self._blobs.path(_blob(origin, container, path)) is None:
            raise _missing(origin, container, path)
        return origin, container, path

    def _document(self, origin: str, container: str, path: str) -> dict[str, Any]:
        row = self._database.row(
            "SELECT created_utc FROM artifacts WHERE origin = ? AND container = ? AND path = ?", origin, container, path
        )
        return {
            "artifactId": _blob(origin, container, path).removeprefix(f"{_CONTAINER}/"),
            "origin": origin,
            "container": container,
            "path": path,
            "etag": None,
            "createdTime": row["created_utc"] if row else now(),
            "dataPath": None,
        }

    def _information(self, origin: str, container: str, path: str, permissions: str) -> dict[str, Any]:
        return {
            "origin": origin,
            "container": container,
            "path": path,
            "contentUri": self._blobs.url(_blob(origin, container, path), permissions),
        }


def _blob(origin: str, container: str, path: str) -> str:
    return f"{_CONTAINER}/{origin}/{container}/{path}"


def _place(request: Request) -> tuple[str, str, str]:
    return request.values["origin"], request.values["container"], request.values.get("path", "").lstrip("/")


def _clean(path: str) -> str:
    """A path inside a container.

    Raises:
        ServiceError: it is empty or leads out.
    """
    parts = path.replace("\\", "/").split("/")
    if not path or any(part in {"", ".", ".."} for part in parts):
        raise bad_request(f"'{path}' is not a path of an artifact.")
    return "/".join(parts)


def _missing(origin: str, container: str, path: str) -> ServiceError:
    return ServiceError(404, "UserError", f"ArtifactId {origin}/{container}/{path} was not found.")
