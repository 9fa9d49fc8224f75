"""导读: what is hot, new, digested, unanswered; and a member's own threads."""

from typing import Any

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response

from forum.http.context import actor, reader, site
from forum.http.outlines import draw_keyed
from forum.http.page_cache import keep
from forum.models import PostState, ThreadState
from forum.policies.accounts import may_use_account
from forum.queries.boards import lists_version
from forum.queries.guide import Cursor, View, guide_page
from forum.queries.members import member_replies, member_threads
from forum.web.feeds import guide_feed
from forum.web.members import part_asked

pages = Blueprint("guide", __name__)

VIEWS = ", ".join(View)


@pages.get(f"/guide/<any({VIEWS}):name>")
def show(name: str) -> Response:
    view = View(name)
    if "rss" in request.args:
        return guide_feed(view)
    version = lists_version(reader())
    keep(site=site().version, all_boards=version)
    after = Cursor.read(request.args.get("after", ""))

    def all_of_it() -> dict[str, Any]:
        page = guide_page(reader(), site(), actor(), view, after=after)
        return {"page": page, "is_first": after is None}

    return draw_keyed("guide/show.html", (view, after, version), all_of_it)


@pages.get("/guide/my")
def my() -> str:
    who = actor()
    may_use_account(who).require()
    member_id = who.member_id or 0
    is_pending = request.args.get("state") == "pending"
    if request.args.get("do") == "reply":
        wanted = PostState.PENDING if is_pending else PostState.VISIBLE
        replies = member_replies(reader(), who, member_id, before=part_asked(), state=wanted)
        return render_template("guide/my_replies.html", part=replies, is_pending=is_pending)
    state = ThreadState.PENDING if is_pending else ThreadState.VISIBLE
    part = member_threads(reader(), who, member_id, before=part_asked(), state=state)
    return render_template("guide/my.html", part=part, is_pending=is_pending)
