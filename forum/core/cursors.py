"""How are rows of PostgreSQL described? Only when somebody asks."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any, overload

from psycopg import Column, Cursor


class Columns(Sequence[Column]):
    """What a cursor says of its columns, worked out at the first look."""

    def __init__(self, cursor: Cursor[Any]) -> None:
        self._cursor = cursor

    @cached_property
    def _described(self) -> list[Column]:
        return Cursor.description.fget(self._cursor) or []  # type: ignore[attr-defined]

    @overload
    def __getitem__(self, at: int) -> Column: ...
    @overload
    def __getitem__(self, at: slice) -> list[Column]: ...
    def __getitem__(self, at: int | slice) -> Column | list[Column]:
        return self._described[at]

    def __len__(self) -> int:
        return len(self._described)


class QuietCursor(Cursor[Any]):
    """A cursor for SQLAlchemy, which asks for a description of each answer and remembers the first.

    Describing the sixty columns of a member's page took a tenth of it.
    """

    @property
    def description(self) -> Any:
        has_rows = self.pgresult is not None and self.pgresult.nfields
        return Columns(self) if has_rows else super().description
