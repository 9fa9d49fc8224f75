"""What does the word filter make of what somebody writes? Asked by every command that keeps words.

No statement but, after the list changed, reading it (queries/words.py).
"""

from dataclasses import dataclass
from enum import StrEnum

from forum.core.errors import Invalid
from forum.markup import stretches
from forum.policies.actor import Actor
from forum.policies.permissions import May
from forum.words import BARRIER, Judgement, Replaced, WordFilter, WordRule

MOST_NAMED = 5


@dataclass(frozen=True)
class CheckedText:
    """A text as it may be kept. `held_by`: words for which it waits."""

    text: str
    held_by: tuple[str, ...] = ()


def checked_source(actor: Actor, words: WordFilter, source: str, *, field: str) -> CheckedText:
    """A message in BBCode. Tags do not part words, are not changed, and their arguments count too.

    :raises Invalid: "words_refused" at `field`.
    """
    if words.is_empty:
        return CheckedText(source)
    cut = stretches(source.replace(BARRIER, ""))
    held = _judged(actor, words, "".join(cut.texts), BARRIER.join(cut.arguments), field=field)
    replaced = words.replace(BARRIER.join(cut.texts))
    if not replaced.rules:
        return CheckedText(source, held)
    return CheckedText(cut.with_texts(replaced.text.split(BARRIER)), held)


def checked_line(actor: Actor, words: WordFilter, line: str, *, field: str) -> CheckedText:
    """A title, or another line of plain text.

    :raises Invalid: "words_refused" at `field`.
    """
    if words.is_empty:
        return CheckedText(line)
    return CheckedText(words.replace(line).text, _judged(actor, words, line, field=field))


def checked_without_queue(
    actor: Actor, words: WordFilter, text: str, *, field: str, is_source: bool = False
) -> str:
    """Something no moderator approves: a signature, a title of one's own. Words that hold refuse.

    :raises Invalid: "words_refused" at `field`.
    """
    check = checked_source if is_source else checked_line
    checked = check(actor, words, text, field=field)
    refuse(checked.held_by, field=field)
    return checked.text


def check_name(words: WordFilter, name: str) -> None:
    """A name holds no word of the list at all, for nothing in it can be replaced.

    :raises Invalid: "words_refused" at the field name.
    """
    judgement = words.judge(name)
    found = (*judgement.refused, *judgement.held, *words.replace(name).rules)
    refuse(_named(found), field="name")


def refuse(words: tuple[str, ...], *, field: str) -> None:
    """Refuse when there are any.

    :raises Invalid: "words_refused" at `field`.
    """
    if words:
        raise Invalid("words_refused", field=field, words="、".join(words[:MOST_NAMED]))


def _judged(actor: Actor, words: WordFilter, *texts: str, field: str) -> tuple[str, ...]:
    if actor.permission(May.SKIP_WORDS):
        return ()
    judgement = words.judge(*texts)
    refuse(_named(judgement.refused), field=field)
    return _named(judgement.held)


def _named(rules: tuple[WordRule, ...]) -> tuple[str, ...]:
    return tuple(rule.find for rule in rules)


class WordField(StrEnum):
    """What somebody writes a word into; the checks above say the same in code."""

    SUBJECT = "subject"
    TEXT = "text"
    TAG = "tag"
    MESSAGE = "message"
    SIGNATURE = "signature"
    OWN_TITLE = "own_title"
    NAME = "name"


_SOURCES = frozenset({WordField.TEXT, WordField.MESSAGE, WordField.SIGNATURE})
_QUEUED = frozenset({WordField.SUBJECT, WordField.TEXT, WordField.TAG})


@dataclass(frozen=True)
class Explained:
    """What the filter makes of a text in one kind of field, of somebody who is not exempt.

    At most one of `refused` and `held` has words; `text` is what is kept where neither has.
    """

    field: WordField
    refused: tuple[WordRule, ...]
    held: tuple[WordRule, ...]
    replaced: tuple[WordRule, ...]
    text: str


def explained(words: WordFilter, typed: str) -> tuple[Explained, ...]:
    """Which words a text would hit, and what would become of it, in every kind of field."""
    as_source, as_line = _explained_source(words, typed), _explained_line(words, typed)
    return tuple(
        _explained(field, *(as_source if field in _SOURCES else as_line)) for field in WordField
    )


def _explained_source(words: WordFilter, source: str) -> tuple[Judgement, Replaced]:
    cut = stretches(source.replace(BARRIER, ""))
    replaced = words.replace(BARRIER.join(cut.texts))
    text = cut.with_texts(replaced.text.split(BARRIER))
    judgement = words.judge("".join(cut.texts), BARRIER.join(cut.arguments))
    return judgement, Replaced(text, replaced.rules)


def _explained_line(words: WordFilter, line: str) -> tuple[Judgement, Replaced]:
    return words.judge(line), words.replace(line)


def _explained(field: WordField, judgement: Judgement, replaced: Replaced) -> Explained:
    refused, held, rules = judgement.refused, judgement.held, replaced.rules
    if field is WordField.NAME:
        refused, rules = (*refused, *held, *rules), ()
    elif field not in _QUEUED:
        refused = (*refused, *held)
    if refused or field not in _QUEUED:
        held = ()
    return Explained(field, refused, held, rules, replaced.text)
