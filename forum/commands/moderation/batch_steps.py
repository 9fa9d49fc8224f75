"""What is one step of a batch? A few targets, or a piece of a very long one; forward, or back."""

from collections.abc import Sequence

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from forum.commands.moderation.batch_back import take_a_step_back
from forum.commands.moderation.batch_closing import close_further
from forum.commands.moderation.batch_journal import (
    Turn,
    actor_of,
    done_count,
    drop_waiting,
    locked_batch,
    request_of,
    turn_round,
    waiting_pieces,
)
from forum.commands.moderation.batch_pace import TARGET_UNITS, Pace
from forum.commands.moderation.batch_pieces import (
    entry_of,
    make_pieces,
    require_right,
    standing_part,
    take_target,
)
from forum.commands.moderation.in_hand import held_by_batches, require_free, require_not_held
from forum.commands.moderation.perform import (
    load_for,
    make,
    make_effects,
    plan,
    require_all,
    require_untouched,
)
from forum.commands.moderation.pieces import units_of
from forum.commands.moderation.telling import told_otherwise
from forum.commands.moderation.undo import load_entry, lock_threads, undoing_effects
from forum.core.errors import ForumError
from forum.core.uow import UnitOfWork
from forum.models import BatchState, Member, ModBatch, ModBatchStep, TargetKind, Thread
from forum.modlog.effects import Effect, encode, touched
from forum.modlog.registry import Action, action_of
from forum.policies.actor import Actor
from forum.policies.verdict import Refusal
from forum.queries.site import site_of

# What is done in one transaction, without a batch.
STEP_TARGETS = 10
STEP_POSTS = 200
# A target of a batch that is longer is done in pieces.
LONG_POSTS = 100


def advance(uow: UnitOfWork, batch_id: int, *, pace: Pace | None = None) -> Turn:
    """Make the next step of a batch. A refusal turns it round: the steps made are taken back.

    :param pace: how large it may be.
    """
    s = uow.session
    batch = locked_batch(uow, batch_id)
    if batch.state is BatchState.UNDOING:
        turn = Turn.MORE if take_a_step_back(uow, batch) else Turn.DONE
        _note_progress(s, batch_id)
        return turn
    if batch.state is not BatchState.RUNNING:
        return Turn.DONE
    if batch.entry_id is not None:
        return Turn.MORE if close_further(uow, batch) else Turn.DONE
    actor, is_scheduled = actor_of(s, batch, uow.now), batch.actor_id is None
    uow.address = batch.address
    try:
        with s.begin_nested():
            turn = _step(uow, batch, actor, pace or Pace())
        if turn is Turn.MORE:  # taking a target in hand is no step, planning it may crash
            _note_progress(s, batch_id)
        return turn
    except ForumError as error:
        if is_scheduled and error.key == Refusal.IN_HAND:
            return Turn.WAIT  # nobody is there to ask for it again
        turn_round(uow, batch_id, error)
        return Turn.MORE


def _note_progress(s: Session, batch_id: int) -> None:
    s.execute(
        update(ModBatch)
        .where(ModBatch.id == batch_id, ModBatch.try_count > 1)
        .values(try_count=1)
        .execution_options(synchronize_session=False)
    )


def _step(uow: UnitOfWork, batch: ModBatch, actor: Actor, pace: Pace) -> Turn:
    s, batch_id = uow.session, batch.id
    if waiting_pieces(s, batch_id, 1):
        turn = make_pieces(uow, batch, pace)
        if turn is Turn.PLAN:
            drop_waiting(s, batch_id)  # the process died while it noted them
        return turn
    done = done_count(s, batch)
    if done >= len(batch.target_ids):
        return Turn.CLOSE
    targets, units = _next_targets(s, batch, done, pace.units)
    if units is None:
        take_target(uow, batch, actor, targets[0])
        return Turn.PLAN
    targets, effects = _do_step(uow, batch, actor, targets)
    if not targets:
        return Turn.MORE  # they are left as they are
    batch = s.get_one(ModBatch, batch_id, populate_existing=True)
    s.add(
        ModBatchStep(
            batch_id=batch_id,
            number=batch.step_count + 1,
            target_ids=list(targets),
            effects=[encode(one) for one in effects],
        )
    )
    batch.step_count += 1
    pace.did(units)
    return Turn.MORE


def _next_targets(
    s: Session, batch: ModBatch, done: int, most: int
) -> tuple[tuple[int, ...], int | None]:
    """As many targets as are little work together, at least one; and how many units of work they are,
    None = one that is too long for a step.

    :param most: so many units.
    """
    action = action_of(batch.action)
    ids = tuple(batch.target_ids[done : done + max(1, most // TARGET_UNITS)])
    sizes = _sizes(s, batch, action, ids)
    if action.is_long and sizes.get(ids[0], 0) > LONG_POSTS:
        return ids[:1], None
    chosen: list[int] = []
    units = 0
    for one in ids:
        more = TARGET_UNITS + sizes.get(one, 0)
        if chosen and units + more > most:
            break
        chosen.append(one)
        units += more
    return tuple(chosen), units


def _sizes(s: Session, batch: ModBatch, action: Action, ids: tuple[int, ...]) -> dict[int, int]:
    """How much work each target is."""
    if batch.undoes_id is not None:
        found: dict[int, int] = {}
        for effect in load_entry(s, batch.undoes_id, only=set(ids)).effects:
            found[effect.target] = found.get(effect.target, 0) + units_of([effect], action.targets)
        return found
    if not (action.is_destructive or action.is_long):
        return {}
    if action.targets is TargetKind.MEMBER and action.locks_threads_first:
        return posts_of_members(s, ids)
    if action.targets is not TargetKind.THREAD:
        return dict.fromkeys(ids, 1)
    request = request_of(batch, ids)
    threads = load_for(s, site_of(s), request, skips_gone=True)
    others = sum(thread.reply_count + 1 for thread in threads.companions.values())
    return {
        thread.id: thread.reply_count + 1 + others for thread in threads.threads if thread.id in ids
    }


def posts_of_members(s: Session, ids: Sequence[int]) -> dict[int, int]:
    """How many posts members have, and others in their threads. Two statements."""
    rows = s.execute(select(Member.id, Member.post_count).where(Member.id.in_(ids)))
    found = {row.id: row.post_count for row in rows}
    for author_id, replies in s.execute(
        select(Thread.author_id, func.sum(Thread.reply_count))
        .where(Thread.author_id.in_(ids))
        .group_by(Thread.author_id)
    ):
        found[author_id] = found.get(author_id, 0) + int(replies or 0)
    return found


def _do_step(
    uow: UnitOfWork, batch: ModBatch, actor: Actor, target_ids: tuple[int, ...]
) -> tuple[tuple[int, ...], Sequence[Effect]]:
    """Which of the targets were done, and what to them."""
    s, site = uow.session, site_of(uow.session)
    if batch.undoes_id is not None:
        entry = entry_of(s, batch, target_ids)
        threads = lock_threads(s, entry.raw_effects)
        held = held_by_batches(s, batch.id)
        require_free(threads, batch.id, held)
        require_not_held(s, held, entry.action.targets, target_ids, touched(entry.effects)[1])
        entry = standing_part(s, site, batch, entry)
        if batch.is_partial and (left := set(target_ids) - set(entry.target_ids)):
            batch.target_ids = [one for one in batch.target_ids if one not in left]
            target_ids = tuple(one for one in target_ids if one not in left)
        if not target_ids:
            return (), ()
        require_right(s, site, batch, actor, entry)
        effects = undoing_effects(s, entry)
        boards = {thread.id: thread.board_id for thread in threads}
        return target_ids, make_effects(uow, effects, actor.member_id, boards).effects
    request = request_of(batch, target_ids)
    # A step before may have taken a pointer away together with its thread.
    is_deletion = request.action.is_destructive and request.action.targets is TargetKind.THREAD
    targets = load_for(s, site, request, uow=uow, skips_gone=is_deletion or batch.actor_id is None)
    if not targets.found:
        return target_ids, ()
    held = held_by_batches(s, batch.id)
    if batch.actor_id is None:
        require_untouched(targets, held, batch.id)
    else:
        require_all(actor, site, request, targets, held=held, batch_id=batch.id)
    planned = plan(s, site, actor, request, targets, now=uow.now, is_real=True, held=held)
    if others := told_otherwise(targets.found, planned.told):
        batch.told = {**batch.told, **others}
    return target_ids, make(uow, planned, actor).effects
