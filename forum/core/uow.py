"""One unit of work = one transaction = one commit. Opened by entrances only."""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from random import Random, SystemRandom
from typing import Any, cast

from sqlalchemy import CursorResult, Executable, UpdateBase
from sqlalchemy.orm import Session

from forum.core.cache import CacheName, bump_version
from forum.core.clock import utc_now
from forum.core.db import Database

log = logging.getLogger(__name__)


@dataclass
class UnitOfWork:
    """What a command gets: a session, the time, chance, and a way to say what changed.

    Commands never commit. `now` is fixed for the whole unit.
    """

    session: Session
    now: datetime
    random: Random = field(default_factory=SystemRandom)
    address: str = ""
    locked: set[int] = field(default_factory=set)  # members; kept by commands/locks.py
    _after_commit: list[Callable[[], None]] = field(default_factory=list)
    _bumped: set[CacheName] = field(default_factory=set)

    def change(self, statement: UpdateBase) -> int:
        """Run an UPDATE or DELETE; how many rows it met."""
        return cast(CursorResult[Any], self.session.execute(statement)).rowcount

    def run(
        self, statement: Executable, values: Mapping[str, Any]
    ) -> CursorResult[*tuple[Any, ...]]:
        """Run a prepared statement past the mapped objects: nothing pending is written before it.

        For what a busy site does most: a mapped statement costs three times as much.
        """
        return self.session.connection().execute(statement, values)

    def bump(self, name: CacheName) -> None:
        """Tell every process that what it cached under `name` is stale, at commit."""
        self._bumped.add(name)

    def after_commit(self, nudge: Callable[[], None]) -> None:
        """Run once the facts are safe. A nudge may be lost: jobs find their work in the tables."""
        self._after_commit.append(nudge)


@contextmanager
def unit_of_work(
    database: Database, *, now: datetime | None = None, address: str = ""
) -> Iterator[UnitOfWork]:
    """Open a transaction for writing; commit at the end, roll back on any exception.

    :param address: the visitor's network address, kept with posts and log rows; "" for jobs.
    """
    with database.write_session() as session:
        uow = UnitOfWork(session=session, now=now or utc_now(), address=address)
        with session.begin():
            yield uow
            for name in sorted(uow._bumped):
                bump_version(session, name)
    for nudge in uow._after_commit:
        try:
            nudge()
        except OSError as error:  # the queue is away; the sweeper will find the work
            log.warning("nudge_lost", extra={"reason": str(error)})
