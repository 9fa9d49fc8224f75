"""Large actions: short steps, one entry, one undo; a failure takes back what was made."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import delete, func, select, update

from forum.commands.moderation.batch_steps import STEP_POSTS, STEP_TARGETS, advance
from forum.commands.moderation.batch_waiting import MOST_OPEN, abandoned_batches, claim
from forum.commands.moderation.batches import (
    MOST_AT_ONCE,
    Size,
    run_batch,
    start_batch,
    start_undo_batch,
)
from forum.core.cache import CacheName
from forum.core.clock import utc_now
from forum.core.errors import Forbidden, Invalid
from forum.core.mail import MemoryMailer
from forum.core.uow import unit_of_work
from forum.jobs import JOBS, Tools, moderation
from forum.models import (
    BatchState,
    BoardModerator,
    ModBatch,
    ModBatchStep,
    Notice,
    Thread,
    ThreadState,
)
from forum.storage.files import LocalFiles
from tests.commands.moderation.acting import Moderator, differences, entries, row, working
from tests.factories import FIRST_BOARD_ID, FOUNDER_ID

MANY = STEP_TARGETS * 2 + 5


@pytest.fixture
def founder(forum):
    return Moderator(forum, FOUNDER_ID)


@pytest.fixture
def many(forum):
    author = forum.member()
    return [forum.thread(author, title=f"第 {number} 帖", replies=1) for number in range(MANY)]


def start(forum, founder, action, ids, **more):
    with working(forum) as uow:
        return start_batch(uow, founder.actor, action, ids, **more)


def run(forum, batch_id):
    run_batch(lambda: working(forum), batch_id)
    return row(forum, ModBatch, batch_id)


def visible(forum):
    with forum.read() as s:
        return s.scalar(
            select(func.count()).select_from(Thread).where(Thread.state == ThreadState.VISIBLE)
        )


def test_a_batch_is_one_entry_over_all_its_steps(forum, founder, many):
    batch = run(forum, start(forum, founder, "thread.delete", many, reason="灌水", notifies=True))

    assert batch.state is BatchState.DONE
    assert batch.step_count >= 3
    (entry,) = entries(forum)
    assert (entry.id, entry.target_count, entry.reason) == (batch.entry_id, MANY, "灌水")
    assert visible(forum) == 0
    assert differences(forum) == []
    with forum.read() as s:
        assert (
            s.scalars(select(Notice).where(Notice.kind == "moderated")).one().data["count"] == MANY
        )


def test_a_batch_is_undone_as_one_in_steps(forum, founder, many):
    done = run(forum, start(forum, founder, "thread.delete", many))
    with working(forum) as uow:
        undoing = start_undo_batch(uow, founder.actor, done.entry_id)

    batch = run(forum, undoing)

    assert batch.state is BatchState.DONE
    assert visible(forum) == MANY
    first, second = entries(forum)
    assert (first.undone_by_id, second.undoes_id) == (second.id, first.id)
    assert differences(forum) == []
    founder.undoes(second.id)
    assert visible(forum) == 0


def test_every_target_is_checked_before_anything_is_done(forum, many):
    moderator = Moderator(forum, forum.moderator(forum.board("我的")))

    with pytest.raises(Forbidden):
        start(forum, moderator, "thread.close", many)


def test_a_step_that_fails_takes_back_the_steps_made(forum, founder, many):
    batch_id = start(forum, founder, "thread.delete", many)
    with working(forum) as uow:
        assert advance(uow, batch_id)
    assert visible(forum) < MANY
    founder.does("thread.delete", many[-1])  # somebody else was faster with one of the rest

    batch = run(forum, batch_id)

    assert (batch.state, batch.error) == (BatchState.FAILED, "recycled")
    assert visible(forum) == MANY - 1
    assert len(entries(forum)) == 1
    assert differences(forum) == []


def test_a_batch_whose_process_died_is_found_and_finished_once(forum, founder, many):
    batch_id = start(forum, founder, "thread.close", many)
    with working(forum) as uow:
        advance(uow, batch_id)
    with forum.read() as s:
        assert abandoned_batches(s, utc_now()) == {}
    with unit_of_work(forum.database) as uow:
        uow.session.execute(update(ModBatch).values(touched_at=utc_now() - timedelta(minutes=5)))

    with forum.read() as s:
        assert list(abandoned_batches(s, utc_now())) == [batch_id]
    with working(forum) as uow:
        assert claim(uow, batch_id)
    with working(forum) as uow:
        assert not claim(uow, batch_id)
    assert run(forum, batch_id).state is BatchState.DONE
    with forum.read() as s:
        assert s.scalar(select(func.count()).select_from(ModBatchStep)) >= 3
        assert s.scalar(select(func.count()).select_from(Thread).where(Thread.is_closed)) == MANY


def test_threads_go_together_with_the_pointers_to_them(forum, founder, many):
    pointers = [
        forum.thread(title="移动过的", state=ThreadState.REDIRECT, moved_to_id=one)
        for one in many[:2]
    ]

    batch = run(forum, start(forum, founder, "thread.delete", [*many, *pointers], notifies=True))

    assert (batch.state, batch.error) == (BatchState.DONE, "")
    assert visible(forum) == 0
    with forum.read() as s:
        assert s.scalars(select(Thread.id).where(Thread.id.in_(pointers))).all() == []
    assert differences(forum) == []
    assert run(forum, undo(forum, founder, batch)).state is BatchState.DONE
    assert visible(forum) == MANY
    assert differences(forum) == []


def undo(forum, founder, batch):
    with working(forum) as uow:
        return start_undo_batch(uow, founder.actor, batch.entry_id)


def test_marks_on_very_many_do_not_hold_whoever_asked():
    few, many = (Size(targets, 0) for targets in (MOST_AT_ONCE, MOST_AT_ONCE + 1))

    assert few.needs_steps
    assert not few.holds_a_request(most_posts=1000)
    assert many.holds_a_request(most_posts=1000)
    assert Size(1, 1001, is_divisible=True).holds_a_request(most_posts=1000)


def dismiss(forum, member_id):
    """Without a word to this process: what it knows of the site is old."""
    with unit_of_work(forum.database) as uow:
        uow.session.execute(delete(BoardModerator).where(BoardModerator.member_id == member_id))
        uow.bump(CacheName.SITE)


@pytest.fixture
def worker(forum, tmp_path):
    tools = Tools(forum.database, MemoryMailer(), LocalFiles(tmp_path))
    return lambda: JOBS["run_batches"].run(tools)


@pytest.fixture
def moderator(forum):
    return Moderator(forum, forum.moderator(FIRST_BOARD_ID))


@pytest.mark.parametrize("is_undo", [False, True])
def test_whoever_is_dismissed_meanwhile_does_nothing_more(
    forum, founder, moderator, many, worker, is_undo
):
    closed = run(forum, start(forum, founder, "thread.close", many)).entry_id
    with working(forum) as uow:
        if is_undo:
            batch_id = start_undo_batch(uow, moderator.actor, closed, is_background=True)
        else:
            batch_id = start_batch(uow, moderator.actor, "thread.open", many, is_background=True)
    dismiss(forum, moderator.member_id)

    worker()

    batch = row(forum, ModBatch, batch_id)
    assert (batch.state, batch.error) == (BatchState.FAILED, "moderators_only")
    assert [row(forum, Thread, one).is_closed for one in many] == [True] * MANY
    assert len(entries(forum)) == 1


@pytest.mark.parametrize("partial", [False, True])
def test_what_was_taken_back_before_the_dismissal_is_done_again(
    forum, founder, moderator, many, worker, partial
):
    deleted = run(forum, start(forum, founder, "thread.delete", many)).entry_id
    with working(forum) as uow:
        batch_id = start_undo_batch(
            uow, moderator.actor, deleted, partial=partial, is_background=True
        )
    with working(forum) as uow:
        assert advance(uow, batch_id)
    assert 0 < visible(forum) < MANY
    dismiss(forum, moderator.member_id)
    with unit_of_work(forum.database) as uow:
        uow.session.execute(update(ModBatch).values(touched_at=utc_now() - timedelta(minutes=5)))

    worker()

    batch = row(forum, ModBatch, batch_id)
    assert (batch.state, batch.error) == (BatchState.FAILED, "not_found")
    assert visible(forum) == 0
    assert len(entries(forum)) == 1
    assert differences(forum) == []


def test_a_long_thread_is_not_put_back_by_whoever_is_dismissed(forum, founder, moderator, worker):
    thread_id = forum.thread(forum.member("写手"), replies=STEP_POSTS + 5)
    deleted = run(forum, start(forum, founder, "thread.delete", [thread_id])).entry_id
    with working(forum) as uow:
        batch_id = start_undo_batch(uow, moderator.actor, deleted, is_background=True)
    dismiss(forum, moderator.member_id)

    worker()

    batch = row(forum, ModBatch, batch_id)
    assert (batch.state, batch.error) == (BatchState.FAILED, "not_found")
    thread = row(forum, Thread, thread_id)
    assert (thread.state, thread.batch_id) == (ThreadState.RECYCLED, None)
    assert differences(forum) == []


def test_whoever_stays_takes_all_of_it_back(forum, founder, moderator, many, worker):
    long = forum.thread(forum.member("写手"), replies=STEP_POSTS + 5)
    deleted = run(forum, start(forum, founder, "thread.delete", [*many, long])).entry_id
    with working(forum) as uow:
        batch_id = start_undo_batch(uow, moderator.actor, deleted, is_background=True)

    assert worker() == 1

    assert row(forum, ModBatch, batch_id).state is BatchState.DONE
    assert visible(forum) == MANY + 1
    assert differences(forum) == []


def test_a_moderator_has_few_batches_open_at_a_time(forum, founder, moderator, many, worker):
    writer = forum.member("写手")
    closed = run(forum, start(forum, founder, "thread.close", many)).entry_id
    waiting = [forum.thread(writer, title=f"等待 {number}") for number in range(MOST_OPEN + 1)]
    for one in waiting[:-1]:
        start(forum, moderator, "thread.close", [one], is_background=True)

    with pytest.raises(Invalid, match="too_many_batches"):
        start(forum, moderator, "thread.close", waiting[-1:], is_background=True)
    with pytest.raises(Invalid, match="too_many_batches"), working(forum) as uow:
        start_undo_batch(uow, moderator.actor, closed, is_background=True)
    start(forum, founder, "thread.digest", waiting[-1:], is_background=True)

    assert worker() == MOST_OPEN + 1
    assert start(forum, moderator, "thread.close", waiting[-1:], is_background=True)


def test_two_requests_at_once_do_not_get_past_the_limit(forum, moderator):
    writer = forum.member("写手")
    waiting = [forum.thread(writer, title=f"等待 {number}") for number in range(MOST_OPEN + 3)]
    for one in waiting[: MOST_OPEN - 1]:
        start(forum, moderator, "thread.close", [one], is_background=True)
    barrier, refused = threading.Barrier(4), []

    def ask(thread_id):
        barrier.wait()
        try:
            start(forum, moderator, "thread.close", [thread_id], is_background=True)
        except Invalid as error:
            refused.append(error.key)

    asking = [threading.Thread(target=ask, args=(one,)) for one in waiting[MOST_OPEN - 1 :]]
    for one in asking:
        one.start()
    for one in asking:
        one.join()

    assert refused == ["too_many_batches"] * 3
    with forum.read() as s:
        assert s.scalar(select(func.count()).select_from(ModBatch)) == MOST_OPEN


def test_the_worker_takes_moderators_in_turn(forum, founder, moderator, worker, monkeypatch):
    writer = forum.member("写手")
    colleague = Moderator(forum, forum.member("同事", group_id=2))
    asked = []
    for who, number in ((moderator, 3), (founder, 2), (colleague, 1)):
        for _ in range(number):
            asked.append(
                start(forum, who, "thread.close", [forum.thread(writer)], is_background=True)
            )
    order = []

    def recorded(open_unit, batch_id):
        order.append(batch_id)
        if len(order) == 1:  # somebody comes while the first one is at work
            late = Moderator(forum, forum.member("后来者", group_id=2))
            asked.append(
                start(forum, late, "thread.close", [forum.thread(writer)], is_background=True)
            )
        return run_batch(open_unit, batch_id)

    monkeypatch.setattr(moderation, "run_batch", recorded)
    assert worker() == 7

    first, second, third, fourth, fifth, sixth, late = asked
    assert order == [first, fourth, sixth, late, second, fifth, third]
