"""A member's space: profile, threads, replies."""

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response

from forum.http.context import actor, reader, site
from forum.http.outlines import draw, is_kept_whole
from forum.http.page_cache import keep
from forum.http.page_versions import mark_of_member
from forum.queries.boards import lists_version
from forum.queries.members import member_replies, member_threads, profile
from forum.queries.moderation_bars import member_actions, posts_bar, threads_bar

pages = Blueprint("members", __name__)

ID = "int(max=9007199254740991)"
MOST = 9007199254740991


def part_asked() -> int | None:
    """`before` of the address: the id a part of a list goes on behind."""
    before = request.args.get("before", type=int)
    return before if before is not None and 0 < before <= MOST else None


@pages.get(f"/space-uid-<{ID}:member_id>.html")
def space(member_id: int) -> str | Response:
    tab = request.args.get("do", "")
    if is_kept_whole() and tab != "reply":  # what an edit of a reply changes has no version here
        keep(
            site=site().version,
            members={member_id: mark_of_member(reader(), member_id)},
            all_boards=lists_version(reader()) if tab == "thread" else None,
        )
    member = profile(reader(), site(), actor(), member_id)
    staff = member_actions(site(), actor(), member)
    ranks = {member_id: member.rank}
    is_own = member.id == actor().member_id
    if tab == "thread":
        part = member_threads(reader(), actor(), member_id, before=part_asked())
        bar = threads_bar(site(), actor(), part.items, ranks)
        return render_template("members/threads.html", member=member, part=part, staff=staff, bar=bar, is_own=is_own)  # fmt: skip
    if tab == "reply":
        replies = member_replies(reader(), actor(), member_id, before=part_asked())
        bar = posts_bar(site(), actor(), [(one.thread, one) for one in replies.items], ranks)
        return render_template("members/replies.html", member=member, part=replies, staff=staff, bar=bar, is_own=is_own)  # fmt: skip
    if staff:
        return render_template("members/profile.html", member=member, staff=staff, is_own=is_own)
    return draw("members/profile.html", member=member, is_own=is_own)
