"""Telling members what happened, and their reading it."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import bindparam, delete, func, insert, select, update

from forum.commands.locks import hold_members, lock_members
from forum.core.uow import UnitOfWork
from forum.models import Member, Notice
from forum.notices import kind_of
from forum.policies.actor import Actor

# Built once: see commands/locks.py.
_ONE_MORE_UNREAD = (
    update(Member)
    .where(Member.id.in_(bindparam("ids", expanding=True)))
    .values(unread_notice_count=Member.unread_notice_count + 1)
)
_TAKE_UNREAD = (
    delete(Notice)
    .where(
        Notice.member_id.in_(bindparam("ids", expanding=True)),
        Notice.merge_key == bindparam("merge_key"),
        Notice.is_read.is_(False),
    )
    .returning(Notice.member_id, Notice.merged_count)
)
_TELL = insert(Notice.__table__)  # type: ignore[arg-type]


def notify(
    uow: UnitOfWork,
    kind: str,
    *,
    member_ids: Iterable[int],
    actor: Actor | None,
    thread_id: int | None = None,
    post_id: int | None = None,
    data: dict[str, Any] | None = None,
    merge_key: str = "",
) -> None:
    """Tell members something; never the actor about the own deed. Four statements at most.

    :param actor: who caused it; None = the system.
    :param data: what the template needs; no text that the reader may not see later.
    :param merge_key: a member's unread notices with one key become one, with a count.
    """
    key = kind_of(kind).key
    actor_id = actor.member_id if actor is not None else None
    told = {member_id for member_id in member_ids if member_id != actor_id}
    told = hold_members(uow, told)
    if not told:
        return
    merged = _take_unread(uow, told, merge_key) if merge_key else {}
    uow.session.connection().execute(
        _TELL,
        [
            {
                "member_id": member_id,
                "kind": key,
                "actor_id": actor_id,
                "actor_name": actor.name if actor is not None else "",
                "thread_id": thread_id,
                "post_id": post_id,
                "data": data or {},
                "merge_key": merge_key,
                "merged_count": merged.get(member_id, 0) + 1,
                "is_read": False,
                "created_at": uow.now,
            }
            for member_id in sorted(told)
        ],
    )
    newly_told = told - set(merged)
    if newly_told:
        uow.session.connection().execute(_ONE_MORE_UNREAD, {"ids": sorted(newly_told)})


def _take_unread(uow: UnitOfWork, member_ids: set[int], merge_key: str) -> dict[int, int]:
    """Remove the unread notices that the new one takes up; how many each member had.

    A new row, not a changed one: ids are the order of the page, and news belongs on top.
    """
    asked = {"ids": sorted(member_ids), "merge_key": merge_key}
    rows = uow.session.connection().execute(_TAKE_UNREAD, asked)
    taken: dict[int, int] = {}
    for member_id, count in rows:
        taken[member_id] = taken.get(member_id, 0) + count
    return taken


def mark_read(uow: UnitOfWork, actor: Actor, *, up_to_id: int | None = None) -> None:
    """The member has read the notices (those up to an id; what came later stays unread)."""
    if actor.member_id is None:
        return
    lock_members(uow, [actor.member_id])
    mine = (Notice.member_id == actor.member_id, Notice.is_read.is_(False))
    reading = update(Notice).where(*mine).values(is_read=True)
    if up_to_id is not None:
        reading = reading.where(Notice.id <= up_to_id)
    uow.session.execute(reading.execution_options(synchronize_session=False))
    unread = select(func.count()).select_from(Notice).where(*mine).scalar_subquery()
    uow.session.execute(
        update(Member)
        .where(Member.id == actor.member_id)
        .values(unread_notice_count=unread)
        .execution_options(synchronize_session=False)
    )
