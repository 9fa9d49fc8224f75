"""May a page be read from the replica? Only if it answers, is recent, and has what is asked for.

A streaming replica shows every commit of the primary, a little later. Positions in the primary's
log (WAL) say how much later: whoever wrote remembers the position after the commit, and reads from
the replica once it has replayed as far.
"""

import logging
import threading
import time
from collections import deque
from typing import Any

from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from forum.core.reading import ReadSession

log = logging.getLogger(__name__)

MOST_LAG_S = 10.0
SAMPLE_EVERY_S = 1.0
AWAY_S = 5.0

_WRITTEN = text("SELECT (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::bigint")
# Both in one statement, which sees one snapshot: versions read here are no newer than what follows.
_REPLAYED = text(
    "SELECT (pg_last_wal_replay_lsn() - '0/0'::pg_lsn)::bigint AS position, "
    "pg_is_in_recovery() AS follows, "
    "coalesce((SELECT value FROM cache_versions WHERE name = 'site'), 0) AS site"
)


def written_position(primary: Session) -> int:
    """Where the primary's log stands: after every commit so far."""
    return int(primary.execute(_WRITTEN).scalar_one())


class Replica:
    """A process's view of the replica. Safe between threads."""

    def __init__(self, engine: Engine, info: dict[str, Any]) -> None:
        self.engine = engine
        self._info = info
        self._lock = threading.Lock()
        self._samples: deque[tuple[float, int]] = deque()
        self._away_until = 0.0

    def session(self, primary: Session, *, site_version: int, needs: int = 0) -> Session | None:
        """A session on the replica, or None when the primary has to be read. Close it.

        :param site_version: the version of settings, groups and boards the page goes by; on a
            replica that has not got it yet, rights would be new and contents old.
        :param needs: the position the reader's own writes are at.
        """
        if time.monotonic() < self._away_until:
            return None
        needs = max(needs, self._position_before_lag(primary))
        session = ReadSession(self.engine, dict(self._info))
        try:
            row = session.execute(_REPLAYED).one()
        except DBAPIError as error:
            session.close()
            self._away_until = time.monotonic() + AWAY_S
            log.warning("replica_away", extra={"reason": type(error.orig).__name__})
            return None
        if not row.follows:
            session.close()
            self._away_until = time.monotonic() + AWAY_S
            log.error("replica_is_none")  # promoted, or the address of another primary
            return None
        if row.position is None or row.position < needs or row.site != site_version:
            session.close()
            return None
        return session

    def _position_before_lag(self, primary: Session) -> int:
        """Where the primary stood MOST_LAG_S ago: what every reader may expect."""
        now = time.monotonic()
        with self._lock:
            is_due = not self._samples or now - self._samples[-1][0] >= SAMPLE_EVERY_S
            if is_due:
                self._samples.append((now, 0))  # so that only one thread asks
        if is_due:
            position = written_position(primary)
            with self._lock:
                self._samples = deque(
                    (at, position if at == now else known) for at, known in self._samples
                )
        with self._lock:
            while len(self._samples) > 1 and self._samples[1][0] <= now - MOST_LAG_S:
                self._samples.popleft()
            at, position = self._samples[0]
        return position if at <= now - MOST_LAG_S else 0
