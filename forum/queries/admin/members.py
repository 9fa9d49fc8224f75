"""Whom does the control panel find, and what does it show of an account?"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from forum.core.errors import NotFound
from forum.core.names import email_key, name_key
from forum.core.paging import Pager, pager
from forum.models import Group, Member, MemberState
from forum.policies.actor import Rank
from forum.queries.actors import rank_to_mind
from forum.queries.site import Site

PER_PAGE = 50


@dataclass(frozen=True)
class MemberRow:
    """A line of the list of members."""

    id: int
    name: str
    group_title: str
    state: MemberState
    is_founder: bool
    total: int
    post_count: int
    created_at: datetime
    last_seen_at: datetime | None


@dataclass(frozen=True)
class MemberFilter:
    """Whom to list. `text`: the beginning of a name, a whole e-mail address, or a number."""

    text: str = ""
    group_id: int | None = None
    state: MemberState | None = None


@dataclass(frozen=True)
class MemberList:
    rows: tuple[MemberRow, ...]
    total: int
    pager: Pager


def member_list(s: Session, filter: MemberFilter, page: int) -> MemberList:
    """The members who fit, newest first. Two statements."""
    fits = []
    if filter.group_id is not None:
        fits.append(Member.group_id == filter.group_id)
    if filter.state is not None:
        fits.append(Member.state == filter.state)
    text = filter.text.strip()
    if text:
        ways = [Member.name_key.startswith(name_key(text), autoescape=True)]
        if "@" in text:
            ways.append(Member.email_key == email_key(text))
        if text.isascii() and text.isdecimal() and len(text) < 16:
            ways.append(Member.id == int(text))
        fits.append(or_(*ways))
    total = s.scalar(select(func.count()).select_from(Member).where(*fits)) or 0
    pages = pager(page, total, PER_PAGE)
    ids = (
        select(Member.id)
        .where(*fits)
        .order_by(Member.id.desc())
        .limit(PER_PAGE)
        .offset((pages.page - 1) * PER_PAGE)
        .subquery()
    )
    rows = s.execute(
        select(
            Member.id,
            Member.name,
            Group.title,
            Member.state,
            Member.is_founder,
            Member.total,
            Member.post_count,
            Member.created_at,
            Member.last_seen_at,
        )
        .join(ids, ids.c.id == Member.id)
        .join(Group, Group.id == Member.group_id)
        .order_by(Member.id.desc())
    )
    return MemberList(tuple(MemberRow(*row) for row in rows), total, pages)


@dataclass(frozen=True)
class MemberCard:
    """An account as its page in the panel shows it."""

    id: int
    name: str
    state: MemberState
    is_founder: bool
    email: str
    email_confirmed_at: datetime | None
    group_id: int
    group_until: datetime | None
    former_group_id: int | None
    claimed_group_id: int | None
    shown_group_title: str
    total: int
    thread_count: int
    post_count: int
    digest_count: int
    avatar: str
    signature: str
    custom_title: str
    has_password: bool
    created_at: datetime
    created_address: str
    last_seen_at: datetime | None
    last_address: str
    rank: Rank
    moderated: tuple[int, ...]


def member_card(s: Session, site: Site, member_id: int) -> MemberCard:
    """One account. One statement.

    :raises NotFound: "no_such_member".
    """
    row = s.execute(
        select(
            Member.id,
            Member.name,
            Member.state,
            Member.is_founder,
            Member.email,
            Member.email_confirmed_at,
            Member.group_id,
            Member.group_until,
            Member.former_group_id,
            Member.claimed_group_id,
            Member.shown_group_title,
            Member.total,
            Member.thread_count,
            Member.post_count,
            Member.digest_count,
            Member.avatar,
            Member.signature,
            Member.custom_title,
            (Member.password_hash != "").label("has_password"),
            Member.created_at,
            Member.created_address,
            Member.last_seen_at,
            Member.last_address,
        ).where(Member.id == member_id)
    ).one_or_none()
    if row is None:
        raise NotFound("no_such_member")
    rank = rank_to_mind(
        site, group_id=row.group_id, former_group_id=row.former_group_id,
        is_founder=row.is_founder, member_id=member_id,
    )  # fmt: skip
    moderated = tuple(
        board.id
        for board in site.boards.values()
        if any(moderator_id == member_id for moderator_id, _ in board.moderators)
    )
    return MemberCard(**row._mapping, rank=rank, moderated=moderated)


@dataclass(frozen=True)
class UnclaimedRow:
    """An account an import made."""

    id: int
    name: str
    claimed_group_title: str | None
    post_count: int
    created_at: datetime


def unclaimed_members(s: Session, page: int) -> tuple[tuple[UnclaimedRow, ...], Pager]:
    """Accounts that wait for an owner, those with a claimed staff group first. Two statements."""
    waits = Member.state == MemberState.UNCLAIMED
    total = s.scalar(select(func.count()).select_from(Member).where(waits)) or 0
    pages = pager(page, total, PER_PAGE)
    rows = s.execute(
        select(Member.id, Member.name, Group.title, Member.post_count, Member.created_at)
        .outerjoin(Group, Group.id == Member.claimed_group_id)
        .where(waits)
        .order_by(Member.claimed_group_id.is_(None), Member.post_count.desc(), Member.id)
        .limit(PER_PAGE)
        .offset((pages.page - 1) * PER_PAGE)
    )
    return tuple(UnclaimedRow(*row) for row in rows), pages


def claimed_groups(s: Session) -> tuple[tuple[int, str, str], ...]:
    """Members (id, name, group's title) whose imported staff group waits for a founder."""
    rows = s.execute(
        select(Member.id, Member.name, Group.title)
        .join(Group, Group.id == Member.claimed_group_id)
        .where(Member.claimed_group_id.is_not(None))
        .order_by(Member.claimed_group_id, Member.id)
        .limit(PER_PAGE)
    )
    return tuple((row.id, row.name, row.title) for row in rows)
