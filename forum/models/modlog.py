"""The append-only log of moderation, chained by HMAC."""

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from forum.core.db import Base, Pk


class TargetKind(enum.StrEnum):
    THREAD = "thread"
    POST = "post"
    MEMBER = "member"
    BOARD = "board"


class ModLogEntry(Base):
    """One action on any number of targets. Rows are never changed but for `undone_by_id`."""

    __tablename__ = "modlog"
    __table_args__ = (
        Index("ix_modlog_expiry", "expires_at", "undone_by_id"),
        Index("ix_modlog_board", "board_id", "id"),
        Index("ix_modlog_actor", "actor_id", "id"),
    )
    id: Mapped[Pk]
    action: Mapped[str]  # key of the action registry
    actor_id: Mapped[int | None]  # None = the schedule
    actor_name: Mapped[str] = mapped_column(default="")
    target_kind: Mapped[TargetKind]
    target_count: Mapped[int]
    board_id: Mapped[int | None]  # where, when all targets are in one board
    title: Mapped[str] = mapped_column(default="")  # what the first target was called
    options: Mapped[dict[str, Any]]
    effects: Mapped[list[Any]]  # [{kind, id, before: {...}, after: {...}, ...}]
    reason: Mapped[str] = mapped_column(default="")
    address: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]  # when the schedule undoes it
    undoes_id: Mapped[int | None] = mapped_column(ForeignKey("modlog.id"), index=True)
    undone_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("modlog.id"), index=True
    )  # outside the chain
    previous_hash: Mapped[str]
    hash: Mapped[str]


class ModLogTarget(Base):
    """Which entries touch a thing, newest first."""

    __tablename__ = "modlog_targets"
    __table_args__ = (Index("ix_modlog_targets_target", "kind", "target_id", "entry_id"),)
    entry_id: Mapped[int] = mapped_column(
        ForeignKey("modlog.id", ondelete="CASCADE"), primary_key=True
    )
    kind: Mapped[TargetKind] = mapped_column(primary_key=True)
    target_id: Mapped[int] = mapped_column(primary_key=True)


class ModLogHead(Base):
    """The newest entry of the chain: one row, locked last in the transaction."""

    __tablename__ = "modlog_head"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)
    id: Mapped[Pk]
    entry_id: Mapped[int] = mapped_column(default=0)
    hash: Mapped[str] = mapped_column(default="")
