"""Messages (消息) between two members: what was written, who still keeps it, and whom one does not hear.

A text stands once (`Message`); each of the two has a copy (`MessageCopy`) in a conversation of one's
own (`Conversation`). Whatever is read is read through one's own copies, so nobody can come upon a
message of others by its number; whatever is deleted is one's own copy, and the text goes with the last (an
empty row stays a day longer: the author's limits count it).
"""

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from forum.core.db import Base, Pk
from forum.models.reports import ReportState


class Message(Base):
    """What one member wrote to another. `html` is made from `source` once, as a post's is."""

    __tablename__ = "messages"
    __table_args__ = (
        # How much did somebody write lately, and to whom? The pace, the daily limit.
        Index("ix_messages_author", "author_id", "created_at"),
        Index("ix_messages_pair", "recipient_id", "author_id"),
        Index(
            "uq_messages_submission",
            "author_id",
            "submission_key",
            unique=True,
            sqlite_where=text("submission_key IS NOT NULL"),
            postgresql_where=text("submission_key IS NOT NULL"),
        ),
        CheckConstraint("author_id <> recipient_id", name="not_to_oneself"),
    )
    id: Mapped[Pk]
    author_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"))
    recipient_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"))
    source: Mapped[str]
    html: Mapped[str]
    renderer_version: Mapped[int]
    submission_key: Mapped[str | None]  # of the form; a double click is one message
    created_at: Mapped[datetime]


class Conversation(Base):
    """One member's side of what two wrote to each other; there while a copy is.

    `last_message_id` is the newest of the copies: the order of the list.
    """

    __tablename__ = "conversations"
    __table_args__ = (Index("ix_conversations_list", "owner_id", "last_message_id"),)
    owner_id: Mapped[int] = mapped_column(
        ForeignKey("members.id", ondelete="CASCADE"), primary_key=True
    )
    other_id: Mapped[int] = mapped_column(
        ForeignKey("members.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    last_message_id: Mapped[int]


class MessageCopy(Base):
    """That a member keeps a message. What the owner wrote counts as read."""

    __tablename__ = "message_copies"
    __table_args__ = (
        ForeignKeyConstraint(
            ["owner_id", "other_id"],
            ["conversations.owner_id", "conversations.other_id"],
            name="fk_message_copies_conversation",
            ondelete="CASCADE",
        ),
        Index("ix_message_copies_message_id", "message_id"),
        Index(
            "ix_message_copies_unread",
            "owner_id",
            "other_id",
            sqlite_where=text("is_read = 0"),
            postgresql_where=text("NOT is_read"),
        ),
    )
    owner_id: Mapped[int] = mapped_column(primary_key=True)
    other_id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[int] = mapped_column(
        ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True
    )
    is_read: Mapped[bool]


class MessageBlock(Base):
    """黑名单: `member_id` takes no messages from `blocked_id`."""

    __tablename__ = "message_blocks"
    member_id: Mapped[int] = mapped_column(
        ForeignKey("members.id", ondelete="CASCADE"), primary_key=True
    )
    blocked_id: Mapped[int] = mapped_column(
        ForeignKey("members.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    created_at: Mapped[datetime]


class MessageReport(Base):
    """举报 of a message by who received it. What it said is kept with it, whatever the two delete."""

    __tablename__ = "message_reports"
    __table_args__ = (
        UniqueConstraint("message_id", name="uq_message_reports_message"),
        Index("ix_message_reports_queue", "state", "id"),
        Index(
            "ix_message_reports_handled",
            "id",
            sqlite_where=text("handled_at IS NOT NULL"),
            postgresql_where=text("handled_at IS NOT NULL"),
        ),
        CheckConstraint("escalation BETWEEN 1 AND 2", name="escalation_range"),
    )
    id: Mapped[Pk]
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id", ondelete="SET NULL"))
    reporter_id: Mapped[int] = mapped_column(
        ForeignKey("members.id", ondelete="CASCADE"), index=True
    )
    author_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), index=True)
    reason: Mapped[str]  # as of a ReportEntry
    html: Mapped[str]
    written_at: Mapped[datetime]
    state: Mapped[ReportState] = mapped_column(default=ReportState.OPEN)
    escalation: Mapped[int] = mapped_column(default=1)  # as of a Report, but of no board
    outcome: Mapped[str] = mapped_column(
        default=""
    )  # words for those who reported; until then of who passed it on, for the next rank
    handler_id: Mapped[int | None] = mapped_column(
        ForeignKey("members.id", ondelete="SET NULL"), index=True
    )
    created_at: Mapped[datetime]
    handled_at: Mapped[datetime | None]
