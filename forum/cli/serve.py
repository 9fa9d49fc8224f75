"""`flask serve`: the production server, its workers and the job worker, under one roof."""

import os
import resource
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from flask import current_app
from flask.cli import with_appcontext
from granian import Granian, _signals
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.mp import MPServer

from forum.cli.database import start_forum
from forum.http import buffers

ROOT = Path(__file__).parents[2]
CONNECTIONS = 8192  # of each process
STOPS = (signal.SIGINT, signal.SIGTERM)


def serve_and_flush(*args: Any, **kwargs: Any) -> None:
    """What each server process runs: granian's own loop, then the buffers.

    granian ends its workers without running atexit handlers (seen with 2.8.7), which would lose up
    to 30 seconds of view counts at every restart.
    """
    for (
        number
    ) in STOPS:  # until granian listens; the parent's handlers, inherited, would swallow them
        signal.signal(number, signal.SIG_DFL)
    _signals.set_main_signals = heed_first
    MPServer._spawn_wsgi_worker(*args, **kwargs)
    buffers.flush_all()


def heed_first(
    handler: Callable[..., None], reload_handler: Callable[..., None] | None = None
) -> None:
    """Let granian's handler hear the first INT or TERM, from a thread of its own.

    Ctrl-C and systemd tell the workers, and then their parent does again. Of two signals that come
    together the kernel may hand both to a thread of granian's; Python's main thread, which waits
    without end for a lock, then never runs a handler (seen with 2.8.7 in two stops of five).
    """
    ear, mouth = socket.socketpair()
    mouth.setblocking(False)
    signal.set_wakeup_fd(mouth.detach(), warn_on_full_buffer=False)
    for number in STOPS:
        signal.signal(number, lambda *_: None)

    def listen() -> None:
        is_told = False
        while said := ear.recv(1):
            if said[0] in STOPS and not is_told:
                is_told = True
                handler(said[0], None)

    threading.Thread(target=listen, name="signals", daemon=True).start()


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
    server = Granian(
        "app:app",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers or min(2, os.cpu_count() or 1),
        blocking_threads=4,
        # granian counts open connections, not requests: with its default of 512 a process whose
        # visitors keep theirs open takes no new one, and members wait behind idle crawlers.
        backpressure=CONNECTIONS,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        workers_kill_timeout=20,
        working_dir=ROOT,
    )
    started: list[subprocess.Popen[bytes]] = []

    @server.on_startup
    def begin() -> None:
        if jobs:
            command = [sys.executable, "-m", "flask", "--app", "app", "worker"]
            # A session of its own: Ctrl-C tells the server, which tells the worker, once.
            started.append(subprocess.Popen(command, cwd=ROOT, start_new_session=True))
        base = current_app.extensions["config"].base_url or f"http://{host}:{port}"
        click.echo(f"The forum is at {base}/")

    @server.on_shutdown
    def end() -> None:
        for process in started:
            process.terminate()
        for process in started:
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()

    server.serve(spawn_target=serve_and_flush)


def _allow_connections() -> None:
    """As many open files as the system lets us have: the usual 1024 are fewer than connections."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS + 1024
    most = wanted if hard == resource.RLIM_INFINITY else min(hard, wanted)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _claim(host: str, port: int) -> None:
    """Say in one line that the port is not to be had, instead of a traceback from every worker."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise click.ClickException(f"{host}:{port}: {error.strerror}") from error
