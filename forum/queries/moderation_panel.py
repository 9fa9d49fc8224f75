"""Read models of the moderators' panel: its overview, deleted replies, batches under way."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ScalarSelect, Select, case, func, select
from sqlalchemy.orm import Session

from forum.models import (
    BatchState,
    Member,
    ModBatch,
    ModLogEntry,
    Post,
    PostState,
    Thread,
    ThreadState,
)
from forum.policies.actor import Actor
from forum.policies.moderation import (
    may_announce,
    may_edit_boards,
    may_see_all_batches,
    may_see_log,
    may_see_punished,
)
from forum.queries.board_openings import active_announcements
from forum.queries.board_texts import editable_boards
from forum.queries.moderation import LogLine, log_page, visible_to
from forum.queries.punished import Punishment, number_punished
from forum.queries.punishments import newest_decision
from forum.queries.site import Site

PAGE = 30
REPLY_DELETING = ("post.delete", "post.delete_pending")
UNDER_WAY = (BatchState.RUNNING, BatchState.UNDOING)


@dataclass(frozen=True)
class BinnedReply:
    """A deleted reply of a thread that is shown, and who deleted it."""

    id: int
    floor: int
    thread_id: int
    board_id: int
    title: str
    author_id: int
    author_name: str
    html: str
    created_at: datetime
    deleted_by: str
    deleted_at: datetime | None
    reason: str


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
    with it. Two statements."""
    boards = actor.moderated if board_id is None else actor.moderated & {board_id}
    binned = _binned_replies().where(Thread.board_id.in_(boards))
    newest = newest_decision(REPLY_DELETING, Post)
    rows = s.execute(
        binned.with_only_columns(
            Post.id, Post.floor, Thread.id, Thread.board_id, Thread.title, Post.author_id,
            Member.name, Post.html, Post.created_at,
            case((visible_to(actor), ModLogEntry.actor_name), else_=""), ModLogEntry.created_at,
            case((visible_to(actor), ModLogEntry.reason), else_=""),
        )
        .join(Member, Member.id == Post.author_id)
        .outerjoin(ModLogEntry, ModLogEntry.id == newest)
        .where(*((Post.id < before,) if before is not None else ()))
        .order_by(Post.id.desc())
        .limit(PAGE + 1)
    ).all()  # fmt: skip
    total = s.scalar(binned.with_only_columns(func.count())) or 0
    replies = tuple(BinnedReply(*tuple(row)) for row in rows[:PAGE])
    return ReplyBinPage(replies, total, replies[-1].id if len(rows) > PAGE else None)


def _binned_replies() -> Select[Any]:
    return (
        select(Post.id)
        .join(Thread, Thread.id == Post.thread_id)
        .where(Post.state == PostState.RECYCLED, Thread.state == ThreadState.VISIBLE)
    )


@dataclass(frozen=True)
class BatchLine:
    """A large action, as the list of them shows it."""

    id: int
    action: str
    is_undo: bool
    actor_id: int
    actor_name: str
    state: BatchState
    target_count: int
    created_at: datetime


@dataclass(frozen=True)
class BatchesPage:
    """A page of large actions, newest first; `older_before` begins the next one."""

    batches: tuple[BatchLine, ...]
    older_before: int | None


def batches_page(s: Session, actor: Actor, *, before: int | None = None) -> BatchesPage:
    """The large actions whose progress the actor may see. One statement."""
    wanted = (
        select(
            ModBatch.id, ModBatch.action, ModBatch.undoes_id.is_not(None), ModBatch.actor_id,
            Member.name, ModBatch.state, ModBatch.step_total, ModBatch.created_at,
        )
        .join(Member, Member.id == ModBatch.actor_id)
        .order_by(ModBatch.id.desc())
        .limit(PAGE + 1)
    )  # fmt: skip
    if not may_see_all_batches(actor):
        wanted = wanted.where(ModBatch.actor_id == actor.member_id)
    if before is not None:
        wanted = wanted.where(ModBatch.id < before)
    rows = s.execute(wanted).all()
    batches = tuple(BatchLine(*row) for row in rows[:PAGE])
    return BatchesPage(batches, batches[-1].id if len(rows) > PAGE else None)


@dataclass(frozen=True)
class PanelHome:
    """What is in the boards one moderates, and what happened last.

    `punished`: how many are under each punishment, for who may see the list of them.
    `announcements`: how many stand; `edited_boards`: whose texts one may write. None = no right to.
    """

    binned_threads: int
    binned_replies: int
    batches_under_way: int
    punished: tuple[tuple[Punishment, int], ...]
    announcements: int | None
    edited_boards: int | None
    boards: tuple[tuple[int, str], ...]
    latest: tuple[LogLine, ...]


def panel_home(s: Session, site: Site, actor: Actor, *, latest: int = 10) -> PanelHome:
    """The panel's first page: counts over the boards the actor moderates. Two statements, and
    those of `undoable`."""
    under_way = select(func.count()).select_from(ModBatch).where(ModBatch.state.in_(UNDER_WAY))
    if not may_see_all_batches(actor):
        under_way = under_way.where(ModBatch.actor_id == actor.member_id)
    asked: list[ScalarSelect[int]] = [
        select(func.count())
        .select_from(Thread)
        .where(Thread.board_id.in_(actor.moderated), Thread.state == ThreadState.RECYCLED)
        .scalar_subquery(),
        _binned_replies()
        .where(Thread.board_id.in_(actor.moderated))
        .with_only_columns(func.count())
        .scalar_subquery(),
        under_way.scalar_subquery(),
    ]
    kinds = tuple(Punishment) if may_see_punished(actor) else ()
    asked += [number_punished(kind) for kind in kinds]
    threads, replies, batches, *punished = s.execute(select(*asked)).one()
    lines: tuple[LogLine, ...] = ()
    if may_see_log(actor):
        lines = log_page(s, actor).lines[:latest]
    boards = tuple(
        (board.id, board.name)
        for board in site.boards.values()
        if board.id in actor.moderated and board.holds_threads
    )
    return PanelHome(
        binned_threads=threads,
        binned_replies=replies,
        batches_under_way=batches,
        punished=tuple(zip(kinds, punished, strict=True)),
        announcements=len(active_announcements(site, actor.now)) if may_announce(actor) else None,
        edited_boards=len(editable_boards(site, actor)) if may_edit_boards(actor) else None,
        boards=boards,
        latest=lines,
    )
