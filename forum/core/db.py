"""How do we reach the database? Engines, column types, naming, statement counting."""

import enum
import os
import sqlite3
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Annotated, Any, cast

from sqlalchemy import (
    JSON,
    BigInteger,
    Connection,
    Date,
    DateTime,
    Dialect,
    Engine,
    Enum,
    Integer,
    MetaData,
    Table,
    Text,
    create_engine,
    event,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import URL, make_url
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column
from sqlalchemy.pool import QueuePool
from sqlalchemy.types import TypeDecorator

from forum.core.cache import VersionedCache
from forum.core.cursors import QuietCursor
from forum.core.reading import ReadSession
from forum.core.replica import Replica
from forum.core.write_queue import WritingConnection, queue_of

# Every constraint has a name, so that both databases can drop it later.
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime in UTC. Refuses naive values, which would silently mean local time."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


# INTEGER on SQLite, or the column would not be the rowid and would not count up by itself.
BigInt = BigInteger().with_variant(Integer, "sqlite")
Pk = Annotated[int, mapped_column(BigInt, primary_key=True)]
JsonValue = JSON().with_variant(JSONB, "postgresql")


class Base(DeclarativeBase):
    """The base of all tables."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {
        int: BigInt,
        str: Text,
        datetime: UtcDateTime,
        date: Date,
        dict[str, Any]: JsonValue,
        list[Any]: JsonValue,
        enum.StrEnum: Enum(
            enum.StrEnum,
            native_enum=False,
            create_constraint=True,
            length=20,
            values_callable=lambda members: [member.value for member in members],
        ),
    }


def _connect_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    # The driver's own implicit BEGIN comes too late for IMMEDIATE; the dialect begins instead.
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        # 32 MB: hot pages are written back once for some hundred replies, not each few.
        "wal_autocheckpoint=8000",
        "foreign_keys=ON",
        "busy_timeout=20000",
        # Per connection, and each thread has two: what is not in there is in the system's own cache.
        "cache_size=-8192",
        "temp_store=MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_reading(connection: Any) -> None:
    connection.execute("BEGIN").close()


def _begin_writing(connection: Any) -> None:
    # A deferred transaction that reads first and writes later dies with SQLITE_BUSY_SNAPSHOT.
    connection.begin()


class Database:
    """A write engine and a read engine over one database; beside them a replica, if there is one.

    Everything is read from the database itself; only pages (http/context.py) ask for the replica.
    """

    def __init__(
        self, url: str | URL, *, read_url: str | URL | None = None, pool_size: int = 8
    ) -> None:
        self.url = make_url(url)
        self.info: dict[str, Any] = {}  # what the factory hangs on it for engines, by their keys
        self.closing: list[Callable[[], None]] = []
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        has_file = self.is_sqlite and self.url.database not in (None, "", ":memory:")
        self._queue = queue_of(str(self.url.database)) if has_file else None
        self.write_engine = self._engine(self.url, pool_size, writes=True)
        self.read_engine = self._engine(self.url, pool_size, writes=False)
        self.replica: Replica | None = None
        if read_url and not self.is_sqlite:
            engine = self._engine(make_url(read_url), pool_size, writes=False)
            self.replica = Replica(engine, {"database": self})
        self.cache = VersionedCache(self.url.database if self.is_sqlite else None)
        _DATABASES.add(self)

    def _engine(self, url: URL, pool_size: int, *, writes: bool) -> Engine:
        if self.is_sqlite:
            arguments: dict[str, Any] = {"check_same_thread": False}
            if writes:
                arguments["factory"] = self._writing_connection
            engine = create_engine(
                url,
                poolclass=QueuePool,
                pool_size=pool_size,
                max_overflow=8,
                connect_args=arguments,
                hide_parameters=True,  # an error is logged, and they may be what two wrote each other
            )
            event.listen(engine, "connect", _connect_sqlite)
            # Not by an event: an error in there would not become one of SQLAlchemy's.
            engine.dialect.do_begin = _begin_writing if writes else _begin_reading  # type: ignore[method-assign, assignment]
        else:
            engine = create_engine(
                url,
                pool_size=pool_size,
                max_overflow=8,
                pool_pre_ping=False,
                connect_args={"connect_timeout": 5, "cursor_factory": QuietCursor},
                hide_parameters=True,  # as above
                # A page's statements each see the latest commit; a round trip for BEGIN and one
                # for ROLLBACK are saved on every page.
                isolation_level="READ COMMITTED" if writes else "AUTOCOMMIT",
                pool_reset_on_return="rollback" if writes else None,
            )
        event.listen(engine, "before_cursor_execute", _count_statement)
        return engine

    def _writing_connection(self, *args: Any, **kwargs: Any) -> WritingConnection:
        connection = WritingConnection(*args, **kwargs)
        connection.queue = self._queue
        return connection

    def read_session(self) -> Session:
        """A session for reading pages. Close it; it never commits."""
        return ReadSession(self.read_engine, {"database": self})

    def write_session(self) -> Session:
        """A session for one unit of work (core/uow.py)."""
        return Session(self.write_engine, autoflush=True, info={"database": self})

    def dispose(self) -> None:
        """Close every connection, those that others opened beside the engines too."""
        for close in self.closing:
            close()
        self.rest()

    def rest(self) -> None:
        """Close the connections nobody is using. The next use opens new ones."""
        self.cache.close()
        self.write_engine.dispose()
        self.read_engine.dispose()
        if self.replica is not None:
            self.replica.engine.dispose()


_DATABASES: "weakref.WeakSet[Database]" = weakref.WeakSet()


def _rest_before_fork() -> None:
    """No connection may be there twice: two processes at one socket would get each other's rows.

    The application server makes its workers by forking a process that has migrated before; SQLite
    forbids to carry a file over, too. What was closed here is opened again when it is wanted.
    """
    for database in list(_DATABASES):
        database.rest()


os.register_at_fork(before=_rest_before_fork)


def conflict_insert(dialect: str, model: type[Base]) -> Any:
    """An INSERT into a model's table that can say ON CONFLICT; both dialects spell it alike.

    :param dialect: `session.get_bind().dialect.name`.
    """
    insert = sqlite.insert if dialect == "sqlite" else postgresql.insert
    return insert(cast(Table, model.__table__))


class _StatementCounter(threading.local):
    count = 0
    statements: list[str] | None = None


_counter = _StatementCounter()


def _count_statement(
    _conn: Connection, _cursor: Any, statement: str, _params: Any, _context: Any, _many: bool
) -> None:
    if statement.startswith("BEGIN"):
        return
    _counter.count += 1
    if _counter.statements is not None:
        _counter.statements.append(statement)


def statement_count() -> int:
    """How many statements this thread has issued since it began. Take differences."""
    return _counter.count


@contextmanager
def recorded_statements() -> Iterator[list[str]]:
    """The SQL this thread issues inside the block; for tests and profiling."""
    before, _counter.statements = _counter.statements, []
    recorded = _counter.statements
    try:
        yield recorded
    finally:
        _counter.statements = before
