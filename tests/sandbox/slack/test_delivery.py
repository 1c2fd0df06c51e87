"""Retries, redeliveries, disconnects and signatures."""

import asyncio
import http.server
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs

import aiohttp
import pytest
from slack_bolt import Ack, App, BoltRequest
from slack_sdk.signature import SignatureVerifier

from tests.sandbox.slack.harness import Listening, Sandbox, bolt_app, eventually

Connect = Callable[[Callable[[App], None]], Listening]


def flaky(bodies: list[dict[str, Any]], failures: int) -> Callable[[App], None]:
    """A bot that does not acknowledge its first deliveries."""

    def register(app: App) -> None:
        @app.event("message")
        def message(body: dict[str, Any]) -> None:
            bodies.append(body)
            if len(bodies) <= failures:
                raise RuntimeError("broken on purpose")

    return register


def test_an_unacked_event_comes_again_with_its_event_id(slack: Sandbox, connect: Connect) -> None:
    bodies: list[dict[str, Any]] = []
    connect(flaky(bodies, 1))

    sent = slack.client.type("dana", "#ml-help", "hello")

    eventually(lambda: len(bodies) == 2)
    rows = slack.settled(*sent.delivery_ids)
    assert [(row["attempt"], row["reason"]) for row in rows] == [(0, ""), (1, "timeout")]
    assert rows[0]["ack_ms"] is None
    assert rows[1]["ack_ms"] is not None
    assert len({body["event_id"] for body in bodies}) == 1
    assert len({row["envelope_id"] for row in rows}) == 2


def test_without_a_connection_an_event_is_tried_as_often_as_slack_tries(slack: Sandbox) -> None:
    sent = slack.client.type("dana", "#ml-help", "is anybody there?")

    rows = slack.settled(*sent.delivery_ids)

    assert [row["attempt"] for row in rows] == [0, 1, 2, 3]
    assert {row["error"] for row in rows} == {"not_connected"}


def test_a_delivery_can_be_repeated_under_its_event_id(slack: Sandbox, connect: Connect) -> None:
    bodies: list[dict[str, Any]] = []
    connect(flaky(bodies, 0))
    sent = slack.client.type("dana", "#ml-help", "hello")
    slack.settled(*sent.delivery_ids)

    slack.client.redeliver(sent.delivery_ids[0])
    slack.client.redeliver(sent.delivery_ids[0], same_envelope=True)

    eventually(lambda: len(bodies) == 3)
    assert len({body["event_id"] for body in bodies}) == 1
    rows = eventually(lambda: [row for row in slack.client.deliveries(*sent.delivery_ids) if row["ack_ms"]])
    assert [row["attempt"] for row in rows][:2] == [0, 1]


@pytest.mark.parametrize("how", ["refresh_requested", "link_disabled", "drop"])
def test_after_a_disconnect_the_client_comes_back_and_hears_again(slack: Sandbox, connect: Connect, how: str) -> None:
    bodies: list[dict[str, Any]] = []
    connect(flaky(bodies, 0))
    opened = len(slack.client.calls("apps.connections.open"))

    told = slack.client.disconnect(drop=True) if how == "drop" else slack.client.disconnect(how)

    assert told == 1
    eventually(lambda: len(slack.client.calls("apps.connections.open")) > opened)
    eventually(lambda: slack.client.connections() >= 1)
    slack.client.type("dana", "#ml-help", "hello")
    eventually(lambda: bodies)


def test_several_connections_share_what_is_sent(slack: Sandbox, connect: Connect) -> None:
    first: list[dict[str, Any]] = []
    second: list[dict[str, Any]] = []
    connect(flaky(first, 0))
    connect(flaky(second, 0))

    def both() -> bool:
        slack.client.type("dana", "#ml-help", "hello")
        return bool(first and second)

    eventually(both)
    assert slack.client.connections() == 2
    everything = [body["event_id"] for body in (*first, *second)]
    assert len(everything) == len(set(everything))


def test_a_socket_address_works_once(slack: Sandbox) -> None:
    address = slack.web().apps_connections_open(app_token=slack.ready["app_token"])["url"]

    async def twice() -> tuple[dict[str, Any], int]:
        async with aiohttp.ClientSession() as session:
            async with session.ws_connect(address + "&debug_reconnects=true") as socket:
                hello: dict[str, Any] = await socket.receive_json(timeout=5)
            async with session.get(address) as again:
                return hello, again.status

    hello, status = asyncio.run(twice())
    assert hello["type"] == "hello"
    assert hello["num_connections"] == 1
    assert hello["debug_info"]["approximate_connection_time"] == 360
    assert status == 404


class Receiver:
    """An app's request URL: hands what comes to a function that gives status, body and content type."""

    def __init__(self) -> None:
        self.requests: list[tuple[dict[str, str], bytes]] = []
        self.answer: Callable[[dict[str, str], bytes], tuple[int, str]] = lambda _headers, _body: (200, "")
        self.extra: dict[str, str] = {}
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.requests.append((headers, body))
                status, text = receiver.answer(headers, body)
                kind = "application/json" if text.startswith("{") else "text/plain"
                self.send_response(status)
                self.send_header("Content-Type", kind)
                for name, value in receiver.extra.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *args: Any) -> None:
                """Tests are quiet."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/slack/events"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def close(self) -> None:
        """Stop listening."""
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(timeout=5)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A request URL."""
    made = Receiver()
    yield made
    made.close()


def test_http_requests_carry_a_signature_that_slack_sdk_accepts(
    start: Callable[..., Sandbox], receiver: Receiver
) -> None:
    slack = start("--request-url", receiver.url)
    verifier = SignatureVerifier(slack.ready["signing_secret"])

    slack.settled(*slack.client.type("dana", "#ml-help", "hello").delivery_ids)
    slack.settled(*slack.client.type("dana", "#ml-help", "/aml runs").delivery_ids)

    (headers, event), (form_headers, form) = receiver.requests
    for sent, body in receiver.requests:
        assert verifier.is_valid_request(body, sent)
        assert not verifier.is_valid_request(body + b" ", sent)
    assert headers["content-type"] == "application/json"
    assert json.loads(event)["event"]["text"] == "hello"
    assert form_headers["content-type"] == "application/x-www-form-urlencoded"
    assert parse_qs(form.decode())["command"] == ["/aml"]


def test_http_retries_say_which_attempt_and_why(start: Callable[..., Sandbox], receiver: Receiver) -> None:
    slack = start("--request-url", receiver.url, "--retry-delays", "0,0,0")
    receiver.answer = lambda headers, _body: (200 if headers.get("x-slack-retry-num") == "2" else 500, "")

    rows = slack.settled(*slack.client.type("dana", "#ml-help", "hello").delivery_ids)

    assert len(rows) == 3
    numbers = [(sent.get("x-slack-retry-num"), sent.get("x-slack-retry-reason")) for sent, _ in receiver.requests]
    assert numbers == [(None, None), ("1", "http_error"), ("2", "http_error")]
    assert len({json.loads(body)["event_id"] for _, body in receiver.requests}) == 1


def test_an_app_can_ask_not_to_be_tried_again(start: Callable[..., Sandbox], receiver: Receiver) -> None:
    slack = start("--request-url", receiver.url, "--retry-delays", "0,0,0")
    receiver.answer = lambda _headers, _body: (500, "")
    receiver.extra = {"X-Slack-No-Retry": "1"}

    rows = slack.settled(*slack.client.type("dana", "#ml-help", "hello").delivery_ids)

    assert [(row["attempt"], row["error"]) for row in rows] == [(0, "http_error")]


def test_a_bolt_app_works_over_http_as_over_a_socket(start: Callable[..., Sandbox], receiver: Receiver) -> None:
    slack = start("--request-url", receiver.url)
    app = bolt_app(slack)

    @app.command("/aml")
    def command(ack: Ack, command: dict[str, Any]) -> None:
        ack(f"you said {command['text']}")

    def dispatch(headers: dict[str, str], body: bytes) -> tuple[int, str]:
        answer = app.dispatch(
            BoltRequest(body=body.decode(), headers={name: [value] for name, value in headers.items()})
        )
        return answer.status, answer.body

    receiver.answer = dispatch

    verified = slack.client.verify_url()
    slack.client.type("dana", "#ml-help", "/aml hello")

    assert verified
    assert slack.change("ephemeral", "you said hello").visible_to == ("U0DANA",)
