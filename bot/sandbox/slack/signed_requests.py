"""The other way to the app: signed HTTP requests to its request URL."""

import json
import time
from typing import Any
from urllib.parse import urlencode

import aiohttp

from bot.sandbox.slack.credentials import Credentials
from bot.sandbox.slack.delivery import ACK_SECONDS, Answer, Delivery
from bot.sandbox.slack.wire import Json

REDIRECTS = 2
FORM = "application/x-www-form-urlencoded"
AGENT = "Slackbot 1.0 (sandbox)"
_REASONS: tuple[tuple[type[Exception], str], ...] = (
    (TimeoutError, "http_timeout"),
    (aiohttp.TooManyRedirects, "too_many_redirects"),
    (aiohttp.ClientSSLError, "ssl_error"),
    (aiohttp.ClientConnectionError, "connection_failed"),
    (aiohttp.ClientError, "unknown_error"),
)
"""Slack's words for what went wrong; the first that fits."""


class SignedRequests:
    """Posts every payload to one request URL, with the v0 signature."""

    via = "http"

    def __init__(self, url: str, credentials: Credentials) -> None:
        self.url = url
        self._credentials = credentials
        self._session: aiohttp.ClientSession | None = None

    async def send(self, delivery: Delivery) -> Answer:
        """Post one attempt; a 2xx within three seconds is its acknowledgement."""
        headers = {}
        if delivery.attempt:
            headers = {"X-Slack-Retry-Num": str(delivery.attempt), "X-Slack-Retry-Reason": delivery.reason}
        body, kind = _body(delivery)
        return await self._post(body, kind, headers)

    async def verify_url(self) -> bool:
        """The handshake that Slack makes when a request URL is entered: the challenge must come back."""
        challenge = f"challenge-{time.time_ns()}"
        token = self._credentials.verification_token
        question = {"type": "url_verification", "token": token, "challenge": challenge}
        answer = await self._post(json.dumps(question).encode(), "application/json", {})
        payload = answer.payload
        given = payload.get("challenge", payload.get("text")) if isinstance(payload, dict) else payload
        return answer.acked and given == challenge

    async def _post(self, body: bytes, kind: str, extra: dict[str, str]) -> Answer:
        if self._session is None:
            self._session = aiohttp.ClientSession(trust_env=False)
        now = int(time.time())
        headers = {
            "Content-Type": kind,
            "User-Agent": AGENT,
            "X-Slack-Request-Timestamp": str(now),
            "X-Slack-Signature": self._credentials.sign(body, now),
            **extra,
        }
        limit = aiohttp.ClientTimeout(total=ACK_SECONDS)
        try:
            async with self._session.post(
                self.url, data=body, headers=headers, timeout=limit, max_redirects=REDIRECTS
            ) as response:
                text = await response.text()
                if response.status // 100 == 2:
                    return Answer(acked=True, payload=_payload(text, response.content_type))
                may_retry = response.headers.get("X-Slack-No-Retry") != "1"
                return Answer(acked=False, reason="http_error", may_retry=may_retry)
        except (TimeoutError, aiohttp.ClientError) as error:
            return Answer(acked=False, reason=next(reason for kind, reason in _REASONS if isinstance(error, kind)))

    async def close(self) -> None:
        """Close the connections that are kept open."""
        if self._session is not None:
            await self._session.close()


def _body(delivery: Delivery) -> tuple[bytes, str]:
    if delivery.type == "events_api":
        return json.dumps(delivery.payload).encode(), "application/json"
    if delivery.type == "slash_commands":
        return urlencode(_words(delivery.payload)).encode(), FORM
    return urlencode({"payload": json.dumps(delivery.payload)}).encode(), FORM


def _words(payload: Json) -> dict[str, str]:
    return {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in payload.items()}


def _payload(text: str, kind: str) -> Any:
    if not text.strip():
        return None
    if kind == "application/json":
        try:
            return json.loads(text)
        except ValueError:
            return None
    return {"text": text}
