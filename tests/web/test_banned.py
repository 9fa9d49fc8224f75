"""禁止访问, 锁定: what a banned or locked member gets to see and to say."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from forum.commands.appeals import answer_appeal
from forum.commands.moderation.member_punishing import LockOptions
from forum.core.cache import CacheName
from forum.core.clock import utc_now
from forum.core.errors import Forbidden
from forum.core.passwords import hash_password
from forum.core.uow import unit_of_work
from forum.models import Appeal, Group, Member, MemberState, PointTransfer
from forum.policies.actor import Rank
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


@pytest.fixture
def locked(forum: Forum) -> int:
    member_id = forum.member("盗号", password_hash=hash_password(PASSWORD))
    Moderator(forum, FOUNDER_ID).does("member.lock", member_id, reason="账号被盗")
    return member_id


def test_the_locked_log_in_read_why_and_appeal(
    client: FlaskClient, forum: Forum, locked: int
) -> None:
    token = csrf_token(client, "/login")
    data = {"csrf_token": token, "name": "盗号", "password": PASSWORD, "next": "/settings"}
    login = client.post("/login", data=data)
    assert login.status_code == 303
    with forum.read() as s:
        assert s.scalars(select(PointTransfer.id)).all() == []  # no day begins for them

    assert client.get(login.location).location == "/banned"
    page = client.get("/banned").text
    assert "账号被盗" in page
    assert "该账号已被锁定" in page
    entry_id = int(page.partition("/appeals/")[2].partition("/")[0])
    form = f"/appeals/{entry_id}/new"
    sent = client.post(
        form, data={"csrf_token": csrf_token(client, form), "text": "号找回来了，请解锁。"}
    )
    assert sent.status_code == 303
    assert "正在等待答复" in client.get("/banned").text

    with forum.read() as s:
        appeal_id = s.scalars(select(Appeal.id)).one()
    second = forum.member("创始人二", group_id=1, is_founder=True)
    with working(forum) as uow:
        answer_appeal(uow, forum.actor(second), appeal_id=appeal_id, grants=True, answer="已解锁")
    assert client.get("/settings").status_code == 200
    assert client.get("/banned").status_code == 404


def test_the_locked_get_nothing_else(client: FlaskClient, forum: Forum, locked: int) -> None:
    thread_id = forum.thread(locked, title="锁定者的主题")
    log_in(client, forum, locked)
    token = csrf_token(client, "/banned")

    for path in (
        "/", f"/thread-{thread_id}-1-1.html", "/notices", "/settings/password", "/settings/email",
        "/search?q=x", "/index.rss", "/my-record", "/messages", f"/thread-{thread_id}/edit", "/admin/",
        "/moderation/", f"/space-uid-{locked}.html", "/forum.php?mod=viewthread&tid=1", "/nowhere",
    ):  # fmt: skip
        answer = client.get(path)
        assert (answer.status_code, answer.location) == (303, "/banned"), path
        assert "锁定者的主题" not in answer.text
    for path in (
        f"/thread-{thread_id}/reply", f"/forum-{FIRST_BOARD_ID}/new", "/settings/password",
        f"/thread-{thread_id}/favorite", "/login", "/lost-password",
    ):  # fmt: skip
        sent = client.post(path, data={"csrf_token": token, "source": "一个字也不能说，真的不能"})
        assert sent.status_code == 403, path
        assert "该账号已被锁定" in sent.text


@pytest.mark.parametrize("columns", [{"group_id": 1}, {"group_id": 3}, {"is_founder": True}])
def test_no_rank_helps_against_a_lock(
    client: FlaskClient, forum: Forum, columns: dict[str, Any]
) -> None:
    member_id = forum.member("站长乙", state=MemberState.LOCKED, **columns)
    victim = forum.member("路人")
    log_in(client, forum, member_id)

    assert client.get("/admin/").location == "/banned"
    actor = forum.actor(member_id)
    assert (actor.rank, actor.permissions, actor.readable) == (Rank.MEMBER, {}, frozenset())
    with pytest.raises(Forbidden):
        Moderator(forum, member_id).does("member.ban", victim)


def test_a_wrong_password_does_not_tell_of_the_lock(
    client: FlaskClient, forum: Forum, locked: int
) -> None:
    token = csrf_token(client, "/login")
    answer = client.post("/login", data={"csrf_token": token, "name": "盗号", "password": "wrong"})

    assert answer.status_code == 422
    assert "锁定" not in answer.text


def test_a_lock_that_the_log_does_not_know_names_the_administrators(
    client: FlaskClient, forum: Forum, locked: int
) -> None:
    """An older decision of the log is not blamed for it."""
    Moderator(forum, FOUNDER_ID).does("member.lock", locked, options=LockOptions(False))
    with working(forum) as uow:  # as the control panel did it once, and an import does
        uow.session.get_one(Member, locked).state = MemberState.LOCKED
    log_in(client, forum, locked)

    page = client.get("/banned").text

    assert "请联系管理员" in page
    assert "/appeals/" not in page


def test_others_decisions_stay_closed_to_them(
    client: FlaskClient, forum: Forum, banned: int
) -> None:
    other = Moderator(forum, FOUNDER_ID).does("member.mute", forum.member("别人"))
    log_in(client, forum, banned)

    assert client.get(f"/appeals/{other.entry_id}/new").status_code == 404


def test_who_is_locked_for_a_time_reads_until_when(client, forum):
    member_id, until = forum.member("卖药"), utc_now() + timedelta(days=3)
    Moderator(forum, FOUNDER_ID).does("member.lock", member_id, expires_at=until)
    log_in(client, forum, member_id)

    page = client.get("/banned").text

    day = until.astimezone(ZoneInfo("Asia/Shanghai"))
    assert f"{day.year}-{day.month}-{day.day}" in page
