"""Do the versions a cached page was made from still stand? One small question to the database."""

import sqlite3
import threading
from dataclasses import dataclass
from typing import Any

import psycopg
from sqlalchemy import text
from sqlalchemy.orm import Session

from forum.core.db import Database

# What others see of a member, in one value. Members have no version: too much of them changes with
# every post, and nothing but their own page asks.
_MEMBER = "(SELECT " + " || '|' || ".join((  # noqa: S608  no word of it comes from outside
    *(
        f"coalesce(CAST({column} AS TEXT), '')"
        for column in (
            "name", "avatar", "state", "group_id", "group_until", "former_group_id",
            "shown_group_title", "shown_stars", "custom_title", "total", "thread_count", "post_count",
            "digest_count", "counts_are_approximate", "is_invisible", "last_post_at",
        )
    ),
    "(SELECT coalesce(CAST(sum(amount) AS TEXT), '') || '/'"
    " || coalesce(CAST(sum(amount * kind_id) AS TEXT), '')"
    " FROM member_points WHERE member_id = members.id)",
)) + " FROM members WHERE id = "  # fmt: skip
# The newest entry of the moderators' log, but for what members do at will and what hides nothing. Ids
# are given in the order of commits.
_NEWEST_DEED = (
    "coalesce((SELECT id FROM modlog WHERE action NOT IN ('post.pin', 'post.hold')"
    " ORDER BY id DESC LIMIT 1), 0)"
)
_MARK_OF_MEMBER = text(f"SELECT {_MEMBER}:member_id)")


def mark_of_member(s: Session, member_id: int) -> str:
    """What others see of a member now, as `Versions.members` compares it. One statement."""
    return s.scalar(_MARK_OF_MEMBER, {"member_id": member_id}) or ""


@dataclass(frozen=True)
class Versions:
    """The versions a page was made from: of the site, of threads and boards by id, of all boards.

    `members`: marks of members by id, see `mark_of_member`.
    """

    site: int
    threads: tuple[tuple[int, int], ...] = ()
    boards: tuple[tuple[int, int], ...] = ()
    all_boards: int | None = None
    members: tuple[tuple[int, str], ...] = ()
    deed: int | None = None  # the newest of moderators (`PageVersions.newest_deed`)

    def question(self, mark: str) -> tuple[str, list[Any], list[Any]]:
        """The statement, its parameters and the answers that mean "nothing has changed".

        One answer more comes last: the version of the banned networks, no page's business.

        :param mark: the driver's parameter mark, "?" or "%s".
        """
        parts = ["coalesce((SELECT value FROM cache_versions WHERE name = 'site'), 0)"]
        expected: list[Any] = [self.site]
        parameters: list[Any] = []
        for table, pairs in (("threads", self.threads), ("boards", self.boards)):
            for row_id, version in pairs:
                parts.append(f"(SELECT version FROM {table} WHERE id = {mark})")  # noqa: S608
                parameters.append(row_id)
                expected.append(version)
        for member_id, shown in self.members:
            parts.append(f"{_MEMBER}{mark})")
            parameters.append(member_id)
            expected.append(shown)
        if self.all_boards is not None:
            parts.append("(SELECT coalesce(sum(version), 0) FROM boards)")
            expected.append(self.all_boards)
        if self.deed is not None:
            parts.append(_NEWEST_DEED)
            expected.append(self.deed)
        parts.append("coalesce((SELECT value FROM cache_versions WHERE name = 'networks'), 0)")
        return "SELECT " + ", ".join(parts), parameters, expected


class PageVersions:
    """Asks, on connections of its own that never write."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._local = threading.local()
        self._lock = threading.Lock()
        self._watch: sqlite3.Connection | None = None
        self._opened: set[psycopg.Connection[Any]] = set()
        self.networks = 0  # the version of the banned networks, as of the last question
        database.closing.append(self.close)

    def changed_at(self) -> int | None:
        """SQLite's count of commits by anybody, or None where there is no such count."""
        if not self._database.is_sqlite:
            return None
        with self._lock:
            found: tuple[int] = self._watching().execute("PRAGMA data_version").fetchone()
        return found[0]

    def _watching(self) -> sqlite3.Connection:
        """Opened by the first page, so after any fork: SQLite forbids to carry a file over."""
        if self._watch is None:
            self._watch = sqlite3.connect(
                str(self._database.url.database), check_same_thread=False, isolation_level=None
            )
        return self._watch

    def stand(self, versions: Versions) -> bool:
        """Are all of them as they were? One statement."""
        if self._database.is_sqlite:
            statement, parameters, expected = versions.question("?")
            with self._lock:
                row = self._watching().execute(statement, parameters).fetchone()
        else:
            statement, parameters, expected = versions.question("%s")
            row = self._ask(statement, parameters)
        self.networks = max(self.networks, int(row[-1]))
        return list(row[:-1]) == expected

    def newest_deed(self) -> int:
        """The id of what moderators did last. Ask before a page is built. One statement."""
        statement = f"SELECT {_NEWEST_DEED}"
        if self._database.is_sqlite:
            with self._lock:
                row = self._watching().execute(statement).fetchone()
        else:
            row = self._ask(statement, [])
        return int(row[0])

    def _ask(self, statement: str, parameters: list[Any]) -> Any:
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            try:
                return connection.execute(statement, parameters).fetchone()
            except psycopg.OperationalError:  # the server was restarted
                connection.close()
                self._opened.discard(connection)
        url = self._database.url.set(drivername="postgresql").render_as_string(hide_password=False)
        connection = self._local.connection = psycopg.connect(url, autocommit=True)
        self._opened.add(connection)
        return connection.execute(statement, parameters).fetchone()

    def close(self) -> None:
        """Close what was opened, in whatever thread."""
        if self._watch is not None:
            self._watch.close()
        while self._opened:
            self._opened.pop().close()
