"""Using the page: by keyboard alone, read out, light, dark and narrow, with hostile words, after lost connections."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, WebSocketRoute, expect

from tests.behaviours.team import CHEN, DANA, GENERAL, HELP, Team
from tests.browser.window import Window

HOSTILE = "<img src=x onerror=alert(1)> <script>alert(2)</script> javascript:alert(3) &lt;b&gt; \u202e <!channel>"


def test_a_question_a_person_and_a_form_without_a_mouse(window: Window) -> None:
    keyboard = window.page.keyboard
    expect(window.composer).to_be_focused()

    keyboard.type("/am")
    keyboard.press("Enter")
    keyboard.type("run")
    keyboard.press("Tab")
    expect(window.composer).to_have_value("/aml runs ")
    keyboard.press("Enter")
    expect(window.messages(re.compile("Latest runs|There are no runs")).last).to_be_visible()

    window.page.get_by_role("button", name=re.compile("^You are")).focus()
    keyboard.press("Enter")
    expect(window.page.get_by_role("option", name=re.compile("Dana Diaz"))).to_be_focused()
    keyboard.press("ArrowDown")
    keyboard.press("Enter")
    expect(window.page.get_by_role("button", name=re.compile("^You are Rui"))).to_be_focused()
    keyboard.press("Enter")
    keyboard.press("Escape")
    expect(window.page.get_by_role("button", name=re.compile("^You are Rui"))).to_be_focused()
    window.become("Dana Diaz")

    window.composer.focus()
    keyboard.type("/aml submit")
    keyboard.press("Enter")
    expect(window.modal).to_be_visible()
    expect(window.modal.get_by_role("combobox", name="Environment")).to_be_visible()
    window.modal.get_by_role("combobox", name="Environment").focus()
    keyboard.press("ArrowDown")
    expect(window.modal.get_by_role("option").first).to_be_visible()
    keyboard.press("Escape")
    expect(window.modal.get_by_role("option").first).to_be_hidden()
    keyboard.press("Escape")
    expect(window.modal).to_be_hidden()
    expect(window.composer).to_be_focused()


def test_messages_are_walked_through_with_arrows_and_panels_closed_with_escape(window: Window, team: Team) -> None:
    window.go("general")
    window.say("first word")
    window.say("second word")
    last = window.messages("second word").last
    expect(last).to_be_visible()

    last.focus()
    window.page.keyboard.press("ArrowUp")
    expect(window.messages("first word").last).to_be_focused()
    window.page.keyboard.press("i")
    expect(window.panel.get_by_role("heading", name="What a screen reader says")).to_be_visible()
    window.page.keyboard.press("Escape")

    expect(window.panel).to_be_hidden()
    expect(window.messages("first word").last).to_be_focused()
    window.page.keyboard.press("t")
    expect(window.panel.get_by_role("textbox")).to_be_focused()


@pytest.mark.parametrize(("colours", "width"), [("light", 1280), ("dark", 1280), ("light", 360), ("dark", 360)])
def test_axe_finds_nothing_serious(window: Window, colours: str, width: int) -> None:
    page = window.page
    page.set_viewport_size({"width": width, "height": 740})
    page.emulate_media(color_scheme="dark" if colours == "dark" else "light")
    window.say("how do i install scikit-learn for my training run?")
    window.say("/aml ask is there `code`, *bold*, https://example.com and @rui in #general?")
    window.say("/aml whoami")
    expect(window.messages("Who you are").last).to_be_visible()
    found = {}

    def scan(state: str) -> None:
        for each in Axe().run(page).response["violations"]:
            if each["impact"] in ("serious", "critical"):
                targets = [node["target"] for node in each["nodes"]][:3]
                found[f"{state}: {each['id']}"] = (each["help"], targets, each["nodes"][0].get("any", [{}])[:1])

    scan("channel")
    window.composer.press_sequentially("/aml s")
    scan("completions")
    window.composer.fill("")
    window.messages("how do i install").last.get_by_role("button", name=re.compile(r"\d repl")).click()
    expect(window.panel.get_by_role("button", name="This answer was helpful").first).to_be_visible()
    scan("thread")
    page.get_by_role("button", name="Close the panel").click()
    page.get_by_role("button", name="Trouble").click()
    expect(window.panel.get_by_text("No trouble is planned.")).to_be_visible()
    scan("trouble")
    page.get_by_role("button", name="Close the panel").click()
    window.messages("how do i install").last.focus()
    page.keyboard.press("i")
    expect(window.panel.get_by_role("heading", name="JSON")).to_be_visible()
    scan("inspector")
    page.get_by_role("button", name="Close the panel").click()
    if width < 800:
        page.get_by_role("button", name="Channels and people").click()
        expect(page.get_by_role("navigation")).to_be_visible()
    page.get_by_role("button", name=re.compile("^You are")).click()
    scan("people")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    window.say("/aml submit")
    expect(window.modal.get_by_role("combobox", name="Environment")).to_be_visible()
    scan("modal")
    page.keyboard.press("Escape")
    if width < 800:
        page.get_by_role("button", name="Channels and people").click()
    window.go("aml-bot")
    expect(page.get_by_role("button", name="What can you do?")).to_be_visible()
    scan("conversation")
    page.get_by_role("tab", name="Home").click()
    expect(page.get_by_role("heading", name="Your latest runs")).to_be_visible()
    scan("home")
    assert page.evaluate("document.documentElement.scrollWidth") <= width

    assert found == {}


def test_hostile_words_of_people_and_of_the_app_stay_words(window: Window, team: Team) -> None:
    window.go("general")
    window.say(HOSTILE)
    blocks = [{"type": "header", "text": {"type": "plain_text", "text": HOSTILE}}]
    blocks += [{"type": "section", "text": {"type": "mrkdwn", "text": f"<javascript:alert(4)|click> {HOSTILE}"}}]
    team.web().chat_postMessage(channel=GENERAL, text=HOSTILE, blocks=blocks)

    expect(window.messages("<script>alert(2)</script>")).to_have_count(2)
    inside = window.page.locator("#messages")
    expect(inside.locator("img, script, b")).to_have_count(0)
    addresses = inside.locator("a").evaluate_all("links => links.map(link => link.protocol)")
    assert set(addresses) <= {"http:", "https:"}


def test_the_token_leaves_the_address_and_the_page_can_be_loaded_again(window: Window) -> None:
    assert "token" not in window.page.url

    window.page.reload()

    expect(window.page.get_by_role("heading", level=1)).to_have_text("#ml-help")
    assert window.page.evaluate("document.cookie") == ""


def test_scripts_that_a_page_would_run_inline_are_blocked(window: Window) -> None:
    ran = window.page.evaluate(
        """() => { const script = document.createElement('script');
                   try { script.textContent = 'window.ran = 1'; document.head.append(script); } catch (error) {}
                   try { document.body.innerHTML = '<i>markup</i>'; } catch (error) { window.refused = true; }
                   return [window.ran ?? 0, window.refused ?? false]; }"""
    )

    assert ran == [0, True]
    window.problems.clear()  # the browser's own words about it


def test_another_site_s_page_cannot_drive_the_sandbox(context: BrowserContext, window: Window, team: Team) -> None:
    foreign = context.new_page()
    foreign.route("http://evil.example/**", lambda route: route.fulfill(body="<p>evil</p>", content_type="text/html"))
    foreign.goto("http://evil.example/")
    path = window.page.url
    before = team.mark()

    outcome = foreign.evaluate(
        """async (page) => {
             const body = JSON.stringify({user: 'dana', channel: '#general', text: 'forged'});
             const forged = {method: 'POST', body, mode: 'no-cors', credentials: 'include'};
             const tries = [
               fetch(page + 'do/type', forged).then(a => a.type),
               fetch(page + 'see/workspace', {credentials: 'include'}).then(a => a.text()),
               new Promise((done) => { const live = new WebSocket(page.replace('http', 'ws') + 'live?after=0');
                                       live.onopen = () => done('open'); live.onerror = () => done('refused'); }),
             ];
             return Promise.all(tries.map(each => each.catch(() => 'refused')));
           }""",
        path,
    )
    foreign.close()

    assert outcome[1:] == ["refused", "refused"]
    assert outcome[0] in ("opaque", "refused")
    assert not [each for each in team.slack.changes(before)[1] if each.message and "forged" in each.message["text"]]


def test_what_happens_elsewhere_is_counted_and_what_happens_here_is_read_out(window: Window, team: Team) -> None:
    window.go("general")
    team.slack.type(CHEN, HELP, "lunch?")
    help_button = window.page.get_by_role("navigation").get_by_role("button", name="ml-help")
    expect(help_button).to_contain_text("new")

    team.slack.type(CHEN, GENERAL, "good *morning*")

    expect(window.page.get_by_role("log")).to_contain_text("Chen Cho: good morning")
    help_button.click()
    expect(help_button).not_to_contain_text("new")


def test_the_page_goes_on_after_its_connection_was_lost(context: BrowserContext, window: Window, team: Team) -> None:
    window.go("general")
    context.set_offline(True)
    team.slack.type(CHEN, GENERAL, "said while you were away")
    context.set_offline(False)
    team.slack.type(CHEN, GENERAL, "said when you came back")

    expect(window.messages("said when you came back")).to_have_count(1)
    expect(window.messages("said while you were away")).to_have_count(1)


def test_what_was_lost_on_the_way_is_shown_with_what_comes_next(window: Window, team: Team) -> None:
    def lossy(page: WebSocketRoute) -> None:
        server = page.connect_to_server()
        server.on_message(lambda message: None if "lost on the way" in str(message) else page.send(message))

    window.page.route_web_socket("**/live?*", lossy)
    window.page.reload()
    window.go("general")
    expect(window.page.locator("#connection")).to_be_empty()
    team.slack.type(CHEN, GENERAL, "lost on the way")
    team.slack.type(CHEN, GENERAL, "comes next")

    expect(window.messages("comes next")).to_have_count(1)
    expect(window.messages("lost on the way")).to_have_count(1)


def test_trouble_is_made_shown_and_forgotten(window: Window, team: Team) -> None:
    window.go("ml-team")
    window.page.get_by_role("button", name="Trouble").click()
    window.panel.get_by_role("button", name="Remove aml-bot").click()
    expect(window.page.get_by_text("aml-bot is not in this channel")).to_be_visible()
    window.panel.get_by_role("button", name="Invite aml-bot").click()
    expect(window.page.get_by_text("aml-bot is not in this channel")).to_be_hidden()
    window.panel.get_by_role("button", name="Revoke the token").click()
    expect(window.panel.get_by_text("All calls: get token_revoked")).to_be_visible()
    window.panel.get_by_role("button", name="Give the token back").click()
    expect(window.panel.get_by_text("No trouble is planned.")).to_be_visible()

    window.panel.get_by_role("button", name="Drop the socket").click()
    expect(window.panel.get_by_role("status")).to_contain_text("were cut")
    while "2 Socket Mode" not in window.panel.inner_text():
        window.panel.get_by_role("button", name="Look again").click()
        window.page.wait_for_timeout(100)
    window.say("/aml whoami")
    expect(window.messages("Who you are").last).to_be_visible()


def test_a_long_channel_is_shown_in_portions_and_stays_quick_to_use(window: Window, team: Team) -> None:
    window.go("general")
    for number in range(130):
        team.slack.type(DANA, GENERAL, f"number {number:03}")
    window.page.reload()
    expect(window.messages("number 129")).to_be_visible()
    expect(window.messages("number 001")).to_have_count(0)

    window.page.get_by_role("button", name="Show older messages").click()
    expect(window.messages("number 060")).to_have_count(1)
    window.page.get_by_role("button", name="Show older messages").click()

    expect(window.messages("number 001")).to_have_count(1)
    numbers = window.page.locator("#messages .message").evaluate_all("all => all.map(each => each.dataset.ts)")
    assert numbers == sorted(numbers)
