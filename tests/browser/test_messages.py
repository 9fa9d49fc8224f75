"""Two members write to each other, with scripts and without; and everybody can use the pages."""

from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from forum.commands.messages import send_message
from forum.core.uow import unit_of_work
from forum.models import Message, MessageBlock
from tests.browser.served import PASSWORD, Server
from tests.browser.test_looks import judged
from tests.browser.visitor import Visitor

Visit = Callable[..., Visitor]


@pytest.fixture(autouse=True)
def quick(server: Server) -> None:
    """Stories type faster than people: no waiting between messages."""
    server.setting("messages", interval=0)


def test_a_guest_writes_to_an_author_who_answers_and_blocks(
    server: Server, window: Visitor, visit: Visit
) -> None:
    (author_id, author), (_, reader) = server.member(), server.member()
    thread_id = server.thread(author_id, title=server.name("求购"))

    window.goes(f"/thread-{thread_id}-1-1.html")
    window.follows("发消息")
    window.fills(name=reader, password=PASSWORD)
    window.presses("登录")
    assert window.at == f"/messages/{author_id}"
    window.page.fill("#content textarea", "[b]还在吗？[/b]我想要。")
    window.presses("发送")
    assert window.at == f"/messages/{author_id}#newest"
    window.reads("还在吗？我想要。")

    other = visit(scripts=False, width=390)
    other.logs_in(author)
    other.follows("消息(1)", "header")
    other.reads("1 条新消息")
    other.follows(reader, "#content")
    other.reads("还在吗？我想要。")
    other.presses("标为已读")
    assert other.page.get_by_role("link", name="消息(1)").count() == 0
    other.page.fill("#content textarea", "已经卖掉了")
    other.presses("发送")
    other.presses("加入黑名单")
    other.reads("您已将对方加入黑名单")
    other.page.locator("#content summary").click()
    other.presses("确定删除")
    other.reads("您还没有消息。")

    window.goes(f"/messages/{author_id}")
    window.reads("已经卖掉了")
    window.reads("对方不接收您的消息。")
    window.page.locator("article").last.get_by_role("button", name="删除").click()
    window.page.wait_for_url("**/messages/*")
    window.reads("消息已从您这一侧删除。")
    window.goes(f"/messages/{author_id}")
    assert "已经卖掉了" not in window.text


@pytest.mark.parametrize("locale", ["zh", "en"])
def test_nothing_stands_in_the_way_of_messages(server: Server, visit: Visit, locale: str) -> None:
    member_id, name = server.member(locale=locale)
    paths = scene(server, member_id)
    member = visit()
    member.goes("/login")
    member.fills(name=name, password=PASSWORD)
    member.presses("登录")

    assert judged(member, paths if locale == "zh" else paths[1:2]) == []


def scene(server: Server, member_id: int) -> list[str]:
    """Conversations with several members, one of them long, with every kind of line; the pages of it."""
    long = "https://example.org/" + "a" * 120
    texts = (
        "周末爬山去吗？天气预报说是晴天。",
        f"看这个 {long}",
        "[quote]几点[/quote]早上八点\n东门见",
        "好的" * 120,
    )
    others = [server.member()[0] for _ in range(3)]
    written = [(other, member_id, texts[0]) for other in others]
    for text in texts * 3:
        written += [(member_id, others[0], text), (others[0], member_id, text)]
    for writer, reader, text in written:
        with unit_of_work(server.forum.database) as uow:
            send_message(uow, server.forum.actor(writer), recipient_id=reader, source=text)
    with unit_of_work(server.forum.database) as uow:
        uow.session.add(MessageBlock(member_id=member_id, blocked_id=others[2], created_at=uow.now))
        message_id = uow.session.scalar(
            select(func.min(Message.id)).where(Message.author_id == others[0])
        )
    with_first = f"/messages/{others[0]}"
    return [
        "/messages", with_first, f"/messages/{others[2]}", f"{with_first}/{message_id}/report", "/messages/new",
        "/messages/settings",
    ]  # fmt: skip
