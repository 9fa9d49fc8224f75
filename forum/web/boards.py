"""The index, a category's page, a board's page."""

import secrets
from typing import Any

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from forum.core.errors import NotFound
from forum.http.context import actor, reader, site
from forum.http.errors import reason
from forum.http.templating import addresses
from forum.policies.boards import may_read_board
from forum.queries.board_threads import ListFilter, board_page
from forum.queries.boards import category_page, index_page
from forum.queries.site import BoardInfo

pages = Blueprint("boards", __name__)


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
def index() -> str:
    return render_template("boards/index.html", page=index_page(reader(), site(), actor()))


@pages.get("/category-<int:board_id>.html")
def category(board_id: int) -> str | Response:
    found = readable_board(board_id)
    if not found.is_category:
        return redirect(addresses().board(found.id), 301)
    page = category_page(reader(), site(), actor(), found.id)
    return render_template("boards/category.html", page=page, category=found)


@pages.get("/forum-<int:board_id>-<int:page>.html")
def show(board_id: int, page: int) -> str | Response:
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
    return render_template("boards/show.html", page=found, board=board, **_quick_post(found))


def _quick_post(found: Any) -> dict[str, Any]:
    """What the quick post box needs: a key for this form, or why there is none."""
    if found.may_start:
        return {"submission_key": secrets.token_urlsafe(16), "why_not": ""}
    return {"submission_key": "", "why_not": reason(found.may_start)}
