"""Which posts hold these words? The index of titles and posts, on either database.

What the index says is a proposal: who may see a post is decided again in the real tables
(queries/search.py), so a stale index can hide a post and never show one.
"""

from collections.abc import Sequence
from typing import Protocol

from sqlalchemy.orm import Session

from forum.search import postgresql, sqlite
from forum.search.tokens import IndexRow, Words, normalised, parse_words
from forum.search.wanted import FIRST_DAY, Wanted

__all__ = [
    "FIRST_DAY",
    "Backend",
    "IndexRow",
    "Wanted",
    "Words",
    "backend_of",
    "normalised",
    "parse_words",
]


class Backend(Protocol):
    """What a database's module offers."""

    def put(self, s: Session, rows: Sequence[IndexRow]) -> None: ...
    def add(self, s: Session, rows: Sequence[IndexRow]) -> None: ...
    def drop(self, s: Session, post_ids: Sequence[int]) -> None: ...
    def clear(self, s: Session) -> None: ...
    def begin_bulk(self, s: Session) -> None: ...
    def end_bulk(self, s: Session) -> None: ...
    def found(
        self, s: Session, wanted: Wanted, *, limit: int, before_id: int | None = None
    ) -> list[int]: ...


def backend_of(s: Session) -> Backend:
    """The module for the session's database."""
    return sqlite if s.get_bind().dialect.name == "sqlite" else postgresql
