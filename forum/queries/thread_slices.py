"""Any page of a long sorted list of threads, found in time (docs/decisions/deep-board-pages.md)."""

import enum
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, select, tuple_, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session

from forum.models import Thread
from forum.queries.page_anchors import Anchor, anchors_of
from forum.queries.thread_rows import COLUMNS, ThreadRow, thread_row

Conditions = tuple[ColumnElement[bool], ...]


class Order(enum.StrEnum):
    """What a list is sorted by, the greatest first."""

    LAST_POST = "last_post"
    CREATED = "created"
    REPLIES = "replies"
    VIEWS = "views"
    HEAT = "heat"


KEYS: dict[Order, InstrumentedAttribute[Any]] = {
    Order.LAST_POST: Thread.last_post_at,
    Order.CREATED: Thread.created_at,
    Order.REPLIES: Thread.reply_count,
    Order.VIEWS: Thread.view_count,
    Order.HEAT: Thread.heat,
}


@dataclass(frozen=True)
class ThreadList:
    """A list: the threads that meet the conditions, in an order.

    :param pointers: a second set of threads to be merged in; two, because each of them alone is
        one run of an index, and a condition over both is not.
    :param total: how many there are of both.
    :param name: what the list is called among anchors; None where its order changes unnoticed.
    :param version: of the board; the same version means the same order.
    """

    conditions: Conditions
    pointers: Conditions | None
    order: Order
    total: int
    name: Hashable | None
    version: int


def slice_rows(s: Session, threads: ThreadList, *, skipped: int, most: int) -> list[ThreadRow]:
    """At most `most` threads after the first `skipped`. One statement: ids, then their rows."""
    wanted = min(most, threads.total - skipped)
    if wanted <= 0:
        return []
    anchors = anchors_of(s.info["database"])
    anchor = None
    if threads.name is not None:
        anchor = anchors.nearest(threads.name, threads.version, skipped)
    behind = threads.total - skipped - wanted
    if behind < skipped - (anchor.rank if anchor else 0):
        ids = _ids(threads, wanted, behind, None, is_from_end=True)
    else:
        ids = _ids(threads, wanted, skipped - (anchor.rank if anchor else 0), anchor)
    found = ids.subquery("page_ids")
    key = KEYS[threads.order]
    rows = [
        thread_row(row)
        for row in s.execute(
            select(*COLUMNS)
            .join(found, found.c.id == Thread.id)
            .order_by(key.desc(), Thread.id.desc())
        )
    ]
    if threads.name is not None and rows:
        first = Anchor(skipped, getattr(rows[0], key.key), rows[0].id)
        anchors.remember(threads.name, threads.version, first)
    return rows


def _ids(
    threads: ThreadList,
    wanted: int,
    skipped: int,
    anchor: Anchor | None,
    *,
    is_from_end: bool = False,
) -> Select[*tuple[Any, ...]]:
    """The ids of a slice, counted off in an index from an anchor or from an end."""
    key = KEYS[threads.order]
    after: Conditions = ()
    if anchor is not None:
        after = (tuple_(key, Thread.id) <= (anchor.key, anchor.id),)
    visible = _sorted(key, (*threads.conditions, *after), is_from_end=is_from_end)
    if threads.pointers is None:
        return visible.limit(wanted).offset(skipped)
    left = _sorted(key, (*threads.pointers, *after), is_from_end=is_from_end)
    # Each half is sorted and cut by itself, so that PostgreSQL merges two index scans.
    both = union_all(
        select(visible.limit(skipped + wanted).subquery()), select(left.subquery())
    ).subquery("both")
    ends = (both.c.key, both.c.id) if is_from_end else (both.c.key.desc(), both.c.id.desc())
    return select(both.c.id).order_by(*ends).limit(wanted).offset(skipped)


def _sorted(
    key: InstrumentedAttribute[Any], conditions: Iterable[ColumnElement[bool]], *, is_from_end: bool
) -> Select[*tuple[Any, ...]]:
    ends = (key, Thread.id) if is_from_end else (key.desc(), Thread.id.desc())
    return select(Thread.id, key.label("key")).where(*conditions).order_by(*ends)
