"""How often was something tried lately? Counted in the database, so that restarts forget nothing.

A try is counted in a unit of work of its own *before* what it is for: a wrong password must not
roll its own count back, and twenty guesses at once must not all see the count of none.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import case, delete, update
from sqlalchemy.dialects import postgresql, sqlite

from forum.core.errors import TooSoon
from forum.core.uow import UnitOfWork
from forum.models import Attempt


@dataclass(frozen=True)
class Tries:
    """Where a count stands after one more try."""

    count: int
    limit: int
    wait_s: int

    @property
    def are_too_many(self) -> bool:
        return self.count > self.limit

    def require(self, key: str) -> None:
        """:raises TooSoon: with `key` as its sentence."""
        if self.are_too_many:
            minutes = max(1, -(-self.wait_s // 60))
            raise TooSoon(key, retry_after_s=self.wait_s, minutes=minutes)


def hashed(text: str) -> str:
    """For keys made of what somebody typed: bounded, and no list of addresses in the table."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def count_try(uow: UnitOfWork, key: str, *, limit: int, window: timedelta) -> Tries:
    """Count one more try under a key; the window begins with the first. One statement."""
    insert: Any = (
        postgresql.insert if uow.session.get_bind().dialect.name == "postgresql" else sqlite.insert
    )
    is_over = Attempt.since <= uow.now - window
    count, since = uow.session.execute(
        insert(Attempt)
        .values(key=key, since=uow.now, count=1)
        .on_conflict_do_update(
            index_elements=[Attempt.key],
            set_={
                "count": case((is_over, 1), else_=Attempt.count + 1),
                "since": case((is_over, uow.now), else_=Attempt.since),
            },
        )
        .returning(Attempt.count, Attempt.since)
    ).one()
    return Tries(count, limit, _seconds_until(since + window, uow.now))


def forget_tries(uow: UnitOfWork, key: str) -> None:
    """Start over: it was the right person after all."""
    uow.session.execute(delete(Attempt).where(Attempt.key == key))


def take_back_try(uow: UnitOfWork, key: str) -> None:
    """One try less: it was none."""
    uow.session.execute(
        update(Attempt).where(Attempt.key == key, Attempt.count > 0).values(count=Attempt.count - 1)
    )


def _seconds_until(at: datetime, now: datetime) -> int:
    return max(1, int((at - now).total_seconds()))
