"""Doing moderators' things in tests: each call a committed unit of work, counters checked after."""

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy import select

from forum.commands.moderation import perform, undo
from forum.commands.posts import reply_to_thread
from forum.core.uow import unit_of_work
from forum.models import ModLogEntry
from forum.queries.counters import all_differences


class Moderator:
    """Acts as a member of the forum."""

    def __init__(self, forum, member_id: int) -> None:
        self.forum, self.member_id = forum, member_id

    @property
    def actor(self):
        return self.forum.actor(self.member_id)

    def does(self, action, *ids, options=None, **more):
        with working(self.forum) as uow:
            return perform(uow, self.actor, action, ids, options, **more)

    def undoes(self, entry_id, **more):
        with working(self.forum) as uow:
            return undo(uow, self.actor, entry_id, **more)


@contextmanager
def working(forum):
    with unit_of_work(forum.database, address="192.0.2.7") as uow:
        forum.database.cache.refresh(uow.session)
        yield uow


def differences(forum):
    """Counters that are not what the rows say."""
    with forum.read() as s:
        return list(all_differences(s))


def row(forum, model, row_id):
    with forum.read() as s:
        return s.get(model, row_id)


def entries(forum):
    with forum.read() as s:
        return list(s.scalars(select(ModLogEntry).order_by(ModLogEntry.id)))


@dataclass
class Beside:
    """What somebody met with who replied while something else went on. Seconds."""

    waits: list[float] = field(default_factory=list)
    problems: list[Exception] = field(default_factory=list)
    took: float = 0.0


@contextmanager
def replying_beside(forum, member_id: int, thread_id: int):
    """A member replies to a thread, 20 ms after each answer, as long as the block lasts."""
    beside, stop = Beside(), threading.Event()

    def replying():
        actor, number = forum.actor(member_id), 0
        while not stop.is_set():
            number += 1
            began = time.monotonic()
            try:
                with unit_of_work(forum.database) as uow:
                    text = f"第 {number} 次回复，说点别的。"
                    reply_to_thread(uow, actor, thread_id=thread_id, source=text)
            except Exception as problem:
                beside.problems.append(problem)
            beside.waits.append(time.monotonic() - began)
            time.sleep(0.02)

    job = threading.Thread(target=replying)
    job.start()
    began = time.monotonic()
    try:
        yield beside
    finally:
        beside.took = time.monotonic() - began
        stop.set()
        job.join()
