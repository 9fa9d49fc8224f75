"""Do the lists of the guide hold what their names say, and nothing hidden?"""

from datetime import UTC, datetime, timedelta

import pytest

from forum.core.clock import utc_now
from forum.core.db import recorded_statements
from forum.models import ThreadState
from forum.queries.guide import Cursor, View, guide_page
from tests.factories import FOUNDER_ID, Forum

NOW = utc_now()


def show(forum: Forum, view: View, member_id: int | None = None, **options):
    site, actor = forum.site(), forum.actor(member_id)
    with forum.read() as s, recorded_statements() as statements:
        page = guide_page(s, site, actor, view, **options)
    assert len(statements) == 1
    return page


def titles(forum: Forum, view: View, member_id: int | None = None) -> list[str]:
    return [row.title for row in show(forum, view, member_id).rows]


def test_each_list_holds_what_it_says(forum: Forum):
    days = timedelta(days=1)
    forum.thread(title="热", heat=3, replies=5, at=NOW - 2 * days)
    forum.thread(title="不够热", heat=2, replies=1, at=NOW - 3 * days)
    forum.thread(title="以前热", heat=99, replies=9, at=NOW - 8 * days)
    forum.thread(title="精华", digest_level=1, replies=1, at=NOW - 4 * days)
    forum.thread(title="没人理", at=NOW - 30 * days)
    forum.thread(title="老早没人理", at=NOW - 100 * days)

    assert titles(forum, View.HOT) == ["热"]
    assert titles(forum, View.DIGEST) == ["精华"]
    assert titles(forum, View.NEW) == ["热", "不够热", "精华", "以前热", "没人理", "老早没人理"]
    assert titles(forum, View.NEW_THREAD)[0] == "老早没人理"
    assert titles(forum, View.SOFA) == ["没人理"]


@pytest.mark.parametrize("view", list(View))
def test_what_one_may_not_read_is_in_no_list(forum: Forum, view: View):
    secret = forum.board("版主议事", viewers=(1, 2, 3))
    shown = {"heat": 9, "digest_level": 1, "at": NOW - timedelta(hours=1)}
    forum.thread(title="公开", **shown)
    forum.thread(board_id=secret, title="CANARY", **shown)
    for state in (ThreadState.PENDING, ThreadState.RECYCLED, ThreadState.DRAFT):
        forum.thread(title="CANARY 2", state=state, **shown)

    assert titles(forum, view) == ["公开"]
    assert sorted(titles(forum, view, FOUNDER_ID)) == ["CANARY", "公开"]


@pytest.mark.parametrize("view", [View.NEW, View.NEW_THREAD, View.SOFA])
def test_a_list_goes_on_where_the_last_page_ended(forum: Forum, view: View):
    for number in range(7):
        forum.thread(title=str(number), at=NOW - timedelta(minutes=number // 3))
    found, after = [], None
    while True:
        page = show(forum, view, after=after, most=3)
        found += [row.title for row in page.rows]
        if page.next is None:
            break
        after = Cursor.read(str(page.next))

    assert sorted(found) == [str(number) for number in range(7)]
    assert found == [row.title for row in show(forum, view).rows]


def test_a_cursor_survives_the_address():
    cursor = Cursor(datetime(2023, 12, 28, 7, 34, 1, 123456, tzinfo=UTC), 17)

    assert Cursor.read(str(cursor)) == cursor
    for nonsense in ("", "-", "1", "x-1", "1-x", "9" * 30 + "-1", "1-" + "9" * 30, "١-١"):
        assert Cursor.read(nonsense) is None
