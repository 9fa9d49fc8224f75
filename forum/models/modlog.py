"""The append-only log of moderation, chained by HMAC; large actions on their way into it."""

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
    NETWORK = "network"


class ModLogEntry(Base):
    """One action on any number of targets. Rows are never changed but for `undone_by_id`.

    Ids count without gaps: the chain gives them, not the database.
    """

    __tablename__ = "modlog"
    __table_args__ = (
        Index("ix_modlog_expiry", "expires_at", "undone_by_id"),
        Index("ix_modlog_board", "board_id", "id"),
        Index("ix_modlog_actor", "actor_id", "id"),
        Index("ix_modlog_action", "action", "id"),
    )
    id: Mapped[Pk]
    action: Mapped[str]  # key of the action registry
    is_reversal: Mapped[bool] = mapped_column(default=False)  # takes the action back
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
    )  # once all its targets are undone: the entry that undid the last; outside the chain
    previous_hash: Mapped[str]
    hash: Mapped[str]


class ModLogTarget(Base):
    """Which entries touch a thing, newest first.

    `superseded_by_id`: a later entry of the same family has taken over, so the end date of this one
    no longer counts here (the entry's own id: the schedule found it cannot be undone).
    `undone_by_id`: the entry that took it back here. Both outside the chain.
    `board_id`: where the thread was at the time, or the post's; it outlasts them, so that the log still
    knows for whom the entry is. None = no matter of a board, or logged before this was kept.
    """

    __tablename__ = "modlog_targets"
    __table_args__ = (Index("ix_modlog_targets_target", "kind", "target_id", "entry_id"),)
    entry_id: Mapped[int] = mapped_column(
        ForeignKey("modlog.id", ondelete="CASCADE"), primary_key=True
    )
    kind: Mapped[TargetKind] = mapped_column(primary_key=True)
    target_id: Mapped[int] = mapped_column(primary_key=True)
    board_id: Mapped[int | None]
    superseded_by_id: Mapped[int | None]
    undone_by_id: Mapped[int | None]


class ModLogHead(Base):
    """The newest entry of the chain: one row, locked last in the transaction."""

    __tablename__ = "modlog_head"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)
    id: Mapped[Pk]
    entry_id: Mapped[int] = mapped_column(default=0)
    hash: Mapped[str] = mapped_column(default="")


class BatchState(enum.StrEnum):
    """running: steps are being made; undoing: the steps made are being taken back."""

    RUNNING = "running"
    UNDOING = "undoing"
    DONE = "done"
    FAILED = "failed"  # and every step taken back


class ModBatch(Base):
    """An action too large for one transaction: a journal of short steps, one log entry at the end."""

    __tablename__ = "modbatches"
    __table_args__ = (Index("ix_modbatches_state", "state", "touched_at"),)
    id: Mapped[Pk]
    action: Mapped[str]
    state: Mapped[BatchState] = mapped_column(default=BatchState.RUNNING)
    actor_id: Mapped[int | None] = mapped_column(  # None = the schedule
        ForeignKey("members.id"), index=True
    )
    target_ids: Mapped[list[Any]]
    options: Mapped[dict[str, Any]]
    reason: Mapped[str] = mapped_column(default="")
    notifies: Mapped[bool] = mapped_column(default=False)
    address: Mapped[str] = mapped_column(default="")
    expires_at: Mapped[datetime | None]
    undoes_id: Mapped[int | None] = mapped_column(
        ForeignKey("modlog.id"), index=True
    )  # takes this entry back instead of doing the action
    is_partial: Mapped[bool] = mapped_column(default=False)
    ends_id: Mapped[int | None] = mapped_column(
        ForeignKey("modlog.id"), index=True
    )  # the schedule's: the end date of this entry has come
    step_count: Mapped[int] = mapped_column(default=0)  # made so far
    step_total: Mapped[int] = mapped_column(default=0)
    told: Mapped[dict[str, Any]] = mapped_column(default=dict)  # {target id: whom it is told}
    in_hand: Mapped[list[Any]] = mapped_column(default=list)  # threads nobody else acts on
    closing_count: Mapped[int] = mapped_column(default=0)  # of what follows the log entry
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("modlog.id"), index=True)
    error: Mapped[str] = mapped_column(default="")  # the key of what stopped it
    try_count: Mapped[int] = mapped_column(
        default=0
    )  # by the job, the one that made the last step included
    created_at: Mapped[datetime]
    touched_at: Mapped[datetime]  # by the last step; old = its process died
    finished_at: Mapped[datetime | None]


class ModBatchStep(Base):
    """What one step did, until the log entry says it all; or is to do, while it is not made.

    One very long thread is done in several steps: the last of them names it as its target.
    """

    __tablename__ = "modbatch_steps"
    batch_id: Mapped[int] = mapped_column(
        ForeignKey("modbatches.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True)
    target_ids: Mapped[list[Any]]
    effects: Mapped[list[Any]]
    is_made: Mapped[bool] = mapped_column(default=True)
    is_undone: Mapped[bool] = mapped_column(default=False)
