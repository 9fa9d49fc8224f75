"""提醒: what the system tells a member."""

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from forum.commands.notices import mark_read
from forum.commands.reports import REASONS
from forum.core.errors import Forbidden
from forum.http.context import actor, reader, writing
from forum.http.requests import number_in
from forum.http.templating import addresses
from forum.modlog.registry import ACTIONS
from forum.policies.verdict import Refusal
from forum.queries.notices import notices_page

pages = Blueprint("notices", __name__)


@pages.get("/notices")
def index() -> str:
    page = notices_page(
        reader(),
        actor(),
        part=request.args.get("part", ""),
        before=number_in(request.args, "before"),
    )
    return render_template("notices/index.html", page=page, actions=ACTIONS, report_reasons=REASONS)


@pages.post("/notices")
def read() -> Response:
    """Looking at the page changes nothing by itself: the page's script (or its button) says "read"."""
    if actor().is_guest:
        raise Forbidden(Refusal.SIGN_IN)
    with writing() as uow:
        mark_read(uow, actor(), up_to_id=number_in(request.form, "up_to"))
    return redirect(addresses().notices(), 303)
