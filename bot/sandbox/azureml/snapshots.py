"""Project snapshots: which files a run's code consists of, uploaded piece by piece as they change."""

import json
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any, Final

from bot.sandbox.azureml import seed
from bot.sandbox.azureml.database import Database
from bot.sandbox.azureml.errors import bad_request, not_found
from bot.sandbox.azureml.storage import BlobStore
from bot.sandbox.azureml.wire import Request, Response, Route, json_response, now, route

_HOST: Final = seed.DATA_HOST
_READ: Final = "Microsoft.MachineLearningServices/workspaces/metadata/snapshots/read"
_WRITE: Final = "Microsoft.MachineLearningServices/workspaces/metadata/snapshots/write"
_MAX_DEPTH: Final = 100


class Snapshots:
    """Each snapshot keeps its whole tree; unchanged files are taken over from its parent."""

    def __init__(self, database: Database, blobs: BlobStore) -> None:
        self._database, self._blobs = database, blobs
        self._empty = database.fact("empty_snapshot", str(uuid.uuid4()))
        root = {"name": "", "type": "Directory", "timestamp": now(), "hash": "", "children": {}}
        database.write(
            "INSERT OR IGNORE INTO snapshots VALUES (?, ?, ?, '{}')", self._empty, root["timestamp"], json.dumps(root)
        )

    def routes(self) -> tuple[Route, ...]:
        v1, v2 = "/content/v1.0{S}/snapshots", "/content/v2.0{S}/snapshots"
        return (
            route("GET", _HOST, f"{v1}/latest/metadata", self.latest, action=_READ),
            route("GET", _HOST, f"{v1}/{{id}}/metadata", self.metadata, action=_READ),
            route("POST", _HOST, f"{v2}/getblob", self.places, action=_WRITE),
            route("POST", _HOST, f"{v2}/{{id}}", self.create, action=_WRITE),
        )

    def exists(self, snapshot_id: str) -> bool:
        return self._database.row("SELECT 1 FROM snapshots WHERE id = ?", snapshot_id) is not None

    def unpack(self, snapshot_id: str, folder: Path) -> None:
        """Copy a snapshot's files into `folder`.

        Raises:
            FileNotFoundError: the snapshot or one of its files is gone.
        """
        row = self._database.row("SELECT files FROM snapshots WHERE id = ?", snapshot_id)
        if row is None:
            raise FileNotFoundError(f"snapshot {snapshot_id}")
        for name, blob in json.loads(row["files"]).items():
            source = self._blobs.path(blob)
            if source is None:
                raise FileNotFoundError(f"{name} of snapshot {snapshot_id}")
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)

    def latest(self, _request: Request) -> Response:
        """The empty snapshot: a client without its own cache then uploads everything, whatever the project."""
        return self._document(self._empty)

    def metadata(self, request: Request) -> Response:
        return self._document(request.values["id"])

    def _document(self, snapshot_id: str) -> Response:
        row = self._database.row("SELECT * FROM snapshots WHERE id = ?", snapshot_id)
        if row is None:
            raise not_found("Snapshot", snapshot_id)
        return json_response({"id": row["id"], "createdTime": row["created_utc"], "root": json.loads(row["tree"])})

    def places(self, request: Request) -> Response:
        """Where to put the bytes of the files named."""
        names = request.document().get("FileNames") or []
        folder = f"snapshots/{uuid.uuid4()}"
        nodes = [
            {"fullName": str(name), "blobUri": self._blobs.url(f"{folder}/{_clean(str(name))}", "rcw")}
            for name in names
        ]
        return json_response({"fileNodes": nodes})

    def create(self, request: Request) -> Response:
        """Store a tree once every file in it has its bytes, here or in the parent."""
        snapshot_id = request.values["id"]
        document = request.document()
        tree = document.get("DirTreeNode")
        if not isinstance(tree, dict):
            raise bad_request("The snapshot has no DirTreeNode.")
        parent = self._database.row("SELECT files FROM snapshots WHERE id = ?", document.get("ParentSnapshotId"))
        known: dict[str, str] = json.loads(parent["files"]) if parent else {}
        for node in (document.get("FileRevisionList") or {}).get("FileNodes") or []:
            known[_clean(str(node.get("FullName")))] = self._blobs.name_of(str(node.get("BlobUri")))
        files: dict[str, str] = {}
        for path in _files(tree, PurePosixPath(), 0):
            blob = known.get(path, "")
            if not blob or self._blobs.path(blob) is None:
                raise bad_request(f"The file '{path}' is in the tree but was never uploaded.")
            files[path] = blob
        self._database.write(
            "INSERT OR REPLACE INTO snapshots VALUES (?, ?, ?, ?)",
            snapshot_id, now(), json.dumps(tree), json.dumps(files),
        )  # fmt: skip
        return json_response({"id": snapshot_id})


def _files(node: dict[str, Any], above: PurePosixPath, depth: int) -> Iterator[str]:
    if depth > _MAX_DEPTH:
        raise bad_request("The tree is nested too deeply.")
    for name, child in (node.get("children") or {}).items():
        path = above / name
        if child.get("type") == "File":
            yield _clean(str(path))
        else:
            yield from _files(child, path, depth + 1)


def _clean(name: str) -> str:
    """A file name inside a project.

    Raises:
        ServiceError: it is absolute or leads out.
    """
    path = PurePosixPath(name)
    if not path.parts or path.is_absolute() or ".." in path.parts or "\0" in name:
        raise bad_request(f"'{name}' is not a path inside a project.")
    return str(path)
