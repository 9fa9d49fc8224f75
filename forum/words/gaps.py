"""Do literal parts stand in a text with at most so many characters between them?

Where a part begins is a set of places, kept as one large integer with a bit for each: joining two
parts is then a few operations over the whole text, however often either occurs. A word with a part
that stands in few places is looked for around those alone.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import takewhile

from ahocorasick_rs import AhoCorasick

from forum.words.bits import mask_of, places_of, smeared
from forum.words.patterns import Pattern
from forum.words.taken import Taken

# So few places are looked at one by one.
_RARE = 50

# So many characters of a text are looked at first.
_BEGINNING = 8_000

# How many other parts may end where a part ends before it is looked for by itself.
_DEEPEST = 1


class GappedPatterns:
    """Many patterns with gaps, ready to be looked for at once. They are known by their index."""

    def __init__(self, patterns: Sequence[Pattern]) -> None:
        self._patterns = patterns
        # In this order, what begins alike stands together.
        self._order = sorted(range(len(patterns)), key=lambda index: patterns[index].steps)
        every = sorted({part for pattern in patterns for part in pattern.parts})
        known = set(every)
        self._deep = frozenset(part for part in every if _depth(part, known) > _DEEPEST)
        self._letters = frozenset(part for part in every if len(part) == 1) - self._deep
        self._longer = [part for part in every if len(part) > 1 and part not in self._deep]
        self._finder = AhoCorasick(self._longer) if self._longer else None

    def found_in(self, text: str) -> list[int]:
        """Which of them a folded text holds, ascending."""
        if not self._patterns:
            return []
        # Where very many are found, most are found near its beginning, in a tenth of the time.
        found = self._held(self._occurrences(text[:_BEGINNING]), self._order)
        if len(text) > _BEGINNING:
            done = set(found)
            left = [index for index in self._order if index not in done]
            found += self._held(self._occurrences(text), left)
        return sorted(found)

    def stretches_in(self, text: str) -> list[tuple[int, int, int]]:
        """Pattern, start and end of what can be replaced in a folded text: each pattern in its turn, the
        leftmost of its places first, as far as it reaches. Nothing is taken twice, or across a BARRIER."""
        if not self._patterns:
            return []
        occurrences = self._occurrences(text)
        taken = Taken(text)
        stretches = []
        for index in sorted(self._held(occurrences, self._order)):
            for start, end in occurrences.stretches(self._patterns[index], taken):
                taken.take(start, end)
                stretches.append((index, start, end))
        return stretches

    def _held(self, occurrences: "Occurrences", indexes: Iterable[int]) -> list[int]:
        return [index for index in indexes if occurrences.holds(self._patterns[index])]

    def _occurrences(self, text: str) -> "Occurrences":
        """Where each part begins."""
        found: dict[str, list[int]] = {letter: [] for letter in self._letters}
        if found:
            for place, character in enumerate(text):
                if character in found:
                    found[character].append(place)
            found = {letter: places for letter, places in found.items() if places}
        if self._finder is not None:
            longer: list[list[int]] = [[] for _ in self._longer]
            for index, start, _ in self._finder.find_matches_as_indexes(text, overlapping=True):
                longer[index].append(start)
            found.update(
                (part, here) for part, here in zip(self._longer, longer, strict=True) if here
            )
        return Occurrences(text, found, self._deep)


def _depth(part: str, known: set[str]) -> int:
    """How many other parts end wherever this one ends."""
    return sum(1 for at in range(1, len(part)) if part[at:] in known)


class Occurrences:
    """Where the parts begin in one text."""

    def __init__(self, text: str, found: dict[str, list[int]], deep: frozenset[str]) -> None:
        self._text = text
        self._found = found
        self._deep = deep
        self._masks: dict[str, int] = {}
        self._characters: dict[str, int] = {}
        self._walk = _Walk()

    def holds(self, pattern: Pattern) -> bool:
        """Is the pattern anywhere in the text? Quickest for patterns in order: those that begin alike
        share what was worked out."""
        if not self._has_parts(pattern):
            return False
        first = self._found.get(pattern.parts[0])
        if first is not None and len(first) < _RARE:
            return any(self._end_from(pattern, start, start + pattern.width) for start in first)
        if len(pattern.parts) == 2:
            last = self._found.get(pattern.parts[1])
            if last is not None and len(last) < _RARE:
                return any(any(self._starts_before(pattern, place)) for place in last)
        return self._walk.reaches(pattern, self._mask)

    def stretches(self, pattern: Pattern, taken: Taken) -> Iterator[tuple[int, int]]:
        """Stretches of the text that are the pattern, nothing of them taken: the leftmost, each to the
        furthest end that can be reached, none over another one."""
        at = 0
        for start in self._starts(pattern, taken):
            if start < at:
                continue
            end = self._end_from(pattern, start, taken.next_after(start, pattern.width))
            if end:
                yield start, end
                at = end

    def _has_parts(self, pattern: Pattern) -> bool:
        return all(part in self._found or part in self._deep for part in pattern.parts)

    def _starts(self, pattern: Pattern, taken: Taken) -> Iterable[int]:
        """Where stretches that are the pattern begin, ascending; and, of a rare one, may begin."""
        first = self._found.get(pattern.parts[0])
        if first is not None and len(first) < _RARE:
            return first
        last = self._found.get(pattern.parts[-1])
        if len(pattern.parts) == 2 and last is not None and len(last) * pattern.gaps[0] < _RARE:
            return sorted(
                {start for place in last for start in self._starts_before(pattern, place)}
            )
        here = -1
        for index in range(len(pattern.parts) - 1, -1, -1):
            part = pattern.parts[index]
            if here != -1:
                here = taken.before(here, pattern.gaps[index]) >> len(part)
            here &= self._mask(part) & taken.free_for(len(part))
            if not here:
                return ()
        return places_of(here)

    def _starts_before(self, pattern: Pattern, place: int) -> Iterator[int]:
        """Where the first of two parts begins, if the second one begins at `place`."""
        part = pattern.parts[0]
        end = place - len(part) + 1
        at = self._text.find(part, max(0, end - 1 - pattern.gaps[0]), place)
        while at >= 0:
            yield at
            at = self._text.find(part, at + 1, place)

    def _end_from(self, pattern: Pattern, start: int, limit: int) -> int:
        """The furthest end of the pattern that begins at `start`, up to `limit`; 0 = there is none.

        :param limit: at most the pattern's width away.
        """
        if len(pattern.parts) == 2:
            first, last = pattern.parts
            found = self._text.rfind(last, start + len(first), limit)
            return found + len(last) if found >= 0 else 0
        window = self._text[start:limit]
        here = 1
        for index, part in enumerate(pattern.parts[1:]):
            here = smeared(here << len(pattern.parts[index]), pattern.gaps[index])
            here &= _mask_in(window, part)
            if not here:
                return 0
        return start + here.bit_length() - 1 + len(pattern.parts[-1])

    def _mask(self, part: str) -> int:
        mask = self._masks.get(part)
        if mask is not None:
            return mask
        if part in self._deep:
            mask = self._deep_mask(part)
        else:
            places = self._found[part]
            mask = mask_of(places, len(self._text))
            if len(places) < _RARE:  # there may be very many such parts
                return mask
        self._masks[part] = mask
        return mask

    def _deep_mask(self, part: str) -> int:
        mask = -1
        for at, character in enumerate(part):
            mask &= self._character(character) >> at
            if not mask:
                break
        return mask

    def _character(self, character: str) -> int:
        mask = self._characters.get(character)
        if mask is None:
            places = self._found.get(character)
            if places is None:
                places = [at for at, one in enumerate(self._text) if one == character]
            mask = self._characters[character] = mask_of(places, len(self._text))
        return mask


class _Walk:
    """Goes through patterns in order, and works out once what those that begin alike share."""

    def __init__(self) -> None:
        self._pattern: Pattern | None = None
        self._levels: list[_Level] = []

    def reaches(self, pattern: Pattern, mask: Callable[[str], int]) -> bool:
        """Can the pattern be gone through from its first part to its last?"""
        levels = self._levels
        del levels[self._shared(pattern) :]
        self._pattern = pattern
        for index in range(len(levels), len(pattern.parts)):
            part = pattern.parts[index]
            here = mask(part)
            if levels:
                here &= levels[-1].reach(pattern.gaps[index - 1])
            if not here:
                return False
            if index < len(pattern.gaps):
                levels.append(_Level(here, len(part)))
        return True

    def _shared(self, pattern: Pattern) -> int:
        """How many levels of the pattern before are of this one, too."""
        if self._pattern is None:
            return 0
        both = zip(self._pattern.steps, pattern.steps, strict=False)
        return sum(1 for _ in takewhile(lambda steps: steps[0] == steps[1], both))


class _Level:
    """Where a part begins that ends what a pattern begins with."""

    def __init__(self, here: int, length: int) -> None:
        self._ladder = [here << length]  # each rung reaches over twice as many places
        self._gap = 0
        self._reach = self._ladder[0]

    def reach(self, gap: int) -> int:
        """Where the next part may begin."""
        if gap != self._gap:
            highest = (gap + 1).bit_length() - 1
            while len(self._ladder) <= highest:
                rung = self._ladder[-1]
                self._ladder.append(rung | rung << (1 << (len(self._ladder) - 1)))
            rung = self._ladder[highest]
            left = gap + 1 - (1 << highest)
            self._gap, self._reach = gap, rung | rung << left if left else rung
        return self._reach


def _mask_in(window: str, part: str) -> int:
    """Where a part begins in a short text."""
    mask = 0
    at = window.find(part)
    while at >= 0:
        mask |= 1 << at
        at = window.find(part, at + 1)
    return mask
