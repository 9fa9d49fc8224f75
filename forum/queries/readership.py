"""Who reads a board that does not read another? For what one board shows of a thread in another."""

from sqlalchemy import Select, select

from forum.models import Thread, ThreadState
from forum.queries.site import Site


def pointers_to(thread_id: int) -> Select[Thread]:
    """What is left of a thread in the boards it was moved from; not the threads merged into it."""
    return (
        select(Thread)
        .where(Thread.moved_to_id == thread_id, Thread.state == ThreadState.REDIRECT)
        .order_by(Thread.id)
    )


def is_read_by_all_of(site: Site, board_id: int, other_id: int) -> bool:
    """Does every group that reads the other board read this one, too? No statement."""
    return all(
        board_id in sets.readable or other_id not in sets.readable
        for sets in (
            site.board_sets(frozenset({group_id}), sees_hidden=False) for group_id in site.groups
        )
    )
