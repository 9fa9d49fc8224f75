"""Server processes are forked from one that has used the database: no connection goes along."""

import multiprocessing
from multiprocessing.connection import Connection

from sqlalchemy import text

from forum.core.cache import CacheName
from forum.core.db import Database

SERVER_PROCESS = text("SELECT pg_backend_pid()")


def _ask(database: Database, mouth: Connection) -> None:
    with database.read_session() as session:
        database.cache.refresh(session)
        mouth.send((database.cache.version(CacheName.SITE), _identity(database)))


def _identity(database: Database) -> int:
    """Which connection it is: on PostgreSQL its server process, on SQLite how many were opened."""
    if database.is_sqlite:
        return database.read_engine.pool.checkedin()  # type: ignore[attr-defined]
    with database.read_session() as session:
        return int(session.execute(SERVER_PROCESS).scalar_one())


def test_a_forked_process_opens_connections_of_its_own(forum, database):
    with database.read_session() as session:
        database.cache.refresh(session)
    before = _identity(database)
    ear, mouth = multiprocessing.Pipe()

    child = multiprocessing.get_context("fork").Process(target=_ask, args=(database, mouth))
    child.start()
    assert ear.poll(20)
    version, others = ear.recv()
    child.join(20)

    assert version == database.cache.version(CacheName.SITE)
    if database.is_sqlite:
        assert (before, others) == (1, 0)
    else:
        assert others != before
    with database.read_session() as session:  # the parent's go on
        assert session.execute(text("SELECT 1")).scalar_one() == 1
    ear.close()
    mouth.close()
