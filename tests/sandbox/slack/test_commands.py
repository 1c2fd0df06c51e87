"""Slash commands, their answers and their addresses."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from slack_bolt import Ack, App, Respond
from slack_sdk.errors import SlackApiError
from slack_sdk.webhook import WebhookClient

from tests.sandbox.slack.harness import Listening, Sandbox, eventually

Connect = Callable[[Callable[[App], None]], Listening]


def test_a_command_is_answered_to_its_person_alone(slack: Sandbox, connect: Connect) -> None:
    heard: list[dict[str, Any]] = []

    def register(app: App) -> None:
        @app.command("/aml")
        def command(ack: Ack, command: dict[str, Any]) -> None:
            heard.append(command)
            ack("2 runs")

    connect(register)

    sent = slack.client.type("dana", "#ml-team", "/aml runs @rui")

    shown = slack.change("ephemeral", "2 runs")
    assert shown.visible_to == ("U0DANA",)
    assert [each["text"] for each in slack.client.screen("dana", "#ml-team")] == ["2 runs"]
    assert slack.client.screen("rui", "#ml-team") == []
    assert heard[0]["text"] == "runs <@U0RUI|rui>"
    assert heard[0]["channel_name"] == "ml-team"
    assert heard[0]["trigger_id"] == sent.trigger_id
    assert not slack.web().conversations_history(channel="C0MLTEAM")["messages"]


def test_a_command_that_is_not_acked_shows_slacks_error_and_is_not_sent_again(slack: Sandbox, connect: Connect) -> None:
    def register(app: App) -> None:
        @app.command("/aml")
        def command(ack: Ack) -> None:
            raise RuntimeError("broken on purpose")

    connect(register)

    sent = slack.client.type("dana", "#ml-help", "/aml runs")

    notice = slack.change("notice")
    assert notice.text == '/aml failed with the error "operation_timeout"'
    assert notice.visible_to == ("U0DANA",)
    assert [row["attempt"] for row in slack.settled(*sent.delivery_ids)] == [0]


def test_commands_are_refused_in_threads_and_where_unknown(slack: Sandbox) -> None:
    root = slack.client.type("dana", "#ml-help", "hello")

    in_thread = slack.client.type("dana", "#ml-help", "/aml runs", thread_ts=root.ts)
    unknown = slack.client.type("dana", "#ml-help", "/lunch")

    assert "not supported in threads" in in_thread.refused
    assert "/lunch is not a valid command" in unknown.refused
    assert in_thread.delivery_ids == unknown.delivery_ids == ()


def test_a_response_url_takes_five_posts(slack: Sandbox, connect: Connect) -> None:
    urls: list[str] = []

    def register(app: App) -> None:
        @app.command("/aml")
        def command(ack: Ack, command: dict[str, Any]) -> None:
            urls.append(command["response_url"])
            ack()

    connect(register)
    slack.settled(*slack.client.type("dana", "#ml-help", "/aml runs").delivery_ids)
    webhook = WebhookClient(urls[0])

    answers = [webhook.send(text=f"part {number}", response_type="in_channel") for number in range(6)]

    assert [answer.status_code for answer in answers] == [200] * 5 + [404]
    assert "used_url" in answers[5].body
    seen = [each["text"] for each in slack.client.screen("rui", "#ml-help")]
    assert seen == [f"part {number}" for number in range(5)]


def test_an_ephemeral_can_be_replaced_and_deleted_through_its_button(slack: Sandbox, connect: Connect) -> None:
    button = {"type": "button", "text": {"type": "plain_text", "text": "More"}, "action_id": "more"}
    clicks: list[dict[str, Any]] = []

    def register(app: App) -> None:
        @app.command("/aml")
        def command(ack: Ack) -> None:
            ack(blocks=[{"type": "actions", "elements": [button]}], text="first")

        @app.action("more")
        def more(ack: Ack, body: dict[str, Any], respond: Respond) -> None:
            clicks.append(body)
            ack()
            if len(clicks) == 1:
                respond(text="second", blocks=[{"type": "actions", "elements": [button]}], replace_original=True)
            else:
                respond(delete_original=True)

    connect(register)
    slack.client.type("dana", "#ml-help", "/aml runs")
    first = slack.change("ephemeral", "first")

    slack.client.click("dana", "#ml-help", first.ts, "more")
    second = slack.change("ephemeral", "second")
    slack.client.click("dana", "#ml-help", first.ts, "more")

    assert second.ts == first.ts
    eventually(lambda: slack.client.screen("dana", "#ml-help") == [])
    assert clicks[0]["container"]["is_ephemeral"] is True
    assert "message" not in clicks[0]


def test_a_trigger_opens_one_view_and_only_for_three_seconds(slack: Sandbox, connect: Connect) -> None:
    def register(app: App) -> None:
        @app.command("/aml")
        def command(ack: Ack) -> None:
            ack()

    connect(register)
    web = slack.web()
    view = {"type": "modal", "title": {"type": "plain_text", "text": "Hello"}, "blocks": [{"type": "divider"}]}
    used = slack.client.type("dana", "#ml-help", "/aml one").trigger_id
    late = slack.client.type("dana", "#ml-help", "/aml two").trigger_id
    given = time.monotonic()

    def opened(trigger: str) -> str:
        answer = web.api_call("views.open", json={"trigger_id": trigger, "view": view})
        return str(answer.get("error", ""))

    assert opened(used) == ""
    with pytest.raises(SlackApiError, match="exchanged_trigger_id"):
        opened(used)
    with pytest.raises(SlackApiError, match="invalid_trigger_id"):
        opened("1.2.3")
    eventually(lambda: time.monotonic() - given > 3.05)
    with pytest.raises(SlackApiError, match="expired_trigger_id"):
        opened(late)
