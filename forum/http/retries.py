"""May a change be tried again? When the databases only say "not now", the request is run once more."""

import logging
import sqlite3
import time
from collections.abc import Callable
from random import SystemRandom
from typing import Any

from flask import Flask, request
from sqlalchemy.exc import DBAPIError

from forum.http.context import close_reader

log = logging.getLogger(__name__)

MOST_TRIES = 3
LONGEST_S = 5.0  # SQLite waits for 20 s by itself: nobody is kept waiting for three times that
FIRST_WAIT_S = 0.02
# PostgreSQL: serialization_failure, deadlock_detected. Both mean that nothing was written.
STATES = frozenset({"40001", "40P01"})


def is_worth_retrying(error: DBAPIError) -> bool:
    """Was it only bad luck? Then nothing has been written, and the next try may go through."""
    cause = error.orig
    if isinstance(cause, sqlite3.OperationalError):
        return cause.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    return getattr(cause, "sqlstate", None) in STATES


def init_app(app: Flask) -> None:
    """Run a POST again, up to three times, after a deadlock or a busy database.

    What a view does follows from its request alone, and a unit of work that failed has left
    nothing behind, so that the whole view is what is repeated.
    """
    dispatch: Callable[[], Any] = app.dispatch_request
    chance = SystemRandom()

    def dispatch_patiently() -> Any:
        began = time.monotonic()
        for tried in range(1, MOST_TRIES + 1):
            try:
                return dispatch()
            except DBAPIError as error:
                is_late = time.monotonic() - began > LONGEST_S
                if request.method != "POST" or tried == MOST_TRIES or is_late:
                    raise
                if not is_worth_retrying(error):
                    raise
                log.info("tried_again", extra={"tried": tried, "endpoint": request.endpoint})
                close_reader()
                time.sleep(FIRST_WAIT_S * 4 ** (tried - 1) * (0.5 + chance.random()))
        raise AssertionError("unreachable")

    app.dispatch_request = dispatch_patiently  # type: ignore[method-assign]
