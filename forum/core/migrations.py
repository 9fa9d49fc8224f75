"""Bringing a database to the newest tables, or back."""

from pathlib import Path

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from forum.core.db import Database

FOLDER = Path(__file__).parents[2] / "migrations"
# Any constant: two servers starting at once must not both migrate (PostgreSQL advisory lock).
LOCK_KEY = 5_010_407


def _config() -> AlembicConfig:
    config = AlembicConfig()
    config.set_main_option("script_location", str(FOLDER))
    return config


def upgrade(database: Database, revision: str = "head") -> None:
    """Migrate up; nothing happens when the database is there already."""
    _run(database, command.upgrade, revision)


def downgrade(database: Database, revision: str) -> None:
    """Migrate down to `revision` ("base" = nothing left, "-1" = one step)."""
    _run(database, command.downgrade, revision)


def begin_alone(session: Session) -> None:
    """Until this transaction ends, no other server fills the database. SQLite's writers are alone."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK_KEY})


def is_current(database: Database) -> bool:
    """Has the database the newest tables?"""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    with database.read_engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() == head


def _run(database: Database, step: object, revision: str) -> None:
    config = _config()
    with database.write_engine.connect() as connection:
        if not database.is_sqlite:
            connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": LOCK_KEY})
            connection.commit()
        try:
            if database.is_sqlite:
                # Rebuilding a table in batch mode would fire ON DELETE of the tables pointing to it.
                _foreign_keys(connection, "OFF")
            config.attributes["connection"] = connection
            step(config, revision)  # type: ignore[operator]
            connection.commit()
        finally:
            if database.is_sqlite:
                connection.rollback()
                _foreign_keys(connection, "ON")
            else:
                connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": LOCK_KEY})
                connection.commit()


def _foreign_keys(connection: Connection, state: str) -> None:
    """On the driver's own connection: within a transaction the pragma does nothing."""
    driver = connection.connection.driver_connection
    assert driver is not None
    driver.execute(f"PRAGMA foreign_keys={state}")
