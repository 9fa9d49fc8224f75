"""Does the index follow long threads that were moved, recycled or restored? Step by step."""

from datetime import timedelta

from forum.commands.search_index import sweep
from forum.core.uow import unit_of_work
from forum.jobs.schedule import Job, Tools


def sweep_search(tools: Tools) -> int:
    """Make stale rows of the search index again, in short transactions, until none is left.

    :returns: how many rows.
    """
    count = 0
    while True:
        with unit_of_work(tools.database, now=tools.clock()) as uow:
            done = sweep(uow)
        if not done:
            return count
        count += done


SWEEP_SEARCH = Job("sweep_search", every=timedelta(minutes=1), run=sweep_search)
