"""Joining, logging in and out, getting back in, avatars, favorites."""

from flask import Blueprint, abort, make_response, redirect, render_template, request
from flask.blueprints import BlueprintSetupState
from werkzeug.wrappers import Response

from forum.commands.accounts.emails import confirm_email
from forum.commands.accounts.favorites import toggle_favorite_board, toggle_favorite_thread
from forum.commands.accounts.passwords import request_reset, reset_password
from forum.commands.accounts.registration import register_member
from forum.commands.accounts.sessions import begin_day, end_session, log_in, open_session
from forum.core.errors import Invalid
from forum.core.passwords import hash_password
from forum.http import login as tickets
from forum.http.background import files, nudge
from forum.http.context import actor, now, reader, site, writing
from forum.http.errors import say, sentence
from forum.http.forms import form_page, refusals_on
from forum.http.language import asked_language
from forum.http.letters import letter_writer
from forum.http.returning import is_same_origin, own_referrer, safe_path
from forum.http.templating import addresses
from forum.http.verifying import check_login
from forum.jobs.mail import SEND_MAIL
from forum.policies.accounts import may_register, may_use_account
from forum.queries.accounts import avatar_facts, favorite_boards, favorite_threads, link_facts
from forum.storage.avatars import MEDIA_TYPE, SIZES, read_avatar
from forum.storage.drawn import drawn_avatar
from forum.web.forms.accounts import (
    ButtonForm,
    ChoosePasswordForm,
    LoginForm,
    LostPasswordForm,
    RegisterForm,
)

pages = Blueprint("accounts", __name__)
# Where somebody with a temporary password may still go.
_OPEN_TO_ALL = frozenset({"settings.password", "accounts.logout", "accounts.avatar"})


@pages.record_once
def exempt_login(state: BlueprintSetupState) -> None:
    # The quick login box stands on cached pages and has no token; `login` looks at the origin.
    state.app.extensions["csrf"].exempt(f"{__name__}.login")


@pages.before_app_request
def greet() -> Response | None:
    """Ask for a password of one's own first; pay a new day."""
    if request.endpoint is None or request.endpoint == "accounts.avatar":
        return None
    if tickets.current_token() is None:
        return None
    member = actor()
    if not member.may_visit:
        return None
    if member.must_choose_password and request.endpoint not in _OPEN_TO_ALL:
        wanted = request.full_path.rstrip("?") if request.method in ("GET", "HEAD") else None
        return redirect(addresses().settings("password", safe_path(wanted)), 303)
    if request.method == "GET" and member.session_seen_at is not None:
        zone = site().zone
        if member.session_seen_at.astimezone(zone).date() < now().astimezone(zone).date():
            with writing() as uow:
                begin_day(uow, member)
    return None


def _way_back(wanted: str | None) -> str:
    return safe_path(wanted) or addresses().index()


def _wanted() -> str:
    """Where the visitor was going, for the form's hidden field."""
    return safe_path(request.args.get("next")) or own_referrer() or ""


@pages.route("/login", methods=["GET", "POST"])
def login() -> Response:
    if request.method == "GET" and not actor().is_guest:
        return redirect(_way_back(_wanted()), 303)
    form = LoginForm(meta={"csrf": not is_same_origin()})
    if form.validate_on_submit():
        with refusals_on(form):
            found, attempt = check_login(form.name.data, form.password.data)
            with writing() as uow:
                token = log_in(
                    uow,
                    actor(),
                    member_id=found.member_id,
                    verified_hash=found.password_hash,
                    attempt=attempt,
                    is_remembered=form.remember.data,
                    agent=request.user_agent.string,
                )
            tickets.remember(token, is_remembered=form.remember.data)
            return redirect(_way_back(form.next.data), 303)
    if "csrf_token" in form.errors:
        form.csrf_token.errors = [sentence("login_again", {})]
    if request.method == "GET":
        form.next.data = _wanted()
    return form_page("accounts/login.html", form)


@pages.route("/logout", methods=["GET", "POST"])
def logout() -> Response | str:
    if request.method == "GET":
        return render_template("accounts/logout.html")
    member = actor()
    if member.session_id is not None:
        with writing() as uow:
            end_session(uow, member, session_id=member.session_id)
    tickets.forget()
    came_from = own_referrer() or ""
    is_public = came_from.startswith(("/thread-", "/forum-", "/category-", "/space-"))
    return redirect(came_from if is_public else addresses().index(), 303)


@pages.route("/register", methods=["GET", "POST"])
def register() -> Response:
    if request.method == "GET" and not actor().is_guest:
        return redirect(addresses().index(), 303)
    accounts = site().settings.accounts
    may_register(actor(), accounts).require()
    form = RegisterForm(accounts)
    if form.validate_on_submit():
        password_hash = hash_password(form.password.data)
        with refusals_on(form):
            with writing() as uow:
                member_id = register_member(
                    uow,
                    actor(),
                    name=form.name.data,
                    email=form.email.data,
                    password_hash=password_hash,
                    locale=asked_language() or "",
                    letters=letter_writer(),
                )
                agent = request.user_agent.string
                token = open_session(uow, member_id=member_id, is_remembered=False, agent=agent)
                uow.after_commit(nudge(SEND_MAIL))
            tickets.remember(token, is_remembered=False)
            say(sentence("account_opened", {}))
            return redirect(_way_back(form.next.data), 303)
    if request.method == "GET":
        form.next.data = _wanted()
    return form_page("accounts/register.html", form, accounts=accounts)


@pages.route("/lost-password", methods=["GET", "POST"])
def lost_password() -> Response:
    form = LostPasswordForm()
    if form.validate_on_submit():
        with refusals_on(form):
            letters = letter_writer()
            if letters is None:
                raise Invalid("no_own_address")
            with writing() as uow:
                request_reset(uow, email=form.email.data, letters=letters)
                uow.after_commit(nudge(SEND_MAIL))
            return make_response(render_template("accounts/lost_password_sent.html"))
    return form_page("accounts/lost_password.html", form)


@pages.route("/reset-password/<token>", methods=["GET", "POST"])
def choose_password(token: str) -> Response:
    link = link_facts(reader(), token, ("reset", "claim"), now())
    if link is None:
        raise Invalid("link_dead")
    form = ChoosePasswordForm(site().settings.accounts, link.member_name, link.email)
    if form.validate_on_submit():
        password_hash = hash_password(form.password.data)
        with writing() as uow:
            reset_password(uow, token=token, password_hash=password_hash)
        tickets.forget()
        say(sentence("password_reset", {}))
        return redirect(addresses().login(), 303)
    return form_page("accounts/choose_password.html", form, link=link)


@pages.route("/confirm-email/<token>", methods=["GET", "POST"])
def prove_email(token: str) -> Response:
    link = link_facts(reader(), token, ("confirm",), now())
    if link is None:
        raise Invalid("link_dead")
    form = ButtonForm()
    if form.validate_on_submit():
        with writing() as uow:
            confirm_email(uow, token=token)
        say(sentence("email_confirmed", {}))
        there = addresses().login() if actor().is_guest else addresses().settings("email")
        return redirect(there, 303)
    return form_page("accounts/prove_email.html", form, link=link)


@pages.get("/avatar/<int:member_id>/<name>")
def avatar(member_id: int, name: str) -> Response:
    wanted, _dash, size = name.rpartition("-")
    facts = avatar_facts(reader(), member_id) if size in SIZES else None
    if facts is None:
        abort(404)
    if wanted != (facts.avatar or "drawn"):
        # A page from the cache may still name the picture before this one.
        response = redirect(addresses().avatar(member_id, facts.avatar, size), 302)
        response.headers["Cache-Control"] = "no-store"
        return response
    content = read_avatar(files(), facts.avatar, size) if facts.avatar else None
    response = make_response(content or drawn_avatar(member_id, facts.name, SIZES[size]))
    response.mimetype = MEDIA_TYPE if content else "image/svg+xml"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = (
        "public, max-age=31536000, immutable" if content else "public, max-age=3600"
    )
    return response


@pages.post("/thread-<int:thread_id>/favorite")
def favorite_thread(thread_id: int) -> Response:
    with writing() as uow:
        is_kept = toggle_favorite_thread(uow, actor(), thread_id=thread_id)
    say(sentence("favorite_kept" if is_kept else "favorite_let_go", {}))
    return redirect(own_referrer() or addresses().thread(thread_id), 303)


@pages.post("/forum-<int:board_id>/favorite")
def favorite_board(board_id: int) -> Response:
    with writing() as uow:
        is_kept = toggle_favorite_board(uow, actor(), board_id=board_id)
    say(sentence("favorite_kept" if is_kept else "favorite_let_go", {}))
    return redirect(own_referrer() or addresses().board(board_id), 303)


@pages.get("/favorites")
def favorites() -> str:
    may_use_account(actor()).require()
    asked = request.args.get("page", "1")
    page = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 9 else 1
    return render_template(
        "accounts/favorites.html",
        boards=favorite_boards(reader(), site(), actor()),
        threads=favorite_threads(reader(), actor(), page),
        board_names={board.id: board.name for board in site().boards.values()},
    )
