"""What can a saved thread page tell? The facts, frozen, with what is not certain said beside them."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from forum.core.errors import ForumError


class NotAThreadPage(ForumError):
    """The text lacks what a thread page cannot lack.

    :ivar missing: keys of what was looked for in vain, in reading order:
        ``text`` (not readable as text), ``title``, ``post_header``.

    """

    status = 422

    def __init__(self, *, missing: tuple[str, ...]) -> None:
        super().__init__("not_a_thread_page", missing=missing)
        self.missing = missing


class Precision(StrEnum):
    """How much of a moment the page shows."""

    SECOND = "second"
    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class When:
    """A moment as the page shows it.

    ``at`` is the latest instant the words allow (aware), so that moments keep their order; ``earliest``
    is the first. Both are None when the words are relative and the page does not say when it was saved.
    """

    text: str
    at: datetime | None
    earliest: datetime | None
    precision: Precision


@dataclass(frozen=True, slots=True)
class Count:
    """A number as the page shows it; one in 万 stands for a range, bounds included."""

    text: str
    low: int
    high: int

    @property
    def is_exact(self) -> bool:
        return self.low == self.high


@dataclass(frozen=True, slots=True)
class CardCell:
    label: str
    count: Count


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something that could be read in two ways: a key, the line it is about, and the words."""

    key: str
    line: int | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class SiteFacts:
    name: str | None = None
    second_name: str | None = None
    icp: str | None = None
    hot_words: tuple[str, ...] = ()
    nav_names: tuple[str, ...] = ()
    footer_names: tuple[str, ...] = ()
    footer_stock_names: tuple[str, ...] = ()
    discuz_version: str | None = None
    copyright: str | None = None


@dataclass(frozen=True, slots=True)
class SaveFacts:
    """When and how fast the page was made."""

    saved_at: datetime | None = None
    utc_offset_minutes: int = 480
    has_own_offset: bool = False
    processed_s: Decimal | None = None
    query_count: int | None = None


@dataclass(frozen=True, slots=True)
class StaffLine:
    """One line 本主题由 NAME 于 TIME ACTION."""

    name: str
    when: When
    action_text: str
    action: str | None


@dataclass(frozen=True, slots=True)
class ThreadFacts:
    """The thread as its header shows it; None = the page does not say."""

    title: str
    type_name: str | None = None
    bare_title: str = ""
    views: int | None = None
    replies: int | None = None
    is_newest_first: bool = False
    is_closed: bool = False
    author_name: str | None = None
    breadcrumbs: tuple[str, ...] = ()
    category_name: str | None = None
    board_names: tuple[str, ...] = ()
    page_number: int | None = None
    page_count: int | None = None
    has_next_page: bool = False
    staff_lines: tuple[StaffLine, ...] = ()


@dataclass(frozen=True, slots=True)
class AuthorFacts:
    name: str | None = None
    is_anonymous: bool = False
    is_deleted: bool = False
    is_online: bool | None = None
    cells: tuple[CardCell, ...] = ()
    group_title: str | None = None
    custom_title: str | None = None
    stars: int | None = None
    star_images: int = 0
    total: int | None = None
    profile: tuple[tuple[str, str], ...] = ()
    progress_group: str | None = None
    progress_need: int | None = None
    medals: tuple[str, ...] = ()
    signature: tuple[str, ...] = ()

    def cell(self, *labels: str) -> Count | None:
        """The number-card cell under the first of these labels that is there."""
        return next((c.count for label in labels for c in self.cells if c.label == label), None)

    @property
    def threads(self) -> Count | None:
        return self.cell("主题", "主題")

    @property
    def posts(self) -> Count | None:
        """Posts with opening posts: 帖子 counts them, 回帖 leaves the opening posts out."""
        shown = self.cell("帖子")
        if shown is not None:
            return shown
        replies, threads = self.cell("回帖"), self.threads
        if replies is None or threads is None:
            return None
        return Count(
            f"{replies.text}+{threads.text}", replies.low + threads.low, replies.high + threads.high
        )

    @property
    def are_stars_by_twos(self) -> bool | None:
        """Does the number of images fit the stock rule (two stars make a moon, two moons a sun)?"""
        if self.stars is None:
            return None
        return self.star_images == self.stars // 4 + self.stars % 4 // 2 + self.stars % 2


class BlockKind(StrEnum):
    TEXT = "text"
    QUOTE = "quote"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Block:
    """A run of lines of a post's body, as they stand in the file; ``gap`` is the blank lines before it."""

    kind: BlockKind
    lines: tuple[str, ...]
    gap: int = 0
    quoted_name: str | None = None
    quoted_when: When | None = None


@dataclass(frozen=True, slots=True)
class CommentFacts:
    """One 点评 under a post."""

    name: str
    text: str
    when: When


@dataclass(frozen=True, slots=True)
class RatingRow:
    """One giver; an amount whose kind could not be told from the totals has the kind None."""

    name: str
    amounts: tuple[tuple[str | None, int], ...]
    reason: str | None


@dataclass(frozen=True, slots=True)
class RatingFacts:
    participants: int | None
    totals: tuple[tuple[str, int], ...]
    rows: tuple[RatingRow, ...]
    is_consistent: bool


@dataclass(frozen=True, slots=True)
class PollOption:
    text: str
    percent: Decimal | None
    votes: int | None


@dataclass(frozen=True, slots=True)
class PollFacts:
    max_choices: int
    voters: int | None
    deadline_text: str | None
    options: tuple[PollOption, ...]


@dataclass(frozen=True, slots=True)
class EditMark:
    name: str
    when: When


@dataclass(frozen=True, slots=True)
class FloorFacts:
    """One post. ``number`` is the floor; ``label`` its words on the page (楼主, 沙发, 12#, 来自 6#)."""

    number: int
    label: str | None
    line: int
    author: AuthorFacts
    when: When
    blocks: tuple[Block, ...] = ()
    is_number_shown: bool = True
    is_sticky_reply: bool = False
    is_repeated: bool = False
    is_from_phone: bool = False
    is_warned: bool = False
    blocked: str | None = None
    edit: EditMark | None = None
    comments: tuple[CommentFacts, ...] = ()
    rating: RatingFacts | None = None
    poll: PollFacts | None = None
    attachments: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """The post's own text, paragraph by paragraph, without what it quotes and its code."""
        return tuple("\n".join(b.lines) for b in self.blocks if b.kind is BlockKind.TEXT)


@dataclass(frozen=True, slots=True)
class PageFacts:
    site: SiteFacts
    save: SaveFacts
    thread: ThreadFacts
    floors: tuple[FloorFacts, ...]
    doubts: tuple[Doubt, ...] = field(default=())


def as_plain(value: object) -> object:
    """Facts as JSON-able values: dataclasses to dicts, moments to ISO text, decimals to their digits."""
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: as_plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, tuple | list):
        return [as_plain(item) for item in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, StrEnum):
        return value.value
    return value
