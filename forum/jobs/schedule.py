"""What runs in the background, and how often? The shape of a job and of what it is given."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from forum.core.clock import utc_now
from forum.core.db import Database
from forum.core.mail import Mailer
from forum.storage.files import Files

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Tools:
    """Everything a job may need; filled by the command line."""

    database: Database
    mailer: Mailer
    files: Files
    clock: Callable[[], datetime] = field(default=utc_now)


@dataclass(frozen=True)
class Job:
    """One kind of background work. `run` opens its own units of work and returns what it did."""

    name: str
    every: timedelta
    run: Callable[[Tools], int]


def collected(*jobs: Job) -> dict[str, Job]:
    """The jobs by name.

    :raises ValueError: a name stands twice.
    """
    found: dict[str, Job] = {}
    for job in jobs:
        if job.name in found:
            raise ValueError(f"job {job.name} stands twice")
        found[job.name] = job
    return found


def run_job(job: Job, tools: Tools) -> int:
    """Run a job once and say so when it did anything."""
    with tools.database.read_session() as s:
        tools.database.cache.refresh(s)  # settings may have changed since the last run
    done = job.run(tools)
    if done:
        log.info("job_done", extra={"job": job.name, "count": done})
    return done
