"""Do versions and visits, asked in one statement, tell what a page of boards will show?"""

from datetime import timedelta

import pytest
from sqlalchemy import insert

from forum.core.cache import CacheName
from forum.core.clock import utc_now
from forum.core.db import recorded_statements
from forum.core.uow import unit_of_work
from forum.models import Announcement, Board, BoardVisit, Favorite, FavoriteKind
from forum.queries.board_filters import ListFilter
from forum.queries.board_openings import OpenedBoard, open_board, open_index
from forum.queries.board_threads import board_page
from forum.queries.boards import index_page
from forum.queries.thread_slices import Order
from tests.factories import FIRST_BOARD_ID, Forum

NOW = utc_now()


def opened(forum: Forum, member_id: int | None = None, now=None, **filter) -> OpenedBoard:
    actor, site = forum.actor(member_id, now), forum.site()
    with forum.read() as s:
        board = site.boards[FIRST_BOARD_ID]
        return open_board(s, site, actor, board, ListFilter(**filter), 1)


@pytest.mark.parametrize("size", [1, 20])
def test_a_page_of_boards_is_known_after_one_statement(forum: Forum, size: int):
    member = forum.member()
    boards = [forum.board(f"版块{n}", FIRST_BOARD_ID) for n in range(size)]
    with unit_of_work(forum.database) as uow:
        for board_id in boards:
            uow.session.add(BoardVisit(member_id=member, board_id=board_id, seen_at=uow.now))
        uow.session.add(
            Favorite(
                member_id=member, kind=FavoriteKind.BOARD, target_id=FIRST_BOARD_ID,
                created_at=uow.now,
            )
        )  # fmt: skip
    site = forum.site()
    with forum.read() as s:
        open_index(s, site, forum.actor(None))  # members are counted once for each new one
    for member_id in (None, member):
        actor = forum.actor(member_id)
        forum.commit()
        with forum.read() as s, recorded_statements() as statements:
            board = open_board(s, site, actor, site.boards[FIRST_BOARD_ID], ListFilter(), 1)
            index = open_index(s, site, actor)

        assert len(statements) == 2
        assert len(board.visits) == len(index.visits) == (size if member_id else 0)
        assert board.is_favorite is bool(member_id)
        assert bool(index.favorite_ids) is bool(member_id)
    guest = forum.actor(None)
    with recorded_statements() as statements:
        open_board(None, site, guest, site.boards[FIRST_BOARD_ID], ListFilter(), 1)
    assert statements == []


def test_new_is_what_the_page_will_say_is_new(forum: Forum):
    member = forum.member(previous_visit_at=NOW - timedelta(hours=20))
    below = [forum.board(f"子版{n}", FIRST_BOARD_ID) for n in range(3)]
    for hours in range(1, 30, 4):
        forum.thread(title=str(hours), at=NOW - timedelta(hours=hours))
    forum.thread(title="置顶", at=NOW, sticky_level=1)
    for number, board_id in enumerate(below):
        forum.thread(board_id=board_id, at=NOW - timedelta(hours=15 * number))
    site = forum.site()
    for hours in (None, 3, 10, 25):
        with unit_of_work(forum.database) as uow:
            if hours is not None:
                at = NOW - timedelta(hours=hours)
                for board_id in (FIRST_BOARD_ID, below[1]):
                    uow.session.merge(BoardVisit(member_id=member, board_id=board_id, seen_at=at))
        actor = forum.actor(member)
        with forum.read() as s:
            board = open_board(s, site, actor, site.boards[FIRST_BOARD_ID], ListFilter(), 1)
            page = board_page(s, site, actor, board)

        threads, boards = board.new_to(actor, page.marks)

        assert threads == tuple(row.is_new for row in page.rows)
        assert boards == {one.id for one in page.sub_boards if one.is_new}
        assert board.new_to(forum.actor(None), page.marks) == ()


def test_the_index_marks_every_board_it_shows(forum: Forum):
    member = forum.member()
    forum.thread()
    empty = forum.board("空的")
    actor, site = forum.actor(member), forum.site()
    with forum.read() as s:
        page = index_page(s, site, actor, open_index(s, site, actor))

    assert dict(page.marks).keys() == {FIRST_BOARD_ID, empty}
    assert dict(page.marks)[empty] is None


def test_an_announcement_comes_and_goes_with_the_clock(forum: Forum):
    with unit_of_work(forum.database) as uow:
        begins, ends = NOW + timedelta(seconds=5), NOW + timedelta(seconds=9)
        uow.session.add(Announcement(title="四秒钟", starts_at=begins, ends_at=ends))
        uow.bump(CacheName.SITE)

    keys = [opened(forum, now=NOW + timedelta(seconds=second)).key for second in (1, 6, 7, 10)]

    assert keys[0] == keys[3] != keys[1] == keys[2]
    assert opened(forum, now=NOW + timedelta(seconds=6), digest=True).announcement is None


def test_only_steady_lists_are_shared_and_only_with_those_who_do_not_moderate(forum: Forum):
    moderator = forum.moderator(FIRST_BOARD_ID)

    assert opened(forum).is_shared
    assert opened(forum, order=Order.HEAT, type_id=3, digest=True).is_shared
    assert not opened(forum, order=Order.VIEWS).is_shared
    assert not opened(forum, within=86400).is_shared
    assert not opened(forum, moderator).is_shared


def test_a_board_far_below_counts_for_the_page_it_is_shown_on(forum: Forum):
    parent = forum.board("子版", FIRST_BOARD_ID)
    with unit_of_work(forum.database) as uow:
        deep = {"name": "孙版", "parent_id": parent, "created_at": uow.now}
        deep_id = uow.session.execute(insert(Board).values(deep)).inserted_primary_key[0]
        uow.bump(CacheName.SITE)
    before = opened(forum).key

    forum.thread(board_id=deep_id)

    assert opened(forum).key != before
