"""Where are the tags in a source? One pass from left to right; everything that is no tag is text."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto

from forum.markup.escaping import MASKS

# Tried only at an opening bracket. An argument holds no bracket and quantifiers are possessive,
# so no character is looked at more than twice, whatever the source.
_TAG = re.compile(r"\[(/?+)(\*|[A-Za-z]{1,12}+)(?:=([^\[\]\n]{0,2048}+))?+\]")

# What no text needs: control characters, lone surrogates, noncharacters. Browsers and parsers disagree about them.
_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff\ufeff]")
_UNWANTED_ASTRAL = MASKS.union(
    chr(plane + low) for plane in range(0x1_0000, 0x11_0000, 0x1_0000) for low in (0xFFFE, 0xFFFF)
)


class Kind(Enum):
    TEXT = auto()
    OPEN = auto()
    CLOSE = auto()


@dataclass(slots=True)
class Token:
    """A stretch of the source.

    :param closer: for an opening tag, the index of the next closing tag of its name, if any.
    """

    kind: Kind
    raw: str
    start: int
    name: str = ""
    argument: str | None = None
    closer: int | None = None

    @property
    def end(self) -> int:
        return self.start + len(self.raw)


def clean_source(source: str) -> str:
    """The source with `\\n` line ends and without characters that no text needs."""
    text = _UNWANTED.sub("", source.replace("\r\n", "\n").replace("\r", "\n"))
    if not text.isascii() and not _UNWANTED_ASTRAL.isdisjoint(text):
        text = "".join(char for char in text if char not in _UNWANTED_ASTRAL)
    return text


def scan(text: str, names: Iterable[str]) -> list[Token]:
    """Cut cleaned text into tokens; joined again their `raw` is the text."""
    known = frozenset(names)
    tokens: list[Token] = []
    position = 0
    for match in _TAG.finditer(text):
        slash, name, argument = match.groups()
        name = name.lower()
        if name not in known or (slash and argument is not None):
            continue
        if match.start() > position:
            tokens.append(Token(Kind.TEXT, text[position : match.start()], position))
        kind = Kind.CLOSE if slash else Kind.OPEN
        tokens.append(Token(kind, match[0], match.start(), name, argument))
        position = match.end()
    if position < len(text):
        tokens.append(Token(Kind.TEXT, text[position:], position))

    next_closer: dict[str, int] = {}
    for index in range(len(tokens) - 1, -1, -1):
        token = tokens[index]
        if token.kind is Kind.CLOSE:
            next_closer[token.name] = index
        elif token.kind is Kind.OPEN:
            token.closer = next_closer.get(token.name)
    return tokens
