"""Which guest pages are ready to be sent? A cache before Flask that knows what each page depends on.

A view says `keep(viewed_thread=..., threads={id: version}, ...)` with the versions its first
statement read. The next guest gets the bytes as long as those versions stand and the page is not
older than a minute. The versions are asked of the database on every hit (on SQLite only when
anybody has committed since), so a new post or a changed right shows at once in every process.
Members, and anybody with one of our cookies, never come near it.
"""

import hashlib
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from flask import request
from werkzeug.http import parse_accept_header

from forum.core.db import Database
from forum.http.login import REMEMBER_COOKIE, SESSION_COOKIE
from forum.http.page_store import Entry, Headers, Keep, MemoryStore, encoded
from forum.http.page_versions import PageVersions, Versions

KEEP = "louceng.keep"
LONGEST_ACCEPT = 200
StartResponse = Callable[..., Any]
WsgiApp = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]


def keep(
    *,
    site: int,
    threads: dict[int, int] | None = None,
    boards: dict[int, int] | None = None,
    all_boards: int | None = None,
    members: dict[int, str] | None = None,
    viewed_thread: int | None = None,
    seen_board: int | None = None,
) -> None:
    """Let the next guests have this page. Call with versions read before what the page shows.

    :param all_boards: the sum of all boards' versions, for pages over the whole site.
    :param members: marks of members by id, see `mark_of_member`.
    """
    if request.method not in ("GET", "HEAD"):
        return
    versions = Versions(
        site=site,
        threads=tuple(sorted((threads or {}).items())),
        boards=tuple(sorted((boards or {}).items())),
        all_boards=all_boards,
        members=tuple(sorted((members or {}).items())),
    )
    request.environ[KEEP] = Keep(versions, viewed_thread, seen_board)


@dataclass
class Counts:
    """How the cache does, for the measures."""

    hits: int = 0
    misses: int = 0


class PageCache:
    """WSGI middleware around the application."""

    def __init__(
        self,
        app: WsgiApp,
        database: Database,
        *,
        on_hit: Callable[[dict[str, Any], Keep], None],
        is_banned: Callable[[str, int], bool],
        store: MemoryStore | None = None,
    ) -> None:
        self.app = app
        self.store = store or MemoryStore()
        self.counts = Counts()
        self._versions = PageVersions(database)
        self._on_hit = on_hit
        self._is_banned = is_banned

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD") or _is_known(environ):
            return self.app(environ, start_response)
        key = _key(environ)
        entry = self._standing(key)
        if entry is None:
            with self.store.alone(key):
                # Looked for once more by the first, too: the one before may have just been done.
                entry = self._standing(key)
                if entry is None:
                    return self._build(key, environ, start_response)
        if self._is_from_banned_network(environ):
            return self.app(environ, start_response)
        return self._send(key, entry, environ, start_response)

    def send_kept(
        self, environ: dict[str, Any], start_response: StartResponse, *, or_older: bool = False
    ) -> Iterable[bytes] | None:
        """Answer from the cache, or None where the page has to be built.

        :param or_older: content has changed since, up to a minute ago: that is good enough. Rights
            and settings must be as they are now all the same, and what a moderator takes away is gone.
        """
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD") or _is_known(environ):
            return None
        key = _key(environ)
        entry = self._young(key) if or_older else self._standing(key)
        if entry is None or self._is_from_banned_network(environ):
            return None
        return self._send(key, entry, environ, start_response)

    def _is_from_banned_network(self, environ: dict[str, Any]) -> bool:
        """Asked after the versions were: their answer says whether there are other bans now."""
        return self._is_banned(environ.get("REMOTE_ADDR", ""), self._versions.networks)

    def _send(
        self, key: str, entry: Entry, environ: dict[str, Any], start_response: StartResponse
    ) -> Iterable[bytes]:
        self.counts.hits += 1
        self._on_hit(environ, entry.kept)
        return self._answer(key, entry, environ, start_response)

    def _answer(
        self, key: str, entry: Entry, environ: dict[str, Any], start_response: StartResponse
    ) -> Iterable[bytes]:
        encoding = _encoding(environ)
        etag = f'"{entry.etag}{"-" + encoding if encoding else ""}"'
        headers = [*entry.headers, ("ETag", etag), ("Vary", "Accept-Encoding")]
        if etag in environ.get("HTTP_IF_NONE_MATCH", ""):
            start_response("304 Not Modified", headers)
            return [b""]
        is_new = encoding not in entry.bodies
        body = entry.body(encoding)
        if is_new:
            self.store.recount(key, entry)
        if encoding:
            headers.append(("Content-Encoding", encoding))
        headers.append(("Content-Length", str(len(body))))
        start_response("200 OK", headers)
        return [b"" if environ["REQUEST_METHOD"] == "HEAD" else body]

    def _young(self, key: str) -> Entry | None:
        """The entry, if it is not older than a minute, rights and settings are what they were, and no moderator has done anything since."""
        entry = self.store.get(key)
        if entry is None or not entry.is_young:
            return None
        asked = Versions(site=entry.kept.versions.site, deed=entry.deed)
        return entry if self._versions.stand(asked) else None

    def _standing(self, key: str) -> Entry | None:
        """The entry, if it is young and nothing it depends on has changed."""
        entry = self.store.get(key)
        if entry is None:
            return None
        if not entry.is_young:
            self.store.drop(key)
            return None
        changed_at = self._versions.changed_at()
        if changed_at is not None and changed_at == entry.checked_at:
            return entry
        if not self._versions.stand(entry.kept.versions):
            self.store.drop(key)
            return None
        if changed_at is not None:
            entry.checked_at = changed_at
        return entry

    def _build(
        self, key: str, environ: dict[str, Any], start_response: StartResponse
    ) -> Iterable[bytes]:
        self.counts.misses += 1
        answered: list[Any] = []

        def remember(status: str, headers: Headers, exc_info: Any = None) -> Any:
            answered[:] = [status, headers]
            return start_response(status, headers, exc_info) if exc_info else None

        wanted, deed = environ["REQUEST_METHOD"], self._versions.newest_deed()
        parts = self.app(environ, remember)
        try:
            body = b"".join(parts)
        finally:
            close = getattr(parts, "close", None)
            if close is not None:
                close()
        status, headers = answered
        kept: Keep | None = environ.get(KEEP)
        if kept is None or wanted != "GET" or not status.startswith("200") or _is_private(headers):
            if kept is None or wanted == "GET":
                self.store.pass_on(key)
            start_response(status, headers)
            return [body]
        encoding = _encoding(environ)
        entry = Entry(
            headers=[
                (name, value)
                for name, value in headers
                if name.lower() not in ("content-length", "etag", "vary", "date")
            ],
            bodies={encoding: encoded(body, encoding)},
            etag=hashlib.blake2b(body, digest_size=12).hexdigest(),
            kept=kept,
            built_at=time.time(),
            deed=deed,
        )
        self.store.put(key, entry)
        return self._answer(key, entry, environ, start_response)


def _is_known(environ: dict[str, Any]) -> bool:
    # Our names anywhere in there, or it would take a parser; nobody else's cookie holds them.
    cookies = environ.get("HTTP_COOKIE", "")
    return SESSION_COOKIE in cookies or REMEMBER_COOKIE in cookies


def _key(environ: dict[str, Any]) -> str:
    return "\n".join(
        (
            environ.get("wsgi.url_scheme", "http"),
            environ.get("HTTP_HOST", ""),
            environ.get("PATH_INFO", "/"),
            environ.get("QUERY_STRING", ""),
        )
    )


def _is_private(headers: Headers) -> bool:
    for name, value in headers:
        lowered = name.lower()
        if lowered == "set-cookie" or (lowered == "vary" and "cookie" in value.lower()):
            return True
        if lowered == "cache-control" and ("no-store" in value or "private" in value):
            return True
    return False


def _encoding(environ: dict[str, Any]) -> str:
    accepted = environ.get("HTTP_ACCEPT_ENCODING", "")
    return _best_encoding(accepted) if len(accepted) <= LONGEST_ACCEPT else ""


@lru_cache(maxsize=256)  # browsers send a handful
def _best_encoding(accepted: str) -> str:
    taken = parse_accept_header(accepted)
    return next((name for name in ("br", "gzip") if taken.quality(name) > 0), "")
