"""An action on very many targets: a journal of short steps, one entry of the log, one undo.

All targets are checked first. Each step is a transaction of its own, so that nobody waits long for
the database; a step that fails, or a process that dies, has the steps made taken back. Whoever calls
`advance` until it says so does the work: a request, or the job.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from forum.commands.locks import lock_members
from forum.commands.moderation.conflicts import conflicts_in, without
from forum.commands.moderation.perform import (
    Planned,
    Request,
    checked_request,
    load_for,
    logged,
    make,
    make_effects,
    options_json,
    plan,
    require_all,
    told_of,
)
from forum.commands.moderation.record import LoggedAction, record
from forum.commands.moderation.targets import author_of
from forum.commands.moderation.telling import Told, tell_owners
from forum.commands.moderation.undo import (
    load_entry,
    lock_threads,
    may_undo,
    undoing_effects,
)
from forum.commands.moderation.weights import counts_following
from forum.core.errors import Conflict, ForumError
from forum.core.uow import UnitOfWork
from forum.models import BatchState, Member, ModBatch, ModBatchStep, TargetKind, Thread
from forum.modlog.effects import Count, Effect, decode, encode, inverses
from forum.modlog.registry import Action, action_of
from forum.policies.actor import Actor
from forum.queries.actors import actor_for_member
from forum.queries.site import Site, site_of

STEP_TARGETS = 20
STEP_POSTS = 400
# A batch nobody has touched for so long has lost its process.
LEASE = timedelta(seconds=60)
_LONG_AGO = timedelta(days=1)


@dataclass(frozen=True)
class Size:
    """How much work an action is."""

    targets: int
    posts: int  # that move or disappear

    @property
    def needs_steps(self) -> bool:
        """Too much for one transaction? (One target cannot be divided.)"""
        return self.targets > 1 and (self.targets > STEP_TARGETS or self.posts > STEP_POSTS)


def size_of(s: Session, action: Action, ids: Sequence[int]) -> Size:
    """How much work an action on these targets is. One statement per 500."""
    if not action.is_destructive:
        return Size(len(ids), 0)
    if action.targets is TargetKind.POST:
        return Size(len(ids), len(ids))
    counted: Any = Thread.reply_count + 1
    model: Any = Thread
    if action.targets is TargetKind.MEMBER:
        model, counted = Member, Member.post_count if action.locks_threads_first else 0
    posts = 0
    for at in range(0, len(ids), 500):
        part = list(ids[at : at + 500])
        posts += (
            s.scalar(select(func.coalesce(func.sum(counted), 0)).where(model.id.in_(part))) or 0
        )
    return Size(len(ids), posts)


def start_batch(
    uow: UnitOfWork,
    actor: Actor,
    action: str,
    target_ids: Sequence[int],
    options: Any = None,
    *,
    reason: str = "",
    notifies: bool = False,
    expires_at: datetime | None = None,
    is_background: bool = False,
) -> int:
    """Check every target and note what is to be done. Nothing is done yet.

    :param is_background: the job may begin at once; else the caller does the work.
    :returns: the batch's id.
    :raises ForumError: as `perform`.
    """
    s, site = uow.session, site_of(uow.session)
    request = checked_request(
        site, actor, action, target_ids, options, reason=reason, notifies=notifies, expires_at=expires_at
    )  # fmt: skip
    targets = load_for(s, site, request)
    require_all(actor, site, request, targets)
    ordered = tuple(target.id for target in targets.found)
    batch = _new_batch(uow, actor, request.action.key, ordered, is_background)
    batch.options = options_json(request.options)
    batch.reason, batch.notifies = request.reason, request.notifies
    batch.expires_at = request.expires_at
    s.flush()  # batch.id
    return batch.id


def start_undo_batch(
    uow: UnitOfWork,
    actor: Actor,
    entry_id: int,
    *,
    partial: bool = False,
    is_background: bool = False,
) -> int:
    """Like `undo`, in steps.

    :raises Conflict: as `undo`.
    """
    s, site = uow.session, site_of(uow.session)
    entry = load_entry(s, entry_id, lock=True)
    if entry.row.undone_by_id is not None:
        raise Conflict("already_undone")
    may_undo(s, actor, site, entry).require()
    blocked = {
        one.target_id
        for one in conflicts_in(s, site, entry.action.targets, entry.id, entry.raw_effects)
    }
    if blocked and not partial:
        raise Conflict("undo_conflicts", entry_id=entry.id)
    targets = tuple(one for one in entry.target_ids if one not in blocked)
    if not targets:
        raise Conflict("nothing_to_undo", entry_id=entry.id)
    batch = _new_batch(uow, actor, entry.action.key, targets, is_background)
    batch.options, batch.undoes_id, batch.is_partial = entry.row.options, entry.id, partial
    s.flush()  # batch.id
    return batch.id


def _new_batch(
    uow: UnitOfWork, actor: Actor, action: str, ids: tuple[int, ...], is_background: bool
) -> ModBatch:
    assert actor.member_id is not None  # guests are refused before
    batch = ModBatch(
        action=action,
        actor_id=actor.member_id,
        target_ids=list(ids),
        options={},
        address=uow.address,
        step_total=len(ids),
        created_at=uow.now,
        touched_at=uow.now - _LONG_AGO if is_background else uow.now,
    )
    uow.session.add(batch)
    return batch


def abandoned_batches(s: Session, now: datetime) -> list[int]:
    """Batches that wait for the job: meant for it, or left by a process that died. One statement."""
    return list(
        s.scalars(
            select(ModBatch.id)
            .where(
                ModBatch.state.in_((BatchState.RUNNING, BatchState.UNDOING)),
                ModBatch.touched_at < now - LEASE,
            )
            .order_by(ModBatch.id)
        )
    )


def claim(uow: UnitOfWork, batch_id: int) -> bool:
    """Take a batch that waits, so that no other worker takes it too."""
    taken = uow.session.execute(
        update(ModBatch)
        .where(ModBatch.id == batch_id, ModBatch.touched_at < uow.now - LEASE)
        .values(touched_at=uow.now)
    )
    return bool(taken.rowcount)  # type: ignore[attr-defined]


def advance(uow: UnitOfWork, batch_id: int) -> bool:
    """Make the next step of a batch. A refusal turns it round: the steps made are taken back.

    :returns: whether there is more to do.
    """
    s = uow.session
    batch = s.get_one(ModBatch, batch_id, with_for_update=True, populate_existing=True)
    batch.touched_at = uow.now
    if batch.state is BatchState.UNDOING:
        return _take_a_step_back(uow, batch)
    if batch.state is not BatchState.RUNNING:
        return False
    made = _made(s, batch)
    actor = actor_for_member(s, site_of(s), batch.actor_id, uow.now)
    uow.address = batch.address
    if made >= len(batch.target_ids):
        _finish(uow, batch, actor)
        return False
    try:
        with s.begin_nested():
            targets = _next_targets(s, batch, made)
            effects = _do_step(uow, batch, actor, targets)
    except ForumError as error:
        batch = s.get_one(ModBatch, batch_id, populate_existing=True)
        batch.state, batch.error, batch.touched_at = BatchState.UNDOING, error.key, uow.now
        return True
    batch = s.get_one(ModBatch, batch_id, populate_existing=True)
    s.add(
        ModBatchStep(
            batch_id=batch_id,
            number=batch.step_count + 1,
            target_ids=list(targets),
            effects=[encode(one) for one in effects],
        )
    )
    batch.step_count += 1
    batch.touched_at = uow.now
    return True


def _made(s: Session, batch: ModBatch) -> int:
    """How many targets the steps made have done."""
    return sum(
        len(ids)
        for ids in s.scalars(
            select(ModBatchStep.target_ids).where(ModBatchStep.batch_id == batch.id)
        )
    )


def _next_targets(s: Session, batch: ModBatch, made: int) -> tuple[int, ...]:
    """As many targets as are little work together; at least one."""
    action = action_of(batch.action)
    ids = batch.target_ids[made : made + STEP_TARGETS]
    chosen: list[int] = []
    posts = 0
    for one in ids:
        posts += size_of(s, action, [one]).posts
        if chosen and posts > STEP_POSTS:
            break
        chosen.append(one)
    return tuple(chosen)


def _do_step(
    uow: UnitOfWork, batch: ModBatch, actor: Actor, target_ids: tuple[int, ...]
) -> Sequence[Effect]:
    s, site = uow.session, site_of(uow.session)
    if batch.undoes_id is not None:
        entry = load_entry(s, batch.undoes_id, only=set(target_ids))
        if entry.row.undone_by_id is not None:
            raise Conflict("already_undone")
        mine = entry.raw_effects  # of this step's targets
        threads = lock_threads(s, mine)
        if not batch.is_partial and conflicts_in(s, site, entry.action.targets, entry.id, mine):
            raise Conflict("undo_conflicts", entry_id=entry.id)
        effects = undoing_effects(s, entry, set())
        boards = {thread.id: thread.board_id for thread in threads}
        return make_effects(uow, effects, actor.member_id, boards).effects
    request = _request(batch, target_ids)
    targets = load_for(s, site, request, uow=uow)
    require_all(actor, site, request, targets)
    planned = plan(s, site, actor, request, targets, now=uow.now, is_real=True)
    return make(uow, planned, actor).effects


def _request(batch: ModBatch, target_ids: tuple[int, ...]) -> Request:
    action = action_of(batch.action)
    return Request(
        action, target_ids, action.options_from(batch.options), batch.reason, batch.notifies,
        batch.expires_at,
    )  # fmt: skip


def _finish(uow: UnitOfWork, batch: ModBatch, actor: Actor) -> None:
    """All steps are made: one row of the log over all their effects, and the owners are told."""
    s = uow.session
    effects = [
        coded
        for step in s.scalars(
            select(ModBatchStep.effects)
            .where(ModBatchStep.batch_id == batch.id)
            .order_by(ModBatchStep.number)
        )
        for coded in step
    ]
    what, told = _entry(s, site_of(s), batch, actor)
    batch.state, batch.finished_at = BatchState.DONE, uow.now
    batch_id, reason, action = batch.id, batch.reason, batch.action
    # The head of the chain is locked last: the owners' rows come before it.
    lock_members(uow, [one.member_id for one in told])
    s.execute(update(ModBatchStep).where(ModBatchStep.batch_id == batch_id).values(effects=[]))
    s.flush()  # the batch
    entry_id = record(uow, LoggedAction(**{**vars(what), "effects": effects}))
    s.execute(update(ModBatch).where(ModBatch.id == batch_id).values(entry_id=entry_id))
    tell_owners(uow, actor, told, action=action, reason=reason, entry_id=entry_id)


def _entry(
    s: Session, site: Site, batch: ModBatch, actor: Actor
) -> tuple[LoggedAction, list[Told]]:
    ids = tuple(batch.target_ids)
    if batch.undoes_id is not None:
        entry = load_entry(s, batch.undoes_id, lock=True, only=())
        if entry.row.undone_by_id is not None:
            raise Conflict("already_undone")
        return (
            LoggedAction(
                action=entry.action, actor_id=actor.member_id, actor_name=actor.name,
                target_ids=ids, board_id=entry.row.board_id, title=entry.row.title,
                options=entry.row.options, effects=[], is_reversal=not entry.is_reversal,
                undoes_id=entry.id,
                expires_at=entry.row.expires_at if entry.is_reversal else None,
            ),
            [],
        )  # fmt: skip
    if action_of(batch.action).is_final:
        return (
            LoggedAction(
                action=action_of(batch.action), actor_id=actor.member_id, actor_name=actor.name,
                target_ids=ids, board_id=None, title="", options=batch.options, effects=[],
                reason=batch.reason,
            ),
            [],
        )  # fmt: skip
    request = _request(batch, ids)
    targets = load_for(s, site, request)
    owners = {target.id: author_of(target) for target in targets.found}
    planned = Planned(request, targets, (), owners)
    return logged(actor, planned), told_of(planned)


def _take_a_step_back(uow: UnitOfWork, batch: ModBatch) -> bool:
    """Take back the newest step that stands; what others changed since is left as it is."""
    s, site = uow.session, site_of(uow.session)
    step = s.scalars(
        select(ModBatchStep)
        .where(ModBatchStep.batch_id == batch.id, ModBatchStep.is_undone.is_(False))
        .order_by(ModBatchStep.number.desc())
        .limit(1)
    ).one_or_none()
    if step is None:
        batch.state, batch.finished_at = BatchState.FAILED, uow.now
        return False
    batch_id, number, actor_id = batch.id, step.number, batch.actor_id
    effects = [one for coded in step.effects if not isinstance(one := decode(coded), Count)]
    threads = lock_threads(s, effects)
    kind = action_of(batch.action).targets
    blocked = {one.target_id for one in conflicts_in(s, site, kind, 0, effects)}
    back = inverses(without(effects, blocked))
    boards = {thread.id: thread.board_id for thread in threads}
    make_effects(uow, [*back, *counts_following(s, back)], actor_id, boards)
    s.execute(
        update(ModBatchStep)
        .where(ModBatchStep.batch_id == batch_id, ModBatchStep.number == number)
        .values(is_undone=True)
    )
    return True


def run_batch(open_unit: Callable[[], AbstractContextManager[UnitOfWork]], batch_id: int) -> None:
    """Do a whole batch, each step in a unit of work of its own."""
    goes_on = True
    while goes_on:
        with open_unit() as uow:
            goes_on = advance(uow, batch_id)
