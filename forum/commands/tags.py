"""标签 of threads: what was typed becomes tags, and the index of who has which follows.

The column Thread.tags is what holds; every command that writes it calls `follow_tags`.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import cast

from sqlalchemy import Table, bindparam, delete, select
from sqlalchemy.orm import Session

from forum.commands.word_checks import checked_line, refuse
from forum.core.db import conflict_insert
from forum.core.errors import Invalid
from forum.core.names import tag_key
from forum.core.text import clean_line, shows_nothing, width
from forum.core.uow import UnitOfWork
from forum.models import Tag, Thread, ThreadTag
from forum.policies.actor import Actor
from forum.queries.tags import SEPARATOR, names_of, tag_rules_of
from forum.queries.words import word_filter_of
from forum.words import WordFilter

LONGEST_LINE = 400
LEAST_WIDTH, MOST_WIDTH = 2, 20  # Discuz's bytes, as width units: ASCII 1, everything else 2
_BETWEEN = re.compile(r"[\s,、;]+")  # other commas are these after NFKC
_SIGNS = frozenset("_-+#.*")
_CHUNK = 500
_LINKS = cast(Table, ThreadTag.__table__)
_FORGET = delete(_LINKS).where(
    _LINKS.c.tag_id == bindparam("of_tag"), _LINKS.c.thread_id == bindparam("of_thread")
)


@dataclass(frozen=True)
class CheckedTags:
    """Tags as a thread may have them. `held_by`: words for which it waits."""

    names: tuple[str, ...]
    held_by: tuple[str, ...] = ()

    @property
    def column(self) -> str:
        """As Thread.tags holds them."""
        return SEPARATOR.join(self.names)


def split_tags(typed: str) -> tuple[str, ...]:
    """The names in a line between blanks and commas, each once, at full or half width alike.

    :raises Invalid: "tags_too_long": nobody means that.
    """
    line = clean_line(unicodedata.normalize("NFKC", typed[: LONGEST_LINE + 1]))
    if len(typed) > LONGEST_LINE or len(line) > LONGEST_LINE:
        raise Invalid("tags_too_long", field="tags", most=LONGEST_LINE)
    found = {tag_key(name): name for name in reversed(_BETWEEN.split(line)) if name}
    return tuple(reversed(found.values()))


def checked_tags(
    s: Session, actor: Actor, typed: str, *, most: int, known: Collection[str] = ()
) -> CheckedTags:
    """What becomes of a line of tags: filtered as a title is, spelled as typed.

    :param most: so many for a thread.
    :param known: names the thread has already; no word of theirs counts again.
    :raises Invalid: "too_many_tags", "tag_width", "tag_characters", "tag_closed", "tags_too_long" or
        "words_refused", all of the field tags.
    """
    names = split_tags(typed)
    if len(names) > most:
        raise Invalid("too_many_tags", field="tags", most=most)
    for name in names:
        _check_form(name)
    fresh = [name for name in names if name not in known]
    checked = _filtered(actor, word_filter_of(s), fresh)
    becomes = dict(zip(fresh, checked.names, strict=True))
    return CheckedTags(
        _as_known(s, [kept for name in names if (kept := becomes.get(name, name))]),
        checked.held_by,
    )


def tags_without_queue(s: Session, actor: Actor, typed: str, *, most: int) -> tuple[str, ...]:
    """The same where nobody approves: words that hold refuse."""
    checked = checked_tags(s, actor, typed, most=most)
    refuse(checked.held_by, field="tags")
    return checked.names


def one_tag(typed: str) -> str:
    """The one name somebody typed.

    :raises Invalid: "tag_unknown": there is none, or more than one; or it can be no tag.
    """
    names = split_tags(typed)
    if len(names) != 1:
        raise Invalid("tag_unknown", field="tags")
    _check_form(names[0])
    return names[0]


def _check_form(name: str) -> None:
    has = width(name)
    if not LEAST_WIDTH <= has <= MOST_WIDTH:
        raise Invalid("tag_width", field="tags", tag=name, least=LEAST_WIDTH, most=MOST_WIDTH)
    if not _is_well_formed(name):
        raise Invalid("tag_characters", field="tags", tag=name)


def _is_well_formed(name: str) -> bool:
    if any(map(shows_nothing, name)):
        return False  # two tags that look the same, or one that looks like none
    kinds = {unicodedata.category(character)[0] for character in name if character not in _SIGNS}
    return kinds <= {"L", "M", "N"} and bool(kinds & {"L", "N"})


def _filtered(actor: Actor, words: WordFilter, names: Sequence[str]) -> CheckedTags:
    """What the filter leaves of names, "" where that is no tag. As one line too: 坏,词 is a word."""
    held = checked_line(actor, words, " ".join(names), field="tags").held_by
    left = []
    for name in names:
        checked = checked_line(actor, words, name, field="tags")
        held += checked.held_by
        left.append(checked.text if _is_tag(checked.text) else "")
    return CheckedTags(tuple(left), tuple(dict.fromkeys(held)))


def _is_tag(text: str) -> bool:
    return LEAST_WIDTH <= width(text) <= MOST_WIDTH and _is_well_formed(text)


def _as_known(s: Session, names: Sequence[str]) -> tuple[str, ...]:
    """The names; of merged ones, what they stand for.

    Spelled as typed: the spelling in use may be that of a thread the actor may not read.
    """
    rules = tag_rules_of(s)
    for name in names:
        if rules.became.get(tag_key(name), name) is None:
            raise Invalid("tag_closed", field="tags", tag=name)
    return rules.resolved(names)


def follow_tags(uow: UnitOfWork, thread_ids: Iterable[int]) -> None:
    """Bring the index along after Thread.tags was written. Five statements for 500 threads."""
    ordered = sorted(set(thread_ids))
    for at in range(0, len(ordered), _CHUNK):
        _follow(uow, ordered[at : at + _CHUNK])


def _follow(uow: UnitOfWork, thread_ids: Sequence[int]) -> None:
    s = uow.session
    written = s.execute(select(Thread.id, Thread.tags).where(Thread.id.in_(thread_ids))).all()
    names = {tag_key(name): name for row in written for name in names_of(row.tags)}
    tag_ids = dict(zip(names, known_or_made(uow, names.values()), strict=True))
    wanted = {(tag_ids[tag_key(name)], row.id) for row in written for name in names_of(row.tags)}
    had = {
        (tag_id, thread_id)
        for tag_id, thread_id in s.execute(
            select(ThreadTag.tag_id, ThreadTag.thread_id).where(ThreadTag.thread_id.in_(thread_ids))
        )
    }
    if gone := sorted(had - wanted):
        rows = [{"of_tag": tag_id, "of_thread": thread_id} for tag_id, thread_id in gone]
        s.connection().execute(_FORGET, rows)
    if fresh := sorted(wanted - had):
        insert = conflict_insert(s.get_bind().dialect.name, ThreadTag)
        rows = [{"tag_id": tag_id, "thread_id": thread_id} for tag_id, thread_id in fresh]
        s.execute(insert.on_conflict_do_nothing(), rows)


def known_or_made(uow: UnitOfWork, wanted: Iterable[str]) -> list[int]:
    """The tags of these names, made where there are none; of merged ones, what they stand for."""
    names = {tag_key(name): name for name in wanted}
    s = uow.session
    known = _known_ids(s, names)
    missing = [key for key in sorted(names) if key not in known]
    if missing:
        insert = conflict_insert(s.get_bind().dialect.name, Tag)
        rows = [
            {"name": names[key], "key": key, "is_closed": False, "created_at": uow.now}
            for key in missing
        ]
        s.execute(insert.on_conflict_do_nothing(index_elements=["key"]), rows)
        known |= _known_ids(s, missing)
    return [known[key] for key in names]


def _known_ids(s: Session, keys: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    ordered = sorted(keys)
    for at in range(0, len(ordered), _CHUNK):
        # KEY SHARE: a merge of one of them waits, and so is followed or comes after.
        rows = s.execute(
            select(Tag.key, Tag.id, Tag.merged_into_id)
            .where(Tag.key.in_(ordered[at : at + _CHUNK]))
            .order_by(Tag.id)
            .with_for_update(read=True, key_share=True)
        )
        found |= {row.key: row.merged_into_id or row.id for row in rows}
    return found
