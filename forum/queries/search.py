"""Read model of the search page: what was found, as far as one may read it.

The index proposes posts; every one is looked up in its real thread before it is counted or shown.
"""

import enum
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, false, or_, select
from sqlalchemy.orm import Session

from forum.core.lists import among
from forum.core.names import name_key
from forum.core.paging import Pager, pager
from forum.markup import plain_text
from forum.models import Member, Post, PostState, Thread, ThreadState
from forum.policies.actor import Actor, Rank
from forum.queries.actors import RANK_COLUMNS, rank_to_mind
from forum.queries.moderation_bars import NO_BAR, Bar, posts_bar, threads_bar
from forum.queries.site import Site
from forum.queries.thread_rows import COLUMNS, ThreadRow, thread_row
from forum.search import FIRST_DAY, Wanted, Words, found
from forum.search.marks import Piece, excerpt, marked

# Asked of the index beyond what is shown, for those that turn out to be hidden.
MARGIN = 100
# Each further round asks for so many times more; after so many rounds the count stands as it is.
GROWTH = 4
ROUNDS = 5


class Order(enum.StrEnum):
    """What results are sorted by, the greatest first. All but NEWEST sort the newest of them."""

    NEWEST = "newest"
    LAST_POST = "last_post"
    REPLIES = "replies"
    VIEWS = "views"


_KEYS = {
    Order.LAST_POST: Thread.last_post_at,
    Order.REPLIES: Thread.reply_count,
    Order.VIEWS: Thread.view_count,
}


@dataclass(frozen=True)
class SearchFor:
    """What somebody asks for. `board_ids` empty = every board; a category stands for those below.

    :param within: counted back from now; with `is_before` what is older than that.
    """

    words: Words = Words()
    in_titles: bool = True
    author: str = ""
    board_ids: frozenset[int] = frozenset()
    within: timedelta | None = None
    is_before: bool = False
    order: Order = Order.NEWEST

    @property
    def asks_anything(self) -> bool:
        return bool(self.words) or bool(self.author.strip())


@dataclass(frozen=True)
class Hit:
    """A post that was found."""

    post_id: int
    thread_id: int
    floor: int
    title: tuple[Piece, ...]
    text: tuple[Piece, ...]
    board_name: str
    author_id: int
    author_name: str
    author_rank: Rank
    created_at: datetime
    thread: ThreadRow
    state: PostState = PostState.VISIBLE

    @property
    def id(self) -> int:
        return self.post_id


@dataclass(frozen=True)
class SearchResult:
    """A page of hits. `count` is exact unless `is_capped`: then there are more."""

    hits: tuple[Hit, ...] = ()
    count: int = 0
    is_capped: bool = False
    pager: Pager = field(default_factory=lambda: pager(1, 0, 20))
    threads_bar: Bar = NO_BAR  # for hits that are opening posts: they stand for their threads
    posts_bar: Bar = NO_BAR


def search(
    s: Session, actor: Actor, site: Site, asked: SearchFor, *, page: int = 1
) -> SearchResult:
    """Find posts, newest first, as many as the settings allow.

    Statements: one for an author's name; one (SQLite) or two to six (PostgreSQL) of the index, one
    to look its answers up, one for the page; the middle two again where very much is hidden.
    """
    wanted = _wanted(s, actor, site, asked)
    if wanted is None:
        return SearchResult()
    settings = site.settings.search
    ids = _visible_ids(s, actor, wanted, asked, most=settings.max_results + 1)
    is_capped = len(ids) > settings.max_results
    del ids[settings.max_results :]

    if asked.order is not Order.NEWEST:
        ids = _sorted(s, ids, asked.order)
    shown = pager(page, len(ids), settings.results_per_page)
    first = (shown.page - 1) * settings.results_per_page
    hits = _hits(s, site, asked.words, ids[first : first + settings.results_per_page])
    ranks = {hit.author_id: hit.author_rank for hit in hits}
    return SearchResult(
        hits,
        len(ids),
        is_capped,
        shown,
        threads_bar(site, actor, [hit.thread for hit in hits if hit.floor == 1], ranks),
        posts_bar(site, actor, [(hit.thread, hit) for hit in hits if hit.floor > 1], ranks),
    )


def _wanted(s: Session, actor: Actor, site: Site, asked: SearchFor) -> Wanted | None:
    """The search within the index, or None when nothing can answer."""
    author_id = None
    if asked.author.strip():
        author_id = s.scalar(select(Member.id).where(Member.name_key == name_key(asked.author)))
        if author_id is None:
            return None
    everywhere = {board.id for board in site.boards.values() if board.holds_threads}
    allowed = everywhere & actor.readable
    if asked.board_ids:
        chosen = set(asked.board_ids)
        for board_id in asked.board_ids & site.boards.keys():
            if site.boards[board_id].is_category:
                chosen.update(board.id for board in site.descendants(board_id))
        allowed &= chosen
    if not allowed:
        return None
    days = None
    if asked.within is not None:
        edge = (actor.now - asked.within).date()
        days = (FIRST_DAY, edge) if asked.is_before else (edge, date(actor.now.year + 1, 12, 31))
    return Wanted(
        words=asked.words,
        in_titles=asked.in_titles,
        board_ids=None if allowed == everywhere else frozenset(allowed),
        author_id=author_id,
        days=days,
    )


def _visible_ids(
    s: Session, actor: Actor, wanted: Wanted, asked: SearchFor, *, most: int
) -> list[int]:
    """Ids of up to `most` posts that may be seen, newest first."""
    statement, values = _seen_by(actor, asked)
    visible: list[int] = []
    before_id: int | None = None
    limit = most + MARGIN
    for _round in range(ROUNDS):
        proposed = found(s, wanted, limit=limit, before_id=before_id)
        if not proposed:
            break
        seen = set(s.scalars(statement, {**values, "ids": proposed}).all())
        visible.extend(post_id for post_id in proposed if post_id in seen)
        if len(visible) >= most or len(proposed) < limit:
            break
        before_id = proposed[-1]
        limit *= GROWTH
    return visible[:most]


def _seen_by(actor: Actor, asked: SearchFor) -> tuple[Select[*tuple[Any, ...]], dict[str, Any]]:
    """The policies' answers for a whole list, `ids`; staff find what everybody finds."""
    values: dict[str, Any] = {"readable": actor.readable, "read_access": actor.read_access}
    if actor.member_id is not None:
        values["me"] = actor.member_id
    if actor.moderated:
        values["moderated"] = actor.moderated
    if asked.within is not None:
        values["before" if asked.is_before else "since"] = actor.now - asked.within
    return _seen_statement(frozenset(values)), values


@lru_cache(maxsize=16)
def _seen_statement(names: frozenset[str]) -> Select[*tuple[Any, ...]]:
    """The statement with these parameters and `ids`, built once."""
    # The sum keeps SQLite from beginning with all threads of those boards.
    board_id = Thread.board_id + 0
    may_enter: ColumnElement[bool] = Thread.read_access <= bindparam("read_access")
    if "me" in names:
        may_enter = or_(may_enter, Thread.author_id == bindparam("me"))
    if "moderated" in names:
        may_enter = or_(may_enter, among(board_id, "moderated"))
    statement = (
        select(Post.id)
        .join(Thread, Thread.id == Post.thread_id)
        .where(
            among(Post.id, "ids"),
            Post.state == PostState.VISIBLE,
            Post.is_blocked == false(),
            Thread.state == ThreadState.VISIBLE,
            among(board_id, "readable"),
            may_enter,
        )
    )
    if "before" in names:
        statement = statement.where(Post.created_at < bindparam("before"))
    if "since" in names:
        statement = statement.where(Post.created_at >= bindparam("since"))
    return statement


def _sorted(s: Session, ids: list[int], order: Order) -> list[int]:
    return list(s.scalars(_sorted_statement(order), {"ids": ids}).all())


@lru_cache(maxsize=8)
def _sorted_statement(order: Order) -> Select[int]:
    return (
        select(Post.id)
        .join(Thread, Thread.id == Post.thread_id)
        .where(among(Post.id, "ids"))
        .order_by(_KEYS[order].desc(), Post.id.desc())
    )


_HITS = (
    select(
        *COLUMNS, Post.id.label("post_id"), Post.floor, Post.source,
        Post.author_id.label("poster_id"), Member.name, *RANK_COLUMNS,
        Post.created_at.label("posted_at"),
    )
    .join_from(Post, Thread, Thread.id == Post.thread_id)
    .join(Member, Member.id == Post.author_id)
    .where(among(Post.id, "ids"))
)  # fmt: skip


def _hits(s: Session, site: Site, words: Words, ids: list[int]) -> tuple[Hit, ...]:
    if not ids:
        return ()
    rows = s.execute(_HITS, {"ids": ids})
    hits = {row.post_id: _hit(site, words.phrases, row) for row in rows}
    return tuple(hits[post_id] for post_id in ids if post_id in hits)


def _hit(site: Site, phrases: Any, row: Any) -> Hit:
    thread = thread_row(row)
    return Hit(
        post_id=row.post_id,
        thread_id=thread.id,
        floor=row.floor,
        title=marked(thread.title, phrases),
        text=excerpt(plain_text(row.source), phrases),
        board_name=site.boards[thread.board_id].name,
        author_id=row.poster_id,
        author_name=row.name,
        author_rank=rank_to_mind(
            site,
            group_id=row.group_id,
            former_group_id=row.former_group_id,
            is_founder=row.is_founder,
            member_id=row.poster_id,
        ),
        created_at=row.posted_at,
        thread=thread,
    )
