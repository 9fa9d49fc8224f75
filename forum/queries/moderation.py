"""Read models of the moderators' log."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session, aliased

from forum.core.errors import NotFound
from forum.models import (
    Board,
    ModLogEntry,
    ModLogTarget,
    Post,
    TargetKind,
    Thread,
)
from forum.modlog.registry import Action, Choice
from forum.policies.actor import Actor, Rank
from forum.policies.moderation import may_see_log
from forum.queries.log_filter import EVERYTHING, IN_BOARDS, LogFilter, matching, newest_in
from forum.queries.undoing import undoable

PAGE = 30


def boards_of(s: Session, action: Action, ids: Sequence[int]) -> frozenset[int]:
    """The boards of an action's targets, where its options ask for something of theirs. At most one
    statement."""
    if not any(option.choice is Choice.TYPE for option in action.fields):
        return frozenset()
    return frozenset(s.scalars(select(Thread.board_id).where(Thread.id.in_(ids)).distinct()))


@dataclass(frozen=True)
class LogLine:
    """A row of the log. `actor_name` "" = the schedule; `title` None = not for this reader."""

    id: int
    action: str
    is_reversal: bool
    actor_id: int | None
    actor_name: str
    target_kind: TargetKind
    target_id: int | None
    target_count: int
    board_id: int | None
    title: str | None
    floor: int | None  # of the first target, where that is a post
    options: dict[str, Any]
    reason: str
    created_at: datetime
    expires_at: datetime | None
    undoes_id: int | None
    undone_by_id: int | None
    undone_count: int  # of its targets; above 0 while `undone_by_id` is None: undone in part
    can_undo: bool


@dataclass(frozen=True)
class LogPage:
    """A page of the log, newest first; `older_before` begins the next one."""

    lines: tuple[LogLine, ...]
    filter: LogFilter
    older_before: int | None


def log_page(
    s: Session, actor: Actor, *, filter: LogFilter = EVERYTHING, before: int | None = None
) -> LogPage:
    """The log of the boards the actor moderates; of members' matters, for those who may act on them.

    One statement, and those of `undoable`.
    :raises Forbidden: the actor may not see the log.
    """
    may_see_log(actor).require()
    conditions = [visible_to(actor), *matching(filter)]
    if before is not None:
        conditions.append(ModLogEntry.id < before)
    if filter.board_id is not None:
        conditions = [ModLogEntry.id.in_(newest_in(filter.board_id, conditions, PAGE + 1))]
    rows = s.execute(
        _columns().where(*conditions).order_by(ModLogEntry.id.desc()).limit(PAGE + 1)
    ).all()
    lines = _lines(s, actor, rows[:PAGE])
    return LogPage(lines, filter, lines[-1].id if len(rows) > PAGE else None)


def log_entry(s: Session, actor: Actor, entry_id: int) -> LogLine:
    """One row of the log. One statement, and those of `undoable`.

    :raises NotFound: there is none, or it is not of the actor's boards.
    """
    line = log_line(s, actor, entry_id)
    if line is None:
        raise NotFound("not_found")
    return line


def log_line(s: Session, actor: Actor, entry_id: int) -> LogLine | None:
    """The same, where an entry leads to it; None when it is not for the actor."""
    wanted = _columns().where(ModLogEntry.id == entry_id, visible_to(actor))
    return next(iter(_lines(s, actor, s.execute(wanted).all())), None)


_ABOUT_PEOPLE = (TargetKind.MEMBER, TargetKind.NETWORK)


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """Entries about boards the actor moderates. A row over several boards is for those who
    moderate every one of them; one's own deed, too, where its things went to a board one may read:
    who moved a thread out takes it back from here."""
    if actor.rank >= Rank.FOUNDER:
        return ModLogEntry.id > 0
    in_boards = or_(
        ModLogEntry.board_id.in_(actor.moderated),
        (ModLogEntry.board_id.is_(None)) & (ModLogEntry.target_kind.in_(IN_BOARDS)),
    )
    shown: ColumnElement[bool] = in_boards & ~_elsewhere(actor)
    if actor.rank >= Rank.SUPER_MODERATOR:
        shown = or_(shown, ModLogEntry.target_kind.in_(_ABOUT_PEOPLE))
    else:
        shown = or_(
            shown,
            ModLogEntry.target_kind.in_(_ABOUT_PEOPLE) & (ModLogEntry.actor_id == actor.member_id),
        )
    return shown


def _elsewhere(actor: Actor) -> ColumnElement[bool]:
    """Is one of the entry's targets, or was it at the time, in a board that is not for the actor? Nobody
    knows of one that is gone and was logged before its board was: it may have been in any."""
    target, post, thread = aliased(ModLogTarget), aliased(Post), aliased(Thread)
    thread_id = case((target.kind == TargetKind.POST, post.thread_id), else_=target.target_id)
    then = func.coalesce(target.board_id, ModLogEntry.board_id, thread.board_id)
    unseen_board = select(Board.id).where(Board.id.not_in(actor.moderated)).exists()

    def is_kept_from(board_id: Any) -> ColumnElement[bool]:
        return and_(
            board_id.not_in(actor.moderated),
            ModLogEntry.actor_id.is_distinct_from(actor.member_id)
            | board_id.not_in(actor.readable),
        )

    return (
        select(target.entry_id)
        .outerjoin(post, and_(target.kind == TargetKind.POST, post.id == target.target_id))
        .outerjoin(thread, thread.id == thread_id)
        .where(
            target.entry_id == ModLogEntry.id,
            target.kind.in_(IN_BOARDS),
            or_(
                is_kept_from(then),
                is_kept_from(thread.board_id),
                then.is_(None) & unseen_board,
            ),
        )
        .correlate(ModLogEntry)
        .exists()
    )


def _columns() -> Any:
    first = (
        select(func.min(ModLogTarget.target_id))
        .where(ModLogTarget.entry_id == ModLogEntry.id)
        .correlate(ModLogEntry)
        .scalar_subquery()
    )
    floor = (
        select(Post.floor)
        .where(Post.id == first, ModLogEntry.target_kind == TargetKind.POST)
        .correlate(ModLogEntry)
        .scalar_subquery()
    )
    undone = (
        select(func.count())
        .select_from(ModLogTarget)
        .where(
            ModLogTarget.entry_id == ModLogEntry.id,
            ModLogTarget.undone_by_id.is_not(None),
        )
        .correlate(ModLogEntry)
        .scalar_subquery()
    )
    return select(
        ModLogEntry.id, ModLogEntry.action, ModLogEntry.is_reversal, ModLogEntry.actor_id,
        ModLogEntry.actor_name, ModLogEntry.target_kind, first.label("target_id"),
        ModLogEntry.target_count, ModLogEntry.board_id, ModLogEntry.title,
        floor.label("floor"), ModLogEntry.options, ModLogEntry.reason, ModLogEntry.created_at, ModLogEntry.expires_at,
        ModLogEntry.undoes_id, ModLogEntry.undone_by_id, undone.label("undone_count"),
    )  # fmt: skip


def _lines(s: Session, actor: Actor, rows: Sequence[Any]) -> tuple[LogLine, ...]:
    can_undo = undoable(s, actor, rows)
    return tuple(LogLine(**row._mapping, can_undo=row.id in can_undo) for row in rows)
