"""The one module that knows Flask-Login: which token does the visitor's cookie carry?

The cookie holds an opaque random token; what it means is a row of login_sessions. A visitor
without a cookie never touches the session, so that guest pages set no cookie and vary by none.
"""

import pickle
import re
import time
from collections.abc import Callable
from datetime import timedelta
from functools import lru_cache
from typing import Any

from flask import Flask, Request, Response, g, request, session
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from flask_login import (
    LoginManager,
    UserMixin,
    current_user,
    decode_cookie,
    login_user,
    logout_user,
)
from itsdangerous import BadSignature

REMEMBER_COOKIE = "louceng_remember"
SESSION_COOKIE = "louceng_session"
LONGEST_COOKIES = 8192
_OURS = re.compile(rf'(?:^|;\s*)({SESSION_COOKIE}|{REMEMBER_COOKIE})="?([^;"]+)')
_globals = g._get_current_object


class Ticket(UserMixin):  # type: ignore[misc]
    """What Flask-Login takes for a user: nothing but the token."""

    def __init__(self, token: str) -> None:
        self.id = token


class QuietSessions(SecureCookieSessionInterface):
    """Sessions that leave no trace on answers to visitors without one.

    Flask-Login looks into the session after every request, which alone would add `Vary: Cookie`
    to guest pages and spoil every shared cache.
    """

    def __init__(self) -> None:
        super().__init__()
        # Checking a signature and unpacking takes a tenth of a page: once per cookie, not per request.
        # Kept as bytes, because what is unpacked may be changed by the request.
        self._checked = lru_cache(maxsize=4096)(self._check)

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession:
        cookie = request.cookies.get(self.get_cookie_name(app))
        if not cookie or not app.secret_key:
            return self.session_class()
        try:
            content, signed_at = self._checked(app, cookie)
        except BadSignature:
            return self.session_class()
        if time.time() - signed_at > app.permanent_session_lifetime.total_seconds():
            return self.session_class()
        return self.session_class(pickle.loads(content))  # noqa: S301  our own, of the line below

    def _check(self, app: Flask, cookie: str) -> tuple[bytes, float]:
        signer = self.get_signing_serializer(app)
        assert signer is not None
        content, signed_at = signer.loads(cookie, return_timestamp=True)
        return pickle.dumps(content), signed_at.timestamp()

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if not session.modified and not has_cookie(request):
            return
        if session.modified or session.permanent:
            super().save_session(app, session, response)
        elif session.accessed and "vary" not in response.headers:  # all that is left to do then
            response.headers["Vary"] = "Cookie"
        elif session.accessed:
            response.vary.add("Cookie")


def has_cookie(asked: Request) -> bool:
    """Does the visitor bring one of our cookies at all?"""
    cookies = asked.cookies
    return SESSION_COOKIE in cookies or REMEMBER_COOKIE in cookies


def current_token() -> str | None:
    """The login token of this request, or None."""
    held = vars(_globals())
    if "login_token" not in held:
        held["login_token"] = _find_token() if has_cookie(request) else None
    found: str | None = held["login_token"]
    return found


def _find_token() -> str | None:
    # Where Flask-Login keeps it. Asked for its user it works out who sits at which address with which
    # browser, too, which only its session protection would use (below); the other cookie is its alone.
    token = session.get("_user_id")
    if token is None and current_user.is_authenticated:
        token = current_user.id
    return None if token is None else str(token)


def remember(token: str, *, is_remembered: bool) -> None:
    """Give the visitor's browser a login token. The old session's content is dropped (fixation)."""
    g.pop("login_token", None)
    language = session.get("lang")
    session.clear()
    if language:
        session["lang"] = language
    login_user(Ticket(token), remember=is_remembered)


def forget() -> None:
    """Take the login token from the visitor's browser."""
    g.pop("login_token", None)
    logout_user()
    session.clear()


def member_cookies(app: Flask) -> Callable[[str], bool]:
    """Do these cookies (the header's value) say that somebody has logged in here?

    Only the signature is looked at, not whether the login still holds: this is for what comes
    before any page. Nobody else can make such a cookie.
    """
    serializer = SecureCookieSessionInterface().get_signing_serializer(app)
    longest_s = int(app.permanent_session_lifetime.total_seconds())

    @lru_cache(maxsize=4096)  # those that are signed: what is not raises, and is not remembered
    def require_signed(cookie: str, _hour: int) -> None:
        assert serializer is not None
        if "_user_id" not in serializer.loads(cookie, max_age=longest_s):
            raise BadSignature("nobody's")

    @lru_cache(maxsize=4096)
    def require_remembered(cookie: str) -> None:
        if not decode_cookie(cookie, key=app.secret_key):
            raise BadSignature("not ours")

    def is_members(header: str) -> bool:
        if SESSION_COOKIE not in header and REMEMBER_COOKIE not in header:
            return False
        if len(header) > LONGEST_COOKIES:
            return False
        for name, cookie in _OURS.findall(header):
            try:
                if name == REMEMBER_COOKIE:
                    require_remembered(cookie)
                else:
                    require_signed(cookie, int(time.time() / 3600))
            except BadSignature:
                continue
            return True
        return False

    return is_members


def init_app(app: Flask, *, session_days: int, is_https: bool) -> None:
    """Cookies for logins: not readable by scripts, same site, 30 days when remembered."""
    app.session_interface = QuietSessions()
    app.config.update(
        SESSION_COOKIE_NAME=SESSION_COOKIE,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=is_https,
        REMEMBER_COOKIE_NAME=REMEMBER_COOKIE,
        REMEMBER_COOKIE_DURATION=timedelta(days=session_days),
        REMEMBER_COOKIE_HTTPONLY=True,
        REMEMBER_COOKIE_SAMESITE="Lax",
        REMEMBER_COOKIE_SECURE=is_https,
    )
    # No current_user in templates: asking for it would open the session of every page.
    manager = LoginManager(app, add_context_processor=False)
    # "strong" would log out phones whenever their network changes; sessions can be listed and ended.
    manager.session_protection = None

    @manager.user_loader  # type: ignore[untyped-decorator]
    def load(token: str) -> Any:
        return Ticket(token)
