"""Who put a thread into the recycle bin, and why? The entry that did, whichever action it was."""

import pytest
from sqlalchemy import select

from forum.commands.moderation import preview
from forum.commands.moderation.member_cleaning import CleanOptions
from forum.commands.moderation.own_posts import delete_own_post
from forum.core.clock import utc_now
from forum.core.db import recorded_statements
from forum.core.uow import unit_of_work
from forum.models import Post, PostState, TargetKind, Thread, ThreadState
from forum.modlog.effects import Change
from forum.modlog.registry import ACTIONS
from forum.queries.recycle_bin import recycle_bin, reply_bin
from forum.queries.site import site_of
from tests.commands.moderation.acting import Moderator, working
from tests.commands.moderation.test_rights import options_of
from tests.factories import FIRST_BOARD_ID, FOUNDER_ID


@pytest.fixture
def founder(forum):
    return Moderator(forum, FOUNDER_ID)


def replies_of(forum, author_id, *states, board_id=FIRST_BOARD_ID):
    """Replies of a member in somebody else's thread, one in each state."""
    thread_id = forum.thread(
        FOUNDER_ID, board_id, replies=len(states), repliers=(author_id,), title="别人的"
    )
    with unit_of_work(forum.database) as uow:
        wanted = select(Post).where(Post.thread_id == thread_id, Post.floor > 1)
        posts = uow.session.scalars(wanted.order_by(Post.floor)).all()
        for post, state in zip(posts, states, strict=True):
            post.state = state
        return [post.id for post in posts]


def binned_replies(forum, member_id=FOUNDER_ID):
    with forum.read() as s:
        page = reply_bin(s, forum.actor(member_id))
    return {one.id: (one.deleted_by, one.reason) for one in page.replies}


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


def test_whatever_deleted_a_reply_is_named(forum, founder):
    author = forum.member("广告")
    early, unread, own, cleaned, restored = replies_of(
        forum, author, PostState.VISIBLE, PostState.PENDING, *[PostState.VISIBLE] * 3
    )
    founder.does("post.delete", early, reason="重复")
    founder.does("post.delete_pending", unread, reason="违规")
    with working(forum) as uow:
        delete_own_post(uow, forum.actor(author), post_id=own)
    tidy = Moderator(forum, forum.member("管理", group_id=1))
    tidy.does("member.clean", author, options=CleanOptions(), reason="广告号")
    founder.undoes(founder.does("post.restore", restored).entry_id, reason="恢复错了")

    assert binned_replies(forum) == {
        early: ("founder", "重复"), unread: ("founder", "违规"), own: ("广告", ""),
        cleaned: ("管理", "广告号"), restored: ("founder", "恢复错了"),
    }  # fmt: skip


def test_a_cleanup_that_was_taken_back_or_put_right_is_not_named(forum, founder):
    author = forum.member("广告")
    first, second = replies_of(forum, author, PostState.VISIBLE, PostState.VISIBLE)
    founder.does("member.clean", author, options=CleanOptions(), reason="广告号")
    founder.does("post.restore", first)
    assert binned_replies(forum) == {second: ("founder", "广告号")}
    founder.does("post.delete", first, reason="还是删")

    assert binned_replies(forum) == {first: ("founder", "还是删"), second: ("founder", "广告号")}


def test_the_bin_of_replies_says_no_more_of_a_deed_than_the_log(forum, founder):
    board, author = forum.board("我的"), forum.member("广告")
    moderator = forum.moderator(board)
    cleaned, alone = replies_of(forum, author, PostState.VISIBLE, PostState.VISIBLE, board_id=board)
    founder.does("post.delete", alone, reason="灌水")
    founder.does("member.clean", author, options=CleanOptions(), reason="内部理由")

    assert binned_replies(forum, moderator) == {cleaned: ("", ""), alone: ("founder", "灌水")}


@pytest.mark.parametrize("number", [1, 9])
def test_the_bin_of_replies_costs_the_same_however_full(forum, founder, number):
    for index in range(number):
        author = forum.member(f"广告{index}")
        deleted, _ = replies_of(forum, author, PostState.VISIBLE, PostState.VISIBLE)
        founder.does("post.delete", deleted)
        founder.does("member.clean", author, options=CleanOptions())
    actor = forum.actor(FOUNDER_ID)

    with forum.read() as s, recorded_statements() as statements:
        page = reply_bin(s, actor)

    assert page.total == len(page.replies) == number * 2
    assert len(statements) == 4


@pytest.mark.parametrize("key", [one for one in ACTIONS if not one.startswith("network.")])
def test_an_action_says_what_it_brings_to_the_bin_and_out_of_it(forum, key):
    ended = {"group_id": 4, "former_group_id": 10} if key == "member.release" else {}
    author, other = forum.member("作者", **ended), forum.board("别处")
    shown, binned_one = forum.thread(author), forum.thread(author, state=ThreadState.RECYCLED)
    waiting = forum.thread(author, state=ThreadState.PENDING)
    posts = replies_of(forum, author, PostState.VISIBLE, PostState.PENDING, PostState.RECYCLED)
    with unit_of_work(forum.database) as uow:
        opening = uow.session.scalars(select(Post).where(Post.thread_id == waiting)).one()
        opening.state = PostState.PENDING
        uow.session.flush()
        posts.append(opening.id)
    ids = {
        TargetKind.THREAD: [shown, binned_one], TargetKind.POST: posts, TargetKind.MEMBER: [author],
    }[ACTIONS[key].targets]  # fmt: skip
    options = options_of(ACTIONS[key], forum.thread(author, replies=1), other)
    if key == "thread.split":
        ids = [forum.thread(author, replies=2)]

    bins, unbins = set(), set()
    with forum.read() as s:
        for one in ids:
            seen = preview(
                s, forum.actor(FOUNDER_ID), site_of(s), key, [one], options, now=utc_now()
            )
            for effect in seen.planned.effects:
                if isinstance(effect, Change) and effect.table in ("threads", "posts"):
                    kind = TargetKind(effect.table.removesuffix("s"))
                    if effect.after.get("state") == PostState.RECYCLED:
                        bins.add(kind)
                    elif effect.before.get("state") == PostState.RECYCLED:
                        unbins.add(kind)

    assert (bins, unbins) == (ACTIONS[key].bins, ACTIONS[key].unbins)
