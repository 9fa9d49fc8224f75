"""What stands in the editor when a floor is quoted, and below a text that was copied?"""

import re

from forum.markup.plain import visible_text
from forum.markup.scanner import Kind, scan
from forum.markup.tags import TAGS

MAX_CHARS = 100
MAX_LINES = 3

_LEFT_OUT = frozenset({"quote", "code", "table", "img"})
_BLANKS = re.compile(r"[^\S\n]+")


def quote_source(source: str, *, author: str, at_text: str, post_id: int) -> str:
    """A linked quote of a post: its first words without markup, media and earlier quotes.

    :param at_text: the time as the page shows it.
    """
    head = f"{_without_brackets(author)} 发表于 {_without_brackets(at_text)}"
    return f"[quote][url=/post-{post_id}.html]{head}[/url]\n{_extract(source)}[/quote]\n\n"


def with_origin(source: str, thread_id: int) -> str:
    """A text that says, at its end, of which thread it is a copy."""
    return f"{source}\n\n来源: [url=/thread-{thread_id}-1-1.html]原帖[/url]"


def _extract(source: str) -> str:
    text = _BLANKS.sub(" ", visible_text(source, left_out=_LEFT_OUT))
    text = "\n".join(line for line in map(str.strip, text.split("\n")) if line)
    if len(text) > MAX_CHARS:
        text = text[:MAX_CHARS].rstrip() + " ..."
    return _without_tags("\n".join(text.split("\n")[:MAX_LINES]))


def _without_tags(text: str) -> str:
    """Text in which what still looks like a tag (typed as text, or put together by a cut) is none any more."""
    return "".join(
        token.raw if token.kind is Kind.TEXT else token.raw.replace("[", "［", 1)
        for token in scan(text, TAGS)
    )


def _without_brackets(text: str) -> str:
    return " ".join(text.replace("[", "［").replace("]", "］").split())
