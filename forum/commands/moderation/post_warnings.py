"""Warnings: so many within the window mute the author for a while."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from forum.commands.moderation.planning import Planner
from forum.commands.moderation.registry import action
from forum.commands.moderation.targets import PostTarget
from forum.models import Member, PostState, PostWarning, TargetKind
from forum.modlog.registry import Choice, Group, asked
from forum.policies.actor import MUTED_GROUP, PUNISHING_GROUPS
from forum.policies.permissions import May


@dataclass(frozen=True)
class WarnOptions:
    warns: bool = asked("Warn the author", Choice.FLAG, True)


@action(
    "post.warn", "Warn", "Undo the warning",
    targets=TargetKind.POST, permission=May.WARN, group=Group.POST, options=WarnOptions,
    is_bulk=True, minds_rank=True, states=frozenset({PostState.VISIBLE}), icon="warning",
    also_permission=May.BLOCK_POST,
    ends_as=WarnOptions(False),
)  # fmt: skip
def warn(planner: Planner, target: PostTarget, options: WarnOptions) -> None:
    """警告, 解除警告. Each warning that is one too many within the window mutes the author, or for longer
    where that was to end before; Discuz! asks for the right to block as well."""
    post = target.post
    if post.is_warned == options.warns:
        return
    planner.change(post, is_warned=options.warns)
    planner.tell(post.author_id)
    if not options.warns:
        for given in planner.session.scalars(
            select(PostWarning).where(PostWarning.post_id == post.id).order_by(PostWarning.id)
        ):
            planner.remove(given)
        return
    planner.create(
        PostWarning,
        post_id=post.id,
        member_id=post.author_id,
        actor_id=planner.actor.member_id,
        reason=planner.reason,
        created_at=planner.now,
    )
    _mute_after_too_many(planner, post.author_id)


def _mute_after_too_many(planner: Planner, author_id: int) -> None:
    settings = planner.site.settings.moderation
    before: int = planner.remembered(
        ("warnings", author_id),
        lambda: (
            planner.session.scalar(
                select(func.count())
                .select_from(PostWarning)
                .where(
                    PostWarning.member_id == author_id,
                    PostWarning.created_at > planner.now - settings.warning_window,
                )
            )
            or 0
        ),
    )
    given: list[int] = planner.remembered(("given", author_id), list)
    given.append(planner.target_id)
    if before + len(given) < settings.warning_limit:
        return
    author = planner.session.get(Member, author_id)
    until = planner.now + settings.warning_mute
    if author is None or _is_punished_until(author, until):
        return
    muted: set[int] = planner.remembered("muted", set)
    if author_id not in muted:  # by another of these warnings
        muted.add(author_id)
        planner.change(author, **punished(author, MUTED_GROUP, until))


def _is_punished_until(member: Member, until: datetime) -> bool:
    """Banned, or muted as long as that or longer already: the later end counts."""
    if member.group_id != MUTED_GROUP:
        return member.group_id in PUNISHING_GROUPS
    return member.group_until is None or member.group_until >= until


def punished(member: Member, group_id: int, until: Any) -> dict[str, Any]:
    """The columns that put a member into a punishing group, and say where they come back to."""
    former = member.former_group_id or member.group_id
    return {"group_id": group_id, "group_until": until, "former_group_id": former}
