"""Debian's Chromium, a team with its real bot, and the page that people open."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from bot.demo import pages
from bot.manifest import as_json
from tests.behaviours.team import DANA, RUI, Team, team_in
from tests.browser.window import Window, chromium, launched
from tests.machine import lacking

# A small Bolt app on a sandbox of its own, for blocks that the bot itself doesn't use.
from tests.sandbox.slack.conftest import connect, one_sandbox, slack, web
from tests.sandbox.slack.harness import Sandbox

__all__ = ["connect", "one_sandbox", "slack", "web"]


@pytest.fixture(scope="session")
def has_chromium() -> None:
    """Without Chromium the tests say so in one line; in CI that is a failure."""
    if chromium() is None:
        lacking("Chromium is missing, so the page can't be shown here (Debian and Ubuntu: apt-get install chromium)")


@pytest.fixture(scope="module")
def browser(has_chromium: None) -> Iterator[Browser]:
    """Chromium without a window. It doesn't outlive a module: Playwright's event loop runs in this thread, and other
    tests start their own."""
    with sync_playwright() as playwright:
        opened = launched(playwright)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def team(has_chromium: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    """A team with a running bot whose manifest the sandbox knows, as in `make demo`."""
    folder = tmp_path_factory.mktemp("browser")
    manifest = folder / "manifest.json"
    manifest.write_text(as_json(), encoding="utf-8")
    with team_in(folder / "demo", slack_arguments=("--manifest", str(manifest))) as made:
        pages.link(made.ready, made.azure.ready)
        made.start()
        yield made


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser as new."""
    made = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB", timezone_id="Europe/Lisbon")
    yield made
    made.close()


@pytest.fixture
def window(context: BrowserContext, team: Team) -> Iterator[Window]:
    """The team's page, open as Dana in #ml-help; at the end nothing must have gone wrong in the browser."""
    for user in (DANA, RUI):
        for view in team.slack.views(user)[:1]:
            team.slack.close_view(user, view["id"], everything=True)
    made = Window.opened(context, team.page)
    yield made
    made.check()


@pytest.fixture
def plain_window(context: BrowserContext, slack: Sandbox) -> Iterator[Window]:
    """The page of a sandbox that has no bot."""
    made = Window.opened(context, slack.ready["page"])
    yield made
    made.check()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A browser takes its time: all of these are slow."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.slow)
