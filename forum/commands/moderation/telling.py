"""Who is told of a moderator's action, and of its undo? The owners of what it was done to, once each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import null, select
from sqlalchemy.orm import Session

from forum.commands.moderation.targets import Target, author_of
from forum.commands.notices import notify
from forum.core.uow import UnitOfWork
from forum.models import Member, ModLogEntry, Post, TargetKind, Thread
from forum.modlog.told import as_logged, as_told
from forum.policies.actor import Actor
from forum.queries.punishments import WARNING, mutes_by_warnings


@dataclass(frozen=True)
class Told:
    """A member to be told of a target of theirs."""

    member_id: int
    target_id: int
    title: str
    thread_id: int | None


@dataclass(frozen=True)
class Granted:
    """An appeal that an undo grants: whose it is, and what the staff answered."""

    appeal_id: int
    member_id: int
    answer: str


def told_otherwise(
    targets: Sequence[Target], told: Mapping[int, tuple[int, ...]]
) -> dict[str, int | list[int]]:
    """Where not the author is told, but somebody else, several, or nobody: as `as_logged`, by target.

    The log keeps it: of 1,000 targets it is mostly none.
    """
    return {
        str(one.id): as_logged(told.get(one.id, ()))
        for one in targets
        if told.get(one.id, ()) != as_told(author_of(one))
    }


def owners_told(s: Session, row: ModLogEntry, target_ids: Sequence[int]) -> list[Told]:
    """Who is told of an entry of the log, of these targets of it; of its undo it is the same ones.

    At most one statement.
    """
    if not row.options.get("notified"):
        return []
    kind = row.target_kind
    wanted: Any
    if kind is TargetKind.THREAD:
        wanted = select(Thread.author_id, Thread.id, Thread.title, Thread.id)
        wanted = wanted.where(Thread.id.in_(target_ids)).order_by(Thread.id)
    elif kind is TargetKind.POST:
        wanted = select(Post.author_id, Post.id, Thread.title, Thread.id)
        wanted = wanted.join(Thread, Thread.id == Post.thread_id)
        wanted = wanted.where(Post.id.in_(target_ids)).order_by(Post.id)
    elif kind is TargetKind.MEMBER:
        wanted = select(Member.id, Member.id, Member.name, null())
        wanted = wanted.where(Member.id.in_(target_ids)).order_by(Member.id)
    else:
        return []
    said = row.options.get("told", {})
    owners = [Told(*found) for found in s.execute(wanted)]
    return [
        replace(one, member_id=member_id)
        for one in owners
        for member_id in as_told(said.get(str(one.target_id), one.member_id))
    ]


def tell_owners(
    uow: UnitOfWork,
    actor: Actor | None,
    told: Sequence[Told],
    *,
    action: str,
    reason: str,
    entry_id: int,
    is_reversal: bool = False,
    granted: Granted | None = None,
) -> None:
    """Send each owner one notice, however many of their things are among the targets.

    The title is the member's own; where a thread was brought to is not said.
    :param granted: the appeal that is why; its answer is for who appealed, in place of the reason, which
        is but the appeal's number.
    """
    warned = [entry_id] if action == WARNING and not is_reversal and told else []
    mutes = mutes_by_warnings(uow.session, warned).get(entry_id, {})
    by_member: dict[int, list[Told]] = {}
    for one in told:
        by_member.setdefault(one.member_id, []).append(one)
    for member_id, ones in sorted(by_member.items()):
        data: dict[str, Any] = {
            "action": action,
            "title": ones[0].title,
            "count": len(ones),
            **_why(reason, granted, member_id),
            "entry_id": entry_id,
            "is_reversal": is_reversal,
            **({"muted_until": mutes[member_id]} if member_id in mutes else {}),
        }
        notify(
            uow,
            "moderated",
            member_ids=[member_id],
            actor=actor,
            thread_id=ones[0].thread_id,
            data=data,
        )


def _why(reason: str, granted: Granted | None, member_id: int) -> dict[str, Any]:
    if granted is None:
        return {"reason": reason}
    is_own = member_id == granted.member_id
    return {
        "reason": "",
        "appeal": "own" if is_own else "other",
        "answer": granted.answer if is_own else "",
    }
