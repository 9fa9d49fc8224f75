"""Who is asking? From a login token, or a member's id, to an Actor."""

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, bindparam, select
from sqlalchemy.orm import Session

from forum.core.cache import VERSIONS
from forum.core.db import Database
from forum.core.reading import unchanged
from forum.models import LoginSession, Member, MemberState
from forum.policies.actor import GUEST_GROUP, MODERATOR_GROUP, PUNISHING_GROUPS, Actor, Rank
from forum.queries.site import Site


def token_hash(token: str) -> str:
    """What of a cookie's or a mail's random token is stored."""
    return hashlib.sha256(token.encode()).hexdigest()


_MEMBER_COLUMNS = (
    Member.id, Member.name, Member.state, Member.group_id, Member.group_until,
    Member.former_group_id, Member.is_founder, Member.total, Member.unread_notice_count,
    Member.unread_message_count, Member.previous_visit_at, Member.time_zone, Member.locale,
    Member.avatar, Member.password_is_temporary,
)  # fmt: skip

# Built once: every page of a member asks it.
_BY_TOKEN = (
    select(
        *_MEMBER_COLUMNS,
        LoginSession.id.label("session_id"),
        LoginSession.panel_until,
        LoginSession.last_seen_at.label("session_seen_at"),
        LoginSession.expires_at,
    )
    .join(Member, Member.id == LoginSession.member_id)
    .where(
        LoginSession.token_hash == bindparam("hash"),
        Member.state != MemberState.UNCLAIMED,
    )
)
_BY_TOKEN_WITH_VERSIONS = _BY_TOKEN.add_columns(VERSIONS.label("versions"))
_BY_ID = select(*_MEMBER_COLUMNS).where(Member.id == bindparam("member_id"))


def guest_actor(site: Site, now: datetime) -> Actor:
    """The actor nobody is. No statement."""
    group = site.groups[GUEST_GROUP]
    if not group.may_visit:
        return Actor(
            now=now, group_id=group.id, group_title=group.title, may_visit=False, zone=site.zone
        )
    return Actor(
        now=now,
        group_id=group.id,
        group_title=group.title,
        read_access=group.read_access,
        permissions=group.permissions,
        boards=site.board_sets(frozenset({group.id}), sees_hidden=False),
        zone=site.zone,
    )


Login = Row[Any]  # a member's columns, and those of the session


def find_login(s: Session, token: str, now: datetime) -> Login | None:
    """Who is logged in under a token, or None when the session is over. At most one statement.

    On PostgreSQL it brings the versions of all caches along, which saves a page's first round trip.
    """
    database: Database = s.info["database"]
    statement = _BY_TOKEN if database.is_sqlite else _BY_TOKEN_WITH_VERSIONS
    rows = unchanged(s, statement, {"hash": token_hash(token)})
    if not rows:
        return None
    if not database.is_sqlite:
        database.cache.learn(s, rows[0].versions)
    return rows[0] if rows[0].expires_at > now else None


def actor_of_login(site: Site, row: Login, now: datetime) -> Actor:
    """The member of a login. No statement."""
    return _actor(
        site, row, now, session_id=row.session_id, panel_until=row.panel_until,
        session_seen_at=row.session_seen_at, must_choose_password=row.password_is_temporary,
    )  # fmt: skip


def actor_for_member(s: Session, site: Site, member_id: int, now: datetime) -> Actor:
    """The actor a member would be, for jobs, the command line and tests. One statement.

    :raises NoResultFound: no such member.
    """
    row = s.execute(_BY_ID, {"member_id": member_id}).one()
    return _actor(site, row, now)


def member_rank(site: Site, *, group_id: int, is_founder: bool, member_id: int) -> Rank:
    """The moderation power of a member.

    An appointed board moderator keeps the group (a 金牌会员 stays one) and has a moderator's rank; not
    while muted or banned, as in Discuz!. Founders keep theirs: nobody else could let them go.
    """
    if is_founder:
        return Rank.FOUNDER
    if group_id in PUNISHING_GROUPS:
        return Rank.MEMBER
    group = site.groups[group_id]
    if group.rank is Rank.MEMBER and member_id in site.moderator_ids:
        return Rank.MODERATOR
    return group.rank


def rank_to_mind(
    site: Site,
    *,
    group_id: int,
    former_group_id: int | None,
    is_founder: bool,
    member_id: int,
) -> Rank:
    """The rank others have to mind in a member: who is muted, banned or in another group for a time
    can do less meanwhile, and is no less out of reach of who stands below."""
    if is_founder:
        return Rank.FOUNDER
    groups = (group_id,) if former_group_id is None else (group_id, former_group_id)
    rank = max(site.groups[one].rank for one in groups)
    return max(rank, Rank.MODERATOR) if member_id in site.moderator_ids else rank


RANK_COLUMNS = (Member.group_id, Member.former_group_id, Member.is_founder)


def rank_of(s: Session, site: Site, member_id: int) -> Rank:
    """The rank to mind in a member there is. One statement."""
    row = s.execute(select(*RANK_COLUMNS).where(Member.id == member_id)).one()
    return rank_to_mind(site, member_id=member_id, **row._mapping)


_RANK_FACTS = select(Member.id, *RANK_COLUMNS).where(
    Member.id.in_(bindparam("ids", expanding=True))
)


def ranks_of(s: Session, site: Site, member_ids: Iterable[int]) -> dict[int, Rank]:
    """The rank to mind in members by id. One statement for each 500."""
    ordered = sorted(set(member_ids))
    return {
        row.id: rank_to_mind(
            site, group_id=row.group_id, former_group_id=row.former_group_id,
            is_founder=row.is_founder, member_id=row.id,
        )
        for at in range(0, len(ordered), 500)
        for row in s.execute(_RANK_FACTS, {"ids": ordered[at : at + 500]})
    }  # fmt: skip


def _actor(
    site: Site,
    row: Any,
    now: datetime,
    *,
    session_id: int | None = None,
    panel_until: datetime | None = None,
    session_seen_at: datetime | None = None,
    must_choose_password: bool = False,
) -> Actor:
    group_id = row.group_id
    if row.group_until is not None and row.group_until <= now and row.former_group_id is not None:
        group_id = row.former_group_id  # the schedule has not come by yet; the right is over anyway
    group = site.groups[group_id]
    if row.state is MemberState.LOCKED or not (group.may_visit or row.is_founder):
        shut_out = _shut_out(site, row, now, group_id, session_id)
        return replace(
            shut_out, session_seen_at=session_seen_at, must_choose_password=must_choose_password
        )
    rank = member_rank(site, group_id=group_id, is_founder=row.is_founder, member_id=row.id)
    permissions = group.permissions
    if rank > group.rank:
        lender = site.groups[MODERATOR_GROUP if rank is Rank.MODERATOR else 1]
        lent = {
            key: value
            for key, value in lender.permissions.items()
            if key.startswith("mod.") or rank is Rank.FOUNDER
        }
        permissions = {**permissions, **lent}
    boards = site.board_sets(frozenset({group_id}), sees_hidden=rank >= Rank.ADMINISTRATOR)
    if rank is Rank.FOUNDER:
        boards = site.board_sets(frozenset({group_id, 1}), sees_hidden=True)
    if rank >= Rank.SUPER_MODERATOR:
        moderated = boards.readable
    elif rank is Rank.MODERATOR:
        moderated = site.moderated_by(row.id) & boards.readable
    else:
        moderated = frozenset()
    return Actor(
        now=now,
        group_id=group_id,
        group_title=group.title,
        member_id=row.id,
        name=row.name,
        group_until=row.group_until if group_id == row.group_id else None,
        rank=rank,
        total=row.total,
        read_access=max(
            group.read_access, site.groups[1].read_access if rank is Rank.FOUNDER else 0
        ),
        permissions=permissions,
        boards=boards,
        moderated=moderated,
        session_id=session_id,
        session_seen_at=session_seen_at,
        must_choose_password=must_choose_password,
        panel_until=panel_until,
        unread_notice_count=row.unread_notice_count,
        unread_message_count=row.unread_message_count,
        previous_visit_at=row.previous_visit_at,
        zone=ZoneInfo(row.time_zone) if row.time_zone else site.zone,
        locale=row.locale,
        avatar=row.avatar,
        next_group=_next_group(site, row.total),
    )


def _shut_out(site: Site, row: Any, now: datetime, group_id: int, session_id: int | None) -> Actor:
    """Somebody banned or locked: known, with no right, no board and no rank left."""
    return Actor(
        now=now,
        group_id=group_id,
        group_title=site.groups[group_id].title,
        member_id=row.id,
        name=row.name,
        may_visit=False,
        is_locked=row.state is MemberState.LOCKED,
        session_id=session_id,
        zone=ZoneInfo(row.time_zone) if row.time_zone else site.zone,
        locale=row.locale,
        avatar=row.avatar,
    )


def _next_group(site: Site, total: int) -> tuple[str, int] | None:
    for group in site.ladder:
        if group.points_from is not None and group.points_from > total:
            return group.title, group.points_from
    return None
