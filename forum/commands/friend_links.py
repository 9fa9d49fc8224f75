"""友情链接 on the index."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select, update

from forum.commands.admin_log import log_change
from forum.core.cache import CacheName
from forum.core.errors import Invalid, NotFound
from forum.core.text import clean_line
from forum.core.uow import UnitOfWork
from forum.models import FriendLink
from forum.policies.actor import Actor
from forum.policies.admin import may_change_site


@dataclass(frozen=True)
class LinkDraft:
    """A friend link as it shall be."""

    name: str
    address: str
    description: str = ""


def create_link(uow: UnitOfWork, actor: Actor, *, draft: LinkDraft) -> int:
    """Add a link after those there are.

    :returns: its id.
    """
    may_change_site(actor).require()
    draft = _checked(draft)
    last = uow.session.scalar(select(func.max(FriendLink.position)))
    row = FriendLink(
        name=draft.name,
        address=draft.address,
        description=draft.description,
        position=0 if last is None else last + 1,
    )
    uow.session.add(row)
    uow.session.flush()  # row.id

    log_change(
        uow, actor, action="link.created", target=f"link:{row.id}", title=draft.name, after=draft
    )
    uow.bump(CacheName.SITE)
    return row.id


def edit_link(uow: UnitOfWork, actor: Actor, *, link_id: int, draft: LinkDraft) -> None:
    """Change a link."""
    may_change_site(actor).require()
    row = _found(uow, link_id)
    before, draft = LinkDraft(row.name, row.address, row.description), _checked(draft)
    row.name, row.address, row.description = draft.name, draft.address, draft.description

    log_change(
        uow,
        actor,
        action="link.edited",
        target=f"link:{link_id}",
        title=before.name,
        before=before,
        after=draft,
    )
    uow.bump(CacheName.SITE)


def order_links(uow: UnitOfWork, actor: Actor, *, positions: Mapping[int, int]) -> None:
    """Give links their places, the lowest number first."""
    may_change_site(actor).require()
    rows = {
        row.id: row.position
        for row in uow.session.execute(
            select(FriendLink.id, FriendLink.position).where(FriendLink.id.in_(positions))
        )
    }
    moved = {key: place for key, place in positions.items() if key in rows and rows[key] != place}
    for link_id, place in sorted(moved.items()):
        uow.session.execute(
            update(FriendLink).where(FriendLink.id == link_id).values(position=place)
        )

    log_change(
        uow,
        actor,
        action="link.ordered",
        target="links",
        before={f"link:{key}": rows[key] for key in moved},
        after={f"link:{key}": place for key, place in moved.items()},
    )
    uow.bump(CacheName.SITE)


def delete_link(uow: UnitOfWork, actor: Actor, *, link_id: int) -> None:
    """Take a link away."""
    may_change_site(actor).require()
    row = _found(uow, link_id)
    before = LinkDraft(row.name, row.address, row.description)
    uow.session.delete(row)

    log_change(
        uow,
        actor,
        action="link.deleted",
        target=f"link:{link_id}",
        title=before.name,
        before=before,
    )
    uow.bump(CacheName.SITE)


def _found(uow: UnitOfWork, link_id: int) -> FriendLink:
    row = uow.session.get(FriendLink, link_id, with_for_update=True)
    if row is None:
        raise NotFound("not_found")
    return row


def _checked(draft: LinkDraft) -> LinkDraft:
    name, address = clean_line(draft.name), draft.address.strip()
    if not name:
        raise Invalid("link_unnamed", field="name")
    if not address.startswith(("http://", "https://")):
        raise Invalid("address_not_web", field="address")
    return LinkDraft(name, address, clean_line(draft.description))
