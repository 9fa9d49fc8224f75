"""An author takes back an own post: through the moderators' door, by a right of the author's own."""

from dataclasses import dataclass

from sqlalchemy import select

from forum.commands.moderation.in_hand import require_free
from forum.commands.moderation.perform import Request, load_for, logged, make, plan
from forum.commands.moderation.record import record
from forum.core.errors import NotFound
from forum.core.uow import UnitOfWork
from forum.models import Post
from forum.modlog.registry import action_of
from forum.policies.actor import Actor
from forum.policies.posts import may_delete_own_post
from forum.queries.site import site_of


@dataclass(frozen=True)
class Deleted:
    """What went to the recycle bin: a reply of the thread, or all of it."""

    entry_id: int
    thread_id: int
    board_id: int
    is_thread: bool


def delete_own_post(uow: UnitOfWork, actor: Actor, *, post_id: int) -> Deleted:
    """Put a post of one's own into the recycle bin; with the opening post the thread goes.

    Counters and points follow as when a moderator deletes it, and a moderator can restore it.
    :raises NotFound: there is no such post for the actor.
    :raises Forbidden: `may_delete_own_post`, or a large action has the thread in hand.
    """
    s, site = uow.session, site_of(uow.session)
    found = s.execute(select(Post.thread_id, Post.floor).where(Post.id == post_id)).one_or_none()
    if found is None:
        raise NotFound("not_found")
    is_thread = found.floor == 1
    action = action_of("thread.delete" if is_thread else "post.delete")
    target_id = found.thread_id if is_thread else post_id
    request = Request(action, (target_id,), action.options())

    targets = load_for(s, site, request, uow=uow)
    post = s.get_one(Post, post_id, populate_existing=True)
    (thread,) = targets.threads
    may_delete_own_post(actor, thread, post).require()
    require_free([thread])

    planned = plan(s, site, actor, request, targets, now=uow.now, is_real=True)
    what, board_id = logged(actor, planned), thread.board_id  # before anything goes
    applied = make(uow, planned, actor)
    entry_id = record(uow, what.with_effects(applied.effects))
    return Deleted(entry_id, found.thread_id, board_id, is_thread)
