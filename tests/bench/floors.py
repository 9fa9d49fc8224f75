"""Which pages may not become slower, and how slow is too slow? Judged by `make bench ARGS=--quick`.

One line for each page: requests a second as a part of what the ceiling does in the same run (the bare
Flask page for guests, one SELECT and a template for the others), at 8 connections and 20,000 posts.
Half of what docs/performance.md measured, and a little less, for a machine that others use too. Who
makes a page faster raises its line.

"""

from tests.bench.report import Report

FLOORS: dict[tuple[str, str], float] = {
    # page, who                           of its ceiling
    ("index", "guest"): 0.60,
    ("board 1", "guest"): 0.60,
    ("thread 1", "guest"): 0.60,
    ("space", "guest"): 0.60,
    ("guide", "guest"): 0.60,
    ("index", "member"): 0.07,
    ("board 1", "member"): 0.05,
    ("thread 1", "member"): 0.10,
    ("space", "member"): 0.12,
    ("index", "guest, cache off"): 0.07,
    ("board 1", "guest, cache off"): 0.06,
    ("thread 1", "guest, cache off"): 0.18,
}


def too_slow(report: Report) -> set[str]:
    """Names of the lines below their floor, with what was measured and what is expected."""
    return {
        f"{name} ({who}): at least {least:.0%} of its ceiling expected"
        for (name, who), least in FLOORS.items()
        if (row := report.find(name, who, 8)).ratio is not None and row.ratio < least
    }


def refused(report: Report) -> set[str]:
    """Lines in which something was answered by an error."""
    return {
        f"{row.name} ({row.who}): {row.measured.errors} errors"
        for row in report.rows
        if row.measured.errors
    }
