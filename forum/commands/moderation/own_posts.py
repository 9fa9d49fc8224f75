"""What authors do to their own threads and posts through the moderators' door, by rights of their own:
take one back, pin a reply, send one to the queue again by an edit.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from forum.commands.moderation.in_hand import require_free
from forum.commands.moderation.perform import Request, load_for, logged, make, plan
from forum.commands.moderation.post_states import PinOptions
from forum.commands.moderation.record import record
from forum.core.errors import Invalid, NotFound, TooSoon
from forum.core.uow import UnitOfWork
from forum.models import ModLogEntry, Post, PostHold, Thread
from forum.modlog.registry import Action, action_of
from forum.policies.actor import Actor
from forum.policies.posts import may_delete_own_post, may_pin_reply
from forum.queries.site import site_of

MOST_PINNED = 10  # the first page of the thread shows them all
MOST_PINS_AN_HOUR = 30  # each is an entry of the log


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
    thread_id, floor = _place(uow, post_id)
    is_thread = floor == 1
    action = action_of("thread.delete" if is_thread else "post.delete")
    target_id = thread_id if is_thread else post_id

    def may(thread: Thread) -> None:
        post = uow.session.get_one(Post, post_id, populate_existing=True)
        may_delete_own_post(actor, thread, post).require()

    entry_id, board_id = _do(uow, actor, action, target_id, may)
    return Deleted(entry_id, thread_id, board_id, is_thread)


def pin_reply(uow: UnitOfWork, actor: Actor, *, post_id: int, pins: bool) -> int | None:
    """Pin a reply on top of one's own thread, or take it down; a moderator can undo it.

    :returns: the entry of the log; None where there was nothing to do.
    :raises NotFound: there is no such post for the actor.
    :raises Forbidden: `may_pin_reply`, or a large action has the thread in hand.
    :raises Invalid: "too_many_pinned".
    :raises TooSoon: "pinned_often".
    """
    s = uow.session
    _place(uow, post_id)
    if s.get_one(Post, post_id).is_sticky == pins:
        return None
    lately = select(func.count()).where(
        ModLogEntry.actor_id == actor.member_id,
        ModLogEntry.action == "post.pin",
        ModLogEntry.created_at > uow.now - timedelta(hours=1),
    )
    if (s.scalar(lately.select_from(ModLogEntry)) or 0) >= MOST_PINS_AN_HOUR:
        raise TooSoon("pinned_often", retry_after_s=3600)

    def may(thread: Thread) -> None:
        post = uow.session.get_one(Post, post_id, populate_existing=True)
        may_pin_reply(actor, thread, post).require()
        if pins and _pinned_count(uow, thread.id) >= MOST_PINNED:
            raise Invalid("too_many_pinned", most=MOST_PINNED)

    return _do(uow, actor, action_of("post.pin"), post_id, may, PinOptions(pins))[0]


def _pinned_count(uow: UnitOfWork, thread_id: int) -> int:
    pinned = select(func.count()).where(Post.thread_id == thread_id, Post.is_sticky)
    return uow.session.scalar(pinned.select_from(Post)) or 0


def _place(uow: UnitOfWork, post_id: int) -> tuple[int, int]:
    found = uow.session.execute(
        select(Post.thread_id, Post.floor).where(Post.id == post_id)
    ).one_or_none()
    if found is None:
        raise NotFound("not_found")
    return found.thread_id, found.floor


def hold_own_post(uow: UnitOfWork, actor: Actor, hold: PostHold) -> int:
    """Send a post that was edited to the queue. Nothing is locked after this.

    :param hold: why; kept with the post, in place of what held it before.
    :returns: the entry of the log, by which a moderator takes it back.
    """
    uow.session.merge(hold)
    uow.session.flush()  # the edit, which is read again
    entry_id, _ = _do(uow, actor, action_of("post.hold"), hold.post_id, lambda _thread: None)
    return entry_id


def _do(
    uow: UnitOfWork,
    actor: Actor,
    action: Action,
    target_id: int,
    may: Callable[[Thread], None],
    options: Any = None,
) -> tuple[int, int]:
    """What `perform` does, but for the moderator's right. The entry's id, and the board's."""
    s, site = uow.session, site_of(uow.session)
    request = Request(action, (target_id,), action.options() if options is None else options)
    targets = load_for(s, site, request, uow=uow)
    (thread,) = targets.threads
    may(thread)
    require_free([thread])

    planned = plan(s, site, actor, request, targets, now=uow.now, is_real=True)
    what, board_id = logged(actor, planned), thread.board_id  # before anything goes
    applied = make(uow, planned, actor)
    return record(uow, what.with_effects(applied.effects)), board_id
