"""How is one very long target done? Taken in hand, planned without a lock, dealt out, made in pieces.

The effects are dealt out to small pieces (`pieces.py`) and laid out in the journal; a step then makes
as many of them together as fit into its time.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from forum.commands.moderation.appealed import require_answerer
from forum.commands.moderation.batch_journal import (
    Turn,
    actor_of,
    done_count,
    is_laid_out,
    locked_batch,
    request_of,
    waiting_pieces,
)
from forum.commands.moderation.batch_pace import Pace
from forum.commands.moderation.conflicts import conflicts_in
from forum.commands.moderation.in_hand import (
    held_by_batches,
    is_in_hand,
    let_go,
    require_free,
    require_not_held,
    take_in_hand,
)
from forum.commands.moderation.perform import (
    load_for,
    make_effects,
    plan_without_counts,
    require_all,
)
from forum.commands.moderation.pieces import PIECE_POSTS, divide, with_real_ids
from forum.commands.moderation.planning import Planner
from forum.commands.moderation.rows import current_values
from forum.commands.moderation.undo import (
    LoggedEntry,
    free_part,
    load_entry,
    lock_threads,
    undoing_without_counts,
)
from forum.commands.moderation.weights import counts_following
from forum.core.errors import Conflict
from forum.core.uow import UnitOfWork
from forum.models import BatchState, ModBatch, ModBatchStep, Post, TargetKind, Thread
from forum.modlog.effects import Change, Create, Effect, MovePosts, Purge, decode, encode, touched
from forum.modlog.registry import action_of
from forum.modlog.told import as_logged
from forum.policies.actor import Actor
from forum.queries.site import Site, site_of
from forum.queries.undoing import undo_verdict

# So many pieces are noted in one transaction.
LAID_OUT = 25


@dataclass(frozen=True)
class Pieces:
    """Pieces of a long target in their order, some or all of them."""

    target: int
    effects: list[list[Effect]]
    told: tuple[int, ...] | None  # whom it belongs to
    is_end: bool = True  # the last of them is the target's last

    def parts(self) -> "Iterator[Pieces]":
        """So many at a time that noting them takes no time."""
        for at in range(0, len(self.effects), LAID_OUT):
            part = self.effects[at : at + LAID_OUT]
            yield Pieces(self.target, part, self.told, at + len(part) == len(self.effects))


def take_target(uow: UnitOfWork, batch: ModBatch, actor: Actor, target: int) -> None:
    """Keep everybody else away from a long thread, and those that go with it."""
    s, site = uow.session, site_of(uow.session)
    if action_of(batch.action).targets is TargetKind.MEMBER:
        return  # that would be all threads of an account: each piece waits for its own
    if batch.undoes_id is not None:
        threads = lock_threads(s, load_entry(s, batch.undoes_id, only={target}).raw_effects)
        held = held_by_batches(s, batch.id)
        require_free(threads, batch.id, held)
        require_not_held(s, held, action_of(batch.action).targets, (target,), ())
    else:
        request = request_of(batch, (target,))
        targets = load_for(s, site, request, uow=uow)
        held = held_by_batches(s, batch.id)
        require_all(actor, site, request, targets, held=held, batch_id=batch.id)
        threads = targets.threads
    take_in_hand(s, batch, (thread.id for thread in threads))


def pieces_of(s: Session, batch_id: int) -> Pieces:
    """Plan what is in hand, and divide it. Reads only.

    :raises ForumError: it cannot be done.
    """
    batch, site = s.get_one(ModBatch, batch_id), site_of(s)
    target = batch.target_ids[done_count(s, batch)]
    if batch.undoes_id is not None:
        entry = standing_part(s, site, batch, entry_of(s, batch, (target,)))
        if not entry.target_ids:
            raise Conflict("undo_conflicts", entry_id=entry.id)
        require_right(s, site, batch, actor_of(s, batch, batch.touched_at), entry)
        return Pieces(target, divide(undoing_without_counts(s, entry), target), None)
    actor = actor_of(s, batch, batch.touched_at)
    request = request_of(batch, (target,))
    targets = load_for(s, site, request)
    held = held_by_batches(s, batch.id)
    require_all(actor, site, request, targets, held=held, batch_id=batch.id)
    planned = plan_without_counts(
        s, site, actor, request, targets, now=batch.touched_at, is_real=False
    )
    effects = [part for one in planned.effects for part in _spelled_out(s, one)]
    return Pieces(target, divide(effects, target), planned.told.get(target))


def entry_of(s: Session, batch: ModBatch, target_ids: tuple[int, ...]) -> LoggedEntry:
    """The entry that is undone, with the effects on these targets.

    :raises Conflict: somebody has undone it.
    """
    assert batch.undoes_id is not None
    entry = load_entry(s, batch.undoes_id, only=set(target_ids))
    if entry.row.undone_by_id is not None:
        raise Conflict("already_undone")
    return entry


def standing_part(s: Session, site: Site, batch: ModBatch, entry: LoggedEntry) -> LoggedEntry:
    """What of it nothing is in the way of; its threads are locked.

    :raises Conflict: something is, and the batch is not to leave it.
    """
    found = conflicts_in(s, site, entry.action.targets, entry.id, entry.raw_effects)
    if not batch.is_partial and found:
        raise Conflict("undo_conflicts", entry_id=entry.id)
    return free_part(s, entry, found)


def require_right(
    s: Session, site: Site, batch: ModBatch, actor: Actor, entry: LoggedEntry
) -> None:
    """May the actor still take this part of the entry back? The schedule always may.

    :raises Forbidden: the right is gone since the batch was started.
    """
    if batch.actor_id is None:
        return
    undo_verdict(s, actor, site, entry, only=entry.target_ids).require()
    require_answerer(s, site, batch, actor)


def _spelled_out(s: Session, effect: Effect) -> list[Effect]:
    """A thread that goes for good takes its posts along: they go before it, one by one."""
    if not isinstance(effect, Purge) or effect.table != "threads":
        return [effect]
    ids = s.scalars(select(Post.id).where(Post.thread_id == effect.id).order_by(Post.floor.desc()))
    return [*(Purge(effect.target, "posts", post_id, 1) for post_id in ids), effect]


def lay_out(uow: UnitOfWork, batch_id: int, pieces: Pieces) -> None:
    """Note pieces in the journal. None is made before the target's last is noted."""
    s = uow.session
    batch = locked_batch(uow, batch_id)
    if batch.state is not BatchState.RUNNING:
        return
    newest = s.scalar(
        select(ModBatchStep.number)
        .where(ModBatchStep.batch_id == batch_id)
        .order_by(ModBatchStep.number.desc())
        .limit(1)
    )
    last = len(pieces.effects) if pieces.is_end else 0
    s.execute(
        insert(ModBatchStep),
        [
            {
                "batch_id": batch_id,
                "number": (newest or 0) + number,
                "target_ids": [pieces.target] if number == last else [],
                "effects": [encode(one) for one in effects],
                "is_made": False,
                "is_undone": False,
            }
            for number, effects in enumerate(pieces.effects, 1)
        ],
    )
    if pieces.told is not None:
        batch.told = {**batch.told, str(pieces.target): as_logged(pieces.told)}


def make_pieces(uow: UnitOfWork, batch: ModBatch, pace: Pace) -> Turn:
    """Make as many of the pieces that wait as fit into a step. PLAN: they are not all laid out.

    The journal holds what they did together under the last of them.
    """
    s, batch_id, actor_id = uow.session, batch.id, batch.actor_id
    if not is_laid_out(s, batch_id):
        return Turn.PLAN
    pieces = waiting_pieces(s, batch_id, max(1, pace.units // PIECE_POSTS))
    numbers, is_end = [one.number for one in pieces], bool(pieces[-1].target_ids)
    effects = [decode(coded) for one in pieces for coded in one.effects]
    ids, is_new = _real_ids(uow, batch, effects)
    effects = with_real_ids(effects, ids)
    threads = lock_threads(s, effects)
    held = held_by_batches(s, batch_id)
    is_busy = any(is_in_hand(thread, batch_id) or held.holds_thread(thread) for thread in threads)
    is_busy = is_busy or held.holds_any(TargetKind.POST, touched(effects)[1])
    if is_busy and action_of(batch.action).targets is TargetKind.MEMBER:
        return Turn.WAIT
    require_free(threads, batch_id, held)
    _require_as_planned(s, effects)
    boards = {thread.id: thread.board_id for thread in threads}
    made = make_effects(uow, [*effects, *counts_following(s, effects)], actor_id, boards).effects
    for number in numbers:
        coded = [encode(one) for one in made] if number == numbers[-1] else []
        s.execute(
            update(ModBatchStep)
            .where(ModBatchStep.batch_id == batch_id, ModBatchStep.number == number)
            .values(is_made=True, effects=coded)
        )
    batch = s.get_one(ModBatch, batch_id, populate_existing=True)
    batch.step_count += len(numbers)
    if is_end:
        let_go(s, batch)
    elif is_new:
        take_in_hand(s, batch, ids.values())
    pace.did(len(numbers) * PIECE_POSTS)
    return Turn.MORE


def _require_as_planned(s: Session, effects: Sequence[Effect]) -> None:
    """What the pieces set is as it was when it was planned: an author may have edited the title.

    :raises Conflict: it is not.
    """
    by_columns: dict[tuple[str, tuple[str, ...]], list[Change]] = {}
    for effect in effects:
        if isinstance(effect, Change):
            by_columns.setdefault((effect.table, tuple(sorted(effect.before))), []).append(effect)
    for (table, columns), changes in by_columns.items():
        now = current_values(s, table, sorted({one.id for one in changes}), set(columns))
        if any(now.get(one.id) != {"id": one.id, **one.before} for one in changes):
            raise Conflict("conflict")


def _real_ids(
    uow: UnitOfWork, batch: ModBatch, effects: Sequence[Effect]
) -> tuple[dict[int, int], bool]:
    """Ids for the threads of the plan, which have ids below zero there; and whether they are new."""
    s = uow.session
    planned = [
        one.id
        for one in effects
        if isinstance(one, Create) and one.table == Thread.__tablename__ and one.id < 0
    ]
    if planned:
        planner = Planner(s, uow.now, site_of(s), actor_of(s, batch, uow.now), is_real=True)
        return {one: planner.next_id(Thread) for one in planned}, True
    named = {
        number
        for one in effects
        if isinstance(one, MovePosts)
        for number in (one.from_thread, one.to_thread)
        if number < 0
    }
    if not named:
        return {}, False
    made = _made_threads(s, batch.id)
    return dict(zip(sorted(named, reverse=True), made, strict=True)), False


def _made_threads(s: Session, batch_id: int) -> list[int]:
    """The threads the target's first pieces made."""
    numbers: list[int] = []
    for number, target_ids in s.execute(
        select(ModBatchStep.number, ModBatchStep.target_ids)
        .where(ModBatchStep.batch_id == batch_id, ModBatchStep.is_made)
        .order_by(ModBatchStep.number.desc())
    ):
        if target_ids:
            break
        numbers.append(number)
    for number in reversed(numbers):
        coded = s.scalar(
            select(ModBatchStep.effects).where(
                ModBatchStep.batch_id == batch_id, ModBatchStep.number == number
            )
        )
        found = [
            one["id"]
            for one in coded or ()
            if one["do"] == "create" and one["table"] == Thread.__tablename__
        ]
        if found:
            return found
    return []
