"""Posts: messages at their floors, their revisions, comments and ratings."""

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from forum.core.db import Base, Pk


class PostState(enum.StrEnum):
    """A recycled thread keeps its posts as they are; the thread's state hides them."""

    VISIBLE = "visible"
    PENDING = "pending"
    IGNORED = "ignored"
    RECYCLED = "recycled"


class Post(Base):
    """A message. `html` is made from `source` once, by the renderer of `renderer_version`."""

    __tablename__ = "posts"
    __table_args__ = (
        UniqueConstraint("thread_id", "floor", name="uq_posts_thread_floor"),
        UniqueConstraint("author_id", "submission_key", name="uq_posts_submission"),
        CheckConstraint("floor >= 1", name="floor_from_one"),
        Index("ix_posts_author", "author_id", "state", "id"),
        Index("ix_posts_thread_author", "thread_id", "author_id", "floor"),
        Index("ix_posts_created", "created_at"),
        Index("ix_posts_pending", "state", "id"),
        Index(
            "ix_posts_pinned",
            "thread_id",
            "floor",
            sqlite_where=text("is_sticky = 1"),
            postgresql_where=text("is_sticky"),
        ),
    )
    id: Mapped[Pk]
    thread_id: Mapped[int] = mapped_column(ForeignKey("threads.id", ondelete="CASCADE"))
    floor: Mapped[int]
    author_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    state: Mapped[PostState] = mapped_column(default=PostState.VISIBLE)
    source: Mapped[str]  # BBCode as typed
    html: Mapped[str]
    renderer_version: Mapped[int]
    has_images: Mapped[bool] = mapped_column(default=False)
    is_blocked: Mapped[bool] = mapped_column(default=False)  # 屏蔽: only staff see the text
    is_warned: Mapped[bool] = mapped_column(default=False)
    is_sticky: Mapped[bool] = mapped_column(default=False)  # 置顶回复
    submission_key: Mapped[str | None]  # the form's own key: a double click is one post
    address: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    edited_at: Mapped[datetime | None]  # set only when the edit mark shows
    edited_by_name: Mapped[str] = mapped_column(default="")
    version: Mapped[int] = mapped_column(default=1)


class PostRevision(Base):
    """What a post said before an edit."""

    __tablename__ = "post_revisions"
    __table_args__ = (Index("ix_post_revisions_post", "post_id", "id"),)
    id: Mapped[Pk]
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"))
    title: Mapped[str | None]  # of the thread, for an opening post
    source: Mapped[str]
    editor_id: Mapped[int | None] = mapped_column(
        ForeignKey("members.id", ondelete="SET NULL"), index=True
    )
    created_at: Mapped[datetime]


class PostComment(Base):
    """点评: a line below a floor."""

    __tablename__ = "post_comments"
    __table_args__ = (Index("ix_post_comments_post", "post_id", "id"),)
    id: Mapped[Pk]
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"))
    author_id: Mapped[int] = mapped_column(ForeignKey("members.id"), index=True)
    author_name: Mapped[str]
    body: Mapped[str]
    created_at: Mapped[datetime]


class PostRating(Base):
    """评分: who gave what for a post, and why. `amounts`: {point kind title or id: amount}."""

    __tablename__ = "post_ratings"
    __table_args__ = (Index("ix_post_ratings_post", "post_id", "id"),)
    id: Mapped[Pk]
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"))
    rater_id: Mapped[int | None] = mapped_column(ForeignKey("members.id"), index=True)
    rater_name: Mapped[str]
    amounts: Mapped[dict[str, Any]]
    reason: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
