"""消息: what two members write to each other. Everything here is one's own; guests are sent to log in."""

import secrets

from flask import Blueprint, Response, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response as Answer

from forum.commands import messages as commands
from forum.commands.message_reports import report_message
from forum.http.context import actor, reader, site, writing
from forum.http.errors import reason, say
from forum.http.forms import form_page, refusals_on
from forum.http.requests import number_in
from forum.http.returning import safe_path
from forum.http.templating import addresses
from forum.policies.messages import may_send_messages, may_use_messages
from forum.queries import messages as queries
from forum.web.forms.messages import AddressedForm, BlockForm, ReceptionForm
from forum.web.forms.posts import MessageForm
from forum.web.forms.reports import ReportForm
from forum.web.members import ID, part_asked

pages = Blueprint("messages", __name__)


@pages.before_request
def members_only() -> None:
    may_use_messages(actor()).require()


@pages.after_request
def for_nobody_else(response: Response) -> Response:
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _new_key() -> str:
    return secrets.token_urlsafe(12)


@pages.get("/messages")
def index() -> str:
    page = queries.conversations_page(reader(), actor(), before=part_asked())
    return render_template("messages/index.html", page=page)


@pages.route(f"/messages/<{ID}:member_id>", methods=["GET", "POST"])
def conversation(member_id: int) -> Answer:
    page = queries.conversation_page(reader(), actor(), member_id=member_id, before=part_asked())
    form = MessageForm(submission_key=_new_key())
    if form.validate_on_submit():
        with refusals_on(form):
            _send(form, member_id)
            return redirect(f"{addresses().messages(member_id)}#newest", 303)
    return form_page(
        "messages/conversation.html",
        form,
        page=page,
        why_not=reason(page.may_write),
        is_muting=page.may_write.is_muting,
        longest=site().settings.messages.max_characters,
    )


@pages.route("/messages/new", methods=["GET", "POST"])
def new() -> Answer:
    form = AddressedForm(to=request.args.get("to", "")[:60], submission_key=_new_key())
    if form.validate_on_submit():
        with refusals_on(form):
            partner = queries.partner_named(reader(), actor(), form.to.data or "")
            _send(form, partner.id)
            say(_("Your message is sent."))
            return redirect(f"{addresses().messages(partner.id)}#newest", 303)
    may_send = may_send_messages(actor())
    return form_page(
        "messages/new.html",
        form,
        why_not=reason(may_send),
        is_muting=may_send.is_muting,
        longest=site().settings.messages.max_characters,
    )


def _send(form: MessageForm, recipient_id: int) -> None:
    with writing() as uow:
        commands.send_message(
            uow,
            actor(),
            recipient_id=recipient_id,
            source=form.source.data or "",
            submission_key=form.submission_key.data or None,
        )


@pages.post(f"/messages/<{ID}:member_id>/read")
def read(member_id: int) -> Answer:
    """Looking changes nothing by itself: the page's script (or its button) says "read"."""
    with writing() as uow:
        commands.mark_messages_read(
            uow,
            actor(),
            member_id=member_id,
            up_to_id=number_in(request.form, "up_to"),
        )
    return redirect(addresses().messages(member_id), 303)


@pages.post(f"/messages/<{ID}:member_id>/delete")
def delete_all(member_id: int) -> Answer:
    with writing() as uow:
        commands.delete_conversation(uow, actor(), member_id=member_id)
    say(_("The conversation is deleted on your side."))
    return redirect(addresses().messages(), 303)


@pages.post(f"/messages/<{ID}:member_id>/<{ID}:message_id>/delete")
def delete_one(member_id: int, message_id: int) -> Answer:
    with writing() as uow:
        is_more = commands.delete_message(uow, actor(), member_id=member_id, message_id=message_id)
    say(_("The message is deleted on your side."))
    return redirect(addresses().messages(member_id if is_more else None), 303)


@pages.route(f"/messages/<{ID}:member_id>/<{ID}:message_id>/report", methods=["GET", "POST"])
def report(member_id: int, message_id: int) -> Answer:
    message = queries.received_message(
        reader(), actor(), member_id=member_id, message_id=message_id
    )
    form = ReportForm()
    form.offer()
    if form.validate_on_submit():
        with refusals_on(form):
            with writing() as uow:
                report_message(
                    uow,
                    actor(),
                    member_id=member_id,
                    message_id=message_id,
                    reason=form.reason.data or "",
                    text=form.text.data or "",
                )
            say(_("Thank you for your report. The staff will look at it."))
            return redirect(addresses().messages(member_id), 303)
    partner = queries.partner_of(reader(), actor(), member_id=member_id)
    return form_page("messages/report.html", form, message=message, partner=partner)


@pages.route("/messages/settings", methods=["GET", "POST"])
def reception() -> Answer:
    held = queries.reception(reader(), actor())
    form = ReceptionForm(takes="all" if held.takes_messages else "none")
    if form.validate_on_submit():
        with writing() as uow:
            commands.take_messages(uow, actor(), takes_messages=form.takes.data == "all")
        say(_("Saved."))
        return redirect(addresses().message_settings(), 303)
    return form_page("messages/settings.html", form, held=held, blocking=BlockForm(formdata=None))


@pages.post("/messages/settings/block")
def block_by_name() -> Answer:
    form = BlockForm()
    if form.validate_on_submit():
        with refusals_on(form):
            partner = queries.partner_named(reader(), actor(), form.to.data or "")
            return _block(partner.id)
    held = queries.reception(reader(), actor())
    asked = ReceptionForm(formdata=None, takes="all" if held.takes_messages else "none")
    response = form_page("messages/settings.html", asked, held=held, blocking=form)
    response.status_code = 422
    return response


@pages.post(f"/messages/<{ID}:member_id>/block")
def block(member_id: int) -> Answer:
    return _block(member_id)


def _block(member_id: int) -> Answer:
    with writing() as uow:
        commands.block_member(uow, actor(), member_id=member_id)
    say(_("You take no messages from this member any more."))
    return _back()


@pages.post(f"/messages/<{ID}:member_id>/unblock")
def unblock(member_id: int) -> Answer:
    with writing() as uow:
        commands.unblock_member(uow, actor(), member_id=member_id)
    say(_("You take messages from this member again."))
    return _back()


def _back() -> Answer:
    wanted = safe_path(request.form.get("back"))
    return redirect(wanted or addresses().message_settings(), 303)
