"""Read models of the index and of a board's head: the tree with its numbers, as one may see it."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from markupsafe import Markup
from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from forum.models import Board
from forum.policies.actor import Actor
from forum.queries.board_openings import LISTS_VERSION, OpenedIndex, Visits, is_new_to
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

    @property
    def last_at(self) -> datetime | None:
        return self.numbers.last.at if self.numbers.last else None


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

    @property
    def marks(self) -> tuple[tuple[int, datetime | None], ...]:
        """The last posts of the boards it shows."""
        parts = (*(category.boards for category in self.categories), self.favorites)
        return tuple((board.id, board.last_at) for boards in parts for board in boards)


def index_page(s: Session, site: Site, actor: Actor, opened: OpenedIndex) -> IndexPage:
    """Everything of the index but who is online. One statement."""
    numbers = board_numbers(s, site, actor)
    seen = {board_id: n for board_id, n in numbers.items() if board_id in actor.readable}
    return IndexPage(
        categories=_categories(site, actor, numbers, opened.visits),
        favorites=tuple(
            _entry(site, actor, board, numbers, opened.visits)
            for board in site.boards.values()
            if board.id in opened.favorite_ids and board.id in seen
        ),
        today=sum(n.today for n in seen.values()),
        yesterday=sum(n.yesterday for n in seen.values()),
        posts=sum(n.posts for n in seen.values()),
        member_count=opened.member_count,
        newest_member=opened.newest_member,
        announcements=opened.announcements,
    )


def category_page(
    s: Session, site: Site, actor: Actor, category_id: int, opened: OpenedIndex
) -> IndexPage:
    """One category alone. One statement."""
    parts = _categories(site, actor, board_numbers(s, site, actor), opened.visits)
    only = tuple(part for part in parts if part.id == category_id)
    return IndexPage(only, (), 0, 0, 0, 0, None, ())


def lists_version(s: Session) -> int:
    """Counts every change that any list of threads would show. One statement over few rows."""
    return int(s.scalar(LISTS_VERSION) or 0)


def board_numbers(
    s: Session, site: Site, actor: Actor, board_ids: frozenset[int] | None = None
) -> dict[int, Numbers]:
    """Numbers of boards by id, of all when `board_ids` is None. One statement.

    They are not yet filtered by what the actor may see.
    """
    today = actor.now.astimezone(site.zone).date()
    values = {} if board_ids is None else {"board_ids": list(board_ids)}
    rows = s.execute(_numbers_statement(of_some=board_ids is not None), values)
    return {row.id: numbers_of(row, today) for row in rows}


@cache
def _numbers_statement(*, of_some: bool) -> Select[*tuple[Any, ...]]:
    return numbers_statement(of_some=of_some)


def numbers_statement(*, of_some: bool) -> Select[*tuple[Any, ...]]:
    """The statement behind `board_numbers`; the board page adds columns of its own.

    Parameters: board_ids where only some are asked for.
    """
    statement = select(
        Board.id, Board.thread_count, Board.post_count, Board.today_post_count,
        Board.yesterday_post_count, Board.today_on, Board.favorite_count, Board.last_thread_id,
        Board.last_title, Board.last_post_at, Board.last_poster_id, Board.last_poster_name,
        Board.version,
    )  # fmt: skip
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
        version=row.version,
    )


def board_entries(
    site: Site, actor: Actor, parent_id: int | None, numbers: dict[int, Numbers], visits: Visits
) -> tuple[BoardEntry, ...]:
    """The boards below a category or board that the actor may know of. No statement."""
    entries = []
    for board in site.children.get(parent_id, ()):
        if board.is_category:
            continue
        if board.id in actor.readable:
            entries.append(_entry(site, actor, board, numbers, visits))
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


def _categories(
    site: Site, actor: Actor, numbers: dict[int, Numbers], visits: Visits
) -> tuple[CategoryEntry, ...]:
    parts = []
    for category in site.children.get(None, ()):
        if not category.is_category or category.id not in actor.readable:
            continue
        boards = board_entries(site, actor, category.id, numbers, visits)
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
    loose = board_entries(site, actor, None, numbers, visits)
    if loose:
        parts.append(CategoryEntry(None, site.settings.general.name, None, 0, (), loose))
    return tuple(parts)


def _entry(
    site: Site, actor: Actor, board: BoardInfo, numbers: dict[int, Numbers], visits: Visits
) -> BoardEntry:
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
        is_new=is_new_to(actor, total.last.at if total.last else None, visits.get(board.id)),
        redirect_address=board.redirect_address,
    )
