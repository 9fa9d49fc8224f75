"""Reported messages in the moderators' panel, for the higher staff."""

from flask import render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from forum.commands.message_reports import escalate_message_report, handle_message_report
from forum.commands.reports import REASONS
from forum.http.context import actor, reader
from forum.http.errors import say
from forum.http.panel import changing
from forum.queries.message_reports import reported_messages
from forum.web.moderation import ID
from forum.web.moderation_panel import number, pages
from forum.web.queue import asked_outcome, back_to


@pages.get("/message-reports")
def message_reports() -> str:
    is_open = request.args.get("state") != "handled"
    page = reported_messages(reader(), actor(), is_open=is_open, beyond=number("beyond"))
    return render_template("queue/message_reports.html", page=page, reasons=REASONS)


@pages.post(f"/message-reports/<{ID}:report_id>")
def handle_message(report_id: int) -> Response:
    with changing() as uow:
        handle_message_report(
            uow,
            actor(),
            report_id=report_id,
            outcome=asked_outcome(),
            note=request.form.get("note", ""),
        )
    say(_("The report is handled; those who reported were told."))
    return back_to("message-reports")


@pages.post(f"/message-reports/<{ID}:report_id>/escalate")
def escalate_message(report_id: int) -> Response:
    with changing() as uow:
        escalate_message_report(
            uow, actor(), report_id=report_id, note=request.form.get("note", "")
        )
    say(_("The report was passed to the next rank."))
    return back_to("message-reports")
