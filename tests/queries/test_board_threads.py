"""Is a board's list complete, in order, and paged without gaps?"""

from datetime import timedelta

import pytest
from sqlalchemy import insert, update

from forum.core.cache import CacheName
from forum.core.clock import utc_now
from forum.core.db import recorded_statements
from forum.core.uow import unit_of_work
from forum.models import Board, BoardVisit, Thread, ThreadState, ThreadType
from forum.policies.verdict import Refusal
from forum.queries.board_filters import WITHIN, ListFilter
from forum.queries.board_openings import OpenedBoard, open_board
from forum.queries.board_threads import BoardPage, board_page
from forum.queries.thread_slices import Order
from tests.factories import FIRST_BOARD_ID, FOUNDER_ID, Forum

STAFF = (1, 2, 3)
NOW = utc_now()


def show(
    forum: Forum,
    page: int = 1,
    *,
    board_id: int = FIRST_BOARD_ID,
    member_id: int | None = None,
    **filter,
) -> BoardPage:
    actor, site = forum.actor(member_id), forum.site()
    with forum.read() as s:
        opened = open_board(s, site, actor, site.boards[board_id], ListFilter(**filter), page)
        return board_page(s, site, actor, opened)


def opened_by(forum: Forum, member_id: int | None = None) -> OpenedBoard:
    actor, site = forum.actor(member_id), forum.site()
    with forum.read() as s:
        return open_board(s, site, actor, site.boards[FIRST_BOARD_ID], ListFilter(), 1)


def titles(rows) -> list[str]:
    return [row.thread.title for row in rows]


def fill(forum: Forum, count: int, pointers: int) -> None:
    target = forum.thread(board_id=forum.board("别处"), title="target") if pointers else None
    with unit_of_work(forum.database) as uow:
        rows = []
        for n in range(count):
            is_moved = n % 9 == 4 and n < pointers * 9
            rows.append(
                {
                    "board_id": FIRST_BOARD_ID, "author_id": 1, "author_name": "founder",
                    "title": str(n), "created_at": NOW - timedelta(minutes=count - n),
                    "last_post_at": NOW - timedelta(minutes=n // 3), "reply_count": n % 7,
                    "view_count": n * 13 % 101, "heat": n % 5,
                    "state": ThreadState.REDIRECT if is_moved else ThreadState.VISIBLE,
                    "moved_to_id": target if is_moved else None,
                }
            )  # fmt: skip
        uow.session.execute(insert(Thread), rows)
        change = {"thread_count": count - pointers, "version": Board.version + 1}
        uow.session.execute(update(Board).where(Board.id == FIRST_BOARD_ID).values(change))


def all_pages(forum: Forum, order: Order | None, backwards: bool) -> list:
    last = show(forum, order=order).pager.page_count
    pages = {}
    for page in sorted(range(1, last + 1), reverse=backwards):
        pages[page] = [row.thread for row in show(forum, page, order=order).rows]
    return [thread for page in sorted(pages) for thread in pages[page]]


KEYS = {
    None: lambda thread: (thread.last_post_at, thread.id),
    Order.CREATED: lambda thread: (thread.created_at, thread.id),
    Order.REPLIES: lambda thread: (thread.reply_count, thread.id),
    Order.VIEWS: lambda thread: (thread.view_count, thread.id),
    Order.HEAT: lambda thread: (thread.heat, thread.id),
}


@pytest.mark.parametrize("pointers", [0, 6])
@pytest.mark.parametrize("backwards", [False, True])
def test_the_pages_of_every_order_hold_each_thread_once(
    forum: Forum, pointers: int, backwards: bool, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("forum.queries.page_anchors.WORTHWHILE", 20)
    fill(forum, 143, pointers)

    for order, key in KEYS.items():
        found = all_pages(forum, order, backwards)

        assert len({thread.id for thread in found}) == 143
        assert found == sorted(found, key=key, reverse=True), order
        assert sum(thread.is_moved for thread in found) == pointers


def test_an_anchor_is_not_used_after_the_list_has_changed(
    forum: Forum, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("forum.queries.page_anchors.WORTHWHILE", 20)
    fill(forum, 100, 0)
    before = titles(show(forum, 3).rows)
    forum.thread(title="ganz neu", at=NOW + timedelta(minutes=1))
    with unit_of_work(forum.database) as uow:
        uow.session.execute(update(Board).values(version=Board.version + 1))

    after = titles(show(forum, 3).rows)

    assert after[1:] == before[:-1]


def test_sticky_threads_stand_above_in_their_order(forum: Forum):
    near = forum.board("同分区")
    far = forum.board("别的分区", forum.category())
    secret = forum.board("版主议事", viewers=STAFF)
    forum.thread(title="平常")
    forum.thread(title="本版一", sticky_level=1, at=NOW - timedelta(days=3))
    forum.thread(title="本版二", sticky_level=1, at=NOW - timedelta(days=2))
    forum.thread(title="同区分类", board_id=near, sticky_level=2)
    forum.thread(title="同区本版", board_id=near, sticky_level=1)
    forum.thread(title="别区分类", board_id=far, sticky_level=2)
    forum.thread(title="别区全局", board_id=far, sticky_level=3)
    forum.thread(title="CANARY", board_id=secret, sticky_level=3)
    forum.thread(title="CANARY 2", board_id=secret, sticky_level=2)

    page = show(forum)

    assert titles(page.sticky) == ["别区全局", "同区分类", "本版二", "本版一"]
    assert [row.is_foreign for row in page.sticky] == [True, True, False, False]
    assert titles(page.rows) == ["平常"]
    assert titles(show(forum, digest=True).sticky) == []
    assert "CANARY" in repr(show(forum, member_id=FOUNDER_ID).sticky)


def test_filters_leave_out_what_they_should(forum: Forum):
    with unit_of_work(forum.database) as uow:
        for number, name in ((1, "求助"), (2, "分享")):
            uow.session.add(ThreadType(id=number, board_id=FIRST_BOARD_ID, name=name))
        uow.bump(CacheName.SITE)
    forum.thread(title="求助贴", type_id=1, at=NOW - timedelta(days=40))
    forum.thread(title="分享贴", type_id=2, digest_level=2, at=NOW - timedelta(days=3))
    forum.thread(title="置顶的求助", type_id=1, sticky_level=1)
    forum.thread(title="普通贴", at=NOW - timedelta(hours=2))
    forum.thread(title="CANARY", state=ThreadState.RECYCLED)
    forum.thread(title="CANARY", state=ThreadState.PENDING, type_id=1)

    by_type = show(forum, type_id=1)
    assert (titles(by_type.sticky), titles(by_type.rows)) == (["置顶的求助"], ["求助贴"])
    assert [(one.type.name, one.count) for one in by_type.types] == [("求助", 2), ("分享", 1)]
    assert titles(show(forum, digest=True).rows) == ["分享贴"]
    assert titles(show(forum, within=WITHIN[0]).rows) == ["普通贴"]
    assert titles(show(forum, within=WITHIN[3]).rows) == ["普通贴", "分享贴"]
    assert titles(show(forum).rows) == ["普通贴", "分享贴", "求助贴"]
    assert show(forum, type_id=1).rows[0].type.name == "求助"


def test_a_filter_reads_only_what_it_knows():
    asked = {"order": "replies; DROP", "type": "x", "digest": "2", "within": "5"}

    assert ListFilter.from_query(asked) == ListFilter()
    known = {"order": "views", "type": "7", "digest": "1", "within": "86400"}
    filter = ListFilter.from_query(known)
    assert {name: str(value) for name, value in filter.query().items()} == known
    assert filter.query(digest=False)["digest"] is None


def test_the_boards_own_order_is_the_default(forum: Forum):
    board_id = forum.board("按发帖时间", default_order="created")
    old = {"created_at": NOW - timedelta(days=9)}
    forum.thread(board_id=board_id, title="旧帖有新回复", at=NOW)
    forum.thread(board_id=board_id, title="新帖", at=NOW - timedelta(hours=1))
    with unit_of_work(forum.database) as uow:
        uow.session.execute(update(Thread).where(Thread.title == "旧帖有新回复").values(old))

    assert titles(show(forum, board_id=board_id).rows) == ["新帖", "旧帖有新回复"]
    assert titles(show(forum, board_id=board_id, order=Order.LAST_POST).rows)[0] == "旧帖有新回复"


def test_marks_and_numbers_of_a_row(forum: Forum):
    member = forum.member()
    forum.board("别处", autoclose_days=5)
    forum.thread(title="旧", at=NOW - timedelta(days=30), replies=64, view_count=3, heat=101)
    forum.thread(title="新", at=NOW - timedelta(hours=1), is_closed=True)
    with unit_of_work(forum.database) as uow:
        seen_at = NOW - timedelta(hours=2)
        uow.session.add(BoardVisit(member_id=member, board_id=FIRST_BOARD_ID, seen_at=seen_at))

    new, old = show(forum, member_id=member).rows

    assert (new.is_new, old.is_new) == (True, False)
    assert (new.is_closed, old.is_closed) == (True, False)
    assert new.thread.is_young(NOW)
    assert not old.thread.is_young(NOW)
    assert old.thread.page_numbers(10) == (2, 3, 4, 5, 6, 7)
    assert (old.thread.shown_views, old.thread.hot_level((50, 100, 200))) == (64, 2)
    assert not show(forum).rows[0].is_new  # a guest's browser knows


def test_a_board_closes_old_threads_by_itself(forum: Forum):
    board_id = forum.board("限时", autoclose_days=5)
    forum.thread(board_id=board_id, at=NOW - timedelta(days=6))
    forum.thread(board_id=board_id, at=NOW - timedelta(days=4))

    assert [row.is_closed for row in show(forum, board_id=board_id).rows] == [False, True]


def test_who_may_start_and_what_waits(forum: Forum):
    member = forum.member()
    forum.thread(member, title="等待中", state=ThreadState.PENDING)

    assert show(forum).may_start.refusal is Refusal.SIGN_IN
    page = show(forum, member_id=member)
    assert page.may_start
    assert page.pending_count == 1
    assert page.rows == ()
    assert show(forum, member_id=FOUNDER_ID).pending_count == 0


def test_visited_boards_are_the_members_own_and_readable(forum: Forum):
    member = forum.member()
    boards = [forum.board(name) for name in ("甲", "乙")]
    secret = forum.board("版主议事", viewers=STAFF)
    with unit_of_work(forum.database) as uow:
        for minutes, board_id in enumerate([FIRST_BOARD_ID, *boards, secret]):
            at = uow.now - timedelta(minutes=minutes)
            uow.session.add(BoardVisit(member_id=member, board_id=board_id, seen_at=at))

    visited = opened_by(forum, member).visited(forum.site(), forum.actor(member))
    assert [name for _, name in visited] == ["甲", "乙"]


@pytest.mark.parametrize("threads", [3, 60])
def test_a_board_page_takes_five_statements_and_one_for_marks(forum: Forum, threads: int):
    with unit_of_work(forum.database) as uow:
        uow.session.add(ThreadType(board_id=FIRST_BOARD_ID, name="求助"))
        uow.bump(CacheName.SITE)
    is_marked = threads > 10
    fill(forum, threads, 1 if is_marked else 0)  # a pointer is one
    forum.thread(sticky_level=3)
    site = forum.site()
    counts = {}
    for name, member_id, filter in (
        ("guest", None, ListFilter()),
        ("guest, filtered", None, ListFilter(type_id=1)),
        ("member", FOUNDER_ID, ListFilter()),
        ("member, filtered", FOUNDER_ID, ListFilter(digest=True)),
    ):
        actor = forum.actor(member_id)
        with forum.read() as s, recorded_statements() as statements:
            opened = open_board(s, site, actor, site.boards[FIRST_BOARD_ID], filter, 1)
            board_page(s, site, actor, opened)
        counts[name] = len(statements)

    assert max(counts.values()) == 5 + is_marked
