"""Read model of the board page: its head, its sticky threads, one page of the others."""

from dataclasses import dataclass, field
from functools import cache
from typing import Any

from markupsafe import Markup
from sqlalchemy import BindParameter, Select, and_, bindparam, func, literal, or_, select
from sqlalchemy.orm import Session

from forum.core.paging import Pager, pager
from forum.models import Thread, ThreadState
from forum.policies.actor import Actor
from forum.policies.verdict import Verdict
from forum.queries.board_filters import ListFilter, Shape
from forum.queries.board_openings import ListMarks, OpenedBoard, is_new_to
from forum.queries.boards import (
    BoardEntry,
    Numbers,
    board_entries,
    numbers_of,
    numbers_statement,
)
from forum.queries.site import AnnouncementInfo, BoardInfo, Site, TypeInfo
from forum.queries.thread_marks import marks_told
from forum.queries.thread_rows import COLUMNS, IS_DIGEST, ThreadRow, thread_row
from forum.queries.thread_slices import KEYS, Conditions, Order, ThreadList, slice_rows
from forum.queries.threads.facts import LastAction

VISIBLE, REDIRECT = ThreadState.VISIBLE, ThreadState.REDIRECT
MOST_STICKY = 100
MOST_RECOMMENDED = 10
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


@dataclass(frozen=True)
class BoardRow:
    """A thread in its board's list."""

    thread: ThreadRow
    type: TypeInfo | None
    is_new: bool  # to this member
    is_closed: bool  # by a moderator or by time
    marked: LastAction | None  # 由 X 于 T 置顶
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
    pending_count: int
    may_start: Verdict
    moderates: bool
    is_favorite: bool
    versions: dict[int, int] = field(hash=False)  # of the boards it shows numbers of

    @property
    def is_empty(self) -> bool:
        return not self.sticky and not self.rows

    @property
    def marks(self) -> ListMarks:
        """What of it may be New to a member."""
        return ListMarks(
            tuple(row.thread.last_post_at for row in self.rows if not row.thread.sticky_level),
            tuple((one.id, one.last_at) for one in self.sub_boards),
        )

    @property
    def own_threads(self) -> tuple[ThreadRow, ...]:
        """The threads of this board: other boards' sticky ones are for their own moderators."""
        return tuple(row.thread for row in (*self.sticky, *self.rows) if not row.is_foreign)


def board_page(s: Session, site: Site, actor: Actor, opened: OpenedBoard) -> BoardPage:
    """A page of a board one may read. At most four statements, one more on the first page where threads
    are recommended, and one where a listed thread carries a mark that the log knows of.

    The page is brought into range; see `BoardPage.pager`.
    """
    board, filter = opened.board, opened.filter
    below = frozenset(one.id for one in site.descendants(board.id)) & actor.readable
    numbers, facts = _numbers_and_facts(s, site, actor, opened, below)
    threads = _thread_list(actor, opened, facts)
    per_page = site.settings.reading.threads_per_page
    pages = pager(opened.page, threads.total, per_page)
    rows = slice_rows(s, threads, skipped=(pages.page - 1) * per_page, most=per_page)
    visited_at = opened.visits.get(board.id)
    types = {one.id: one for each in site.boards.values() for one in each.types}
    is_first = pages.page == 1
    sticky = _sticky(s, site, actor, opened) if is_first else ()
    told = marks_told(s, actor, (*sticky, *rows))

    def shown(row: ThreadRow) -> BoardRow:
        return BoardRow(
            thread=row,
            type=types.get(row.type_id) if row.type_id is not None else None,
            is_new=not row.sticky_level and is_new_to(actor, row.last_post_at, visited_at),
            is_closed=row.is_closed or row.is_autoclosed(board.autoclose_days, actor.now),
            marked=told.get(row.id),
            is_foreign=row.board_id != board.id,
        )

    return BoardPage(
        board=board,
        ancestors=site.ancestors(board.id),
        numbers=numbers[board.id],
        rules=Markup(board.rules_html),  # noqa: S704  rendered by markup
        sub_boards=(
            board_entries(site, actor, board.id, numbers, opened.visits) if opened.page == 1 else ()
        ),
        types=_type_counts(s, board) if board.types and board.types_listed else (),
        announcement=opened.announcement,
        recommended=(
            _recommended(s, board)
            if facts.has_recommended and is_first and not filter.is_set
            else ()
        ),
        sticky=tuple(shown(row) for row in sticky),
        rows=tuple(shown(row) for row in rows),
        pager=pages,
        filter=filter,
        order=opened.order,
        pending_count=opened.pending_count,
        may_start=opened.may_start,
        moderates=opened.moderates,
        is_favorite=opened.is_favorite,
        versions={board_id: one.version for board_id, one in numbers.items()},
    )


def _numbers_and_facts(
    s: Session, site: Site, actor: Actor, opened: OpenedBoard, below: frozenset[int]
) -> tuple[dict[int, Numbers], Any]:
    """The numbers of the board and those below it, and what only the board itself is asked."""
    board_id = opened.board.id
    values = opened.filter.values(board_id, actor.now) | {"board_ids": [board_id, *below]}
    today = actor.now.astimezone(site.zone).date()
    rows = {row.id: row for row in s.execute(_head_statement(opened.filter.shape), values)}
    return {one: numbers_of(row, today) for one, row in rows.items()}, rows[board_id]


@cache
def _head_statement(shape: Shape) -> Select[*tuple[Any, ...]]:
    """Built once for each shape of a filter; parameters as in `_numbers_and_facts`."""
    counted = select(func.count()).select_from(Thread)
    sticky = (Thread.board_id == BOARD, Thread.state == VISIBLE, Thread.sticky_level.between(1, 3))
    matching = counted.where(*_matching(shape)).scalar_subquery() if shape.narrows else literal(0)
    return numbers_statement(of_some=True).add_columns(
        counted.where(*POINTERS).scalar_subquery().label("pointer_count"),
        counted.where(*sticky).scalar_subquery().label("sticky_count"),
        matching.label("matching_count"),
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


def _thread_list(actor: Actor, opened: OpenedBoard, facts: Any) -> ThreadList:
    """What is paged below the sticky threads."""
    board_id, filter = opened.board.id, opened.filter
    if filter.narrows:
        total, pointers = facts.matching_count, None
    else:
        total = max(0, facts.thread_count - facts.sticky_count) + facts.pointer_count
        pointers = POINTERS if facts.pointer_count else None
    name = (board_id, opened.order, filter.type_id, filter.digest) if opened.is_steady else None
    values = filter.values(board_id, actor.now)
    return ThreadList(
        _matching(filter.shape), pointers, values, opened.order, total, name, facts.version
    )


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


def _sticky(s: Session, site: Site, actor: Actor, opened: OpenedBoard) -> tuple[ThreadRow, ...]:
    """Above the separator of page 1: the site's, the category's, the board's own. One statement.

    A filtered list shows the board's own alone. Another board's sticky thread shows only to those
    who may read that board.
    """
    filter, board_id = opened.filter, opened.board.id
    values = filter.values(board_id, actor.now)
    if not filter.narrows:
        category = site.category_id(board_id)
        near = frozenset(one.id for one in site.descendants(category)) & actor.readable
        values.update(readable=list(actor.readable), near=list(near))
    asked = _sticky_statement(filter.shape, opened.order)
    return tuple(thread_row(row) for row in s.execute(asked, values))


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
