"""Counting in SQL: what a post adds, what its disappearance takes, and counting anew."""

from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, Protocol

from sqlalchemy import bindparam, case, select, update

from forum.commands.points import recompute_total
from forum.core.db import UtcDateTime
from forum.core.uow import UnitOfWork
from forum.models import Board, Member, Thread
from forum.queries.counters import (
    Difference,
    board_differences,
    last_post_of_board,
    member_differences,
    thread_differences,
)
from forum.queries.site import site_of

_MODELS: dict[str, type[Any]] = {"threads": Thread, "boards": Board, "members": Member}
_NO_SYNC = {"synchronize_session": False}


_ADD_TO_MEMBER = (
    update(Member)
    .where(Member.id == bindparam("of_member"))
    .values(
        thread_count=Member.thread_count + bindparam("threads"),
        post_count=Member.post_count + bindparam("posts"),
        digest_count=Member.digest_count + bindparam("digests"),
    )
)


def add_to_member(
    uow: UnitOfWork, member_id: int, *, threads: int = 0, posts: int = 0, digests: int = 0
) -> None:
    """Change a member's counters by these; call points.recompute_total after. One statement."""
    values = {"of_member": member_id, "threads": threads, "posts": posts, "digests": digests}
    uow.session.connection().execute(_ADD_TO_MEMBER, values)


_ADD_TO_BOARD = (
    update(Board)
    .where(Board.id == bindparam("of_board"))
    .values(
        thread_count=Board.thread_count + bindparam("threads"),
        post_count=Board.post_count + bindparam("posts"),
        version=Board.version + 1,
    )
)


def add_to_board(uow: UnitOfWork, board_id: int, *, threads: int = 0, posts: int = 0) -> None:
    """Change a board's counters by these, last in the command: the row is hot. One statement."""
    values = {"of_board": board_id, "threads": threads, "posts": posts}
    uow.session.connection().execute(_ADD_TO_BOARD, values)


class CountedThread(Protocol):
    """What the board keeps of a thread."""

    @property
    def id(self) -> int: ...
    @property
    def board_id(self) -> int: ...
    @property
    def title(self) -> str: ...


class CountedPost(Protocol):
    """What the board keeps of a post."""

    @property
    def floor(self) -> int: ...
    @property
    def author_id(self) -> int: ...
    @property
    def created_at(self) -> datetime: ...


def add_new_post_to_board(
    uow: UnitOfWork, thread: CountedThread, post: CountedPost, *, poster_name: str
) -> None:
    """Count a post that has just become visible: totals, today's number, the board's last post."""
    uow.session.connection().execute(
        _new_post_statement(),
        {
            "of_board": thread.board_id,
            "threads": int(post.floor == 1),
            "posted_at": post.created_at,
            "thread_id": thread.id,
            "title": thread.title,
            "poster_id": post.author_id,
            "poster_name": poster_name,
            **_days(uow),
        },
    )


@cache
def _new_post_statement() -> Any:
    # Of two threads' replies the later one may commit first; the board's last post never goes back.
    posted_at = bindparam("posted_at", type_=UtcDateTime())
    is_newer = Board.last_post_at.is_(None) | (Board.last_post_at <= posted_at)
    last: dict[Any, Any] = {
        Board.last_thread_id: bindparam("thread_id", type_=Board.last_thread_id.type),
        Board.last_title: bindparam("title", type_=Board.last_title.type),
        Board.last_post_at: posted_at,
        Board.last_poster_id: bindparam("poster_id", type_=Board.last_poster_id.type),
        Board.last_poster_name: bindparam("poster_name", type_=Board.last_poster_name.type),
    }
    moved = {column.key: case((is_newer, value), else_=column) for column, value in last.items()}
    return (
        update(Board)
        .where(Board.id == bindparam("of_board"))
        .values(
            thread_count=Board.thread_count + bindparam("threads"),
            post_count=Board.post_count + 1,
            version=Board.version + 1,
            **moved,
            **_more_today(),
        )
    )


def _days(uow: UnitOfWork) -> dict[str, date]:
    """The parameters of `_more_today`: the site's date, and the day before."""
    today = uow.now.astimezone(site_of(uow.session).zone).date()
    return {"today": today, "yesterday": today - timedelta(days=1)}


def add_to_today(uow: UnitOfWork, board_id: int, number: int) -> None:
    """Count posts that were approved today and counted elsewhere. The board is locked by then."""
    counted = update(Board).where(Board.id == bindparam("of_board"))
    uow.session.connection().execute(
        counted.values(version=Board.version + 1, **_more_today(number)),
        {"of_board": board_id, **_days(uow)},
    )


def _more_today(number: int = 1) -> dict[str, Any]:
    """Today's and yesterday's numbers, turned over by the first post after midnight."""
    today = bindparam("today", type_=Board.today_on.type)
    is_today = Board.today_on == today
    was_yesterday = Board.today_on == bindparam("yesterday", type_=Board.today_on.type)
    # A request that began before midnight may get here after one that began later.
    is_late = Board.today_on > today
    return {
        "yesterday_post_count": case(
            (is_today, Board.yesterday_post_count),
            (is_late, Board.yesterday_post_count + number),
            (was_yesterday, Board.today_post_count),
            else_=0,
        ),
        "today_post_count": case(
            (is_today, Board.today_post_count + number),
            (is_late, Board.today_post_count),
            else_=number,
        ),
        "today_on": case((is_late, Board.today_on), else_=today),
    }


def refresh_last_post(uow: UnitOfWork, board_id: int) -> None:
    """Find a board's last post again, after one has gone or moved. Two statements."""
    last = last_post_of_board(uow.session, board_id)
    uow.session.execute(
        update(Board)
        .where(Board.id == board_id)
        .values(
            last_thread_id=last.thread_id if last else None,
            last_title=last.title if last else "",
            last_post_at=last.at if last else None,
            last_poster_id=last.poster_id if last else None,
            last_poster_name=last.poster_name if last else "",
            version=Board.version + 1,
        )
        .execution_options(**_NO_SYNC)
    )


def recount_threads(uow: UnitOfWork, ids: Collection[int] | None = None) -> list[Difference]:
    """Bring threads' counters to what the rows say; what differed comes back."""
    found = list(thread_differences(uow.session, ids))
    _apply(uow, found)
    for difference in found:
        if difference.column == "last_poster_id":
            _name_last_poster(uow, difference.id)
    _relist(uow, {difference.id for difference in found})
    return found


_BOARD_OF = select(Thread.board_id).where(Thread.id == bindparam("of_thread"))


def _relist(uow: UnitOfWork, thread_ids: Collection[int]) -> None:
    """The boards of these threads show something else now."""
    boards = {uow.session.scalar(_BOARD_OF, {"of_thread": one}) for one in thread_ids}
    for board_id in sorted(filter(None, boards)):
        uow.session.execute(
            update(Board)
            .where(Board.id == board_id)
            .values(version=Board.version + 1)
            .execution_options(**_NO_SYNC)
        )


def _name_last_poster(uow: UnitOfWork, thread_id: int) -> None:
    name = select(Member.name).where(Member.id == Thread.last_poster_id).scalar_subquery()
    uow.session.execute(
        update(Thread)
        .where(Thread.id == thread_id)
        .values(last_poster_name=name)
        .execution_options(**_NO_SYNC)
    )


def recount_boards(uow: UnitOfWork, ids: Collection[int] | None = None) -> list[Difference]:
    """Bring boards' counters to what the rows say; what differed comes back."""
    found = list(board_differences(uow.session, ids))
    _apply(uow, (item for item in found if item.column != "last_thread_id"))
    for difference in found:
        if difference.column == "last_thread_id":
            refresh_last_post(uow, difference.id)
    return found


def recount_members(uow: UnitOfWork, ids: Collection[int] | None = None) -> list[Difference]:
    """Bring members' counters to what the rows say, opening counts included; totals follow."""
    found = list(member_differences(uow.session, ids))
    _apply(uow, found)
    for member_id in sorted({difference.id for difference in found}):
        recompute_total(uow, member_id)
    return found


def _apply(uow: UnitOfWork, differences: Iterable[Difference]) -> None:
    for difference in differences:
        model = _MODELS[difference.table]
        values: dict[str, Any] = {difference.column: difference.counted}
        if model is not Member:
            values["version"] = model.version + 1
        uow.session.execute(
            update(model)
            .where(model.id == difference.id)
            .values(**values)
            .execution_options(**_NO_SYNC)
        )
