"""Who may not visit, and what is left to them: members one page and the appeal, guests the way in."""

from flask import Flask, redirect, request
from werkzeug.wrappers import Response

from forum.http import login as tickets
from forum.http.context import actor, site
from forum.http.templating import addresses
from forum.policies.accounts import may_visit
from forum.policies.actor import GUEST_GROUP

# For members who are banned, locked, or of a group that may not visit.
OPEN_ENDPOINTS = frozenset(
    {"appeals.banned", "appeals.new", "accounts.logout", "accounts.avatar", "static"}
)
# For guests, where guests may not visit: joining, logging in, getting back in.
WAYS_IN = frozenset(
    {
        "accounts.login", "accounts.logout", "accounts.register", "accounts.lost_password",
        "accounts.choose_password", "accounts.prove_email", "feeds.robots", "static",
    }
)  # fmt: skip


def init_app(app: Flask) -> None:
    """Lead the banned to the page that says why, and guests to the login where they may not visit.

    Pages kept for guests are dropped by the change of the right: they depend on the site's version.
    """

    @app.before_request
    def stand_outside() -> Response | None:
        if tickets.current_token() is None and site().groups[GUEST_GROUP].may_visit:
            return None
        verdict = may_visit(actor())
        if verdict:
            return None
        is_guest = actor().is_guest
        if request.endpoint in (WAYS_IN if is_guest else OPEN_ENDPOINTS):
            return None
        if request.method not in ("GET", "HEAD"):
            verdict.require()
        if not is_guest:
            return redirect(addresses().banned(), 303)
        wanted = request.full_path.rstrip("?") if request.method == "GET" else None
        answer = redirect(addresses().login(wanted), 303)
        answer.headers["Cache-Control"] = "no-store"
        return answer
