"""`flask serve`: the production server, its workers and the job worker, under one roof."""

import socket

import click
from flask import current_app
from flask.cli import with_appcontext

from forum import serving
from forum.cli.database import start_forum


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--workers", default=None, type=click.IntRange(1, 64), help="Server processes.")
@click.option("--jobs/--no-jobs", default=True, help="Start the job worker too.")
@with_appcontext
def serve(host: str, port: int, workers: int | None, jobs: bool) -> None:
    """Migrate, fill an empty forum, and serve until Ctrl-C or TERM."""
    _claim(host, port)
    start_forum()
    address = current_app.extensions["config"].base_url or f"http://{host}:{port}"
    current_app.extensions["database"].dispose()
    serving.become(host, port, workers=workers, jobs=jobs, address=address)


def _claim(host: str, port: int) -> None:
    """Say in one line that the port is not to be had, instead of a traceback from every worker."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise click.ClickException(f"{host}:{port}: {error.strerror}") from error
