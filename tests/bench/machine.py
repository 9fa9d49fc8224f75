"""What machine and which versions were measured?"""

import importlib.metadata
import os
import platform
import sqlite3
import subprocess
from pathlib import Path

PACKAGES = ("flask", "sqlalchemy", "granian", "psycopg", "jinja2", "werkzeug")


def describe() -> dict[str, str]:
    """Facts of this machine, for the head of the report."""
    model = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    memory = Path("/proc/meminfo").read_text().split()[1]
    found = {
        "cpu": f"{model}, {os.cpu_count()} cores",
        "memory": f"{int(memory) // 1024 // 1024} GiB",
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
    }
    # It ends with 1 after its version, as it was asked for no page.
    said = subprocess.run(["wrk", "-v"], capture_output=True, text=True, check=False).stdout
    found["wrk"] = said.split()[1] if said else "unknown"
    found.update({name: importlib.metadata.version(name) for name in PACKAGES})
    return found


def resident_mb(pid: int) -> float:
    """Resident memory of a process and all below it, in MB (shared pages counted each time).

    Without the job worker: it is one, however many processes serve.
    """
    total = 0
    waiting = [pid]
    while waiting:
        one = waiting.pop()
        try:
            if Path(f"/proc/{one}/cmdline").read_bytes().endswith(b"\0worker\0"):
                continue
            for line in Path(f"/proc/{one}/status").read_text().splitlines():
                if line.startswith("VmRSS:"):
                    total += int(line.split()[1])
            for task in Path(f"/proc/{one}/task").iterdir():
                waiting.extend(int(child) for child in (task / "children").read_text().split())
        except FileNotFoundError:
            continue
    return total / 1024
