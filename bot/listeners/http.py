"""Signed HTTP: Bolt behind waitress, with a thin layer in front that lets only Slack through."""

import io
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

import structlog
from slack_bolt import App
from slack_bolt.adapter.wsgi import SlackRequestHandler
from slack_sdk.signature import SignatureVerifier

from bot.domain.errors import ConfigurationError

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

log = structlog.get_logger(__name__)

PATH = "/slack/events"
MAX_BODY = 1_000_000
_DIGITS = 12
_LAST_ANSWERS_SECONDS = 0.5


class HttpServer:
    """Serves Slack's requests at `/slack/events`, and `/healthz` and `/readyz` for whoever watches the process.

    `others` are applications for other paths, which check for themselves who calls.
    """

    def __init__(
        self,
        app: App,
        signing_secret: str,
        host: str,
        port: int,
        *,
        others: "Mapping[str, WSGIApplication] | None" = None,
        threads: int = 16,
    ) -> None:
        from waitress.server import create_server

        try:
            self._server = create_server(
                Front(app, signing_secret, others or {}),
                host=host,
                port=port,
                threads=threads,
                ident="aml-bot",
                max_request_body_size=MAX_BODY,
            )
        except (OSError, ValueError) as error:  # waitress calls a host that has no address a ValueError
            cause = error.strerror if isinstance(error, OSError) else str(error).rstrip(".")
            raise ConfigurationError(
                f"I can't listen on {host}:{port} ({cause}). Set http.host to an address of this machine and http.port "
                "to a free port, or 0 for any."
            ) from error
        self._thread = threading.Thread(target=self._server.run, name="http", daemon=True)
        self.port = int(self._server.effective_port)

    def start(self) -> None:
        """Serve from now on."""
        self._thread.start()

    def stop(self, grace: float) -> None:
        """Finish the requests in hand, within `grace` seconds, then close."""
        self._server.task_dispatcher.shutdown(cancel_pending=False, timeout=max(1, int(grace)))
        self._server.close()
        # Time for answers to leave. The loop itself would go on for as long as somebody keeps a connection open.
        self._thread.join(_LAST_ANSWERS_SECONDS)


class Front:
    """The WSGI application in front of Bolt.

    Bolt reads a body before it looks at the signature, and answers a timestamp that isn't a number, or a signature that
    isn't ASCII, with a traceback. So the signature is checked here, and what isn't signed goes no further.
    """

    def __init__(self, app: App, signing_secret: str, others: "Mapping[str, WSGIApplication]") -> None:
        self._others = others
        self._bolt: Callable[[WSGIEnvironment, StartResponse], Iterable[bytes]] = SlackRequestHandler(app, path=PATH)
        self._verifier = SignatureVerifier(signing_secret)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if environ.get("PATH_INFO", "") != PATH or environ.get("REQUEST_METHOD") != "POST":
            return self._elsewhere(environ, start_response)
        if int(environ.get("CONTENT_LENGTH") or 0) > MAX_BODY:
            return _plain(start_response, "413 Content Too Large", "too large")
        body = environ["wsgi.input"].read()
        if not self._is_signed(environ, body):
            log.warning("unsigned_request_refused")
            return _plain(start_response, "401 Unauthorized", "not signed")
        try:
            return self._bolt(environ | {"wsgi.input": io.BytesIO(body)}, start_response)
        except Exception:  # Slack's own, but nothing that Bolt can read
            log.exception("request_not_understood")
            return _plain(start_response, "400 Bad Request", "not understood")

    def _elsewhere(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path in {"/healthz", "/readyz"}:
            return _plain(start_response, "200 OK", "ok")
        if path in self._others:
            return self._others[path](environ, start_response)
        return _plain(start_response, "404 Not Found", "not found")

    def _is_signed(self, environ: "WSGIEnvironment", body: bytes) -> bool:
        timestamp = environ.get("HTTP_X_SLACK_REQUEST_TIMESTAMP", "")
        signature = environ.get("HTTP_X_SLACK_SIGNATURE", "")
        if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= _DIGITS and signature.isascii()):
            return False
        try:
            return self._verifier.is_valid(body, timestamp, signature)
        except UnicodeDecodeError:
            return False


def _plain(start_response: "StartResponse", status: str, text: str) -> Iterable[bytes]:
    start_response(status, [("Content-Type", "text/plain; charset=utf-8")])
    return [text.encode()]
