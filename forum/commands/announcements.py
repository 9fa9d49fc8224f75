"""公告: telling everybody something for a while."""

from dataclasses import dataclass, fields
from datetime import datetime

from forum.commands.admin_log import log_change
from forum.commands.settings import is_web_address
from forum.core.cache import CacheName
from forum.core.clock import FIRST_YEAR, LAST_YEAR, is_usable
from forum.core.errors import Invalid, NotFound
from forum.core.text import clean_line, clean_text
from forum.core.uow import UnitOfWork
from forum.markup import render
from forum.models import Announcement
from forum.policies.actor import Actor
from forum.policies.moderation import may_change_announcement, may_create_announcement


@dataclass(frozen=True)
class AnnouncementDraft:
    """An announcement as it shall be: a text of its own (BBCode), or a link."""

    title: str
    starts_at: datetime
    ends_at: datetime | None = None
    body: str = ""
    link: str = ""
    position: int = 0


def create_announcement(uow: UnitOfWork, actor: Actor, *, draft: AnnouncementDraft) -> int:
    """Announce something.

    :returns: its id.
    :raises Forbidden: the actor may not.
    :raises Invalid: no title, neither text nor link, an end before the beginning, a date nobody
        can mean.
    """
    may_create_announcement(actor).require()
    draft = _checked(draft)
    row = Announcement(title=draft.title, starts_at=draft.starts_at, author_id=actor.member_id)
    _fill(row, draft)
    uow.session.add(row)
    uow.session.flush()  # row.id

    log_change(
        uow,
        actor,
        action="announcement.created",
        target=f"announcement:{row.id}",
        title=draft.title,
        after=draft,
    )
    uow.bump(CacheName.SITE)
    return row.id


def edit_announcement(
    uow: UnitOfWork, actor: Actor, *, announcement_id: int, draft: AnnouncementDraft
) -> None:
    """Change an announcement.

    :raises Forbidden: it is another's, and the actor no administrator.
    """
    row = _found(uow, actor, announcement_id)
    before, draft = _draft_of(row), _checked(draft)
    _fill(row, draft)

    _log_edit(uow, actor, row, before)
    uow.bump(CacheName.SITE)


def end_announcement(uow: UnitOfWork, actor: Actor, *, announcement_id: int) -> None:
    """Let an announcement that stands end now; one whose time it is not stays as it is."""
    row = _found(uow, actor, announcement_id)
    before = _draft_of(row)
    if row.starts_at < uow.now and (row.ends_at is None or uow.now < row.ends_at):
        row.ends_at = uow.now

    _log_edit(uow, actor, row, before)
    uow.bump(CacheName.SITE)


def delete_announcement(uow: UnitOfWork, actor: Actor, *, announcement_id: int) -> None:
    """Take an announcement away."""
    row = _found(uow, actor, announcement_id)
    before = _draft_of(row)
    uow.session.delete(row)

    log_change(
        uow,
        actor,
        action="announcement.deleted",
        target=f"announcement:{announcement_id}",
        title=before.title,
        before=before,
    )
    uow.bump(CacheName.SITE)


def _found(uow: UnitOfWork, actor: Actor, announcement_id: int) -> Announcement:
    may_create_announcement(actor).require()
    row = uow.session.get(Announcement, announcement_id, with_for_update=True)
    if row is None:
        raise NotFound("not_found")
    may_change_announcement(actor, row).require()
    return row


def _log_edit(uow: UnitOfWork, actor: Actor, row: Announcement, before: AnnouncementDraft) -> None:
    log_change(
        uow,
        actor,
        action="announcement.edited",
        target=f"announcement:{row.id}",
        title=before.title,
        before=before,
        after=_draft_of(row),
    )


def _draft_of(row: Announcement) -> AnnouncementDraft:
    return AnnouncementDraft(
        **{item.name: getattr(row, item.name) for item in fields(AnnouncementDraft)}
    )


def _checked(draft: AnnouncementDraft) -> AnnouncementDraft:
    body, link = clean_text(draft.body).strip(), draft.link.strip()
    title = clean_line(draft.title)
    if not title:
        raise Invalid("announcement_untitled", field="title")
    if bool(body) == bool(link):
        raise Invalid("announcement_body_or_link", field="body")
    if link and not is_web_address(link):
        raise Invalid("address_not_web", field="link")
    for field in ("starts_at", "ends_at"):
        at = getattr(draft, field)
        if at is not None and not is_usable(at):
            raise Invalid("date_range", field=field, first=FIRST_YEAR, last=LAST_YEAR)
    if draft.ends_at is not None and draft.ends_at <= draft.starts_at:
        raise Invalid("ends_before_start", field="ends_at")
    return AnnouncementDraft(title, draft.starts_at, draft.ends_at, body, link, draft.position)


def _fill(row: Announcement, draft: AnnouncementDraft) -> None:
    for item in fields(AnnouncementDraft):
        setattr(row, item.name, getattr(draft, item.name))
    row.html = render(draft.body).html if draft.body else ""
