"""When are two texts the same to the filter? Case, width and invisible characters do not matter.

NFKC and case folding, and characters that show nothing (zero-width blanks, variation selectors, fillers)
left out. Where each folded character came from is known, so that what was found can be replaced.
"""

import re
import sys
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache

from forum.core.text import shows_nothing

# Between pieces that are no one text; no word holds it, and nothing is replaced across it.
BARRIER = "\uffff"
_MOST_REMEMBERED = 50_000
_LONGEST_CLUSTER = 32
_FIRST_VOWEL, _LAST_FINAL = "\u1160", "\u11ff"


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

    done = 0
    for found in _joining().finditer(text):
        first, last = found.span()
        if first > done:
            written.append(text[done:first])
            starts.extend(places[done:first])
            ends.extend([place + 1 for place in places[done:first]])
        for at, end, cluster in _clusters(found[0]):
            written.append(cluster)
            starts.extend([places[first + at]] * len(cluster))
            ends.extend([places[first + end - 1] + 1] * len(cluster))
        done = last
    written.append(text[done:])
    starts.extend(places[done:])
    ends.extend([place + 1 for place in places[done:]])
    return Folded("".join(written), starts, ends)


@cache
def _joining() -> re.Pattern[str]:
    """A character, and those behind it that may join it: marks, and Hangul vowels and finals."""
    marks = "".join(
        chr(point) for point in range(sys.maxunicode + 1) if unicodedata.combining(chr(point))
    )
    joining = f"{_FIRST_VOWEL}-{_LAST_FINAL}{re.escape(marks)}"
    return re.compile(f"[^{BARRIER}][{joining}]{{1,{_LONGEST_CLUSTER - 1}}}", re.DOTALL)


@lru_cache(10_000)
def _clusters(stretch: str) -> tuple[tuple[int, int, str], ...]:
    """What of a stretch is written together: from where, to where, as what. A Hangul letter joins only where
    that makes one syllable; where nothing becomes one, each character is found, and replaced, alone."""
    cuts = [0]
    for end in range(1, len(stretch)):
        is_hangul = _FIRST_VOWEL <= stretch[end] <= _LAST_FINAL
        if is_hangul and len(unicodedata.normalize("NFC", stretch[cuts[-1] : end + 1])) > 1:
            cuts.append(end)
    found: list[tuple[int, int, str]] = []
    for at, end in zip(cuts, [*cuts[1:], len(stretch)], strict=True):
        cluster = unicodedata.normalize("NFC", stretch[at:end])
        if cluster == stretch[at:end]:
            found += [(place, place + 1, stretch[place]) for place in range(at, end)]
        else:
            found.append((at, end, cluster))
    return tuple(found)
