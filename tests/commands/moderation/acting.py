"""Doing moderators' things in tests: each call a committed unit of work, counters checked after."""

from contextlib import contextmanager

from sqlalchemy import select

from forum.commands.moderation import perform, undo
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
