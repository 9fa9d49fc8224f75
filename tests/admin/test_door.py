"""Who gets into the control panel, and how often is the password asked for?"""

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from forum.core.clock import utc_now
from forum.core.passwords import hash_password
from forum.core.uow import unit_of_work
from forum.models import LoginSession, Setting
from tests.acting import csrf_token, log_in
from tests.admin.conftest import Panel, enter
from tests.factories import FOUNDER_ID, FOUNDER_PASSWORD, Forum

VALUES = {
    "board_id": "2", "member_id": "1", "group_id": "11", "announcement_id": "1", "link_id": "1",
    "kind_id": "3",
}  # fmt: skip


def admin_paths(app: Flask) -> list[tuple[str, set[str]]]:
    return [
        (
            re.sub(r"<[^>]*?(\w+)>", lambda found: VALUES[found[1]], rule.rule),
            (rule.methods or set()) & {"GET", "POST"},
        )
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/admin/")
    ]


def test_every_address_of_the_panel_hangs_on_a_page(app: Flask) -> None:
    from forum.admin.registry import OWNERS, PAGES

    endpoints = {
        rule.endpoint for rule in app.url_map.iter_rules() if rule.endpoint.startswith("admin.")
    }
    assert endpoints - set(OWNERS) == {"admin.enter", "admin.enter_now"}
    assert {page.key for page in OWNERS.values()} == set(PAGES)


def test_guests_are_led_to_the_login_and_cannot_post(app: Flask, client: FlaskClient) -> None:
    token = csrf_token(client)
    for path, methods in admin_paths(app):
        if "GET" in methods:
            answer = client.get(path)
            assert (answer.status_code, answer.location.partition("?")[0]) == (303, "/login"), path
        if "POST" in methods:
            assert client.post(path, data={"csrf_token": token}).status_code == 403, path


@pytest.mark.parametrize("who", ["member", "moderator", "super moderator"])
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_nobody_below_an_administrator_gets_in(
    app: Flask, client: FlaskClient, forum: Forum, who: str
) -> None:
    member_id = {
        "member": lambda: forum.member(),
        "moderator": lambda: forum.moderator(2),
        "super moderator": lambda: forum.member(group_id=2),
    }[who]()
    enter(client, forum, member_id)  # even with a panel that was opened somehow
    token = csrf_token(client, "/settings")

    for path, methods in admin_paths(app):
        for method in methods:
            answer = client.open(path, method=method, data={"csrf_token": token})
            assert answer.status_code == 403, (method, path)
    assert "只有管理员可以进入管理中心" in client.get("/admin/").text


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_every_post_needs_a_token(app: Flask, panel: Panel) -> None:
    for path, methods in admin_paths(app):
        if "POST" in methods:
            answer = panel.client.post(path, data={"name": "x"})
            assert answer.status_code == 400, path


def test_the_panel_asks_for_the_password_and_leads_back(
    client: FlaskClient, founded: Forum
) -> None:
    log_in(client, founded, FOUNDER_ID)

    asked = client.get("/admin/boards?x=1")
    assert (asked.status_code, asked.location) == (
        303,
        "/admin/enter?next=%2Fadmin%2Fboards%3Fx%3D1",
    )
    token = csrf_token(client, asked.location)
    wrong = client.post("/admin/enter", data={"csrf_token": token, "panel_password": "no"})
    assert wrong.status_code == 422
    assert "密码" in wrong.text
    right = client.post(
        "/admin/enter",
        data={
            "csrf_token": token,
            "panel_password": FOUNDER_PASSWORD,
            "next": "/admin/boards?x=1",
        },
    )
    assert (right.status_code, right.location) == (303, "/admin/boards?x=1")
    assert client.get("/admin/boards").status_code == 200


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "next_path", ["https://evil.example/", "//evil.example", "/admin/../x\\", "/"]
)
def test_the_way_back_stays_in_the_panel(
    client: FlaskClient, founded: Forum, next_path: str
) -> None:
    log_in(client, founded, FOUNDER_ID)
    token = csrf_token(client, "/admin/enter")

    answer = client.post(
        "/admin/enter",
        data={"csrf_token": token, "panel_password": FOUNDER_PASSWORD, "next": next_path},
    )

    assert answer.location == "/admin/"


def test_the_panel_shuts_after_a_while_and_keeps_what_was_typed(panel: Panel) -> None:
    token = panel.token()
    with unit_of_work(panel.forum.database) as uow:
        uow.session.execute(
            update(LoginSession).values(panel_until=utc_now() - timedelta(seconds=1))
        )
    assert panel.get("boards").status_code == 303

    data = {
        "csrf_token": token,
        "name": "邻居",
        "address": "https://example.org",
        "description": "",
    }
    asked = panel.client.post("/admin/links/new", data=data)
    assert asked.status_code == 422
    assert 'value="邻居"' in asked.text
    assert panel.forum.site().friend_links == ()

    done = panel.client.post("/admin/links/new", data={**data, "panel_password": FOUNDER_PASSWORD})
    assert done.status_code == 303
    assert [link.name for link in panel.forum.site().friend_links] == ["邻居"]


def test_a_change_keeps_the_panel_open(panel: Panel) -> None:
    soon = utc_now() + timedelta(minutes=1)
    with unit_of_work(panel.forum.database) as uow:
        uow.session.execute(update(LoginSession).values(panel_until=soon))

    panel.post("links/new", name="邻居", address="https://example.org", description="")

    with panel.forum.read() as s:
        assert s.scalar(select(LoginSession.panel_until)) > soon + timedelta(minutes=20)


def test_wrong_passwords_are_counted(client: FlaskClient, founded: Forum) -> None:
    with unit_of_work(founded.database) as uow:
        uow.session.add(Setting(section="accounts", values={"login_tries": 2}))
    log_in(client, founded, FOUNDER_ID)
    token = csrf_token(client, "/admin/enter")

    answers = [
        client.post("/admin/enter", data={"csrf_token": token, "panel_password": word}).status_code
        for word in ("no", "no", FOUNDER_PASSWORD)
    ]

    assert answers == [422, 422, 429]


def test_leaving_shuts_the_panel(panel: Panel) -> None:
    assert panel.post("leave").status_code == 303
    assert panel.get("boards").status_code == 303


def test_an_administrator_gets_in_with_the_own_password(client: FlaskClient, forum: Forum) -> None:
    member_id = forum.member(
        "管理小张", group_id=1, password_hash=hash_password("another good one")
    )
    log_in(client, forum, member_id)
    token = csrf_token(client, "/admin/enter")

    answer = client.post(
        "/admin/enter", data={"csrf_token": token, "panel_password": "another good one"}
    )

    assert answer.status_code == 303
    assert client.get("/admin/").status_code == 200


@pytest.mark.parametrize("query", ["", "?lang=en"])
def test_every_page_shows_itself(app: Flask, panel: Panel, query: str) -> None:
    forum = panel.forum
    panel.post("links/new", name="邻居", address="https://example.org", description="")
    forum.member("没有主人", state="unclaimed", claimed_group_id=3)
    fields = panel.fields("announcements/new")
    panel.post("announcements/new", {**fields, "title": "停机维护", "body": "今晚"})

    for path, methods in admin_paths(app):
        if "GET" in methods and path != "/admin/enter":
            if path.endswith("/hand-over"):
                path = path.replace("/1/", "/2/")
            answer = panel.client.get(path + query)
            assert answer.status_code == 200, path
            assert "Set-Cookie" not in answer.headers or "session" in answer.headers["Set-Cookie"]


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_reading_the_panel_changes_nothing(app: Flask, panel: Panel) -> None:
    from forum.core.db import recorded_statements

    with recorded_statements() as statements:
        for path, methods in admin_paths(app):
            if "GET" in methods:
                panel.client.get(path)

    assert [
        one for one in statements if not one.lstrip().startswith(("SELECT", "PRAGMA", "SHOW"))
    ] == []
