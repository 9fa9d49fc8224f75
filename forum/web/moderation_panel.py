"""管理面板: the moderators' own pages, behind the password asked again."""

from flask import Blueprint, render_template, request

from forum.http import panel
from forum.http.context import actor, reader, site
from forum.modlog.registry import ACTIONS
from forum.policies.moderation import may_enter_moderation
from forum.queries.moderation import (
    LogFilter,
    bulk_actions,
    log_page,
    panel_home,
    recycle_bin,
)

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
