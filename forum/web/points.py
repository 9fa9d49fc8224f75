"""积分: a member's points with every reason, and the rules."""

from flask import Blueprint, render_template, request

from forum.http.context import actor, reader, site
from forum.http.page_cache import keep
from forum.http.requests import number_in
from forum.queries.points import points_page, rules_page

pages = Blueprint("points", __name__)


@pages.get("/points")
def index() -> str:
    page = points_page(reader(), actor(), site(), before=number_in(request.args, "before"))
    return render_template("points/index.html", page=page)


@pages.get("/points/rules")
def rules() -> str:
    keep(site=site().version)
    page = rules_page(actor(), site(), board_id=number_in(request.args, "board"))
    return render_template("points/rules.html", page=page)
