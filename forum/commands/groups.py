"""Shaping user groups: titles, stars, permissions, and the ladder one climbs by points."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

from sqlalchemy import delete, insert, select, update

from forum.commands.admin_log import log_change
from forum.core.cache import CacheName
from forum.core.errors import Conflict, Invalid, NotFound
from forum.core.text import clean_line
from forum.core.uow import UnitOfWork
from forum.models import Group, GroupKind, GroupPermission, Member
from forum.policies.actor import Actor, Rank
from forum.policies.admin import may_change_site, may_shape_group
from forum.policies.permissions import PERMISSIONS
from forum.queries.admin.groups import boards_listing_only
from forum.queries.site import fresh_site

LOWEST, HIGHEST = -9_999_999, 9_999_999  # the ends of the ladder
LARGEST_VALUE = 2_000_000_000


@dataclass(frozen=True)
class GroupDraft:
    """What can be changed of any group."""

    title: str
    stars: int = 0
    color: int | None = None
    read_access: int = 0
    may_visit: bool = True


@dataclass(frozen=True)
class LadderStep:
    """A group entered by points; `id` None = a new one. It ends where the next begins."""

    id: int | None
    title: str
    points_from: int
    stars: int = 0
    color: int | None = None


def create_special_group(
    uow: UnitOfWork, actor: Actor, *, title: str, rank: Rank, like_group_id: int
) -> int:
    """Add a group that members are put into by hand, with the rights of another one.

    :returns: the group's id.
    :raises Forbidden: the rank, or the copied group's, is not below the actor's.
    """
    may_change_site(actor).require()
    site = fresh_site(uow.session)
    model = site.groups.get(like_group_id)
    if model is None:
        raise Invalid("group_unknown", field="like_group_id")
    may_shape_group(actor, model).require()
    row = Group(
        kind=GroupKind.SPECIAL,
        title=_checked_title(title),
        rank=rank,
        stars=model.stars,
        read_access=model.read_access,
        may_visit=model.may_visit,
    )
    if rank > Rank.ADMINISTRATOR:
        raise Invalid("group_rank", field="rank")
    if rank is Rank.ADMINISTRATOR:
        may_shape_group(actor, _OfRank(rank)).require()
    uow.session.add(row)
    uow.session.flush()  # row.id
    _write_permissions(uow, row.id, model.permissions)

    log_change(
        uow,
        actor,
        action="group.created",
        target=f"group:{row.id}",
        title=row.title,
        after={"title": row.title, "rank": rank.name, "like": model.title},
    )
    uow.bump(CacheName.SITE)
    return row.id


def edit_group(uow: UnitOfWork, actor: Actor, *, group_id: int, draft: GroupDraft) -> None:
    """Change what a group is called and shows.

    :raises Forbidden: the group's rank is not below the actor's.
    """
    row = _group(uow, group_id)
    may_shape_group(actor, _OfRank(Rank(row.rank))).require()
    before = GroupDraft(**{item.name: getattr(row, item.name) for item in fields(GroupDraft)})
    after = GroupDraft(
        _checked_title(draft.title), draft.stars, draft.color, draft.read_access, draft.may_visit
    )
    for item in fields(GroupDraft):
        setattr(row, item.name, getattr(after, item.name))

    log_change(
        uow,
        actor,
        action="group.edited",
        target=f"group:{group_id}",
        title=before.title,
        before=before,
        after=after,
    )
    uow.bump(CacheName.SITE)


def set_group_permissions(
    uow: UnitOfWork, actor: Actor, *, group_id: int, values: Mapping[str, int]
) -> None:
    """Set the values of permissions; those not named stay.

    :param values: by key of policies/permissions.py; 0 takes a permission away.
    :raises Forbidden: the group's rank is not below the actor's.
    """
    row = _group(uow, group_id)
    may_shape_group(actor, _OfRank(Rank(row.rank))).require()
    if not set(values) <= set(PERMISSIONS):
        raise Invalid("permission_unknown")
    if any(not 0 <= value <= LARGEST_VALUE for value in values.values()):
        raise Invalid("permission_value", most=LARGEST_VALUE)
    held: Mapping[str, int] = fresh_site(uow.session).groups[group_id].permissions
    _write_permissions(uow, group_id, {**held, **values})

    log_change(
        uow,
        actor,
        action="group.permissions",
        target=f"group:{group_id}",
        title=row.title,
        before={key: held.get(key, 0) for key in values},
        after=dict(values),
    )
    uow.bump(CacheName.SITE)


def set_ladder(uow: UnitOfWork, actor: Actor, *, steps: Sequence[LadderStep]) -> None:
    """Change the ladder as a whole: each group ends where the next one begins.

    Members move to the group their points belong to. All groups of the ladder must be named;
    `delete_group` takes one away.

    :raises Invalid: two steps begin at one number; none begins at 0; fewer than two.
    :raises Conflict: a group came or went meanwhile.
    """
    may_change_site(actor).require()
    s = uow.session
    ordered = sorted(steps, key=lambda step: step.points_from)
    _check_ladder(ordered)
    rows = {row.id: row for row in _ladder_rows(uow)}
    if {step.id for step in steps if step.id is not None} != set(rows):
        raise Conflict("conflict")

    before = {f"group:{row.id}": [row.title, row.points_from, row.stars] for row in rows.values()}
    for step, end in zip(
        ordered, [*(one.points_from for one in ordered[1:]), HIGHEST], strict=True
    ):
        row = rows.get(step.id) if step.id is not None else None
        if row is None:
            row = Group(kind=GroupKind.LADDER, title=step.title, rank=Rank.MEMBER)
            s.add(row)
        row.title = _checked_title(step.title)
        row.points_from, row.points_to = step.points_from, end
        row.stars, row.color = step.stars, step.color
        s.flush()  # row.id
        if step.id is None:
            _copy_neighbour(uow, row, ordered)
    place_by_points(uow)

    after = {
        f"group:{row.id}": [row.title, row.points_from, row.stars] for row in _ladder_rows(uow)
    }
    log_change(uow, actor, action="ladder.changed", target="ladder", before=before, after=after)
    uow.bump(CacheName.SITE)


def delete_group(uow: UnitOfWork, actor: Actor, *, group_id: int) -> None:
    """Take a group away; its members go where their points belong.

    :raises Conflict: it is one of the system's, one new members start in, one that a punished
        member returns to, or the only one a board lists (nobody listed means everybody).
    """
    s = uow.session
    row = _group(uow, group_id)
    may_shape_group(actor, _OfRank(Rank(row.rank))).require()
    site = fresh_site(s)
    if row.kind is GroupKind.SYSTEM or site.settings.accounts.new_group_id == group_id:
        raise Conflict("group_needed")
    if row.kind is GroupKind.LADDER and len(site.ladder) <= 2:
        raise Conflict("ladder_too_short")
    if alone := boards_listing_only(site, group_id):
        raise Conflict("group_listed_alone", board=alone[0].name)
    before = {
        "title": row.title,
        "kind": row.kind,
        "rank": row.rank,
        "points_from": row.points_from,
    }

    if row.kind is GroupKind.LADDER:
        _close_gap(uow, row)
    home = next(step for step in site.ladder if step.id != group_id).id
    s.execute(update(Member).where(Member.group_id == group_id).values(group_id=home))
    s.execute(update(Member).where(Member.former_group_id == group_id).values(former_group_id=home))
    s.execute(
        update(Member).where(Member.claimed_group_id == group_id).values(claimed_group_id=None)
    )
    s.delete(row)
    s.flush()  # the ladder is one shorter
    place_by_points(uow)

    log_change(
        uow,
        actor,
        action="group.deleted",
        target=f"group:{group_id}",
        title=str(before["title"]),
        before=before,
    )
    uow.bump(CacheName.SITE)


def place_by_points(uow: UnitOfWork) -> None:
    """Bring every member of the ladder to the group their total belongs to. One statement a group."""
    ladder = _ladder_rows(uow)
    ids = [row.id for row in ladder]
    for row in ladder:
        here = [Member.group_id.in_(ids), Member.group_id != row.id]
        if row.points_from is not None and row.points_from != LOWEST:
            here.append(Member.total >= row.points_from)
        if row.points_to is not None and row.points_to != HIGHEST:
            here.append(Member.total < row.points_to)
        uow.session.execute(
            update(Member)
            .where(*here)
            .values(group_id=row.id)
            .execution_options(synchronize_session=False)
        )


@dataclass(frozen=True)
class _OfRank:
    """As much of a group as its policy asks."""

    rank: Rank


def _check_ladder(ordered: Sequence[LadderStep]) -> None:
    starts = [step.points_from for step in ordered]
    if len(starts) < 2:
        raise Invalid("ladder_too_short")
    if len(set(starts)) != len(starts):
        raise Invalid("ladder_twice", points=next(x for x in starts if starts.count(x) > 1))
    if starts[0] != LOWEST:
        raise Invalid("ladder_lowest", points=LOWEST)
    if 0 not in starts:
        raise Invalid("ladder_zero")
    if starts[-1] >= HIGHEST:
        raise Invalid("ladder_highest", points=HIGHEST)


def _ladder_rows(uow: UnitOfWork) -> list[Group]:
    return list(
        uow.session.scalars(
            select(Group)
            .where(Group.kind == GroupKind.LADDER)
            .order_by(Group.points_from, Group.id)
            .with_for_update()
        )
    )


def _close_gap(uow: UnitOfWork, leaving: Group) -> None:
    """The group below takes over what the leaving one held; the lowest is followed from below."""
    rows = _ladder_rows(uow)
    at = rows.index(leaving)
    if at == 0:
        rows[1].points_from = leaving.points_from
    else:
        rows[at - 1].points_to = leaving.points_to


def _copy_neighbour(uow: UnitOfWork, row: Group, ordered: Sequence[LadderStep]) -> None:
    """A new step may what the nearest old one may, the one below first."""
    start = row.points_from or 0
    nearest = min(
        (step for step in ordered if step.id is not None),
        key=lambda step: (step.points_from > start, abs(step.points_from - start)),
    )
    assert nearest.id is not None
    neighbour = fresh_site(uow.session).groups[nearest.id]
    _write_permissions(uow, row.id, neighbour.permissions)
    row.read_access, row.may_visit = neighbour.read_access, neighbour.may_visit


def _write_permissions(uow: UnitOfWork, group_id: int, values: Mapping[str, int]) -> None:
    uow.session.execute(delete(GroupPermission).where(GroupPermission.group_id == group_id))
    rows = [
        {"group_id": group_id, "key": key, "value": value}
        for key, value in sorted(values.items())
        if value
    ]
    if rows:
        uow.session.execute(insert(GroupPermission), rows)


def _group(uow: UnitOfWork, group_id: int) -> Group:
    row = uow.session.get(Group, group_id, with_for_update=True)
    if row is None:
        raise NotFound("not_found")
    return row


def _checked_title(title: str) -> str:
    title = clean_line(title)
    if not title:
        raise Invalid("group_untitled", field="title")
    return title
