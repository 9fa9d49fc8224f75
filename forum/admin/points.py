"""Point kinds and what the rules pay on the whole site."""

from dataclasses import dataclass

from flask import redirect, request
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from forum.admin.forms.parts import whole
from forum.admin.forms.rules import rule_drafts, rule_rows
from forum.admin.registry import Menu, admin_page
from forum.commands.point_settings import (
    SLOTS,
    KindDraft,
    delete_point_kind,
    set_point_kinds,
    set_rules,
)
from forum.core.errors import NotFound
from forum.http.context import actor, site
from forum.http.errors import say, sentence
from forum.http.forms import form_page, refusals_on
from forum.http.panel import changing, give_password
from forum.http.panel_forms import ButtonForm, ConfirmForm
from forum.points.rules import REGISTRY, Span

KINDS = admin_page("point_kinds", _l("Point kinds"), menu=Menu.GLOBAL, path="points/kinds", place=8)
RULES = admin_page("point_rules", _l("Point rules"), menu=Menu.GLOBAL, path="points/rules", place=9)


@dataclass(frozen=True)
class KindRow:
    """A slot of the table, as stored or as typed."""

    id: int
    exists: bool
    title: str
    unit: str
    is_shown: bool
    floor_amount: str


@KINDS.route()
def edit() -> Response:
    form = ButtonForm()
    rows = _kind_rows()
    if form.validate_on_submit():
        with refusals_on(form):
            drafts = {
                row.id: KindDraft(
                    row.title, row.unit, row.is_shown, whole(row.floor_amount, otherwise=0)
                )
                for row in rows
                if row.exists or row.title
            }
            with changing() as uow:
                set_point_kinds(uow, actor(), drafts=drafts)
            say(sentence("saved", {}))
            return redirect(KINDS.url, 303)
    return form_page("admin/points/kinds.html", form, rows=rows)


def _kind_rows() -> tuple[KindRow, ...]:
    rows, form = [], request.form
    for slot in SLOTS:
        kind = site().point_kinds.get(slot)
        if request.method == "POST":
            rows.append(
                KindRow(
                    slot,
                    kind is not None,
                    form.get(f"title-{slot}", "").strip()[:20],
                    form.get(f"unit-{slot}", "").strip()[:20],
                    f"shown-{slot}" in form,
                    form.get(f"floor-{slot}", ""),
                )
            )
        elif kind is not None:
            rows.append(
                KindRow(slot, True, kind.title, kind.unit, kind.is_shown, str(kind.floor_amount))
            )
        else:
            rows.append(KindRow(slot, False, "", "", True, "0"))
    return tuple(rows)


@KINDS.route("/<int(max=8):kind_id>/delete")
def delete(kind_id: int) -> Response:
    kind = site().point_kinds.get(kind_id)
    if kind is None:
        raise NotFound("not_found")
    form = ConfirmForm()
    if form.validate_on_submit():
        with refusals_on(form):
            give_password(form.password.data, field="password")
            with changing() as uow:
                delete_point_kind(uow, actor(), kind_id=kind_id)
            say(sentence("deleted", {}))
            return redirect(KINDS.url, 303)
    return form_page("admin/points/delete_kind.html", form, kind=kind)


@RULES.route()
def rules() -> Response:
    form = ButtonForm()
    known = [rule for rule in REGISTRY.values() if rule.has_payer]
    if form.validate_on_submit():
        with refusals_on(form):
            drafts = rule_drafts(known, site().point_kinds)
            with changing() as uow:
                set_rules(uow, actor(), drafts=drafts)
            say(sentence("saved", {}))
            return redirect(RULES.url, 303)
    return form_page(
        "admin/points/rules.html", form, rows=rule_rows(known, site()), spans=tuple(Span)
    )
