"""Members: finding them, changing their group, locking, founders, and accounts nobody has claimed."""

import secrets
from collections.abc import Callable

from flask import make_response, redirect, render_template, request
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from forum.admin.forms.members import (
    STATES,
    HandOverForm,
    MemberGroupForm,
    asked_filter,
    state_choices,
)
from forum.admin.registry import Menu, admin_page
from forum.commands import membership
from forum.commands.admin_log import ACTIONS
from forum.core.errors import Invalid
from forum.core.passwords import hash_password
from forum.http.background import nudge
from forum.http.context import actor, now, reader, site
from forum.http.errors import reason, say, sentence
from forum.http.forms import form_page, refusals_on
from forum.http.letters import letter_writer
from forum.http.panel import changing, give_password
from forum.http.panel_forms import ButtonForm, ConfirmForm
from forum.jobs.mail import SEND_MAIL
from forum.models import GroupKind
from forum.policies.accounts import may_confirm_group, may_hand_over
from forum.policies.admin import may_appoint_founders, may_change_member
from forum.queries.admin.log import log_page
from forum.queries.admin.members import (
    MemberCard,
    claimed_groups,
    member_card,
    member_list,
    unclaimed_members,
)
from forum.queries.moderation_bars import member_actions

MEMBERS = admin_page("members", _l("Member management"), menu=Menu.MEMBERS)
UNCLAIMED = admin_page(
    "unclaimed", _l("Unclaimed accounts"), menu=Menu.MEMBERS, path="members/unclaimed", place=1
)
ID = "/<int(max=9007199254740991):member_id>"


def _page_number() -> int:
    asked = request.args.get("page", "")
    return max(1, int(asked)) if asked.isdecimal() and len(asked) < 9 else 1


@MEMBERS.shown()
def index() -> Response:
    filter = asked_filter(request.args)
    found = member_list(reader(), filter, _page_number())
    return form_page(
        "admin/members/index.html",
        ButtonForm(),
        found=found,
        filter=filter,
        states=STATES,
        state_choices=state_choices(),
    )


@UNCLAIMED.shown()
def unclaimed() -> Response:
    rows, pages = unclaimed_members(reader(), _page_number())
    return form_page(
        "admin/members/unclaimed.html",
        ButtonForm(),
        rows=rows,
        pages=pages,
        claims=claimed_groups(reader()),
    )


@MEMBERS.shown(ID)
def show(member_id: int) -> Response:
    card = member_card(reader(), site(), member_id)
    return _shown(card, ButtonForm())


def _shown(card: MemberCard, form: object) -> Response:
    may = may_change_member(actor(), member_id=card.id, rank=card.rank)
    return form_page(
        "admin/members/show.html",
        form,
        card=card,
        states=STATES,
        may_change=may,
        why_not=reason(may),
        staff=member_actions(site(), actor(), card),
        may_appoint=may_appoint_founders(actor()),
        may_confirm=may_confirm_group(actor()),
        actions=ACTIONS,
        log=log_page(reader(), target=f"member:{card.id}").rows,
    )


@MEMBERS.route(f"{ID}/group")
def group(member_id: int) -> Response:
    card = member_card(reader(), site(), member_id)
    form = MemberGroupForm(site(), actor(), group_id=_shown_group(card))
    if form.validate_on_submit():
        with refusals_on(form):
            give_password(form.password.data, field="password")
            with changing() as uow:
                membership.place_in_group(
                    uow,
                    actor(),
                    member_id=member_id,
                    group_id=form.group_id.data,
                    until=form.until(now()),
                )
            say(sentence("saved", {}))
            return redirect(MEMBERS.below(str(member_id)), 303)
    may_change_member(actor(), member_id=card.id, rank=card.rank).require()
    return form_page("admin/members/group.html", form, card=card)


def _shown_group(card: MemberCard) -> int:
    group = site().groups[card.group_id]
    return site().ladder[0].id if group.kind is GroupKind.LADDER else group.id


@MEMBERS.route(f"{ID}/hand-over")
def hand_over(member_id: int) -> Response:
    card = member_card(reader(), site(), member_id)
    may_hand_over(actor(), card).require()
    form = HandOverForm(name=card.name)
    if form.validate_on_submit():
        with refusals_on(form):
            give_password(form.password.data, field="password")
            by_letter = form.way.data == "letter"
            if by_letter and not form.email.data:
                raise Invalid("email_missing", field="email")
            one_time = "" if by_letter else secrets.token_urlsafe(12)
            password_hash = hash_password(one_time) if one_time else ""
            with changing() as uow:
                name = membership.hand_over(
                    uow,
                    actor(),
                    member_id=member_id,
                    new_name=form.name.data,
                    password_hash=password_hash,
                    email=form.email.data if by_letter else "",
                    letters=letter_writer() if by_letter else None,
                )
                if by_letter:
                    uow.after_commit(nudge(SEND_MAIL))
            # Shown on this one answer: nowhere stored, not in a cookie.
            return make_response(
                render_template(
                    "admin/members/handed_over.html",
                    card=card,
                    name=name,
                    one_time=one_time,
                    email=form.email.data,
                )
            )
    return form_page("admin/members/hand_over.html", form, card=card)


Step = Callable[..., object]


def _confirmed(rule: str, name: str, step: Step) -> None:
    """A change of one member that asks for the password again."""

    @MEMBERS.route(f"{ID}/{rule}", name=name)
    def confirm(member_id: int) -> Response:
        card = member_card(reader(), site(), member_id)
        form = ConfirmForm()
        if form.validate_on_submit():
            with refusals_on(form):
                give_password(form.password.data, field="password")
                with changing() as uow:
                    step(uow, actor(), member_id=member_id)
                say(sentence("saved", {}))
                return redirect(MEMBERS.below(str(member_id)), 303)
        return form_page("admin/members/confirm.html", form, card=card, step=name)


_confirmed("make-founder", "make_founder", membership.make_founder)
_confirmed("unmake-founder", "unmake_founder", membership.unmake_founder)
_confirmed("confirm-group", "confirm_group", membership.confirm_group)
_confirmed("drop-group", "drop_group", membership.drop_claimed_group)
