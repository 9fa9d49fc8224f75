"""Which entries of the moderators' log are asked for?"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select, union
from sqlalchemy.orm import Session, aliased

from forum.core.names import name_key
from forum.models import Member, ModLogEntry, ModLogTarget, Post, TargetKind, Thread
from forum.modlog.registry import ACTIONS, Choice

# What stands in a board.
IN_BOARDS = (TargetKind.THREAD, TargetKind.POST)


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


EVERYTHING = LogFilter()


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


def matching(filter: LogFilter) -> list[ColumnElement[bool]]:
    """What is asked for, but for the board (`newest_in`)."""
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


def newest_in(board_id: int, conditions: Sequence[ColumnElement[bool]], most: int) -> Select[int]:
    """Ids of the newest entries that concern a board: those of it alone, those over several boards of
    which it is one, those that brought threads there. Each kind comes along an index of its own, as
    far as `most`."""
    kinds = [
        ModLogEntry.board_id == board_id,
        and_(
            ModLogEntry.board_id.is_(None),
            ModLogEntry.target_kind.in_(IN_BOARDS),
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
        .limit(most)
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
