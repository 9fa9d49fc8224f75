"""What happens at an end date? The schedule takes the entry back through the same inverse."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, select, update
from sqlalchemy.orm import Session

from forum.commands.moderation.conflicts import HOLDS_A_DIGEST, conflicts_in
from forum.commands.moderation.perform import Request, load_for, logged, make, plan
from forum.commands.moderation.record import record
from forum.commands.moderation.undo import LoggedEntry, load_entry, undo
from forum.commands.points import recompute_total
from forum.core.cache import CacheName
from forum.core.uow import UnitOfWork
from forum.models import Member, ModLogEntry, ModLogTarget, Thread
from forum.modlog.effects import Change, Effect
from forum.modlog.registry import Action, action_of
from forum.policies.actor import Actor, Rank
from forum.policies.permissions import PERMISSIONS
from forum.queries.site import site_of

MOST = 200


# What a digest was paid a deletion or a merge holds: its end waits until the thread is back.
_WAITING_IN_THE_BIN = and_(
    ModLogEntry.action == "thread.digest",
    select(Thread.id)
    .where(Thread.id == ModLogTarget.target_id, Thread.state.in_(HOLDS_A_DIGEST))
    .exists(),
)


@dataclass(frozen=True)
class Due:
    """An entry whose end date has come, and the targets it still counts on."""

    entry_id: int
    target_ids: tuple[int, ...]


def due_entries(s: Session, now: datetime) -> list[Due]:
    """What the schedule has to take back, oldest first. One statement."""
    rows = s.execute(
        select(ModLogTarget.entry_id, ModLogTarget.target_id)
        .join(ModLogEntry, ModLogEntry.id == ModLogTarget.entry_id)
        .where(
            ModLogEntry.expires_at <= now,
            ModLogTarget.undone_by_id.is_(None),
            ModLogEntry.is_reversal.is_(False),
            ModLogTarget.superseded_by_id.is_(None),
            ~_WAITING_IN_THE_BIN,
        )
        .order_by(ModLogTarget.entry_id, ModLogTarget.target_id)
        .limit(MOST * 10)
    )
    found: dict[int, list[int]] = {}
    for entry_id, target_id in rows:
        found.setdefault(entry_id, []).append(target_id)
    return [Due(entry_id, tuple(ids)) for entry_id, ids in list(found.items())[:MOST]]


def end_entry(uow: UnitOfWork, due: Due) -> bool:
    """Take back what an entry did, where it still stands; where it does not, it counts no longer.

    A target the entry changed nothing of (it was sticky already and got an end date), or nothing but
    its end (muted already), goes to the action's resting state: taking that back would leave it in
    the other one for ever.

    :returns: whether anything changed.
    """
    s, site = uow.session, site_of(uow.session)
    entry = load_entry(s, due.entry_id, lock=True)
    if entry.row.undone_by_id is not None:
        return False
    blocked = {
        one.target_id
        for one in conflicts_in(s, site, entry.action.targets, entry.id, entry.raw_effects)
    }
    touched = {one.target for one in entry.effects if not _sets_the_end(entry.action, one)}
    resting = [one for one in due.target_ids if one not in touched and one not in blocked]
    undone = [one for one in due.target_ids if one in touched and one not in blocked]
    _give_up(s, entry.id, [one for one in due.target_ids if one not in undone])
    if undone:
        undo(uow, None, entry.id, partial=True, only=undone)
    if resting and entry.action.has_rest:
        _rest(uow, entry, resting)
    return bool(undone or resting)


def return_members(uow: UnitOfWork) -> int:
    """Bring members back whose group was for a time and no entry of the log says so: muted by
    warnings, put somewhere in the control panel. Their points place them anew.

    :returns: how many came back.
    """
    s = uow.session
    due = s.scalars(
        select(Member)
        .where(Member.group_until <= uow.now, Member.former_group_id.is_not(None))
        .order_by(Member.id)
        .limit(MOST)
        .with_for_update(key_share=True)
    ).all()
    for member in due:
        assert member.former_group_id is not None
        member.group_id = member.former_group_id
        member.group_until = member.former_group_id = None
    s.flush()  # the groups, before totals decide about the ladder
    for member in due:
        recompute_total(uow, member.id)
    if due:
        uow.bump(CacheName.SITE)
    return len(due)


def _sets_the_end(action: Action, effect: Effect) -> bool:
    return isinstance(effect, Change) and set(effect.after) == {action.end_column}


def _give_up(s: Session, entry_id: int, target_ids: Sequence[int]) -> None:
    if target_ids:
        s.execute(
            update(ModLogTarget)
            .where(ModLogTarget.entry_id == entry_id, ModLogTarget.target_id.in_(target_ids))
            .values(superseded_by_id=entry_id)
            .execution_options(synchronize_session=False)
        )


def _rest(uow: UnitOfWork, entry: LoggedEntry, target_ids: Sequence[int]) -> None:
    s, site = uow.session, site_of(uow.session)
    action = action_of(entry.action.ends_by or entry.action.key)
    options = entry.action.ends_as if entry.action.ends_as is not None else action.options()
    request = Request(action, tuple(target_ids), options)
    targets = load_for(s, site, request, uow=uow)
    schedule = _schedule(uow.now)
    planned = plan(s, site, schedule, request, targets, now=uow.now, is_real=True)
    if planned.effects:
        what = logged(schedule, planned)
        record(uow, what.with_effects(make(uow, planned, schedule).effects))


def _schedule(now: datetime) -> Actor:
    """The schedule is nobody, with every right."""
    everything = {key: max(one.defaults.values()) for key, one in PERMISSIONS.items()}
    return Actor(now=now, rank=Rank.FOUNDER, permissions=everything)
