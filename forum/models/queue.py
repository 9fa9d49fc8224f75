"""Why posts wait for approval, and what members say against a moderator's decision."""

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from forum.core.db import Base, Pk


class HoldReason(enum.StrEnum):
    """Why a post was not shown at once."""

    BOARD = "board"  # the board, or the author's group, is read first
    NEWCOMER = "newcomer"  # one of the author's first posts
    WORDS = "words"
    LINKS = "links"
    PERIOD = "period"  # the hour of the day


class PostHold(Base):
    """A post that waits, or waited. `words`: those of the list that held it."""

    __tablename__ = "post_holds"
    post_id: Mapped[int] = mapped_column(
        ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True
    )
    reason: Mapped[HoldReason]
    words: Mapped[list[Any]]
    created_at: Mapped[datetime]


class AppealState(enum.StrEnum):
    OPEN = "open"
    UPHELD = "upheld"  # the decision stays
    GRANTED = "granted"  # the decision was taken back


class Appeal(Base):
    """A member's answer to an entry of the moderation log; one per entry and member."""

    __tablename__ = "appeals"
    __table_args__ = (
        UniqueConstraint("entry_id", "member_id", name="uq_appeals_entry_member"),
        Index("ix_appeals_queue", "state", "id"),
        CheckConstraint("(state = 'open') = (handled_at IS NULL)", name="handled_when_answered"),
    )
    id: Mapped[Pk]
    entry_id: Mapped[int] = mapped_column(ForeignKey("modlog.id", ondelete="CASCADE"))
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), index=True)
    board_id: Mapped[int | None] = mapped_column(  # None: for super moderators and administrators
        ForeignKey("boards.id", ondelete="SET NULL"), index=True
    )
    state: Mapped[AppealState] = mapped_column(default=AppealState.OPEN)
    text: Mapped[str]
    answer: Mapped[str] = mapped_column(default="")
    handler_id: Mapped[int | None] = mapped_column(
        ForeignKey("members.id", ondelete="SET NULL"), index=True
    )
    handler_name: Mapped[str] = mapped_column(default="")
    undo_entry_id: Mapped[int | None] = mapped_column(
        ForeignKey("modlog.id", ondelete="SET NULL"), index=True
    )
    batch_id: Mapped[int | None] = mapped_column(
        ForeignKey("modbatches.id", ondelete="SET NULL"), index=True
    )  # takes the decision back in steps: granted once that is done
    created_at: Mapped[datetime]
    handled_at: Mapped[datetime | None]
