"""Reports (举报): what members tell the staff about a post."""

import enum
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from forum.core.db import Base, Pk


class ReportState(enum.StrEnum):
    OPEN = "open"
    UPHELD = "upheld"
    REJECTED = "rejected"


class Report(Base):
    """All that was said about one post, until somebody handles it."""

    __tablename__ = "reports"
    __table_args__ = (
        Index("ix_reports_queue", "state", "id"),
        Index("ix_reports_post", "post_id", "state"),
        CheckConstraint("entry_count >= 1", name="entry_count_positive"),
        CheckConstraint("escalation BETWEEN 0 AND 2", name="escalation_range"),
    )
    id: Mapped[Pk]
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"))
    board_id: Mapped[int] = mapped_column(ForeignKey("boards.id"), index=True)
    state: Mapped[ReportState] = mapped_column(default=ReportState.OPEN)
    entry_count: Mapped[int] = mapped_column(default=1)
    escalation: Mapped[int] = mapped_column(
        default=0
    )  # 0 board moderators, 1 super, 2 administrators
    outcome: Mapped[str] = mapped_column(
        default=""
    )  # words for those who reported; until then of who passed it on, for the next rank
    handler_id: Mapped[int | None] = mapped_column(
        ForeignKey("members.id", ondelete="SET NULL"), index=True
    )
    created_at: Mapped[datetime]
    handled_at: Mapped[datetime | None]


class ReportEntry(Base):
    """One member's words."""

    __tablename__ = "report_entries"
    __table_args__ = (
        UniqueConstraint("report_id", "reporter_id", name="uq_report_entries_reporter"),
    )
    id: Mapped[Pk]
    report_id: Mapped[int] = mapped_column(ForeignKey("reports.id", ondelete="CASCADE"))
    reporter_id: Mapped[int] = mapped_column(
        ForeignKey("members.id", ondelete="CASCADE"), index=True
    )
    reason: Mapped[str]
    created_at: Mapped[datetime]
