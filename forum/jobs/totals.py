"""Do all totals follow the formula? After it was changed they are worked out anew, batch by batch."""

from datetime import timedelta

from forum.commands.totals import recompute_next_totals
from forum.core.uow import unit_of_work
from forum.jobs.schedule import Job, Tools


def recompute_totals(tools: Tools) -> int:
    """Go on until everybody's total is by the formula that holds.

    :returns: how many totals changed.
    """
    changed, is_done = 0, False
    while not is_done:
        with unit_of_work(tools.database, now=tools.clock()) as uow:
            step = recompute_next_totals(uow)
        changed += step.changed
        is_done = step.is_last
    return changed


RECOMPUTE_TOTALS = Job("recompute_totals", every=timedelta(minutes=10), run=recompute_totals)
