"""Warnings given for posts, and networks nobody may come from."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from forum.core.db import Base, Pk


class PostWarning(Base):
    """警告: three within the window mute the author."""

    __tablename__ = "post_warnings"
    __table_args__ = (Index("ix_post_warnings_member", "member_id", "created_at"),)
    id: Mapped[Pk]
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"), index=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"))
    actor_id: Mapped[int | None] = mapped_column(
        ForeignKey("members.id", ondelete="SET NULL"), index=True
    )
    reason: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]


class NetworkBan(Base):
    """禁止 IP: an address or a network in its usual spelling."""

    __tablename__ = "network_bans"
    __table_args__ = (UniqueConstraint("network", name="uq_network_bans_network"),)
    id: Mapped[Pk]
    network: Mapped[str]
    actor_id: Mapped[int | None] = mapped_column(
        ForeignKey("members.id", ondelete="SET NULL"), index=True
    )
    reason: Mapped[str] = mapped_column(default="")
    expires_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
