"""Who gave the threads of a list the marks they carry? 由 X 于 T 置顶, as their own pages say it."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, func, literal_column, select
from sqlalchemy.orm import Session

from forum.models import ModLogEntry, ModLogTarget, TargetKind, Thread
from forum.modlog.registry import ACTIONS
from forum.policies.actor import Actor
from forum.policies.threads import may_read_of_others
from forum.queries.thread_rows import ThreadRow
from forum.queries.threads.facts import LOGGED, LastAction, last_action


@dataclass(frozen=True)
class _Marked:
    """A row that carries marks, and the actions that give them."""

    row: ThreadRow
    actions: frozenset[str]

    def is_by(self, logged: Any) -> bool:
        """Did this entry give it one? A pointer was left by a move out of the board it stands in."""
        if logged.log_action not in self.actions:
            return False
        return not self.row.is_moved or logged.log_board_id == self.row.board_id


def marks_told(s: Session, actor: Actor, rows: Iterable[ThreadRow]) -> dict[int, LastAction]:
    """The newest action that stands and whose mark the thread still carries, by the row's id; of those
    threads whose own pages, and so their histories, the actor may open. At most one statement.

    The page may be drawn once for many, so nobody is told more because a thread is their own.
    """
    marked = [one for row in rows if (one := _marked(row)) is not None]
    if not marked:
        return {}
    ids = sorted({one.row.target_id for one in marked})
    logged: dict[int, list[Any]] = {}
    for entry in s.execute(_statement(), {"thread_ids": ids}):
        if may_read_of_others(actor, entry):
            logged.setdefault(entry.thread_id, []).append(entry)
    found = {}
    for one in marked:
        newest = next(filter(one.is_by, logged.get(one.row.target_id, ())), None)
        if newest is not None:
            found[one.row.id] = last_action(newest)
    return found


def _marked(row: ThreadRow) -> _Marked | None:
    """None where it carries no mark, or none that the log knows of: an import brings marks along without."""
    if row.last_log_id is None and not row.is_moved:
        return None
    actions = frozenset(action.key for action in _marking() if action.marks(row))
    return _Marked(row, actions) if actions else None


@cache
def _marking() -> tuple[Any, ...]:
    """The actions that give marks."""
    return tuple(action for action in ACTIONS.values() if action.mark_columns)


@cache
def _statement() -> Select[*tuple[Any, ...]]:
    """Of each thread's standing entries the newest of every action that gives marks, the newest first.

    Parameter: thread_ids.
    """
    # Its effects may be long, and an entry over many threads is named by each: the narrow columns first.
    keys: list[Any] = [literal_column(f"'{action.key}'") for action in _marking()]
    standing = (
        select(
            ModLogTarget.target_id,
            ModLogTarget.board_id,
            func.max(ModLogTarget.entry_id).label("entry_id"),
        )
        .join(ModLogEntry, ModLogEntry.id == ModLogTarget.entry_id)
        .where(
            ModLogTarget.kind == TargetKind.THREAD,
            ModLogTarget.target_id.in_(bindparam("thread_ids", expanding=True)),
            ModLogTarget.undone_by_id.is_(None),
            ModLogEntry.is_reversal.is_(False),
            ModLogEntry.action.in_(keys),
        )
        .group_by(ModLogTarget.target_id, ModLogTarget.board_id, ModLogEntry.action)
        .subquery("standing")
    )
    return (
        select(
            standing.c.target_id.label("thread_id"), standing.c.board_id.label("log_board_id"), *LOGGED,
            Thread.board_id, Thread.author_id, Thread.state, Thread.read_access,
        )
        .join(ModLogEntry, ModLogEntry.id == standing.c.entry_id)
        .join(Thread, Thread.id == standing.c.target_id)
        .order_by(standing.c.entry_id.desc())
    )  # fmt: skip
