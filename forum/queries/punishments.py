"""What everybody may know of moderation: who is banned (小黑屋), the public log, one's own record; and
what only staff may: where a post came from."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Select,
    and_,
    case,
    func,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from forum.core.errors import NotFound
from forum.models import (
    Member,
    ModLogEntry,
    ModLogTarget,
    Post,
    PostWarning,
    TargetKind,
    Thread,
    ThreadState,
)
from forum.policies.actor import MUTED_GROUP, PUNISHING_GROUPS, Actor, outranks
from forum.policies.posts import may_see_address
from forum.policies.verdict import Refusal, refused
from forum.queries.actors import RANK_COLUMNS, rank_to_mind
from forum.queries.site import Site

PAGE = 50
MOST_OTHERS = 20
CLEANING = "member.clean"
BANNING = ("member.ban", CLEANING)
LOCKING = ("member.lock",)
MUTING = ("member.mute",)
WARNING = "post.warn"


@dataclass(frozen=True)
class Punished:
    """A line of 小黑屋."""

    member_id: int
    name: str
    group_title: str
    since: datetime | None
    until: datetime | None
    reason: str


def newest_decision(actions: tuple[str, ...]) -> ScalarSelect[int]:
    """The entry of the log by which one of the actions stands against the member of the statement
    around."""
    return (
        select(func.max(ModLogTarget.entry_id))
        .join(ModLogEntry, ModLogEntry.id == ModLogTarget.entry_id)
        .where(
            ModLogTarget.kind == TargetKind.MEMBER,
            ModLogTarget.target_id == Member.id,
            ModLogEntry.is_reversal.is_(False),
            ModLogTarget.undone_by_id.is_(None),
            ModLogEntry.action.in_(actions),
            # A clean-up may leave the account alone.
            or_(ModLogEntry.action != CLEANING, ModLogEntry.options["bans"].as_boolean()),
        )
        .correlate(Member)
        .scalar_subquery()
    )


def punished_members(s: Session, site: Site, *, before: int | None = None) -> tuple[Punished, ...]:
    """Who is muted or banned now, with the reason given. Two statements."""
    newest = newest_decision((*MUTING, *BANNING))
    conditions: list[ColumnElement[bool]] = [Member.group_id.in_(PUNISHING_GROUPS)]
    if before is not None:
        conditions.append(Member.id < before)
    # Only who is shown is looked up in the log.
    shown = select(Member.id).where(*conditions).order_by(Member.id.desc()).limit(PAGE)
    rows = s.execute(
        select(
            Member.id, Member.name, Member.group_id, Member.group_until,
            ModLogEntry.id.label("entry_id"), ModLogEntry.created_at,
            func.coalesce(ModLogEntry.reason, "").label("reason"),
        )
        .outerjoin(ModLogEntry, ModLogEntry.id == newest)
        .where(Member.id.in_(select(shown.subquery())))
        .order_by(Member.id.desc())
    ).all()  # fmt: skip
    warned = muting_warnings(s, [row.id for row in rows if row.group_id == MUTED_GROUP])

    def punished(row: Any) -> Punished:
        said = row
        if row.id in warned and warned[row.id].entry_id > (row.entry_id or 0):
            said = warned[row.id]
        title = site.groups[row.group_id].title
        return Punished(row.id, row.name, title, said.created_at, row.group_until, said.reason)

    return tuple(punished(row) for row in rows)


def muting_warnings(s: Session, member_ids: Sequence[int]) -> dict[int, Any]:
    """By member, the newest warning that muted them: entry_id, created_at, reason. One statement."""
    if not member_ids:
        return {}
    rows = s.execute(
        select(
            PostWarning.member_id, ModLogEntry.id.label("entry_id"), ModLogEntry.created_at,
            ModLogEntry.reason, ModLogEntry.effects,
        )
        .join(
            ModLogTarget,
            and_(
                ModLogTarget.kind == TargetKind.POST,
                ModLogTarget.target_id == PostWarning.post_id,
                ModLogTarget.undone_by_id.is_(None),
            ),
        )
        .join(ModLogEntry, ModLogEntry.id == ModLogTarget.entry_id)
        .where(
            PostWarning.member_id.in_(member_ids),
            ModLogEntry.action == WARNING,
            ModLogEntry.is_reversal.is_(False),
        )
        .order_by(ModLogEntry.id)
    )  # fmt: skip
    return {row.member_id: row for row in rows if row.member_id in _muted_in(row.effects)}


def mutes_by_warnings(s: Session, entry_ids: Sequence[int]) -> dict[int, dict[int, str]]:
    """By entry, who was muted by the warnings it gave, and until when. At most one statement."""
    if not entry_ids:
        return {}
    rows = s.execute(
        select(ModLogEntry.id, ModLogEntry.effects).where(
            ModLogEntry.id.in_(entry_ids), ModLogEntry.action == WARNING
        )
    )
    return {row.id: _muted_in(row.effects) for row in rows}


def _muted_in(effects: Iterable[Mapping[str, Any]]) -> dict[int, str]:
    return {
        coded["id"]: coded["after"]["group_until"]
        for coded in effects
        if coded["do"] == "change"
        and coded["table"] == "members"
        and "group_until" in coded["after"]
    }


@dataclass(frozen=True)
class PublicLine:
    """A line of the public log: no names of staff or members, no reasons, no addresses."""

    id: int
    action: str
    is_reversal: bool
    board_id: int
    thread_id: int
    title: str
    count: int
    at: datetime


def public_log(s: Session, actor: Actor, *, before: int | None = None) -> tuple[PublicLine, ...]:
    """What was done to threads that the reader may open now, newest first. One statement.

    Deleted threads, and threads that ask for more reading access, are not told of at all.
    """
    conditions = [
        ModLogEntry.target_kind == TargetKind.THREAD,
        Thread.state == ThreadState.VISIBLE,
        Thread.board_id.in_(actor.readable),
        Thread.read_access <= actor.read_access,
    ]
    if before is not None:
        conditions.append(ModLogEntry.id < before)
    rows = s.execute(
        select(
            ModLogEntry.id, ModLogEntry.action, ModLogEntry.is_reversal, Thread.board_id,
            Thread.id.label("thread_id"), Thread.title, ModLogEntry.target_count,
            ModLogEntry.created_at,
        )
        .join(ModLogTarget, ModLogTarget.entry_id == ModLogEntry.id)
        .join(Thread, and_(Thread.id == ModLogTarget.target_id, ModLogTarget.kind == TargetKind.THREAD))
        .where(*conditions)
        .order_by(ModLogEntry.id.desc(), Thread.id)
        .limit(PAGE)
    )  # fmt: skip
    return tuple(PublicLine(*row) for row in rows)


@dataclass(frozen=True)
class RecordLine:
    """Something moderators did to a member, or to what is theirs."""

    id: int
    action: str
    is_reversal: bool
    target_kind: TargetKind
    target_id: int
    title: str
    reason: str
    at: datetime
    expires_at: datetime | None
    was_undone: bool
    muted_until: datetime | None = None  # by a warning that was one too many


def own_record(s: Session, actor: Actor, *, before: int | None = None) -> tuple[RecordLine, ...]:
    """我的处理记录: what the staff did about the member asking, newest first. Two statements.

    :raises Forbidden: guests have none.
    """
    if actor.member_id is None:
        refused(Refusal.SIGN_IN).require()
    # Three questions, each from the member's own rows; one over all three would walk the log.
    older = () if before is None else (ModLogTarget.entry_id < before,)
    of_kinds = (
        (TargetKind.MEMBER, ModLogTarget.target_id == actor.member_id),
        (TargetKind.THREAD, ModLogTarget.target_id.in_(_written(Thread, actor.member_id))),
        (TargetKind.POST, ModLogTarget.target_id.in_(_written(Post, actor.member_id))),
    )
    mine = union_all(
        *(
            select(
                ModLogTarget.entry_id, ModLogTarget.kind, ModLogTarget.target_id,
                ModLogTarget.undone_by_id,
            ).where(ModLogTarget.kind == kind, is_mine, *older)
            for kind, is_mine in of_kinds
        )
    ).subquery("mine")  # fmt: skip
    post_thread_title = (
        select(Thread.title)
        .where(Thread.id == Post.thread_id, _is_known_to(actor))
        .correlate(Post)
        .scalar_subquery()
    )
    rows = s.execute(
        select(
            ModLogEntry.id, ModLogEntry.action, ModLogEntry.is_reversal, mine.c.kind,
            mine.c.target_id,
            func.coalesce(case((_is_known_to(actor), Thread.title)), post_thread_title, ""),
            ModLogEntry.reason, ModLogEntry.created_at, ModLogEntry.expires_at,
            mine.c.undone_by_id.is_not(None),
        )
        .select_from(mine)
        .join(
            ModLogEntry,
            # What one did oneself (deleting an own post) is no punishment.
            and_(
                ModLogEntry.id == mine.c.entry_id,
                ModLogEntry.actor_id.is_distinct_from(actor.member_id),
            ),
        )
        .outerjoin(Thread, and_(mine.c.kind == TargetKind.THREAD, Thread.id == mine.c.target_id))
        .outerjoin(Post, and_(mine.c.kind == TargetKind.POST, Post.id == mine.c.target_id))
        .order_by(ModLogEntry.id.desc())
        .limit(PAGE)
    )  # fmt: skip
    lines = [RecordLine(*tuple(row)) for row in rows]
    mutes = mutes_by_warnings(
        s, [one.id for one in lines if one.action == WARNING and not one.is_reversal]
    )
    return tuple(
        replace(one, muted_until=datetime.fromisoformat(until))
        if (until := mutes.get(one.id, {}).get(actor.member_id or 0))
        else one
        for one in lines
    )


def _is_known_to(actor: Actor) -> ColumnElement[bool]:
    """`may_see_title`, in SQL."""
    is_own = and_(Thread.author_id == actor.member_id, Thread.board_id.in_(actor.known))
    is_listed = and_(Thread.state == ThreadState.VISIBLE, Thread.board_id.in_(actor.readable))
    return or_(is_own, is_listed, Thread.board_id.in_(actor.moderated))


def _written(model: type[Thread | Post], member_id: int | None) -> Select[int]:
    return select(model.id).where(model.author_id == member_id)


@dataclass(frozen=True)
class PostAddress:
    """Where a post came from, and who else posted from there."""

    post_id: int
    author_id: int
    author_name: str
    address: str
    others: tuple[tuple[int, str, int], ...]  # (member id, name, posts)


def _is_below(site: Site, actor: Actor, row: Any) -> bool:
    rank = rank_to_mind(
        site, group_id=row.group_id, former_group_id=row.former_group_id,
        is_founder=row.is_founder, member_id=row.id,
    )  # fmt: skip
    return row.id == actor.member_id or outranks(actor.rank, rank)


def post_address(s: Session, site: Site, actor: Actor, post_id: int) -> PostAddress:
    """The address of a post, for staff who may see it and outrank the author. Two statements.

    :raises NotFound: no such post, or it is not for the actor. :raises Forbidden: no right.
    """
    row = s.execute(
        select(Post, Thread, Member.name, *RANK_COLUMNS)
        .join(Thread, Thread.id == Post.thread_id)
        .join(Member, Member.id == Post.author_id)
        .where(Post.id == post_id)
    ).one_or_none()
    if row is None:
        raise NotFound("not_found")
    rank = rank_to_mind(
        site, group_id=row.group_id, former_group_id=row.former_group_id,
        is_founder=row.is_founder, member_id=row.Post.author_id,
    )  # fmt: skip
    may_see_address(actor, row.Thread, row.Post, author_rank=rank).require()
    others: tuple[tuple[int, str, int], ...] = ()
    if row.Post.address:
        found = s.execute(
            select(
                Member.id, Member.name, *RANK_COLUMNS,
                func.count().label("posts"),
            )
            .join(Post, Post.author_id == Member.id)
            .join(Thread, Thread.id == Post.thread_id)
            .where(
                Member.last_address == row.Post.address,
                Member.id != row.Post.author_id,
                Thread.board_id.in_(actor.readable),
            )
            .group_by(Member.id, Member.name, *RANK_COLUMNS)
            .order_by(Member.id)
            .limit(MOST_OTHERS)
        )  # fmt: skip
        # Whose posts' addresses are kept from the actor is not named beside another's either.
        others = tuple(
            (one.id, one.name, one.posts) for one in found if _is_below(site, actor, one)
        )
    return PostAddress(post_id, row.Post.author_id, row.name, row.Post.address, others)
