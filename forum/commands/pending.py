"""Publishing what waited for approval. The queue decides; this does what follows a yes."""

from sqlalchemy import exists, select

from forum.commands.locks import lock_members
from forum.commands.publishing import audience_of, publish_opening, publish_reply
from forum.core.errors import Conflict, NotFound
from forum.core.uow import UnitOfWork
from forum.markup import render
from forum.models import Post, PostState, Thread, ThreadState
from forum.queries.actors import actor_for_member
from forum.queries.site import site_of

_WAITING_POST = (PostState.PENDING, PostState.IGNORED)
_WAITING_THREAD = (ThreadState.PENDING, ThreadState.IGNORED)


def publish_pending_thread(uow: UnitOfWork, *, thread_id: int) -> None:
    """Make a waiting thread visible, with everything that follows a new thread.

    :raises NotFound: no such thread.
    :raises Conflict: it does not wait any more.
    """
    thread = _locked_thread(uow, thread_id)
    if thread.state not in _WAITING_THREAD:
        raise Conflict("conflict")
    post = uow.session.get_one(Post, thread.first_post_id)
    lock_members(uow, [post.author_id])

    thread.state = ThreadState.VISIBLE
    thread.version += 1  # the row is locked
    post.state = PostState.VISIBLE
    publish_opening(uow, thread, post)


def publish_pending_post(uow: UnitOfWork, *, post_id: int) -> None:
    """Make a waiting reply visible, with everything that follows a new reply.

    :raises NotFound: no such post.
    :raises Conflict: it does not wait any more, or its thread is not visible.
    """
    thread_id = uow.session.scalar(select(Post.thread_id).where(Post.id == post_id))
    if thread_id is None:
        raise NotFound("not_found")
    thread = _locked_thread(uow, thread_id)
    post = uow.session.get_one(Post, post_id, populate_existing=True)
    if (
        post.state not in _WAITING_POST
        or thread.state is not ThreadState.VISIBLE
        or post.floor == 1
    ):
        raise Conflict("conflict")
    audience = audience_of(uow, thread, render(post.source).quoted_post_ids)
    lock_members(uow, {post.author_id, *audience.member_ids})
    author = actor_for_member(uow.session, site_of(uow.session), post.author_id, uow.now)

    post.state = PostState.VISIBLE
    publish_reply(uow, thread, post, author, audience, is_last=not _has_later(uow, post))


def _locked_thread(uow: UnitOfWork, thread_id: int) -> Thread:
    thread = uow.session.get(Thread, thread_id, with_for_update=True, populate_existing=True)
    if thread is None:
        raise NotFound("thread_not_found")
    return thread


def _has_later(uow: UnitOfWork, post: Post) -> bool:
    later = exists().where(
        Post.thread_id == post.thread_id,
        Post.floor > post.floor,
        Post.state == PostState.VISIBLE,
    )
    return bool(uow.session.scalar(select(later)))
