"""Which pages are read from the replica, and what happens when it turns out to be behind?

The primary is asked who is there and what they may; the replica, what they want to read. A page
that turns out to be behind is built again from the primary: when the thread or boards it shows
have changed since, when it found nothing, when the replica broke off. So nobody sees an older page
after a newer one was there, and the guest page cache never keeps old contents under new versions.
Whoever wrote reads their own writes: their session remembers how far the primary's log was.
"""

import time
from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask, Response, g, request, session
from sqlalchemy.orm import Session

from forum.core.cache import CacheName
from forum.core.db import Database
from forum.core.replica import written_position
from forum.http.login import has_cookie
from forum.http.page_cache import KEEP
from forum.http.page_store import Keep
from forum.http.page_versions import PageVersions

SITE_VERSION = "louceng.replica"  # set when a page was read from the replica: at which version
PRIMARY_ONLY = "louceng.primary"
WRITTEN = "written"  # in the session: [position, until]
# A replica further behind is not read at all (core/replica.py), so that nothing need be remembered.
KEPT_S = 60
WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def open_session(database: Database, primary: Session) -> Session | None:
    """This request's session on the replica, or None: read from the primary."""
    if database.replica is None or request.method not in ("GET", "HEAD"):
        return None
    if PRIMARY_ONLY in request.environ or "has_written" in g:
        return None
    version = database.cache.version(CacheName.SITE)
    found = database.replica.session(primary, site_version=version, needs=_own_position())
    if found is not None:
        request.environ[SITE_VERSION] = version
    return found


def note_written() -> None:
    """This request has changed something."""
    g.has_written = True


def _own_position() -> int:
    if not has_cookie(request):
        return 0
    position, until = session.get(WRITTEN, (0, 0))
    return int(position) if time.time() < until else 0


class SecondLook:
    """WSGI middleware: a page read from a replica that was behind is made again from the primary."""

    def __init__(self, app: WsgiApp, versions: PageVersions) -> None:
        self._app = app
        self._versions = versions

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return self._app(environ, start_response)
        answered: list[Any] = []

        def hold(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
            answered[:] = [status, headers]

        parts = self._app(environ, hold)
        if SITE_VERSION in environ and self._is_behind(environ, answered[0]):
            close = getattr(parts, "close", None)
            if close is not None:
                close()
            environ.pop(KEEP, None)
            del environ[SITE_VERSION]
            environ[PRIMARY_ONLY] = True
            return self._app(environ, start_response)
        start_response(*answered)
        return parts

    def _is_behind(self, environ: dict[str, Any], status: str) -> bool:
        if status.startswith(("404", "500")):  # not there yet; cancelled by the replay
            return True
        kept: Keep | None = environ.get(KEEP)
        if kept is None:
            return False
        # Another thread may have learnt of a newer site since this page chose its replica.
        if kept.versions.site != environ[SITE_VERSION]:
            return True
        return not self._versions.stand(kept.versions)


def init_app(app: Flask, database: Database) -> None:
    """Remember in the writers' sessions how far the replica has to be."""
    if database.replica is None:
        return
    app.wsgi_app = SecondLook(app.wsgi_app, PageVersions(database))  # type: ignore[method-assign]

    @app.after_request
    def remember(response: Response) -> Response:
        if "has_written" in g and (has_cookie(request) or session.modified):
            with database.read_session() as s:
                session[WRITTEN] = [written_position(s), int(time.time()) + KEPT_S]
        return response
