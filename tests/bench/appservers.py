"""Which application server, with how many processes and threads? `python -m tests.bench.appservers`.

Each of them serves the same small forum; a member's thread page and a guest's, which the page cache
holds, are asked for in rounds, so that a busy moment of the machine falls on all of them. gunicorn is
none of our packages: `pip install --target FOLDER gunicorn`, and `--gunicorn FOLDER`.

"""

import argparse
import os
import statistics
import sys
from contextlib import AbstractContextManager
from pathlib import Path

from tests.bench import databases, scenarios, servers, visitors, wrk
from tests.bench.machine import resident_mb
from tests.bench.run import SMALL
from tests.bench.servers import Server
from tests.bench.wrk import Request

GRANIAN = ((2, 1), (2, 2), (2, 4), (3, 1), (4, 1))
Found = dict[tuple[str, str], list[float]]  # by server and who asks
GUNICORN = (("sync", 2, 1), ("sync", 4, 1), ("gthread", 2, 4))


def main() -> None:
    asked = argparse.ArgumentParser(prog="python -m tests.bench.appservers", description=__doc__)
    asked.add_argument("--folder", type=Path, default=databases.ROOT / "instance" / "bench")
    asked.add_argument("--gunicorn", type=Path, help="the folder it was installed into")
    asked.add_argument("--rounds", type=int, default=3)
    asked.add_argument("--seconds", type=float, default=3.0)
    asked.add_argument("--connections", type=int, default=8)
    given = asked.parse_args()
    folder = given.folder / "appservers"
    databases.load(folder, None, SMALL)
    environment = visitors.environment_for(folder, None)
    members = visitors.logged_in(environment, 200)
    path = scenarios.paths(SMALL)["thread 1"]
    pages = {"member": scenarios.as_members(path, members), "guest, cached": [Request(path)]}
    rates: Found = {}
    tails: Found = {}
    memory: dict[str, float] = {}
    for _ in range(given.rounds):
        for name, start in _candidates(environment, folder / "server.log", given.gunicorn):
            with start as server:
                for who, requests in pages.items():
                    wrk.drive(server.port, requests, connections=4, seconds=1)
                    one = wrk.drive(
                        server.port, requests, connections=given.connections, seconds=given.seconds
                    )
                    rates.setdefault((name, who), []).append(one.per_second)
                    tails.setdefault((name, who), []).append(one.p99)
                memory[name] = resident_mb(server.pid)
        _show(pages, rates, tails, memory)


def _show(
    pages: dict[str, list[Request]], rates: Found, tails: Found, memory: dict[str, float]
) -> None:
    """The table so far: after every round, so that one may stop when it stands."""
    print("| server | member req/s | p99 ms | guest, cached req/s | p99 ms | resident MB |")
    print("|---|--:|--:|--:|--:|--:|")
    for name, held in memory.items():
        cells = [
            f"{statistics.median(found[name, who]):,.0f}"
            for who in pages
            for found in (rates, tails)
        ]
        print(f"| {name} | {' | '.join(cells)} | {held:.0f} |", flush=True)


def _candidates(
    environment: dict[str, str], log: Path, gunicorn: Path | None
) -> list[tuple[str, AbstractContextManager[Server]]]:
    found: list[tuple[str, AbstractContextManager[Server]]] = []
    for workers, threads in GRANIAN:
        port = servers.free_port()
        command = [
            sys.executable, "-m", "granian", "--interface", "wsgi", "--port", str(port), "--workers", str(workers),
            "--blocking-threads", str(threads), "--backpressure", "10000", "--log-level", "warning", "app:app",
        ]  # fmt: skip
        found.append((f"granian {workers}x{threads}", servers.running(command, environment, port, log)))  # fmt: skip
    if gunicorn is not None:
        where = os.pathsep.join((str(gunicorn), os.environ.get("PYTHONPATH", "")))
        for kind, workers, threads in GUNICORN:
            port = servers.free_port()
            command = [
                sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--workers", str(workers),
                "--worker-class", kind, "--threads", str(threads), "--keep-alive", "30", "app:app",
            ]  # fmt: skip
            name = f"gunicorn {kind} {workers}x{threads}"
            found.append((name, servers.running(command, {**environment, "PYTHONPATH": where}, port, log)))  # fmt: skip
    return found


if __name__ == "__main__":
    main()
