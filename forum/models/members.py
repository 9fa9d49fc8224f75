"""Members: accounts, their counters and what they keep."""

import enum
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from forum.core.db import Base, Pk


class MemberState(enum.StrEnum):
    """unclaimed: made by an import, nobody can log in; locked: nobody may log in."""

    ACTIVE = "active"
    UNCLAIMED = "unclaimed"
    LOCKED = "locked"


class FavoriteKind(enum.StrEnum):
    THREAD = "thread"
    BOARD = "board"


class Member(Base):
    """An account.

    `thread_count` and `post_count` (opening posts included) = the opening counts brought along by
    an import + the member's visible rows. `total` is the formula's result. `group_id` is what
    counts; `group_until` and `former_group_id` bring a punished or promoted member back.
    """

    __tablename__ = "members"
    __table_args__ = (
        Index("uq_members_name_key", "name_key", unique=True),
        # Several accounts may carry the same unconfirmed address; a confirmed one is one account's.
        Index(
            "uq_members_confirmed_email",
            "email_key",
            unique=True,
            sqlite_where=text("email_confirmed_at IS NOT NULL"),
            postgresql_where=text("email_confirmed_at IS NOT NULL"),
        ),
        CheckConstraint("thread_count >= 0", name="thread_count_positive"),
        CheckConstraint("post_count >= 0", name="post_count_positive"),
        CheckConstraint("unread_notice_count >= 0", name="unread_notice_count_positive"),
        CheckConstraint("unread_message_count >= 0", name="unread_message_count_positive"),
        Index("ix_members_created", "created_at"),
        Index("ix_members_state", "state", "id"),
        Index("ix_members_address", "last_address"),
        Index(
            "ix_members_claimed_group",
            "claimed_group_id",
            sqlite_where=text("claimed_group_id IS NOT NULL"),
            postgresql_where=text("claimed_group_id IS NOT NULL"),
        ),
    )
    id: Mapped[Pk]
    name: Mapped[str]
    name_key: Mapped[str]  # core/names.py: what must be unique, so that look-alikes collide
    state: Mapped[MemberState] = mapped_column(default=MemberState.ACTIVE)
    is_founder: Mapped[bool] = mapped_column(default=False)
    email: Mapped[str] = mapped_column(default="")
    email_key: Mapped[str] = mapped_column(default="")
    email_confirmed_at: Mapped[datetime | None]
    password_hash: Mapped[str] = mapped_column(default="")  # "" = nobody can log in by password
    password_changed_at: Mapped[datetime | None]
    password_is_temporary: Mapped[bool] = mapped_column(default=False)  # must be changed at login
    group_id: Mapped[int] = mapped_column(ForeignKey("groups.id"), index=True)
    group_until: Mapped[datetime | None]
    former_group_id: Mapped[int | None] = mapped_column(ForeignKey("groups.id"))
    # An imported staff group is shown as a title and gives no right until the founder confirms it.
    claimed_group_id: Mapped[int | None] = mapped_column(ForeignKey("groups.id"))
    shown_group_title: Mapped[str] = mapped_column(default="")
    shown_stars: Mapped[int | None]
    total: Mapped[int] = mapped_column(default=0)
    thread_count: Mapped[int] = mapped_column(default=0)
    post_count: Mapped[int] = mapped_column(default=0)
    digest_count: Mapped[int] = mapped_column(default=0)
    opening_thread_count: Mapped[int] = mapped_column(default=0)
    opening_post_count: Mapped[int] = mapped_column(default=0)
    opening_digest_count: Mapped[int] = mapped_column(default=0)
    counts_are_approximate: Mapped[bool] = mapped_column(default=False)
    unread_notice_count: Mapped[int] = mapped_column(default=0)
    unread_message_count: Mapped[int] = mapped_column(default=0)
    takes_messages: Mapped[bool] = mapped_column(default=True)  # False: from the staff alone
    custom_title: Mapped[str] = mapped_column(default="")
    signature: Mapped[str] = mapped_column(default="")  # BBCode
    signature_html: Mapped[str] = mapped_column(default="")
    avatar: Mapped[str] = mapped_column(default="")  # content hash of the picture; "" = drawn
    time_zone: Mapped[str] = mapped_column(default="")  # "" = the site's
    locale: Mapped[str] = mapped_column(default="")  # "" = the site's
    is_invisible: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    created_address: Mapped[str] = mapped_column(default="")
    last_seen_at: Mapped[datetime | None]  # buffered: up to 30 s late
    previous_visit_at: Mapped[datetime | None]  # last_seen_at of the visit before this one
    last_post_at: Mapped[datetime | None]
    last_address: Mapped[str] = mapped_column(default="")


class Favorite(Base):
    """收藏 of a thread or a board."""

    __tablename__ = "favorites"
    __table_args__ = (Index("ix_favorites_target", "kind", "target_id"),)
    member_id: Mapped[int] = mapped_column(
        ForeignKey("members.id", ondelete="CASCADE"), primary_key=True
    )
    kind: Mapped[FavoriteKind] = mapped_column(primary_key=True)
    target_id: Mapped[int] = mapped_column(primary_key=True)
    created_at: Mapped[datetime]
