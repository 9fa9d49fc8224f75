"""Read models of a member's notices. What they tell of is shown only to those who may (still) read it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.core.errors import Forbidden
from forum.models import ModLogTarget, Notice, Post, PostState, TargetKind, Thread, ThreadState
from forum.notices import KINDS
from forum.notices.kinds import Part
from forum.policies.actor import Actor
from forum.policies.threads import may_read_thread, may_see_title
from forum.policies.verdict import Refusal

PER_PAGE = 30


@dataclass(frozen=True)
class ThreadOfNotice:
    """The facts policies ask for, and the title."""

    id: int
    title: str
    board_id: int
    author_id: int
    state: ThreadState
    is_closed: bool
    read_access: int
    created_at: datetime
    last_post_at: datetime


@dataclass(frozen=True)
class NoticeRow:
    """A notice. `thread` is None where there is none that the reader may see; `own_title` is then
    what it is called, if it is the reader's own.

    `post_id` leads to the post, if it can still be seen.
    """

    id: int
    template: str
    actor_id: int | None
    actor_name: str
    data: dict[str, Any]
    merged_count: int
    is_read: bool
    created_at: datetime
    thread: ThreadOfNotice | None
    own_title: str
    post_id: int | None


@dataclass(frozen=True)
class NoticesPage:
    """A page of notices, newest first. `older_than` continues below; None = this is the end."""

    rows: tuple[NoticeRow, ...]
    part: str
    older_than: int | None

    @property
    def newest_unread_id(self) -> int | None:
        """Up to which id "all read" goes."""
        return max((row.id for row in self.rows if not row.is_read), default=None)


_NOTICE = (
    Notice.id, Notice.kind, Notice.actor_id, Notice.actor_name, Notice.data, Notice.merged_count,
    Notice.is_read, Notice.created_at,
)  # fmt: skip
_THREAD = tuple(getattr(Thread, name) for name in ThreadOfNotice.__dataclass_fields__)


# Of a thread that is gone the log knows where it was last.
_LAST_BOARD = (
    select(ModLogTarget.board_id)
    .where(ModLogTarget.kind == TargetKind.THREAD, ModLogTarget.target_id == Notice.thread_id)
    .order_by(ModLogTarget.entry_id.desc())
    .limit(1)
    .correlate(Notice)
    .scalar_subquery()
)


def notices_page(
    s: Session, actor: Actor, *, part: str = "", before: int | None = None
) -> NoticesPage:
    """A member's notices. One statement.

    :param part: a notices/kinds.py Part; anything else = all.
    :param before: only those with a lower id.
    :raises Forbidden: guests have none.
    """
    if actor.member_id is None:
        raise Forbidden(Refusal.SIGN_IN)
    part = part if part in set(Part) else ""
    wanted = (
        select(*_NOTICE, *_THREAD, Notice.thread_id, _LAST_BOARD, Post.id, Post.state)
        .outerjoin(Thread, Thread.id == Notice.thread_id)
        .outerjoin(Post, Post.id == Notice.post_id)
        .where(
            Notice.member_id == actor.member_id,
            Notice.kind.in_([kind.key for kind in KINDS.values() if part in ("", kind.part)]),
        )
        .order_by(Notice.id.desc())
        .limit(PER_PAGE + 1)
    )
    if before is not None:
        wanted = wanted.where(Notice.id < before)
    found = s.execute(wanted).all()
    rows = tuple(_row(actor, tuple(row)) for row in found[:PER_PAGE])
    return NoticesPage(rows, part, rows[-1].id if len(found) > PER_PAGE else None)


def _row(actor: Actor, row: tuple[Any, ...]) -> NoticeRow:
    notice_id, kind, actor_id, actor_name, data, merged_count, is_read, created_at = row[:8]
    thread_columns, (thread_id, last_board_id, post_id, post_state) = row[8:-4], row[-4:]
    thread = ThreadOfNotice(*thread_columns) if thread_columns[0] is not None else None
    is_known = thread_id is None or last_board_id in actor.known
    if "title" in data and not _may_see_title(actor, thread, data, is_known=is_known):
        data = {**data, "title": ""}
    if "muted_until" in data:
        data = {**data, "muted_until": datetime.fromisoformat(data["muted_until"])}
    own_title = ""
    if thread is not None and not may_read_thread(actor, thread):
        if thread.author_id == actor.member_id and may_see_title(actor, thread):
            own_title = thread.title
        thread = None
    return NoticeRow(
        id=notice_id,
        template=KINDS[kind].template,
        actor_id=actor_id,
        actor_name=actor_name,
        data=data,
        merged_count=merged_count,
        is_read=is_read,
        created_at=created_at,
        thread=thread,
        own_title=own_title,
        post_id=post_id if thread is not None and post_state is PostState.VISIBLE else None,
    )


def _may_see_title(
    actor: Actor, thread: ThreadOfNotice | None, data: dict[str, Any], *, is_known: bool
) -> bool:
    """The title a notice brought along: of a thread that may be out of sight by now, or gone.

    A member's name stands there too; and what is gone was one's own, unless a post in it was.
    :param is_known: it is no thread's, or was in a board where the member knows the own ones.
    """
    if thread is not None:
        return bool(may_see_title(actor, thread))
    return is_known and not str(data.get("action", "")).startswith("post.")
