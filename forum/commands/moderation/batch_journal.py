"""What does the journal of a batch say? Which targets are done, which pieces wait, what was asked for."""

import enum
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from forum.commands.moderation.in_hand import let_go
from forum.commands.moderation.perform import Request
from forum.core.errors import ForumError
from forum.core.uow import UnitOfWork
from forum.models import BatchState, ModBatch, ModBatchStep
from forum.modlog.registry import action_of
from forum.policies.actor import Actor, Rank
from forum.policies.permissions import PERMISSIONS
from forum.queries.actors import actor_for_member
from forum.queries.site import site_of


class Turn(enum.IntEnum):
    """What is to follow a step. Only DONE is false."""

    DONE = 0
    MORE = 1
    PLAN = 2  # what is in hand is to be divided first: `pieces_of`, then `lay_out`
    WAIT = 3  # for another large action, which has a thread in hand
    CLOSE = 4  # all is made: `effects_of`, then `close`


def locked_batch(uow: UnitOfWork, batch_id: int) -> ModBatch:
    """The batch, for a step of ours."""
    batch = uow.session.get_one(ModBatch, batch_id, with_for_update=True, populate_existing=True)
    batch.touched_at = uow.now
    return batch


def schedule_actor(now: datetime) -> Actor:
    """The schedule is nobody, with every right."""
    everything = {key: max(one.defaults.values()) for key, one in PERMISSIONS.items()}
    return Actor(now=now, rank=Rank.FOUNDER, permissions=everything)


def actor_of(s: Session, batch: ModBatch, now: datetime) -> Actor:
    """Whose action it is, with the rights of now."""
    if batch.actor_id is None:
        return schedule_actor(now)
    return actor_for_member(s, site_of(s), batch.actor_id, now)


def request_of(batch: ModBatch, target_ids: tuple[int, ...]) -> Request:
    """What was asked for, on some of the targets."""
    action = action_of(batch.action)
    return Request(
        action, target_ids, action.options_from(batch.options), batch.reason, batch.notifies,
        batch.expires_at,
    )  # fmt: skip


def turn_round(uow: UnitOfWork, batch_id: int, error: ForumError) -> None:
    """Something was in the way: what was made is taken back, what was only planned is dropped."""
    if locked_batch(uow, batch_id).state is BatchState.RUNNING:
        give_up(uow, batch_id, error.key)


def give_up(uow: UnitOfWork, batch_id: int, reason: str) -> None:
    """Go back, or where it was going back already: leave it, and let go of its threads.

    :param reason: the key of what stopped it.
    """
    batch = locked_batch(uow, batch_id)
    batch.try_count = 1  # this one
    if batch.state is BatchState.UNDOING:
        batch.state, batch.error, batch.finished_at = BatchState.FAILED, "batch_left", uow.now
        let_go(uow.session, batch)
    elif batch.entry_id is not None:  # the deed stands in the log: only telling people failed
        batch.state, batch.error, batch.finished_at = BatchState.DONE, "batch_untold", uow.now
    elif batch.state is BatchState.RUNNING:
        batch.state, batch.error = BatchState.UNDOING, reason
        drop_waiting(uow.session, batch_id)


def drop_waiting(s: Session, batch_id: int) -> None:
    """Forget the pieces that are not made."""
    s.execute(
        delete(ModBatchStep).where(
            ModBatchStep.batch_id == batch_id, ModBatchStep.is_made.is_(False)
        )
    )


def done_count(s: Session, batch: ModBatch) -> int:
    """How many targets are done, while no piece waits: they are done in their order."""
    newest = s.scalar(
        select(ModBatchStep.target_ids)
        .where(ModBatchStep.batch_id == batch.id, ModBatchStep.is_made)
        .order_by(ModBatchStep.number.desc())
        .limit(1)
    )
    return batch.target_ids.index(newest[-1]) + 1 if newest else 0


def waiting_pieces(s: Session, batch_id: int, most: int) -> Sequence[ModBatchStep]:
    """The next pieces of the target in hand, not beyond its last."""
    found = s.scalars(
        select(ModBatchStep)
        .where(ModBatchStep.batch_id == batch_id, ModBatchStep.is_made.is_(False))
        .order_by(ModBatchStep.number)
        .limit(most)
    ).all()
    last = next((at for at, one in enumerate(found) if one.target_ids), len(found))
    return found[: last + 1]


def is_laid_out(s: Session, batch_id: int) -> bool:
    """Are all pieces of the target there? Only the last of them names it."""
    return bool(
        s.scalar(
            select(ModBatchStep.target_ids)
            .where(ModBatchStep.batch_id == batch_id)
            .order_by(ModBatchStep.number.desc())
            .limit(1)
        )
    )
