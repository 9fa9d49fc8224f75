"""Read models of announcements: their page, and the lists of both staff panels."""

from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.core.errors import NotFound
from forum.models import Announcement, Member
from forum.policies.actor import Actor
from forum.policies.moderation import may_change_announcement, may_create_announcement
from forum.queries.board_openings import active_announcements
from forum.queries.site import AnnouncementInfo, Site


@dataclass(frozen=True)
class AnnouncementPage:
    """An announcement, and all that stand at the moment."""

    id: int
    title: str
    text: Markup
    starts_at: datetime
    all: tuple[AnnouncementInfo, ...]


def announcement_page(s: Session, site: Site, actor: Actor, number: int) -> AnnouncementPage:
    """An announcement whose time it is. One statement.

    :raises NotFound: there is none, or not now.
    """
    standing = active_announcements(site, actor.now)
    found = next((one for one in standing if one.id == number), None)
    if found is None:
        raise NotFound("not_found")
    html = s.scalar(select(Announcement.html).where(Announcement.id == number)) or ""
    text = Markup(html)  # noqa: S704  rendered by markup
    return AnnouncementPage(found.id, found.title, text, found.starts_at, standing)


@dataclass(frozen=True)
class AnnouncementRow:
    """An announcement as the panels list and edit it."""

    id: int
    title: str
    body: str
    link: str
    position: int
    starts_at: datetime
    ends_at: datetime | None
    author_id: int | None
    author_name: str | None
    is_shown: bool = False
    can_change: bool = False


_ROWS = select(
    Announcement.id,
    Announcement.title,
    Announcement.body,
    Announcement.link,
    Announcement.position,
    Announcement.starts_at,
    Announcement.ends_at,
    Announcement.author_id,
    Member.name,
).outerjoin(Member, Member.id == Announcement.author_id)


def announcement_rows(s: Session, actor: Actor) -> tuple[AnnouncementRow, ...]:
    """All announcements in their order, with whether they show now. One statement.

    :raises Forbidden: the actor makes none.
    """
    may_create_announcement(actor).require()
    rows = s.execute(
        _ROWS.order_by(Announcement.position, Announcement.starts_at.desc(), Announcement.id.desc())
    )
    return tuple(
        AnnouncementRow(
            *row,
            is_shown=row.starts_at <= actor.now
            and (row.ends_at is None or actor.now < row.ends_at),
            can_change=bool(may_change_announcement(actor, row)),
        )
        for row in rows
    )


def announcement_row(s: Session, actor: Actor, announcement_id: int) -> AnnouncementRow:
    """One of them, to be changed. One statement.

    :raises NotFound: there is none.
    :raises Forbidden: the actor may not change it.
    """
    may_create_announcement(actor).require()
    row = s.execute(_ROWS.where(Announcement.id == announcement_id)).one_or_none()
    if row is None:
        raise NotFound("not_found")
    may_change_announcement(actor, row).require()
    return AnnouncementRow(*row, can_change=True)
