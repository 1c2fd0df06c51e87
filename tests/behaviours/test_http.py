"""The bot behind signed HTTP requests instead of Socket Mode: the same answers, and nothing for strangers."""

import hashlib
import hmac
import http.client
import json
import socket
import time
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import urlencode

import pytest

from tests.behaviours.team import BOT, DANA, HELP, TEAM_CHANNEL, Team, eventually, settings_of, team_in

SKLEARN = "how do i install scikit-learn for my training run?"
PATH = "/slack/events"


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    """A team whose Slack sends signed requests to its bot."""
    port = free_port()
    url = f"http://127.0.0.1:{port}{PATH}"
    with team_in(tmp_path_factory.mktemp("http") / "demo", http=True, slack_arguments=("--request-url", url)) as made:
        text = made.settings.read_text(encoding="utf-8")
        made.settings.write_text(f'log_level = "debug"\n{text}\n[http]\nport = {port}\n', encoding="utf-8")
        made.start("--http")
        yield made


def free_port() -> int:
    """A port that nobody listens on; the bot's has to be known before it starts."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Caller:
    """Somebody who can reach the bot's port."""

    def __init__(self, team: Team) -> None:
        settings = settings_of(team)
        self.port = int(settings["http"]["port"])
        self.secret = str(settings["slack"]["signing_secret"])

    def post(self, body: bytes, headers: dict[str, str], path: str = PATH) -> tuple[int, str]:
        """Status and body of the answer."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)) as connection:
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()

    def get(self, path: str) -> tuple[int, str]:
        """Status and body of the answer."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)) as connection:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()

    def signed(self, body: bytes, *, at: float | None = None, kind: str = "application/json") -> dict[str, str]:
        """Headers as Slack sends them; `at` in seconds, UTC."""
        stamp = str(int(time.time() if at is None else at))
        digest = hmac.new(self.secret.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
        return {"Content-Type": kind, "X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={digest}"}


@pytest.fixture
def caller(team: Team) -> Caller:
    return Caller(team)


def question(text: str, ts: str) -> bytes:
    """A message in the help channel as the Events API sends it."""
    event = {"type": "message", "user": DANA, "channel": HELP, "channel_type": "channel", "text": text, "ts": ts}
    return json.dumps(
        {"type": "event_callback", "team_id": "T0SANDBOX", "event_id": f"Ev{ts}", "event": event}
    ).encode()


# What people do


def test_the_address_is_verified(team: Team) -> None:
    assert team.slack.verify_url()


def test_a_question_is_answered(team: Team) -> None:
    said = team.type(DANA, HELP, SKLEARN)

    assert "CondaDependencies" in team.reply(said).text
    assert {each["via"] for each in team.slack.deliveries(*said.deliveries)} == {"http"}


def test_a_command_is_answered(team: Team) -> None:
    assert "AzureML Data Scientist" in team.command(DANA, "whoami")


def test_a_button_is_heard(team: Team) -> None:
    answer = team.reply(team.type(DANA, HELP, SKLEARN))

    clicked = team.click(DANA, answer, "feedback_helpful")

    team.private(clicked)
    eventually(lambda: bool(team.rows("SELECT verdict FROM feedback")))


def test_the_form_opens_and_its_mistakes_are_shown_in_it(team: Team) -> None:
    team.type(DANA, TEAM_CHANNEL, "/aml submit")
    eventually(lambda: bool(team.slack.views(DANA)))
    view = team.slack.views(DANA)[-1]

    refused = team.slack.submit(DANA, view["id"], {"script": {"value": "trian.py"}})

    assert "Did you mean “train.py”?" in refused["errors"]["script"]
    team.slack.close_view(DANA, view["id"], everything=True)


# Who isn't Slack


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Slack-Signature": "v0=" + "0" * 64},
        {"X-Slack-Signature": "v0=garbage"},
        {"X-Slack-Signature": "v0=\u00e9" + "0" * 63},
        {"X-Slack-Signature": ""},
        {"X-Slack-Request-Timestamp": "yesterday"},
        {"X-Slack-Request-Timestamp": "1e9"},
        {"X-Slack-Request-Timestamp": "\u00b2"},
        {"X-Slack-Request-Timestamp": "9" * 400},
        {"X-Slack-Request-Timestamp": ""},
    ],
    ids=[
        "wrong signature",
        "garbage signature",
        "signature not ascii",
        "no signature",
        "timestamp in words",
        "timestamp as a float",
        "timestamp not ascii",
        "endless timestamp",
        "no timestamp",
    ],
)
def test_an_unsigned_request_is_refused(team: Team, caller: Caller, headers: dict[str, str]) -> None:
    body = question(SKLEARN, "1700000001.000100")

    status, words = caller.post(body, caller.signed(body) | headers)

    assert status == 401
    assert "Traceback" not in words
    assert not team.rows("SELECT 1 FROM workflow_status WHERE workflow_uuid LIKE '%1700000001.000100%'")


def test_a_changed_body_is_refused(caller: Caller) -> None:
    headers = caller.signed(question(SKLEARN, "1700000002.000100"))

    status, _ = caller.post(question("how do i delete everything?", "1700000002.000100"), headers)

    assert status == 401


@pytest.mark.parametrize("minutes", [-6, 6], ids=["old", "from the future"])
def test_a_request_with_another_time_is_refused_although_it_is_signed(caller: Caller, minutes: int) -> None:
    body = question(SKLEARN, "1700000003.000100")

    status, _ = caller.post(body, caller.signed(body, at=time.time() + minutes * 60))

    assert status == 401


def test_a_replayed_request_changes_nothing(team: Team, caller: Caller) -> None:
    said = team.type(DANA, HELP, SKLEARN)
    team.reply(said)
    body = question(SKLEARN, said.ts)
    headers = caller.signed(body)

    statuses = [caller.post(body, headers)[0] for _ in range(3)]

    assert statuses == [200, 200, 200]
    replies = [m for m in team.slack.screen(DANA, HELP) if m.get("user") == BOT and m.get("thread_ts") == said.ts]
    assert len(replies) == 1


@pytest.mark.parametrize("chunked", [False, True], ids=["with its length", "in chunks"])
def test_a_body_over_a_megabyte_is_refused(caller: Caller, *, chunked: bool) -> None:
    body = b"x" * 1_000_001
    headers = caller.signed(body)
    with closing(http.client.HTTPConnection("127.0.0.1", caller.port, timeout=20)) as connection:
        if chunked:
            pieces = (body[i : i + 65_536] for i in range(0, len(body), 65_536))
            connection.request("POST", PATH, pieces, headers, encode_chunked=True)
        else:
            # Refused on the length alone, so none of the body has to travel.
            connection.request("POST", PATH, headers=headers | {"Content-Length": str(len(body))})
        answer = connection.getresponse()

        assert answer.status == 413


@pytest.mark.parametrize(
    "body",
    [b"", b"not json", b"[]", b"null", b'{"type": "event_callback"}', b'{"type": "event_callback", "event": null}'],
    ids=["empty", "not json", "a list", "null", "no event", "null event"],
)
def test_a_body_that_makes_no_sense_is_never_an_error_of_the_server(caller: Caller, body: bytes) -> None:
    signed, _ = caller.post(body, caller.signed(body))
    unsigned, _ = caller.post(body, caller.signed(body) | {"X-Slack-Signature": "v0=" + "0" * 64})

    assert 400 <= signed < 500
    assert unsigned == 401


def test_a_body_that_is_no_text_is_refused(caller: Caller) -> None:
    body = b"\xff\xfe{}"

    assert caller.post(body, caller.signed(body))[0] == 401


def test_slack_s_check_of_its_certificate_is_answered(caller: Caller) -> None:
    body = urlencode({"ssl_check": "1", "token": "x"}).encode()

    status, _ = caller.post(body, caller.signed(body, kind="application/x-www-form-urlencoded"))

    assert status == 200


def test_the_log_has_no_secret_and_no_question(team: Team, caller: Caller) -> None:
    said = team.type(DANA, HELP, f"{SKLEARN} my-private-words")
    team.reply(said)
    team.command(DANA, "envs")
    caller.post(b"{}", {"X-Slack-Signature": f"v0={caller.secret}"})

    log = team.log()

    settings = settings_of(team)
    secrets = [settings["azure"]["client_secret"], *(settings["slack"][name] for name in ("bot_token", "app_token"))]
    assert "azureml.child_started" in log
    for secret in (*secrets, caller.secret, "my-private-words", "Bearer ", "/commands/"):
        assert secret not in log


# Who watches


def test_health_is_answered_without_a_signature(caller: Caller) -> None:
    assert caller.get("/healthz") == (200, "ok")
    assert caller.get("/readyz") == (200, "ok")


@pytest.mark.parametrize("path", ["/", "/slack", PATH, "/slack/events/", "/etc/passwd"])
def test_other_addresses_are_not_found(caller: Caller, path: str) -> None:
    assert caller.get(path)[0] == 404
