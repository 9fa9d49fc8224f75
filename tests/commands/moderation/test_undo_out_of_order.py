"""Taking back what is not the newest: the last post and the points follow all the same."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from forum.commands.moderation import conflicts_of
from forum.commands.moderation.expiry import due_entries
from forum.commands.moderation.member_cleaning import CleanOptions
from forum.commands.moderation.thread_marks import DigestOptions
from forum.core.clock import utc_now
from forum.core.errors import Conflict
from forum.models import MemberPoints, Post, PostState, Thread
from forum.points.ledger import balances
from forum.queries.site import site_of
from tests.commands.moderation.acting import Moderator, differences, row
from tests.commands.test_queue import posting, replies, starts
from tests.factories import FIRST_BOARD_ID, FOUNDER_ID


@pytest.fixture
def founder(forum):
    return Moderator(forum, FOUNDER_ID)


@pytest.fixture
def thread(forum):
    """A thread of five floors; its id and its posts' ids by floor."""
    thread_id = forum.thread(forum.member("李雷"), replies=4)
    with forum.read() as s:
        posts = s.execute(select(Post.floor, Post.id).where(Post.thread_id == thread_id))
        return thread_id, dict(posts.all())


def last_floor_shown(forum, thread_id):
    with forum.read() as s:
        at = s.get(Thread, thread_id).last_post_at
        return s.scalar(
            select(Post.floor).where(Post.thread_id == thread_id, Post.created_at == at)
        )


def test_the_last_post_comes_back_though_it_was_deleted_before_the_one_after_it(
    forum, founder, thread
):
    thread_id, posts = thread
    fourth = founder.does("post.delete", posts[4])
    fifth = founder.does("post.delete", posts[5])
    assert last_floor_shown(forum, thread_id) == 3

    founder.undoes(fourth.entry_id)
    assert last_floor_shown(forum, thread_id) == 4

    founder.undoes(fifth.entry_id)
    assert last_floor_shown(forum, thread_id) == 5
    assert differences(forum) == []


def test_a_sunk_thread_comes_back_to_the_post_that_is_last_by_now(forum, founder, thread):
    thread_id, posts = thread
    sunk = founder.does("thread.sink", thread_id)
    deleted = founder.does("post.delete", posts[5])

    founder.undoes(sunk.entry_id)
    assert last_floor_shown(forum, thread_id) == 4

    founder.undoes(deleted.entry_id)
    assert last_floor_shown(forum, thread_id) == 5
    assert differences(forum) == []


def test_a_raised_thread_stays_up_when_an_earlier_sinking_is_taken_back(forum, founder, thread):
    thread_id, _ = thread
    before = row(forum, Thread, thread_id).last_post_at
    sunk = founder.does("thread.sink", thread_id)
    raised = founder.does("thread.raise", thread_id)
    at = row(forum, Thread, thread_id).last_post_at

    founder.undoes(sunk.entry_id)
    assert row(forum, Thread, thread_id).last_post_at == at

    founder.undoes(raised.entry_id)
    assert row(forum, Thread, thread_id).last_post_at == before


def test_an_imported_time_that_no_post_has_comes_back(forum, founder):
    thread_id = forum.thread(replies=2)
    before = utc_now() - timedelta(days=400)
    with forum.database.write_session() as s:
        s.get(Thread, thread_id).last_post_at = before
        s.commit()
    raised = founder.does("thread.raise", thread_id)

    founder.undoes(raised.entry_id)

    assert row(forum, Thread, thread_id).last_post_at == before


def test_cleaning_two_members_at_once_hides_the_last_posts_of_both(forum, founder):
    people = [forum.member(name) for name in ("王小明", "韩梅梅")]
    thread_id = forum.thread(forum.member("李雷"), replies=3, repliers=(people[0], *people))

    done = founder.does("member.clean", *people, options=CleanOptions(False, False, True))

    assert last_floor_shown(forum, thread_id) == 1
    assert differences(forum) == []
    founder.undoes(done.entry_id)
    assert last_floor_shown(forum, thread_id) == 4
    assert differences(forum) == []


def test_a_digest_waits_for_its_thread_to_come_out_of_the_bin(forum, founder):
    author = forum.member("李雷")
    thread_id = forum.thread(author)
    until = utc_now() + timedelta(days=2)
    digest = founder.does("thread.digest", thread_id, options=DigestOptions(2), expires_at=until)
    deleted = founder.does("thread.delete", thread_id)

    with pytest.raises(Conflict, match="undo_conflicts"):
        founder.undoes(digest.entry_id)
    with forum.read() as s:
        assert due_entries(s, until + timedelta(hours=1)) == []

    founder.undoes(deleted.entry_id)
    with forum.read() as s:
        assert [one.entry_id for one in due_entries(s, until + timedelta(hours=1))] == [
            digest.entry_id
        ]
    founder.undoes(digest.entry_id)
    with forum.read() as s:
        held = s.scalars(select(MemberPoints.amount).where(MemberPoints.member_id == author)).all()
    assert not any(held)


def money(forum, member_id):
    with forum.read() as s:
        return balances(s, member_id).get(2, 0)


def answered(forum):
    """A thread with a reply, both paid: the thread, its opening post, the reply and its author."""
    posting(forum)
    replier = forum.member("韩梅梅")
    ref = starts(forum, forum.member("李雷"), FIRST_BOARD_ID)
    return ref.thread_id, ref.post_id, replies(forum, replier, ref.thread_id).post_id, replier


@pytest.mark.parametrize("by", ["thread.delete", "member.clean", "post.delete_pending"])
@pytest.mark.parametrize("action", ["post.delete", "post.hold", "post.restore"])
def test_a_reply_waits_for_its_thread_to_come_out_of_the_bin(forum, founder, action, by):
    thread_id, opening_id, post_id, replier = answered(forum)
    if action == "post.restore":
        founder.does("post.delete", post_id)
    first = founder.does(action, post_id)
    before = money(forum, replier)
    if by == "member.clean":
        author_id = row(forum, Thread, thread_id).author_id
        binned = founder.does(by, author_id, options=CleanOptions(bans=False))
    elif by == "post.delete_pending":
        founder.does("post.hold", opening_id)
        binned = founder.does(by, opening_id)
    else:
        binned = founder.does(by, thread_id)

    with pytest.raises(Conflict, match="undo_conflicts"):
        founder.undoes(first.entry_id)
    with forum.read() as s:
        (found,) = conflicts_of(s, site_of(s), first.entry_id)
    assert (found.kind, found.later_entry_id) == ("in_bin", binned.entry_id)
    assert money(forum, replier) == 0

    founder.undoes(binned.entry_id)
    assert money(forum, replier) == before
    founder.undoes(first.entry_id)
    assert money(forum, replier) == 1 - before
    assert differences(forum) == []


def test_a_clean_up_that_took_a_reply_and_its_thread_is_taken_back_whole(forum, founder):
    thread_id, _, post_id, replier = answered(forum)
    author_id = row(forum, Thread, thread_id).author_id
    founder.does("thread.delete", thread_id)
    founder.does("thread.restore", thread_id)
    cleaned = founder.does("member.clean", replier, author_id, options=CleanOptions(bans=False))
    assert (money(forum, replier), money(forum, author_id)) == (0, 0)

    founder.undoes(cleaned.entry_id)

    assert row(forum, Post, post_id).state is PostState.VISIBLE
    assert (money(forum, replier), money(forum, author_id)) == (1, 2)
    assert differences(forum) == []


def test_of_a_clean_up_all_but_what_lies_in_a_binned_thread_comes_back(forum, founder):
    thread_id, _, post_id, replier = answered(forum)
    elsewhere = forum.thread(forum.member("赵六"))
    other_id = replies(forum, replier, elsewhere, "别处也回一个，路过看看。").post_id
    cleaned = founder.does("member.clean", replier, options=CleanOptions(bans=False))
    founder.does("thread.delete", thread_id)

    founder.undoes(cleaned.entry_id, partial=True)

    assert row(forum, Post, other_id).state is PostState.VISIBLE
    assert row(forum, Post, post_id).state is PostState.RECYCLED
    assert money(forum, replier) == 1
