"""The Web API's door: tokens, faults, holds, and Slack's way of answering."""

import asyncio
import json
import time
from typing import Any

from aiohttp import web

from bot.sandbox.slack.faults import RateLimited
from bot.sandbox.slack.log import log
from bot.sandbox.slack.methods import METHODS
from bot.sandbox.slack.methods.registry import Method
from bot.sandbox.slack.sandbox import Sandbox
from bot.sandbox.slack.wire import Args, Json, SlackError


class WebApi:
    """Answers POST and GET /api/METHOD."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    async def call(self, request: web.Request) -> web.StreamResponse:
        """One call."""
        name = request.match_info["method"]
        started = time.monotonic()
        try:
            args, token = await _arguments(request)
        except SlackError as error:
            return _answer(error.body(), error.status)
        values = {key: _opened(value) for key, value in args.values.items()}
        try:
            body = await self._answered(request, name, args, token, values)
        except RateLimited as limited:
            body = {"ok": False, "error": "ratelimited"}
            self._sandbox.note_call(name, values, body, 429, started)
            return _answer(body, 429, {"Retry-After": str(limited.retry_after)})
        except SlackError as error:
            self._sandbox.note_call(name, values, error.body(), error.status, started)
            return _answer(error.body(), error.status)
        self._sandbox.note_call(name, values, body, 200, started)
        return _answer(body)

    async def _answered(self, request: web.Request, name: str, args: Args, token: str, values: Json) -> Json:
        method = METHODS.get(name)
        if method is None:
            log.warning("the app called %s, which this sandbox does not have", name)
            raise SlackError("unknown_method", req_method=name)
        self._authorize(method, token)
        faults = self._sandbox.faults
        faults.count(name)
        fault = faults.next_for(name)
        if fault is not None:
            await asyncio.sleep(fault.delay)
            faults.refuse(fault)
        await faults.wait_if_held(name, values, done=False)
        method.check(args)
        body = {"ok": True, **method.run(self._sandbox, args)}
        await faults.wait_if_held(name, values, done=True)
        if fault is not None and fault.drop_response and request.transport is not None:
            request.transport.abort()
        return body

    def _authorize(self, method: Method, token: str) -> None:
        secrets = self._sandbox.credentials
        if not token:
            raise SlackError("not_authed")
        if token not in (secrets.bot_token, secrets.app_token):
            raise SlackError("invalid_auth")
        if (token == secrets.app_token) is not method.app_token:
            raise SlackError("not_allowed_token_type")


async def _arguments(request: web.Request) -> tuple[Args, str]:
    values: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json":
        try:
            given = json.loads(await request.text() or "{}")
        except ValueError as error:
            raise SlackError("invalid_json") from error
        if not isinstance(given, dict):
            raise SlackError("json_not_object")
        values |= given
    else:
        values |= {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
    bearer = request.headers.get("Authorization", "")
    in_body = str(values.pop("token", "") or "")
    return Args(values), bearer.removeprefix("Bearer ").strip() or in_body


def _opened(value: Any) -> Any:
    """A structured argument that came as JSON text, opened for the record of calls."""
    if isinstance(value, str) and value[:1] in ("[", "{"):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _answer(body: Json, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    return web.json_response(body, status=status, headers=headers)
