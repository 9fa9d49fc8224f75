"""管理面板: the moderators' own pages, behind the password asked again."""

from typing import Any

from flask import Blueprint, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from forum.commands.moderation.network_bans import (
    NetworkOptions,
    ban_network,
    preview_network_ban,
)
from forum.http import panel
from forum.http.context import actor, address, now, reader, site
from forum.http.errors import say
from forum.http.forms import refusals_on
from forum.http.templating import addresses
from forum.models import TargetKind
from forum.modlog.registry import ACTIONS
from forum.policies.moderation import may_enter_moderation
from forum.queries.log_filter import Asked, LogFilter, asked_members
from forum.queries.moderation import log_page
from forum.queries.moderation_bars import bin_actions
from forum.queries.moderation_effects import effect_lines
from forum.queries.moderation_panel import batches_page, panel_home
from forum.queries.networks import network_bans
from forum.queries.punished import Punishment, punished_page
from forum.queries.recycle_bin import recycle_bin, reply_bin
from forum.web.forms.moderation import network_form
from forum.web.moderation_preview import mark_of, must_see_first, preview_page

pages = Blueprint("moderation_panel", __name__, url_prefix="/moderation")
panel.guard(pages, "/moderation/", may_enter_moderation)

MOST = 9007199254740991
MOST_NAME = 60


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
    moderator, member = asked_members(
        reader(), Asked(number("actor"), _name("by")), Asked(number("member"), _name("of"))
    )
    wanted = LogFilter(
        board_id=number("board"),
        actor_id=moderator.id,
        action=request.args.get("action") if request.args.get("action") in ACTIONS else None,
        thread_id=number("thread"),
        member_id=member.id,
    )
    page = log_page(reader(), actor(), filter=wanted, before=number("before"))
    return render_template(
        "moderation/log.html", page=page, actions=ACTIONS, moderator=moderator, member=member
    )


def _name(field: str) -> str:
    return request.args.get(field, "").strip()[:MOST_NAME]


@pages.get("/recycle-bin")
def bin() -> str:
    page = recycle_bin(reader(), actor(), board_id=number("board"), before=number("before"))
    return render_template(
        "moderation/recycle_bin.html",
        page=page,
        board_id=number("board"),
        bulk=bin_actions(actor(), TargetKind.THREAD),
    )


@pages.get("/recycle-bin/replies")
def replies() -> str:
    """回帖回收站."""
    page = reply_bin(reader(), actor(), board_id=number("board"), before=number("before"))
    return render_template(
        "moderation/reply_bin.html",
        page=page,
        board_id=number("board"),
        bulk=bin_actions(actor(), TargetKind.POST),
    )


@pages.get("/members")
def members() -> str:
    asked = request.args.get("state")
    kind = next((one for one in Punishment if one == asked), Punishment.MUTED)
    page = punished_page(reader(), site(), actor(), kind=kind, before=number("before"))
    return render_template("moderation/members.html", page=page)


@pages.get("/batches")
def batches() -> str:
    page = batches_page(reader(), actor(), before=number("before"))
    return render_template("moderation/batches.html", page=page, actions=ACTIONS)


@pages.route("/networks", methods=["GET", "POST"])
def networks() -> Response:
    """禁止 IP: the list and the form for another."""
    bans = network_bans(reader(), actor())
    form = network_form(actor())
    planned, action = None, ACTIONS["network.ban"]
    if form.validate_on_submit():
        with refusals_on(form):
            options, end = NetworkOptions(form.network.data or ""), form.end_date
            wanted: dict[str, Any] = {"reason": form.reason.data or "", "expires_at": end}
            if "preview" not in request.form and not must_see_first(action, (), form, options):
                with panel.changing() as uow:
                    ban_network(uow, actor(), options, **wanted)
                say(_("Done. The log can take it back."))
                return redirect(addresses().moderation("networks"), 303)
            planned = preview_network_ban(
                reader(), actor(), site(), options, **wanted, address=address(), now=now()
            )
            form.previewed.data = mark_of(action, (), options, end)
    lines = effect_lines(reader(), site(), actor(), planned.effects) if planned else None
    return preview_page("moderation/networks.html", form, bans=bans, planned=planned, lines=lines)
