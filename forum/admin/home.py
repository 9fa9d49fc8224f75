"""The first page of the control panel: numbers, and what waits for somebody."""

from flask import redirect
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from forum.admin.registry import Menu, admin_page
from forum.commands.accounts.panel import close_panel
from forum.commands.admin_log import ACTIONS
from forum.http.context import actor, now, reader, site, writing
from forum.http.forms import form_page
from forum.http.panel_forms import ButtonForm
from forum.http.templating import addresses
from forum.queries.admin.home import home_counts
from forum.queries.admin.log import log_page

HOME = admin_page("home", _l("Control panel home"), menu=Menu.HOME, path="")


@HOME.shown()
def index() -> Response:
    return form_page(
        "admin/home.html",
        ButtonForm(),
        counts=home_counts(reader(), site(), now()),
        log=log_page(reader()).rows[:5],
        actions=ACTIONS,
    )


@HOME.done("/leave")
def leave() -> Response:
    session_id = actor().session_id
    if session_id is not None:
        with writing() as uow:
            close_panel(uow, session_id)
    return redirect(addresses().index(), 303)
