"""Where in a text do the words stand? Pieces to be shown, marked or not. Pure.

Texts are compared folded, as the index does; where folding changed a text's length (ligatures,
㍿) the places are kept character by character.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from forum.search.tokens import WORD_CHARACTER, Phrase, fold, is_unspaced

BEFORE = 40  # characters of an excerpt before its first match


@dataclass(frozen=True)
class Piece:
    """A stretch of text; `is_match` says that it is one of the words."""

    text: str
    is_match: bool = False


def marked(text: str, phrases: Iterable[Phrase]) -> tuple[Piece, ...]:
    """The whole text in pieces."""
    pieces: list[Piece] = []
    at = 0
    for start, end in _places(text, phrases):
        if start > at:
            pieces.append(Piece(text[at:start]))
        pieces.append(Piece(text[start:end], is_match=True))
        at = end
    if at < len(text):
        pieces.append(Piece(text[at:]))
    return tuple(pieces)


def excerpt(text: str, phrases: Iterable[Phrase], *, length: int = 160) -> tuple[Piece, ...]:
    """About `length` characters around the first match, or from the beginning when there is none."""
    phrases = tuple(phrases)
    first = next(iter(_places(text, phrases)), (0, 0))[0]
    start = max(0, min(first - BEFORE, len(text) - length))
    shown = text[start : start + length]
    # Beside what is marked: folded, dots are three, and each place would be kept by itself.
    left = (Piece("…"),) if start else ()
    right = (Piece("…"),) if start + length < len(text) else ()
    return (*left, *marked(shown, phrases), *right)


def _places(text: str, phrases: Iterable[Phrase]) -> list[tuple[int, int]]:
    patterns = [_pattern(phrase) for phrase in phrases]
    if not patterns:
        return []
    folded, place = fold(text), None
    if len(folded) != len(text):
        folded, place = _folded_with_places(text)
    found = []
    for match in re.finditer("|".join(patterns), folded):
        start, end = match.span()
        found.append((place[start], place[end - 1] + 1) if place else (start, end))
    return found


def _folded_with_places(text: str) -> tuple[str, list[int]]:
    parts: list[str] = []
    places: list[int] = []
    for index, character in enumerate(text):
        part = unicodedata.normalize("NFKC", character).casefold()
        parts.append(part)
        places.extend([index] * len(part))
    return "".join(parts), places


def _pattern(phrase: Phrase) -> str:
    written = ""
    for index, run in enumerate(phrase.runs):
        unspaced = is_unspaced(run)
        if index:
            # Two runs of characters are two only because something stands between them.
            both = unspaced and is_unspaced(phrase.runs[index - 1])
            written += r"[\W_]+" if both else r"[\W_]*"
        word = re.escape(run)
        written += word if unspaced else f"(?<!{WORD_CHARACTER}){word}(?!{WORD_CHARACTER})"
    return written
