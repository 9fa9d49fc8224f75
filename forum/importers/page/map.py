"""What rows do a page's facts stand for? Pure: keys that find things again, moments, points, quotes."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from forum.importers.page.facts import (
    AuthorFacts,
    BlockKind,
    CardCell,
    FloorFacts,
    PageFacts,
    Precision,
)
from forum.importers.page.labels import key_of

# What an account is called whose name the page does not tell; the founder may rename it.
NAMELESS = "未署名作者（导入）"
ADDED_TO_TAKEN_NAME = "（导入）"

# Number-card cells that Discuz counts itself; any other label is a point kind of the site.
COUNTERS = frozenset(
    {
        "UID", "主题", "帖子", "回帖", "精华", "记录", "日志", "相册", "分享", "好友", "听众", "收听", "广播", "积分",
        "阅读权限", "注册时间", "最后登录", "在线时间",
    }
)  # fmt: skip
_CARD_CELLS = {
    "主题": "threads",
    "帖子": "posts",
    "回帖": "posts",
    "精华": "digests",
    "积分": "total",
}


def text_digest(text: str) -> str:
    """What makes a saved page the same one again: its text, whatever the line ends."""
    plain = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()


def source_of(facts: PageFacts) -> str:
    """The site the page came from, as far as a page tells: by its name."""
    return f"page:{facts.site.name or facts.site.second_name or ''}"


def joined(*parts: object) -> str:
    """A key made of parts that cannot run into one another; `starting_with` finds its family."""
    return json.dumps(parts, ensure_ascii=False, separators=(",", ":"))


def starting_with(*parts: object) -> str:
    return joined(*parts)[:-1] + ","


def parts_of(key: str) -> list[object]:
    found = json.loads(key)
    return list(found)


def post_mark(floor: FloorFacts) -> str:
    """What makes a post the same one again: its words, without white space, and its author's name."""
    words = [floor.author.name or "", floor.blocked or ""]
    words += ["".join("".join(block.lines).split()) for block in floor.blocks]
    return hashlib.sha256("\x1f".join(words).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def author_key(author: AuthorFacts, thread_key: str) -> str:
    """Who an author is within a site: the name; without one, what the panel shows, within the thread."""
    if author.name is not None:
        return joined("name", author.name)
    shown = (
        author.group_title,
        author.stars,
        author.total,
        *(c.label + c.count.text for c in author.cells),
    )
    return joined("nameless", thread_key, *shown)


def moments(facts: PageFacts, now: datetime) -> dict[int, datetime]:
    """When each floor was posted, by its number; what the page does not tell is taken from the neighbours.

    Never later than `now`: a page saved by a wrong clock must not stand on top of every list.
    """
    floors = sorted((f for f in facts.floors if not f.is_repeated), key=lambda f: f.number)
    fallback = facts.save.saved_at or now
    known = [f.when.at for f in floors]
    found: dict[int, datetime] = {}
    for index, floor in enumerate(floors):
        at = known[index]
        if at is None:
            earlier = next((a for a in reversed(known[:index]) if a is not None), None)
            at = earlier or next((a for a in known[index:] if a is not None), fallback)
        found[floor.number] = min(at, now)
    return found


@dataclass(frozen=True, slots=True)
class Shown:
    """What a page shows of a member's numbers; None = it does not say."""

    threads: int | None
    posts: int | None
    digests: int | None
    total: int | None
    are_exact: bool
    points: Mapping[str, int]  # by the label of a number-card cell that is no counter


def shown_numbers(author: AuthorFacts) -> Shown:
    """The lower bounds of the number card, and the total."""
    threads, posts, digests = author.threads, author.posts, author.cell("精华")
    counted = [count for count in (threads, posts, digests) if count is not None]
    return Shown(
        threads=max(threads.low, 0) if threads else None,
        posts=max(posts.low, 0) if posts else None,
        digests=max(digests.low, 0) if digests else None,
        total=author.total,
        are_exact=all(count.is_exact for count in counted),
        points={cell.label: cell.count.low for cell in author.cells if is_point_cell(cell)},
    )


def is_point_cell(cell: CardCell) -> bool:
    return key_of(cell.label) not in COUNTERS


def card_layout(facts: PageFacts, kind_ids: Mapping[str, int]) -> tuple[str, ...]:
    """The number card as the page lays it out, in the names of our setting; empty when it cannot be told."""
    for floor in facts.floors:
        names = []
        for cell in floor.author.cells:
            name = _CARD_CELLS.get(key_of(cell.label))
            if name is None and cell.label in kind_ids:
                name = f"points:{kind_ids[cell.label]}"
            if name is not None:
                names.append(name)
        if len(names) == len(floor.author.cells) == 3:
            return tuple(names)
    return ()


def counts_opening_posts(facts: PageFacts) -> bool | None:
    """Does the card say 帖子 (opening posts counted) or 回帖 (not)? None when it says neither."""
    for floor in facts.floors:
        labels = {key_of(cell.label) for cell in floor.author.cells}
        if labels & {"帖子", "回帖"}:
            return "帖子" in labels
    return None


def quoted_floors(facts: PageFacts) -> dict[tuple[int, int], int]:
    """Which floor of the page a quote is of, by (floor, index of the block), where page and words agree."""
    found: dict[tuple[int, int], int] = {}
    for floor in facts.floors:
        for index, block in enumerate(floor.blocks):
            if block.kind is not BlockKind.QUOTE:
                continue
            fitting = [
                other.number
                for other in facts.floors
                if other is not floor
                and not other.is_repeated
                and other.author.name == block.quoted_name
                and _may_be_of(block.lines, other)
                and _may_be_at(block.quoted_when.at if block.quoted_when else None, other)
            ]
            if len(fitting) == 1:
                found[floor.number, index] = fitting[0]
    return found


def _may_be_of(lines: tuple[str, ...], other: FloorFacts) -> bool:
    """Discuz quotes the first 100 characters, without markup."""
    said = _squeezed("".join(line for block in other.blocks for line in block.lines))
    first = _squeezed(lines[0]) if lines else ""
    return bool(first) and first.removesuffix("...")[:20] in said


def _may_be_at(at: datetime | None, other: FloorFacts) -> bool:
    if at is None or other.when.at is None or other.when.earliest is None:
        return True
    minute = timedelta(seconds=59)
    return other.when.earliest - minute <= at <= other.when.at + minute


def _squeezed(text: str) -> str:
    return re.sub(r"<[^<>]{1,20}>|\s", "", text)


def is_exact_moment(floor: FloorFacts) -> bool:
    return floor.when.precision in (Precision.SECOND, Precision.MINUTE)
