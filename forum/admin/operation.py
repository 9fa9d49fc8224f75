"""公告 and 友情链接."""

from flask import redirect
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from forum.admin.forms.operation import LinkForm
from forum.admin.forms.parts import numbers_by_id
from forum.admin.registry import Menu, admin_page
from forum.commands.announcements import (
    create_announcement,
    delete_announcement,
    edit_announcement,
    end_announcement,
)
from forum.commands.friend_links import create_link, delete_link, edit_link, order_links
from forum.http.context import actor, now, reader
from forum.http.errors import say, sentence
from forum.http.forms import form_page, refusals_on
from forum.http.panel import changing, give_password
from forum.http.panel_forms import AnnouncementForm, ButtonForm, ConfirmForm
from forum.queries.admin.operation import link_row, link_rows
from forum.queries.announcements import announcement_row, announcement_rows

ANNOUNCEMENTS = admin_page("announcements", _l("Site announcements"), menu=Menu.OPERATION)
LINKS = admin_page("links", _l("Friend links"), menu=Menu.OPERATION)
ANNOUNCEMENT_ID = "/<int(max=9007199254740991):announcement_id>"
LINK_ID = "/<int(max=9007199254740991):link_id>"


@ANNOUNCEMENTS.shown()
def announcements() -> Response:
    rows = announcement_rows(reader(), actor())
    return form_page("admin/announcements/index.html", ButtonForm(), rows=rows)


@ANNOUNCEMENTS.route("/new")
def new_announcement() -> Response:
    form = AnnouncementForm(actor().zone, starts_at=now())
    if form.validate_on_submit():
        with refusals_on(form):
            with changing() as uow:
                create_announcement(uow, actor(), draft=form.draft())
            say(sentence("saved", {}))
            return redirect(ANNOUNCEMENTS.url, 303)
    return form_page("admin/announcements/edit.html", form, row=None)


@ANNOUNCEMENTS.route(ANNOUNCEMENT_ID)
def announcement(announcement_id: int) -> Response:
    row = announcement_row(reader(), actor(), announcement_id)
    form = AnnouncementForm(actor().zone, obj=row)
    if form.validate_on_submit():
        with refusals_on(form):
            with changing() as uow:
                edit_announcement(uow, actor(), announcement_id=announcement_id, draft=form.draft())
            say(sentence("saved", {}))
            return redirect(ANNOUNCEMENTS.url, 303)
    return form_page("admin/announcements/edit.html", form, row=row)


@ANNOUNCEMENTS.done(f"{ANNOUNCEMENT_ID}/end")
def stop_announcement(announcement_id: int) -> Response:
    with changing() as uow:
        end_announcement(uow, actor(), announcement_id=announcement_id)
    say(sentence("saved", {}))
    return redirect(ANNOUNCEMENTS.url, 303)


@ANNOUNCEMENTS.route(f"{ANNOUNCEMENT_ID}/delete")
def remove_announcement(announcement_id: int) -> Response:
    row = announcement_row(reader(), actor(), announcement_id)
    form = ConfirmForm()
    if form.validate_on_submit():
        with refusals_on(form):
            give_password(form.password.data, field="password")
            with changing() as uow:
                delete_announcement(uow, actor(), announcement_id=announcement_id)
            say(sentence("deleted", {}))
            return redirect(ANNOUNCEMENTS.url, 303)
    return form_page(
        "admin/delete.html", form, page=ANNOUNCEMENTS, name=row.title, back=ANNOUNCEMENTS.url
    )


@LINKS.shown()
def links() -> Response:
    return form_page("admin/links/index.html", ButtonForm(), rows=link_rows(reader()))


@LINKS.done("/order")
def links_order() -> Response:
    with changing() as uow:
        order_links(uow, actor(), positions=numbers_by_id("position"))
    say(sentence("order_saved", {}))
    return redirect(LINKS.url, 303)


@LINKS.route("/new")
def new_link() -> Response:
    form = LinkForm()
    if form.validate_on_submit():
        with refusals_on(form):
            with changing() as uow:
                create_link(uow, actor(), draft=form.draft())
            say(sentence("saved", {}))
            return redirect(LINKS.url, 303)
    return form_page("admin/links/edit.html", form, row=None)


@LINKS.route(LINK_ID)
def link(link_id: int) -> Response:
    row = link_row(reader(), link_id)
    form = LinkForm(obj=row)
    if form.validate_on_submit():
        with refusals_on(form):
            with changing() as uow:
                edit_link(uow, actor(), link_id=link_id, draft=form.draft())
            say(sentence("saved", {}))
            return redirect(LINKS.url, 303)
    return form_page("admin/links/edit.html", form, row=row)


@LINKS.route(f"{LINK_ID}/delete")
def remove_link(link_id: int) -> Response:
    row = link_row(reader(), link_id)
    form = ConfirmForm()
    if form.validate_on_submit():
        with refusals_on(form):
            give_password(form.password.data, field="password")
            with changing() as uow:
                delete_link(uow, actor(), link_id=link_id)
            say(sentence("deleted", {}))
            return redirect(LINKS.url, 303)
    return form_page("admin/delete.html", form, page=LINKS, name=row.name, back=LINKS.url)
