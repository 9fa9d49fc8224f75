"""标签: the threads that have one."""

from flask import Blueprint, redirect
from werkzeug.wrappers import Response

from forum.http.context import actor, reader, site
from forum.http.outlines import draw
from forum.http.page_cache import keep
from forum.http.templating import addresses
from forum.queries.boards import lists_version
from forum.queries.tags import tag_page
from forum.web.members import part_asked

pages = Blueprint("tags", __name__)


@pages.get("/tag/<name>")
def show(name: str) -> Response:
    if actor().is_guest:
        keep(site=site().version, all_boards=lists_version(reader()))
    before = part_asked()
    page = tag_page(reader(), actor(), name, before=before)
    if page.name != name:  # at full width, or merged into another, which can be taken back
        return redirect(addresses().tag(page.name, before=before), 302)
    return draw("tags/show.html", page=page, is_first=before is None)
