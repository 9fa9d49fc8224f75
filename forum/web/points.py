"""积分: a member's points with every reason, and the rules."""

from flask import Blueprint, render_template, request

from forum.http.context import actor, reader, site
from forum.http.page_cache import keep
from forum.queries.points import points_page, rules_page

pages = Blueprint("points", __name__)
MOST = 9007199254740991


def _number_asked(name: str) -> int | None:
    value = request.args.get(name, type=int)
    return value if value is not None and 0 < value <= MOST else None


@pages.get("/points")
def index() -> str:
    page = points_page(reader(), actor(), site(), before=_number_asked("before"))
    return render_template("points/index.html", page=page)


@pages.get("/points/rules")
def rules() -> str:
    keep(site=site().version)
    page = rules_page(actor(), site(), board_id=_number_asked("board"))
    return render_template("points/rules.html", page=page)
