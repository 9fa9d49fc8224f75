"""标签: words by which threads are found together."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from forum.core.db import Base, Pk


class Tag(Base):
    """A tag. `key` is the folded name (core/names.py tag_key). `name` is the spelling that was first,
    maybe of a thread few may read: for the staff, until they merge others into it under one they type.

    A closed one shows nowhere and is given to no thread; a merged one stands for another. Threads
    keep what was written (Thread.tags), so both can be ended.
    """

    __tablename__ = "tags"
    __table_args__ = (
        UniqueConstraint("key", name="uq_tags_key"),
        CheckConstraint("merged_into_id <> id", name="merged_elsewhere"),
        # The few the staff have changed, which every process knows by heart (queries/tags.py).
        Index(
            "ix_tags_changed", "id",
            sqlite_where=text("is_closed = 1 OR merged_into_id IS NOT NULL"),
            postgresql_where=text("is_closed OR merged_into_id IS NOT NULL"),
        ),
    )  # fmt: skip
    id: Mapped[Pk]
    name: Mapped[str]
    key: Mapped[str]
    is_closed: Mapped[bool] = mapped_column(default=False)
    merged_into_id: Mapped[int | None] = mapped_column(
        ForeignKey("tags.id", ondelete="SET NULL"), index=True
    )
    created_at: Mapped[datetime]


class ThreadTag(Base):
    """An index of Thread.tags: which threads a tag leads to. Kept by commands/tags.py alone."""

    __tablename__ = "thread_tags"
    tag_id: Mapped[int] = mapped_column(ForeignKey("tags.id", ondelete="CASCADE"), primary_key=True)
    thread_id: Mapped[int] = mapped_column(
        ForeignKey("threads.id", ondelete="CASCADE"), primary_key=True, index=True
    )
