"""Does any page walk a table that grows? Every statement of every page, explained by its database.

SQLite plans by rules, whatever the size, so its plans here are those of a million posts. PostgreSQL
plans by cost and would walk a small table gladly: it is told not to (`enable_seqscan`), and where it
still must, there is no index to use.

"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Flask
from sqlalchemy import Connection, event, select

from forum.core.cache import CacheName
from forum.core.clock import utc_now
from forum.core.db import Base, Database
from forum.core.uow import unit_of_work
from forum.models import (
    Notice,
    Post,
    PostComment,
    PostRating,
    Report,
    ReportEntry,
    ThreadState,
    ThreadType,
)
from tests.factories import FIRST_BOARD_ID, FOUNDER_ID, Forum
from tests.walking import World, build, rules, visitor

# Tables that stay small, and why. All others grow.
SMALL = {
    "announcements": "the administrators' own",
    "board_moderators": "a few for each board",
    "board_permissions": "boards times groups",
    "boards": "the administrators' own; the snapshot holds them all",
    "cache_versions": "one for each kind of cache",
    "friend_links": "the administrators' own",
    "group_permissions": "groups times keys",
    "groups": "the administrators' own",
    "network_bans": "the administrators' own; the snapshot holds them all",
    "online_records": "one row",
    "point_kinds": "eight at most",
    "point_rule_settings": "boards times rules",
    "settings": "one for each section",
    "thread_types": "a few for each board",
    "words": "the administrators' own list, read as a whole by the filter anyway",
}
# Walks that may be: part of the statement, and why.
WALKS = {
    "count(*) AS count_1 FROM members WHERE members.state !=": "once an hour and process, then only who is new",
    "GROUP BY members.group_id": "administrators only; along an index alone",
    "(SELECT count(*) AS count_1 FROM members) AS": "administrators only; along an index alone",
    "SELECT count(*) AS count_1 FROM members": "administrators only; the pager of the whole list",
    "FROM members ORDER BY members.id DESC LIMIT": "by key from the newest, as far as the page",
    "members.name_key LIKE": "administrators only; by key from the newest",
    "modbatches.actor_id ORDER BY modbatches.id DESC LIMIT": "administrators only; by key from the newest",
    "FROM admin_log ORDER BY admin_log.id DESC LIMIT": "by key from the newest, as far as the page",
    "modlog.board_id IS NULL AND modlog.target_kind": "by key from the newest; moderators only",
    "WHERE tags.is_closed = 1 OR tags.merged_into_id": "those the staff changed, from an index over them alone; kept in the process",
    "ORDER BY tags.id DESC LIMIT": "administrators only; by key from the newest",
    "message_reports.handled_at IS NOT NULL": "by key from the newest, as far as the page; the higher staff only",
    "FROM appeals JOIN modlog": "PostgreSQL may hash the targets while they are few; SQLite has to ask its index",
    "search_index MATCH": "what SQLite calls the scan of a virtual table is its index",
}
# Sorts of rows that an index does not bring in order, and why they stay few.
SORTS = {
    "FROM online_visits JOIN members": "who is online now",
    "threads.sticky_level BETWEEN": "sticky threads of a board",
    "threads.digest_level > 0": "精华 are few: an index holds them alone",
    "threads.last_post_at >=": "a window of time, three months at most",
    "threads.type_id =": "one type of one board in an order that is not the usual one",
    "board_visits.member_id =": "boards one member visited",
    "favorites.member_id =": "one member's favorites",
    "login_sessions.member_id =": "one member's sessions",
    "anon_1 ORDER BY": "two runs of one page each",
    "FROM boards": "boards do not grow",
    "members.group_id IN": "ids of who is banned, from an index alone",
    ") AS mine JOIN modlog": "what moderators did to one member",
    "members.claimed_group_id IS NULL": "accounts of an import that wait for their owners",
    "members.last_address =": "accounts of one address",
    "members.claimed_group_id IS NOT NULL": "staff of an import who wait for a founder",
    "reports.state !=": "handled reports of a moderator's boards; moderators only",
}

STATES = ("", "&digest=1", "&type=1", "&within=604800", "&digest=1&type=1&within=86400")
ORDERS = ("last_post", "created", "replies", "views", "heat")


@dataclass
class Heard:
    """The statements of the pages: each with parameters to explain it with, and who asked."""

    statements: dict[str, Any]
    asked_by: dict[str, str]
    page: str = ""

    def listen(self, database: Database) -> None:
        for engine in (database.read_engine, database.write_engine):
            event.listen(engine, "before_cursor_execute", self._hear)

    def _hear(
        self, _connection: Connection, _cursor: Any, statement: str, values: Any, _context: Any, _many: bool
    ) -> None:  # fmt: skip
        if statement.startswith(("SELECT", "WITH")) and statement not in self.statements:
            self.statements[statement] = values
            self.asked_by[statement] = self.page


def test_no_page_walks_or_sorts_a_table_that_grows(app: Flask, forum: Forum, backend: str) -> None:
    world = build(forum)
    long = _more(forum, world)
    heard = Heard({}, {})
    heard.listen(app.extensions["database"])

    for persona in ("guest", "member", "moderator", "founder"):
        client = visitor(app, forum, world.members[persona])
        for page in _pages(app, world, long):
            heard.page = f"{page} ({persona})"
            with client.get(page) as answer:
                assert answer.status_code < 500, heard.page

    explain = _walked_on_sqlite if backend == "sqlite" else _walked_on_postgresql
    found = []
    with forum.database.read_engine.connect() as connection:
        for statement, values in heard.statements.items():
            flat = re.sub(r"\s+", " ", statement)
            bad = list(explain(connection, statement, values))
            if bad:
                found.append(f"{heard.asked_by[statement]}\n  {flat}\n  {bad}")
    assert len(heard.statements) > 200
    assert not found, "\n".join(found)


def test_the_check_sees_a_walk_and_a_sort(forum: Forum, backend: str) -> None:
    explain = _walked_on_sqlite if backend == "sqlite" else _walked_on_postgresql
    no_index = "SELECT threads.id FROM threads WHERE threads.stamp = 'gone'"
    no_order = (
        "SELECT threads.id FROM threads WHERE threads.author_id = 1 ORDER BY threads.title LIMIT 5"
    )
    by_index = (
        "SELECT threads.id FROM threads WHERE threads.state = 'visible' ORDER BY threads.id LIMIT 5"
    )
    with forum.database.read_engine.connect() as connection:
        assert list(explain(connection, no_index, ()))
        assert bool(list(explain(connection, no_order, ()))) == (backend == "sqlite")
        assert not list(explain(connection, by_index, ()))


def test_every_exempt_table_is_one(forum: Forum) -> None:
    assert set(SMALL) <= set(Base.metadata.tables)


def _more(forum: Forum, world: World) -> int:
    """Pages two and more, types, digests, pointers, ratings, comments, reports, notices."""
    author = world.ids["member_id"]
    with unit_of_work(forum.database) as uow:
        uow.session.add(ThreadType(id=1, board_id=FIRST_BOARD_ID, name="求助", position=1))
        uow.bump(CacheName.SITE)
    for index in range(45):
        forum.thread(
            author, title=f"主题{index}", at=utc_now() - timedelta(hours=index),
            type_id=1 if index % 3 == 0 else None, digest_level=index % 2,
            sticky_level=1 if index == 7 else 0,
        )  # fmt: skip
    long = forum.thread(author, title="长主题", replies=45, repliers=(author, FOUNDER_ID))
    forum.thread(author, title="搬走了", state=ThreadState.REDIRECT, moved_to_id=long)
    with unit_of_work(forum.database) as uow:
        s = uow.session
        posts = s.scalars(select(Post).where(Post.thread_id == long, Post.floor < 5)).all()
        posts[1].is_sticky = True
        for post in posts:
            now = uow.now
            s.add(PostComment(post_id=post.id, author_id=author, author_name="作者", body="好", created_at=now))  # fmt: skip
            s.add(PostRating(post_id=post.id, rater_id=author, rater_name="作者", amounts={"2": 1}, created_at=now))  # fmt: skip
        report = Report(post_id=posts[2].id, board_id=FIRST_BOARD_ID, created_at=uow.now)
        s.add(report)
        s.flush()  # report.id
        s.add(ReportEntry(report_id=report.id, reporter_id=author, reason="广告", created_at=uow.now))  # fmt: skip
        for member_id in world.members.values():
            if member_id is not None:
                s.add(Notice(member_id=member_id, kind="post.quoted", actor_id=author, actor_name="作者", thread_id=long, post_id=posts[1].id, data={}, created_at=uow.now))  # fmt: skip
    return long


def _pages(app: Flask, world: World, long: int) -> Iterator[str]:
    author, board = world.ids["member_id"], FIRST_BOARD_ID
    for rule in rules(app):
        yield world.address(rule)
    for page in (1, 2, 3):
        yield f"/forum-{board}-{page}.html"
    for order in ORDERS:
        for narrowed in STATES:
            yield f"/forum-{board}-1.html?order={order}{narrowed}"
    for page in (1, 3, 5):
        for asked in ("", "?order=newest", f"?author={author}"):
            yield f"/thread-{long}-{page}-1.html{asked}"
    for view in ("hot", "digest", "new", "newthread", "sofa"):
        yield f"/guide/{view}"
        yield f"/guide/{view}?after=1600000000000000-5"
        yield f"/guide/{view}?rss=1"
    for asked in ("", "?do=reply", "?state=pending", "?do=reply&state=pending"):
        yield f"/guide/my{asked}"
    for asked in ("do=thread", "do=thread&before=40", "do=reply", "do=reply&before=90"):
        yield f"/space-uid-{author}.html?{asked}"
    for asked in (
        "q=论坛", "q=旧笔记本", "q=路过看看&kind=posts&order=replies", "q=路&kind=posts",
        "q=路过看看&kind=posts&author=作者",
    ):  # fmt: skip
        yield f"/search?{asked}"
    for asked in ("messages?before=999", f"messages/{author}?before=999", "messages/new?to=作者"):
        yield f"/{asked}"
    for asked in ("notices?part=system", "notices?before=5", "points?before=100", "points?kind=1"):
        yield f"/{asked}"
    for asked in (
        "log?board=2", "log?actor=5", f"log?member={author}", f"log?thread={long}", "log?before=9",
        "queue?kind=thread", "queue?board=2", "queue?state=ignored", "reports?state=handled", "message-reports?state=handled", "message-reports?beyond=9",
        "recycle-bin?board=2", "recycle-bin?before=9", "appeals?state=answered",
        "recycle-bin/replies?board=2", "recycle-bin/replies?before=9", "members?state=banned",
        "members?state=locked", "members?state=muted&before=9", "batches?before=9",
        "log?by=作者&of=会员", "log?by=作者&of=无名氏",
    ):  # fmt: skip
        yield f"/moderation/{asked}"
    for asked in ("tags?q=旧", "tags?state=closed", "tags?state=merged&before=9"):
        yield f"/admin/{asked}"
    yield f"/tag/旧物?before={long}"
    for asked in ("log?before=9", "members?q=作者", "members?group=10", "members?state=locked"):
        yield f"/admin/{asked}"


def _grows(name: str) -> bool:
    return name in Base.metadata.tables and name not in SMALL


def _allowed(statement: str, reasons: Iterable[str]) -> bool:
    flat = re.sub(r"\s+", " ", statement)
    return any(part in flat for part in reasons)


def _walked_on_sqlite(connection: Connection, statement: str, values: Any) -> Iterator[str]:
    plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
    aliases = {alias: table for table, alias in re.findall(r"(\w+) AS (\w+)", statement)}
    loops: dict[int, list[str]] = {}
    for _id, parent, _unused, line in plan:
        words = line.split()
        if words[0] in ("SCAN", "SEARCH"):
            loops.setdefault(parent, []).append(line)
        if words[0] == "SCAN":
            table = aliases.get(words[1], words[1])
            if _grows(table) and not _allowed(statement, WALKS):
                yield line
        # What comes sorted out of a subquery that was cut, or by its ids, is few.
        if line.startswith("USE TEMP B-TREE FOR") and "ORDER BY" in line and "LIMIT" in statement:
            first = (loops.get(parent) or [""])[0]
            table = first.split()[1] if first else ""
            is_few = bool(re.search(r"\b(rowid|id)=\?", first))
            if _grows(aliases.get(table, table)) and not is_few and not _allowed(statement, SORTS):
                yield f"{line} ({first})"


def _walked_on_postgresql(connection: Connection, statement: str, values: Any) -> Iterator[str]:
    connection.exec_driver_sql("SET enable_seqscan = off")
    for (line,) in connection.exec_driver_sql(f"EXPLAIN {statement}", values):
        found = re.search(r"Seq Scan on (\w+)", line)
        if found and _grows(found[1]) and not _allowed(statement, WALKS):
            yield line.strip()
