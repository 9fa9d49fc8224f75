"""Bringing all members' totals along when the formula changed: in batches, where the last one ended.

How far it came is kept beside the settings, under a name that is no section, so that a job that
died goes on and one that is done finds nothing to do.
"""

from dataclasses import dataclass

from sqlalchemy import bindparam, select, update

from forum.commands.groups import place_by_points
from forum.core.uow import UnitOfWork
from forum.models import Member, MemberPoints, Setting
from forum.points.formula import compiled
from forum.queries.site import fresh_site
from forum.settings import Points

PROGRESS = "_totals"
BATCH = 1000


@dataclass(frozen=True)
class Step:
    """What one batch did."""

    changed: int
    is_last: bool


def recompute_next_totals(uow: UnitOfWork) -> Step:
    """Work out the next thousand members' totals by the formula that holds now.

    Groups of the ladder follow with the last batch, silently: nobody did anything.
    """
    s = uow.session
    formula = fresh_site(s).settings.points.formula
    progress = s.get(Setting, PROGRESS, with_for_update=True)
    done_for = progress.values["formula"] if progress is not None else Points().formula
    up_to = progress.values["up_to"] if progress is not None else None
    if done_for != formula:
        up_to = 0
    if up_to is None:
        return Step(0, True)
    if progress is None:
        progress = Setting(section=PROGRESS, values={})
        s.add(progress)

    rows = s.execute(
        select(Member.id, Member.total, Member.post_count, Member.thread_count, Member.digest_count)
        .where(Member.id > up_to)
        .order_by(Member.id)
        .limit(BATCH)
        .with_for_update()
    ).all()
    ids = [row.id for row in rows]
    balances: dict[int, dict[str, int]] = {}
    for member_id, kind_id, amount in s.execute(
        select(MemberPoints.member_id, MemberPoints.kind_id, MemberPoints.amount).where(
            MemberPoints.member_id.in_(ids)
        )
    ):
        balances.setdefault(member_id, {})[f"p{kind_id}"] = amount
    total_of = compiled(formula).total
    changed = []
    for row in rows:
        total = total_of(
            {
                "posts": row.post_count,
                "threads": row.thread_count,
                "digests": row.digest_count,
                **balances.get(row.id, {}),
            }
        )
        if total != row.total:
            changed.append({"member": row.id, "new_total": total})
    if changed:
        s.connection().execute(
            update(Member.__table__)  # type: ignore[arg-type]
            .where(Member.__table__.c.id == bindparam("member"))
            .values(total=bindparam("new_total")),
            changed,
        )

    is_last = len(rows) < BATCH
    if is_last:
        place_by_points(uow)
    progress.values = {"formula": formula, "up_to": None if is_last else ids[-1]}
    return Step(len(changed), is_last)
