"""What do the kept texts themselves say? Conditions on `search_rows`, the same for both databases."""

from collections.abc import Callable, Sequence

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, true

from forum.search.tables import ROWS
from forum.search.wanted import Wanted

# Position of a needle in a text: instr on SQLite, strpos on PostgreSQL.
Position = Callable[[ColumnElement[str], str], ColumnElement[int]]


def says(
    groups: Sequence[Sequence[str]], *, in_titles: bool, position: Position
) -> ColumnElement[bool]:
    """All needles of any group stand in the title or the body. No groups = yes."""

    def holds(needle: str) -> ColumnElement[bool]:
        in_title = position(func.coalesce(ROWS.c.title, ""), needle) > 0
        return in_title if in_titles else or_(position(ROWS.c.body, needle) > 0, in_title)

    if not groups:
        return true()
    return or_(*(and_(*(holds(needle) for needle in group)) for group in groups))


def scanned(wanted: Wanted, *, position: Position) -> Select[int]:
    """Ids of posts that answer, newest first, by reading the rows one after the other."""
    needles = [[phrase.needle for phrase in group] for group in wanted.words.alternatives]
    asked = (
        select(ROWS.c.post_id)
        .where(says(needles, in_titles=wanted.in_titles, position=position))
        .order_by(ROWS.c.post_id.desc())
    )
    if wanted.in_titles:
        asked = asked.where(ROWS.c.title.is_not(None))
    if wanted.board_ids is not None:
        asked = asked.where(ROWS.c.board_id.in_(sorted(wanted.board_ids)))
    if wanted.author_id is not None:
        asked = asked.where(ROWS.c.author_id == wanted.author_id)
    if wanted.days is not None:
        asked = asked.where(ROWS.c.created_on.between(*wanted.days))
    return asked
