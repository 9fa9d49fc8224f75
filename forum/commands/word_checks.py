"""What does the word filter make of what somebody writes? Asked by every command that keeps words.

No statement but, after the list changed, reading it (queries/words.py).
"""

from dataclasses import dataclass

from forum.core.errors import Invalid
from forum.markup import stretches
from forum.policies.actor import Actor
from forum.policies.permissions import May
from forum.words import BARRIER, WordFilter, WordRule

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


@dataclass(frozen=True)
class Explained:
    """What the filter makes of a text of somebody who is not exempt."""

    refused: tuple[WordRule, ...]
    held: tuple[WordRule, ...]
    replaced: tuple[WordRule, ...]
    text: str


def explained(words: WordFilter, source: str) -> Explained:
    """Which words a message would hit, and what would become of it."""
    cut = stretches(source.replace(BARRIER, ""))
    judgement = words.judge("".join(cut.texts), BARRIER.join(cut.arguments))
    replaced = words.replace(BARRIER.join(cut.texts))
    text = cut.with_texts(replaced.text.split(BARRIER))
    return Explained(judgement.refused, judgement.held, replaced.rules, text)
