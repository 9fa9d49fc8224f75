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

PORT = "{port}"
GRANIAN = ((2, 1), (2, 2), (2, 4), (3, 1), (4, 1))
Found = dict[tuple[str, str], list[float]]  # by server and who asks
GUNICORN = (("sync", 2, 1), ("sync", 4, 1), ("gthread", 2, 4))


def main() -> None:
    asked = argparse.ArgumentParser(prog="python -m tests.bench.appservers", description=__doc__)
    asked.add_argument("--folder", type=Path, default=databases.ROOT / "instance" / "bench")
    asked.add_argument("--gunicorn", type=Path, help="the folder it was installed into")
    asked.add_argument("--rounds", type=int, default=3)
    asked.add_argument("--seconds", type=int, default=3)
    asked.add_argument("--connections", type=int, default=8)
    given = asked.parse_args()
    folder = given.folder / "appservers"
    databases.load(folder, None, SMALL)
    environment = visitors.environment_for(folder, None)
    if given.gunicorn is not None:
        where = (str(given.gunicorn), os.environ.get("PYTHONPATH", ""))
        environment["PYTHONPATH"] = os.pathsep.join(where)
    members = visitors.logged_in(environment, 200)
    path = scenarios.paths(SMALL)["thread 1"]
    pages = {"member": scenarios.as_members(path, members), "guest, cached": [Request(path)]}
    rates: Found = {}
    tails: Found = {}
    memory: dict[str, float] = {}
    for _ in range(given.rounds):
        for name, command in _candidates(given.gunicorn).items():
            with _start(command, environment, folder / "server.log") as server:
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


def _candidates(gunicorn: Path | None) -> dict[str, list[str]]:
    """Commands by name; PORT stands for the port, which is looked for when the server is started."""
    found = {
        f"granian {workers}x{threads}": [
            sys.executable, "-m", "granian", "--interface", "wsgi", "--port", PORT, "--workers", str(workers),
            "--blocking-threads", str(threads), "--backpressure", "10000", "--log-level", "warning", "app:app",
        ]
        for workers, threads in GRANIAN
    }  # fmt: skip
    for kind, workers, threads in GUNICORN if gunicorn else ():
        found[f"gunicorn {kind} {workers}x{threads}"] = [
            sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{PORT}", "--workers", str(workers),
            "--worker-class", kind, "--threads", str(threads), "--keep-alive", "30", "app:app",
        ]  # fmt: skip
    return found


def _start(
    command: list[str], environment: dict[str, str], log: Path
) -> AbstractContextManager[Server]:
    port = servers.free_port()
    filled = [word.replace(PORT, str(port)) for word in command]
    return servers.running(filled, environment, port, log)


if __name__ == "__main__":
    main()
