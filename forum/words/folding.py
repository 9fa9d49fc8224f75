"""When are two texts the same to the filter? Case, width and invisible characters do not matter.

NFKC and case folding, and characters that show nothing (zero-width blanks, variation selectors, fillers)
left out. Where each folded character came from is known, so that what was found can be replaced.
"""

import unicodedata
from dataclasses import dataclass

from forum.core.text import shows_nothing

# Between pieces that are no one text; no word holds it, and nothing is replaced across it.
BARRIER = "\uffff"
_MOST_REMEMBERED = 50_000
_LONGEST_CLUSTER = 32


class _Folds(dict[str, str]):
    """Each character's folded form, worked out once."""

    def __missing__(self, character: str) -> str:
        folded = _fold_one(character)
        if len(self) < _MOST_REMEMBERED:
            self[character] = folded
        return folded


def _fold_one(character: str) -> str:
    if shows_nothing(character):
        return ""
    plain = unicodedata.normalize("NFKC", character).casefold()
    return unicodedata.normalize("NFKC", plain)


_FOLDS = _Folds()


@dataclass(frozen=True)
class Folded:
    """A folded text. `starts` and `ends` are places in what was folded; None = the same places."""

    text: str
    starts: list[int] | None = None
    ends: list[int] | None = None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where a stretch of the folded text came from."""
        if self.starts is None or self.ends is None:
            return start, end
        return self.starts[start], self.ends[end - 1]


def fold(text: str) -> Folded:
    """Fold a text, linear in its length."""
    if text.isascii():
        return Folded(text.lower())
    pieces = list(map(_FOLDS.__getitem__, text))
    folded = "".join(pieces)
    if "" not in pieces and len(folded) == len(text):  # then each is one character
        places = None
    else:
        places = [place for place, piece in enumerate(pieces) for _ in piece]
    if unicodedata.is_normalized("NFC", folded):
        if places is None:
            return Folded(folded)
        return Folded(folded, places, [place + 1 for place in places])
    return _composed(folded, places if places is not None else list(range(len(text))))


def _composed(text: str, places: list[int]) -> Folded:
    """Put letters and their marks together: half-width ｶﾞ is two characters, ガ is one."""
    written: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    at = 0
    while at < len(text):
        end = at + 1
        while end < len(text) and end - at < _LONGEST_CLUSTER and _belongs(text[end]):
            end += 1
        cluster = unicodedata.normalize("NFC", text[at:end])
        written.append(cluster)
        starts.extend([places[at]] * len(cluster))
        ends.extend([places[end - 1] + 1] * len(cluster))
        at = end
    return Folded("".join(written), starts, ends)


def _belongs(character: str) -> bool:
    """Does a character join the one before it: a mark, or a Hangul vowel or final?"""
    return unicodedata.combining(character) != 0 or "\u1160" <= character <= "\u11ff"
