"""Does a list tell who gave a thread its newest mark, as long as it carries it, to whom its page would?"""

import pytest

from forum.commands.moderation.thread_marks import (
    DigestOptions,
    HighlightOptions,
    IconOptions,
    RecommendOptions,
    StampOptions,
    StickOptions,
)
from forum.commands.moderation.thread_moving import MoveOptions
from forum.core.db import recorded_statements
from forum.modlog.registry import ACTIONS
from forum.queries.board_filters import ListFilter
from forum.queries.board_openings import open_board
from forum.queries.board_threads import board_page
from forum.queries.thread_marks import marks_told
from forum.queries.thread_rows import ThreadRow
from tests.commands.moderation.acting import Moderator
from tests.factories import FIRST_BOARD_ID, FOUNDER_ID, Forum

GIVEN = {
    "thread.stick": (StickOptions(1), StickOptions(0)),
    "thread.digest": (DigestOptions(2), DigestOptions(0)),
    "thread.highlight": (HighlightOptions(bold=True), HighlightOptions()),
    "thread.stamp": (StampOptions("hot"), StampOptions()),
    "thread.icon": (IconOptions("new"), IconOptions()),
    "thread.recommend": (RecommendOptions(), RecommendOptions(False)),
}
CLOSED = {"thread.close": (None, None)}


@pytest.fixture
def staff(forum: Forum) -> Moderator:
    return Moderator(forum, FOUNDER_ID)


@pytest.fixture
def other(forum: Forum) -> Moderator:
    return Moderator(forum, forum.member("李副站", group_id=1))


def page_of(forum: Forum, board_id: int = FIRST_BOARD_ID, member_id: int | None = None):
    site, actor = forum.site(), forum.actor(member_id)
    with forum.read() as s:
        opened = open_board(s, site, actor, site.boards[board_id], ListFilter(), 1)
        return board_page(s, site, actor, opened)


def told(forum: Forum, board_id: int = FIRST_BOARD_ID, member_id: int | None = None):
    """By title: (action, by whom)."""
    page = page_of(forum, board_id, member_id)
    return {
        row.thread.title: (row.marked.action, row.marked.actor_name)
        for row in (*page.sticky, *page.rows)
        if row.marked
    }


def test_every_mark_is_of_columns_the_list_reads():
    marking = {key for key, action in ACTIONS.items() if action.mark_columns}

    assert marking == {*GIVEN, *CLOSED, "thread.move"}
    for key in marking:
        assert set(ACTIONS[key].mark_columns) <= set(ThreadRow.__dataclass_fields__)


@pytest.mark.parametrize("key", [*GIVEN, *CLOSED])
def test_a_mark_is_told_while_the_thread_carries_it(forum: Forum, staff, key):
    options, ending = {**GIVEN, **CLOSED}[key]
    thread_id = forum.thread(title="甲")
    assert told(forum) == {}

    done = staff.does(key, thread_id, options=options)

    assert told(forum) == {"甲": (key, "founder")}
    staff.undoes(staff.undoes(done.entry_id).entry_id)
    assert told(forum) == {"甲": (key, "founder")}
    if ending:
        staff.does(key, thread_id, options=ending)
    else:
        staff.does("thread.open", thread_id)
    assert told(forum) == {}


def test_an_undone_mark_leaves_the_one_before(forum: Forum, staff, other):
    thread_id = forum.thread(title="甲")
    staff.does("thread.stick", thread_id, options=StickOptions(1))
    higher = other.does("thread.stick", thread_id, options=StickOptions(3))
    assert told(forum) == {"甲": ("thread.stick", "李副站")}

    staff.undoes(higher.entry_id)

    assert told(forum) == {"甲": ("thread.stick", "founder")}


def test_what_gives_no_mark_is_not_told(forum: Forum, staff, other):
    thread_id = forum.thread(title="甲")
    staff.does("thread.highlight", thread_id, options=HighlightOptions(3))
    other.does("thread.stick", thread_id, options=StickOptions(1))
    other.does("thread.stick", thread_id, options=StickOptions(0))
    other.does("thread.raise", thread_id)

    assert told(forum) == {"甲": ("thread.highlight", "founder")}


def test_marks_without_an_entry_cost_nothing(forum: Forum):
    forum.thread(title="导入的", sticky_level=1, is_closed=True, digest_level=3)

    page, actor = page_of(forum), forum.actor(None)
    with forum.read() as s, recorded_statements() as statements:
        assert marks_told(s, actor, [row.thread for row in page.sticky]) == {}

    assert statements == []


def test_a_pointer_tells_of_the_move_that_left_it(forum: Forum, staff, other):
    near, far = forum.board("近处"), forum.board("远处")
    thread_id = forum.thread(forum.member("作者"), title="甲")
    staff.does("thread.move", thread_id, options=MoveOptions(near, None, True))
    other.does("thread.move", thread_id, options=MoveOptions(far, None, True))
    staff.does("thread.stick", thread_id, options=StickOptions(1))

    assert told(forum) == {"甲": ("thread.move", "founder")}
    assert told(forum, near) == {"甲": ("thread.move", "李副站")}
    assert told(forum, far) == {"甲": ("thread.stick", "founder")}


def test_who_may_not_open_the_thread_is_told_nothing(forum: Forum, staff):
    author, reader = forum.member("作者"), forum.member("读者")
    secret = forum.board("版主议事", viewers=(1, 2, 3))
    moved = forum.thread(title="搬走的")
    guarded = forum.thread(author, title="高权限", read_access=200)
    staff.does("thread.move", moved, options=MoveOptions(secret, None, True))
    staff.does("thread.stick", guarded, options=StickOptions(1))

    for nobody in (None, reader, author):  # one outline serves all readers of like rights
        page = page_of(forum, member_id=nobody)
        assert [row.thread.title for row in (*page.sticky, *page.rows)] == ["高权限", "搬走的"]
        assert told(forum, member_id=nobody) == {}
    assert set(told(forum, member_id=FOUNDER_ID)) == {"高权限", "搬走的"}


@pytest.mark.parametrize("count", [1, 15])
def test_all_marks_of_a_page_take_one_statement(forum: Forum, staff, count):
    ids = [forum.thread(title=str(number)) for number in range(count)]
    site, actor = forum.site(), forum.actor(None)

    def statements_of_a_page() -> int:
        with forum.read() as s, recorded_statements() as statements:
            opened = open_board(s, site, actor, site.boards[FIRST_BOARD_ID], ListFilter(), 1)
            board_page(s, site, actor, opened)
        return len(statements)

    before = statements_of_a_page()
    staff.does("thread.highlight", *ids, options=HighlightOptions(1))
    staff.does("thread.icon", *ids, options=IconOptions("new"))

    assert statements_of_a_page() == before + 1
    assert len(told(forum)) == count
