"""The sandbox's addresses, on one loopback port."""

import hmac
import json
import socket
from pathlib import Path

from aiohttp import web

from bot.sandbox.slack import credentials
from bot.sandbox.slack.control import Control, response_url
from bot.sandbox.slack.page.door import Door
from bot.sandbox.slack.page.routes import Page
from bot.sandbox.slack.sandbox import Options, Sandbox
from bot.sandbox.slack.webapi import WebApi
from bot.sandbox.slack.wire import Json

HOST = "127.0.0.1"
LARGEST_BODY = 16 * 1024 * 1024


def application(sandbox: Sandbox) -> web.Application:
    """Every route; the sandbox learns the address of its page."""
    app = web.Application(client_max_size=LARGEST_BODY)
    api, control, door = WebApi(sandbox), Control(sandbox), Door(sandbox.base_url)
    sandbox.page = door.address

    async def posted_to_response_url(request: web.Request) -> web.StreamResponse:
        return await response_url(sandbox, request)

    async def upload(request: web.Request) -> web.StreamResponse:
        file = sandbox.files.get(request.match_info["file"])
        if file is None or not hmac.compare_digest(file.secret, request.match_info["secret"]):
            return web.Response(status=404, text="no such upload")
        body = await _uploaded(request)
        if len(body) != file.length:
            return web.Response(status=400, text=f"expected {file.length} bytes")
        file.body = body
        return web.Response(text=f"OK - {len(body)}")

    async def download(request: web.Request) -> web.StreamResponse:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        allowed = (sandbox.credentials.bot_token, sandbox.credentials.control_token)
        file = sandbox.files.get(request.match_info["file"])
        if given not in allowed or file is None or file.body is None:
            return web.Response(status=404, text="no such file")
        return web.Response(body=file.body, content_type="application/octet-stream")

    Page(sandbox, control, door).add_to(app)
    app.router.add_route("*", "/api/{method}", api.call)
    app.router.add_get("/link/", sandbox.sockets.accept)
    app.router.add_get("/sandbox/{path:.+}", control.answer)
    app.router.add_post("/sandbox/{path:.+}", control.answer)
    app.router.add_post("/commands/{rest:.+}", posted_to_response_url)
    app.router.add_post("/actions/{rest:.+}", posted_to_response_url)
    app.router.add_post("/upload/{file}/{secret}", upload)
    app.router.add_get("/files/{file}/{name}", download)
    return app


async def _uploaded(request: web.Request) -> bytes:
    """The bytes of an upload: the whole body, or the one file of a multipart form."""
    if request.content_type != "multipart/form-data":
        return await request.read()
    for value in (await request.post()).values():
        if isinstance(value, web.FileField):
            return value.file.read()
    return b""


class Server:
    """A running sandbox."""

    def __init__(self, sandbox: Sandbox, runner: web.AppRunner) -> None:
        self.sandbox = sandbox
        self._runner = runner

    @classmethod
    async def started(cls, state: Path, port: int, options: Options) -> "Server":
        """Listen on loopback and leave the addresses and secrets in the state directory.

        Raises:
            OSError: the port is taken, or the state directory cannot be written.
        """
        secrets = credentials.kept_in(state)
        listener = socket.create_server((HOST, port))
        sandbox = Sandbox.made(options, secrets, f"http://{HOST}:{listener.getsockname()[1]}")
        runner = web.AppRunner(application(sandbox), access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        await web.SockSite(runner, listener).start()
        credentials.write_private(state / credentials.READY_FILE, json.dumps(sandbox.ready()) + "\n")
        return cls(sandbox, runner)

    def ready(self) -> Json:
        """The line that says how to reach it."""
        return self.sandbox.ready()

    async def close(self) -> None:
        """Stop."""
        await self.sandbox.close()
        await self._runner.cleanup()
