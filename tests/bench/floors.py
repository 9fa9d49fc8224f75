"""Which pages may not become slower, and how slow is too slow? Judged by `make bench-quick`.

`floors.json` holds what was measured: requests a second as a part of what the line's ceiling did in
the same run, at 8 connections and 20,000 posts on SQLite. It is written by
`python -m tests.bench --quick --record`, on a machine with nothing else to do.

"""

import json
import statistics
from pathlib import Path

from forum.core.clock import utc_now
from tests.bench.report import Report, Row

FILE = Path(__file__).with_name("floors.json")
# What became twice as slow is at half of it. The tenth more is for the noise of that measure: right at
# half, every other such page would pass.
LEAST = 0.55
Key = tuple[str, str]


def record(reports: list[Report], file: Path = FILE) -> None:
    """Write down the median of each line."""
    found: dict[Key, list[float]] = {}
    for report in reports:
        for row in _judged(report):
            found.setdefault((row.who, row.name), []).append(row.ratio or 0)
    ratios: dict[str, dict[str, float]] = {}
    for (who, name), all_of in found.items():
        ratios.setdefault(who, {})[name] = round(statistics.median(all_of), 4)
    kept = {
        "measured_on": utc_now().date().isoformat(),
        "runs": len(reports),
        "machine": reports[-1].machine,
        "of_ceiling": ratios,
    }
    file.write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n")


def too_slow(report: Report, file: Path = FILE) -> dict[Key, str]:
    """The lines below their floor, or without one: what was measured and what is expected."""
    recorded: dict[str, dict[str, float]] = json.loads(file.read_text())["of_ceiling"]
    found = {}
    for row in _judged(report):
        whole = recorded.get(row.who, {}).get(row.name)
        if whole is None:
            found[row.name, row.who] = f"{row.name} ({row.who}): has no floor; record them again"
        elif row.ratio is None or row.ratio < LEAST * whole:
            found[row.name, row.who] = (
                f"{row.name} ({row.who}): {row.ratio or 0:.1%} of its ceiling, "
                f"at least {LEAST * whole:.1%} expected"
            )
    return found


def refused(report: Report) -> dict[Key, str]:
    """Lines in which something was answered by an error."""
    return {
        (row.name, row.who): f"{row.name} ({row.who}): {row.measured.errors} errors"
        for row in report.rows
        if row.measured.errors
    }


def _judged(report: Report) -> list[Row]:
    return [row for row in report.rows if row.who != "ceiling"]
