"""Threads: the titled conversations."""

import enum
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from forum.core.clock import first_version
from forum.core.db import Base, Pk


class ThreadState(enum.StrEnum):
    """What a thread is to its readers. `redirect` is the pointer a move leaves behind, which lists
    show; `merged` is the address of a thread whose posts went into another, which they do not."""

    VISIBLE = "visible"
    PENDING = "pending"
    IGNORED = "ignored"
    RECYCLED = "recycled"
    DRAFT = "draft"
    REDIRECT = "redirect"
    MERGED = "merged"


class Thread(Base):
    """A thread. `reply_count` counts visible replies; `last_floor` is never given back."""

    __tablename__ = "threads"
    __table_args__ = (
        CheckConstraint("sticky_level BETWEEN 0 AND 3", name="sticky_level_range"),
        CheckConstraint("digest_level BETWEEN 0 AND 3", name="digest_level_range"),
        CheckConstraint("highlight_color BETWEEN 0 AND 8", name="highlight_color_range"),
        CheckConstraint("highlight_background BETWEEN 0 AND 8", name="highlight_background_range"),
        CheckConstraint("reply_count >= 0", name="reply_count_positive"),
        CheckConstraint("last_floor >= 0", name="last_floor_positive"),
        CheckConstraint(
            "(state IN ('redirect', 'merged')) = (moved_to_id IS NOT NULL)",
            name="redirect_has_target",
        ),
        # A board's list in each order it can be read in; the first also serves the sticky block.
        Index(
            "ix_threads_board_last_post", "board_id", "state", "sticky_level", "last_post_at", "id"
        ),
        Index("ix_threads_board_created", "board_id", "state", "sticky_level", "created_at", "id"),
        Index("ix_threads_board_replies", "board_id", "state", "sticky_level", "reply_count", "id"),
        Index("ix_threads_board_views", "board_id", "state", "sticky_level", "view_count", "id"),
        Index("ix_threads_board_heat", "board_id", "state", "sticky_level", "heat", "id"),
        Index(
            "ix_threads_board_type", "board_id", "type_id", "state", "sticky_level",
            "last_post_at", "id",
        ),
        # 精华 are few: an index over them alone, for a board's list and for the guide's.
        Index(
            "ix_threads_board_digest", "board_id", "state", "sticky_level", "last_post_at", "id",
            sqlite_where=text("digest_level > 0"), postgresql_where=text("digest_level > 0"),
        ),
        Index("ix_threads_sticky", "sticky_level", "state"),
        Index(
            "ix_threads_recommended", "board_id", "id",
            sqlite_where=text("is_recommended = 1"), postgresql_where=text("is_recommended"),
        ),
        Index("ix_threads_author", "author_id", "state", "id"),
        Index("ix_threads_state_last_post", "state", "last_post_at", "id"),
        Index("ix_threads_state", "state", "id"),
        Index("ix_threads_moved_to", "moved_to_id"),
    )  # fmt: skip
    id: Mapped[Pk]
    board_id: Mapped[int] = mapped_column(ForeignKey("boards.id"))
    type_id: Mapped[int | None] = mapped_column(ForeignKey("thread_types.id", ondelete="SET NULL"))
    author_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    author_name: Mapped[str]  # as it was written; lists need no join
    title: Mapped[str]
    tags: Mapped[str] = mapped_column(
        default=""
    )  # 标签 as written, between commas; see models/tags.py
    state: Mapped[ThreadState] = mapped_column(default=ThreadState.VISIBLE)
    former_state: Mapped[str | None]  # a ThreadState: what a recycled thread returns to
    sticky_level: Mapped[int] = mapped_column(default=0)
    digest_level: Mapped[int] = mapped_column(default=0)
    highlight_color: Mapped[int] = mapped_column(default=0)
    highlight_background: Mapped[int] = mapped_column(default=0)
    highlight_bold: Mapped[bool] = mapped_column(default=False)
    highlight_italic: Mapped[bool] = mapped_column(default=False)
    highlight_underline: Mapped[bool] = mapped_column(default=False)
    stamp: Mapped[str] = mapped_column(default="")  # 图章: a key of the stamps registry
    icon: Mapped[str] = mapped_column(default="")  # 图标 in the list
    is_recommended: Mapped[bool] = mapped_column(default=False)
    is_closed: Mapped[bool] = mapped_column(default=False)
    is_newest_first: Mapped[bool] = mapped_column(default=False)  # 回帖倒序排列
    read_access: Mapped[int] = mapped_column(default=0)  # 阅读权限
    notifies_author: Mapped[bool] = mapped_column(default=True)
    moved_to_id: Mapped[int | None] = mapped_column(ForeignKey("threads.id", ondelete="CASCADE"))
    first_post_id: Mapped[int | None]
    has_images: Mapped[bool] = mapped_column(default=False)
    reply_count: Mapped[int] = mapped_column(default=0)
    comment_count: Mapped[int] = mapped_column(default=0)  # 点评; shown as part of 回复
    view_count: Mapped[int] = mapped_column(default=0)  # buffered
    favorite_count: Mapped[int] = mapped_column(default=0)
    heat: Mapped[int] = mapped_column(default=0)  # distinct members who took part
    last_floor: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    last_post_at: Mapped[datetime]
    last_poster_id: Mapped[int | None]
    last_poster_name: Mapped[str] = mapped_column(default="")
    version: Mapped[int] = mapped_column(default=first_version)  # counts what a page would show
    last_log_id: Mapped[int | None]  # 本主题由 X 于 T 置顶
    batch_id: Mapped[int | None]  # the large action that has it in hand: no replies meanwhile
