"""Closing threads and opening them again."""

from forum.commands.moderation.planning import Planner
from forum.commands.moderation.registry import action
from forum.models import TargetKind, Thread, ThreadState
from forum.modlog.registry import Group, NoOptions
from forum.policies.permissions import May

SHOWN = frozenset({ThreadState.VISIBLE})


@action(
    "thread.close", "Close", "Undo closing",
    targets=TargetKind.THREAD, permission=May.CLOSE, group=Group.STATE, family="thread.closing",
    is_bulk=True, takes_expiry=True, minds_rank=True, states=SHOWN, icon="lock",
    fits=lambda _site, _actor, thread: not thread.is_closed,
    ends_by="thread.open", mark_columns=("is_closed",),
)  # fmt: skip
def close(planner: Planner, thread: Thread, _options: NoOptions) -> None:
    """关闭: nobody but moderators may reply."""
    planner.change(thread, is_closed=True)
    planner.tell(thread.author_id)


@action(
    "thread.open", "Open", "Undo opening",
    targets=TargetKind.THREAD, permission=May.CLOSE, group=Group.STATE, family="thread.closing",
    is_bulk=True, takes_expiry=True, states=SHOWN, icon="unlock",
    fits=lambda _site, _actor, thread: thread.is_closed,
    ends_by="thread.close",
)  # fmt: skip
def open_again(planner: Planner, thread: Thread, _options: NoOptions) -> None:
    """打开."""
    planner.change(thread, is_closed=False)
    planner.tell(thread.author_id)
