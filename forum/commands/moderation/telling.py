"""Who is told of a moderator's action? The owners of what it was done to, once each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from forum.commands.notices import notify
from forum.core.uow import UnitOfWork
from forum.policies.actor import Actor


@dataclass(frozen=True)
class Told:
    """A member to be told of a target of theirs."""

    member_id: int
    target_id: int
    title: str
    thread_id: int | None


def tell_owners(
    uow: UnitOfWork,
    actor: Actor | None,
    told: Sequence[Told],
    *,
    action: str,
    reason: str,
    entry_id: int,
    is_reversal: bool = False,
) -> None:
    """Send each owner one notice, however many of their things are among the targets.

    The title is the member's own; where a thread was brought to is not said.
    """
    by_member: dict[int, list[Told]] = {}
    for one in told:
        by_member.setdefault(one.member_id, []).append(one)
    for member_id, ones in sorted(by_member.items()):
        data: dict[str, Any] = {
            "action": action,
            "title": ones[0].title,
            "count": len(ones),
            "reason": reason,
            "entry_id": entry_id,
            "is_reversal": is_reversal,
        }
        notify(
            uow,
            "moderated",
            member_ids=[member_id],
            actor=actor,
            thread_id=ones[0].thread_id,
            data=data,
        )
