"""What does the author panel beside a post show? Columns, and how they become a panel."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, and_, cast, func, literal
from sqlalchemy.orm import aliased

from forum.models import GroupKind, Member, MemberPoints, MemberState, OnlineVisit, Post
from forum.points.ranks import StarParts, star_parts
from forum.policies.actor import Actor, Rank
from forum.queries.actors import rank_to_mind
from forum.queries.site import GroupInfo, Site

_OPEN_END = 9_999_999  # the upper bound of the ladder's last group


@dataclass(frozen=True)
class NumberCell:
    """A cell of the number card. `label`: "threads", "posts", "replies", "digests", "total" or "points"."""

    label: str
    number: int
    is_approximate: bool = False
    point_title: str = ""


@dataclass(frozen=True)
class Upgrade:
    """How far a member is on the way to the next group of the ladder."""

    percent: int  # 2 to 100
    group_title: str
    total: int
    needed: int


@dataclass(frozen=True)
class AuthorPanel:
    """The left column of a floor."""

    id: int
    name: str
    is_unclaimed: bool
    ink: int | None
    avatar: str
    is_online: bool
    cells: tuple[NumberCell, ...]
    group_title: str
    custom_title: str
    stars: int
    star_parts: StarParts
    upgrade: Upgrade | None
    total: int
    rank: Rank
    signature_html: str
    medals: tuple[tuple[str, str], ...] = ()  # (name, image address); given out by a later feature


_COLUMNS = (
    Member.id, Member.name, Member.state, Member.group_id, Member.group_until,
    Member.former_group_id, Member.is_founder, Member.shown_group_title, Member.shown_stars,
    Member.total, Member.thread_count, Member.post_count, Member.digest_count,
    Member.counts_are_approximate, Member.custom_title, Member.signature_html, Member.avatar,
    Member.is_invisible,
)  # fmt: skip


def author_columns(
    point_kinds: tuple[int, ...],
) -> tuple[tuple[ColumnElement[Any], ...], list[tuple[Any, Any]]]:
    """What to select about each post's author, and the outer joins it takes.

    :param point_kinds: those the number card shows (`card_point_kinds`); each is one more join,
        never one more statement.
    """
    columns: list[ColumnElement[Any]] = [
        column.label(f"author_{column.key}") for column in _COLUMNS
    ]
    columns.append(OnlineVisit.seen_at.label("author_seen_at"))
    joins: list[tuple[Any, Any]] = [
        # by the key, so that one probe per post finds it
        (OnlineVisit, OnlineVisit.visitor == literal("m").concat(cast(Post.author_id, Text)))
    ]
    for kind_id in point_kinds:
        points = aliased(MemberPoints)
        columns.append(func.coalesce(points.amount, 0).label(f"author_points_{kind_id}"))
        joins.append((points, and_(points.member_id == Post.author_id, points.kind_id == kind_id)))
    return tuple(columns), joins


def with_authors(statement: Select[Any], joins: list[tuple[Any, Any]]) -> Select[Any]:
    """The statement over posts, joined with what `author_columns` asked for."""
    statement = statement.join(Member, Member.id == Post.author_id)
    for target, condition in joins:
        statement = statement.outerjoin(target, condition)
    return statement


def card_point_kinds(site: Site) -> tuple[int, ...]:
    """The point kinds the number card shows."""
    kinds = []
    for cell in site.settings.reading.number_card:
        name, _, kind = cell.partition(":")
        if name == "points" and kind.isdecimal() and int(kind) in site.point_kinds:
            kinds.append(int(kind))
    return tuple(dict.fromkeys(kinds))


def author_panel(site: Site, actor: Actor, row: Any) -> AuthorPanel:
    """A row with `author_columns` as a panel."""
    group = site.groups[effective_group_id(row, actor.now)]
    stars = group.stars if row.author_shown_stars is None else row.author_shown_stars
    hold = site.settings.reading.online_hold
    return AuthorPanel(
        id=row.author_id,
        name=row.author_name,
        is_unclaimed=row.author_state is MemberState.UNCLAIMED,
        ink=group.color,
        avatar=row.author_avatar,
        is_online=(
            row.author_seen_at is not None
            and not row.author_is_invisible
            and row.author_seen_at > actor.now - hold
        ),
        cells=tuple(
            cell for name in site.settings.reading.number_card if (cell := _cell(site, row, name))
        ),
        group_title=row.author_shown_group_title or group.title,
        custom_title=row.author_custom_title,
        stars=stars,
        star_parts=star_parts(stars, site.settings.reading.star_threshold),
        upgrade=None if row.author_shown_group_title else upgrade(group, row.author_total),
        total=row.author_total,
        rank=rank_to_mind(
            site,
            group_id=row.author_group_id,
            former_group_id=row.author_former_group_id,
            is_founder=row.author_is_founder,
            member_id=row.author_id,
        ),
        signature_html=row.author_signature_html,
    )


def effective_group_id(row: Any, now: datetime) -> int:
    """The group that counts now: a punishment that ran out is over before the schedule says so."""
    until = row.author_group_until
    if until is not None and until <= now and row.author_former_group_id is not None:
        return int(row.author_former_group_id)
    return int(row.author_group_id)


def upgrade(group: GroupInfo, total: int) -> Upgrade | None:
    """The progress bar (viewthread.md section 3): for ladder groups that have one above them."""
    if group.kind is not GroupKind.LADDER or group.points_from is None or group.points_to is None:
        return None
    if group.points_to >= _OPEN_END:
        return None
    needed = group.points_to - total
    span = group.points_to - group.points_from
    percent = 100 - -(-needed * 100 // span)
    return Upgrade(min(100, max(2, percent)), group.title, total, max(needed, 0))


def _cell(site: Site, row: Any, name: str) -> NumberCell | None:
    approximate = bool(row.author_counts_are_approximate)
    if name == "threads":
        return NumberCell("threads", row.author_thread_count, approximate)
    if name == "posts":
        if site.settings.reading.card_counts_opening_posts:
            return NumberCell("posts", row.author_post_count, approximate)
        replies = max(0, row.author_post_count - row.author_thread_count)
        return NumberCell("replies", replies, approximate)
    if name == "digests":
        return NumberCell("digests", row.author_digest_count, approximate)
    if name == "total":
        return NumberCell("total", row.author_total)
    kind_id = int(name.partition(":")[2] or 0) if name.startswith("points:") else 0
    if kind_id not in site.point_kinds:
        return None  # a kind that was taken away since
    amount = getattr(row, f"author_points_{kind_id}")
    return NumberCell("points", amount, point_title=site.point_kinds[kind_id].title)
