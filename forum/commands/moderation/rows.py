"""Which tables may effects touch, and how does a row's JSON become columns again?"""

import enum
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Table
from sqlalchemy.orm import Session

from forum.core.db import Base, UtcDateTime
from forum.models import Board, Member, ModLogEntry, NetworkBan, Post, PostWarning, Thread
from forum.modlog.effects import json_value

MODELS: dict[str, type[Base]] = {
    model.__tablename__: model for model in (Thread, Post, Member, Board, PostWarning, NetworkBan)
}
assert ModLogEntry.__tablename__ not in MODELS  # the log is written by modlog/chain.py alone


def table_of(name: str) -> Table:
    """The table effects call by this name.

    :raises KeyError: effects may not touch it.
    """
    table: Table = MODELS[name].__table__  # type: ignore[assignment]
    return table


def decoded(table: Table, values: Mapping[str, Any]) -> dict[str, Any]:
    """Values of effects as the columns take them."""
    return {name: _decoded(table.c[name].type, value) for name, value in values.items()}


def _decoded(kind: Any, value: Any) -> Any:
    if value is not None and isinstance(kind, UtcDateTime):
        return datetime.fromisoformat(value)
    enum_class = getattr(kind, "enum_class", None)
    if value is not None and enum_class is not None and issubclass(enum_class, enum.Enum):
        return enum_class(value)
    return value


def values_of(row: Base) -> dict[str, Any]:
    """Every column of a row, as effects hold it."""
    return {column.key: json_value(getattr(row, column.key)) for column in row.__table__.columns}


def current_values(
    session: Session, name: str, ids: list[int], columns: set[str]
) -> dict[int, dict[str, Any]]:
    """What rows hold now, by id, as effects hold it."""
    table = table_of(name)
    wanted = [table.c[column] for column in sorted(columns | {"id"})]
    found: dict[int, dict[str, Any]] = {}
    for at in range(0, len(ids), 500):
        part = ids[at : at + 500]
        for row in session.execute(
            table.select().with_only_columns(*wanted).where(table.c.id.in_(part))
        ):
            found[row.id] = {key: json_value(value) for key, value in row._mapping.items()}
    return found
