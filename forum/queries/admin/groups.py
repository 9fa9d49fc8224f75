"""What does the control panel show of groups? How many are in each, and what hangs on them."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from forum.models import Member
from forum.queries.site import BoardInfo, Site


def group_sizes(s: Session) -> dict[int, int]:
    """How many members each group has; groups without any are left out. One statement."""
    rows = s.execute(select(Member.group_id, func.count()).group_by(Member.group_id))
    return dict(rows.all())


def boards_listing_only(site: Site, group_id: int) -> tuple[BoardInfo, ...]:
    """Boards with a list that holds this group alone: without it everybody would be let in."""
    return tuple(
        board
        for board in site.boards.values()
        if any(groups == {group_id} for groups in board.permissions.values())
    )
