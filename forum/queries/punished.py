"""Who is muted, banned or locked now? The list of the moderators' panel."""

import enum
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, func, select
from sqlalchemy.orm import Session

from forum.models import Member, MemberState, ModLogEntry
from forum.modlog.registry import ACTIONS, Action
from forum.policies.actor import BANNED_GROUP, MUTED_GROUP, Actor
from forum.policies.moderation import may_moderate_member, may_see_punished
from forum.queries.actors import RANK_COLUMNS, rank_to_mind
from forum.queries.punishments import BANNING, LOCKING, newest_decision
from forum.queries.site import Site

PAGE = 50


class Punishment(enum.StrEnum):
    """What the panel lists members by."""

    MUTED = "muted"
    BANNED = "banned"
    LOCKED = "locked"


_UNDER: dict[Punishment, tuple[ColumnElement[bool], tuple[str, ...]]] = {
    Punishment.MUTED: (Member.group_id == MUTED_GROUP, ("member.mute",)),
    Punishment.BANNED: (Member.group_id == BANNED_GROUP, BANNING),
    Punishment.LOCKED: (Member.state == MemberState.LOCKED, LOCKING),
}


@dataclass(frozen=True)
class PunishedMember:
    """A member in the panel's list; `ending` is the action that lets go, where the actor may do it."""

    id: int
    name: str
    since: datetime | None
    until: datetime | None
    reason: str
    ending: Action | None


@dataclass(frozen=True)
class PunishedPage:
    """A page of members under a punishment; `older_before` is the id the next one begins below."""

    members: tuple[PunishedMember, ...]
    kind: Punishment
    counts: tuple[tuple[Punishment, int], ...]
    older_before: int | None


def number_punished(kind: Punishment) -> ScalarSelect[int]:
    """How many are under it now; a column of another select."""
    return select(func.count()).select_from(Member).where(_UNDER[kind][0]).scalar_subquery()


def punished_page(
    s: Session, site: Site, actor: Actor, *, kind: Punishment, before: int | None = None
) -> PunishedPage:
    """Who is muted, banned or locked now, for those who could do it. Two statements.

    :raises Forbidden: the actor may do neither.
    """
    may_see_punished(actor).require()
    is_under, actions = _UNDER[kind]
    shown = select(Member.id).where(is_under).order_by(Member.id.desc()).limit(PAGE + 1)
    if before is not None:
        shown = shown.where(Member.id < before)
    rows = s.execute(
        select(
            Member.id, Member.name, *RANK_COLUMNS, Member.group_until, Member.state,
            ModLogEntry.created_at, func.coalesce(ModLogEntry.reason, "").label("reason"),
        )
        .outerjoin(ModLogEntry, ModLogEntry.id == newest_decision(actions))
        .where(Member.id.in_(select(shown.subquery())))
        .order_by(Member.id.desc())
    ).all()  # fmt: skip
    numbers = s.execute(select(*map(number_punished, Punishment))).one()
    members = tuple(
        PunishedMember(
            row.id, row.name, row.created_at,
            None if kind is Punishment.LOCKED else row.group_until, row.reason,
            _ending(site, actor, kind, row),
        )
        for row in rows[:PAGE]
    )  # fmt: skip
    counts = tuple(zip(Punishment, numbers, strict=True))
    return PunishedPage(members, kind, counts, members[-1].id if len(rows) > PAGE else None)


def _ending(site: Site, actor: Actor, kind: Punishment, row: Any) -> Action | None:
    action = ACTIONS["member.lock" if kind is Punishment.LOCKED else "member.release"]
    rank = rank_to_mind(
        site, group_id=row.group_id, former_group_id=row.former_group_id,
        is_founder=row.is_founder, member_id=row.id,
    )  # fmt: skip
    may = may_moderate_member(actor, action, row, rank=rank)
    return action if may and action.has_work_on(site, actor, row) else None
