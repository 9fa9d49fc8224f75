"""One run over one database: every line of the table, in the order they are measured."""

import argparse
import gzip
import re
import statistics
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from tests.bench import ceilings, databases, scenarios, servers, visitors, wrk
from tests.bench.machine import describe, resident_mb
from tests.bench.report import Report, Row
from tests.bench.scenarios import Size
from tests.bench.servers import Server
from tests.bench.visitors import Visitor
from tests.bench.wrk import Request

SMALL = Size(posts=10_000, threads=1_000, longest=2_000, members=1_000)
ROUNDS = 3


@dataclass
class Run:
    """A forum that is loaded, and what is found out about it."""

    folder: Path
    url: str | None
    size: Size
    given: argparse.Namespace
    report: Report

    @property
    def environment(self) -> dict[str, str]:
        return visitors.environment_for(self.folder, self.url)

    @property
    def uncached(self) -> dict[str, str]:
        return {**self.environment, "FORUM_PAGE_CACHE": "off"}

    @property
    def pages(self) -> dict[str, str]:
        """The pages to measure, by name; in quick mode those that are judged."""
        pages = scenarios.paths(self.size)
        return {
            name: pages[name] for name in pages if name in scenarios.QUICK or not self.given.quick
        }

    @property
    def log(self) -> Path:
        return self.folder / "server.log"


def measure(
    folder: Path, url: str | None, size: Size, backend: str, given: argparse.Namespace
) -> Report:
    """All lines of one database."""
    report = Report(f"{backend}, {size.posts:,} posts, {size.threads:,} threads", describe())
    run = Run(folder, url, size, given, report)
    everybody = visitors.logged_in(run.environment, size.members)
    # A fifth of the members, from the middle, may read one small board alone (`_searches`).
    first, last = len(everybody) * 3 // 5, len(everybody) * 4 // 5
    narrow, members = everybody[first:last], everybody[:first] + everybody[last:]
    visitors.narrow(run.environment, scenarios.SMALL_BOARD, [one.member_id for one in narrow])
    page_bytes = _pages(run, members)
    _searches(run, members, narrow)
    _logins(run)
    _replies(run, members)
    _ceilings(run, page_bytes)
    if not given.quick:
        _memory(run, members)
        _growth(run, members)
    report.compare()
    for command in (["counters", "verify"], ["points", "verify"]):
        report.facts[f"flask {' '.join(command)}"] = databases.flask(run.environment, *command)
    return report


def _pages(run: Run, members: list[Visitor]) -> int:
    """Guests, members, guests without the cache. The length of the thread page in bytes."""
    pages = run.pages
    with servers.forum(run.environment, run.log) as server:
        page_bytes = len(_fetch(server.port, pages["thread 1"])[0])
        for name, path in pages.items():
            _lines(run, server, name, "guest", [Request(path)], seen=_seen(server, path))
        for name, path in pages.items():
            requests = scenarios.as_members(path, members[:200])
            seen = _seen(server, path, members[0].cookie)
            _lines(run, server, name, "member", requests, seen=seen)
        run.report.facts["resident memory, guests and members, 2 workers"] = _resident(server)
    with servers.forum(run.uncached, run.log) as server:
        for name, path in pages.items():
            _lines(run, server, name, "guest, cache off", [Request(path)], seen=_seen(server, path))
    return page_bytes


def _searches(run: Run, members: list[Visitor], narrow: list[Visitor]) -> None:
    """Every member searches once in all: the ten seconds between two searches stay on."""
    words = scenarios.searches()
    widely = _shares(members, len(words))
    narrowly = _shares(narrow, len(scenarios.SEARCHED_NARROWLY))
    with servers.forum(run.environment, run.log) as server:
        for (name, some), share in zip(words.items(), widely, strict=True):
            _search(run, server, name, some, share)
        for name, share in zip(scenarios.SEARCHED_NARROWLY, narrowly, strict=True):
            _search(run, server, f"{name}, one board readable", words[name], share)


def _shares(visitors: list[Visitor], number: int) -> list[list[Visitor]]:
    size = len(visitors) // number
    return [visitors[index * size : (index + 1) * size] for index in range(number)]


def _search(
    run: Run, server: Server, name: str, words: tuple[str, ...], some: list[Visitor]
) -> None:
    """At one connection: a search's own time. Each word once before, as it may be the first ever."""
    requests = scenarios.as_searchers(words, some)
    for request in requests[: len(words)]:
        _fetch(server.port, request.path, request.cookie)
    measured = wrk.drive(
        server.port, requests[len(words) :], connections=1, seconds=run.given.seconds, once=True
    )
    run.report.rows.append(Row(name, "member", 1, measured))


def _logins(run: Run) -> None:
    """Members who send the login box; what takes its time is the password's hash."""
    names = visitors.with_passwords(run.environment, 200)
    with servers.forum(run.environment, run.log) as server:
        measured = wrk.drive(
            server.port, scenarios.logins(names), connections=8, seconds=run.given.seconds
        )
    run.report.rows.append(Row("login", "guest", 8, measured))


def _replies(run: Run, members: list[Visitor]) -> None:
    """Each member replies once in all, so that the 15 s between two posts stay on."""
    half = len(members) // 2
    eight = [run.size.threads - 10 - index for index in range(8)]
    lines = (
        ("reply, 8 threads", members[:half], eight),
        ("reply, 1 thread", members[half:], [run.size.threads - 20]),
    )
    with servers.forum(run.environment, run.log) as server:
        for name, some, threads in lines:
            requests = scenarios.replies(some, threads)
            seconds = max(1.0, min(15.0, len(requests) / 300))
            measured = wrk.drive(server.port, requests, connections=8, seconds=seconds, once=True)
            run.report.rows.append(Row(name, "member", 8, measured))
        run.report.facts["resident memory after replies, 2 workers"] = _resident(server)


def _memory(run: Run, members: list[Visitor]) -> None:
    pages = scenarios.paths(run.size)
    with servers.forum(run.environment, run.log, workers=1) as server:
        for name in ("index", "board 1", "thread 1"):
            requests = scenarios.as_members(pages[name], members[:200])
            wrk.drive(server.port, requests, connections=8, seconds=2)
        run.report.facts["resident memory, 1 worker, members"] = _resident(server)


def _ceilings(run: Run, page_bytes: int) -> None:
    url = run.url or f"sqlite:///{run.folder / 'ceiling.db'}"
    ceilings.fill(url, page_bytes)
    more = {"BENCH_PAGE_BYTES": str(page_bytes), "BENCH_DATABASE_URL": url}
    for kind, name in (("bare", "bare page"), ("select", "one SELECT")):
        with servers.ceiling(kind, more, run.log) as server:
            _lines(run, server, name, "ceiling", [Request("/")])
    run.report.facts["page of the ceilings"] = f"{page_bytes:,} bytes"


def _growth(run: Run, members: list[Visitor]) -> None:
    """The same pages of a small forum beside this one, in turns, at one connection, cache off."""
    small = Run(run.folder / "small", databases.beside(run.url, "small"), SMALL, run.given, run.report)  # fmt: skip
    databases.load(small.folder, small.url, SMALL)
    few = visitors.logged_in(small.environment, 200)
    with (
        servers.forum(run.uncached, run.log, workers=1) as large_server,
        servers.forum(small.uncached, small.log, workers=1) as small_server,
    ):
        for who in ("guest", "member"):
            for name in scenarios.GROWING:
                rates: dict[int, list[float]] = {}
                for _ in range(ROUNDS + 1):
                    for each, server, some in (
                        (small, small_server, few), (run, large_server, members[:200]),
                    ):  # fmt: skip
                        path = scenarios.paths(each.size)[name]
                        requests = [Request(path)] if who == "guest" else scenarios.as_members(path, some)  # fmt: skip
                        one = wrk.drive(server.port, requests, connections=1, seconds=2)
                        rates.setdefault(server.port, []).append(one.per_second)
                # The first round of each warms.
                slow, fast = (
                    statistics.median(rates[server.port][1:]) for server in (large_server, small_server)
                )  # fmt: skip
                run.report.facts[f"growth from {SMALL.posts:,} posts, {name}, {who}, cache off"] = (
                    f"{fast / slow:.2f} times the time ({1000 / fast:.2f} ms, now {1000 / slow:.2f} ms)"
                )


@dataclass(frozen=True)
class Seen:
    """What a page says of itself when the process has everything at hand."""

    statements: int | None
    packed: int


def _seen(server: Server, path: str, cookie: str = "") -> Seen:
    """The fewest statements of several; each asks for a page that no cache holds, in any process."""
    counts, packed = [], 0
    for number in range(8):
        mark = "&" if "?" in path else "?"
        body, packed = _fetch(server.port, f"{path}{mark}bench={number}", cookie)
        found = re.search(rb"[^0-9](\d+) queries", body) or re.search(rb"second\(s\), (\d+)", body)
        if found:
            counts.append(int(found.group(1)))
    return Seen(min(counts, default=None), packed)


def _lines(
    run: Run, server: Server, name: str, who: str, requests: list[Request], *, seen: Seen | None = None
) -> None:  # fmt: skip
    """The same requests at each number of connections, warmed before."""
    wrk.drive(server.port, requests[:200], connections=2, seconds=0.5)
    for count in run.given.connections:
        measured = wrk.drive(server.port, requests, connections=count, seconds=run.given.seconds)
        run.report.rows.append(
            Row(
                name,
                who,
                count,
                measured,
                seen.statements if seen else None,
                seen.packed if seen else None,
            )
        )


def _fetch(port: int, path: str, cookie: str = "") -> tuple[bytes, int]:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", headers={"Cookie": cookie} if cookie else {}
    )
    with urllib.request.urlopen(request) as answer:
        body: bytes = answer.read()
    return body, len(gzip.compress(body, 6))


def _resident(server: Server) -> str:
    return f"{resident_mb(server.pid):.0f} MB"
