"""Which posts answer, newest first?"""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from forum.search.backends import backend_of
from forum.search.tables import ROWS
from forum.search.texts import scanned
from forum.search.wanted import Wanted

# For a single character this many of the newest rows are read first: a common one is answered by
# them, and a rare one has few tokens beginning with it.
SCANNED = 4000


def found(s: Session, wanted: Wanted, *, limit: int, before_id: int | None = None) -> list[int]:
    """Ids of up to `limit` posts that answer, newest first.

    One statement on SQLite, two to six on PostgreSQL; two more for a single character.
    """
    backend = backend_of(s)
    if not any(phrase.prefix for phrase in wanted.words.phrases):
        return backend.indexed(s, wanted, limit=limit, before_id=before_id)
    if before_id is None:
        before_id = (s.scalar(select(func.max(ROWS.c.post_id))) or 0) + 1
    first_id = before_id - SCANNED
    newest = scanned(wanted, position=backend.POSITION).where(
        ROWS.c.post_id >= first_id, ROWS.c.post_id < before_id
    )
    ids = list(s.scalars(newest.limit(limit)).all())
    if len(ids) < limit and first_id > 0:
        ids += backend.indexed(s, wanted, limit=limit - len(ids), before_id=first_id)
    return ids
