"""The word filter said plainly: every place is tried, every gap is walked. Slow and short."""

from forum.words import BARRIER, parse_pattern
from forum.words.folding import fold


def ends_from(text: str, pattern, start: int) -> set[int]:
    """Where matches that begin at `start` may end."""
    first, *rest = pattern.parts
    if not text.startswith(first, start):
        return set()
    ends = {start + len(first)}
    for gap, part in zip(pattern.gaps, rest, strict=True):
        ends = {
            end + skipped + len(part)
            for end in ends
            for skipped in range(gap + 1)
            if text.startswith(part, end + skipped)
        }
    return ends


def holds(text: str, find: str) -> bool:
    pattern, folded = parse_pattern(find), fold(text).text
    return any(ends_from(folded, pattern, start) for start in range(len(folded)))


def replaced(text: str, words: dict[str, str]) -> str:
    """For texts that fold to themselves. `words`: pattern to replacement, in order."""
    patterns = [(parse_pattern(find), to) for find, to in words.items()]
    owners: list[tuple[int, int, str] | None] = [None] * len(text)
    taken = [character == BARRIER for character in text]

    def take(start: int, end: int, to: str) -> None:
        taken[start:end] = [True] * (end - start)
        owners[start] = (start, end, to)

    for pattern, to in patterns:
        at = 0
        while pattern.gaps and at < len(text):
            free_ends = (end for end in ends_from(text, pattern, at) if not any(taken[at:end]))
            end = max(free_ends, default=0)
            if end:
                take(at, end, to)
                at = end
            else:
                at += 1
    at = 0
    while at < len(text):
        fits = [
            (len(pattern.parts[0]), to)
            for pattern, to in patterns
            if not pattern.gaps
            and text.startswith(pattern.parts[0], at)
            and not any(taken[at : at + len(pattern.parts[0])])
        ]
        if fits:
            length, to = max(fits, key=lambda one: one[0])
            take(at, at + length, to)
            at += length
        else:
            at += 1
    written, at = [], 0
    while at < len(text):
        if owners[at] is not None:
            _, at, to = owners[at]
            written.append(to)
        else:
            written.append(text[at])
            at += 1
    return "".join(written)
