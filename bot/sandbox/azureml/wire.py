"""Requests, responses and routes: what the handlers of every host are made of."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from bot.sandbox.azureml.errors import ServiceError, bad_request

MAX_DOCUMENT: Final = 32 * 1024 * 1024
"""Bytes of a body that is read into memory; blobs are streamed to disk instead."""
PLAIN: Final = "sandbox"
"""The host name of requests that came to the plain port, not through CONNECT."""
CHUNK: Final = 256 * 1024
WORKSPACE: Final = (
    r"/subscriptions/(?P<subscription>[^/]+)/resourceGroups/(?P<group>[^/]+)"
    r"/providers/Microsoft\.MachineLearningServices/workspaces/(?P<workspace>[^/]+)"
)


def now() -> str:
    """The time as the services write it: ISO 8601, UTC, microseconds, `Z`."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a request, as its verified token says.

    `run_id` is set for the token that a training script holds; such a caller has no rights beyond that run.
    """

    object_id: str
    name: str
    run_id: str | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """An answer. `file` is streamed (and honours Range); otherwise `body` is sent.

    A `broken` one announces all of its body, sends half of it and hangs up.
    """

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()
    file: Path | None = None
    broken: bool = False


def json_response(value: object, status: int = 200, headers: tuple[tuple[str, str], ...] = ()) -> Response:
    return Response(status, json.dumps(value).encode(), headers=headers)


@dataclass(slots=True)
class Request:
    """One request to one host, its body still on the wire."""

    method: str
    host: str
    target: str
    headers: Mapping[str, str]
    read: Callable[[int], bytes]
    """Reads up to so many bytes of the body; empty at its end."""
    values: dict[str, str] = field(default_factory=dict)
    """The named parts of the path, percent-decoded."""
    caller: Caller | None = None

    @property
    def raw_path(self) -> str:
        """The path, still percent-encoded, double slashes collapsed: the SDK joins URLs carelessly."""
        return re.sub(r"/{2,}", "/", urlsplit("//host" + self.target).path) or "/"

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit("//host" + self.target).query, keep_blank_values=True))

    def query_value(self, name: str) -> str | None:
        """A query parameter, its name compared as OData and ARM do: without case and with or without `$`."""
        wanted = name.lower().lstrip("$")
        return next((value for key, value in self.query.items() if key.lower().lstrip("$") == wanted), None)

    def body(self) -> bytes:
        parts: list[bytes] = []
        size = 0
        while chunk := self.read(CHUNK):
            size += len(chunk)
            if size > MAX_DOCUMENT:
                raise ServiceError(413, "RequestEntityTooLarge", f"The body is over {MAX_DOCUMENT} bytes.")
            parts.append(chunk)
        return b"".join(parts)

    def copy_body(self, file: IO[bytes]) -> None:
        while chunk := self.read(CHUNK):
            file.write(chunk)

    def json(self) -> Any:
        """The body as JSON.

        Raises:
            ServiceError: it isn't JSON.
        """
        body = self.body()
        if not body:
            return {}
        try:
            return json.loads(body)
        except ValueError as error:
            raise bad_request(f"The body isn't JSON: {error}.") from error

    def document(self) -> dict[str, Any]:
        """The body as a JSON object."""
        value = self.json()
        if not isinstance(value, dict):
            raise bad_request("The body must be a JSON object.")
        return value

    @property
    def known_caller(self) -> Caller:
        """The caller of a route that needs one."""
        if self.caller is None:
            raise ServiceError(401, "AuthenticationFailed", "This needs an access token.")
        return self.caller


Handler = Callable[[Request], Response]


@dataclass(frozen=True, slots=True)
class Route:
    """A path of a host, who may ask for it, and who answers.

    `action` is what the caller's role must allow at the workspace (None: any signed-in caller); `anonymous` routes take
    no token (they check something of their own, or hold nothing secret). `run` names the part of the path that is the
    run a training script's token must be for ("*": any of that script's own look-ups).
    """

    method: str
    host: str
    pattern: re.Pattern[str]
    handler: Handler
    action: str | None = None
    anonymous: bool = False
    run: str | None = None

    def match(self, request: Request) -> dict[str, str] | None:
        if request.method != self.method or request.host != self.host:
            return None
        found = self.pattern.fullmatch(request.raw_path)
        return {name: unquote(value) for name, value in found.groupdict().items()} if found else None


def route(
    method: str,
    host: str,
    template: str,
    handler: Handler,
    *,
    action: str | None = None,
    anonymous: bool = False,
    run: str | None = None,
) -> Route:
    """A route from a template: `{S}` is the workspace's resource path, `{x}` one segment, `{x...}` the rest."""
    parts = re.split(r"(\{[^}]*\})", template)
    pattern = "".join(_part(part) for part in parts)
    return Route(method, host, re.compile(pattern, re.IGNORECASE), handler, action, anonymous, run)


def _part(part: str) -> str:
    if not part.startswith("{"):
        return re.escape(part)
    name = part[1:-1]
    if name == "S":
        return WORKSPACE
    if name.endswith("..."):
        return f"(?P<{name[:-3]}>.*)"
    return f"(?P<{name}>[^/]+)"
