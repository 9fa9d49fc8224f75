"""Does this visitor come from a banned network? Then there is one page for them: the one that says so."""

from flask import Flask, render_template, request

from forum.core.cache import CacheName
from forum.core.clock import utc_now
from forum.core.db import Database
from forum.http.context import address, now, primary
from forum.http.errors import sentence
from forum.policies.verdict import Refusal
from forum.queries.networks import BannedNetworks, banned_networks

OPEN_PATHS = ("/static/",)


class Border:
    """The bans for what answers before Flask is asked: the guest page cache."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: tuple[int, BannedNetworks] = (-1, BannedNetworks())

    def holds(self, address: str, version: int) -> bool:
        """Is the address banned now? No statement, but for the first question of a version.

        :param version: the bans' version; whoever asks has just learnt it.
        """
        known, bans = self._known
        if known < version:
            with self._database.read_session() as s:
                self._database.cache.refresh(s)
                known = self._database.cache.version(CacheName.NETWORKS, s)
                bans = banned_networks(s)
            self._known = (known, bans)
        return bans.hold(address, utc_now())


def init_app(app: Flask) -> None:
    """Answer 403 to banned networks; the guest page cache lets those through to here."""

    @app.before_request
    def stand_at_the_border() -> tuple[str, int, dict[str, str]] | None:
        if request.path.startswith(OPEN_PATHS):
            return None
        if not banned_networks(primary()).hold(address(), now()):
            return None
        page = render_template("errors/network.html", reason=sentence(Refusal.NETWORK, {}))
        return page, 403, {"Cache-Control": "no-store"}
