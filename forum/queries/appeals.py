"""Read models of appeals: what members say against decisions, for them and for who answers."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Select,
    SQLColumnExpression,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.orm import Session, aliased

from forum.core.errors import NotFound
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
from forum.policies.actor import MUTED_GROUP, Actor, Rank
from forum.policies.queue import may_answer_appeal, may_see_appeals
from forum.policies.verdict import Refusal, Verdict, refused
from forum.queries.actors import rank_to_mind
from forum.queries.punishments import BANNING, LOCKING, MUTING, muting_warnings, newest_decision
from forum.queries.site import Site

PAGE = 20


@dataclass(frozen=True)
class Decision:
    """What a moderator decided, as the member concerned may see it."""

    entry_id: int
    action: str
    actor_name: str
    title: str
    reason: str
    created_at: datetime


@dataclass(frozen=True)
class OwnAppeal:
    """The page of one's own appeal. `appeal_id` None: there is none yet; `state` of one there is."""

    decision: Decision
    state: AppealState | None
    text: str
    answer: str
    is_undone: bool


@dataclass(frozen=True)
class AppealCard:
    """An appeal as the queue shows it. `may_answer` says who must look at it instead.

    `batch_id`: takes the decision back in steps, or failed to: the answer is kept, but not given.
    """

    id: int
    state: AppealState
    board_id: int | None
    member_id: int
    member_name: str
    text: str
    answer: str
    handler_name: str
    created_at: datetime
    handled_at: datetime | None
    batch_id: int | None
    batch_state: BatchState | None
    batch_error: str | None
    decision: Decision
    target_count: int
    is_undone: bool
    may_answer: Verdict

    @property
    def is_under_way(self) -> bool:
        return self.batch_state in (BatchState.RUNNING, BatchState.UNDOING)


@dataclass(frozen=True)
class AppealsPage:
    """Open appeals oldest first, answered ones newest first."""

    cards: tuple[AppealCard, ...]
    is_open: bool
    total: int
    oldest_at: datetime | None
    next_from: int | None


def own_appeal(s: Session, actor: Actor, entry_id: int) -> OwnAppeal:
    """The decision about oneself and what one said against it. Two statements.

    :raises NotFound: no such entry, or it is about others.
    :raises Forbidden: guests; one's own decision; one that nothing takes back.
    """
    me = actor.member_id or 0
    if not me:
        refused(Refusal.SIGN_IN).require()
    row = s.execute(
        select(
            *_DECISION, ModLogEntry.actor_id, ModLogEntry.options, ModLogEntry.undone_by_id,
            _concerns(me).label("concerns"),
            _stands_for(me).label("stands"),
        ).where(ModLogEntry.id == entry_id)
    ).one_or_none()  # fmt: skip
    told = row is not None and targets_told(row.options, me)
    if row is None or not (row.concerns or told):
        raise NotFound("not_found")
    if row.actor_id == actor.member_id:
        refused(Refusal.OWN_DECISION).require()
    action = ACTIONS.get(row.action)
    if action is None or action.is_final:
        refused(Refusal.WRONG_STATE).require()
    said = s.execute(
        select(Appeal.state, Appeal.text, Appeal.answer, Appeal.handled_at).where(
            Appeal.entry_id == entry_id, Appeal.member_id == actor.member_id
        )
    ).one_or_none()
    return OwnAppeal(
        decision=_decision(tuple(row)),
        state=said.state if said else None,
        text=said.text if said else "",
        # While a batch is about to take it back the answer is there, but not given yet.
        answer=said.answer if said and said.handled_at else "",
        is_undone=not row.stands and not (told and row.undone_by_id is None),
    )


@dataclass(frozen=True)
class OwnPunishment:
    """Why one may not come in, or not post. `decision` None: the log knows none (the control panel, an import)."""

    until: datetime | None
    decision: Decision | None
    appeal_state: AppealState | None
    answer: str


def own_ban(s: Session, actor: Actor) -> OwnPunishment:
    """The ban that stands against the member asking, or the lock. One statement."""
    return _own_punishment(s, actor, newest_decision(LOCKING if actor.is_locked else BANNING))


def own_mute(s: Session, actor: Actor) -> OwnPunishment:
    """The same of who is muted, by a moderator or by warnings, whichever came last. Three statements.

    :raises NotFound: the actor is not.
    """
    if actor.group_id != MUTED_GROUP or actor.member_id is None:
        raise NotFound("not_found")
    is_oneself = Member.id == actor.member_id
    by_hand = s.scalar(select(newest_decision(MUTING)).select_from(Member).where(is_oneself))
    warned = muting_warnings(s, [actor.member_id]).get(actor.member_id)
    return _own_punishment(
        s, actor, literal(max(by_hand or 0, warned.entry_id if warned is not None else 0))
    )


def _own_punishment(
    s: Session, actor: Actor, newest: ColumnElement[int] | ScalarSelect[int]
) -> OwnPunishment:
    row = s.execute(
        select(
            *_DECISION,
            Member.group_until,
            ModLogEntry.expires_at,
            ModLogEntry.options,
            Appeal.state,
            Appeal.answer,
            Appeal.handled_at,
        )
        .select_from(Member)
        .outerjoin(ModLogEntry, ModLogEntry.id == newest)
        .outerjoin(Appeal, (Appeal.entry_id == newest) & (Appeal.member_id == Member.id))
        .where(Member.id == actor.member_id)
    ).one()
    # Unlocked by a moderator, then locked again in the control panel: the log knows nothing of that.
    is_known = row.id is not None and row.options.get("locks", True)
    if not is_known:
        return OwnPunishment(None if actor.is_locked else row.group_until, None, None, "")
    return OwnPunishment(
        until=row.expires_at if actor.is_locked else row.group_until,
        decision=_decision(tuple(row)),
        appeal_state=row.state,
        answer=(row.answer or "") if row.handled_at else "",
    )


_DECISION = (
    ModLogEntry.id, ModLogEntry.action, ModLogEntry.actor_name, ModLogEntry.title,
    ModLogEntry.reason, ModLogEntry.created_at,
)  # fmt: skip


def _decision(row: tuple[Any, ...]) -> Decision:
    return Decision(*row[: len(_DECISION)])


Whose = int | SQLColumnExpression[int]


def _concerns(member_id: Whose) -> ColumnElement[bool]:
    """Is one of the entry's targets the member, or the member's?"""
    return _one_of(member_id)


def _stands_for(member_id: Whose) -> ColumnElement[bool]:
    """Is one of them not taken back yet?"""
    return _one_of(member_id, ModLogTarget.undone_by_id.is_(None))


def _one_of(member_id: Whose, *which: ColumnElement[bool]) -> ColumnElement[bool]:
    # Said aloud: two levels down the entry would count as another table, that is, as any entry.
    ids = (
        select(ModLogTarget.target_id)
        .where(
            ModLogTarget.entry_id == ModLogEntry.id,
            ModLogTarget.kind == ModLogEntry.target_kind,
            *which,
        )
        .correlate(ModLogEntry, Appeal)
    )
    threads = select(Thread.id).where(Thread.author_id == member_id, Thread.id.in_(ids))
    posts = select(Post.id).where(Post.author_id == member_id, Post.id.in_(ids))
    return or_(
        (ModLogEntry.target_kind == TargetKind.THREAD) & threads.exists(),
        (ModLogEntry.target_kind == TargetKind.POST) & posts.exists(),
        (ModLogEntry.target_kind == TargetKind.MEMBER)
        # No EXISTS: PostgreSQL would read the whole table once for all rows of a page.
        & ids.where(ModLogTarget.target_id == member_id).scalar_subquery().is_not(None),
    )


def appeals_page(
    s: Session, site: Site, actor: Actor, *, is_open: bool = True, beyond: int | None = None
) -> AppealsPage:
    """Appeals against decisions in the actor's boards. Two statements.

    Also those the actor may not answer, with the reason, but never the actor's own.
    :raises Forbidden: the actor is no moderator.
    """
    may_see_appeals(actor).require()
    state = Appeal.state == AppealState.OPEN if is_open else Appeal.state != AppealState.OPEN
    wanted = [*_visible(actor), state]
    page: list[ColumnElement[bool]] = []
    if beyond is not None:
        page.append(Appeal.id > beyond if is_open else Appeal.id < beyond)
    decider = aliased(Member)
    rows = s.execute(
        select(
            Appeal.id, Appeal.state, Appeal.board_id, Appeal.member_id, Member.name, Appeal.text,
            Appeal.answer, Appeal.handler_name, Appeal.created_at, Appeal.handled_at,
            Appeal.batch_id, ModBatch.state, ModBatch.error,
            *_DECISION, ModLogEntry.target_count, _stands_for(Appeal.member_id).label("stands"),
            ModLogEntry.options, ModLogEntry.undone_by_id, ModLogEntry.actor_id,
            decider.group_id, decider.former_group_id, decider.is_founder, ModLogEntry.board_id,
            ModLogEntry.target_kind,
        )
        .join(ModLogEntry, ModLogEntry.id == Appeal.entry_id)
        .join(Member, Member.id == Appeal.member_id)
        .outerjoin(decider, decider.id == ModLogEntry.actor_id)
        .outerjoin(ModBatch, ModBatch.id == Appeal.batch_id)
        .where(*wanted, *page)
        .order_by(Appeal.id if is_open else Appeal.id.desc())
        .limit(PAGE + 1)
    ).all()  # fmt: skip
    total, oldest_at = s.execute(
        select(func.count(), func.min(Appeal.created_at)).where(*wanted)
    ).one()
    cards = tuple(_card(site, actor, tuple(row)) for row in rows[:PAGE])
    next_from = cards[-1].id if len(rows) > PAGE else None
    return AppealsPage(cards, is_open, total, oldest_at, next_from)


@dataclass(frozen=True)
class _Facts:
    board_id: int | None
    member_id: int


_OWN = 13  # columns of the appeal itself, before those of the decision


def _card(site: Site, actor: Actor, row: tuple[Any, ...]) -> AppealCard:
    facts, decision, rest = (
        row[:_OWN],
        row[_OWN : _OWN + len(_DECISION)],
        row[_OWN + len(_DECISION) :],
    )
    (
        target_count,
        stands,
        options,
        undone_by_id,
        decider_id,
        group_id,
        former_group_id,
        is_founder,
        board_id,
        kind,
    ) = rest
    member_id = facts[3]
    if undone_by_id is None and targets_told(options, member_id):
        stands = True
    rank = Rank.MEMBER
    if group_id is not None:
        rank = rank_to_mind(
            site, group_id=group_id, former_group_id=former_group_id, is_founder=is_founder,
            member_id=decider_id,
        )  # fmt: skip
    verdict = may_answer_appeal(
        actor, _Facts(facts[2], member_id), decider_id=decider_id, decider_rank=rank
    )
    decided = _decision(decision)
    if kind is not TargetKind.MEMBER and board_id not in actor.readable:
        # Over several boards: the title is that of the first, which may be one out of sight.
        decided = replace(decided, title="")
    return AppealCard(*(*facts, decided, target_count, not stands, verdict))


def _visible(actor: Actor) -> list[ColumnElement[bool]]:
    boards: ColumnElement[bool] = Appeal.board_id.in_(actor.moderated)
    if actor.rank >= Rank.SUPER_MODERATOR:
        boards = or_(boards, Appeal.board_id.is_(None))
    return [boards, Appeal.member_id != actor.member_id]


def open_appeals(actor: Actor) -> Select[int, datetime]:
    """How many appeals wait in the actor's boards, but those against the actor's own decisions, and
    since when; one row of another select."""
    return (
        select(func.count().label("number"), func.min(Appeal.created_at).label("oldest_at"))
        .select_from(Appeal)
        .join(ModLogEntry, ModLogEntry.id == Appeal.entry_id)
        .where(
            *_visible(actor),
            Appeal.state == AppealState.OPEN,
            ModLogEntry.actor_id.is_distinct_from(actor.member_id),
        )
    )
