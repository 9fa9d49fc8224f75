"""Writers of SQLite take turns: over threads and processes, whoever dies, and nobody waits long."""

import multiprocessing
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from forum.core import write_queue
from forum.core.db import Database
from forum.core.write_queue import queue_of
from forum.http.retries import is_worth_retrying
from tests.core.writers import NOTE

ROOT = Path(__file__).parents[2]


@pytest.fixture
def url(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path / 'notes.db'}"
    database = Database(url)
    with database.write_session() as session, session.begin():
        session.execute(text("CREATE TABLE notes (writer TEXT, at INTEGER)"))
    database.dispose()
    return url


@pytest.fixture
def notes(url: str) -> Iterator[Database]:
    database = Database(url)
    yield database
    database.dispose()


def _write(database: Database, writer: str = "me") -> None:
    with database.write_session() as session, session.begin():
        session.execute(NOTE, {"writer": writer, "at": 0})


def _process(*arguments: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "tests.core.writers", *arguments]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def _wait_for(file: Path) -> None:
    while not file.exists():
        time.sleep(0.01)


def _count(database: Database) -> int:
    with database.read_session() as session:
        return int(session.execute(text("SELECT count(*) FROM notes")).scalar() or 0)


def test_who_was_killed_in_the_middle_holds_up_nobody(notes, url, tmp_path):
    ready = tmp_path / "ready"
    written = threading.Event()
    with _process("hold", url, str(ready)) as holder:
        _wait_for(ready)
        threading.Thread(target=lambda: (_write(notes), written.set()), daemon=True).start()
        assert not written.wait(0.3)  # it is the holder's turn

        os.kill(holder.pid, signal.SIGKILL)

    assert written.wait(5)
    assert _count(notes) == 1


def test_reading_needs_no_turn(notes, url, tmp_path):
    _write(notes)
    ready = tmp_path / "ready"
    with _process("hold", url, str(ready)) as holder:
        _wait_for(ready)

        began = time.monotonic()
        assert _count(notes) == 1
        assert time.monotonic() - began < 1

        holder.kill()


def test_of_many_processes_nobody_waits_long(url):
    """Four who each write 10 ms and want to again at once: a turn comes after about 40 ms.

    SQLite's own waiting lets some of them wait for half a second here.
    """
    processes = [_process("often", url, "3", "0.01") for _ in range(4)]
    answers = [process.communicate(timeout=60)[0] for process in processes]

    assert all(int(answer) < 2000 for answer in answers), answers
    made = _made_while_all_wrote(url)
    assert len(made) == 4
    assert max(made) < 2 * min(made), made


def test_who_writes_long_and_often_gets_no_more_turns_than_others(url):
    """As a batch of steps does beside members who reply."""
    processes = [_process("often", url, "4", seconds) for seconds in ("0.05", *5 * ["0.001"])]
    for process in processes:
        process.communicate(timeout=60)

    made = _made_while_all_wrote(url)
    assert len(made) == 6
    assert max(made) < 2 * min(made), made


def _made_while_all_wrote(url: str) -> list[int]:
    """How many notes each wrote between the last one's first and the first one's last."""
    with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
        made = connection.execute(
            "WITH times AS (SELECT min(at) AS first, max(at) AS last FROM notes GROUP BY writer)"
            "SELECT count(*) FROM notes WHERE at BETWEEN (SELECT max(first) FROM times)"
            " AND (SELECT min(last) FROM times) GROUP BY writer"
        ).fetchall()
    connection.close()
    return [row[0] for row in made]


def test_threads_are_served_in_the_order_they_came(notes):
    order: list[str] = []

    def write(writer: str) -> None:
        with notes.write_session() as session, session.begin():
            session.execute(NOTE, {"writer": writer, "at": 0})
            order.append(writer)

    with notes.write_session() as session, session.begin():
        session.execute(NOTE, {"writer": "first", "at": 0})
        threads = [threading.Thread(target=write, args=(str(number),)) for number in range(5)]
        for thread in threads:
            thread.start()
            time.sleep(0.05)
    write("again")  # at once, while the others are only being woken
    for thread in threads:
        thread.join(10)

    assert order == ["0", "1", "2", "3", "4", "again"]


def test_threads_take_turns(notes):
    def often(writer: str) -> None:
        for _ in range(20):
            _write(notes, writer)

    threads = [threading.Thread(target=often, args=(str(number),)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert _count(notes) == 120


def test_an_error_ends_the_turn(notes):
    with pytest.raises(OperationalError), notes.write_session() as session, session.begin():
        session.execute(text("INSERT INTO nowhere VALUES (1)"))
    with suppress(ZeroDivisionError), notes.write_session() as session, session.begin():
        session.execute(NOTE, {"writer": "me", "at": 0})
        raise ZeroDivisionError

    _write(notes)

    assert _count(notes) == 1


def test_the_turn_goes_with_each_commit(notes, url):
    other = Database(url)
    with notes.write_engine.connect() as connection:
        for _ in range(2):
            connection.execute(NOTE, {"writer": "me", "at": 0})
            connection.commit()
            _write(other)
    other.dispose()

    assert _count(notes) == 4


def test_a_unit_inside_another_is_refused_like_by_sqlite(notes, monkeypatch):
    monkeypatch.setattr(write_queue, "LONGEST_WAIT_S", 0.2)
    with notes.write_session() as session, session.begin():
        session.execute(NOTE, {"writer": "outer", "at": 0})

        with pytest.raises(OperationalError) as refused:
            _write(notes, "inner")

    assert is_worth_retrying(refused.value)
    assert _count(notes) == 1
    _write(notes)


def test_who_writes_without_queueing_is_waited_for(notes, url):
    other = sqlite3.connect(url.removeprefix("sqlite:///"), check_same_thread=False)
    other.isolation_level = None
    other.execute("BEGIN IMMEDIATE")
    threading.Timer(0.3, other.commit).start()

    _write(notes)

    assert _count(notes) == 1
    time.sleep(0.1)
    other.close()


def test_who_cannot_open_the_files_writes_all_the_same(notes, url):
    notes.dispose()
    path = Path(url.removeprefix("sqlite:///"))
    for name in ("door", "turn"):
        file = path.with_name(f"{path.name}-{name}")
        file.unlink(missing_ok=True)
        file.mkdir()
    queue_of(str(path)).close()

    _write(notes)

    assert _count(notes) == 1


def test_a_link_where_a_file_of_the_queue_should_be_is_not_followed(notes, url, tmp_path):
    notes.dispose()
    path, elsewhere = Path(url.removeprefix("sqlite:///")), tmp_path / "elsewhere"
    door = path.with_name(f"{path.name}-door")
    door.unlink(missing_ok=True)
    door.symlink_to(elsewhere)
    queue_of(str(path)).close()

    _write(notes)

    assert _count(notes) == 1
    assert not elsewhere.exists()


def _take_a_turn(path: str, done: str) -> None:
    queue = queue_of(path)
    queue.leave(queue.enter())
    Path(done).touch()
    os._exit(0)


def test_a_fork_in_the_middle_of_a_turn_takes_nothing_along(tmp_path):
    """The queue alone: SQLite itself does not bear being forked with a file open."""
    path, done = str(tmp_path / "some.db"), tmp_path / "done"
    Path(path).touch()
    queue = queue_of(path)
    ticket = queue.enter()
    fork = multiprocessing.get_context("fork")
    child = fork.Process(target=_take_a_turn, args=(path, str(done)))
    child.start()
    child.join(0.5)
    assert not done.exists()  # it is still the parent's turn

    queue.leave(ticket)

    child.join(10)
    assert done.exists()
    queue.leave(queue.enter())
