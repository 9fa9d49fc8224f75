"""When is what was written lately put where searches look first? After the commit, beside whoever wrote it.

Both databases keep new entries in small lists and join these when there are too many: within the
transaction of whoever writes then, who holds the rows of thread and board, or SQLite's only lock,
for 200 to 800 ms. Joined in time and in small transactions of their own, nobody waits.
"""

import logging
import threading

from sqlalchemy.exc import DBAPIError

from forum.core.db import Database
from forum.search import postgresql, sqlite

log = logging.getLogger(__name__)

LONGEST_S = 10.0
_choosing = threading.Lock()
_RUNNING = "search_merging"  # in a database's info: the thread


def merge_aside(database: Database) -> None:
    """Join lists of this database in a thread of its own, unless one is at it."""
    with _choosing:
        running: threading.Thread | None = database.info.get(_RUNNING)
        if running is not None and running.is_alive():
            return
        thread = threading.Thread(target=_merge, args=(database,), name="search-merge")
        try:
            thread.start()
        except RuntimeError as error:  # there are too many threads: whoever comes next merges more
            log.warning("merge_failed", extra={"reason": str(error)})
            return
        database.info[_RUNNING] = thread
        if running is None:
            database.closing.append(lambda: _wait(database))


def _merge(database: Database) -> None:
    backend = sqlite if database.is_sqlite else postgresql
    try:
        backend.merge(database.write_engine)
    except DBAPIError as error:  # the posts are safe, and whoever comes next merges more
        log.warning("merge_failed", extra={"reason": str(error.orig)})


def _wait(database: Database) -> None:
    """Nobody closes the connection a merge is using."""
    database.info[_RUNNING].join(LONGEST_S)
