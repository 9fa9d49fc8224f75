"""The index, a category's page, a board's page."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from forum.core.errors import NotFound
from forum.http import buffers
from forum.http.blanks import give
from forum.http.context import actor, now, reader, site
from forum.http.errors import reason
from forum.http.outlines import LIVES_S, draw, draw_keyed, is_kept_whole, recall, remember
from forum.http.page_cache import keep
from forum.http.templating import addresses
from forum.policies.boards import may_read_board
from forum.queries.actors import ranks_of
from forum.queries.board_filters import ListFilter
from forum.queries.board_openings import (
    OpenedBoard,
    OpenedIndex,
    new_boards,
    open_board,
    open_index,
)
from forum.queries.board_threads import BoardPage, board_page
from forum.queries.boards import IndexPage, category_page, index_page
from forum.queries.moderation_bars import NO_RANKS, threads_bar
from forum.queries.online import online_members
from forum.queries.site import BoardInfo

pages = Blueprint("boards", __name__)

ID = "int(max=9007199254740991)"


def readable_board(board_id: int) -> BoardInfo:
    """The board of an address, when the visitor may know of it.

    :raises NotFound: there is none, or it is not for this visitor.
    """
    board = site().boards.get(board_id)
    if board is None:
        raise NotFound("not_found")
    may_read_board(actor(), board).require()
    return board


@pages.get("/")
def index() -> Response:
    opened = open_index(reader(), site(), actor())
    keep(site=site().version, all_boards=opened.version)
    seen_at = opened.newest_seen_at
    give("online", online_members(reader(), site(), actor(), newest_seen_at=seen_at))

    def read() -> IndexPage:
        return index_page(reader(), site(), actor(), opened)

    return _drawn_index("boards/index.html", opened, read)


@pages.get(f"/category-<{ID}:board_id>.html")
def category(board_id: int) -> Response:
    found = readable_board(board_id)
    if not found.is_category:
        return redirect(addresses().board(found.id), 301)
    opened = open_index(reader(), site(), actor())
    keep(site=site().version, all_boards=opened.version)

    def read() -> IndexPage:
        return category_page(reader(), site(), actor(), found.id, opened)

    return _drawn_index("boards/category.html", opened, read, category_id=found.id)


def _drawn_index(
    template: str, opened: OpenedIndex, read: Callable[[], IndexPage], **more: Any
) -> Response:
    """The page, its numbers read only where it has not been drawn from the same ones."""
    who, page = actor(), None
    new: frozenset[int] = frozenset()
    if not who.is_guest:
        about = _about(template, opened.version, opened.favorite_ids, *more.values())
        marks = recall(about)
        if marks is None:
            page = read()
            marks = page.marks
            remember(about, marks)
        new = new_boards(who, opened.visits, marks)
    key = (opened.key, new, *more.values())
    return draw_keyed(template, key, lambda: {"page": page or read(), **more})


@pages.get(f"/forum-<{ID}:board_id>-<{ID}:page>.html")
def show(board_id: int, page: int) -> Response:
    board = readable_board(board_id)
    if board.is_category:
        return redirect(addresses().category(board.id), 301)
    if board.redirect_address:
        return redirect(board.redirect_address)
    filter = ListFilter.from_query(request.args)
    asked = request.args.get("page", "")  # the pager's box sends a page this way
    if asked.isdecimal() and len(asked) < 9:
        return redirect(addresses().board(board.id, max(1, int(asked)), **filter.query()))
    opened = open_board(None if is_kept_whole() else reader(), site(), actor(), board, filter, page)
    give("visited_boards", opened.visited(site(), actor()))
    drawn = _drawn_board(opened)
    if drawn is None:
        return redirect(addresses().board(board.id, 1, **filter.query()))
    buffers.opened_board(actor(), board.id)
    return drawn


def _drawn_board(opened: OpenedBoard) -> Response | None:
    """The page, its threads read only where it has not been drawn from the same ones; None: there is no such page."""
    about = _about("board", opened.list_key)
    is_shared = opened.is_shared and not is_kept_whole()
    marks = recall(about) if is_shared else None
    if marks is not None:
        key = (opened.key, opened.new_to(actor(), marks))
        return draw_keyed("boards/show.html", key, lambda: _shown(_read(opened)))
    found = _read(opened)
    if found.pager.page != opened.page:
        return None
    keep(site=site().version, boards=found.versions, seen_board=opened.board.id)
    if not is_shared:
        return draw("boards/show.html", **_shown(found))
    remember(about, found.marks)
    key = (opened.key, opened.new_to(actor(), found.marks))
    return draw_keyed("boards/show.html", key, lambda: _shown(found))


def _read(opened: OpenedBoard) -> BoardPage:
    return board_page(reader(), site(), actor(), opened)


def _shown(page: BoardPage) -> dict[str, Any]:
    threads = page.own_threads
    ranks = NO_RANKS
    if page.moderates:
        ranks = ranks_of(reader(), site(), (one.author_id for one in threads))
    return {
        "page": page,
        "bar": threads_bar(site(), actor(), threads, ranks),
        "why_not": reason(page.may_start),
    }


def _about(*follows_from: object) -> tuple[object, ...]:
    """The key of a page's marks: with the versions of the site, what may be read, and the minute."""
    minute = int(now().timestamp() / LIVES_S)
    return (*follows_from, site().version, actor().readable, minute)
