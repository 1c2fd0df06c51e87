"""The page's addresses, all below /studio: the shell, its static files, what it asks, and what it does."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from bot.sandbox import look
from bot.sandbox.azureml.errors import ServiceError
from bot.sandbox.azureml.page.doing import Doing
from bot.sandbox.azureml.page.door import PATH, Door
from bot.sandbox.azureml.page.looking import Looking
from bot.sandbox.azureml.wire import PLAIN, Handler, Request, Response, Route, json_response, route

_KINDS: Final = ("text/html", "text/css", "text/javascript")


class Page:
    """Everything below the door's path."""

    def __init__(self, door: Door, looking: Looking, doing: Doing) -> None:
        self._door, self._looking, self._doing = door, looking, doing

    def routes(self) -> tuple[Route, ...]:
        def open_to(method: str, path: str, handler: Handler) -> Route:
            # No token of the services is wanted: the door has its own.
            return route(method, PLAIN, path, self._guarded(handler), anonymous=True)

        return (
            open_to("GET", "/", self._elsewhere),
            open_to("GET", f"{PATH}/static/{{name}}", self._static),
            open_to("GET", f"{PATH}/see/{{what}}", self._see),
            open_to("POST", f"{PATH}/do/{{what}}", self._do),
            open_to("GET", f"{PATH}/file/{{run}}/{{path...}}", self._file),
            open_to("GET", f"{PATH}{{rest...}}", self._shell),
        )

    def _guarded(self, handler: Handler) -> Handler:
        """With the door's headers on whatever is answered."""

        def guarded(request: Request) -> Response:
            try:
                self._door.check_host(request.headers)
                response = handler(request)
            except ServiceError as error:
                response = json_response({"error": error.code, "message": error.message}, error.status)
            return replace(response, headers=(*response.headers, *self._door.headers()))

        return guarded

    def _elsewhere(self, _request: Request) -> Response:
        raise ServiceError(404, "NotFound", f"The workspace's page is at {PATH}/, with the token that was printed.")

    def _shell(self, request: Request) -> Response:
        rest = request.values["rest"]
        if rest and not rest.startswith("/"):
            raise ServiceError(404, "NotFound", "There is no such page.")
        if request.headers.get("Sec-Fetch-Dest", "document") != "document":
            raise ServiceError(403, "Embedded", "This page can't be a part of another one.")
        return self._page_file("page.html")

    def _static(self, request: Request) -> Response:
        return self._page_file(request.values["name"])

    @staticmethod
    def _page_file(name: str) -> Response:
        found = look.file_of(__package__, name)
        if found is None:
            raise ServiceError(404, "NotFound", "The page has no such file.")
        kind = str(look.kind_of(name))
        return Response(body=found, content_type=f"{kind}; charset=utf-8" if kind in _KINDS else kind)

    def _see(self, request: Request) -> Response:
        self._door.check(request.headers)
        return _answered(self._looking.answers, request.values["what"], request.query)

    def _do(self, request: Request) -> Response:
        self._door.check(request.headers, acts=True)
        if request.headers.get("Content-Type", "").partition(";")[0] != "application/json":
            raise ServiceError(415, "UnsupportedMediaType", "Only JSON is taken here.")
        return _answered(self._doing.answers, request.values["what"], request.document())

    def _file(self, request: Request) -> Response:
        """A run's file: its own kind when its bytes are a picture's, text or a download otherwise; never markup."""
        self._door.check(request.headers)
        file = self._looking.file(request.values["run"], request.values["path"])
        with file.open("rb") as opened:
            start = opened.read(16)
        kind = next((kind for mark, kind in look.PICTURES if start.startswith(mark)), "application/octet-stream")
        return Response(content_type=kind, file=file, headers=(("Content-Disposition", "attachment"),))


def _answered(answers: dict[str, Callable[[dict[str, Any]], Any]], what: str, asked: dict[str, Any]) -> Response:
    if what not in answers:
        raise ServiceError(404, "NotFound", f"There is nothing called {json.dumps(what)} here.")
    return json_response(answers[what](asked))
