"""Sticky, digest, highlight, close, move, delete, restore: done, counted, paid, undone."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from forum.commands.moderation.thread_marks import DigestOptions, HighlightOptions, StickOptions
from forum.commands.moderation.thread_merging import MergeOptions, SplitOptions
from forum.commands.moderation.thread_moving import MoveOptions
from forum.commands.points import pay_rule
from forum.core.clock import utc_now
from forum.core.errors import Conflict, Forbidden, Invalid, NotFound
from forum.models import (
    Board,
    Member,
    ModLogEntry,
    ModLogTarget,
    Notice,
    Post,
    Thread,
    ThreadState,
)
from forum.points.ledger import balances
from tests.commands.moderation.acting import Moderator, differences, entries, row, working
from tests.factories import FIRST_BOARD_ID, FOUNDER_ID

MONEY = 2


@pytest.fixture
def founder(forum):
    return Moderator(forum, FOUNDER_ID)


def paid_thread(forum, author_id, board_id=FIRST_BOARD_ID, *, repliers=(), **more):
    """A thread whose posts were paid for."""
    thread_id = forum.thread(author_id, board_id, replies=len(repliers), repliers=repliers, **more)
    with working(forum) as uow:
        for post in uow.session.scalars(select(Post).where(Post.thread_id == thread_id)):
            rule = "thread.posted" if post.floor == 1 else "post.replied"
            pay_rule(uow, rule, member_id=post.author_id, subject=f"post:{post.id}", once_key=f"{rule}:{post.id}")  # fmt: skip
    return thread_id


def money(forum, member_id):
    with forum.read() as s:
        return balances(s, member_id).get(MONEY, 0)


def test_a_thread_is_stuck_and_the_undo_lets_it_go(forum, founder):
    thread_id = forum.thread()
    before = row(forum, Thread, thread_id)

    done = founder.does("thread.stick", thread_id, options=StickOptions(3), reason="通知")
    stuck = row(forum, Thread, thread_id)
    assert (stuck.sticky_level, stuck.last_log_id) == (3, done.entry_id)
    assert stuck.version > before.version

    founder.undoes(done.entry_id)
    after = row(forum, Thread, thread_id)
    assert (after.sticky_level, after.last_log_id) == (0, None)
    assert [entry.is_reversal for entry in entries(forum)] == [False, True]


def test_an_undo_can_be_undone(forum, founder):
    thread_id = forum.thread()
    done = founder.does("thread.close", thread_id)
    undone = founder.undoes(done.entry_id)

    again = founder.undoes(undone.entry_id)

    closed = row(forum, Thread, thread_id)
    assert (closed.is_closed, closed.last_log_id) == (True, again.entry_id)


def test_sticking_everywhere_shows_on_every_board(forum, founder):
    other = forum.board("别处")
    thread_id = forum.thread()
    before = row(forum, Board, other).version

    founder.does("thread.stick", thread_id, options=StickOptions(3))

    assert row(forum, Board, other).version > before


def test_the_digest_pays_by_levels_and_takes_back_by_levels(forum, founder):
    author = forum.member()
    thread_id = forum.thread(author)

    first = founder.does("thread.digest", thread_id, options=DigestOptions(3))
    assert (money(forum, author), row(forum, Member, author).digest_count) == (15, 1)

    second = founder.does("thread.digest", thread_id, options=DigestOptions(1))
    assert (money(forum, author), row(forum, Member, author).digest_count) == (5, 1)

    third = founder.does("thread.digest", thread_id, options=DigestOptions(0))
    assert (money(forum, author), row(forum, Member, author).digest_count) == (0, 0)

    for done, expected in ((third, 5), (second, 15), (first, 0)):
        founder.undoes(done.entry_id)
        assert money(forum, author) == expected
    assert differences(forum) == []


def test_a_highlight_sets_everything_at_once(forum, founder):
    thread_id = forum.thread()

    done = founder.does("thread.highlight", thread_id, options=HighlightOptions(color=3, bold=True))

    thread = row(forum, Thread, thread_id)
    assert (thread.highlight_color, thread.highlight_bold, thread.highlight_italic) == (
        3,
        True,
        False,
    )
    founder.undoes(done.entry_id)
    assert row(forum, Thread, thread_id).highlight_color == 0


def test_a_moved_thread_takes_its_counts_along(forum, founder):
    author, other = forum.member(), forum.board("别处")
    thread_id = forum.thread(author, replies=4)

    founder.does("thread.move", thread_id, options=MoveOptions(other))

    moved = row(forum, Board, other)
    assert (moved.thread_count, moved.post_count, moved.last_thread_id) == (1, 5, thread_id)
    left = row(forum, Board, FIRST_BOARD_ID)
    assert (left.thread_count, left.post_count, left.last_thread_id) == (0, 0, None)
    assert differences(forum) == []


def test_a_redirect_stays_behind_and_goes_with_the_undo(forum, founder):
    other, thread_id = forum.board("别处"), forum.thread()

    done = founder.does("thread.move", thread_id, options=MoveOptions(other, leaves_redirect=True))
    with forum.read() as s:
        pointer = s.scalars(select(Thread).where(Thread.moved_to_id == thread_id)).one()
    assert (pointer.board_id, pointer.state) == (FIRST_BOARD_ID, ThreadState.REDIRECT)

    founder.undoes(done.entry_id)
    with forum.read() as s:
        assert s.scalar(select(func.count()).select_from(Thread)) == 1
    assert differences(forum) == []


def test_moving_back_removes_the_pointer_it_would_meet(forum, founder):
    other, thread_id = forum.board("别处"), forum.thread()
    founder.does("thread.move", thread_id, options=MoveOptions(other, leaves_redirect=True))

    founder.does("thread.move", thread_id, options=MoveOptions(FIRST_BOARD_ID))

    with forum.read() as s:
        assert s.scalar(select(func.count()).select_from(Thread)) == 1


def test_a_reply_between_a_move_and_its_undo_is_no_conflict(forum, founder):
    author, other = forum.member(), forum.board("别处")
    thread_id = forum.thread(author, replies=1)
    done = founder.does("thread.move", thread_id, options=MoveOptions(other))
    from forum.commands.posts import reply_to_thread

    with working(forum) as uow:
        reply_to_thread(
            uow, forum.actor(author), thread_id=thread_id, source="后来的回复，十个字节以上。"
        )

    founder.undoes(done.entry_id)

    assert row(forum, Board, FIRST_BOARD_ID).post_count == 3
    assert differences(forum) == []


def test_deletion_takes_back_counters_and_exactly_the_points_paid(forum, founder):
    author, replier = forum.member(), forum.member("李雷")
    thread_id = paid_thread(forum, author, repliers=(replier, author, replier))
    founder.does("thread.digest", thread_id, options=DigestOptions(2))
    earned = (money(forum, author), money(forum, replier))

    done = founder.does("thread.delete", thread_id, reason="广告/SPAM")
    assert (money(forum, author), money(forum, replier)) == (0, 0)
    assert row(forum, Thread, thread_id).state is ThreadState.RECYCLED
    assert row(forum, Board, FIRST_BOARD_ID).post_count == 0
    assert row(forum, Member, author).digest_count == 0
    assert differences(forum) == []

    founder.undoes(done.entry_id)
    assert (money(forum, author), money(forum, replier)) == earned
    assert row(forum, Member, author).digest_count == 1
    assert differences(forum) == []


def test_restoring_gives_back_what_the_deletion_took_again_and_again(forum, founder):
    author = forum.member()
    thread_id = paid_thread(forum, author, repliers=(author,))
    earned = money(forum, author)

    for _ in range(2):
        founder.does("thread.delete", thread_id)
        assert money(forum, author) == 0
        restored = founder.does("thread.restore", thread_id)
        assert money(forum, author) == earned
    undone = founder.undoes(restored.entry_id)
    assert money(forum, author) == 0
    founder.undoes(undone.entry_id)
    assert money(forum, author) == earned
    assert row(forum, Thread, thread_id).state is ThreadState.VISIBLE
    assert differences(forum) == []


def test_points_of_old_posts_stay(forum, founder):
    author = forum.member()
    thread_id = paid_thread(forum, author, at=utc_now() - timedelta(days=400))

    founder.does("thread.delete", thread_id)

    assert money(forum, author) == 2
    assert row(forum, Member, author).post_count == 0


def test_a_changed_state_stands_in_the_way_of_the_undo(forum, founder):
    thread_id = forum.thread()
    first = founder.does("thread.stick", thread_id, options=StickOptions(1))
    second = founder.does("thread.stick", thread_id, options=StickOptions(2))

    with pytest.raises(Conflict, match="undo_conflicts"):
        founder.undoes(first.entry_id)
    with pytest.raises(Conflict, match="nothing_to_undo"):
        founder.undoes(first.entry_id, partial=True)

    founder.undoes(second.entry_id)
    founder.undoes(first.entry_id)
    assert row(forum, Thread, thread_id).sticky_level == 0


def test_a_partial_undo_takes_back_what_can_be(forum, founder):
    one, two = forum.thread(), forum.thread()
    done = founder.does("thread.close", one, two)
    founder.does("thread.open", one)

    undone = founder.undoes(done.entry_id, partial=True)

    assert [conflict.target_id for conflict in undone.left] == [one]
    assert not row(forum, Thread, two).is_closed
    with pytest.raises(Conflict, match="undo_conflicts"):
        founder.undoes(done.entry_id)
    with pytest.raises(Conflict, match="nothing_to_undo"):
        founder.undoes(done.entry_id, partial=True)


def test_a_partial_undo_is_called_by_what_it_took_back(forum, founder):
    one, two = forum.thread(title="一"), forum.thread(title="二")
    done = founder.does("thread.close", one, two)
    founder.does("thread.open", one)

    undone = founder.undoes(done.entry_id, partial=True)

    assert row(forum, ModLogEntry, done.entry_id).title == "一"
    assert row(forum, ModLogEntry, undone.entry_id).title == "二"


def test_what_a_partial_undo_left_can_be_undone_later(forum, founder):
    one, two, three = forum.thread(), forum.thread(), forum.thread()
    done = founder.does("thread.close", one, two, three)
    opened = founder.does("thread.open", one)
    founder.undoes(done.entry_id, partial=True)
    assert row(forum, ModLogEntry, done.entry_id).undone_by_id is None
    assert _closed(forum, one, two, three) == [False, False, False]
    founder.undoes(opened.entry_id)
    assert _closed(forum, one, two, three) == [True, False, False]

    last = founder.undoes(done.entry_id)

    assert _closed(forum, one, two, three) == [False, False, False]
    assert row(forum, ModLogEntry, last.entry_id).target_count == 1
    assert row(forum, ModLogEntry, done.entry_id).undone_by_id == last.entry_id
    with pytest.raises(Conflict, match="already_undone"):
        founder.undoes(done.entry_id)


def test_undoing_a_partial_undo_restores_exactly_its_parts(forum, founder):
    one, two, three = forum.thread(), forum.thread(), forum.thread()
    done = founder.does("thread.stick", one, two, three)
    part = founder.undoes(done.entry_id, partial=True, only=[one, three])
    assert _sticky(forum, one, two, three) == [0, 1, 0]

    again = founder.undoes(part.entry_id)

    assert _sticky(forum, one, two, three) == [1, 1, 1]
    founder.undoes(again.entry_id)
    assert _sticky(forum, one, two, three) == [0, 1, 0]
    founder.undoes(done.entry_id)
    assert _sticky(forum, one, two, three) == [0, 0, 0]
    assert differences(forum) == []


def test_a_partial_undo_of_posts_leaves_the_others_deleted(forum, founder):
    thread_id = forum.thread(replies=4)
    with forum.read() as s:
        ids = s.scalars(select(Post.id).where(Post.thread_id == thread_id, Post.floor > 1)).all()
    done = founder.does("post.delete", *ids)
    founder.undoes(done.entry_id, partial=True, only=ids[1:3])
    assert row(forum, Thread, thread_id).reply_count == 2
    assert differences(forum) == []

    founder.undoes(done.entry_id)

    assert row(forum, Thread, thread_id).reply_count == 4
    assert differences(forum) == []


def _closed(forum, *ids):
    return [row(forum, Thread, one).is_closed for one in ids]


def _sticky(forum, *ids):
    return [row(forum, Thread, one).sticky_level for one in ids]


def test_a_purge_cannot_be_undone(forum, founder):
    thread_id = forum.thread(replies=2)
    founder.does("thread.delete", thread_id)
    done = founder.does("thread.purge", thread_id)

    assert row(forum, Thread, thread_id) is None
    with pytest.raises(Forbidden):
        founder.undoes(done.entry_id)


def test_one_refused_target_refuses_all(forum):
    mine, theirs = forum.board("我的"), forum.board("别处")
    moderator = Moderator(forum, forum.moderator(mine))
    author = forum.member()
    good, smuggled = forum.thread(author, mine), forum.thread(author, theirs)

    with pytest.raises(Forbidden, match="moderators_only"):
        moderator.does("thread.close", good, smuggled)

    assert not row(forum, Thread, good).is_closed
    assert entries(forum) == []


def test_a_secret_target_is_not_found(forum):
    mine, secret = forum.board("我的"), forum.board("密室", viewers=(1,))
    moderator = Moderator(forum, forum.moderator(mine))

    own, hidden = forum.thread(moderator.member_id, mine), forum.thread(board_id=secret)

    with pytest.raises(NotFound):
        moderator.does("thread.close", own, hidden)


def test_a_board_moderator_sticks_in_the_board_only_and_leaves_higher_ones_alone(forum, founder):
    mine = forum.board("我的")
    moderator = Moderator(forum, forum.moderator(mine))
    thread_id = forum.thread(board_id=mine)

    moderator.does("thread.stick", thread_id, options=StickOptions(1))
    with pytest.raises(Forbidden, match="level_too_high"):
        moderator.does("thread.stick", thread_id, options=StickOptions(2))

    founder.does("thread.stick", thread_id, options=StickOptions(3))
    with pytest.raises(Forbidden, match="level_too_high"):
        moderator.does("thread.stick", thread_id, options=StickOptions(0))


def test_a_moderator_does_not_delete_a_superior_s_thread(forum):
    mine = forum.board("我的")
    moderator = Moderator(forum, forum.moderator(mine))

    with pytest.raises(Forbidden, match="outranked"):
        moderator.does("thread.delete", forum.thread(FOUNDER_ID, mine))
    moderator.does("thread.delete", forum.thread(moderator.member_id, mine))
    moderator.does("thread.delete", forum.thread(forum.member(), mine))


TAKING = {
    "thread.close": None,
    "thread.move": MoveOptions(FIRST_BOARD_ID),
    "thread.sink": None,
    "thread.split": SplitOptions("2", "分出来"),
}


@pytest.mark.parametrize("key", TAKING)
def test_nothing_is_taken_from_an_equal_but_all_of_it_from_oneself(forum, key):
    board_id = forum.board("版")
    mod, peer = forum.moderator(board_id, "版主"), forum.moderator(board_id, "同级")
    theirs, own = (forum.thread(one, board_id, replies=2) for one in (peer, mod))
    moderator = Moderator(forum, mod)

    with pytest.raises(Forbidden) as refusal:
        moderator.does(key, theirs, options=TAKING[key])
    moderator.does(key, own, options=TAKING[key])

    assert refusal.value.key == "outranked"
    assert [one.target_count for one in entries(forum)] == [1]


@pytest.mark.parametrize("is_into_theirs", [True, False])
def test_a_merge_asks_for_the_authors_of_both_threads(forum, is_into_theirs):
    board_id = forum.board("版")
    moderator = Moderator(forum, forum.moderator(board_id, "版主"))
    theirs, other = forum.thread(FOUNDER_ID, board_id), forum.thread(board_id=board_id)
    into, merged = (theirs, other) if is_into_theirs else (other, theirs)

    with pytest.raises(Forbidden):
        moderator.does("thread.merge", into, options=MergeOptions(merged))

    assert row(forum, Thread, merged).state is ThreadState.VISIBLE


def test_marks_that_only_add_ask_for_no_rank(forum):
    board_id = forum.board("版")
    moderator = Moderator(forum, forum.moderator(board_id, "版主"))
    thread_id = forum.thread(FOUNDER_ID, board_id)

    moderator.does("thread.stick", thread_id, options=StickOptions(1))
    moderator.does("thread.raise", thread_id)

    assert row(forum, Thread, thread_id).sticky_level == 1


def test_an_undo_that_takes_again_minds_the_rank_and_one_that_gives_back_does_not(forum, founder):
    board_id = forum.board("版")
    moderator = Moderator(forum, forum.moderator(board_id, "版主"))
    thread_id = forum.thread(forum.moderator(board_id, "同级"), board_id)
    closed = founder.does("thread.close", thread_id)
    opened = founder.undoes(closed.entry_id)

    with pytest.raises(Forbidden) as refusal:
        moderator.undoes(opened.entry_id)
    founder.undoes(opened.entry_id)
    own = moderator.undoes(entries(forum)[-1].id)
    moderator.undoes(own.entry_id)

    assert refusal.value.key == "outranked"
    assert row(forum, Thread, thread_id).is_closed


def test_undoing_what_gave_something_back_minds_the_rank(forum, founder):
    board_id = forum.board("版")
    moderator = Moderator(forum, forum.moderator(board_id, "版主"))
    peer = forum.moderator(board_id, "同级")
    binned = forum.thread(peer, board_id, state=ThreadState.RECYCLED)
    restored = founder.does("thread.restore", binned)

    with pytest.raises(Forbidden):
        moderator.undoes(restored.entry_id)

    assert row(forum, Thread, binned).state is ThreadState.VISIBLE


def test_threads_do_not_go_where_the_moderator_may_not_post(forum):
    mine, secret = forum.board("我的"), forum.board("密室", viewers=(1,))
    moderator = Moderator(forum, forum.moderator(mine))

    own = forum.thread(moderator.member_id, mine)

    with pytest.raises(NotFound):
        moderator.does("thread.move", own, options=MoveOptions(secret))


def test_the_owner_is_told_when_asked_for(forum, founder):
    author = forum.member()
    one, two = forum.thread(author), forum.thread(author, title="第二帖")

    founder.does("thread.close", one, two)
    founder.does("thread.delete", one, two, notifies=True, reason="重复发帖")

    with forum.read() as s:
        notice = s.scalars(select(Notice)).one()
    assert (notice.member_id, notice.kind) == (author, "moderated")
    assert (notice.data["count"], notice.data["reason"]) == (2, "重复发帖")


def test_an_end_date_has_limits(forum, founder):
    thread_id = forum.thread()
    for days in (-1, 181):
        with pytest.raises(Invalid, match="expiry_range"):
            founder.does("thread.stick", thread_id, expires_at=utc_now() + timedelta(days=days))
    with pytest.raises(Invalid, match="expiry_range"):
        founder.does("thread.delete", thread_id, expires_at=utc_now() + timedelta(days=1))


def test_a_later_action_takes_over_the_end_date(forum, founder):
    thread_id = forum.thread()
    first = founder.does("thread.stick", thread_id, expires_at=utc_now() + timedelta(days=1))
    second = founder.does("thread.stick", thread_id)

    def taken_over_by():
        with forum.read() as s:
            return s.scalar(
                select(ModLogTarget.superseded_by_id).where(ModLogTarget.entry_id == first.entry_id)
            )

    assert taken_over_by() == second.entry_id
    founder.undoes(second.entry_id)
    assert taken_over_by() is None


def test_a_thread_and_the_pointer_to_it_are_deleted_together_and_come_back(forum):
    founder = Moderator(forum, FOUNDER_ID)
    thread_id = forum.thread(forum.member())
    founder.does(
        "thread.move", thread_id, options=MoveOptions(forum.board("别处"), leaves_redirect=True)
    )
    with forum.read() as s:
        pointer_id = s.scalars(select(Thread.id).where(Thread.state == ThreadState.REDIRECT)).one()

    done = founder.does("thread.delete", thread_id, pointer_id)
    founder.undoes(done.entry_id)

    assert row(forum, Thread, thread_id).state is ThreadState.VISIBLE
    assert row(forum, Thread, pointer_id).state is ThreadState.REDIRECT
    assert differences(forum) == []
