"""Any page of a long sorted list of threads, found in time (docs/decisions/0011-deep-board-pages.md)."""

import enum
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, bindparam, select, tuple_, union_all
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
    :param values: of the conditions' parameters. The conditions themselves are the same objects for
        every list of a kind, so that the statement over them is built once.
    :param total: how many there are of both.
    :param name: what the list is called among anchors; None where its order changes unnoticed.
    :param version: of the board; the same version means the same order.
    """

    conditions: Conditions
    pointers: Conditions | None
    values: dict[str, Any]
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
    from_end = behind < skipped - (anchor.rank if anchor else 0)
    if from_end:
        anchor = None
    offset = behind if from_end else skipped - (anchor.rank if anchor else 0)
    values = {**threads.values, "wanted": wanted, "skipped": offset, "reach": offset + wanted}
    if anchor is not None:
        values.update(anchor_key=anchor.key, anchor_id=anchor.id)
    asked = _slice_statement(
        threads.conditions,
        threads.pointers,
        threads.order,
        from_anchor=anchor is not None,
        from_end=from_end,
    )
    key = KEYS[threads.order]
    rows = [thread_row(row) for row in s.execute(asked, values)]
    if threads.name is not None and rows:
        first = Anchor(skipped, getattr(rows[0], key.key), rows[0].id)
        anchors.remember(threads.name, threads.version, first)
    return rows


@lru_cache(maxsize=256)
def _slice_statement(
    conditions: Conditions,
    pointers: Conditions | None,
    order: Order,
    *,
    from_anchor: bool,
    from_end: bool,
) -> Select[*tuple[Any, ...]]:
    """Rows of a slice: ids counted off in an index from an anchor or an end, then their rows.

    Parameters: those of the conditions; wanted, skipped and their sum reach; anchor_key, anchor_id.
    """
    key = KEYS[order]
    found = _ids(conditions, pointers, key, from_anchor, from_end).subquery("page_ids")
    return (
        select(*COLUMNS).join(found, found.c.id == Thread.id).order_by(key.desc(), Thread.id.desc())
    )


def _ids(
    conditions: Conditions,
    pointers: Conditions | None,
    key: InstrumentedAttribute[Any],
    from_anchor: bool,
    from_end: bool,
) -> Select[*tuple[Any, ...]]:
    wanted, skipped = bindparam("wanted", type_=Integer), bindparam("skipped", type_=Integer)
    after: Conditions = ()
    if from_anchor:
        at = tuple_(bindparam("anchor_key", type_=key.type), bindparam("anchor_id", type_=Integer))
        after = (tuple_(key, Thread.id) <= at,)
    visible = _sorted(key, (*conditions, *after), from_end)
    if pointers is None:
        return visible.limit(wanted).offset(skipped)
    left = _sorted(key, (*pointers, *after), from_end)
    # Each half is sorted and cut by itself, so that PostgreSQL merges two index scans.
    reach = visible.limit(bindparam("reach", type_=Integer)).subquery()
    both = union_all(select(reach), select(left.subquery())).subquery("both")
    ends = (both.c.key, both.c.id) if from_end else (both.c.key.desc(), both.c.id.desc())
    return select(both.c.id).order_by(*ends).limit(wanted).offset(skipped)


def _sorted(
    key: InstrumentedAttribute[Any], conditions: Iterable[ColumnElement[bool]], from_end: bool
) -> Select[*tuple[Any, ...]]:
    ends = (key, Thread.id) if from_end else (key.desc(), Thread.id.desc())
    return select(Thread.id, key.label("key")).where(*conditions).order_by(*ends)
