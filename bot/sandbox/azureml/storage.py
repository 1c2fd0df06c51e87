"""Blobs: ACCOUNT.blob.core.windows.net, and the files behind it. Every address is signed; nothing is listed."""

import base64
import binascii
import hashlib
import re
import secrets
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit
from xml.sax.saxutils import escape

from bot.sandbox.azureml import seed
from bot.sandbox.azureml.database import Database
from bot.sandbox.azureml.errors import ServiceError, not_implemented
from bot.sandbox.azureml.tokens import Tokens
from bot.sandbox.azureml.wire import Request, Response, Route, now, route

_HOST: Final = seed.BLOB_HOST
_BLOCK: Final = re.compile(r"<(Latest|Uncommitted|Committed)>([^<]*)</")
_DEFAULT_TYPE: Final = "application/octet-stream"


class BlobStore:
    """Blobs by name (`container/path`); the bytes are files under `folder`."""

    def __init__(self, database: Database, folder: Path, tokens: Tokens) -> None:
        self._database, self._folder, self._tokens = database, folder, tokens
        self._files = folder / "blobs"
        self._files.mkdir(exist_ok=True)

    def routes(self) -> tuple[Route, ...]:
        return (
            route("PUT", _HOST, "/{name...}", self.put, anonymous=True),
            route("GET", _HOST, "/{name...}", self.get, anonymous=True),
            route("HEAD", _HOST, "/{name...}", self.get, anonymous=True),
        )

    def url(self, name: str, permissions: str = "r") -> str:
        return self._tokens.blob_url(name, permissions)

    def name_of(self, url: str) -> str:
        """The blob that an address of this store names."""
        parts = urlsplit(url)
        return unquote(parts.path).lstrip("/") if parts.hostname == _HOST else ""

    def path(self, name: str) -> Path | None:
        """The file of a blob, or None. Links that lead out of the state directory are not followed."""
        row = self._database.row("SELECT file FROM blobs WHERE name = ?", name)
        if row is None:
            return None
        path = self._folder / str(row["file"])
        return path if path.is_file() and path.resolve().is_relative_to(self._folder.resolve()) else None

    def add_file(self, name: str, path: Path, content_type: str) -> None:
        """Make a file that is already in the state directory a blob; later growth shows."""
        self._record(name, path, content_type)

    def write(self, name: str, content: bytes, content_type: str = _DEFAULT_TYPE) -> None:
        path = self._files / secrets.token_hex(16)
        path.write_bytes(content)
        self._record(name, path, content_type)

    def put(self, request: Request) -> Response:
        name = self._allowed(request, "w")
        kind = request.query.get("comp", "")
        if kind == "block":
            return self._put_block(request, name)
        if kind == "blocklist":
            return self._put_block_list(request, name)
        if kind:
            raise not_implemented(f"blob operation comp={kind}")
        if request.headers.get("x-ms-blob-type", "").lower() != "blockblob":
            raise not_implemented("blobs other than block blobs")
        self._check_new(request, name)
        path = self._receive(request)
        content_type = request.headers.get("x-ms-blob-content-type") or _DEFAULT_TYPE
        self._record(name, path, content_type)
        return self._written(name)

    def get(self, request: Request) -> Response:
        name = self._allowed(request, "r")
        path = self.path(name)
        if path is None:
            raise _refused(404, "BlobNotFound", "The specified blob does not exist.")
        row = self._database.row("SELECT content_type FROM blobs WHERE name = ?", name)
        headers = (("x-ms-blob-type", "BlockBlob"), *self._stamps(name, path))
        return Response(content_type=str(row["content_type"]) if row else _DEFAULT_TYPE, headers=headers, file=path)

    def _allowed(self, request: Request, permission: str) -> str:
        name = request.values["name"]
        permissions = self._tokens.blob_permissions(name, request.query)
        if permission not in permissions:
            message = "Server failed to authenticate the request. Make sure the value of the signature is correct."
            raise _refused(403, "AuthenticationFailed", message)
        return name

    def _check_new(self, request: Request, name: str) -> None:
        if request.headers.get("If-None-Match", "").strip() == "*" and self.path(name) is not None:
            raise _refused(409, "BlobAlreadyExists", "The specified blob already exists.")

    def _receive(self, request: Request) -> Path:
        path = self._files / secrets.token_hex(16)
        try:
            with path.open("xb") as file:
                request.copy_body(file)
            self._check_digest(request, path)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return path

    @staticmethod
    def _check_digest(request: Request, path: Path) -> None:
        announced = request.headers.get("Content-MD5")
        if announced:
            with path.open("rb") as file:
                found = base64.b64encode(hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).digest())
            if found.decode() != announced:
                raise _refused(400, "Md5Mismatch", "The MD5 value specified in the request did not match.")

    def _block_folder(self, name: str) -> Path:
        return self._files / f"blocks-{hashlib.sha256(name.encode()).hexdigest()[:32]}"

    def _put_block(self, request: Request, name: str) -> Response:
        path = self._receive(request)
        folder = self._block_folder(name)
        folder.mkdir(exist_ok=True)
        path.replace(folder / _block_file(request.query.get("blockid", "")))
        return Response(201, headers=_COMMON)

    def _put_block_list(self, request: Request, name: str) -> Response:
        self._check_new(request, name)
        folder = self._block_folder(name)
        path = self._files / secrets.token_hex(16)
        with path.open("xb") as whole:
            for _, block in _BLOCK.findall(request.body().decode("utf-8", "replace")):
                part = folder / _block_file(block)
                if not part.is_file():
                    path.unlink()
                    raise _refused(400, "InvalidBlockList", "The specified block list is invalid.")
                with part.open("rb") as piece:
                    while chunk := piece.read(1 << 20):
                        whole.write(chunk)
        for part in folder.iterdir() if folder.is_dir() else ():
            part.unlink()
        self._record(name, path, request.headers.get("x-ms-blob-content-type") or _DEFAULT_TYPE)
        return self._written(name)

    def _record(self, name: str, path: Path, content_type: str) -> None:
        old = self._database.row("SELECT file FROM blobs WHERE name = ?", name)
        relative = str(path.relative_to(self._folder))
        self._database.write(
            "INSERT INTO blobs VALUES (?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET file = excluded.file, "
            "content_type = excluded.content_type, etag = excluded.etag, modified_utc = excluded.modified_utc",
            name, relative, content_type, f'"0x{secrets.token_hex(8).upper()}"', now(),
        )  # fmt: skip
        if old and old["file"] != relative and str(old["file"]).startswith("blobs/"):
            (self._folder / str(old["file"])).unlink(missing_ok=True)

    def _written(self, name: str) -> Response:
        path = self.path(name)
        stamps = self._stamps(name, path) if path else ()
        return Response(201, headers=(*stamps, *_COMMON))

    def _stamps(self, name: str, path: Path) -> tuple[tuple[str, str], ...]:
        row = self._database.row("SELECT etag FROM blobs WHERE name = ?", name)
        modified = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        etag = str(row["etag"]) if row else '"0x0"'
        return ("ETag", etag), ("Last-Modified", format_datetime(modified, usegmt=True))


_COMMON: Final = (("x-ms-version", "2021-08-06"), ("x-ms-request-server-encrypted", "true"))


def _block_file(block_id: str) -> str:
    """A file name for a block; ids are base64 of the client's choice."""
    try:
        return base64.b64decode(block_id, validate=True).hex() or "empty"
    except binascii.Error as error:
        raise _refused(400, "InvalidQueryParameterValue", "The block id is not valid base64.") from error


def _refused(status: int, code: str, message: str) -> ServiceError:
    document = (
        f'<?xml version="1.0" encoding="utf-8"?><Error><Code>{escape(code)}</Code>'
        f"<Message>{escape(message)}</Message></Error>"
    )
    return ServiceError(
        status,
        code,
        message,
        body=document.encode(),
        content_type="application/xml",
        headers=(("x-ms-error-code", code),),
    )
