"""Friend links as the control panel edits them."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.core.errors import NotFound
from forum.models import FriendLink


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
