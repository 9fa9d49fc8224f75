"""What comes after a batch's last step? One row of the log over all of them; then, again in short
steps, what hangs on the row: earlier end dates, the threads that name it, whom the posts concern that
are shown by it, the owners who are told.
"""

from dataclasses import replace
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from forum.commands.locks import lock_members
from forum.commands.moderation.announcing import announce, audiences_of, listeners, quoted_by
from forum.commands.moderation.appealed import grant_appeal, granted_by
from forum.commands.moderation.batch_journal import actor_of, locked_batch, request_of
from forum.commands.moderation.in_hand import CLOSING_TARGETS
from forum.commands.moderation.perform import Planned, load_for, logged
from forum.commands.moderation.pieces import joined
from forum.commands.moderation.record import LoggedAction, record, settle_record
from forum.commands.moderation.settle import settle_told
from forum.commands.moderation.targets import author_of
from forum.commands.moderation.telling import owners_told, tell_owners
from forum.commands.moderation.undo import load_entry, title_of_part
from forum.core.errors import Conflict
from forum.core.uow import UnitOfWork
from forum.models import BatchState, ModBatch, ModBatchStep, Post, Thread
from forum.modlog.effects import decode, encode
from forum.modlog.registry import Action, action_of
from forum.modlog.told import as_told
from forum.policies.actor import Actor
from forum.queries.site import Site, site_of

# How many posts that are told of, and how many owners, one step brings along.
CLOSING_POSTS = 20
CLOSING_OWNERS = 40


def close(uow: UnitOfWork, batch_id: int, effects: list[dict[str, Any]]) -> None:
    """Write the row of the log. What hangs on it follows (`close_further`).

    :param effects: what `effects_of` said; read before, for 20,000 of them take their time.
    """
    s = uow.session
    batch = locked_batch(uow, batch_id)
    if batch.state is not BatchState.RUNNING or batch.entry_id is not None:
        return
    uow.address = batch.address
    actor = actor_of(s, batch, uow.now)
    what = _entry(s, site_of(s), batch, actor)
    s.execute(update(ModBatchStep).where(ModBatchStep.batch_id == batch_id).values(effects=[]))
    batch.entry_id = record(uow, replace(what, effects=effects), settles=False)
    batch.try_count = min(batch.try_count, 1)


def effects_of(s: Session, batch_id: int) -> list[dict[str, Any]]:
    """Of all steps; those of a target done in pieces are joined again."""
    rows = s.execute(
        select(ModBatchStep.target_ids, ModBatchStep.effects)
        .where(ModBatchStep.batch_id == batch_id)
        .order_by(ModBatchStep.number)
    ).all()
    found: list[dict[str, Any]] = []
    pieces: list[dict[str, Any]] = []
    for row in rows:
        if row.target_ids and not pieces:
            found += row.effects
            continue
        pieces += row.effects
        if row.target_ids:
            found += [encode(one) for one in joined(decode(coded) for coded in pieces)]
            pieces = []
    return found


def close_further(uow: UnitOfWork, batch: ModBatch) -> bool:
    """The next step of what hangs on the row. Returns whether there is more."""
    s = uow.session
    assert batch.entry_id is not None
    number = batch.closing_count
    batch.closing_count += 1
    action = action_of(batch.action)
    targets = tuple(batch.target_ids)
    parts = -(-len(targets) // CLOSING_TARGETS)
    if number == 0:
        grant_appeal(uow, batch, actor_of(s, batch, uow.now))
    if number < parts:
        at = number * CLOSING_TARGETS
        entry = load_entry(s, batch.entry_id, only=())
        settle_record(
            s, action, targets[at : at + CLOSING_TARGETS], entry.id, is_reversal=entry.is_reversal
        )
        settle_told(uow, action.targets, targets[at : at + CLOSING_TARGETS])
        return True
    number -= parts
    is_news = action.announces and batch.undoes_id is None
    parts = -(-len(targets) // CLOSING_POSTS) if is_news else 0
    if number < parts:
        at = number * CLOSING_POSTS
        _announce(uow, action, targets[at : at + CLOSING_POSTS], batch.entry_id)
        return True
    row = load_entry(s, batch.entry_id, only=()).row
    is_reversal, actor = row.is_reversal, actor_of(s, batch, uow.now)
    # As of every undo, nobody is told by the schedule.
    owners = owners_told(s, row, targets) if batch.actor_id is not None else []
    at = (number - parts) * CLOSING_OWNERS
    members = sorted({one.member_id for one in owners})
    now_told = set(members[at : at + CLOSING_OWNERS])
    is_last = at + CLOSING_OWNERS >= len(members)
    entry_id, action_key, reason = batch.entry_id, batch.action, batch.reason
    if is_last:
        batch.state, batch.finished_at = BatchState.DONE, uow.now
    if now_told:
        lock_members(uow, now_told)
        told = [one for one in owners if one.member_id in now_told]
        tell_owners(
            uow, actor, told, action=action_key, reason=reason, entry_id=entry_id,
            is_reversal=is_reversal, granted=granted_by(s, batch),
        )  # fmt: skip
    return not is_last


def _announce(uow: UnitOfWork, action: Action, ids: tuple[int, ...], entry_id: int) -> None:
    s = uow.session
    rows = s.execute(
        select(Post.id, Thread).join(Thread, Thread.id == Post.thread_id).where(Post.id.in_(ids))
    )
    shown = [(row.id, row.Thread) for row in rows]
    audiences = audiences_of(uow, shown, quoted_by(s, action, ids))
    lock_members(uow, listeners(audiences))
    announce(uow, ids, audiences, entry_id=entry_id)


def _entry(s: Session, site: Site, batch: ModBatch, actor: Actor) -> LoggedAction:
    ids = tuple(batch.target_ids)
    if not ids:  # all of it was changed meanwhile
        raise Conflict("nothing_to_undo", entry_id=batch.undoes_id)
    if batch.undoes_id is not None:
        entry = load_entry(s, batch.undoes_id, lock=True, only=())
        if entry.row.undone_by_id is not None:
            raise Conflict("already_undone")
        return LoggedAction(
            action=entry.action, actor_id=actor.member_id, actor_name=actor.name,
            target_ids=ids, board_id=entry.row.board_id,
            title=title_of_part(s, site, entry.row, ids),
            options=entry.row.options, effects=[], reason=batch.reason,
            is_reversal=not entry.is_reversal,
            undoes_id=entry.id,
            expires_at=entry.row.expires_at if entry.is_reversal else None,
        )  # fmt: skip
    action = action_of(batch.action)
    if action.is_final:
        return LoggedAction(
            action=action, actor_id=actor.member_id, actor_name=actor.name,
            target_ids=ids, board_id=None, title="", options=batch.options, effects=[],
            reason=batch.reason,
        )  # fmt: skip
    request = request_of(batch, ids)
    # A pointer that was deleted is gone altogether, and so may be what somebody cleared since.
    targets = load_for(s, site, request, skips_gone=True)
    told = {one.id: as_told(batch.told.get(str(one.id), author_of(one))) for one in targets.found}
    return logged(actor, Planned(request, targets, (), told))
