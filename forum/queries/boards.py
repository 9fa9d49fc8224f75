"""Read models of the index and of a board's head: the tree with its numbers, as one may see it."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from markupsafe import Markup
from sqlalchemy import BindParameter, Select, and_, bindparam, func, null, select
from sqlalchemy.orm import Session

from forum.core.db import UtcDateTime
from forum.models import (
    Board,
    BoardVisit,
    Favorite,
    FavoriteKind,
    Member,
    MemberState,
    OnlineRecord,
    OnlineVisit,
    Thread,
    ThreadState,
)
from forum.policies.actor import Actor
from forum.queries.online import Online, OnlineTop, online_members
from forum.queries.site import AnnouncementInfo, BoardInfo, Site


@dataclass(frozen=True)
class LastPost:
    """The newest post of a board."""

    thread_id: int
    title: str
    at: datetime
    author_id: int | None
    author_name: str


@dataclass(frozen=True)
class Numbers:
    """A board's own counters, today's and yesterday's already right for the site's date."""

    threads: int = 0
    posts: int = 0
    today: int = 0
    yesterday: int = 0
    favorites: int = 0
    last: LastPost | None = None
    # What a list does not show must not make its drawn rows differ (http/fragments.py).
    visited_at: datetime | None = field(default=None, compare=False)
    is_favorite: bool = field(default=False, compare=False)
    version: int = field(default=0, compare=False)

    def with_below(self, below: "list[Numbers]") -> "Numbers":
        """Counts with those of the sub-boards; the newest of all last posts."""
        lasts = [numbers.last for numbers in (self, *below) if numbers.last is not None]
        return Numbers(
            threads=self.threads + sum(numbers.threads for numbers in below),
            posts=self.posts + sum(numbers.posts for numbers in below),
            today=self.today + sum(numbers.today for numbers in below),
            yesterday=self.yesterday + sum(numbers.yesterday for numbers in below),
            favorites=self.favorites,
            last=max(lasts, key=lambda last: last.at, default=None),
            visited_at=self.visited_at,
            is_favorite=self.is_favorite,
            version=self.version,
        )


@dataclass(frozen=True)
class BoardEntry:
    """A board in the list of its category or parent."""

    id: int
    name: str
    color: int | None
    description: Markup
    numbers: Numbers
    sub_boards: tuple[tuple[int, str], ...]
    moderators: tuple[tuple[int, str], ...]
    is_new: bool  # of a member; a guest's browser knows for itself
    is_private: bool = False  # its name may be known, nothing more
    redirect_address: str = ""


@dataclass(frozen=True)
class CategoryEntry:
    """A heading with the boards below it. `id` None: boards without a category, or favourites."""

    id: int | None
    name: str
    color: int | None
    columns: int
    moderators: tuple[tuple[int, str], ...]
    boards: tuple[BoardEntry, ...]


@dataclass(frozen=True)
class IndexPage:
    """The index, or one category of it."""

    categories: tuple[CategoryEntry, ...]
    favorites: tuple[BoardEntry, ...]
    today: int
    yesterday: int
    posts: int
    member_count: int
    newest_member: tuple[int, str] | None
    announcements: tuple[AnnouncementInfo, ...]
    online: Online | None
    version: int  # the sum of all boards' versions


def index_page(s: Session, site: Site, actor: Actor) -> IndexPage:
    """Everything of the index. Two statements; one more when somebody has come or gone, one after
    somebody has joined.
    """
    numbers = board_numbers(s, site, actor)
    cutoff = actor.now - site.settings.reading.online_hold
    facts = s.execute(_SITE_FACTS, {"cutoff": cutoff}).one()
    seen = {board_id: n for board_id, n in numbers.items() if board_id in actor.readable}
    entries = {board_id: n for board_id, n in seen.items() if n.is_favorite}
    return IndexPage(
        categories=_categories(site, actor, numbers),
        favorites=tuple(
            _entry(site, actor, board, numbers)
            for board in site.boards.values()
            if board.id in entries
        ),
        today=sum(n.today for n in seen.values()),
        yesterday=sum(n.yesterday for n in seen.values()),
        posts=sum(n.posts for n in seen.values()),
        member_count=_member_count(s, facts.newest_id, actor.now),
        newest_member=(facts.newest_id, facts.newest_name) if facts.newest_id else None,
        announcements=active_announcements(site, actor.now),
        online=online_members(
            s,
            site,
            actor,
            members=facts.online_members,
            guests=facts.online_guests,
            newest_seen_at=facts.newest_seen_at,
            record=OnlineTop(facts.record, facts.record_at) if facts.record else None,
        ),
        version=sum(n.version for n in numbers.values()),
    )


def category_page(s: Session, site: Site, actor: Actor, category_id: int) -> IndexPage:
    """One category alone. One statement."""
    numbers = board_numbers(s, site, actor)
    only = [part for part in _categories(site, actor, numbers) if part.id == category_id]
    version = sum(n.version for n in numbers.values())
    return IndexPage(tuple(only), (), 0, 0, 0, 0, None, (), None, version)


def lists_version(s: Session) -> int:
    """Counts every change that any list of threads would show. One statement over few rows."""
    return int(s.scalar(_LISTS_VERSION) or 0)


_LISTS_VERSION = select(func.coalesce(func.sum(Board.version), 0))


def board_numbers(
    s: Session, site: Site, actor: Actor, board_ids: frozenset[int] | None = None
) -> dict[int, Numbers]:
    """Numbers of boards by id, of all when `board_ids` is None. One statement.

    They are not yet filtered by what the actor may see.
    """
    today = actor.now.astimezone(site.zone).date()
    asked = _numbers_statement(is_guest=actor.is_guest, of_some=board_ids is not None)
    values: dict[str, Any] = {}
    if not actor.is_guest:
        values["me"] = actor.member_id
    if board_ids is not None:
        values["board_ids"] = list(board_ids)
    return {row.id: numbers_of(row, today) for row in s.execute(asked, values)}


@cache
def _numbers_statement(*, is_guest: bool, of_some: bool) -> Select[*tuple[Any, ...]]:
    return numbers_statement(is_guest=is_guest, of_some=of_some)


def numbers_statement(*, is_guest: bool, of_some: bool) -> Select[*tuple[Any, ...]]:
    """The statement behind `board_numbers`; the board page adds columns of its own.

    Parameters: me for a member; board_ids where only some are asked for.
    """
    columns = (
        Board.id, Board.thread_count, Board.post_count, Board.today_post_count,
        Board.yesterday_post_count, Board.today_on, Board.favorite_count, Board.last_thread_id,
        Board.last_title, Board.last_post_at, Board.last_poster_id, Board.last_poster_name,
        Board.version,
    )  # fmt: skip
    if is_guest:
        statement = select(*columns, null().label("visited_at"), null().label("favorite_of"))
    else:
        me: BindParameter[int] = bindparam("me")
        statement = (
            select(
                *columns,
                BoardVisit.seen_at.label("visited_at"),
                Favorite.member_id.label("favorite_of"),
            )
            .outerjoin(
                BoardVisit, and_(BoardVisit.board_id == Board.id, BoardVisit.member_id == me)
            )
            .outerjoin(
                Favorite,
                and_(
                    Favorite.target_id == Board.id,
                    Favorite.kind == FavoriteKind.BOARD,
                    Favorite.member_id == me,
                ),
            )
        )
    if of_some:
        return statement.where(Board.id.in_(bindparam("board_ids", expanding=True)))
    return statement


def numbers_of(row: Any, today: date) -> Numbers:
    """From a row of `numbers_statement`. Counters of another day are not today's."""
    is_today = row.today_on == today
    was_yesterday = row.today_on == today - timedelta(days=1)
    last = None
    if row.last_thread_id is not None and row.last_post_at is not None:
        last = LastPost(
            row.last_thread_id, row.last_title, row.last_post_at, row.last_poster_id,
            row.last_poster_name,
        )  # fmt: skip
    return Numbers(
        threads=row.thread_count,
        posts=row.post_count,
        today=row.today_post_count if is_today else 0,
        yesterday=(
            row.yesterday_post_count if is_today else row.today_post_count if was_yesterday else 0
        ),
        favorites=row.favorite_count,
        last=last,
        visited_at=row.visited_at,
        is_favorite=row.favorite_of is not None,
        version=row.version,
    )


def active_announcements(site: Site, now: datetime) -> tuple[AnnouncementInfo, ...]:
    """Those whose time it is, in their order. No statement."""
    return tuple(
        one
        for one in site.announcements
        if one.starts_at <= now and (one.ends_at is None or one.ends_at > now)
    )


def board_entries(
    site: Site, actor: Actor, parent_id: int | None, numbers: dict[int, Numbers]
) -> tuple[BoardEntry, ...]:
    """The boards below a category or board that the actor may know of. No statement."""
    entries = []
    for board in site.children.get(parent_id, ()):
        if board.is_category:
            continue
        if board.id in actor.readable:
            entries.append(_entry(site, actor, board, numbers))
        elif site.settings.reading.shows_private_boards and not board.is_hidden:
            entries.append(
                BoardEntry(
                    board.id,
                    board.name,
                    board.color,
                    Markup(),
                    Numbers(),
                    (),
                    (),
                    is_new=False,
                    is_private=True,
                )
            )
    return tuple(entries)


def _online_counted(is_member: bool) -> Any:
    seen = OnlineVisit.seen_at > bindparam("cutoff", type_=UtcDateTime())
    of_kind = OnlineVisit.member_id.is_not(None) if is_member else OnlineVisit.member_id.is_(None)
    return select(func.count()).select_from(OnlineVisit).where(seen, of_kind).scalar_subquery()


# An account that an import made joined nothing; it is not welcomed.
_JOINED = Member.state != MemberState.UNCLAIMED
_NEWEST = select(func.max(Member.id)).where(_JOINED).scalar_subquery()
_SITE_FACTS = select(
    _NEWEST.label("newest_id"),
    select(Member.name).where(Member.id == _NEWEST).scalar_subquery().label("newest_name"),
    _online_counted(True).label("online_members"),
    _online_counted(False).label("online_guests"),
    select(func.max(OnlineVisit.seen_at)).scalar_subquery().label("newest_seen_at"),
    select(OnlineRecord.visitor_count).scalar_subquery().label("record"),
    select(OnlineRecord.reached_at).scalar_subquery().label("record_at"),
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


def _categories(site: Site, actor: Actor, numbers: dict[int, Numbers]) -> tuple[CategoryEntry, ...]:
    parts = []
    for category in site.children.get(None, ()):
        if not category.is_category or category.id not in actor.readable:
            continue
        boards = board_entries(site, actor, category.id, numbers)
        if boards:  # a heading over nothing is not shown
            parts.append(
                CategoryEntry(
                    category.id,
                    category.name,
                    category.color,
                    category.columns,
                    category.moderators,
                    boards,
                )
            )
    loose = board_entries(site, actor, None, numbers)
    if loose:
        parts.append(CategoryEntry(None, site.settings.general.name, None, 0, (), loose))
    return tuple(parts)


def _entry(site: Site, actor: Actor, board: BoardInfo, numbers: dict[int, Numbers]) -> BoardEntry:
    own = numbers.get(board.id, Numbers())
    below = [one for one in site.descendants(board.id) if one.id in actor.readable]
    total = own.with_below([numbers.get(one.id, Numbers()) for one in below])
    return BoardEntry(
        id=board.id,
        name=board.name,
        color=board.color,
        description=Markup(board.description_html),  # noqa: S704  rendered by markup
        numbers=total,
        sub_boards=tuple(
            (one.id, one.name)
            for one in site.children.get(board.id, ())
            if one.id in actor.readable
        ),
        moderators=board.moderators,
        is_new=is_new_to(actor, total.last.at if total.last else None, own.visited_at),
        redirect_address=board.redirect_address,
    )


def is_new_to(actor: Actor, at: datetime | None, visited_at: datetime | None) -> bool:
    """Has a member not seen what happened `at`? Guests' browsers answer for themselves."""
    if actor.is_guest or at is None:
        return False
    seen = max(filter(None, (visited_at, actor.previous_visit_at)), default=None)
    return seen is None or at > seen


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
