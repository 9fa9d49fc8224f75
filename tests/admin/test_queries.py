"""Do the panel's read models ask a fixed number of questions?"""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.orm import Session

from forum.core.clock import utc_now
from forum.core.db import recorded_statements
from forum.core.uow import unit_of_work
from forum.models import AdminLogEntry, Announcement, FriendLink, ThreadType
from forum.queries.admin.boards import (
    board_counts,
    board_moderators,
    board_obstacles,
    board_texts,
    board_types,
)
from forum.queries.admin.groups import group_sizes
from forum.queries.admin.home import home_counts
from forum.queries.admin.log import log_page
from forum.queries.admin.members import (
    MemberFilter,
    claimed_groups,
    member_card,
    member_list,
    unclaimed_members,
)
from forum.queries.admin.operation import link_row, link_rows
from forum.queries.site import Site, site_of
from tests.factories import Forum

QUERIES: list[tuple[int, Callable[[Session, Site], Any]]] = [
    (2, lambda s, site: board_obstacles(s, 2)),
    (1, lambda s, site: board_texts(s, 2)),
    (1, lambda s, site: board_moderators(s, 2)),
    (1, lambda s, site: board_types(s, 2)),
    (1, lambda s, site: board_counts(s)),
    (1, lambda s, site: group_sizes(s)),
    (1, lambda s, site: home_counts(s, site, utc_now())),
    (1, lambda s, site: log_page(s)),
    (2, lambda s, site: member_list(s, MemberFilter("人", 10), 1)),
    (1, lambda s, site: member_card(s, site, 2)),
    (2, lambda s, site: unclaimed_members(s, 1)),
    (1, lambda s, site: claimed_groups(s)),
    (1, lambda s, site: link_rows(s)),
    (1, lambda s, site: link_row(s, 1)),
]


@pytest.mark.parametrize("size", [1, 5])
def test_the_number_of_statements_does_not_grow(forum: Forum, size: int) -> None:
    for number in range(size):
        forum.member(f"人{number}", state="unclaimed", claimed_group_id=3)
        forum.moderator(2, f"版主{number}")
        forum.board(f"子{number}", 2)
        forum.thread(title=f"题{number}")
    with unit_of_work(forum.database) as uow:
        for number in range(size):
            uow.session.add_all(
                [
                    ThreadType(board_id=2, name=f"类{number}"),
                    FriendLink(name="邻", address="https://a.example"),
                    Announcement(title="告", starts_at=uow.now),
                    AdminLogEntry(
                        action="board.created", target="board:2", before={}, after={"name": "x"},
                        created_at=uow.now,
                    ),
                ]
            )  # fmt: skip

    with forum.read() as s:
        site = site_of(s)
        for expected, query in QUERIES:
            with recorded_statements() as statements:
                assert query(s, site)
            assert len(statements) == expected, statements


def test_the_log_is_paged_by_key(forum: Forum) -> None:
    with unit_of_work(forum.database) as uow:
        uow.session.add_all(
            AdminLogEntry(
                action="board.created", target="board:2", before={}, after={}, created_at=uow.now
            )
            for _ in range(60)
        )

    with forum.read() as s:
        first = log_page(s)
        second = log_page(s, before_id=first.older)

    assert (len(first.rows), len(second.rows), second.older) == (50, 10, None)
    assert first.rows[-1].id == second.rows[0].id + 1
