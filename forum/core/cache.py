"""What is read by all and changed by few: kept in the process, checked against versions.

Processes share no memory. A row of `cache_versions` counts the changes under a name; whoever
changes something bumps it in the same transaction, and every process notices at its next request.
"""

import enum
import json
import sqlite3
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import Text, literal_column, text
from sqlalchemy.orm import Session

T = TypeVar("T")
_KNOWN = "cache_versions"  # in a session's info: what it learnt
MOMENT = "moment"  # in a session's info: what was read since the last commit (core/reading.py)

_READ_VERSIONS = text("SELECT name, value FROM cache_versions")
# All of them as one column, for a statement that is asked at the start anyway: PostgreSQL only.
VERSIONS = literal_column("(SELECT json_object_agg(name, value)::text FROM cache_versions)", Text)
_BUMP = text(
    "INSERT INTO cache_versions (name, value) VALUES (:name, 1) "
    "ON CONFLICT (name) DO UPDATE SET value = cache_versions.value + 1"
)


class CacheName(enum.StrEnum):
    """The names things are cached under."""

    WORDS = "words"  # the word filter's list
    SITE = "site"  # settings, groups, boards, moderators, point kinds, announcements, links
    NETWORKS = "networks"  # banned ones
    TAGS = "tags"  # those the staff closed or merged


def bump_version(session: Session, name: CacheName) -> None:
    """Count one change under `name`, inside the caller's transaction."""
    session.execute(_BUMP, {"name": name.value})


class VersionedCache:
    """Values built once per version. One instance per Database, safe between threads.

    On SQLite `PRAGMA data_version` on a connection of its own tells, without a statement on the
    page's connection, whether anybody has committed since; only then the versions are read again.
    On PostgreSQL the versions are read once a request: beside the login of a member (`VERSIONS`), or
    by a statement of their own.
    """

    def __init__(self, sqlite_path: str | None) -> None:
        self._values: dict[str, tuple[int, Any]] = {}
        self._versions: dict[str, int] = {}
        self._lock = threading.Lock()
        # SQLite's count, the versions as of then, and what has been read since. Set as one: of two
        # threads the slower may have seen less.
        self._latest: tuple[int, dict[str, int], dict[Any, Any]] = (-1, {}, {})
        self._told: tuple[str | None, dict[str, int]] = (None, {})  # the latest VERSIONS, read
        self._sqlite_path = sqlite_path
        self._watch: sqlite3.Connection | None = None

    def refresh(self, session: Session) -> None:
        """Learn the current versions. Call at the start of each request or job."""
        if self._sqlite_path:
            data_version = self._data_version(self._sqlite_path)
            latest = self._latest
            if data_version != latest[0]:
                versions = {row.name: row.value for row in session.execute(_READ_VERSIONS)}
                self._latest = latest = (data_version, versions, {})
            self._versions = session.info[_KNOWN] = latest[1]
            session.info[MOMENT] = latest[2]
            return
        versions = {row.name: row.value for row in session.execute(_READ_VERSIONS)}
        self._versions = session.info[_KNOWN] = versions

    def stands(self, moment: dict[Any, Any]) -> bool:
        """Has nobody committed since this moment, up to now?"""
        latest = self._latest
        path = self._sqlite_path
        return path is not None and latest[2] is moment and self._data_version(path) == latest[0]

    def learn(self, session: Session, versions: str | None) -> None:
        """Take what another statement of this session has just read as `VERSIONS`."""
        told, known = self._told
        if told != versions:
            known = json.loads(versions) if versions else {}
            self._told = versions, known
        self._versions = session.info[_KNOWN] = known

    def _data_version(self, path: str) -> int:
        with self._lock:
            if self._watch is None:
                self._watch = sqlite3.connect(path, check_same_thread=False)
                self._latest = (-1, {}, {})  # another connection counts for itself
            (version,) = self._watch.execute("PRAGMA data_version").fetchone()
        return int(version)

    def version(self, name: CacheName, session: Session | None = None) -> int:
        """The version last learnt, by the session where one is given; 0 before the first change."""
        versions = session.info.get(_KNOWN, self._versions) if session else self._versions
        return int(versions.get(name.value, 0))

    def get(self, name: CacheName, build: Callable[[], T], session: Session | None = None) -> T:
        """The value at the current version, built when it is not there yet.

        :param session: what `build` reads with. It may see an older moment than the one another
            thread has learnt of since: what it reads must not be kept under the newer version.
        """
        version = self.version(name, session)
        held = self._values.get(name.value)
        if held is not None and held[0] == version:
            value: T = held[1]
            return value
        value = build()
        self._values[name.value] = (version, value)
        return value

    def close(self) -> None:
        """Close the connection; the next look opens it again."""
        with self._lock:
            watch, self._watch = self._watch, None
        if watch is not None:
            watch.close()
