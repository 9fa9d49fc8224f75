"""What does the log of the control panel say?"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.models import AdminLogEntry

PER_PAGE = 50


@dataclass(frozen=True)
class LogRow:
    """One change; `changes`: (field, before, after). Made or taken away: one side has no fields."""

    id: int
    actor_id: int | None
    actor_name: str
    action: str
    target: str
    title: str
    changes: tuple[tuple[str, Any, Any], ...]
    is_made: bool
    is_gone: bool
    address: str
    created_at: datetime


@dataclass(frozen=True)
class LogPage:
    """Newest first; `older` is the id to go on from, None at the end."""

    rows: tuple[LogRow, ...]
    older: int | None


def log_page(
    s: Session,
    *,
    target: str | None = None,
    action: str | None = None,
    actor_id: int | None = None,
    before_id: int | None = None,
) -> LogPage:
    """A page of the log, by key. One statement."""
    wanted = select(AdminLogEntry).order_by(AdminLogEntry.id.desc()).limit(PER_PAGE + 1)
    if target:
        wanted = wanted.where(AdminLogEntry.target == target)
    if action:
        wanted = wanted.where(AdminLogEntry.action == action)
    if actor_id is not None:
        wanted = wanted.where(AdminLogEntry.actor_id == actor_id)
    if before_id is not None:
        wanted = wanted.where(AdminLogEntry.id < before_id)
    found = s.scalars(wanted).all()
    rows = tuple(
        LogRow(
            row.id,
            row.actor_id,
            row.actor_name,
            row.action,
            row.target,
            row.title,
            tuple(
                (name, row.before.get(name), row.after.get(name))
                for name in {**row.before, **row.after}
            ),
            not row.before,
            not row.after,
            row.address,
            row.created_at,
        )
        for row in found[:PER_PAGE]
    )
    return LogPage(rows, rows[-1].id if len(found) > PER_PAGE else None)
