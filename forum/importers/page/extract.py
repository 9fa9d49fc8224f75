"""Which facts does a saved thread page hold? From its text to PageFacts, with every line accounted for."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, replace

from forum.importers.page import chrome, labels
from forum.importers.page.aside import PageTime
from forum.importers.page.body import SHORT_SIGNATURE, Body, build_blocks, last_run, read_body
from forum.importers.page.dates import page_zone
from forum.importers.page.facts import (
    AuthorFacts,
    Doubt,
    FloorFacts,
    NotAThreadPage,
    PageFacts,
    SiteFacts,
    ThreadFacts,
)
from forum.importers.page.floors import (
    Anchor,
    find_action_end,
    find_anchors,
    find_panel_start,
    find_tail_start,
    shows_name,
)
from forum.importers.page.lines import Lines, Progress, Report
from forum.importers.page.panel import has_evidence, parse_panel
from forum.importers.page.quotes import fill_empty_quotes

Signatures = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Extraction:
    facts: PageFacts
    report: Report


@dataclass(slots=True)
class _Draft:
    """One floor while its page is read: panel in [panel, anchor.top), text in [anchor.end, end)."""

    anchor: Anchor
    panel: int
    end: int
    number: int = 0
    author: AuthorFacts | None = None
    body: Body | None = None


def extract_page(
    text: str, *, progress: Progress | None = None, known_signatures: Signatures | None = None
) -> Extraction:
    """Read a saved thread page.

    :param progress: called with (lines done, lines in all) every 5,000 lines.
    :param known_signatures: author name -> signature lines known from other pages; nothing else tells the
        signature of a reply from its last paragraph.
    :raises NotAThreadPage: no post header or no title is in the text.

    """
    lines = Lines.of(text, progress)
    anchors = find_anchors(lines)
    if not anchors:
        title_too = (
            ("title",)
            if not any(labels.VIEWS.search(key) for key in lines.keys if len(key) < 60)
            else ()
        )
        raise NotAThreadPage(missing=(*title_too, "post_header"))
    head = chrome.read_head(lines, anchors[0].top)
    if head.title is None:
        raise NotAThreadPage(missing=("title",))
    save = chrome.read_save(lines)
    time = PageTime(save.saved_at, page_zone(save.utc_offset_minutes))
    drafts, tail_start = _regions(lines, anchors, head)
    is_newest_first = _is_newest_first(anchors)
    _number_floors(drafts, is_newest_first=is_newest_first)
    doubts: list[Doubt] = []
    for draft in drafts:
        doubts += _read_floor(lines, draft, time)
    tail = chrome.read_tail(lines, tail_start, head)
    chrome.find_site_name(lines, head, tail)
    doubts += head.doubts
    doubts += _settle_signatures(lines, drafts, known_signatures or {})
    floors = fill_empty_quotes(tuple(_floor(lines, draft, time) for draft in drafts))
    doubts += [doubt for draft in drafts if draft.body is not None for doubt in draft.body.doubts]
    doubts += _page_doubts(lines, drafts, tail_start)
    site = SiteFacts(
        name=head.site_name,
        second_name=tail.second_name,
        icp=tail.icp,
        hot_words=head.hot_words,
        nav_names=tuple(head.nav_names),
        footer_names=tuple(tail.footer_names),
        footer_stock_names=tuple(tail.stock_names),
        discuz_version=tail.version,
        copyright=tail.copyright,
    )
    thread = _thread(head, tail, drafts, doubts, is_newest_first=is_newest_first)
    return Extraction(PageFacts(site, save, thread, floors, tuple(doubts)), Report.of(lines))


def _regions(lines: Lines, anchors: list[Anchor], head: chrome.Head) -> tuple[list[_Draft], int]:
    """Cut the page at the action lines between posts; where they are missing, at the panels and the tail."""
    panel = head.title_end or find_panel_start(lines, 0, anchors[0].top, are_names_shown=False)
    are_names_shown = shows_name(lines, panel, anchors[0].top)
    drafts: list[_Draft] = []
    tail_start = len(lines)
    for position, anchor in enumerate(anchors):
        is_last = position + 1 == len(anchors)
        limit = len(lines) if is_last else anchors[position + 1].top
        action = find_action_end(lines, anchor.end, limit)
        if action is not None:
            end, next_panel = action
            lines.mark_all(range(end, next_panel), "label:actions")
        elif is_last:
            end = next_panel = find_tail_start(lines, anchor.end)
        else:
            end = next_panel = find_panel_start(
                lines, anchor.end, limit, are_names_shown=are_names_shown
            )
        drafts.append(_Draft(anchor, panel, end))
        panel = tail_start = next_panel
    return drafts, tail_start


def _is_newest_first(anchors: list[Anchor]) -> bool:
    """The order link offers the other order; without one the floors' own order tells."""
    for anchor in anchors:
        if "正序浏览" in anchor.tokens:
            return True
        if "倒序浏览" in anchor.tokens:
            return False
    numbers = [
        a.number for a in anchors if a.number is not None and not a.is_sticky_reply and a.number > 1
    ]
    return len(numbers) > 1 and all(a > b for a, b in itertools.pairwise(numbers))


def _number_floors(drafts: list[_Draft], *, is_newest_first: bool) -> None:
    """Give floors without a readable label the number their neighbours leave for them."""
    step = -1 if is_newest_first else 1
    plain = [d for d in drafts if not d.anchor.is_repeated]
    for draft in plain:
        draft.number = draft.anchor.number or 0
    in_order = [d for d in plain if not d.anchor.is_sticky_reply]
    for position, draft in enumerate(in_order):
        if draft.number:
            continue
        opens = (
            "阅读模式" in draft.anchor.tokens
            or "倒序浏览" in draft.anchor.tokens
            or "正序浏览" in draft.anchor.tokens
        )
        above = in_order[position - 1].number if position else 0
        below = next(((d.number, n) for n, d in enumerate(in_order[position:]) if d.number), None)
        if opens or (position == 0 and below is None):
            draft.number = 1
        elif above and not (is_newest_first and above == 1):
            draft.number = above + step
        elif below is not None:
            draft.number = below[0] - step * below[1]
        else:
            draft.number = above + 1
        draft.number = max(draft.number, 1)


def _read_floor(lines: Lines, draft: _Draft, time: PageTime) -> list[Doubt]:
    anchor = draft.anchor
    what = f"floor {draft.number}" if draft.number else "repeated floor"
    if anchor.label_index is not None:
        lines.mark(anchor.label_index, f"{what} label")
    lines.mark_all(range(anchor.header, anchor.end), f"{what} posted at")
    lines.mark_all(
        [i for i in lines.filled(anchor.top, anchor.header) if lines.is_free(i)], "label:panel"
    )
    draft.author, doubts = parse_panel(lines, draft.panel, anchor.top, what=what)
    draft.body = read_body(
        lines, anchor.end, draft.end, time=time, what=what, is_opening=draft.number == 1
    )
    return doubts


def _settle_signatures(lines: Lines, drafts: list[_Draft], known: Signatures) -> list[Doubt]:
    """Tell signatures of replies from their text: an author's certain signature, or the same end under several posts."""
    signatures: dict[str, tuple[str, ...]] = dict(known)
    ends: dict[tuple[str, tuple[str, ...]], int] = {}
    for draft in drafts:
        name, body = _name_and_body(draft)
        if name is None:
            continue
        if body.is_signature_certain:
            signatures[name] = tuple(lines.shown[i] for i in body.signature)
        else:
            end = tuple(lines.shown[i] for i in last_run(lines, body.text))
            if end:
                ends[name, end] = ends.get((name, end), 0) + 1
    doubts: list[Doubt] = []
    for draft in drafts:
        name, body = _name_and_body(draft)
        if name is None or body.is_signature_certain:
            continue
        signature = signatures.get(name)
        run = last_run(lines, body.text)
        end = tuple(lines.shown[i] for i in run)
        filled = [i for i in body.text if not lines.is_blank(i)]
        if (
            signature
            and len(filled) > len(signature)
            and tuple(lines.shown[i] for i in filled[-len(signature) :]) == signature
        ):
            _move_to_signature(lines, body, filled[-len(signature) :])
        elif end and name not in signatures and ends.get((name, end), 0) > 1:
            _move_to_signature(lines, body, run)
            doubts.append(Doubt("signature_by_repetition", run[0] + 1, end[0]))
        elif run and not signature and sum(map(len, end)) <= SHORT_SIGNATURE and draft.number != 1:
            doubts.append(Doubt("may_end_in_signature", run[0] + 1, end[0]))
    return doubts


def _name_and_body(draft: _Draft) -> tuple[str | None, Body]:
    assert draft.author is not None
    assert draft.body is not None
    return draft.author.name, draft.body


def _move_to_signature(lines: Lines, body: Body, run: list[int]) -> None:
    body.signature = run
    body.text = [i for i in body.text if i < run[0]]
    lines.mark_all(run, f"{body.what} signature")


def _floor(lines: Lines, draft: _Draft, time: PageTime) -> FloorFacts:
    anchor, author, body = draft.anchor, draft.author, draft.body
    assert author is not None
    assert body is not None
    signature = tuple(lines.shown[i] for i in body.signature)
    return FloorFacts(
        number=draft.number,
        label=anchor.label,
        line=anchor.header + 1,
        author=replace(author, signature=signature),
        when=time.when(anchor.when_text),
        blocks=build_blocks(lines, body, time),
        is_number_shown=anchor.number is not None,
        is_sticky_reply=anchor.is_sticky_reply,
        is_repeated=anchor.is_repeated,
        is_from_phone="来自手机" in anchor.tokens,
        is_warned="受到警告" in anchor.tokens,
        blocked=body.blocked,
        edit=body.edit,
        comments=body.comments,
        rating=body.rating,
        poll=body.poll,
        attachments=tuple(body.attachments),
        notes=tuple(body.notes),
    )


def _thread(
    head: chrome.Head,
    tail: chrome.Tail,
    drafts: list[_Draft],
    doubts: list[Doubt],
    *,
    is_newest_first: bool,
) -> ThreadFacts:
    assert head.title is not None
    type_name, bare, more = chrome.split_type(head.title, head.crumbs)
    doubts += more
    staff_lines = tuple(line for d in drafts if d.body is not None for line in d.body.staff_lines)
    middle = head.crumbs[2:-1] if len(head.crumbs) > 3 else ()
    opening = next((d for d in drafts if d.number == 1), None)
    author = head.thread_author or (
        opening.author.name if opening is not None and opening.author is not None else None
    )
    closing = [line.action for line in staff_lines if line.action in ("close", "open")]
    return ThreadFacts(
        title=head.title,
        type_name=type_name,
        bare_title=bare,
        views=head.views,
        replies=head.replies,
        is_newest_first=is_newest_first,
        is_closed=tail.is_closed or closing[-1:] == ["close"],
        author_name=author,
        breadcrumbs=head.crumbs,
        category_name=middle[0] if len(middle) > 1 else None,
        board_names=middle[1:] if len(middle) > 1 else middle,
        page_number=_page_number(head, drafts, is_newest_first=is_newest_first),
        page_count=head.page_count,
        has_next_page=head.has_next_page,
        staff_lines=staff_lines,
    )


def _page_number(head: chrome.Head, drafts: list[_Draft], *, is_newest_first: bool) -> int | None:
    """Which page this is, as far as it can be known: the pager's own figures run together in the text."""
    if any(d.number == 1 for d in drafts) or head.page_count is None:
        return 1
    if not head.has_next_page:
        return head.page_count
    numbers = [d.number for d in drafts if d.number and not d.anchor.is_sticky_reply]
    if is_newest_first or not numbers:
        return None
    size = len(numbers)
    return (numbers[0] - 1) // size + 1 if (numbers[0] - 1) % size == 0 else None


def _page_doubts(lines: Lines, drafts: list[_Draft], tail_start: int) -> list[Doubt]:
    doubts: list[Doubt] = []
    seen: set[int] = set()
    for draft in drafts:
        if not draft.number:
            continue
        if draft.number in seen:
            doubts.append(Doubt("floor_twice", draft.anchor.header + 1, str(draft.number)))
        seen.add(draft.number)
        if draft.anchor.number is None:
            doubts.append(
                Doubt("floor_number_inferred", draft.anchor.header + 1, str(draft.number))
            )
    cut = next(
        (i for i in lines.filled(tail_start, len(lines)) if has_evidence(lines, i, len(lines))),
        None,
    )
    if cut is not None:
        doubts.append(Doubt("cut_off", cut + 1, lines.shown[cut]))
    return doubts
