"""Does this visitor come from a banned network? Then there is one page for them: the one that says so."""

from flask import Flask, render_template, request

from forum.http.context import address, now, reader
from forum.http.errors import sentence
from forum.policies.verdict import Refusal
from forum.queries.networks import banned_networks

OPEN_PATHS = ("/static/",)


def init_app(app: Flask) -> None:
    """Answer 403 to banned networks. Pages cached for guests are public and not asked about."""

    @app.before_request
    def stand_at_the_border() -> tuple[str, int, dict[str, str]] | None:
        if request.path.startswith(OPEN_PATHS):
            return None
        if not banned_networks(reader()).hold(address(), now()):
            return None
        page = render_template("errors/network.html", reason=sentence(Refusal.NETWORK, {}))
        return page, 403, {"Cache-Control": "no-store"}
