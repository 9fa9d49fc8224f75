"""Which tags belong together? Turns tokens into events whose opens and closes always balance.

Nothing is lost: an event that turns out to be no markup (never closed, over a limit, crossing what it may not)
is marked literal and shows as it was typed. Every step costs at most the depth limit, so the whole is linear.
"""

from collections import Counter
from dataclasses import dataclass, field
from enum import Enum, auto

from forum.markup.options import RenderOptions
from forum.markup.registry import Body, Call, Piece, Shape, Tag
from forum.markup.scanner import Kind, Token, scan
from forum.markup.tags import TAGS

MAX_DEPTH = 20
MAX_TAGS = 2_000
MAX_ADDRESS_BODY = 2_100

_STRUCTURE = frozenset({Shape.LIST, Shape.TABLE, Shape.ROW})
_PARTS = frozenset({Shape.ITEM, Shape.ROW, Shape.CELL})
_NEEDS_CLOSER = frozenset({Shape.PAIR, Shape.BOX, Shape.TABLE})
# Deepest frames that loose content in a list or a table opens by itself.
_RESERVED = {Shape.LIST: 1, Shape.TABLE: 2, Shape.ROW: 1}
_NOTHING = Piece("")


class Is(Enum):
    TEXT = auto()
    OPEN = auto()
    CLOSE = auto()
    WHOLE = auto()


@dataclass(slots=True, eq=False)
class Event:
    """One step of the text. `raw` is what was typed for it (empty for what the parser added).

    :param owner: for a close its open; for parts of a table or list, and the white space between them, the open
        of what they stand in: they are markup only if that is.
    """

    kind: Is
    raw: str
    tag: Tag | None = None
    piece: Piece = _NOTHING
    owner: "Event | None" = None
    literal: bool = False

    @property
    def is_gap(self) -> bool:
        """White space that only separates the parts of a list or table."""
        return self.kind is Is.TEXT and self.owner is not None and not self.literal


@dataclass(slots=True, eq=False)
class Frame:
    """An open tag. `dead` counts literal openers inside it, so that their closers stay literal too."""

    tag: Tag
    event: Event
    by_lines: bool = False
    dead: Counter[str] = field(default_factory=Counter)


def parse(text: str, options: RenderOptions) -> list[Event]:
    """The events of a cleaned source."""
    if not options.allow_bbcode:
        return [Event(Is.TEXT, text)]
    return _Parser(scan(text, TAGS), options).run()


class _Parser:
    def __init__(self, tokens: list[Token], options: RenderOptions) -> None:
        self.tokens = tokens
        self.options = options
        self.events: list[Event] = []
        self.stack: list[Frame] = []
        self.dead: Counter[str] = Counter()
        self.budget = MAX_TAGS

    def run(self) -> list[Event]:
        index = 0
        while index < len(self.tokens):
            token = self.tokens[index]
            index += 1
            if token.kind is Kind.TEXT:
                self._text(token.raw)
            elif token.kind is Kind.CLOSE:
                self._close(token)
            else:
                index = self._open(token, index)
        self._pop_to(0)
        for event in self.events:  # parts come after what they stand in
            if event.owner is not None and event.owner.literal:
                event.literal = True
        return self.events

    # text

    def _text(self, raw: str) -> None:
        frame = self.stack[-1] if self.stack else None
        if frame and (frame.by_lines or self._is_line_cell(frame)):
            self._text_by_lines(raw)
        else:
            self._plain_text(raw)

    def _plain_text(self, raw: str) -> None:
        frame = self.stack[-1] if self.stack else None
        if frame and frame.tag.shape in _STRUCTURE:
            if raw.isspace():
                self.events.append(Event(Is.TEXT, raw, owner=frame.event))
                return
            self._open_parts()
        self.events.append(Event(Is.TEXT, raw))

    def _is_line_cell(self, frame: Frame) -> bool:
        return frame.tag.shape is Shape.CELL and len(self.stack) >= 3 and self.stack[-3].by_lines

    def _text_by_lines(self, raw: str) -> None:
        """In a table without `[tr]` every line is a row and `|` parts the cells."""
        for number, line in enumerate(raw.split("\n")):
            if number and self.budget > 0:
                self._close_row("\n")
            elif number:
                line = "\n" + line
            for column, content in enumerate(line.split("|")):
                if column and self.budget > 0:
                    self._next_cell()
                elif column:
                    content = "|" + content
                if content:
                    self._plain_text(content)

    def _close_row(self, raw: str) -> None:
        table = next(
            depth for depth in range(len(self.stack) - 1, -1, -1) if self.stack[depth].by_lines
        )
        self._pop_to(table + 1)
        self.events.append(Event(Is.TEXT, raw, owner=self.stack[-1].event))

    def _next_cell(self) -> None:
        if self.stack[-1].by_lines:
            self._open_parts()
        self._pop_to(len(self.stack) - 1)
        self._push_part("td", "|")

    # opening

    def _open(self, token: Token, index: int) -> int:
        """Take one opening tag; returns the index of the token to go on with."""
        tag = TAGS[token.name]
        if tag.shape in _PARTS:
            self._open_part(tag, token)
        elif tag.body is Body.EMPTY:
            self._whole(tag, token, "", token.raw)
        elif tag.body is Body.VERBATIM or (
            tag.body is Body.VERBATIM_WITHOUT_ARGUMENT and token.argument is None
        ):
            return self._verbatim(tag, token, index)
        else:
            self._pair(tag, token, index)
        return index

    def _pair(self, tag: Tag, token: Token, index: int) -> None:
        piece = self._piece(tag, token)
        if piece is None:
            self._refuse(token)
            return
        self._open_parts()
        self._push(tag, piece, token.raw)
        if tag.shape is Shape.TABLE:
            self.stack[-1].by_lines = not self._rows_follow(index)

    def _piece(self, tag: Tag, token: Token, body: str = "") -> Piece | None:
        """The HTML of an opening tag, or None where it may not stand."""
        if not self._has_room(tag):
            return None
        return tag.write(Call(token.argument, body, self.options))

    def _has_room(self, tag: Tag) -> bool:
        depth = len(self.stack) + _RESERVED.get(tag.shape, 0)
        if self.stack:
            depth += _RESERVED.get(self.stack[-1].tag.shape, 0)
        return self.budget > 0 and depth < MAX_DEPTH and not (tag.is_link and self._in_link())

    def _in_link(self) -> bool:
        return any(frame.tag.is_link for frame in self.stack)

    def _rows_follow(self, index: int) -> bool:
        following = self.tokens[index : index + 2]
        if following and following[0].kind is Kind.TEXT and following[0].raw.isspace():
            following = following[1:]
        return (
            bool(following) and following[0].kind is Kind.OPEN and following[0].name in ("tr", "td")
        )

    def _refuse(self, token: Token) -> None:
        self._text(token.raw)
        dead = self.stack[-1].dead if self.stack else self.dead
        dead[token.name] += 1

    def _verbatim(self, tag: Tag, token: Token, index: int) -> int:
        if token.closer is None:
            self._text(token.raw)
            return index
        closer = self.tokens[token.closer]
        # Looked at before the body is joined: many openers may share one far closer.
        is_near = closer.start - token.end <= MAX_ADDRESS_BODY
        is_code = tag.shape is Shape.BOX and token.argument is None
        if (is_near or is_code) and self._has_room(tag):
            body = "".join(part.raw for part in self.tokens[index : token.closer])
            if self._whole(tag, token, body, token.raw + body + closer.raw):
                return token.closer + 1
        self._refuse(token)
        return index

    def _whole(self, tag: Tag, token: Token, body: str, raw: str) -> bool:
        piece = self._piece(tag, token, body)
        # A picture that became a link may not stand in a link.
        if piece is None or (piece.link and self._in_link()):
            if tag.body is Body.EMPTY:
                self._text(token.raw)
            return False
        self._open_parts()
        self.budget -= 1
        self.events.append(Event(Is.WHOLE, raw, tag, piece))
        return True

    def _push(self, tag: Tag, piece: Piece, raw: str, *, owner: Event | None = None) -> None:
        self.budget -= 1
        event = Event(Is.OPEN, raw, tag, piece, owner)
        self.events.append(event)
        self.stack.append(Frame(tag, event))

    # parts of lists and tables

    def _open_parts(self) -> None:
        """Give loose content in a list or table an item, or a row and a cell, of its own."""
        while self.stack and self.stack[-1].tag.shape in _STRUCTURE:
            part = {Shape.LIST: "*", Shape.TABLE: "tr", Shape.ROW: "td"}[self.stack[-1].tag.shape]
            self._push_part(part, "")

    def _push_part(self, name: str, raw: str, piece: Piece | None = None) -> None:
        tag = TAGS[name]
        written = piece or tag.write(Call(None, "", self.options))
        assert written is not None  # every part has a form without an argument
        self._push(tag, written, raw, owner=self.stack[-1].event)

    def _open_part(self, tag: Tag, token: Token) -> None:
        home = Shape.LIST if tag.shape is Shape.ITEM else Shape.TABLE
        depth = self._home_of(home, tag)
        piece = tag.write(Call(token.argument, "", self.options))
        if depth is None or piece is None or self.budget <= 0:
            if tag.shape is Shape.ITEM:
                self._text(token.raw)
            else:
                self._refuse(token)
            return
        self._pop_to(depth + 1)
        if tag.shape is Shape.CELL and self.stack[-1].tag.shape is Shape.TABLE:
            self._push_part("tr", "")
        self._push_part(tag.name, token.raw, piece)

    def _home_of(self, home: Shape, tag: Tag) -> int | None:
        """Depth of the list, table or (for a cell in a row) row that a part starting here belongs to."""
        for depth in range(len(self.stack) - 1, -1, -1):
            frame = self.stack[depth]
            if frame.tag.shape is home:
                return None if frame.by_lines else depth
            if tag.shape is Shape.CELL and frame.tag.shape is Shape.ROW:
                return None if self.stack[depth - 1].by_lines else depth
            if frame.tag.shape is not Shape.SOFT and frame.tag.shape not in _PARTS:
                return None
        return None

    # closing

    def _close(self, token: Token) -> None:
        tag = TAGS[token.name]
        depth = self._target(tag)
        if depth is None:
            self._text(token.raw)
            return
        crossed = self.stack[depth + 1 :]
        self._pop_to(depth + 1)
        self._pop(token.raw)
        if tag.shape in (Shape.SOFT, Shape.PAIR):
            self._reopen(crossed)

    def _target(self, tag: Tag) -> int | None:
        """Depth of the frame that a closing tag closes; None if the closing tag is literal."""
        if tag.body is Body.EMPTY or tag.shape is Shape.ITEM:
            return None
        for depth in range(len(self.stack) - 1, -1, -1):
            frame = self.stack[depth]
            if frame.dead[tag.name]:
                frame.dead[tag.name] -= 1
                return None
            if frame.tag is tag:
                return depth
            if tag.shape is Shape.SOFT and frame.tag.shape is not Shape.SOFT:
                return None
            if tag.shape in _PARTS and frame.tag.shape is Shape.TABLE:
                return None
        if self.dead[tag.name]:
            self.dead[tag.name] -= 1
        return None

    def _pop_to(self, depth: int) -> None:
        while len(self.stack) > depth:
            if self.stack[-1].tag.shape in _NEEDS_CLOSER:
                self.stack.pop().event.literal = True
            else:
                self._pop("")

    def _pop(self, raw: str) -> None:
        frame = self.stack.pop()
        self.events.append(Event(Is.CLOSE, raw, frame.tag, frame.event.piece, frame.event))

    def _reopen(self, frames: list[Frame]) -> None:
        for frame in frames:
            if frame.tag.shape is Shape.SOFT and self.budget > 0:
                self._push(frame.tag, frame.event.piece, "")
