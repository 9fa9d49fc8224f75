"""Read model of the board page: its head, its sticky threads, one page of the others."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache
from typing import Any, NamedTuple

from markupsafe import Markup
from sqlalchemy import BindParameter, Select, and_, bindparam, func, literal, or_, select
from sqlalchemy.orm import Session

from forum.core.paging import Pager, pager
from forum.models import BoardVisit, Thread, ThreadState
from forum.policies.actor import Actor
from forum.policies.boards import may_start_thread
from forum.policies.verdict import Verdict
from forum.queries.boards import (
    BoardEntry,
    Numbers,
    active_announcements,
    board_entries,
    is_new_to,
    numbers_of,
    numbers_statement,
    own_pending_threads,
)
from forum.queries.site import AnnouncementInfo, BoardInfo, Site, TypeInfo
from forum.queries.thread_rows import COLUMNS, IS_DIGEST, ThreadRow, thread_row
from forum.queries.thread_slices import KEYS, Conditions, Order, ThreadList, slice_rows

VISIBLE, REDIRECT = ThreadState.VISIBLE, ThreadState.REDIRECT
MOST_STICKY = 100
MOST_RECOMMENDED = 10
VISITED_SHOWN = 10
BOARD: BindParameter[int] = bindparam("board_id")

# What moved threads left behind.
POINTERS: Conditions = (
    Thread.board_id == BOARD,
    Thread.state == REDIRECT,
    Thread.sticky_level == 0,
)

# 推荐主题, shown above the list.
RECOMMENDED: tuple[Any, ...] = (
    Thread.board_id == BOARD,
    Thread.is_recommended,
    Thread.state == VISIBLE,
)

DAY = 86400
WITHIN = (DAY, 2 * DAY, 7 * DAY, 30 * DAY, 92 * DAY)  # 一天 .. 三个月, as Discuz! counts them


class Shape(NamedTuple):
    """Which conditions a filter has, whatever their values: one statement each, built once."""

    has_type: bool
    digest: bool
    is_recent: bool

    @property
    def narrows(self) -> bool:
        return any(self)


@dataclass(frozen=True)
class ListFilter:
    """Which threads of a board, and in which order. `order` None = the board's own."""

    order: Order | None = None
    type_id: int | None = None
    digest: bool = False
    within: int | None = None  # seconds since the last post

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> "ListFilter":
        """From an address; what is not understood is left out."""
        order, type_id, within = query.get("order"), query.get("type"), query.get("within")
        return cls(
            order=Order(order) if order in list(Order) else None,
            type_id=int(type_id) if type_id and type_id.isdecimal() and len(type_id) < 18 else None,
            digest=query.get("digest") == "1",
            within=next((seconds for seconds in WITHIN if str(seconds) == within), None),
        )

    def query(self, **changes: Any) -> dict[str, Any]:
        """The address's query, for links that keep or change it."""
        filter = replace(self, **changes)
        return {
            "type": filter.type_id,
            "digest": "1" if filter.digest else None,
            "order": str(filter.order) if filter.order else None,
            "within": filter.within,
        }

    @property
    def shape(self) -> Shape:
        """Which conditions it has."""
        return Shape(self.type_id is not None, self.digest, self.within is not None)

    def values(self, actor: Actor, board: BoardInfo) -> dict[str, Any]:
        """The parameters of statements over a board's threads of this shape."""
        values: dict[str, Any] = {"board_id": board.id}
        if self.type_id is not None:
            values["type_id"] = self.type_id
        if self.within is not None:
            values["since"] = actor.now - timedelta(seconds=self.within)
        return values

    @property
    def narrows(self) -> bool:
        """Does it leave threads out?"""
        return self.shape.narrows

    @property
    def is_set(self) -> bool:
        return self.narrows or self.order is not None


@dataclass(frozen=True)
class BoardRow:
    """A thread in its board's list."""

    thread: ThreadRow
    type: TypeInfo | None
    is_new: bool  # to this member
    is_closed: bool  # by a moderator or by time
    is_foreign: bool  # a sticky thread of another board: this board's moderators leave it alone


@dataclass(frozen=True)
class TypeCount:
    type: TypeInfo
    count: int


@dataclass(frozen=True)
class BoardPage:
    """A board's page."""

    # Hash as little as is needed: these follow from the address and the site's version.
    board: BoardInfo = field(hash=False)
    ancestors: tuple[BoardInfo, ...] = field(hash=False)
    numbers: Numbers
    rules: Markup
    sub_boards: tuple[BoardEntry, ...]
    types: tuple[TypeCount, ...]
    announcement: AnnouncementInfo | None
    recommended: tuple[ThreadRow, ...]
    sticky: tuple[BoardRow, ...]
    rows: tuple[BoardRow, ...]
    pager: Pager
    filter: ListFilter
    order: Order
    visited: tuple[tuple[int, str], ...]
    pending_count: int
    may_start: Verdict
    moderates: bool
    is_favorite: bool
    versions: dict[int, int] = field(hash=False)  # of the boards it shows numbers of

    @property
    def is_empty(self) -> bool:
        return not self.sticky and not self.rows

    @property
    def own_threads(self) -> tuple[ThreadRow, ...]:
        """The threads of this board: other boards' sticky ones are for their own moderators."""
        return tuple(row.thread for row in (*self.sticky, *self.rows) if not row.is_foreign)


def board_page(
    s: Session, site: Site, actor: Actor, board: BoardInfo, filter: ListFilter, page: int
) -> BoardPage:
    """A page of a board one may read. At most four statements for a guest, one more for a member, one
    more on the first page where threads are recommended.

    :param page: brought into range; see `BoardPage.pager`.
    """
    order = filter.order or _default_order(board)
    below = frozenset(one.id for one in site.descendants(board.id)) & actor.readable
    numbers, facts = _numbers_and_facts(s, site, actor, board, below)
    threads = _thread_list(s, actor, board, filter, order, facts)
    per_page = site.settings.reading.threads_per_page
    pages = pager(page, threads.total, per_page)
    rows = slice_rows(s, threads, skipped=(pages.page - 1) * per_page, most=per_page)
    own = numbers[board.id]
    types = {one.id: one for each in site.boards.values() for one in each.types}

    def shown(row: ThreadRow) -> BoardRow:
        return BoardRow(
            thread=row,
            type=types.get(row.type_id) if row.type_id is not None else None,
            is_new=not row.sticky_level and is_new_to(actor, row.last_post_at, own.visited_at),
            is_closed=row.is_closed or row.is_autoclosed(board.autoclose_days, actor.now),
            is_foreign=row.board_id != board.id,
        )

    return BoardPage(
        board=board,
        ancestors=site.ancestors(board.id),
        numbers=own,
        rules=Markup(board.rules_html),  # noqa: S704  rendered by markup
        sub_boards=board_entries(site, actor, board.id, numbers) if page == 1 else (),
        types=_type_counts(s, board) if board.types and board.types_listed else (),
        announcement=_announcement(site, actor, filter, pages.page),
        recommended=(
            _recommended(s, board)
            if facts.has_recommended and pages.page == 1 and not filter.is_set
            else ()
        ),
        sticky=tuple(shown(row) for row in _sticky(s, site, actor, board, filter, order, pages)),
        rows=tuple(shown(row) for row in rows),
        pager=pages,
        filter=filter,
        order=order,
        visited=() if actor.is_guest else _visited(s, site, actor, board.id),
        pending_count=facts.pending_count,
        may_start=may_start_thread(actor, board),
        moderates=actor.moderates(board.id),
        is_favorite=own.is_favorite,
        versions={board_id: one.version for board_id, one in numbers.items()},
    )


def _default_order(board: BoardInfo) -> Order:
    return Order(board.default_order) if board.default_order in list(Order) else Order.LAST_POST


def _numbers_and_facts(
    s: Session, site: Site, actor: Actor, board: BoardInfo, below: frozenset[int]
) -> tuple[dict[int, Numbers], Any]:
    """The numbers of the board and those below it, and what only the board itself is asked."""
    values: dict[str, Any] = {"board_id": board.id, "board_ids": [board.id, *below]}
    if not actor.is_guest:
        values["me"] = actor.member_id
    today = actor.now.astimezone(site.zone).date()
    rows = {row.id: row for row in s.execute(_head_statement(actor.is_guest), values)}
    return {board_id: numbers_of(row, today) for board_id, row in rows.items()}, rows[board.id]


@cache
def _head_statement(is_guest: bool) -> Select[*tuple[Any, ...]]:
    """Built once for guests and once for members; parameters as in `_numbers_and_facts`."""
    counted = select(func.count()).select_from(Thread)
    sticky = (Thread.board_id == BOARD, Thread.state == VISIBLE, Thread.sticky_level.between(1, 3))
    pending = literal(0) if is_guest else own_pending_threads().scalar_subquery()
    return numbers_statement(is_guest=is_guest, of_some=True).add_columns(
        counted.where(*POINTERS).scalar_subquery().label("pointer_count"),
        counted.where(*sticky).scalar_subquery().label("sticky_count"),
        pending.label("pending_count"),
        # Whatever their state: with it SQLite would rather walk the whole board than this small index.
        select(Thread.id).where(*RECOMMENDED[:2]).exists().label("has_recommended"),
    )


def _recommended(s: Session, board: BoardInfo) -> tuple[ThreadRow, ...]:
    """推荐主题, the newest first. One statement."""
    rows = s.execute(_recommended_statement(), {"board_id": board.id})
    return tuple(thread_row(row) for row in rows)


@cache
def _recommended_statement() -> Select[*tuple[Any, ...]]:
    return (
        select(*COLUMNS)
        .where(*RECOMMENDED)
        .order_by(Thread.id.desc())
        .limit(MOST_RECOMMENDED)
    )  # fmt: skip


def _thread_list(
    s: Session, actor: Actor, board: BoardInfo, filter: ListFilter, order: Order, facts: Any
) -> ThreadList:
    """What is paged below the sticky threads. Counts in one statement where the filter narrows."""
    conditions = _matching(filter.shape)
    values = filter.values(actor, board)
    if filter.narrows:
        total = s.scalar(_count_statement(filter.shape), values) or 0
        pointers = None
    else:
        total = max(0, facts.thread_count - facts.sticky_count) + facts.pointer_count
        pointers = POINTERS if facts.pointer_count else None
    # Views are counted without a new version of the board; a window of time moves by itself.
    is_steady = order in (Order.LAST_POST, Order.CREATED, Order.REPLIES) and not filter.within
    name = (board.id, order, filter.type_id, filter.digest) if is_steady else None
    return ThreadList(conditions, pointers, values, order, total, name, facts.version)


@cache
def _matching(shape: Shape, *, is_sticky: bool = False) -> Conditions:
    """The board's visible threads that pass a filter, either the sticky ones or the others."""
    conditions = [
        Thread.board_id == BOARD,
        Thread.state == VISIBLE,
        Thread.sticky_level.between(1, 3) if is_sticky else Thread.sticky_level == 0,
    ]
    if shape.has_type:
        conditions.append(Thread.type_id == bindparam("type_id"))
    if shape.digest:
        conditions.append(IS_DIGEST)
    if shape.is_recent:
        conditions.append(Thread.last_post_at >= bindparam("since"))
    return tuple(conditions)


@cache
def _count_statement(shape: Shape) -> Select[int]:
    return select(func.count()).select_from(Thread).where(*_matching(shape))


def _sticky(
    s: Session,
    site: Site,
    actor: Actor,
    board: BoardInfo,
    filter: ListFilter,
    order: Order,
    pages: Pager,
) -> tuple[ThreadRow, ...]:
    """Above the separator of page 1: the site's, the category's, the board's own.

    A filtered list shows the board's own alone. Another board's sticky thread shows only to those
    who may read that board.
    """
    if pages.page > 1:
        return ()
    values = filter.values(actor, board)
    if not filter.narrows:
        category = site.category_id(board.id)
        near = frozenset(one.id for one in site.descendants(category)) & actor.readable
        values.update(readable=list(actor.readable), near=list(near))
    return tuple(
        thread_row(row) for row in s.execute(_sticky_statement(filter.shape, order), values)
    )


@cache
def _sticky_statement(shape: Shape, order: Order) -> Select[*tuple[Any, ...]]:
    """Parameters: those of the filter; where it does not narrow, readable and near board ids."""
    condition = and_(*_matching(shape, is_sticky=True))
    if not shape.narrows:
        readable = Thread.board_id.in_(bindparam("readable", expanding=True))
        near = Thread.board_id.in_(bindparam("near", expanding=True))
        condition = or_(
            condition,
            and_(Thread.sticky_level == 3, Thread.state == VISIBLE, readable),
            and_(Thread.sticky_level == 2, Thread.state == VISIBLE, near),
        )
    return (
        select(*COLUMNS)
        .where(condition)
        .order_by(Thread.sticky_level.desc(), KEYS[order].desc(), Thread.id.desc())
        .limit(MOST_STICKY)
    )


def _type_counts(s: Session, board: BoardInfo) -> tuple[TypeCount, ...]:
    """How many threads each type of the strip holds. One statement over an index alone."""
    counts: dict[int | None, int] = {}
    for type_id, count in s.execute(
        select(Thread.type_id, func.count())
        .where(
            Thread.board_id == board.id,
            Thread.type_id.in_([one.id for one in board.types]),
            Thread.state == VISIBLE,
        )
        .group_by(Thread.type_id)
    ):
        counts[type_id] = count
    return tuple(TypeCount(one, counts.get(one.id, 0)) for one in board.types)


def _announcement(
    site: Site, actor: Actor, filter: ListFilter, page: int
) -> AnnouncementInfo | None:
    if page > 1 or filter.is_set:
        return None
    return next(iter(active_announcements(site, actor.now)), None)


def _visited(s: Session, site: Site, actor: Actor, board_id: int) -> tuple[tuple[int, str], ...]:
    """浏览过的版块 of a member, the latest first. One statement."""
    ids = s.scalars(_VISITED, {"me": actor.member_id})
    seen = [one for one in ids if one != board_id and one in actor.readable]
    return tuple((one, site.boards[one].name) for one in seen[:VISITED_SHOWN])


# A row for each board at most; which of them one may read is known here.
_VISITED = (
    select(BoardVisit.board_id)
    .where(BoardVisit.member_id == bindparam("me"))
    .order_by(BoardVisit.seen_at.desc(), BoardVisit.board_id)
)
