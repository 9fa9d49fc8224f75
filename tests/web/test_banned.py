"""禁止访问: what a banned member gets to see and to say."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from forum.commands.appeals import answer_appeal
from forum.core.cache import CacheName
from forum.core.passwords import hash_password
from forum.core.uow import unit_of_work
from forum.models import Appeal, Group
from tests.acting import csrf_token, log_in
from tests.commands.moderation.acting import Moderator, working
from tests.factories import FIRST_BOARD_ID, FOUNDER_ID, Forum

PASSWORD = "four plain words here"


@pytest.fixture
def banned(forum: Forum) -> int:
    member_id = forum.member("卖药", password_hash=hash_password(PASSWORD))
    forum.member("超版", group_id=2)
    Moderator(forum, FOUNDER_ID).does("member.ban", member_id, reason="广告/SPAM")
    return member_id


def test_they_log_in_read_why_and_appeal(client: FlaskClient, forum: Forum, banned: int) -> None:
    token = csrf_token(client, "/login")
    login = client.post("/login", data={"csrf_token": token, "name": "卖药", "password": PASSWORD})
    assert login.status_code == 303

    arrived = client.get(login.location)
    page = client.get("/banned")
    assert arrived.location == "/banned"
    assert "广告/SPAM" in page.text
    assert "抱歉，该账号已被禁止访问" in page.text
    entry_id = int(page.text.partition("/appeals/")[2].partition("/")[0])
    form = client.get(f"/appeals/{entry_id}/new")
    assert form.status_code == 200
    sent = client.post(
        f"/appeals/{entry_id}/new",
        data={
            "csrf_token": csrf_token(client, f"/appeals/{entry_id}/new"),
            "text": "我没有发过广告，请再看一遍。",
        },
    )
    assert sent.status_code == 303
    assert "我没有发过广告" in client.get(sent.location).text
    assert "正在等待答复" in client.get("/banned").text

    with forum.read() as s:
        appeal_id = s.scalars(select(Appeal.id)).one()
    second = forum.member("创始人二", group_id=1, is_founder=True)
    with working(forum) as uow:
        answer_appeal(uow, forum.actor(second), appeal_id=appeal_id, grants=False, answer="是广告")
    assert "是广告" in client.get("/banned").text


def test_they_get_nothing_else(client: FlaskClient, forum: Forum, banned: int) -> None:
    thread_id = forum.thread(title="别人读的主题")
    log_in(client, forum, banned)
    token = csrf_token(client, "/banned")

    for path in (
        "/", f"/thread-{thread_id}-1-1.html", f"/forum-{FIRST_BOARD_ID}-1.html", "/notices", "/settings",
        "/settings/password", "/search?q=x", "/index.rss", "/my-record", "/moderation/", "/login", "/darkroom",
    ):  # fmt: skip
        answer = client.get(path)
        assert (answer.status_code, answer.location) == (303, "/banned"), path
        assert "别人读的主题" not in answer.text
    for path in (
        f"/thread-{thread_id}/reply",
        f"/forum-{FIRST_BOARD_ID}/new",
        "/settings",
        "/login",
    ):
        sent = client.post(path, data={"csrf_token": token, "source": "一个字也不能说，真的不能"})
        assert sent.status_code == 403, path
    assert client.post("/logout", data={"csrf_token": token}).status_code == 303
    assert client.get("/").status_code == 200  # as a guest again


def test_a_ban_holds_in_sessions_that_are_open(client: FlaskClient, forum: Forum) -> None:
    member_id = forum.member("卖药")
    log_in(client, forum, member_id)
    assert client.get("/settings").status_code == 200

    done = Moderator(forum, FOUNDER_ID).does("member.ban", member_id)
    assert client.get("/settings").location == "/banned"
    Moderator(forum, FOUNDER_ID).undoes(done.entry_id)

    assert client.get("/settings").status_code == 200
    assert client.get("/banned").status_code == 404


def test_a_temporary_password_leads_round_in_no_circle(client: FlaskClient, forum: Forum) -> None:
    log_in(client, forum, forum.member(group_id=5, password_is_temporary=True))

    assert client.get("/banned").status_code == 200


def test_a_ban_without_an_entry_names_the_administrators(client: FlaskClient, forum: Forum) -> None:
    log_in(client, forum, forum.member(group_id=5))

    page = client.get("/banned").text

    assert "请联系管理员" in page
    assert "/appeals/" not in page


def test_any_group_may_be_shut_out(client: FlaskClient, forum: Forum) -> None:
    with unit_of_work(forum.database) as uow:
        uow.session.get_one(Group, 10).may_visit = False
        uow.bump(CacheName.SITE)
    log_in(client, forum, forum.member())

    assert client.get("/").location == "/banned"
    assert "新手上路" in client.get("/banned").text


def test_others_decisions_stay_closed_to_them(
    client: FlaskClient, forum: Forum, banned: int
) -> None:
    other = Moderator(forum, FOUNDER_ID).does("member.mute", forum.member("别人"))
    log_in(client, forum, banned)

    assert client.get(f"/appeals/{other.entry_id}/new").status_code == 404
