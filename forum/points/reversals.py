"""Which payments stand for many posts at once, and how are they taken back in SQL?

A thread of 20,000 posts is deleted in a few statements, not post by post.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    and_,
    bindparam,
    cast,
    func,
    insert,
    literal,
    null,
    select,
)
from sqlalchemy.orm import Session, aliased

from forum.core.db import UtcDateTime
from forum.models import PointTransfer, Post, PostState
from forum.points.accounts import Account, is_member
from forum.points.ledger import Transfer, move_balances

CHUNK = 1000


@dataclass(frozen=True)
class Reversed:
    """The transfers back that were made, and whom they concern."""

    ids: tuple[int, ...]
    member_ids: frozenset[int]


@dataclass(frozen=True)
class Amount:
    """What members together get (or give, below zero) of a kind."""

    kind_id: int
    amount: int
    member_count: int


def _chunks(ids: Iterable[int]) -> Iterator[list[int]]:
    ordered = sorted(set(ids))
    for at in range(0, len(ordered), CHUNK):
        yield ordered[at : at + CHUNK]


def stands() -> ColumnElement[bool]:
    """A payment whose effect stands: nothing took it back, and it is none that takes back.

    Rules pay from the mint and charge to the burner; what goes the other way is a reversal. A
    reversal of a reversal goes the first way again and stands in its place.
    """
    later = aliased(PointTransfer)
    return and_(
        ~select(later.id).where(later.reverses_id == PointTransfer.id).exists(),
        PointTransfer.credit_account != Account.MINT,
        PointTransfer.debit_account != Account.BURN,
    )


def standing_for_posts(session: Session, posts: Select[tuple[int]]) -> tuple[int, ...]:
    """The payments that stand for posts. One statement.

    :param posts: selects the posts' ids.
    """
    wanted = posts.subquery()
    subject = literal("post:", String).concat(cast(wanted.c[0], String))
    return tuple(
        session.scalars(
            select(PointTransfer.id)
            .join(wanted, PointTransfer.subject == subject)
            .where(stands())
            .order_by(PointTransfer.id)
        )
    )


# Built once: for short threads building takes longer than asking.
_OF_THREAD = (
    select(PointTransfer.id)
    .join(
        Post,
        PointTransfer.subject == literal("post:", String).concat(cast(Post.id, String)),
    )
    .where(
        Post.thread_id == bindparam("thread_id"),
        Post.state == PostState.VISIBLE,
        Post.created_at >= bindparam("since", type_=UtcDateTime()),
        stands(),
    )
    .order_by(PointTransfer.id)
)
_OF_SUBJECT = (
    select(PointTransfer.id, PointTransfer.kind_id)
    .where(PointTransfer.subject == bindparam("of_subject"), stands())
    .order_by(PointTransfer.id)
)
_OF_RULE = _OF_SUBJECT.where(PointTransfer.rule == bindparam("of_rule"))


def standing_for_thread(session: Session, thread_id: int, since: datetime) -> tuple[int, ...]:
    """The payments that stand for a thread's visible posts written since. One statement."""
    return tuple(session.scalars(_OF_THREAD, {"thread_id": thread_id, "since": since}))


def standing_for(session: Session, subject: str, rule: str | None = None) -> list[tuple[int, int]]:
    """(id, kind) of the payments that stand for a subject, oldest first. One statement."""
    asked = {"of_subject": subject, **({"of_rule": rule} if rule is not None else {})}
    rows = session.execute(_OF_SUBJECT if rule is None else _OF_RULE, asked)
    return [(row.id, row.kind_id) for row in rows]


def last_rule_of(session: Session, subject: str, rules: Sequence[str]) -> str | None:
    """Which of the rules paid for a subject last, taken back since or not. One statement."""
    rows = session.execute(
        select(PointTransfer.id, PointTransfer.rule).where(
            PointTransfer.subject == subject, PointTransfer.rule.in_(rules)
        )
    )
    newest = max(((row.id, row.rule) for row in rows), default=None)  # few: it need not be sorted
    return None if newest is None else newest[1]


def newest_links(session: Session, ids: Iterable[int]) -> tuple[int, ...]:
    """For transfers that may have been taken back and given again since: the newest of each chain
    that has the same direction; none for a chain that ends in the other one."""
    found: list[int] = []
    here = {one: one for one in ids}  # newest link -> what was asked for
    steps = 0
    while here:
        later: dict[int, int] = {}
        for part in _chunks(here):
            rows = session.execute(
                select(PointTransfer.reverses_id, PointTransfer.id).where(
                    PointTransfer.reverses_id.in_(part)
                )
            )
            for reversed_id, transfer_id in rows:
                assert reversed_id is not None
                later[transfer_id] = here.pop(reversed_id)
        if steps % 2 == 0:
            found.extend(here)
        here, steps = later, steps + 1
    return tuple(sorted(found))


def members_of(session: Session, ids: Iterable[int]) -> frozenset[int]:
    """Whom transfers concern. One statement per thousand."""
    found: set[int] = set()
    for part in _chunks(ids):
        rows = session.execute(
            select(PointTransfer.debit_account, PointTransfer.credit_account)
            .where(PointTransfer.id.in_(part))
            .distinct()
        )
        found.update(account for row in rows for account in row if is_member(account))
    return frozenset(found)


def amounts_of(session: Session, ids: Iterable[int]) -> list[Amount]:
    """What taking these transfers back means for members, by kind."""
    totals: dict[int, int] = {}
    members: dict[int, set[int]] = {}
    for part in _chunks(ids):
        rows = session.execute(
            select(
                PointTransfer.kind_id,
                PointTransfer.debit_account,
                PointTransfer.credit_account,
                func.sum(PointTransfer.amount),
            )
            .where(PointTransfer.id.in_(part))
            .group_by(
                PointTransfer.kind_id, PointTransfer.debit_account, PointTransfer.credit_account
            )
        )
        for kind_id, debit, credit, amount in rows:
            for account, change in ((debit, int(amount)), (credit, -int(amount))):
                if is_member(account):
                    totals[kind_id] = totals.get(kind_id, 0) + change
                    members.setdefault(kind_id, set()).add(account)
    return [Amount(kind_id, totals[kind_id], len(members[kind_id])) for kind_id in sorted(totals)]


def reverse_transfers(
    session: Session, now: datetime, ids: Sequence[int], *, actor_id: int | None
) -> Reversed:
    """Take transfers back by transfers the other way; those taken back already are left alone.

    The members' rows are locked by the caller. A balance may go below its floor: only spending is
    refused for want of points.
    """
    made: list[int] = []
    moved: list[Transfer] = []
    later = aliased(PointTransfer)
    for part in _chunks(ids):
        columns = [
            "kind_id", "debit_account", "credit_account", "amount", "rule", "once_key", "subject",
            "actor_id", "reverses_id", "created_at",
        ]  # fmt: skip
        back = (
            select(
                PointTransfer.kind_id, PointTransfer.credit_account, PointTransfer.debit_account,
                PointTransfer.amount, PointTransfer.rule, null(), PointTransfer.subject,
                literal(actor_id, PointTransfer.actor_id.type), PointTransfer.id,
                literal(now, UtcDateTime()),
            )
            .where(
                PointTransfer.id.in_(part),
                ~select(later.id).where(later.reverses_id == PointTransfer.id).exists(),
            )
            .order_by(PointTransfer.id)
        )  # fmt: skip
        rows = session.execute(
            insert(PointTransfer)
            .from_select(columns, back)
            .returning(
                PointTransfer.id, PointTransfer.kind_id, PointTransfer.debit_account,
                PointTransfer.credit_account, PointTransfer.amount,
            )
        )  # fmt: skip
        for transfer_id, kind_id, debit, credit, amount in rows:
            made.append(transfer_id)
            moved.append(Transfer(kind_id, debit, credit, amount, rule=""))
    for net in _netted(moved):
        move_balances(session, net, None)
    accounts = {account for one in moved for account in (one.debit, one.credit)}
    return Reversed(tuple(sorted(made)), frozenset(filter(is_member, accounts)))


def _netted(transfers: Iterable[Transfer]) -> Iterator[list[Transfer]]:
    """The transfers added up by accounts, in pieces the databases take in one statement."""
    sums: dict[tuple[int, int, int], int] = {}
    for one in transfers:
        key = (one.kind_id, one.debit, one.credit)
        sums[key] = sums.get(key, 0) + one.amount
    netted = [
        Transfer(kind_id, debit, credit, amount, rule="")
        for (kind_id, debit, credit), amount in sorted(sums.items(), key=lambda item: item[0][1:])
    ]
    for at in range(0, len(netted), CHUNK):
        yield netted[at : at + CHUNK]
