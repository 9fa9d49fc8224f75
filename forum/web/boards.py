"""The index, a category's page, a board's page."""

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from forum.core.errors import NotFound
from forum.http import buffers
from forum.http.context import actor, reader, site
from forum.http.errors import reason
from forum.http.outlines import draw
from forum.http.page_cache import keep
from forum.http.templating import addresses
from forum.policies.boards import may_read_board
from forum.queries.board_threads import BoardPage, ListFilter, board_page
from forum.queries.boards import category_page, index_page
from forum.queries.moderation_bars import threads_bar
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
    page = index_page(reader(), site(), actor())
    keep(site=site().version, all_boards=page.version)
    return draw("boards/index.html", page=page)


@pages.get(f"/category-<{ID}:board_id>.html")
def category(board_id: int) -> Response:
    found = readable_board(board_id)
    if not found.is_category:
        return redirect(addresses().board(found.id), 301)
    page = category_page(reader(), site(), actor(), found.id)
    keep(site=site().version, all_boards=page.version)
    return draw("boards/category.html", page=page, category_id=found.id)


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
    found = board_page(reader(), site(), actor(), board, filter, page)
    if found.pager.page != page:
        return redirect(addresses().board(board.id, 1, **filter.query()))
    _note(found)
    return draw(
        "boards/show.html",
        page=found,
        bar=threads_bar(site(), actor(), found.own_threads),
        why_not=reason(found.may_start),
    )


def _note(page: BoardPage) -> None:
    who, board_id = actor(), page.board.id
    buffers.seen(who, board_id)
    if who.member_id is not None and request.method == "GET":
        buffers.visited_board(who.member_id, board_id)
    keep(site=site().version, boards=page.versions, seen_board=board_id)
