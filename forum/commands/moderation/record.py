"""How does an action get into the log? One row at the end of the chain, and what points to it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, aliased

from forum.core.errors import Invalid
from forum.core.text import clean_line
from forum.core.uow import UnitOfWork
from forum.models import ModLogEntry, ModLogTarget, Post, TargetKind, Thread
from forum.modlog.chain import NewEntry, append
from forum.modlog.effects import Effect, encode
from forum.modlog.registry import ACTIONS, Action
from forum.modlog.seal import seal_of
from forum.policies.actor import Actor
from forum.policies.moderation import REASON_REQUIRED
from forum.policies.permissions import May

REASON_LENGTH = 200


@dataclass(frozen=True)
class LoggedAction:
    """What is to be logged of an action, or of taking one back."""

    action: Action
    actor_id: int | None  # None = the schedule
    actor_name: str
    target_ids: tuple[int, ...]
    board_id: int | None
    title: str
    options: dict[str, Any]
    effects: list[dict[str, Any]]
    reason: str = ""
    expires_at: datetime | None = None
    is_reversal: bool = False
    undoes_id: int | None = None

    def with_effects(self, effects: Iterable[Effect]) -> "LoggedAction":
        """The same, now that the effects were made."""
        return replace(self, effects=[encode(effect) for effect in effects])


def checked_reason(actor: Actor, reason: str) -> str:
    """The reason as the log keeps it, of an action or of an undo.

    :raises Invalid: reason_required, where the actor's group has to give one; reason_too_long.
    """
    reason = clean_line(reason)
    if not reason and actor.permission(May.REASON) & REASON_REQUIRED:
        raise Invalid("reason_required", field="reason")
    if len(reason) > REASON_LENGTH:
        raise Invalid("reason_too_long", field="reason", most=REASON_LENGTH)
    return reason


def record(uow: UnitOfWork, what: LoggedAction, *, settles: bool = True) -> int:
    """Write the log row. Lock nothing after this: the head of the chain is locked last.

    :param settles: bring along what hangs on it; else the caller does, by `settle_record`.
    :returns: the entry's id.
    """
    seal, boards = seal_of(uow.session), _boards_then(uow.session, what)
    head = append(
        uow.session,
        seal,
        NewEntry(
            action=what.action.key,
            is_reversal=what.is_reversal,
            actor_id=what.actor_id,
            actor_name=what.actor_name,
            target_kind=what.action.targets,
            target_ids=what.target_ids,
            board_id=what.board_id,
            title=what.title,
            options=what.options,
            effects=what.effects,
            reason=what.reason,
            address=uow.address,
            created_at=uow.now,
            expires_at=what.expires_at,
            undoes_id=what.undoes_id,
            boards=boards,
        ),
    )
    uow.after_commit(lambda: seal.remember(head))
    if what.undoes_id is not None:
        _mark_undone(uow.session, what, what.undoes_id, head.entry_id)
    if settles:
        settle_record(
            uow.session, what.action, what.target_ids, head.entry_id, is_reversal=what.is_reversal
        )
    return head.entry_id


def _boards_then(s: Session, what: LoggedAction) -> dict[int, int]:
    """Where each target was when it was done, or is now that it was taken back. Where it is gone, the
    effects say where it was."""
    kind = what.action.targets
    found: dict[int, int] = {}
    for part in _parts(what.target_ids):
        if kind is TargetKind.THREAD:
            where = select(Thread.id, Thread.board_id).where(Thread.id.in_(part))
        elif kind is TargetKind.POST:
            where = select(Post.id, Thread.board_id).join(Thread, Thread.id == Post.thread_id)
            where = where.where(Post.id.in_(part))
        else:
            return {}
        found.update({row[0]: row[1] for row in s.execute(where)})
    if kind is TargetKind.THREAD:
        targets = set(what.target_ids)
        for effect in what.effects:
            board_id = _board_before(effect, is_reversal=what.is_reversal)
            if board_id is not None and effect["id"] in targets:
                found[effect["id"]] = board_id
    return found


def _board_before(effect: dict[str, Any], *, is_reversal: bool) -> int | None:
    if effect.get("table") != "threads":
        return None
    board_id: int | None = None
    if effect["do"] == "purge":
        board_id = effect["board_id"]
    elif effect["do"] == "remove":
        board_id = effect["values"]["board_id"]
    elif effect["do"] == "change" and not is_reversal:
        board_id = effect["before"].get("board_id")
    return board_id


def settle_record(
    s: Session, action: Action, target_ids: Sequence[int], entry_id: int, *, is_reversal: bool
) -> None:
    """What hangs on an entry: end dates it takes over, and threads that name it."""
    if not is_reversal:
        _supersede(s, action, target_ids, entry_id)
    point_threads(s, action.targets, target_ids)


def _mark_undone(s: Session, what: LoggedAction, entry_id: int, by_id: int) -> None:
    """Of an entry, these targets are taken back; with the last of them the entry is."""
    for part in _parts(what.target_ids):
        mine = (ModLogTarget.kind == what.action.targets, ModLogTarget.target_id.in_(part))
        s.execute(
            update(ModLogTarget)
            .where(*mine, ModLogTarget.entry_id == entry_id, ModLogTarget.undone_by_id.is_(None))
            .values(undone_by_id=by_id)
            .execution_options(synchronize_session=False)
        )
        # What the entry had taken over counts again.
        s.execute(
            update(ModLogTarget)
            .where(*mine, ModLogTarget.superseded_by_id == entry_id)
            .values(superseded_by_id=None)
            .execution_options(synchronize_session=False)
        )
    left = select(ModLogTarget.target_id).where(
        ModLogTarget.entry_id == entry_id, ModLogTarget.undone_by_id.is_(None)
    )
    s.execute(
        update(ModLogEntry)
        .where(ModLogEntry.id == entry_id, ~left.exists())
        .values(undone_by_id=by_id)
        .execution_options(synchronize_session=False)
    )


def _supersede(s: Session, action: Action, target_ids: Sequence[int], entry_id: int) -> None:
    """End dates of earlier entries of the family count no longer on these targets."""
    family = [one.key for one in ACTIONS.values() if one.family == action.family]
    earlier = (
        select(ModLogEntry.id)
        .where(
            ModLogEntry.action.in_(family),
            ModLogEntry.expires_at.is_not(None),
            ModLogEntry.undone_by_id.is_(None),
            ModLogEntry.id < entry_id,  # a batch gets there later than who acts after it
        )
        .scalar_subquery()
    )
    for part in _parts(target_ids):
        s.execute(
            update(ModLogTarget)
            .where(
                ModLogTarget.kind == action.targets,
                ModLogTarget.target_id.in_(part),
                ModLogTarget.superseded_by_id.is_(None),
                ModLogTarget.undone_by_id.is_(None),
                ModLogTarget.entry_id.in_(earlier),
            )
            .values(superseded_by_id=entry_id)
            .execution_options(synchronize_session=False)
        )


def point_threads(s: Session, kind: TargetKind, target_ids: Sequence[int]) -> None:
    """Let threads name the last action on them that stands (本主题由 X 于 T 置顶)."""
    if kind is not TargetKind.THREAD:
        return
    entry, target = aliased(ModLogEntry), aliased(ModLogTarget)
    newest = (
        select(func.max(entry.id))
        .join(target, target.entry_id == entry.id)
        .where(
            target.kind == TargetKind.THREAD,
            target.target_id == Thread.id,
            target.undone_by_id.is_(None),
            entry.is_reversal.is_(False),
        )
        .correlate(Thread)
        .scalar_subquery()
    )
    for part in _parts(target_ids):
        s.execute(
            update(Thread)
            .where(Thread.id.in_(part))
            .values(last_log_id=newest)
            .execution_options(synchronize_session=False)
        )


def _parts(ids: Sequence[int]) -> list[Sequence[int]]:
    return [ids[at : at + 500] for at in range(0, len(ids), 500)]
