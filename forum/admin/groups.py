"""User groups: the ladder, what each group is called and may do, new and deleted ones."""

from flask import redirect, request
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from forum.admin.forms.groups import (
    RANKS,
    GroupForm,
    NewGroupForm,
    is_yes_or_no,
    permission_sections,
    typed_permissions,
    typed_steps,
)
from forum.admin.registry import Menu, admin_page
from forum.commands.groups import (
    LOWEST,
    create_special_group,
    delete_group,
    edit_group,
    set_group_permissions,
    set_ladder,
)
from forum.core.errors import NotFound
from forum.http.context import actor, reader, site
from forum.http.errors import reason, say, sentence
from forum.http.forms import form_page, refusals_on
from forum.http.panel import changing, give_password
from forum.http.panel_forms import ButtonForm, ConfirmForm
from forum.models import GroupKind
from forum.policies.admin import may_shape_group
from forum.queries.admin.groups import boards_listing_only, group_sizes
from forum.queries.site import GroupInfo

GROUPS = admin_page("groups", _l("User groups"), menu=Menu.MEMBERS, place=2)
ID = "/<int(max=9007199254740991):group_id>"


def _group(group_id: int) -> GroupInfo:
    group = site().groups.get(group_id)
    if group is None:
        raise NotFound("not_found")
    return group


@GROUPS.route()
def index() -> Response:
    form = ButtonForm()
    if form.validate_on_submit():
        with refusals_on(form):
            with changing() as uow:
                set_ladder(uow, actor(), steps=typed_steps())
            say(sentence("saved", {}))
            return redirect(GROUPS.url, 303)
    return form_page(
        "admin/groups/index.html",
        form,
        rows=_ladder_rows(),
        lowest=LOWEST,
        ranks=RANKS,
        sizes=group_sizes(reader()),
        special=[one for one in site().groups.values() if one.kind is GroupKind.SPECIAL],
        system=[one for one in site().groups.values() if one.kind is GroupKind.SYSTEM],
    )


def _ladder_rows() -> list[dict[str, object]]:
    """The ladder's table: as stored, or as typed when something was wrong with it."""
    form = request.form
    if request.method == "POST":
        return [
            {
                "mark": mark,
                "title": form.get(f"title-{mark}", ""),
                "from": form.get(f"from-{mark}", ""),
                "stars": form.get(f"stars-{mark}", ""),
                "color": form.get(f"color-{mark}", ""),
            }
            for mark in form.getlist("row")
        ]
    rows: list[dict[str, object]] = [
        {
            "mark": str(group.id),
            "title": group.title,
            "from": group.points_from,
            "to": group.points_to,
            "stars": group.stars,
            "color": group.color or "",
        }
        for group in site().ladder
    ]
    return [*rows, {"mark": "new", "title": "", "from": "", "stars": "", "color": ""}]


@GROUPS.route("/new")
def new() -> Response:
    form = NewGroupForm(site(), actor().rank)
    if form.validate_on_submit():
        with refusals_on(form):
            with changing() as uow:
                group_id = create_special_group(
                    uow,
                    actor(),
                    title=form.title.data,
                    rank=form.rank.data,
                    like_group_id=form.like_group_id.data,
                )
            say(sentence("saved", {}))
            return redirect(GROUPS.below(str(group_id)), 303)
    return form_page("admin/groups/new.html", form)


@GROUPS.route(ID)
def edit(group_id: int) -> Response:
    group = _group(group_id)
    form = GroupForm(obj=group)
    if form.validate_on_submit():
        with refusals_on(form):
            with changing() as uow:
                edit_group(uow, actor(), group_id=group_id, draft=form.draft())
            say(sentence("saved", {}))
            return redirect(GROUPS.below(str(group_id)), 303)
    why_not = reason(may_shape_group(actor(), group))
    return form_page("admin/groups/edit.html", form, group=group, why_not=why_not)


@GROUPS.route(f"{ID}/permissions")
def permissions(group_id: int) -> Response:
    group = _group(group_id)
    form = ButtonForm()
    if form.validate_on_submit():
        with refusals_on(form):
            values = typed_permissions()
            with changing() as uow:
                set_group_permissions(uow, actor(), group_id=group_id, values=values)
            say(sentence("saved", {}))
            return redirect(GROUPS.below(f"{group_id}/permissions"), 303)
    return form_page(
        "admin/groups/permissions.html",
        form,
        group=group,
        sections=permission_sections(group.permissions),
        is_yes_or_no=is_yes_or_no,
        why_not=reason(may_shape_group(actor(), group)),
    )


@GROUPS.route(f"{ID}/delete")
def delete(group_id: int) -> Response:
    group = _group(group_id)
    form = ConfirmForm()
    if form.validate_on_submit():
        with refusals_on(form):
            give_password(form.password.data, field="password")
            with changing() as uow:
                delete_group(uow, actor(), group_id=group_id)
            say(sentence("deleted", {}))
            return redirect(GROUPS.url, 303)
    return form_page(
        "admin/groups/delete.html",
        form,
        group=group,
        member_count=group_sizes(reader()).get(group_id, 0),
        listing=boards_listing_only(site(), group_id),
        is_needed=group.kind is GroupKind.SYSTEM
        or site().settings.accounts.new_group_id == group_id,
    )
