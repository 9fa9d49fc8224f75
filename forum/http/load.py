"""Who is answered when not everybody can be? Members always; guests from the cache; crawlers later.

WSGI middleware before the page cache. A network that has too many pages built for its guests is
told 429. When the process has more to do than it can, it turns to light mode by itself: guests get
pages from the cache even if something has changed in the last minute, pages that are not there
only as far as a small part of the time allows, searches and deep pages not at all (503 with
Retry-After); and back when there is less to do.

Requests from this machine itself are nobody's crawler (health checks, measures) and never refused.
Behind a proxy FORUM_TRUSTED_PROXIES must name it, or every visitor would come from there.
"""

import re
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask

from forum.http.budgets import RETRY_AFTER_S, Budgets
from forum.http.gauge import Gauge
from forum.http.headers import CONTENT_POLICY
from forum.http.login import member_cookies
from forum.http.page_cache import PageCache

LIGHT_RETRY_S = 10
BUILD_SHARE = 1 / 6  # of the time, for guests' pages in light mode
DEEP_PAGE = 10
HERE = frozenset({"127.0.0.1", "::1", "::ffff:127.0.0.1", ""})
# Members come in by these, and crawlers learn from these what not to ask for.
DOORS = ("/login", "/logout", "/register", "/lost-password", "/reset-password", "/robots.txt")
FILES = ("/avatar/",)
_PAGE_NUMBER = re.compile(r"/(?:thread-\d+-(\d+)-\d+|forum-\d+-(\d+))\.html$")
WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class LoadGuard:
    """In front of an application and its page cache."""

    def __init__(
        self, app: WsgiApp, *, cache: PageCache | None, budgets: Budgets, gauge: Gauge,
        is_member: Callable[[str], bool], page: Callable[[int], bytes],
    ) -> None:  # fmt: skip
        self._app = app
        self._cache = cache
        self._budgets = budgets
        self.gauge = gauge
        self._is_member = is_member
        self._page = page
        self._building = threading.Lock()
        self._next_build_at = 0.0

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        began, builds = time.thread_time(), False
        is_light = self.gauge.enter()
        try:
            if environ.get("REMOTE_ADDR", "") in HERE or self._is_members(environ):
                return self._app(environ, start_response)
            if self._cache is not None:
                sent = self._cache.send_kept(environ, start_response, or_older=is_light)
                if sent is not None:
                    return sent
            if is_light and not environ.get("PATH_INFO", "").startswith(DOORS):
                if _is_costly(environ) or not self._may_begin():
                    self.gauge.turned_away()
                    return self._refuse(503, environ, start_response)
                builds = True
                return self._build(environ, start_response)
            if _is_file(environ):
                return self._app(environ, start_response)
            if not self._budgets.takes(environ["REMOTE_ADDR"]):
                return self._refuse(429, environ, start_response)
            builds = environ["REQUEST_METHOD"] == "GET"
            return self._app(environ, start_response)
        finally:
            self.gauge.leave(time.thread_time() - began, is_page=builds)

    def _is_members(self, environ: dict[str, Any]) -> bool:
        cookies = environ.get("HTTP_COOKIE", "")
        return bool(cookies) and self._is_member(cookies)

    def _may_begin(self) -> bool:
        """In light mode one page at a time, and a rest after it. Who may begin holds the lock."""
        if time.monotonic() < self._next_build_at:
            return False
        return self._building.acquire(blocking=False)

    def _build(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        began = time.monotonic()
        try:
            if not self._budgets.takes(environ["REMOTE_ADDR"]):
                return self._refuse(429, environ, start_response)
            return self._app(environ, start_response)
        finally:
            ended = time.monotonic()
            self._next_build_at = ended + (ended - began) * (1 / BUILD_SHARE - 1)
            self._building.release()

    def _refuse(
        self, status: int, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        body = self._page(status)
        words, wait_s = (
            ("429 Too Many Requests", RETRY_AFTER_S)
            if status == 429
            else ("503 Service Unavailable", LIGHT_RETRY_S)
        )
        start_response(
            words,
            [
                ("Content-Type", "text/html; charset=utf-8"),
                ("Content-Length", str(len(body))),
                ("Retry-After", str(wait_s)),
                ("Cache-Control", "no-store"),
                ("Content-Security-Policy", CONTENT_POLICY),
                ("X-Content-Type-Options", "nosniff"),
            ],
        )
        return [b"" if environ["REQUEST_METHOD"] == "HEAD" else body]


def _is_file(environ: dict[str, Any]) -> bool:
    """Pictures come by the dozen with a page, and browsers keep them."""
    return bool(environ.get("PATH_INFO", "").startswith(FILES))


def _is_costly(environ: dict[str, Any]) -> bool:
    """Searches and pages far behind: what only crawlers ask for many of."""
    path = environ.get("PATH_INFO", "")
    if path.startswith("/search"):
        return True
    found = _PAGE_NUMBER.match(path)
    return found is not None and int(found[1] or found[2]) > DEEP_PAGE


def init_app(app: Flask, redis_url: str | None) -> None:
    """Put the guard before everything that has been wrapped around the application so far."""
    pages: dict[int, bytes] = {}

    def page(status: int) -> bytes:
        if status not in pages:
            template = app.jinja_env.get_template("errors/busy.html")
            pages[status] = template.render(status=status).encode()
        return pages[status]

    guard = LoadGuard(
        app.wsgi_app, cache=app.extensions.get("page_cache"), budgets=Budgets(redis_url),
        gauge=Gauge(), is_member=member_cookies(app), page=page,
    )  # fmt: skip
    app.extensions["load_guard"] = guard
    app.wsgi_app = guard  # type: ignore[method-assign]
