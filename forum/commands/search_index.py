"""What keeps the search index true? A row with each post; the sweep for what is too much at once."""

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, Select, delete, insert, select, text, update
from sqlalchemy.orm import Session

from forum.core.db import Database
from forum.core.uow import UnitOfWork
from forum.markup import plain_text
from forum.models import Post, PostState, Thread, ThreadState
from forum.search import IndexRow, backend_of, normalised
from forum.search.merging import merge_aside
from forum.search.tables import ROWS, STALE, STALE_THREADS

# Up to so many rows are made again within the caller's transaction; the sweep does the others.
AT_ONCE = 100
SWEEP_STEP = 50  # short: on SQLite nobody else writes meanwhile
REBUILD_STEP = 2000
_UNMERGED = "search_unmerged"  # in a database's info: characters this process wrote since a merge


# One row for 20,000 posts: those who write wait for nothing longer.
_MARK_THREAD = text(
    "INSERT INTO search_stale_threads (thread_id, after_floor, version) VALUES (:thread_id, 0, 1) "
    "ON CONFLICT (thread_id) DO UPDATE SET after_floor = 0,"
    " version = search_stale_threads.version + 1"
)


def index_post(
    uow: UnitOfWork,
    *,
    post_id: int,
    board_id: int,
    author_id: int,
    title: str | None,
    source: str,
    created_at: datetime | None = None,
) -> None:
    """Index a post, or index it again after a change.

    :param title: the thread's, for an opening post; None for replies.
    :param source: BBCode as typed.
    :param created_at: when it is known; else it is looked up.
    """
    if created_at is None:
        asked = select(Post.created_at).where(Post.id == post_id)
        created_at = uow.session.scalar(asked) or uow.now
    row = index_row(post_id, board_id, author_id, created_at, title=title, source=source)
    backend_of(uow.session).put(uow.session, [row])
    _merge_soon(uow, [post_id])


def index_new_post(
    uow: UnitOfWork,
    *,
    post_id: int,
    board_id: int,
    author_id: int,
    title: str | None,
    body: str,
    created_at: datetime,
) -> None:
    """Index a post made in this transaction. Two statements at most.

    :param body: what `searchable` says of the source.
    """
    row = IndexRow(
        post_id=post_id,
        board_id=board_id,
        author_id=author_id,
        created_on=created_at.astimezone(UTC).date(),
        title=None if title is None else normalised(title),
        body=body,
    )
    backend_of(uow.session).put_new(uow.session, row)
    _merge_soon(uow, [post_id])


def searchable(source: str) -> str:
    """What of a message the index keeps; to be worked out before the transaction."""
    return normalised(plain_text(source))


def remove_posts(uow: UnitOfWork, post_ids: Iterable[int]) -> None:
    """Take posts out of the index; many of them by the sweep (they are hidden at once anyway)."""
    ids = list(post_ids)
    if len(ids) <= AT_ONCE:
        backend_of(uow.session).drop(uow.session, ids)
        _merge_soon(uow, ids)
        return
    mark_stale(uow.session, ids)


def reindex_threads(uow: UnitOfWork, thread_ids: Collection[int]) -> None:
    """`reindex_thread` for several. Few statements when they are short."""
    s = uow.session
    posts: dict[int, list[int]] = {}
    for row in s.execute(
        select(Post.thread_id, Post.id)
        .where(Post.thread_id.in_(thread_ids), Post.floor <= AT_ONCE)
        .order_by(Post.thread_id, Post.floor)
    ):
        posts.setdefault(row.thread_id, []).append(row.id)
    last_floors = s.execute(select(Thread.id, Thread.last_floor).where(Thread.id.in_(posts.keys())))
    short = {row.id for row in last_floors if row.last_floor <= AT_ONCE}
    together = [post_id for thread_id in sorted(short) for post_id in posts[thread_id]]
    for at in range(0, len(together), SWEEP_STEP * 4):
        refresh_posts(uow, together[at : at + SWEEP_STEP * 4])
    for thread_id in sorted(posts.keys() - short):
        reindex_thread(uow, thread_id)


def reindex_thread(uow: UnitOfWork, thread_id: int) -> None:
    """Make the rows of a thread's posts again: those that may be found are in, the others out.

    Up to AT_ONCE posts at once; of a longer thread the opening post, and the rest by the sweep.
    """
    s = uow.session
    ids = list(s.scalars(select(Post.id).where(Post.thread_id == thread_id).limit(AT_ONCE + 1)))
    if len(ids) <= AT_ONCE:
        refresh_posts(uow, ids)
        return
    first_id = s.scalar(select(Thread.first_post_id).where(Thread.id == thread_id))
    if first_id is not None:
        refresh_posts(uow, [first_id])
    s.execute(_MARK_THREAD, {"thread_id": thread_id})


def follow_posts(uow: UnitOfWork, post_ids: Iterable[int]) -> None:
    """Make the rows of posts whose state changed again; of many posts by the sweep."""
    ids = sorted(set(post_ids))
    if len(ids) <= AT_ONCE:
        refresh_posts(uow, ids)
    else:
        mark_stale(uow.session, ids)


def move_thread(uow: UnitOfWork, thread_id: int, to_board_id: int) -> None:
    """Note a thread's new board. Call after the thread's row says so.

    Until the sweep has come by, posts of a long thread are not found by a search narrowed to the
    new board; nobody finds what they may not read, for rights are asked of the thread's row.
    """
    reindex_thread(uow, thread_id)


def sweep(uow: UnitOfWork, *, limit: int = SWEEP_STEP) -> int:
    """Make `limit` stale rows again. Returns how many were; 0 = nothing is left to do."""
    s = uow.session
    ids = list(s.scalars(select(STALE.c.post_id).order_by(STALE.c.post_id.desc()).limit(limit)))
    if not ids:
        return _sweep_thread(uow, limit)
    refresh_posts(uow, ids)
    s.execute(delete(STALE).where(STALE.c.post_id.in_(ids)))
    return len(ids)


def _sweep_thread(uow: UnitOfWork, limit: int) -> int:
    """The next posts of a long thread. One that a large action has in hand is left until it is done."""
    s = uow.session
    marked = s.execute(
        select(STALE_THREADS)
        .outerjoin(Thread, Thread.id == STALE_THREADS.c.thread_id)
        .where(Thread.batch_id.is_(None))
        .order_by(STALE_THREADS.c.thread_id)
        .limit(1)
    ).one_or_none()
    if marked is None:
        return 0
    posts = s.execute(
        select(Post.id, Post.floor)
        .where(Post.thread_id == marked.thread_id, Post.floor > marked.after_floor)
        .order_by(Post.floor)
        .limit(limit)
    ).all()
    refresh_posts(uow, [post.id for post in posts])
    # Marked again meanwhile, it has another version, and the sweep begins anew.
    same = (STALE_THREADS.c.thread_id == marked.thread_id) & (
        STALE_THREADS.c.version == marked.version
    )
    if len(posts) < limit:
        s.execute(delete(STALE_THREADS).where(same))
    else:
        s.execute(update(STALE_THREADS).where(same).values(after_floor=posts[-1].floor))
    return max(1, len(posts))


def begin_rebuild(uow: UnitOfWork) -> None:
    """Empty the index, to be filled by steps. Searches find little until `end_rebuild`."""
    backend = backend_of(uow.session)
    backend.clear(uow.session)
    uow.session.execute(delete(STALE))
    uow.session.execute(delete(STALE_THREADS))
    backend.begin_bulk(uow.session)


def rebuild_step(uow: UnitOfWork, *, after_id: int, limit: int = REBUILD_STEP) -> int | None:
    """Index the next posts after `after_id`. Returns the last id, or None when there are no more."""
    s = uow.session
    ids = list(s.scalars(select(Post.id).where(Post.id > after_id).order_by(Post.id).limit(limit)))
    if not ids:
        return None
    window = Post.id.between(ids[0], ids[-1])
    # A post written while the rebuild runs has brought its row already.
    held = set(s.scalars(select(ROWS.c.post_id).where(ROWS.c.post_id.between(ids[0], ids[-1]))))
    rows = [row_of(row) for row in s.execute(indexable().where(window).order_by(Post.id))]
    backend_of(s).add(s, [row for row in rows if row.post_id not in held])
    return ids[-1]


def end_rebuild(uow: UnitOfWork) -> None:
    """Put the index in the order it is quickest in."""
    backend_of(uow.session).end_bulk(uow.session)


def mark_stale(s: Session, post_ids: Sequence[int]) -> None:
    """Leave posts to the sweep."""
    for at in range(0, len(post_ids), 10_000):
        part = post_ids[at : at + 10_000]
        known = set(s.scalars(select(STALE.c.post_id).where(STALE.c.post_id.in_(part))))
        fresh = sorted(set(part) - known)
        if fresh:
            s.execute(insert(STALE), [{"post_id": post_id} for post_id in fresh])


def refresh_posts(uow: UnitOfWork, post_ids: Sequence[int]) -> None:
    """Make the rows of these posts as the real tables want them."""
    s = uow.session
    backend = backend_of(s)
    # Locked, so that an edit going on is waited for and its new text indexed, not the old one.
    wanted = indexable().where(Post.id.in_(post_ids)).with_for_update(read=True, of=Post)
    rows = [row_of(row) for row in s.execute(wanted)]
    hidden = set(post_ids) - {row.post_id for row in rows}
    backend.drop(s, sorted(hidden))
    backend.put(s, rows)
    _merge_soon(uow, post_ids, sum(len(row.body) for row in rows))


def _merge_soon(uow: UnitOfWork, post_ids: Iterable[int], characters: int = 0) -> None:
    """Now and then have the index's new entries merged: by whoever wrote a post of a round number.

    So no process has to count what all of them write; but who writes many at once, whose numbers come as they
    come, counts its own.

    :param characters: of many posts written at once.
    """
    database: Database = uow.session.info["database"]
    backend = backend_of(uow.session)
    waiting = database.info.get(_UNMERGED, 0) + characters
    is_round = any(post_id % backend.MERGE_EVERY == 0 for post_id in post_ids)
    if is_round or waiting >= backend.MERGE_CHARACTERS:
        uow.after_commit(lambda: merge_aside(database))
        waiting = 0
    database.info[_UNMERGED] = waiting


def index_row(
    post_id: int,
    board_id: int,
    author_id: int,
    created_at: datetime,
    *,
    title: str | None,
    source: str,
) -> IndexRow:
    """The index's row of a post."""
    return IndexRow(
        post_id=post_id,
        board_id=board_id,
        author_id=author_id,
        created_on=created_at.astimezone(UTC).date(),
        title=None if title is None else normalised(title),
        body=searchable(source),
    )


def indexable() -> Select[*tuple[Any, ...]]:
    """What the index wants to know of the posts everybody may find who may read their board."""
    return (
        select(
            Post.id, Thread.board_id, Post.author_id, Post.created_at, Post.floor, Thread.title,
            Post.source,
        )
        .join(Thread, Thread.id == Post.thread_id)
        .where(Post.state == PostState.VISIBLE, Thread.state == ThreadState.VISIBLE)
    )  # fmt: skip


def row_of(row: Row[*tuple[Any, ...]]) -> IndexRow:
    """The index's row for a row of `indexable()`."""
    return index_row(
        row.id,
        row.board_id,
        row.author_id,
        row.created_at,
        title=row.title if row.floor == 1 else None,
        source=row.source,
    )
