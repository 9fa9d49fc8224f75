"""Read models of the recycle bin: what lies in it, and which entry of the log put it there."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, func, literal, or_, select, union_all
from sqlalchemy.orm import Session

from forum.models import ModLogEntry, ModLogTarget, Post, TargetKind, Thread, ThreadState
from forum.modlog.effects import Change, decode
from forum.policies.actor import Actor
from forum.queries.moderation import visible_to

PAGE = 30


@dataclass(frozen=True)
class BinnedThread:
    """A thread in the recycle bin, and who put it there; `deleted_at` None: the log knows nobody."""

    id: int
    board_id: int
    author_id: int
    author_name: str
    title: str
    reply_count: int
    created_at: datetime
    deleted_by: str = ""
    deleted_at: datetime | None = None
    reason: str = ""


@dataclass(frozen=True)
class BinPage:
    """A page of the recycle bin; `older_before` is the thread id the next one begins below."""

    threads: tuple[BinnedThread, ...]
    total: int
    older_before: int | None


def recycle_bin(
    s: Session, actor: Actor, *, board_id: int | None = None, before: int | None = None
) -> BinPage:
    """The recycled threads of the boards the actor moderates. At most four statements."""
    boards = actor.moderated if board_id is None else actor.moderated & {board_id}
    binned = (Thread.board_id.in_(boards), Thread.state == ThreadState.RECYCLED)
    rows = s.execute(
        select(
            Thread.id, Thread.board_id, Thread.author_id, Thread.author_name, Thread.title,
            Thread.reply_count, Thread.created_at,
        )
        .where(*binned, *((Thread.id < before,) if before is not None else ()))
        .order_by(Thread.id.desc())
        .limit(PAGE + 1)
    ).all()  # fmt: skip
    total = s.scalar(select(func.count()).select_from(Thread).where(*binned)) or 0
    deeds = _deeds(s, actor, {row.id: row.author_id for row in rows[:PAGE]})
    threads = tuple(
        BinnedThread(
            *row,
            *(_told(deed) if (deed := deeds.get(row.id)) else ()),
        )
        for row in rows[:PAGE]
    )
    return BinPage(threads, total, threads[-1].id if len(rows) > PAGE else None)


def _told(deed: Any) -> tuple[str, datetime, str]:
    """Who did it and why, where the log tells the actor, too."""
    return (
        (deed.actor_name, deed.created_at, deed.reason)
        if deed.is_visible
        else ("", deed.created_at, "")
    )


def _deeds(s: Session, actor: Actor, authors: dict[int, int]) -> dict[int, Any]:
    """By thread the newest standing entry that put it into the bin. At most two statements.

    :param authors: of the threads.
    """
    if not authors:
        return {}
    found: dict[int, Any] = {}
    cleanups: list[Any] = []
    for row in s.execute(union_all(*_candidates(actor, authors)).order_by("entry_id")):
        if row.is_cleanup:
            cleanups.append(row)
        else:
            found[row.target_id] = row
    # A clean-up names the account; which threads it found is in its effects alone.
    thrown = _thrown_away(s, {row.entry_id for row in cleanups})
    for row in cleanups:
        for thread_id in thrown[row.entry_id] & set(authors):
            if thread_id not in found or found[thread_id].entry_id < row.entry_id:
                found[thread_id] = row
    return found


def _candidates(actor: Actor, authors: dict[int, int]) -> tuple[Select[Any], ...]:
    def entries(target_id: Any, *, is_cleanup: bool = False) -> Select[Any]:
        return (
            select(
                target_id.label("target_id"), ModLogEntry.id.label("entry_id"),
                ModLogEntry.actor_name, ModLogEntry.created_at, ModLogEntry.reason,
                literal(is_cleanup).label("is_cleanup"), visible_to(actor).label("is_visible"),
            )
            .join(ModLogTarget, ModLogTarget.entry_id == ModLogEntry.id)
            .where(ModLogTarget.undone_by_id.is_(None))
        )  # fmt: skip

    thrown_away = or_(
        and_(ModLogEntry.action == "thread.delete", ModLogEntry.is_reversal.is_(False)),
        and_(ModLogEntry.action == "thread.restore", ModLogEntry.is_reversal.is_(True)),
    )
    return (
        entries(ModLogTarget.target_id).where(
            ModLogTarget.kind == TargetKind.THREAD,
            ModLogTarget.target_id.in_(authors),
            thrown_away,
        ),
        # An opening post that waited was deleted together with its thread.
        entries(Post.thread_id)
        .join(Post, Post.id == ModLogTarget.target_id)
        .where(
            ModLogTarget.kind == TargetKind.POST,
            Post.thread_id.in_(authors),
            Post.floor == 1,
            ModLogEntry.action == "post.delete_pending",
            ModLogEntry.is_reversal.is_(False),
        ),
        entries(ModLogTarget.target_id, is_cleanup=True).where(
            ModLogTarget.kind == TargetKind.MEMBER,
            ModLogTarget.target_id.in_(set(authors.values())),
            ModLogEntry.action == "member.clean",
            ModLogEntry.is_reversal.is_(False),
        ),
    )


def _thrown_away(s: Session, entry_ids: Collection[int]) -> dict[int, set[int]]:
    if not entry_ids:
        return {}
    rows = s.execute(
        select(ModLogEntry.id, ModLogEntry.effects).where(ModLogEntry.id.in_(entry_ids))
    )
    return {
        row.id: {
            effect.id
            for effect in (decode(one) for one in row.effects if one["do"] == "change")
            if isinstance(effect, Change)
            and effect.table == "threads"
            and effect.after.get("state") == ThreadState.RECYCLED
        }
        for row in rows
    }
