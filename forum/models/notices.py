"""Notices: what the system tells a member."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from forum.core.db import Base, Pk


class Notice(Base):
    """One notice. Unread ones with the same `merge_key` are one row with a count."""

    __tablename__ = "notices"
    __table_args__ = (
        Index("ix_notices_member", "member_id", "id"),
        Index("ix_notices_merge", "member_id", "merge_key"),
        CheckConstraint("merged_count >= 1", name="merged_count_positive"),
    )
    id: Mapped[Pk]
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"))
    kind: Mapped[str]  # key of notices/kinds.py
    actor_id: Mapped[int | None]
    actor_name: Mapped[str] = mapped_column(default="")
    thread_id: Mapped[int | None]
    post_id: Mapped[int | None]
    data: Mapped[dict[str, Any]]  # what the template needs; never text the reader may not see later
    merge_key: Mapped[str] = mapped_column(default="")
    merged_count: Mapped[int] = mapped_column(default=1)
    is_read: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
