"""How does SQLite keep and ask the index? FTS5 without contents and positions; rowid = post id.

FTS5 reads its lists backwards, so newest first stops as soon as there is enough. Positions would
double the index; phrases are decided on the normalised text of `search_rows` instead. A table
without contents is told the old tokens to forget a post: they follow from the same row.
"""

import sqlite3
from collections.abc import Sequence

from sqlalchemy import (
    BigInteger,
    Engine,
    bindparam,
    delete,
    func,
    insert,
    literal_column,
    select,
    text,
)
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session
from sqlalchemy.sql import ColumnElement

from forum.search.tables import ROWS
from forum.search.texts import Position, says
from forum.search.tokens import IndexRow, row_tokens
from forum.search.wanted import (
    All,
    Any,
    Condition,
    Token,
    Wanted,
    condition,
    inexact_groups,
)

_ADD = text("INSERT INTO search_index (rowid, tokens) VALUES (:post_id, :tokens)")
_FORGET = text(
    "INSERT INTO search_index (search_index, rowid, tokens) VALUES ('delete', :post_id, :tokens)"
)
# A hundred pages: 10 to 35 ms, and everybody who waits has a turn before the next.
_MERGE = text("INSERT INTO search_index (search_index, rank) VALUES ('merge', 100)")
MOST_STEPS = 100
MERGE_EVERY = 64  # posts
MERGE_CHARACTERS = 1_000_000  # many posts at once are one segment all the same
# FTS5 joins none by itself; so many there may be at most before it does all the same.
MOST_SEGMENTS = 500
_ADD_ROW = sqlite_insert(ROWS).on_conflict_do_nothing()
POSITION: Position = func.instr
_ROWID: ColumnElement[int] = literal_column("search_index.rowid", BigInteger)


def put(s: Session, rows: Sequence[IndexRow]) -> None:
    """Index posts, or index them again."""
    drop(s, [row.post_id for row in rows])
    add(s, rows)


def put_new(s: Session, row: IndexRow) -> None:
    """Index a post made in this transaction: nothing is to be forgotten. Two statements.

    Unless its id was a purged post's before, which the sweep has not come to.
    """
    connection = s.connection()
    if connection.execute(_ADD_ROW, vars(row)).rowcount == 0:
        put(s, [row])
        return
    connection.execute(_ADD, _tokens(row))


def add(s: Session, rows: Sequence[IndexRow]) -> None:
    """Index posts that are not in the index."""
    if not rows:
        return
    s.execute(insert(ROWS), [vars(row) for row in rows])
    s.execute(_ADD, [_tokens(row) for row in rows])


def drop(s: Session, post_ids: Sequence[int]) -> None:
    """Forget posts; those that are not in the index do not matter."""
    held = s.execute(
        select(*ROWS.c).where(ROWS.c.post_id.in_(bindparam("ids", list(post_ids), expanding=True)))
    ).all()
    if not held:
        return
    s.execute(_FORGET, [_tokens(IndexRow(*row)) for row in held])
    s.execute(delete(ROWS).where(ROWS.c.post_id == bindparam("b_post_id")), [
        {"b_post_id": row.post_id} for row in held
    ])  # fmt: skip


def merge(engine: Engine) -> None:
    """Join the lists (segments) that FTS5 makes of each commit, step by step (search/merging.py)."""
    for _step in range(MOST_STEPS):
        with engine.begin() as connection:
            raw: sqlite3.Connection = connection.connection.driver_connection  # type: ignore[assignment]
            before = raw.total_changes
            connection.execute(_MERGE)
            if raw.total_changes - before < 2:  # FTS5 says so where nothing was left to do
                return


def clear(s: Session) -> None:
    """Forget everything."""
    s.execute(text("INSERT INTO search_index (search_index) VALUES ('delete-all')"))
    s.execute(delete(ROWS))


def begin_bulk(s: Session) -> None:
    """Before a great many rows: gather more in memory, merge less on the way."""
    for option, value in (("hashsize", 128 * 1024 * 1024), ("automerge", 0), ("crisismerge", 64)):
        _configure(s, option, value)


def end_bulk(s: Session) -> None:
    """After a great many rows: one list a token, and the settings of every day."""
    for option, value in (
        ("hashsize", 1024 * 1024),
        ("automerge", 0),
        ("crisismerge", MOST_SEGMENTS),
    ):
        _configure(s, option, value)
    s.execute(text("INSERT INTO search_index (search_index) VALUES ('optimize')"))


def _configure(s: Session, option: str, value: int) -> None:
    s.execute(
        text("INSERT INTO search_index (search_index, rank) VALUES (:option, :value)"),
        {"option": option, "value": value},
    )


def indexed(s: Session, wanted: Wanted, *, limit: int, before_id: int | None = None) -> list[int]:
    """Ids of posts that answer, newest first. One statement."""
    asked = (
        select(_ROWID)
        .select_from(text("search_index"))
        .where(text("search_index MATCH :asked").bindparams(asked=_match(condition(wanted))))
        .order_by(_ROWID.desc())
        .limit(limit)
    )
    if before_id is not None:
        asked = asked.where(text("search_index.rowid < :before_id").bindparams(before_id=before_id))
    needles = inexact_groups(wanted.words)
    if needles:
        held = says(needles, in_titles=wanted.in_titles, position=POSITION)
        asked = asked.where(select(1).where(ROWS.c.post_id == _ROWID, held).exists())
    return list(s.scalars(asked).all())


def has_tokens(s: Session, post_id: int, tokens: Sequence[str]) -> bool:
    """Does the index hold these tokens of a post?"""
    asked = _match(All(tuple(Token(token) for token in tokens)))
    statement = text(
        "SELECT count(*) FROM search_index WHERE search_index MATCH :asked AND rowid = :post_id"
    )
    return bool(s.scalar(statement, {"asked": asked, "post_id": post_id}))


def _match(made: Condition) -> str:
    """The condition in FTS5's language. Tokens hold letters, digits and MARK only: quoting is whole."""
    match made:
        case Token(text=token, is_prefix=is_prefix):
            return f'"{token}"{"*" if is_prefix else ""}'
        case All(parts=parts):
            return f"({' AND '.join(_match(part) for part in parts)})"
        case Any(parts=parts):
            return f"({' OR '.join(_match(part) for part in parts)})"


def _tokens(row: IndexRow) -> dict[str, object]:
    return {"post_id": row.post_id, "tokens": " ".join(row_tokens(row))}
