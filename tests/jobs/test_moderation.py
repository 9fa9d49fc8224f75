"""End dates: the schedule takes back what still stands, once."""

from datetime import timedelta
from pathlib import Path

import pytest

from forum.commands.moderation.thread_marks import DigestOptions, StickOptions
from forum.core.clock import utc_now
from forum.core.mail import MemoryMailer
from forum.jobs import JOBS, Tools
from forum.models import Thread
from forum.storage.files import LocalFiles
from tests.commands.moderation.acting import Moderator, differences, entries, row
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
