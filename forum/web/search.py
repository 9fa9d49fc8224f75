"""The search page: the form, what was found, and how often one may ask."""

from dataclasses import replace
from typing import Any, cast
from urllib.parse import urlencode

from flask import Blueprint, current_app, render_template, request

from forum.core.errors import Invalid, TooSoon
from forum.http.context import actor, address, config, now, reader, site
from forum.http.errors import put_on_form
from forum.policies.permissions import May
from forum.policies.search import may_search
from forum.queries.search import Order, SearchFor, search
from forum.search.pace import Pace, pace_for
from forum.web.forms.search import SearchForm

pages = Blueprint("search", __name__)
Answer = tuple[str, int, dict[str, str]]


@pages.get("/search")
def show() -> Answer:
    may_search(actor()).require()
    form = SearchForm(request.args)
    form.offer_boards(board.id for board in site().boards.values() if board.id in actor().readable)
    if not (form.q.data or form.author.data):
        return _page(form, 200)
    if not form.validate():
        return _page(form, 422)
    asked = form.asked()
    try:
        _take_turn(asked)
    except TooSoon as error:
        put_on_form(form, error)
        return _page(form, 429, {"Retry-After": str(error.retry_after_s)})
    except Invalid as error:
        put_on_form(form, error)
        return _page(form, 422)
    result = search(reader(), actor(), site(), asked, page=_page_number())
    return _page(form, 200, result=result)


def _take_turn(asked: SearchFor) -> None:
    """One search an interval; sorting or turning the pages of the same one is free.

    :raises Invalid: nothing is asked for.
    :raises TooSoon: the last search was a moment ago.
    """
    if not asked.asks_anything:
        raise Invalid("search_words_missing", field="q")
    if actor().permission(May.SKIP_POST_LIMITS):
        return
    left = _pace().wait(
        member_id=actor().member_id,
        address=address(),
        asked=replace(asked, order=Order.NEWEST),
        now=now(),
        interval=site().settings.search.interval,
    )
    if left:
        raise TooSoon("search_too_soon", retry_after_s=int(left.total_seconds()) + 1)


def _pace() -> Pace:
    held = current_app.extensions.get("search_pace")
    if held is None:
        held = pace_for(config().redis_url, config().secret_key)
        current_app.extensions["search_pace"] = held
    return cast(Pace, held)


def _page_number() -> int:
    typed = request.args.get("page", "")
    return int(typed) if typed.isdecimal() and len(typed) < 9 else 1


def _page(
    form: SearchForm, status: int, headers: dict[str, str] | None = None, **more: Any
) -> Answer:
    pairs = [pair for pair in request.args.items(multi=True) if pair[0] != "page" and pair[1]]

    def page_url(number: int) -> str:
        return f"{request.path}?{urlencode([*pairs, ('page', str(number))])}"

    words = render_template(
        "search/show.html", form=form, page_url=page_url, page_pairs=pairs, tree=_board_tree(),
        search_query=form.q.data or "", **more,
    )  # fmt: skip
    return words, status, headers or {}


def _board_tree() -> list[tuple[int, str, int, bool]]:
    """The boards one may choose: id, name, depth, whether it is a category."""
    readable = actor().readable
    return [
        (board.id, board.name, len(site().ancestors(board.id)), board.is_category)
        for top in site().children.get(None, ())
        for board in (top, *site().descendants(top.id))
        if board.id in readable
    ]
