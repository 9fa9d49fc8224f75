"""公告 in the moderators' panel: announcing, and changing what one announced."""

from flask import redirect
from werkzeug.wrappers import Response

from forum.commands.announcements import (
    create_announcement,
    delete_announcement,
    edit_announcement,
    end_announcement,
)
from forum.http.context import actor, now, reader
from forum.http.errors import say, sentence
from forum.http.forms import form_page, refusals_on
from forum.http.panel import changing, give_password
from forum.http.panel_forms import AnnouncementForm, ButtonForm, ConfirmForm
from forum.http.templating import addresses
from forum.policies.moderation import may_announce
from forum.queries.announcements import announcement_row, announcement_rows
from forum.web.moderation import ID
from forum.web.moderation_panel import pages

ROOT = "/announcements"


@pages.get(ROOT)
def announcements() -> Response:
    may_announce(actor()).require()
    rows = announcement_rows(reader(), actor())
    return form_page("moderation/announcements.html", ButtonForm(), rows=rows)


@pages.route(f"{ROOT}/new", methods=["GET", "POST"])
def new_announcement() -> Response:
    may_announce(actor()).require()
    form = AnnouncementForm(actor().zone, starts_at=now())
    if form.validate_on_submit():
        with refusals_on(form):
            with changing() as uow:
                create_announcement(uow, actor(), draft=form.draft())
            return _back("saved")
    return form_page("moderation/edit_announcement.html", form, row=None)


@pages.route(f"{ROOT}/<{ID}:announcement_id>", methods=["GET", "POST"])
def announcement(announcement_id: int) -> Response:
    may_announce(actor()).require()
    row = announcement_row(reader(), actor(), announcement_id)
    form = AnnouncementForm(actor().zone, obj=row)
    if form.validate_on_submit():
        with refusals_on(form):
            with changing() as uow:
                edit_announcement(uow, actor(), announcement_id=announcement_id, draft=form.draft())
            return _back("saved")
    return form_page("moderation/edit_announcement.html", form, row=row)


@pages.post(f"{ROOT}/<{ID}:announcement_id>/end")
def stop_announcement(announcement_id: int) -> Response:
    may_announce(actor()).require()
    with changing() as uow:
        end_announcement(uow, actor(), announcement_id=announcement_id)
    return _back("saved")


@pages.route(f"{ROOT}/<{ID}:announcement_id>/delete", methods=["GET", "POST"])
def remove_announcement(announcement_id: int) -> Response:
    may_announce(actor()).require()
    row = announcement_row(reader(), actor(), announcement_id)
    form = ConfirmForm()
    if form.validate_on_submit():
        with refusals_on(form):
            give_password(form.password.data, field="password")
            with changing() as uow:
                delete_announcement(uow, actor(), announcement_id=announcement_id)
            return _back("deleted")
    return form_page("moderation/delete_announcement.html", form, row=row)


def _back(done: str) -> Response:
    say(sentence(done, {}))
    return redirect(addresses().moderation("announcements"), 303)
