"""What is looked for? A search as the index understands it, and the condition it makes of it. Pure."""

from dataclasses import dataclass
from datetime import date, timedelta

from forum.search.tokens import (
    MARK,
    OPENING_TOKEN,
    Phrase,
    Words,
    author_token,
    board_token,
    time_tokens,
)

# No forum is older: a range of time without a beginning begins here.
FIRST_DAY = date(1995, 1, 1)


@dataclass(frozen=True)
class Wanted:
    """A search within the index. What it cannot know exactly is looked at again in the real tables.

    :param board_ids: only these boards; None = any.
    :param days: first and last day, in UTC. Let an open end run to the end of a year: the fewer tokens.
    """

    words: Words = Words()
    in_titles: bool = False
    board_ids: frozenset[int] | None = None
    author_id: int | None = None
    days: tuple[date, date] | None = None


@dataclass(frozen=True)
class Token:
    """A post has this token, or, with `is_prefix`, one that begins so."""

    text: str
    is_prefix: bool = False


@dataclass(frozen=True)
class All:
    parts: tuple["Condition", ...]


@dataclass(frozen=True)
class Any:
    parts: tuple["Condition", ...]


Condition = Token | All | Any


def condition(wanted: Wanted) -> Condition:
    """What the tokens of a post must fulfil. Never empty: without words or filters, any opening post."""
    parts: list[Condition] = []
    if wanted.words:
        parts.append(_any([_words(group, wanted.in_titles) for group in wanted.words.alternatives]))
    elif wanted.in_titles:
        parts.append(Token(OPENING_TOKEN))
    if wanted.author_id is not None:
        parts.append(Token(author_token(wanted.author_id)))
    if wanted.board_ids is not None:
        parts.append(_any([Token(board_token(each)) for each in sorted(wanted.board_ids)]))
    if wanted.days is not None:
        parts.append(_any([Token(each) for each in range_tokens(*wanted.days)]))
    return _all(parts or [Token(OPENING_TOKEN)])


def _words(group: tuple[Phrase, ...], in_titles: bool) -> Condition:
    mark = MARK if in_titles else ""
    parts: list[Condition] = []
    for phrase in group:
        if phrase.prefix is not None:
            parts.append(Token(mark + phrase.prefix, is_prefix=True))
        parts.extend(Token(mark + token) for token in phrase.tokens)
    return _all(parts)


def _all(parts: list[Condition]) -> Condition:
    return parts[0] if len(parts) == 1 else All(tuple(dict.fromkeys(parts)))


def _any(parts: list[Condition]) -> Condition:
    # Nothing allowed is no post at all, not every post.
    return parts[0] if len(parts) == 1 else Any(tuple(parts or [Token(MARK + MARK)]))


def range_tokens(first: date, last: date) -> list[str]:
    """Tokens of years, months and days that cover a range of days exactly."""
    at = max(first, FIRST_DAY)
    tokens = []
    while at <= last:
        day, month, year = time_tokens(at)
        next_month = (at.replace(day=1) + timedelta(days=31)).replace(day=1)
        if (at.month, at.day) == (1, 1) and date(at.year, 12, 31) <= last:
            tokens.append(year)
            at = date(at.year + 1, 1, 1)
        elif at.day == 1 and next_month - timedelta(days=1) <= last:
            tokens.append(month)
            at = next_month
        else:
            tokens.append(day)
            at += timedelta(days=1)
    return tokens


def inexact_groups(words: Words) -> list[list[str]]:
    """Needles the tokens do not decide alone: any group of which all must stand in the text.

    Empty when the tokens say it all.
    """
    if all(phrase.is_exact for phrase in words.phrases):
        return []
    if len(words.alternatives) == 1:
        return [[phrase.needle for phrase in words.alternatives[0] if not phrase.is_exact]]
    return [[phrase.needle for phrase in group] for group in words.alternatives]
