"""Which groups may see a board, post and reply in it? Lists that replace the groups' own rights."""

from collections.abc import Mapping, Set

from sqlalchemy import delete, insert

from forum.commands.admin_log import log_change
from forum.core.cache import CacheName
from forum.core.errors import Invalid, NotFound
from forum.core.uow import UnitOfWork
from forum.models import Board, BoardPermission, BoardRight
from forum.policies.actor import Actor
from forum.policies.admin import may_change_site
from forum.queries.site import fresh_site


def set_permission_lists(
    uow: UnitOfWork, actor: Actor, *, board_id: int, lists: Mapping[BoardRight, Set[int]]
) -> None:
    """Say for each right which groups have it here.

    :param lists: by right; an empty or absent list means: each group's own right.
    :raises Invalid: "group_unknown".
    """
    may_change_site(actor).require()
    board = uow.session.get(Board, board_id, with_for_update=True)
    if board is None:
        raise NotFound("not_found")
    site = fresh_site(uow.session)
    named = {group_id for groups in lists.values() for group_id in groups}
    if not named <= set(site.groups):
        raise Invalid("group_unknown")

    before = site.boards[board_id].permissions
    uow.session.execute(delete(BoardPermission).where(BoardPermission.board_id == board_id))
    rows = [
        {"board_id": board_id, "right": right, "group_id": group_id}
        for right in BoardRight
        for group_id in sorted(lists.get(right, ()))
    ]
    if rows:
        uow.session.execute(insert(BoardPermission), rows)

    log_change(
        uow,
        actor,
        action="board.permissions",
        target=f"board:{board_id}",
        title=board.name,
        before={right.value: sorted(before.get(right, ())) for right in BoardRight},
        after={right.value: sorted(lists.get(right, ())) for right in BoardRight},
    )
    uow.bump(CacheName.SITE)
