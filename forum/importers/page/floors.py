"""Where does each post begin and end? Post headers, floor labels, and the regions of panel and body."""

from __future__ import annotations

from dataclasses import dataclass

from forum.importers.page import labels
from forum.importers.page.lines import Lines
from forum.importers.page.panel import has_evidence

_ABOVE_HEADER = frozenset({"电梯直达", "跳转到指定楼层", "置顶回复"})
_LOOK_UP = 4  # filled lines between a post header and its floor label
LONGEST_NAME = 15  # characters of a member name in Discuz
_TAIL_GAP = 8  # filled lines of a site's own footer between lines of the stock tail
_STRONG_TAIL = ("高级模式", "本版积分规则", "返回顶部", "发表回复")


@dataclass(frozen=True, slots=True)
class Anchor:
    """A post header line, with its floor label if one is shown. ``top`` is the first line of the two."""

    top: int
    header: int
    end: int
    label_index: int | None
    label: str | None
    number: int | None
    when_text: str
    tokens: str
    is_sticky_reply: bool = False
    is_repeated: bool = False


def find_anchors(lines: Lines) -> list[Anchor]:
    """All post headers, top to bottom.

    A line 发表于 TIME counts when it carries the header's links (只看该作者 ...) or stands under a floor label, and when
    a panel or the action line of the post before stands between it and the header before. Text that
    merely quotes such a line has neither.
    """
    anchors: list[Anchor] = []
    floor_of_search = 0
    has_seen_evidence = True
    for index in range(len(lines)):
        key = lines.keys[index]
        if not key:
            continue
        match = labels.POST_HEADER_LINE.fullmatch(key) if "发表于" in key else None
        if match is not None:
            anchor = _anchor(
                lines, index, floor_of_search, match[2], f"{match[1] or ''}{match[3] or ''}"
            )
            if anchor is not None and (has_seen_evidence or not anchors):
                anchors.append(anchor)
                floor_of_search, has_seen_evidence = anchor.end, False
                continue
        if not has_seen_evidence:
            has_seen_evidence = _is_action(key) or has_evidence(lines, index, index + 6)
    return anchors


def _anchor(lines: Lines, index: int, low: int, when_text: str, rest: str) -> Anchor | None:
    end = index + 1
    if not rest.strip(" |"):
        below = lines.after(index, index + 4)
        if below is not None and labels.is_made_of(lines.keys[below], labels.POST_HEADER):
            rest, end = lines.keys[below], below + 1
    label_index, label = _label_above(lines, index, low)
    number, is_sticky, is_repeated = (
        read_label(label) if label is not None else (None, False, False)
    )
    is_strong = any(word in rest for word in labels.STRONG_POST_HEADER)
    if not is_strong and (
        number is None or not labels.is_made_of(rest or "只看该作者", labels.POST_HEADER)
    ):
        return None
    top = label_index if label_index is not None else index
    return Anchor(
        top, index, end, label_index, label, number, when_text, rest, is_sticky, is_repeated
    )


def _label_above(lines: Lines, index: int, low: int) -> tuple[int | None, str | None]:
    """The floor label above a header: a known one, or a short unknown line where the label belongs."""
    cursor: int | None = index
    for _ in range(_LOOK_UP):
        cursor = lines.before(cursor, low) if cursor is not None else None
        if cursor is None:
            break
        key = lines.keys[cursor]
        if read_label(key) != (None, False, False):
            return cursor, lines.shown[cursor]
        if not labels.is_made_of(key, _ABOVE_HEADER):
            break
    above = lines.before(index, low)
    if above is not None and _may_be_own_name(lines, above, low):
        return above, lines.shown[above]
    return None, None


def _may_be_own_name(lines: Lines, index: int, low: int) -> bool:
    """A site may name floors as it likes; such a name is short and stands right under the end of a panel."""
    key = lines.keys[index]
    if (
        len(key) > 8
        or labels.is_number(key)
        or has_evidence(lines, index, index + 6)
        or labels.is_made_of(key, labels.PANEL)
    ):
        return False
    if labels.is_made_of(key, labels.ACTION):
        return False
    above = lines.before(index, low)
    return above is not None and lines.keys[above] in (
        "发消息",
        "电梯直达 跳转到指定楼层",
        "跳转到指定楼层",
    )


def read_label(label: str) -> tuple[int | None, bool, bool]:
    """Floor number, whether it is a sticky reply shown out of order, whether it repeats a post shown elsewhere."""
    key = labels.key_of(labels.shown_of(label))
    if key in labels.FLOOR_NAMES:
        return labels.FLOOR_NAMES[key], False, False
    match = labels.FLOOR.fullmatch(key)
    if match is not None and int(match[2]) > 0:
        return int(match[2]), match[1] is not None, False
    if key == "推荐":
        return None, False, True
    return None, False, False


def _is_action(key: str) -> bool:
    return (
        len(key) <= 60
        and ("回复" in key or "举报" in key or "使用道具" in key)
        and labels.is_made_of(key, labels.ACTION)
    )


def find_action_end(lines: Lines, low: int, high: int) -> tuple[int, int] | None:
    """The last action lines in [low, high) (回复 / 使用道具 举报): first line, and the line after them."""
    for index in range(high - 1, low - 1, -1):
        key = lines.keys[index]
        if not _is_action(key):
            continue
        group, words = _action_group(lines, index, low)
        if len(words) > 1 and ("举报" in words or "使用道具" in words):
            return group[-1], index + 1
        if len(group) == 1 and len(words) == 1 and _begins_next(lines, index, high):
            return index, index + 1
    return None


def _action_group(lines: Lines, index: int, low: int) -> tuple[list[int], set[str]]:
    """The action lines ending at ``index``; a word that comes twice belongs to the text above."""
    group = [index]
    words = {word for word in labels.ACTION if word in lines.keys[index]}
    cursor = lines.before(index, low)
    while cursor is not None and labels.is_made_of(lines.keys[cursor], labels.ACTION):
        more = {word for word in labels.ACTION if word in lines.keys[cursor]}
        if more & words:
            break
        group.append(cursor)
        words |= more
        cursor = lines.before(cursor, low)
    return group, words


def _begins_next(lines: Lines, index: int, high: int) -> bool:
    """Does a panel or the page's tail follow within three lines?"""
    cursor: int | None = index
    for _ in range(3):
        cursor = lines.after(cursor, high) if cursor is not None else None
        if cursor is None:
            return False
        if has_evidence(lines, cursor, high) or is_tail(lines.keys[cursor]):
            return True
    return False


def find_panel_start(lines: Lines, low: int, high: int, *, are_names_shown: bool) -> int:
    """First line of the panel that ends at ``high`` when no action line tells where it begins.

    Goes up from ``high`` while the lines look like a panel. The line above may be the author's name or the last words
    of the post before: it is the name if the on-line mark repeats it, or if the page shows names
    (``are_names_shown``) and it stands alone and is short enough for one.
    """
    start, misses = high, 0
    for index in range(high - 1, low - 1, -1):
        if lines.is_blank(index):
            continue
        key = lines.keys[index]
        if has_evidence(lines, index, high) or labels.is_made_of(key, labels.PANEL):
            start, misses = index, 0
            continue
        misses += 1
        if misses > 3:
            break
    above = lines.before(start, low) if start < high else None
    if above is None:
        return start
    online = labels.ONLINE.fullmatch(lines.keys[start])
    if online is not None and online[1]:
        return above if lines.keys[above] == online[1] else start
    stands_alone = above == low or lines.is_blank(above - 1)
    is_name = are_names_shown and stands_alone and len(lines.keys[above]) <= LONGEST_NAME
    return above if is_name else start


def shows_name(lines: Lines, low: int, high: int) -> bool:
    """Does the panel in [low, high) begin with a line that is not yet the panel's evidence?"""
    first = next(iter(lines.filled(low, high)), None)
    return first is not None and not has_evidence(lines, first, high)


def is_tail(key: str) -> bool:
    """A line of the stock tail: reply box, pager, footer."""
    if len(key) > 400:
        return False
    return (
        labels.is_made_of(key, labels.TAIL)
        or labels.GMT.fullmatch(key) is not None
        or labels.POWERED.fullmatch(key) is not None
        or labels.PAGER.fullmatch(key) is not None
        or labels.LOGIN_TO_REPLY.fullmatch(key) is not None
        or labels.CLOSED_BOX.fullmatch(key) is not None
    )


def _is_strong_tail(key: str) -> bool:
    return is_tail(key) and not (
        labels.is_made_of(key, labels.TAIL) and not any(word in key for word in _STRONG_TAIL)
    )


def find_tail_start(lines: Lines, low: int) -> int:
    """First line of the page's tail, looking up from the end of the file; the end itself when there is none."""
    start, misses = len(lines), 0
    for index in range(len(lines) - 1, low - 1, -1):
        key = lines.keys[index]
        if not key:
            continue
        if _is_strong_tail(key):
            start, misses = index, 0
            continue
        misses += 1
        if misses > _TAIL_GAP:
            break
    while start > low and (lines.is_blank(start - 1) or is_tail(lines.keys[start - 1])):
        start -= 1
    return start
