"""Read models of the word filter: the list made ready, and the list as pages show it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from forum.core.cache import CacheName
from forum.core.db import Database
from forum.models import Member, Word, WordAction
from forum.words import WordFilter, WordRule

PAGE = 100


def word_filter_of(session: Session) -> WordFilter:
    """The word filter at the version this process last learnt.

    A new version is read on a connection of its own: a list of 10,000 words takes most of a second,
    and the session may be about to write.
    """
    database: Database = session.info["database"]
    return database.cache.get(CacheName.WORDS, lambda: _read(database))


def _read(database: Database) -> WordFilter:
    with database.read_session() as s:
        rows = s.execute(
            select(Word.id, Word.pattern, Word.action, Word.replacement).order_by(Word.id)
        )
        return WordFilter(WordRule(*row) for row in rows)


@dataclass(frozen=True)
class WordRow:
    """A word as the table shows it. `author_name` None: nobody knows any more."""

    id: int
    pattern: str
    action: WordAction
    replacement: str
    category: str
    author_name: str | None
    created_at: datetime


@dataclass(frozen=True)
class WordsPage:
    """A page of the list, newest first; `older_before` begins the next one."""

    rows: tuple[WordRow, ...]
    total: int
    categories: tuple[str, ...]
    older_before: int | None


def words_page(
    s: Session,
    *,
    category: str | None = None,
    action: WordAction | None = None,
    search: str = "",
    before: int | None = None,
) -> WordsPage:
    """The list, narrowed. Three statements.

    :param search: a part of the word as typed.
    """
    wanted = []
    if category is not None:
        wanted.append(Word.category == category)
    if action is not None:
        wanted.append(Word.action == action)
    if search:
        wanted.append(
            or_(
                Word.pattern.contains(search, autoescape=True),
                Word.key.contains(search.lower(), autoescape=True),
            )
        )
    found = s.execute(
        select(
            Word.id, Word.pattern, Word.action, Word.replacement, Word.category, Member.name,
            Word.created_at,
        )
        .outerjoin(Member, Member.id == Word.author_id)
        .where(*wanted, *((Word.id < before,) if before is not None else ()))
        .order_by(Word.id.desc())
        .limit(PAGE + 1)
    ).all()  # fmt: skip
    total = s.scalar(select(func.count()).select_from(Word).where(*wanted)) or 0
    categories = tuple(s.scalars(select(Word.category).distinct().order_by(Word.category)))
    rows = tuple(WordRow(*row) for row in found[:PAGE])
    return WordsPage(rows, total, categories, rows[-1].id if len(found) > PAGE else None)


def words_as_lines(s: Session, *, category: str | None = None) -> str:
    """The list as it is typed: word={BANNED}, word={MOD}, word=replacement. One statement."""
    wanted = select(Word.pattern, Word.action, Word.replacement).order_by(Word.id)
    if category is not None:
        wanted = wanted.where(Word.category == category)
    names = {WordAction.REFUSE: "{BANNED}", WordAction.HOLD: "{MOD}"}
    return "\n".join(
        f"{pattern}={names.get(action, replacement)}"
        for pattern, action, replacement in s.execute(wanted)
    )
