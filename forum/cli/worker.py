"""`flask worker`: does what was left for later: mail, cleaning, timed work."""

import logging

import click
from flask import current_app
from flask.cli import with_appcontext

from forum.core.mail import mailer_for
from forum.core.queue import Queue
from forum.http.context import config, database
from forum.jobs import JOBS, Tools
from forum.jobs.schedule import run_job


@click.command()
@click.option("--once", is_flag=True, help="Run every job once and end.")
@with_appcontext
def worker(once: bool) -> None:
    """Run background jobs until Ctrl-C or TERM."""
    logging.getLogger("huey").setLevel(logging.WARNING)
    tools = Tools(
        database=database(), mailer=mailer_for(config()), files=current_app.extensions["files"]
    )

    def run(name: str) -> None:
        run_job(JOBS[name], tools)

    if once:
        for name in JOBS:
            run(name)
        return
    queue = Queue(config().data_dir, config().redis_url, run)
    for job in JOBS.values():
        queue.every(job.name, job.every)
    queue.work()
