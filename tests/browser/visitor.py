"""Somebody at a browser: where they go, what they type, and what their browser complains about."""

import time
from dataclasses import dataclass, field

from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page, Response

from tests.browser.served import PASSWORD, Server

# Why a form was refused is told on the page; the browser notes the number beside it.
TOLD_ON_THE_PAGE = "Failed to load resource: the server responded with a status of 4"


@dataclass
class Visitor:
    """A browser window with its own cookies."""

    context: BrowserContext
    page: Page
    server: Server
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        self.page.on("response", self._answered)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(TOLD_ON_THE_PAGE):
            self.faults.append(f"{self.page.url}: {message.text}")

    def _answered(self, answer: Response) -> None:
        is_page = answer.request.resource_type == "document"
        if answer.status >= (500 if is_page else 400):
            self.faults.append(f"{answer.status} {answer.url}")

    def goes(self, path: str) -> Page:
        self.page.goto(self.server.address + path)
        return self.page

    def settles(self) -> None:
        """Wait until the scripts of the page, which load after it, have taken hold."""
        self.page.wait_for_load_state("networkidle")

    @property
    def at(self) -> str:
        """Path, query and fragment of the page one is on."""
        return self.page.url.removeprefix(self.server.address)

    @property
    def text(self) -> str:
        return self.page.inner_text("body")

    def reads(self, words: str) -> None:
        """These words are on the page."""
        assert words in self.text, (
            f"{words!r} is not on {self.at}:\n{self.page.inner_text('#content')[:800]}"
        )

    def fills(self, **fields: str) -> None:
        """Type into the fields with these names, in the content of the page."""
        for name, value in fields.items():
            self.page.locator(f"#content [name={name}]:not([type=hidden])").first.fill(value)

    def presses(self, name: str, within: str = "#content") -> None:
        """Click the button with this name, and wait for the page it leads to."""
        with self.page.expect_navigation():
            self.button(name, within).click()

    def button(self, name: str, within: str = "#content") -> Locator:
        return self.page.locator(within).get_by_role("button", name=name, exact=True).first

    def follows(self, name: str, within: str = "body", *, exact: bool = True) -> None:
        """Click the link with this name, and wait for the page it leads to."""
        with self.page.expect_navigation():
            self.link(name, within, exact=exact).click()

    def link(self, name: str, within: str = "body", *, exact: bool = True) -> Locator:
        return self.page.locator(within).get_by_role("link", name=name, exact=exact).first

    def logs_in(self, name: str, password: str = PASSWORD) -> None:
        self.goes("/login")
        self.fills(name=name, password=password)
        self.presses("登录")

    def waits_until(self, expression: str) -> None:
        """Ask again and again; the page's own policy forbids Playwright's wait_for_function."""
        deadline = time.monotonic() + 20
        while not self.page.evaluate(expression):
            assert time.monotonic() < deadline, expression
            self.page.wait_for_timeout(50)

    @property
    def is_wider_than_the_screen(self) -> bool:
        measure = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        return bool(self.page.evaluate(measure))
