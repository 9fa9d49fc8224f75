"""Appointing and dismissing moderators, and the group that comes and goes with it.

An appointment puts an ordinary member into a moderators' group unless they shall keep their own;
dismissal from the last board puts them back where their points belong.
"""

from collections.abc import Mapping

from sqlalchemy import delete, func, select, update

from forum.commands.admin_log import log_change
from forum.commands.locks import lock_members
from forum.commands.points import recompute_total
from forum.core.cache import CacheName
from forum.core.errors import Invalid, NotFound, Taken
from forum.core.names import name_key
from forum.core.uow import UnitOfWork
from forum.models import Board, BoardModerator, GroupKind, Member, MemberState
from forum.policies.actor import Actor, Rank
from forum.policies.admin import may_change_site
from forum.queries.site import GroupInfo, Site, fresh_site


def appoint_moderator(
    uow: UnitOfWork, actor: Actor, *, board_id: int, name: str, group_id: int | None = None
) -> int:
    """Make a member a moderator of a board, after those it has.

    :param group_id: the moderators' group an ordinary member is put into; None = keep the own one.
    :returns: the member's id.
    :raises Invalid: no such member; an account nobody has claimed; not a moderators' group.
    :raises Taken: "moderator": they are one here already.
    """
    may_change_site(actor).require()
    s = uow.session
    board = _board(uow, board_id)
    found = s.scalar(select(Member.id).where(Member.name_key == name_key(name)))
    if found is None:
        raise Invalid("no_such_member", field="name")
    site = fresh_site(s)
    member = lock_members(uow, [found])[found]
    if member.state is not MemberState.ACTIVE:
        raise Invalid("member_not_active", field="name")
    if any(moderator_id == member.id for moderator_id, _ in site.boards[board_id].moderators):
        raise Taken("moderator")
    group = _moderators_group(site, group_id) if group_id is not None else None

    before = _own_group(site, member)
    if group is not None and before.kind is GroupKind.LADDER and before.rank is Rank.MEMBER:
        _put_into(member, group.id)
    last = s.scalar(
        select(func.max(BoardModerator.position)).where(BoardModerator.board_id == board_id)
    )
    s.add(
        BoardModerator(
            board_id=board_id,
            member_id=member.id,
            position=0 if last is None else last + 1,
            appointed_at=uow.now,
        )
    )

    log_change(
        uow,
        actor,
        action="moderator.appointed",
        target=f"board:{board_id}",
        title=board.name,
        after={
            "member": f"member:{member.id}",
            "name": member.name,
            "group": _own_group(site, member).title,
        },
    )
    uow.bump(CacheName.SITE)
    return member.id


def remove_moderator(uow: UnitOfWork, actor: Actor, *, board_id: int, member_id: int) -> None:
    """Dismiss a moderator of a board.

    :raises NotFound: no such board, or they are no moderator of it.
    """
    may_change_site(actor).require()
    _dismiss(uow, actor, board=_board(uow, board_id), member_id=member_id)


def dismiss_all(uow: UnitOfWork, actor: Actor, *, board_id: int) -> None:
    """Dismiss everybody appointed to a board, before it goes."""
    board = _board(uow, board_id)
    appointed = uow.session.scalars(
        select(BoardModerator.member_id)
        .where(BoardModerator.board_id == board_id)
        .order_by(BoardModerator.member_id)
    ).all()
    for member_id in appointed:
        _dismiss(uow, actor, board=board, member_id=member_id)


def order_moderators(
    uow: UnitOfWork, actor: Actor, *, board_id: int, positions: Mapping[int, int]
) -> None:
    """Say in which order a board names its moderators."""
    may_change_site(actor).require()
    _board(uow, board_id)
    for member_id, place in sorted(positions.items()):
        uow.session.execute(
            update(BoardModerator)
            .where(BoardModerator.board_id == board_id, BoardModerator.member_id == member_id)
            .values(position=place)
        )
    uow.bump(CacheName.SITE)


def _dismiss(uow: UnitOfWork, actor: Actor, *, board: Board, member_id: int) -> None:
    s = uow.session
    member = lock_members(uow, [member_id]).get(member_id)
    dismissed = s.scalar(
        delete(BoardModerator)
        .where(BoardModerator.board_id == board.id, BoardModerator.member_id == member_id)
        .returning(BoardModerator.member_id)
    )
    if member is None or dismissed is None:
        raise NotFound("not_found")

    site = fresh_site(s)
    was = _own_group(site, member)
    is_last = not site.moderated_by(member_id)
    if is_last and was.rank is Rank.MODERATOR and not member.is_founder:
        return_to_ladder(uow, site, member)

    log_change(
        uow,
        actor,
        action="moderator.removed",
        target=f"board:{board.id}",
        title=board.name,
        before={"member": f"member:{member_id}", "name": member.name, "group": was.title},
        after={"group": _own_group(site, member).title},
    )
    uow.bump(CacheName.SITE)


def return_to_ladder(uow: UnitOfWork, site: Site, member: Member) -> None:
    """Put a member into the group their points belong to. The row is locked."""
    step = next(
        (
            group
            for group in site.ladder
            if (group.points_from is None or group.points_from <= member.total)
            and (group.points_to is None or member.total < group.points_to)
        ),
        site.groups[site.settings.accounts.new_group_id],
    )
    _put_into(member, step.id)
    uow.session.flush()  # the group, before the total is worked out by it
    recompute_total(uow, member.id, site=site)


def _own_group(site: Site, member: Member) -> GroupInfo:
    """The group a member has, or returns to when a punishment ends."""
    if member.former_group_id is not None:
        return site.groups[member.former_group_id]
    return site.groups[member.group_id]


def _put_into(member: Member, group_id: int) -> None:
    """A muted member stays muted; the new group waits for the end of it."""
    if member.former_group_id is not None:
        member.former_group_id = group_id
    else:
        member.group_id = group_id


def _moderators_group(site: Site, group_id: int) -> GroupInfo:
    group = site.groups.get(group_id)
    if group is None or group.rank is not Rank.MODERATOR:
        raise Invalid("group_not_for_moderators", field="group_id")
    return group


def _board(uow: UnitOfWork, board_id: int) -> Board:
    board = uow.session.get(Board, board_id, with_for_update=True)
    if board is None:
        raise NotFound("not_found")
    return board
