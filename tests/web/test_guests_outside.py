"""允许访问站点 taken from guests: the way in is all they see, whatever was kept for them."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from forum.core.cache import CacheName
from forum.core.passwords import hash_password
from forum.core.uow import unit_of_work
from forum.models import Group
from forum.policies.actor import GUEST_GROUP
from tests.acting import csrf_token, log_in
from tests.factories import FIRST_BOARD_ID, Forum

SECRET = "只给会员看的主题"
BOARD = "内部版块"
PASSWORD = "four plain words here"


@pytest.fixture
def thread_id(forum: Forum) -> int:
    return forum.thread(forum.member("李雷"), forum.board(BOARD), title=SECRET)


def shut(forum: Forum, may_visit: bool = False) -> None:
    with unit_of_work(forum.database) as uow:
        uow.session.get_one(Group, GUEST_GROUP).may_visit = may_visit
        uow.bump(CacheName.SITE)


def told(text: str) -> set[str]:
    """What a text tells of the forum's inside."""
    return {word for word in (SECRET, BOARD, "李雷") if word in text}


def paths(thread_id: int) -> list[str]:
    return [
        "/", f"/thread-{thread_id}-1-1.html", f"/thread-{thread_id}/print", "/forum-3-1.html",
        f"/forum-{FIRST_BOARD_ID}-1.html", "/index.rss", "/index.atom", "/forum-3.rss",
        "/sitemap.xml", "/sitemap-threads-1.xml", "/sitemap-boards.xml", "/guide/new", "/search?q=x",
        "/space-uid-2.html", "/avatar/2/drawn-small", "/darkroom", "/points/rules", "/banned",
        "/moderation-log", f"/forum.php?mod=viewthread&tid={thread_id}", "/archiver/", "/nowhere",
        f"/archiver/tid-{thread_id}.html", f"/viewthread.php?tid={thread_id}", "/settings",
        "/category-1.html", "/announcements/1", "/rss.php", "/admin/", "/moderation/",
    ]  # fmt: skip


def test_guests_are_led_to_the_login_from_everywhere(
    client: FlaskClient, forum: Forum, thread_id: int
) -> None:
    for path in paths(thread_id):
        client.get(path)  # now the pages kept for guests are there
    shut(forum)

    for path in paths(thread_id):
        for answer in (client.get(path), client.head(path)):
            assert answer.status_code == 303, path
            assert answer.location.startswith("/login"), path
            assert answer.headers["Cache-Control"] == "no-store"
            assert not told(answer.text)
    arrived = client.get(f"/thread-{thread_id}-1-1.html")
    assert arrived.location == f"/login?next=%2Fthread-{thread_id}-1-1.html"


def test_the_way_in_is_open_and_tells_nothing(
    client: FlaskClient, forum: Forum, thread_id: int
) -> None:
    shut(forum)

    for path in ("/login", "/register", "/lost-password", "/logout", "/robots.txt"):
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert not told(answer.text)
    assert client.get("/reset-password/nothing").status_code != 303


def test_guests_may_not_send_anything_either(
    client: FlaskClient, forum: Forum, thread_id: int
) -> None:
    shut(forum)
    token = csrf_token(client, "/login")

    for path in (f"/thread-{thread_id}/reply", f"/forum-{FIRST_BOARD_ID}/new", "/settings"):
        assert client.post(path, data={"csrf_token": token}).status_code == 403, path


def test_members_come_and_go_as_ever(client: FlaskClient, forum: Forum, thread_id: int) -> None:
    forum.member("王小明", password_hash=hash_password(PASSWORD))
    shut(forum)
    path = f"/thread-{thread_id}-1-1.html"
    data = {"csrf_token": csrf_token(client, "/login"), "name": "王小明", "password": PASSWORD}

    login = client.post("/login", data={**data, "next": path})

    assert (login.status_code, login.location) == (303, path)
    assert SECRET in client.get(path).text
    client.post("/logout", data={"csrf_token": csrf_token(client, "/settings")})
    assert client.get(path).status_code == 303


def test_a_cookie_that_means_nothing_opens_nothing(
    app: Flask, forum: Forum, thread_id: int
) -> None:
    shut(forum)
    client = app.test_client()
    log_in(client, forum, forum.member())
    with client.session_transaction() as session:
        session["_user_id"] = "made up"

    answer = client.get(f"/thread-{thread_id}-1-1.html")

    assert (answer.status_code, answer.location.partition("?")[0]) == (303, "/login")


def test_let_in_again_they_see_what_they_saw(
    client: FlaskClient, forum: Forum, thread_id: int
) -> None:
    shut(forum)
    client.get("/")
    shut(forum, may_visit=True)

    assert SECRET in client.get(f"/thread-{thread_id}-1-1.html").text
