"""A clean-up when parts of it were put right by hand: the points, and what its undo still takes back."""

from types import SimpleNamespace

import pytest

from forum.commands.moderation.batches import start_batch, start_undo_batch
from forum.core.errors import Conflict
from forum.models import BatchState, Member, Post, PostState, Thread, ThreadState
from forum.policies.actor import BANNED_GROUP
from tests.commands.moderation.acting import Moderator, differences, row, working
from tests.commands.moderation.test_large_cleanups import run
from tests.commands.moderation.test_posts_and_members import post_ids
from tests.commands.moderation.test_thread_actions import money, paid_thread
from tests.factories import FOUNDER_ID


@pytest.fixture
def founder(forum):
    return Moderator(forum, FOUNDER_ID)


@pytest.fixture
def cleaned(forum, founder):
    """Two threads of a member and a reply in somebody else's, cleaned up; what everybody had before."""

    member, other = forum.member("卖药"), forum.member()
    threads = [paid_thread(forum, member, repliers=(other,)) for _ in range(2)]
    theirs = paid_thread(forum, other, repliers=(other, member))
    return SimpleNamespace(
        member=member,
        other=other,
        threads=threads,
        reply=post_ids(forum, theirs)[1],
        earned=(money(forum, member), money(forum, other)),
        entry_id=founder.does("member.clean", member).entry_id,
    )


def balances_of(forum, cleaned):
    return money(forum, cleaned.member), money(forum, cleaned.other)


def test_what_is_restored_by_hand_gets_its_points_back(forum, founder, cleaned):
    founder.does("thread.restore", *cleaned.threads)
    founder.does("post.restore", cleaned.reply)

    assert balances_of(forum, cleaned) == cleaned.earned
    assert differences(forum) == []


def test_a_restored_thread_is_deleted_and_restored_with_the_same_points(forum, founder, cleaned):
    first, second = cleaned.threads
    founder.does("thread.restore", first)
    restored = balances_of(forum, cleaned)
    founder.does("thread.delete", first)

    founder.does("thread.restore", first)

    assert balances_of(forum, cleaned) == restored
    founder.does("thread.restore", second)
    founder.does("post.restore", cleaned.reply)
    assert balances_of(forum, cleaned) == cleaned.earned


def test_the_undo_takes_back_what_nobody_put_right_by_hand(forum, founder, cleaned):
    first, second = cleaned.threads
    restored = founder.does("thread.restore", first)
    with pytest.raises(Conflict, match="undo_conflicts"):
        founder.undoes(cleaned.entry_id)

    done = founder.undoes(cleaned.entry_id, partial=True)

    left = {(one.table, one.id, one.later_entry_id) for one in done.left}
    assert left == {("threads", first, restored.entry_id)}
    assert row(forum, Thread, second).state is ThreadState.VISIBLE
    assert row(forum, Post, cleaned.reply).state is PostState.VISIBLE
    assert row(forum, Member, cleaned.member).group_id == 10
    assert balances_of(forum, cleaned) == cleaned.earned
    assert differences(forum) == []


def test_points_of_a_thread_that_is_gone_for_good_do_not_come_back(forum, founder, cleaned):
    first, _ = cleaned.threads
    founder.does("thread.purge", first)

    founder.undoes(cleaned.entry_id, partial=True)

    assert balances_of(forum, cleaned) == (cleaned.earned[0] - 2, cleaned.earned[1] - 1)
    assert differences(forum) == []


def test_undoing_the_partial_undo_leaves_alone_what_it_left_alone(forum, founder, cleaned):
    first, second = cleaned.threads
    founder.does("thread.restore", first)
    with_first = balances_of(forum, cleaned)
    done = founder.undoes(cleaned.entry_id, partial=True)

    founder.undoes(done.entry_id)

    assert row(forum, Thread, first).state is ThreadState.VISIBLE
    assert row(forum, Thread, second).state is ThreadState.RECYCLED
    assert row(forum, Member, cleaned.member).group_id == BANNED_GROUP
    assert balances_of(forum, cleaned) == with_first
    assert differences(forum) == []


def test_when_all_was_put_right_by_hand_nothing_is_left_to_undo(forum, founder, cleaned):
    founder.does("thread.restore", *cleaned.threads)
    founder.does("post.restore", cleaned.reply)
    founder.does("member.release", cleaned.member)

    with pytest.raises(Conflict, match="nothing_to_undo"):
        founder.undoes(cleaned.entry_id, partial=True)


def test_in_pieces_it_is_the_same(forum, founder):
    member, other = forum.member("卖药"), forum.member()
    long = paid_thread(forum, member, repliers=(other,) * 70)
    short = paid_thread(forum, member, repliers=(member,) * 70)
    earned = money(forum, member), money(forum, other)
    with working(forum) as uow:
        batch_id = start_batch(uow, founder.actor, "member.clean", [member])
    entry_id = run(forum, batch_id).entry_id
    founder.does("thread.restore", short)

    with working(forum) as uow:
        undoing = start_undo_batch(uow, founder.actor, entry_id, partial=True)
    undone = run(forum, undoing)

    assert (undone.state, undone.error) == (BatchState.DONE, "")
    assert row(forum, Thread, long).state is ThreadState.VISIBLE
    assert row(forum, Member, member).group_id != BANNED_GROUP
    assert (money(forum, member), money(forum, other)) == earned
    assert differences(forum) == []
