"""How does PostgreSQL keep and ask the index? A tsvector without positions, under GIN.

GIN knows no order: it would fetch every answer before the newest are known. So ids fall into
windows, whose tokens are in the vector too: the newest window is asked first, and what is older
only when that did not give enough. Phrases are decided on the normalised text of `search_rows`,
which is several times quicker than unpacking a vector with positions.
"""

from collections.abc import Sequence

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    bindparam,
    cast,
    delete,
    func,
    literal_column,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, TSQUERY, TSVECTOR
from sqlalchemy.orm import Session

from forum.search.tables import ROWS
from forum.search.texts import Position, says
from forum.search.tokens import MARK, IndexRow, row_tokens
from forum.search.wanted import (
    All,
    Any,
    Condition,
    Token,
    Wanted,
    condition,
    inexact_groups,
)

POSITION: Position = func.strpos
# Windows of ids: a letter for their tokens, and the bits of an id below the window's number.
WINDOWS = (("w", 12), ("x", 16))

_TOKENS: ColumnElement[str] = literal_column("search_rows.tokens", TSVECTOR)
# One statement for any number of rows; the tokens of each come as one text.
_PUT = text(
    "INSERT INTO search_rows (post_id, board_id, author_id, created_on, title, body, tokens) "
    "SELECT post_id, board_id, author_id, created_on, title, body,"
    " array_to_tsvector(string_to_array(words, ' ')) "
    "FROM unnest(CAST(:post_id AS bigint[]), CAST(:board_id AS bigint[]),"
    " CAST(:author_id AS bigint[]), CAST(:created_on AS date[]), CAST(:title AS text[]),"
    " CAST(:body AS text[]), CAST(:words AS text[])) "
    "AS made (post_id, board_id, author_id, created_on, title, body, words) "
    # An edit and the sweep may be at one post at once: the later one's row stands.
    "ON CONFLICT (post_id) DO UPDATE SET board_id = excluded.board_id,"
    " author_id = excluded.author_id, created_on = excluded.created_on,"
    " title = excluded.title, body = excluded.body, tokens = excluded.tokens"
)
ROWS_AT_ONCE = 500


def put(s: Session, rows: Sequence[IndexRow]) -> None:
    """Index posts, or index them again."""
    for at in range(0, len(rows), ROWS_AT_ONCE):
        part = rows[at : at + ROWS_AT_ONCE]
        columns: dict[str, list[object]] = {
            each.name: [getattr(row, each.name) for row in part] for each in ROWS.c
        }
        s.execute(_PUT, {**columns, "words": [_tokens(row) for row in part]})


def add(s: Session, rows: Sequence[IndexRow]) -> None:
    """Index posts that are not in the index."""
    put(s, rows)


def drop(s: Session, post_ids: Sequence[int]) -> None:
    """Forget posts; those that are not in the index do not matter."""
    ids = cast(bindparam("ids", list(post_ids)), ARRAY(BigInteger))
    s.execute(delete(ROWS).where(ROWS.c.post_id == func.any(ids)))


def clear(s: Session) -> None:
    """Forget everything."""
    s.execute(text("TRUNCATE search_rows"))


def begin_bulk(s: Session) -> None:
    """Before a great many rows: making GIN at once afterwards is many times quicker."""
    s.execute(text("DROP INDEX IF EXISTS ix_search_rows_tokens"))


def end_bulk(s: Session) -> None:
    """After a great many rows."""
    s.execute(text("SET LOCAL statement_timeout = 0"))
    s.execute(text("SET LOCAL maintenance_work_mem = '256MB'"))
    s.execute(
        text(
            "CREATE INDEX ix_search_rows_tokens ON search_rows USING gin (tokens) "
            "WITH (gin_pending_list_limit = 1024)"
        )
    )
    s.execute(text("ANALYZE search_rows"))


def indexed(s: Session, wanted: Wanted, *, limit: int, before_id: int | None = None) -> list[int]:
    """Ids of posts that answer, newest first. Two to four statements, as far back as it must go."""
    made = condition(wanted)
    needles = inexact_groups(wanted.words)
    if before_id is None:
        before_id = (s.scalar(select(func.max(ROWS.c.post_id))) or 0) + 1
    ids: list[int] = []
    for letter, bits in (*WINDOWS, ("", 0)):
        part, first_id = made, 0
        if letter:
            number = (before_id - 1) >> bits
            # The window just begun may be nearly empty: take the one before it along.
            first_id = max(number - 1, 0) << bits
            windows = (Token(_window(letter, number)), Token(_window(letter, number - 1)))
            part = All((Any(windows), made))
        asked = (
            select(ROWS.c.post_id)
            .where(
                _TOKENS.op("@@")(cast(bindparam("asked", _query(part)), TSQUERY)),
                ROWS.c.post_id < before_id,
                ROWS.c.post_id >= first_id,
            )
            # The sum keeps the planner from walking the primary key and unpacking every vector.
            .order_by((ROWS.c.post_id + 0).desc())
            .limit(limit - len(ids))
        )
        if needles:
            asked = asked.where(says(needles, in_titles=wanted.in_titles, position=POSITION))
        ids.extend(s.scalars(asked))
        before_id = first_id
        if len(ids) >= limit or first_id == 0:
            break
    return ids


def has_tokens(s: Session, post_id: int, tokens: Sequence[str]) -> bool:
    """Does the index hold these tokens of a post?"""
    asked = cast(_query(All(tuple(Token(token) for token in tokens))), TSQUERY)
    statement = select(func.count()).where(ROWS.c.post_id == post_id, _TOKENS.op("@@")(asked))
    return s.scalar(statement) == 1


def _query(made: Condition) -> str:
    """The condition as a tsquery. Tokens hold letters, digits and MARK only: quoting is whole."""
    match made:
        case Token(text=token, is_prefix=is_prefix):
            return f"'{token}'{':*' if is_prefix else ''}"
        case All(parts=parts):
            return f"({' & '.join(_query(part) for part in parts)})"
        case Any(parts=parts):
            return f"({' | '.join(_query(part) for part in parts)})"


def _window(letter: str, number: int) -> str:
    return f"{MARK}{letter}{MARK}{number}"


def _tokens(row: IndexRow) -> str:
    windows = {_window(letter, row.post_id >> bits) for letter, bits in WINDOWS}
    return " ".join(row_tokens(row) | windows)
