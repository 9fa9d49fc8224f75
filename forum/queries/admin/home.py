"""What does the first page of the control panel say? Numbers, and what waits for somebody."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, ScalarSelect, func, select
from sqlalchemy.orm import Session

from forum.core.db import Base
from forum.models import (
    Board,
    Member,
    MemberState,
    OutgoingMail,
    Post,
    PostState,
    Report,
    ReportState,
    Thread,
    ThreadState,
)
from forum.queries.site import Site


@dataclass(frozen=True)
class HomeCounts:
    """Numbers of the whole site, and of what waits."""

    members: int
    members_today: int
    threads: int
    posts: int
    pending_threads: int
    pending_posts: int
    recycled_threads: int
    open_reports: int
    unclaimed: int
    claimed_groups: int
    stuck_mails: int


def home_counts(s: Session, site: Site, now: datetime) -> HomeCounts:
    """Everything counted at once. One statement."""
    midnight = now.astimezone(site.zone).replace(hour=0, minute=0, second=0, microsecond=0)

    def number(model: type[Base], *where: ColumnElement[bool]) -> ScalarSelect[int]:
        return select(func.count()).select_from(model).where(*where).scalar_subquery()

    row = s.execute(
        select(
            number(Member),
            number(Member, Member.created_at >= midnight),
            # The boards' own counters: counting a million posts takes longer than the page.
            select(func.coalesce(func.sum(Board.thread_count), 0)).scalar_subquery(),
            select(func.coalesce(func.sum(Board.post_count), 0)).scalar_subquery(),
            number(Thread, Thread.state == ThreadState.PENDING),
            number(Post, Post.state == PostState.PENDING, Post.floor > 1),
            number(Thread, Thread.state == ThreadState.RECYCLED),
            number(Report, Report.state == ReportState.OPEN),
            number(Member, Member.state == MemberState.UNCLAIMED),
            number(Member, Member.claimed_group_id.is_not(None)),
            number(
                OutgoingMail,
                OutgoingMail.sent_at.is_(None),
                OutgoingMail.created_at < now - timedelta(minutes=10),
            ),
        )
    ).one()
    return HomeCounts(*row)
