"""What becomes of a post that waits for approval: it is shown, put aside, or deleted.

commands/queue.py decides on many of them, and leaves alone what waits no longer.
"""

from forum.commands.moderation.planning import Planner, derive_last_post
from forum.commands.moderation.registry import action
from forum.commands.moderation.targets import PostTarget
from forum.commands.moderation.thread_deletion import plan_deletion
from forum.core.errors import Conflict
from forum.models import Post, PostState, TargetKind, ThreadState
from forum.modlog.registry import Group, NoOptions
from forum.points.reversals import last_rule_of
from forum.policies.permissions import May
from forum.queries.readership import is_read_by_all_of, pointers_to

SHOWN = frozenset({PostState.VISIBLE})
PENDING = frozenset({PostState.PENDING})
WAITING = frozenset({PostState.PENDING, PostState.IGNORED})
# What posts are paid by.
_RULES = ("thread.posted", "post.replied")
# An opening post waits together with its thread.
THREADS = frozenset({ThreadState.VISIBLE, ThreadState.PENDING, ThreadState.IGNORED})


@action(
    "post.approve", "Approve", "Undo the approval",
    targets=TargetKind.POST, permission=May.WORK_QUEUE, group=Group.POST, family="post.approval",
    is_bulk=True, states=WAITING, thread_states=THREADS, site_wide=True, icon="check",
    announces=True,
)  # fmt: skip
def approve(planner: Planner, target: PostTarget, _options: NoOptions) -> None:
    """通过: visible from now on, with its counters and points."""
    post, thread = target.post, target.thread
    _require_place(target)
    if post.floor == 1:
        planner.change(thread, state=ThreadState.VISIBLE)
        for pointer in planner.session.scalars(pointers_to(thread.id)):  # an edit was held
            if pointer.title != thread.title and is_read_by_all_of(
                planner.site, thread.board_id, pointer.board_id
            ):
                planner.derive(pointer, title=thread.title)
    planner.change(post, state=PostState.VISIBLE)
    pay_approved(planner, target)
    if post.floor > 1:
        shown: list[Post] = planner.remembered(("shown", thread.id), list)
        shown.append(post)
        derive_last_post(planner, thread, shown=shown)
    planner.tell(post.author_id)


@action(
    "post.hold", "Send to the queue", "Undo sending to the queue",
    targets=TargetKind.POST, permission=May.WORK_QUEUE, group=Group.POST, family="post.approval",
    is_bulk=True, minds_rank=True, states=SHOWN, icon="eye",
)  # fmt: skip
def hold(planner: Planner, target: PostTarget, _options: NoOptions) -> None:
    """待审: back to the queue; what the post was paid is taken back, until it is approved."""
    post, thread = target.post, target.thread
    if post.floor == 1:
        planner.change(thread, state=ThreadState.PENDING)
    planner.change(post, state=PostState.PENDING)
    for rule in _RULES:  # merged or split since, it was paid as what it is no longer
        planner.reverse_rule(f"post:{post.id}", rule)
    if post.floor > 1:
        hidden: set[int] = planner.remembered(("hidden", thread.id), set)
        hidden.add(post.id)
        derive_last_post(planner, thread, hidden=hidden)
    planner.tell(post.author_id)


def pay_approved(planner: Planner, target: PostTarget) -> None:
    """Pay what a post is paid when it is shown at last, or what it had been paid before it waited.

    Merged or split meanwhile, it is worth neither more nor less than what was taken back.
    """
    post, thread = target.post, target.thread
    subject = f"post:{post.id}"
    rule = last_rule_of(planner.session, subject, _RULES) or (
        "thread.posted" if post.floor == 1 else "post.replied"
    )
    planner.pay(
        rule,
        member_id=post.author_id,
        subject=subject,
        # Approved again after an undo, it is paid again: the thread has another version by then.
        once_key=f"{rule}:{post.id}:{thread.version}",
        board_id=thread.board_id,
    )


@action(
    "post.ignore", "Put aside", "Undo putting aside",
    targets=TargetKind.POST, permission=May.WORK_QUEUE, group=Group.POST, family="post.approval",
    is_bulk=True, minds_rank=True, states=PENDING, thread_states=THREADS, site_wide=True,
    icon="eye",
)  # fmt: skip
def ignore(planner: Planner, target: PostTarget, _options: NoOptions) -> None:
    """忽略: out of the queue, still seen by its author alone; it can be approved later."""
    _require_place(target)
    if target.post.floor == 1:
        planner.change(target.thread, state=ThreadState.IGNORED)
    planner.change(target.post, state=PostState.IGNORED)
    planner.tell(target.post.author_id)


@action(
    "post.delete_pending", "Delete unapproved posts", "Undo deleting unapproved posts",
    targets=TargetKind.POST, permission=May.WORK_QUEUE, group=Group.POST, family="post.approval",
    is_bulk=True, is_destructive=True, minds_rank=True, states=WAITING, thread_states=THREADS,
    site_wide=True, icon="trash", bins=frozenset({TargetKind.THREAD, TargetKind.POST}),
)  # fmt: skip
def delete_pending(planner: Planner, target: PostTarget, _options: NoOptions) -> None:
    """删除: to the recycle bin. The post itself has no points; those of a thread's replies go back."""
    _require_place(target)
    if target.post.floor == 1:
        plan_deletion(planner, target.thread)
    else:
        planner.change(target.post, state=PostState.RECYCLED)
    planner.tell(target.post.author_id)


def _require_place(target: PostTarget) -> None:
    """An opening post waits in a thread that waits; a reply waits in one that is shown.

    :raises Conflict: it is otherwise by now.
    """
    is_shown = target.thread.state is ThreadState.VISIBLE
    if is_shown is (target.post.floor == 1):
        raise Conflict("conflict")
