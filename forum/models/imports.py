"""Where imported things came from, so that an import can be run again and explained."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from forum.core.db import Base, Pk


class ImportedPage(Base):
    """A saved page that was read: its digest, and every fact it held (provenance)."""

    __tablename__ = "imported_pages"
    __table_args__ = (Index("uq_imported_pages_digest", "digest", unique=True),)
    id: Mapped[Pk]
    digest: Mapped[str]  # sha256 of the text
    name: Mapped[str]
    thread_id: Mapped[int | None] = mapped_column(
        ForeignKey("threads.id", ondelete="SET NULL"), index=True
    )
    facts: Mapped[dict[str, Any]]
    saved_at: Mapped[datetime | None]
    imported_at: Mapped[datetime]


class ImportedRow(Base):
    """Which row a source's own name or number became."""

    __tablename__ = "imported_rows"
    source: Mapped[str] = mapped_column(primary_key=True)  # a site's name or a database's key
    kind: Mapped[str] = mapped_column(primary_key=True)  # "member", "thread", "post"
    source_key: Mapped[str] = mapped_column(primary_key=True)
    local_id: Mapped[int]
