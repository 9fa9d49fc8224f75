"""Read model of 在线会员: who was seen within the last quarter of an hour."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from forum.core.db import UtcDateTime
from forum.models import Member, OnlineRecord, OnlineVisit
from forum.policies.actor import Actor, Rank
from forum.queries.actors import member_rank
from forum.queries.site import Site

MOST_LISTED = 500
LIVES_S = 60  # who has left is still listed so long


@dataclass(frozen=True)
class OnlineMember:
    """A member in the list. `rank` chooses the mark: the legend's four."""

    id: int
    name: str
    rank: Rank
    color: int | None
    seen_at: datetime


@dataclass(frozen=True)
class OnlineTop:
    """最高记录: the most visitors at once, and since when it stands."""

    count: int
    at: datetime


@dataclass(frozen=True, eq=False)
class Online:
    """Counts of all, and the members who do not hide, staff first. One moment's is no other's."""

    member_count: int
    guest_count: int
    invisible_count: int
    members: tuple[OnlineMember, ...]
    record: OnlineTop | None = None

    @property
    def count(self) -> int:
        return self.member_count + self.guest_count


_ONLINE = (
    select(
        Member.id, Member.name, Member.group_id, Member.is_founder, Member.is_invisible,
        OnlineVisit.seen_at,
    )
    .join(Member, Member.id == OnlineVisit.member_id)
    .where(OnlineVisit.seen_at > bindparam("cutoff"))
    .order_by(Member.is_invisible.desc(), OnlineVisit.seen_at.desc(), Member.id)
    .limit(MOST_LISTED)
)  # fmt: skip


def _counted(is_member: bool) -> Any:
    seen = OnlineVisit.seen_at > bindparam("cutoff", type_=UtcDateTime())
    of_kind = OnlineVisit.member_id.is_not(None) if is_member else OnlineVisit.member_id.is_(None)
    return select(func.count()).select_from(OnlineVisit).where(seen, of_kind).scalar_subquery()


_COUNTS = select(
    _counted(True).label("members"),
    _counted(False).label("guests"),
    select(OnlineRecord.visitor_count).scalar_subquery().label("record"),
    select(OnlineRecord.reached_at).scalar_subquery().label("record_at"),
)


def online_members(
    s: Session, site: Site, actor: Actor, *, newest_seen_at: datetime | None
) -> Online:
    """Who is online, kept in the process until somebody is seen or a minute is over. Then two statements.

    :param newest_seen_at: of all visits; they are noted every 20 seconds, not at every page.
    """
    known: dict[str, Any] = s.info["database"].info
    key = (site.version, newest_seen_at, int(actor.now.timestamp() / LIVES_S))
    held: tuple[Any, Online] | None = known.get("online")
    if held is None or held[0] != key:
        held = known["online"] = (key, _listed(s, site, actor))
    return held[1]


def _listed(s: Session, site: Site, actor: Actor) -> Online:
    cutoff = actor.now - site.settings.reading.online_hold
    counts = s.execute(_COUNTS, {"cutoff": cutoff}).one()
    shown = []
    invisible = 0
    for row in s.execute(_ONLINE, {"cutoff": cutoff}):
        if row.is_invisible:
            invisible += 1
            continue
        rank = site.groups[row.group_id].rank
        if row.is_founder or row.id in site.moderator_ids:
            rank = member_rank(
                site, group_id=row.group_id, is_founder=row.is_founder, member_id=row.id
            )
        shown.append(
            OnlineMember(row.id, row.name, rank, site.groups[row.group_id].color, row.seen_at)
        )
    shown.sort(key=lambda member: -member.rank)
    record = OnlineTop(counts.record, counts.record_at) if counts.record else None
    return Online(counts.members, counts.guests, invisible, tuple(shown), record)
