"""Read model of 在线会员: who was seen within the last quarter of an hour."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from forum.models import Member, OnlineVisit
from forum.policies.actor import Actor, Rank
from forum.queries.actors import member_rank
from forum.queries.site import Site

MOST_LISTED = 500


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


@dataclass(frozen=True)
class Online:
    """Counts of all, and the members who do not hide, staff first."""

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


def online_members(
    s: Session,
    site: Site,
    actor: Actor,
    *,
    members: int,
    guests: int,
    newest_seen_at: datetime | None,
    record: OnlineTop | None = None,
) -> Online:
    """The list behind the counts. One statement, unless nobody has come or gone since the last time.

    :param newest_seen_at: of all visits; they are noted every 20 seconds, not at every page.
    """
    known: dict[str, Any] = s.info["database"].info
    key = (site.version, members, guests, newest_seen_at, record)
    held: tuple[Any, Online] | None = known.get("online")
    if held is None or held[0] != key:
        held = known["online"] = (key, _listed(s, site, actor, members, guests, record))
    return held[1]


def _listed(
    s: Session, site: Site, actor: Actor, members: int, guests: int, record: OnlineTop | None
) -> Online:
    shown = []
    invisible = 0
    rows = s.execute(_ONLINE, {"cutoff": actor.now - site.settings.reading.online_hold})
    for row in rows:
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
    return Online(members, guests, invisible, tuple(shown), record)
