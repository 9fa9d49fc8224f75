"""Read models of the moderators' log, and of how far a large action is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select, union
from sqlalchemy.orm import Session, aliased

from forum.core.errors import NotFound
from forum.core.names import name_key
from forum.models import (
    BatchState,
    Board,
    Member,
    ModBatch,
    ModBatchStep,
    ModLogEntry,
    ModLogTarget,
    Post,
    TargetKind,
    Thread,
)
from forum.modlog.registry import ACTIONS, Action, Choice
from forum.policies.actor import Actor, Rank
from forum.policies.moderation import may_see_batch, may_see_log
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
class LogFilter:
    """What of the log is asked for; None = all."""

    board_id: int | None = None
    actor_id: int | None = None
    action: str | None = None
    thread_id: int | None = None
    member_id: int | None = None

    def query(self) -> dict[str, Any]:
        """For addresses of other pages with the same filter."""
        names = {"board": self.board_id, "actor": self.actor_id, "action": self.action,
                 "thread": self.thread_id, "member": self.member_id}  # fmt: skip
        return {name: value for name, value in names.items() if value is not None}


@dataclass(frozen=True)
class Asked:
    """A member the log is asked about. `id` None: nobody was asked for; NOBODY: there is none of that name."""

    id: int | None = None
    name: str = ""


NOBODY = 0


def asked_members(s: Session, *asked: Asked) -> tuple[Asked, ...]:
    """Members by name, and where there is none by id, each with both. One statement, where any is asked for."""
    keys = {name_key(one.name) for one in asked if one.name}
    ids = {one.id for one in asked if one.id is not None and not one.name}
    if not keys and not ids:
        return asked
    rows = s.execute(
        select(Member.id, Member.name, Member.name_key).where(
            or_(Member.name_key.in_(keys), Member.id.in_(ids))
        )
    ).all()
    by_key = {row.name_key: Asked(row.id, row.name) for row in rows}
    by_id = {row.id: Asked(row.id, row.name) for row in rows}
    return tuple(
        by_key.get(name_key(one.name), Asked(NOBODY, one.name))
        if one.name
        else by_id.get(one.id or NOBODY, one)
        for one in asked
    )


@dataclass(frozen=True)
class LogPage:
    """A page of the log, newest first; `older_before` begins the next one."""

    lines: tuple[LogLine, ...]
    filter: LogFilter
    older_before: int | None


def log_page(
    s: Session, actor: Actor, *, filter: LogFilter = LogFilter(), before: int | None = None
) -> LogPage:
    """The log of the boards the actor moderates; of members' matters, for those who may act on them.

    One statement, and those of `undoable`.
    :raises Forbidden: the actor may not see the log.
    """
    may_see_log(actor).require()
    conditions = [visible_to(actor), *_matching(filter)]
    if before is not None:
        conditions.append(ModLogEntry.id < before)
    if filter.board_id is not None:
        conditions = [ModLogEntry.id.in_(_newest_in(filter.board_id, conditions))]
    rows = s.execute(
        _columns().where(*conditions).order_by(ModLogEntry.id.desc()).limit(PAGE + 1)
    ).all()
    lines = _lines(s, actor, rows[:PAGE])
    return LogPage(lines, filter, lines[-1].id if len(rows) > PAGE else None)


def log_entry(s: Session, actor: Actor, entry_id: int) -> LogLine:
    """One row of the log. One statement, and those of `undoable`.

    :raises NotFound: there is none, or it is not of the actor's boards.
    """
    row = _entry_row(s, actor, entry_id)
    if row is None:
        raise NotFound("not_found")
    (line,) = _lines(s, actor, [row])
    return line


def _entry_row(s: Session, actor: Actor, entry_id: int) -> Any:
    wanted = _columns().where(ModLogEntry.id == entry_id, visible_to(actor))
    return s.execute(wanted).one_or_none()


_ABOUT_PEOPLE = (TargetKind.MEMBER, TargetKind.NETWORK)
_IN_BOARDS = (TargetKind.THREAD, TargetKind.POST)


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """Entries about boards the actor moderates. A row over several boards is for those who
    moderate every one of them; one's own deed, too, where its things went to a board one may read:
    who moved a thread out takes it back from here."""
    if actor.rank >= Rank.FOUNDER:
        return ModLogEntry.id > 0
    in_boards = or_(
        ModLogEntry.board_id.in_(actor.moderated),
        (ModLogEntry.board_id.is_(None)) & (ModLogEntry.target_kind.in_(_IN_BOARDS)),
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
            target.kind.in_(_IN_BOARDS),
            or_(
                is_kept_from(then),
                is_kept_from(thread.board_id),
                then.is_(None) & unseen_board,
            ),
        )
        .correlate(ModLogEntry)
        .exists()
    )


def _matching(filter: LogFilter) -> list[ColumnElement[bool]]:
    """What is asked for, but for the board (`_newest_in`)."""
    found: list[ColumnElement[bool]] = []
    if filter.actor_id is not None:
        found.append(ModLogEntry.actor_id == filter.actor_id)
    if filter.action is not None:
        found.append(ModLogEntry.action == filter.action)
    if filter.thread_id is not None:
        found.append(ModLogEntry.id.in_(_about_thread(filter.thread_id)))
    if filter.member_id is not None:
        found.append(ModLogEntry.id.in_(_about(TargetKind.MEMBER, filter.member_id)))
    return found


def _about(kind: TargetKind, target_id: int) -> Select[int]:
    return select(ModLogTarget.entry_id).where(
        ModLogTarget.kind == kind, ModLogTarget.target_id == target_id
    )


def _about_thread(thread_id: int) -> Select[int]:
    """Ids of the entries whose target it is, and of those that name it in their options: it went into
    another, which alone is the target."""
    entry = aliased(ModLogEntry)
    named = (
        select(entry.id).where(entry.action == key, entry.options[name].as_integer() == thread_id)
        for key, name in _options_that_ask(Choice.THREAD)
    )
    return select(union(_about(TargetKind.THREAD, thread_id), *named).subquery().c[0])


def _newest_in(board_id: int, conditions: Sequence[ColumnElement[bool]]) -> Select[int]:
    """Ids of the newest entries that concern a board: those of it alone, those over several boards of
    which it is one, those that brought threads there. Each kind comes along an index of its own, as
    far as the page."""
    kinds = [
        ModLogEntry.board_id == board_id,
        and_(
            ModLogEntry.board_id.is_(None),
            ModLogEntry.target_kind.in_(_IN_BOARDS),
            or_(_is_of_a_target(board_id), *_is_named(board_id)),
        ),
    ]
    kinds += [
        and_(ModLogEntry.action == key, ModLogEntry.options[name].as_integer() == board_id)
        for key, name in _options_that_ask(Choice.BOARD)
    ]
    parts = [
        select(ModLogEntry.id)
        .where(kind, *conditions)
        .order_by(ModLogEntry.id.desc())
        .limit(PAGE + 1)
        .subquery()
        for kind in kinds
    ]
    return select(union(*(select(part.c.id) for part in parts)).subquery().c.id)


def _is_of_a_target(board_id: int) -> ColumnElement[bool]:
    """Was one of the entry's targets in the board; or is it now, where nobody knows where it was?"""
    target, post, thread = aliased(ModLogTarget), aliased(Post), aliased(Thread)
    thread_id = case((target.kind == TargetKind.POST, post.thread_id), else_=target.target_id)
    return (
        select(target.entry_id)
        .outerjoin(post, and_(target.kind == TargetKind.POST, post.id == target.target_id))
        .outerjoin(thread, thread.id == thread_id)
        .where(
            target.entry_id == ModLogEntry.id,
            func.coalesce(target.board_id, thread.board_id) == board_id,
        )
        .correlate(ModLogEntry)
        .exists()
    )


def _is_named(board_id: int) -> list[ColumnElement[bool]]:
    """Is a thread of the board one that the options name: merged into another?"""
    thread = aliased(Thread)
    return [
        and_(
            ModLogEntry.action == key,
            select(thread.id)
            .where(thread.id == ModLogEntry.options[name].as_integer(), thread.board_id == board_id)
            .correlate(ModLogEntry)
            .exists(),
        )
        for key, name in _options_that_ask(Choice.THREAD)
    ]


def _options_that_ask(choice: Choice) -> list[tuple[str, str]]:
    """Actions, and the names of their options of this kind."""
    return [
        (action.key, option.name)
        for action in ACTIONS.values()
        for option in action.fields
        if option.choice is choice
    ]


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
    row = _entry_row(s, actor, batch.entry_id)
    return row is not None and bool(undoable(s, actor, [row]))
