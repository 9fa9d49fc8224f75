"""What of a moderator's own threads and posts is as somebody of equal or higher rank put it?

One answer for the deed, its preview, and taking entries of the log back.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from forum.models import ModLogEntry, ModLogTarget, Post, TargetKind, Thread
from forum.modlog.registry import Action, action_of
from forum.policies.actor import Actor, Rank
from forum.policies.moderation import may_give_back_to_oneself
from forum.policies.verdict import ALLOWED, Verdict
from forum.queries.actors import ranks_of
from forum.queries.site import Site

# What an action decides on: it takes this from the author, or gives it back.
DECIDES: dict[str, frozenset[str]] = {
    "thread.close": frozenset({"closed"}),
    "thread.open": frozenset({"closed"}),
    "thread.sink": frozenset({"sunk"}),
    "thread.raise": frozenset({"sunk"}),
    "post.block": frozenset({"blocked"}),
    "post.warn": frozenset({"warned"}),
    "thread.delete": frozenset({"binned"}),
    "thread.purge": frozenset({"binned"}),
    "thread.restore": frozenset({"binned"}),  # to wait again, if it did
    "post.delete": frozenset({"binned"}),
    "post.delete_pending": frozenset({"binned"}),
    "member.clean": frozenset({"binned"}),
    "post.restore": frozenset({"binned", "waiting"}),  # shown, even if it waited
    "post.hold": frozenset({"waiting"}),
    "post.ignore": frozenset({"waiting"}),
    "post.approve": frozenset({"waiting"}),
    "thread.move": frozenset({"moved"}),
    "thread.merge": frozenset({"joined"}),
    "thread.split": frozenset({"joined"}),
}
# What would change besides: a post that waits is let go by way of the bin, and what is merged into
# another thread, or split off, is as open as that and stands where that does.
_CHANGES = {
    frozenset({"binned"}): frozenset({"binned", "waiting"}),
    frozenset({"waiting"}): frozenset({"binned", "waiting"}),
    frozenset({"joined"}): frozenset({"joined", "moved", "closed", "sunk"}),
}


@dataclass(frozen=True)
class OwnThing:
    """A thread or post of the actor's. A thread and its opening post share what was decided."""

    kind: TargetKind
    id: int
    thread_id: int | None  # of an opening post, or a thread: it
    opening_id: int | None  # of the same: the opening post
    created_at: datetime

    @property
    def keys(self) -> list[tuple[TargetKind, int]]:
        """Under what entries of the log name it."""
        found = {(self.kind, self.id)}
        if self.thread_id is not None:
            found.add((TargetKind.THREAD, self.thread_id))
        if self.opening_id is not None:
            found.add((TargetKind.POST, self.opening_id))
        return sorted(found)


def own_thread(thread: Thread) -> OwnThing:
    """A thread of the actor's."""
    return OwnThing(
        TargetKind.THREAD, thread.id, thread.id, thread.first_post_id, thread.created_at
    )


def own_post(post: Post, thread: Thread) -> OwnThing:
    """A post of the actor's."""
    return own_post_of(post.id, post.created_at, thread)


def own_post_of(post_id: int, created_at: datetime, thread: Thread) -> OwnThing:
    """The same, of which only this is known."""
    if thread.first_post_id == post_id:
        return OwnThing(TargetKind.POST, post_id, thread.id, post_id, created_at)
    return OwnThing(TargetKind.POST, post_id, None, None, created_at)


@dataclass(frozen=True)
class Decided:
    """By thing, what others decided on and the actor may not change, with the refusal."""

    verdicts: Mapping[tuple[TargetKind, int], Mapping[str, Verdict]]

    def on(self, thing: OwnThing, action: Action) -> Verdict:
        """May the actor do this to it, or take it back?"""
        held = self.verdicts.get((thing.kind, thing.id), {})
        refusals = [held[one] for one in sorted(changes_of(action)) if one in held]
        return max(refusals, key=lambda one: one.data["entry_id"], default=ALLOWED)


NOTHING_DECIDED = Decided({})


def changes_of(action: Action) -> frozenset[str]:
    """What must not stand decided by others, so that the action may be done to one's own things."""
    decides = DECIDES.get(action.key, frozenset())
    return _CHANGES.get(decides, decides)


def takes(action: Action, options: Mapping[str, Any], *, is_reversal: bool = False) -> bool:
    """Does an entry take something from the author, rather than give it back?"""
    does = (action.minds_rank or action.key == "member.clean") and not action.rests(options)
    return does is not is_reversal


def decided_by_others(
    s: Session, site: Site, actor: Actor, things: Collection[OwnThing]
) -> Decided:
    """What somebody of equal or higher rank took from the actor's things, and nobody gave back since.

    What the actor did to them later does not count: doing it again gives no right to lift it.
    Two statements at most; none for founders, who have nobody to appeal to.
    """
    if not things or actor.member_id is None or actor.rank is Rank.FOUNDER:
        return NOTHING_DECIDED
    by_key: dict[tuple[TargetKind, int], list[Any]] = {}
    rows = s.execute(
        select(
            ModLogTarget.kind, ModLogTarget.target_id, ModLogEntry.id, ModLogEntry.actor_id,
            ModLogEntry.action, ModLogEntry.options, ModLogEntry.is_reversal,
            ModLogEntry.created_at,
        )
        .join(ModLogEntry, ModLogEntry.id == ModLogTarget.entry_id)
        .where(
            _about(things, actor.member_id),
            ModLogTarget.undone_by_id.is_(None),
            ModLogEntry.actor_id.is_distinct_from(actor.member_id),
            ModLogEntry.action.in_(DECIDES),
        )
        .order_by(ModLogEntry.id)
    ).all()  # fmt: skip
    for row in rows:
        by_key.setdefault((row.kind, row.target_id), []).append(row)
    me = (TargetKind.MEMBER, actor.member_id)
    standing = {
        (one.kind, one.id): _standing(
            [
                *(row for key in one.keys for row in by_key.get(key, ())),
                *(row for row in by_key.get(me, ()) if row.created_at >= one.created_at),
            ]
        )
        for one in things
    }
    deciders = {
        row.actor_id
        for held in standing.values()
        for taken in held.values()
        for row in taken
        if row.actor_id is not None
    }
    ranks = ranks_of(s, site, deciders) if deciders else {}
    return Decided({key: _refusals(actor, held, ranks) for key, held in standing.items()})


def _about(things: Collection[OwnThing], member_id: int) -> ColumnElement[bool]:
    ids: dict[TargetKind, set[int]] = {TargetKind.MEMBER: {member_id}}
    for thing in things:
        for kind, key in thing.keys:
            ids.setdefault(kind, set()).add(key)
    return or_(
        *(
            and_(ModLogTarget.kind == kind, ModLogTarget.target_id.in_(sorted(found)))
            for kind, found in ids.items()
        )
    )


def _standing(rows: Collection[Any]) -> dict[str, list[Any]]:
    """By what they decide on, the entries that took it and that none gave back after."""
    found: dict[str, list[Any]] = {}
    for row in sorted(rows, key=lambda one: one.id):
        taking = takes(action_of(row.action), row.options, is_reversal=row.is_reversal)
        for what in DECIDES[row.action]:
            if taking:
                found.setdefault(what, []).append(row)
            else:
                found.pop(what, None)
    return found


def _refusals(
    actor: Actor, held: Mapping[str, Collection[Any]], ranks: Mapping[int, Rank]
) -> dict[str, Verdict]:
    refusals: dict[str, Verdict] = {}
    for what, rows in held.items():
        for row in rows:
            verdict = may_give_back_to_oneself(
                actor,
                entry_id=row.id,
                decider_id=row.actor_id,
                decider_rank=ranks.get(row.actor_id, Rank.MEMBER),
            )
            if not verdict:
                refusals[what] = verdict  # the newest, which an appeal is about
    return refusals
