"""An account with very many posts is cleaned up in pieces: one entry, one undo, nothing half seen."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from forum.commands.counters import refresh_last_post
from forum.commands.moderation import batches
from forum.commands.moderation.batch_steps import advance
from forum.commands.moderation.batches import (
    is_much_to_undo,
    run_batch,
    size_of,
    start_batch,
    start_undo_batch,
)
from forum.commands.moderation.undo import load_entry
from forum.commands.points import recompute_totals
from forum.core.clock import utc_now
from forum.core.errors import Forbidden
from forum.models import (
    BatchState,
    Member,
    ModBatch,
    ModBatchStep,
    Post,
    PostState,
    Thread,
    ThreadState,
)
from forum.modlog.chain import flaws
from forum.modlog.registry import action_of
from forum.modlog.seal import seal_of
from forum.policies.actor import BANNED_GROUP
from forum.queries.batch_progress import batch_progress
from tests.commands.moderation.acting import Moderator, differences, entries, row, working
from tests.commands.moderation.test_property import tables
from tests.factories import FIRST_BOARD_ID, FOUNDER_ID

OWN, ELSEWHERE, REPLIES = 25, 3, 90


@pytest.fixture
def founder(forum):
    return Moderator(forum, FOUNDER_ID)


@pytest.fixture
def spammer(forum):
    """25 threads, two of them answered by others, and 270 replies in three threads of theirs."""
    spammer, other = forum.member("发广告的"), forum.member("李雷")
    at = utc_now() - timedelta(days=1)
    for number in range(OWN):
        forum.thread(spammer, title=f"广告 {number}", replies=2, repliers=(other, spammer), at=at)
    for number in range(ELSEWHERE):
        forum.thread(other, title=f"正经 {number}", replies=REPLIES, repliers=(spammer,), at=at)
    with working(forum) as uow:
        recompute_totals(uow, [spammer, other])
        refresh_last_post(uow, FIRST_BOARD_ID)
    return spammer


def snapshot(forum):
    with forum.read() as s:
        return tables(s)


def start(forum, founder, *ids):
    with working(forum) as uow:
        return start_batch(uow, founder.actor, "member.clean", ids, reason="广告")


def run(forum, batch_id):
    run_batch(lambda: working(forum), batch_id)
    return row(forum, ModBatch, batch_id)


def standing(forum, member_id):
    with forum.read() as s:
        return s.scalar(
            select(func.count())
            .select_from(Post)
            .join(Thread, Thread.id == Post.thread_id)
            .where(
                Post.author_id == member_id,
                Post.state == PostState.VISIBLE,
                Thread.state == ThreadState.VISIBLE,
            )
        )


def test_it_goes_in_pieces_and_comes_back_in_pieces(forum, founder, spammer):
    before = snapshot(forum)
    with forum.read() as s:
        assert size_of(s, action_of("member.clean"), [spammer]).needs_steps

    done = run(forum, start(forum, founder, spammer))

    assert (done.state, done.error) == (BatchState.DONE, "")
    assert done.step_count > 5
    assert standing(forum, spammer) == 0
    assert row(forum, Member, spammer).group_id == BANNED_GROUP
    assert differences(forum) == []
    (entry,) = entries(forum)
    assert (entry.id, entry.target_count, entry.reason) == (done.entry_id, 1, "广告")
    after = snapshot(forum)

    with forum.read() as s:
        assert is_much_to_undo(load_entry(s, entry.id))
    with working(forum) as uow:
        undoing = start_undo_batch(uow, founder.actor, entry.id)
    undone = run(forum, undoing)

    assert (undone.state, undone.step_count > 5) == (BatchState.DONE, True)
    assert snapshot(forum) == before
    founder.undoes(undone.entry_id)
    assert snapshot(forum) == after
    with forum.read() as s:
        assert list(flaws(s, seal_of(s))) == []


def test_its_progress_is_told_in_pieces(forum, founder, spammer):
    batch_id = start(forum, founder, spammer)
    run_until_made(forum, batch_id, 2)

    with forum.read() as s:
        progress = batch_progress(s, founder.actor, batch_id)

    assert 2 <= progress.made < progress.total


def run_until_made(forum, batch_id, count):
    """Let the batch be planned and make some pieces, as a process would that dies then."""

    class Enough(Exception):
        pass

    def stopping():
        with forum.read() as s:
            made = s.scalar(
                select(func.count())
                .select_from(ModBatchStep)
                .where(ModBatchStep.batch_id == batch_id, ModBatchStep.is_made)
            )
        if made >= count:
            raise Enough
        return working(forum)

    with pytest.raises(Enough):
        run_batch(stopping, batch_id)


def held(forum, thread_id, batch_id):
    with working(forum) as uow:
        uow.session.execute(update(Thread).where(Thread.id == thread_id).values(batch_id=batch_id))


def test_a_thread_in_hand_of_another_action_is_left_alone(forum, founder):
    spammer = forum.member("发广告的")
    thread_id = forum.thread(replies=3, repliers=(spammer,))
    merging = merge_under_way(forum, founder)
    held(forum, thread_id, merging)

    with pytest.raises(Forbidden, match="in_hand"):
        founder.does("member.clean", spammer)

    assert standing(forum, spammer) == 3
    held(forum, thread_id, None)
    founder.does("member.clean", spammer)
    assert standing(forum, spammer) == 0


def merge_under_way(forum, founder):
    ids = [forum.thread() for _ in range(2)]
    with working(forum) as uow:
        return start_batch(uow, founder.actor, "thread.close", ids)


def test_pieces_wait_until_another_action_lets_go(forum, founder, spammer, monkeypatch):
    merging = merge_under_way(forum, founder)
    with forum.read() as s:
        busy = s.scalar(select(Thread.id).where(Thread.title == "正经 1"))
    held(forum, busy, merging)
    waits = []

    def wait(seconds):
        waits.append(seconds)
        if len(waits) == 3:
            held(forum, busy, None)

    monkeypatch.setattr(batches, "sleep", wait)

    done = run(forum, start(forum, founder, spammer))

    assert (done.state, len(waits)) == (BatchState.DONE, 3)
    assert standing(forum, spammer) == 0
    assert differences(forum) == []


def test_nobody_waits_for_ever(forum, founder, spammer, monkeypatch):
    merging = merge_under_way(forum, founder)
    with forum.read() as s:
        busy = s.scalar(select(Thread.id).where(Thread.title == "正经 1"))
    held(forum, busy, merging)
    monkeypatch.setattr(batches, "WAIT_S", 0)

    batch = run(forum, start(forum, founder, spammer))

    assert (batch.state, batch.error) == (BatchState.FAILED, "in_hand")
    assert entries(forum) == []
    held(forum, busy, None)
    assert differences(forum) == []
    assert row(forum, Member, spammer).group_id != BANNED_GROUP
    assert standing(forum, spammer) == OWN * 2 + ELSEWHERE * REPLIES


def test_a_process_that_died_while_it_noted_the_pieces_leaves_no_gap(forum, founder, spammer):
    batch_id = start(forum, founder, spammer)
    with working(forum) as uow:
        assert advance(uow, batch_id)
    with working(forum) as uow:  # what is left of the noting: pieces, but not the last
        uow.session.add(
            ModBatchStep(batch_id=batch_id, number=1, target_ids=[], effects=[], is_made=False)
        )

    done = run(forum, batch_id)

    assert done.state is BatchState.DONE
    assert standing(forum, spammer) == 0
    assert differences(forum) == []
