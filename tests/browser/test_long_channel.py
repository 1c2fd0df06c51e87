"""A channel with thousands of messages: the page asks for a window of them, and what one types is there at once."""

import http.client
import json
import re
from urllib.parse import urlsplit

from playwright.sync_api import expect

from tests.browser.window import Window
from tests.sandbox.slack.harness import Sandbox

MANY = 3_000
MOST_SHOWN = 400


def fill(slack: Sandbox) -> str:
    """A channel with MANY messages; its name."""
    slack.client.add_channel("busy", ["dana", "rui", "aml-bot"])
    channel = next(each["id"] for each in slack.client.channels() if each["name"] == "busy")
    connection = http.client.HTTPConnection(urlsplit(slack.ready["url"]).netloc, timeout=30)
    headers = {"Authorization": f"Bearer {slack.ready['bot_token']}", "Content-Type": "application/json"}
    for number in range(MANY):
        body = json.dumps({"channel": channel, "text": f"message number {number}."})
        connection.request("POST", "/api/chat.postMessage", body, headers)
        assert json.loads(connection.getresponse().read())["ok"]
    connection.close()
    return "busy"


def test_thousands_of_messages_are_shown_by_the_window(slack: Sandbox, plain_window: Window) -> None:
    items = plain_window.page.locator("#messages > li")
    plain_window.go(fill(slack))
    expect(plain_window.messages(f"message number {MANY - 1}.")).to_be_visible()
    assert items.count() <= 100

    older = plain_window.page.get_by_role("button", name="Show older messages")
    for _ in range(9):
        first = items.first.get_attribute("data-ts")
        older.click()
        expect(items.first).not_to_have_attribute("data-ts", first or "")

    assert items.count() <= MOST_SHOWN
    expect(plain_window.messages(f"message number {MANY - 1}.")).to_have_count(0)
    plain_window.page.get_by_role("button", name="New messages").click()
    expect(plain_window.messages(f"message number {MANY - 1}.")).to_be_visible()
    plain_window.say("and one of mine")
    expect(plain_window.messages("and one of mine")).to_have_count(1)
    assert items.count() <= 100


def test_what_is_typed_is_shown_as_being_sent_until_the_sandbox_has_it(slack: Sandbox, plain_window: Window) -> None:
    plain_window.go("general")
    plain_window.page.route("**/do/type", lambda _route: None)  # never answered

    plain_window.say("on its way to @rui")

    draft = plain_window.messages("on its way to @rui")
    expect(draft).to_have_attribute("aria-busy", "true")
    assert slack.client.screen("dana", "#general") == []


def test_what_the_sandbox_refuses_goes_back_into_the_field(slack: Sandbox, plain_window: Window) -> None:
    plain_window.go("general")
    plain_window.page.route(
        "**/do/type", lambda route: route.fulfill(status=409, json={"error": "x", "message": "No."})
    )

    plain_window.composer.fill("not taken")
    plain_window.composer.press("Enter")

    expect(plain_window.composer).to_have_value("not taken")
    expect(plain_window.messages(re.compile("not taken"))).to_have_count(0)
    expect(plain_window.page.get_by_text("No.", exact=True)).to_be_visible()
    plain_window.problems.clear()  # the browser notes the refused request itself
