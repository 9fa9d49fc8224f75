"""Proving who one is: login sessions, mailed tokens, counted tries."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from forum.core.db import Base, Pk


class LoginSession(Base):
    """A device that is logged in. The cookie holds a random token; only its hash is here."""

    __tablename__ = "login_sessions"
    __table_args__ = (
        Index("uq_login_sessions_token", "token_hash", unique=True),
        Index("ix_login_sessions_member", "member_id", "id"),
        Index("ix_login_sessions_expiry", "expires_at"),
    )
    id: Mapped[Pk]
    token_hash: Mapped[str]
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"))
    is_remembered: Mapped[bool] = mapped_column(default=False)
    address: Mapped[str] = mapped_column(default="")
    agent: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    panel_until: Mapped[datetime | None]  # the password was asked again: staff panels are open


class MailToken(Base):
    """A single-use link sent by mail. Bound to the password it was made under."""

    __tablename__ = "mail_tokens"
    __table_args__ = (
        Index("uq_mail_tokens_token", "token_hash", unique=True),
        Index("ix_mail_tokens_member", "member_id"),
    )
    id: Mapped[Pk]
    token_hash: Mapped[str]
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"))
    purpose: Mapped[str]  # "reset", "confirm"
    email: Mapped[str]
    password_stamp: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Attempt(Base):
    """How often something was tried under a key in the window that began at `since`."""

    __tablename__ = "attempts"
    __table_args__ = (
        CheckConstraint("count >= 0", name="count_positive"),
        Index("ix_attempts_since", "since"),
    )
    key: Mapped[str] = mapped_column(primary_key=True)  # "login:account:5", "mail:address:..."
    since: Mapped[datetime]
    count: Mapped[int]
