"""What the tests of the Slack sandbox share: the process, the Bolt app on a real socket, and waiting with a bound."""

import asyncio
import json
import subprocess
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from slack_bolt import App, BoltRequest
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack.client import Change, SandboxClient

Found = TypeVar("Found")


def eventually(look: Callable[[], Found], timeout: float = 8.0) -> Found:
    """What `look` returns once that is true."""
    end = time.monotonic() + timeout
    while not (found := look()):
        assert time.monotonic() < end, "it did not happen in time"
        threading.Event().wait(0.02)
    return found


@dataclass
class Sandbox:
    """A running sandbox process."""

    process: subprocess.Popen[str]
    ready: dict[str, Any]
    state: Path
    client: SandboxClient = field(init=False)

    def __post_init__(self) -> None:
        self.client = SandboxClient.from_ready(self.ready)

    def web(self) -> WebClient:
        """The Web API with the bot's token, no retries."""
        return WebClient(token=self.ready["bot_token"], base_url=self.ready["api"], retry_handlers=[])

    def settled(self, *ids: str) -> list[dict[str, Any]]:
        """All attempts of these payloads, once none is under way."""
        return eventually(lambda: self._settled(ids))

    def _settled(self, ids: tuple[str, ...]) -> list[dict[str, Any]]:
        rows = self.client.deliveries(*ids)
        return rows if rows and all(row["settled"] for row in rows) else []

    def change(self, kind: str, text: str = "", after: int = 0) -> Change:
        """The first change of this kind whose text or message holds `text`."""

        def look() -> Change | None:
            _, changes = self.client.changes(after)
            return next((each for each in changes if each.kind == kind and text in _words(each)), None)

        found = eventually(look)
        assert found is not None
        return found


def _words(change: Change) -> str:
    return change.text or str((change.message or {}).get("text", ""))


def bolt_app(
    slack: Sandbox, *, ignoring_self_events_enabled: bool = True, heard: list[dict[str, Any]] | None = None
) -> App:
    """A Bolt app without a network call of its own; it puts the messages that it hears into `heard`."""
    identity = AuthorizeResult(
        enterprise_id=None,
        team_id=slack.ready["team_id"],
        bot_token=slack.ready["bot_token"],
        bot_id=slack.ready["bot_id"],
        bot_user_id=slack.ready["bot_user_id"],
    )
    app = App(
        client=slack.web(),
        authorize=lambda: identity,
        process_before_response=True,
        signing_secret=slack.ready["signing_secret"],
        ignoring_self_events_enabled=ignoring_self_events_enabled,
    )
    if heard is not None:

        @app.event("message")
        def message(body: dict[str, Any]) -> None:
            heard.append(body)

    return app


class Listening:
    """A Bolt app on one Socket Mode connection, in a loop of its own thread."""

    def __init__(self, slack: Sandbox, app: App) -> None:
        self._slack = slack
        self._app = app
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._client: SocketModeClient = self._run(self._connected())

    def _run(self, work: Any) -> Any:
        future: Future[Any] = asyncio.run_coroutine_threadsafe(work, self._loop)
        return future.result(timeout=10)

    async def _connected(self) -> SocketModeClient:
        web = AsyncWebClient(base_url=self._slack.ready["api"])
        client = SocketModeClient(self._slack.ready["app_token"], web_client=web, ping_interval=2)
        listeners: list[Any] = client.socket_mode_request_listeners
        listeners.append(self._hear)
        connecting: Any = client
        await connecting.connect()
        return client

    async def _hear(self, client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        bolt = BoltRequest(mode="socket_mode", body=request.payload)
        answer = await self._loop.run_in_executor(None, self._app.dispatch, bolt)
        if answer.status == 200:
            body = answer.body
            payload: Any = None
            if body and "json" in (answer.first_headers().get("content-type") or ""):
                payload = json.loads(body)
            elif body:
                payload = {"text": body}
            await client.send_socket_mode_response(SocketModeResponse(request.envelope_id, payload))

    async def _closed(self) -> None:
        closing: Any = self._client
        await closing.close()
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)

    def close(self) -> None:
        """Disconnect and end the thread."""
        self._run(self._closed())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=5)
        self._loop.close()


def listening(slack: Sandbox, register: Callable[[App], None]) -> Listening:
    """An app with these listeners, connected."""
    app = bolt_app(slack)
    register(app)
    before = slack.client.connections()
    found = Listening(slack, app)
    eventually(lambda: slack.client.connections() > before)
    return found
