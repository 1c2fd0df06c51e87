"""Signed HTTP: Bolt behind waitress, with a thin layer in front that refuses what Bolt would stumble over."""

import re
import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import structlog
from slack_bolt import App
from slack_bolt.adapter.wsgi import SlackRequestHandler

from bot.domain.errors import ConfigurationError

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

log = structlog.get_logger(__name__)

PATH = "/slack/events"
MAX_BODY = 1_000_000


class HttpServer:
    """Serves Slack's requests at `/slack/events`, and `/healthz` and `/readyz` for whoever watches the process."""

    def __init__(self, app: App, host: str, port: int, *, threads: int = 16) -> None:
        from waitress.server import create_server

        try:
            self._server = create_server(
                Front(app), host=host, port=port, threads=threads, ident="aml-bot", max_request_body_size=MAX_BODY
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
        self._server.task_dispatcher.shutdown(cancel_pending=False, timeout=int(grace))
        self._server.close()
        self._thread.join(grace)


class Front:
    """The WSGI application in front of Bolt.

    Bolt answers a timestamp that isn't a number or a signature that isn't ASCII with a traceback; both are simply
    unsigned requests.
    """

    def __init__(self, app: App) -> None:
        self._bolt: Callable[[WSGIEnvironment, StartResponse], Iterable[bytes]] = SlackRequestHandler(app, path=PATH)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path in {"/healthz", "/readyz"}:
            return _plain(start_response, "200 OK", "ok")
        if path != PATH or environ.get("REQUEST_METHOD") != "POST":
            return _plain(start_response, "404 Not Found", "not found")
        if int(environ.get("CONTENT_LENGTH") or 0) > MAX_BODY:
            return _plain(start_response, "413 Content Too Large", "too large")
        timestamp = environ.get("HTTP_X_SLACK_REQUEST_TIMESTAMP", "")
        signature = environ.get("HTTP_X_SLACK_SIGNATURE", "")
        if not re.fullmatch(r"\d{1,12}", timestamp, re.ASCII) or not re.fullmatch(r"v0=[0-9a-f]{64}", signature):
            log.warning("unsigned_request_refused")
            return _plain(start_response, "401 Unauthorized", "not signed")
        return self._bolt(environ, start_response)


def _plain(start_response: "StartResponse", status: str, text: str) -> Iterable[bytes]:
    start_response(status, [("Content-Type", "text/plain; charset=utf-8")])
    return [text.encode()]
