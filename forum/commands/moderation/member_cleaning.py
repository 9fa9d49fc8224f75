"""One step against a spammer: banned, and everything of the account in the recycle bin."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import load_only

from forum.commands.moderation.in_hand import require_free
from forum.commands.moderation.member_punishing import ban
from forum.commands.moderation.planning import Planner, derive_last_post
from forum.commands.moderation.post_warnings import punished
from forum.commands.moderation.registry import action
from forum.commands.moderation.thread_deletion import plan_deletion
from forum.models import Member, Post, PostState, TargetKind, Thread, ThreadState
from forum.modlog.registry import Choice, Group, asked
from forum.policies.actor import BANNED_GROUP
from forum.policies.permissions import May
from forum.policies.verdict import Refusal, refused

# An account may have written 50,000 posts: their texts are not wanted.
_POST_FIELDS = (
    Post.id, Post.thread_id, Post.floor, Post.author_id, Post.state, Post.created_at,
)  # fmt: skip

# What waits for approval goes as well, or the next look into the queue shows the spammer again.
THREADS = (
    ThreadState.VISIBLE, ThreadState.REDIRECT, ThreadState.PENDING, ThreadState.IGNORED,
)  # fmt: skip
POSTS = (PostState.VISIBLE, PostState.PENDING, PostState.IGNORED)


@dataclass(frozen=True)
class CleanOptions:
    bans: bool = asked("Ban the account", Choice.FLAG, True)
    threads: bool = asked("Delete the threads", Choice.FLAG, True)
    posts: bool = asked("Delete the replies", Choice.FLAG, True)


@action(
    "member.clean", "Spam clean-up", "Undo the clean-up",
    targets=TargetKind.MEMBER, permission=May.BATCH_DELETE, group=Group.MEMBER,
    options=CleanOptions, is_destructive=True, most_targets=20, icon="trash",
    locks_threads_first=True, is_long=True, rows_apart=True,
    bins=frozenset({TargetKind.THREAD, TargetKind.POST}),
)  # fmt: skip
def clean(planner: Planner, member: Member, options: CleanOptions) -> None:
    """禁止用户, 删除该用户帖子: in the boards the moderator moderates; undone as one."""
    if (
        options.bans
        and member.group_id != BANNED_GROUP
        and planner.actor.permission(ban.permission)
    ):
        planner.change(member, **punished(member, BANNED_GROUP, None))
    gone: set[int] = set()
    if options.threads:
        gone = _delete_threads(planner, member)
    if options.posts:
        _delete_replies(planner, member, gone)
    planner.tell(member.id)


def _delete_threads(planner: Planner, member: Member) -> set[int]:
    statement = (
        select(Thread)
        .where(
            Thread.author_id == member.id,
            Thread.board_id.in_(planner.actor.moderated),
            Thread.state.in_(THREADS),
        )
        .order_by(Thread.id)
    )
    threads = planner.session.scalars(
        statement.with_for_update(key_share=True) if planner.is_real else statement
    ).all()
    _require_free(planner, threads)
    pointed_to = {thread.id for thread in threads}
    for thread in threads:
        # A pointer to one of them goes with it.
        if thread.moved_to_id not in pointed_to:
            plan_deletion(planner, thread)
    return pointed_to


def _delete_replies(planner: Planner, member: Member, gone: set[int]) -> None:
    statement = (
        select(Post, Thread)
        .join(Thread, Thread.id == Post.thread_id)
        .options(load_only(*_POST_FIELDS))
        .where(
            Post.author_id == member.id,
            Post.state.in_(POSTS),
            Post.floor > 1,
            Thread.state == ThreadState.VISIBLE,
            Thread.board_id.in_(planner.actor.moderated),
        )
        .order_by(Thread.id, Post.id)
    )
    rows = planner.session.execute(
        statement.with_for_update(key_share=True) if planner.is_real else statement
    ).all()
    _require_free(planner, {thread.id: thread for _, thread in rows}.values())
    if planner.held.holds_any(TargetKind.POST, (post.id for post, _ in rows)):
        refused(Refusal.IN_HAND).require()
    left = [(post, thread) for post, thread in rows if thread.id not in gone]
    since = planner.now - planner.site.settings.moderation.lossless_delete_after
    by_thread: dict[int, tuple[Thread, list[Post]]] = {}
    for post, thread in left:
        planner.change(post, state=PostState.RECYCLED)
        by_thread.setdefault(thread.id, (thread, []))[1].append(post)
    ids = [post.id for post, _ in left if post.created_at >= since]
    for at in range(0, len(ids), 500):
        planner.take_back_points(select(Post.id).where(Post.id.in_(ids[at : at + 500])))
    for thread, posts in by_thread.values():
        # Those of all the members cleaned: the last posts of one may hide another's.
        hidden: set[int] = planner.remembered(("hidden", thread.id), set)
        hidden |= {post.id for post in posts}
        derive_last_post(planner, thread, hidden=hidden)


def _require_free(planner: Planner, threads: Iterable[Thread]) -> None:
    """What is done at once touches no thread that another action has in hand; pieces wait for it."""
    if planner.is_real:
        require_free(threads, held=planner.held)
