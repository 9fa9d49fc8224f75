"""What one of several processes does in test_parallel_replies: reply, and quote, as fast as it can."""

from multiprocessing.synchronize import Barrier

from forum.commands.posts import reply_to_thread
from forum.core.clock import utc_now
from forum.core.db import Database
from forum.core.uow import unit_of_work
from forum.queries.actors import actor_for_member
from forum.queries.site import site_of

_barrier: Barrier | None = None


def wait_at(barrier: Barrier) -> None:
    """Initialise a process of the pool."""
    global _barrier
    _barrier = barrier


def reply_often(
    url: str, member_id: int, thread_id: int, others: list[tuple[int, int]], times: int
) -> list[int]:
    """Reply `times` times to the thread; now and then to other threads, quoting their opening posts.

    :param others: (thread id, opening post's id).
    :returns: the floors taken in the thread.
    """
    database = Database(url)
    with database.read_session() as session:
        database.cache.refresh(session)
        actor = actor_for_member(session, site_of(session), member_id, utc_now())
    assert _barrier is not None
    _barrier.wait(60)
    floors = []
    for number in range(times):
        with unit_of_work(database) as uow:
            source = f"[b]{member_id}[/b] 的第 {number} 条回复"
            ref = reply_to_thread(uow, actor, thread_id=thread_id, source=source)
            floors.append(ref.floor)
        if number % 2:
            other_id, post_id = others[(member_id + number) % len(others)]
            quote = f"[quote][url=/post-{post_id}.html]有人 发表于 昨天[/url]\n你好[/quote]"
            with unit_of_work(database) as uow:
                source = f"{quote}{member_id} 说了第 {number} 次"
                reply_to_thread(uow, actor, thread_id=other_id, source=source)
    database.dispose()
    return floors
