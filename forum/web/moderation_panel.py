"""管理面板: the moderators' own pages, behind the password asked again."""

from flask import Blueprint, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from forum.commands.moderation.network_bans import ban_network
from forum.http import panel
from forum.http.context import actor, reader, site
from forum.http.errors import say
from forum.http.forms import form_page, refusals_on
from forum.http.templating import addresses
from forum.modlog.registry import ACTIONS
from forum.policies.moderation import may_enter_moderation
from forum.queries.moderation import (
    LogFilter,
    log_page,
    panel_home,
    recycle_bin,
)
from forum.queries.moderation_bars import bulk_actions
from forum.queries.networks import network_bans
from forum.web.forms.moderation import network_form

pages = Blueprint("moderation_panel", __name__, url_prefix="/moderation")
panel.guard(pages, "/moderation/", may_enter_moderation)

MOST = 9007199254740991


def number(name: str) -> int | None:
    """A number of the address, where there is one."""
    value = request.args.get(name, type=int)
    return value if value is not None and 0 < value <= MOST else None


@pages.get("/")
def home() -> str:
    return render_template(
        "moderation/home.html", page=panel_home(reader(), site(), actor()), actions=ACTIONS
    )


@pages.get("/log")
def log() -> str:
    wanted = LogFilter(
        board_id=number("board"),
        actor_id=number("actor"),
        action=request.args.get("action") if request.args.get("action") in ACTIONS else None,
        thread_id=number("thread"),
        member_id=number("member"),
    )
    page = log_page(reader(), actor(), filter=wanted, before=number("before"))
    return render_template("moderation/log.html", page=page, actions=ACTIONS)


@pages.get("/recycle-bin")
def bin() -> str:
    page = recycle_bin(reader(), actor(), board_id=number("board"), before=number("before"))
    return render_template(
        "moderation/recycle_bin.html",
        page=page,
        board_id=number("board"),
        bulk=bulk_actions(actor(), in_bin=True),
    )


@pages.route("/networks", methods=["GET", "POST"])
def networks() -> Response:
    """禁止 IP: the list and the form for another."""
    bans = network_bans(reader(), actor())
    form = network_form(actor())
    if form.validate_on_submit():
        with refusals_on(form):
            with panel.changing() as uow:
                ban_network(
                    uow,
                    actor(),
                    network=form.network.data or "",
                    reason=form.reason.data or "",
                    expires_at=form.end_date,
                )
            say(_("Done. The log can take it back."))
            return redirect(addresses().moderation("networks"), 303)
    return form_page("moderation/networks.html", form, bans=bans)
