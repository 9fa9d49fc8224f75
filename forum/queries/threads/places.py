"""Where is a post, a floor, the last post, the neighbour? Small questions behind redirects."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, or_, select, true
from sqlalchemy.orm import Session

from forum.core.errors import NotFound
from forum.models import Post, Thread, ThreadState
from forum.policies.actor import Actor
from forum.queries.site import Site
from forum.queries.threads.facts import find_thread, require_readable, visible_posts
from forum.queries.threads.order import page_of_floor


@dataclass(frozen=True)
class PostPlace:
    """Where a post stands in its thread, read in one order."""

    thread_id: int
    post_id: int
    floor: int
    page: int


def place_of_post(
    s: Session, actor: Actor, site: Site, *, post_id: int, order: str | None = None
) -> PostPlace:
    """The page a post stands on. Three statements.

    :raises NotFound: no such post, or it is secret.
    """
    row = s.execute(select(Post.thread_id, Post.floor).where(Post.id == post_id)).one_or_none()
    if row is None:
        raise NotFound("thread_not_found")
    place = _place(s, actor, site, row.thread_id, Post.floor == row.floor, order, lowest=True)
    if place is None:
        raise NotFound("thread_not_found")
    return place


def place_at_floor(
    s: Session, actor: Actor, site: Site, *, thread_id: int, floor: int, order: str | None = None
) -> PostPlace | None:
    """The floor asked for, or the next one above it when it was deleted; None beyond the last.

    Three statements.
    :raises NotFound: no such thread, or it is secret.
    """
    return _place(s, actor, site, thread_id, Post.floor >= floor, order, lowest=True)


def place_of_last_post(s: Session, actor: Actor, site: Site, *, thread_id: int) -> PostPlace | None:
    """The newest post one may see. Three statements.

    :raises NotFound: no such thread, or it is secret.
    """
    return _place(s, actor, site, thread_id, true(), None, lowest=False)


def highest_floor(s: Session, actor: Actor, *, thread_id: int, board_id: int) -> int:
    """The highest floor one may see; 1 when there is none. One statement."""
    return (
        s.scalar(
            select(Post.floor)
            .where(Post.thread_id == thread_id, visible_posts(actor, board_id))
            .order_by(Post.floor.desc())
            .limit(1)
        )
        or 1
    )


def neighbour_thread(s: Session, actor: Actor, *, thread_id: int, direction: str) -> int | None:
    """上一主题 ("older") and 下一主题 ("newer"): the neighbour by last post in the same board.

    Closed threads and the pointers of moved ones are passed over (viewthread.md section 2), and
    those that ask for more reading access. Two statements.
    :raises NotFound: no such thread, or it is secret.
    """
    thread = find_thread(s, thread_id)
    require_readable(actor, thread)
    at: datetime = thread.last_post_at
    is_older = direction == "older"
    beyond = (
        or_(Thread.last_post_at < at, and_(Thread.last_post_at == at, Thread.id < thread.id))
        if is_older
        else or_(Thread.last_post_at > at, and_(Thread.last_post_at == at, Thread.id > thread.id))
    )
    order = (
        (Thread.last_post_at.desc(), Thread.id.desc())
        if is_older
        else (Thread.last_post_at.asc(), Thread.id.asc())
    )
    return s.scalar(
        select(Thread.id)
        .where(
            Thread.board_id == thread.board_id,
            Thread.state == ThreadState.VISIBLE,
            ~Thread.is_closed,
            Thread.read_access <= actor.read_access,
            beyond,
        )
        .order_by(*order)
        .limit(1)
    )


def _place(
    s: Session,
    actor: Actor,
    site: Site,
    thread_id: int,
    condition: object,
    order: str | None,
    *,
    lowest: bool,
) -> PostPlace | None:
    thread = find_thread(s, thread_id)
    require_readable(actor, thread)
    found = s.execute(
        select(Post.id, Post.floor)
        .where(
            Post.thread_id == thread_id,
            visible_posts(actor, thread.board_id),
            condition,  # type: ignore[arg-type]
        )
        .order_by(Post.floor if lowest else Post.floor.desc())
        .limit(1)
    ).one_or_none()
    if found is None:
        return None
    newest_first = thread.is_newest_first if order is None else order == "newest"
    highest = found.floor
    if newest_first:  # pages then count from the top, so the top must be known
        highest = highest_floor(s, actor, thread_id=thread_id, board_id=thread.board_id)
    page = page_of_floor(
        found.floor,
        site.settings.reading.posts_per_page,
        highest=highest,
        newest_first=newest_first,
    )
    return PostPlace(thread_id, found.id, found.floor, page)
