"""审核: deciding on posts that wait for approval."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.commands.counters import add_to_today
from forum.commands.locks import lock_members
from forum.commands.moderation import perform
from forum.commands.publishing import Audience, audience_of, tell_audience
from forum.core.errors import NotFound
from forum.core.uow import UnitOfWork
from forum.markup import render
from forum.models import ModLogEntry, ModLogTarget, Post, PostState, TargetKind, Thread, ThreadState
from forum.policies.actor import Actor
from forum.policies.queue import may_work_queue
from forum.queries.actors import actor_for_member
from forum.queries.queue import DECISIONS
from forum.queries.site import site_of

_DECIDABLE = {
    "approve": (PostState.PENDING, PostState.IGNORED),
    "ignore": (PostState.PENDING,),
    "delete": (PostState.PENDING, PostState.IGNORED),
}


@dataclass(frozen=True)
class Decided:
    """What was done. `gone`: posts that somebody else had decided on; `entry_id` None = all of them."""

    entry_id: int | None
    done: tuple[int, ...] = ()
    gone: tuple[int, ...] = ()


@dataclass(frozen=True)
class _Waiting:
    post: Post
    thread: Thread
    audience: Audience


def decide(
    uow: UnitOfWork,
    actor: Actor,
    decision: str,
    post_ids: Iterable[int],
    *,
    reason: str = "",
    notifies: bool = True,
) -> Decided:
    """Approve, put aside or delete posts that wait; what no longer waits is left alone.

    An approved post is counted, paid, found and told of from now on, once, whoever approves too.

    :param decision: a key of DECISIONS.
    :param notifies: tell the authors.
    :raises NotFound: a post does not exist, or is secret from the actor.
    :raises Forbidden: the actor may not decide on one of them.
    """
    may_work_queue(actor).require()
    asked = tuple(dict.fromkeys(post_ids))
    quoted = _quoted(uow, asked) if decision == "approve" else {}

    waiting = _locked(uow, actor, asked, _DECIDABLE[decision], quoted)
    todo = tuple(one.post.id for one in waiting)
    gone = tuple(one for one in asked if one not in todo)
    if asked and not todo:
        return Decided(None, gone=gone)
    lock_members(
        uow,
        {one.post.author_id for one in waiting}.union(*(_listeners(one) for one in waiting)),
    )
    done = perform(uow, actor, DECISIONS[decision], todo, reason=reason, notifies=notifies)

    if decision == "approve":
        _publish(uow, todo, {one.post.id: one.audience for one in waiting})
    return Decided(done.entry_id, todo, gone)


def still_waiting(
    s: Session, actor: Actor, decision: str, post_ids: Sequence[int]
) -> tuple[int, ...]:
    """Those of the posts that can still be decided on so. Two statements.

    :raises NotFound: one is in a board that the actor does not moderate.
    """
    waiting = _waiting(s, actor, post_ids, _DECIDABLE[decision], lock=False)
    return tuple(post.id for post, _ in waiting)


def _quoted(uow: UnitOfWork, post_ids: Sequence[int]) -> dict[int, tuple[int, ...]]:
    """The posts that replies quote: rendered before anything is locked."""
    rows = uow.session.execute(
        select(Post.id, Post.source).where(Post.id.in_(post_ids), Post.floor > 1)
    )
    return {row.id: render(row.source).quoted_post_ids for row in rows}


def _locked(
    uow: UnitOfWork,
    actor: Actor,
    post_ids: Sequence[int],
    states: Sequence[PostState],
    quoted: dict[int, tuple[int, ...]],
) -> list[_Waiting]:
    """The posts that still wait, their threads locked, and whom a reply concerns."""
    return [
        _Waiting(
            post,
            thread,
            audience_of(uow, thread, quoted[post.id]) if post.id in quoted else Audience(None, ()),
        )
        for post, thread in _waiting(uow.session, actor, post_ids, states, lock=True)
    ]


def _waiting(
    s: Session,
    actor: Actor,
    post_ids: Sequence[int],
    states: Sequence[PostState],
    *,
    lock: bool,
) -> list[tuple[Post, Thread]]:
    """The posts that still wait, with their threads.

    :raises NotFound: one is in a board that the actor does not moderate, whatever its state.
    """
    thread_ids = select(Post.thread_id).where(Post.id.in_(post_ids))
    wanted = select(Thread).where(Thread.id.in_(thread_ids)).order_by(Thread.id)
    if lock:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    threads = {thread.id: thread for thread in s.scalars(wanted)}
    if any(not actor.moderates(thread.board_id) for thread in threads.values()):
        raise NotFound("not_found")
    posts = s.scalars(
        select(Post)
        .where(Post.id.in_(post_ids))
        .order_by(Post.id)
        .execution_options(populate_existing=True)
    )
    return [
        (post, threads[post.thread_id])
        for post in posts
        if post.state in states and _is_in_place(post, threads[post.thread_id])
    ]


def _is_in_place(post: Post, thread: Thread) -> bool:
    """A reply waits in a shown thread; in one that waits itself or is binned it cannot be decided on."""
    if post.floor == 1:
        return thread.state in (ThreadState.PENDING, ThreadState.IGNORED)
    return thread.state is ThreadState.VISIBLE


def _listeners(one: _Waiting) -> frozenset[int]:
    return one.audience.member_ids


def _publish(uow: UnitOfWork, post_ids: Sequence[int], audiences: dict[int, Audience]) -> None:
    """What follows an approval and is not taken back with it: who is told, and today's number. Once:
    not for posts that were shown before an edit held them."""
    s, site = uow.session, site_of(uow.session)
    known = select(ModLogTarget.target_id).join(
        ModLogEntry, ModLogEntry.id == ModLogTarget.entry_id
    )
    known = known.where(
        ModLogTarget.kind == TargetKind.POST,
        ModLogTarget.target_id.in_(post_ids),
        ModLogEntry.action == "post.hold",
    )
    rows = s.execute(
        select(Post, Thread)
        .join(Thread, Thread.id == Post.thread_id)
        .where(Post.id.in_(post_ids), Post.id.not_in(known))
        .order_by(Post.id)
    ).all()
    today: dict[int, int] = {}
    for post, thread in rows:
        today[thread.board_id] = today.get(thread.board_id, 0) + 1
        if post.floor > 1:
            author = actor_for_member(s, site, post.author_id, uow.now)
            tell_audience(uow, thread, post, author, audiences[post.id])
    for board_id, number in sorted(today.items()):
        add_to_today(uow, board_id, number)
