"""One run over one database: every line of the table, in the order they are measured."""

import argparse
import contextlib
import gzip
import math
import re
import statistics
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench import ceilings, databases, scenarios, servers, visitors, wrk
from tests.bench.machine import describe, resident_mb
from tests.bench.report import Report, Row
from tests.bench.scenarios import Size
from tests.bench.servers import Server
from tests.bench.visitors import Visitor
from tests.bench.wrk import Measured, Request

SMALL = Size(posts=10_000, threads=1_000, longest=2_000, members=1_000)
ROUNDS = 3


# The two kinds of ceilings.
BARE = "bare page"
SELECT = "one SELECT"


@dataclass
class Beside:
    """The ceilings. Each is measured right after the line it belongs to: a busy moment falls on both."""

    ports: dict[str, int] = field(default_factory=dict)  # by kind
    pages: list[str] = field(default_factory=list)
    found: dict[tuple[str, int], list[Measured]] = field(default_factory=dict)

    def drive(self, kind: str, page: str, connections: int, seconds: int) -> Measured:
        """:param page: whose size the ceiling's has."""
        asked = [Request(ceilings.path_of(self.pages.index(page)))]
        measured = wrk.drive(self.ports[kind], asked, connections=connections, seconds=seconds)
        self.found.setdefault((f"{kind}, {page}", connections), []).append(measured)
        return measured

    def rows(self) -> Iterator[Row]:
        """One line for each, of all its measures the median."""
        for (name, connections), measured in self.found.items():
            ordered = sorted(measured, key=lambda one: one.per_second)
            yield Row(name, "ceiling", connections, ordered[len(ordered) // 2])


@dataclass
class Run:
    """A forum that is loaded, and what is found out about it."""

    folder: Path
    url: str | None
    size: Size
    given: argparse.Namespace
    report: Report
    beside: Beside = field(default_factory=Beside)

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
    machine = {**describe(), **databases.versions(url)}
    report = Report(f"{backend}, {size.posts:,} posts, {size.threads:,} threads", machine)
    run = Run(folder, url, size, given, report)
    everybody = visitors.logged_in(run.environment, size.members)
    # A fifth of the members, from the middle, may read one small board alone (`_searches`).
    first, last = len(everybody) * 3 // 5, len(everybody) * 4 // 5
    narrow, members = everybody[first:last], everybody[:first] + everybody[last:]
    visitors.narrow(run.environment, size.small_board, [one.member_id for one in narrow])
    with _ceilings(run, members[0]):
        _pages(run, members)
        _searches(run, members, narrow)
        _logins(run)
        _replies(run, members)
    report.rows.extend(run.beside.rows())
    if not given.quick:
        _memory(run, members)
        _growth(run, members)
    for group in ("counters", "points", "modlog", "search"):
        said = databases.flask(run.environment, group, "verify")
        report.facts[f"flask {group} verify"] = said.line
        if not said.is_well:
            report.differing.append(f"flask {group} verify: {said.line}")
    return report


def _pages(run: Run, members: list[Visitor]) -> None:
    """Guests, members, guests without the cache."""
    pages = run.pages
    with servers.forum(run.environment, run.log) as server:
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


def _searches(run: Run, members: list[Visitor], narrow: list[Visitor]) -> None:
    """Every member searches once in all: the ten seconds between two searches stay on."""
    counts = run.given.connections
    words = scenarios.searches(run.size.seed)
    if run.given.quick:
        words = {name: words[name] for name in scenarios.QUICK_SEARCHES}
    widely = iter(_shares(members, len(words) * len(counts)))
    narrowly = iter(_shares(narrow, len(scenarios.SEARCHED_NARROWLY) * len(counts)))
    with servers.forum(run.environment, run.log) as server:
        for name, some in words.items():
            _search(run, server, name, some, [next(widely) for _ in counts])
        for name in scenarios.SEARCHED_NARROWLY:
            shares = [next(narrowly) for _ in counts]
            _search(run, server, f"{name}, one board readable", words[name], shares)


def _shares(visitors: list[Visitor], number: int) -> list[list[Visitor]]:
    size = len(visitors) // number
    return [visitors[index * size : (index + 1) * size] for index in range(number)]


def _search(
    run: Run, server: Server, name: str, words: tuple[str, ...], shares: list[list[Visitor]]
) -> None:
    """Each word once before, as it may be the first ever, which is when it is looked at, too."""
    seen: list[Seen] = []
    for count, some in zip(run.given.connections, shares, strict=True):
        requests = scenarios.as_searchers(words, some)
        if not seen:
            for request in requests[: len(words)]:
                seen.append(_look(*_fetch(server.port, request.path, request.cookie)))
            requests = requests[len(words) :]
        measured = wrk.drive(
            server.port, requests, connections=count, seconds=run.given.seconds, once=True
        )
        statements = min(one.statements or 0 for one in seen)
        _add(run, Row(name, "member", count, measured, statements, seen[-1].packed), "search")


def _logins(run: Run) -> None:
    """Members who send the login box; what takes its time is the password's hash."""
    requests = scenarios.logins(visitors.with_passwords(run.environment, 200))
    statements = visitors.statements_of(run.environment, requests[:3])
    with servers.forum(run.environment, run.log) as server:
        for count in run.given.connections:
            measured = wrk.drive(
                server.port, requests, connections=count, seconds=run.given.seconds
            )
            _add(run, Row("login", "guest", count, measured, statements), "thread 1", SELECT)


def _replies(run: Run, members: list[Visitor]) -> None:
    """Each member replies once in all, so that the 15 s between two posts stay on."""
    first, members = members[:3], members[3:]
    half = len(members) // 2
    eight = [run.size.threads - 10 - index for index in range(8)]
    lines = (
        ("reply, 8 threads", members[:half], eight),
        ("reply, 1 thread", members[half:], [run.size.threads - 20]),
    )
    statements = visitors.statements_of(run.environment, scenarios.replies(first, eight))
    with servers.forum(run.environment, run.log) as server:
        for name, some, threads in lines:
            requests = scenarios.replies(some, threads)
            seconds = min(15, math.ceil(len(requests) / 300))
            measured = wrk.drive(server.port, requests, connections=8, seconds=seconds, once=True)
            _add(run, Row(name, "member", 8, measured, statements), "thread 1")
        run.report.facts["resident memory after replies, 2 workers"] = _resident(server)


def _memory(run: Run, members: list[Visitor]) -> None:
    pages = scenarios.paths(run.size)
    with servers.forum(run.environment, run.log, workers=1) as server:
        for name in ("index", "board 1", "thread 1"):
            requests = scenarios.as_members(pages[name], members[:200])
            wrk.drive(server.port, requests, connections=8, seconds=2)
        run.report.facts["resident memory, 1 worker, members"] = _resident(server)


@contextlib.contextmanager
def _ceilings(run: Run, member: Visitor) -> Iterator[None]:
    """Both ceilings, each with a page of the size of each page. Idle while they are not asked."""
    sizes = {}
    with servers.forum(run.environment, run.log) as server:
        for name, path in run.pages.items():
            sizes[name] = len(_fetch(server.port, path)[0])
        words = scenarios.searches(run.size.seed)[scenarios.QUICK_SEARCHES[0]]
        found = _fetch(server.port, scenarios.search_path(words[0]), member.cookie)
        sizes["search"] = len(found[0])
    for name, size in sizes.items():
        run.report.facts[f"page of the ceilings for {name}"] = f"{size:,} bytes"
    url = run.url or f"sqlite:///{run.folder / 'ceiling.db'}"
    ceilings.fill(url, list(sizes.values()))
    more = {
        "BENCH_PAGE_BYTES": " ".join(str(size) for size in sizes.values()),
        "BENCH_DATABASE_URL": url,
    }
    with (
        servers.ceiling("bare", more, run.log) as bare,
        servers.ceiling("select", more, run.log) as select,
    ):
        run.beside = Beside({BARE: bare.port, SELECT: select.port}, list(sizes))
        for port in run.beside.ports.values():
            wrk.drive(port, [Request("/")], connections=2, seconds=1)
        yield


def _add(run: Run, row: Row, page: str, ceiling: str = "") -> None:
    """Add a line, and measure its ceiling.

    :param page: whose size the ceiling has.
    """
    run.report.rows.append(row)
    kind = ceiling or (BARE if row.who == "guest" else SELECT)
    best = run.beside.drive(kind, page, row.connections, run.given.seconds)
    row.ceiling, row.ratio = f"{kind}, {page}", row.measured.per_second / best.per_second


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


def _look(body: bytes, packed: int) -> Seen:
    found = re.search(rb"[^0-9](\d+) queries", body) or re.search(rb"second\(s\), (\d+)", body)
    return Seen(int(found.group(1)) if found else None, packed)


def _seen(server: Server, path: str, cookie: str = "") -> Seen:
    """The fewest statements of several; each asks for a page that no cache holds, in any process."""
    mark = "&" if "?" in path else "?"
    seen = [
        _look(*_fetch(server.port, f"{path}{mark}bench={number}", cookie)) for number in range(8)
    ]
    counts = [one.statements for one in seen if one.statements is not None]
    return Seen(min(counts, default=None), seen[-1].packed)


def _lines(
    run: Run, server: Server, name: str, who: str, requests: list[Request], *, seen: Seen
) -> None:
    """The same requests at each number of connections, warmed before."""
    wrk.drive(server.port, requests[:200], connections=2, seconds=1)
    for count in run.given.connections:
        measured = wrk.drive(server.port, requests, connections=count, seconds=run.given.seconds)
        _add(run, Row(name, who, count, measured, seen.statements, seen.packed), name)


def _fetch(port: int, path: str, cookie: str = "") -> tuple[bytes, int]:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", headers={"Cookie": cookie} if cookie else {}
    )
    with urllib.request.urlopen(request) as answer:
        body: bytes = answer.read()
    return body, len(gzip.compress(body, 6))


def _resident(server: Server) -> str:
    return f"{resident_mb(server.pid):.0f} MB"
