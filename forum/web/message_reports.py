"""Reported messages in the moderators' panel, for the higher staff."""

from flask import redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from forum.commands.message_reports import handle_message_report
from forum.commands.reports import REASONS
from forum.http.context import actor, reader
from forum.http.errors import say
from forum.http.panel import changing
from forum.http.returning import safe_path
from forum.http.templating import addresses
from forum.models import ReportState
from forum.queries.message_reports import reported_messages
from forum.web.moderation import ID
from forum.web.moderation_panel import number, pages


@pages.get("/message-reports")
def message_reports() -> str:
    is_open = request.args.get("state") != "handled"
    page = reported_messages(reader(), actor(), is_open=is_open, beyond=number("beyond"))
    return render_template("queue/message_reports.html", page=page, reasons=REASONS)


@pages.post(f"/message-reports/<{ID}:report_id>")
def handle_message(report_id: int) -> Response:
    outcome = request.form.get("outcome", "")
    with changing() as uow:
        handle_message_report(
            uow,
            actor(),
            report_id=report_id,
            outcome=ReportState(outcome) if outcome in list(ReportState) else ReportState.OPEN,
            note=request.form.get("note", ""),
        )
    say(_("The report is handled; those who reported were told."))
    wanted = safe_path(request.form.get("back"))
    return redirect(wanted or addresses().moderation("message-reports"), 303)
