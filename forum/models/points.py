"""Point kinds, balances, transfers, and what the owner changed about the rules."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from forum.core.db import Base, Pk


class PointKind(Base):
    """One of up to eight kinds (extcredits1-8); the id is the slot."""

    __tablename__ = "point_kinds"
    __table_args__ = (CheckConstraint("id BETWEEN 1 AND 8", name="slot_range"),)
    id: Mapped[Pk]
    title: Mapped[str]
    unit: Mapped[str] = mapped_column(default="")
    is_shown: Mapped[bool] = mapped_column(default=True)
    floor_amount: Mapped[int] = mapped_column(default=0)  # spending below this is refused


class PointTransfer(Base):
    """One transfer. Accounts are member ids, or negative constants (points/accounts.py)."""

    __tablename__ = "point_transfers"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("debit_account <> credit_account", name="two_accounts"),
        UniqueConstraint("once_key", name="uq_point_transfers_once_key"),
        Index("ix_point_transfers_debit", "debit_account", "id"),
        Index("ix_point_transfers_credit", "credit_account", "id"),
        Index("ix_point_transfers_subject", "subject"),
        Index("ix_point_transfers_reverses", "reverses_id", unique=True),
    )
    id: Mapped[Pk]
    kind_id: Mapped[int] = mapped_column(ForeignKey("point_kinds.id"))
    debit_account: Mapped[int]
    credit_account: Mapped[int]
    amount: Mapped[int]
    rule: Mapped[str]  # key of points/rules.py, or an operation's key
    once_key: Mapped[str | None]
    subject: Mapped[str] = mapped_column(default="")  # "post:12", "thread:3", "page:1"
    actor_id: Mapped[int | None]
    reverses_id: Mapped[int | None] = mapped_column(ForeignKey("point_transfers.id"))
    created_at: Mapped[datetime]


class MemberPoints(Base):
    """A member's balance of one kind, changed by the ledger alone."""

    __tablename__ = "member_points"
    member_id: Mapped[int] = mapped_column(
        ForeignKey("members.id", ondelete="CASCADE"), primary_key=True
    )
    kind_id: Mapped[int] = mapped_column(ForeignKey("point_kinds.id"), primary_key=True)
    amount: Mapped[int] = mapped_column(default=0)


class PointRuleSetting(Base):
    """A rule's amounts as the owner set them; board_id 0 = the whole site."""

    __tablename__ = "point_rule_settings"
    rule: Mapped[str] = mapped_column(primary_key=True)
    board_id: Mapped[int] = mapped_column(primary_key=True, default=0)
    amounts: Mapped[dict[str, Any]]  # {"2": 3}
    cycle: Mapped[str | None]
    times: Mapped[int | None]
