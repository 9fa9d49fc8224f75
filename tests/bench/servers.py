"""Starting what is measured: the forum as `make run` starts it, and the ceilings under the same server."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from forum import serving

ROOT = Path(__file__).parents[2]
WORKERS = 2
THREADS = serving.THREADS


@dataclass(frozen=True)
class Server:
    """A server that answers on a port of this machine."""

    port: int
    pid: int


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# Until the job worker has started, which takes a second of a processor. Idle it takes a thousandth.
SETTLING_S = 2


@contextmanager
def running(
    command: list[str], environment: dict[str, str], port: int, log: Path
) -> Iterator[Server]:
    """Run until the block ends; then TERM, and wait."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **environment}, stdout=output, stderr=output
        )
        try:
            _wait(port, process, log)
            yield Server(port, process.pid)
        finally:
            process.terminate()
            process.wait(timeout=60)


@contextmanager
def forum(environment: dict[str, str], log: Path, *, workers: int = WORKERS) -> Iterator[Server]:
    """The forum as `make run` starts it, with its job worker."""
    port = free_port()
    command = [
        sys.executable, "-m", "flask", "--app", "app", "serve",
        "--port", str(port), "--workers", str(workers),
    ]  # fmt: skip
    with running(command, environment, port, log) as server:
        time.sleep(SETTLING_S)
        yield server


def ceiling(kind: str, environment: dict[str, str], log: Path) -> "contextmanager[Server]":
    """A bare application under granian with the forum's settings. `kind`: bare or select."""
    port = free_port()
    command = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--port", str(port),
        "--workers", str(WORKERS), "--blocking-threads", str(THREADS), "--log-level", "warning",
        "tests.bench.ceilings:app",
    ]  # fmt: skip
    return running(command, {**environment, "BENCH_CEILING": kind}, port, log)


def _wait(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    for _ in range(600):
        if process.poll() is not None:
            raise RuntimeError(f"the server ended at once:\n{log.read_text()[-3000:]}")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the server did not answer within a minute")
