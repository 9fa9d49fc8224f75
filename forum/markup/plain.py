"""What does a text say without its markup?"""

import re
from collections.abc import Container, Iterator

from forum.markup.options import RenderOptions
from forum.markup.parser import Is, parse
from forum.markup.registry import Shape
from forum.markup.scanner import clean_source

_WHITE = re.compile(r"\s+")
_OPTIONS = RenderOptions()
_NEW_LINE = frozenset({Shape.BOX, Shape.LIST, Shape.ITEM, Shape.TABLE, Shape.ROW})
_NEW_LINE_TAGS = frozenset({"align", "p", "indent", "float", "hr"})


def plain_text(source: str, *, limit: int | None = None, with_quotes: bool = True) -> str:
    """One line of text for search, summaries and descriptions; pictures and edit marks are left out.

    :param limit: most characters returned; a cut text ends in an ellipsis that counts.
    """
    left_out = frozenset() if with_quotes else frozenset({"quote"})
    text = _WHITE.sub(" ", visible_text(source, left_out=left_out)).strip()
    if limit is None or len(text) <= limit:
        return text
    return text[: max(limit - 1, 0)].rstrip() + "…" if limit > 0 else ""


def visible_text(source: str, *, left_out: Container[str] = ()) -> str:
    """The text with its line breaks, without edit marks and without the content of the tags in `left_out`."""
    written: list[str] = []
    hidden = 0
    for event in parse(clean_source(source), _OPTIONS):
        if event.kind is Is.TEXT or event.literal:
            if not hidden and not event.is_gap:
                written.append(event.raw)
            continue
        tag = event.tag
        assert tag is not None
        is_left_out = tag.name in left_out or "edit-mark" in event.piece.before
        if is_left_out:
            hidden += {Is.OPEN: 1, Is.CLOSE: -1}.get(event.kind, 0)
        if tag.shape in _NEW_LINE or tag.name in _NEW_LINE_TAGS:
            written.append("\n")
        elif tag.shape is Shape.CELL:
            written.append(" ")
        if event.kind is Is.WHOLE and not hidden and not is_left_out:
            written.append(event.piece.text)
            if tag.shape is Shape.BOX:
                written.append("\n")
    return "".join(written)


def message_bytes(source: str) -> int:
    """UTF-8 bytes of a message as the minimum counts them: as typed, trimmed, without its quotes."""
    return len("".join(_raw_outside_quotes(source)).strip().encode())


def _raw_outside_quotes(source: str) -> Iterator[str]:
    depth = 0
    for event in parse(clean_source(source), _OPTIONS):
        is_quote = not event.literal and event.tag is not None and event.tag.name == "quote"
        if is_quote and event.kind is Is.OPEN:
            depth += 1
        elif is_quote and event.kind is Is.CLOSE:
            depth -= 1
        elif depth == 0:
            yield event.raw
