"""Is a replica read from without anybody noticing that it comes behind? Its replay is stopped."""

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from sqlalchemy import event, text, update

from forum.core.cache import CacheName
from forum.core.config import Config, ConfigError, load_config
from forum.core.db import Database
from forum.core.replica import Replica
from forum.core.uow import unit_of_work
from forum.factory import create_app
from forum.http import replica as replica_reading
from forum.http.context import reader
from forum.models import Board, Member, Thread
from tests.acting import log_in, submit
from tests.factories import FIRST_BOARD_ID, Forum
from tests.scale.standby import Standby


@pytest.fixture
def app(config: Config, standby: Standby, database_url: str) -> Iterator[Flask]:
    app = create_app(replace(config, read_database_url=standby.address_of(database_url)))
    yield app
    app.extensions["database"].dispose()


def read_from_replica(app: Flask, path: str, client: FlaskClient | None = None) -> bool:
    """Ask, as a guest whose page is not in the cache or as a member; was the replica read?"""
    seen: list[dict[str, Any]] = []
    held = app.wsgi_app

    def record(environ, start_response):
        seen.append(environ)
        return held(environ, start_response)

    app.wsgi_app = record  # type: ignore[method-assign]
    (client or app.test_client()).get(path)
    app.wsgi_app = held  # type: ignore[method-assign]
    return replica_reading.SITE_VERSION in seen[0]


def retitle(database: Database, thread_id: int, title: str) -> None:
    with unit_of_work(database) as uow:
        uow.session.execute(
            update(Thread)
            .where(Thread.id == thread_id)
            .values(title=title, version=Thread.version + 1)
        )


def test_pages_are_read_from_the_replica(app: Flask, forum: Forum, standby: Standby) -> None:
    thread_id = forum.thread(replies=2)
    standby.catch_up()

    assert read_from_replica(app, f"/thread-{thread_id}-1-1.html")
    assert read_from_replica(app, "/")


def test_a_guest_sees_a_change_at_once_and_no_older_page_is_kept(
    app: Flask, forum: Forum, standby: Standby, database: Database
) -> None:
    thread_id = forum.thread(title="从前的标题")
    path = f"/thread-{thread_id}-1-1.html"
    standby.stand_still()

    before = app.test_client().get(path).text
    retitle(database, thread_id, "后来的标题")
    built, kept = (app.test_client().get(path).text for _ in range(2))

    assert "从前的标题" in before
    assert ("后来的标题" in built, "后来的标题" in kept) == (True, True)
    assert app.extensions["page_cache"].counts.hits == 1  # what is kept is the newer one


def test_a_page_comes_from_the_replica_again_once_that_has_followed(
    app: Flask, forum: Forum, standby: Standby, database: Database
) -> None:
    thread_id = forum.thread()
    path = f"/thread-{thread_id}-1-1.html"
    standby.stand_still()
    retitle(database, thread_id, "后来的标题")

    assert not read_from_replica(app, path)
    standby.catch_up()
    assert read_from_replica(app, path + "?order=newest")


def test_a_new_thread_is_found_before_the_replica_knows_it(
    app: Flask, forum: Forum, standby: Standby
) -> None:
    standby.stand_still()
    thread_id = forum.thread(title="全新的主题")

    answer = app.test_client().get(f"/thread-{thread_id}-1-1.html")

    assert answer.status_code == 200
    assert "全新的主题" in answer.text


def test_members_read_their_own_writes(app: Flask, forum: Forum, standby: Standby) -> None:
    member_id = forum.member()
    thread_id = forum.thread()
    client = app.test_client()
    log_in(client, forum, member_id)
    standby.catch_up()
    assert read_from_replica(app, "/space-uid-1.html", client)
    client.get("/")
    standby.stand_still()

    answer = submit(client, f"/thread-{thread_id}/reply", source="我来说两句：读得到自己的话。")

    assert answer.status_code == 303, answer.text
    assert "读得到自己的话" in client.get(answer.headers["Location"].partition("#")[0]).text
    assert not read_from_replica(app, "/space-uid-1.html", client)
    standby.catch_up()
    assert read_from_replica(app, "/space-uid-1.html", client)


def test_a_login_holds_before_the_replica_knows_it_and_ends_at_once(
    app: Flask, forum: Forum, standby: Standby, database: Database
) -> None:
    member_id = forum.member("李雷")
    standby.stand_still()
    client = app.test_client()
    log_in(client, forum, member_id)

    assert client.get("/favorites").status_code == 200
    with unit_of_work(database) as uow:
        uow.session.execute(text("DELETE FROM login_sessions"))
    assert client.get("/favorites").status_code == 403


def test_a_changed_right_holds_at_once(
    app: Flask, forum: Forum, standby: Standby, database: Database
) -> None:
    thread_id = forum.thread()
    path = f"/thread-{thread_id}-1-1.html"
    standby.stand_still()
    assert app.test_client().get(path).status_code == 200

    with unit_of_work(database) as uow:
        uow.session.execute(update(Board).where(Board.id == FIRST_BOARD_ID).values(is_hidden=True))
        uow.bump(CacheName.SITE)

    assert app.test_client().get(path).status_code == 404
    assert not read_from_replica(app, "/")  # rights of now never meet contents of then


def test_a_page_made_while_another_thread_learnt_of_a_new_site_is_made_again(
    app: Flask, forum: Forum, standby: Standby, database: Database
) -> None:
    """The race behind SecondLook: the replica was chosen at one version, the page says another."""
    path = f"/thread-{forum.thread()}-1-1.html"
    standby.stand_still()

    @app.before_request
    def meanwhile() -> None:
        reader()
        if not happened:
            g.pop("site", None)
            happened.append(True)
            with unit_of_work(database) as uow:
                uow.bump(CacheName.SITE)
            held: Database = app.extensions["database"]
            with held.read_session() as s:
                held.cache.refresh(s)

    happened: list[bool] = []

    assert not read_from_replica(app, path)
    assert happened


def test_a_replica_far_behind_is_left_alone(
    app: Flask, forum: Forum, standby: Standby, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("forum.core.replica.MOST_LAG_S", 0.05)
    monkeypatch.setattr("forum.core.replica.SAMPLE_EVERY_S", 0.01)
    member_id = forum.member()
    path = f"/space-uid-{member_id}.html?do=reply"  # no page cache holds it
    standby.stand_still()
    assert read_from_replica(app, path)

    with forum.database.write_engine.begin() as s:
        s.execute(text("UPDATE members SET post_count = 77"))
    for _ in range(10):
        app.test_client().get("/space-uid-1.html?do=reply")

    until_left_alone(app, path)
    standby.catch_up()
    assert read_from_replica(app, path)


def until_left_alone(app: Flask, path: str) -> None:
    for _ in range(100):
        if not read_from_replica(app, path):
            return
        time.sleep(0.02)
    raise AssertionError("an old replica is still read")


def test_the_forum_goes_on_when_the_replica_is_away(
    config: Config, forum: Forum, database_url: str, standby: Standby
) -> None:
    path = f"/thread-{forum.thread()}-1-1.html"
    nowhere = "postgresql+psycopg://postgres@127.0.0.1:1/nothing"
    app = create_app(replace(config, read_database_url=nowhere))

    assert [app.test_client().get(path).status_code for _ in range(2)] == [200, 200]
    app.extensions["database"].dispose()


def test_another_primary_is_not_taken_for_a_replica(
    config: Config, forum: Forum, database_url: str
) -> None:
    app = create_app(replace(config, read_database_url=database_url))

    assert not read_from_replica(app, "/")
    app.extensions["database"].dispose()


def test_a_member_costs_the_primary_a_statement_and_a_look(
    app: Flask, forum: Forum, standby: Standby
) -> None:
    """Who is asking, with the versions; whether the page still stands, beside. All else is the replica's."""
    thread_id, member_id = forum.thread(replies=12), forum.member()
    client = app.test_client()
    log_in(client, forum, member_id)
    standby.catch_up()
    for _ in range(2):
        client.get(f"/thread-{thread_id}-1-1.html")
    held: Database = app.extensions["database"]
    asked: list[str] = []

    def note(_conn, _cursor, statement, *_rest) -> None:
        asked.append(statement)

    event.listen(held.read_engine, "before_cursor_execute", note)
    client.get(f"/thread-{thread_id}-1-1.html")

    assert len(asked) == 1, asked


def test_only_postgresql_has_replicas(tmp_path) -> None:
    with pytest.raises(ConfigError, match="FORUM_READ_DATABASE_URL: only PostgreSQL"):
        load_config(
            {"FORUM_DATA_DIR": str(tmp_path), "FORUM_READ_DATABASE_URL": f"sqlite:///{tmp_path}/a"}
        )


def test_the_replica_cannot_be_written_to(app: Flask, forum: Forum, standby: Standby) -> None:
    replica = app.extensions["database"].replica
    assert isinstance(replica, Replica)
    standby.catch_up()

    with replica.engine.connect() as s, pytest.raises(Exception, match="read-only"):
        s.execute(update(Member).values(post_count=0))
