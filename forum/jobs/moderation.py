"""Which actions have come to their end date, and which large ones wait or lost their process?"""

import logging
from datetime import timedelta

from forum.commands.moderation.batches import abandoned_batches, claim, run_batch
from forum.commands.moderation.expiry import due_entries, end_entry, return_members
from forum.core.errors import ForumError
from forum.core.uow import unit_of_work
from forum.jobs.schedule import Job, Tools

log = logging.getLogger(__name__)


def end_timed_actions(tools: Tools) -> int:
    """End what is due, each entry in a transaction of its own; then bring members back.

    :returns: how many entries were ended and members came back.
    """
    now = tools.clock()
    with tools.database.read_session() as s:
        due = due_entries(s, now)
    ended = 0
    for one in due:
        try:
            with unit_of_work(tools.database, now=now) as uow:
                ended += end_entry(uow, one)
        except ForumError as error:  # somebody was faster; the next run sees what is left
            log.warning("end_date_waits", extra={"entry_id": one.entry_id, "key": error.key})
    with unit_of_work(tools.database, now=now) as uow:
        return ended + return_members(uow)


def run_batches(tools: Tools) -> int:
    """Do large actions that were left to the worker, and those whose process died: to their end,
    or back to their beginning.

    :returns: how many were finished.
    """
    with tools.database.read_session() as s:
        waiting = abandoned_batches(s, tools.clock())
    finished = 0
    for batch_id in waiting:
        with unit_of_work(tools.database, now=tools.clock()) as uow:
            tries = claim(uow, batch_id)
        if not tries:
            continue
        try:
            run_batch(lambda: unit_of_work(tools.database, now=tools.clock()), batch_id)
            finished += 1
        except Exception:  # those behind it must not wait for somebody to mend this one
            log.exception("batch_stuck", extra={"batch_id": batch_id, "tries": tries})
    return finished


RUN_BATCHES = Job("run_batches", every=timedelta(minutes=1), run=run_batches)
END_TIMED_ACTIONS = Job("end_timed_actions", every=timedelta(minutes=1), run=end_timed_actions)
