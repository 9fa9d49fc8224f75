"""Read model of an announcement's page."""

from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.core.errors import NotFound
from forum.models import Announcement
from forum.policies.actor import Actor
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
