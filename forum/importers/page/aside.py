"""What stands around a post's own text? 点评, 评分, polls, attachments, staff lines, edit marks."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import datetime, timezone
from decimal import Decimal

from forum.importers.page import labels
from forum.importers.page.dates import parse_when
from forum.importers.page.facts import (
    CommentFacts,
    EditMark,
    PollFacts,
    PollOption,
    RatingFacts,
    RatingRow,
    StaffLine,
    When,
)
from forum.importers.page.lines import Lines

MOST_KINDS = 8  # a site has no more point kinds
MOST_GUESSES = 512  # ways of sharing unlabelled amounts out that are tried before giving up


@dataclass(frozen=True, slots=True)
class PageTime:
    """What the page's dates are read against."""

    saved_at: datetime | None
    zone: timezone

    def when(self, text: str) -> When:
        return parse_when(text, saved_at=self.saved_at, zone=self.zone)


def find_rating(
    lines: Lines, low: int, high: int, what: str
) -> tuple[int, int, RatingFacts] | None:
    """The last 评分 block in [low, high): its first line, the line after it, and what it says."""
    for index in range(high - 1, low - 1, -1):
        match = labels.PARTICIPANTS.fullmatch(lines.keys[index])
        if match is None:
            continue
        heading = lines.before(index, low)
        start = heading if heading is not None and lines.keys[heading] == "评分" else index
        totals, position = _rating_head(lines, index, high, match[2])
        if position is None:
            continue
        participants = int(match[1])
        rows, end = _rating_rows(lines, position, high, participants, len(totals))
        lines.mark_all(range(start, end), f"{what} rating")
        kinds = tuple(kind for kind, _ in totals)
        settled, consistent = _settle(rows, totals, kinds, is_whole=len(rows) == participants)
        return start, end, RatingFacts(participants, totals, settled, consistent)
    return None


def _rating_head(
    lines: Lines, index: int, high: int, rest: str
) -> tuple[tuple[tuple[str, int], ...], int | None]:
    """Per-kind totals between 参与人数 and 理由, and the line after 理由 (None when there is no 理由)."""
    totals: list[tuple[str, int]] = []
    here: int | None = index
    text = rest
    for _ in range(12):
        if here is None or len(text) > 200:
            break
        totals += [
            (kind, int(sign + digits)) for kind, sign, digits in labels.RATING_TOTAL.findall(text)
        ]
        if text.endswith("理由"):
            return tuple(totals), here + 1
        here = lines.after(here, high)
        text = lines.keys[here] if here is not None else ""
    return tuple(totals), None


def _rating_rows(
    lines: Lines, position: int, high: int, participants: int, columns: int
) -> tuple[list[tuple[str, list[int], str | None]], int]:
    """Rows of name, amounts, reason, down to 查看全部评分 or as many as took part."""
    rows: list[tuple[str, list[int], str | None]] = []
    end = position
    cursor = lines.after(position - 1, high)
    while cursor is not None:
        if lines.keys[cursor] == "查看全部评分":
            return rows, cursor + 1
        if len(rows) >= participants:
            break
        name = lines.shown[cursor]
        amounts: list[int] = []
        below = lines.after(cursor, high)
        while (
            below is not None
            and len(amounts) < max(columns, 1)
            and (m := labels.AMOUNT.fullmatch(lines.keys[below]))
        ):
            amounts.append(int(m[1] + m[2]))
            end = below + 1
            below = lines.after(below, high)
        if not amounts:
            whole = labels.RATING_ROW.fullmatch(lines.keys[cursor])
            if whole is None:
                break
            shown = lines.shown[cursor]
            amounts = [int(sign + digits) for sign, digits in labels.AMOUNT.findall(whole[2])]
            rows.append((shown[: whole.end(1)], amounts, shown[whole.start(3) :].strip() or None))
            end, cursor = cursor + 1, below
            continue
        reason, cursor = None, below
        if (
            below is not None
            and lines.keys[below] != "查看全部评分"
            and not _is_row_start(lines, below, high)
        ) and (len(rows) + 1 < participants or not labels.is_vote_bar(lines.keys[below])):
            reason, end, cursor = lines.shown[below], below + 1, lines.after(below, high)
        rows.append((name, amounts, reason))
    return rows, end


def _is_row_start(lines: Lines, index: int, high: int) -> bool:
    below = lines.after(index, high)
    return below is not None and labels.AMOUNT.fullmatch(lines.keys[below]) is not None


def _settle(
    rows: list[tuple[str, list[int], str | None]],
    totals: tuple[tuple[str, int], ...],
    kinds: tuple[str, ...],
    *,
    is_whole: bool,
) -> tuple[tuple[RatingRow, ...], bool]:
    """Say which kind each amount is of: empty cells are not in the text, so the totals must decide."""
    choices = [
        list(itertools.combinations(range(len(kinds)), len(amounts)))
        if len(amounts) <= len(kinds) <= MOST_KINDS
        else []
        for _, amounts, _ in rows
    ]
    size = 1
    for choice in choices:
        size *= max(len(choice), 1)
    fitting: list[tuple[tuple[int, ...], ...]] = []
    if is_whole and all(choices) and size <= MOST_GUESSES:
        wanted = [amount for _, amount in totals]
        for guess in itertools.product(*choices):
            sums = [0] * len(kinds)
            for pick, (_, amounts, _) in zip(guess, rows, strict=True):
                for column, amount in zip(pick, amounts, strict=True):
                    sums[column] += amount
            if sums == wanted:
                fitting.append(guess)
    settled = []
    for position, (name, amounts, reason) in enumerate(rows):
        columns: tuple[int, ...] | None = fitting[0][position] if len(fitting) == 1 else None
        if columns is None and len(amounts) == len(kinds):
            columns = tuple(range(len(kinds)))
        named = tuple(
            (kinds[columns[n]] if columns is not None else None, amount)
            for n, amount in enumerate(amounts)
        )
        settled.append(RatingRow(name, named, reason))
    return tuple(settled), bool(fitting)


def find_comments(
    lines: Lines, low: int, high: int, time: PageTime, what: str
) -> tuple[int, int, tuple[CommentFacts, ...]] | None:
    """The last 点评 block in [low, high): heading, then names each followed by its words with 发表于 TIME."""
    for index in range(high - 1, low - 1, -1):
        if lines.keys[index] != "点评":
            continue
        found: list[CommentFacts] = []
        end = index + 1
        cursor = lines.after(index, high)
        while cursor is not None:
            entry = _comment(lines, cursor, high, time)
            if entry is None:
                break
            comment, last = entry
            found.append(comment)
            end = last + 1
            cursor = lines.after(last, high)
        if found:
            lines.mark_all(range(index, end), f"{what} comments")
            return index, end, tuple(found)
    return None


def _comment(
    lines: Lines, name_index: int, high: int, time: PageTime
) -> tuple[CommentFacts, int] | None:
    """One entry; its words may take a few lines, the last of which ends with 发表于 TIME."""
    whole = labels.COMMENT_END.fullmatch(lines.keys[name_index])
    if whole is not None:  # name, words and time on one line
        name, _, text = lines.shown[name_index][: whole.end(1)].partition(" ")
        return (
            (CommentFacts(name, text, time.when(whole[2])), name_index) if name and text else None
        )
    if len(lines.keys[name_index]) > 60:
        return None
    words: list[str] = []
    cursor = name_index
    for _ in range(4):
        below = lines.after(cursor, high)
        if below is None:
            return None
        match = labels.COMMENT_END.fullmatch(lines.keys[below])
        if match is not None:
            words.append(lines.shown[below][: match.end(1)].strip())
            text = "\n".join(word for word in words if word)
            return CommentFacts(lines.shown[name_index], text, time.when(match[2])), below
        words.append(lines.shown[below])
        cursor = below
    return None


def find_poll(lines: Lines, low: int, high: int, what: str) -> tuple[int, int, PollFacts] | None:
    """The poll under an opening post: its head line, options with their shares, and the closing lines."""
    for index in range(low, high):
        head = labels.POLL_HEAD.fullmatch(lines.keys[index])
        if head is None:
            continue
        options: list[PollOption] = []
        deadline: str | None = None
        end = index + 1
        cursor = lines.after(index, high)
        while cursor is not None:
            key = lines.keys[cursor]
            option, share, tail = (
                p.fullmatch(key) for p in (labels.POLL_OPTION, labels.POLL_SHARE, labels.POLL_TAIL)
            )
            if option is not None:
                options.append(PollOption(lines.shown[cursor][option.start(2) :], None, None))
            elif share is not None and options:
                options[-1] = PollOption(options[-1].text, Decimal(share[1]), int(share[2]))
            elif tail is not None:
                deadline = tail[1] or deadline
            else:
                break
            end = cursor + 1
            cursor = lines.after(cursor, high)
        if not options:
            return None
        lines.mark_all(range(index, end), f"{what} poll")
        most = int(head[2]) if head[2] else (1 if head[1] == "单选投票" else len(options))
        return index, end, PollFacts(most, int(head[3]), deadline, tuple(options))
    return None


def staff_line(lines: Lines, index: int, time: PageTime) -> StaffLine | None:
    match = labels.STAFF_LINE.fullmatch(lines.keys[index])
    if match is None:
        return None
    shown = lines.shown[index]
    action = shown[match.start(3) :]
    return StaffLine(
        shown[match.start(1) : match.end(1)],
        time.when(match[2]),
        action,
        labels.STAFF_ACTIONS.get(match[3]),
    )


def edit_mark(lines: Lines, index: int, time: PageTime) -> EditMark | None:
    match = labels.EDIT_MARK.fullmatch(lines.keys[index])
    if match is None:
        return None
    return EditMark(lines.shown[index][match.start(1) : match.end(1)], time.when(match[2]))
