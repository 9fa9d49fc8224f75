"""How does PostgreSQL keep and ask the index? A tsvector without positions, under GIN.

GIN knows no order and gives places of rows, each of which must be fetched to learn its id. So the
vectors stand in a table of narrow rows, and ids are asked for in ranges from the newest back
(search/windows.py). Phrases are decided on the texts of `search_rows`.
"""

from collections.abc import Sequence

from sqlalchemy import (
    BigInteger,
    Engine,
    bindparam,
    cast,
    column,
    delete,
    func,
    select,
    table,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, TSQUERY, TSVECTOR
from sqlalchemy.orm import Session

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
from forum.search.windows import Walk, window_tokens

POSITION: Position = func.strpos
TOKENS = table("search_tokens", column("post_id", BigInteger), column("tokens", TSVECTOR))
# The sum keeps the planner from walking the primary key, which would unpack every vector.
_POST_ID = TOKENS.c.post_id + 0
ROWS_AT_ONCE = 500
MERGE_EVERY = 300  # posts: some 2 MB of the list
MERGE_CHARACTERS = 50_000  # of many posts at once: some 1 MB
PENDING_KB = 4096  # several times what `merge` finds
MERGE_LOCK = 0x6C6F7563  # any number that nobody else uses

# Any number of rows in one statement; the tokens of each come as one text. Where an edit and the
# sweep are at one post at once, the later one's row stands.
_PUT_ROWS = text(
    "INSERT INTO search_rows (post_id, board_id, author_id, created_on, title, body) "
    "SELECT * FROM unnest(CAST(:post_id AS bigint[]), CAST(:board_id AS bigint[]),"
    " CAST(:author_id AS bigint[]), CAST(:created_on AS date[]), CAST(:title AS text[]),"
    " CAST(:body AS text[])) "
    "ON CONFLICT (post_id) DO UPDATE SET board_id = excluded.board_id,"
    " author_id = excluded.author_id, created_on = excluded.created_on,"
    " title = excluded.title, body = excluded.body"
)
_PUT_TOKENS = text(
    "INSERT INTO search_tokens (post_id, tokens) "
    "SELECT post_id, array_to_tsvector(string_to_array(words, ' ')) "
    "FROM unnest(CAST(:post_id AS bigint[]), CAST(:words AS text[])) AS made (post_id, words) "
    "ON CONFLICT (post_id) DO UPDATE SET tokens = excluded.tokens"
)

# Who finds another at it goes: that one merges to the end of the list.
_MERGE = text(
    "SELECT CASE WHEN pg_try_advisory_xact_lock(:lock)"
    " THEN gin_clean_pending_list('ix_search_tokens_tokens') END"
).bindparams(lock=MERGE_LOCK)
_PUT_ONE = text(
    "WITH kept AS (INSERT INTO search_rows (post_id, board_id, author_id, created_on, title, body)"
    " VALUES (:post_id, :board_id, :author_id, :created_on, :title, :body)"
    " ON CONFLICT (post_id) DO UPDATE SET board_id = excluded.board_id,"
    " author_id = excluded.author_id, created_on = excluded.created_on,"
    " title = excluded.title, body = excluded.body) "
    "INSERT INTO search_tokens (post_id, tokens) "
    "VALUES (:post_id, array_to_tsvector(string_to_array(:words, ' '))) "
    "ON CONFLICT (post_id) DO UPDATE SET tokens = excluded.tokens"
)


def put(s: Session, rows: Sequence[IndexRow]) -> None:
    """Index posts, or index them again."""
    for at in range(0, len(rows), ROWS_AT_ONCE):
        part = rows[at : at + ROWS_AT_ONCE]
        columns: dict[str, list[object]] = {
            each.name: [getattr(row, each.name) for row in part] for each in ROWS.c
        }
        s.execute(_PUT_ROWS, columns)
        words = [_tokens(row) for row in part]
        s.execute(_PUT_TOKENS, {"post_id": columns["post_id"], "words": words})


def put_new(s: Session, row: IndexRow) -> None:
    """Index a post made in this transaction. One statement."""
    values = {each.name: getattr(row, each.name) for each in ROWS.c}
    s.connection().execute(_PUT_ONE, {**values, "words": _tokens(row)})


def add(s: Session, rows: Sequence[IndexRow]) -> None:
    """Index posts that are not in the index."""
    put(s, rows)


def merge(engine: Engine) -> None:
    """Empty GIN's list of new entries, which every search reads (search/merging.py)."""
    with engine.begin() as connection:
        connection.execute(_MERGE)


def drop(s: Session, post_ids: Sequence[int]) -> None:
    """Forget posts; those that are not in the index do not matter."""
    ids = cast(bindparam("ids", list(post_ids)), ARRAY(BigInteger))
    s.execute(delete(TOKENS).where(TOKENS.c.post_id == func.any(ids)))
    s.execute(delete(ROWS).where(ROWS.c.post_id == func.any(ids)))


def clear(s: Session) -> None:
    """Forget everything."""
    s.execute(text("TRUNCATE search_rows, search_tokens"))


def begin_bulk(s: Session) -> None:
    """Before a great many rows: making GIN at once afterwards is many times quicker."""
    s.execute(text("DROP INDEX IF EXISTS ix_search_tokens_tokens"))


def end_bulk(s: Session) -> None:
    """After a great many rows."""
    s.execute(text("SET LOCAL statement_timeout = 0"))
    s.execute(text("SET LOCAL maintenance_work_mem = '256MB'"))
    s.execute(
        text(
            "CREATE INDEX ix_search_tokens_tokens ON search_tokens USING gin (tokens) "
            f"WITH (gin_pending_list_limit = {PENDING_KB})"
        )
    )
    s.execute(text("ANALYZE search_rows, search_tokens"))


def indexed(s: Session, wanted: Wanted, *, limit: int, before_id: int | None = None) -> list[int]:
    """Ids of posts that answer, newest first. Two to six statements, as far back as it must go."""
    made = condition(wanted)
    needles = inexact_groups(wanted.words)
    if before_id is None:
        before_id = (s.scalar(select(func.max(TOKENS.c.post_id))) or 0) + 1
    ids: list[int] = []
    walk = Walk(before_id, limit)
    while True:
        part = made
        if walk.tokens:
            part = All((Any(tuple(Token(token) for token in walk.tokens)), made))
        asked = (
            select(TOKENS.c.post_id)
            .where(
                TOKENS.c.tokens.op("@@")(cast(bindparam("asked", _query(part)), TSQUERY)),
                _POST_ID < min(walk.end_id, before_id),  # noqa: SIM300 (a column, no constant)
                _POST_ID >= walk.first_id,  # noqa: SIM300
            )
            .order_by(_POST_ID.desc())
            .limit(limit - len(ids))
        )
        if needles:
            # A scalar subquery, or the planner may join the tables whole.
            held = says(needles, in_titles=wanted.in_titles, position=POSITION)
            asked = asked.where(
                select(held).where(ROWS.c.post_id == TOKENS.c.post_id).scalar_subquery()
            )
        found = s.scalars(asked).all()
        ids.extend(found)
        if not walk.goes_on(len(found)):
            return ids


def has_tokens(s: Session, post_id: int, tokens: Sequence[str]) -> bool:
    """Does the index hold these tokens of a post?"""
    asked = cast(_query(All(tuple(Token(token) for token in tokens))), TSQUERY)
    statement = select(func.count()).where(
        TOKENS.c.post_id == post_id, TOKENS.c.tokens.op("@@")(asked)
    )
    return bool(s.scalar(statement))


def _query(made: Condition) -> str:
    """The condition as a tsquery. Tokens hold letters, digits and MARK only: quoting is whole."""
    match made:
        case Token(text=token, is_prefix=is_prefix):
            return f"'{token}'{':*' if is_prefix else ''}"
        case All(parts=parts):
            return f"({' & '.join(_query(part) for part in parts)})"
        case Any(parts=parts):
            return f"({' | '.join(_query(part) for part in parts)})"


def _tokens(row: IndexRow) -> str:
    return " ".join(row_tokens(row).union(window_tokens(row.post_id)))
