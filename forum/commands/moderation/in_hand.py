"""Which threads does a large action have in hand? Until it is done nobody replies to them or acts on them."""

from collections.abc import Iterable

from sqlalchemy import update
from sqlalchemy.orm import Session

from forum.models import ModBatch, Thread
from forum.policies.verdict import Refusal, refused


def is_in_hand(thread: Thread, batch_id: int | None = None) -> bool:
    """Is another action than the batch at work on the thread?"""
    return thread.batch_id not in (None, batch_id)


def require_free(threads: Iterable[Thread], batch_id: int | None = None) -> None:
    """Go on only when no other action has one of these threads in hand.

    :raises Forbidden: one has.
    """
    if any(is_in_hand(thread, batch_id) for thread in threads):
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
