"""Modals and menus, from the command that opens them to what is submitted."""

from collections.abc import Callable
from typing import Any

import pytest
from slack_bolt import Ack, App
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.sandbox.slack.wire import ControlError
from tests.sandbox.slack.harness import Listening, Sandbox, eventually

Connect = Callable[[Callable[[App], None]], Listening]


def plain(text: str) -> dict[str, str]:
    """A plain_text object."""
    return {"type": "plain_text", "text": text}


def form(**fields: Any) -> dict[str, Any]:
    """A modal with a required text, an external select that may stay empty, and a button."""
    script = {"type": "plain_text_input", "action_id": "script", "max_length": 20}
    env = {"type": "external_select", "action_id": "env", "min_query_length": 0}
    button = {"type": "button", "action_id": "check", "text": plain("Check")}
    blocks = [
        {"type": "input", "block_id": "script", "label": plain("Script"), "element": script},
        {"type": "input", "block_id": "env", "label": plain("Environment"), "element": env, "optional": True},
        {"type": "actions", "block_id": "buttons", "elements": [button]},
    ]
    return {
        "type": "modal",
        "callback_id": "submit",
        "private_metadata": "kept",
        "title": plain("Submit a run"),
        "submit": plain("Submit"),
        "blocks": blocks,
        **fields,
    }


ANSWERS: dict[str, dict[str, Any]] = {
    "bad": {"response_action": "errors", "errors": {"script": "there is no such file"}},
    "wrong": {"response_action": "errors", "errors": {"no_such_block": "oh"}},
    "push": {"response_action": "push", "view": form(title=plain("Second"))},
    "update": {"response_action": "update", "view": form(title=plain("Changed"))},
    "clear": {"response_action": "clear"},
}
"""What the bot answers to a submission, by the script that was typed."""


@pytest.fixture
def submitted(slack: Sandbox, connect: Connect) -> list[dict[str, Any]]:
    """A bot with a modal; the list gets what is submitted."""
    views: list[dict[str, Any]] = []

    def register(app: App) -> None:
        @app.command("/aml")
        def command(ack: Ack, command: dict[str, Any], client: WebClient) -> None:
            client.views_open(trigger_id=command["trigger_id"], view=form(notify_on_close=True))
            ack()

        @app.view("submit")
        def submit(ack: Ack, view: dict[str, Any]) -> None:
            views.append(view)
            script = view["state"]["values"]["script"]["script"]["value"]
            ack(**ANSWERS.get(script, {}))

        @app.options("env")
        def env(ack: Ack, payload: dict[str, Any]) -> None:
            ack(options=[{"text": plain(f"{payload['value']} 1"), "value": f"{payload['value']}-1"}])

        @app.action("check")
        def check(ack: Ack, body: dict[str, Any], client: WebClient) -> None:
            ack()
            client.views_push(trigger_id=body["trigger_id"], view=form(title=plain("Pushed")))

        @app.view_closed("submit")
        def closed(ack: Ack, view: dict[str, Any]) -> None:
            views.append({"closed": view["id"]})
            ack()

    connect(register)
    return views


def opened(slack: Sandbox) -> dict[str, Any]:
    """Dana's modal."""
    slack.client.type("dana", "#ml-help", "/aml submit")
    view: dict[str, Any] = eventually(lambda: slack.client.views("dana"))[0]
    return view


def submit(slack: Sandbox, view: dict[str, Any], script: str) -> dict[str, Any]:
    """Dana submits with this script."""
    result = slack.client.submit("dana", view["id"], {"script": {"script": script}})
    result.pop("delivery_ids")
    return result


def test_a_valid_form_is_submitted_with_its_state_and_closes(slack: Sandbox, submitted: list[dict[str, Any]]) -> None:
    view = opened(slack)
    offered = slack.client.options("dana", "env", "sklearn", view_id=view["id"])

    result = slack.client.submit("dana", view["id"], {"script": {"script": "train.py"}, "env": {"env": "sklearn-1"}})

    assert result["ok"] is True
    assert slack.client.views("dana") == []
    values = submitted[0]["state"]["values"]
    assert values["script"]["script"] == {"type": "plain_text_input", "value": "train.py"}
    assert values["env"]["env"]["selected_option"] == offered["options"][0]
    assert submitted[0]["private_metadata"] == "kept"


def test_the_client_itself_refuses_what_is_missing_or_too_long(slack: Sandbox, submitted: list[dict[str, Any]]) -> None:
    view = opened(slack)

    empty = submit(slack, view, "")
    long = submit(slack, view, "x" * 21)

    assert empty == {"errors": {"script": "Please complete this required field."}, "by": "client"}
    assert long["by"] == "client"
    assert submitted == []


def test_the_bots_errors_come_back_by_block(slack: Sandbox, submitted: list[dict[str, Any]]) -> None:
    view = opened(slack)

    assert submit(slack, view, "bad") == {"errors": {"script": "there is no such file"}, "by": "app"}
    assert "trouble" in submit(slack, view, "wrong")
    assert [each["id"] for each in slack.client.views("dana")] == [view["id"]]


def test_a_submission_can_update_push_and_clear(slack: Sandbox, submitted: list[dict[str, Any]]) -> None:
    view = opened(slack)

    submit(slack, view, "update")
    updated = slack.client.views("dana")
    submit(slack, view, "push")
    stack = slack.client.views("dana")
    submit(slack, stack[-1], "clear")

    assert [each["title"]["text"] for each in updated] == ["Changed"]
    assert [each["title"]["text"] for each in stack] == ["Changed", "Second"]
    assert stack[1]["previous_view_id"] == stack[1]["root_view_id"] == view["id"]
    assert slack.client.views("dana") == []


def test_at_most_three_modals_lie_on_each_other(slack: Sandbox, submitted: list[dict[str, Any]]) -> None:
    view = opened(slack)
    slack.client.act_in_view("dana", view["id"], "check")
    second = eventually(lambda: slack.client.views("dana")[1:])[0]
    slack.client.act_in_view("dana", second["id"], "check")
    eventually(lambda: slack.client.views("dana")[2:])

    slack.client.act_in_view("dana", slack.client.views("dana")[-1]["id"], "check")

    refused = eventually(lambda: [call for call in slack.client.calls("views.push") if not call["ok"]])
    assert refused[0]["error"] == "push_limit_reached"
    assert view["id"] == slack.client.views("dana")[0]["id"]


def test_closing_is_told_to_an_app_that_asked(slack: Sandbox, submitted: list[dict[str, Any]]) -> None:
    view = opened(slack)

    slack.client.close_view("dana", view["id"])

    eventually(lambda: submitted == [{"closed": view["id"]}])
    assert slack.client.views("dana") == []


def test_an_update_keeps_what_was_typed_and_checks_the_hash(slack: Sandbox, submitted: list[dict[str, Any]]) -> None:
    view = opened(slack)
    submit(slack, view, "bad")

    web = slack.web()
    new = web.views_update(view_id=view["id"], hash=view["hash"], view=form(title=plain("Newer")))["view"]

    assert new["state"]["values"]["script"]["script"]["value"] == "bad"
    with pytest.raises(SlackApiError, match="hash_conflict"):
        web.views_update(view_id=view["id"], hash=view["hash"], view=form())
    with pytest.raises(SlackApiError, match="not_found"):
        web.views_update(view_id="V0NOTHING", view=form())


def test_somebody_elses_modal_cannot_be_submitted(slack: Sandbox, submitted: list[dict[str, Any]]) -> None:
    view = opened(slack)

    with pytest.raises(ControlError, match="rui"):
        slack.client.submit("rui", view["id"])


def test_a_home_tab_is_published_and_its_opening_told(slack: Sandbox, connect: Connect) -> None:
    def register(app: App) -> None:
        @app.event("app_home_opened")
        def home(event: dict[str, Any], client: WebClient) -> None:
            section = {"type": "section", "text": {"type": "mrkdwn", "text": f"Hello <@{event['user']}>"}}
            client.views_publish(user_id=event["user"], view={"type": "home", "blocks": [section]})

    connect(register)

    slack.client.open_home("dana")

    view = eventually(lambda: slack.client.home("dana"))
    assert view is not None
    assert view["blocks"][0]["text"]["text"] == "Hello <@U0DANA>"
    assert slack.client.home("rui") is None
