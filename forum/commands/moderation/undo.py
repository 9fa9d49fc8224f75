"""Taking an entry of the log back: the inverse of its effects, as an entry of its own.

So undoing an undo is the same function, and so is what the schedule does at an end date.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session, defer

from forum.commands.moderation.conflicts import Conflict, conflicts_in
from forum.commands.moderation.in_hand import held_by_batches, require_free, require_not_held
from forum.commands.moderation.last_posts import ORDERS, with_last_posts
from forum.commands.moderation.late_posts import late_posts
from forum.commands.moderation.perform import make_effects
from forum.commands.moderation.record import LoggedAction, checked_reason, record
from forum.commands.moderation.stamps_back import with_stamps
from forum.commands.moderation.targets import load_targets, title_of
from forum.commands.moderation.telling import Granted, owners_told, tell_owners
from forum.commands.moderation.unhindered import unhindered, without
from forum.commands.moderation.weights import counts_following
from forum.core.db import Database
from forum.core.errors import Conflict as ConflictError
from forum.core.errors import NotFound
from forum.core.uow import UnitOfWork
from forum.models import ModLogEntry, ModLogTarget, Post, TargetKind, Thread
from forum.modlog.effects import Count, Effect, decode, encode, inverses, touched
from forum.modlog.registry import Action, action_of
from forum.policies.actor import Actor
from forum.queries.site import Site, site_of
from forum.queries.undoing import undo_verdict


@dataclass(frozen=True)
class Undone:
    """What was taken back. `left` are the targets that could not be."""

    entry_id: int
    effects: tuple[Effect, ...]
    left: tuple[Conflict, ...] = ()


@dataclass(frozen=True)
class LoggedEntry:
    """An entry as undoing needs it: what of it was not taken back yet."""

    id: int
    action: Action
    is_reversal: bool
    target_ids: tuple[int, ...]
    effects: tuple[Effect, ...]
    row: ModLogEntry

    @property
    def actor_id(self) -> int | None:
        return self.row.actor_id

    @property
    def options(self) -> dict[str, Any]:
        return self.row.options

    @property
    def raw_effects(self) -> list[Effect]:
        """Without the counters that follow from the others; views follow from nothing."""
        return [
            one
            for one in self.effects
            if not isinstance(one, Count) or set(one.deltas) == {"view_count"}
        ]


def undo(
    uow: UnitOfWork,
    actor: Actor | None,
    entry_id: int,
    *,
    partial: bool = False,
    only: Sequence[int] | None = None,
    reason: str = "",
    granted: Granted | None = None,
) -> Undone:
    """Take an entry back; all of it, or with `partial` the targets nothing stands in the way of.

    :param actor: None = the schedule.
    :param only: of the targets, only these (what the schedule found due).
    :param granted: the appeal it grants; those who are told read its answer.
    :raises Conflict: "undo_conflicts" when something is in the way; "already_undone"; "nothing_to_undo".
    :raises Forbidden: the actor may not act on one of the targets, in one of the places; a batch has one
        in hand.
    :raises Invalid: reason_required, reason_too_long.
    """
    s, site = uow.session, site_of(uow.session)
    entry = load_entry(s, entry_id, lock=True)
    threads = lock_threads(s, entry.effects)
    held = held_by_batches(s)
    require_free(threads, held=held)
    wanted = entry.target_ids if only is None else only
    require_not_held(s, held, entry.action.targets, wanted, touched(entry.effects)[1])
    if entry.row.undone_by_id is not None:
        raise ConflictError("already_undone")
    if actor is not None:
        undo_verdict(s, actor, site, entry, only=only).require()
        reason = checked_reason(actor, reason)

    found = conflicts_in(s, site, entry.action.targets, entry.id, entry.raw_effects)
    if found and not partial and only is None:
        raise ConflictError("undo_conflicts", entry_id=entry.id)
    free = free_part(s, entry, found, only=only)
    targets = free.target_ids
    if not targets:
        raise ConflictError("nothing_to_undo", entry_id=entry.id)

    effects = undoing_effects(s, free)
    boards = {thread.id: thread.board_id for thread in threads}
    owners = owners_told(s, entry.row, targets)
    actor_id = actor.member_id if actor is not None else None
    applied = make_effects(
        uow, effects, actor_id, boards, also_lock=[one.member_id for one in owners],
        told=targets if entry.action.targets is TargetKind.THREAD else (),
    )  # fmt: skip
    new_id = record(
        uow,
        LoggedAction(
            action=entry.action,
            actor_id=actor_id,
            actor_name=actor.name if actor is not None else "",
            target_ids=targets,
            board_id=entry.row.board_id,
            title=title_of_part(s, site, entry.row, targets),
            options=entry.row.options,
            effects=[encode(effect) for effect in applied.effects],
            reason=reason,
            is_reversal=not entry.is_reversal,
            undoes_id=entry.id,
            expires_at=entry.row.expires_at if entry.is_reversal else None,
        ),
    )
    if actor is not None:
        tell_owners(
            uow, actor, owners, action=entry.action.key, reason=reason, entry_id=new_id,
            is_reversal=not entry.is_reversal, granted=granted,
        )  # fmt: skip
    return Undone(new_id, tuple(applied.effects), tuple(found))


def title_of_part(s: Session, site: Site, row: ModLogEntry, target_ids: Sequence[int]) -> str:
    """What the log calls these targets of an entry: its title may be that of one left alone."""
    if len(target_ids) == row.target_count:
        return row.title
    first = load_targets(s, site, action_of(row.action), [min(target_ids)], skips_gone=True).found
    return title_of(first[0]) if first else row.title


def conflicts_of(s: Session, site: Site, entry_id: int) -> list[Conflict]:
    """What stands in the way of undoing an entry now. Reads only."""
    entry = load_entry(s, entry_id)
    return conflicts_in(s, site, entry.action.targets, entry.id, entry.raw_effects)


@dataclass(frozen=True)
class UndoPreview:
    """What taking an entry back would do now. `can_undo_some`: not everything is in the way."""

    effects: tuple[Effect, ...]
    can_undo_some: bool


def undo_preview(s: Session, actor: Actor, site: Site, entry_id: int) -> UndoPreview:
    """Like `undo` with `partial`, for looking at. Reads only.

    :raises Forbidden: the actor may not; a batch has one of the targets in hand.
    """
    entry = load_entry(s, entry_id)
    undo_verdict(s, actor, site, entry).require()
    if held := held_by_batches(s):
        require_free(lock_threads(s, entry.effects, lock=False), held=held)
        require_not_held(s, held, entry.action.targets, entry.target_ids, touched(entry.effects)[1])
    found = conflicts_in(s, site, entry.action.targets, entry.id, entry.raw_effects)
    free = free_part(s, entry, found)
    return UndoPreview(tuple(undoing_effects(s, free)), bool(free.target_ids))


def free_part(
    s: Session, entry: LoggedEntry, found: Sequence[Conflict], *, only: Sequence[int] | None = None
) -> LoggedEntry:
    """The entry with those of its targets and effects that nothing stands in the way of.

    :param only: of the targets, only these.
    """
    free = unhindered(s, entry.action, entry.effects, found)
    targets = set(entry.target_ids) if only is None else set(entry.target_ids) & set(only)
    targets -= free.stuck_ids
    effects = without(free.effects, set(entry.target_ids) - targets)
    kept = tuple(one for one in entry.target_ids if one in targets)
    return replace(entry, target_ids=kept, effects=tuple(effects))


def undoing_effects(s: Session, entry: LoggedEntry) -> list[Effect]:
    """What taking the entry back would do now."""
    raw = undoing_without_counts(s, entry)
    return [*raw, *counts_following(s, raw)]


def undoing_without_counts(s: Session, entry: LoggedEntry) -> list[Effect]:
    """The same, but for the counters, which follow."""
    raw = inverses(entry.raw_effects)
    raw = [*late_posts(s, raw, since=entry.row.created_at), *raw]
    if entry.is_reversal and entry.action.key in ORDERS:
        return raw  # raised or sunk again
    raw = with_last_posts(s, entry.id, raw)
    return raw if entry.is_reversal else with_stamps(s, entry.id, raw)


def load_entry(
    s: Session, entry_id: int, *, lock: bool = False, only: Collection[int] | None = None
) -> LoggedEntry:
    """An entry of the log with those of its targets and effects that stand. Two statements.

    :param only: of the effects, those of these targets (a step of a large undo).
    :raises NotFound: there is none.
    """
    row = s.get(
        ModLogEntry,
        entry_id,
        with_for_update={"key_share": True} if lock else None,
        populate_existing=True,
        options=[defer(ModLogEntry.effects)] if only is not None else (),
    )
    if row is None:
        raise NotFound("not_found")
    which = [ModLogTarget.entry_id == entry_id]
    if only is not None:
        which.append(ModLogTarget.target_id.in_(only))
    rows = s.execute(
        select(ModLogTarget.target_id, ModLogTarget.undone_by_id)
        .where(*which)
        .order_by(ModLogTarget.target_id)
    ).all()
    targets = tuple(one.target_id for one in rows if one.undone_by_id is None)
    if only is None:
        undone = {one.target_id for one in rows if one.undone_by_id is not None}
        effects = tuple(decode(one) for one in row.effects if one["target"] not in undone)
    else:
        effects = _effects_on(s, row, targets)
    return LoggedEntry(row.id, action_of(row.action), row.is_reversal, targets, effects, row)


# Reading 1,000 targets' effects takes as long as a step may, and each step wants some of them.
_KEPT = "logged_effects"


def keep_entry(s: Session, database: Database, entry_id: int) -> None:
    """Read an entry's effects once for many steps, until `forget_entries`."""
    database.info[_KEPT] = {}
    load_entry(s, entry_id, only=s.scalars(_TARGETS, {"of_entry": entry_id}).all())


def forget_entries(database: Database) -> None:
    """The steps are done."""
    database.info.pop(_KEPT, None)


_TARGETS = select(ModLogTarget.target_id).where(ModLogTarget.entry_id == bindparam("of_entry"))


def _effects_on(s: Session, row: ModLogEntry, targets: Sequence[int]) -> tuple[Effect, ...]:
    """The effects on these targets. The row never changes, so they may be kept."""
    if not targets:
        return ()
    kept = s.info["database"].info.get(_KEPT)
    key = (row.id, row.hash)
    by_target: dict[int, list[Effect]] | None = kept.get(key) if kept is not None else None
    if by_target is None:
        by_target = {}
        for one in row.effects:
            by_target.setdefault(one["target"], []).append(decode(one))
        if kept is not None:
            kept[key] = by_target
    return tuple(one for target in targets for one in by_target.get(target, ()))


def _thread_ids(s: Session, effects: Sequence[Effect]) -> set[int]:
    found, post_ids = touched(effects)
    ordered = sorted(post_ids)
    for at in range(0, len(ordered), 500):
        found |= set(
            s.scalars(select(Post.thread_id).where(Post.id.in_(ordered[at : at + 500])).distinct())
        )
    return found


def lock_threads(s: Session, effects: Sequence[Effect], *, lock: bool = True) -> list[Thread]:
    """Lock the threads effects touch, lowest id first, and read them.

    :param lock: or only read them.
    """
    ids = sorted(_thread_ids(s, effects))
    found: list[Thread] = []
    for at in range(0, len(ids), 500):
        statement = select(Thread).where(Thread.id.in_(ids[at : at + 500])).order_by(Thread.id)
        if lock:
            statement = statement.with_for_update(key_share=True).execution_options(
                populate_existing=True
            )
        found.extend(s.scalars(statement))
    return found
