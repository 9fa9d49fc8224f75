"""Groups and what they may: the ladder by points, the system's own, and special ones."""

import enum

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from forum.core.db import Base, Pk


class GroupKind(enum.StrEnum):
    """system: fixed; ladder: entered by points; special: assigned by hand."""

    SYSTEM = "system"
    LADDER = "ladder"
    SPECIAL = "special"


class Group(Base):
    """A user group. `rank` is a policies/actor.py Rank: 0 member ... 3 administrator."""

    __tablename__ = "groups"
    __table_args__ = (
        CheckConstraint("rank BETWEEN 0 AND 3", name="rank_range"),
        CheckConstraint("stars >= 0", name="stars_positive"),
        CheckConstraint("read_access BETWEEN 0 AND 255", name="read_access_range"),
    )
    id: Mapped[Pk]
    kind: Mapped[GroupKind]
    title: Mapped[str]
    rank: Mapped[int] = mapped_column(default=0)
    points_from: Mapped[int | None]  # ladder: points_from <= total < points_to
    points_to: Mapped[int | None]
    stars: Mapped[int] = mapped_column(default=0)
    color: Mapped[int | None]  # 1-16, a class of the design (ink-N)
    read_access: Mapped[int] = mapped_column(default=0)
    may_visit: Mapped[bool] = mapped_column(default=True)


class GroupPermission(Base):
    """One permission of a group; absent means 0. Keys: policies/permissions.py."""

    __tablename__ = "group_permissions"
    group_id: Mapped[int] = mapped_column(
        ForeignKey("groups.id", ondelete="CASCADE"), primary_key=True
    )
    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[int]
