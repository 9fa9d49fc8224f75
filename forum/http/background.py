"""What do pages hand on? Nudges to the job worker, and the store of uploaded files."""

from collections.abc import Callable
from typing import cast

from flask import Flask, current_app

from forum.core.config import Config
from forum.core.queue import Queue
from forum.jobs.schedule import Job
from forum.storage.files import Files, LocalFiles


def files() -> Files:
    """The application's uploaded files."""
    return cast(Files, current_app.extensions["files"])


def nudge(job: Job) -> Callable[[], None]:
    """For `uow.after_commit`: let the worker run a job soon."""
    queue = cast(Queue, current_app.extensions["queue"])
    return lambda: queue.nudge(job.name)


def init_app(app: Flask, config: Config) -> None:
    """Open the store; the queue opens itself at the first nudge."""
    app.extensions["queue"] = Queue(config.data_dir, config.redis_url)
    app.extensions["files"] = LocalFiles(config.data_dir / "files")
