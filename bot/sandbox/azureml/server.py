"""The loopback listener: a CONNECT proxy that ends TLS for a closed list of hosts, and a plain port for control."""

import re
import socket
import ssl
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import IO, Any, ClassVar, Final, cast

import structlog

from bot.sandbox.azureml.errors import ServiceError, error_document
from bot.sandbox.azureml.interference import Dropped
from bot.sandbox.azureml.service import Service
from bot.sandbox.azureml.wire import CHUNK, PLAIN, Request, Response, json_response

log = structlog.get_logger(__name__)

_DRAIN: Final = 1024 * 1024
_INSIDE: Final = ("script", 0)
"""The address of who speaks from a script's own network: the one that it has there means nothing here."""
_RANGE: Final = re.compile(r"bytes=(\d+)-(\d*)")


class Server(ThreadingHTTPServer):
    """Listens on loopback only; one thread a connection."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, service: Service, hosts: tuple[str, ...], tls: ssl.SSLContext) -> None:
        self.service, self.hosts, self.tls = service, hosts, tls
        self.local = threading.local()
        super().__init__(("127.0.0.1", port), _Connection)

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def answer_script(self, connection: socket.socket) -> None:
        """Answer a connection from a confined script's network, in a thread of its own."""
        self.process_request(connection, _INSIDE)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - the base class's signature
        """Clients that hang up are no news; anything else is a bug and is logged."""
        error = sys.exception()
        if not isinstance(error, ConnectionError | TimeoutError | ssl.SSLError):
            log.error("connection_failed", exc_info=error)


class _Body:
    """The body of one request, by length or in chunks, readable once."""

    def __init__(self, stream: IO[bytes], length: int, *, chunked: bool) -> None:
        self._stream, self._left, self._chunked = stream, length, chunked
        self._over = not chunked and length == 0

    def read(self, size: int) -> bytes:
        if self._over:
            return b""
        if self._left == 0:
            self._left = int(self._stream.readline(64).split(b";")[0] or b"0", 16)
            if self._left == 0:
                self._over = True
                while self._stream.readline(4096).strip():
                    continue
                return b""
        data = self._stream.read(min(size, self._left))
        if not data:
            raise ConnectionAbortedError("the body is shorter than announced")
        self._left -= len(data)
        if self._left == 0:
            if self._chunked:
                self._stream.readline(4)
            else:
                self._over = True
        return data

    def drain(self) -> bool:
        """Read what the handler left, so that the next request starts in the right place; False if it is too much."""
        read = 0
        while chunk := self.read(CHUNK):
            read += len(chunk)
            if read > _DRAIN:
                return False
        return True


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "aml-bot-sandbox"
    sys_version = ""
    timeout = 300
    wbufsize = -1
    disable_nagle_algorithm = True
    _host = PLAIN
    _methods: ClassVar = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")

    def version_string(self) -> str:
        return self.server_version

    @property
    def _server(self) -> Server:
        return cast("Server", self.server)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """The request log is the control API's; access lines would hold signatures."""

    def __getattr__(self, name: str) -> Any:
        # BaseHTTPRequestHandler looks for do_GET, do_PUT...: all are answered alike.
        if name.startswith("do_") and name[3:] in self._methods:
            return self._answer
        raise AttributeError(name)

    def do_CONNECT(self) -> None:
        host, _, port = self.path.partition(":")
        host = host.lower()
        if self._host != PLAIN or host not in self._server.hosts or port != "443":
            self._refuse(f"The sandbox only serves {', '.join(self._server.hosts)} on port 443.")
            return
        self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        self.wfile.flush()
        tls = self._server.tls.wrap_socket(cast("socket.socket", self.connection), server_side=True)
        self.connection = tls
        self.request = tls  # the server shuts down and closes this one at the end
        self.rfile = tls.makefile("rb", -1)
        self.wfile = tls.makefile("wb", -1)
        self._host = host
        self.close_connection = False

    def _answer(self) -> None:
        if not self.path.startswith("/"):
            self._refuse("The sandbox is a proxy for CONNECT only; it fetches nothing from other hosts.")
            return
        if self._host == PLAIN and self.client_address == _INSIDE:
            self._refuse("A script reaches the services only, not the sandbox's own control.")
            return
        named = (self.headers.get("Host") or "").partition(":")[0].lower()
        if self._host not in (PLAIN, named):
            self._refuse("The Host header names another host than the tunnel.")
            return
        try:
            length = int(self.headers.get("Content-Length") or 0)
        except ValueError:
            self._refuse("Content-Length isn't a number.", status=400)
            return
        chunked = "chunked" in (self.headers.get("Transfer-Encoding") or "").lower()
        body = _Body(cast("IO[bytes]", self.rfile), length, chunked=chunked)
        headers = cast("Any", self.headers)
        request = Request(self.command, self._host, self.path, headers, body.read)
        try:
            response = self._server.service.answer(request)
        except Dropped:
            self.close_connection = True
            return
        if not body.drain():
            self.close_connection = True
        self._send(request, response)

    def _refuse(self, message: str, *, status: int = 403) -> None:
        self.close_connection = True
        host = self.path.partition(":")[0] if self.command == "CONNECT" else self._host
        request = Request(self.command, host, self.path, cast("Any", self.headers), lambda _: b"")
        self._server.service.interference.note(request, status)
        self._send(request, json_response(error_document("HostNotServed", message), status))

    def _send(self, request: Request, response: Response) -> None:
        if response.broken:
            self._send_half(response)
            return
        if response.file is not None:
            try:
                self._send_file(request, response)
            except FileNotFoundError:
                error = ServiceError(404, "BlobNotFound", "The file behind this address is gone.")
                self._send(request, Response(error.status, error.body))
            return
        self._head(response.status, response, len(response.body))
        if request.method != "HEAD":
            self.wfile.write(response.body)

    def _send_half(self, response: Response) -> None:
        """At least one byte less than announced, then the end of the connection."""
        self.close_connection = True
        content = response.file.read_bytes() if response.file is not None else response.body
        self._head(response.status, response, max(len(content), 1))
        self.wfile.write(content[: len(content) // 2])

    def _send_file(self, request: Request, response: Response) -> None:
        assert response.file is not None  # noqa: S101 - narrows for the type checker
        with response.file.open("rb") as file:
            size = file.seek(0, 2)
            start, end, status = 0, size, response.status
            extra: tuple[tuple[str, str], ...] = ()
            wanted = _RANGE.fullmatch(request.headers.get("x-ms-range") or request.headers.get("Range") or "")
            if wanted:
                start = int(wanted[1])
                end = min(int(wanted[2]) + 1 if wanted[2] else size, size)
                status = 206
                if start >= end:
                    # Storage says this of every range of an empty blob too; the SDK then asks for the whole.
                    refusal = (("Content-Range", f"bytes */{size}"), ("x-ms-error-code", "InvalidRange"))
                    self._head(416, Response(content_type="application/xml", headers=refusal), 0)
                    return
                extra = (("Content-Range", f"bytes {start}-{end - 1}/{size}"),)
            headers = (*response.headers, *extra, ("Accept-Ranges", "bytes"))
            self._head(status, Response(content_type=response.content_type, headers=headers), end - start)
            if request.method == "HEAD":
                return
            file.seek(start)
            left = end - start
            while left and (chunk := file.read(min(CHUNK, left))):
                self.wfile.write(chunk)
                left -= len(chunk)

    def _head(self, status: int, response: Response, length: int) -> None:
        self.send_response(status)
        for name, value in response.headers:
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Type", response.content_type)
            self.send_header("Content-Length", str(length))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
