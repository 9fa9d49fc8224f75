"""Does the index add up what one may see, in a fixed number of statements?"""

from datetime import timedelta

import pytest
from sqlalchemy import insert, update

from forum.core.cache import CacheName
from forum.core.clock import utc_now
from forum.core.db import recorded_statements
from forum.core.settings import encode_section
from forum.core.uow import unit_of_work
from forum.models import (
    Announcement,
    Board,
    BoardVisit,
    Favorite,
    FavoriteKind,
    OnlineVisit,
    Setting,
)
from forum.queries.board_openings import open_index
from forum.queries.boards import IndexPage, category_page, index_page
from forum.queries.online import online_members
from forum.settings import Reading
from tests.factories import FIRST_BOARD_ID, FOUNDER_ID, Forum

STAFF = (1, 2, 3)


def index(forum: Forum, member_id: int | None = None) -> IndexPage:
    actor, site = forum.actor(member_id), forum.site()
    with forum.read() as s:
        return index_page(s, site, actor, open_index(s, site, actor))


def entries(page: IndexPage) -> dict:
    return {board.name: board for category in page.categories for board in category.boards}


def change_board(forum: Forum, board_id: int, **values) -> None:
    with unit_of_work(forum.database) as uow:
        uow.session.execute(update(Board).where(Board.id == board_id).values(**values))


def today_of(forum: Forum):
    return utc_now().astimezone(forum.site().zone).date()


def test_a_board_counts_its_sub_boards_and_shows_the_newest_post(forum: Forum):
    parent = forum.board("闲聊灌水")
    below = forum.board("树洞", parent)
    forum.thread(board_id=parent, title="早些时候", at=utc_now() - timedelta(hours=5), replies=1)
    forum.thread(board_id=below, title="刚才", at=utc_now() - timedelta(hours=1))

    board = entries(index(forum))["闲聊灌水"]

    assert (board.numbers.threads, board.numbers.posts) == (2, 3)
    assert board.numbers.last.title == "刚才"
    assert board.sub_boards == ((below, "树洞"),)


def test_what_a_guest_may_not_read_counts_nowhere(forum: Forum):
    parent = forum.board("闲聊灌水")
    secret = forum.board("版主议事", parent, viewers=STAFF)
    other = forum.board("仓库", viewers=STAFF)
    for board_id in (secret, other):
        forum.thread(board_id=board_id, title="CANARY")
        change_board(forum, board_id, today_post_count=7, today_on=today_of(forum))

    page = index(forum)

    assert "CANARY" not in repr(page)
    assert "仓库" not in repr(page)
    assert (page.today, page.posts) == (0, 0)
    assert entries(page)["闲聊灌水"].sub_boards == ()
    assert index(forum, FOUNDER_ID).today == 14


def test_todays_number_is_over_at_midnight_of_the_site(forum: Forum):
    today = today_of(forum)
    other = forum.board("昨天很忙")
    third = forum.board("前天很忙")
    change_board(forum, FIRST_BOARD_ID, today_post_count=3, yesterday_post_count=5, today_on=today)
    change_board(
        forum, other, today_post_count=9, yesterday_post_count=8, today_on=today - timedelta(days=1)
    )
    change_board(forum, third, today_post_count=9, today_on=today - timedelta(days=2))

    page = index(forum)

    assert (page.today, page.yesterday) == (3, 5 + 9)


def test_private_boards_are_named_only_when_the_owner_says_so(forum: Forum):
    secret = forum.board("版主议事", viewers=STAFF)
    forum.board("藏起来的", is_hidden=True)
    forum.thread(board_id=secret, title="CANARY")
    assert "版主议事" not in repr(index(forum))

    with unit_of_work(forum.database) as uow:
        reading = encode_section(Reading(shows_private_boards=True))
        uow.session.add(Setting(section="reading", values=reading))
        uow.bump(CacheName.SITE)

    page = index(forum)
    board = entries(page)["版主议事"]
    assert board.is_private
    assert (board.numbers.threads, board.numbers.last) == (0, None)
    assert "CANARY" not in repr(page)
    assert "藏起来的" not in repr(page)


def test_a_board_is_new_to_a_member_until_it_was_visited(forum: Forum):
    member = forum.member()
    forum.thread(at=utc_now() - timedelta(hours=2))
    assert entries(index(forum, member))["默认版块"].is_new

    with unit_of_work(forum.database) as uow:
        uow.session.add(BoardVisit(member_id=member, board_id=FIRST_BOARD_ID, seen_at=uow.now))

    assert not entries(index(forum, member))["默认版块"].is_new
    forum.thread(at=utc_now() + timedelta(seconds=5))
    assert entries(index(forum, member))["默认版块"].is_new


def test_favorite_boards_come_first_and_only_while_readable(forum: Forum):
    member = forum.member()
    secret = forum.board("版主议事", viewers=STAFF)
    with unit_of_work(forum.database) as uow:
        for board_id in (FIRST_BOARD_ID, secret):
            uow.session.add(
                Favorite(
                    member_id=member,
                    kind=FavoriteKind.BOARD,
                    target_id=board_id,
                    created_at=uow.now,
                )
            )

    assert [board.name for board in index(forum, member).favorites] == ["默认版块"]


def test_announcements_stand_from_start_to_end(forum: Forum):
    now = utc_now()
    with unit_of_work(forum.database) as uow:
        for title, begins, ends in (
            ("现在", -1, 1),
            ("一直", -2, None),
            ("过去", -3, -1),
            ("将来", 1, None),
        ):
            uow.session.add(
                Announcement(
                    title=title,
                    starts_at=now + timedelta(days=begins),
                    ends_at=None if ends is None else now + timedelta(days=ends),
                )
            )
        uow.bump(CacheName.SITE)

    assert [one.title for one in index(forum).announcements] == ["现在", "一直"]


def test_a_category_alone(forum: Forum):
    category = forum.category("生活休闲")
    forum.board("闲聊灌水", category)
    site, actor = forum.site(), forum.actor(None)
    with forum.read() as s, recorded_statements() as statements:
        opened = open_index(s, site, actor)
        page = category_page(s, site, actor, category, opened)

    assert [part.name for part in page.categories] == ["生活休闲"]
    assert len(statements) == 3  # members were counted for the first time


@pytest.mark.parametrize("boards", [1, 25])
def test_the_index_takes_two_statements_and_two_more_when_somebody_came(forum: Forum, boards: int):
    with unit_of_work(forum.database) as uow:
        uow.session.execute(
            insert(Board), [{"name": f"版块{n}", "parent_id": 1, "created_at": uow.now} for n in range(boards)]
        )  # fmt: skip
        uow.session.execute(
            insert(OnlineVisit),
            [{"visitor": f"g{n}", "seen_at": uow.now} for n in range(boards)]
            + [{"visitor": "m1", "member_id": 1, "seen_at": uow.now}],
        )
        uow.bump(CacheName.SITE)
    site = forum.site()
    with forum.read() as s:
        open_index(s, site, forum.actor(None))  # members are counted once for each new one
    for member_id, most in ((None, 4), (FOUNDER_ID, 2)):
        actor = forum.actor(member_id)
        forum.commit()
        with forum.read() as s, recorded_statements() as statements:
            opened = open_index(s, site, actor)
            page = index_page(s, site, actor, opened)
            seen_at = opened.newest_seen_at
            online = online_members(s, site, actor, newest_seen_at=seen_at)

        assert len(entries(page)) == boards + 1
        assert online.guest_count == boards
        assert len(statements) == most
