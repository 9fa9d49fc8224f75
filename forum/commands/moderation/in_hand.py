"""What does a large action have in hand?

Threads it rearranges: until it is done nobody replies to them or acts on them. And what its steps have
changed so far, while no entry of the log says so: other moderators' actions wait for the entry, or they
would not find by whom points are held, nor in which order things were done.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from forum.commands.moderation.targets import PostTarget, Target, thread_of
from forum.models import BatchState, Member, ModBatch, ModBatchStep, Post, TargetKind, Thread
from forum.modlog.registry import Choice, action_of
from forum.policies.verdict import Refusal, refused

# How many targets one step brings along of what hangs on the entry.
CLOSING_TARGETS = 250
_CHUNK = 1000


@dataclass(frozen=True)
class Held:
    """What batches on their way have changed.

    :param things: their targets that are done, and the threads their options name.
    :param cleaned: members all of whose threads and posts are among it.
    """

    things: frozenset[tuple[TargetKind, int]] = frozenset()
    cleaned: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.things)

    def holds(self, target: Target) -> bool:
        """Is it about this target, or the thread it lies in?"""
        thread = thread_of(target)
        if thread is None:
            kind = TargetKind.MEMBER if isinstance(target, Member) else TargetKind.NETWORK
            return (kind, target.id) in self.things
        if isinstance(target, PostTarget) and (
            target.post.author_id in self.cleaned or (TargetKind.POST, target.id) in self.things
        ):
            return True
        return self.holds_thread(thread)

    def holds_thread(self, thread: Thread) -> bool:
        """Is it about this thread?"""
        return thread.author_id in self.cleaned or (TargetKind.THREAD, thread.id) in self.things

    def holds_any(self, kind: TargetKind, ids: Iterable[int]) -> bool:
        """Is one of these among its things?"""
        return any((kind, one) in self.things for one in ids)


NOTHING_HELD = Held()


def held_by_batches(s: Session, batch_id: int | None = None) -> Held:
    """What batches have changed and the log does not tell yet. One statement.

    Ask once the rows are locked: a step locks them too, and is in the journal when it lets them go.

    :param batch_id: the batch that asks, which minds only the others.
    """
    newest = (
        select(ModBatchStep.target_ids)
        .where(
            ModBatchStep.batch_id == ModBatch.id,
            ModBatchStep.is_made,
            ModBatchStep.is_undone.is_(False),
        )
        .order_by(ModBatchStep.number.desc())
        .limit(1)
        .correlate(ModBatch)
        .scalar_subquery()
    )
    wanted = select(
        ModBatch.action, ModBatch.options, ModBatch.target_ids, ModBatch.entry_id,
        ModBatch.closing_count, newest,
    ).where(ModBatch.state.in_((BatchState.RUNNING, BatchState.UNDOING)))  # fmt: skip
    if batch_id is not None:
        wanted = wanted.where(ModBatch.id != batch_id)
    things: set[tuple[TargetKind, int]] = set()
    cleaned: set[int] = set()
    for key, options, target_ids, entry_id, closing_count, newest_ids in s.execute(wanted):
        if newest_ids is None:
            continue  # nothing is done
        action = action_of(key)
        # They are done in their order; amid the pieces of a long one all count as done.
        done = target_ids[: target_ids.index(newest_ids[-1]) + 1] if newest_ids else target_ids
        if entry_id is not None:  # end dates it takes over follow
            done = target_ids[closing_count * CLOSING_TARGETS :]
        things |= {(action.targets, one) for one in done}
        if not done:
            continue
        if action.rows_apart:
            cleaned |= set(done)
        things |= {
            (TargetKind.THREAD, number)
            for option in action.fields
            if option.choice is Choice.THREAD and (number := options.get(option.name)) is not None
        }
    return Held(frozenset(things), frozenset(cleaned))


def is_in_hand(thread: Thread, batch_id: int | None = None) -> bool:
    """Is another action than the batch at work on the thread?"""
    return thread.batch_id not in (None, batch_id)


def require_free(
    threads: Iterable[Thread], batch_id: int | None = None, held: Held = NOTHING_HELD
) -> None:
    """Go on only when no other action has one of these threads in hand.

    :raises Forbidden: one has.
    """
    if any(is_in_hand(thread, batch_id) or held.holds_thread(thread) for thread in threads):
        refused(Refusal.IN_HAND).require()


def require_not_held(
    s: Session, held: Held, kind: TargetKind, target_ids: Iterable[int], post_ids: Collection[int]
) -> None:
    """The same for what an entry of the log is about; its threads are `require_free`'s matter.

    :param post_ids: posts its effects write. A statement per 1,000, only while a clean-up is on its way.
    :raises Forbidden: another batch has changed one of them.
    """
    if not held:
        return
    is_held = held.holds_any(kind, target_ids) or held.holds_any(TargetKind.POST, post_ids)
    if held.cleaned and not is_held:
        ordered = sorted(post_ids)
        for at in range(0, len(ordered), _CHUNK):
            theirs = select(Post.id).where(
                Post.id.in_(ordered[at : at + _CHUNK]), Post.author_id.in_(held.cleaned)
            )
            is_held = is_held or s.scalar(theirs.limit(1)) is not None
    if is_held:
        refused(Refusal.IN_HAND).require()


def take_in_hand(s: Session, batch: ModBatch, thread_ids: Iterable[int]) -> None:
    """Mark threads; they are locked and found free by the caller."""
    ids = sorted(set(thread_ids) - set(batch.in_hand))
    if ids:
        _mark(s, ids, batch.id)
        batch.in_hand = [*batch.in_hand, *ids]


def let_go(s: Session, batch: ModBatch) -> None:
    """Free what the batch has in hand."""
    if batch.in_hand:
        _mark(s, batch.in_hand, None)
        batch.in_hand = []


def _mark(s: Session, ids: list[int], batch_id: int | None) -> None:
    # The page says whether one may reply: guests' copies of it are of another version now.
    s.execute(
        update(Thread)
        .where(Thread.id.in_(ids))
        .values(batch_id=batch_id, version=Thread.version + 1)
        .execution_options(synchronize_session=False)
    )
