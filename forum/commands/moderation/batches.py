"""An action on very many targets, or on a very long thread: a journal of short steps, one entry of
the log, one undo.

All targets are checked first. Each step is a transaction of its own, so that nobody waits long for
the database; a step that fails, or a process that dies, has the steps made taken back. Whoever calls
`run_batch` does the work: a request, or the job.
"""

import gc
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import sleep
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from forum.commands.moderation.batch_closing import close, effects_of
from forum.commands.moderation.batch_journal import Turn, turn_round
from forum.commands.moderation.batch_pace import Pace
from forum.commands.moderation.batch_pieces import lay_out, pieces_of
from forum.commands.moderation.batch_steps import (
    STEP_POSTS,
    STEP_TARGETS,
    advance,
    posts_of_members,
)
from forum.commands.moderation.batch_waiting import require_room
from forum.commands.moderation.conflicts import conflicts_in
from forum.commands.moderation.in_hand import held_by_batches, require_free, require_not_held
from forum.commands.moderation.perform import (
    checked_request,
    load_for,
    options_json,
    require_all,
)
from forum.commands.moderation.pieces import units_of
from forum.commands.moderation.record import checked_reason
from forum.commands.moderation.undo import (
    LoggedEntry,
    forget_entries,
    free_part,
    keep_entry,
    load_entry,
    lock_threads,
)
from forum.core.db import Database
from forum.core.errors import Conflict, Forbidden, ForumError
from forum.core.uow import UnitOfWork
from forum.models import ModBatch, TargetKind, Thread
from forum.modlog.effects import touched
from forum.modlog.registry import Action, Choice
from forum.policies.actor import Actor
from forum.policies.verdict import Refusal
from forum.queries.site import site_of
from forum.queries.undoing import undo_verdict

# A mark costs 1 to 5 ms a target, by the action and the database (measured with other work going on).
MOST_AT_ONCE = 200
WAIT_S, MOST_WAITS = 1.0, 30
_LONG_AGO = timedelta(days=1)


@dataclass(frozen=True)
class Size:
    """How much work an action is."""

    targets: int
    posts: int  # that move, appear or disappear
    is_divisible: bool = False  # one target, too, can be done in pieces

    @property
    def needs_steps(self) -> bool:
        """Too much for one transaction?"""
        if self.targets == 1:
            return self.is_divisible and self.posts > STEP_POSTS
        return self.targets > STEP_TARGETS or self.posts > STEP_POSTS

    def holds_a_request(self, *, most_posts: int) -> bool:
        """Would whoever asks for it wait for more than a second or so?"""
        return self.posts > most_posts or self.targets > MOST_AT_ONCE


def size_of(s: Session, action: Action, ids: Sequence[int], options: Any = None) -> Size:
    """How much work an action on these targets is. One statement per 500.

    :param options: they may name another thread, whose posts count too.
    """
    if not (action.is_destructive or action.is_long):
        return Size(len(ids), 0)
    if action.targets is TargetKind.POST:
        return Size(len(ids), len(ids))
    counted: Any = Thread.reply_count + 1
    model: Any = Thread
    if action.targets is TargetKind.MEMBER:
        posts = sum(posts_of_members(s, ids).values()) if action.locks_threads_first else 0
        return Size(len(ids), posts, action.is_long)
    every = [
        *ids,
        *(
            number
            for option in action.fields
            if option.choice is Choice.THREAD and (number := getattr(options, option.name, None))
        ),
    ]
    posts = 0
    for at in range(0, len(every), 500):
        part = every[at : at + 500]
        posts += (
            s.scalar(select(func.coalesce(func.sum(counted), 0)).where(model.id.in_(part))) or 0
        )
    return Size(len(ids), posts, action.is_long)


def is_much_to_undo(entry: LoggedEntry) -> bool:
    """Is taking it back, or a part of it, too much for one transaction?"""
    size = Size(
        len(entry.target_ids), units_of(entry.effects, entry.action.targets), entry.action.is_long
    )
    return entry.row.target_count > STEP_TARGETS or size.needs_steps


def start_batch(
    uow: UnitOfWork,
    actor: Actor,
    action: str,
    target_ids: Sequence[int],
    options: Any = None,
    *,
    reason: str = "",
    notifies: bool = False,
    expires_at: datetime | None = None,
    is_background: bool = False,
) -> int:
    """Check every target and note what is to be done. Nothing is done yet.

    :param is_background: the job may begin at once; else the caller does the work.
    :returns: the batch's id.
    :raises ForumError: as `perform`. :raises Invalid: "too_many_batches".
    """
    s, site = uow.session, site_of(uow.session)
    request = checked_request(
        site, actor, action, target_ids, options, reason=reason, notifies=notifies, expires_at=expires_at
    )  # fmt: skip
    targets = load_for(s, site, request)
    require_all(actor, site, request, targets, held=held_by_batches(s))
    boards = {thread.id: thread.board_id for thread in targets.threads}
    ordered = by_board((target.id for target in targets.found), boards)
    batch = new_batch(uow, actor, request.action.key, ordered, is_background)
    batch.options = options_json(request.action, request.options)
    batch.reason, batch.notifies = request.reason, request.notifies
    batch.expires_at = request.expires_at
    s.flush()  # batch.id
    require_room(uow, actor)
    return batch.id


def start_undo_batch(
    uow: UnitOfWork,
    actor: Actor,
    entry_id: int,
    *,
    partial: bool = False,
    only: Sequence[int] | None = None,
    reason: str = "",
    is_background: bool = False,
) -> int:
    """Like `undo`, in steps.

    :param only: of the targets, only these; without `partial`, all of them or none.
    :raises ForumError: as `undo`. :raises Invalid: "too_many_batches".
    """
    reason = checked_reason(actor, reason)
    with database_of(uow).read_session() as reader:
        targets = targets_to_undo(reader, actor, entry_id, partial=partial, only=only)
    batch_id = note_undo_batch(
        uow, actor, entry_id, targets, partial=partial, reason=reason, is_background=is_background
    )
    require_room(uow, actor)
    return batch_id


def note_undo_batch(
    uow: UnitOfWork,
    actor: Actor,
    entry_id: int,
    targets: tuple[int, ...],
    *,
    partial: bool = False,
    reason: str = "",
    is_background: bool = False,
) -> int:
    """Note what is to be undone, as `targets_to_undo` found it. Nothing is done yet.

    :returns: the batch's id.
    :raises Conflict: "already_undone".
    """
    s = uow.session
    entry = load_entry(s, entry_id, lock=True, only=())
    if entry.row.undone_by_id is not None:
        raise Conflict("already_undone")
    batch = new_batch(uow, actor, entry.action.key, targets, is_background)
    batch.options, batch.undoes_id, batch.is_partial = entry.row.options, entry.id, partial
    batch.reason = reason
    s.flush()  # batch.id
    return batch.id


def targets_to_undo(
    s: Session,
    actor: Actor,
    entry_id: int,
    *,
    partial: bool = False,
    only: Sequence[int] | None = None,
) -> tuple[int, ...]:
    """What an undo in steps is about; its parameters are those of `start_undo_batch`.

    Read before anything is written: comparing 20,000 posts takes longer than others should wait. Each
    step compares its own part again.
    :raises ForumError: as `undo`.
    """
    site = site_of(s)
    entry = load_entry(s, entry_id)
    if entry.row.undone_by_id is not None:
        raise Conflict("already_undone")
    undo_verdict(s, actor, site, entry, only=only).require()
    threads = lock_threads(s, entry.effects, lock=False)
    held = held_by_batches(s)
    require_free(threads, held=held)
    wanted = entry.target_ids if only is None else only
    require_not_held(s, held, entry.action.targets, wanted, touched(entry.effects)[1])
    found = conflicts_in(s, site, entry.action.targets, entry.id, entry.raw_effects)
    if only is not None:
        found = [one for one in found if one.target_id in only]
    if found and not partial:
        raise Conflict("undo_conflicts", entry_id=entry.id)
    targets = free_part(s, entry, found, only=only).target_ids
    if not targets:
        raise Conflict("nothing_to_undo", entry_id=entry.id)
    return by_board(targets, {thread.id: thread.board_id for thread in threads})


def by_board(target_ids: Iterable[int], boards: Mapping[int, int]) -> tuple[int, ...]:
    """In an order in which a step changes few boards: finding a board's last post takes its time."""
    return tuple(sorted(target_ids, key=lambda one: (boards.get(one, 0), one)))


def new_batch(
    uow: UnitOfWork, actor: Actor, action: str, ids: tuple[int, ...], is_background: bool
) -> ModBatch:
    """A batch of which nothing is done yet.

    :param actor: without a member, the schedule; guests are refused before.
    """
    batch = ModBatch(
        action=action,
        actor_id=actor.member_id,
        target_ids=list(ids),
        options={},
        address=uow.address,
        step_total=len(ids),
        created_at=uow.now,
        touched_at=uow.now - _LONG_AGO if is_background else uow.now,
    )
    uow.session.add(batch)
    return batch


def run_batch(open_unit: Callable[[], AbstractContextManager[UnitOfWork]], batch_id: int) -> Pace:
    """Do a whole batch, each step in a unit of work of its own.

    :returns: what the steps took.
    """
    turn, pace, waits = Turn.MORE, Pace(), 0
    with open_unit() as uow:
        database = database_of(uow)  # nothing is asked of it yet: no lock is taken
    try:
        with database.read_session() as s:
            undoes_id = s.scalar(select(ModBatch.undoes_id).where(ModBatch.id == batch_id))
            if undoes_id is not None:
                keep_entry(s, database, undoes_id)
        # Looking through everything the process holds takes 150 ms, and mostly fell into a step.
        gc.freeze()
        while turn is not Turn.DONE:
            with open_unit() as uow:
                uow.session.connection()  # waits for SQLite's lock: what others take is not counted
                # The actor's rights and the settings of now: a batch takes minutes.
                database.cache.refresh(uow.session)
                pace.begin()
                turn = advance(uow, batch_id, pace=pace)
            pace.end()
            waits = waits + 1 if turn is Turn.WAIT else 0
            if turn is Turn.PLAN:
                _plan(open_unit, database, batch_id)
                gc.freeze()
            elif turn is Turn.CLOSE:
                _close(open_unit, database, batch_id)
            elif turn is Turn.WAIT:
                _wait(open_unit, batch_id, waits)
    finally:
        gc.unfreeze()
        forget_entries(database)
    return pace


def _plan(
    open_unit: Callable[[], AbstractContextManager[UnitOfWork]], database: Database, batch_id: int
) -> None:
    """Divide what is in hand now. Reads for a second, so nothing is locked meanwhile."""
    try:
        with database.read_session() as s:
            pieces = pieces_of(s, batch_id)
    except ForumError as error:
        with open_unit() as uow:
            turn_round(uow, batch_id, error)
        return
    for part in pieces.parts():
        with open_unit() as uow:
            lay_out(uow, batch_id, part)


def _close(
    open_unit: Callable[[], AbstractContextManager[UnitOfWork]], database: Database, batch_id: int
) -> None:
    """All is made: say so in the log."""
    with database.read_session() as s:
        effects = effects_of(s, batch_id)
    try:
        with open_unit() as uow:
            close(uow, batch_id, effects)
    except ForumError as error:
        with open_unit() as uow:
            turn_round(uow, batch_id, error)


def _wait(
    open_unit: Callable[[], AbstractContextManager[UnitOfWork]], batch_id: int, waits: int
) -> None:
    """Another large action has a thread in hand: it will let go, but not for ever is waited for it."""
    if waits > MOST_WAITS:
        with open_unit() as uow:
            turn_round(uow, batch_id, Forbidden(Refusal.IN_HAND.value))
    else:
        sleep(WAIT_S)


def database_of(uow: UnitOfWork) -> Database:
    """The database of a unit of work."""
    database: Database = uow.session.info["database"]
    return database
