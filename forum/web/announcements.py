"""公告: an announcement's page."""

from flask import Blueprint, render_template

from forum.http.context import actor, reader, site
from forum.http.page_cache import keep
from forum.queries.announcements import announcement_page

pages = Blueprint("announcements", __name__)


@pages.get("/announcements/<int(max=9007199254740991):announcement_id>")
def show(announcement_id: int) -> str:
    keep(site=site().version)
    page = announcement_page(reader(), site(), actor(), announcement_id)
    return render_template("announcements/show.html", page=page)
