"""审核: deciding on posts that wait for approval."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.commands.moderation.announcing import quoted_by
from forum.commands.moderation.perform import carry_out, checked_request
from forum.core.errors import NotFound
from forum.core.uow import UnitOfWork
from forum.models import Post, PostState, Thread, ThreadState
from forum.policies.actor import Actor
from forum.policies.queue import may_work_queue
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
    :raises NotFound: a post does not exist, or is in a board that the actor does not moderate.
    :raises Forbidden: the actor may not decide on one of them.
    """
    may_work_queue(actor).require()
    s, asked = uow.session, tuple(dict.fromkeys(post_ids))
    request = checked_request(
        site_of(s), actor, DECISIONS[decision], asked, None, reason=reason, notifies=notifies
    )
    quoted = quoted_by(s, request.action, asked)

    todo = _waiting(s, actor, asked, _DECIDABLE[decision], lock=True)
    gone = tuple(one for one in asked if one not in todo)
    if not todo:
        return Decided(None, gone=gone)
    done = carry_out(uow, actor, replace(request, target_ids=todo), quoted)
    return Decided(done.entry_id, todo, gone)


def still_waiting(
    s: Session, actor: Actor, decision: str, post_ids: Sequence[int]
) -> tuple[int, ...]:
    """Those of the posts that can still be decided on so. Two statements.

    :raises NotFound: one does not exist, or is in a board that the actor does not moderate.
    """
    return _waiting(s, actor, post_ids, _DECIDABLE[decision], lock=False)


def _waiting(
    s: Session,
    actor: Actor,
    post_ids: Sequence[int],
    states: Sequence[PostState],
    *,
    lock: bool,
) -> tuple[int, ...]:
    """The posts that still wait.

    :param lock: lock the threads of all of them.
    :raises NotFound: one does not exist, or is in a board that the actor does not moderate, whatever
        its state.
    """
    thread_ids = select(Post.thread_id).where(Post.id.in_(post_ids))
    wanted = select(Thread).where(Thread.id.in_(thread_ids)).order_by(Thread.id)
    if lock:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    threads = {thread.id: thread for thread in s.scalars(wanted)}
    posts = s.scalars(
        select(Post)
        .where(Post.id.in_(post_ids))
        .order_by(Post.id)
        .execution_options(populate_existing=True)
    ).all()
    is_foreign = any(not actor.moderates(thread.board_id) for thread in threads.values())
    if is_foreign or len(posts) < len(set(post_ids)):
        raise NotFound("not_found")
    return tuple(
        post.id
        for post in posts
        if post.state in states and _is_in_place(post, threads[post.thread_id])
    )


def _is_in_place(post: Post, thread: Thread) -> bool:
    """A reply waits in a shown thread; in one that waits itself or is binned it cannot be decided on."""
    if post.floor == 1:
        return thread.state in (ThreadState.PENDING, ThreadState.IGNORED)
    return thread.state is ThreadState.VISIBLE
