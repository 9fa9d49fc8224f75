"""How does a page read? Columns from one connection, without the mapper's work between.

Read models are made from columns (DESIGN.md 5). What an ORM session adds to a SELECT of columns
(loading strategies, an identity map, transaction states) costs a page as much as the database
itself, and changes nothing in the rows.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import CompoundSelect, Connection, Engine, Executable, Select, TextClause
from sqlalchemy.orm import Session
from sqlalchemy.sql.selectable import FromClause

from forum.core.cache import MOMENT

MOST_ANSWERS = 1000  # of a moment; some 3 kB each


class ReadSession(Session):
    """A session that only reads. A SELECT of mapped objects still goes the mapper's way."""

    def __init__(self, engine: Engine, info: dict[str, Any]) -> None:
        super().__init__(engine, autoflush=False, info=info)
        self._engine = engine
        self._reading: Connection | None = None
        self._is_mapping = False

    def execute(self, statement: Any, params: Any = None, **more: Any) -> Any:
        if more or not _is_of_columns(statement):
            self.bind, self._is_mapping = self._connection(), True
            return super().execute(statement, params, **more)
        return self._connection().execute(statement, params)

    def scalar(self, statement: Any, params: Any = None, **more: Any) -> Any:
        return self.execute(statement, params, **more).scalar()

    def scalars(self, statement: Any, params: Any = None, **more: Any) -> Any:
        return self.execute(statement, params, **more).scalars()

    def connection(self, *_arguments: Any, **_more: Any) -> Connection:
        return self._connection()

    def close(self) -> None:
        if self._is_mapping:
            super().close()
        reading, self._reading = self._reading, None
        self.bind = self._engine
        if reading is not None:
            reading.close()

    def _connection(self) -> Connection:
        # One connection for all, or two statements of a page would see different moments.
        if self._reading is None:
            self._reading = self._engine.connect()
        return self._reading


@lru_cache(maxsize=512)  # by identity; those a page asks are made once
def _is_of_columns(statement: Any) -> bool:
    if isinstance(statement, Select):
        return not any(isinstance(column, FromClause) for column in statement._raw_columns)
    return isinstance(statement, CompoundSelect | TextClause)


def unchanged(s: Session, statement: Executable, values: Mapping[str, Any]) -> Sequence[Any]:
    """The rows of a statement; on SQLite from memory where nobody has committed since they were read.

    SQLite counts its commits, so that an answer of the same moment is known to stand (core/cache.py).
    At most one statement.

    :param statement: built once, as its identity is a part of the key.
    :param values: hashable ones.
    """
    moment = s.info.get(MOMENT) if isinstance(s, ReadSession) else None
    if moment is None:
        return s.execute(statement, values).all()
    key = (statement, *values.values())
    rows: Sequence[Any] | None = moment.get(key)
    if rows is None:
        rows = s.execute(statement, values).all()
        # Read after a commit, they would be newer than what others of this moment read beside them.
        if len(moment) < MOST_ANSWERS and s.info["database"].cache.stands(moment):
            moment[key] = rows
    return rows
