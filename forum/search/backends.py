"""Which module keeps the index on this database?"""

from collections.abc import Sequence
from typing import Protocol, cast

from sqlalchemy.orm import Session

from forum.search import postgresql, sqlite
from forum.search.texts import Position
from forum.search.tokens import IndexRow
from forum.search.wanted import Wanted


class Backend(Protocol):
    """What a database's module offers."""

    MERGE_EVERY: int
    MERGE_CHARACTERS: int
    POSITION: Position

    def put(self, s: Session, rows: Sequence[IndexRow]) -> None: ...
    def put_new(self, s: Session, row: IndexRow) -> None: ...
    def add(self, s: Session, rows: Sequence[IndexRow]) -> None: ...
    def drop(self, s: Session, post_ids: Sequence[int]) -> None: ...
    def clear(self, s: Session) -> None: ...
    def begin_bulk(self, s: Session) -> None: ...
    def end_bulk(self, s: Session) -> None: ...
    def indexed(
        self, s: Session, wanted: Wanted, *, limit: int, before_id: int | None = None
    ) -> list[int]: ...
    def has_tokens(self, s: Session, post_id: int, tokens: Sequence[str]) -> bool: ...


def backend_of(s: Session) -> Backend:
    """The module for the session's database."""
    is_sqlite = s.get_bind().dialect.name == "sqlite"
    return cast(Backend, sqlite if is_sqlite else postgresql)
