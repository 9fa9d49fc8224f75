"""Do literal parts stand in a text with at most so many characters between them?

Where a part begins is a set of places, kept as one large integer with a bit for each: joining two
parts is then a few shifts over the whole text, however often either occurs.
"""

from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Iterable, Sequence
from itertools import compress

from ahocorasick_rs import AhoCorasick

from forum.words.folding import BARRIER
from forum.words.patterns import Pattern

# So few places are looked at one by one.
_RARE = 100

_ONE = ord("1")
_AS_BITS = bytes.maketrans(b"01", b"\x00\x01")

# How many other parts may end where a part ends before it is looked for by itself.
_DEEPEST = 2


class Parts:
    """The literal parts of many patterns, ready to be looked for at once."""

    def __init__(self, patterns: Iterable[Pattern]) -> None:
        every = sorted({part for pattern in patterns for part in pattern.parts})
        known = set(every)
        self.deep = frozenset(part for part in every if _depth(part, known) > _DEEPEST)
        self.shallow = [part for part in every if part not in self.deep]
        self._finder = AhoCorasick(self.shallow) if self.shallow else None

    def occurrences(self, text: str) -> "Occurrences":
        """Where each part begins in a folded text."""
        if self._finder is None:
            return Occurrences(text, {}, self.deep)
        places: list[list[int]] = [[] for _ in self.shallow]
        for index, start, _ in self._finder.find_matches_as_indexes(text, overlapping=True):
            places[index].append(start)
        found = {part: here for part, here in zip(self.shallow, places, strict=True) if here}
        return Occurrences(text, found, self.deep)


def _depth(part: str, known: set[str]) -> int:
    """How many other parts end wherever this one ends."""
    return sum(1 for at in range(1, len(part)) if part[at:] in known)


class Occurrences:
    """Where the parts begin in one text."""

    def __init__(self, text: str, found: dict[str, list[int]], deep: frozenset[str]) -> None:
        self.text = text
        self._found = found
        self._deep = deep
        self._masks: dict[str, int] = {}
        self._reaches: dict[tuple[str, int], int] = {}
        self._characters: dict[str, int] = {}

    def holds(self, pattern: Pattern, taken: "Taken | None" = None) -> bool:
        """Is the pattern anywhere in the text, its parts beginning where nothing is taken?"""
        if not all(part in self._found or part in self._deep for part in pattern.parts):
            return False
        if self._is_rare(pattern):  # of very many words, masks over the whole text would cost more
            return bool(self.spans(pattern, taken))
        free = taken.free if taken is not None else -1
        first, *others = pattern.parts
        here = self._mask(first) & free
        for index, part in enumerate(others):
            if not here:
                return False
            gap = pattern.gaps[index]
            if index == 0 and free == -1:
                reach = self._reach(first, gap)
            else:
                reach = _smeared(here << len(pattern.parts[index]), gap)
            here = reach & self._mask(part) & free
        return here != 0

    def _is_rare(self, pattern: Pattern) -> bool:
        """Has it a part that stands in few places, around which the others can be looked for?"""
        return not any(part in self._deep for part in pattern.parts) and any(
            len(self._found[part]) < _RARE for part in pattern.parts
        )

    def stretches(self, pattern: Pattern, taken: "Taken") -> list[tuple[int, int]]:
        """The same as `spans`; where the pattern is nowhere, that is found out first."""
        if not all(part in self._found or part in self._deep for part in pattern.parts):
            return []
        if not self._is_rare(pattern) and not self.holds(pattern, taken):
            return []
        return self.spans(pattern, taken)

    def spans(self, pattern: Pattern, taken: "Taken | None" = None) -> list[tuple[int, int]]:
        """For each place the pattern begins at, that place and the furthest end from there."""
        if self._is_rare(pattern):
            starts = self._starts_near(pattern, taken)
        else:
            starts = [self._starts(part, taken) for part in pattern.parts]
        last = len(starts) - 1
        reach = [start + len(pattern.parts[last]) for start in starts[last]]
        for index in range(last - 1, -1, -1):
            reach = _furthest(
                starts[index], len(pattern.parts[index]), pattern.gaps[index],
                starts[index + 1], reach,
            )  # fmt: skip
        return [(start, end) for start, end in zip(starts[0], reach, strict=True) if end >= 0]

    def _starts_near(self, pattern: Pattern, taken: "Taken | None") -> list[list[int]]:
        """Where its parts begin, as far as its rarest part is near: no whole list is gone through."""
        rarest = min((self._found[part] for part in pattern.parts), key=len)
        width = sum(map(len, pattern.parts)) + sum(pattern.gaps)
        found = []
        for part in pattern.parts:
            places, here, at = self._found[part], [], 0
            for place in rarest:
                at = max(at, bisect_left(places, place - width))
                end = max(at, bisect_right(places, place + width))
                here += places[at:end]
                at = end
            found.append(here if taken is None else [one for one in here if taken.is_free(one)])
        return found

    def _starts(self, part: str, taken: "Taken | None") -> list[int]:
        here = self._found.get(part)
        if here is None:
            free = taken.free if taken is not None else -1
            return _places(self._mask(part) & free, len(self.text))
        return here if taken is None else [place for place in here if taken.is_free(place)]

    def _mask(self, part: str) -> int:
        mask = self._masks.get(part)
        if mask is None:
            mask = self._deep_mask(part) if part in self._deep else self._found_mask(part)
            self._masks[part] = mask
        return mask

    def _found_mask(self, part: str) -> int:
        return _mask_of(self._found.get(part, ()), len(self.text))

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
            places = [at for at, one in enumerate(self.text) if one == character]
            mask = self._characters[character] = _mask_of(places, len(self.text))
        return mask

    def _reach(self, part: str, gap: int) -> int:
        """Where a second part may begin after this one; many patterns begin alike."""
        mask = self._reaches.get((part, gap))
        if mask is None:
            mask = self._reaches[(part, gap)] = _smeared(self._mask(part) << len(part), gap)
        return mask


class Taken:
    """What of a text is replaced already, or stands between its pieces."""

    def __init__(self, text: str) -> None:
        self._taken = bytearray(len(text))
        self._free = bytearray(b"\xff" * (len(text) // 8 + 1))
        self._settled: int | None = -1  # all of it
        at = text.find(BARRIER)
        while at >= 0:
            self._mark(at, at + 1)
            at = text.find(BARRIER, at + 1)

    @property
    def free(self) -> int:
        """A bit for each place where nothing is taken."""
        if self._settled is None:
            self._settled = int.from_bytes(self._free, "little")
        return self._settled

    def take(self, start: int, end: int) -> bool:
        """Take a stretch; False when something of it is taken."""
        if self._taken.find(1, start, end) >= 0:
            return False
        self._mark(start, end)
        return True

    def is_free(self, place: int) -> bool:
        """Is nothing taken there?"""
        return not self._taken[place]

    def _mark(self, start: int, end: int) -> None:
        self._settled = None
        self._taken[start:end] = b"\x01" * (end - start)
        # Bit by bit only where a byte is not taken whole: a stretch may be all of the text.
        first, last = start >> 3, end >> 3
        if first == last:
            self._free[first] &= ~((1 << (end & 7)) - (1 << (start & 7)))
            return
        self._free[first] &= (1 << (start & 7)) - 1
        self._free[first + 1 : last] = bytes(last - first - 1)
        self._free[last] &= 0xFF ^ ((1 << (end & 7)) - 1)


def _mask_of(places: Sequence[int], length: int) -> int:
    if len(places) < _RARE:
        bits = bytearray(length // 8 + 1)
        for place in places:
            bits[place >> 3] |= 1 << (place & 7)
        return int.from_bytes(bits, "little")
    digits = bytearray(b"0" * (length + 1))
    for place in places:
        digits[length - place] = _ONE
    return int(digits, 2)


def _places(mask: int, length: int) -> list[int]:
    digits = bin(mask)[:1:-1].encode().translate(_AS_BITS)
    return list(compress(range(length), digits))


def _smeared(mask: int, gap: int) -> int:
    """Every place at most `gap` after one of the mask."""
    done, wanted = 1, gap + 1
    while done < wanted:
        step = min(done, wanted - done)
        mask |= mask << step
        done += step
    return mask


def _furthest(
    starts: Sequence[int], length: int, gap: int, next_starts: Sequence[int], reach: Sequence[int]
) -> list[int]:
    """How far a match can go from each start; -1 = it cannot go on. Both lists ascend, so the
    window of parts that may follow only moves on."""
    found: list[int] = []
    window: deque[int] = deque()  # indexes into next_starts, their reach descending
    upcoming = 0
    for start in starts:
        first, last = start + length, start + length + gap
        while upcoming < len(next_starts) and next_starts[upcoming] <= last:
            while window and reach[window[-1]] <= reach[upcoming]:
                window.pop()
            window.append(upcoming)
            upcoming += 1
        while window and next_starts[window[0]] < first:
            window.popleft()
        found.append(reach[window[0]] if window else -1)
    return found
