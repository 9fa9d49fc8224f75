"""Who wrote a post, by the author panel? Name, number card, group, stars, total, in the order Discuz draws them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from forum.importers.page import labels
from forum.importers.page.facts import AuthorFacts, CardCell, Count, Doubt
from forum.importers.page.lines import Lines

MAX_CELLS = 3
_PAIR = re.compile(r"(\D{1,20}?) ?(-?\d{1,12})")
_CELL = re.compile(r"(-?\d{1,12}万?) ?([^\d万]\D{0,19})")
_VALUE = re.compile(r"-?\d[\d,.:/ -]{0,24}(?: ?\S{1,6})?")
_DELETED = "该用户已被删除"
_ANONYMOUS = frozenset({"匿名", "匿名用户", "匿名者", "游客"})


def parse_count(key: str) -> Count:
    """The range a shown number stands for: 1万 is 10001 to 19999, 12万 is 120000 to 129999, 10000 itself.

    ``key`` must match ``labels.NUMBER``.
    """
    digits = key.replace(",", "")
    if not digits.endswith("万"):
        return Count(key, int(digits), int(digits))
    tens = int(digits[:-1])
    size = abs(tens)
    low, high = (10_001 if size <= 1 else size * 10_000), size * 10_000 + 9_999
    return Count(key, -high, -low) if tens < 0 else Count(key, low, high)


@dataclass(slots=True)
class _Draft:
    """What was read so far; ``top`` and ``middle`` are lines without a label above the card and below it."""

    top: list[int] = field(default_factory=list)
    middle: list[int] = field(default_factory=list)
    bottom: list[int] = field(default_factory=list)
    cells: list[CardCell] = field(default_factory=list)
    profile: list[tuple[str, str]] = field(default_factory=list)
    hover_name: str | None = None
    is_online: bool | None = None
    is_deleted: bool = False
    stars: int | None = None
    star_images: int = 0
    total: int | None = None
    progress: tuple[str, int] | None = None

    @property
    def is_below_stars(self) -> bool:
        return self.stars is not None or self.progress is not None


def has_evidence(lines: Lines, index: int, high: int) -> bool:
    """Is this line something only an author panel shows (stars, number card, on-line mark, 积分 with its number)?"""
    key = lines.keys[index]
    if labels.RANK.fullmatch(key) or labels.ONLINE.fullmatch(key) or labels.PROGRESS.fullmatch(key):
        return True
    if key in ("查看详细资料", "发消息"):
        return True
    following = lines.after(index, high)
    if following is None:
        return False
    below = lines.keys[following]
    if key == "积分":
        return labels.is_number(below)
    return labels.is_number(key) and below in labels.PROFILE


def parse_panel(lines: Lines, low: int, high: int, *, what: str) -> tuple[AuthorFacts, list[Doubt]]:
    """Read the panel in [low, high); ``what`` prefixes the marks ("floor 3"). Marks every line it understands."""
    draft = _Draft()
    filled = lines.filled(low, high)
    position = 0
    while position < len(filled):
        position += _read(lines, draft, filled, position, what)
    name, group, custom, doubts = _names(lines, draft, what)
    has_profile = bool(draft.cells) or draft.total is not None
    is_anonymous = name is not None and not has_profile and lines_key(name) in _ANONYMOUS
    facts = AuthorFacts(
        name=None if is_anonymous else name,
        is_anonymous=is_anonymous,
        is_deleted=draft.is_deleted,
        is_online=draft.is_online,
        cells=tuple(draft.cells),
        group_title=group,
        custom_title=custom,
        stars=draft.stars,
        star_images=draft.star_images,
        total=draft.total,
        profile=tuple(draft.profile),
        progress_group=draft.progress[0] if draft.progress else None,
        progress_need=draft.progress[1] if draft.progress else None,
        medals=tuple(lines.shown[i] for i in draft.bottom),
    )
    return facts, doubts


def lines_key(text: str) -> str:
    return labels.key_of(labels.shown_of(text))


def _read(lines: Lines, draft: _Draft, filled: list[int], position: int, what: str) -> int:
    """Understand the line at ``position``; returns how many lines that took."""
    index = filled[position]
    key = lines.keys[index]
    next_index = filled[position + 1] if position + 1 < len(filled) else None
    below = lines.keys[next_index] if next_index is not None else ""
    single = _read_single(lines, draft, index, what)
    if single:
        return 1
    if labels.is_number(key) and next_index is not None and _is_cell_label(draft, below):
        draft.cells.append(CardCell(lines.shown[next_index], parse_count(key)))
        lines.mark_all([index, next_index], f"{what} card")
        return 2
    is_label = key in labels.PROFILE or (draft.is_below_stars and not labels.is_number(key))
    if is_label and next_index is not None and _VALUE.fullmatch(below):
        _keep_pair(draft, lines.shown[index], key, lines.shown[next_index])
        lines.mark_all([index, next_index], f"{what} {'total' if key == '积分' else 'profile'}")
        return 2
    is_group = draft.cells and not draft.middle and labels.RANK.fullmatch(below)
    if labels.is_made_of(key, labels.PANEL) and not is_group:
        lines.mark(index, "label:panel")
    elif draft.is_below_stars:
        lines.mark(index, f"{what} medal")
        draft.bottom.append(index)
    elif draft.cells:
        draft.middle.append(index)
    else:
        draft.top.append(index)
    return 1


def _read_single(lines: Lines, draft: _Draft, index: int, what: str) -> bool:
    """Lines that say everything themselves."""
    key, shown = lines.keys[index], lines.shown[index]
    online = labels.ONLINE.fullmatch(key)
    if online is not None:
        draft.is_online = online[2] == "当前在线"
        draft.hover_name = shown[: online.end(1)].strip() or draft.hover_name
        lines.mark(index, f"{what} online")
        return True
    if labels.RANK.fullmatch(key):
        ranks = labels.RANK_ONE.findall(key)
        draft.stars, draft.star_images = int(ranks[0]), len(ranks)
        lines.mark(index, f"{what} stars")
        return True
    progress = labels.PROGRESS.fullmatch(key)
    if progress is not None:
        draft.progress = shown[: progress.end(1)], int(progress[3])
        lines.mark(index, f"{what} progress")
        return True
    if key == _DELETED:
        draft.is_deleted = True
        lines.mark(index, f"{what} deleted")
        return True
    pair = _PAIR.fullmatch(key)
    if pair is not None and pair[1] in labels.PROFILE:
        _keep_pair(draft, pair[1], pair[1], pair[2])
        lines.mark(index, f"{what} {'total' if pair[1] == '积分' else 'profile'}")
        return True
    cell = _CELL.fullmatch(key)
    if (
        cell is not None
        and len(draft.cells) < MAX_CELLS
        and not draft.is_below_stars
        and (cell[2] in labels.PROFILE or draft.cells)
    ):
        draft.cells.append(CardCell(shown[cell.start(2) :], parse_count(cell[1])))
        lines.mark(index, f"{what} card")
        return True
    return False


def _is_cell_label(draft: _Draft, below: str) -> bool:
    if (
        len(draft.cells) >= MAX_CELLS
        or draft.is_below_stars
        or labels.is_number(below)
        or len(below) > 20
    ):
        return False
    if (
        labels.RANK.fullmatch(below)
        or labels.ONLINE.fullmatch(below)
        or labels.PROGRESS.fullmatch(below)
    ):
        return False
    return below in labels.PROFILE or not labels.is_made_of(below, labels.PANEL)


def _keep_pair(draft: _Draft, shown_label: str, key: str, value: str) -> None:
    if key == "积分":
        digits = lines_key(value).replace(",", "")
        if re.fullmatch(r"-?\d{1,12}", digits):
            draft.total = int(digits)
            return
    draft.profile.append((shown_label, value))


def _names(
    lines: Lines, draft: _Draft, what: str
) -> tuple[str | None, str | None, str | None, list[Doubt]]:
    """Author name, group title and custom title out of the lines that carry no label.

    Above the card stands the name, below it group and custom title. Without a card everything stands above
    the stars, and one line alone is the group (which the stars follow) unless the on-line mark names it.
    """
    doubts: list[Doubt] = []
    top, middle = list(draft.top), list(draft.middle)
    name_index: int | None = None
    if draft.hover_name is not None:
        name_index = next((i for i in top if lines.shown[i] == draft.hover_name), None)
        top = [i for i in top if i != name_index]
        if not draft.cells:
            middle, top = top + middle, []
    elif top:
        name_index, top, middle = _split_top(lines, draft, top, middle)
    if not middle and draft.bottom and draft.is_below_stars and not draft.progress:
        middle = [draft.bottom.pop(0)]
        doubts.append(Doubt("group_below_stars", middle[0] + 1, lines.shown[middle[0]]))
    for index in top:
        doubts.append(Doubt("panel_line", index + 1, lines.shown[index]))
    name = draft.hover_name or (lines.shown[name_index] if name_index is not None else None)
    if name_index is not None:
        lines.mark(name_index, f"{what} author")
    if draft.is_below_stars and draft.progress and not middle:
        return name, draft.progress[0], None, doubts
    for index, part in zip(middle, ("group", "custom title"), strict=False):
        lines.mark(index, f"{what} {part}")
    group = lines.shown[middle[0]] if middle else None
    custom = lines.shown[middle[1]] if len(middle) > 1 else None
    return name, group, custom, doubts


def _split_top(
    lines: Lines, draft: _Draft, top: list[int], middle: list[int]
) -> tuple[int | None, list[int], list[int]]:
    """The name's line, what is neither, and the lines of group and custom title."""
    has_group_below = bool(middle) or draft.progress is not None
    is_stock_group = lines.keys[top[-1]] in labels.STOCK_GROUPS
    if has_group_below or not (draft.is_below_stars or draft.cells):
        return top[-1], top[:-1], middle
    if len(top) > 1:
        return top[0], [], top[1:]
    if is_stock_group or not draft.cells:
        return None, [], top
    return top[0], [], middle
