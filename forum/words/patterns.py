"""What does a word of the list mean? Literal parts, and between them up to N characters of any kind."""

import re
from dataclasses import dataclass
from functools import cached_property

from forum.words.folding import BARRIER, fold

LONGEST = 100
MOST_PARTS = 10
LARGEST_GAP = 50
_GAP = re.compile(r"\{(\d{1,3})\}")


class PatternError(ValueError):
    """The word cannot be used; the key says why."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


@dataclass(frozen=True)
class Pattern:
    """`gaps[i]`: the most characters between `parts[i]` and `parts[i + 1]`. Parts are folded."""

    parts: tuple[str, ...]
    gaps: tuple[int, ...] = ()

    @property
    def key(self) -> str:
        """The same for two spellings of one word."""
        written = [self.parts[0]]
        for gap, part in zip(self.gaps, self.parts[1:], strict=True):
            written += [f"{{{gap}}}", part]
        return "".join(written)

    @cached_property
    def steps(self) -> tuple[tuple[int, str], ...]:
        """Each part behind the gap before it."""
        return tuple(zip((0, *self.gaps), self.parts, strict=True))

    @cached_property
    def width(self) -> int:
        """The most characters a stretch that is the pattern can have."""
        return sum(map(len, self.parts)) + sum(self.gaps)


def parse_pattern(find: str) -> Pattern:
    """The meaning of `find`: 赌{3}博 is 赌, at most three characters, 博. Gaps at the ends mean nothing.

    :raises PatternError: "word_empty", "word_too_long", "word_parts", "word_gap", or
        "word_expression" for the regular expressions of Discuz!, which are not linear.
    """
    if len(find) > LONGEST:
        raise PatternError("word_too_long")
    if len(find) > 2 and find.startswith("/") and find.endswith("/"):
        raise PatternError("word_expression")
    pieces = _GAP.split(find)  # literal, number, literal, number, ...
    parts: list[str] = []
    gaps: list[int] = []
    open_gap = 0
    for index, piece in enumerate(pieces):
        if index % 2:
            open_gap += int(piece)
            continue
        part = fold(piece.replace(BARRIER, "")).text
        if not part:
            continue
        if parts:
            gaps.append(open_gap)
        parts.append(part)
        open_gap = 0
    if not parts:
        raise PatternError("word_empty")
    if len(parts) > MOST_PARTS:
        raise PatternError("word_parts")
    if any(gap > LARGEST_GAP for gap in gaps):
        raise PatternError("word_gap")
    return _joined(parts, gaps)


def _joined(parts: list[str], gaps: list[int]) -> Pattern:
    """A gap of nothing is none: 赌{0}博 is 赌博."""
    kept, kept_gaps = [parts[0]], []
    for gap, part in zip(gaps, parts[1:], strict=True):
        if gap:
            kept.append(part)
            kept_gaps.append(gap)
        else:
            kept[-1] += part
    return Pattern(tuple(kept), tuple(kept_gaps))
