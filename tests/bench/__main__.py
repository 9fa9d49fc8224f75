"""`make bench`: load a forum, serve it as `make run` does, drive it, and print the table."""

import argparse
import shutil
from pathlib import Path

from tests.bench import databases, floors
from tests.bench.report import Report
from tests.bench.run import measure
from tests.bench.scenarios import Size

QUICK = Size(posts=20_000, threads=2_000, longest=2_000, members=1_000)


def main() -> None:
    asked = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    asked.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    asked.add_argument("--posts", type=int, default=1_000_000)
    asked.add_argument("--threads", type=int, help="a tenth of the posts")
    asked.add_argument("--members", type=int, default=10_000)
    asked.add_argument("--longest", type=int, help="replies of the longest thread")
    asked.add_argument("--seconds", type=float, default=6.0, help="per line")
    asked.add_argument("--connections", type=int, nargs="+", default=[1, 8, 32])
    asked.add_argument(
        "--folder", type=Path, default=databases.ROOT / "instance" / "bench", help="kept for reuse"
    )
    asked.add_argument(
        "--quick",
        action="store_true",
        help="20,000 posts, SQLite, two minutes, fails on a slow page",
    )
    asked.add_argument("--output", type=Path, help="write OUTPUT.md and OUTPUT.json too")
    given = asked.parse_args()
    if given.quick:
        _quick(given)
        return
    backends = ("sqlite", "postgresql") if given.database == "both" else (given.database,)
    threads = given.threads or given.posts // 10
    longest = given.longest or min(20_000, given.posts // 10)
    size = Size(given.posts, threads, longest, given.members)
    reports = [_measured(backend, size, given) for backend in backends]
    if given.output:
        Path(f"{given.output}.md").write_text("\n".join(report.markdown() for report in reports))
        Path(f"{given.output}.json").write_text(
            "[" + ",\n".join(report.json() for report in reports) + "]"
        )


def _measured(backend: str, size: Size, given: argparse.Namespace) -> Report:
    folder = given.folder / f"{backend}-{size.posts}"
    folder.mkdir(parents=True, exist_ok=True)
    with databases.served(backend, folder) as url:
        databases.load(folder, url, size)
        report = measure(folder, url, size, backend, given)
    print(report.markdown(), flush=True)
    return report


def _quick(given: argparse.Namespace) -> None:
    """Fail on a page that is too slow twice: once may be somebody else's fault."""
    given.connections, given.seconds = [8], 2.0
    report = _measured("sqlite", QUICK, given)
    slow, wrong = floors.too_slow(report), floors.refused(report)
    if slow or wrong:
        print("Something was slow or refused; once more:", *sorted(slow | wrong), sep="\n  ", flush=True)  # fmt: skip
        report = _measured("sqlite", QUICK, given)
        slow &= floors.too_slow(report)
        wrong = floors.refused(report)
    if slow or wrong:
        raise SystemExit("\n".join(sorted(slow | wrong)))
    print("No page has become too slow.")


if __name__ == "__main__":
    if shutil.which("wrk") is None:
        raise SystemExit("wrk is missing: apt-get install wrk")
    main()
