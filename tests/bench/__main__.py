"""`make bench`: load a forum, serve it as `make run` does, drive it, and print the table."""

import argparse
import shutil
from pathlib import Path

from tests.bench import databases, floors
from tests.bench.report import Report
from tests.bench.run import measure
from tests.bench.scenarios import Size

QUICK = Size(posts=20_000, threads=2_000, longest=2_000, members=1_000)
RECORDED_RUNS = 3


def main() -> None:
    asked = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    asked.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    asked.add_argument("--posts", type=int, default=1_000_000)
    asked.add_argument("--threads", type=int, help="a tenth of the posts")
    asked.add_argument("--members", type=int, help="10,000")
    asked.add_argument("--longest", type=int, help="replies of the longest thread")
    asked.add_argument("--boards", type=int, help="20")
    asked.add_argument("--seed", type=int, help="1")
    asked.add_argument("--seconds", type=int, default=6, help="per line, whole ones as wrk counts")
    asked.add_argument("--connections", type=int, nargs="+", default=[1, 8, 32])
    asked.add_argument(
        "--folder", type=Path, default=databases.ROOT / "instance" / "bench", help="kept for reuse"
    )
    asked.add_argument(
        "--quick",
        action="store_true",
        help="20,000 posts, SQLite, two to three minutes, fails on a slow page",
    )
    asked.add_argument(
        "--record", type=int, nargs="?", const=RECORDED_RUNS, metavar="RUNS",
        help="with --quick: write the floors from this many runs (3: eight minutes)",
    )  # fmt: skip
    asked.add_argument(
        "--output", type=Path, help="write <database>.md and .json into this folder too"
    )
    given = asked.parse_args()
    if given.quick:
        given.connections, given.seconds = [8], 2
        if given.record:
            _record(given)
        else:
            _quick(given)
        return
    backends = ("sqlite", "postgresql") if given.database == "both" else (given.database,)
    size = _size(given)
    reports = [_measured(backend, size, given) for backend in backends]
    _fail_on(reports)


def _size(given: argparse.Namespace) -> Size:
    usual = Size.usual(given.posts)
    threads = given.threads or usual.threads
    return Size(
        given.posts, threads, given.longest or usual.longest, given.members or usual.members,
        given.boards or usual.boards, usual.seed if given.seed is None else given.seed,
    )  # fmt: skip


def _measured(backend: str, size: Size, given: argparse.Namespace) -> Report:
    folder = given.folder / f"{backend}-{size.name}"
    folder.mkdir(parents=True, exist_ok=True)
    with databases.served(backend, folder) as url:
        databases.load(folder, url, size)
        report = measure(folder, url, size, backend, given)
    print(report.markdown(), flush=True)
    if given.output:
        given.output.mkdir(parents=True, exist_ok=True)
        (given.output / f"{backend}.md").write_text(report.markdown())
        (given.output / f"{backend}.json").write_text(report.json() + "\n")
    return report


def _fail_on(reports: list[Report]) -> None:
    """A forum that does not add up afterwards was not measured, however fast it was."""
    differing = [line for report in reports for line in report.differing]
    if differing:
        raise SystemExit("\n".join(differing))


def _record(given: argparse.Namespace) -> None:
    reports = [_measured("sqlite", QUICK, given) for _ in range(given.record)]
    _fail_on(reports)
    wrong = [line for report in reports for line in floors.refused(report).values()]
    if wrong:
        raise SystemExit("\n".join(wrong))
    floors.record(reports)
    print(f"{floors.FILE} was written.")


def _quick(given: argparse.Namespace) -> None:
    """Fail on a page that is too slow twice: once may be somebody else's fault."""
    report = _measured("sqlite", QUICK, given)
    _fail_on([report])
    slow, wrong = floors.too_slow(report), floors.refused(report)
    if slow or wrong:
        lines = sorted([*slow.values(), *wrong.values()])
        print("Something was slow or refused; once more:", *lines, sep="\n  ", flush=True)
        report = _measured("sqlite", QUICK, given)
        _fail_on([report])
        again = floors.too_slow(report)
        slow = {key: again[key] for key in slow.keys() & again.keys()}
        wrong = floors.refused(report)
    if slow or wrong:
        raise SystemExit("\n".join(sorted([*slow.values(), *wrong.values()])))
    print("No page has become too slow.")


if __name__ == "__main__":
    if shutil.which("wrk") is None:
        raise SystemExit("wrk is missing: apt-get install wrk")
    main()
