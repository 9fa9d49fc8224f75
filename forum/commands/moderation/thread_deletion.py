"""Deleting threads to the recycle bin, taking them out again, and clearing the bin."""

from sqlalchemy import bindparam, func, select

from forum.commands.moderation.deletions import taken_from_thread
from forum.commands.moderation.planning import Planner
from forum.commands.moderation.registry import action
from forum.models import Post, TargetKind, Thread, ThreadState
from forum.modlog.registry import Group, NoOptions
from forum.points.reversals import standing_for_thread
from forum.policies.permissions import May

DELETABLE = frozenset({ThreadState.VISIBLE, ThreadState.REDIRECT})
BINNED = frozenset({ThreadState.RECYCLED})


@action(
    "thread.delete", "Delete threads", "Undo the deletion",
    targets=TargetKind.THREAD, permission=May.DELETE, group=Group.REMOVE, family="thread.deletion",
    is_bulk=True, is_destructive=True, minds_rank=True, states=DELETABLE, icon="trash",
    is_long=True, many_permission=May.BATCH_DELETE, bins=frozenset({TargetKind.THREAD}),
)  # fmt: skip
def delete(planner: Planner, thread: Thread, _options: NoOptions) -> None:
    """删除主题: to the recycle bin. Counters and points of all its authors go back; points of posts
    older than `lossless_delete_after` stay (无损删除). Pointers to it go."""
    plan_deletion(planner, thread)
    planner.tell(thread.author_id)


_POINTERS = (
    select(Thread)
    .where(Thread.moved_to_id == bindparam("to_thread"), Thread.state == ThreadState.REDIRECT)
    .order_by(Thread.id)
)


def plan_deletion(planner: Planner, thread: Thread) -> None:
    """What deleting a thread does, out of the queue and by the clean-up after a spammer too."""
    if thread.state is ThreadState.REDIRECT:
        planner.remove(thread)
        return
    planner.change(thread, state=ThreadState.RECYCLED, former_state=thread.state)
    since = planner.now - planner.site.settings.moderation.lossless_delete_after
    planner.reverse(standing_for_thread(planner.session, thread.id, since))
    planner.reverse_rule(f"thread:{thread.id}", "thread.digested")
    for pointer in planner.session.scalars(_POINTERS, {"to_thread": thread.id}):
        planner.remove(pointer)


@action(
    "thread.restore", "Restore", "Undo the restoring",
    targets=TargetKind.THREAD, permission=May.DELETE, group=Group.REMOVE, family="thread.deletion",
    is_bulk=True, states=BINNED, icon="undo", is_long=True,
    unbins=frozenset({TargetKind.THREAD}),
)  # fmt: skip
def restore(planner: Planner, thread: Thread, _options: NoOptions) -> None:
    """恢复: out of the recycle bin, as it was; exactly what the deletion took is given back."""
    planner.change(
        thread, state=ThreadState(thread.former_state or ThreadState.VISIBLE), former_state=None
    )
    planner.reverse(taken_from_thread(planner, thread, delete.key))
    planner.tell(thread.author_id)


@action(
    "thread.purge", "Delete for good", "",
    targets=TargetKind.THREAD, permission=May.PURGE, group=Group.REMOVE, family="thread.deletion",
    is_bulk=True, is_destructive=True, is_final=True, minds_rank=True, states=BINNED, icon="trash",
    is_long=True,
)  # fmt: skip
def purge(planner: Planner, thread: Thread, _options: NoOptions) -> None:
    """彻底删除: out of the recycle bin for good, with all posts. Nothing brings it back."""
    posts = planner.session.scalar(
        select(func.count()).select_from(Post).where(Post.thread_id == thread.id)
    )
    planner.purge(thread, posts or 0)
