"""审核 and 举报 in the moderators' panel."""

from typing import Any

from flask import g, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from forum.commands.queue import Decided, decide, still_waiting
from forum.commands.report_handling import escalate_report, handle_report
from forum.commands.reports import REASONS
from forum.core.errors import Invalid
from forum.http.context import actor, reader, site
from forum.http.errors import reason as words_of
from forum.http.errors import say
from forum.http.forms import refusals_on
from forum.http.panel import changing
from forum.http.returning import safe_path
from forum.http.templating import addresses
from forum.models import PostState, ReportState
from forum.modlog.registry import ACTIONS, NoOptions
from forum.queries.queue import (
    DECISIONS,
    KINDS,
    STATES,
    QueueFilter,
    queue_counts,
    queue_page,
)
from forum.queries.reports import reports_page
from forum.web.forms.moderation import action_form
from forum.web.moderation import ID
from forum.web.moderation_panel import number, pages
from forum.web.moderation_preview import action_page, must_see_first

MOST_DECISIONS = 200


@pages.context_processor
def waiting() -> dict[str, Any]:
    """What the panel's menu counts. One statement a page."""
    if "queue_counts" not in g:
        g.queue_counts = queue_counts(reader(), actor())
    return {"waiting": g.queue_counts}


@pages.get("/queue")
def queue() -> str:
    asked = request.args
    wanted = QueueFilter(
        state=next((one for one in STATES if one == asked.get("state")), PostState.PENDING),
        board_id=number("board"),
        kind=asked["kind"] if asked.get("kind") in KINDS else None,
    )
    page = queue_page(reader(), actor(), filter=wanted, after=number("after"))
    return render_template("queue/queue.html", page=page, words_of=words_of)


@pages.post("/queue")
def decide_now() -> Response:
    decision = request.form.get("decision", "")
    if decision not in DECISIONS:
        raise Invalid("queue_decision")
    asked = (int(one) for one in request.form.getlist("ids") if one.isdecimal() and len(one) <= 16)
    ids = list(dict.fromkeys(asked))[:MOST_DECISIONS]
    action = ACTIONS[DECISIONS[decision]]
    form = action_form(action, actor(), site())
    is_sent = form.validate_on_submit()
    left = still_waiting(reader(), actor(), decision, ids)
    sees_first = "preview" in request.form or must_see_first(action, ids, form, NoOptions())
    if is_sent and not (sees_first and left):
        with refusals_on(form):
            with changing() as uow:
                done = decide(
                    uow,
                    actor(),
                    decision,
                    ids,
                    reason=form.reason.data or "",
                    notifies=form.notifies.data,
                )
            _say_what_was_decided(done)
            return back_to("queue")
    return action_page(
        action, left, form, NoOptions(), path=addresses().moderation("queue"), decision=decision
    )


def _say_what_was_decided(done: Decided) -> None:
    if done.done:
        say(ngettext("%(num)d post: done.", "%(num)d posts: done.", len(done.done)))
    if done.gone:
        words = ngettext(
            "%(num)d post was decided on by somebody else.",
            "%(num)d posts were decided on by somebody else.",
            len(done.gone),
        )
        say(words, "note")


@pages.get("/reports")
def reports() -> str:
    is_open = request.args.get("state") != "handled"
    page = reports_page(
        reader(), actor(), is_open=is_open, board_id=number("board"), beyond=number("beyond")
    )
    return render_template(
        "queue/reports.html", page=page, reasons=REASONS, board_id=number("board")
    )


@pages.post(f"/reports/<{ID}:report_id>")
def handle(report_id: int) -> Response:
    with changing() as uow:
        handle_report(
            uow,
            actor(),
            report_id=report_id,
            outcome=asked_outcome(),
            note=request.form.get("note", ""),
        )
    say(_("The report is handled; those who reported were told."))
    return back_to("reports")


@pages.post(f"/reports/<{ID}:report_id>/escalate")
def escalate(report_id: int) -> Response:
    with changing() as uow:
        escalate_report(uow, actor(), report_id=report_id, note=request.form.get("note", ""))
    say(_("The report was passed to the next rank."))
    return back_to("reports")


def asked_outcome() -> ReportState:
    """What was decided on a report; OPEN = nothing anybody can mean."""
    outcome = request.form.get("outcome", "")
    return ReportState(outcome) if outcome in list(ReportState) else ReportState.OPEN


def back_to(part: str) -> Response:
    """Where the form came from, or a part of the panel."""
    return redirect(safe_path(request.form.get("back")) or addresses().moderation(part), 303)
