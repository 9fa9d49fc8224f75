"""Who got what from whom, and why? The only writer of transfers and balances.

One row is one transfer between two accounts, so the books balance by construction. Rows are never
changed or deleted: undoing is a transfer back. Lock order: the members' rows first (the caller),
then balances by member and kind.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Row, bindparam, func, select
from sqlalchemy.orm import Session

from forum.core.db import conflict_insert
from forum.core.errors import Invalid
from forum.models import MemberPoints, PointTransfer
from forum.points.accounts import is_member


@dataclass(frozen=True)
class Transfer:
    """A transfer to be made. The amount is positive; points go from debit to credit."""

    kind_id: int
    debit: int
    credit: int
    amount: int
    rule: str
    once_key: str | None = None
    subject: str = ""
    actor_id: int | None = None
    reverses_id: int | None = None


@dataclass(frozen=True)
class Posted:
    """A transfer that was made."""

    id: int
    transfer: Transfer

    @property
    def members(self) -> tuple[int, ...]:
        ends = (self.transfer.debit, self.transfer.credit)
        return tuple(account for account in ends if is_member(account))


_TAKEN_FROM = {
    "kind_id": "kind_id", "debit": "debit_account", "credit": "credit_account", "amount": "amount",
    "rule": "rule", "once_key": "once_key", "subject": "subject", "actor_id": "actor_id",
    "reverses_id": "reverses_id",
}  # fmt: skip
_COLUMNS = tuple(getattr(PointTransfer, column) for column in _TAKEN_FROM.values())


def post_transfers(
    session: Session,
    now: datetime,
    transfers: Sequence[Transfer],
    *,
    floors: Mapping[int, int] | None = None,
) -> list[Posted]:
    """Make transfers and bring the members' balances along. Two statements.

    A transfer whose `once_key` was used, or that reverses what was reversed already, is left out.

    :param floors: by point kind: no member who gives may end below; None = nothing is refused.
    :raises Invalid: "points_short" with kind_id, has and needed.
    """
    if not transfers:
        return []
    session.flush()  # what the transfers may point to; the connection knows nothing of it
    inserted = (
        session.connection()
        .execute(
            _insert_transfers(session.get_bind().dialect.name),
            [
                {
                    **{column: getattr(one, name) for name, column in _TAKEN_FROM.items()},
                    "created_at": now,
                }
                for one in transfers
            ],
        )
        .all()
    )
    made = sorted((_posted(row) for row in inserted), key=lambda one: one.id)
    move_balances(session, [one.transfer for one in made], floors)
    return made


@cache
def _insert_transfers(dialect: str) -> Any:
    """Built once a database: a statement with the rows inside would be compiled anew each time."""
    return (
        conflict_insert(dialect, PointTransfer)
        .on_conflict_do_nothing()
        .returning(PointTransfer.id, *_COLUMNS)
    )


@cache
def _add_to_balances(dialect: str) -> Any:
    insert = conflict_insert(dialect, MemberPoints)
    return insert.on_conflict_do_update(
        index_elements=[MemberPoints.member_id, MemberPoints.kind_id],
        set_={"amount": MemberPoints.amount + insert.excluded.amount},
    ).returning(MemberPoints.member_id, MemberPoints.kind_id, MemberPoints.amount)


def _posted(row: Row[Any]) -> Posted:
    return Posted(row[0], Transfer(*tuple(row)[1:]))


def move_balances(
    session: Session, transfers: Iterable[Transfer], floors: Mapping[int, int] | None
) -> None:
    """Bring the members' balances along with transfers that were just made. One statement."""
    moved: dict[tuple[int, int], int] = {}
    giving: set[tuple[int, int]] = set()
    for one in transfers:
        for account, amount in ((one.debit, -one.amount), (one.credit, one.amount)):
            if is_member(account):
                key = (account, one.kind_id)
                moved[key] = moved.get(key, 0) + amount
                if amount < 0:
                    giving.add(key)
    if not moved:
        return
    rows = (
        session.connection()
        .execute(
            _add_to_balances(session.get_bind().dialect.name),
            [
                {"member_id": member_id, "kind_id": kind_id, "amount": amount}
                for (member_id, kind_id), amount in sorted(moved.items())
            ],
        )
        .all()
    )
    if floors is None:
        return
    for member_id, kind_id, amount in rows:
        key = (member_id, kind_id)
        if key in giving and moved[key] < 0 and amount < floors.get(kind_id, 0):
            needed = floors.get(kind_id, 0) - moved[key]
            raise Invalid("points_short", kind_id=kind_id, has=amount - moved[key], needed=needed)


def standing_transfers(
    session: Session, *, subject: str, rules: Sequence[str] | None = None
) -> list[Posted]:
    """The transfers of a subject whose effect stands: taken back an even number of times.

    What was taken back and given again is represented by the transfer that gave it again.
    One statement.
    """
    wanted = (
        select(PointTransfer.id, *_COLUMNS)
        .where(PointTransfer.subject == subject)
        .order_by(PointTransfer.id)
    )
    if rules is not None:
        wanted = wanted.where(PointTransfer.rule.in_(rules))
    standing: dict[int, Posted] = {}
    for posted in map(_posted, session.execute(wanted)):  # a reversal comes after what it reverses
        if standing.pop(posted.transfer.reverses_id or 0, None) is None:
            standing[posted.id] = posted
    return list(standing.values())


def transfers_by_id(session: Session, ids: Sequence[int]) -> list[Posted]:
    """Transfers by their ids, in order. One statement."""
    rows = session.execute(
        select(PointTransfer.id, *_COLUMNS)
        .where(PointTransfer.id.in_(ids))
        .order_by(PointTransfer.id)
    )
    return [_posted(row) for row in rows]


def reversal_of(posted: Posted, *, actor_id: int | None) -> Transfer:
    """The transfer that takes another back. It can be made once (`reverses_id` is unique)."""
    there = posted.transfer
    return replace(
        there, debit=there.credit, credit=there.debit, once_key=None, actor_id=actor_id,
        reverses_id=posted.id,
    )  # fmt: skip


_BALANCES = select(MemberPoints.kind_id, MemberPoints.amount).where(
    MemberPoints.member_id == bindparam("member_id")
)


def balances(session: Session, member_id: int) -> dict[int, int]:
    """What a member has, by point kind. One statement."""
    rows = session.connection().execute(_BALANCES, {"member_id": member_id})
    return {row.kind_id: row.amount for row in rows}


def balances_of(session: Session, member_ids: Sequence[int]) -> dict[int, dict[int, int]]:
    """What members have, by point kind. One statement."""
    rows = session.execute(
        select(MemberPoints.member_id, MemberPoints.kind_id, MemberPoints.amount).where(
            MemberPoints.member_id.in_(member_ids)
        )
    )
    found: dict[int, dict[int, int]] = {}
    for row in rows:
        found.setdefault(row.member_id, {})[row.kind_id] = row.amount
    return found


def paid_times(
    session: Session, *, rule: str, member_id: int, since: datetime | None, board_mark: str
) -> int:
    """How often a rule has paid (or charged) a member since a moment. One statement.

    :param board_mark: the end of the once keys of a board with values of its own; "" = the site's.
    """
    account = (PointTransfer.credit_account == member_id) | (
        PointTransfer.debit_account == member_id
    )
    counted = (
        select(func.count())
        .select_from(PointTransfer)
        .where(
            account,
            PointTransfer.rule == rule,
            # Not "is null": SQLite would go by that index, which all but a few rows are null in.
            func.coalesce(PointTransfer.reverses_id, 0) == 0,
        )
        .group_by(PointTransfer.kind_id)
    )
    if since is not None:
        counted = counted.where(PointTransfer.created_at >= since)
    if board_mark:
        counted = counted.where(PointTransfer.once_key.endswith(board_mark, autoescape=True))
    else:
        counted = counted.where(~PointTransfer.once_key.contains("@board"))
    return max(session.scalars(counted), default=0)
