"""The server's main process: granian over its workers, the job worker beside them, and nothing else.

`flask serve` becomes this program (exec) once the forum is ready, so that the process which only
watches the others does not hold a forum of its own in memory (some 90 MB).
"""

import argparse
import gc
import multiprocessing.connection
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from granian import Granian, _signals
from granian._internal import load_target
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.mp import MPServer, WorkerProcess

from forum.leaving import (
    LEAVE_S,
    WsgiApp,
    end_kept_connections,
    refuse_newcomers,
    say_when_leaving,
)

ROOT = Path(__file__).parents[1]
# Of each process. One waits while the other looks something up or hashes a password; more only take
# Python's lock from each other (docs/performance.md: p95 ten times as long with four).
THREADS = 2
CONNECTIONS = 8192  # of each process
# By then the templates and statements in use are compiled, and stay for good, too.
WARM_AFTER_S = 60
STOPS = (signal.SIGINT, signal.SIGTERM)


def become(host: str, port: int, *, workers: int | None, jobs: bool, address: str) -> None:
    """Replace this process by the server. Does not return.

    :param workers: server processes; None = two, or one where there is one processor.
    :param jobs: start the job worker too.
    :param address: where visitors reach the forum, for the line that says it is there.
    """
    count = workers or min(2, os.cpu_count() or 1)
    command = [
        sys.executable, "-c", "from forum.serving import main; main()", "--host", host,
        "--port", str(port), "--workers", str(count), "--address", address,
    ]  # fmt: skip
    os.chdir(ROOT)
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(sys.executable, [*command, "--jobs"] if jobs else command)  # noqa: S606  ourselves


def main() -> None:
    """Serve until Ctrl-C or TERM."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--host", required=True)
    asked.add_argument("--port", required=True, type=int)
    asked.add_argument("--workers", required=True, type=int)
    asked.add_argument("--address", required=True)
    asked.add_argument("--jobs", action="store_true")
    given = asked.parse_args()
    _allow_connections()
    server = Granian(
        "app:app",
        address=given.host,
        port=given.port,
        interface=Interfaces.WSGI,
        workers=given.workers,
        blocking_threads=THREADS,
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
        if given.jobs:
            command = [sys.executable, "-m", "flask", "--app", "app", "worker"]
            # A session of its own: Ctrl-C tells the server, which tells the worker, once.
            started.append(subprocess.Popen(command, cwd=ROOT, start_new_session=True))
        sys.stdout.write(f"The forum is at {given.address}/\n")
        sys.stdout.flush()

    @server.on_shutdown
    def end() -> None:
        for process in started:
            process.terminate()
        for process in started:
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()

    WorkerProcess.is_alive = is_alive  # type: ignore[method-assign]
    server.serve(spawn_target=work, target_loader=load)


def load(target: str) -> WsgiApp:
    """The application as a server process answers with it."""
    return say_when_leaving(cast(WsgiApp, load_target(target, wd=ROOT)))


def is_alive(worker: Any) -> bool:
    """Whether a server process runs still, for granian's main process.

    granian asks the system who has ended from two threads; one is told, the other, on a busy
    machine, finds nobody, takes the ended for alive and reports that it kills it (seen with 2.8.7
    in most stops under load). The pipe each child holds is shut by the kernel when it ends.
    """
    return not multiprocessing.connection.wait([worker.inner.sentinel], timeout=0)


def work(*args: Any, **kwargs: Any) -> None:
    """What each server process runs: granian's own loop.

    granian ends its workers without running atexit handlers (seen with 2.8.7); what the buffers hold
    is written by a finalizer of multiprocessing (http/buffers.py), which runs when this returns.
    """
    # Until granian listens; the parent's handlers, inherited, would swallow them.
    for number in STOPS:
        signal.signal(number, signal.SIG_DFL)
    _signals.set_main_signals = heed_first
    settle()
    again = threading.Timer(WARM_AFTER_S, settle)
    again.daemon = True
    again.start()
    MPServer._spawn_wsgi_worker(*args, **kwargs)


def settle() -> None:
    """What is loaded by now stays: the collector of cycles need not walk it again.

    The whole forum are 200,000 objects, and each full collection stopped a process for 115 ms, a
    page or search among those that were being answered; what is made later takes it 20 to 40.
    """
    gc.collect()
    gc.freeze()


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
                if said[0] == signal.SIGTERM:  # nobody sits and waits, as with Ctrl-C
                    end_kept_connections()
                if refuse_newcomers():
                    time.sleep(LEAVE_S)
                handler(said[0], None)

    threading.Thread(target=listen, name="signals", daemon=True).start()


def _allow_connections() -> None:
    """As many open files as the system lets us have: the usual 1024 are fewer than connections."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS + 1024
    most = wanted if hard == resource.RLIM_INFINITY else min(hard, wanted)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
