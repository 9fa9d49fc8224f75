"""End dates: the schedule takes back what still stands, once."""

import itertools
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text

from forum.commands.moderation.batches import start_batch
from forum.commands.moderation.thread_marks import DigestOptions, IconOptions, StickOptions
from forum.commands.moderation.thread_merging import MergeOptions
from forum.commands.moderation.thread_moving import MoveOptions
from forum.commands.moderation.thread_places import TypeOptions
from forum.core.cache import CacheName
from forum.core.clock import utc_now
from forum.core.mail import MemoryMailer
from forum.jobs import JOBS, Tools
from forum.models import (
    BatchState,
    Board,
    Member,
    MemberState,
    ModBatch,
    Post,
    Thread,
    ThreadState,
    ThreadType,
)
from forum.modlog.marks import ICONS
from forum.policies.actor import MUTED_GROUP
from forum.storage.files import LocalFiles
from tests.acting import log_in
from tests.commands.moderation.acting import Moderator, differences, entries, row, working
from tests.factories import FIRST_BOARD_ID, FOUNDER_ID

SOON = timedelta(days=1)


@pytest.fixture
def founder(forum):
    return Moderator(forum, FOUNDER_ID)


@pytest.fixture
def later(forum, tmp_path: Path):
    """The schedule, a week from now."""
    tools = Tools(
        forum.database, MemoryMailer(), LocalFiles(tmp_path), clock=lambda: utc_now() + timedelta(days=7)
    )  # fmt: skip
    return lambda: JOBS["end_timed_actions"].run(tools)


def test_a_sticky_thread_is_let_go_at_its_end_date(forum, founder, later):
    thread_id = forum.thread()
    founder.does("thread.stick", thread_id, options=StickOptions(2), expires_at=utc_now() + SOON)

    assert (later(), later()) == (1, 0)

    assert row(forum, Thread, thread_id).sticky_level == 0
    ended = entries(forum)[-1]
    assert (ended.is_reversal, ended.actor_id, ended.actor_name) == (True, None, "")


def test_the_digest_s_points_go_back_at_its_end_date(forum, founder, later):
    thread_id = forum.thread(forum.member())
    founder.does("thread.digest", thread_id, options=DigestOptions(2), expires_at=utc_now() + SOON)

    later()

    assert row(forum, Thread, thread_id).digest_level == 0
    assert differences(forum) == []


def test_nothing_ends_before_its_time(forum, founder, later):
    thread_id = forum.thread()
    founder.does("thread.close", thread_id, expires_at=utc_now() + timedelta(days=30))

    assert later() == 0
    assert row(forum, Thread, thread_id).is_closed


def test_a_later_action_without_an_end_stays(forum, founder, later):
    thread_id = forum.thread()
    founder.does("thread.stick", thread_id, expires_at=utc_now() + SOON)
    founder.does("thread.stick", thread_id, options=StickOptions(1))

    assert later() == 0
    assert row(forum, Thread, thread_id).sticky_level == 1


def test_an_end_date_given_later_ends_in_the_resting_state(forum, founder, later):
    thread_id = forum.thread()
    founder.does("thread.stick", thread_id)
    founder.does("thread.stick", thread_id, expires_at=utc_now() + SOON)

    assert later() == 1
    assert row(forum, Thread, thread_id).sticky_level == 0
    assert later() == 0


@pytest.mark.parametrize(("action", "is_closed"), [("thread.close", True), ("thread.open", False)])
def test_an_end_date_given_later_closes_or_opens_again(forum, founder, later, action, is_closed):
    thread_id = forum.thread(is_closed=not is_closed)
    founder.does(action, thread_id)
    founder.does(action, thread_id, expires_at=utc_now() + SOON)
    assert row(forum, Thread, thread_id).is_closed is is_closed

    assert (later(), later()) == (1, 0)

    assert row(forum, Thread, thread_id).is_closed is not is_closed


@pytest.mark.parametrize("action", ["member.mute", "member.ban"])
@pytest.mark.parametrize("first_until", [None, timedelta(days=2)])
def test_an_end_date_given_later_lets_a_member_go(forum, founder, later, action, first_until):
    member_id = forum.member(total=0)
    founder.does(action, member_id, expires_at=first_until and utc_now() + first_until)
    founder.does(action, member_id, expires_at=utc_now() + SOON)

    assert (later(), later()) == (1, 0)

    back = row(forum, Member, member_id)
    assert (back.group_id, back.group_until, back.former_group_id) == (10, None, None)
    assert entries(forum)[-1].action == "member.release"


def test_icon_type_and_place_of_a_thread_are_for_a_time(forum, founder, later):
    other = forum.board("别处")
    with working(forum) as uow:
        uow.session.add_all(
            ThreadType(id=number, board_id=FIRST_BOARD_ID, name=name)
            for number, name in ((1, "求助"), (2, "分享"))
        )
        uow.bump(CacheName.SITE)
    thread_id = forum.thread(type_id=1)
    until = {"expires_at": utc_now() + SOON}
    founder.does("thread.icon", thread_id, options=IconOptions(ICONS[1][0]), **until)
    founder.does("thread.type", thread_id, options=TypeOptions(2), **until)
    founder.does("thread.move", thread_id, options=MoveOptions(other), **until)
    moved = row(forum, Thread, thread_id)
    assert (moved.board_id, moved.type_id) == (other, None)

    later()
    later()  # the type comes back when the thread is where it was

    back = row(forum, Thread, thread_id)
    assert (back.board_id, back.icon) == (FIRST_BOARD_ID, "")
    assert differences(forum) == []


def test_a_type_given_for_a_time_goes_where_the_board_asks_for_one_too(forum, founder, later):
    with working(forum) as uow:
        uow.session.add(ThreadType(id=1, board_id=FIRST_BOARD_ID, name="求助"))
        uow.session.get_one(Board, FIRST_BOARD_ID).types_required = True
        uow.bump(CacheName.SITE)
    thread_id = forum.thread(type_id=1)
    founder.does("thread.type", thread_id, options=TypeOptions(1), expires_at=utc_now() + SOON)

    assert (later(), later()) == (1, 0)

    assert row(forum, Thread, thread_id).type_id is None


@pytest.mark.parametrize("is_locked", [False, True])
def test_a_lock_ends(forum, founder, later, is_locked):
    member_id = forum.member()
    if is_locked:
        founder.does("member.lock", member_id)
    founder.does("member.lock", member_id, expires_at=utc_now() + SOON)
    assert row(forum, Member, member_id).state is MemberState.LOCKED

    assert (later(), later()) == (1, 0)

    assert row(forum, Member, member_id).state is MemberState.ACTIVE


def test_an_end_that_was_put_off_is_not_kept(forum, founder, later):
    member_id = forum.member(total=0)
    founder.does("member.mute", member_id)
    founder.does("member.mute", member_id, expires_at=utc_now() + SOON)
    founder.does("member.mute", member_id, expires_at=utc_now() + timedelta(days=30))

    assert later() == 0
    assert row(forum, Member, member_id).group_id == MUTED_GROUP


def test_what_was_changed_by_other_means_is_left_alone(forum, founder, later):
    one, two = forum.thread(), forum.thread()
    founder.does("thread.close", one, two, expires_at=utc_now() + SOON)
    founder.does("thread.delete", one)
    founder.does("thread.restore", one)
    founder.does("thread.open", two)

    assert later() == 1
    assert not row(forum, Thread, one).is_closed
    assert later() == 0


def test_a_muted_member_comes_back_by_the_log(forum, founder, later):
    member_id = forum.member(total=0)
    founder.does("member.mute", member_id, expires_at=utc_now() + SOON)

    assert (later(), later()) == (1, 0)

    assert row(forum, Member, member_id).group_id == 10
    assert entries(forum)[-1].is_reversal


def test_a_member_muted_by_warnings_comes_back_without_an_entry(forum, founder, later):
    member_id = forum.member(group_id=4, former_group_id=10, group_until=utc_now() + SOON)

    assert (later(), later()) == (1, 0)

    back = row(forum, Member, member_id)
    assert (back.group_id, back.group_until, back.former_group_id) == (10, None, None)


def test_a_batch_left_to_the_worker_is_done_by_it(forum, founder, tmp_path):
    author = forum.member()
    ids = [forum.thread(author) for _ in range(25)]
    with working(forum) as uow:
        start_batch(uow, founder.actor, "thread.close", ids, is_background=True)
    tools = Tools(forum.database, MemoryMailer(), LocalFiles(tmp_path))

    assert JOBS["run_batches"].run(tools) == 1
    assert JOBS["run_batches"].run(tools) == 0

    assert entries(forum)[0].target_count == 25


@pytest.fixture
def worker(forum, tmp_path: Path):
    """The worker; each of its runs comes five minutes after the one before."""
    runs = itertools.count(1)

    def run():
        later = utc_now() + timedelta(minutes=5 * next(runs))
        tools = Tools(forum.database, MemoryMailer(), LocalFiles(tmp_path), clock=lambda: later)
        return JOBS["run_batches"].run(tools)

    return run


@pytest.fixture
def broken(forum):
    """The database itself fails whoever changes a post in such a way, until it is told to stop."""

    def run(*statements):
        with forum.database.write_session() as s, s.begin():
            for statement in statements:
                s.execute(text(statement))

    def refuse(condition):
        if forum.database.is_sqlite:
            run(
                f"CREATE TRIGGER broken BEFORE UPDATE ON posts WHEN {condition} "
                "BEGIN SELECT RAISE(ABORT, 'broken'); END"
            )
            return
        run(
            "CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'broken'; END $$",
            "CREATE TRIGGER broken BEFORE UPDATE ON posts FOR EACH ROW "
            f"WHEN ({condition}) EXECUTE FUNCTION broken()",
        )

    def mend():
        if forum.database.is_sqlite:
            run("DROP TRIGGER IF EXISTS broken")
        else:
            run("DROP FUNCTION IF EXISTS broken CASCADE")

    refuse.mend = mend
    yield refuse
    mend()


def going(merging):
    """The first posts on their way into the kept thread; later ones go before them."""
    kept, other, _ = merging
    return f"OLD.thread_id = {other} AND OLD.floor = 4 AND NEW.thread_id = {kept}"


def coming_back(merging):
    kept, other, _ = merging
    return f"OLD.thread_id = {kept} AND NEW.thread_id = {other}"


@pytest.fixture
def merging(forum, founder):
    """A merge left to the worker: 200 posts come from another thread."""
    kept = forum.thread(forum.member(), replies=20, at=utc_now() - timedelta(hours=3))
    other = forum.thread(forum.member("李雷"), replies=200, at=utc_now() - timedelta(hours=2))
    with working(forum) as uow:
        return kept, other, start_batch(
            uow, founder.actor, "thread.merge", [kept], MergeOptions(other), is_background=True
        )  # fmt: skip


def places(forum):
    with forum.read() as s:
        return s.execute(select(Post.id, Post.thread_id, Post.floor).order_by(Post.id)).all()


def runs_until_done(worker):
    """How often the worker came. A step that failed is tried smaller: then some of it goes on."""
    return 1 + next(number for number in range(20) if worker())


def test_a_batch_that_crashes_three_times_is_taken_back(forum, worker, merging, broken):
    kept, other, batch_id = merging
    before = places(forum)
    broken(going(merging))
    assert [worker(), worker()] == [0, 0]
    stuck = row(forum, ModBatch, batch_id)
    assert (stuck.state, stuck.in_hand) == (BatchState.RUNNING, [kept, other])
    assert places(forum) != before

    assert runs_until_done(worker) >= 2

    failed = row(forum, ModBatch, batch_id)
    assert (failed.state, failed.error, failed.in_hand) == (BatchState.FAILED, "batch_crashed", [])
    assert places(forum) == before
    assert row(forum, Thread, kept).batch_id is None
    assert row(forum, Thread, other).state is ThreadState.VISIBLE
    assert entries(forum) == []
    assert differences(forum) == []
    assert worker() == 0


def test_a_crash_that_passes_is_only_a_delay(forum, worker, merging, broken):
    batch_id = merging[2]
    broken(going(merging))
    assert [worker(), worker()] == [0, 0]
    broken.mend()

    assert worker() == 1

    done = row(forum, ModBatch, batch_id)
    assert (done.state, done.error, done.try_count) == (BatchState.DONE, "", 1)
    assert differences(forum) == []


def test_what_cannot_be_taken_back_either_is_let_go(forum, worker, merging, broken):
    kept, _, batch_id = merging
    broken(f"({going(merging)}) OR ({coming_back(merging)})")

    assert runs_until_done(worker) >= 7

    failed = row(forum, ModBatch, batch_id)
    assert (failed.state, failed.error, failed.in_hand) == (BatchState.FAILED, "batch_left", [])
    assert row(forum, Thread, kept).batch_id is None
    assert worker() == 0


def test_the_moderator_reads_why_a_batch_failed(forum, client, worker, merging, broken):
    batch_id = merging[2]
    broken(going(merging))
    runs_until_done(worker)
    log_in(client, forum, forum.member("管理员", group_id=1))

    page = client.get(f"/moderation/batches/{batch_id}").get_data(as_text=True)

    assert "论坛程序出错，连续三次未能完成" in page
