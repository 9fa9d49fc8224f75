"""置顶, 精华 and 推荐 stamp their threads, as in Discuz!, when the site wants it."""

from datetime import timedelta

import pytest

from forum.commands.moderation import preview
from forum.commands.moderation.expiry import due_entries, end_entry
from forum.commands.moderation.thread_marks import (
    DigestOptions,
    RecommendOptions,
    StampOptions,
    StickOptions,
)
from forum.commands.moderation.thread_moving import MoveOptions
from forum.commands.settings import change_settings
from forum.core.clock import utc_now
from forum.core.uow import unit_of_work
from forum.models import Thread
from forum.queries.moderation_effects import effect_lines
from forum.settings import Moderation
from tests.commands.moderation.acting import Moderator, row, working
from tests.factories import FIRST_BOARD_ID, FOUNDER_ID

MARKS = [
    ("thread.stick", StickOptions(2), StickOptions(0), "sticky"),
    ("thread.digest", DigestOptions(1), DigestOptions(0), "digest"),
    ("thread.recommend", RecommendOptions(), RecommendOptions(False), "recommended"),
]


@pytest.fixture
def founder(forum):
    return Moderator(forum, FOUNDER_ID)


@pytest.fixture
def thread_id(forum):
    return forum.thread(forum.member("李雷"))


def stamp(forum, thread_id):
    return row(forum, Thread, thread_id).stamp


@pytest.mark.parametrize(("action", "on", "off", "expected"), MARKS)
def test_a_mark_brings_its_stamp_and_takes_it_along(
    forum, founder, thread_id, action, on, off, expected
):
    founder.does(action, thread_id, options=on)
    assert stamp(forum, thread_id) == expected

    founder.does(action, thread_id, options=off)
    assert stamp(forum, thread_id) == ""


@pytest.mark.parametrize(("action", "on", "off", "expected"), MARKS)
def test_the_undo_restores_the_stamp_that_was_there_before(
    forum, founder, thread_id, action, on, off, expected
):
    founder.does("thread.stamp", thread_id, options=StampOptions("hot"))
    done = founder.does(action, thread_id, options=on)
    assert stamp(forum, thread_id) == expected

    undone = founder.undoes(done.entry_id)
    assert stamp(forum, thread_id) == "hot"

    founder.undoes(undone.entry_id)
    assert stamp(forum, thread_id) == expected


@pytest.mark.parametrize(("action", "on", "off", "expected"), MARKS)
def test_a_stamp_chosen_by_hand_afterwards_stays(
    forum, founder, thread_id, action, on, off, expected
):
    done = founder.does(action, thread_id, options=on)
    by_hand = founder.does("thread.stamp", thread_id, options=StampOptions("original"))

    undone = founder.undoes(done.entry_id)
    assert stamp(forum, thread_id) == "original"
    founder.undoes(undone.entry_id)
    founder.does(action, thread_id, options=off)
    assert stamp(forum, thread_id) == "original"

    founder.undoes(by_hand.entry_id)
    assert stamp(forum, thread_id) != "original"


def test_marks_are_taken_back_in_any_order(forum, founder, thread_id):
    done = {
        action: founder.does(action, thread_id, options=on).entry_id for action, on, _, _ in MARKS
    }
    assert stamp(forum, thread_id) == "recommended"

    founder.undoes(done["thread.digest"])
    assert stamp(forum, thread_id) == "recommended"
    founder.undoes(done["thread.recommend"])
    assert stamp(forum, thread_id) == "sticky"
    founder.undoes(done["thread.stick"])
    assert stamp(forum, thread_id) == ""


def test_another_level_of_the_mark_leaves_the_stamp(forum, founder, thread_id):
    founder.does("thread.stick", thread_id, options=StickOptions(1))
    founder.does("thread.stamp", thread_id, options=StampOptions("hot"))

    founder.does("thread.stick", thread_id, options=StickOptions(2))

    assert stamp(forum, thread_id) == "hot"


@pytest.mark.parametrize("by_hand", ["", "original"])
def test_a_stamp_goes_when_its_mark_expires(forum, founder, thread_id, by_hand):
    until = utc_now() + timedelta(days=2)
    founder.does("thread.stick", thread_id, options=StickOptions(1), expires_at=until)
    if by_hand:
        founder.does("thread.stamp", thread_id, options=StampOptions(by_hand))

    with working(forum) as uow:
        uow.now = until + timedelta(minutes=1)
        assert [end_entry(uow, due) for due in due_entries(uow.session, uow.now)] == [True]

    thread = row(forum, Thread, thread_id)
    assert (thread.sticky_level, thread.stamp) == (0, by_hand)


def test_a_move_that_ends_the_stickiness_ends_its_stamp(forum, founder, thread_id):
    other = forum.board("别处")
    moderator = Moderator(forum, forum.moderator(FIRST_BOARD_ID))
    founder.does("thread.stick", thread_id)

    done = moderator.does("thread.move", thread_id, options=MoveOptions(other))
    assert (row(forum, Thread, thread_id).sticky_level, stamp(forum, thread_id)) == (0, "")

    moderator.undoes(done.entry_id)
    assert (row(forum, Thread, thread_id).sticky_level, stamp(forum, thread_id)) == (1, "sticky")


def test_a_site_may_do_without(forum, founder, thread_id):
    with unit_of_work(forum.database) as uow:
        forum.database.cache.refresh(uow.session)
        change_settings(
            uow, founder.actor, section="moderation", values=Moderation(stamps_by_marks=False)
        )

    founder.does("thread.stick", thread_id)

    assert stamp(forum, thread_id) == ""


def test_the_preview_names_the_stamp(forum, founder, thread_id):
    with forum.read() as s:
        site = forum.site()
        seen = preview(
            s, founder.actor, site, "thread.stick", [thread_id], StickOptions(1), now=utc_now()
        )
        lines = effect_lines(s, site, founder.actor, seen.planned.effects).changes

    assert [(one.column, one.before, one.after) for one in lines] == [
        ("sticky_level", 0, 1),
        ("stamp", "", "Sticky stamp"),
    ]
