"""In which order are rows locked? Thread, members by id, ledger, boards by id; never backwards.

Two transactions that take what they share in one order cannot wait for each other. SQLite has one
writer at a time, so there these are plain reads.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, bindparam, select

from forum.core.uow import UnitOfWork
from forum.models import Member

# Built once, as every statement of a reply: building one takes longer than SQLite does to answer it.
_LOCKED = (
    select(Member)
    .where(Member.id.in_(bindparam("ids", expanding=True)))
    .order_by(Member.id)
    # NO KEY: rows that point to a member (a notice, a read mark) need not wait.
    .with_for_update(key_share=True)
    .execution_options(populate_existing=True)
)


def lock_members(uow: UnitOfWork, member_ids: Iterable[int]) -> dict[int, Member]:
    """Lock members, lowest id first, and read them as they are now. One statement.

    Ids nobody has are left out of the answer.
    """
    wanted = sorted(set(member_ids))
    if not wanted:
        return {}
    found = {row.id: row for row in uow.session.scalars(_LOCKED, {"ids": wanted})}
    _note(uow, found)
    return found


class Poster(NamedTuple):
    """What a post asks of a member: the pace, the counters and what follows from them."""

    id: int
    created_at: datetime
    last_post_at: datetime | None
    thread_count: int
    post_count: int
    digest_count: int
    total: int
    group_id: int


def _locking(wanted: ColumnElement[bool], *columns: Any) -> Select[Any]:
    return select(*columns).where(wanted).order_by(Member.id).with_for_update(key_share=True)


_OF_ALL = Member.id.in_(bindparam("ids", expanding=True))
_POSTER = tuple(getattr(Member, name) for name in Poster._fields)
_POSTERS = _locking(_OF_ALL, *_POSTER)
# A list is written into the statement anew each time; most replies concern two members at most.
_TWO = [bindparam(name, type_=Member.id.type) for name in ("one", "other")]
_TWO_POSTERS = _locking(Member.id.in_(_TWO), *_POSTER)
_IDS = _locking(_OF_ALL, Member.id)


def lock_posters(uow: UnitOfWork, member_ids: Iterable[int]) -> dict[int, Poster]:
    """Lock members, lowest id first; of each what a post needs. One statement.

    Ids nobody has are left out of the answer.
    """
    wanted = sorted(set(member_ids))
    if 0 < len(wanted) <= 2:
        rows = uow.run(_TWO_POSTERS, {"one": wanted[0], "other": wanted[-1]})
    else:
        rows = uow.run(_POSTERS, {"ids": wanted})
    found = {row[0]: Poster(*row) for row in rows}
    _note(uow, found)
    return found


def hold_members(uow: UnitOfWork, member_ids: Iterable[int]) -> set[int]:
    """Lock those members that this unit has not locked yet. No statement when it has them all.

    :returns: the ids that somebody has.
    """
    wanted = set(member_ids)
    if missing := sorted(wanted - uow.locked):
        found = set(uow.session.scalars(_IDS, {"ids": missing}))
        _note(uow, found)
        return (wanted & uow.locked) | found
    uow.session.flush()  # what is pending, as a statement would have
    return wanted


def _note(uow: UnitOfWork, member_ids: Iterable[int]) -> None:
    # What a savepoint locks goes with it.
    if not uow.session.in_nested_transaction():
        uow.locked.update(member_ids)
