"""Does the server start, say what is needed once, keep what it counted, and stop when told?"""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """`flask serve` over a data folder, as a terminal or a service manager runs it."""

    def __init__(self, folder: Path, port: int) -> None:
        self.output = folder.parent / f"{folder.name}.out"
        self.address = f"http://127.0.0.1:{port}"
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "flask", "--app", "app", "serve", "--port", str(port)],
                cwd=ROOT,
                env={**os.environ, "FORUM_DATA_DIR": str(folder), "FORUM_DATABASE_URL": ""},
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def get(self, path: str) -> str:
        deadline = time.monotonic() + 60
        while True:
            try:
                with urllib.request.urlopen(self.address + path, timeout=30) as answer:
                    return answer.read().decode()
            except OSError:
                assert self.process.poll() is None, self.said()
                assert time.monotonic() < deadline, self.said()
                time.sleep(0.2)

    def stop(self, number: signal.Signals) -> float:
        """Tell the whole group, as Ctrl-C and systemd do.

        :returns: the seconds it took.
        """
        told_at = time.monotonic()
        os.killpg(self.process.pid, number)
        assert self.process.wait(timeout=60) == 0, self.said()
        return time.monotonic() - told_at

    def said(self) -> str:
        return self.output.read_text("utf-8")


def views(folder: Path) -> int:
    with sqlite3.connect(folder / "louceng.db") as database:
        return database.execute("SELECT view_count FROM threads WHERE id = 1").fetchone()[0]


def test_it_starts_with_the_seed_keeps_its_counts_and_stops_when_told(tmp_path, port):
    folder = tmp_path / "data"
    first = Server(folder, port)
    assert "北仑推进产改工作行稳致远" in first.get("/thread-1-1-1.html")
    taken = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "app", "serve", "--port", str(port)],
        cwd=ROOT,
        env={**os.environ, "FORUM_DATA_DIR": str(tmp_path / "other"), "FORUM_DATABASE_URL": ""},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    seen = views(folder)

    assert first.stop(signal.SIGINT) < 15
    assert "One-time password: " in first.said()
    assert f"The forum is at {first.address}/" in first.said()
    assert first.said().count("\n") == 3
    assert views(folder) > seen
    assert taken.returncode == 1
    assert "Address already in use" in taken.stderr
    assert "Traceback" not in taken.stderr

    seen = views(folder)
    second = Server(folder, port)
    second.get("/thread-1-1-1.html")

    assert second.stop(signal.SIGTERM) < 15
    assert second.said() == f"The forum is at {second.address}/\n"
    assert views(folder) > seen
