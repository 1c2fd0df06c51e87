"""A Git host's webhook: the FAQ has changed, look now instead of at the next tick."""

import hashlib
import hmac
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

log = structlog.get_logger(__name__)

PATH = "/faq/reload"


class ReloadHook:
    """The WSGI application at `PATH`. A request counts when it is signed with `secret` as GitHub and Gitea sign:
    `X-Hub-Signature-256: sha256=HEX` of the body. What it says is not read, so that a replay only causes a look."""

    def __init__(self, secret: str, heard: Callable[[], None], *, max_body: int) -> None:
        self._secret = secret.encode()
        self._heard = heard
        self._max_body = max_body

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if environ.get("REQUEST_METHOD") != "POST":
            return _plain(start_response, "405 Method Not Allowed", "only POST")
        if int(environ.get("CONTENT_LENGTH") or 0) > self._max_body:
            return _plain(start_response, "413 Content Too Large", "too large")
        expected = "sha256=" + hmac.new(self._secret, environ["wsgi.input"].read(), hashlib.sha256).hexdigest()
        given = str(environ.get("HTTP_X_HUB_SIGNATURE_256", ""))
        if not hmac.compare_digest(expected.encode(), given.encode("utf-8", "surrogateescape")):
            log.warning("unsigned_webhook_refused")
            return _plain(start_response, "401 Unauthorized", "not signed")
        self._heard()
        return _plain(start_response, "202 Accepted", "looking")


def _plain(start_response: "StartResponse", status: str, text: str) -> Iterable[bytes]:
    start_response(status, [("Content-Type", "text/plain; charset=utf-8")])
    return [text.encode()]
