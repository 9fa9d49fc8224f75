"""How is a form answered? 303 after a good one; else the page again, with what was typed."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import g, make_response, render_template, request
from werkzeug.wrappers import Response

from forum.core.errors import ForumError, Invalid, TooSoon
from forum.http.errors import put_on_form


@contextmanager
def refusals_on(form: Any, *also: type[ForumError]) -> Iterator[None]:
    """Show what a command refuses at the form instead of on a page of its own.

    :param also: other failures whose page would lose what was typed.
    """
    shown: tuple[type[ForumError], ...] = (Invalid, *also)
    try:
        yield
    except shown as error:
        put_on_form(form, error)
        g.form_refusal = error


def form_page(template: str, form: Any, **more: Any) -> Response:
    """The page with its form: 200 when asked for, 422 or 429 after something was wrong.

    Password fields never carry a value back (WTForms leaves them empty).
    """
    response = make_response(render_template(template, form=form, **more))
    response.headers["Cache-Control"] = "no-store"  # the token in it is this visitor's
    refusal = g.get("form_refusal")
    if refusal is not None:
        response.status_code = refusal.status
        if isinstance(refusal, TooSoon):
            response.headers["Retry-After"] = str(refusal.retry_after_s)
    elif request.method == "POST":
        response.status_code = 422
    return response
