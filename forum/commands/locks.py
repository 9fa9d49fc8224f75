"""In which order are rows locked? Thread, members by id, ledger, boards by id; never backwards.

Two transactions that take what they share in one order cannot wait for each other. SQLite has one
writer at a time, so there these are plain reads.
"""

from collections.abc import Iterable

from sqlalchemy import bindparam, select

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
    return {row.id: row for row in uow.session.scalars(_LOCKED, {"ids": wanted})}
