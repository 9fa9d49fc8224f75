"""What is a thread's last post when only some of an action's posts come back, or go again?

The effects say it for all of them together; for a part it is worked out anew.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.commands.moderation.planning import name_of
from forum.models import Post, PostState, Thread
from forum.modlog.effects import Change, Derived, Effect, json_value

CHUNK = 500
_COLUMNS = (Post.id, Post.thread_id, Post.floor, Post.author_id, Post.created_at)


def with_last_posts(s: Session, effects: Sequence[Effect]) -> list[Effect]:
    """The effects, with the last posts of threads as they will be. Three statements a thread.

    A thread that was raised or sunk keeps what the effects say.
    """
    changes = {
        one.id: one
        for one in effects
        if isinstance(one, Change) and one.table == "posts" and "state" in one.after
    }
    by_thread: dict[int, list[Any]] = {}
    for row in _posts(s, changes):
        by_thread.setdefault(row.thread_id, []).append(row)
    found = list(effects)
    for thread_id, rows in sorted(by_thread.items()):
        thread = s.get_one(Thread, thread_id)
        shown = [row for row in rows if changes[row.id].after["state"] == PostState.VISIBLE]
        hidden = {row.id for row in rows} - {row.id for row in shown}
        newest = _newest_visible(s, thread_id, ())
        if newest is None or newest.created_at != thread.last_post_at:
            continue
        left = _newest_visible(s, thread_id, hidden) if newest.id in hidden else newest
        last = max((one for one in (left, *shown) if one), key=lambda one: one.floor, default=None)
        if last is None:
            continue
        found = [one for one in found if not _tells_last_post(one, thread_id)]
        if last.id != newest.id:
            target = changes[(shown or rows)[-1].id].target
            found.append(_derived(s, target, thread, last))
    return found


def _posts(s: Session, ids: Iterable[int]) -> list[Any]:
    ordered = sorted(ids)
    found: list[Any] = []
    for at in range(0, len(ordered), CHUNK):
        found.extend(s.execute(select(*_COLUMNS).where(Post.id.in_(ordered[at : at + CHUNK]))))
    return sorted(found, key=lambda row: (row.thread_id, row.floor))


def _newest_visible(s: Session, thread_id: int, without: Iterable[int]) -> Any:
    return s.execute(
        select(*_COLUMNS)
        .where(
            Post.thread_id == thread_id,
            Post.state == PostState.VISIBLE,
            Post.id.not_in(list(without)),
        )
        .order_by(Post.floor.desc())
        .limit(1)
    ).one_or_none()


def _tells_last_post(effect: Effect, thread_id: int) -> bool:
    return (
        isinstance(effect, Derived)
        and (effect.table, effect.id) == ("threads", thread_id)
        and "last_post_at" in effect.after
    )


def _derived(s: Session, target: int, thread: Thread, last: Any) -> Derived:
    after = {
        "last_post_at": last.created_at,
        "last_poster_id": last.author_id,
        "last_poster_name": name_of(s, last.author_id),
    }
    return Derived(
        target,
        "threads",
        thread.id,
        {name: json_value(getattr(thread, name)) for name in after},
        {name: json_value(value) for name, value in after.items()},
    )
