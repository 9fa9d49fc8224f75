"""May the actor read a thread, or reply to it?"""

from datetime import datetime, timedelta
from typing import Protocol

from forum.models.threads import ThreadState
from forum.policies.actor import Actor
from forum.policies.boards import no_right_there
from forum.policies.permissions import May
from forum.policies.verdict import ALLOWED, Refusal, Verdict, refused


class ThreadFacts(Protocol):
    """What these questions need to know; satisfied by the mapped class and by read models."""

    @property
    def board_id(self) -> int: ...
    @property
    def author_id(self) -> int: ...
    @property
    def state(self) -> ThreadState: ...
    @property
    def is_closed(self) -> bool: ...
    @property
    def read_access(self) -> int: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def last_post_at(self) -> datetime: ...


class ReplyFacts(ThreadFacts, Protocol):
    """What replying needs to know besides."""

    @property
    def batch_id(self) -> int | None: ...


def may_read_thread(actor: Actor, thread: ThreadFacts) -> Verdict:
    """Open a thread. Recycled ones are for those who may take them out again."""
    is_author = actor.member_id is not None and actor.member_id == thread.author_id
    return _may_read(actor, thread, is_author=is_author)


def may_read_of_others(actor: Actor, thread: ThreadFacts) -> Verdict:
    """The same, whoever wrote it: what a page says that is drawn once for all readers of like rights."""
    return _may_read(actor, thread, is_author=False)


def _may_read(actor: Actor, thread: ThreadFacts, *, is_author: bool) -> Verdict:
    if thread.board_id not in actor.readable:
        return refused(Refusal.NOT_VISIBLE)
    if actor.moderates(thread.board_id):
        return ALLOWED
    if thread.state is ThreadState.RECYCLED:
        return refused(Refusal.NOT_VISIBLE)
    if thread.state in (ThreadState.PENDING, ThreadState.IGNORED, ThreadState.DRAFT):
        return ALLOWED if is_author else refused(Refusal.NOT_VISIBLE)
    if thread.read_access > actor.read_access and not is_author:
        return refused(Refusal.READ_ACCESS, needed=thread.read_access, has=actor.read_access)
    return ALLOWED


def may_tag_threads(actor: Actor) -> Verdict:
    """Give one's threads tags (标签)."""
    if actor.is_guest:
        return refused(Refusal.SIGN_IN)
    if actor.permission(May.TAG_THREADS) or actor.permission(May.MANAGE_TAGS):
        return ALLOWED
    return refused(Refusal.GROUP, group=actor.group_title)


def may_see_title(actor: Actor, thread: ThreadFacts) -> Verdict:
    """Be told what a thread is called: what lists show, and one's own, deleted or while one is muted."""
    readable = may_read_thread(actor, thread)
    if readable or readable.refusal is Refusal.READ_ACCESS:
        return ALLOWED
    is_author = actor.member_id is not None and actor.member_id == thread.author_id
    if is_author and thread.board_id in actor.known:
        return ALLOWED
    return refused(Refusal.NOT_VISIBLE)


def may_reply(actor: Actor, thread: ReplyFacts, *, autoclose_days: int = 0) -> Verdict:
    """Add a post to a thread one may read.

    :param autoclose_days: the board's: > 0 counts from the thread's creation, < 0 from its last post.
    """
    readable = may_read_thread(actor, thread)
    if not readable:
        return readable
    if actor.is_guest:
        return refused(Refusal.SIGN_IN)
    if thread.board_id not in actor.repliable:
        return no_right_there(actor, bool(actor.permission(May.REPLY)))
    if thread.state is ThreadState.RECYCLED:
        return refused(Refusal.RECYCLED)
    if thread.state is not ThreadState.VISIBLE:
        return refused(Refusal.PENDING)
    if thread.batch_id is not None:
        return refused(Refusal.IN_HAND)
    if actor.moderates(thread.board_id):
        return ALLOWED
    if thread.is_closed:
        return refused(Refusal.CLOSED)
    if _is_autoclosed(thread, autoclose_days, actor.now):
        return refused(Refusal.AUTOCLOSED, days=abs(autoclose_days))
    return ALLOWED


def _is_autoclosed(thread: ThreadFacts, days: int, now: datetime) -> bool:
    if days == 0:
        return False
    counted_from = thread.created_at if days > 0 else thread.last_post_at
    return counted_from + timedelta(days=abs(days)) < now
