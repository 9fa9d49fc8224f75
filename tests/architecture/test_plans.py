"""Does any page or deed walk a table that grows? Every statement, explained by its database.

SQLite plans by rules, whatever the size, so its plans here are those of a million posts. PostgreSQL
plans by cost and would walk and sort a small table gladly: it is told not to (`PLANNERS`), and where it
still must, there is no index to use. An index read from end to end is a walk as well.

"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Flask
from sqlalchemy import Connection, event, func, select, update

from forum.commands.moderation import ACTIONS
from forum.core.cache import CacheName
from forum.core.clock import utc_now
from forum.core.db import Base, Database
from forum.core.uow import unit_of_work
from forum.models import (
    ModLogEntry,
    Notice,
    Post,
    PostComment,
    PostRating,
    PostState,
    Report,
    ReportEntry,
    TargetKind,
    Thread,
    ThreadState,
    ThreadType,
)
from tests.factories import FIRST_BOARD_ID, FOUNDER_ID, FOUNDER_PASSWORD, Forum
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
    "FROM tags LEFT OUTER JOIN tags AS tags_1 ON tags_1.id = tags.merged_into_id WHERE tags.is_closed": "those the staff changed, from an index over them alone; kept in the process",
    "ORDER BY tags.id DESC LIMIT": "administrators only; by key from the newest",
    "message_reports.handled_at IS NOT NULL": "by key from the newest, as far as the page; the higher staff only",
    "FROM board_moderators JOIN members": "PostgreSQL may begin with the members while they are few",
    "FROM appeals JOIN modlog": "PostgreSQL may hash the targets while they are few; SQLite has to ask its index",
    "(SELECT max(members.id) AS max_1 FROM members WHERE members.state !=": "by key from the newest, past accounts of an import that wait for their owners",
    "members.claimed_group_id IS NOT NULL ORDER BY": "staff of an import who wait for a founder, from an index over them alone",
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
    "modbatches.actor_id =": "the large actions of one moderator",
    "members.group_id IN": "ids of who is banned, from an index alone",
    ") AS mine JOIN modlog": "what moderators did to one member",
    "members.claimed_group_id IS NULL": "accounts of an import that wait for their owners",
    "members.last_address =": "accounts of one address",
    "members.claimed_group_id IS NOT NULL": "staff of an import who wait for a founder",
    "threads.title =": "threads one member opened in one board",
    "modlog_targets.target_id =": "what was done to one thread",
    "mail_tokens.member_id =": "letters one member asked for",
    "WHERE members.group_id =": "administrators only; PostgreSQL sorts the members of one group",
    "reports.state !=": "handled reports of a moderator's boards; moderators only",
}

PLANNED = ("SELECT", "WITH", "UPDATE", "DELETE")
OURS = {"Sec-Fetch-Site": "same-origin"}
STATES = ("", "&digest=1", "&type=1", "&within=604800", "&digest=1&type=1&within=86400")
ORDERS = ("last_post", "created", "replies", "views", "heat")

# What an action expects of a post, if not that it is there.
POST_STATES = {
    "post.approve": PostState.PENDING,
    "post.ignore": PostState.PENDING,
    "post.delete_pending": PostState.PENDING,
    "post.restore": PostState.RECYCLED,
}


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
        self, _connection: Connection, _cursor: Any, statement: str, values: Any, _context: Any, many: bool
    ) -> None:  # fmt: skip
        if statement.startswith(PLANNED) and statement not in self.statements:
            # Of many sets of values one is enough to explain it with.
            self.statements[statement] = values[0] if many else values
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

    _check(forum, backend, heard, at_least=200)


def test_no_deed_walks_or_sorts_a_table_that_grows(app: Flask, forum: Forum, backend: str) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    world = build(forum)
    long = _more(forum, world)
    deeds = list(_deeds(forum, world, long))
    heard = Heard({}, {})
    heard.listen(app.extensions["database"])

    refused: list[Any] = []
    for who, page, fields in deeds:
        heard.page = f"POST {page}"
        answer = visitor(app, forum, who).post(page, data=fields, headers=OURS)
        if mark := re.search(r'name="previewed"[^>]*value="([0-9a-f]+)"', answer.text):
            answer = visitor(app, forum, who).post(page, data={**fields, "previewed": mark[1]})
        errors = re.findall(r'class="form-errors".*?</div>', answer.text, re.DOTALL)
        if answer.status_code != 303:
            refused.append((page, answer.status_code, errors))

    assert not refused
    assert any(one.startswith("UPDATE") for one in heard.statements)
    _check(forum, backend, heard, at_least=150)


def _check(forum: Forum, backend: str, heard: Heard, *, at_least: int) -> None:
    explain = _walked_on_sqlite if backend == "sqlite" else _walked_on_postgresql
    found = []
    with forum.database.read_engine.connect() as connection:
        for statement, values in heard.statements.items():
            flat = re.sub(r"\s+", " ", statement)
            bad = list(explain(connection, statement, values))
            if bad:
                found.append(f"{heard.asked_by[statement]}\n  {flat}\n  {bad}")
    assert len(heard.statements) > at_least
    assert not found, "\n".join(found)


BAD = (
    "SELECT threads.id FROM threads WHERE threads.stamp = 'gone'",
    "SELECT count(*) FROM posts",
    "SELECT posts.id FROM posts WHERE posts.address = 'x' ORDER BY posts.id DESC LIMIT 5",
    "SELECT threads.id FROM threads WHERE threads.author_id = 1 ORDER BY threads.title LIMIT 5",
    "UPDATE threads SET view_count = 1 WHERE threads.stamp = 'gone'",
    "DELETE FROM posts WHERE posts.address = 'x'",
)
GOOD = (
    "SELECT threads.id FROM threads WHERE threads.author_id = 1 AND threads.state = 'visible' ORDER BY threads.id LIMIT 5",
    "SELECT posts.floor FROM posts WHERE posts.thread_id = 1 ORDER BY posts.floor LIMIT 5",
    "UPDATE threads SET view_count = 1 WHERE threads.id = 1",
    "DELETE FROM posts WHERE posts.thread_id = 1 AND posts.floor = 1",
)


def test_the_check_sees_walks_and_sorts(forum: Forum, backend: str) -> None:
    explain = _walked_on_sqlite if backend == "sqlite" else _walked_on_postgresql
    with forum.database.read_engine.connect() as connection:
        for statement in BAD:
            assert list(explain(connection, statement, ())), statement
        for statement in GOOD:
            assert not list(explain(connection, statement, ())), statement


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


def _deeds(
    forum: Forum, world: World, long: int
) -> Iterator[tuple[int | None, str, dict[str, Any]]]:
    """What members send most, then each action of moderators on one target: who, where, fields."""
    author, board = world.ids["member_id"], FIRST_BOARD_ID
    post, message = world.ids["post_id"], world.ids["message_id"]
    member, founder = world.members["member"], world.members["founder"]
    words = "写一些话，够长就行。"
    yield None, "/login", {"name": "founder", "password": FOUNDER_PASSWORD}
    yield member, f"/thread-{long}/reply", {"source": words}
    yield author, f"/forum-{board}/new", {"title": "新主题", "source": f"{words}@会员 你看"}
    yield author, f"/post-{post}/edit", {"source": f"{words}改过了。"}
    yield author, f"/post-{post}/edit", {"deletes": "y"}
    for _ in range(2):  # on and off
        yield member, f"/thread-{long}/favorite", {}
        yield member, f"/forum-{board}/favorite", {}
    yield member, f"/messages/{author}", {"source": words}
    yield member, f"/messages/{author}/read", {}
    yield member, f"/messages/{author}/{message}/report", {"reason": "spam", "text": ""}
    yield member, f"/messages/{author}/{message}/delete", {}
    yield member, f"/messages/{author}/delete", {}
    yield member, "/notices", {}
    with forum.read() as s:
        opening = s.get_one(Thread, long).first_post_id
    yield member, f"/post-{opening}/report", {"reason": "spam", "text": ""}
    yield member, "/settings", {"time_zone": "", "locale": "", "signature": "签名"}
    yield member, "/logout", {}
    for key, action in ACTIONS.items():
        if action.targets is TargetKind.NETWORK:
            continue  # nothing there grows
        yield founder, f"/moderation/do/{key}", _fields(forum, key, action.targets, author, long)
    with forum.read() as s:
        last = s.scalar(select(func.max(ModLogEntry.id)))
    yield founder, f"/moderation/undo/{last}", {}


def _fields(forum: Forum, key: str, targets: TargetKind, author: int, long: int) -> dict[str, Any]:
    """The form of an action on one target of its own."""
    state = (
        ThreadState.RECYCLED if key in ("thread.restore", "thread.purge") else ThreadState.VISIBLE
    )
    ended = {"group_id": 4, "former_group_id": 10} if key == "member.release" else {}
    replier = forum.member(f"回帖者{key}", **ended)
    thread = forum.thread(author, title=f"为了{key}", replies=3, repliers=(replier,), state=state)
    with unit_of_work(forum.database) as uow:
        reply = uow.session.scalars(
            update(Post)
            .where(Post.thread_id == thread, Post.floor == 2)
            .values(state=POST_STATES.get(key, PostState.VISIBLE))
            .returning(Post.id)
        ).one()
    ids = {TargetKind.THREAD: thread, TargetKind.POST: reply, TargetKind.MEMBER: replier}
    asked: dict[str, dict[str, Any]] = {
        "thread.move": {"board_id": FIRST_BOARD_ID + 1}, "thread.copy": {"board_id": FIRST_BOARD_ID + 1},
        "thread.merge": {"other_id": long}, "thread.split": {"floors": "2", "title": "新的"},
        "post.edit": {"source": "改过以后的内容，更清楚一些。"}, "thread.stick": {"level": "1"},
    }  # fmt: skip
    return {"ids": [ids[targets]], "reason": "理由", **asked.get(key, {})}


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


# What PostgreSQL must not do if it can do otherwise: nothing of tables, then nothing that may hide an index.
PLANNERS = (
    ("seqscan",),
    ("seqscan", "hashjoin", "mergejoin"),
    ("seqscan", "hashjoin", "mergejoin", "bitmapscan", "sort"),
)


def _walked_on_postgresql(connection: Connection, statement: str, values: Any) -> Iterator[str]:
    """What is wrong with its plan, if there is no right one."""
    bad: list[str] = []
    for forbidden in PLANNERS:
        for name in forbidden:
            connection.exec_driver_sql(f"SET enable_{name} = off")
        asked = f"EXPLAIN (FORMAT JSON, COSTS OFF) {statement}"
        (plan,) = connection.exec_driver_sql(asked, values).scalar_one()
        for name in forbidden:
            connection.exec_driver_sql(f"SET enable_{name} = on")
        found = list(_flaws(statement, plan["Plan"]))
        if not found:
            return
        bad = bad or found
    yield from bad


def _flaws(statement: str, plan: Any) -> Iterator[str]:
    for node, above in _nodes(plan, ()):
        if not _allowed(statement, WALKS) and _is_walk(node, above):
            yield _line(node)
        if node["Node Type"] == "Sort" and any(one["Node Type"] == "Limit" for one in above):
            source = _first_scan(node)
            if source is not None and not _allowed(statement, SORTS):
                yield f"Sort by {', '.join(node['Sort Key'])} ({_line(source)})"


def _nodes(node: Any, above: tuple[Any, ...]) -> Iterator[tuple[Any, tuple[Any, ...]]]:
    """Each node of a plan with those above it, the nearest last."""
    yield node, above
    for below in node.get("Plans", ()):
        yield from _nodes(below, (*above, node))


def _is_walk(node: Any, above: tuple[Any, ...]) -> bool:
    """Does it read a table that grows from one end, and not only as far as a LIMIT wants?"""
    kind, table = node["Node Type"], node.get("Relation Name", "")
    if kind == "Bitmap Index Scan":
        table = next(
            (one["Relation Name"] for one in reversed(above) if "Relation Name" in one), ""
        )
    if not _grows(table):
        return False
    if kind == "Seq Scan":
        return True
    if kind not in ("Index Scan", "Index Only Scan", "Bitmap Index Scan") or "Index Cond" in node:
        return False
    is_cut = bool(above) and above[-1]["Node Type"] == "Limit" and kind != "Bitmap Index Scan"
    return not is_cut or "Filter" in node


def _first_scan(sort: Any) -> Any:
    """What a sort takes its rows from, if that may be many: not cut, and not looked up by ids."""
    node = sort
    while "Plans" in node and "Relation Name" not in node:
        if node["Node Type"] in ("Limit", "Aggregate", "Group"):
            return None
        node = node["Plans"][0]
    condition = str(node.get("Index Cond") or node.get("Recheck Cond"))
    is_few = re.search(r"\bid = ", condition)
    return node if _grows(node.get("Relation Name", "")) and not is_few else None


def _line(node: Any) -> str:
    said = [f"{node['Node Type']} on {node.get('Relation Name', node.get('Index Name'))}"]
    for name in ("Index Name", "Index Cond", "Recheck Cond", "Filter"):
        if name in node:
            said.append(f"{name}: {node[name]}")
    return "; ".join(said)
