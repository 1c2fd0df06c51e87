"""Socket Mode: envelopes from slack-sdk's aiohttp client, dispatched to Bolt on a pool of threads.

The client lives on an event loop of its own, so that a listener that waits never delays a ping or another envelope.
A delivery that no listener took well isn't acknowledged: Slack sends it again, or tells the person.
"""

import asyncio
import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import structlog
from slack_bolt import App, BoltRequest
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.errors import ConfigurationError

log = structlog.get_logger(__name__)

PING_INTERVAL = 2.0
START_TIMEOUT = 30.0


class SocketMode:
    """`connections` open sockets to Slack that feed one Bolt app."""

    def __init__(self, app: App, app_token: str, base_url: str, *, connections: int = 2, threads: int = 16) -> None:
        self._app = app
        self._app_token = app_token
        self._base_url = base_url
        self._connections = connections
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="listener")
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="socket-mode", daemon=True)
        self._clients: list[SocketModeClient] = []
        self._accepting = True
        self._in_hand: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Connect, and return when every connection is up.

        Raises:
            ConfigurationError: Slack refuses the app-level token, or doesn't answer.
        """
        self._thread.start()
        try:
            self._on_loop(self._connect, START_TIMEOUT)
        except Exception as error:
            self.stop(1.0)
            raise ConfigurationError(
                f"I can't open Socket Mode ({type(error).__name__}). Check slack.app_token (xapp-..., with the scope "
                "connections:write) and that Slack can be reached."
            ) from error

    def stop(self, grace: float) -> None:
        """Take nothing new, acknowledge what is in hand within `grace` seconds, then disconnect."""
        self._accepting = False
        try:
            self._on_loop(lambda: self._disconnect(grace), grace + 5)
        except TimeoutError:
            log.warning("socket_mode_slow_to_close")
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(grace)
        self._pool.shutdown(wait=False)

    def _on_loop(self, make: Callable[[], Any], timeout: float) -> None:
        asyncio.run_coroutine_threadsafe(make(), self._loop).result(timeout)

    async def _connect(self) -> None:
        for _ in range(self._connections):
            client = SocketModeClient(
                app_token=self._app_token,
                web_client=AsyncWebClient(base_url=self._base_url),
                ping_interval=PING_INTERVAL,
            )
            client.socket_mode_request_listeners.append(self._take)
            self._clients.append(client)
            await client.connect()  # type: ignore[no-untyped-call]  # slack-sdk leaves it untyped

    async def _disconnect(self, grace: float) -> None:
        if self._in_hand:
            await asyncio.wait(self._in_hand, timeout=grace)
        for client in self._clients:
            await client.close()  # type: ignore[no-untyped-call]  # slack-sdk leaves it untyped

    async def _take(self, client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        if not self._accepting:
            return  # unacknowledged: Slack delivers it to whoever comes next
        task = asyncio.ensure_future(self._answer(client, request))
        self._in_hand.add(task)
        task.add_done_callback(self._in_hand.discard)

    async def _answer(self, client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        try:
            response = await self._loop.run_in_executor(self._pool, self._dispatch, request)
            if response is not None:
                await client.send_socket_mode_response(response)
        except Exception:  # nobody awaits this task, so its error would be lost otherwise
            log.exception("delivery_not_acknowledged", envelope=request.envelope_id, type=request.type)

    def _dispatch(self, request: SocketModeRequest) -> SocketModeResponse | None:
        headers: dict[str, Any] = {}
        if request.retry_attempt is not None:
            headers["x-slack-retry-num"] = str(request.retry_attempt)
        if request.retry_reason is not None:
            headers["x-slack-retry-reason"] = request.retry_reason
        response = self._app.dispatch(BoltRequest(mode="socket_mode", body=request.payload, headers=headers))
        if response.status != 200:
            log.warning("delivery_refused", status=response.status, envelope=request.envelope_id, type=request.type)
            return None
        return SocketModeResponse(envelope_id=request.envelope_id, payload=_payload(response.body))


def _payload(body: str | None) -> dict[str, Any] | None:
    if not body:
        return None
    if body.lstrip().startswith("{"):
        parsed: dict[str, Any] = json.loads(body)
        return parsed
    return {"text": body}
