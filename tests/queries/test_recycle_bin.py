"""Who put a thread into the recycle bin, and why? The entry that did, whichever action it was."""

import pytest
from sqlalchemy import select

from forum.commands.moderation.member_cleaning import CleanOptions
from forum.core.db import recorded_statements
from forum.core.uow import unit_of_work
from forum.models import Post, PostState, Thread, ThreadState
from forum.queries.recycle_bin import recycle_bin
from tests.commands.moderation.acting import Moderator
from tests.factories import FOUNDER_ID


@pytest.fixture
def founder(forum):
    return Moderator(forum, FOUNDER_ID)


def binned(forum):
    with forum.read() as s:
        page = recycle_bin(s, forum.actor(FOUNDER_ID))
    return {one.title: (one.deleted_by, one.reason) for one in page.threads}


def test_a_cleanup_is_named_for_what_it_threw_away_and_nothing_else(forum, founder):
    author, tidy = forum.member("广告"), Moderator(forum, forum.member("管理", group_id=1))
    closed, deleted = (forum.thread(author, title=title) for title in ("关过的", "早删的"))
    forum.thread(author, title="没动过的")
    founder.does("thread.close", closed, reason="跑题")
    founder.does("thread.delete", deleted, reason="重复")
    tidy.does("member.clean", author, options=CleanOptions(), reason="广告号")

    assert binned(forum) == {
        "关过的": ("管理", "广告号"), "没动过的": ("管理", "广告号"), "早删的": ("founder", "重复"),
    }  # fmt: skip


def test_what_the_queue_deleted_is_named(forum, founder):
    thread_id = forum.thread(forum.member(), title="等过的", state=ThreadState.PENDING)
    with unit_of_work(forum.database) as uow:
        opening = select(Post).where(Post.thread_id == thread_id)
        post = uow.session.scalars(opening).one()
        post.state, post_id = PostState.PENDING, post.id
    founder.does("post.delete_pending", post_id, reason="违规")

    assert binned(forum) == {"等过的": ("founder", "违规")}


def test_the_newest_deletion_that_stands_is_named(forum, founder):
    thread_id = forum.thread(forum.member(), title="来回")
    founder.does("thread.delete", thread_id, reason="第一次")
    founder.does("thread.restore", thread_id, reason="恢复")
    second = founder.does("thread.delete", thread_id, reason="第二次")
    founder.does("thread.repair", thread_id, reason="修复")
    assert binned(forum) == {"来回": ("founder", "第二次")}

    founder.undoes(second.entry_id)
    founder.does("thread.delete", thread_id, reason="第三次")
    restored = founder.does("thread.restore", thread_id)
    founder.undoes(restored.entry_id, reason="恢复错了")

    assert binned(forum) == {"来回": ("founder", "恢复错了")}


def test_a_thread_of_which_the_log_knows_nothing_names_nobody(forum):
    forum.thread(forum.member(), title="导入的", state=ThreadState.RECYCLED)

    assert binned(forum) == {"导入的": ("", "")}


@pytest.mark.parametrize("number", [1, 9])
def test_the_bin_costs_the_same_however_full(forum, founder, number):
    for index in range(number):
        author = forum.member(f"广告{index}")
        founder.does("thread.delete", forum.thread(author))
        forum.thread(author)
        founder.does("member.clean", author, options=CleanOptions())
    actor = forum.actor(FOUNDER_ID)

    with forum.read() as s, recorded_statements() as statements:
        page = recycle_bin(s, actor)

    assert page.total == len(page.threads) == number * 2
    assert len(statements) == 4


def test_the_bin_says_no_more_of_a_deed_than_the_log(forum, founder):
    board, other = forum.board("我的"), forum.board("别处")
    moderator = forum.moderator(board)
    cleaned = forum.thread(forum.member("广告"), board, title="清理掉的")
    author = forum.member("作者")
    across = forum.thread(author, board, title="一起删的")
    alone = forum.thread(author, board, title="单独删的")
    with forum.read() as s:
        spammer = s.get_one(Thread, cleaned).author_id
    founder.does("member.clean", spammer, options=CleanOptions(), reason="内部理由")
    founder.does("thread.delete", across, forum.thread(author, other), reason="内部理由")
    founder.does("thread.delete", alone, reason="灌水")

    with forum.read() as s:
        page = recycle_bin(s, forum.actor(moderator))

    told = {one.title: (one.deleted_by, one.reason) for one in page.threads}
    assert told == {"清理掉的": ("", ""), "一起删的": ("", ""), "单独删的": ("founder", "灌水")}
    assert all(one.deleted_at for one in page.threads)
