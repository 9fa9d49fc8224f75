"""A step of a batch takes its own measure: what it does is bounded whatever it is asked for."""

from datetime import timedelta
from time import sleep, thread_time

from sqlalchemy import select

from forum.commands.moderation.batch_pace import (
    GROWTH,
    LEAST_UNITS,
    MOST_UNITS,
    SHRINKING,
    TARGET_UNITS,
    Pace,
)
from forum.commands.moderation.batch_steps import LONG_POSTS
from forum.commands.moderation.batches import run_batch, start_batch
from forum.commands.moderation.thread_merging import MergeOptions
from forum.core.clock import utc_now
from forum.models import BatchState, ModBatch, ModBatchStep
from tests.commands.moderation.acting import Moderator, row, working
from tests.factories import FOUNDER_ID


def stepped(pace, *, seconds, units):
    pace.begin()
    pace.did(units)
    ends = thread_time() + seconds
    while thread_time() < ends:
        pass
    pace.end()


def test_quick_steps_grow_by_half_and_not_for_ever():
    pace = Pace()
    before = pace.units
    stepped(pace, seconds=0, units=before)
    assert pace.units == int(before * GROWTH)
    for _ in range(20):
        stepped(pace, seconds=0, units=pace.units)
    assert pace.units == MOST_UNITS


def test_slow_steps_shrink_by_half_and_not_to_nothing():
    pace = Pace(units=200)
    stepped(pace, seconds=0.4, units=100)
    assert pace.units == int(200 * SHRINKING)
    for _ in range(4):
        stepped(pace, seconds=0.2, units=1)
    assert pace.units == LEAST_UNITS


def test_waiting_for_the_processor_makes_no_step_too_small_to_be_worth_it():
    pace = Pace(units=100)
    pace.begin()
    pace.did(100)
    sleep(0.3)  # others have it
    pace.end()
    assert pace.units >= 100


def test_a_step_that_only_planned_changes_nothing():
    pace = Pace()
    before = pace.units
    pace.begin()
    sleep(0.2)
    pace.end()
    assert pace.units == before


def test_no_step_does_more_than_it_may(forum):
    founder = Moderator(forum, FOUNDER_ID)
    author, at = forum.member(), utc_now() - timedelta(hours=2)
    ids = [forum.thread(author, replies=number % 9) for number in range(60)]
    ids.append(forum.thread(author, replies=LONG_POSTS - 2))
    kept = forum.thread(author, replies=150, at=at)
    other = forum.thread(author, replies=260, at=at + timedelta(seconds=1))
    for key, targets, options in (
        ("thread.delete", ids, None),
        ("thread.merge", [kept], MergeOptions(other)),
    ):
        with working(forum) as uow:
            batch_id = start_batch(uow, founder.actor, key, targets, options)

        pace = run_batch(lambda: working(forum), batch_id)

        assert row(forum, ModBatch, batch_id).state is BatchState.DONE
        assert 0 < pace.largest <= MOST_UNITS + LONG_POSTS + TARGET_UNITS
        with forum.read() as s:
            steps = s.scalars(
                select(ModBatchStep.target_ids).where(ModBatchStep.batch_id == batch_id)
            ).all()
        assert max(len(one) for one in steps) <= MOST_UNITS // TARGET_UNITS
