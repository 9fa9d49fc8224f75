"""What is one step of a batch? A few targets, or a piece of a very long one; forward, or back.

A long thread is taken in hand (`in_hand.py`), its effects are planned without a lock, dealt out to
pieces (`pieces.py`) and laid out in the journal; then each piece is a step like the others.
"""

import enum
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from forum.commands.moderation.batch_back import take_a_step_back
from forum.commands.moderation.batch_closing import close, close_further
from forum.commands.moderation.conflicts import conflicts_in
from forum.commands.moderation.in_hand import let_go, require_free, take_in_hand
from forum.commands.moderation.perform import (
    Request,
    load_for,
    make,
    make_effects,
    plan,
    plan_without_counts,
    require_all,
)
from forum.commands.moderation.pieces import divide, units_of, with_real_ids
from forum.commands.moderation.planning import Planner
from forum.commands.moderation.rows import current_values
from forum.commands.moderation.undo import (
    LoggedEntry,
    load_entry,
    lock_threads,
    undoing_effects,
    undoing_without_counts,
)
from forum.commands.moderation.weights import counts_following
from forum.core.errors import Conflict, ForumError
from forum.core.uow import UnitOfWork
from forum.models import BatchState, Member, ModBatch, ModBatchStep, Post, TargetKind, Thread
from forum.modlog.effects import (
    Change,
    Create,
    Effect,
    Purge,
    decode,
    encode,
)
from forum.modlog.registry import Action, action_of
from forum.policies.actor import Actor
from forum.queries.actors import actor_for_member
from forum.queries.site import Site, site_of

STEP_TARGETS = 20
STEP_POSTS = 400


class Turn(enum.IntEnum):
    """What is to follow. Only DONE is false."""

    DONE = 0
    MORE = 1
    PLAN = 2  # what is in hand is to be divided first: `pieces_of`, then `lay_out`


@dataclass(frozen=True)
class Pieces:
    """A long target, divided. `told`: whom it belongs to."""

    target: int
    effects: list[list[Effect]]
    told: int | None


def advance(uow: UnitOfWork, batch_id: int, *, most: int = STEP_TARGETS) -> Turn:
    """Make the next step of a batch. A refusal turns it round: the steps made are taken back.

    :param most: so many targets, of whatever size.
    """
    s = uow.session
    batch = _locked(uow, batch_id)
    if batch.state is BatchState.UNDOING:
        return Turn.MORE if take_a_step_back(uow, batch) else Turn.DONE
    if batch.state is not BatchState.RUNNING:
        return Turn.DONE
    if batch.entry_id is not None:
        return Turn.MORE if close_further(uow, batch) else Turn.DONE
    actor = actor_for_member(s, site_of(s), batch.actor_id, uow.now)
    uow.address = batch.address
    try:
        with s.begin_nested():
            return _step(uow, batch, actor, most)
    except ForumError as error:
        turn_round(uow, batch_id, error)
        return Turn.MORE


def _locked(uow: UnitOfWork, batch_id: int) -> ModBatch:
    batch = uow.session.get_one(ModBatch, batch_id, with_for_update=True, populate_existing=True)
    batch.touched_at = uow.now
    return batch


def turn_round(uow: UnitOfWork, batch_id: int, error: ForumError) -> None:
    """Something was in the way: what was made is taken back, what was only planned is dropped."""
    batch = _locked(uow, batch_id)
    if batch.state is BatchState.RUNNING:
        batch.state, batch.error = BatchState.UNDOING, error.key
        uow.session.execute(
            delete(ModBatchStep).where(
                ModBatchStep.batch_id == batch_id, ModBatchStep.is_made.is_(False)
            )
        )


def _made(s: Session, batch: ModBatch) -> int:
    """How many targets are done, while no piece waits: they are done in their order."""
    newest = s.scalar(
        select(ModBatchStep.target_ids)
        .where(ModBatchStep.batch_id == batch.id, ModBatchStep.is_made)
        .order_by(ModBatchStep.number.desc())
        .limit(1)
    )
    return batch.target_ids.index(newest[-1]) + 1 if newest else 0


def _step(uow: UnitOfWork, batch: ModBatch, actor: Actor, most: int) -> Turn:
    s, batch_id = uow.session, batch.id
    if (piece := _next_piece(s, batch_id)) is not None:
        _make_piece(uow, batch, piece)
        return Turn.MORE
    made = _made(s, batch)
    if made >= len(batch.target_ids):
        return Turn.MORE if close(uow, batch, actor) else Turn.DONE
    targets, is_long = _next_targets(s, batch, made, most)
    if is_long:
        _take_target(uow, batch, actor, targets[0])
        return Turn.PLAN
    effects = _do_step(uow, batch, actor, targets)
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
    return Turn.MORE


def _next_piece(s: Session, batch_id: int) -> ModBatchStep | None:
    return s.scalars(
        select(ModBatchStep)
        .where(ModBatchStep.batch_id == batch_id, ModBatchStep.is_made.is_(False))
        .order_by(ModBatchStep.number)
        .limit(1)
    ).one_or_none()


def _next_targets(
    s: Session, batch: ModBatch, made: int, most: int
) -> tuple[tuple[int, ...], bool]:
    """As many targets as are little work together, at least one; and whether that one is long."""
    action = action_of(batch.action)
    ids = tuple(batch.target_ids[made : made + most])
    sizes = _sizes(s, batch, action, ids)
    if action.is_long and sizes.get(ids[0], 0) > STEP_POSTS:
        return ids[:1], True
    chosen: list[int] = []
    posts = 0
    for one in ids:
        posts += sizes.get(one, 0)
        if chosen and posts > STEP_POSTS:
            break
        chosen.append(one)
    return tuple(chosen), False


def _sizes(s: Session, batch: ModBatch, action: Action, ids: tuple[int, ...]) -> dict[int, int]:
    """How much work each target is."""
    if batch.undoes_id is not None:
        found: dict[int, int] = {}
        for effect in load_entry(s, batch.undoes_id, only=set(ids)).effects:
            found[effect.target] = found.get(effect.target, 0) + units_of([effect])
        return found
    if not (action.is_destructive or action.is_long):
        return {}
    if action.targets is TargetKind.MEMBER and action.locks_threads_first:
        rows = s.execute(select(Member.id, Member.post_count).where(Member.id.in_(ids)))
        return {row.id: row.post_count for row in rows}
    if action.targets is not TargetKind.THREAD:
        return dict.fromkeys(ids, 1)
    request = request_of(batch, ids)
    threads = load_for(s, site_of(s), request, skips_gone=True)
    others = sum(thread.reply_count + 1 for thread in threads.companions.values())
    return {
        thread.id: thread.reply_count + 1 + others for thread in threads.threads if thread.id in ids
    }


def _do_step(
    uow: UnitOfWork, batch: ModBatch, actor: Actor, target_ids: tuple[int, ...]
) -> Sequence[Effect]:
    s, site = uow.session, site_of(uow.session)
    if batch.undoes_id is not None:
        entry = _standing_entry(s, site, batch, target_ids)
        threads = lock_threads(s, entry.raw_effects)
        require_free(threads, batch.id)
        effects = undoing_effects(s, entry, set())
        boards = {thread.id: thread.board_id for thread in threads}
        return make_effects(uow, effects, actor.member_id, boards).effects
    request = request_of(batch, target_ids)
    # A step before may have taken a pointer away together with its thread.
    is_deletion = request.action.is_destructive and request.action.targets is TargetKind.THREAD
    targets = load_for(s, site, request, uow=uow, skips_gone=is_deletion)
    if not targets.found:
        return []
    require_all(actor, site, request, targets, batch_id=batch.id)
    planned = plan(s, site, actor, request, targets, now=uow.now, is_real=True)
    return make(uow, planned, actor).effects


def _standing_entry(
    s: Session, site: Site, batch: ModBatch, target_ids: tuple[int, ...]
) -> LoggedEntry:
    """The entry that is undone, with the effects on these targets; nothing is in their way."""
    assert batch.undoes_id is not None
    entry = load_entry(s, batch.undoes_id, only=set(target_ids))
    if entry.row.undone_by_id is not None:
        raise Conflict("already_undone")
    if not batch.is_partial and conflicts_in(
        s, site, entry.action.targets, entry.id, entry.raw_effects
    ):
        raise Conflict("undo_conflicts", entry_id=entry.id)
    return entry


def request_of(batch: ModBatch, target_ids: tuple[int, ...]) -> Request:
    """What was asked for, on some of the targets."""
    action = action_of(batch.action)
    return Request(
        action, target_ids, action.options_from(batch.options), batch.reason, batch.notifies,
        batch.expires_at,
    )  # fmt: skip


def _take_target(uow: UnitOfWork, batch: ModBatch, actor: Actor, target: int) -> None:
    """Keep everybody else away from a long thread, and those that go with it."""
    s, site = uow.session, site_of(uow.session)
    if batch.undoes_id is not None:
        threads = lock_threads(s, load_entry(s, batch.undoes_id, only={target}).raw_effects)
        require_free(threads, batch.id)
    else:
        request = request_of(batch, (target,))
        targets = load_for(s, site, request, uow=uow)
        require_all(actor, site, request, targets, batch_id=batch.id)
        threads = targets.threads
    take_in_hand(s, batch, (thread.id for thread in threads))


def pieces_of(s: Session, batch_id: int) -> Pieces:
    """Plan what is in hand, and divide it. Reads only.

    :raises ForumError: it cannot be done.
    """
    batch, site = s.get_one(ModBatch, batch_id), site_of(s)
    target = batch.target_ids[_made(s, batch)]
    if batch.undoes_id is not None:
        entry = _standing_entry(s, site, batch, (target,))
        return Pieces(target, divide(undoing_without_counts(s, entry, set()), target), None)
    actor = actor_for_member(s, site, batch.actor_id, batch.touched_at)
    request = request_of(batch, (target,))
    targets = load_for(s, site, request)
    require_all(actor, site, request, targets, batch_id=batch.id)
    planned = plan_without_counts(
        s, site, actor, request, targets, now=batch.touched_at, is_real=False
    )
    effects = [part for one in planned.effects for part in _spelled_out(s, one)]
    return Pieces(target, divide(effects, target), planned.told.get(target))


def _spelled_out(s: Session, effect: Effect) -> list[Effect]:
    """A thread that goes for good takes its posts along: they go before it, one by one."""
    if not isinstance(effect, Purge) or effect.table != "threads":
        return [effect]
    ids = s.scalars(select(Post.id).where(Post.thread_id == effect.id).order_by(Post.floor.desc()))
    return [*(Purge(effect.target, "posts", post_id, 1) for post_id in ids), effect]


def lay_out(uow: UnitOfWork, batch_id: int, pieces: Pieces) -> Turn:
    """Note the pieces in the journal and make the first, which makes the threads they speak of."""
    s = uow.session
    batch = _locked(uow, batch_id)
    if batch.state is not BatchState.RUNNING or _next_piece(s, batch_id) is not None:
        return Turn.MORE
    ids = _real_ids(uow, batch, pieces)
    last = len(pieces.effects)
    s.execute(
        insert(ModBatchStep),
        [
            {
                "batch_id": batch_id,
                "number": batch.step_count + number,
                "target_ids": [pieces.target] if number == last else [],
                "effects": [encode(one) for one in with_real_ids(effects, ids)],
                "is_made": False,
                "is_undone": False,
            }
            for number, effects in enumerate(pieces.effects, 1)
        ],
    )
    if pieces.told is not None:
        batch.told = {**batch.told, str(pieces.target): pieces.told}
    piece = _next_piece(s, batch_id)
    assert piece is not None
    try:
        with s.begin_nested():
            _make_piece(uow, batch, piece)
            if last > 1:
                take_in_hand(s, s.get_one(ModBatch, batch_id), ids.values())
    except ForumError as error:
        turn_round(uow, batch_id, error)
    return Turn.MORE


def _make_piece(uow: UnitOfWork, batch: ModBatch, piece: ModBatchStep) -> None:
    s, batch_id, number = uow.session, batch.id, piece.number
    is_last = bool(piece.target_ids)
    actor_id = batch.actor_id
    effects = [decode(coded) for coded in piece.effects]
    threads = lock_threads(s, effects)
    require_free(threads, batch_id)
    _require_as_planned(s, effects)
    boards = {thread.id: thread.board_id for thread in threads}
    made = make_effects(uow, [*effects, *counts_following(s, effects)], actor_id, boards).effects
    s.execute(
        update(ModBatchStep)
        .where(ModBatchStep.batch_id == batch_id, ModBatchStep.number == number)
        .values(is_made=True, effects=[encode(one) for one in made])
    )
    batch = s.get_one(ModBatch, batch_id, populate_existing=True)
    batch.step_count += 1
    if is_last:
        let_go(s, batch)


def _require_as_planned(s: Session, effects: Sequence[Effect]) -> None:
    """What the piece sets is as it was when it was planned: an author may have edited the title.

    :raises Conflict: it is not.
    """
    for effect in effects:
        if isinstance(effect, Change):
            now = current_values(s, effect.table, [effect.id], set(effect.before))
            if now.get(effect.id) != {"id": effect.id, **effect.before}:
                raise Conflict("conflict")


def _real_ids(uow: UnitOfWork, batch: ModBatch, pieces: Pieces) -> dict[int, int]:
    """Ids for the threads the plan makes."""
    s = uow.session
    planned = [
        one.id
        for effects in pieces.effects
        for one in effects
        if isinstance(one, Create) and one.table == Thread.__tablename__ and one.id < 0
    ]
    if not planned:
        return {}
    site = site_of(s)
    actor = actor_for_member(s, site, batch.actor_id, uow.now)
    planner = Planner(s, uow.now, site, actor, is_real=True)
    return {one: planner.next_id(Thread) for one in planned}
