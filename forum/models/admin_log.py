"""What was changed in the control panel, by whom, and what was there before."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from forum.core.db import Base, Pk


class AdminLogEntry(Base):
    """One change of the site itself. Rows are never changed.

    `before` and `after` hold the fields that changed, by name; {} when there was nothing before or
    is nothing left.
    """

    __tablename__ = "admin_log"
    __table_args__ = (
        Index("ix_admin_log_target", "target", "id"),
        Index("ix_admin_log_actor", "actor_id", "id"),
    )
    id: Mapped[Pk]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("members.id", ondelete="SET NULL"))
    actor_name: Mapped[str] = mapped_column(default="")
    action: Mapped[str]  # key of commands/admin_log.py ACTIONS
    target: Mapped[str]  # "board:12", "settings:general"
    title: Mapped[str] = mapped_column(default="")  # what the target was called
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]
    address: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
