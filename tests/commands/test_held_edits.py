"""An edit that brings in what would have held the post: it waits again, once, and comes back paid."""

import pytest
from sqlalchemy import func, select

from forum.commands.edit_checks import OpeningChange
from forum.commands.moderation import perform, undo
from forum.commands.moderation.thread_moving import MoveOptions
from forum.commands.post_edits import edit_post
from forum.commands.queue import decide
from forum.commands.threads import ThreadOptions
from forum.core.cache import CacheName
from forum.core.errors import Invalid
from forum.core.uow import unit_of_work
from forum.models import (
    Board,
    GroupPermission,
    HoldReason,
    ModLogEntry,
    Notice,
    Post,
    PostHold,
    PostState,
    Thread,
    ThreadState,
    WordAction,
)
from forum.points.ledger import balances
from forum.policies.posts import may_read_post
from forum.search.tables import ROWS
from tests.commands.moderation.acting import Moderator
from tests.commands.test_queue import TEXT, is_exact, posting, replies, row, run, starts, word
from tests.factories import FIRST_BOARD_ID, FOUNDER_ID

LINK = TEXT + " https://spam.example/buy"


@pytest.fixture
def author(forum) -> int:
    """Somebody whose links wait."""
    posting(forum)
    with unit_of_work(forum.database) as uow:
        uow.session.merge(GroupPermission(group_id=10, key="post.links", value=1))
        uow.bump(CacheName.SITE)
    return forum.member()


def edits(forum, member_id, post_id, source=LINK, **more):
    return run(forum, edit_post, forum.actor(member_id), post_id=post_id, source=source, **more)


def money(forum, member_id):
    with forum.read() as s:
        return balances(s, member_id).get(2, 0)


def is_found(forum, post_id):
    with forum.read() as s:
        return s.scalar(select(ROWS.c.post_id).where(ROWS.c.post_id == post_id)) is not None


def test_a_link_edited_into_a_reply_waits_for_approval(forum, author):
    thread_id = forum.thread(forum.member("李雷"))
    post_id = replies(forum, author, thread_id).post_id
    assert (money(forum, author), is_found(forum, post_id)) == (1, True)

    ref = edits(forum, author, post_id)

    post, thread = row(forum, Post, post_id), row(forum, Thread, thread_id)
    assert ref.state is post.state is PostState.PENDING
    assert post.source == LINK
    assert may_read_post(forum.actor(author), thread, post)
    assert not may_read_post(forum.actor(None), thread, post)
    assert row(forum, PostHold, post_id).reason is HoldReason.LINKS
    assert (thread.reply_count, money(forum, author), is_found(forum, post_id)) == (0, 0, False)
    assert is_exact(forum)


def test_an_approved_edit_is_paid_once_and_told_once(forum, author):
    owner = forum.member("李雷")
    thread_id = forum.thread(owner)
    post_id = replies(forum, author, thread_id).post_id
    today = row(forum, Board, FIRST_BOARD_ID).today_post_count
    edits(forum, author, post_id)

    run(forum, decide, forum.actor(FOUNDER_ID), "approve", [post_id])

    assert row(forum, Post, post_id).state is PostState.VISIBLE
    assert (money(forum, author), is_found(forum, post_id)) == (1, True)
    assert row(forum, Board, FIRST_BOARD_ID).today_post_count == today
    with forum.read() as s:
        told = s.scalar(select(func.count()).where(Notice.member_id == owner))
        assert told == 1
    assert is_exact(forum)
    assert edits(forum, author, post_id, LINK + " 补充").state is PostState.VISIBLE
    assert edits(forum, author, post_id, LINK + "/else").state is PostState.PENDING


def test_a_moderator_takes_the_waiting_back(forum, author):
    post_id = replies(forum, author, forum.thread(forum.member("李雷"))).post_id
    edits(forum, author, post_id)
    with forum.read() as s:
        entry = s.scalars(select(ModLogEntry)).one()
    assert (entry.action, entry.actor_id) == ("post.hold", author)

    run(forum, undo, forum.actor(FOUNDER_ID), entry.id)

    assert row(forum, Post, post_id).state is PostState.VISIBLE
    assert (money(forum, author), is_found(forum, post_id)) == (1, True)
    assert is_exact(forum)


def test_deleted_from_the_queue_it_has_nothing_left_to_take_back(forum, author):
    post_id = replies(forum, author, forum.thread(forum.member("李雷"))).post_id
    edits(forum, author, post_id)
    actor = forum.actor(FOUNDER_ID)
    run(forum, decide, actor, "delete", [post_id])
    assert money(forum, author) == 0

    run(forum, perform, actor, "post.restore", [post_id])

    assert money(forum, author) == 1
    assert is_exact(forum)


def test_an_unanswered_thread_waits_as_a_whole(forum, author):
    ref = starts(forum, author, FIRST_BOARD_ID)

    edits(forum, author, ref.post_id)

    assert row(forum, Thread, ref.thread_id).state is ThreadState.PENDING
    assert row(forum, Board, FIRST_BOARD_ID).last_thread_id != ref.thread_id
    assert money(forum, author) == 0
    assert is_exact(forum)
    run(forum, decide, forum.actor(FOUNDER_ID), "approve", [ref.post_id])
    assert row(forum, Thread, ref.thread_id).state is ThreadState.VISIBLE
    assert money(forum, author) == 2
    assert is_exact(forum)


def test_nobody_hides_the_replies_of_others_by_an_edit(forum, author):
    ref = starts(forum, author, FIRST_BOARD_ID)
    replies(forum, forum.member("李雷"), ref.thread_id)
    word(forum, "代购", WordAction.HOLD)

    with pytest.raises(Invalid, match="links_after_replies"):
        edits(forum, author, ref.post_id)
    with pytest.raises(Invalid, match="words_refused"):
        edits(forum, author, ref.post_id, TEXT + "代购")

    assert row(forum, Thread, ref.thread_id).state is ThreadState.VISIBLE
    assert row(forum, Post, ref.post_id).source == TEXT


def test_words_in_the_text_and_in_the_title_wait_too(forum, author):
    word(forum, "代购", WordAction.HOLD)
    reply_id = replies(forum, author, forum.thread(forum.member("李雷"))).post_id
    ref = starts(forum, author, FIRST_BOARD_ID, now=None)
    title = OpeningChange("代购手机", None, ThreadOptions())

    assert edits(forum, author, reply_id, TEXT + "代购").state is PostState.PENDING
    assert edits(forum, author, ref.post_id, TEXT, opening=title).state is PostState.PENDING

    for post_id in (reply_id, ref.post_id):
        hold = row(forum, PostHold, post_id)
        assert (hold.reason, hold.words) == (HoldReason.WORDS, ["代购"])
    assert row(forum, Thread, ref.thread_id).title == "代购手机"
    assert is_exact(forum)


def test_what_the_board_approved_is_not_held_by_an_edit_again(forum, author):
    board_id = forum.board("先审", premoderation=2)
    ref = starts(forum, author, board_id)
    run(forum, decide, forum.actor(FOUNDER_ID), "approve", [ref.post_id])
    posting(forum, approved_first_posts=10, approval_periods=("00:00-23:59",))

    assert edits(forum, author, ref.post_id, TEXT + "补充一句。").state is PostState.VISIBLE


def test_moderators_are_held_nowhere(forum, author):
    moderator = forum.moderator(FIRST_BOARD_ID, group_id=10)
    post_id = replies(forum, moderator, forum.thread(author)).post_id

    assert edits(forum, moderator, post_id).state is PostState.VISIBLE


def test_a_pointer_gets_a_held_title_when_it_is_approved(forum, author):
    ref = starts(forum, author, FIRST_BOARD_ID)
    founder = Moderator(forum, FOUNDER_ID)
    there = MoveOptions(forum.board("去处"), leaves_redirect=True)
    founder.does("thread.move", ref.thread_id, options=there)
    word(forum, "坏词", WordAction.HOLD)

    def titles():
        with forum.read() as s:
            pointing = Thread.moved_to_id == ref.thread_id
            return list(s.scalars(select(Thread.title).where(pointing)))

    (former,) = titles()
    opening = OpeningChange("标题带坏词", None, ThreadOptions())
    held = edits(forum, author, ref.post_id, TEXT, opening=opening)

    assert held.state is PostState.PENDING
    assert titles() == [former]
    run(forum, decide, forum.actor(FOUNDER_ID), "approve", [ref.post_id])
    assert titles() == ["标题带坏词"]
