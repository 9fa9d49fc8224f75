"""申诉: a member answers a moderator's decision; somebody else than who decided looks at it again."""

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, defer

from forum.commands.moderation import undo
from forum.commands.moderation.appealed import close_appeal
from forum.commands.moderation.batches import (
    database_of,
    is_much_to_undo,
    note_undo_batch,
    targets_to_undo,
)
from forum.commands.moderation.telling import Granted
from forum.commands.moderation.undo import load_entry
from forum.commands.notices import notify
from forum.commands.reports import staff_of
from forum.core.errors import Conflict, Invalid, NotFound, Taken
from forum.core.text import clean_text, width
from forum.core.uow import UnitOfWork
from forum.models import (
    Appeal,
    AppealState,
    BatchState,
    Member,
    ModBatch,
    ModLogEntry,
    ModLogTarget,
    Post,
    TargetKind,
    Thread,
)
from forum.modlog.registry import ACTIONS
from forum.modlog.told import targets_told
from forum.policies.actor import Actor, Rank
from forum.policies.queue import may_answer_appeal
from forum.policies.verdict import Refusal, refused
from forum.queries.actors import actor_for_member, rank_to_mind
from forum.queries.site import site_of

MOST_CHARACTERS = 1000
LEAST_WIDTH = 10


def appeal_decision(uow: UnitOfWork, actor: Actor, *, entry_id: int, text: str) -> int:
    """Say something against an entry of the log that concerns oneself.

    :returns: the appeal's id.
    :raises NotFound: no such entry, or it is about others.
    :raises Forbidden: guests; a decision of one's own; one that nothing takes back.
    :raises Invalid: "appeal_text"; Taken: "appeal": there is one.
    :raises Conflict: "already_undone".
    """
    text = clean_text(text).strip()
    if len(text) > MOST_CHARACTERS or width(text) < LEAST_WIDTH:
        raise Invalid("appeal_text", field="text", most=MOST_CHARACTERS)
    entry = appealable_entry(uow, actor, entry_id)
    assert actor.member_id is not None  # guests own nothing

    appeal = Appeal(
        entry_id=entry_id,
        member_id=actor.member_id,
        board_id=_board_of(uow, entry, actor.member_id),
        text=text,
        created_at=uow.now,
    )
    try:
        with uow.session.begin_nested():
            uow.session.add(appeal)
    except IntegrityError as error:
        raise Taken("appeal") from error

    notify(
        uow,
        "appealed",
        member_ids=_answerers(uow, appeal, entry),
        actor=actor,
        data={"action": entry.action, "appeal_id": appeal.id},
    )
    return appeal.id


def appealable_entry(uow: UnitOfWork, actor: Actor, entry_id: int) -> ModLogEntry:
    """The entry, when the actor may say something against it.

    :raises NotFound, Forbidden, Conflict: as `appeal_decision`.
    """
    if actor.member_id is None:
        refused(Refusal.SIGN_IN).require()
    entry = uow.session.get(ModLogEntry, entry_id)
    if entry is None or not own_targets(uow.session, entry, actor.member_id or 0):
        raise NotFound("not_found")
    if entry.actor_id == actor.member_id:
        refused(Refusal.OWN_DECISION).require()
    action = ACTIONS.get(entry.action)
    if action is None or action.is_final:
        refused(Refusal.WRONG_STATE).require()
    if not standing_targets(uow.session, entry, actor.member_id or 0):
        raise Conflict("already_undone")
    return entry


def answer_appeal(
    uow: UnitOfWork, actor: Actor, *, appeal_id: int, grants: bool, answer: str
) -> int | None:
    """Take the decision back for this member, or let it stand; the member is told why.

    A large decision is taken back by a batch, which the job does: the appeal is granted, and the member
    told, once that is done; should it fail, the appeal stays open and says so.
    :returns: the batch's id, or None when all is done.
    :raises NotFound: no such appeal for the actor.
    :raises Forbidden: the actor decided, or may not undo it.
    :raises Conflict: it was answered; what was decided cannot be taken back as things are now.
    :raises Invalid: "appeal_answer".
    """
    answer = clean_text(answer).strip()
    if not answer or len(answer) > MOST_CHARACTERS:
        raise Invalid("appeal_answer", field="answer", most=MOST_CHARACTERS)
    # Read before anything is locked: comparing 20,000 posts takes longer than others should wait.
    with database_of(uow).read_session() as reader:
        in_steps = _targets_of_batch(reader, actor, appeal_id) if grants else ()
    appeal = uow.session.get(Appeal, appeal_id, with_for_update=True, populate_existing=True)
    entry = _answerable(uow.session, actor, appeal)
    assert appeal is not None  # or it could not be answered

    appeal.answer = answer
    if in_steps:
        appeal.handler_id, appeal.handler_name = actor.member_id, actor.name
        appeal.batch_id = note_undo_batch(
            uow, actor, entry.id, in_steps, reason=_reference(appeal), is_background=True
        )
        return appeal.batch_id
    taken_back_by = _take_back(uow, actor, entry, appeal) if grants else None
    state = AppealState.GRANTED if grants else AppealState.UPHELD
    close_appeal(uow, appeal, actor, state, taken_back_by)
    return None


def _answerable(s: Session, actor: Actor, appeal: Appeal | None) -> ModLogEntry:
    """The decision, when the actor may answer the appeal now."""
    if appeal is None:
        raise NotFound("not_found")
    entry = s.get_one(ModLogEntry, appeal.entry_id, options=[defer(ModLogEntry.effects)])
    may_answer_appeal(
        actor, appeal, decider_id=entry.actor_id, decider_rank=_rank_of(s, entry.actor_id)
    ).require()
    if appeal.state is not AppealState.OPEN:
        raise Conflict("appeal_answered")
    if appeal.batch_id is not None:
        state = s.scalar(select(ModBatch.state).where(ModBatch.id == appeal.batch_id))
        if state in (BatchState.RUNNING, BatchState.UNDOING):
            raise Conflict("appeal_answered")
    return entry


def _targets_of_batch(s: Session, actor: Actor, appeal_id: int) -> tuple[int, ...]:
    """What a batch has to take back; nothing where it is little, or was taken back already."""
    appeal = s.get(Appeal, appeal_id)
    entry = _answerable(s, actor, appeal)
    assert appeal is not None
    targets = standing_targets(s, entry, appeal.member_id)
    if not targets or not is_much_to_undo(load_entry(s, entry.id)):
        return ()
    return targets_to_undo(s, actor, entry.id, only=targets)


def _reference(appeal: Appeal) -> str:
    """What the log gives as the reason."""
    return f"#{appeal.id}"


def _take_back(uow: UnitOfWork, actor: Actor, entry: ModLogEntry, appeal: Appeal) -> int:
    """Undo the decision on what is the member's; what it did to others stays."""
    targets = standing_targets(uow.session, entry, appeal.member_id)
    if not targets:  # somebody has taken it back meanwhile
        return _taken_back_by(uow, entry, appeal.member_id)
    is_all = len(targets) == entry.target_count
    done = undo(
        uow,
        actor,
        entry.id,
        partial=not is_all,
        only=None if is_all else targets,
        reason=_reference(appeal),
        granted=Granted(appeal.id, appeal.member_id, appeal.answer),
    )
    if {one.target_id for one in done.left} & set(targets):
        raise Conflict("undo_conflicts")
    return done.entry_id


def _taken_back_by(uow: UnitOfWork, entry: ModLogEntry, member_id: int) -> int:
    """The newest entry that took back something of the member's."""
    newest = uow.session.scalar(
        select(func.max(ModLogTarget.undone_by_id)).where(
            ModLogTarget.entry_id == entry.id,
            ModLogTarget.target_id.in_(own_targets(uow.session, entry, member_id)),
        )
    )
    if newest is None:
        raise Conflict("already_undone")
    return newest


def standing_targets(s: Session, entry: ModLogEntry, member_id: int) -> tuple[int, ...]:
    """Those of the member's own targets that were not taken back yet. Two statements."""
    undone = set(
        s.scalars(
            select(ModLogTarget.target_id).where(
                ModLogTarget.entry_id == entry.id, ModLogTarget.undone_by_id.is_not(None)
            )
        )
    )
    return tuple(one for one in own_targets(s, entry, member_id) if one not in undone)


def own_targets(s: Session, entry: ModLogEntry, member_id: int) -> tuple[int, ...]:
    """Which of an entry's targets are the member's own: threads, posts, or the member; or were when it
    was told to them. One statement."""
    ids = select(ModLogTarget.target_id).where(
        ModLogTarget.entry_id == entry.id, ModLogTarget.kind == entry.target_kind
    )
    if entry.target_kind is TargetKind.MEMBER:
        wanted = select(Member.id).where(Member.id == member_id, Member.id.in_(ids))
    elif entry.target_kind is TargetKind.THREAD:
        wanted = select(Thread.id).where(Thread.author_id == member_id, Thread.id.in_(ids))
    elif entry.target_kind is TargetKind.POST:
        wanted = select(Post.id).where(Post.author_id == member_id, Post.id.in_(ids))
    else:
        return ()
    own = set(s.scalars(wanted)) | targets_told(entry.options, member_id)
    return tuple(sorted(own))


def _board_of(uow: UnitOfWork, entry: ModLogEntry, member_id: int) -> int | None:
    """Whose moderators may answer; None = only those of every board."""
    if entry.board_id is not None:
        return entry.board_id
    targets = own_targets(uow.session, entry, member_id)
    if entry.target_kind is TargetKind.THREAD:
        boards = select(Thread.board_id).where(Thread.id.in_(targets)).distinct()
    elif entry.target_kind is TargetKind.POST:
        boards = (
            select(Thread.board_id)
            .join(Post, Post.thread_id == Thread.id)
            .where(Post.id.in_(targets))
            .distinct()
        )
    else:
        return None
    found = uow.session.scalars(boards).all()
    return found[0] if len(found) == 1 else None


def _answerers(uow: UnitOfWork, appeal: Appeal, entry: ModLogEntry) -> list[int]:
    """Who is told of an appeal: the board's moderators who may answer it; where there are none, the
    super moderators and administrators who may."""
    site = site_of(uow.session)
    decider_rank = _rank_of(uow.session, entry.actor_id)

    def may_answer(member_id: int) -> bool:
        member = actor_for_member(uow.session, site, member_id, uow.now)
        return bool(
            may_answer_appeal(member, appeal, decider_id=entry.actor_id, decider_rank=decider_rank)
        )

    for ids in staff_of(uow, site, appeal.board_id):
        found = [member_id for member_id in sorted(ids) if may_answer(member_id)]
        if found:
            return found
    return []


def _rank_of(s: Session, member_id: int | None) -> Rank:
    """The rank of who decided, as it is now; the schedule has none."""
    member = s.get(Member, member_id) if member_id is not None else None
    if member is None:
        return Rank.MEMBER
    return rank_to_mind(
        site_of(s),
        group_id=member.group_id,
        former_group_id=member.former_group_id,
        is_founder=member.is_founder,
        member_id=member.id,
    )
