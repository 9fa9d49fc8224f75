"""Pre-moderation: why posts wait, and what follows a decision, once."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from sqlalchemy import select

from forum.commands.moderation import perform, preview, undo
from forum.commands.moderation.thread_marks import DigestOptions
from forum.commands.moderation.thread_merging import MergeOptions, SplitOptions
from forum.commands.post_edits import edit_post
from forum.commands.posts import reply_to_thread
from forum.commands.queue import decide
from forum.commands.threads import start_thread
from forum.core.cache import CacheName
from forum.core.clock import utc_now
from forum.core.errors import Forbidden, NotFound
from forum.core.settings import encode_section
from forum.core.uow import unit_of_work
from forum.models import (
    Board,
    HoldReason,
    Member,
    Notice,
    Post,
    PostHold,
    PostState,
    Setting,
    Thread,
    ThreadState,
    Word,
    WordAction,
)
from forum.modlog.effects import ReverseTransfers
from forum.modlog.registry import NoOptions
from forum.points.ledger import balances
from forum.queries.counters import all_differences
from forum.queries.site import site_of
from forum.search.tables import ROWS
from forum.settings import Posting
from tests.commands.moderation.acting import Moderator
from tests.factories import FIRST_BOARD_ID, FOUNDER_ID

TEXT = "求推荐一个近一点的地方。"


@pytest.fixture
def board_id(forum) -> int:
    posting(forum)
    return forum.board(premoderation=2)


def run(forum, command, *args, now=None, **more):
    with unit_of_work(forum.database, now=now) as uow:
        forum.database.cache.refresh(uow.session)
        return command(uow, *args, **more)


def starts(forum, member_id, board_id, *, title="新人报到", source=TEXT, now=None):
    return run(
        forum, start_thread, forum.actor(member_id, now), board_id=board_id, title=title,
        source=source, now=now,
    )  # fmt: skip


def replies(forum, member_id, thread_id, source=TEXT):
    return run(forum, reply_to_thread, forum.actor(member_id), thread_id=thread_id, source=source)


def row(forum, model, row_id):
    with forum.read() as s:
        return s.get_one(model, row_id)


def is_exact(forum) -> bool:
    with forum.read() as s:
        return list(all_differences(s)) == []


def posting(forum, **values):
    changed = replace(Posting(), flood_interval=timedelta(0), **values)
    with unit_of_work(forum.database) as uow:
        uow.session.merge(Setting(section="posting", values=encode_section(changed)))
        uow.bump(CacheName.SITE)


def word(forum, pattern, action):
    with unit_of_work(forum.database) as uow:
        uow.session.add(Word(pattern=pattern, key=pattern, action=action, created_at=uow.now))
        uow.bump(CacheName.WORDS)


def test_an_approved_thread_is_like_any_other(forum, board_id):
    member_id = forum.member()
    moderator_id = forum.moderator(board_id)
    ref = starts(forum, member_id, board_id)
    assert row(forum, PostHold, ref.post_id).reason is HoldReason.BOARD
    assert row(forum, Member, member_id).total == 0
    assert is_exact(forum)

    done = run(forum, decide, forum.actor(moderator_id), "approve", [ref.post_id], reason="欢迎")

    assert done.done == (ref.post_id,)
    with forum.read() as s:
        assert s.get_one(Thread, ref.thread_id).state is ThreadState.VISIBLE
        assert s.get_one(Post, ref.post_id).state is PostState.VISIBLE
        board = s.get_one(Board, board_id)
        assert (board.last_thread_id, board.thread_count, board.today_post_count) == (
            ref.thread_id, 1, 1
        )  # fmt: skip
        assert s.get_one(Member, member_id).total == 3
        assert balances(s, member_id) == {2: 2}
        assert s.scalars(select(ROWS.c.post_id)).all() == [ref.post_id]
        notice = s.scalars(select(Notice).where(Notice.member_id == member_id)).one()
        assert (notice.kind, notice.data["action"], notice.data["reason"]) == (
            "moderated", "post.approve", "欢迎"
        )  # fmt: skip
    assert is_exact(forum)


def test_an_approved_reply_that_comes_late_is_not_the_last_post(forum, board_id):
    author_id = forum.member("李四")
    thread_id = forum.thread(author_id, board_id)
    waiting = replies(forum, forum.member(), thread_id)
    direct = replies(forum, FOUNDER_ID, thread_id)
    assert (waiting.floor, direct.floor) == (2, 3)

    run(forum, decide, forum.actor(FOUNDER_ID), "approve", [waiting.post_id])

    with forum.read() as s:
        thread = s.get_one(Thread, thread_id)
        assert (thread.reply_count, thread.last_poster_id, thread.heat) == (2, FOUNDER_ID, 2)
        notice = s.scalars(select(Notice).where(Notice.member_id == author_id)).one()
        assert (notice.kind, notice.merged_count, notice.post_id) == ("replied", 2, waiting.post_id)
    assert is_exact(forum)


def test_undoing_an_approval_takes_everything_back(forum, board_id):
    member_id = forum.member()
    thread = starts(forum, member_id, board_id)
    other = forum.thread(forum.member("李四"), board_id)
    reply = replies(forum, member_id, other)
    actor = forum.actor(FOUNDER_ID)
    before = [row(forum, Thread, other).last_post_at, row(forum, Board, board_id).last_thread_id]
    done = run(forum, decide, actor, "approve", [thread.post_id, reply.post_id])
    assert row(forum, Member, member_id).total > 0

    undone = run(forum, undo, actor, done.entry_id)

    assert row(forum, Thread, thread.thread_id).state is ThreadState.PENDING
    assert row(forum, Post, thread.post_id).state is PostState.PENDING
    assert row(forum, Post, reply.post_id).state is PostState.PENDING
    member = row(forum, Member, member_id)
    assert (member.total, member.post_count, member.thread_count) == (0, 0, 0)
    after = [row(forum, Thread, other).last_post_at, row(forum, Board, board_id).last_thread_id]
    assert after == before
    with forum.read() as s:
        assert not any(balances(s, member_id).values())
        assert s.scalars(select(ROWS.c.post_id)).all() == []
    assert is_exact(forum)

    run(forum, undo, actor, undone.entry_id)  # approved after all
    assert row(forum, Member, member_id).post_count == 2
    assert is_exact(forum)


def test_approving_again_after_an_undo_pays_again(forum, board_id):
    member_id = forum.member()
    ref = starts(forum, member_id, board_id)
    actor = forum.actor(FOUNDER_ID)
    done = run(forum, decide, actor, "approve", [ref.post_id])
    run(forum, undo, actor, done.entry_id)

    run(forum, decide, actor, "approve", [ref.post_id])

    assert row(forum, Member, member_id).total == 3
    assert is_exact(forum)


def test_what_is_put_aside_can_be_approved_or_deleted_later(forum, board_id):
    member_id = forum.member()
    first, second = (starts(forum, member_id, board_id, title=title, now=now) for title, now in (
        ("第一", datetime.now(UTC) - timedelta(hours=1)), ("第二", None),
    ))  # fmt: skip
    actor = forum.actor(FOUNDER_ID)

    run(forum, decide, actor, "ignore", [first.post_id, second.post_id])
    assert row(forum, Thread, first.thread_id).state is ThreadState.IGNORED
    run(forum, decide, actor, "approve", [first.post_id])
    run(forum, decide, actor, "delete", [second.post_id])

    assert row(forum, Thread, first.thread_id).state is ThreadState.VISIBLE
    assert row(forum, Thread, second.thread_id).state is ThreadState.RECYCLED
    assert row(forum, Member, member_id).post_count == 1
    assert is_exact(forum)


@pytest.mark.parametrize("by", ["queue", "clean-up"])
def test_what_was_deleted_unread_is_paid_when_it_is_restored(forum, board_id, by):
    author, theirs = forum.member(), forum.thread(forum.member("李雷"), board_id)
    post_id, actor = replies(forum, author, theirs).post_id, forum.actor(FOUNDER_ID)

    def does(action, target_id):
        done = run(forum, perform, actor, action, [target_id])
        with forum.read() as s:
            return done.entry_id, balances(s, author).get(2, 0)

    if by == "queue":
        run(forum, decide, actor, "delete", [post_id])
    else:
        does("member.clean", author)

    for _ in range(2):  # once more after the restoring was taken back
        entry_id, earned = does("post.restore", post_id)
        assert earned == 1
        run(forum, undo, actor, entry_id)
    assert does("post.restore", post_id)[1] == 1
    assert does("post.delete", post_id)[1] == 0
    assert does("post.restore", post_id)[1] == 1
    assert is_exact(forum)


def money(forum, member_id):
    with forum.read() as s:
        return balances(s, member_id).get(2, 0)


@pytest.fixture
def founder(forum):
    posting(forum)
    return Moderator(forum, FOUNDER_ID)


@pytest.fixture
def answered(forum, founder):
    """A thread and a reply to it, both shown and paid, with their authors."""
    author, other = forum.member(), forum.member("李雷")
    ref = starts(forum, author, FIRST_BOARD_ID)
    return author, other, ref, replies(forum, other, ref.thread_id, TEXT + "回").post_id


def test_restored_it_is_not_given_what_an_older_deletion_took(forum, founder, answered):
    author, other, ref, _ = answered
    founder.does("thread.delete", ref.thread_id)
    founder.does("thread.restore", ref.thread_id)

    for _ in range(2):
        founder.does("post.hold", ref.post_id)
        founder.does("post.delete_pending", ref.post_id)
        founder.does("thread.restore", ref.thread_id)
        assert (money(forum, author), money(forum, other)) == (0, 1)
        founder.does("post.approve", ref.post_id)
        assert (money(forum, author), money(forum, other)) == (2, 1)
    founder.does("thread.delete", ref.thread_id)
    assert (money(forum, author), money(forum, other)) == (0, 0)
    founder.does("thread.restore", ref.thread_id)
    assert (money(forum, author), money(forum, other)) == (2, 1)
    assert is_exact(forum)


def test_deleting_a_held_thread_takes_what_others_earned_in_it(forum, founder, answered):
    author, other, ref, _ = answered
    founder.does("thread.digest", ref.thread_id, options=DigestOptions(1))
    digested = money(forum, author) - 2
    assert digested > 0
    founder.does("post.hold", ref.post_id)
    with forum.read() as s:
        shown = preview(
            s, founder.actor, site_of(s), "post.delete_pending", [ref.post_id], NoOptions(), now=utc_now(),
        ).planned.effects  # fmt: skip
    assert sum(len(one.ids) for one in shown if isinstance(one, ReverseTransfers)) == 2
    assert (money(forum, author), money(forum, other)) == (digested, 1)

    deleted = founder.does("post.delete_pending", ref.post_id)
    assert (money(forum, author), money(forum, other)) == (0, 0)
    founder.undoes(deleted.entry_id)
    assert (money(forum, author), money(forum, other)) == (digested, 1)

    founder.does("post.delete_pending", ref.post_id)
    founder.does("thread.purge", ref.thread_id)
    assert (money(forum, author), money(forum, other)) == (0, 0)
    assert is_exact(forum)


@pytest.mark.parametrize("by", ["moderator", "edit"])
def test_a_reply_that_opens_a_thread_by_now_is_paid_as_it_was(forum, founder, answered, by):
    _, other, ref, post_id = answered
    founder.does("thread.split", ref.thread_id, options=SplitOptions("2", "分出来的"))
    assert money(forum, other) == 1

    if by == "edit":
        word(forum, "代购", WordAction.HOLD)
        run(forum, edit_post, forum.actor(other), post_id=post_id, source=TEXT + "代购")
        assert row(forum, Post, post_id).state is PostState.PENDING
    else:
        founder.does("post.hold", post_id)
    assert money(forum, other) == 0

    founder.does("post.approve", post_id)
    assert money(forum, other) == 1
    assert is_exact(forum)


def test_an_opening_post_that_is_a_reply_by_now_is_paid_as_it_was(forum, founder, answered):
    _author, other, ref, _ = answered
    late = starts(forum, other, FIRST_BOARD_ID, title="另一帖", source=TEXT + "另")
    founder.does("thread.merge", ref.thread_id, options=MergeOptions(late.thread_id))
    assert row(forum, Post, late.post_id).floor == 3

    founder.does("post.hold", late.post_id)
    assert money(forum, other) == 1
    founder.does("post.approve", late.post_id)
    assert money(forum, other) == 3
    assert is_exact(forum)


def test_two_moderators_who_approve_at_once_approve_once(forum, board_id):
    member_id = forum.member()
    moderators = [forum.moderator(board_id, name) for name in ("韩梅梅", "李雷")]
    thread_id = forum.thread(FOUNDER_ID, board_id)
    posts = [starts(forum, member_id, board_id).post_id] + [
        replies(forum, forum.member(name), thread_id).post_id for name in ("张三", "赵六")
    ]
    barrier = Barrier(2)

    def approve(moderator_id):
        actor = forum.actor(moderator_id)
        barrier.wait()
        return run(forum, decide, actor, "approve", posts)

    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(approve, moderators))

    assert sorted(len(one.done) for one in both) == [0, 3]
    assert sorted(len(one.gone) for one in both) == [0, 3]
    assert row(forum, Member, member_id).total == 3
    with forum.read() as s:
        notices = s.scalars(select(Notice).where(Notice.member_id == member_id)).all()
    assert len(notices) == 1
    assert is_exact(forum)


def test_only_moderators_of_the_board_decide(forum, board_id):
    elsewhere = forum.moderator(forum.board("别处"), "李雷")
    secret = forum.board("密室", viewers=(1,), premoderation=2)
    ref = starts(forum, forum.member(), board_id)
    hidden = starts(forum, forum.member("张三", group_id=1, is_founder=False), secret)

    for actor_id, post_id, refusal in (
        (None, ref.post_id, Forbidden),
        (forum.member("赵六"), ref.post_id, Forbidden),
        (elsewhere, ref.post_id, NotFound),
        (elsewhere, hidden.post_id, NotFound),
    ):
        with pytest.raises(refusal):
            run(forum, decide, forum.actor(actor_id), "approve", [post_id])
        with pytest.raises((Forbidden, NotFound)):
            run(forum, perform, forum.actor(actor_id), "post.approve", [post_id])
    assert row(forum, Post, ref.post_id).state is PostState.PENDING


def test_first_posts_of_new_members_wait(forum):
    posting(forum, approved_first_posts=1)
    board_id, member_id = forum.board(), forum.member()
    first = starts(forum, member_id, board_id, title="第一")
    second = starts(forum, member_id, board_id, title="第二")
    assert row(forum, PostHold, second.post_id).reason is HoldReason.NEWCOMER

    run(forum, decide, forum.actor(FOUNDER_ID), "approve", [first.post_id])

    assert starts(forum, member_id, board_id, title="第三").state is PostState.VISIBLE


def test_hours_hold_posts_but_not_those_of_exempt_groups(forum):
    posting(forum, approval_periods=("23:00-06:00",))
    board_id = forum.board()
    night = datetime(2026, 11, 22, 17, 30, tzinfo=UTC)  # half past one in Shanghai
    noon = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)

    ref = starts(forum, forum.member("甲"), board_id, now=night)

    assert row(forum, PostHold, ref.post_id).reason is HoldReason.PERIOD
    assert starts(forum, forum.member("乙"), board_id, now=noon).state is PostState.VISIBLE
    staff_id = forum.member("丙", group_id=2)
    assert starts(forum, staff_id, board_id, now=night).state is PostState.VISIBLE


def test_words_that_hold_name_themselves_to_the_staff(forum):
    word(forum, "代购", WordAction.HOLD)
    board_id = forum.board()
    thread_id = forum.thread(FOUNDER_ID, board_id)

    ref = replies(forum, forum.member(), thread_id, "专业代[b]购[/b]，价格便宜")

    hold = row(forum, PostHold, ref.post_id)
    assert (hold.reason, hold.words) == (HoldReason.WORDS, ["代购"])
    titled = starts(forum, forum.member("乙"), board_id, title="代购")
    assert titled.state is PostState.PENDING
    assert replies(forum, FOUNDER_ID, thread_id, "代购不行，请注意。").state is PostState.VISIBLE
