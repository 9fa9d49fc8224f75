"""标签 at a browser: a member gives them, follows them, changes them; an administrator closes one."""

from collections.abc import Callable

import pytest

from forum.commands.tags import follow_tags
from forum.core.uow import unit_of_work
from tests.browser.served import PASSWORD, Server
from tests.browser.test_looks import judged
from tests.browser.visitor import Visitor

Visit = Callable[..., Visitor]


@pytest.fixture(autouse=True)
def quick(server: Server) -> None:
    server.setting("posting", flood_interval=0)


def test_tags_lead_from_thread_to_thread(server: Server, window: Visitor, visit: Visit) -> None:
    _, name = server.member(server.name("标签会员"))
    word = server.name("摄影")
    window.logs_in(name)
    window.goes("/forum-2/new")
    window.fills(title=f"{word}的主题", source="春天到了，出门拍照去。", tags=f"{word}， 春天 <b>")
    window.presses("发表帖子")
    window.reads("标签只能由文字和数字组成：“<b>”不符合。")
    window.fills(tags=f"{word}，春天")
    window.presses("发表帖子")
    where = window.at.partition("#")[0]

    window.follows(word, ".tag-line")
    window.reads(f"标签: {word}")
    window.follows(f"{word}的主题", "#content")
    assert window.at == where
    window.follows("编辑", ".post-card__foot")
    window.fills(tags=word)
    window.presses("保存")
    assert "春天" not in window.page.inner_text(".tag-line")

    _, chief = server.member(server.name("管理员"), group_id=1)
    office = visit()
    office.logs_in(chief)
    office.goes(f"/admin/tags?q={word}")
    office.page.fill("[name=panel_password]", PASSWORD)
    office.page.locator("#content form button").first.click()
    office.page.get_by_label(word, exact=True).check()
    office.presses("关闭")
    window.goes(where)
    assert window.page.locator(".tag-line").count() == 0


@pytest.mark.parametrize("locale", ["zh_Hans_CN", "en"])
def test_nothing_stands_in_the_way_of_tags(server: Server, visit: Visit, locale: str) -> None:
    author, name = server.member(server.name("标签会员"), locale=locale)
    words = [server.name("长长的标签一二"), "Photography_2026", server.name("春"), "C++", "旧物"]
    threads = [server.thread(author, title="带标签的主题" * (n + 1), tags=",".join(words)) for n in range(3)]  # fmt: skip
    with unit_of_work(server.forum.database) as uow:
        follow_tags(uow, threads)
    _, chief = server.member(server.name("管理员"), group_id=1, locale=locale)

    reader, office = visit(), visit()
    reader.logs_in(name)
    office.logs_in(chief)
    office.goes("/admin/tags")
    office.page.fill("[name=panel_password]", PASSWORD)
    office.page.locator("#content form button").first.click()
    office.page.wait_for_url("**/admin/tags")

    assert (
        judged(reader, [f"/thread-{threads[0]}-1-1.html", f"/tag/{words[0]}", "/forum-2/new"]) == []
    )
    assert judged(office, ["/admin/tags", f"/moderation/do/thread.tag?ids={threads[0]}"]) == []
