"""The page in a browser's window, and what a person does there. All is found by role and name, as it is read out."""

import os
import re
import shutil
from typing import Self

from playwright.sync_api import Browser, BrowserContext, Locator, Page, Playwright, expect

PATIENCE = int(os.environ.get("BROWSER_PATIENCE", "60000"))
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

expect.set_options(timeout=PATIENCE)


def chromium() -> str | None:
    """Where the distribution's Chromium is."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def launched(playwright: Playwright) -> Browser:
    """Chromium, without a window."""
    return playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)


class Window:
    """The page; `problems` collects what the browser complains of, a blocked script or a failed request for one."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.problems: list[str] = []
        self.hosts: set[str] = set()
        page.set_default_timeout(PATIENCE)
        page.on("console", lambda said: self.problems.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("request", lambda request: self.hosts.add(request.url.split("/")[2]))
        page.on("dialog", lambda dialog: self.problems.append(f"dialog: {dialog.message}"))

    @classmethod
    def opened(cls, context: BrowserContext, address: str) -> Self:
        """Go to the address that the sandbox printed."""
        window = cls(context.new_page())
        window.page.goto(address)
        expect(window.page.get_by_role("heading", level=1)).to_have_text("#ml-help")
        return window

    def check(self) -> None:
        """Nothing went wrong, and nothing was asked of anybody else."""
        assert self.problems == []
        assert self.hosts <= {self.page.url.split("/")[2]}

    @classmethod
    def beside(cls, page: Page) -> Self:
        """A page that opened beside this one, the workspace's say."""
        page.wait_for_load_state()
        return cls(page)

    @property
    def composer(self) -> Locator:
        """The field of the channel."""
        return self.page.get_by_role("textbox", name=re.compile("^Message "))

    @property
    def panel(self) -> Locator:
        """The panel at the right."""
        return self.page.get_by_role("complementary")

    @property
    def modal(self) -> Locator:
        """The modal."""
        return self.page.get_by_role("dialog")

    def messages(self, text: str | re.Pattern[str]) -> Locator:
        """The messages of the channel that contain a text."""
        return (
            self.page.get_by_role("region", name="Messages", exact=True).get_by_role("listitem").filter(has_text=text)
        )

    def say(self, text: str) -> None:
        """Type into the channel and press Enter."""
        self.composer.fill(text)
        self.composer.press("Enter")
        expect(self.composer).to_have_value("")

    def become(self, name: str) -> None:
        """Be somebody else."""
        self.page.get_by_role("button", name=re.compile("^You are")).click()
        self.page.get_by_role("option", name=re.compile(name)).click()
        expect(self.page.get_by_role("button", name=re.compile(f"^You are {name}"))).to_be_visible()

    def go(self, place: str) -> None:
        """Look at a channel or the app."""
        self.page.get_by_role("navigation").get_by_role("button", name=place).click()
        expect(self.page.get_by_role("heading", level=1)).to_have_text(re.compile(re.escape(place)))


class Workspace(Window):
    """The Azure ML sandbox's page."""

    @classmethod
    def opened(cls, context: BrowserContext, address: str) -> Self:
        """Go to the address that the sandbox printed."""
        window = cls(context.new_page())
        window.page.goto(address)
        expect(window.heading).to_have_text("Runs")
        return window

    @property
    def heading(self) -> Locator:
        """What is shown."""
        return self.page.get_by_role("heading", level=1)

    def go(self, place: str) -> None:
        """Look at another area."""
        self.page.get_by_role("navigation").get_by_role("link", name=place).click()
        expect(self.heading).to_have_text(place)

    def rows(self, table: str, text: str) -> Locator:
        """The rows of a table that contain a text."""
        return self.page.get_by_role("table", name=table).get_by_role("row").filter(has_text=text)
