"""Deleting threads to the recycle bin, taking them out again, and clearing the bin."""

from collections.abc import Iterable

from sqlalchemy import func, select

from forum.commands.moderation.planning import Planner
from forum.commands.moderation.registry import action
from forum.models import ModLogEntry, ModLogTarget, Post, PostState, TargetKind, Thread, ThreadState
from forum.modlog.effects import ReverseTransfers, decode
from forum.modlog.registry import Group, NoOptions
from forum.policies.permissions import May

DELETABLE = frozenset({ThreadState.VISIBLE, ThreadState.REDIRECT})
BINNED = frozenset({ThreadState.RECYCLED})


@action(
    "thread.delete", "Delete threads", "Undo the deletion",
    targets=TargetKind.THREAD, permission=May.DELETE, group=Group.REMOVE, family="thread.deletion",
    is_bulk=True, is_destructive=True, minds_rank=True, states=DELETABLE, icon="trash",
)  # fmt: skip
def delete(planner: Planner, thread: Thread, _options: NoOptions) -> None:
    """删除主题: to the recycle bin. Counters and points of all its authors go back; points of posts
    older than `lossless_delete_after` stay (无损删除). Pointers to it go."""
    if thread.state is ThreadState.REDIRECT:
        planner.remove(thread)
        return
    planner.change(thread, state=ThreadState.RECYCLED, former_state=thread.state)
    since = planner.now - planner.site.settings.moderation.lossless_delete_after
    planner.take_back_points(
        select(Post.id).where(
            Post.thread_id == thread.id,
            Post.state == PostState.VISIBLE,
            Post.created_at >= since,
        )
    )
    planner.reverse_rule(f"thread:{thread.id}", "thread.digested")
    for pointer in planner.session.scalars(
        select(Thread).where(Thread.moved_to_id == thread.id).order_by(Thread.id)
    ):
        planner.remove(pointer)
    planner.tell(thread.author_id)


@action(
    "thread.restore", "Restore", "Undo the restoring",
    targets=TargetKind.THREAD, permission=May.DELETE, group=Group.REMOVE, family="thread.deletion",
    is_bulk=True, states=BINNED, icon="undo",
)  # fmt: skip
def restore(planner: Planner, thread: Thread, _options: NoOptions) -> None:
    """恢复: out of the recycle bin, as it was; exactly what the deletion took is given back."""
    planner.change(
        thread, state=ThreadState(thread.former_state or ThreadState.VISIBLE), former_state=None
    )
    planner.reverse(tuple(_taken_by_deletion(planner, thread.id)))
    planner.tell(thread.author_id)


@action(
    "thread.purge", "Delete for good", "",
    targets=TargetKind.THREAD, permission=May.PURGE, group=Group.REMOVE, family="thread.deletion",
    is_bulk=True, is_destructive=True, is_final=True, minds_rank=True, states=BINNED, icon="trash",
)  # fmt: skip
def purge(planner: Planner, thread: Thread, _options: NoOptions) -> None:
    """彻底删除: out of the recycle bin for good, with all posts. Nothing brings it back."""
    posts = planner.session.scalar(
        select(func.count()).select_from(Post).where(Post.thread_id == thread.id)
    )
    planner.purge(thread, posts or 0)


def _taken_by_deletion(planner: Planner, thread_id: int) -> Iterable[int]:
    """The transfers that the deletion that stands made for this thread."""
    entry_id = planner.session.scalar(
        select(ModLogEntry.id)
        .join(ModLogTarget, ModLogTarget.entry_id == ModLogEntry.id)
        .where(
            ModLogTarget.kind == TargetKind.THREAD,
            ModLogTarget.target_id == thread_id,
            ModLogEntry.action == delete.key,
            ModLogEntry.is_reversal.is_(False),
            ModLogEntry.undone_by_id.is_(None),
        )
        .order_by(ModLogEntry.id.desc())
        .limit(1)
    )
    if entry_id is None:  # it came recycled from an import
        return ()
    by_thread = planner.remembered(("taken", entry_id), lambda: _taken(planner, entry_id))
    found: Iterable[int] = by_thread.get(thread_id, ())
    return found


def _taken(planner: Planner, entry_id: int) -> dict[int, tuple[int, ...]]:
    """By thread; a deletion of a thousand threads is read once."""
    found: dict[int, tuple[int, ...]] = {}
    for coded in planner.session.scalars(
        select(ModLogEntry.effects).where(ModLogEntry.id == entry_id)
    ).one():
        if coded["do"] == "reverse_transfers":
            effect = decode(coded)
            assert isinstance(effect, ReverseTransfers)
            found[effect.target] = found.get(effect.target, ()) + effect.made
    return found
