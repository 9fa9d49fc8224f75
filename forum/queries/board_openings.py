"""Which page of boards is asked for, and what does it follow from? Known before any thread or number is read.

One statement tells the versions of what a page shows and what of it is its reader's own. A page
drawn from the same versions need not be read again (http/outlines.py, docs/decisions/0016-outlines.md).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, bindparam, func, literal, literal_column, or_, select
from sqlalchemy.orm import Session, aliased

from forum.core.reading import unchanged
from forum.models import (
    Board,
    BoardVisit,
    Favorite,
    FavoriteKind,
    Member,
    MemberState,
    OnlineVisit,
    Thread,
    ThreadState,
)
from forum.policies.actor import Actor
from forum.policies.boards import may_start_thread
from forum.policies.verdict import Verdict
from forum.queries.board_filters import ListFilter
from forum.queries.site import AnnouncementInfo, BoardInfo, Site
from forum.queries.thread_slices import Order
from forum.queries.visited import visited_boards

Visits = Mapping[int, datetime]  # when a member last looked at which board, the latest first


class ListMarks(NamedTuple):
    """What of a board's page decides how New it is to a member."""

    threads: tuple[datetime, ...]  # the last posts of those that may carry New
    boards: tuple[tuple[int, datetime | None], ...]  # the last posts of the boards below


@dataclass(frozen=True)
class OpenedBoard:
    """A page of a board, but for its threads and numbers."""

    board: BoardInfo
    filter: ListFilter
    page: int
    announcement: AnnouncementInfo | None
    may_start: Verdict
    moderates: bool
    # Of the board and those below it, of the sticky threads of other boards; () where nobody asked.
    versions: tuple[object, ...] = ()
    visits: Visits = field(default_factory=dict)
    is_favorite: bool = False
    pending_count: int = 0

    @property
    def order(self) -> Order:
        if self.filter.order is not None:
            return self.filter.order
        own = self.board.default_order
        return Order(own) if own in list(Order) else Order.LAST_POST

    @property
    def is_steady(self) -> bool:
        """Do the versions tell which threads are listed? Views are counted without one; a window moves by itself."""
        return self.order is not Order.VIEWS and not self.filter.within

    @property
    def is_shared(self) -> bool:
        """Is it the same page for readers of the same rights? Moderators have boxes of their own."""
        return self.is_steady and not self.moderates

    @property
    def list_key(self) -> tuple[object, ...]:
        """What the threads and numbers follow from, with the site's version and what may be read."""
        return (self.board.id, self.filter, self.page, self.versions)

    @property
    def key(self) -> tuple[object, ...]:
        """What the page follows from, apart from its reader's rights and marks."""
        return (
            self.list_key, self.announcement, self.pending_count, self.is_favorite, self.may_start,
            str(self.may_start.data),
        )  # fmt: skip

    def new_to(self, actor: Actor, marks: ListMarks) -> tuple[object, ...]:
        """What of the page is New to the actor."""
        if actor.is_guest:
            return ()
        seen = seen_until(actor, self.visits.get(self.board.id))
        threads = tuple(seen is None or at > seen for at in marks.threads)
        return threads, new_boards(actor, self.visits, marks.boards)

    def visited(self, site: Site, actor: Actor) -> tuple[tuple[int, str], ...]:
        """浏览过的版块 of a member: the others, the latest first. No statement."""
        return visited_boards(site, actor, self.visits, but=self.board.id)


@dataclass(frozen=True)
class OpenedIndex:
    """The index or a category, but for the boards' numbers."""

    version: int  # the sum of all boards' versions
    newest_member: tuple[int, str] | None
    newest_seen_at: datetime | None  # of all visits: when the online list last changed
    member_count: int
    announcements: tuple[AnnouncementInfo, ...]
    visits: Visits = field(default_factory=dict)
    favorite_ids: frozenset[int] = frozenset()

    @property
    def key(self) -> tuple[object, ...]:
        """What the page follows from, apart from its reader's rights and marks."""
        return (
            self.version, self.newest_member, self.member_count, self.announcements,
            self.favorite_ids,
        )  # fmt: skip


def seen_until(actor: Actor, visited_at: datetime | None) -> datetime | None:
    """Up to when has a member seen what happened in a board visited then? None: never anything."""
    before = actor.previous_visit_at
    if visited_at is None or before is None:
        return visited_at or before
    return max(visited_at, before)


def is_new_to(actor: Actor, at: datetime | None, visited_at: datetime | None) -> bool:
    """Has a member not seen what happened `at`? Guests' browsers answer for themselves."""
    if actor.is_guest or at is None:
        return False
    seen = seen_until(actor, visited_at)
    return seen is None or at > seen


def new_boards(
    actor: Actor, visits: Visits, marks: Iterable[tuple[int, datetime | None]]
) -> frozenset[int]:
    """Which of some boards are New to the actor, by their last posts."""
    return frozenset(one for one, at in marks if is_new_to(actor, at, visits.get(one)))


def active_announcements(site: Site, now: datetime) -> tuple[AnnouncementInfo, ...]:
    """Those whose time it is, in their order. No statement."""
    return tuple(
        one
        for one in site.announcements
        if one.starts_at <= now and (one.ends_at is None or one.ends_at > now)
    )


def open_board(
    s: Session | None, site: Site, actor: Actor, board: BoardInfo, filter: ListFilter, page: int
) -> OpenedBoard:
    """A page of a board one may read, as far as its versions tell. One statement.

    :param s: None where the page is drawn anyway: a guest's, whose versions nobody asks for. No statement.
    """
    is_first = page == 1 and not filter.is_set
    announcement = next(iter(active_announcements(site, actor.now)), None) if is_first else None
    may_start, moderates = may_start_thread(actor, board), actor.moderates(board.id)
    if s is None:
        return OpenedBoard(board, filter, page, announcement, may_start, moderates)
    values: dict[str, Any] = {"board_id": board.id}
    if not actor.is_guest:
        values["me"] = actor.member_id
    below = tuple(one.id for one in site.descendants(board.id))
    rows = unchanged(s, _board_statement(actor.is_guest, below), values)
    versions = tuple(rows[0][:4])
    if actor.is_guest:
        return OpenedBoard(board, filter, page, announcement, may_start, moderates, versions)
    _, _, _, _, pending_count, is_favorite, _, _ = rows[0]
    return OpenedBoard(
        board, filter, page, announcement, may_start, moderates, versions,
        visits={row[6]: row[7] for row in rows if row[6] is not None},
        is_favorite=bool(is_favorite), pending_count=pending_count,
    )  # fmt: skip


@lru_cache(maxsize=1024)
def _board_statement(is_guest: bool, below: tuple[int, ...]) -> Select[*tuple[Any, ...]]:
    """Versions of a board's page; for a member a row for each board visited, one row at least.

    Parameters: board_id; me for a member. The boards below are written out: they seldom change, and
    a list among the parameters costs as much as the rest of the statement.
    """
    other = aliased(Board)
    versions_below: Any = literal(0)
    if below:
        ids: list[Any] = [literal_column(str(board_id)) for board_id in below]
        versions_below = (
            select(func.coalesce(func.sum(other.version), 0))
            .where(other.id.in_(ids))
            .scalar_subquery()
        )
    # What is sticky in a category or everywhere stands in boards whose versions do not rise with it.
    level, visible = Thread.sticky_level, Thread.state == ThreadState.VISIBLE
    sticky = (
        select(func.coalesce(func.sum(Thread.id * 1_000_003 + Thread.version), 0))
        .where(or_(level == literal_column("2"), level == literal_column("3")), visible)
        .scalar_subquery()
    )
    columns = (Board.version, Board.favorite_count, versions_below, sticky)
    if is_guest:
        return select(*columns).where(Board.id == bindparam("board_id"))
    me: Any = bindparam("me")
    is_favorite = (
        select(Favorite.target_id)
        .where(
            Favorite.member_id == me,
            Favorite.kind == FavoriteKind.BOARD,
            Favorite.target_id == bindparam("board_id"),
        )
        .exists()
    )
    pending = own_pending_threads().scalar_subquery()
    return (
        select(*columns, pending, is_favorite, BoardVisit.board_id, BoardVisit.seen_at)
        .outerjoin(BoardVisit, BoardVisit.member_id == me)
        .where(Board.id == bindparam("board_id"))
        .order_by(BoardVisit.seen_at.desc(), BoardVisit.board_id)
    )


def own_pending_threads() -> Select[*tuple[Any, ...]]:
    """How many threads of `me` in the board `board_id` wait for approval; a scalar subquery's select."""
    return (
        select(func.count())
        .select_from(Thread)
        .where(
            Thread.author_id == bindparam("me"),
            Thread.state == ThreadState.PENDING,
            Thread.board_id == bindparam("board_id"),
        )
    )


def open_index(s: Session, site: Site, actor: Actor) -> OpenedIndex:
    """The index or a category, as far as versions tell. One statement; one more after somebody has joined."""
    visits: dict[int, datetime] = {}
    favorite_ids: set[int] = set()
    if actor.is_guest:
        version, newest_id, newest_name, newest_seen_at = unchanged(s, _GUEST_INDEX, {})[0]
    else:
        version, newest_id, newest_name, newest_seen_at = 0, None, "", None
        for row in unchanged(s, _MEMBER_INDEX, {"me": actor.member_id}):
            board_id, board_version, seen_at, favorite, newest_id, newest_name, newest_seen_at = row
            version += board_version
            if seen_at is not None:
                visits[board_id] = seen_at
            if favorite is not None:
                favorite_ids.add(board_id)
    return OpenedIndex(
        version=int(version),
        newest_member=(newest_id, newest_name) if newest_id else None,
        newest_seen_at=newest_seen_at,
        member_count=_member_count(s, newest_id, actor.now),
        announcements=active_announcements(site, actor.now),
        visits=visits,
        favorite_ids=frozenset(favorite_ids),
    )


LISTS_VERSION = select(func.coalesce(func.sum(Board.version), 0))
# An account that an import made joined nothing; it is not welcomed.
_JOINED = Member.state != MemberState.UNCLAIMED
_NEWEST = select(func.max(Member.id)).where(_JOINED).scalar_subquery()
_SITE_FACTS = (
    _NEWEST.label("newest_id"),
    select(Member.name).where(Member.id == _NEWEST).scalar_subquery().label("newest_name"),
    select(func.max(OnlineVisit.seen_at)).scalar_subquery().label("newest_seen_at"),
)
_GUEST_INDEX = select(LISTS_VERSION.scalar_subquery(), *_SITE_FACTS)
_MEMBER_INDEX = (
    select(Board.id, Board.version, BoardVisit.seen_at, Favorite.target_id, *_SITE_FACTS)
    .outerjoin(
        BoardVisit, and_(BoardVisit.board_id == Board.id, BoardVisit.member_id == bindparam("me"))
    )
    .outerjoin(
        Favorite,
        and_(
            Favorite.target_id == Board.id,
            Favorite.kind == FavoriteKind.BOARD,
            Favorite.member_id == bindparam("me"),
        ),
    )
)
_MEMBER_COUNT = (
    select(func.count()).select_from(Member).where(_JOINED, Member.id > bindparam("known"))
)
_RECOUNT_AFTER = timedelta(hours=1)  # accounts of an import join when they are claimed, out of turn


def _member_count(s: Session, newest_id: int | None, now: datetime) -> int:
    """How many have joined. Counting walks the whole table: once an hour, else only who is new."""
    known: dict[str, Any] = s.info["database"].info
    last_id, count, counted_at = known.get("member_count", (0, 0, None))
    newest = newest_id or 0
    if counted_at is None or newest < last_id or now - counted_at > _RECOUNT_AFTER:
        last_id, count, counted_at = 0, 0, now
    if newest > last_id:
        count += s.scalar(_MEMBER_COUNT, {"known": last_id}) or 0
    known["member_count"] = (newest, count, counted_at)
    return int(count)
