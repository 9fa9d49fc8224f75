"""What does the page say besides the posts? Site facts, breadcrumb, thread header, pager, footer."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal

from forum.importers.page import labels
from forum.importers.page.dates import page_zone, parse_moment
from forum.importers.page.facts import Doubt, SaveFacts
from forum.importers.page.lines import Lines

DEFAULT_OFFSET_MINUTES = 8 * 60
_CRUMB_MARKS = re.compile(r" ?[»›] ?")
_CUT_MARK = "..."
_COPY_LINK = "[复制链接]"
_TYPE = re.compile(r"\[([^\[\]]{1,40})\] ?(.+)")


@dataclass(slots=True)
class Head:
    """The lines above the first post, read."""

    site_name: str | None = None
    hot_words: tuple[str, ...] = ()
    nav_names: list[str] = field(default_factory=list)
    crumbs: tuple[str, ...] = ()
    views: int | None = None
    replies: int | None = None
    thread_author: str | None = None
    page_count: int | None = None
    has_next_page: bool = False
    title: str | None = None
    title_end: int = 0
    doubts: list[Doubt] = field(default_factory=list)


def read_save(lines: Lines) -> SaveFacts:
    """The last GMT line of the file: when it was saved, in which zone, and what it cost to make."""
    for index in range(len(lines) - 1, -1, -1):
        match = labels.GMT.fullmatch(lines.keys[index]) if "GMT" in lines.keys[index] else None
        if match is None:
            continue
        offset = _offset(match[1])
        moment = parse_moment(match[2], page_zone(offset))
        lines.mark(index, "page saved at")
        return SaveFacts(
            saved_at=moment[0] if moment else None,
            utc_offset_minutes=offset,
            has_own_offset=match[1] is not None,
            processed_s=Decimal(match[3]) if match[3] else None,
            query_count=int(match[4]) if match[4] else None,
        )
    return SaveFacts(utc_offset_minutes=DEFAULT_OFFSET_MINUTES)


def _offset(text: str | None) -> int:
    """Minutes east of Greenwich of +8, -3.5 or +05:30; the default when absent or impossible."""
    if not text:
        return DEFAULT_OFFSET_MINUTES
    sign = -1 if text[0] == "-" else 1
    if ":" in text:
        hours, minutes = text[1:].split(":")
        total = int(hours) * 60 + int(minutes)
    else:
        total = int(Decimal(text[1:]) * 60)
    return sign * total if total <= 14 * 60 else DEFAULT_OFFSET_MINUTES


def read_head(lines: Lines, high: int) -> Head:
    """Everything above the first post's label line; marks it and finds where the first panel begins.

    ``title`` stays None when there is none; ``title_end`` is the line after title and [复制链接].
    """
    head = Head()
    row: list[int] = []
    for index in lines.filled(0, high):
        if _read_known(lines, index, high, head):
            row.append(index)
    _find_title(lines, head, high, row)
    return head


def _read_known(lines: Lines, index: int, high: int, head: Head) -> bool:
    """Read one line of the head; True if it is a line that only stands above the title."""
    key, shown = lines.keys[index], lines.shown[index]
    views, replies = labels.VIEWS.search(key), labels.REPLIES.search(key)
    if key.startswith(("查看:", "回复:")) and len(key) < 60 and (views or replies):
        head.views = _number(views) if views and head.views is None else head.views
        head.replies = _number(replies) if replies and head.replies is None else head.replies
        lines.mark(index, "thread views and replies")
        return True
    hot = labels.HOT_WORDS.fullmatch(key)
    if hot is not None and not head.hot_words:
        head.hot_words = tuple(shown[hot.start(1) :].split()) or _words_below(lines, index, high)
        lines.mark(index, "site hot words")
        return True
    author = labels.THREAD_AUTHOR.fullmatch(key)
    if author is not None and len(key) < 80:
        head.thread_author = shown[author.start(1) :]
        lines.mark(index, "thread author")
        return True
    pager = labels.PAGER.fullmatch(key)
    if pager is not None:
        read_pager(lines, index, head)
        return True
    if _read_crumbs(lines, index, head):
        return True
    if labels.is_made_of(key, labels.ROW) and _COPY_LINK not in key:
        lines.mark(index, "label:thread header")
        return "主题" in key or "打印" in key or "返回列表" in key
    if labels.is_made_of(key, labels.HEAD):
        lines.mark(index, "label:head")
    return False


def _number(match: re.Match[str] | None) -> int | None:
    digits = match[1].replace(",", "") if match else ""
    return int(digits) if digits else None


def _words_below(lines: Lines, index: int, high: int) -> tuple[str, ...]:
    """Hot words one to a line, right below 热搜:."""
    words: list[str] = []
    cursor = index + 1
    while (
        cursor < high and lines.keys[cursor] and len(lines.keys[cursor]) <= 40 and len(words) < 10
    ):
        words.append(lines.shown[cursor])
        lines.mark(cursor, "site hot words")
        cursor += 1
    return tuple(words)


def read_pager(lines: Lines, index: int, head: Head) -> None:
    match = labels.PAGER.fullmatch(lines.keys[index])
    if match is not None:
        head.page_count = int(match[1])
        head.has_next_page = head.has_next_page or match[2] is not None
        lines.mark(index, "thread pager")


def _read_crumbs(lines: Lines, index: int, head: Head) -> bool:
    """SITE»论坛 › CATEGORY › BOARD › TITLE on one line."""
    shown = lines.shown[index]
    if head.crumbs or len(shown) > 400 or not ("›" in shown or "»" in shown):
        return False
    parts = tuple(part.strip() for part in _CRUMB_MARKS.split(shown))
    if len(parts) < 3 or not all(parts):
        return False
    head.crumbs = parts
    lines.mark(index, "thread breadcrumb")
    return True


def _find_title(lines: Lines, head: Head, high: int, row: list[int]) -> None:
    """The title stands between the header row (打印 上一主题 下一主题) and [复制链接]; either may be missing."""
    copy = next(
        (
            i
            for i in lines.filled(0, high)
            if lines.keys[i].endswith(_COPY_LINK) and len(lines.keys[i]) < 400
        ),
        None,
    )
    if copy is not None:
        before = lines.shown[copy][: len(lines.keys[copy]) - len(_COPY_LINK)].strip()
        lines.mark(copy, "label:copy link")
        if before:
            head.title, head.title_end = before, copy + 1
            lines.mark(copy, "thread title")
            return
        start = max((i for i in row if i < copy), default=-1)
        free = [i for i in lines.filled(start + 1, copy) if lines.is_free(i)]
        if not free and start >= 0:
            # A title made of the page's own words, or one that stands above the header row.
            free = lines.filled(start + 1, copy) or _last_free(lines, start)
        if free:
            _take_title(lines, head, free, copy + 1)
            return
        head.title_end = copy + 1
    elif row:
        below = next((i for i in lines.filled(row[-1] + 1, high) if lines.is_free(i)), None)
        if below is not None and (
            not head.crumbs or _fits_crumb(lines.shown[below], head.crumbs[-1])
        ):
            _take_title(lines, head, [below], below + 1)
            return
        head.title_end = row[-1] + 1
    if head.crumbs:
        head.title = head.crumbs[-1]
        head.doubts.append(Doubt("title_from_breadcrumb", None, head.crumbs[-1]))


def _last_free(lines: Lines, high: int) -> list[int]:
    return [i for i in lines.filled(0, high) if lines.is_free(i)][-1:]


def _take_title(lines: Lines, head: Head, free: list[int], end: int) -> None:
    """The title's line (with a type on a line of its own above it); the breadcrumb decides between several."""
    chosen = free[-1]
    if head.crumbs:
        chosen = next((i for i in free if _fits_crumb(lines.shown[i], head.crumbs[-1])), chosen)
    title = lines.shown[chosen]
    lines.mark(chosen, "thread title")
    above = free[free.index(chosen) - 1] if free.index(chosen) > 0 else None
    if above is not None and re.fullmatch(r"\[[^\[\]]{1,40}\]", lines.shown[above]):
        title = f"{lines.shown[above]} {title}"
        lines.mark(above, "thread type")
    head.title, head.title_end = title, end


def _fits_crumb(title: str, crumb: str) -> bool:
    """Is the breadcrumb's last piece this title, cut or without its type?"""
    if crumb.endswith(_CUT_MARK):
        return crumb.removesuffix(_CUT_MARK).strip() in title
    return title == crumb or title.endswith(crumb)


def split_type(title: str, crumbs: tuple[str, ...]) -> tuple[str | None, str, list[Doubt]]:
    """The type before a title, if the page makes clear that it is one: the breadcrumb shows the title without it."""
    match = _TYPE.fullmatch(title)
    if match is None:
        return None, title, []
    if not crumbs:
        return None, title, [Doubt("title_may_hold_type", None, match[1])]
    last = crumbs[-1].removesuffix(_CUT_MARK).strip()
    if last and match[2].startswith(last):
        return match[1], match[2], []
    return None, title, []


def find_site_name(lines: Lines, head: Head, tail: Tail) -> None:
    """The breadcrumb's first piece; else the line of the head that fits the footer's name; else the first one.

    What else carries no label in the head is the site's navigation.
    """
    stop = head.title_end or len(lines)
    free = [i for i in lines.filled(0, stop) if lines.is_free(i) and len(lines.keys[i]) <= 80]
    if head.crumbs:
        head.site_name = head.crumbs[0]
    elif free:
        second = tail.second_name or ""
        chosen = next((i for i in free if _are_alike(lines.shown[i], second)), free[0])
        head.site_name = lines.shown[chosen]
        if len(free) > 1:
            head.doubts.append(Doubt("site_name_choice", chosen + 1, head.site_name))
    for index in free:
        if lines.shown[index] == head.site_name:
            lines.mark(index, "site name")
        else:
            head.nav_names.append(lines.shown[index])
            lines.mark(index, "site navigation")


def _are_alike(name: str, second: str) -> bool:
    return bool(second) and (name in second or second in name)


@dataclass(slots=True)
class Tail:
    """The lines below the last post, read."""

    second_name: str | None = None
    icp: str | None = None
    footer_names: list[str] = field(default_factory=list)
    stock_names: list[str] = field(default_factory=list)
    version: str | None = None
    copyright: str | None = None
    is_closed: bool = False
    doubts: list[Doubt] = field(default_factory=list)


def read_tail(lines: Lines, low: int, head: Head) -> Tail:
    """Everything from ``low`` on; unlabelled lines stay unknown."""
    tail = Tail()
    filled = lines.filled(low, len(lines))
    for index in filled:
        if not lines.is_free(index):
            continue
        key, shown = lines.keys[index], lines.shown[index]
        powered, rights = labels.POWERED.fullmatch(key), labels.COPYRIGHT.fullmatch(key)
        if len(key) < 400 and (powered or rights):
            tail.version = (powered[1] if powered else None) or tail.version
            tail.copyright = shown if rights else tail.copyright
            lines.mark(index, "site software")
        elif labels.PAGER.fullmatch(key):
            read_pager(lines, index, head)
        elif labels.CLOSED_BOX.fullmatch(key):
            tail.is_closed = True
            lines.mark(index, "thread closed")
        elif labels.LOGIN_TO_REPLY.fullmatch(key) or labels.is_made_of(key, labels.TAIL):
            lines.mark(index, "label:tail")
        elif ("|" in key and len(key) < 2_000) or labels.ICP_PART.fullmatch(key):
            _read_footer(lines, index, tail)
        elif labels.is_made_of(key, labels.HEAD | labels.ROW | labels.FOOTER_STOCK):
            lines.mark(index, "label:tail")
    return tail


def _read_footer(lines: Lines, index: int, tail: Tail) -> None:
    """A line of footer links: stock ones, the site's name with its ICP number (said twice by some skins), own ones."""
    key, shown = lines.keys[index], lines.shown[index]
    cuts = [n for n, c in enumerate(key) if c == "|"]
    spans = list(zip([0, *(n + 1 for n in cuts)], [*cuts, len(key)], strict=True))
    names: list[str] = []
    has_stock = has_icp = False
    for start, stop in spans:
        part_key, part = key[start:stop].strip(), shown[start:stop].strip()
        icp = labels.ICP_PART.fullmatch(part_key)
        if icp is not None:
            tail.second_name, tail.icp, has_icp = (
                part[: icp.end(1)],
                part[icp.start(2) : icp.end(2)],
                True,
            )
        elif part_key in labels.FOOTER_STOCK:
            has_stock = True
            if part not in tail.stock_names:
                tail.stock_names.append(part)
        elif part:
            names.append(part)
    if has_stock and not has_icp and names:
        tail.second_name = names.pop()
    tail.footer_names += [name for name in names if name not in tail.footer_names]
    lines.mark(index, "site footer")
