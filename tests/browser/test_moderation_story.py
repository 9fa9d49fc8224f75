"""A moderator's day: report -> queue -> preview -> split and move -> undo, with scripts and without."""

import re
from collections.abc import Callable

from forum.commands.moderation import perform
from tests.browser.moderating import busy, desk
from tests.browser.served import PASSWORD, Server
from tests.browser.visitor import Visitor
from tests.commands.moderation.acting import working

Visit = Callable[..., Visitor]


def opens_the_panel(window: Visitor) -> None:
    window.follows("论坛管理", "header")
    window.fills(panel_password="not this one")
    window.presses("继续")
    window.reads("密码错误")
    window.fills(panel_password=PASSWORD)
    window.presses("继续")
    assert window.at == "/moderation/"


def undoes_the_newest(window: Visitor, action: str) -> None:
    """From the log: the entry, what taking it back does, done."""
    page = window.goes("/moderation/log")
    entry = page.locator(".log-list__item").first
    assert action in entry.inner_text()
    with page.expect_navigation():
        entry.get_by_role("link", name="撤销").click()
    window.reads("操作效果")
    window.presses("撤销")
    window.reads("已撤销")


def test_a_day_at_the_desk(server: Server, window: Visitor, visit: Visit) -> None:
    made = desk(server)
    thread = f"/thread-{made.thread}-1-1.html"
    window.logs_in(made.moderator)
    opens_the_panel(window)
    page = window.page

    # What waits is approved, and everybody sees it.
    window.follows("审核", "#content nav", exact=False)
    window.reads(made.held_title)
    page.get_by_role("checkbox", name=re.compile(made.held_title)).check()
    window.presses("通过")
    assert made.held_title not in page.inner_text("#content article, #content .empty")
    guest = visit(scripts=False)
    guest.goes(f"/forum-{made.board}-1.html")
    guest.reads(made.held_title)

    # The report is upheld with a note, and the reporter reads it.
    window.follows("举报", "#content nav", exact=False)
    window.reads("这一层跑题了")
    page.locator("#content [name=note]").first.fill("谢谢，已经移出去了")
    window.presses("属实")
    told = visit(scripts=False)
    told.logs_in(made.reporter)
    told.goes("/notices")
    told.reads("谢谢，已经移出去了")

    # The floor becomes a thread of its own, after a look at what that does.
    window.goes(thread)
    window.follows("分割主题", ".mod-bar")
    window.fills(floors="3", title="跑题的这一层", reason="文不对题")
    window.presses("分割主题")
    window.reads("操作效果")
    guest.goes(thread)
    assert guest.page.locator(".post-card").count() == 4  # nothing is done yet
    window.presses("分割主题")
    window.goes(thread)
    assert page.locator(".post-card").count() == 3

    # And goes where it belongs.
    window.goes(f"/forum-{made.board}-1.html")
    window.follows("跑题的这一层", "main")
    split_off = window.at
    window.follows("移动主题", ".mod-bar")
    page.select_option("[name=board_id]", str(made.other))
    window.fills(reason="文不对题")
    window.presses("移动主题")
    window.reads("操作效果")
    window.reads(made.other_name)
    window.presses("移动主题")
    guest.goes(split_off)
    assert made.other_name in guest.page.inner_text(".breadcrumb")

    # A day later it was all a mistake.
    undoes_the_newest(window, "移动主题")
    guest.goes(split_off)
    assert made.board_name in guest.page.inner_text(".breadcrumb")
    undoes_the_newest_but_reversals(window, "分割主题")
    guest.goes(thread)
    assert guest.page.locator(".post-card").count() == 4
    assert guest.page.goto(server.address + split_off).status == 404


def undoes_the_newest_but_reversals(window: Visitor, action: str) -> None:
    page = window.goes("/moderation/log")
    entry = (
        page.locator(".log-list__item:not(.log-list__item--undone)")
        .filter(has_text=re.compile(rf"\b{action}|{action}"))
        .filter(has_not_text="撤销" + action)
        .first
    )
    with page.expect_navigation():
        entry.get_by_role("link", name="撤销").click()
    window.presses("撤销")
    window.reads("已撤销")


def test_an_appeal_is_answered_by_a_colleague(
    server: Server, window: Visitor, visit: Visit
) -> None:
    made = desk(server)
    busy(server, made)
    author = visit(scripts=False)
    author.logs_in(made.author)
    author.goes("/notices")
    author.reads("广告/SPAM")

    window.logs_in(made.moderator)
    opens_the_panel(window)
    window.follows("申诉", "#content nav", exact=False)
    window.reads("这不是广告")
    window.fills(answer="确实不是广告，已经恢复。")
    window.presses("申诉成立并撤销处理")

    window.reads("已答复")
    author.goes("/notices")
    author.reads("确实不是广告")


def test_somebody_banned_reads_why_and_appeals(
    server: Server, window: Visitor, visit: Visit
) -> None:
    made = desk(server)
    founder = server.forum.actor(1)
    with working(server.forum) as uow:
        perform(uow, founder, "member.ban", [made.author_id], reason="广告/SPAM")

    window.logs_in(made.author)
    assert window.at == "/banned"
    window.reads("广告/SPAM")
    window.goes(f"/thread-{made.thread}-1-1.html")
    assert window.at == "/banned"
    window.follows("我要申诉")
    window.fills(text="我没有发过广告，请再看一遍。")
    window.presses("提交申诉")

    window.reads("您的申诉正在等待答复")
    window.goes("/")
    window.reads("您的申诉正在等待答复")
    window.presses("退出")
    window.reads(made.board_name)
