"""举报 a post."""

from flask import Blueprint, redirect
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from forum.commands.reports import report_post
from forum.http.context import actor, reader, site, writing
from forum.http.errors import say
from forum.http.forms import form_page, refusals_on
from forum.http.templating import addresses
from forum.queries.posts import reportable_post
from forum.web.forms.reports import ReportForm

pages = Blueprint("reports", __name__)
ID = "int(max=9007199254740991)"


@pages.route(f"/post-<{ID}:post_id>/report", methods=["GET", "POST"])
def report(post_id: int) -> Response:
    post, thread = reportable_post(reader(), actor(), post_id=post_id)
    form = ReportForm()
    form.offer()
    if form.validate_on_submit():
        with refusals_on(form):
            with writing() as uow:
                report_post(
                    uow,
                    actor(),
                    post_id=post_id,
                    reason=form.reason.data or "",
                    text=form.text.data or "",
                )
            say(_("Thank you for your report. The moderators will look at it."), "good")
            return redirect(addresses().post(post_id), 303)
    board = site().boards[thread.board_id]
    return form_page("reports/report.html", form, post=post, thread=thread, board=board)
