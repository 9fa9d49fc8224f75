"""Is this member banned? Then there is one page for them, and the appeal it leads to."""

from flask import Flask, redirect, request
from werkzeug.wrappers import Response

from forum.http import login as tickets
from forum.http.context import actor
from forum.http.templating import addresses
from forum.policies.accounts import may_visit

OPEN_ENDPOINTS = frozenset(
    {"appeals.banned", "appeals.new", "accounts.logout", "accounts.avatar", "static"}
)


def init_app(app: Flask) -> None:
    """Lead the banned to the page that says why; take nothing from them but an appeal."""

    @app.before_request
    def stand_outside() -> Response | None:
        if request.endpoint in OPEN_ENDPOINTS or tickets.current_token() is None:
            return None
        verdict = may_visit(actor())
        if verdict:
            return None
        if request.method in ("GET", "HEAD"):
            return redirect(addresses().banned(), 303)
        verdict.require()
        return None
