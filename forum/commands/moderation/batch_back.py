"""How is a batch taken back when something stands in its way? Step by step, the newest first."""

from sqlalchemy import select, update

from forum.commands.moderation.conflicts import conflicts_in
from forum.commands.moderation.in_hand import let_go
from forum.commands.moderation.perform import make_effects
from forum.commands.moderation.undo import lock_threads
from forum.commands.moderation.unhindered import unhindered
from forum.commands.moderation.weights import counts_following
from forum.core.uow import UnitOfWork
from forum.models import BatchState, ModBatch, ModBatchStep
from forum.modlog.effects import Count, Effect, decode, inverses
from forum.modlog.registry import action_of
from forum.queries.site import site_of


def take_a_step_back(uow: UnitOfWork, batch: ModBatch) -> bool:
    """Take back the newest step that stands; what others changed since is left as it is."""
    s, site = uow.session, site_of(uow.session)
    step = s.scalars(
        select(ModBatchStep)
        .where(
            ModBatchStep.batch_id == batch.id,
            ModBatchStep.is_made,
            ModBatchStep.is_undone.is_(False),
        )
        .order_by(ModBatchStep.number.desc())
        .limit(1)
    ).one_or_none()
    if step is None:
        batch.state, batch.finished_at = BatchState.FAILED, uow.now
        let_go(s, batch)
        return False
    batch_id, number, actor_id = batch.id, step.number, batch.actor_id
    effects = [one for coded in step.effects if not _follows(one := decode(coded))]
    threads = lock_threads(s, effects)
    action = action_of(batch.action)
    found = conflicts_in(s, site, action.targets, 0, effects)
    back = inverses(unhindered(s, action, effects, found).effects)
    boards = {thread.id: thread.board_id for thread in threads}
    make_effects(uow, [*back, *counts_following(s, back)], actor_id, boards)
    s.execute(
        update(ModBatchStep)
        .where(ModBatchStep.batch_id == batch_id, ModBatchStep.number == number)
        .values(is_undone=True)
    )
    return True


def _follows(effect: Effect) -> bool:
    """Is it a counter that follows from other effects? Views follow from nothing."""
    return isinstance(effect, Count) and set(effect.deltas) != {"view_count"}
