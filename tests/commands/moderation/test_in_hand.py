"""What a batch has changed so far is its own until the log says so: other moderators wait."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from forum.commands.moderation import conflicts_of, preview, undo_preview
from forum.commands.moderation.batch_closing import close, effects_of
from forum.commands.moderation.batch_journal import give_up
from forum.commands.moderation.batch_steps import advance
from forum.commands.moderation.batches import run_batch, start_batch, start_undo_batch
from forum.commands.moderation.expiry import due_entries, end_entry
from forum.commands.moderation.own_posts import delete_own_post
from forum.commands.moderation.thread_marks import StickOptions
from forum.commands.points import pay_rule
from forum.commands.posts import reply_to_thread
from forum.core.clock import utc_now
from forum.core.errors import Forbidden
from forum.core.uow import unit_of_work
from forum.models import (
    BatchState,
    MemberPoints,
    ModBatch,
    ModBatchStep,
    ModLogTarget,
    Post,
    Thread,
    ThreadState,
)
from forum.queries.site import site_of
from tests.commands.moderation.acting import Moderator, differences, entries, row, working
from tests.factories import FOUNDER_ID

MANY = 12
DAY = timedelta(days=1)


@pytest.fixture
def founder(forum):
    return Moderator(forum, FOUNDER_ID)


@pytest.fixture
def colleague(forum):
    return Moderator(forum, forum.member("同事", group_id=1))


@pytest.fixture
def author(forum):
    return forum.member("作者")


@pytest.fixture
def threads(forum, author):
    return [forum.thread(author, title=f"第 {number} 帖", replies=1) for number in range(MANY)]


def start(forum, moderator, action, ids, **more):
    with working(forum) as uow:
        return start_batch(uow, moderator.actor, action, ids, **more)


def first_step(forum, batch_id):
    """Make it; its targets."""
    with working(forum) as uow:
        advance(uow, batch_id)
    with forum.read() as s:
        step = select(ModBatchStep.target_ids).where(ModBatchStep.batch_id == batch_id)
        return s.scalars(step.order_by(ModBatchStep.number)).first()


def run(forum, batch_id):
    run_batch(lambda: working(forum), batch_id)
    return row(forum, ModBatch, batch_id)


def points_of(forum, member_id):
    with forum.read() as s:
        return {
            one.kind_id: one.amount
            for one in s.scalars(select(MemberPoints).where(MemberPoints.member_id == member_id))
            if one.amount
        }


def pay_for(forum, author, threads):
    with forum.read() as s:
        posts = s.scalars(select(Thread.first_post_id).where(Thread.id.in_(threads))).all()
    with working(forum) as uow:
        for post_id in posts:
            pay_rule(uow, "thread.posted", member_id=author, subject=f"post:{post_id}", once_key=f"thread.posted:{post_id}")  # fmt: skip


def test_what_a_colleague_restores_meanwhile_costs_nobody_points(
    forum, founder, colleague, author, threads
):
    pay_for(forum, author, threads)
    paid = points_of(forum, author)
    assert paid
    batch_id = start(forum, founder, "thread.delete", threads)
    done = first_step(forum, batch_id)
    assert 0 < len(done) < MANY

    with pytest.raises(Forbidden, match="in_hand"):
        colleague.does("thread.restore", done[0])
    batch = run(forum, batch_id)
    colleague.does("thread.restore", done[0])
    undone = founder.undoes(batch.entry_id, partial=True)

    assert points_of(forum, author) == paid
    assert {one.later_entry_id for one in undone.left} == {batch.entry_id + 1}
    assert all(row(forum, Thread, one).state is ThreadState.VISIBLE for one in threads)
    assert differences(forum) == []


def test_what_is_done_is_previewed_as_in_hand_and_the_rest_is_free(
    forum, founder, colleague, threads
):
    batch_id = start(forum, founder, "thread.close", threads)
    done = first_step(forum, batch_id)
    free = next(one for one in threads if one not in done)

    with forum.read() as s:
        seen = preview(
            s, colleague.actor, site_of(s), "thread.stick", [done[0], free], StickOptions(1), now=utc_now()
        )  # fmt: skip

    assert [(one.id, verdict.refusal) for one, verdict in seen.refused] == [(done[0], "in_hand")]
    assert {one.target for one in seen.planned.effects} == {free}
    colleague.does("thread.stick", free)
    with pytest.raises(Forbidden, match="in_hand"):
        colleague.does("thread.stick", free, done[0])


def test_posts_of_a_thread_that_is_done_wait_and_members_do_not(forum, founder, author, threads):
    batch_id = start(forum, founder, "thread.stick", threads)
    thread_id = first_step(forum, batch_id)[0]
    with forum.read() as s:
        reply = s.scalars(select(Post.id).where(Post.thread_id == thread_id, Post.floor == 2)).one()

    with pytest.raises(Forbidden, match="in_hand"):
        founder.does("post.delete", reply)

    with working(forum) as uow:
        reply_to_thread(
            uow, forum.actor(author), thread_id=thread_id, source="等不及了，先说一句。"
        )
    with working(forum) as uow:
        delete_own_post(uow, forum.actor(author), post_id=reply)
    assert run(forum, batch_id).state is BatchState.DONE
    assert differences(forum) == []


def test_members_and_posts_that_are_done_wait_too(forum, founder, colleague):
    people = [forum.member(f"会员 {number}") for number in range(MANY)]
    muting = start(forum, founder, "member.mute", people)
    done = first_step(forum, muting)
    with pytest.raises(Forbidden, match="in_hand"):
        colleague.does("member.ban", done[0])
    run(forum, muting)
    colleague.does("member.ban", done[0])

    thread_id = forum.thread(people[0], replies=MANY)
    with forum.read() as s:
        posts = s.scalars(select(Post.id).where(Post.thread_id == thread_id, Post.floor > 1)).all()
    deleting = start(forum, founder, "post.delete", posts)
    done = first_step(forum, deleting)
    with pytest.raises(Forbidden, match="in_hand"):
        colleague.does("post.restore", done[0])
    run(forum, deleting)
    colleague.does("post.restore", done[0])
    assert differences(forum) == []


def test_an_earlier_entry_is_not_undone_nor_ended_under_a_batch(forum, founder, colleague, threads):
    until = utc_now() + DAY
    earlier = founder.does("thread.close", threads[0], expires_at=until)
    batch_id = start(forum, founder, "thread.open", threads)
    done = first_step(forum, batch_id)
    assert threads[0] in done

    with pytest.raises(Forbidden, match="in_hand"):
        colleague.undoes(earlier.entry_id)
    with pytest.raises(Forbidden, match="in_hand"), forum.read() as s:
        undo_preview(s, colleague.actor, site_of(s), earlier.entry_id)
    with pytest.raises(Forbidden, match="in_hand"), working(forum) as uow:
        start_undo_batch(uow, colleague.actor, earlier.entry_id)
    later = until + DAY
    with forum.read() as s:
        (due,) = due_entries(s, later)
    with (
        pytest.raises(Forbidden, match="in_hand"),
        unit_of_work(forum.database, now=later) as uow,
    ):
        end_entry(uow, due)

    run(forum, batch_id)
    with forum.read() as s:
        (target,) = s.scalars(
            select(ModLogTarget).where(ModLogTarget.entry_id == earlier.entry_id)
        ).all()
        assert target.superseded_by_id == row(forum, ModBatch, batch_id).entry_id
        assert [one.later_entry_id for one in conflicts_of(s, site_of(s), earlier.entry_id)] == [
            row(forum, ModBatch, batch_id).entry_id
        ]


def test_another_batch_does_not_start_with_what_is_done_nor_step_on_it(
    forum, founder, colleague, threads
):
    second = start(forum, colleague, "thread.stick", threads[::-1])
    batch_id = start(forum, founder, "thread.close", threads)
    first_step(forum, batch_id)

    with pytest.raises(Forbidden, match="in_hand"):
        start(forum, colleague, "thread.stick", threads)
    failed = run(forum, second)

    assert (failed.state, failed.error) == (BatchState.FAILED, "in_hand")
    assert run(forum, batch_id).state is BatchState.DONE
    with forum.read() as s:
        assert set(s.scalars(select(Thread.sticky_level))) == {0}


def test_a_batch_that_is_taken_back_lets_go_of_what_is_as_it_was(
    forum, founder, colleague, threads
):
    batch_id = start(forum, founder, "thread.close", threads)
    done = first_step(forum, batch_id)
    with working(forum) as uow:
        give_up(uow, batch_id, "batch_crashed")
    with pytest.raises(Forbidden, match="in_hand"):
        colleague.does("thread.stick", done[0])

    assert run(forum, batch_id).state is BatchState.FAILED

    colleague.does("thread.stick", done[0])


def test_a_clean_up_on_its_way_holds_what_its_member_wrote(forum, founder, colleague, author):
    threads = [forum.thread(author, title=f"广告 {number}", replies=30) for number in range(8)]
    pay_for(forum, author, threads)
    paid = points_of(forum, author)
    batch_id = start(forum, founder, "member.clean", [author])
    gone = []
    for _ in range(200):
        with working(forum) as uow:
            turn = advance(uow, batch_id)
        if turn.name == "PLAN":
            break
    from forum.commands.moderation.batch_pieces import lay_out, pieces_of

    with forum.database.read_session() as s:
        pieces = pieces_of(s, batch_id)
    for part in pieces.parts():
        with working(forum) as uow:
            lay_out(uow, batch_id, part)
    while not gone:
        with working(forum) as uow:
            advance(uow, batch_id)
        with forum.read() as s:
            gone = s.scalars(select(Thread.id).where(Thread.state == ThreadState.RECYCLED)).all()

    with pytest.raises(Forbidden, match="in_hand"):
        colleague.does("thread.restore", gone[0])
    batch = run(forum, batch_id)
    assert batch.state is BatchState.DONE
    colleague.does("thread.restore", gone[0])
    founder.undoes(batch.entry_id, partial=True)

    assert points_of(forum, author) == paid
    assert differences(forum) == []


def test_an_end_given_after_the_entry_is_not_taken_over_by_it(forum, founder, colleague, threads):
    now = utc_now()
    batch_id = start(forum, founder, "thread.close", threads, expires_at=now + 10 * DAY)
    while not row(forum, ModBatch, batch_id).entry_id:
        with working(forum) as uow:
            turn = advance(uow, batch_id)
        if turn.name == "CLOSE":
            with forum.database.read_session() as s:
                effects = effects_of(s, batch_id)
            with working(forum) as uow:
                close(uow, batch_id, effects)
    # What hangs on the entry is to come yet: till then it is held.
    with pytest.raises(Forbidden, match="in_hand"):
        colleague.does("thread.open", threads[0])
    with working(forum) as uow:
        advance(uow, batch_id)
    colleague.does("thread.open", threads[0])
    his = colleague.does("thread.close", threads[0], expires_at=now + DAY)
    run(forum, batch_id)

    with forum.read() as s:
        mine = select(ModLogTarget).where(
            ModLogTarget.entry_id == his.entry_id, ModLogTarget.target_id == threads[0]
        )
        assert s.scalars(mine).one().superseded_by_id is None
        due = [one for one in due_entries(s, now + 2 * DAY) if one.entry_id == his.entry_id]
    with unit_of_work(forum.database, now=now + 2 * DAY) as uow:
        assert end_entry(uow, due[0])
    assert not row(forum, Thread, threads[0]).is_closed


def test_a_colleague_at_the_same_moment_is_before_a_step_or_waits_for_the_entry(
    forum, founder, colleague, author, threads
):
    """With real threads: whoever is let through has an entry below the batch's, or above it."""
    pay_for(forum, author, threads)
    paid = points_of(forum, author)
    problems, stop = [], threading.Event()
    made = []

    def acting():
        actor = colleague.actor
        from forum.commands.moderation import perform

        number = 0
        while not stop.is_set():
            number += 1
            target = threads[number % MANY]
            try:
                with unit_of_work(forum.database) as uow:
                    made.append((target, perform(uow, actor, "thread.restore", [target]).entry_id))
            except Forbidden:
                pass
            except BaseException as problem:
                problems.append(problem)

    job = threading.Thread(target=acting)
    with forum.read() as s:
        forum.database.cache.refresh(s)
    job.start()
    try:
        batch_id = start(forum, founder, "thread.delete", threads)
        batch = run(forum, batch_id)
    finally:
        stop.set()
        job.join()

    assert problems == []
    assert batch.state is BatchState.DONE
    assert all(entry_id > batch.entry_id for _, entry_id in made)
    still = [one for one in threads if row(forum, Thread, one).state is ThreadState.RECYCLED]
    if still:
        founder.does("thread.restore", *still)
    assert points_of(forum, author) == paid
    assert differences(forum) == []
    assert [one.id for one in entries(forum)] == list(range(1, len(entries(forum)) + 1))
