"""Paying for deeds by the rules, taking it back, and what follows: total, group, notice."""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import bindparam, update

from forum.commands.locks import Poster, hold_members, lock_members
from forum.commands.notices import notify
from forum.core.uow import UnitOfWork
from forum.models import GroupKind, Member
from forum.points.accounts import Account
from forum.points.formula import compiled
from forum.points.ledger import (
    Posted,
    Transfer,
    balances,
    balances_of,
    paid_times,
    post_transfers,
    reversal_of,
    standing_transfers,
    transfers_by_id,
)
from forum.points.rules import REGISTRY, Rule, Span
from forum.queries.points import RuleTerms, ladder_group, rule_terms
from forum.queries.site import GroupInfo, Site, site_of


def pay_rule(
    uow: UnitOfWork,
    rule: str,
    *,
    member_id: int,
    subject: str,
    once_key: str,
    board_id: int | None = None,
    times: int = 1,
    actor_id: int | None = None,
) -> None:
    """Pay a member for a deed, as often as the rule's cycle allows; total and group follow.

    Count the deed before: the total is worked out from the counters as they are then.

    :param subject: what it was for, "post:12" or "thread:3"; `reverse_subject` finds it by that.
    :param once_key: the same key is paid once, whatever is retried.
    :param times: how many deeds at once (a digest level of 2 counts 2).
    :raises Invalid: "points_short": the deed costs more than the member may give.
    """
    post_payment(
        uow, rule, member_id=member_id, subject=subject, once_key=once_key, board_id=board_id,
        times=times, actor_id=actor_id,
    )  # fmt: skip
    recompute_total(uow, member_id)


def post_payment(
    uow: UnitOfWork,
    rule: str,
    *,
    member_id: int,
    subject: str,
    once_key: str,
    board_id: int | None = None,
    times: int = 1,
    actor_id: int | None = None,
) -> None:
    """Pay a rule as `pay_rule` does, and leave the total to the caller. Two statements, three for a
    rule with a cycle.

    :raises Invalid: "points_short".
    """
    site = site_of(uow.session)
    terms = rule_terms(site, REGISTRY[rule], board_id)
    if not terms.amounts:
        return
    hold_members(uow, [member_id])
    times = min(times, _times_left(uow, site, terms, member_id, subject))
    mark = f"@board{terms.board_id}" if terms.board_id else ""
    payments = [
        Transfer(
            kind_id,
            Account.MINT if amount > 0 else member_id,
            member_id if amount > 0 else Account.BURN,
            abs(amount),
            rule,
            f"{once_key}#{number}:{kind_id}{mark}",
            subject,
            actor_id,
        )
        for number in range(1, times + 1)
        for kind_id, amount in terms.amounts.items()
    ]
    floors = {kind.id: kind.floor_amount for kind in site.point_kinds.values()}
    post_transfers(uow.session, uow.now, payments, floors=floors)


def _times_left(uow: UnitOfWork, site: Site, terms: RuleTerms, member_id: int, subject: str) -> int:
    """How often the rule may still pay in the running cycle. The member's row is locked."""
    most = 1 if terms.cycle.span is Span.ONCE else terms.times
    if terms.rule.is_once_per_subject and _was_paid(uow, terms.rule, member_id, subject):
        return 0
    if most == 0:
        return 1_000
    mark = f"@board{terms.board_id}" if terms.board_id else ""
    since = terms.cycle.since(uow.now, site.zone)
    paid = paid_times(
        uow.session, rule=terms.rule.key, member_id=member_id, since=since, board_mark=mark
    )
    return max(0, most - paid)


def _was_paid(uow: UnitOfWork, rule: Rule, member_id: int, subject: str) -> bool:
    standing = standing_transfers(uow.session, subject=subject, rules=[rule.key])
    return any(member_id in paid.members for paid in standing)


def reverse_subject(
    uow: UnitOfWork,
    *,
    subject: str,
    actor_id: int | None,
    rules: Sequence[str] | None = None,
) -> list[int]:
    """Take back everything that stands for a subject; nothing is refused for want of points.

    :returns: the ids of the transfers back, for `restore_reversals`.
    """
    standing = standing_transfers(uow.session, subject=subject, rules=rules)
    return _take_back(uow, standing, actor_id)


def restore_reversals(
    uow: UnitOfWork, reversal_ids: Sequence[int], actor_id: int | None
) -> list[int]:
    """Give again what `reverse_subject` took; what was given again already is left alone."""
    if not reversal_ids:
        return []
    return _take_back(uow, transfers_by_id(uow.session, reversal_ids), actor_id)


def _take_back(uow: UnitOfWork, made: Sequence[Posted], actor_id: int | None) -> list[int]:
    members = sorted({member_id for posted in made for member_id in posted.members})
    lock_members(uow, members)
    back = post_transfers(
        uow.session, uow.now, [reversal_of(posted, actor_id=actor_id) for posted in made]
    )
    for member_id in members:
        recompute_total(uow, member_id)
    return [posted.id for posted in back]


def open_balance(
    uow: UnitOfWork, *, member_id: int, kind_id: int, amount: int, subject: str, note_rule: str
) -> None:
    """Bring along what a member had elsewhere; a second time changes nothing.

    :param note_rule: a key of points/rules.py OPERATIONS, said on the member's page.
    """
    if amount == 0:
        return
    giver, taker = (Account.IMPORT, member_id) if amount > 0 else (member_id, Account.IMPORT)
    post_transfers(
        uow.session,
        uow.now,
        [
            Transfer(
                kind_id,
                giver,
                taker,
                abs(amount),
                rule=note_rule,
                once_key=f"{note_rule}:{subject}:{member_id}:{kind_id}",
                subject=subject,
            )
        ],
    )


def recompute_total(uow: UnitOfWork, member_id: int, *, site: Site | None = None) -> int:
    """Work out a member's total and group anew. Two statements, one more when either changed.

    :param site: a snapshot fresher than the cached one, when this transaction changed the formula.
    :returns: the total.
    """
    site = site or site_of(uow.session)
    member = lock_members(uow, [member_id])[member_id]
    return _bring_total(uow, site, member, balances(uow.session, member_id))


def recompute_totals(uow: UnitOfWork, member_ids: Iterable[int]) -> None:
    """`recompute_total` for many members. Two statements per 500, three more for whose group changed."""
    site = site_of(uow.session)
    ordered = sorted(set(member_ids))
    for at in range(0, len(ordered), 500):
        members = lock_members(uow, ordered[at : at + 500])
        held = balances_of(uow.session, list(members))
        for member_id, member in members.items():
            _bring_total(uow, site, member, held.get(member_id, {}))


def _bring_total(uow: UnitOfWork, site: Site, member: Member, held: Mapping[int, int]) -> int:
    former = site.groups[member.group_id]
    total, group = _standing(site, member, held, member.post_count)
    if total != member.total or group.id != former.id:
        member.total, member.group_id = total, group.id  # the row is locked
        _tell_of_group(uow, member.id, former, group)
    return total


def count_reply(uow: UnitOfWork, poster: Poster) -> None:
    """Count a reply of a member whose row is locked; total and group follow. Pay for it before.

    Two statements: one writes everything that a reply changes of its author.
    """
    site = site_of(uow.session)
    former = site.groups[poster.group_id]
    held = balances(uow.session, poster.id)
    total, group = _standing(site, poster, held, poster.post_count + 1)
    uow.run(
        _COUNT_REPLY,
        {
            "of_member": poster.id,
            "new_total": total,
            "new_group_id": group.id,
            "at": uow.now,
            "from_address": uow.address,
        },
    )
    _tell_of_group(uow, poster.id, former, group)


# Built once: see commands/locks.py.
_COUNT_REPLY = (
    update(Member)
    .where(Member.id == bindparam("of_member"))
    .values(
        post_count=Member.post_count + 1,
        total=bindparam("new_total"),
        group_id=bindparam("new_group_id"),
        last_post_at=bindparam("at"),
        last_address=bindparam("from_address"),
    )
)


def _standing(
    site: Site, member: Member | Poster, held: Mapping[int, int], post_count: int
) -> tuple[int, GroupInfo]:
    """A member's total and group by counters and balances. No statement."""
    total = compiled(site.settings.points.formula).total(
        {
            "posts": post_count,
            "threads": member.thread_count,
            "digests": member.digest_count,
            **{f"p{kind}": amount for kind, amount in held.items()},
        }
    )
    return total, _group_for(site, site.groups[member.group_id], total)


def _tell_of_group(uow: UnitOfWork, member_id: int, former: GroupInfo, group: GroupInfo) -> None:
    if group.id == former.id:
        return
    notify(
        uow,
        "group_changed",
        member_ids=[member_id],
        actor=None,
        data={"group": group.title, "rises": (group.points_from or 0) > (former.points_from or 0)},
        merge_key="group",
    )


def _group_for(site: Site, group: GroupInfo, total: int) -> GroupInfo:
    """Where the total puts somebody of the group. Staff, special and muted members never move."""
    if group.kind is not GroupKind.LADDER:
        return group
    return ladder_group(site, total) or group
