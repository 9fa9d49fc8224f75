"""Can moderators use their pages? axe-core, the width of a phone, targets a thumb can hit, both languages."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import update

from forum.commands.words import import_words
from forum.core.cache import CacheName
from forum.core.clock import utc_now
from forum.core.uow import unit_of_work
from forum.models import Announcement, Board, Member
from forum.modlog.marks import STAMP_NAMES
from tests.browser.moderating import bins, busy, desk, finished
from tests.browser.served import PASSWORD, Server
from tests.browser.test_looks import complaints
from tests.browser.visitor import Visitor
from tests.commands.moderation.acting import working

Visit = Callable[..., Visitor]
Pages = tuple[tuple[str, list[str]], ...]
# Buttons, fields and links that stand for themselves: not those within a line of text, nor what the
# header and footer of every page hold. On pages of reading: what is done to floors and threads.
SMALL = """(parts) => {
  const small = [];
  const pressed = 'a, button, input:not([type=hidden]), select, textarea, summary';
  const found = document.querySelectorAll(`:is(${parts}) :is(${pressed})`);
  for (const one of found) {
    const target = one.matches('[type=checkbox], [type=radio]') ? one.closest('label') || one : one;
    const style = getComputedStyle(target), box = target.getBoundingClientRect();
    if (!box.width || style.visibility === 'hidden' || one.closest('.visually-hidden')) continue;
    if (one.matches('a') && style.display === 'inline') continue;
    if (box.height < 43.5) small.push(`${Math.round(box.height)} px: ${one.outerHTML.slice(0, 120)}`);
  }
  return small;
}"""


# What stands in a table or a list of what moderators look through: cut off at the side, or squeezed.
SQUEEZED = """() => {
  const wrong = [];
  for (const one of document.querySelectorAll('.table-scroll')) {
    if (one.scrollWidth > one.clientWidth + 1) wrong.push(`cut off: ${one.getAttribute('aria-label')}`);
  }
  for (const one of document.querySelectorAll('.table--stack td, .table--stack time, .notice-list__main')) {
    const box = one.getBoundingClientRect();
    if (one.matches('time') ? one.getClientRects().length > 1 : box.width && box.width < 120 && !one.matches('.table__pick'))
      wrong.push(`squeezed: ${one.textContent.trim().slice(0, 40)}`);
  }
  return wrong;
}"""
OF_FLOORS = ".notice-list .pick-box, .post-card__head, .post-card__foot, .thread-head, .thread-list__pick, .mod-bar"


@pytest.fixture(scope="module")
def pages(server: Server) -> Pages:
    """Who has which pages: a moderator, an administrator, a member who appeals, one who reports."""
    made = desk(server)
    deleted, closed = busy(server, made)
    administrator_id, administrator = server.member(server.name("管理员"), group_id=1)
    bins(server, made)
    with working(server.forum) as uow:
        import_words(
            uow, server.forum.actor(administrator_id), text="代开发票={MOD}\n一个相当长的违禁词=**",
            category="广告",
        )  # fmt: skip
    with unit_of_work(server.forum.database) as uow:
        notice = Announcement(
            title="停机维护", body="今晚", author_id=administrator_id, starts_at=uow.now
        )
        uow.session.add(notice)
        uow.session.execute(
            update(Board).where(Board.id == made.board).values(moderators_edit_rules=True)
        )
        uow.bump(CacheName.SITE)
        uow.session.flush()  # notice.id
        announcement = f"/moderation/announcements/{notice.id}"
    moderators = [
        "/moderation/", "/moderation/queue", "/moderation/reports", "/moderation/appeals", "/moderation/log",
        "/moderation/recycle-bin", "/moderation/recycle-bin/replies", "/moderation/members", "/moderation/batches", f"/moderation/undo/{closed}", f"/moderation/do/thread.stick?ids={made.thread}",
        f"/moderation/do/thread.delete?ids={made.thread}", f"/moderation/do/thread.move?ids={made.thread}",
        f"/moderation/do/member.mute?ids={made.author_id}", f"/space-uid-{made.author_id}.html?do=reply", f"/forum-{made.board}-1.html",
        f"/thread-{made.thread}-1-1.html", f"/thread-{made.thread}/history",
        f"/moderation/batches/{finished(server, made)}?back=/", "/darkroom", "/my-record",
        "/moderation/boards", f"/moderation/boards/{made.board}",
    ]  # fmt: skip
    return (
        (made.moderator, moderators),
        (
            administrator,
            [
                "/moderation/networks",
                "/moderation/words",
                "/moderation/announcements",
                "/moderation/announcements/new",
                announcement,
                f"{announcement}/delete",
            ],
        ),
        (made.author, [f"/appeals/{deleted}/new", "/my-record"]),
        (made.reporter, [f"/post-{made.post}/report"]),
    )


def small_on(window: Visitor, path: str) -> list[str]:
    """What a thumb may miss on a page."""
    window.goes(path)
    is_for_reading = path.startswith(("/thread-", "/forum-")) and path.endswith("-1.html")
    is_for_reading |= path.startswith("/space-")
    parts = OF_FLOORS if is_for_reading else "#content"
    if is_for_reading:
        assert window.page.locator(":is(.mod-bar, .post-card__foot) :is(a, button)").count() > 2
    return [f"{path} {one}" for one in window.page.evaluate(SMALL, parts)]


WIDE, PHONE = (1280, "light"), (390, "dark")


def judged(window: Visitor, paths: list[str], *screens: tuple[int, str]) -> list[str]:
    """Everything wrong on these pages, on screens of a width and a colour scheme."""
    wrong = []
    for path in paths:
        window.goes(path)
        for width, scheme in screens:
            window.page.set_viewport_size({"width": width, "height": 900})
            window.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            if window.is_wider_than_the_screen:
                wrong.append(f"{path} is wider than {width}")
            wrong += [f"{path} {width} {one}" for one in complaints(window.page)]
    return wrong


def enters(window: Visitor, name: str, locale: str) -> None:
    window.logs_in(name)
    with unit_of_work(window.server.forum.database) as uow:
        uow.session.execute(update(Member).where(Member.name == name).values(locale=locale))
    window.goes("/moderation/")
    if window.at.startswith("/moderation/enter"):  # else it is somebody without a panel
        window.fills(panel_password=PASSWORD)
        window.page.locator("#content form button").first.click()
        window.page.wait_for_url("**/moderation/")


@pytest.mark.parametrize(
    ("locale", "screens"),
    [("zh_Hans_CN", (WIDE, PHONE)), ("en", (PHONE,))],  # English is the longer one
    ids=["zh", "en"],
)
def test_nothing_stands_in_a_moderators_way(
    visit: Visit, pages: Pages, locale: str, screens: tuple[tuple[int, str], ...]
) -> None:
    wrong = []
    for name, paths in pages:
        window = visit()
        enters(window, name, locale)
        wrong += judged(window, paths, *screens)

    assert wrong == []


def test_a_thumb_hits_what_it_means(visit: Visit, pages: Pages) -> None:
    wrong = []
    for name, paths in pages:
        window = visit(width=390)
        enters(window, name, "zh_Hans_CN")
        for path in paths:
            wrong += small_on(window, path)

    assert wrong == []


@pytest.mark.parametrize("locale", ["zh_Hans_CN", "en"])
def test_lists_are_read_on_a_phone(visit: Visit, pages: Pages, locale: str) -> None:
    wrong, rows = [], 0
    for name, paths in pages[:2]:
        window = visit(width=390)
        enters(window, name, locale)
        for path in paths:
            if any(part in path for part in ("bin", "members", "words", "darkroom", "networks", "do=reply", "history")):  # fmt: skip
                window.goes(path)
                rows += window.page.locator(".table--stack td, .notice-list__main").count()
                wrong += [f"{path} {one}" for one in window.page.evaluate(SQUEEZED)]

    assert wrong == []
    assert rows > 20


TOO_LONG = """(names) => names.filter((name) => {
  const seal = document.querySelector('.stamp__seal');
  seal.textContent = name;
  return seal.scrollWidth > seal.clientWidth;
})"""
HEADS = """() => [...document.querySelectorAll('.thread-list__head th, .thread-list__when')]
  .filter((one) => one.getBoundingClientRect().width && one.scrollWidth > one.clientWidth)
  .map((one) => one.textContent)"""


@pytest.mark.parametrize("width", [1280, 390])
def test_english_words_fit_their_frames(server: Server, visit: Visit, width: int) -> None:
    board_id = server.forum.board(server.name("英文"))
    long_ago = utc_now() - timedelta(days=2)
    thread_id = server.thread(server.member()[0], board_id=board_id, at=long_ago, stamp="hot")
    window = visit(width=width)
    window.goes(f"/thread-{thread_id}-1-1.html?lang=en")
    names = list(STAMP_NAMES.values())

    assert window.page.evaluate(TOO_LONG, names) == []
    window.goes(f"/forum-{board_id}-1.html?lang=en")
    assert window.page.evaluate(HEADS) == []


CUT_OFF = """() => [...document.querySelectorAll('.mod-bar :is(a, button)')].filter((one) => {
  const box = one.getBoundingClientRect();
  return box.width && (box.left < 0 || box.right > innerWidth);
}).map((one) => one.textContent)"""


@pytest.mark.parametrize("locale", ["zh_Hans_CN", "en"])
def test_no_button_of_a_bar_is_cut_off(visit: Visit, pages: Pages, locale: str) -> None:
    name, paths = pages[0]
    window = visit(width=390)
    enters(window, name, locale)
    for path in paths:
        if path.startswith(("/forum-", "/thread-")) and path.endswith("-1.html"):
            window.goes(path)
            window.page.locator(".thread-list__pick input, .post-card__link > input").first.check()

            bars = window.page.locator(".mod-bar")
            assert window.page.evaluate(CUT_OFF) == []
            assert all(box["height"] <= 450 for bar in bars.all() if (box := bar.bounding_box()))


def test_the_page_of_the_banned_is_usable(server: Server, visit: Visit) -> None:
    _, name = server.member(server.name("禁访"), group_id=5)
    window = visit(width=390)
    window.logs_in(name)

    assert window.at == "/banned"
    assert complaints(window.page) == []
    assert not window.is_wider_than_the_screen
    assert small_on(window, "/banned") == []
