"""Read models of 导读: lists over all boards one may read, paged by key."""

import enum
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, select, tuple_
from sqlalchemy.orm import Session

from forum.models import Thread, ThreadState
from forum.policies.actor import Actor
from forum.queries.site import Site
from forum.queries.thread_rows import COLUMNS, IS_DIGEST, ThreadRow, thread_row

PER_PAGE = 50
SOFA_WINDOW = timedelta(days=90)  # older threads nobody answered are left in peace
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = 253_370_764_800_000_000  # the year 9999 in microseconds


class View(enum.StrEnum):
    """The lists of everybody; 我的帖子 is the member's own (queries/members.py)."""

    HOT = "hot"
    DIGEST = "digest"
    NEW = "new"
    NEW_THREAD = "newthread"
    SOFA = "sofa"


@dataclass(frozen=True)
class Cursor:
    """The last thread of a page: where the next one goes on."""

    at: datetime
    id: int

    def __str__(self) -> str:
        return f"{(self.at - _EPOCH) // timedelta(microseconds=1)}-{self.id}"

    @classmethod
    def read(cls, text: str) -> "Cursor | None":
        """From an address; None where it makes no sense."""
        at, _, thread_id = text.partition("-")
        if not (at.isascii() and at.isdecimal() and thread_id.isascii() and thread_id.isdecimal()):
            return None
        if len(at) > 18 or len(thread_id) > 16 or int(at) > _LATEST:
            return None
        return cls(_EPOCH + timedelta(microseconds=int(at)), int(thread_id))


@dataclass(frozen=True)
class GuidePage:
    """One page of a list."""

    view: View
    rows: tuple[ThreadRow, ...]
    next: Cursor | None


def guide_page(
    s: Session,
    site: Site,
    actor: Actor,
    view: View,
    *,
    after: Cursor | None = None,
    most: int = PER_PAGE,
) -> GuidePage:
    """A page of a list, without what the actor may not read. One statement."""
    by_time = view is not View.NEW_THREAD
    conditions = _conditions(site, actor, view)
    if after is not None and by_time:
        conditions.append(tuple_(Thread.last_post_at, Thread.id) < (after.at, after.id))
    elif after is not None:
        conditions.append(Thread.id < after.id)
    order = (Thread.last_post_at.desc(), Thread.id.desc()) if by_time else (Thread.id.desc(),)
    rows = s.execute(select(*COLUMNS).where(*conditions).order_by(*order).limit(most + 1)).all()
    shown = tuple(thread_row(row) for row in rows[:most])
    last = shown[-1] if len(rows) > most else None
    return GuidePage(view, shown, Cursor(last.last_post_at, last.id) if last else None)


def _conditions(site: Site, actor: Actor, view: View) -> list[ColumnElement[bool]]:
    """Lists of few among many end at a time, so that none of them reads the whole table."""
    reading = site.settings.reading
    conditions: list[ColumnElement[bool]] = [
        Thread.state == ThreadState.VISIBLE,
        Thread.board_id.in_(actor.readable),
    ]
    since = actor.now - reading.guide_window
    if view is View.HOT:
        conditions += [Thread.last_post_at >= since, Thread.created_at >= since]
        conditions.append(Thread.heat >= reading.heat_guide_minimum)
    elif view is View.DIGEST:
        conditions += [Thread.last_post_at >= since, Thread.created_at >= since]
        conditions.append(IS_DIGEST)
    elif view is View.SOFA:
        conditions.append(Thread.last_post_at >= actor.now - SOFA_WINDOW)
        conditions.append(Thread.reply_count == 0)
    return conditions
