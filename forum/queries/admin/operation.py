"""Announcements and friend links as the control panel edits them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.core.errors import NotFound
from forum.models import Announcement, FriendLink


@dataclass(frozen=True)
class AnnouncementRow:
    id: int
    title: str
    body: str
    link: str
    position: int
    starts_at: datetime
    ends_at: datetime | None
    is_shown: bool = True


_COLUMNS = (
    Announcement.id,
    Announcement.title,
    Announcement.body,
    Announcement.link,
    Announcement.position,
    Announcement.starts_at,
    Announcement.ends_at,
)


def announcement_rows(s: Session, now: datetime) -> tuple[AnnouncementRow, ...]:
    """All announcements in their order, with whether they show now. One statement."""
    rows = s.execute(
        select(*_COLUMNS).order_by(
            Announcement.position, Announcement.starts_at.desc(), Announcement.id.desc()
        )
    )
    return tuple(
        AnnouncementRow(
            *row, is_shown=row.starts_at <= now and (row.ends_at is None or now < row.ends_at)
        )
        for row in rows
    )


def announcement_row(s: Session, announcement_id: int) -> AnnouncementRow:
    """One of them.

    :raises NotFound: there is none.
    """
    row = s.execute(select(*_COLUMNS).where(Announcement.id == announcement_id)).one_or_none()
    if row is None:
        raise NotFound("not_found")
    return AnnouncementRow(*row)


@dataclass(frozen=True)
class LinkRow:
    id: int
    name: str
    address: str
    description: str
    position: int


_LINK = (
    FriendLink.id,
    FriendLink.name,
    FriendLink.address,
    FriendLink.description,
    FriendLink.position,
)


def link_rows(s: Session) -> tuple[LinkRow, ...]:
    """All links in their order. One statement."""
    rows = s.execute(select(*_LINK).order_by(FriendLink.position, FriendLink.id))
    return tuple(LinkRow(*row) for row in rows)


def link_row(s: Session, link_id: int) -> LinkRow:
    """One of them.

    :raises NotFound: there is none.
    """
    row = s.execute(select(*_LINK).where(FriendLink.id == link_id)).one_or_none()
    if row is None:
        raise NotFound("not_found")
    return LinkRow(*row)
