"""What belongs to the site as a whole: settings, cache versions, announcements, friend links."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from forum.core.db import Base, Pk


class Setting(Base):
    """One section of forum/settings as JSON."""

    __tablename__ = "settings"
    section: Mapped[str] = mapped_column(primary_key=True)
    values: Mapped[dict[str, Any]]


class CacheVersion(Base):
    """How often something cached under a name has changed (core/cache.py)."""

    __tablename__ = "cache_versions"
    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[int]


class Announcement(Base):
    """公告: a line on the index and on top of each board's list."""

    __tablename__ = "announcements"
    __table_args__ = (CheckConstraint("ends_at IS NULL OR ends_at > starts_at", name="ends_later"),)
    id: Mapped[Pk]
    title: Mapped[str]
    body: Mapped[str] = mapped_column(default="")  # BBCode
    html: Mapped[str] = mapped_column(default="")
    link: Mapped[str] = mapped_column(default="")  # instead of a body
    position: Mapped[int] = mapped_column(default=0)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    author_id: Mapped[int | None] = mapped_column(
        ForeignKey("members.id", ondelete="SET NULL"), index=True
    )


class FriendLink(Base):
    """友情链接 on the index."""

    __tablename__ = "friend_links"
    id: Mapped[Pk]
    name: Mapped[str]
    address: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    position: Mapped[int] = mapped_column(default=0)
