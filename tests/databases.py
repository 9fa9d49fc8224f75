"""A fresh forum on PostgreSQL for each test, without making a database for each.

Copying a database makes the server write a checkpoint, a second and more on a busy machine. So one
database is used again: its rows are deleted, and the installed forum's put back from a schema
`pristine` beside it, in some 20 ms. When that does not work out, or after a while, a new copy is made.
"""

from dataclasses import dataclass, field

from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import DBAPIError

USES = 80  # dead rows pile up


def execute(server: str, *statements: str) -> None:
    """Statements on the server, outside any transaction."""
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def named(server: str, name: str) -> str:
    """The address of another database of the server."""
    return server.replace("/postgres?", f"/{name}?")


@dataclass
class ReusedDatabase:
    """The database of one test process.

    :param template: of an installed forum; gets the schema `pristine` here.
    """

    server: str
    template: str
    name: str = "forum_under_test"
    _uses: int = 0
    _engine: Engine | None = None
    _cleaning: list[str] = field(default_factory=list)

    def fresh(self) -> str:
        """The address, with the installed forum in it and nothing else."""
        if not self._cleaning:
            self._prepare()
        self._uses += 1
        if self._engine is None or self._uses > USES or not self._is_cleaned():
            self._make()
        return named(self.server, self.name)

    def close(self) -> None:
        if self._engine is not None:
            self._engine.dispose()

    def _prepare(self) -> None:
        engine = create_engine(named(self.server, self.template), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            tables = connection.scalars(
                text("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
            ).all()
            connection.execute(text("CREATE SCHEMA pristine"))
            self._cleaning.append("SET session_replication_role = replica")
            for table in tables:
                self._cleaning.append(f'DELETE FROM public."{table}"')
                copied = connection.execute(
                    text(f'CREATE TABLE pristine."{table}" AS TABLE public."{table}"')
                )
                if copied.rowcount:
                    self._cleaning.append(
                        f'INSERT INTO public."{table}" SELECT * FROM pristine."{table}"'
                    )
            for name, last in connection.execute(
                text(
                    "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public'"
                )
            ):
                is_called = "false" if last is None else "true"
                self._cleaning.append(
                    f"SELECT setval('public.\"{name}\"', {last or 1}, {is_called})"
                )
            self._cleaning.append("SET session_replication_role = origin")
        engine.dispose()

    def _make(self) -> None:
        self.close()
        execute(
            self.server,
            f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)',
            f'CREATE DATABASE "{self.name}" TEMPLATE "{self.template}" STRATEGY FILE_COPY',
        )
        self._engine = create_engine(named(self.server, self.name), isolation_level="AUTOCOMMIT")
        self._uses = 0

    def _is_cleaned(self) -> bool:
        assert self._engine is not None
        try:
            with self._engine.connect() as connection:
                connection.execute(text("SET lock_timeout = '3s'"))
                connection.execute(
                    text(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                    )
                )
                connection.exec_driver_sql("; ".join(self._cleaning))
                changed = connection.scalar(
                    text("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
                ) != connection.scalar(
                    text("SELECT count(*) FROM pg_tables WHERE schemaname = 'pristine'")
                )
        except DBAPIError:  # a test left the tables otherwise
            return False
        return not changed
