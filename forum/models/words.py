"""The word filter: what may not be written, what waits for approval, what is replaced."""

import enum
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from forum.core.db import Base, Pk


class WordAction(enum.StrEnum):
    """What happens to a text that holds the word."""

    REFUSE = "refuse"  # {BANNED}
    HOLD = "hold"  # {MOD}
    REPLACE = "replace"


class Word(Base):
    """One line of the list. `key` is the folded pattern: two spellings of one word are one."""

    __tablename__ = "words"
    __table_args__ = (
        UniqueConstraint("key", name="uq_words_key"),
        Index("ix_words_category", "category", "id"),
        CheckConstraint("action = 'replace' OR replacement = ''", name="replacement_fits"),
    )
    id: Mapped[Pk]
    pattern: Mapped[str]  # as typed: 赌{3}博
    key: Mapped[str]
    action: Mapped[WordAction]
    replacement: Mapped[str] = mapped_column(default="")
    category: Mapped[str] = mapped_column(default="")
    author_id: Mapped[int | None] = mapped_column(
        ForeignKey("members.id", ondelete="SET NULL"), index=True
    )
    created_at: Mapped[datetime]
