"""Writing: new threads, replies, edits, previews, quotes, revisions."""

import secrets

from flask import Blueprint, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from forum.commands.edit_checks import OpeningChange
from forum.commands.moderation import perform
from forum.commands.moderation.own_posts import delete_own_post, pin_reply
from forum.commands.moderation.post_editing import EditOptions
from forum.commands.moderation.post_editing import edit as edit_of_others
from forum.commands.post_edits import edit_post
from forum.commands.posts import reply_to_thread
from forum.commands.threads import PostRef, ThreadOptions, start_thread
from forum.core.errors import Forbidden
from forum.http import buffers
from forum.http.context import actor, reader, site, writing
from forum.http.errors import reason, say
from forum.http.forms import form_page, refusals_on
from forum.http.requests import number_in
from forum.http.templating import addresses
from forum.http.times import absolute
from forum.models import PostState
from forum.policies.verdict import Refusal
from forum.queries import posts as queries
from forum.queries.threads import place_of_post
from forum.web.forms.accounts import ButtonForm
from forum.web.forms.moderation import ask_reason
from forum.web.forms.posts import DeletionForm, EditForm, OpeningForm, PreviewForm, ReplyForm

pages = Blueprint("posts", __name__)

# What both databases can hold.
ID = "int(max=9007199254740991)"


def _new_key() -> str:
    return secrets.token_urlsafe(12)


def _wants_preview() -> bool:
    return "preview" in request.form


def _form_page(
    template: str, form: OpeningForm | ReplyForm, page: object, **more: object
) -> Response:
    """The form, with what was typed; below a preview when that was asked for."""
    if not _wants_preview():
        return form_page(template, form, page=page, preview=None, **more)
    shown = queries.preview(actor(), form.source.data or "")
    response = form_page(template, form, page=page, preview=shown, **more)
    response.status_code = 200  # nothing was refused
    return response


def _go_to(ref: PostRef) -> Response:
    """303 to the post where it stands now."""
    place = place_of_post(reader(), actor(), site(), post_id=ref.post_id)
    return _answer(ref, place.thread_id, place.page)


def _answer(ref: PostRef, thread_id: int, page: int) -> Response:
    if ref.state is PostState.PENDING:
        say(_("Your post is waiting for approval."), "note")
    return redirect(f"{addresses().thread(thread_id, page)}#pid{ref.post_id}", 303)


def _options(form: OpeningForm) -> ThreadOptions:
    if not form.has_options.data:  # the quick form of a board shows none
        return ThreadOptions()
    return ThreadOptions(
        is_newest_first=form.is_newest_first.data,
        notifies_author=form.notifies_author.data,
        read_access=form.read_access.data or 0,
        tags=form.tags.data if form.takes_tags else None,
    )


@pages.route(f"/forum-<{ID}:board_id>/new", methods=["GET", "POST"])
def new_thread(board_id: int) -> Response:
    page = queries.new_thread_form(actor(), site(), board_id=board_id)
    form = OpeningForm(notifies_author=True, submission_key=_new_key())
    form.offer(page)
    if form.validate_on_submit() and not _wants_preview():
        with refusals_on(form):
            with writing() as uow:
                ref = start_thread(
                    uow,
                    actor(),
                    board_id=board_id,
                    title=form.title.data or "",
                    source=form.source.data or "",
                    type_id=form.type_id.data,
                    options=_options(form),
                    submission_key=form.submission_key.data or None,
                )
            return _go_to(ref)
    return _form_page("posts/new_thread.html", form, page)


@pages.route(f"/thread-<{ID}:thread_id>/reply", methods=["GET", "POST"])
def reply(thread_id: int) -> Response:
    quote_id = number_in(request.args, "quote") if request.method == "GET" else None
    page = queries.reply_form(reader(), actor(), site(), thread_id=thread_id, quote_id=quote_id)
    form = ReplyForm(submission_key=_new_key())
    if page.quoted is not None:
        form.source.data = _quote(page.quoted)
    buffers.seen(actor(), page.board.id)
    if form.validate_on_submit() and not _wants_preview():
        snapshot = site()
        with refusals_on(form):
            with writing() as uow:
                ref = reply_to_thread(
                    uow,
                    actor(),
                    thread_id=thread_id,
                    source=form.source.data or "",
                    submission_key=form.submission_key.data or None,
                )
            if ref.is_repeat:
                return _go_to(ref)
            number = queries.page_of_reply(snapshot, page.thread, ref.floor)
            return _answer(ref, ref.thread_id, number)
    return _form_page("posts/reply.html", form, page)


@pages.route(f"/post-<{ID}:post_id>/edit", methods=["GET", "POST"])
def edit(post_id: int) -> Response:
    page = queries.edit_form(reader(), actor(), site(), post_id=post_id)
    removal = DeletionForm()
    if removal.deletes.data and not _wants_preview() and removal.validate_on_submit():
        return _delete(post_id)
    form = EditForm(
        source=page.post.source, title=page.thread.title, type_id=page.thread.type_id,
        is_newest_first=page.thread.is_newest_first, notifies_author=page.notifies_author,
        read_access=page.thread.read_access, tags=" ".join(page.tags), version=str(page.post.version),
    )  # fmt: skip
    if page.opening is not None:
        form.offer(page.opening)
    is_own = page.post.author_id == actor().member_id
    if not is_own:
        ask_reason(form, actor())
    if form.validate_on_submit() and not _wants_preview():
        opening = _opening_change(form) if page.opening is not None else None
        with refusals_on(form):
            if not is_own:
                return _edit_of_another(post_id, form, opening)
            with writing() as uow:
                ref = edit_post(
                    uow,
                    actor(),
                    post_id=post_id,
                    source=form.source.data or "",
                    opening=opening,
                    version=form.edited_version,
                )
            return _go_to(ref)
        # Sending again keeps what was typed over what was there in the meantime.
        form.version.data = page.post.version
    why_not = reason(page.may_delete) if is_own and not page.may_delete else ""
    return _form_page(
        "posts/edit.html", form, page, removal=removal, cannot_delete=why_not, is_own=is_own
    )


def _edit_of_another(post_id: int, form: EditForm, opening: OpeningChange | None) -> Response:
    options = EditOptions(form.source.data or "", opening=opening, version=form.edited_version)
    with writing() as uow:
        perform(
            uow, actor(), edit_of_others.key, [post_id], options,
            reason=form.reason.data or "", notifies=form.notifies.data,
        )  # fmt: skip
    say(_("Done. The log can take it back."))
    place = place_of_post(reader(), actor(), site(), post_id=post_id)
    return redirect(f"{addresses().thread(place.thread_id, place.page)}#pid{post_id}", 303)


def _delete(post_id: int) -> Response:
    with writing() as uow:
        gone = delete_own_post(uow, actor(), post_id=post_id)
    say(_("Your post was deleted."))
    url = addresses()
    return redirect(url.board(gone.board_id) if gone.is_thread else url.thread(gone.thread_id), 303)


def _opening_change(form: EditForm) -> OpeningChange:
    return OpeningChange(form.title.data or "", form.type_id.data, _options(form))


@pages.route(f"/post-<{ID}:post_id>/pin", methods=["GET", "POST"])
def pin(post_id: int) -> Response:
    """置顶回复, by the author of the thread."""
    post, thread = queries.pinnable_reply(reader(), actor(), post_id=post_id)
    form = ButtonForm()
    if form.validate_on_submit():
        pins = bool(request.form.get("pins"))
        with refusals_on(form):
            with writing() as uow:
                pin_reply(uow, actor(), post_id=post_id, pins=pins)
            return redirect(addresses().thread(thread.id), 303)
    board = site().boards[thread.board_id]
    return form_page("posts/pin.html", form, post=post, thread=thread, board=board)


@pages.post("/preview")
def preview() -> str:
    if actor().is_guest:
        raise Forbidden(Refusal.SIGN_IN)
    form = PreviewForm()
    return render_template(
        "posts/preview.html", preview=queries.preview(actor(), form.source.data or "")
    )


@pages.get(f"/post-<{ID}:post_id>/quote")
def quote(post_id: int) -> Response:
    source = _quote(queries.quotable_post(reader(), actor(), post_id=post_id))
    return Response(source, mimetype="text/plain")


def _quote(post: queries.FoundPost) -> str:
    return queries.quote_of(post, at_text=absolute(post.created_at, site().zone))


@pages.get(f"/post-<{ID}:post_id>/revisions")
def revisions(post_id: int) -> str:
    page = queries.revisions_page(reader(), actor(), site(), post_id=post_id)
    return render_template("posts/revisions.html", page=page)
