"""End dates: the schedule takes back what still stands, once."""

from datetime import timedelta
from pathlib import Path

import pytest

from forum.commands.moderation.batches import start_batch
from forum.commands.moderation.thread_marks import DigestOptions, StickOptions
from forum.core.clock import utc_now
from forum.core.mail import MemoryMailer
from forum.jobs import JOBS, Tools
from forum.models import Member, Thread
from forum.storage.files import LocalFiles
from tests.commands.moderation.acting import Moderator, differences, entries, row, working
from tests.factories import FOUNDER_ID

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
