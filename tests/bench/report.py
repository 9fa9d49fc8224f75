"""The table of one run, as Markdown and JSON."""

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from tests.bench.wrk import Measured


@dataclass
class Row:
    """One line: a page (or deed), for whom, at how many connections, and what came out."""

    name: str
    who: str
    connections: int
    measured: Measured
    statements: int | None = None
    gzip_bytes: int | None = None
    ceiling: str = ""
    ratio: float | None = None


@dataclass
class Report:
    """A whole run."""

    title: str
    machine: dict[str, str]
    rows: list[Row] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    differing: list[str] = field(default_factory=list)  # verifiers that were not content

    def find(self, name: str, who: str, connections: int) -> Row:
        """:raises KeyError: no such line."""
        for row in self.rows:
            if (row.name, row.who, row.connections) == (name, who, connections):
                return row
        raise KeyError((name, who, connections))

    def markdown(self) -> str:
        """The table people read."""
        lines = [
            f"### {self.title}",
            "",
            "| page | who | conn. | req/s | p50 ms | p95 ms | p99 ms | errors | statements | gzip kB | of ceiling |",
            "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
        ]
        for row in self.rows:
            one = row.measured
            size = f"{row.gzip_bytes / 1024:.1f}" if row.gzip_bytes else ""
            ratio = "" if row.ratio is None else f"{row.ratio:.{0 if row.ratio >= 0.1 else 1}%}"
            statements = "" if row.statements is None else str(row.statements)
            lines.append(
                f"| {row.name} | {row.who} | {row.connections} | {one.per_second:,.0f} | {one.p50:.1f} "
                f"| {one.p95:.1f} | {one.p99:.1f} | {one.errors} | {statements} | {size} | {ratio} |"
            )
        lines.append("")
        lines.extend(f"* {name}: {value}" for name, value in self.facts.items())
        lines.append(f"* {', '.join(f'{name} {value}' for name, value in self.machine.items())}")
        return "\n".join(lines) + "\n"

    def json(self) -> str:
        """The same for programs."""
        return json.dumps(
            {
                "title": self.title,
                "machine": self.machine,
                "facts": self.facts,
                "rows": [asdict(row) for row in self.rows],
            },
            ensure_ascii=False,
            indent=1,
        )
