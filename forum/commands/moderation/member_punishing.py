"""Muting, banning and locking members, and letting them go."""

from dataclasses import dataclass

from forum.commands.moderation.planning import Planner
from forum.commands.moderation.post_warnings import punished
from forum.commands.moderation.registry import action
from forum.core.errors import Invalid
from forum.models import Member, MemberState, TargetKind
from forum.modlog.registry import Choice, Group, NoOptions, asked
from forum.policies.actor import BANNED_GROUP, MUTED_GROUP, PUNISHING_GROUPS, Rank
from forum.policies.permissions import May


@action(
    "member.mute", "Mute", "Undo muting",
    targets=TargetKind.MEMBER, permission=May.MUTE, group=Group.MEMBER, family="member.group",
    is_bulk=True, is_destructive=True, takes_expiry=True, icon="lock",
    ends_by="member.release", end_column="group_until", replaces_punishment=True,
)  # fmt: skip
def mute(planner: Planner, member: Member, _options: NoOptions) -> None:
    """禁止发言: reads, but posts nothing; comes back to the former group. In place of a ban only by who
    may ban: the ban would be over."""
    _punish(planner, member, MUTED_GROUP)


@action(
    "member.ban", "Ban", "Undo the ban",
    targets=TargetKind.MEMBER, permission=May.BAN, group=Group.MEMBER, family="member.group",
    is_bulk=True, is_destructive=True, takes_expiry=True, icon="lock",
    ends_by="member.release", end_column="group_until",
)  # fmt: skip
def ban(planner: Planner, member: Member, _options: NoOptions) -> None:
    """禁止访问: no page but the one that says so."""
    _punish(planner, member, BANNED_GROUP)


def _punish(planner: Planner, member: Member, group_id: int) -> None:
    planner.change(member, **punished(member, group_id, planner.until))
    planner.tell(member.id)


@action(
    "member.release", "Release", "Undo the release",
    targets=TargetKind.MEMBER, permission=May.MUTE, group=Group.MEMBER, family="member.group",
    is_bulk=True, icon="unlock", replaces_punishment=True,
    fits=lambda _site, _actor, member: member.group_id in PUNISHING_GROUPS,
)  # fmt: skip
def release(planner: Planner, member: Member, _options: NoOptions) -> None:
    """解除禁止: back to the former group, or the one the points give."""
    if member.group_id not in PUNISHING_GROUPS:
        raise Invalid("not_punished", field="ids")
    home = member.former_group_id or group_by_points(planner, member.total)
    planner.change(member, group_id=home, group_until=None, former_group_id=None)
    planner.tell(member.id)


def group_by_points(planner: Planner, total: int) -> int:
    """The step of the ladder a total stands on."""
    steps = planner.site.ladder
    return max(
        (step for step in steps if (step.points_from or 0) <= total),
        key=lambda step: step.points_from or 0,
        default=steps[0],
    ).id


@dataclass(frozen=True)
class LockOptions:
    locks: bool = asked("Lock the account", Choice.FLAG, True)


@action(
    "member.lock", "Lock", "Undo locking",
    targets=TargetKind.MEMBER, permission=May.BAN, group=Group.MEMBER, options=LockOptions,
    is_bulk=True, is_destructive=True, takes_expiry=True, least_rank=Rank.ADMINISTRATOR, icon="lock",
    ends_as=LockOptions(False),
    fits=lambda _site, _actor, member: member.state is not MemberState.UNCLAIMED,
)  # fmt: skip
def lock(planner: Planner, member: Member, options: LockOptions) -> None:
    """锁定: whoever logs in to the account is shown why, may appeal, and nothing else."""
    if member.state is MemberState.UNCLAIMED:
        raise Invalid("choice_unknown", field="locks")
    planner.change(member, state=MemberState.LOCKED if options.locks else MemberState.ACTIVE)
    planner.tell(member.id)


@dataclass(frozen=True)
class ClearOptions:
    avatar: bool = asked("Avatar", Choice.FLAG, False)
    signature: bool = asked("Signature", Choice.FLAG, False)
    title: bool = asked("Custom title", Choice.FLAG, False)


@action(
    "member.clear", "Clear profile parts", "Undo the clearing",
    targets=TargetKind.MEMBER, permission=May.EDIT_MEMBER, group=Group.MEMBER,
    options=ClearOptions, is_bulk=True, is_destructive=True, icon="user",
    fits=lambda _site, _actor, member: bool(member.avatar or member.signature or member.custom_title),
)  # fmt: skip
def clear(planner: Planner, member: Member, options: ClearOptions) -> None:
    """清理: the drawn avatar, no signature, no title of their own."""
    if options.avatar:
        planner.change(member, avatar="")
    if options.signature:
        planner.change(member, signature="", signature_html="")
    if options.title:
        planner.change(member, custom_title="")
    planner.tell(member.id)
