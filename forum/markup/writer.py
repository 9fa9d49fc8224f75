"""What HTML do the events of a text become? The first wall: everything is escaped here; bleach checks it again."""

import re

from forum.markup.autolinks import bare_addresses
from forum.markup.escaping import masked_breaks, masked_text, unmasked
from forum.markup.options import Rendered, RenderOptions
from forum.markup.parser import MAX_TAGS, Event, Is, parse
from forum.markup.registry import Eat, Piece, Shape
from forum.markup.sanitizer import sanitize
from forum.markup.scanner import clean_source
from forum.markup.tags.links import linked

# Stored beside the HTML; a higher number has old posts rendered again.
RENDERER_VERSION = 1

_SPACES = re.compile(" {2,}+")
_NBSP = "\N{NO-BREAK SPACE}"
_TAB = _NBSP * 7 + " "


def render(source: str, *, options: RenderOptions = RenderOptions()) -> Rendered:  # noqa: B008 (frozen)
    """BBCode as typed to sanitised HTML and the facts met on the way."""
    return _Writer(options).write(parse(clean_source(source), options))


class _Writer:
    def __init__(self, options: RenderOptions) -> None:
        self.options = options
        self.out: list[str] = []
        self.pending: list[str] = []
        self.eat_next = Eat.NONE
        self.link_depth = 0
        self.quote_depth = 0
        self.quote_is_new = False
        self.links_left = MAX_TAGS
        self.starts: list[int] = []
        self.image_count = 0
        self.hosts: dict[str, None] = {}
        self.post_ids: dict[int, None] = {}

    def write(self, events: list[Event]) -> Rendered:
        for event in events:
            if event.is_gap:
                continue
            if event.kind is Is.TEXT or event.literal:
                self.pending.append(event.raw)
            elif event.kind is Is.OPEN:
                self._open(event)
            elif event.kind is Is.CLOSE:
                self._close(event)
            else:
                self._whole(event)
        self._flush(Eat.NONE)
        html = unmasked(sanitize("".join(self.out)))
        return Rendered(html, self.image_count, tuple(self.hosts), tuple(self.post_ids))

    def _open(self, event: Event) -> None:
        assert event.tag is not None
        self._flush(event.tag.outside)
        if event.tag.name == "quote":
            self.quote_depth += 1
            self.quote_is_new = self.quote_depth == 1
        self._count(event.piece)
        self.link_depth += event.tag.is_link
        self.starts.append(len(self.out))
        self.out.append(event.piece.before)
        self.eat_next = event.tag.inside

    def _close(self, event: Event) -> None:
        assert event.tag is not None
        # The line break before the next item or the end of the list ends the item; it is no part of it.
        self._flush(event.tag.inside)
        start = self.starts.pop()
        self.link_depth -= event.tag.is_link
        self.quote_depth -= event.tag.name == "quote"
        if (
            event.tag.shape is Shape.SOFT
            and len(self.out) == start + 1
            and event.tag.name not in _BLOCKS
        ):
            self.out.pop()  # nothing inside: `[b][/b]` shows nothing
        else:
            self.out.append(event.piece.after)
        self.eat_next = event.tag.outside

    def _whole(self, event: Event) -> None:
        assert event.tag is not None
        self._flush(event.tag.outside)
        self._count(event.piece)
        self.out.append(event.piece.before)
        self.eat_next = event.tag.outside

    def _count(self, piece: Piece) -> None:
        self.image_count += piece.is_image
        if piece.link is None:
            return
        if piece.link.host:
            self.hosts[piece.link.host] = None
        if self.quote_depth == 1 and self.quote_is_new:
            self.quote_is_new = False
            if piece.link.post_id is not None:
                self.post_ids[piece.link.post_id] = None

    def _flush(self, eat_before: Eat) -> None:
        if not self.pending:
            return
        text = "".join(self.pending)
        self.pending.clear()
        text = _without_lead(text, self.eat_next)
        text = _without_trail(text, eat_before)
        self.eat_next = Eat.NONE
        if not text:
            return
        if self.link_depth:
            self.out.append(_text_html(text))
            return
        for part, is_address in bare_addresses(text):
            piece = linked(part, self.options) if is_address and self.links_left > 0 else None
            if piece is None:
                self.out.append(_text_html(part))
            else:
                self.links_left -= 1
                self._count(piece)
                self.out.append(piece.before)


# Empty ones still take a line of their own.
_BLOCKS = frozenset({"align", "p", "indent", "float"})


def _text_html(text: str) -> str:
    """Escaped text that keeps its line breaks and runs of spaces."""
    html = masked_text(text)
    if "  " in html:
        html = _SPACES.sub(lambda run: _NBSP * (len(run[0]) - 1) + " ", html)
    return masked_breaks(html.replace("\t", _TAB).replace("\n ", "\n" + _NBSP))


def _without_lead(text: str, eat: Eat) -> str:
    if eat is Eat.ONE_BREAK:
        return text.removeprefix("\n")
    if eat is Eat.BREAKS:
        return text.lstrip("\n")
    return text.lstrip() if eat is Eat.SPACE else text


def _without_trail(text: str, eat: Eat) -> str:
    if eat is Eat.ONE_BREAK:
        return text.removesuffix("\n")
    if eat is Eat.BREAKS:
        return text.rstrip("\n")
    return text.rstrip() if eat is Eat.SPACE else text
