"""Large entries end in short steps, as one entry; one that cannot be ended keeps none of the others."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from forum.commands.moderation import expiry
from forum.commands.moderation.batch_steps import STEP_TARGETS, advance
from forum.commands.moderation.batches import run_batch, start_batch
from forum.commands.moderation.expiry import due_entries, end_entry
from forum.commands.moderation.thread_moving import MoveOptions
from forum.core.clock import utc_now
from forum.core.mail import MemoryMailer
from forum.core.uow import unit_of_work
from forum.jobs import JOBS, Tools, moderation
from forum.models import BatchState, Member, ModBatch, ModBatchStep, ModLogEntry, Notice, Thread
from forum.storage.files import LocalFiles
from tests.acting import log_in
from tests.commands.moderation.acting import (
    Moderator,
    differences,
    entries,
    replying_beside,
    row,
    working,
)
from tests.factories import FIRST_BOARD_ID, FOUNDER_ID

MANY = STEP_TARGETS * 2 + 5
SOON = timedelta(days=1)


@pytest.fixture
def founder(forum):
    return Moderator(forum, FOUNDER_ID)


@pytest.fixture
def many(forum):
    author = forum.member()
    return [forum.thread(author, title=f"第 {number} 帖", replies=1) for number in range(MANY)]


@pytest.fixture
def later(forum, tmp_path: Path):
    """The schedule, a week from now or so."""

    def run(days=7):
        tools = Tools(
            forum.database, MemoryMailer(), LocalFiles(tmp_path),
            clock=lambda: utc_now() + timedelta(days=days),
        )  # fmt: skip
        return JOBS["end_timed_actions"].run(tools)

    return run


def done(forum, founder, action, ids, options=None, **more):
    """The entry of a batch."""
    with working(forum) as uow:
        batch_id = start_batch(uow, founder.actor, action, ids, options, **more)
    run_batch(lambda: working(forum), batch_id)
    batch = row(forum, ModBatch, batch_id)
    assert batch.state is BatchState.DONE
    return batch.entry_id


def newest_batch(forum):
    with forum.read() as s:
        return s.scalars(select(ModBatch).order_by(ModBatch.id.desc()).limit(1)).one()


def test_a_large_entry_ends_in_steps_as_one_entry(forum, founder, many, later):
    other = forum.board("别处")
    entry_id = done(
        forum, founder, "thread.move", many, MoveOptions(other),
        expires_at=utc_now() + SOON, notifies=True,
    )  # fmt: skip
    with forum.read() as s:
        told = len(s.scalars(select(Notice)).all())

    assert (later(), later()) == (1, 0)

    batch = newest_batch(forum)
    assert (batch.state, batch.actor_id, batch.ends_id) == (BatchState.DONE, None, entry_id)
    assert batch.step_count >= 3
    first, ended = entries(forum)
    assert (first.undone_by_id, ended.undoes_id, ended.is_reversal) == (ended.id, entry_id, True)
    assert (ended.actor_id, ended.actor_name, ended.target_count) == (None, "", MANY)
    with forum.read() as s:
        assert set(s.scalars(select(Thread.board_id))) == {FIRST_BOARD_ID}
        assert len(s.scalars(select(Notice)).all()) == told  # the schedule tells nobody
    assert differences(forum) == []


def test_what_was_changed_between_the_steps_is_left_and_counts_no_longer(
    forum, founder, many, later
):
    other, third = forum.board("别处"), forum.board("第三处")
    entry_id = done(
        forum, founder, "thread.move", many, MoveOptions(other), expires_at=utc_now() + SOON
    )
    after = utc_now() + timedelta(days=7)
    with forum.read() as s:
        (due,) = due_entries(s, after)
    with unit_of_work(forum.database, now=after) as uow:
        assert end_entry(uow, due)
    batch = newest_batch(forum)
    with forum.read() as s:
        assert due_entries(s, after) == []  # it is at work
    with unit_of_work(forum.database, now=after) as uow:
        advance(uow, batch.id)
    with forum.read() as s:
        back = set(s.scalars(select(Thread.id).where(Thread.board_id == FIRST_BOARD_ID)))
    assert 0 < len(back) < MANY
    moved = next(one for one in many if one not in back)
    founder.does("thread.move", moved, options=MoveOptions(third))

    later(8)  # the process that made the step is gone

    assert newest_batch(forum).state is BatchState.DONE
    assert row(forum, Thread, moved).board_id == third
    ended = entries(forum)[-1]
    assert (ended.undoes_id, ended.target_count) == (entry_id, MANY - 1)
    assert later(9) == 0
    assert differences(forum) == []


def test_resting_states_are_brought_about_in_steps_too(forum, founder, many, later):
    done(forum, founder, "thread.close", many)
    done(forum, founder, "thread.close", many, expires_at=utc_now() + SOON)

    assert (later(), later()) == (1, 0)

    with forum.read() as s:
        assert set(s.scalars(select(Thread.is_closed))) == {False}
    ended = entries(forum)[-1]
    assert (ended.action, ended.actor_id, ended.target_count) == ("thread.open", None, MANY)
    assert newest_batch(forum).step_count >= 3


def test_a_resting_target_that_is_gone_for_good_stops_nothing(forum, founder, later):
    gone, there = forum.thread(), forum.thread()
    founder.does("thread.close", gone, there)
    founder.does("thread.close", gone, there, expires_at=utc_now() + SOON)
    founder.does("thread.delete", gone)
    founder.does("thread.purge", gone)

    later()

    assert not row(forum, Thread, there).is_closed
    assert later() == 0


def test_a_colleague_s_batch_is_waited_for(forum, founder, many, later, monkeypatch):
    done(forum, founder, "thread.close", many, expires_at=utc_now() + SOON)
    with working(forum) as uow:
        opening = start_batch(uow, founder.actor, "thread.open", many)
    with working(forum) as uow:
        advance(uow, opening)

    assert later() == 0

    run_batch(lambda: working(forum), opening)
    with forum.read() as s:
        assert due_entries(s, utc_now() + timedelta(days=9)) == []  # it has taken over


def poison(forum, *entry_ids):
    with working(forum) as uow:
        uow.session.execute(
            update(ModLogEntry)
            .where(ModLogEntry.id.in_(entry_ids))
            .values(effects=[{"do": "nonsense", "target": 1}])
        )


def test_one_entry_s_crash_keeps_none_of_the_others(forum, founder, later, monkeypatch, caplog):
    monkeypatch.setattr(expiry, "MOST", 1)  # ten targets a page
    monkeypatch.setattr(moderation.log, "disabled", False)  # import-linter silences what there is
    bad, good = [forum.thread() for _ in range(8)], forum.thread()
    back = forum.member(group_id=4, former_group_id=10, group_until=utc_now() + SOON)
    until = {"expires_at": utc_now() + SOON}
    poisoned = [
        founder.does(action, *bad, **until).entry_id for action in ("thread.close", "thread.stick")
    ]
    entry_id = founder.does("thread.close", good, **until).entry_id
    poison(forum, *poisoned)

    assert later() == 2  # the entry, and the member whose group was for a time

    assert not row(forum, Thread, good).is_closed
    assert row(forum, ModLogEntry, entry_id).undone_by_id
    assert row(forum, Member, back).group_id == 10
    stuck = [one.entry_id for one in caplog.records if one.message == "end_date_stuck"]
    assert stuck == poisoned


def test_an_end_that_crashed_in_steps_is_tried_again_the_next_day(
    forum, founder, many, later, monkeypatch
):
    done(forum, founder, "thread.close", many, expires_at=utc_now() + SOON)
    with forum.read() as s:
        (due,) = due_entries(s, utc_now() + 7 * SOON)
    with unit_of_work(forum.database, now=utc_now() + 7 * SOON) as uow:
        end_entry(uow, due)
    with working(forum) as uow:
        uow.session.execute(
            update(ModBatch)
            .where(ModBatch.ends_id.is_not(None))
            .values(
                state=BatchState.FAILED, error="batch_crashed", finished_at=utc_now() + 7 * SOON
            )
        )

    assert later(7.5) == 0
    assert later(9) == 1
    assert newest_batch(forum).state is BatchState.DONE


def test_the_schedule_s_large_actions_are_for_administrators(forum, client, founder, many, later):
    done(forum, founder, "thread.close", many, expires_at=utc_now() + SOON)
    later()
    batch_id = newest_batch(forum).id
    assert client.get(f"/moderation/batches/{batch_id}").status_code == 404

    log_in(client, forum, forum.member("管理员", group_id=1))
    assert client.get(f"/moderation/batches/{batch_id}").status_code == 200


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_nobody_waits_long_while_hundreds_of_threads_end(forum, founder, later):
    """At once it held the lock for a second; a step holds it for a tenth."""
    author = forum.member("作者", group_id=17)
    ids = [forum.thread(author, title=f"第 {number} 帖", replies=2) for number in range(250)]
    quiet = forum.thread(author, title="别处的话")
    done(
        forum, founder, "thread.move", ids, MoveOptions(forum.board("别处")),
        expires_at=utc_now() + SOON,
    )  # fmt: skip
    with replying_beside(forum, author, quiet) as beside:
        assert later() == 1

    assert beside.problems == []
    assert newest_batch(forum).state is BatchState.DONE
    with forum.read() as s:
        steps = s.scalars(select(ModBatchStep.number)).all()
    assert len(steps) >= 20
    # However busy the machine: nobody waits for more than a part of the whole.
    assert max(beside.waits) < max(1.0, beside.took / 3), (max(beside.waits), beside.took)
