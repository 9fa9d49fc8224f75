"""The board tree, who may do what in it, its moderators and thread types."""

import enum
from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from forum.core.db import Base, Pk


class BoardKind(enum.StrEnum):
    """A category groups boards; a board below a board is a sub-board."""

    CATEGORY = "category"
    BOARD = "board"


class BoardRight(enum.StrEnum):
    """What a permission list of a board can replace."""

    VIEW = "view"
    POST = "post"
    REPLY = "reply"


class Board(Base):
    """A place threads live in. Counters are kept by the commands that change them."""

    __tablename__ = "boards"
    __table_args__ = (
        CheckConstraint("thread_count >= 0", name="thread_count_positive"),
        CheckConstraint("post_count >= 0", name="post_count_positive"),
        CheckConstraint("premoderation BETWEEN 0 AND 2", name="premoderation_range"),
        CheckConstraint("columns BETWEEN 0 AND 6", name="columns_range"),
        CheckConstraint("parent_id <> id", name="not_own_parent"),
    )
    id: Mapped[Pk]
    kind: Mapped[BoardKind] = mapped_column(default=BoardKind.BOARD)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("boards.id"), index=True)
    name: Mapped[str]
    description: Mapped[str] = mapped_column(default="")  # BBCode
    description_html: Mapped[str] = mapped_column(default="")
    rules: Mapped[str] = mapped_column(default="")  # 版规, BBCode
    rules_html: Mapped[str] = mapped_column(default="")
    color: Mapped[int | None]
    position: Mapped[int] = mapped_column(default=0)
    columns: Mapped[int] = mapped_column(default=0)  # of the boards below, on the index; 0 = list
    is_hidden: Mapped[bool] = mapped_column(default=False)
    redirect_address: Mapped[str] = mapped_column(default="")
    # 0 none, 1 new threads wait for approval, 2 threads and replies (modnewposts)
    premoderation: Mapped[int] = mapped_column(default=0)
    # Discuz! `recyclebin`. Nothing asks: here every deletion can be undone (docs/decisions/0005).
    has_recycle_bin: Mapped[bool] = mapped_column(default=True)
    moderators_edit_rules: Mapped[bool] = mapped_column(default=False)  # alloweditrules
    inherits_moderators: Mapped[bool] = mapped_column(default=False)  # its sub-boards do
    types_required: Mapped[bool] = mapped_column(default=False)
    types_listed: Mapped[bool] = mapped_column(default=True)
    autoclose_days: Mapped[int] = mapped_column(default=0)  # + by creation, - by last post
    default_order: Mapped[str] = mapped_column(default="last_post")
    thread_count: Mapped[int] = mapped_column(default=0)  # visible threads
    post_count: Mapped[int] = mapped_column(default=0)  # visible posts in them
    today_post_count: Mapped[int] = mapped_column(default=0)  # valid while today_on is today
    yesterday_post_count: Mapped[int] = mapped_column(default=0)  # of the day before today_on
    today_on: Mapped[date | None]  # in the site's time zone
    last_thread_id: Mapped[int | None]
    last_title: Mapped[str] = mapped_column(default="")
    last_post_at: Mapped[datetime | None]
    last_poster_id: Mapped[int | None]
    last_poster_name: Mapped[str] = mapped_column(default="")
    favorite_count: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=1)  # counts every change its list would show
    created_at: Mapped[datetime]


class BoardPermission(Base):
    """A group listed for a right. A right with any row is decided by its rows alone."""

    __tablename__ = "board_permissions"
    board_id: Mapped[int] = mapped_column(
        ForeignKey("boards.id", ondelete="CASCADE"), primary_key=True
    )
    right: Mapped[BoardRight] = mapped_column(primary_key=True)
    group_id: Mapped[int] = mapped_column(
        ForeignKey("groups.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class BoardModerator(Base):
    """An appointed moderator. Inheritance is worked out when the site is read."""

    __tablename__ = "board_moderators"
    board_id: Mapped[int] = mapped_column(
        ForeignKey("boards.id", ondelete="CASCADE"), primary_key=True
    )
    member_id: Mapped[int] = mapped_column(
        ForeignKey("members.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    position: Mapped[int] = mapped_column(default=0)
    appointed_at: Mapped[datetime]


class ThreadType(Base):
    """主题分类: a label a board offers for its threads."""

    __tablename__ = "thread_types"
    __table_args__ = (Index("ix_thread_types_board_position", "board_id", "position"),)
    id: Mapped[Pk]
    board_id: Mapped[int] = mapped_column(ForeignKey("boards.id", ondelete="CASCADE"))
    name: Mapped[str]
    position: Mapped[int] = mapped_column(default=0)
    for_moderators: Mapped[bool] = mapped_column(default=False)
    is_retired: Mapped[bool] = mapped_column(default=False)
