"""Which batches wait for the worker, whose are they, and how many may one moderator have?"""

from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from forum.commands.locks import lock_members
from forum.commands.moderation.batch_journal import give_up
from forum.core.errors import Invalid
from forum.core.uow import UnitOfWork
from forum.models import BatchState, ModBatch
from forum.policies.actor import Actor

# A batch nobody has touched for so long has lost its process.
LEASE = timedelta(seconds=60)
MOST_TRIES = 3
# So many of one moderator's wait or are at work: behind them wait all colleagues'.
MOST_OPEN = 5
_OPEN = (BatchState.RUNNING, BatchState.UNDOING)


def require_room(uow: UnitOfWork, actor: Actor) -> None:
    """For the actor's batch that was just noted: members are locked last. A granted appeal does not
    ask, for its member waits for it.

    :raises Invalid: "too_many_batches".
    """
    assert actor.member_id is not None  # guests have no actions
    lock_members(uow, [actor.member_id])  # of two at once the second one counts the first
    number = uow.session.scalar(
        select(func.count())
        .select_from(ModBatch)
        .where(ModBatch.actor_id == actor.member_id, ModBatch.state.in_(_OPEN))
    )
    if (number or 0) > MOST_OPEN:
        raise Invalid("too_many_batches", most=MOST_OPEN)


def abandoned_batches(s: Session, now: datetime, *, ending: bool = False) -> dict[int, int | None]:
    """Batches that wait for the job: meant for it, or left by a process that died; each with whose it
    is, None = the schedule's. Oldest first. One statement.

    :param ending: only those that bring about an end date.
    """
    wanted = (
        select(ModBatch.id, ModBatch.actor_id)
        .where(ModBatch.state.in_(_OPEN), ModBatch.touched_at < now - LEASE)
        .order_by(ModBatch.id)
    )
    if ending:
        wanted = wanted.where(ModBatch.ends_id.is_not(None))
    return {row.id: row.actor_id for row in s.execute(wanted)}


def claim(uow: UnitOfWork, batch_id: int) -> int:
    """Take a batch that waits, so that no other worker takes it too.

    One that failed too often, whether by an error or with its process, goes back instead.

    :returns: how often it was taken since its last step; 0 = somebody else has it.
    """
    tries = uow.session.scalar(
        update(ModBatch)
        .where(ModBatch.id == batch_id, ModBatch.touched_at < uow.now - LEASE)
        .values(touched_at=uow.now, try_count=ModBatch.try_count + 1)
        .returning(ModBatch.try_count)
    )
    if tries is not None and tries > MOST_TRIES:
        give_up(uow, batch_id, "batch_crashed")
    return tries or 0
