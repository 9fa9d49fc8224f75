"""What did the deletion that stands take from a thread or a post?

It was one of the thread or the post, or part of a clean-up of everything its author wrote.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Select, and_, or_, select

from forum.commands.moderation.planning import Planner
from forum.models import (
    ModLogEntry,
    ModLogTarget,
    PointTransfer,
    Post,
    PostState,
    TargetKind,
    Thread,
    ThreadState,
)
from forum.modlog.effects import ReverseTransfers, decode

CLEANING = "member.clean"
# What was put into the bin out of the queue had no points then. Logged on the post, of a thread too.
FROM_QUEUE = "post.delete_pending"
_WAITING = (PostState.PENDING, PostState.IGNORED)


@dataclass(frozen=True)
class Taken:
    """The transfers by which a deletion took points back; `was_waiting`: it had not been shown yet."""

    transfer_ids: tuple[int, ...] = ()
    was_waiting: bool = False


def taken_from_thread(planner: Planner, thread: Thread, action: str) -> tuple[int, ...]:
    """The transfers by which the deletion that stands took points back for this thread.

    :param action: the deletion of threads.
    """
    of_posts = select(Post.id).where(Post.thread_id == thread.id)
    return _taken(
        planner, TargetKind.THREAD, thread, action,
        lambda: {f"thread:{thread.id}"} | _post_subjects(planner, of_posts),
    ).transfer_ids  # fmt: skip


def taken_from_post(planner: Planner, post: Post, action: str) -> Taken:
    """What the deletion that stands took from a post.

    :param action: the deletion of posts.
    """
    return _taken(planner, TargetKind.POST, post, action, lambda: {f"post:{post.id}"})


def _post_subjects(planner: Planner, posts: Select[int]) -> set[str]:
    return {f"post:{post_id}" for post_id in planner.session.scalars(posts)}


def _taken(
    planner: Planner,
    kind: TargetKind,
    row: Thread | Post,
    action: str,
    subjects: Callable[[], Iterable[str]],
) -> Taken:
    for entry_id, key in planner.session.execute(_deletions(kind, row, action)).all():
        if key == action:
            taken = planner.remembered(("taken", entry_id), partial(_by_target, planner, entry_id))
            found: tuple[int, ...] = taken.get(row.id, ())
            return Taken(found)
        if key == FROM_QUEUE:
            if not isinstance(row, Thread):
                return Taken(was_waiting=True)
            taken = planner.remembered(("taken", entry_id), partial(_by_target, planner, entry_id))
            return Taken(taken.get(row.first_post_id, ()), was_waiting=True)
        cleaned: _Cleaned = planner.remembered(
            ("cleaned", entry_id), partial(_Cleaned, planner, entry_id)
        )
        former = cleaned.rows.get((row.__tablename__, row.id))
        if former is not None:
            return Taken(cleaned.transfers_about(subjects()), former in _WAITING)
    return Taken()  # it came recycled from an import


def _deletions(kind: TargetKind, row: Thread | Post, action: str) -> Select[int, str]:
    """The entries that may have deleted it, and their actions; newest first."""
    queued_id = row.first_post_id if isinstance(row, Thread) else row.id
    return (
        select(ModLogEntry.id, ModLogEntry.action)
        .join(ModLogTarget, ModLogTarget.entry_id == ModLogEntry.id)
        .where(
            or_(
                and_(
                    ModLogTarget.kind == kind,
                    ModLogTarget.target_id == row.id,
                    ModLogEntry.action == action,
                ),
                and_(
                    ModLogTarget.kind == TargetKind.POST,
                    ModLogTarget.target_id == queued_id,
                    ModLogEntry.action == FROM_QUEUE,
                ),
                and_(
                    ModLogTarget.kind == TargetKind.MEMBER,
                    ModLogTarget.target_id == row.author_id,
                    ModLogEntry.action == CLEANING,
                ),
            ),
            ModLogEntry.is_reversal.is_(False),
            ModLogTarget.undone_by_id.is_(None),
        )
        .order_by(ModLogEntry.id.desc())
    )


def _effects(planner: Planner, entry_id: int) -> list[dict[str, Any]]:
    return list(
        planner.session.scalars(
            select(ModLogEntry.effects).where(ModLogEntry.id == entry_id)
        ).one()
    )  # fmt: skip


def _reversals(coded: Iterable[dict[str, Any]]) -> Iterable[ReverseTransfers]:
    for one in coded:
        if one["do"] == "reverse_transfers":
            effect = decode(one)
            assert isinstance(effect, ReverseTransfers)
            yield effect


def _by_target(planner: Planner, entry_id: int) -> dict[int, tuple[int, ...]]:
    """By target; a deletion of a thousand threads is read once."""
    found: dict[int, tuple[int, ...]] = {}
    for effect in _reversals(_effects(planner, entry_id)):
        found[effect.target] = found.get(effect.target, ()) + effect.made
    return found


class _Cleaned:
    """What a clean-up put into the bin, and the transfers by which it took points back."""

    def __init__(self, planner: Planner, entry_id: int) -> None:
        effects = _effects(planner, entry_id)
        self.rows: dict[tuple[str, int], str] = {
            (one["table"], one["id"]): one["before"]["state"]
            for one in effects
            if one["do"] == "change" and one["after"].get("state") == ThreadState.RECYCLED
        }
        made = [number for effect in _reversals(effects) for number in effect.made]
        self._by_subject: dict[str, list[int]] = {}
        for at in range(0, len(made), 1000):
            rows = planner.session.execute(
                select(PointTransfer.id, PointTransfer.subject)
                .where(PointTransfer.id.in_(made[at : at + 1000]))
                .order_by(PointTransfer.id)
            )
            for transfer_id, subject in rows:
                self._by_subject.setdefault(subject, []).append(transfer_id)

    def transfers_about(self, subjects: Iterable[str]) -> tuple[int, ...]:
        return tuple(one for each in subjects for one in self._by_subject.get(each, ()))
