"""Using the page of the Azure ML sandbox: keyboard, screen readers, small screens, and what it keeps to itself."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, expect

from tests.behaviours.team import DANA, TEAM_CHANNEL, Team
from tests.browser.window import Workspace

HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script>"


@pytest.fixture(scope="module")
def run(team: Team) -> str:
    """A run that has ended, with hostile words in its log."""
    (team.project / "loud.py").write_text(
        "from azureml.core import Run\nrun = Run.get_context()\n"
        f"print({HOSTILE!r})\nrun.log({HOSTILE!r}, 1)\nrun.log('loss', .5)\nrun.log('loss', .25)\n"
        "open('outputs/notes.txt', 'w').write('kept')\n",
        encoding="utf-8",
    )
    said = team.type(DANA, TEAM_CHANNEL, "/aml submit loud.py --project demo --compute cpu-cluster")
    seen = team.posted(said, "aml-")
    team.until(said.mark, "has ended")
    return seen.run_id


@pytest.fixture
def workspace(context: BrowserContext, team: Team, run: str) -> Workspace:
    """The page, as its address opens it."""
    return Workspace.opened(context, team.azure.ready["page"])


@pytest.mark.parametrize(("colours", "width"), [("light", 1280), ("dark", 1280), ("light", 360), ("dark", 360)])
def test_axe_finds_nothing_serious(workspace: Workspace, run: str, colours: str, width: int) -> None:
    page = workspace.page
    page.set_viewport_size({"width": width, "height": 740})
    page.emulate_media(color_scheme="dark" if colours == "dark" else "light")
    found = {}

    def scan(state: str) -> None:
        for each in Axe().run(page).response["violations"]:
            if each["impact"] in ("serious", "critical"):
                targets = [node["target"] for node in each["nodes"]][:3]
                found[f"{state}: {each['id']}"] = (each["help"], targets)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, state

    for area in ("Compute", "Environments", "Models", "Access", "Runs"):
        workspace.go(area)
        expect(page.locator("#view table, #view .clusters, #view .empty").first).to_be_visible()
        scan(area)
    page.get_by_role("link", name=run).click()
    expect(page.get_by_role("img", name=re.compile("^loss"))).to_be_visible()
    page.get_by_text("2 values").click()
    expect(page.get_by_role("table", name="Values of loss")).to_be_visible()
    scan("run")

    assert found == {}
    workspace.check()


def test_a_role_is_granted_and_revoked_without_a_mouse(workspace: Workspace) -> None:
    keyboard = workspace.page.keyboard
    keyboard.press("Tab")
    expect(workspace.page.get_by_role("link", name="Skip to the content")).to_be_focused()
    workspace.page.get_by_role("link", name="Access").focus()
    keyboard.press("Enter")
    expect(workspace.heading).to_be_focused()

    keyboard.press("Tab")
    expect(workspace.page.get_by_label("Who")).to_be_focused()
    keyboard.type("Chen")
    keyboard.press("Tab")
    keyboard.type("Reader")
    keyboard.press("Tab")
    keyboard.press("Tab")
    keyboard.press("Enter")
    expect(workspace.page.get_by_role("status").filter(has_text="Chen Cho has Reader now.")).to_be_visible()
    workspace.page.get_by_role("button", name="Revoke Reader of Chen Cho").focus()
    keyboard.press("Enter")

    expect(workspace.page.get_by_text("Reader was taken from Chen Cho.")).to_be_visible()
    expect(workspace.page.get_by_role("button", name="Revoke Reader of Chen Cho")).to_have_count(0)
    workspace.check()


def test_who_wants_less_motion_sees_none(workspace: Workspace) -> None:
    page = workspace.page
    sign = """() => { const made = document.createElement('span');
                      made.className = 'state busy';
                      document.body.append(made);
                      const style = getComputedStyle(made, '::before');
                      return [style.animationName, style.animationDuration]; }"""

    moving = page.evaluate(sign)
    page.emulate_media(reduced_motion="reduce")
    still = page.evaluate(sign)

    assert moving == ["turn", "1.2s"]
    assert still[1] == "0.001s"


def test_what_a_script_says_stays_words(workspace: Workspace, run: str) -> None:
    workspace.page.get_by_role("link", name=run).click()

    expect(workspace.page.get_by_role("log")).to_contain_text(HOSTILE)
    expect(workspace.page.locator(".chart-name", has_text=HOSTILE)).to_be_visible()
    expect(workspace.page.locator("#view img, #view script")).to_have_count(0)
    workspace.page.get_by_role("button", name="Show outputs/notes.txt").click()
    expect(workspace.page.get_by_role("log", name="Log outputs/notes.txt")).to_have_text("kept")
    workspace.check()


def test_the_token_leaves_the_address_and_opens_only_this_browser(
    workspace: Workspace, context: BrowserContext, team: Team
) -> None:
    assert "token" not in workspace.page.url

    workspace.page.reload()

    expect(workspace.page.get_by_role("table")).to_be_visible()
    workspace.check()
    other = context.browser
    assert other is not None
    stranger = other.new_page()
    stranger.goto(team.azure.ready["page"].partition("#")[0] + "runs/x")
    expect(stranger.get_by_role("alert")).to_contain_text("opens with the whole address")
    stranger.close()
