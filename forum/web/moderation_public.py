"""What everybody may see of moderation: 小黑屋, the public log, one's own record; addresses for staff."""

from flask import Blueprint, render_template, request

from forum.core.errors import NotFound
from forum.core.places import place_of
from forum.http.context import actor, config, reader, site
from forum.modlog.registry import ACTIONS
from forum.queries.punishments import own_record, post_address, public_log, punished_members

pages = Blueprint("moderation_public", __name__)

ID = "int(max=9007199254740991)"
MOST = 9007199254740991


def _before() -> int | None:
    value = request.args.get("before", type=int)
    return value if value is not None and 0 < value <= MOST else None


@pages.get("/darkroom")
def darkroom() -> str:
    return render_template(
        "moderation/darkroom.html", members=punished_members(reader(), site(), before=_before())
    )


@pages.get("/moderation-log")
def log() -> str:
    if not site().settings.moderation.log_is_public:
        raise NotFound("not_found")
    return render_template(
        "moderation/public_log.html",
        lines=public_log(reader(), actor(), before=_before()),
        actions=ACTIONS,
    )


@pages.get("/my-record")
def record() -> str:
    return render_template(
        "moderation/record.html",
        lines=own_record(reader(), actor(), before=_before()),
        actions=ACTIONS,
    )


@pages.get(f"/post-<{ID}:post_id>/address")
def address(post_id: int) -> str:
    found = post_address(reader(), site(), actor(), post_id)
    return render_template(
        "moderation/address.html", found=found, place=place_of(config().data_dir, found.address)
    )
