"""Changing the word filter's list: typed in bulk as Discuz! writes it, or word by word."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import delete, func, insert, select, update

from forum.commands.admin_log import log_change
from forum.core.cache import CacheName
from forum.core.errors import Invalid
from forum.core.text import clean_line
from forum.core.uow import UnitOfWork
from forum.models import Word, WordAction
from forum.policies.actor import Actor
from forum.policies.queue import may_edit_words
from forum.words import PatternError, parse_pattern

MOST_WORDS = 20_000
LONGEST = 100
DEFAULT_REPLACEMENT = "**"
MODES = ("keep", "change", "exchange")
_ACTIONS = {"{BANNED}": WordAction.REFUSE, "{MOD}": WordAction.HOLD}
_CHUNK = 500
T = TypeVar("T")


@dataclass(frozen=True)
class Line:
    """A word as typed."""

    pattern: str
    key: str
    action: WordAction
    replacement: str


@dataclass(frozen=True)
class Imported:
    """What came of a bulk."""

    added: int
    changed: int
    kept: int


def import_words(
    uow: UnitOfWork, actor: Actor, *, text: str, category: str = "", mode: str = "keep"
) -> Imported:
    """Take lines of word={BANNED}, word={MOD}, word=replacement; a word alone becomes **.

    :param mode: of MODES: words already there stay, or are changed; or the whole list is exchanged.
    :raises Forbidden: the actor may not.
    :raises Invalid: a line cannot be used (data: line), the list is full.
    """
    may_edit_words(actor).require()
    category = _category(category)
    lines = parsed_lines(text)
    s = uow.session
    before = s.scalar(select(func.count()).select_from(Word)) or 0
    known: dict[str, int] = {}
    if mode == "exchange":
        s.execute(delete(Word))
    else:
        for part in _parts(list(lines)):
            known.update(
                (key, word_id)
                for word_id, key in s.execute(select(Word.id, Word.key).where(Word.key.in_(part)))
            )
    fresh = [line for key, line in lines.items() if key not in known]
    total = (0 if mode == "exchange" else before) + len(fresh)
    if total > MOST_WORDS:
        raise Invalid("too_many_words", field="text", most=MOST_WORDS)

    rows = [
        {**vars(line), "category": category, "author_id": actor.member_id, "created_at": uow.now}
        for line in fresh
    ]
    if rows:
        s.execute(insert(Word), rows)
    changed = 0
    if mode == "change":
        for key, word_id in known.items():
            changed += _change(uow, word_id, lines[key], category)
    _changed(
        uow, actor, {"words": before}, {"words": total, "added": len(fresh), "changed": changed}
    )
    return Imported(len(fresh), changed, len(known) - changed)


def change_words(
    uow: UnitOfWork,
    actor: Actor,
    *,
    word_ids: Iterable[int],
    action: WordAction,
    replacement: str = "",
    category: str = "",
) -> int:
    """Give words another action and category. Returns how many there were."""
    may_edit_words(actor).require()
    ids = sorted(set(word_ids))
    values = {
        "action": action,
        "replacement": _replacement(action, replacement, line=1),
        "category": _category(category),
    }
    number = 0
    for part in _parts(ids):
        number += uow.change(update(Word).where(Word.id.in_(part)).values(**values))
    _changed(uow, actor, {}, {"changed": number, "action": action.value})
    return number


def delete_words(uow: UnitOfWork, actor: Actor, *, word_ids: Iterable[int]) -> int:
    """Take words out of the list. Returns how many there were."""
    may_edit_words(actor).require()
    number = 0
    for part in _parts(sorted(set(word_ids))):
        number += uow.change(delete(Word).where(Word.id.in_(part)))
    _changed(uow, actor, {}, {"deleted": number})
    return number


def parsed_lines(text: str) -> dict[str, Line]:
    """The words of a bulk by their keys; of two lines for one word the later counts.

    :raises Invalid: a line cannot be used.
    """
    found: dict[str, Line] = {}
    for number, typed in enumerate(text.splitlines(), start=1):
        typed = clean_line(typed)
        if not typed:
            continue
        pattern, sign, to = typed.rpartition("=")
        if not sign:
            pattern, to = typed, DEFAULT_REPLACEMENT
        action = _ACTIONS.get(to.strip().upper(), WordAction.REPLACE)
        try:
            key = parse_pattern(pattern.strip()).key
        except PatternError as error:
            raise Invalid(error.key, field="text", line=number) from error
        replacement = _replacement(action, to.strip(), line=number)
        found[key] = Line(pattern.strip(), key, action, replacement)
    return found


def _replacement(action: WordAction, typed: str, *, line: int) -> str:
    if action is not WordAction.REPLACE:
        return ""
    replacement = clean_line(typed)
    if len(replacement) > LONGEST or "[" in replacement:  # it must not become a tag
        raise Invalid("word_replacement_long", field="text", line=line)
    return replacement


def _category(typed: str) -> str:
    category = clean_line(typed)
    if len(category) > 30:
        raise Invalid("word_category_long", field="category")
    return category


def _change(uow: UnitOfWork, word_id: int, line: Line, category: str) -> int:
    return uow.change(
        update(Word).where(Word.id == word_id).values(**vars(line), category=category)
    )


def _changed(
    uow: UnitOfWork, actor: Actor, before: dict[str, int], after: dict[str, object]
) -> None:
    log_change(uow, actor, action="words.changed", target="words", before=before, after=after)
    uow.bump(CacheName.WORDS)


def _parts(items: list[T]) -> Iterable[list[T]]:
    for at in range(0, len(items), _CHUNK):
        yield items[at : at + _CHUNK]
