"""What is a thread's last post once an entry of the log is taken back?

The effects say it for all of them together, taken back newest first. For a part of them, or when
later entries stand, it is worked out: the newest visible post as it will be, or the time that a
raising or sinking gave, which stands and is newer than that post.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.commands.moderation.planning import name_of
from forum.models import ModLogEntry, ModLogTarget, Post, PostState, TargetKind, Thread
from forum.modlog.effects import Change, Derived, Effect, MovePosts, Remove, json_value

CHUNK = 500
ORDERS = ("thread.raise", "thread.sink")
_TELLING = (*ORDERS, "thread.repair", "thread.merge", "thread.split")
_COLUMNS = (Post.id, Post.thread_id, Post.floor, Post.author_id, Post.created_at, Post.state)


@dataclass(frozen=True)
class _Row:
    """A post, where it is or will be."""

    id: int
    thread_id: int
    floor: int
    author_id: int
    created_at: datetime
    is_visible: bool


@dataclass
class _Thread:
    """What the effects do to one thread's posts. `target`: which target says so."""

    target: int
    derived: Derived | None = None
    touched: set[int] = field(default_factory=set)  # posts that change, come or go
    coming: list[_Row] = field(default_factory=list)  # those of them that are here afterwards


def with_last_posts(s: Session, entry_id: int, effects: Sequence[Effect]) -> list[Effect]:
    """The effects, with the last posts of threads as they will be. Three statements a thread.

    A thread whose time nothing explains (an import gave it) keeps what the effects say.

    :param entry_id: the entry taken back.
    """
    threads = _threads_in(s, effects)
    if not threads:
        return list(effects)
    given = _given_times(s, entry_id, threads)
    found = list(effects)
    for thread_id, one in sorted(threads.items()):
        thread = s.get(Thread, thread_id)
        if thread is None:
            continue
        if thread_id not in given and not _is_explained(s, thread, one.derived):
            continue
        staying = _newest_visible(s, thread_id, one.touched)
        visible = [row for row in (staying, *one.coming) if row is not None and row.is_visible]
        if not visible:
            continue
        last = max(visible, key=lambda row: row.floor)
        given_at, at = given.get(thread_id, (None, None))
        is_given = given_at is not None and last.created_at <= given_at
        after = {
            "last_post_at": at if is_given else json_value(last.created_at),
            "last_poster_id": last.author_id,
            "last_poster_name": name_of(s, last.author_id),
        }
        before = {name: json_value(getattr(thread, name)) for name in after}
        found = [effect for effect in found if not _tells_last_post(effect, thread_id)]
        if before != after:
            found.append(Derived(one.target, "threads", thread_id, before, after))
    return found


def _threads_in(s: Session, effects: Sequence[Effect]) -> dict[int, _Thread]:
    """The threads whose last post may be another, without those that go."""
    states: dict[int, Change] = {}
    moves: dict[int, tuple[MovePosts, int]] = {}
    found: dict[int, _Thread] = {}
    gone: set[int] = set()
    for effect in effects:
        match effect:
            case Change(table="posts") if "state" in effect.after:
                states[effect.id] = effect
            case MovePosts():
                moves |= {post_id: (effect, floor) for post_id, _, floor in effect.moves}
            case Derived(table="threads") if "last_post_at" in effect.after:
                found.setdefault(effect.id, _Thread(effect.target)).derived = effect
            case Remove(table="threads"):
                gone.add(effect.id)
    for row in _posts(s, {*states, *moves}):
        change = states.get(row.id)
        moved = moves.get(row.id)
        target = (change or moved[0]).target  # type: ignore[index]
        if change is not None:
            row = replace(row, is_visible=change.after["state"] == PostState.VISIBLE)
        found.setdefault(row.thread_id, _Thread(target)).touched.add(row.id)
        if moved is not None:
            row = replace(row, thread_id=moved[0].to_thread, floor=moved[1])
            found.setdefault(row.thread_id, _Thread(target)).touched.add(row.id)
        found[row.thread_id].coming.append(row)
    return {thread_id: one for thread_id, one in found.items() if thread_id not in gone}


def _given_times(
    s: Session, entry_id: int, thread_ids: Iterable[int]
) -> dict[int, tuple[datetime | None, Any]]:
    """By thread whose time other entries tell of: when the newest raising or sinking that stands
    was made, and the time it gave; or (None, None)."""
    found: dict[int, tuple[datetime | None, Any]] = {}
    entries: dict[int, ModLogEntry] = {}
    for part in _parts(thread_ids):
        rows = s.execute(
            select(
                ModLogTarget.target_id, ModLogEntry.id, ModLogEntry.action,
                ModLogEntry.is_reversal, ModLogTarget.undone_by_id,
            )
            .join(ModLogEntry, ModLogEntry.id == ModLogTarget.entry_id)
            .where(
                ModLogTarget.kind == TargetKind.THREAD,
                ModLogTarget.target_id.in_(part),
                ModLogEntry.action.in_(_TELLING),
            )
            .order_by(ModLogEntry.id)
        )  # fmt: skip
        for thread_id, order_id, action, is_reversal, undone_by_id in rows.all():
            if order_id == entry_id:
                continue
            found.setdefault(thread_id, (None, None))
            if action in ORDERS and not is_reversal and undone_by_id is None:
                entry = entries.setdefault(order_id, s.get_one(ModLogEntry, order_id))
                for coded in entry.effects:
                    if coded["do"] == "derived" and coded["id"] == thread_id:
                        found[thread_id] = entry.created_at, coded["after"]["last_post_at"]
    return found


def _is_explained(s: Session, thread: Thread, derived: Derived | None) -> bool:
    """Is the time it has, or is to get back, that of one of its posts?"""
    if derived is None:
        newest = _newest_visible(s, thread.id, set())
        return newest is not None and newest.created_at == thread.last_post_at
    at = datetime.fromisoformat(derived.after["last_post_at"])
    post = select(Post.id).where(Post.thread_id == thread.id, Post.created_at == at).limit(1)
    return s.scalar(post) is not None


def _posts(s: Session, ids: Iterable[int]) -> list[_Row]:
    return [
        _row(row)
        for part in _parts(ids)
        for row in s.execute(select(*_COLUMNS).where(Post.id.in_(part)))
    ]


def _newest_visible(s: Session, thread_id: int, without: set[int]) -> _Row | None:
    """The visible post at the highest floor, but for these."""
    below: int | None = None
    while True:
        statement = (
            select(*_COLUMNS)
            .where(Post.thread_id == thread_id, Post.state == PostState.VISIBLE)
            .order_by(Post.floor.desc())
            .limit(CHUNK if without else 1)
        )
        if below is not None:
            statement = statement.where(Post.floor < below)
        rows = s.execute(statement).all()
        for row in rows:
            if row.id not in without:
                return _row(row)
        if not rows:
            return None
        below = rows[-1].floor


def _row(row: Any) -> _Row:
    return _Row(
        row.id, row.thread_id, row.floor, row.author_id, row.created_at,
        row.state is PostState.VISIBLE,
    )  # fmt: skip


def _tells_last_post(effect: Effect, thread_id: int) -> bool:
    return (
        isinstance(effect, Derived)
        and (effect.table, effect.id) == ("threads", thread_id)
        and "last_post_at" in effect.after
    )


def _parts(ids: Iterable[int]) -> Iterable[list[int]]:
    ordered = sorted(set(ids))
    for at in range(0, len(ordered), CHUNK):
        yield ordered[at : at + CHUNK]
