"""What happens at an end date? The schedule takes the entry back through the same inverse; a large one
in steps, as a moderator would.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, or_, select, update
from sqlalchemy.orm import Session

from forum.commands.moderation.batch_journal import schedule_actor
from forum.commands.moderation.batches import by_board, database_of, is_much_to_undo, new_batch
from forum.commands.moderation.conflicts import HOLDS_A_DIGEST, conflicts_in
from forum.commands.moderation.in_hand import held_by_batches, require_free, require_not_held
from forum.commands.moderation.perform import (
    Request,
    load_for,
    logged,
    make,
    options_json,
    plan,
    plan_without_counts,
)
from forum.commands.moderation.record import record
from forum.commands.moderation.targets import Targets
from forum.commands.moderation.undo import LoggedEntry, load_entry, lock_threads, undo
from forum.commands.points import recompute_total
from forum.core.cache import CacheName
from forum.core.errors import NotFound
from forum.core.uow import UnitOfWork
from forum.models import (
    BatchState,
    Member,
    ModBatch,
    ModLogEntry,
    ModLogTarget,
    Thread,
)
from forum.modlog.effects import Change, Effect, touched
from forum.modlog.registry import Action, action_of
from forum.queries.site import site_of

MOST = 200
# An end that crashed is tried again when somebody may have mended what it crashed of.
AGAIN_AFTER = timedelta(days=1)
_CRASHED = ("batch_crashed", "batch_left")


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


def due_entries(s: Session, now: datetime, *, after: int = 0) -> list[Due]:
    """What the schedule has to take back, oldest first, but what is at work already. One statement.

    :param after: only entries of higher ids: those up to it were tried.
    """
    at_work = select(ModBatch.id).where(
        ModBatch.ends_id == ModLogEntry.id,
        or_(
            ModBatch.state.in_((BatchState.RUNNING, BatchState.UNDOING)),
            and_(
                ModBatch.state == BatchState.FAILED,
                ModBatch.error.in_(_CRASHED),
                ModBatch.finished_at > now - AGAIN_AFTER,
            ),
        ),
    )
    rows = s.execute(
        select(ModLogTarget.entry_id, ModLogTarget.target_id)
        .join(ModLogEntry, ModLogEntry.id == ModLogTarget.entry_id)
        .where(
            ModLogEntry.expires_at <= now,
            ModLogEntry.id > after,
            ModLogTarget.undone_by_id.is_(None),
            ModLogEntry.is_reversal.is_(False),
            ModLogTarget.superseded_by_id.is_(None),
            ~_WAITING_IN_THE_BIN,
            ~at_work.exists(),
        )
        .order_by(ModLogTarget.entry_id, ModLogTarget.target_id)
        .limit(MOST * 10)
    ).all()
    found: dict[int, list[int]] = {}
    for entry_id, target_id in rows:
        found.setdefault(entry_id, []).append(target_id)
    if len(rows) == MOST * 10 and len(found) > 1:
        found.popitem()  # more of its targets may follow; an entry ends as one
    return [Due(entry_id, tuple(ids)) for entry_id, ids in list(found.items())[:MOST]]


@dataclass(frozen=True)
class _Ending:
    """What becomes of the targets of an entry that are due."""

    undone: list[int]
    resting: list[int]

    def given_up(self, due: Due) -> list[int]:
        return sorted(set(due.target_ids) - set(self.undone) - set(self.resting))


def end_entry(uow: UnitOfWork, due: Due) -> bool:
    """Take back what an entry did, where it still stands; where it does not, it counts no longer.

    A target the entry changed nothing of (it was sticky already and got an end date), or nothing but
    its end (muted already), goes to the action's resting state: taking that back would leave it in
    the other one for ever. What is too much for one transaction is left to batches of the schedule.

    :returns: whether anything changed, or will.
    :raises Forbidden: a large action has one of the targets in hand.
    """
    with database_of(uow).read_session() as reader:  # nothing is locked yet
        try:
            entry = load_entry(reader, due.entry_id)
        except NotFound:
            pass  # made in this unit of work
        else:
            if is_much_to_undo(entry):
                return _end_in_steps(uow, reader, entry, due)
    s = uow.session
    entry = load_entry(s, due.entry_id, lock=True)
    if entry.row.undone_by_id is not None:
        return False
    ending = _ending(s, entry, due)
    _give_up(s, entry.id, [one for one in due.target_ids if one not in ending.undone])
    if ending.undone:
        undo(uow, None, entry.id, partial=True, only=ending.undone)
    if ending.resting:
        _rest(uow, entry, ending.resting)
    return bool(ending.undone or ending.resting)


def _ending(s: Session, entry: LoggedEntry, due: Due) -> _Ending:
    """Reads only.

    :raises Forbidden: a large action has one of the targets in hand.
    """
    if held := held_by_batches(s):
        require_free(lock_threads(s, entry.effects, lock=False), held=held)
        require_not_held(s, held, entry.action.targets, due.target_ids, touched(entry.effects)[1])
    blocked = {
        one.target_id
        for one in conflicts_in(s, site_of(s), entry.action.targets, entry.id, entry.raw_effects)
    }
    changed = {one.target for one in entry.effects if not _sets_the_end(entry.action, one)}
    free = [one for one in due.target_ids if one not in blocked]
    undone = [one for one in free if one in changed]
    resting = [one for one in free if one not in changed] if entry.action.has_rest else []
    return _Ending(undone, resting)


def _end_in_steps(uow: UnitOfWork, reader: Session, entry: LoggedEntry, due: Due) -> bool:
    ending = _ending(reader, entry, due)
    threads = lock_threads(reader, entry.effects, lock=False)
    boards = {thread.id: thread.board_id for thread in threads}
    resting: tuple[int, ...] = ()
    if ending.resting:
        request = _request_of_rest(entry, ending.resting)
        targets = load_for(reader, site_of(reader), request, skips_gone=True)
        boards.update((thread.id, thread.board_id) for thread in targets.threads)
        resting = by_board(_restless(reader, request, targets, uow.now), boards)
    s = uow.session
    row = load_entry(s, entry.id, lock=True, only=()).row
    if row.undone_by_id is not None:
        return False
    schedule = schedule_actor(uow.now)
    left = [*ending.given_up(due), *(one for one in ending.resting if one not in set(resting))]
    _give_up(s, entry.id, left)
    if ending.undone:
        undoing = new_batch(
            uow, schedule, entry.action.key, by_board(ending.undone, boards), is_background=True
        )
        undoing.options, undoing.undoes_id, undoing.is_partial = row.options, entry.id, True
        undoing.ends_id = entry.id
    if resting:
        bringing = new_batch(uow, schedule, request.action.key, resting, is_background=True)
        bringing.options = options_json(request.action, request.options)
        bringing.ends_id = entry.id
    return bool(ending.undone or resting)


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


def _request_of_rest(entry: LoggedEntry, target_ids: Sequence[int]) -> Request:
    action = action_of(entry.action.ends_by or entry.action.key)
    options = entry.action.ends_as if entry.action.ends_as is not None else action.options()
    return Request(action, tuple(target_ids), options)


def _restless(s: Session, request: Request, targets: Targets, now: datetime) -> list[int]:
    """Those that are not at rest yet. Reads only."""
    planned = plan_without_counts(
        s, site_of(s), schedule_actor(now), request, targets, now=now, is_real=False
    )
    return sorted({one.target for one in planned.effects})


def _rest(uow: UnitOfWork, entry: LoggedEntry, target_ids: Sequence[int]) -> None:
    s, site = uow.session, site_of(uow.session)
    request = _request_of_rest(entry, target_ids)
    targets = load_for(s, site, request, uow=uow, skips_gone=True)
    if not targets.found:
        return
    schedule = schedule_actor(uow.now)
    planned = plan(s, site, schedule, request, targets, now=uow.now, is_real=True)
    if planned.effects:
        what = logged(schedule, planned)
        record(uow, what.with_effects(make(uow, planned, schedule).effects))
