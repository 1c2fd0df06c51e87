"""Every block and element that the sandbox takes is drawn, and does what it does in Slack: an app has them all."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect
from slack_bolt import Ack, App
from slack_sdk import WebClient

from bot.sandbox.slack.elements import ELEMENTS, IN_CONTEXT_ACTIONS, IN_INPUT
from bot.sandbox.slack.validate import BLOCKS
from tests.browser.window import Window
from tests.sandbox.slack.harness import Listening, Sandbox, eventually

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010804000000b51c0c020000000b4944415478da6364f80f00010501012718e366"
    "0000000049454e44ae426082"
)


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def options(*names: str) -> list[dict[str, Any]]:
    return [{"text": plain(name), "value": name.lower()} for name in names]


SPECS: dict[str, dict[str, Any]] = {
    "button": {"text": plain("Deploy"), "style": "danger"},
    "static_select": {"options": options("Red", "Green"), "placeholder": plain("A colour")},
    "multi_static_select": {"options": options("Tea", "Coffee"), "placeholder": plain("Drinks")},
    "external_select": {"placeholder": plain("A dataset"), "min_query_length": 1},
    "multi_external_select": {"placeholder": plain("Datasets"), "min_query_length": 1},
    "users_select": {"placeholder": plain("A person")},
    "multi_users_select": {"placeholder": plain("People")},
    "conversations_select": {"placeholder": plain("A conversation")},
    "channels_select": {"placeholder": plain("A channel")},
    "overflow": {"options": options("Pin", "Archive")},
    "radio_buttons": {"options": options("Once", "Daily")},
    "checkboxes": {"options": options("Mail", "Phone")},
    "datepicker": {"initial_date": "2026-02-03"},
    "timepicker": {"initial_time": "10:30"},
    "datetimepicker": {"initial_date_time": 1_770_000_000},
    "plain_text_input": {"multiline": True},
    "email_text_input": {},
    "url_text_input": {},
    "number_input": {"is_decimal_allowed": False},
    "feedback_buttons": {
        "positive_button": {"text": plain("Good"), "value": "good"},
        "negative_button": {"text": plain("Bad"), "value": "bad"},
    },
    "icon_button": {"icon": "trash", "text": plain("Remove")},
}


def element(kind: str) -> dict[str, Any]:
    return {"type": kind, "action_id": kind, **SPECS[kind]}


def rich(text: str, **style: bool) -> dict[str, Any]:
    return {"type": "rich_text_section", "elements": [{"type": "text", "text": text, "style": style}]}


def message(file: str) -> list[dict[str, Any]]:
    """Every kind of block that a message can have."""
    in_actions = [
        kind for kind in SPECS if kind not in (*IN_CONTEXT_ACTIONS, "plain_text_input") and "_input" not in kind
    ]
    moment = "<!date^1770000000^{date_num} at {time}|then>"
    return [
        {"type": "header", "text": plain("A header")},
        {"type": "divider"},
        {
            "type": "section",
            "text": {
                "type": "mrkdwn",
                "text": f"*bold* _italic_ ~gone~ `*code*` <https://example.com|a link> <@U0DANA> {moment}\n&gt; quoted",
            },
            "fields": [plain("left"), plain("right")],
            "accessory": element("overflow"),
        },
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "small print"}]},
        {"type": "image", "slack_file": {"id": file}, "alt_text": "a dot"},
        {"type": "image", "image_url": "https://example.com/cat.png", "alt_text": "a cat elsewhere"},
        {
            "type": "markdown",
            "text": "## Title\n\n- one\n- **two**\n\n| a | b |\n|---|---|\n| 1 | `x` |\n\n```\ncode\n```",
        },
        {
            "type": "rich_text",
            "elements": [
                rich("struck", strike=True),
                {"type": "rich_text_list", "style": "ordered", "elements": [rich("first"), rich("second")]},
                {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "x = 1"}]},
                {"type": "rich_text_quote", "elements": [{"type": "text", "text": "said"}]},
            ],
        },
        {
            "type": "table",
            "rows": [
                [{"type": "raw_text", "text": "run"}, {"type": "raw_text", "text": "score"}],
                [{"type": "raw_text", "text": "r1"}, {"type": "raw_number", "value": 0.9, "text": "0.90"}],
            ],
        },
        {"type": "actions", "elements": [element(kind) for kind in in_actions]},
        {"type": "context_actions", "elements": [element(kind) for kind in IN_CONTEXT_ACTIONS]},
    ]


@pytest.fixture
def actions(connect: Callable[[Callable[[App], None]], Listening]) -> list[dict[str, Any]]:
    """The actions that a small app gets; its command opens a modal with every input."""
    heard: list[dict[str, Any]] = []

    def register(app: App) -> None:
        @app.action(re.compile(".*"))
        def action(ack: Ack, action: dict[str, Any]) -> None:
            heard.append(action)
            ack()

        @app.options(re.compile(".*"))
        def offered(ack: Ack, payload: dict[str, Any]) -> None:
            ack(options=options(f"{payload['value']} 2025", f"{payload['value']} 2026"))

        @app.command("/aml")
        def command(ack: Ack, command: dict[str, Any], client: WebClient) -> None:
            inputs = [
                {"type": "input", "block_id": kind, "label": plain(kind), "optional": True, "element": element(kind)}
                for kind in IN_INPUT
            ]
            view = {
                "type": "modal",
                "callback_id": "all",
                "title": plain("All"),
                "submit": plain("Send"),
                "blocks": inputs,
            }
            client.views_open(trigger_id=command["trigger_id"], view=view)
            ack()

        @app.view("all")
        def view(ack: Ack, view: dict[str, Any]) -> None:
            heard.append(view["state"]["values"])
            ack(response_action="errors", errors={"number_input": "Too many."})

    connect(register)
    return heard


def test_the_gallery_has_every_kind() -> None:
    assert {block["type"] for block in message("F")} == set(BLOCKS) - {"input"}
    assert set(SPECS) == set(ELEMENTS) - {"image"}


def test_every_block_of_a_message_is_drawn_and_its_elements_tell_the_app(
    plain_window: Window, web: WebClient, actions: list[dict[str, Any]]
) -> None:
    file = web.files_upload_v2(channel="C0MLHELP", file=PNG, filename="dot.png")["files"][0]["id"]
    web.chat_postMessage(channel="C0MLHELP", text="all of it", blocks=message(file))
    shown = plain_window.messages("A header")

    expect(shown.get_by_role("heading", name="A header")).to_be_visible()
    expect(shown.locator(".unknown")).to_have_count(0)
    expect(shown.get_by_role("img", name="a dot")).to_have_js_property("naturalWidth", 1)
    expect(shown).to_contain_text("a cat elsewhere (not loaded: it is on another server)")
    expect(shown.locator("strong", has_text="bold")).to_be_visible()
    expect(shown.locator("code", has_text="*code*")).to_be_visible()
    expect(shown.get_by_role("link", name="a link")).to_have_attribute("href", "https://example.com")
    expect(shown).to_contain_text("2026-02-02 at 2:40")
    expect(shown.get_by_role("cell", name="0.90")).to_be_visible()
    expect(shown.get_by_role("columnheader", name="score")).to_be_visible()
    shown.get_by_role("combobox", name="A colour").click()
    shown.get_by_role("option", name="Green").click()
    shown.get_by_role("combobox", name="A dataset").click()
    plain_window.page.keyboard.type("iris")
    shown.get_by_role("option", name="iris 2026").click()
    shown.get_by_role("button", name="More actions").last.click()
    shown.get_by_role("menuitem", name="Archive").click()
    shown.get_by_role("checkbox", name="Phone").check()
    shown.get_by_role("button", name="Deploy").click()

    def told() -> dict[str, Any]:
        return {each["action_id"]: each for each in actions}

    eventually(lambda: len(told()) == 5)
    assert told()["static_select"]["selected_option"]["value"] == "green"
    assert told()["external_select"]["selected_option"]["value"] == "iris 2026"
    assert told()["overflow"]["selected_option"]["value"] == "archive"
    assert [each["value"] for each in told()["checkboxes"]["selected_options"]] == ["phone"]


def test_every_input_of_a_modal_is_filled_in_sent_and_keeps_its_error(
    plain_window: Window, slack: Sandbox, actions: list[dict[str, Any]]
) -> None:
    plain_window.say("/aml")
    modal = plain_window.modal
    expect(modal.locator(".unknown")).to_have_count(0)
    expect(modal.locator(".block-input")).to_have_count(len(IN_INPUT))

    modal.get_by_label("plain_text_input").fill("two\nlines")
    modal.get_by_label("number_input").fill("7")
    modal.get_by_label("datepicker").fill("2026-05-06")
    modal.get_by_role("radio", name="Daily").check()
    people = modal.get_by_role("combobox", name="multi_users_select")
    for name in ("rui", "chen"):
        people.click()
        plain_window.page.keyboard.type(name)
        modal.get_by_role("option", name=re.compile(name, re.IGNORECASE)).click()
    modal.get_by_role("button", name="Remove Rui Reis").click()
    modal.get_by_role("button", name="Send").click()

    expect(modal.get_by_role("alert").filter(has_text="Too many.")).to_be_visible()
    expect(modal.get_by_label("plain_text_input")).to_have_value("two\nlines")
    state = actions[-1]
    assert state["plain_text_input"]["plain_text_input"]["value"] == "two\nlines"
    assert state["datepicker"]["datepicker"]["selected_date"] == "2026-05-06"
    assert state["radio_buttons"]["radio_buttons"]["selected_option"]["value"] == "daily"
    assert state["multi_users_select"]["multi_users_select"]["selected_users"] == ["U0CHEN"]
    assert state["datetimepicker"]["datetimepicker"]["selected_date_time"] == 1_770_000_000
