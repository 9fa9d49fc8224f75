"""The thread page and what hangs on it: print view, reading mode, neighbours, floors."""

from typing import Any

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from forum.http import buffers
from forum.http.blanks import give
from forum.http.context import actor, reader, root_address, site
from forum.http.errors import reason, sentence
from forum.http.outlines import draw, draw_keyed, recall, remember
from forum.http.page_cache import keep
from forum.http.requests import MOST, number_in
from forum.http.templating import addresses
from forum.modlog.registry import ACTIONS
from forum.queries.threads import (
    Mark,
    OpenedThread,
    PostPlace,
    neighbour_thread,
    open_thread,
    opening_post,
    place_at_floor,
    place_of_last_post,
    place_of_post,
    printed_thread,
    thread_history,
    thread_page,
)

pages = Blueprint("threads", __name__)

ID = f"int(max={MOST})"


def order_asked() -> str | None:
    """The order of reading in the query string."""
    order = request.args.get("order")
    return order if order in ("newest", "oldest") else None


@pages.get(f"/thread-<{ID}:thread_id>-<{ID}:page>-<{ID}:list_page>.html")
def show(thread_id: int, page: int, list_page: int) -> str | Response:
    author_id, order = number_in(request.args, "author"), order_asked()
    jump = number_in(request.args, "page")
    if jump is not None:
        return redirect(
            addresses().thread(thread_id, jump, list_page, author=author_id, order=order)
        )
    opened = open_thread(
        reader(), actor(), site(), thread_id=thread_id, page=page, list_page=list_page,
        author_id=author_id, order=order,
    )  # fmt: skip
    if opened.thread.moved_to_id is not None:
        return redirect(addresses().thread(opened.thread.moved_to_id))
    give("visited_boards", opened.visited(site(), actor()))
    drawn, marks = _drawn(opened)
    _note(opened, marks)
    return drawn


def _drawn(opened: OpenedThread) -> tuple[Response, tuple[Mark, ...]]:
    """The page and its floors; posts are read only where no page of theirs has been drawn."""

    def all_of_it() -> dict[str, Any]:
        page = shown or thread_page(reader(), actor(), site(), opened)
        return {"page": page, "reply_reason": reason(opened.reply)}

    about = ("marks", opened.posts_key, site().version)
    marks = recall(about) if opened.is_shared else None
    shown = None
    if marks is None:
        shown = thread_page(reader(), actor(), site(), opened)
        marks = shown.marks
        if not opened.is_shared:
            return draw("threads/show.html", **all_of_it()), marks
        remember(about, marks)
    key = (opened.key, opened.marks_of(actor(), marks))
    return draw_keyed("threads/show.html", key, all_of_it), marks


def _note(opened: OpenedThread, marks: tuple[Mark, ...]) -> None:
    thread = opened.thread
    floor = None
    if opened.filter_author_id is None and marks:
        floor = max((mark.floor for mark in marks if not mark.is_on_top), default=1)
    buffers.opened_thread(actor(), thread.board_id, thread.id, floor=floor)
    keep(
        site=site().version,
        threads={thread.id: thread.version},
        viewed_thread=thread.id,
        seen_board=thread.board_id,
    )


def _at(place: PostPlace, order: str | None = None) -> Response:
    path = addresses().thread(place.thread_id, place.page, order=order)
    return redirect(f"{path}#pid{place.post_id}")


@pages.get(f"/post-<{ID}:post_id>.html")
def post(post_id: int) -> Response:
    return _at(place_of_post(reader(), actor(), site(), post_id=post_id))


@pages.get(f"/thread-<{ID}:thread_id>/floor")
def floor(thread_id: int) -> Response:
    order = order_asked()
    wanted = number_in(request.args, "floor")
    place = None
    if wanted is not None:
        place = place_at_floor(
            reader(), actor(), site(), thread_id=thread_id, floor=wanted, order=order
        )
    if place is None:
        return redirect(addresses().thread(thread_id, order=order))
    return _at(place, order)


@pages.get(f"/thread-<{ID}:thread_id>/last")
def last(thread_id: int) -> Response:
    place = place_of_last_post(reader(), actor(), site(), thread_id=thread_id)
    return redirect(addresses().thread(thread_id)) if place is None else _at(place)


@pages.get(f"/thread-<{ID}:thread_id>/<any(older, newer):direction>")
def neighbour(thread_id: int, direction: str) -> str | Response:
    found = neighbour_thread(reader(), actor(), thread_id=thread_id, direction=direction)
    if found is None:  # an answer, no error: the link on the page is not dead
        words = sentence(f"no_{direction}_thread", {})
        return render_template("threads/no_neighbour.html", thread_id=thread_id, words=words)
    return redirect(addresses().thread(found))


@pages.get(f"/thread-<{ID}:thread_id>/print")
def print_view(thread_id: int) -> str:
    most = site().settings.reading.print_posts
    plain = printed_thread(reader(), actor(), thread_id=thread_id, most=most)
    return render_template("threads/print_view.html", plain=plain, root=root_address())


@pages.get(f"/thread-<{ID}:thread_id>/reading")
def reading(thread_id: int) -> str:
    return render_template(
        "threads/reading.html", plain=opening_post(reader(), actor(), thread_id=thread_id)
    )


@pages.get(f"/thread-<{ID}:thread_id>/history")
def history(thread_id: int) -> str:
    found = thread_history(reader(), actor(), thread_id=thread_id)
    return render_template("threads/history.html", history=found, actions=ACTIONS)
