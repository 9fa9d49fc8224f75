"""What of an entry can be taken back though something stands in the way of the rest?

Mostly its other targets. Of a clean-up its other rows: each thread and each post that went comes
back for itself, or the member who got one thread back could get nothing else any more.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.commands.moderation.conflicts import Conflict
from forum.models import PointTransfer, Post
from forum.modlog.effects import (
    Change,
    Create,
    Derived,
    Effect,
    MovePosts,
    Remove,
    ReverseTransfers,
    Rewrite,
)
from forum.modlog.registry import Action

CHUNK = 1000


@dataclass(frozen=True)
class Unhindered:
    """Effects that can be taken back, and the targets of which none can."""

    effects: list[Effect]
    stuck_ids: frozenset[int]


def unhindered(
    s: Session, action: Action, effects: Iterable[Effect], found: Sequence[Conflict]
) -> Unhindered:
    """Leave out what the conflicts found are about. Reads only where points are among it."""
    stuck = frozenset(one.target_id for one in found)
    if not found or not action.rows_apart:
        return Unhindered(without(effects, set(stuck)), stuck)
    held = _Held(
        frozenset((one.table, one.id) for one in found),
        frozenset(one.id for one in found if one.table == "threads"),
    )
    free = [one for effect in effects if (one := _free(s, effect, held)) is not None]
    at_work = {
        one.target
        for one in free
        if isinstance(one, (Change, Create, Remove, MovePosts, Rewrite))
    }  # fmt: skip
    return Unhindered(without(free, set(stuck - at_work)), stuck - at_work)


def without(effects: Iterable[Effect], target_ids: set[int]) -> list[Effect]:
    """The effects of other targets."""
    return [one for one in effects if one.target not in target_ids]


@dataclass(frozen=True)
class _Held:
    """Rows that are to be left as they are."""

    rows: frozenset[tuple[str, int]]
    threads: frozenset[int]


def _free(s: Session, effect: Effect, held: _Held) -> Effect | None:
    match effect:
        case Change() | Derived() | Create() if (effect.table, effect.id) in held.rows:
            return None
        case Remove() if (effect.table, effect.id) in held.rows:
            return None
        case Remove() if effect.values.get("moved_to_id") in held.threads:
            return None  # a pointer comes back with its thread
        case ReverseTransfers():
            made = _of_other_rows(s, effect.made, held)
            return replace(effect, made=made) if made else None
    return effect


def _of_other_rows(s: Session, ids: Sequence[int], held: _Held) -> tuple[int, ...]:
    """Those of the transfers that are about no row held, nor about a post that is gone."""
    subjects: dict[int, str] = {}
    for at in range(0, len(ids), CHUNK):
        part = ids[at : at + CHUNK]
        rows = s.execute(
            select(PointTransfer.id, PointTransfer.subject).where(PointTransfer.id.in_(part))
        )
        subjects.update({row.id: row.subject for row in rows})
    wanted = sorted({_number(one) for one in subjects.values() if one.startswith("post:")})
    threads: dict[int, int] = {}
    for at in range(0, len(wanted), CHUNK):
        part = wanted[at : at + CHUNK]
        rows = s.execute(select(Post.id, Post.thread_id).where(Post.id.in_(part)))
        threads.update({row.id: row.thread_id for row in rows})

    def is_free(subject: str) -> bool:
        number = _number(subject)
        if subject.startswith("thread:"):
            return number not in held.threads
        return (
            number in threads
            and threads[number] not in held.threads
            and ("posts", number) not in held.rows
        )

    return tuple(one for one in ids if one in subjects and is_free(subjects[one]))


def _number(subject: str) -> int:
    return int(subject.partition(":")[2])
