"""Read models of the recycle bin, of threads and of replies: what lies in it, and which entry of the log
put it there."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, func, literal, or_, select, union_all
from sqlalchemy.orm import Session

from forum.models import (
    Member,
    ModLogEntry,
    ModLogTarget,
    Post,
    PostState,
    TargetKind,
    Thread,
    ThreadState,
)
from forum.modlog.registry import ACTIONS
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
    authors = {row.id: row.author_id for row in rows[:PAGE]}
    deeds = _deeds(s, actor, TargetKind.THREAD, authors)
    threads = tuple(
        BinnedThread(
            *row,
            *(_told(deed) if (deed := deeds.get(row.id)) else ()),
        )
        for row in rows[:PAGE]
    )
    return BinPage(threads, total, threads[-1].id if len(rows) > PAGE else None)


@dataclass(frozen=True)
class BinnedReply:
    """A deleted reply of a thread that is shown, and who deleted it; `deleted_at` as for a thread."""

    id: int
    floor: int
    thread_id: int
    board_id: int
    title: str
    author_id: int
    author_name: str
    html: str
    created_at: datetime
    deleted_by: str = ""
    deleted_at: datetime | None = None
    reason: str = ""


@dataclass(frozen=True)
class ReplyBinPage:
    """A page of deleted replies; `older_before` is the post id the next one begins below."""

    replies: tuple[BinnedReply, ...]
    total: int
    older_before: int | None


def reply_bin(
    s: Session, actor: Actor, *, board_id: int | None = None, before: int | None = None
) -> ReplyBinPage:
    """The deleted replies in the boards the actor moderates; those of a deleted thread are in the bin
    with it. At most four statements."""
    boards = actor.moderated if board_id is None else actor.moderated & {board_id}
    binned = binned_replies().where(Thread.board_id.in_(boards))
    rows = s.execute(
        binned.with_only_columns(
            Post.id, Post.floor, Thread.id.label("thread_id"), Thread.board_id, Thread.title,
            Post.author_id, Member.name, Post.html, Post.created_at,
        )
        .join(Member, Member.id == Post.author_id)
        .where(*((Post.id < before,) if before is not None else ()))
        .order_by(Post.id.desc())
        .limit(PAGE + 1)
    ).all()  # fmt: skip
    total = s.scalar(binned.with_only_columns(func.count())) or 0
    authors = {row.id: row.author_id for row in rows[:PAGE]}
    deeds = _deeds(s, actor, TargetKind.POST, authors)
    replies = tuple(
        BinnedReply(*row, *(_told(deed) if (deed := deeds.get(row.id)) else ()))
        for row in rows[:PAGE]
    )
    return ReplyBinPage(replies, total, replies[-1].id if len(rows) > PAGE else None)


def binned_replies() -> Select[Any]:
    """Those that lie in the bin by themselves, wherever."""
    return (
        select(Post.id)
        .join(Thread, Thread.id == Post.thread_id)
        .where(Post.state == PostState.RECYCLED, Thread.state == ThreadState.VISIBLE)
    )


def _told(deed: Any) -> tuple[str, datetime, str]:
    """Who did it and why, where the log tells the actor, too."""
    return (
        (deed.actor_name, deed.created_at, deed.reason)
        if deed.is_visible
        else ("", deed.created_at, "")
    )


def _deeds(s: Session, actor: Actor, kind: TargetKind, authors: dict[int, int]) -> dict[int, Any]:
    """By thread, or reply, the newest standing entry that put it into the bin. At most two statements.

    :param authors: of the threads, or replies.
    """
    if not authors:
        return {}
    found: dict[int, Any] = {}
    cleanups: list[Any] = []
    for row in s.execute(union_all(*_candidates(actor, kind, authors)).order_by("entry_id")):
        if row.is_cleanup:
            cleanups.append(row)
        else:
            found[row.target_id] = row
    # A clean-up names the account; what it found is in its effects alone.
    thrown = _thrown_away(s, kind, {row.entry_id for row in cleanups})
    for row in cleanups:
        for one in thrown[row.entry_id] & set(authors):
            if one not in found or found[one].entry_id < row.entry_id:
                found[one] = row
    return found


def _candidates(actor: Actor, kind: TargetKind, authors: dict[int, int]) -> tuple[Select[Any], ...]:
    def entries(target_id: Any, targets: TargetKind, *, is_cleanup: bool = False) -> Select[Any]:
        acting = [one for one in ACTIONS.values() if one.targets is targets]
        bin = [one.key for one in acting if kind in one.bins]
        unbin = [one.key for one in acting if kind in one.unbins]
        return (
            select(
                target_id.label("target_id"), ModLogEntry.id.label("entry_id"),
                ModLogEntry.actor_name, ModLogEntry.created_at, ModLogEntry.reason,
                literal(is_cleanup).label("is_cleanup"), visible_to(actor).label("is_visible"),
            )
            .join(ModLogTarget, ModLogTarget.entry_id == ModLogEntry.id)
            .where(
                ModLogTarget.kind == targets,
                ModLogTarget.undone_by_id.is_(None),
                or_(
                    and_(ModLogEntry.action.in_(bin), ModLogEntry.is_reversal.is_(False)),
                    and_(ModLogEntry.action.in_(unbin), ModLogEntry.is_reversal.is_(True)),
                ),
            )
        )  # fmt: skip

    direct = entries(ModLogTarget.target_id, kind).where(ModLogTarget.target_id.in_(authors))
    by_account = entries(ModLogTarget.target_id, TargetKind.MEMBER, is_cleanup=True).where(
        ModLogTarget.target_id.in_(set(authors.values()))
    )
    if kind is TargetKind.POST:
        return direct, by_account
    # An opening post that waited was deleted together with its thread.
    by_opening = (
        entries(Post.thread_id, TargetKind.POST)
        .join(Post, Post.id == ModLogTarget.target_id)
        .where(Post.thread_id.in_(authors), Post.floor == 1)
    )
    return direct, by_opening, by_account


def _thrown_away(s: Session, kind: TargetKind, entry_ids: Collection[int]) -> dict[int, set[int]]:
    if not entry_ids:
        return {}
    rows = s.execute(
        select(ModLogEntry.id, ModLogEntry.effects).where(ModLogEntry.id.in_(entry_ids))
    )
    table = f"{kind}s"
    return {
        row.id: {
            one["id"]
            for one in row.effects
            if one["do"] == "change"
            and one["table"] == table
            and one["after"].get("state") == ThreadState.RECYCLED
        }
        for row in rows
    }
