"""Which actions have come to their end date, and which large ones wait or lost their process?"""

import logging
from collections import Counter
from datetime import datetime, timedelta

from forum.commands.moderation.batch_waiting import MOST_OPEN, abandoned_batches, claim
from forum.commands.moderation.batches import run_batch
from forum.commands.moderation.expiry import Due, due_entries, end_entry, return_members
from forum.core.errors import ForumError
from forum.core.uow import unit_of_work
from forum.jobs.schedule import Job, Tools

log = logging.getLogger(__name__)


def end_timed_actions(tools: Tools) -> int:
    """End what is due, each entry in a transaction of its own or in steps; then bring members back.

    Each entry is tried once a run: one that cannot be ended keeps none of the others.

    :returns: how many entries were ended and members came back.
    """
    now = tools.clock()
    ended, after = 0, 0
    while due := _due(tools, now, after):
        for one in due:
            try:
                with unit_of_work(tools.database, now=now) as uow:
                    ended += end_entry(uow, one)
            except ForumError as error:  # somebody was faster; the next run sees what is left
                log.warning("end_date_waits", extra={"entry_id": one.entry_id, "key": error.key})
            except Exception:  # those behind it must not wait for somebody to mend this one
                log.exception("end_date_stuck", extra={"entry_id": one.entry_id})
        after = due[-1].entry_id
    _run(tools, ending=True)
    with unit_of_work(tools.database, now=now) as uow:
        return ended + return_members(uow)


def _due(tools: Tools, now: datetime, after: int) -> list[Due]:
    with tools.database.read_session() as s:
        return due_entries(s, now, after=after)


def run_batches(tools: Tools) -> int:
    """Do large actions that were left to the worker, and those whose process died: to their end,
    or back to their beginning.

    :returns: how many were finished.
    """
    return _run(tools)


def _run(tools: Tools, *, ending: bool = False) -> int:
    """All that waits, of different moderators in turn; what comes meanwhile, too, unless it is of
    somebody who has had all turns of this run.
    """
    finished, tried, turns = 0, set[int](), Counter[int | None]()
    while True:
        with tools.database.read_session() as s:
            waiting = abandoned_batches(s, tools.clock(), ending=ending)
        left = [
            one
            for one, actor_id in waiting.items()
            if one not in tried and (actor_id is None or turns[actor_id] < MOST_OPEN)
        ]
        if not left:
            return finished
        batch_id = min(left, key=lambda one: (turns[waiting[one]], one))
        tried.add(batch_id)
        turns[waiting[batch_id]] += 1
        with unit_of_work(tools.database, now=tools.clock()) as uow:
            tries = claim(uow, batch_id)
        if not tries:
            continue
        try:
            run_batch(lambda: unit_of_work(tools.database, now=tools.clock()), batch_id)
            finished += 1
        except Exception:  # those behind it must not wait for somebody to mend this one
            log.exception("batch_stuck", extra={"batch_id": batch_id, "tries": tries})


RUN_BATCHES = Job("run_batches", every=timedelta(minutes=1), run=run_batches)
END_TIMED_ACTIONS = Job("end_timed_actions", every=timedelta(minutes=1), run=end_timed_actions)
