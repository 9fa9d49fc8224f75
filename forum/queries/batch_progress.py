"""How far is a large action?"""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.core.errors import NotFound
from forum.models import BatchState, ModBatch, ModBatchStep
from forum.policies.actor import Actor
from forum.policies.moderation import may_see_batch
from forum.queries.moderation import log_line


@dataclass(frozen=True)
class BatchProgress:
    """How far a large action is."""

    id: int
    action: str
    state: BatchState
    made: int  # targets done; of a single long one, pieces
    total: int
    is_undo: bool
    error: str
    entry_id: int | None
    can_undo: bool

    @property
    def is_running(self) -> bool:
        return self.state in (BatchState.RUNNING, BatchState.UNDOING)


def batch_progress(s: Session, actor: Actor, batch_id: int) -> BatchProgress:
    """The progress of a batch of the actor's own. Two statements; once it is done three, and those
    of `undoable`.

    :raises NotFound: there is none, or it is somebody else's.
    """
    batch = s.get(ModBatch, batch_id)
    if batch is None:
        raise NotFound("not_found")
    may_see_batch(actor, batch).require()
    steps = s.execute(
        select(ModBatchStep.target_ids, ModBatchStep.is_made, ModBatchStep.is_undone).where(
            ModBatchStep.batch_id == batch_id
        )
    ).all()
    standing = [step for step in steps if step.is_made and not step.is_undone]
    made, total = sum(len(step.target_ids) for step in standing), batch.step_total
    if total == 1 and len(steps) > 1:
        made, total = len(standing), len(steps)
    return BatchProgress(
        batch.id, batch.action, batch.state, made, total, batch.undoes_id is not None,
        batch.error, batch.entry_id, _can_undo(s, actor, batch),
    )  # fmt: skip


def _can_undo(s: Session, actor: Actor, batch: ModBatch) -> bool:
    if batch.state is not BatchState.DONE or batch.entry_id is None:
        return False
    line = log_line(s, actor, batch.entry_id)
    return line is not None and line.can_undo
