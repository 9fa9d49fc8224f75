"""Deleting replies and restoring them, hiding their text, pinning them on top of the thread."""

from dataclasses import dataclass

from sqlalchemy import select

from forum.commands.moderation.deletions import taken_from_post
from forum.commands.moderation.planning import Planner, derive_last_post
from forum.commands.moderation.post_queue import pay_approved
from forum.commands.moderation.registry import action
from forum.commands.moderation.targets import PostTarget
from forum.core.errors import Invalid
from forum.models import Post, PostState, TargetKind
from forum.modlog.registry import Choice, Group, NoOptions, asked
from forum.policies.permissions import May

SHOWN = frozenset({PostState.VISIBLE})
BINNED = frozenset({PostState.RECYCLED})


@action(
    "post.delete", "Delete posts", "Undo the deletion of posts",
    targets=TargetKind.POST, permission=May.DELETE, group=Group.POST, family="post.deletion",
    is_bulk=True, is_destructive=True, minds_rank=True, states=SHOWN, icon="trash",
    many_permission=May.BATCH_DELETE, bins=frozenset({TargetKind.POST}),
    fits=lambda _site, _actor, post: post.floor > 1,
)  # fmt: skip
def delete(planner: Planner, target: PostTarget, _options: NoOptions) -> None:
    """删除: the floor stays empty; counters and points go back."""
    post = target.post
    if post.floor == 1:
        raise Invalid("opening_post", field="ids")
    hidden: set[int] = planner.remembered(("hidden", target.thread.id), set)
    hidden.add(post.id)
    planner.change(post, state=PostState.RECYCLED)
    since = planner.now - planner.site.settings.moderation.lossless_delete_after
    planner.take_back_points(select(Post.id).where(Post.id == post.id, Post.created_at >= since))
    derive_last_post(planner, target.thread, hidden=hidden)
    planner.tell(post.author_id)


@action(
    "post.restore", "Restore posts", "Undo the restoring of posts",
    targets=TargetKind.POST, permission=May.DELETE, group=Group.POST, family="post.deletion",
    is_bulk=True, states=BINNED, icon="undo", unbins=frozenset({TargetKind.POST}),
)  # fmt: skip
def restore(planner: Planner, target: PostTarget, _options: NoOptions) -> None:
    """恢复: visible at its floor again; what its deletion took is given back, and what was deleted out
    of the queue is paid as if it had been approved."""
    post = target.post
    shown: list[Post] = planner.remembered(("shown", target.thread.id), list)
    shown.append(post)
    planner.change(post, state=PostState.VISIBLE)
    taken = taken_from_post(planner, post, delete.key)
    planner.reverse(taken.transfer_ids)
    if taken.was_waiting:
        pay_approved(planner, target)
    derive_last_post(planner, target.thread, shown=shown)
    planner.tell(post.author_id)


@dataclass(frozen=True)
class BlockOptions:
    blocks: bool = asked("Block the text", Choice.FLAG, True)


@action(
    "post.block", "Block", "Undo blocking",
    targets=TargetKind.POST, permission=May.BLOCK_POST, group=Group.POST, options=BlockOptions,
    is_bulk=True, takes_expiry=True, minds_rank=True, states=SHOWN, icon="eye",
    ends_as=BlockOptions(False),
)  # fmt: skip
def block(planner: Planner, target: PostTarget, options: BlockOptions) -> None:
    """屏蔽, 解除屏蔽: only the staff read the text."""
    planner.change(target.post, is_blocked=options.blocks)
    planner.tell(target.post.author_id)


@dataclass(frozen=True)
class PinOptions:
    pins: bool = asked("Pin on top", Choice.FLAG, True)


@action(
    "post.pin", "Pin the reply", "Undo pinning the reply",
    targets=TargetKind.POST, permission=May.PIN_REPLY, group=Group.POST, options=PinOptions,
    is_bulk=True, takes_expiry=True, states=SHOWN, icon="pin", ends_as=PinOptions(False),
    fits=lambda _site, _actor, post: post.floor > 1,
)  # fmt: skip
def pin(planner: Planner, target: PostTarget, options: PinOptions) -> None:
    """置顶回复: below the opening post on the first page, too."""
    if target.post.floor == 1:
        raise Invalid("opening_post", field="ids")
    planner.change(target.post, is_sticky=options.pins)
    planner.tell(target.post.author_id)
