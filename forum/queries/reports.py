"""Read models of reports: what was said about posts in the boards one moderates."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from markupsafe import Markup
from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session, aliased

from forum.models import Member, Post, PostState, Report, ReportEntry, ReportState, Thread
from forum.policies.actor import Actor
from forum.policies.queue import escalation_of, may_handle_reports

PAGE = 20


@dataclass(frozen=True)
class ReportLine:
    """One member's words. `key`: of commands/reports.py REASONS."""

    reporter_id: int
    reporter_name: str
    key: str
    text: str
    created_at: datetime


@dataclass(frozen=True)
class ReportCard:
    """All that was said about one post."""

    id: int
    state: ReportState
    escalation: int
    board_id: int
    post_id: int
    floor: int
    thread_id: int
    title: str
    author_id: int
    author_name: str
    post_state: PostState
    created_at: datetime
    handled_at: datetime | None
    handler_name: str | None
    outcome: str
    html: Markup
    lines: tuple[ReportLine, ...]


@dataclass(frozen=True)
class ReportsPage:
    """Open reports oldest first, handled ones newest first; `next_from` begins the next page."""

    cards: tuple[ReportCard, ...]
    is_open: bool
    total: int
    oldest_at: datetime | None
    next_from: int | None


def reports_page(
    s: Session,
    actor: Actor,
    *,
    is_open: bool = True,
    board_id: int | None = None,
    beyond: int | None = None,
) -> ReportsPage:
    """Reports of the boards the actor moderates, as far up as the actor's rank. Three statements.

    :param beyond: the last report of the page before.
    :raises Forbidden: the actor may not handle reports.
    """
    may_handle_reports(actor).require()
    state = Report.state == ReportState.OPEN if is_open else Report.state != ReportState.OPEN
    wanted = [*_visible(actor), state]
    if board_id is not None:
        wanted.append(Report.board_id == board_id)
    page: list[ColumnElement[bool]] = []
    if beyond is not None:
        page.append(Report.id > beyond if is_open else Report.id < beyond)
    author, handler = aliased(Member), aliased(Member)
    rows = s.execute(
        select(
            Report.id, Report.state, Report.escalation, Report.board_id, Post.id, Post.floor,
            Thread.id, Thread.title, Post.author_id, author.name, Post.state, Report.created_at,
            Report.handled_at, handler.name, Report.outcome, Post.html,
        )
        .join(Post, Post.id == Report.post_id)
        .join(Thread, Thread.id == Post.thread_id)
        .join(author, author.id == Post.author_id)
        .outerjoin(handler, handler.id == Report.handler_id)
        .where(*wanted, *page)
        .order_by(Report.id if is_open else Report.id.desc())
        .limit(PAGE + 1)
    ).all()  # fmt: skip
    total, oldest_at = s.execute(
        select(func.count(), func.min(Report.created_at))
        .join(Post, Post.id == Report.post_id)
        .where(*wanted)
    ).one()
    shown = rows[:PAGE]
    lines = _lines(s, [row[0] for row in shown])
    cards = tuple(_card(tuple(row), lines.get(row[0], [])) for row in shown)
    return ReportsPage(cards, is_open, total, oldest_at, cards[-1].id if len(rows) > PAGE else None)


def _card(row: tuple[Any, ...], lines: Iterable[ReportLine]) -> ReportCard:
    html = Markup(row[-1])  # noqa: S704  rendered and bleached when it was written
    return ReportCard(*(*row[:-1], html, tuple(lines)))


def _lines(s: Session, report_ids: list[int]) -> dict[int, list[ReportLine]]:
    found: dict[int, list[ReportLine]] = {}
    for report_id, reporter_id, name, stored, created_at in s.execute(
        select(
            ReportEntry.report_id, ReportEntry.reporter_id, Member.name, ReportEntry.reason,
            ReportEntry.created_at,
        )
        .join(Member, Member.id == ReportEntry.reporter_id)
        .where(ReportEntry.report_id.in_(report_ids))
        .order_by(ReportEntry.id)
    ):  # fmt: skip
        key, _, text = stored.partition("\n")
        line = ReportLine(reporter_id, name, key, text, created_at)
        found.setdefault(report_id, []).append(line)
    return found


def _visible(actor: Actor) -> list[ColumnElement[bool]]:
    """Of one's boards, not passed above one's rank, and not about oneself."""
    return [
        Report.board_id.in_(actor.moderated),
        Report.escalation <= escalation_of(actor),
        Post.author_id != actor.member_id,
    ]


def open_reports(actor: Actor) -> Select[int, datetime]:
    """How many reports wait for the actor, and since when; one row of another select."""
    return (
        select(func.count().label("number"), func.min(Report.created_at).label("oldest_at"))
        .select_from(Report)
        .join(Post, Post.id == Report.post_id)
        .where(*_visible(actor), Report.state == ReportState.OPEN)
    )
