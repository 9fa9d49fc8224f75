"""Read models of 标签: what the staff made of them, a tag's page, the list the staff works on."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session, aliased

from forum.core.cache import CacheName
from forum.core.db import Database
from forum.core.errors import NotFound
from forum.core.names import tag_key
from forum.core.text import clean_line
from forum.models import Tag, Thread, ThreadState, ThreadTag
from forum.policies.actor import Actor
from forum.queries.thread_rows import COLUMNS, ThreadRow, thread_row

PER_PAGE = 50
STAFF_PAGE = 100
SEPARATOR = ","
LONGEST = 100  # of an address; names are shorter


def names_of(written: str) -> tuple[str, ...]:
    """The names in a thread's column."""
    return tuple(written.split(SEPARATOR)) if written else ()


@dataclass(frozen=True)
class TagRules:
    """What became of tags that the staff closed (None) or merged (the name they stand for now)."""

    became: Mapping[str, str | None] = field(default_factory=dict)

    def shown(self, written: str) -> tuple[str, ...]:
        """The tags of a thread as readers see them, from what its column holds."""
        return self.resolved(names_of(written))

    def resolved(self, names: Iterable[str]) -> tuple[str, ...]:
        """The same of names, each once."""
        found: dict[str, str] = {}
        for name in names:
            became = self.became.get(tag_key(name), name)
            if became is not None:
                found.setdefault(tag_key(became), became)
        return tuple(found.values())


def tag_rules_of(session: Session) -> TagRules:
    """The rules at the version this process last learnt. One statement after they changed."""
    database: Database = session.info["database"]
    return database.cache.get(CacheName.TAGS, lambda: _read_rules(session), session)


def _read_rules(session: Session) -> TagRules:
    other = aliased(Tag)
    rows = session.execute(
        select(Tag.key, Tag.is_closed, other.name, other.is_closed.label("other_is_closed"))
        .outerjoin(other, other.id == Tag.merged_into_id)
        .where(or_(Tag.is_closed, Tag.merged_into_id.is_not(None)))
    )
    return TagRules(
        {row.key: None if row.is_closed or row.other_is_closed else row.name for row in rows}
    )


@dataclass(frozen=True)
class TagPage:
    """Threads with a tag. `next`: the number of the last one, where the next page goes on.

    `name`: as asked, or what it was merged into; never a spelling of threads one may not read.
    """

    name: str
    rows: tuple[ThreadRow, ...]
    next: int | None

    @property
    def key(self) -> str:
        """The one address of all spellings."""
        return tag_key(self.name)


def tag_page(s: Session, actor: Actor, name: str, *, before: int | None = None) -> TagPage:
    """The readable threads with a tag, newest first, by key. Two statements.

    :param before: only threads with lower numbers.
    :raises NotFound: no such tag, or no thread with it that the actor may read: the same answer.
    """
    asked = clean_line(unicodedata.normalize("NFKC", name[:LONGEST]))
    tag = _open_tag(s, Tag.key == tag_key(asked))
    rows = _threads(s, actor, tag, before)
    shown = tuple(thread_row(row) for row in rows[:PER_PAGE])
    next = shown[-1].id if len(rows) > PER_PAGE else None
    return TagPage(tag.merged_into or asked, shown, next)


def tag_name(s: Session, actor: Actor, tag_id: int) -> str:
    """A tag by its number, for an old address: as a thread spells it that the actor may read.

    Two statements.
    :raises NotFound: as `tag_page`.
    """
    tag = _open_tag(s, Tag.id == tag_id)
    newest = _threads(s, actor, tag, None)[0]
    spelled = {tag_key(name): name for name in names_of(newest.tags)}
    return spelled.get(tag.key) or str(tag.merged_into)  # the index says it is one of the two


def _open_tag(s: Session, condition: ColumnElement[bool]) -> Any:
    target = aliased(Tag)
    tag = s.execute(
        select(
            func.coalesce(target.id, Tag.id).label("id"),
            Tag.key,
            target.name.label("merged_into"),
            or_(Tag.is_closed, func.coalesce(target.is_closed, Tag.is_closed)).label("is_closed"),
        )
        .outerjoin(target, target.id == Tag.merged_into_id)
        .where(condition)
    ).one_or_none()
    if tag is None or tag.is_closed:
        raise NotFound("not_found")
    return tag


def _threads(s: Session, actor: Actor, tag: Any, before: int | None) -> Sequence[Any]:
    """What a page shows and one more, if there is."""
    wanted = (
        select(*COLUMNS, Thread.tags)
        .join(ThreadTag, ThreadTag.thread_id == Thread.id)
        .where(
            ThreadTag.tag_id == tag.id,
            Thread.state == ThreadState.VISIBLE,
            Thread.board_id.in_(actor.readable),
        )
        .order_by(ThreadTag.thread_id.desc())
        .limit(PER_PAGE + 1)
    )
    if before is not None:
        wanted = wanted.where(ThreadTag.thread_id < before)
    rows = s.execute(wanted).all()
    if not rows:
        raise NotFound("not_found")
    return rows


@dataclass(frozen=True)
class TagRow:
    """A tag as the control panel lists it."""

    id: int
    name: str
    is_closed: bool
    merged_into: str | None
    created_at: datetime
    thread_count: int  # visible ones in boards the reader may see


@dataclass(frozen=True)
class TagList:
    """A part of the list, newest first; `older_before` begins the next one."""

    rows: tuple[TagRow, ...]
    older_before: int | None


def tag_list(
    s: Session, actor: Actor, *, search: str = "", state: str = "", before: int | None = None
) -> TagList:
    """Tags for the staff. Two statements.

    :param search: a part of the name.
    :param state: "closed", "merged", or "" for all.
    """
    wanted: list[ColumnElement[bool]] = []
    if key := tag_key(clean_line(search)):
        wanted.append(Tag.key.contains(key, autoescape=True))
    if state == "closed":
        wanted.append(Tag.is_closed.is_(True))
    elif state == "merged":
        wanted.append(Tag.merged_into_id.is_not(None))
    if before is not None:
        wanted.append(Tag.id < before)
    target = aliased(Tag)
    found = s.execute(
        select(Tag.id, Tag.name, Tag.is_closed, target.name, Tag.created_at)
        .outerjoin(target, target.id == Tag.merged_into_id)
        .where(*wanted)
        .order_by(Tag.id.desc())
        .limit(STAFF_PAGE + 1)
    ).all()
    shown = found[:STAFF_PAGE]
    counts = _thread_counts(s, actor, [row.id for row in shown])
    rows = tuple(TagRow(*row, thread_count=counts.get(row.id, 0)) for row in shown)
    return TagList(rows, rows[-1].id if len(found) > STAFF_PAGE else None)


def _thread_counts(s: Session, actor: Actor, tag_ids: list[int]) -> dict[int, int]:
    rows = s.execute(
        select(ThreadTag.tag_id, func.count().label("number"))
        .join(Thread, Thread.id == ThreadTag.thread_id)
        .where(
            ThreadTag.tag_id.in_(tag_ids),
            Thread.state == ThreadState.VISIBLE,
            Thread.board_id.in_(actor.readable),
        )
        .group_by(ThreadTag.tag_id)
    )
    return {row.tag_id: row.number for row in rows}
