"""The word filter said plainly: every place is tried, every gap is walked. Slow and short."""

from forum.words import BARRIER, parse_pattern
from forum.words.folding import fold


def ends_from(text: str, pattern, start: int, taken=()) -> set[int]:
    """Where matches that begin at `start` may end; no part begins at a taken place."""
    first, *rest = pattern.parts
    if not text.startswith(first, start) or start in taken:
        return set()
    ends = {start + len(first)}
    for gap, part in zip(pattern.gaps, rest, strict=True):
        ends = {
            end + skipped + len(part)
            for end in ends
            for skipped in range(gap + 1)
            if text.startswith(part, end + skipped) and end + skipped not in taken
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
        at, before = 0, {place for place, is_taken in enumerate(taken) if is_taken}
        while pattern.gaps and at < len(text):
            end = max(ends_from(text, pattern, at, before), default=0)
            if end and not any(taken[at:end]):
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
