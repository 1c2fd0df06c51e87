"""The page's addresses, all below one path: the shell, its static files, what it asks and does, and what is new."""

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import WSMsgType, web

from bot.sandbox import look
from bot.sandbox.slack.control import Control, body_of
from bot.sandbox.slack.page.door import NOT_YOURS, Door
from bot.sandbox.slack.page.looking import Looking
from bot.sandbox.slack.sandbox import Sandbox
from bot.sandbox.slack.wire import ControlError

LIVE_SECONDS = 20.0

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Page:
    """Everything below the door's path."""

    def __init__(self, sandbox: Sandbox, control: Control, door: Door) -> None:
        self._sandbox = sandbox
        self._control = control
        self._door = door
        self._looking = Looking(sandbox, control)

    def add_to(self, app: web.Application) -> None:
        """Register the routes."""
        for method, name, answer in (
            ("GET", "", self._shell),
            ("GET", "static/{name}", self._file_of_page),
            ("GET", "live", self._live),
            ("GET", "see/{path:.+}", self._see),
            ("POST", "do/{path:.+}", self._do),
            ("GET", "file/{file}", self._upload),
        ):
            app.router.add_route(method, self._door.path + name, self._guarded(answer))
        app.router.add_get("/", self._guarded(self._elsewhere))
        app.router.add_get("/page/{rest:.*}", self._guarded(self._elsewhere))  # of an earlier start, most likely

    def _guarded(self, answer: Answer) -> Answer:
        """With the door's headers on whatever is answered."""

        async def guarded(request: web.Request) -> web.StreamResponse:
            try:
                response = await answer(request)
            except web.HTTPException as refused:
                refused.headers.update(self._door.headers(request))
                raise
            if not response.prepared:
                response.headers.update(self._door.headers(request))
            return response

        return guarded

    async def _elsewhere(self, request: web.Request) -> web.StreamResponse:  # noqa: ARG002 - every answer is called alike
        raise web.HTTPForbidden(text=NOT_YOURS)

    async def _shell(self, request: web.Request) -> web.StreamResponse:
        is_new = self._door.enter(request)
        response = web.Response(body=_page_file("page.html"), content_type="text/html", charset="utf-8")
        if is_new:
            self._door.give_cookie(response)
        return response

    async def _file_of_page(self, request: web.Request) -> web.StreamResponse:
        self._door.check(request)
        name = request.match_info["name"]
        return web.Response(body=_page_file(name), content_type=look.kind_of(name), charset="utf-8")

    async def _see(self, request: web.Request) -> web.StreamResponse:
        self._door.check(request)
        return await _answered(self._looking.answer(request.match_info["path"], dict(request.query)))

    async def _do(self, request: web.Request) -> web.StreamResponse:
        self._door.check(request, acts=True)
        if request.content_type != "application/json":  # what a form of another page could not send
            raise web.HTTPUnsupportedMediaType
        try:
            asked = await body_of(request)
        except ControlError as error:
            return _refusal(error)
        return await _answered(self._control.act(request.match_info["path"], asked))

    async def _live(self, request: web.Request) -> web.StreamResponse:
        """Every change after the query's `after`, as lists of them; `{"gap": true}` where some are forgotten."""
        self._door.check(request, acts=True)
        changes = self._sandbox.changes
        try:
            after = int(request.query.get("after", ""))
        except ValueError:
            raise web.HTTPBadRequest(text="after must be a number\n") from None
        socket = web.WebSocketResponse(heartbeat=LIVE_SECONDS)
        await socket.prepare(request)
        listening = asyncio.create_task(_until_closed(socket))
        try:
            while not listening.done():
                if changes.has_forgotten(after):
                    await socket.send_json({"gap": True})
                    after = changes.last
                news = asyncio.create_task(changes.after(after, LIVE_SECONDS))
                await asyncio.wait({news, listening}, return_when=asyncio.FIRST_COMPLETED)
                if not news.done():
                    news.cancel()
                    break
                found = news.result()
                if found:
                    await socket.send_json({"changes": found})
                    after = found[-1]["seq"]
        except ConnectionError:
            pass  # the tab was closed while something was sent
        finally:
            listening.cancel()
        return socket

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        """An uploaded file: shown when its bytes are a picture's, kept as a download otherwise."""
        self._door.check(request)
        file = self._sandbox.files.get(request.match_info["file"])
        if file is None or file.body is None:
            raise web.HTTPNotFound
        kind = next((kind for start, kind in look.PICTURES if file.body.startswith(start)), None)
        if kind is not None and "download" not in request.query:
            return web.Response(body=file.body, content_type=kind)
        name = "".join(each if each.isalnum() or each in "._-" else "_" for each in file.name) or "file"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return web.Response(body=file.body, content_type="application/octet-stream", headers=headers)


def _page_file(name: str) -> bytes:
    found = look.file_of(__package__, name)
    if found is None:
        raise web.HTTPNotFound
    return found


async def _until_closed(socket: web.WebSocketResponse) -> None:
    async for message in socket:
        if message.type is WSMsgType.ERROR:
            return


async def _answered(answer: Awaitable[object]) -> web.StreamResponse:
    try:
        return web.json_response(await answer)
    except ControlError as error:
        return _refusal(error)


def _refusal(error: ControlError) -> web.StreamResponse:
    return web.json_response({"error": error.error, "message": str(error)}, status=error.status)
