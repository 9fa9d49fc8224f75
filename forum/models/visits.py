"""Who is here and what they have seen. Written by the buffers only (http/buffers.py)."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from forum.core.db import Base


class OnlineVisit(Base):
    """The last sight of a visitor. `visitor`: "m12" for a member, "g" + a keyed hash for a guest."""

    __tablename__ = "online_visits"
    __table_args__ = (Index("ix_online_visits_seen", "seen_at"),)
    visitor: Mapped[str] = mapped_column(primary_key=True)
    member_id: Mapped[int | None]
    board_id: Mapped[int | None]
    seen_at: Mapped[datetime]


class OnlineRecord(Base):
    """最高记录: the most visitors online at once. One row, none before the first sighting."""

    __tablename__ = "online_records"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    visitor_count: Mapped[int]
    reached_at: Mapped[datetime]


class ThreadRead(Base):
    """How far a member has read a thread."""

    __tablename__ = "thread_reads"
    __table_args__ = (Index("ix_thread_reads_thread", "thread_id"),)
    member_id: Mapped[int] = mapped_column(
        ForeignKey("members.id", ondelete="CASCADE"), primary_key=True
    )
    thread_id: Mapped[int] = mapped_column(
        ForeignKey("threads.id", ondelete="CASCADE"), primary_key=True
    )
    floor: Mapped[int]
    read_at: Mapped[datetime]


class BoardVisit(Base):
    """When a member last looked at a board; newer threads carry New."""

    __tablename__ = "board_visits"
    member_id: Mapped[int] = mapped_column(
        ForeignKey("members.id", ondelete="CASCADE"), primary_key=True
    )
    board_id: Mapped[int] = mapped_column(
        ForeignKey("boards.id", ondelete="CASCADE"), primary_key=True
    )
    seen_at: Mapped[datetime]
