"""A moderator's stories: pinning, moving, deleting, restoring, undoing; reports reach the staff."""

import re
from collections.abc import Callable

from forum.commands.search_index import reindex_thread
from forum.core.uow import unit_of_work
from tests.browser.served import PASSWORD, Server
from tests.browser.visitor import Visitor

Visit = Callable[..., Visitor]
BOARD = 2


def opens_the_panel(window: Visitor) -> None:
    window.follows("论坛管理", "header")
    window.fills(panel_password=PASSWORD)
    window.presses("继续")


def test_pinning_shows_at_once_and_the_log_takes_it_back(server: Server, window: Visitor) -> None:
    moderator = server.moderator(BOARD)
    title = server.name("要置顶的")
    thread_id = server.thread(title=title)
    window.logs_in(moderator)
    page = window.goes(f"/thread-{thread_id}-1-1.html")

    window.follows("置顶", ".mod-bar")
    page.get_by_label("本版置顶").check()
    window.fills(reason="精品文章")
    window.presses("置顶")

    assert window.at == f"/thread-{thread_id}-1-1.html"
    window.reads("置顶 I")
    window.goes("/forum-2-1.html")
    assert page.locator(".thread-list__row--sticky").filter(has_text=title).count() == 1
    opens_the_panel(window)
    window.follows("管理日志", "#content")
    with page.expect_navigation():
        page.locator(".log-list__item").filter(has_text=title).get_by_role(
            "link", name="撤销"
        ).click()
    window.presses("撤销")
    window.reads("已撤销")
    window.goes("/forum-2-1.html")
    assert page.locator(".thread-list__row--sticky").filter(has_text=title).count() == 0


def test_moving_leaves_a_pointer_that_leads_there(server: Server, window: Visitor) -> None:
    there = server.forum.board(server.name("新版块"))
    moderator = server.moderator(BOARD, there)
    title = server.name("要搬家的")
    thread_id = server.thread(title=title)
    window.logs_in(moderator)
    page = window.goes(f"/thread-{thread_id}-1-1.html")

    window.follows("移动主题", ".mod-bar")
    page.select_option("[name=board_id]", str(there))
    page.check("[name=leaves_redirect]")
    window.fills(reason="文不对题")
    window.presses("移动主题")
    window.reads("操作效果")  # shown before it is done
    window.presses("移动主题")

    window.goes(f"/forum-{there}-1.html")
    window.reads(title)
    window.goes("/forum-2-1.html")
    window.reads("移动:")
    window.follows(title, "main")
    assert window.at == f"/thread-{thread_id}-1-1.html"
    assert server.forum.site().boards[there].name in page.inner_text(".breadcrumb")


def test_deleting_shows_what_it_does_and_the_bin_gives_back(
    server: Server, window: Visitor, visit: Visit
) -> None:
    moderator = server.moderator(BOARD)
    title = server.name("要删除的")
    thread_id = server.thread(title=title, replies=2)
    window.logs_in(moderator)
    page = window.goes(f"/thread-{thread_id}-1-1.html")
    guest = visit(scripts=False)

    window.follows("删除主题", ".mod-bar")
    window.reads("正常 → 在回收站中")  # what it does is shown before it is done
    window.fills(reason="广告/SPAM")
    window.presses("删除主题")

    guest.goes(f"/thread-{thread_id}-1-1.html")
    guest.reads("指定的主题不存在或已被删除")
    opens_the_panel(window)
    window.follows("回收站", "#content nav")
    page.get_by_role("checkbox", name=re.compile(title)).check()
    window.presses("恢复")
    window.fills(reason="我很赞同")
    window.presses("恢复")
    guest.goes(f"/thread-{thread_id}-1-1.html")
    guest.reads(title)


def test_several_threads_are_handled_from_the_list(server: Server, visit: Visit) -> None:
    moderator = server.moderator(BOARD)
    titles = [server.name("成批的") for _ in range(2)]
    for title in titles:
        server.thread(title=title)
    window = visit()
    window.logs_in(moderator)
    page = window.goes("/forum-2-1.html")
    window.settles()

    for title in titles:
        page.get_by_role("checkbox", name=re.compile(title)).check()
    assert page.inner_text("[data-count]") == "2"
    window.presses("关闭")
    window.reads("× 2")  # shown before it is done
    window.fills(reason="恶意灌水")
    window.presses("关闭")

    for title in titles:
        row = page.locator(".thread-list__row").filter(has_text=title)
        assert row.get_by_role("img", name="关闭的主题").count() == 1
    window.reads("操作完成")


def test_a_report_reaches_the_moderators(server: Server, window: Visitor, visit: Visit) -> None:
    moderator = server.moderator(BOARD)
    title = server.name("被举报的")
    thread_id = server.thread(title=title)
    _, name = server.member()
    window.logs_in(name)

    window.goes(f"/thread-{thread_id}-1-1.html")
    window.follows("举报", "article")
    window.page.get_by_label("其他").check()
    window.fills(text="整段都是广告，请看一看")
    window.presses("提交举报")

    window.reads("感谢您的举报")
    told = visit()
    told.logs_in(moderator)
    told.goes("/notices")
    told.reads(title)


def test_those_without_the_right_see_no_bar(server: Server, visit: Visit) -> None:
    elsewhere = server.forum.board(server.name("别处"))
    moderator = server.moderator(elsewhere)
    thread_id = server.thread(title=server.name("不归他管"))
    window = visit(scripts=False)
    window.logs_in(moderator)

    window.goes(f"/thread-{thread_id}-1-1.html")

    assert window.page.locator(".mod-bar").count() == 0
    window.goes(f"/moderation/do/thread.delete?ids={thread_id}")
    assert window.button("删除主题").count() == 0


def test_a_batch_from_search_and_from_a_members_replies(server: Server, window: Visitor) -> None:
    moderator = server.moderator(BOARD)
    author, _ = server.member()
    word = server.name("共同的词")
    threads = [server.thread(author, title=f"{word} 之{number}") for number in "甲乙"]
    talk = server.thread(title=server.name("别人的主题"), replies=1, repliers=(author,))
    with unit_of_work(server.forum.database) as uow:
        for thread_id in threads:
            reindex_thread(uow, thread_id)
    window.logs_in(moderator)
    window.page.set_viewport_size({"width": 390, "height": 844})
    page = window.goes(f"/search?q={word}")

    for box in page.locator("input[name=thread_ids]").all():
        box.check()
    assert not window.is_wider_than_the_screen
    window.presses("删除主题")
    window.reads("操作效果")
    window.presses("删除主题")

    assert window.at.startswith("/search?")
    window.reads("相关内容 0 个")
    opens_the_panel(window)
    window.follows("管理日志", "#content")
    window.reads(word)
    page = window.goes(f"/space-uid-{author}.html?do=reply")
    page.locator("main input[name=ids]").check()
    assert not window.is_wider_than_the_screen
    window.presses("屏蔽")
    window.presses("屏蔽")
    assert window.at == f"/space-uid-{author}.html?do=reply"
    window.goes(f"/thread-{talk}-1-1.html")
    window.reads("屏蔽")
