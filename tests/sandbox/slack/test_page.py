"""The chat page over plain HTTP: who may come in, what it sends, and what it refuses."""

import asyncio
import http.client
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
from slack_bolt import App
from slack_sdk import WebClient

from tests.sandbox.slack.harness import Listening, Sandbox, eventually

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


@dataclass
class Visitor:
    """Somebody who sends requests to the page; `cookie` once they came in by its whole address."""

    address: str
    cookie: str = ""

    @property
    def origin(self) -> str:
        return self.address.split("/page/", maxsplit=1)[0]

    @property
    def path(self) -> str:
        return urlsplit(self.address).path

    def ask(self, path: str, method: str = "GET", body: Any = None, **headers: str) -> tuple[int, dict[str, str], str]:
        """Status, headers and text; a header given as "" is left out."""
        connection = http.client.HTTPConnection(urlsplit(self.address).netloc, timeout=10)
        data = None if body is None else body if isinstance(body, str) else json.dumps(body)
        sent = {"Cookie": self.cookie, "Content-Type": "application/json" if data else "", **headers}
        named = {name.replace("_", "-"): value for name, value in sent.items() if value}
        connection.request(method, path if path.startswith("/") else self.path + path, data, named)
        answer = connection.getresponse()
        found = (answer.status, dict(answer.getheaders()), answer.read().decode(errors="replace"))
        connection.close()
        return found

    def see(self, path: str) -> Any:
        """What the page is told at this path."""
        status, _, text = self.ask(f"see/{path}")
        assert status == 200, text
        return json.loads(text)

    def do(self, path: str, **body: Any) -> Any:
        """What comes of an action of the page."""
        status, _, text = self.ask(f"do/{path}", "POST", body, Origin=self.origin)
        assert status == 200, text
        return json.loads(text)


@pytest.fixture
def stranger(slack: Sandbox) -> Visitor:
    """Somebody on this machine who knows the port and even the path, and has no token."""
    return Visitor(slack.ready["page"].partition("?")[0])


@pytest.fixture
def visitor(slack: Sandbox) -> Visitor:
    """Somebody who opened the address that the sandbox printed."""
    made = Visitor(slack.ready["page"])
    status, headers, _ = made.ask(f"{made.path}?{urlsplit(made.address).query}")
    assert status == 200
    made.cookie = headers["Set-Cookie"].partition(";")[0]
    return made


def test_the_printed_address_gives_the_page_and_a_cookie_for_nobody_else(slack: Sandbox) -> None:
    page = Visitor(slack.ready["page"])

    status, headers, text = page.ask(f"{page.path}?{urlsplit(page.address).query}")

    assert status == 200
    assert "<main" in text
    cookie = headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert f"Path={page.path}" in cookie
    token = urlsplit(page.address).query.removeprefix("token=")
    assert token not in text
    assert token not in cookie


@pytest.mark.parametrize(
    "path", ["", "?token=wrong", "?token=", "see/workspace", "static/app.js", "live?after=0", "file/F1"]
)
def test_without_the_token_nothing_is_shown(stranger: Visitor, path: str) -> None:
    status, headers, text = stranger.ask(path)

    assert status == 403
    assert "Set-Cookie" not in headers
    assert "whole address" in text


def test_without_the_token_nothing_is_done(stranger: Visitor, slack: Sandbox) -> None:
    body = {"user": "dana", "channel": "#general", "text": "hi"}

    status, _, _ = stranger.ask("do/type", "POST", body, Origin=stranger.origin)

    assert status == 403
    assert slack.client.screen("dana", "#general") == []


def test_the_cookie_of_an_earlier_start_opens_nothing(start: Callable[..., Sandbox], visitor: Visitor) -> None:
    other = Visitor(start().ready["page"], visitor.cookie)

    assert other.ask("see/workspace")[0] == 403
    assert Visitor(other.address, visitor.cookie).ask(visitor.path)[0] == 403


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "127.0.0.1", "[::1]:80"])
def test_a_name_that_was_rebound_to_loopback_is_refused_with_the_right_cookie_even(visitor: Visitor, host: str) -> None:
    token = urlsplit(visitor.address).query
    body = {"user": "dana", "channel": "#general", "text": "hi"}

    statuses = [
        visitor.ask(f"?{token}", Host=host)[0],
        visitor.ask("see/workspace", Host=host)[0],
        visitor.ask("do/type", "POST", body, Host=host, Origin=f"http://{host}")[0],
        visitor.ask("live?after=0", Host=host)[0],
    ]

    assert statuses == [421] * 4


FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:1"},
    {"Origin": ""},
    {"Sec_Fetch_Site": "cross-site"},
    {"Sec_Fetch_Site": "same-site"},
    {"Content_Type": "text/plain"},
    {"Content_Type": "application/x-www-form-urlencoded"},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_another_page_can_do_nothing_even_where_the_browser_sends_the_cookie(
    visitor: Visitor, slack: Sandbox, headers: dict[str, str]
) -> None:
    sent = {"Origin": visitor.origin, "Content_Type": "application/json", **headers}

    body = {"user": "dana", "channel": "#general", "text": "hi"}
    status, answered, _ = visitor.ask(
        "do/type", "POST", body, **{name.replace("_", "-"): v for name, v in sent.items()}
    )

    assert status in (403, 415)
    assert "Access-Control-Allow-Origin" not in answered
    assert slack.client.screen("dana", "#general") == []


def test_another_page_can_look_at_nothing_and_embed_nothing(visitor: Visitor) -> None:
    assert visitor.ask("see/workspace", **{"Sec-Fetch-Site": "cross-site"})[0] == 403
    assert visitor.ask("see/workspace", Origin="https://evil.example")[0] == 403
    assert visitor.ask("", **{"Sec-Fetch-Dest": "iframe"})[0] == 403
    status, headers, _ = visitor.ask("see/workspace", "OPTIONS", Origin="https://evil.example")
    assert status == 405
    assert not any(name.startswith("Access-Control") for name in headers)


@pytest.mark.parametrize("origin", ["https://evil.example", "null", ""])
def test_another_page_hears_nothing(visitor: Visitor, origin: str) -> None:
    async def status() -> int:
        headers = {"Cookie": visitor.cookie} | ({"Origin": origin} if origin else {})
        async with aiohttp.ClientSession() as session:
            try:
                async with session.ws_connect(f"{visitor.origin}{visitor.path}live?after=0", headers=headers):
                    return 101
            except aiohttp.WSServerHandshakeError as refused:
                return refused.status

    assert asyncio.run(status()) == 403


@pytest.mark.parametrize("path", ["", "see/workspace", "static/app.js", "static/nothing.js", "see/nothing"])
def test_every_answer_forbids_inline_scripts_foreign_assets_and_frames(visitor: Visitor, path: str) -> None:
    _, headers, _ = visitor.ask(path)

    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["img-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert policy["require-trusted-types-for"] == "'script'"
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "Access-Control-Allow-Origin" not in headers


@pytest.mark.parametrize("name", ["../routes.py", "..%2froutes.py", "%2e%2e/door.py", "app.js%00.css", "routes.py"])
def test_only_the_page_s_own_files_are_served(visitor: Visitor, name: str) -> None:
    assert visitor.ask(f"static/{name}")[0] in (400, 403, 404)


def test_people_type_and_see_what_was_said_in_portions(visitor: Visitor) -> None:
    for number in range(5):
        visitor.do("type", user="dana", channel="#general", text=f"word {number}")

    newest = visitor.see("history?user=dana&channel=%23general&limit=2")
    older = visitor.see(f"history?user=dana&channel=%23general&limit=9&before={newest['messages'][0]['ts']}")

    assert [each["text"] for each in newest["messages"]] == ["word 3", "word 4"]
    assert newest["more"] is True
    assert [each["text"] for each in older["messages"]] == ["word 0", "word 1", "word 2"]
    assert older["more"] is False


def test_replies_are_in_the_thread_and_not_in_the_channel(visitor: Visitor) -> None:
    root = visitor.do("type", user="dana", channel="#general", text="who has time?")
    visitor.do("type", user="rui", channel="#general", text="I have", thread_ts=root["ts"])

    history = visitor.see("history?user=dana&channel=%23general")["messages"]
    thread = visitor.see(f"thread?user=dana&channel=%23general&ts={root['ts']}")["messages"]

    assert [(each["text"], each.get("reply_count")) for each in history] == [("who has time?", 1)]
    assert [each["text"] for each in thread] == ["who has time?", "I have"]


def test_what_only_one_person_may_see_is_shown_to_that_one(visitor: Visitor, web: WebClient) -> None:
    web.chat_postEphemeral(channel="C0GENERAL", user="U0DANA", text="for you")

    assert [each["text"] for each in visitor.see("history?user=dana&channel=%23general")["messages"]] == ["for you"]
    assert visitor.see("history?user=rui&channel=%23general")["messages"] == []


@pytest.mark.parametrize(
    "query", ["user=nobody&channel=%23general", "user=dana&channel=%23nowhere", "user=gus&channel=%23general"]
)
def test_places_and_people_that_are_not_there_are_named(visitor: Visitor, query: str) -> None:
    status, _, text = visitor.ask(f"see/history?{query}")

    assert status in (403, 404)
    assert json.loads(text)["message"]


def test_news_come_as_they_happen_and_a_gap_is_told(visitor: Visitor, web: WebClient) -> None:
    async def heard() -> list[Any]:
        headers = {"Cookie": visitor.cookie, "Origin": visitor.origin}
        last = visitor.see("workspace")["last"]
        async with aiohttp.ClientSession() as session:
            address = f"{visitor.origin}{visitor.path}live?after="
            async with session.ws_connect(f"{address}{last}", headers=headers) as live:
                await asyncio.to_thread(web.chat_postMessage, channel="C0GENERAL", text="news")
                first = await live.receive_json(timeout=10)
            async with session.ws_connect(f"{address}-1000000", headers=headers) as late:
                return [first, await late.receive_json(timeout=10)]

    news, gap = asyncio.run(heard())

    assert [change["message"]["text"] for change in news["changes"]] == ["news"]
    assert gap == {"gap": True}


def test_the_inspector_names_the_call_the_delivery_the_times_and_the_sound(
    visitor: Visitor, slack: Sandbox, connect: Callable[[Callable[[App], None]], Listening]
) -> None:
    def register(app: App) -> None:
        @app.event("message")
        def answer(event: dict[str, Any], say: Callable[..., Any]) -> None:
            say(text="*Hello* <@U0DANA>", thread_ts=event["ts"])

    connect(register)
    asked = visitor.do("type", user="dana", channel="#general", text="hello?")
    visitor.see(f"outcome?ids={asked['delivery_ids'][0]}")
    address = f"thread?user=dana&channel=%23general&ts={asked['ts']}"
    reply = eventually(lambda: visitor.see(address)["messages"][1:])[0]

    question = visitor.see(f"inspect?user=dana&channel=%23general&ts={asked['ts']}")
    answer = visitor.see(f"inspect?user=dana&channel=%23general&ts={reply['ts']}")

    assert question["deliveries"][0]["ack_ms"] > 0
    assert question["answered_ms"] >= 0
    assert question["calls"] == []
    assert [(call["method"], call["scope"], call["made"]) for call in answer["calls"]] == [
        ("chat.postMessage", "chat:write", reply["ts"])
    ]
    assert answer["calls"][0]["ms"] > 0
    assert answer["is_answer"]
    assert answer["deliveries"][0]["id"] == asked["delivery_ids"][0]
    assert answer["spoken"] == "Hello @dana"
    assert answer["warnings"] == []
    secrets = [slack.ready["bot_token"], slack.ready["signing_secret"]]
    assert not any(secret in json.dumps([question, answer]) for secret in secrets)


def test_the_inspector_warns_of_a_missing_text_and_of_limits_that_are_near(visitor: Visitor, web: WebClient) -> None:
    block = {"type": "section", "text": {"type": "mrkdwn", "text": "words"}}
    silent = web.api_call("chat.postMessage", json={"channel": "C0GENERAL", "blocks": [block]})
    long = web.chat_postMessage(channel="C0GENERAL", text="words", blocks=[{"type": "divider"}] * 46)

    def warnings(ts: str) -> str:
        return " ".join(visitor.see(f"inspect?user=dana&channel=%23general&ts={ts}")["warnings"])

    spoken = web.chat_postMessage(channel="C0GENERAL", text="words", blocks=[block])
    web.conversations_replies(channel="C0GENERAL", ts=spoken["ts"])

    assert warnings(spoken["ts"]) == ""
    assert "no `text`" in warnings(silent["ts"])
    assert "46 blocks; Slack takes 50" in warnings(long["ts"])


def test_a_call_whose_scope_the_manifest_lacks_is_named(start: Callable[..., Sandbox], tmp_path: Path) -> None:
    manifest = tmp_path / "manifest.json"
    command = {"command": "/ship", "description": "Ship it", "usage_hint": "now | later"}
    scopes = {"bot": ["commands"]}
    features = {"slash_commands": [command], "app_home": {"home_tab_enabled": True}}
    manifest.write_text(json.dumps({"features": features, "oauth_config": {"scopes": scopes}}), encoding="utf-8")
    slack = start("--manifest", str(manifest))
    visitor = Visitor(slack.ready["page"])
    visitor.cookie = visitor.ask(f"{visitor.path}?{urlsplit(visitor.address).query}")[1]["Set-Cookie"].partition(";")[0]
    posted = slack.web().chat_postMessage(channel="C0GENERAL", text="hi")

    workspace = visitor.see("workspace")
    found = visitor.see(f"inspect?user=dana&channel=%23general&ts={posted['ts']}")

    assert workspace["commands"] == [command]
    assert workspace["has_home"] is True
    assert found["warnings"] == ["chat.postMessage needs the scope chat:write, which the manifest does not ask for."]


def test_the_app_can_be_taken_out_of_a_channel_and_invited_again(visitor: Visitor, web: WebClient) -> None:
    visitor.do("channels/leave", user="aml-bot", channel="#general")
    with pytest.raises(Exception, match="not_in_channel"):
        web.chat_postMessage(channel="C0GENERAL", text="hi")

    visitor.do("channels/join", user="aml-bot", channel="#general")

    assert web.chat_postMessage(channel="C0GENERAL", text="hi")["ok"]


def test_planned_trouble_is_shown(visitor: Visitor, web: WebClient) -> None:
    visitor.do("faults", method="*", times=2, error="token_revoked")

    assert visitor.see("trouble")["faults"][0]["error"] == "token_revoked"
    with pytest.raises(Exception, match="token_revoked"):
        web.auth_test()


@pytest.mark.parametrize(
    ("name", "body", "kind", "disposition"),
    [
        ("plot.png", PNG, "image/png", ""),
        ("page.html", b"<script>alert(1)</script>", "application/octet-stream", 'attachment; filename="page.html"'),
        ("drawing.svg", b"<svg onload=alert(1)>", "application/octet-stream", 'attachment; filename="drawing.svg"'),
        ('a"b\n.txt', b"words", "application/octet-stream", 'attachment; filename="a_b_.txt"'),
    ],
)
def test_uploads_are_shown_when_they_are_pictures_and_kept_as_downloads_otherwise(
    visitor: Visitor, web: WebClient, name: str, body: bytes, kind: str, disposition: str
) -> None:
    uploaded = web.files_upload_v2(channel="C0GENERAL", file=body, filename=name)

    status, headers, _ = visitor.ask(f"file/{uploaded['files'][0]['id']}")

    assert status == 200
    assert headers["Content-Type"] == kind
    assert headers.get("Content-Disposition", "") == disposition
