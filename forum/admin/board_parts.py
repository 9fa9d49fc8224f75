"""What belongs to one board: its moderators, permission lists, thread types and point rules."""

from typing import Any

from flask import redirect, request
from werkzeug.wrappers import Response

from forum.admin.boards import BOARDS, ID, board_of
from forum.admin.forms.boards import ModeratorForm
from forum.admin.forms.parts import numbers_by_id, whole
from forum.admin.forms.rules import rule_drafts, rule_rows
from forum.commands.boards import (
    TypeDraft,
    appoint_moderator,
    order_moderators,
    remove_moderator,
    set_permission_lists,
    set_thread_types,
)
from forum.commands.point_settings import set_rules
from forum.core.errors import NotFound
from forum.http.context import actor, reader, site
from forum.http.errors import say, sentence
from forum.http.forms import form_page, refusals_on
from forum.http.panel import changing
from forum.http.panel_forms import ButtonForm
from forum.models import BoardRight
from forum.points.rules import REGISTRY, Span
from forum.policies.actor import MODERATOR_GROUP, Rank
from forum.policies.permissions import May
from forum.queries.admin.boards import board_moderators, board_types
from forum.queries.site import BoardInfo

NEW_TYPE_ROWS = 3


@BOARDS.route(f"{ID}/moderators")
def moderators(board_id: int) -> Response:
    board = board_of(board_id)
    form = ModeratorForm(
        [
            (str(group.id), group.title)
            for group in site().groups.values()
            if group.rank is Rank.MODERATOR
        ]
    )
    if request.method == "GET":
        form.group_id.data = MODERATOR_GROUP
    if form.validate_on_submit():
        with refusals_on(form):
            with changing() as uow:
                appoint_moderator(
                    uow,
                    actor(),
                    board_id=board_id,
                    name=form.name.data,
                    group_id=form.group_id.data,
                )
            say(sentence("moderator_appointed", {}))
            return redirect(BOARDS.below(f"{board_id}/moderators"), 303)
    rows = board_moderators(reader(), board_id)
    return form_page("admin/boards/moderators.html", form, board=board, rows=rows)


@BOARDS.done(f"{ID}/moderators/order")
def moderators_order(board_id: int) -> Response:
    with changing() as uow:
        order_moderators(uow, actor(), board_id=board_id, positions=numbers_by_id("position"))
    say(sentence("order_saved", {}))
    return redirect(BOARDS.below(f"{board_id}/moderators"), 303)


@BOARDS.done(f"{ID}/moderators/<int(max=9007199254740991):member_id>/remove")
def moderators_remove(board_id: int, member_id: int) -> Response:
    with changing() as uow:
        remove_moderator(uow, actor(), board_id=board_id, member_id=member_id)
    say(sentence("moderator_removed", {}))
    return redirect(BOARDS.below(f"{board_id}/moderators"), 303)


@BOARDS.route(f"{ID}/permissions")
def permissions(board_id: int) -> Response:
    board = board_of(board_id)
    form = ButtonForm()
    lists = {right: board.permissions.get(right, frozenset()) for right in BoardRight}
    if form.validate_on_submit():
        lists = {
            right: frozenset(whole(value) for value in request.form.getlist(right.value))
            for right in BoardRight
        }
        with refusals_on(form):
            with changing() as uow:
                set_permission_lists(uow, actor(), board_id=board_id, lists=lists)
            say(sentence("saved", {}))
            return redirect(BOARDS.below(f"{board_id}/permissions"), 303)
    return form_page(
        "admin/boards/permissions.html",
        form,
        board=board,
        lists=lists,
        rights=(BoardRight.VIEW,) if board.is_category else tuple(BoardRight),
        own_rights=_own_rights(board),
    )


def _own_rights(board: BoardInfo) -> dict[int, dict[BoardRight, bool]]:
    """What each group may without a list."""
    return {
        group.id: {
            BoardRight.VIEW: group.may_visit and (group.read_access > 0 or board.is_category),
            BoardRight.POST: bool(group.permissions.get(May.START_THREADS)),
            BoardRight.REPLY: bool(group.permissions.get(May.REPLY)),
        }
        for group in site().groups.values()
    }


@BOARDS.route(f"{ID}/types")
def types(board_id: int) -> Response:
    board = board_of(board_id)
    if board.is_category:
        raise NotFound("not_found")
    form = ButtonForm()
    if form.validate_on_submit():
        with refusals_on(form):
            with changing() as uow:
                set_thread_types(
                    uow,
                    actor(),
                    board_id=board_id,
                    types=_typed_types(),
                    are_required="types_required" in request.form,
                    are_listed="types_listed" in request.form,
                )
            say(sentence("saved", {}))
            return redirect(BOARDS.below(f"{board_id}/types"), 303)
    rows = board_types(reader(), board_id)
    return form_page(
        "admin/boards/types.html",
        form,
        board=board,
        rows=_typed_rows(rows),
        required=_kept("types_required", board.types_required),
        listed=_kept("types_listed", board.types_listed),
    )


def _type_marks() -> list[str]:
    """Which rows the form has: the ids of types, and n1, n2 ... for new ones."""
    return [mark for mark in request.form.getlist("row") if mark.removeprefix("n").isdecimal()]


def _typed_types() -> list[TypeDraft]:
    drafts = []
    for mark in _type_marks():
        name = request.form.get(f"name-{mark}", "").strip()
        is_new = mark.startswith("n")
        if is_new and not name:
            continue
        drafts.append(
            TypeDraft(
                id=None if is_new else whole(mark),
                name=name,
                position=whole(request.form.get(f"position-{mark}", ""), otherwise=0),
                for_moderators=f"moderators-{mark}" in request.form,
                is_retired=f"retired-{mark}" in request.form,
            )
        )
    return drafts


def _typed_rows(stored: Any) -> list[dict[str, Any]]:
    """The rows of the form: as stored, or as they were typed when something was wrong."""
    if request.method == "POST":
        used = {str(row.id): row.thread_count for row in stored}
        return [
            {
                "mark": mark,
                "name": request.form.get(f"name-{mark}", ""),
                "position": request.form.get(f"position-{mark}", ""),
                "for_moderators": f"moderators-{mark}" in request.form,
                "is_retired": f"retired-{mark}" in request.form,
                "thread_count": used.get(mark, 0),
            }
            for mark in _type_marks()
        ]
    rows = [
        {
            "mark": str(row.id),
            "name": row.name,
            "position": row.position,
            "for_moderators": row.for_moderators,
            "is_retired": row.is_retired,
            "thread_count": row.thread_count,
        }
        for row in stored
    ]
    last = max((row.position for row in stored), default=-1)
    return [
        *rows,
        *(
            {"mark": f"n{number}", "name": "", "position": last + number, "thread_count": 0}
            for number in range(1, NEW_TYPE_ROWS + 1)
        ),
    ]


def _kept(name: str, stored: bool) -> bool:
    return name in request.form if request.method == "POST" else stored


@BOARDS.route(f"{ID}/points")
def points(board_id: int) -> Response:
    board = board_of(board_id)
    if board.is_category:
        raise NotFound("not_found")
    form = ButtonForm()
    rules = [rule for rule in REGISTRY.values() if rule.is_per_board and rule.has_payer]
    if form.validate_on_submit():
        with refusals_on(form):
            drafts = rule_drafts(rules, site().point_kinds)
            with changing() as uow:
                set_rules(uow, actor(), board_id=board_id, drafts=drafts)
            say(sentence("saved", {}))
            return redirect(BOARDS.below(f"{board_id}/points"), 303)
    return form_page(
        "admin/boards/points.html",
        form,
        board=board,
        rows=rule_rows(rules, site(), board_id),
        spans=tuple(Span),
    )
