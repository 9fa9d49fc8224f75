"""Read models of feeds and sitemaps: what a guest may read, and nothing else."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, UnaryExpression, func, select, union_all
from sqlalchemy.orm import Session

from forum.markup import plain_text
from forum.models import Post, PostState, Thread, ThreadState
from forum.policies.actor import Actor
from forum.queries.guide import View, guide_page
from forum.queries.site import Site

NEWEST = 20
SUMMARY = 200
CHUNK = 10_000  # thread ids a sitemap covers


@dataclass(frozen=True)
class FeedEntry:
    """A thread in a feed."""

    thread_id: int
    title: str
    board_name: str
    author_name: str
    created_at: datetime
    changed_at: datetime
    summary: str


@dataclass(frozen=True)
class SitemapEntry:
    """A thread's address and when it last changed."""

    thread_id: int
    changed_at: datetime


def newest_threads(
    s: Session, site: Site, guest: Actor, board_id: int | None = None
) -> tuple[FeedEntry, ...]:
    """The newest threads of the site or of a board. One statement.

    :param guest: a feed is read by programs: whose cookie would it be?
    """
    if board_id is None:
        return _entries(s, site, _for_guests(guest), (Thread.id.desc(),))
    if board_id not in guest.readable:
        return ()
    newest = (Thread.created_at.desc(), Thread.id.desc())
    ids = union_all(
        *(
            # Sticky threads stand in a run of their own in the index; each run is cut by itself.
            select(
                select(Thread.id)
                .where(
                    Thread.board_id == board_id,
                    Thread.state == ThreadState.VISIBLE,
                    Thread.read_access <= guest.read_access,
                    Thread.sticky_level == level,
                )
                .order_by(*newest)
                .limit(NEWEST)
                .subquery()
            )
            for level in range(4)
        )
    )
    return _entries(s, site, [Thread.id.in_(ids)], newest)


def guide_threads(s: Session, site: Site, guest: Actor, view: View) -> tuple[FeedEntry, ...]:
    """The first threads of a list of the guide. Two statements."""
    ids = [row.id for row in guide_page(s, site, guest, view, most=NEWEST).rows]
    conditions = [*_for_guests(guest), Thread.id.in_(ids)]
    found = _entries(s, site, conditions, (Thread.id.desc(),))
    place = {thread_id: index for index, thread_id in enumerate(ids)}
    return tuple(sorted(found, key=lambda entry: place[entry.thread_id]))


def _for_guests(guest: Actor) -> list[ColumnElement[bool]]:
    return [
        Thread.state == ThreadState.VISIBLE,
        Thread.board_id.in_(guest.readable),
        Thread.read_access <= guest.read_access,
    ]


def _entries(
    s: Session,
    site: Site,
    conditions: Collection[ColumnElement[bool]],
    order: tuple[UnaryExpression[Any], ...],
) -> tuple[FeedEntry, ...]:
    rows = s.execute(
        select(
            Thread.id, Thread.title, Thread.board_id, Thread.author_name, Thread.created_at,
            Post.edited_at, Post.source, Post.state, Post.is_blocked,
        )
        .outerjoin(Post, Post.id == Thread.first_post_id)
        .where(*conditions)
        .order_by(*order)
        .limit(NEWEST)
    )  # fmt: skip
    entries = []
    for row in rows:
        is_open = row.state is PostState.VISIBLE and not row.is_blocked
        entries.append(
            FeedEntry(
                thread_id=row.id,
                title=row.title,
                board_name=site.boards[row.board_id].name,
                author_name=row.author_name,
                created_at=row.created_at,
                changed_at=row.edited_at or row.created_at,
                summary=plain_text(row.source, limit=SUMMARY) if is_open else "",
            )
        )
    return tuple(entries)


def sitemap_count(s: Session) -> int:
    """How many sitemaps the threads fill. One statement."""
    last = s.scalar(select(func.max(Thread.id))) or 0
    return -(-last // CHUNK)


def sitemap_threads(s: Session, guest: Actor, number: int) -> tuple[SitemapEntry, ...]:
    """The threads of a sitemap, `number` from 1. One statement."""
    first = (number - 1) * CHUNK + 1
    rows = s.execute(
        select(Thread.id, Thread.last_post_at)
        .where(Thread.id.between(first, first + CHUNK - 1), *_for_guests(guest))
        .order_by(Thread.id)
    )
    return tuple(SitemapEntry(*row) for row in rows)
