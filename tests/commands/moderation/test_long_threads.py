"""A thread too long for one transaction: done in pieces, one entry, one undo, nothing half seen."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from forum.commands.counters import refresh_last_post
from forum.commands.moderation.batch_closing import close, effects_of
from forum.commands.moderation.batch_journal import Turn
from forum.commands.moderation.batch_pieces import lay_out, pieces_of
from forum.commands.moderation.batch_steps import advance
from forum.commands.moderation.batches import (
    is_much_to_undo,
    run_batch,
    size_of,
    start_batch,
    start_undo_batch,
)
from forum.commands.moderation.thread_merging import MergeOptions, SplitOptions
from forum.commands.moderation.thread_moving import MoveOptions
from forum.commands.moderation.undo import load_entry
from forum.commands.points import recompute_totals
from forum.commands.posts import reply_to_thread
from forum.commands.search_index import sweep
from forum.core.clock import utc_now
from forum.core.errors import Forbidden
from forum.core.uow import unit_of_work
from forum.models import BatchState, ModBatch, Notice, Post, Thread, ThreadState
from forum.modlog.chain import flaws
from forum.modlog.registry import action_of
from forum.modlog.seal import seal_of
from forum.points.accounts import Account
from forum.points.ledger import Transfer, post_transfers
from tests.commands.moderation.acting import Moderator, differences, entries, row, working
from tests.commands.moderation.test_property import tables
from tests.factories import FIRST_BOARD_ID, FOUNDER_ID

# Together above STEP_POSTS, each more than one piece.
LONG, SHORTER = 260, 220


@pytest.fixture
def founder(forum):
    return Moderator(forum, FOUNDER_ID)


@pytest.fixture
def people(forum):
    return [forum.member(name) for name in ("王小明", "李雷", "韩梅梅")]


def paid_thread(forum, people, replies, *, at, title):
    """A thread whose posts were all paid for; the balances with them."""
    thread_id = forum.thread(people[0], replies=replies, repliers=tuple(people), at=at, title=title)
    with unit_of_work(forum.database) as uow:
        forum.database.cache.refresh(uow.session)
        posts = uow.session.execute(
            select(Post.id, Post.author_id).where(Post.thread_id == thread_id)
        ).all()
        post_transfers(
            uow.session,
            uow.now,
            [
                Transfer(
                    2, Account.MINT, author_id, 1, "post.replied", f"t:{post_id}", f"post:{post_id}"
                )
                for post_id, author_id in posts
            ],
        )
        recompute_totals(uow, people)
    return thread_id


@pytest.fixture
def two(forum, people):
    """Two threads written in the same minutes, post by post."""
    at = utc_now() - timedelta(hours=2)
    made = (
        paid_thread(forum, people, LONG, at=at, title="升级记录"),
        paid_thread(forum, people, SHORTER, at=at + timedelta(seconds=1), title="升级续篇"),
    )
    with unit_of_work(forum.database) as uow:
        refresh_last_post(uow, FIRST_BOARD_ID)
    return made


def snapshot(forum):
    with forum.read() as s:
        return tables(s)


def start(forum, founder, action, *ids, options=None, **more):
    with working(forum) as uow:
        return start_batch(uow, founder.actor, action, ids, options, **more)


def go(forum, batch_id, *, steps=10_000):
    """Make steps of a batch; what holds at every moment is looked at after each."""
    turn = Turn.MORE
    while turn is not Turn.DONE and steps:
        steps -= 1
        with working(forum) as uow:
            turn = advance(uow, batch_id)
        if turn is Turn.PLAN:
            with forum.read() as s:
                pieces = pieces_of(s, batch_id)
            for part in pieces.parts():
                with working(forum) as uow:
                    lay_out(uow, batch_id, part)
        elif turn is Turn.CLOSE:
            with forum.read() as s:
                effects = effects_of(s, batch_id)
            with working(forum) as uow:
                close(uow, batch_id, effects)
        look(forum)
    return row(forum, ModBatch, batch_id)


def look(forum):
    """Counters are exact, every thread that is shown begins with its opening post."""
    assert [one for one in differences(forum) if one.column in ("reply_count", "post_count")] == []
    with forum.read() as s:
        openings = set(s.scalars(select(Post.thread_id).where(Post.floor == 1)))
        shown = set(s.scalars(select(Thread.id).where(Thread.state == ThreadState.VISIBLE)))
        highest = s.execute(
            select(Thread.last_floor, func.max(Post.floor))
            .join(Post, Post.thread_id == Thread.id)
            .where(Thread.state == ThreadState.VISIBLE)
            .group_by(Thread.id)
        ).all()
    assert shown <= openings
    assert all(last >= floor for last, floor in highest)


CASES = {
    "merge": ("thread.merge", lambda other: MergeOptions(other)),
    "split": ("thread.split", lambda _: SplitOptions("3-250", "分出来的")),
    "delete": ("thread.delete", lambda _: None),
}


@pytest.mark.parametrize("case", CASES)
def test_a_long_thread_is_done_in_pieces_and_undone_in_pieces(forum, founder, two, case):
    key, options = CASES[case]
    kept, other = two
    if case != "merge":  # alone it has to be long enough
        founder.does("thread.merge", kept, options=MergeOptions(other))
    before = snapshot(forum)

    done = go(forum, start(forum, founder, key, kept, options=options(other), notifies=True))

    assert (done.state, done.in_hand) == (BatchState.DONE, [])
    assert done.step_count > 1
    after = snapshot(forum)
    assert after != before
    assert differences(forum) == []
    (*_, entry) = entries(forum)
    assert (entry.id, entry.target_count) == (done.entry_id, 1)
    with working(forum) as uow:
        undoing = start_undo_batch(uow, founder.actor, done.entry_id)
    undone = go(forum, undoing)
    assert (undone.state, undone.step_count > 1) == (BatchState.DONE, True)
    assert snapshot(forum) == before
    # What was done in pieces is undone, and done again, as one.
    redone = founder.undoes(undone.entry_id)
    assert snapshot(forum) == after
    founder.undoes(redone.entry_id)
    assert snapshot(forum) == before
    with forum.read() as s:
        assert list(flaws(s, seal_of(s))) == []


def test_pieces_say_in_the_log_what_one_transaction_would(forum, founder, two):
    kept, other = two
    at_once = founder.does("thread.merge", kept, options=MergeOptions(other))
    founder.undoes(at_once.entry_id)

    done = go(forum, start(forum, founder, "thread.merge", kept, options=MergeOptions(other)))

    first, *_, last = entries(forum)
    assert last.id == done.entry_id
    assert _by_kind(last.effects) == _by_kind(first.effects)


def _by_kind(effects):
    return sorted(
        json.dumps({**one, "target": 0}, sort_keys=True, default=str)
        for one in effects
        if one["do"] != "derived"
    )


def test_restoring_and_clearing_a_long_thread_goes_in_pieces_too(forum, founder, two):
    kept, other = two
    founder.does("thread.merge", kept, options=MergeOptions(other))
    before = snapshot(forum)
    founder.does("thread.delete", kept)

    restored = go(forum, start(forum, founder, "thread.restore", kept))

    assert (restored.state, restored.step_count > 1) == (BatchState.DONE, True)
    assert snapshot(forum) == before
    founder.does("thread.delete", kept)
    purged = go(forum, start(forum, founder, "thread.purge", kept))
    assert (purged.state, purged.step_count > 1) == (BatchState.DONE, True)
    gone = [one for one in entries(forum)[-1].effects if one["do"] == "purge"]
    assert [one["rows"] for one in gone] == [LONG + SHORTER + 2]
    with forum.read() as s:
        assert s.scalar(select(func.count()).select_from(Post)) == 0
        assert list(flaws(s, seal_of(s))) == []


def test_nobody_replies_to_or_acts_on_a_thread_that_is_in_hand(forum, founder, people, two):
    kept, other = two
    batch_id = start(forum, founder, "thread.merge", kept, options=MergeOptions(other))
    go(forum, batch_id, steps=2)

    for thread_id in two:
        for member_id in (people[0], FOUNDER_ID):
            with pytest.raises(Forbidden, match="in_hand"), working(forum) as uow:
                reply_to_thread(
                    uow, forum.actor(member_id), thread_id=thread_id, source="这个主题还能回复吗？"
                )
        with pytest.raises(Forbidden, match="in_hand"):
            founder.does("thread.close", thread_id)

    assert go(forum, batch_id).state is BatchState.DONE
    with working(forum) as uow:
        ref = reply_to_thread(
            uow, forum.actor(people[0]), thread_id=kept, source="现在又能回复了，真好！"
        )
    assert ref.floor == LONG + SHORTER + 3


def test_what_stands_in_the_way_has_all_pieces_taken_back(forum, founder, two):
    older, kept = two  # whose first post names the merged thread
    before = snapshot(forum)
    batch_id = start(forum, founder, "thread.merge", kept, options=MergeOptions(older))
    go(forum, batch_id, steps=2)
    assert snapshot(forum) != before
    title = row(forum, Thread, kept).title
    retitle(forum, kept, "作者刚改的题目")

    batch = go(forum, batch_id)

    assert (batch.state, batch.error, batch.in_hand) == (BatchState.FAILED, "conflict", [])
    retitle(forum, kept, title)
    assert snapshot(forum) == before
    assert entries(forum) == []
    assert row(forum, Thread, kept).batch_id is None


def retitle(forum, thread_id, title):
    with unit_of_work(forum.database) as uow:
        uow.session.get_one(Thread, thread_id).title = title


def test_replies_after_a_merge_stay_when_it_is_undone_in_pieces(forum, founder, people, two):
    kept, other = two
    done = go(forum, start(forum, founder, "thread.merge", kept, options=MergeOptions(other)))
    with working(forum) as uow:
        late = reply_to_thread(
            uow, forum.actor(people[1]), thread_id=kept, source="合并得好，一起看方便多了。"
        )
    with working(forum) as uow:
        undoing = start_undo_batch(uow, founder.actor, done.entry_id)

    assert go(forum, undoing).state is BatchState.DONE
    assert differences(forum) == []
    post = row(forum, Post, late.post_id)
    assert (post.thread_id, post.floor) == (kept, LONG + 2)
    assert row(forum, Thread, kept).last_floor == LONG + 2


def test_only_long_work_is_done_in_steps(forum, founder, two):
    kept, other = two
    merge, move = action_of("thread.merge"), action_of("thread.move")
    short = forum.thread(replies=3)
    with forum.read() as s:
        assert not size_of(s, merge, [short]).needs_steps
        assert size_of(s, merge, [short], MergeOptions(other)).needs_steps
        assert not size_of(s, move, [kept]).needs_steps
    done = founder.does("thread.merge", kept, options=MergeOptions(other))
    with forum.read() as s:
        assert is_much_to_undo(load_entry(s, done.entry_id))


def test_both_threads_authors_are_told_of_a_merge(forum, founder, people):
    at = utc_now() - timedelta(hours=2)
    kept = forum.thread(people[0], replies=LONG, at=at)
    other = forum.thread(people[1], replies=SHORTER, at=at)

    batch_id = start(
        forum, founder, "thread.merge", kept, options=MergeOptions(other), notifies=True
    )
    run_batch(lambda: working(forum), batch_id)

    with forum.read() as s:
        told = s.scalars(select(Notice.member_id).where(Notice.kind == "moderated")).all()
    assert sorted(told) == sorted(people[:2])


def test_a_long_thread_that_moves_is_swept_by_one_mark(forum, founder, two):
    kept, _ = two
    board_id = forum.board("别处")
    with unit_of_work(forum.database) as uow:
        while sweep(uow):
            pass

    founder.does("thread.move", kept, options=MoveOptions(board_id))

    with forum.read() as s:
        assert s.scalar(text("SELECT count(*) FROM search_stale")) == 0
        assert s.scalar(text("SELECT count(*) FROM search_stale_threads")) == 1
    with unit_of_work(forum.database) as uow:
        while sweep(uow):
            pass
    with forum.read() as s:
        asked = text(
            "SELECT count(*) FROM search_rows JOIN posts ON posts.id = post_id "
            "WHERE thread_id = :thread AND board_id <> :board"
        )
        assert s.scalar(asked, {"thread": kept, "board": board_id}) == 0
        assert s.scalar(text("SELECT count(*) FROM search_stale_threads")) == 0
