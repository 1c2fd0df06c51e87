"""What a person types, and what the app is told."""

from collections.abc import Callable
from typing import Any

import pytest
from slack_bolt import App

from bot.sandbox.slack.client import SandboxClient
from bot.sandbox.slack.wire import ControlError
from tests.sandbox.slack.harness import Listening, Sandbox, bolt_app, eventually

Connect = Callable[[Callable[[App], None]], Listening]


def recorder(heard: list[dict[str, Any]]) -> Callable[[App], None]:
    """A bot that only takes note."""

    def register(app: App) -> None:
        @app.event("app_mention")
        def mention(body: dict[str, Any]) -> None:
            heard.append(body)

        @app.event("message")
        def message(body: dict[str, Any]) -> None:
            heard.append(body)

    return register


def test_a_mention_arrives_twice_with_two_event_ids_and_escaped_text(slack: Sandbox, connect: Connect) -> None:
    heard: list[dict[str, Any]] = []
    connect(recorder(heard))

    sent = slack.client.type("dana", "#ml-help", "@aml-bot is a < b & c? ask @rui in #ml-team")

    slack.settled(*sent.delivery_ids)
    assert sorted(body["event"]["type"] for body in heard) == ["app_mention", "message"]
    assert len({body["event_id"] for body in heard}) == 2
    text = "<@U0AMLBOT> is a &lt; b &amp; c? ask <@U0RUI> in <#C0MLTEAM|ml-team>"
    for body in heard:
        assert body["event"]["text"] == text
        assert body["event"]["user"] == "U0DANA"
        assert body["event"]["channel"] == "C0MLHELP"
        assert body["event"]["ts"] == sent.ts
        assert body["event"]["blocks"][0]["type"] == "rich_text"
        assert body["authorizations"][0]["user_id"] == "U0AMLBOT"
        assert body["is_ext_shared_channel"] is False
    assert next(b for b in heard if b["event"]["type"] == "message")["event"]["channel_type"] == "channel"


def test_a_direct_message_arrives_once_as_message_im(slack: Sandbox, connect: Connect) -> None:
    heard: list[dict[str, Any]] = []
    connect(recorder(heard))

    sent = slack.client.type("dana", "dm", "@aml-bot hello")

    slack.settled(*sent.delivery_ids)
    assert [body["event"]["channel_type"] for body in heard] == ["im"]
    assert heard[0]["event"]["channel"].startswith("D")


def test_a_reply_in_a_thread_names_the_thread(slack: Sandbox, connect: Connect) -> None:
    heard: list[dict[str, Any]] = []
    connect(recorder(heard))
    root = slack.client.type("dana", "#ml-team", "who knows?")

    reply = slack.client.type("rui", "#ml-team", "me", thread_ts=root.ts)

    slack.settled(*reply.delivery_ids)
    assert heard[-1]["event"]["thread_ts"] == root.ts
    assert heard[-1]["event"]["parent_user_id"] == "U0DANA"


def test_edits_and_posts_of_the_bot_are_told_to_the_app(slack: Sandbox) -> None:
    sent: list[dict[str, Any]] = []
    app = Listening(slack, bolt_app(slack, ignoring_self_events_enabled=False, heard=sent))

    ts = slack.web().chat_postMessage(channel="C0MLHELP", text="one")["ts"]
    slack.web().chat_update(channel="C0MLHELP", ts=ts, text="two")

    eventually(lambda: len(sent) == 2)
    app.close()
    posted, changed = sorted((body["event"] for body in sent), key=lambda event: "subtype" in event)
    assert (posted["bot_id"], posted["text"]) == ("B0AMLBOT", "one")
    assert changed["subtype"] == "message_changed"
    assert (changed["message"]["text"], changed["previous_message"]["text"]) == ("two", "one")


def test_code_stays_code_and_links_become_links(slack: Sandbox) -> None:
    typed = [
        ("see https://x.y/z?a=1&b=2, please", "see <https://x.y/z?a=1&amp;b=2>, please"),
        ("`@rui` is code", "`@rui` is code"),
        ("mail dana@example.com", "mail dana@example.com"),
        ("@channel and @nobody", "<!channel> and @nobody"),
        ("run train.py", "run train.py"),
    ]

    for text, _ in typed:
        slack.client.type("dana", "#ml-help", text)
    slack.client.type("dana", "#ml-help", "run train.py", autolink=True)

    seen = [each["text"] for each in slack.client.screen("rui", "#ml-help")]
    assert seen == [*(text for _, text in typed), "run <http://train.py|train.py>"]


def test_a_stranger_is_marked_as_one(slack: Sandbox, connect: Connect) -> None:
    heard: list[dict[str, Any]] = []
    connect(recorder(heard))
    slack.client.add_person("nils", team_id="T0OTHER", channels=["#ml-help"])

    sent = slack.client.type("nils", "#ml-help", "hello from afar")

    slack.settled(*sent.delivery_ids)
    event = heard[-1]
    assert event["is_ext_shared_channel"] is True
    assert event["event"]["user_team"] == "T0OTHER"
    profile = slack.web().users_info(user="U0NILS")["user"]
    assert profile["team_id"] == "T0OTHER"
    assert profile["is_stranger"] is False
    assert "email" not in profile["profile"]


@pytest.mark.parametrize(
    ("user", "channel", "error"),
    [
        ("gus", "#general", "not_in_channel"),
        ("dana", "#nowhere", "channel_not_found"),
        ("nobody", "#ml-help", "user_not_found"),
    ],
)
def test_a_person_types_only_where_they_are(slack: Sandbox, user: str, channel: str, error: str) -> None:
    with pytest.raises(ControlError) as refused:
        slack.client.type(user, channel, "hello")

    assert refused.value.error == error


def test_a_channel_without_the_bot_is_silent(slack: Sandbox) -> None:
    slack.client.add_channel("quiet", ["dana", "rui"], bot=False)

    sent = slack.client.type("dana", "#quiet", "@aml-bot hello?")

    assert sent.delivery_ids == ()
    assert slack.client.screen("rui", "#quiet")[0]["text"] == "<@U0AMLBOT> hello?"


def test_only_one_who_may_read_the_secret_reaches_the_control_address(slack: Sandbox) -> None:
    with pytest.raises(ControlError) as refused:
        SandboxClient(slack.ready["control"], "wrong").people()

    assert refused.value.status == 401
    assert (slack.state / "slack.json").stat().st_mode & 0o777 == 0o600
    assert slack.state.stat().st_mode & 0o777 == 0o700
