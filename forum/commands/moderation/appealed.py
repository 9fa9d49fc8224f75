"""What becomes of an appeal once its decision is taken back, at once or by a batch?"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.commands.moderation.telling import Granted
from forum.commands.notices import notify
from forum.core.uow import UnitOfWork
from forum.models import Appeal, AppealState, ModBatch, ModLogEntry
from forum.policies.actor import Actor, Rank
from forum.policies.queue import may_answer_appeal
from forum.queries.actors import ranks_of
from forum.queries.site import Site


def close_appeal(
    uow: UnitOfWork, appeal: Appeal, actor: Actor, state: AppealState, undo_entry_id: int | None
) -> None:
    """It is answered, with the words it holds; the member is told. The caller has it locked."""
    action = uow.session.scalars(
        select(ModLogEntry.action).where(ModLogEntry.id == appeal.entry_id)
    ).one()
    appeal.state, appeal.undo_entry_id = state, undo_entry_id
    appeal.handler_id, appeal.handler_name = actor.member_id, actor.name
    appeal.handled_at = uow.now
    notify(
        uow,
        "appeal_answered",
        member_ids=[appeal.member_id],
        actor=actor,
        data={
            "action": action,
            "entry_id": appeal.entry_id,
            "is_granted": state is AppealState.GRANTED,
            "answer": appeal.answer,
        },
    )


def granted_by(s: Session, batch: ModBatch) -> Granted | None:
    """The appeal that a batch grants. One statement, none for what is no undo."""
    if batch.undoes_id is None or batch.actor_id is None:
        return None
    row = s.execute(
        select(Appeal.id, Appeal.member_id, Appeal.answer).where(Appeal.batch_id == batch.id)
    ).one_or_none()
    return Granted(*row) if row is not None else None


def grant_appeal(uow: UnitOfWork, batch: ModBatch, actor: Actor) -> None:
    """The decision is taken back: say so to who appealed, once."""
    granted = granted_by(uow.session, batch)
    if granted is None:
        return
    appeal = uow.session.get_one(
        Appeal, granted.appeal_id, with_for_update=True, populate_existing=True
    )
    if appeal.state is AppealState.OPEN:
        close_appeal(uow, appeal, actor, AppealState.GRANTED, batch.entry_id)


def require_answerer(s: Session, site: Site, batch: ModBatch, actor: Actor) -> None:
    """Who granted the appeal has to be somebody who may answer it until the last step is made. One
    statement where the batch grants none.

    :raises Forbidden: not any more.
    """
    row = s.execute(
        select(Appeal, ModLogEntry.actor_id)
        .join(ModLogEntry, ModLogEntry.id == Appeal.entry_id)
        .where(Appeal.batch_id == batch.id)
    ).one_or_none()
    if row is None:
        return
    decider_id = row.actor_id
    ranks = ranks_of(s, site, [decider_id]) if decider_id is not None else {}
    decider_rank = ranks.get(decider_id or 0, Rank.MEMBER)
    may_answer_appeal(actor, row.Appeal, decider_id=decider_id, decider_rank=decider_rank).require()
