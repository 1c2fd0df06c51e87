"""Takes the README's pictures of both pages from a real team: `python -m tests.docs.page_pictures`.

Light, dark and narrow, with Debian's Chromium; each picture is reduced to 256 colours, which is enough for a page.
"""

import re
import tempfile
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from bot.demo import pages
from bot.manifest import as_json
from tests.behaviours.team import Team, team_in
from tests.browser.window import Window, Workspace, launched

DOCS = Path(__file__).parents[2] / "docs"
QUESTION = "can i use a managed identity to sign in?"
SUBMIT = "/aml submit train.py --project demo --compute cpu-cluster -- --epochs 5"


def main() -> None:
    """Let a team work, and take the pictures."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        manifest = Path(folder) / "manifest.json"
        manifest.write_text(as_json(), encoding="utf-8")
        browser = launched(playwright)
        with team_in(Path(folder) / "demo", slack_arguments=("--manifest", str(manifest))) as team:
            pages.link(team.ready, team.azure.ready)
            team.start()
            _question(browser, team)
            _run(browser, team)
            _narrow(browser, team)
            _workspace(browser, team)
        browser.close()


def _context(browser: Browser, *, dark: bool = False, width: int = 1240, height: int = 760) -> BrowserContext:
    return browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if dark else "light",
        locale="en-GB",
        reduced_motion="reduce",
    )


def _open(browser: Browser, team: Team, *, dark: bool = False, width: int = 1240, height: int = 760) -> Window:
    return Window.opened(_context(browser, dark=dark, width=width, height=height), team.page)


def _question(browser: Browser, team: Team) -> None:
    window = _open(browser, team)
    window.say(QUESTION)
    window.messages(QUESTION).get_by_role("button", name=re.compile(r"\d repl")).click()
    answer = window.panel.get_by_role("listitem").last
    expect(answer.get_by_role("button", name="This answer was helpful")).to_be_visible()
    window.composer.press_sequentially("/aml s")
    window.page.mouse.move(0, 0)
    _take(window, "page-light.png")


def _run(browser: Browser, team: Team) -> None:
    window = _open(browser, team, dark=True)
    window.go("ml-team")
    window.become("Rui Reis")
    window.say(SUBMIT)
    expect(window.messages("Smallest role that would help").last).to_be_visible()
    window.become("Dana Diaz")
    window.say(SUBMIT)
    run = window.messages("Completed").last
    expect(run).to_contain_text("accuracy")
    run.focus()
    window.page.keyboard.press("i")
    expect(window.panel.get_by_role("heading", name="JSON")).to_be_visible()
    window.page.mouse.move(0, 0)
    _take(window, "page-dark.png")


def _narrow(browser: Browser, team: Team) -> None:
    window = _open(browser, team, width=360, height=700)
    window.say("/aml submit")
    expect(window.modal.get_by_role("combobox", name="Environment")).to_be_visible()
    _take(window, "page-narrow.png")


def _workspace(browser: Browser, team: Team) -> None:
    for name, area, size in (
        ("workspace-light.png", "Runs", {}),
        ("workspace-dark.png", "Access", {"dark": True}),
        ("workspace-narrow.png", "Runs", {"width": 360, "height": 700}),
    ):
        workspace = Workspace.opened(_context(browser, **size), team.azure.ready["page"])
        if area == "Runs":
            workspace.page.get_by_role("table").get_by_role("link").first.click()
            expect(workspace.page.get_by_role("img", name=re.compile("^loss"))).to_be_visible()
            expect(workspace.page.get_by_role("log")).to_contain_text("epoch 5/5")
        else:
            workspace.go(area)
            expect(workspace.page.get_by_role("button", name="Grant")).to_be_visible()
        _take(workspace, name)


def _take(window: Window, name: str) -> None:
    taken = Image.open(BytesIO(window.page.screenshot(animations="disabled")))
    reduced = taken.convert("RGB").quantize(256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    reduced.save(DOCS / name, optimize=True)


if __name__ == "__main__":
    main()
