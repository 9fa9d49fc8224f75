"""Do feeds and sitemaps hold what a guest may read, and nothing else?"""

from datetime import timedelta

from sqlalchemy import update

from forum.core.clock import utc_now
from forum.core.db import recorded_statements
from forum.core.uow import unit_of_work
from forum.models import Post, PostState, ThreadState
from forum.queries.feeds import (
    NEWEST,
    guide_threads,
    newest_threads,
    sitemap_count,
    sitemap_threads,
)
from forum.queries.guide import View
from tests.factories import FIRST_BOARD_ID, Forum

NOW = utc_now()


def hide_things(forum: Forum) -> None:
    secret = forum.board("版主议事", viewers=(1, 2, 3))
    forum.thread(board_id=secret, title="CANARY", source="CANARY")
    forum.thread(title="CANARY", source="CANARY", read_access=20)
    for state in (ThreadState.PENDING, ThreadState.RECYCLED):
        forum.thread(title="CANARY", source="CANARY", state=state)


def test_the_newest_threads_come_with_a_summary(forum: Forum):
    other = forum.board("别处")
    hide_things(forum)
    for number in range(NEWEST + 2):
        forum.thread(title=str(number), at=NOW - timedelta(hours=30 - number))
    forum.thread(board_id=other, title="别处的", source="[b]粗[/b]体\n第二行", at=NOW)
    site, guest = forum.site(), forum.actor(None)

    with forum.read() as s, recorded_statements() as statements:
        everywhere = newest_threads(s, site, guest)
        here = newest_threads(s, site, guest, FIRST_BOARD_ID)

    assert len(statements) == 2
    assert (len(everywhere), len(here)) == (NEWEST, NEWEST)
    assert everywhere[0].title == "别处的"
    assert (everywhere[0].board_name, everywhere[0].summary) == ("别处", "粗体 第二行")
    assert here[0].title == str(NEWEST + 1)
    assert "CANARY" not in repr((everywhere, here))


def test_a_blocked_opening_post_has_no_summary(forum: Forum):
    blocked = forum.thread(title="屏蔽", source="CANARY")
    waiting = forum.thread(title="待审", source="CANARY")
    with unit_of_work(forum.database) as uow:
        s = uow.session
        s.execute(update(Post).where(Post.thread_id == blocked).values(is_blocked=True))
        s.execute(update(Post).where(Post.thread_id == waiting).values(state=PostState.PENDING))
    site, guest = forum.site(), forum.actor(None)

    with forum.read() as s:
        assert [entry.summary for entry in newest_threads(s, site, guest)] == ["", ""]


def test_a_list_of_the_guide_as_a_feed(forum: Forum):
    hide_things(forum)
    forum.thread(title="旧", at=NOW - timedelta(hours=2))
    forum.thread(title="新", at=NOW - timedelta(hours=1))
    forum.thread(title="最旧", at=NOW - timedelta(hours=3))
    site, guest = forum.site(), forum.actor(None)

    with forum.read() as s:
        found = guide_threads(s, site, guest, View.NEW)

    assert [entry.title for entry in found] == ["新", "旧", "最旧"]


def test_sitemaps_cover_all_ids_once(forum: Forum):
    hide_things(forum)
    shown = [forum.thread(title=str(number)) for number in range(3)]
    guest = forum.actor(None)

    with forum.read() as s, recorded_statements() as statements:
        count = sitemap_count(s)
        entries = sitemap_threads(s, guest, 1)
        beyond = sitemap_threads(s, guest, 2)

    assert len(statements) == 3
    assert count == 1
    assert [entry.thread_id for entry in entries] == shown
    assert beyond == ()
