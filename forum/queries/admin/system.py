"""What does this forum run on?"""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session


@dataclass(frozen=True)
class DatabaseFacts:
    """Which database, which version, which tables, how large."""

    name: str
    version: str
    revision: str
    size_bytes: int


def database_facts(s: Session) -> DatabaseFacts:
    """Asked of the database itself. Three statements at most."""
    is_sqlite = s.get_bind().dialect.name == "sqlite"
    revision = s.scalar(text("SELECT version_num FROM alembic_version")) or ""
    if is_sqlite:
        version = s.scalar(text("SELECT sqlite_version()"))
        pages = s.scalar(
            text("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
        )
        return DatabaseFacts("SQLite", str(version), revision, int(pages or 0))
    version = s.scalar(text("SHOW server_version"))
    size = s.scalar(text("SELECT pg_database_size(current_database())"))
    return DatabaseFacts("PostgreSQL", str(version), revision, int(size or 0))
