"""Is the site closed? Then only administrators get further than the door, and everybody reads why."""

from flask import Flask, render_template, request

from forum.http.context import actor, site
from forum.policies.admin import may_enter_panel

# The way in for administrators, and what the closed page itself needs.
OPEN_PATHS = ("/login", "/logout", "/lost-password", "/reset-password", "/static/")
RETRY_AFTER_S = 3600


def init_app(app: Flask) -> None:
    """Answer 503 with the reason while the setting is on; search engines come back later."""

    @app.before_request
    def stand_at_the_door() -> tuple[str, int, dict[str, str]] | None:
        general = site().settings.general
        if not general.is_closed or request.path.startswith(OPEN_PATHS):
            return None
        if may_enter_panel(actor()):
            return None
        page = render_template("errors/closed.html", reason=general.closed_reason)
        return page, 503, {"Retry-After": str(RETRY_AFTER_S), "Cache-Control": "no-store"}
