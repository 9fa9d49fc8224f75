"""A member's own settings: profile, password, e-mail, avatar, sessions."""

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from forum.commands.accounts.emails import ask_confirmation_again, change_email
from forum.commands.accounts.passwords import change_password
from forum.commands.accounts.profile import clear_avatar, edit_profile, set_avatar
from forum.commands.accounts.sessions import end_session, end_sessions_of
from forum.core.errors import Invalid
from forum.core.mail import LetterWriter
from forum.core.passwords import hash_password
from forum.http import login as tickets
from forum.http.background import files, nudge
from forum.http.context import actor, now, reader, site, writing
from forum.http.devices import device_name
from forum.http.errors import say, sentence
from forum.http.forms import form_page, refusals_on
from forum.http.letters import letter_writer
from forum.http.returning import safe_path
from forum.http.templating import addresses
from forum.http.verifying import check_own_password
from forum.jobs.mail import SEND_MAIL
from forum.policies.accounts import (
    may_go_invisible,
    may_have_signature,
    may_have_title,
    may_use_account,
)
from forum.policies.permissions import May
from forum.queries.accounts import own_profile, own_sessions
from forum.storage.avatars import store_avatar
from forum.web.forms.accounts import ButtonForm
from forum.web.forms.settings import AvatarForm, EmailForm, PasswordForm, ProfileForm

pages = Blueprint("settings", __name__)


@pages.before_request
def members_only() -> None:
    may_use_account(actor()).require()


def _own_id() -> int:
    member_id = actor().member_id
    assert member_id is not None  # members_only
    return member_id


def _letters() -> LetterWriter:
    letters = letter_writer()
    if letters is None:
        raise Invalid("no_own_address", field="email")
    return letters


@pages.route("/settings", methods=["GET", "POST"])
def profile() -> Response:
    member = actor()
    stored = own_profile(reader(), _own_id(), now())
    form = ProfileForm(now(), site().settings.general.time_zone, obj=stored)
    if not may_have_title(member):
        del form.custom_title
    if not may_have_signature(member):
        del form.signature
    if not may_go_invisible(member):
        del form.is_invisible
    if form.validate_on_submit():
        with refusals_on(form):
            with writing() as uow:
                edit_profile(uow, member, **form.chosen())
            say(sentence("settings_saved", {}))
            return redirect(addresses().settings(), 303)
    most = member.permission(May.SIGNATURE_SIZE)
    return form_page("settings/profile.html", form, stored=stored, signature_size=most)


@pages.route("/settings/password", methods=["GET", "POST"])
def password() -> Response:
    member = actor()
    form = PasswordForm(site().settings.accounts, member.name)
    if form.validate_on_submit():
        with refusals_on(form):
            verified_hash = check_own_password(form.old_password.data, field="old_password")
            password_hash = hash_password(form.password.data)
            with writing() as uow:
                opened = change_password(
                    uow,
                    member,
                    verified_hash=verified_hash,
                    password_hash=password_hash,
                    agent=request.user_agent.string,
                )
            tickets.remember(opened.token, is_remembered=opened.is_remembered)
            say(sentence("password_changed", {}))
            return redirect(safe_path(form.next.data) or addresses().settings("password"), 303)
    if request.method == "GET":
        form.next.data = safe_path(request.args.get("next")) or ""
    return form_page("settings/password.html", form)


@pages.route("/settings/email", methods=["GET", "POST"])
def email() -> Response:
    form = EmailForm()
    if form.validate_on_submit():
        with refusals_on(form):
            letters = _letters()
            verified_hash = check_own_password(form.old_password.data, field="old_password")
            with writing() as uow:
                change_email(
                    uow,
                    actor(),
                    verified_hash=verified_hash,
                    email=form.email.data,
                    letters=letters,
                )
                uow.after_commit(nudge(SEND_MAIL))
            say(sentence("letter_sent", {}))
            return redirect(addresses().settings("email"), 303)
    stored = own_profile(reader(), _own_id(), now())
    return form_page("settings/email.html", form, stored=stored)


@pages.post("/settings/email/again")
def email_again() -> Response:
    with writing() as uow:
        ask_confirmation_again(uow, actor(), letters=_letters())
        uow.after_commit(nudge(SEND_MAIL))
    say(sentence("letter_sent", {}))
    return redirect(addresses().settings("email"), 303)


@pages.route("/settings/avatar", methods=["GET", "POST"])
def avatar() -> Response:
    form = AvatarForm()
    if form.validate_on_submit():
        with refusals_on(form):
            digest = store_avatar(files(), form.picture.data.read())
            with writing() as uow:
                set_avatar(uow, actor(), digest=digest)
            say(sentence("picture_changed", {}))
            return redirect(addresses().settings("avatar"), 303)
    return form_page("settings/avatar.html", form)


@pages.post("/settings/avatar/clear")
def avatar_clear() -> Response:
    with writing() as uow:
        clear_avatar(uow, actor())
    say(sentence("picture_removed", {}))
    return redirect(addresses().settings("avatar"), 303)


@pages.route("/settings/sessions", methods=["GET", "POST"])
def sessions() -> Response:
    form = ButtonForm()
    if form.validate_on_submit():
        ended = request.form.get("end", "")
        with writing() as uow:
            if ended == "others":
                end_sessions_of(uow, _own_id(), but=actor().session_id)
            elif ended.isascii() and ended.isdigit() and len(ended) < 16:
                end_session(uow, actor(), session_id=int(ended))
        say(sentence("logged_out_there", {}))
        return redirect(addresses().settings("sessions"), 303)
    found = own_sessions(reader(), actor())
    return form_page("settings/sessions.html", form, sessions=found, device_name=device_name)
