"""申诉: against a moderator's decision, and in the panel the answers to it."""

from flask import Blueprint, make_response, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from forum.commands.appeals import answer_appeal, appeal_decision
from forum.core.errors import Invalid, NotFound
from forum.http.background import nudge
from forum.http.context import actor, reader, site, writing
from forum.http.errors import reason as words_of
from forum.http.errors import say, sentence
from forum.http.forms import form_page, refusals_on
from forum.http.panel import changing
from forum.http.templating import addresses
from forum.jobs.moderation import RUN_BATCHES
from forum.modlog.registry import ACTIONS
from forum.policies.accounts import may_visit, may_write
from forum.queries.appeals import appeals_page, own_appeal, own_ban, own_mute
from forum.web.forms.appeals import AppealForm
from forum.web.moderation import ID
from forum.web.moderation_panel import number
from forum.web.moderation_panel import pages as panel_pages

pages = Blueprint("appeals", __name__)


@pages.route(f"/appeals/<{ID}:entry_id>/new", methods=["GET", "POST"])
def new(entry_id: int) -> Response:
    page = own_appeal(reader(), actor(), entry_id)
    form = AppealForm()
    if form.validate_on_submit():
        with refusals_on(form):
            with writing() as uow:
                appeal_decision(uow, actor(), entry_id=entry_id, text=form.text.data or "")
            if actor().may_visit:  # the banned see no page that would show it
                say(_("Your appeal was sent. Another moderator will look at it."))
            return redirect(addresses().appeal(entry_id), 303)
    return form_page("appeals/new.html", form, page=page, actions=ACTIONS)


@pages.get("/banned")
def banned() -> Response:
    """All that a banned member is shown."""
    verdict = may_visit(actor())
    if verdict:
        raise NotFound("not_found")
    page = own_ban(reader(), actor())
    words = words_of(verdict)
    return make_response(
        render_template("appeals/banned.html", page=page, words=words, actions=ACTIONS)
    )


@pages.get("/muted")
def muted() -> str:
    """Why a muted member may not post, until when, and the way to appeal."""
    page = own_mute(reader(), actor())
    words = words_of(may_write(actor()))
    return render_template("appeals/muted.html", page=page, words=words, actions=ACTIONS)


@panel_pages.get("/appeals")
def appeals() -> str:
    is_open = request.args.get("state") != "answered"
    page = appeals_page(reader(), site(), actor(), is_open=is_open, beyond=number("beyond"))
    return render_template(
        "appeals/appeals.html",
        page=page,
        actions=ACTIONS,
        words_of=words_of,
        sentence_of=lambda key: sentence(key, {}),
    )


@panel_pages.post(f"/appeals/<{ID}:appeal_id>")
def answer(appeal_id: int) -> Response:
    outcome = request.form.get("outcome")
    if outcome not in ("grant", "uphold"):
        raise Invalid("report_outcome")
    with changing() as uow:
        batch_id = answer_appeal(
            uow,
            actor(),
            appeal_id=appeal_id,
            grants=outcome == "grant",
            answer=request.form.get("answer", ""),
        )
        if batch_id is not None:
            uow.after_commit(nudge(RUN_BATCHES))
    if batch_id is None:
        say(_("Answered; the member was told."))
    else:
        say(_("The decision is being taken back; the member is told once that is done."))
    return redirect(addresses().moderation("appeals"), 303)
