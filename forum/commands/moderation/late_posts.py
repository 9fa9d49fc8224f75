"""Where do replies go that came between a merge or a split and its undo?

They are no conflict: they stand behind the posts that come back, in the order they were written.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.models import Post
from forum.modlog.effects import Effect, MovePosts, Remove


def late_posts(s: Session, effects: Sequence[Effect], *, since: datetime) -> list[MovePosts]:
    """The moves of posts newer than `since` in the threads that posts come from or go to.

    :param effects: the inverse of a merge or a split, not yet made.
    """
    moves = [one for one in effects if isinstance(one, MovePosts)]
    if not moves:
        return []
    known = {post_id for one in moves for post_id, _, _ in one.moves}
    gone = {one.id for one in effects if isinstance(one, Remove) and one.table == "threads"}
    home = {one.from_thread: one.to_thread for one in moves if one.from_thread in gone}
    threads = {one.from_thread for one in moves} | {one.to_thread for one in moves}
    rows = [
        row
        for row in s.execute(
            select(Post.id, Post.thread_id, Post.floor)
            .where(Post.thread_id.in_(threads), Post.created_at > since)
            .order_by(Post.created_at, Post.id)
        )
        if row.id not in known
    ]
    if not rows:
        return []
    late = {row.id for row in rows}
    found: list[MovePosts] = []
    for thread_id in sorted(threads - gone):
        mine = [row for row in rows if home.get(row.thread_id, row.thread_id) == thread_id]
        floor = _highest(s, moves, thread_id, known | late)
        by_origin: dict[int, list[tuple[int, int, int]]] = {}
        for row in mine:
            floor += 1
            if (row.thread_id, row.floor) != (thread_id, floor):
                by_origin.setdefault(row.thread_id, []).append((row.id, row.floor, floor))
        found += [
            MovePosts(moves[0].target, origin, thread_id, tuple(there))
            for origin, there in sorted(by_origin.items())
        ]
    return found


def _highest(s: Session, moves: Sequence[MovePosts], thread_id: int, moving: set[int]) -> int:
    """The highest floor of the thread once the known posts are back."""
    back = [after for one in moves if one.to_thread == thread_id for _, _, after in one.moves]
    staying: list[int] = [
        row.floor
        for row in s.execute(
            select(Post.id, Post.floor)
            .where(Post.thread_id == thread_id)
            .order_by(Post.floor.desc())
            .limit(len(moving) + 1)
        )
        if row.id not in moving
    ]
    return max([0, *back, *staying[:1]])
