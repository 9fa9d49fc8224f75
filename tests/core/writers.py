"""What other processes do in test_write_queue: write and wait, in a given order or for a given time."""

import os
import sys
import time
from pathlib import Path

from sqlalchemy import text

from forum.core.db import Database

NOTE = text("INSERT INTO notes (writer, at) VALUES (:writer, :at)")


def hold(url: str, ready: str) -> None:
    """Begin to write, say so, and never end."""
    with Database(url).write_session() as session:
        session.execute(NOTE, {"writer": "holder", "at": 0})
        Path(ready).touch()
        time.sleep(60)


def _work(seconds: float) -> None:
    """Use the processor: on a machine whose processors are busy, who has run last runs first."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        pass


def write_often(url: str, writer: str, seconds: float, hold_s: float) -> None:
    """Write one transaction after the other; print the longest wait for a turn, in milliseconds."""
    database = Database(url)
    longest, ends = 0.0, time.monotonic() + seconds
    while time.monotonic() < ends:
        asked = time.monotonic()
        with database.write_session() as session, session.begin():
            session.execute(NOTE, {"writer": writer, "at": time.monotonic_ns()})
            longest = max(longest, time.monotonic() - asked)
            _work(hold_s)
    database.dispose()
    print(round(longest * 1000), flush=True)


if __name__ == "__main__":
    what, *arguments = sys.argv[1:]
    if what == "hold":
        hold(*arguments)
    else:
        url, seconds, hold_s = arguments
        write_often(url, str(os.getpid()), float(seconds), float(hold_s))
