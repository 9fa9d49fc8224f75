"""Which ids are asked next? Windows of post ids, as tokens, going back from the newest. Pure.

GIN cannot answer newest first: a common word's whole list would be fetched to sort it. So every
post has a token for each window it falls into, and ranges of ids become part of the condition.
"""

from dataclasses import dataclass, field

from forum.search.tokens import MARK

# Bits of an id below a window's number, with the letter of its tokens: 4,096 posts to two million.
LEVELS = (("w", 12), ("x", 15), ("y", 18), ("z", 21))
SMALLEST = 1 << LEVELS[0][1]
# So many ranges are asked at most; the last one takes all that is left.
MOST_RANGES = 5
# Below so many answers the density is a guess, and the range grows by a factor instead.
TELLING = 8
GROWTH = 16
MARGIN = 1.3


def window_tokens(post_id: int) -> list[str]:
    """The windows a post falls into."""
    return [_token(letter, post_id >> bits) for letter, bits in LEVELS]


def covering_tokens(first_id: int, end_id: int) -> list[str]:
    """Few tokens for the ids from `first_id` up to `end_id`, both at the edge of a window."""
    tokens = []
    at = first_id
    while at < end_id:
        letter, bits = next(
            level
            for level in reversed(LEVELS)
            if level is LEVELS[0] or (at % (1 << level[1]) == 0 and at + (1 << level[1]) <= end_id)
        )
        tokens.append(_token(letter, at >> bits))
        at += 1 << bits
    return tokens


def _token(letter: str, number: int) -> str:
    return f"{MARK}{letter}{MARK}{number}"


@dataclass
class Walk:
    """Ranges from the newest ids back, each as long as the answers so far suggest."""

    before_id: int  # the newest id asked for is one less
    limit: int
    count: int = 0  # answers so far
    first_id: int = field(init=False)
    end_id: int = field(init=False)  # at the edge of a window
    ranges: int = 1

    def __post_init__(self) -> None:
        self.end_id = -(-self.before_id // SMALLEST) * SMALLEST
        self.first_id = max(0, self.end_id - 2 * SMALLEST)

    @property
    def tokens(self) -> list[str]:
        """The tokens of the current range; none for the one that takes all that is left."""
        return covering_tokens(self.first_id, self.end_id) if self.first_id else []

    def goes_on(self, found: int) -> bool:
        """Note how many answers the current range gave; move on to the next, when there is need."""
        self.count += found
        if self.count >= self.limit or self.first_id == 0:
            return False
        seen = self.before_id - self.first_id
        if self.count >= TELLING:
            length = int((self.limit - self.count) * seen / self.count * MARGIN)
        else:
            length = seen * GROWTH
        self.ranges += 1
        self.end_id = self.first_id
        self.first_id = self._edge_before(self.end_id - length, length)
        if self.ranges == MOST_RANGES or self.first_id < length // 2:
            self.first_id = 0
        return True

    @staticmethod
    def _edge_before(post_id: int, length: int) -> int:
        """A window's edge at or before an id; of windows not much smaller than the range."""
        if post_id <= 0:
            return 0
        bits = max((bits for _, bits in LEVELS if 1 << bits <= length // 2), default=LEVELS[0][1])
        return post_id >> bits << bits
