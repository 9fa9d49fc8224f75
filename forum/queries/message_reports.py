"""Read models of reported messages: that one message and nothing beside it, for the higher staff."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from markupsafe import Markup
from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session, aliased

from forum.models import Member, MessageReport, ReportState
from forum.policies.actor import Actor
from forum.policies.messages import may_see_reported_messages
from forum.policies.queue import escalation_of

PAGE = 20


@dataclass(frozen=True)
class ReportedMessage:
    """A message as it was reported. `key`: of commands/reports.py REASONS."""

    id: int
    state: ReportState
    escalation: int
    author_id: int
    author_name: str
    reporter_id: int
    reporter_name: str
    key: str
    text: str
    html: Markup
    written_at: datetime
    created_at: datetime
    handler_name: str | None
    handled_at: datetime | None
    outcome: str


@dataclass(frozen=True)
class ReportedMessagesPage:
    """Open ones oldest first, handled ones newest first; `next_from` begins the next page."""

    cards: tuple[ReportedMessage, ...]
    is_open: bool
    total: int
    oldest_at: datetime | None
    next_from: int | None


def reported_messages(
    s: Session, actor: Actor, *, is_open: bool = True, beyond: int | None = None
) -> ReportedMessagesPage:
    """What was reported and neither by nor against the actor, as far up as the actor's rank. Two statements.

    :param beyond: the last report of the page before.
    :raises Forbidden: the actor may not see any.
    """
    may_see_reported_messages(actor).require()
    author, reporter, handler = aliased(Member), aliased(Member), aliased(Member)
    wanted = (
        select(
            MessageReport.id, MessageReport.state, MessageReport.escalation, MessageReport.author_id, author.name,
            MessageReport.reporter_id, reporter.name, MessageReport.reason, MessageReport.html,
            MessageReport.written_at, MessageReport.created_at, handler.name,
            MessageReport.handled_at, MessageReport.outcome,
        )
        .join(author, author.id == MessageReport.author_id)
        .join(reporter, reporter.id == MessageReport.reporter_id)
        .outerjoin(handler, handler.id == MessageReport.handler_id)
        .where(*_visible(actor), _state(is_open))
        .order_by(MessageReport.id if is_open else MessageReport.id.desc())
        .limit(PAGE + 1)
    )  # fmt: skip
    if beyond is not None:
        wanted = wanted.where(MessageReport.id > beyond if is_open else MessageReport.id < beyond)
    rows = s.execute(wanted).all()
    total, oldest_at = s.execute(_number(actor, is_open)).one()
    cards = tuple(_card(tuple(row)) for row in rows[:PAGE])
    next_from = cards[-1].id if len(rows) > PAGE else None
    return ReportedMessagesPage(cards, is_open, total, oldest_at, next_from)


def _card(row: tuple[Any, ...]) -> ReportedMessage:
    key, _, text = row[7].partition("\n")
    html = Markup(row[8])  # noqa: S704  rendered and bleached when it was written
    return ReportedMessage(*(*row[:7], key, text, html, *row[9:]))


def _state(is_open: bool) -> ColumnElement[bool]:
    # As the index of each is made.
    if is_open:
        return MessageReport.state == ReportState.OPEN
    return MessageReport.handled_at.is_not(None)


def _visible(actor: Actor) -> tuple[ColumnElement[bool], ...]:
    return (
        MessageReport.author_id != actor.member_id,
        MessageReport.reporter_id != actor.member_id,
        MessageReport.escalation <= escalation_of(actor),
    )


def open_message_reports(actor: Actor) -> Select[int, datetime]:
    """How many wait for the actor, and since when; one row of another select."""
    return _number(actor, True)


def _number(actor: Actor, is_open: bool) -> Select[int, datetime]:
    return (
        select(func.count().label("number"), func.min(MessageReport.created_at).label("oldest_at"))
        .select_from(MessageReport)
        .where(*_visible(actor), _state(is_open))
    )
