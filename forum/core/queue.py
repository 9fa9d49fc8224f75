"""How is a background job made to happen soon? A nudge through huey; losing one loses nothing."""

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from huey import Huey, RedisHuey, SqliteHuey

FILE_NAME = "jobs.db"
NAME = "louceng"
Run = Callable[[str], None]


def _nothing_here_runs(job: str) -> None:
    raise RuntimeError(f"{job}: only `flask worker` runs jobs")


class Queue:
    """Names of jobs on their way to the worker. Opened at the first nudge.

    The SQLite store is a file of its own: shared with the forum's, it would lock it (huey #445).
    """

    def __init__(
        self, data_dir: Path, redis_url: str | None = None, run: Run = _nothing_here_runs
    ) -> None:
        self._data_dir = data_dir
        self._redis_url = redis_url
        self._run = run
        self._huey: Huey | None = None
        self._task: Any = None

    def _open(self) -> Huey:
        if self._huey is None:
            if self._redis_url:
                huey: Huey = RedisHuey(NAME, url=self._redis_url, results=False)
            else:
                huey = SqliteHuey(NAME, filename=str(self._data_dir / FILE_NAME), results=False)
            run = self._run

            def run_job(job: str) -> None:
                run(job)

            self._task = huey.task(name="run_job")(run_job)
            self._huey = huey
        return self._huey

    def nudge(self, job: str) -> None:
        """Ask the worker to run a job now.

        :raises OSError: the queue is away; the schedule will find the work.
        """
        try:
            self._open()
            self._task(job)
        except sqlite3.Error as error:
            raise OSError(str(error)) from error
        except Exception as error:
            if type(error).__module__.partition(".")[0] != "redis":
                raise
            raise OSError(str(error)) from error

    def every(self, job: str, interval: timedelta) -> None:
        """Let the worker run a job at each multiple of `interval` (whole minutes) since 1970."""
        minutes = max(1, int(interval.total_seconds() // 60))
        run = self._run

        def is_due(at: datetime) -> bool:
            return (
                int(at.replace(tzinfo=UTC).timestamp() // 60) % minutes == 0
            )  # huey's UTC is naive

        def run_scheduled() -> None:
            run(job)

        self._open().periodic_task(is_due, name=f"every_{job}")(run_scheduled)

    def work(self) -> None:
        """Run jobs until TERM or Ctrl-C; the one at hand is finished."""
        consumer = self._open().create_consumer(
            workers=1, periodic=True, max_delay=2.0, graceful_signal="TERM", shutdown_timeout=30
        )
        consumer.run()
