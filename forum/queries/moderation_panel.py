"""Read models of the moderators' panel: its overview, batches under way."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ScalarSelect, func, select
from sqlalchemy.orm import Session

from forum.models import (
    BatchState,
    Member,
    ModBatch,
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
from forum.queries.moderation import LogLine, log_page
from forum.queries.punished import Punishment, number_punished
from forum.queries.recycle_bin import binned_replies
from forum.queries.site import Site

PAGE = 30
UNDER_WAY = (BatchState.RUNNING, BatchState.UNDOING)


@dataclass(frozen=True)
class BatchLine:
    """A large action, as the list of them shows it."""

    id: int
    action: str
    is_undo: bool
    actor_id: int | None  # None = the schedule
    actor_name: str | None
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
        .outerjoin(Member, Member.id == ModBatch.actor_id)
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
        binned_replies()
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
