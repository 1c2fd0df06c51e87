"""Socket Mode: one-use addresses, several connections at once, envelopes, acknowledgements and disconnects."""

import asyncio
import json
import random
import secrets
import time
from dataclasses import dataclass

from aiohttp import WSMsgType, web

from bot.sandbox.slack import seed
from bot.sandbox.slack.delivery import ACK_SECONDS, Answer, Delivery
from bot.sandbox.slack.log import log
from bot.sandbox.slack.wire import Json

TICKET_SECONDS = 30.0
LIFE_SECONDS = 18_000
DEBUG_LIFE_SECONDS = 360
WARNING_SECONDS = 10
CONNECTIONS = 10
GRACE_SECONDS = 5.0


@dataclass(slots=True, eq=False)
class Link:
    """One open WebSocket; `leaving` once Slack has asked the app to replace it."""

    socket: web.WebSocketResponse
    request: web.Request
    leaving: bool = False


class Sockets:
    """The app's connections; a payload goes to any one of them."""

    via = "socket"

    def __init__(self) -> None:
        self._tickets: dict[str, float] = {}
        self._links: list[Link] = []
        self._waiting: dict[str, asyncio.Future[Json]] = {}

    @property
    def connected(self) -> int:
        """How many connections are open."""
        return len(self._links)

    def ticket(self) -> str:
        """A secret that opens one connection, within `TICKET_SECONDS`."""
        ticket = secrets.token_urlsafe(24)
        self._tickets[ticket] = time.monotonic() + TICKET_SECONDS
        return ticket

    async def accept(self, request: web.Request) -> web.StreamResponse:
        """Answer a WebSocket handshake and stay with the connection until it ends."""
        if self._tickets.pop(request.query.get("ticket", ""), 0.0) < time.monotonic():
            return web.Response(status=404, text="this address has been used, or has expired")
        socket = web.WebSocketResponse(heartbeat=20.0)
        await socket.prepare(request)
        if self.connected >= CONNECTIONS:
            await socket.send_json(_goodbye("too_many_websockets"))
            await socket.close()
            return socket
        link = Link(socket, request)
        self._links.append(link)
        life = DEBUG_LIFE_SECONDS if request.query.get("debug_reconnects") == "true" else LIFE_SECONDS
        ending = asyncio.create_task(self._end_of_life(link, life))
        try:
            await socket.send_json(self._hello(life))
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    self._hear(message.data)
        except ConnectionError:
            log.info("a connection broke off")
        finally:
            ending.cancel()
            if link in self._links:
                self._links.remove(link)
        return socket

    def _hello(self, life: int) -> Json:
        debug = {"host": "applink-sandbox", "build_number": 1, "approximate_connection_time": life}
        app = {"app_id": seed.APP_ID}
        return {"type": "hello", "num_connections": self.connected, "debug_info": debug, "connection_info": app}

    async def _end_of_life(self, link: Link, life: int) -> None:
        await asyncio.sleep(life - WARNING_SECONDS)
        await self._say_goodbye(link, "warning")
        await asyncio.sleep(WARNING_SECONDS)
        await self._say_goodbye(link, "refresh_requested")
        await asyncio.sleep(GRACE_SECONDS)
        await link.socket.close()

    def _hear(self, text: str) -> None:
        try:
            message = json.loads(text)
        except ValueError:
            log.warning("the app sent a message over Socket Mode that is not JSON")
            return
        waiting = self._waiting.get(str(message.get("envelope_id"))) if isinstance(message, dict) else None
        if waiting is None:
            log.warning("an acknowledgement came too late, or for an envelope that was never sent")
        elif not waiting.done():
            waiting.set_result(message)

    async def send(self, delivery: Delivery) -> Answer:
        """Send an envelope over one connection; an acknowledgement over another counts as well."""
        links = [link for link in self._links if not link.leaving] or self._links
        if not links:
            return Answer(acked=False, reason="not_connected")
        waiting = self._waiting[delivery.envelope_id] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(ACK_SECONDS):
                try:
                    await random.choice(links).socket.send_json(_envelope(delivery))  # noqa: S311 - not a secret
                except ConnectionError:
                    log.info("a connection broke off while a payload was sent")
                acknowledgement = await waiting
        except TimeoutError:
            return Answer(acked=False, reason="timeout")
        finally:
            self._waiting.pop(delivery.envelope_id, None)
        return Answer(acked=True, payload=acknowledgement.get("payload"))

    async def disconnect(self, reason: str) -> int:
        """Tell every connection that it will be closed, in Slack's words; returns how many heard it."""
        links = list(self._links)
        for link in links:
            await self._say_goodbye(link, reason)
            if reason == "link_disabled":
                await link.socket.close()
            elif reason == "refresh_requested":
                asyncio.get_running_loop().call_later(GRACE_SECONDS, self.drop, [link])
        return len(links)

    async def _say_goodbye(self, link: Link, reason: str) -> None:
        link.leaving = link.leaving or reason != "warning"
        try:
            await link.socket.send_json(_goodbye(reason))
        except ConnectionError:
            log.info("a connection had gone before its goodbye")

    def drop(self, links: list[Link] | None = None) -> int:
        """Cut connections without a close frame, as a broken network does; all of them by default."""
        cut = [link for link in (self._links if links is None else links) if link in self._links]
        for link in cut:
            self._links.remove(link)
            if link.request.transport is not None:
                link.request.transport.abort()
        return len(cut)

    async def close(self) -> None:
        """Close every connection in good order."""
        for link in list(self._links):
            await link.socket.close(code=1001)


def _goodbye(reason: str) -> Json:
    return {"type": "disconnect", "reason": reason, "debug_info": {"host": "applink-sandbox"}}


def _envelope(delivery: Delivery) -> Json:
    envelope: Json = {
        "envelope_id": delivery.envelope_id,
        "type": delivery.type,
        "payload": delivery.payload,
        "accepts_response_payload": delivery.type != "events_api",
    }
    if delivery.type == "events_api":
        # over a socket Slack knows one reason only
        envelope |= {"retry_attempt": delivery.attempt, "retry_reason": "timeout" if delivery.attempt else ""}
    return envelope
