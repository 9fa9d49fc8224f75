"""May the actor read, edit, delete, quote or report a post?"""

from datetime import datetime, timedelta
from typing import Protocol

from forum.models.posts import PostState
from forum.models.threads import ThreadState
from forum.policies.accounts import may_write
from forum.policies.actor import Actor, Rank, outranks
from forum.policies.boards import no_right_there
from forum.policies.permissions import May
from forum.policies.threads import ThreadFacts, may_read_thread
from forum.policies.verdict import ALLOWED, Refusal, Verdict, refused


class PostFacts(Protocol):
    """What these questions need to know of a post."""

    @property
    def author_id(self) -> int: ...
    @property
    def state(self) -> PostState: ...
    @property
    def is_blocked(self) -> bool: ...
    @property
    def created_at(self) -> datetime: ...


def may_read_post(actor: Actor, thread: ThreadFacts, post: PostFacts) -> Verdict:
    """See that a post exists. Its text may still be blocked: `may_see_text`."""
    readable = may_read_thread(actor, thread)
    if not readable:
        return readable
    if post.state is PostState.VISIBLE or actor.moderates(thread.board_id):
        return ALLOWED
    if post.state in (PostState.PENDING, PostState.IGNORED) and actor.member_id == post.author_id:
        return ALLOWED
    return refused(Refusal.NOT_VISIBLE)


def may_see_text(actor: Actor, thread: ThreadFacts, post: PostFacts) -> Verdict:
    """Read what a post says, quote it, see its history."""
    visible = may_read_post(actor, thread, post)
    if not visible:
        return visible
    if post.is_blocked and not actor.moderates(thread.board_id):
        return refused(Refusal.BLOCKED)
    return ALLOWED


def may_edit_post(
    actor: Actor, thread: ThreadFacts, post: PostFacts, *, author_rank: Rank = Rank.MEMBER
) -> Verdict:
    """Change a post: one's own within the group's window, or as a moderator who outranks the author."""
    if actor.is_guest:
        return refused(Refusal.SIGN_IN)
    text = may_see_text(actor, thread, post)
    if not text:
        return text
    if actor.moderates(thread.board_id) and actor.permission(May.EDIT_POSTS):
        if actor.member_id == post.author_id or outranks(actor.rank, author_rank):
            return ALLOWED
        return refused(Refusal.OUTRANKED)
    if actor.member_id != post.author_id:
        return refused(Refusal.NOT_YOURS)
    if thread.board_id not in actor.repliable:
        return no_right_there(actor, bool(actor.permission(May.REPLY)))
    if thread.is_closed:
        return refused(Refusal.CLOSED)
    minutes = actor.permission(May.EDIT_MINUTES)
    if minutes and post.created_at + timedelta(minutes=minutes) < actor.now:
        return refused(Refusal.EDIT_WINDOW, minutes=minutes)
    return ALLOWED


class FloorFacts(PostFacts, Protocol):
    """A post in its place."""

    @property
    def floor(self) -> int: ...


class AnsweredThread(ThreadFacts, Protocol):
    """Its thread."""

    @property
    def reply_count(self) -> int: ...


def may_delete_own_post(actor: Actor, thread: AnsweredThread, post: FloorFacts) -> Verdict:
    """Delete what one wrote, while one may edit it; the opening post, and so the thread, while nobody
    has replied (删除本帖)."""
    if actor.is_guest:
        return refused(Refusal.SIGN_IN)
    visible = may_read_post(actor, thread, post)
    if not visible:
        return visible
    if actor.member_id != post.author_id:
        return refused(Refusal.NOT_YOURS)
    muted = may_write(actor)
    if not muted:
        return muted
    if not actor.permission(May.DELETE_OWN):
        return refused(Refusal.GROUP, group=actor.group_title)
    editable = may_edit_post(actor, thread, post)
    if not editable:
        return editable
    if thread.state is not ThreadState.VISIBLE or post.state is not PostState.VISIBLE:
        return refused(Refusal.WRONG_STATE)
    if post.floor == 1 and thread.reply_count:
        return refused(Refusal.HAS_REPLIES)
    return ALLOWED


def may_pin_reply(actor: Actor, thread: ThreadFacts, post: FloorFacts) -> Verdict:
    """Pin a reply on top of one's own thread, or take it down again (置顶回复). Moderators have an
    action for it."""
    if actor.is_guest:
        return refused(Refusal.SIGN_IN)
    visible = may_read_post(actor, thread, post)
    if not visible:
        return visible
    if actor.member_id != thread.author_id:
        return refused(Refusal.NOT_YOURS)
    if thread.board_id not in actor.repliable:
        return no_right_there(actor, bool(actor.permission(May.REPLY)))
    if thread.is_closed:
        return refused(Refusal.CLOSED)
    is_shown = thread.state is ThreadState.VISIBLE and post.state is PostState.VISIBLE
    if not is_shown or post.floor == 1:
        return refused(Refusal.WRONG_STATE)
    return ALLOWED


def may_see_revisions(actor: Actor, thread: ThreadFacts, post: PostFacts) -> Verdict:
    """Read what a post said before its edits: its author, and the moderators of the board."""
    text = may_see_text(actor, thread, post)
    if not text:
        return text
    if actor.moderates(thread.board_id):
        return ALLOWED
    if actor.is_guest or actor.member_id != post.author_id:
        return refused(Refusal.NOT_YOURS)
    return ALLOWED


def may_see_address(
    actor: Actor, thread: ThreadFacts, post: PostFacts, *, author_rank: Rank = Rank.MEMBER
) -> Verdict:
    """Know where a post came from: one's own board, the right to, and an author one outranks."""
    visible = may_read_post(actor, thread, post)
    if not visible:
        return visible
    if actor.is_guest:
        return refused(Refusal.SIGN_IN)
    if not actor.moderates(thread.board_id):
        return refused(Refusal.MODERATORS_ONLY)
    if not actor.permission(May.SEE_ADDRESSES):
        return refused(Refusal.GROUP, group=actor.group_title)
    if actor.member_id != post.author_id and not outranks(actor.rank, author_rank):
        return refused(Refusal.OUTRANKED)
    return ALLOWED


def may_report_post(actor: Actor, thread: ThreadFacts, post: PostFacts) -> Verdict:
    """Tell the staff about somebody else's post."""
    visible = may_read_post(actor, thread, post)
    if not visible:
        return visible
    if actor.is_guest:
        return refused(Refusal.SIGN_IN)
    if actor.member_id == post.author_id:
        return refused(Refusal.OWN_POST)
    return ALLOWED
