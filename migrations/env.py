"""Runs the migrations on whatever database is configured, or on the connection handed in."""

from typing import Any, Literal

import sqlalchemy as sa
from alembic import context
from alembic.autogenerate.api import AutogenContext

import forum.models
from forum.core.config import load_config
from forum.core.db import Base, Database, UtcDateTime

assert forum.models  # registers the tables

# Full-text indexes are made by hand: SQLite's are virtual tables that no metadata describes.
UNMAPPED = ("search_",)


def render_item(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    """Migrations are history: they may not import our own column types."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def include_name(name: str | None, kind: str, _parents: Any) -> bool:
    return not (kind == "table" and name is not None and name.startswith(UNMAPPED))


def run(connection: sa.Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        render_item=render_item,
        include_name=include_name,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


handed_in = context.config.attributes.get("connection")
if handed_in is not None:
    run(handed_in)
else:
    database = Database(load_config().database_url)
    with database.write_engine.connect() as opened:
        run(opened)
        opened.commit()
