"""The lists of the moderators' panel: deleted replies, the punished, large actions, the log and its form."""

import pytest
from sqlalchemy import select

from forum.core.db import recorded_statements
from forum.core.uow import unit_of_work
from forum.models import BatchState, Member, ModBatch, Post, PostState
from forum.queries.log_filter import Asked, asked_members
from forum.queries.moderation_panel import batches_page, panel_home
from forum.queries.punished import Punishment, punished_page
from forum.queries.recycle_bin import reply_bin
from tests.acting import log_in
from tests.commands.moderation.acting import Moderator, row
from tests.factories import FIRST_BOARD_ID, FOUNDER_ID
from tests.web.test_moderation import open_panel, send


def post_at(forum, thread_id, floor):
    with forum.read() as s:
        return s.scalar(select(Post.id).where(Post.thread_id == thread_id, Post.floor == floor))


def batch(forum, actor_id, state=BatchState.RUNNING):
    with unit_of_work(forum.database) as uow:
        made = ModBatch(
            action="thread.close", state=state, actor_id=actor_id, target_ids=[], options={},
            reason="大扫除", created_at=uow.now, touched_at=uow.now, step_total=30,
        )  # fmt: skip
        uow.session.add(made)
        uow.session.flush()  # made.id
        return made.id


def test_deleted_replies_of_one_s_boards_wait_in_the_bin(client, forum, board_id, moderator):
    mine = forum.thread(forum.member(), board_id, title="旧笔记本", replies=2)
    theirs = forum.thread(title="金丝雀", replies=1)
    gone, post_id = (
        forum.thread(board_id=board_id, title="连主题", replies=1),
        post_at(forum, mine, 2),
    )
    founder = Moderator(forum, FOUNDER_ID)
    founder.does("post.delete", post_id, reason="文不对题")
    founder.does("post.delete", post_at(forum, theirs, 2))
    founder.does("post.delete", post_at(forum, gone, 2))
    founder.does("thread.delete", gone)
    open_panel(forum)

    page = client.get("/moderation/recycle-bin/replies").text
    assert "旧笔记本 2#" in page
    assert "文不对题" in page
    assert "金丝雀" not in page
    assert "连主题" not in page
    assert "1 个回帖" in page
    send(client, "/moderation/do/post.restore", ids=post_id)

    assert row(forum, Post, post_id).state is PostState.VISIBLE


def test_the_panel_lists_the_punished_and_lets_them_go(client, forum, moderator):
    founder = Moderator(forum, FOUNDER_ID)
    muted, banned, locked = (forum.member(name) for name in ("卖药的", "骗子", "盗号的"))
    founder.does("member.mute", muted, reason="广告/SPAM")
    founder.does("member.ban", banned, reason="骗人")
    founder.does("member.lock", locked, reason="被盗")
    open_panel(forum)

    page = client.get("/moderation/members").text
    assert "卖药的" in page
    assert "广告/SPAM" in page
    assert f"/moderation/do/member.release?ids={muted}" in page
    assert "骗子" not in page
    banned_page = client.get("/moderation/members?state=banned").text
    assert "骗子" in banned_page
    assert "member.release" not in banned_page  # it asks for the right to ban
    assert "盗号的" in client.get("/moderation/members?state=locked").text
    log_in(client, forum, forum.moderator(FIRST_BOARD_ID, "实习", group_id=16))
    open_panel(forum)

    assert client.get("/moderation/members").status_code == 403


def test_the_panel_lists_one_s_own_large_actions(client, forum, moderator):
    mine, theirs = batch(forum, moderator.member_id), batch(forum, FOUNDER_ID, BatchState.DONE)
    open_panel(forum)
    own = client.get("/moderation/batches").text
    log_in(client, forum, forum.member("管理", group_id=1))
    open_panel(forum)

    everybody_s = client.get("/moderation/batches").text

    assert f"/moderation/batches/{mine}?" in own
    assert "进行中" in own
    assert f"/moderation/batches/{theirs}?" not in own
    assert f"/moderation/batches/{theirs}?" in everybody_s


def test_the_log_is_asked_by_name_and_thread(client, forum, board_id, moderator):
    author = forum.member("李雷")
    first, second = (forum.thread(author, board_id, title=title) for title in ("甲帖", "乙帖"))
    moderator.does("thread.close", first)
    Moderator(forum, FOUNDER_ID).does("thread.close", second)
    moderator.does("member.mute", author)
    open_panel(forum)

    def log(**asked):
        return client.get("/moderation/log", query_string=asked).text

    page = log(by="韩梅梅")
    assert "甲帖" in page
    assert "乙帖" not in page
    assert 'name="by" value="韩梅梅"' in page
    assert 'name="by" value="韩梅梅"' in log(actor=moderator.member_id)
    assert "乙帖" in log(by="Founder")
    assert "甲帖" not in log(of="李雷")
    assert log(of="李雷").count("log-list__item") == 1
    assert "log-list__item" not in log(by="无名氏")
    assert "乙帖" not in log(thread=first)


@pytest.mark.parametrize("rows", [1, 35])
def test_the_panel_s_lists_take_a_fixed_number_of_statements(forum, rows):
    thread_id = forum.thread(replies=rows)
    members = [forum.member(f"会员{number}", group_id=4) for number in range(rows)]
    with unit_of_work(forum.database) as uow:
        for post in uow.session.scalars(
            select(Post).where(Post.thread_id == thread_id, Post.floor > 1)
        ):
            post.state = PostState.RECYCLED
    for _ in range(rows):
        batch(forum, FOUNDER_ID)
    actor, site, more = forum.actor(FOUNDER_ID), forum.site(), rows > 30
    with forum.read() as s:
        names = [Asked(members[0]), Asked(name="会员0")]
        asked = {
            "replies": (3, lambda: reply_bin(s, actor)),
            "punished": (2, lambda: punished_page(s, site, actor, kind=Punishment.MUTED)),
            "batches": (1, lambda: batches_page(s, actor)),
            "names": (1, lambda: asked_members(s, *names)),
            "home": (2, lambda: panel_home(s, site, actor)),
        }
        for name, (count, ask) in asked.items():
            with recorded_statements() as statements:
                found = ask()
            assert len(statements) == count, (name, statements)
            if name in ("replies", "batches"):
                assert (found.older_before is not None) == more
        first = punished_page(s, site, actor, kind=Punishment.MUTED)
        rest = punished_page(s, site, actor, kind=Punishment.MUTED, before=first.older_before)
        assert {one.id for one in (*first.members, *rest.members)} == set(members)
        assert first.counts[0] == (Punishment.MUTED, rows)
        assert panel_home(s, site, actor).binned_replies == rows
        assert s.get(Member, members[0]).name == asked_members(s, *names)[0].name
