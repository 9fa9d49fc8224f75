"""What should each counter be? Counted from the rows; `flask counters verify` prints what differs."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, and_, func, select, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session

from forum.models import (
    Board,
    BoardKind,
    Favorite,
    FavoriteKind,
    Member,
    MessageCopy,
    ModLogEntry,
    ModLogTarget,
    Notice,
    Post,
    PostComment,
    PostState,
    TargetKind,
    Thread,
    ThreadState,
)

STICKY_LEVELS = 4
_VISIBLE_POST = and_(Post.state == PostState.VISIBLE, Thread.state == ThreadState.VISIBLE)
_VISIBLE_REPLY = and_(Post.floor > 1, Post.state == PostState.VISIBLE)

# A moderator gave it a time that no post has.
_RAISED_OR_SUNK = (
    select(ModLogTarget.entry_id)
    .join(ModLogEntry, ModLogEntry.id == ModLogTarget.entry_id)
    .where(
        ModLogTarget.kind == TargetKind.THREAD,
        ModLogTarget.target_id == Thread.id,
        ModLogEntry.action.in_(("thread.raise", "thread.sink")),
        ModLogEntry.is_reversal.is_(False),
        ModLogTarget.undone_by_id.is_(None),
    )
    .exists()
)

Ids = Collection[int] | None


@dataclass(frozen=True)
class Difference:
    """A counter that is not what the rows say. `table` and `column` are their names."""

    table: str
    id: int
    column: str
    stored: object
    counted: object


@dataclass(frozen=True)
class LastPost:
    """The newest visible post of a board, as its row keeps it."""

    thread_id: int
    title: str
    at: datetime
    poster_id: int | None
    poster_name: str


def last_post_of_board(s: Session, board_id: int) -> LastPost | None:
    """The thread with the newest post, whatever its sticky level. One statement."""
    columns = (
        Thread.id, Thread.title, Thread.last_post_at, Thread.last_poster_id,
        Thread.last_poster_name,
    )  # fmt: skip
    # The level stands before the time in the index: the newest of each level, then of those.
    newest = union_all(
        *(
            select(
                select(*columns)
                .where(
                    Thread.board_id == board_id,
                    Thread.state == ThreadState.VISIBLE,
                    Thread.sticky_level == level,
                )
                .order_by(Thread.last_post_at.desc(), Thread.id.desc())
                .limit(1)
                .subquery()
            )
            for level in range(STICKY_LEVELS)
        )
    ).subquery()
    row = s.execute(
        select(newest).order_by(newest.c.last_post_at.desc(), newest.c.id.desc()).limit(1)
    ).one_or_none()
    return LastPost(*row) if row is not None else None


def thread_differences(s: Session, ids: Ids = None) -> Iterator[Difference]:
    """Replies, comments, favourites, who took part, the last floor and the last post. Three statements."""
    replies = (
        select(
            Post.thread_id.label("key"),
            func.count().filter(_VISIBLE_REPLY).label("replies"),
            func.count(Post.author_id.distinct()).filter(_VISIBLE_REPLY).label("heat"),
            func.max(Post.floor).label("floor"),
        )
        .where(*_among(Post.thread_id, ids))
        .group_by(Post.thread_id)
        .subquery()
    )
    comments = (
        select(Post.thread_id.label("key"), func.count().label("comments"))
        .join(PostComment, PostComment.post_id == Post.id)
        .where(*_among(Post.thread_id, ids))
        .group_by(Post.thread_id)
        .subquery()
    )
    favorites = _favorites(FavoriteKind.THREAD, ids)
    yield from _compare(
        s,
        Thread,
        select(
            Thread.id,
            Thread.reply_count, func.coalesce(replies.c.replies, 0),
            Thread.heat, func.coalesce(replies.c.heat, 0),
            Thread.comment_count, func.coalesce(comments.c.comments, 0),
            Thread.favorite_count, func.coalesce(favorites.c.count, 0),
        )
        .outerjoin(replies, replies.c.key == Thread.id)
        .outerjoin(comments, comments.c.key == Thread.id)
        .outerjoin(favorites, favorites.c.key == Thread.id)
        .where(*_among(Thread.id, ids)),
        ("reply_count", "heat", "comment_count", "favorite_count"),
    )  # fmt: skip
    # A floor is never given back, so the stored one may be above the rows, not below.
    yield from _compare(
        s,
        Thread,
        select(Thread.id, Thread.last_floor, replies.c.floor)
        .join(replies, replies.c.key == Thread.id)
        .where(Thread.last_floor < replies.c.floor),
        ("last_floor",),
    )
    newest = (
        select(Post.thread_id.label("key"), func.max(Post.floor).label("floor"))
        .where(Post.state == PostState.VISIBLE, *_among(Post.thread_id, ids))
        .group_by(Post.thread_id)
        .subquery()
    )
    yield from _compare(
        s,
        Thread,
        select(
            Thread.id,
            Thread.last_post_at, Post.created_at,
            Thread.last_poster_id, Post.author_id,
        )
        .join(newest, newest.c.key == Thread.id)
        .join(Post, and_(Post.thread_id == Thread.id, Post.floor == newest.c.floor))
        .where(Thread.state.in_((ThreadState.VISIBLE, ThreadState.RECYCLED)), ~_RAISED_OR_SUNK),
        ("last_post_at", "last_poster_id"),
    )  # fmt: skip


def board_differences(s: Session, ids: Ids = None) -> Iterator[Difference]:
    """Threads, posts, favourites, last post; today's and yesterday's numbers count what was posted,
    whatever became of it, so no rows say what they should be. One statement and one per board."""
    threads = _per_board(
        select(Thread.board_id, func.count()).where(Thread.state == ThreadState.VISIBLE), ids
    )
    posts = _per_board(
        select(Thread.board_id, func.count())
        .join(Post, Post.thread_id == Thread.id)
        .where(_VISIBLE_POST),
        ids,
    )
    favorites = _favorites(FavoriteKind.BOARD, ids)
    yield from _compare(
        s,
        Board,
        select(
            Board.id,
            Board.thread_count, func.coalesce(threads.c.count, 0),
            Board.post_count, func.coalesce(posts.c.count, 0),
            Board.favorite_count, func.coalesce(favorites.c.count, 0),
        )
        .outerjoin(threads, threads.c.key == Board.id)
        .outerjoin(posts, posts.c.key == Board.id)
        .outerjoin(favorites, favorites.c.key == Board.id)
        .where(*_among(Board.id, ids)),
        ("thread_count", "post_count", "favorite_count"),
    )  # fmt: skip
    boards = select(Board.id, Board.last_thread_id, Board.last_post_at).where(
        Board.kind == BoardKind.BOARD, *_among(Board.id, ids)
    )
    for board_id, thread_id, at in s.execute(boards.order_by(Board.id)).all():
        last = last_post_of_board(s, board_id)
        counted = (last.thread_id, last.at) if last is not None else (None, None)
        if (thread_id, at) != counted:
            yield Difference("boards", board_id, "last_thread_id", thread_id, counted[0])


def member_differences(s: Session, ids: Ids = None) -> Iterator[Difference]:
    """Threads, posts and digests, opening counts included, unread notices and messages. One statement."""
    threads = (
        select(
            Thread.author_id.label("key"),
            func.count().label("count"),
            func.count().filter(Thread.digest_level > 0).label("digests"),
        )
        .where(Thread.state == ThreadState.VISIBLE, *_among(Thread.author_id, ids))
        .group_by(Thread.author_id)
        .subquery()
    )
    posts = (
        select(Post.author_id.label("key"), func.count().label("count"))
        .join(Thread, Thread.id == Post.thread_id)
        .where(_VISIBLE_POST, *_among(Post.author_id, ids))
        .group_by(Post.author_id)
        .subquery()
    )
    unread = (
        select(Notice.member_id.label("key"), func.count().label("count"))
        .where(Notice.is_read.is_(False), *_among(Notice.member_id, ids))
        .group_by(Notice.member_id)
        .subquery()
    )
    messages = (
        select(MessageCopy.owner_id.label("key"), func.count().label("count"))
        .where(~MessageCopy.is_read, *_among(MessageCopy.owner_id, ids))
        .group_by(MessageCopy.owner_id)
        .subquery()
    )
    yield from _compare(
        s,
        Member,
        select(
            Member.id,
            Member.thread_count, Member.opening_thread_count + func.coalesce(threads.c.count, 0),
            Member.post_count, Member.opening_post_count + func.coalesce(posts.c.count, 0),
            Member.digest_count,
            Member.opening_digest_count + func.coalesce(threads.c.digests, 0),
            Member.unread_notice_count, func.coalesce(unread.c.count, 0),
            Member.unread_message_count, func.coalesce(messages.c.count, 0),
        )
        .outerjoin(threads, threads.c.key == Member.id)
        .outerjoin(posts, posts.c.key == Member.id)
        .outerjoin(unread, unread.c.key == Member.id)
        .outerjoin(messages, messages.c.key == Member.id)
        .where(*_among(Member.id, ids)),
        (
            "thread_count",
            "post_count",
            "digest_count",
            "unread_notice_count",
            "unread_message_count",
        ),
    )  # fmt: skip


def all_differences(s: Session) -> Iterator[Difference]:
    """Every counter that is not what the rows say."""
    yield from thread_differences(s)
    yield from board_differences(s)
    yield from member_differences(s)


def _among(column: InstrumentedAttribute[int], ids: Ids) -> tuple[Any, ...]:
    return () if ids is None else (column.in_(ids),)


def _per_board(counted: Select[*tuple[Any, ...]], ids: Ids) -> Any:
    key, count = counted.selected_columns
    return (
        counted.with_only_columns(key.label("key"), count.label("count"))
        .where(*_among(Thread.board_id, ids))
        .group_by(Thread.board_id)
        .subquery()
    )


def _favorites(kind: FavoriteKind, ids: Ids) -> Any:
    return (
        select(Favorite.target_id.label("key"), func.count().label("count"))
        .where(Favorite.kind == kind, *_among(Favorite.target_id, ids))
        .group_by(Favorite.target_id)
        .subquery()
    )


def _compare(
    s: Session, model: type[Any], wanted: Select[*tuple[Any, ...]], columns: tuple[str, ...]
) -> Iterator[Difference]:
    """Rows of an id and pairs of stored and counted, in the order of `columns`."""
    row: Row[Any]
    for row in s.execute(wanted.order_by(model.id)):
        for index, column in enumerate(columns):
            stored, counted = row[1 + 2 * index], row[2 + 2 * index]
            if stored != counted:
                yield Difference(model.__tablename__, row[0], column, stored, counted)
