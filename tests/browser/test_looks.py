"""Can everybody use the pages? axe-core, the width of a phone, both colour schemes, both languages."""

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.served import Server
from tests.browser.visitor import Visitor

Visit = Callable[..., Visitor]
AXE = Axe()
OPTIONS: dict[str, Any] = {
    "resultTypes": ["violations"],
    "runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"],
}
WIDTHS = (1280, 390)
SCHEMES = ("light", "dark")


def complaints(page: Page) -> list[str]:
    """What axe-core finds, one line each: the rule, and where."""
    found = AXE.run(page, options=OPTIONS).response["violations"]
    return [
        f"{one['id']}: {node['target']} {node['html'][:120]}"
        for one in found
        for node in one["nodes"]
    ]


def judged(visitor: Visitor, paths: list[str]) -> list[str]:
    """Everything wrong on these pages at both widths and in both schemes."""
    page, wrong = visitor.page, []
    for path in paths:
        visitor.goes(path)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            if visitor.is_wider_than_the_screen:
                wrong.append(f"{path} is wider than {width}")
            for scheme in SCHEMES:
                page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
                wrong += [f"{path} {width} {scheme} {one}" for one in complaints(page)]
    return wrong


@pytest.fixture(scope="module")
def rich_thread(server: Server) -> int:
    """A thread with floors, every kind of markup, long words and a pager."""
    repliers = tuple(server.member()[0] for _ in range(3))
    return server.thread(
        repliers[0], title="一个很长的标题" * 5, replies=24, repliers=repliers, is_closed=False, digest_level=1
    )  # fmt: skip


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_nothing_stands_in_a_guests_way(
    server: Server, visit: Visit, rich_thread: int, lang: str
) -> None:
    guest = visit()
    paths = ["/", "/thread-1-1-1.html", f"/thread-{rich_thread}-2-1.html", "/forum-2-1.html", "/register", "/login"]  # fmt: skip

    assert judged(guest, [f"{path}?lang={lang}" for path in paths]) == []


@pytest.mark.parametrize("locale", ["zh_Hans_CN", "en"])
def test_nothing_stands_in_a_members_way(
    server: Server, visit: Visit, rich_thread: int, locale: str
) -> None:
    member = visit()
    _, name = server.member(locale=locale)
    member.goes("/login")
    member.fills(name=name, password="four plain words here")
    member.presses("登录")

    assert judged(member, ["/forum-2/new", f"/thread-{rich_thread}-3-1.html"]) == []


def test_other_pages_fit_a_phone_and_need_no_help(
    server: Server, visit: Visit, rich_thread: int
) -> None:
    member = visit(width=390)
    _, name = server.member()
    member.logs_in(name)
    paths = [
        "/", "/forum-2-1.html", "/settings", "/settings/avatar", "/settings/sessions", "/points", "/notices", "/favorites",
        "/guide/new", "/guide/my", "/search?q=产业工人", "/points/rules?board=2", "/space-uid-2.html", f"/thread-{rich_thread}/print",
        f"/thread-{rich_thread}/reply", "/nothing",
    ]  # fmt: skip
    wrong = []

    for path in paths:
        member.goes(path)
        if member.is_wider_than_the_screen:
            wrong.append(f"{path} is wider than a phone")
        wrong += [f"{path} {one}" for one in complaints(member.page)]

    assert wrong == []


def test_the_keyboard_reaches_the_content(server: Server, visit: Visit) -> None:
    guest = visit()
    page = guest.goes("/thread-1-1-1.html")

    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "跳到正文"
    page.keyboard.press("Enter")

    assert page.evaluate("document.activeElement.id") == "content"
