"""Read models of a member's space: who they are, and what of their writing the viewer may read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Text, bindparam, cast, literal, or_, select
from sqlalchemy.orm import Session

from forum.core.errors import NotFound
from forum.markup import plain_text
from forum.models import (
    Member,
    MemberPoints,
    MemberState,
    OnlineVisit,
    Post,
    PostState,
    Thread,
    ThreadState,
)
from forum.points.ranks import StarParts, star_parts
from forum.policies.actor import Actor, Rank
from forum.queries.actors import rank_to_mind
from forum.queries.site import PointKindInfo, Site
from forum.queries.thread_rows import COLUMNS, ThreadRow, thread_row
from forum.queries.threads.authors import Upgrade, effective_group_id, upgrade

Item = TypeVar("Item")

PER_PAGE = 30
EXCERPT = 120

_COLUMNS = (
    Member.id, Member.name, Member.state, Member.group_id, Member.group_until,
    Member.former_group_id, Member.shown_group_title, Member.shown_stars, Member.total,
    Member.thread_count, Member.post_count, Member.digest_count, Member.counts_are_approximate,
    Member.custom_title, Member.avatar, Member.is_invisible, Member.created_at,
    Member.last_seen_at, Member.last_post_at, Member.is_founder, Member.signature,
)  # fmt: skip


@dataclass(frozen=True)
class Profile:
    """A member as the space page shows them. `last_seen_at` is None where they hide."""

    id: int
    name: str
    avatar: str
    is_unclaimed: bool
    is_locked: bool
    ink: int | None
    group_title: str
    custom_title: str
    stars: int
    star_parts: StarParts
    upgrade: Upgrade | None
    total: int
    thread_count: int
    post_count: int
    digest_count: int
    counts_are_approximate: bool
    created_at: datetime
    last_seen_at: datetime | None
    last_post_at: datetime | None
    is_online: bool
    state: MemberState
    group_id: int  # as the row holds it, a punishment that has run out included
    rank: Rank
    signature: str
    points: tuple[tuple[PointKindInfo, int], ...] = ()
    boards: tuple[tuple[int, str], ...] = ()  # moderated, as far as the viewer may know
    medals: tuple[tuple[str, str], ...] = ()  # (name, image address); given out by a later feature

    @property
    def reply_count(self) -> int:
        return max(0, self.post_count - self.thread_count)


@dataclass(frozen=True)
class OwnPost:
    """A reply in a member's list."""

    id: int
    floor: int
    at: datetime
    excerpt: str  # "" where a moderator blocked it
    author_id: int
    state: PostState
    thread: ThreadRow

    @property
    def is_pending(self) -> bool:
        return self.state is PostState.PENDING


@dataclass(frozen=True)
class Part(Generic[Item]):
    """Some items of a list read by key; `next` begins the part after it."""

    items: tuple[Item, ...]
    next: int | None


def profile(s: Session, site: Site, actor: Actor, member_id: int) -> Profile:
    """Who a member is. Two statements.

    :raises NotFound: there is no such member.
    """
    row = s.execute(_PROFILE, {"member_id": member_id}).one_or_none()
    if row is None:
        raise NotFound("not_found")
    amounts: dict[int, int] = {}
    for kind_id, amount in s.execute(_AMOUNTS, {"member_id": member_id}):
        amounts[kind_id] = amount
    return _profile(site, actor, row, amounts)


_PROFILE = (
    select(
        *(column.label(f"author_{column.key}") for column in _COLUMNS),
        OnlineVisit.seen_at.label("seen_at"),
    )
    .outerjoin(OnlineVisit, OnlineVisit.visitor == literal("m").concat(cast(Member.id, Text)))
    .where(Member.id == bindparam("member_id"))
)
_AMOUNTS = select(MemberPoints.kind_id, MemberPoints.amount).where(
    MemberPoints.member_id == bindparam("member_id")
)


def _profile(site: Site, actor: Actor, row: Any, amounts: dict[int, int]) -> Profile:
    group = site.groups[effective_group_id(row, actor.now)]
    stars = group.stars if row.author_shown_stars is None else row.author_shown_stars
    hides = row.author_is_invisible and actor.member_id != row.author_id and not actor.is_staff
    hold = site.settings.reading.online_hold
    return Profile(
        id=row.author_id,
        name=row.author_name,
        avatar=row.author_avatar,
        is_unclaimed=row.author_state is MemberState.UNCLAIMED,
        is_locked=row.author_state is MemberState.LOCKED,
        ink=group.color,
        group_title=row.author_shown_group_title or group.title,
        custom_title=row.author_custom_title,
        stars=stars,
        star_parts=star_parts(stars, site.settings.reading.star_threshold),
        upgrade=None if row.author_shown_group_title else upgrade(group, row.author_total),
        total=row.author_total,
        thread_count=row.author_thread_count,
        post_count=row.author_post_count,
        digest_count=row.author_digest_count,
        counts_are_approximate=row.author_counts_are_approximate,
        created_at=row.author_created_at,
        last_seen_at=None if hides else row.author_last_seen_at,
        last_post_at=row.author_last_post_at,
        is_online=not hides and row.seen_at is not None and row.seen_at > actor.now - hold,
        state=row.author_state,
        group_id=row.author_group_id,
        rank=rank_to_mind(
            site,
            group_id=row.author_group_id,
            former_group_id=row.author_former_group_id,
            is_founder=row.author_is_founder,
            member_id=row.author_id,
        ),
        signature=row.author_signature,
        points=tuple(
            (kind, amounts.get(kind.id, 0)) for kind in site.point_kinds.values() if kind.is_shown
        ),
        boards=tuple(
            (board.id, board.name)
            for board in site.boards.values()
            if board.id in actor.readable
            and any(member_id == row.author_id for member_id, _ in board.moderators)
        ),
    )


def member_threads(
    s: Session,
    actor: Actor,
    member_id: int,
    *,
    before: int | None = None,
    state: ThreadState = ThreadState.VISIBLE,
    most: int = PER_PAGE,
) -> Part[ThreadRow]:
    """A member's threads in boards the viewer may read, the newest first. One statement.

    :param before: only threads with smaller ids.
    :param state: others than VISIBLE are for the author alone.
    """
    if state is not ThreadState.VISIBLE and actor.member_id != member_id:
        return Part((), None)
    conditions: list[ColumnElement[bool]] = [
        Thread.author_id == member_id,
        Thread.state == state,
        Thread.board_id.in_(actor.readable),
    ]
    if before is not None:
        conditions.append(Thread.id < before)
    rows = s.execute(
        select(*COLUMNS).where(*conditions).order_by(Thread.id.desc()).limit(most + 1)
    ).all()
    shown = tuple(thread_row(row) for row in rows[:most])
    return Part(shown, shown[-1].id if len(rows) > most else None)


def member_replies(
    s: Session,
    actor: Actor,
    member_id: int,
    *,
    before: int | None = None,
    state: PostState = PostState.VISIBLE,
    most: int = PER_PAGE,
) -> Part[OwnPost]:
    """A member's replies in threads the viewer may read, the newest first. One statement."""
    is_own = actor.member_id == member_id
    if state is not PostState.VISIBLE and not is_own:
        return Part((), None)
    conditions: list[ColumnElement[bool]] = [
        Post.author_id == member_id,
        Post.state == state,
        Post.floor > 1,
        Thread.state == ThreadState.VISIBLE,
        Thread.board_id.in_(actor.readable),
        or_(
            Thread.read_access <= actor.read_access,
            Thread.board_id.in_(actor.moderated),
            Thread.author_id == (actor.member_id or 0),
        ),
    ]
    if before is not None:
        conditions.append(Post.id < before)
    rows = s.execute(
        select(*COLUMNS, Post.id, Post.floor, Post.created_at, Post.source, Post.is_blocked)
        .join_from(Post, Thread, Thread.id == Post.thread_id)
        .where(*conditions)
        .order_by(Post.id.desc())
        .limit(most + 1)
    ).all()
    shown = []
    for row in rows[:most]:
        thread = thread_row(row)
        of_post: Sequence[Any] = row[len(COLUMNS) :]
        post_id, floor, at, source, is_blocked = of_post
        hides = is_blocked and not actor.moderates(thread.board_id)
        excerpt = "" if hides else plain_text(source, limit=EXCERPT, with_quotes=False)
        shown.append(OwnPost(post_id, floor, at, excerpt, member_id, state, thread))
    return Part(tuple(shown), shown[-1].id if len(rows) > most else None)
