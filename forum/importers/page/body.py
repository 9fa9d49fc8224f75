"""What did the author write? A post's region cut into its own text, quotes, code, signature and the notes around it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from forum.importers.page import aside, labels
from forum.importers.page.aside import PageTime
from forum.importers.page.facts import (
    Block,
    BlockKind,
    CommentFacts,
    Doubt,
    EditMark,
    PollFacts,
    RatingFacts,
    StaffLine,
)
from forum.importers.page.lines import Lines

SHORT_SIGNATURE = 120  # a longer last paragraph is not suspected to be a signature
_CHROME_IN_BODY = re.compile(
    r"查看: ?\d+ ?\| ?回复: ?\d+|.*\[复制链接\]|热搜: ?.*|快速回复 返回顶部 返回列表|返回列表 发新帖|立即注册 找回密码"
)


@dataclass(slots=True)
class Body:
    """A post's region while it is read; ``text`` is the indexes of its own lines, blank ones included."""

    what: str
    text: list[int] = field(default_factory=list)
    signature: list[int] = field(default_factory=list)
    is_signature_certain: bool = False
    blocked: str | None = None
    edit: EditMark | None = None
    comments: tuple[CommentFacts, ...] = ()
    rating: RatingFacts | None = None
    poll: PollFacts | None = None
    staff_lines: list[StaffLine] = field(default_factory=list)
    attachments: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    doubts: list[Doubt] = field(default_factory=list)


def read_body(
    lines: Lines, low: int, high: int, *, time: PageTime, what: str, is_opening: bool
) -> Body:
    """Take everything out of [low, high) that is not the author's text and mark it; the rest is ``text``."""
    body = Body(what)
    end = _cut_vote_bar(lines, low, high, body) if is_opening else high
    end = _cut_asides(lines, low, end, time, body)
    taken: set[int] = set()
    if is_opening:
        poll = aside.find_poll(lines, low, end, what)
        if poll is not None:
            body.poll = poll[2]
            taken.update(range(poll[0], poll[1]))
    _take_notes(
        lines,
        [i for i in lines.filled(low, end) if i not in taken],
        time,
        body,
        taken,
        is_opening=is_opening,
    )
    body.text = [i for i in range(low, end) if i not in taken]
    return body


def _cut_vote_bar(lines: Lines, low: int, high: int, body: Body) -> int:
    """收藏 支持 反对 stands below an opening post; what follows it is the signature."""
    for index in range(high - 1, low - 1, -1):
        if labels.is_vote_bar(lines.keys[index]):
            _take_signature(lines, lines.filled(index + 1, high), body)
            return _vote_bar_start(lines, index, low)
    return high


def _vote_bar_start(lines: Lines, index: int, low: int) -> int:
    """The bar may stand on several lines, one button each."""
    start: int = index
    cursor: int | None = index
    while cursor is not None and labels.is_made_of(
        re.sub(r"\d+", " ", lines.keys[cursor][:120]).strip(), labels.VOTE
    ):
        start = cursor
        lines.mark(cursor, "label:votes")
        cursor = lines.before(cursor, low)
    return start


def _take_signature(lines: Lines, indexes: list[int], body: Body) -> None:
    rest = [i for i in indexes if not _is_attachment_note(lines, i, body)]
    if rest:
        body.signature, body.is_signature_certain = rest, True
        lines.mark_all(rest, f"{body.what} signature")


def _cut_asides(lines: Lines, low: int, high: int, time: PageTime, body: Body) -> int:
    """点评 and 评分 stand below the text (点评 first); behind them comes the signature of a reply."""
    start, end = high, low
    rating = aside.find_rating(lines, low, high, body.what)
    if rating is not None:
        start, end, body.rating = min(start, rating[0]), max(end, rating[1]), rating[2]
        if not rating[2].is_consistent:
            body.doubts.append(Doubt("rating_totals", rating[0] + 1))
    comments = aside.find_comments(lines, low, rating[0] if rating else high, time, body.what)
    if comments is None and rating is not None:
        comments = aside.find_comments(lines, rating[1], high, time, body.what)
    if comments is not None:
        start, end, body.comments = min(start, comments[0]), max(end, comments[1]), comments[2]
    if start == high:
        return high
    _take_signature(
        lines, [i for i in lines.filled(start, high) if i >= end and lines.is_free(i)], body
    )
    return start


def _take_notes(
    lines: Lines,
    filled: list[int],
    time: PageTime,
    body: Body,
    taken: set[int],
    *,
    is_opening: bool,
) -> None:
    """Whole lines the page adds to a text: edit mark, staff line, blocked note, attachments, locked parts."""
    for position, index in enumerate(filled):
        if index in taken:
            continue
        key = lines.keys[index]
        staff = aside.staff_line(lines, index, time) if is_opening else None
        edit = (
            aside.edit_mark(lines, index, time)
            if body.edit is None and (index == filled[-1] or len(taken) >= position)
            else None
        )
        if staff is not None:
            body.staff_lines.append(staff)
            lines.mark(index, "thread staff line")
        elif edit is not None:
            body.edit = edit
            lines.mark(index, f"{body.what} edit mark")
        elif key in labels.BLOCKED and len(filled) - len(taken) <= 2:
            body.blocked = labels.BLOCKED[key]
            lines.mark(index, f"{body.what} blocked")
        elif labels.REWARD.fullmatch(key) and len(taken) >= position:
            body.notes.append(lines.shown[index])
            lines.mark(index, f"{body.what} note")
        elif labels.LOCKED_PART.fullmatch(key):
            body.notes.append(lines.shown[index])
            body.doubts.append(Doubt("locked_part", index + 1, lines.shown[index]))
            lines.mark(index, f"{body.what} note")
        elif _is_attachment_note(lines, index, body):
            taken.update(_attachment_extras(lines, filled, position, body))
        elif _is_chrome(key):
            body.doubts.append(Doubt("chrome_in_text", index + 1, lines.shown[index]))
            lines.mark(index, "label:misplaced")
        else:
            continue
        taken.add(index)


def _is_attachment_note(lines: Lines, index: int, body: Body) -> bool:
    key = lines.keys[index]
    if labels.LOGIN_TO_SEE.fullmatch(key) or labels.ATTACHMENT_WORDS.fullmatch(key):
        if key == "本帖子中包含更多资源":
            body.attachments.append(lines.shown[index])
        lines.mark(index, "label:attachments")
        return True
    if labels.ATTACHMENT_SIZE.fullmatch(key) or labels.ATTACHMENT_FILE.fullmatch(key):
        body.attachments.append(lines.shown[index])
        lines.mark(index, f"{body.what} attachment")
        return True
    above = lines.before(index)
    if key == "x" and above is not None and labels.LOGIN_TO_SEE.fullmatch(lines.keys[above]):
        lines.mark(index, "label:attachments")
        return True
    return False


def _attachment_extras(lines: Lines, filled: list[int], position: int, body: Body) -> set[int]:
    """A file's name stands on the line above its size."""
    index = filled[position]
    if not labels.ATTACHMENT_SIZE.fullmatch(lines.keys[index]) or position == 0:
        return set()
    above = filled[position - 1]
    if re.fullmatch(r"[^\s].{0,200}\.\w{1,8}", lines.keys[above]) and lines.is_free(above):
        body.attachments[-1] = f"{lines.shown[above]} {body.attachments[-1]}"
        lines.mark(above, f"{body.what} attachment")
        return {above}
    return set()


def _is_chrome(key: str) -> bool:
    """Compound lines that only the page itself writes; single words (回复, 搜索) may well be a post's text."""
    if labels.RANK.fullmatch(key):
        return True
    if len(key) > 400:
        return False
    if (
        labels.RANK.fullmatch(key)
        or labels.GMT.fullmatch(key)
        or labels.LOGIN_TO_REPLY.fullmatch(key)
    ):
        return True
    header = labels.POST_HEADER_LINE.fullmatch(key)
    if header is not None and any(word in (header[3] or "") for word in labels.STRONG_POST_HEADER):
        return True
    if _CHROME_IN_BODY.fullmatch(key) or labels.PROGRESS.fullmatch(key):
        return True
    if " " in key and (
        "使用道具" in key or "上一主题" in key or "只看该作者" in key or "跳转到指定楼层" in key
    ):
        return any(
            labels.is_made_of(key, words)
            for words in (labels.ACTION, labels.ROW, labels.POST_HEADER, labels.PANEL)
        )
    return False


def last_run(lines: Lines, text: list[int]) -> list[int]:
    """The last run of filled lines of a text, when own words stand before it (a quote is not one's own)."""
    runs = _runs(lines, text)
    own = [
        run
        for _, run in runs
        if not (len(run) > 1 and labels.ATTRIBUTION.fullmatch(lines.keys[run[0]]))
    ]
    if (
        len(own) < 2
        or own[-1] is not runs[-1][1]
        or any(lines.keys[i] == "复制代码" for i in own[-1])
    ):
        return []
    return own[-1]


def build_blocks(lines: Lines, body: Body, time: PageTime) -> tuple[Block, ...]:
    """The text as blocks, marking its lines; blank lines at both ends are dropped."""
    blocks: list[Block] = []
    before: list[int] = []
    for gap, run in _runs(lines, body.text):
        _add_run(lines, body, time, blocks, gap if blocks else 0, run, before)
        before = run
    return tuple(blocks)


def _runs(lines: Lines, text: list[int]) -> list[tuple[int, list[int]]]:
    runs: list[tuple[int, list[int]]] = []
    last: int | None = None
    for index in text:
        if lines.is_blank(index):
            continue
        if last is not None and index == last + 1:
            runs[-1][1].append(index)
        else:
            runs.append((index - last - 1 if last is not None else 0, [index]))
        last = index
    return runs


def _add_run(
    lines: Lines,
    body: Body,
    time: PageTime,
    blocks: list[Block],
    gap: int,
    run: list[int],
    before: list[int],
) -> None:
    """One run of lines: a quote with its attribution, code closed by 复制代码, or plain text."""
    closing = next((n for n, i in enumerate(run) if lines.keys[i] == "复制代码"), None)
    if closing is not None:
        lines.mark(run[closing], "label:code")
        if closing:
            body.doubts.append(Doubt("code_start", run[0] + 1))
            blocks.append(_block(lines, body, BlockKind.CODE, run[:closing], gap))
        elif blocks and blocks[-1].kind is BlockKind.TEXT:
            code = before[-len(blocks[-1].lines) :]
            blocks[-1] = _block(lines, body, BlockKind.CODE, code, blocks[-1].gap)
        if run[closing + 1 :]:
            _add_run(lines, body, time, blocks, 0, run[closing + 1 :], run[:closing])
        return
    quote = labels.ATTRIBUTION.fullmatch(lines.keys[run[0]])
    if quote is not None and (len(run) > 1 or not blocks):
        lines.mark_all(run, f"{body.what} quote")
        name = lines.shown[run[0]][: quote.end(1)]
        blocks.append(
            Block(
                BlockKind.QUOTE,
                tuple(lines.raw[i] for i in run[1:]),
                gap,
                name,
                time.when(quote[2]),
            )
        )
        if len(run) == 1:
            body.doubts.append(Doubt("quote_text", run[0] + 1, name))
        return
    blocks.append(_block(lines, body, BlockKind.TEXT, run, gap))


def _block(lines: Lines, body: Body, kind: BlockKind, run: list[int], gap: int) -> Block:
    lines.mark_all(run, f"{body.what} {'code' if kind is BlockKind.CODE else 'paragraph'}")
    return Block(kind, tuple(lines.raw[i] for i in run), gap)
