"""What follows when a post that waited is shown at last, and is not taken back with it: whom a reply
concerns is told, and it counts as one of today's. Once for each post, whichever way it was shown.
"""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.commands.counters import add_to_today
from forum.commands.publishing import Audience, audience_of, tell_audience
from forum.core.uow import UnitOfWork
from forum.markup import render
from forum.models import ModLogEntry, ModLogTarget, Post, PostState, TargetKind, Thread
from forum.modlog.registry import Action
from forum.queries.actors import actor_for_member
from forum.queries.site import site_of

# An entry of one of these says that the post was shown before.
_SHOWN_BEFORE = ("post.approve", "post.hold")
Audiences = Mapping[int, Audience]


def quoted_by(s: Session, action: Action, post_ids: Sequence[int]) -> dict[int, tuple[int, ...]]:
    """The posts that each reply quotes. Renders, so before anything is locked. At most one statement."""
    if not action.announces:
        return {}
    rows = s.execute(select(Post.id, Post.source).where(Post.id.in_(post_ids), Post.floor > 1))
    return {row.id: render(row.source).quoted_post_ids for row in rows}


def audiences_of(
    uow: UnitOfWork, replies: Iterable[tuple[int, Thread]], quoted: Mapping[int, tuple[int, ...]]
) -> dict[int, Audience]:
    """Whom each reply concerns. One statement for each that quotes.

    :param replies: ids of posts, each with its thread; opening posts concern nobody.
    :param quoted: what `quoted_by` said.
    """
    return {
        post_id: audience_of(uow, thread, quoted[post_id])
        for post_id, thread in replies
        if post_id in quoted
    }


def listeners(audiences: Audiences) -> set[int]:
    """All who may be told: to be locked with the other members concerned."""
    return {member_id for one in audiences.values() for member_id in one.member_ids}


def announce(
    uow: UnitOfWork, post_ids: Sequence[int], audiences: Audiences, *, entry_id: int
) -> None:
    """Tell of the posts that are shown now and were not before, and count them.

    :param audiences: what `audiences_of` said.
    :param entry_id: of the log, by which they are shown.
    """
    s, site = uow.session, site_of(uow.session)
    known = (
        select(ModLogTarget.target_id)
        .join(ModLogEntry, ModLogEntry.id == ModLogTarget.entry_id)
        .where(
            ModLogTarget.kind == TargetKind.POST,
            ModLogTarget.target_id.in_(post_ids),
            ModLogTarget.entry_id != entry_id,
            ModLogEntry.action.in_(_SHOWN_BEFORE),
        )
    )
    rows = s.execute(
        select(Post, Thread)
        .join(Thread, Thread.id == Post.thread_id)
        .where(Post.id.in_(post_ids), Post.state == PostState.VISIBLE, Post.id.not_in(known))
        .order_by(Post.id)
    ).all()
    today: dict[int, int] = {}
    for post, thread in rows:
        today[thread.board_id] = today.get(thread.board_id, 0) + 1
        if post.id in audiences:
            author = actor_for_member(s, site, post.author_id, uow.now)
            tell_audience(uow, thread, post, author, audiences[post.id])
    for board_id, number in sorted(today.items()):
        add_to_today(uow, board_id, number)
