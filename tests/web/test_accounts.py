"""Joining, logging in and out, getting back in: through the pages, as browsers do it."""

import re
import statistics
import time
from datetime import timedelta
from html import unescape
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from forum.core.cache import CacheName
from forum.core.clock import utc_now
from forum.core.config import Config
from forum.core.settings import encode_section
from forum.core.uow import unit_of_work
from forum.factory import create_app
from forum.models import Attempt, LoginSession, Member, MemberState, OutgoingMail, Setting, Thread
from forum.settings import Accounts
from tests.acting import csrf_token, log_in, submit
from tests.factories import FIRST_BOARD_ID, FOUNDER_PASSWORD, Forum

OURS = {"Sec-Fetch-Site": "same-origin"}
# For what does not depend on the database.
on_one_database = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
JOINING = {
    "name": "李小红",
    "email": "li@example.com",
    "password": "a long enough one",
    "password_again": "a long enough one",
    "agreed": "y",
}


@pytest.fixture
def member_id(forum: Forum, founder_hash: str) -> int:
    return forum.member(
        "王小明",
        email="wang@example.com",
        email_confirmed_at=utc_now(),
        password_hash=founder_hash,
    )


def enter(client: FlaskClient, name: object, password: str = FOUNDER_PASSWORD, **more):
    """The quick login box: no token, but the browser says where it stands."""
    fields = {"name": name, "password": password, **more}
    return client.post("/login", data=fields, headers=OURS)


def is_logged_in(client: FlaskClient) -> bool:
    return client.get("/settings").status_code != 403


def last_letter(forum: Forum) -> OutgoingMail:
    with forum.read() as s:
        return s.scalars(select(OutgoingMail).order_by(OutgoingMail.id.desc()).limit(1)).one()


def link_in(letter: OutgoingMail) -> str:
    found = re.search(r"http://localhost(/\S+-\S+/\S+)", letter.body)
    assert found, letter.body
    return found[1]


def set_accounts(forum: Forum, **changes) -> None:
    with unit_of_work(forum.database) as uow:
        uow.session.add(Setting(section="accounts", values=encode_section(Accounts(**changes))))
        uow.bump(CacheName.SITE)


def test_joining_logs_in_and_returns_to_where_one_came_from(
    client: FlaskClient, forum: Forum
) -> None:
    answer = submit(client, "/register", next="/thread-1-1-1.html", **JOINING)

    assert (answer.status_code, answer.location) == (303, "/thread-1-1-1.html")
    assert is_logged_in(client)
    letter = last_letter(forum)
    assert letter.recipient == "li@example.com"
    assert client.get(link_in(letter)).status_code == 200


@on_one_database
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": "x"}, "字符"),
        ({"name": "founder"}, "用户名"),
        ({"name": "管理员"}, "保留"),
        ({"name": "a\u200bbc"}, "用户名"),
        ({"email": "nonsense"}, ""),
        ({"email": "a@b@c.example"}, ""),
        ({"email": "li@例子.中国"}, ""),
        ({"password": "short", "password_again": "short"}, "8"),
        ({"password": "li@example.com", "password_again": "li@example.com"}, "密码"),
        ({"password_again": "another one"}, "不一致"),
        ({"agreed": ""}, ""),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(
    client: FlaskClient, forum: Forum, change: dict[str, str], words: str
) -> None:
    sent = {**JOINING, **change}
    if not sent["agreed"]:
        del sent["agreed"]

    answer = submit(client, "/register", **sent)

    assert answer.status_code == 422
    assert words in answer.text
    assert 'role="alert"' in answer.text
    if "email" not in change:
        assert 'value="li@example.com"' in answer.text
    assert "a long enough one" not in answer.text
    with forum.read() as s:
        assert s.scalar(select(func.count()).select_from(Member)) == 1


def test_registration_can_be_closed(client: FlaskClient, forum: Forum) -> None:
    set_accounts(forum, is_open=False)

    assert client.get("/register").status_code == 403
    assert submit(client, "/register", page="/login", **JOINING).status_code == 403


@on_one_database
def test_the_agreement_of_the_site_is_shown(client: FlaskClient, forum: Forum) -> None:
    set_accounts(forum, agreement="第一条\n\n<b>第二条</b>")

    text = client.get("/register").text

    assert "<p>第一条</p>" in text
    assert "&lt;b&gt;第二条&lt;/b&gt;" in text


def test_joining_twice_under_one_name_makes_one_account(client: FlaskClient, app: Flask) -> None:
    assert submit(client, "/register", **JOINING).status_code == 303

    answer = submit(app.test_client(), "/register", **JOINING)

    assert answer.status_code == 422
    assert 'value="李小红"' in answer.text


@pytest.mark.parametrize("typed", ["王小明", "wang@example.com", "WANG@EXAMPLE.COM", "number"])
def test_name_address_and_number_log_in(client: FlaskClient, member_id: int, typed: str) -> None:
    answer = enter(client, member_id if typed == "number" else typed, next="/forum-2-1.html")

    assert (answer.status_code, answer.location) == (303, "/forum-2-1.html")
    assert is_logged_in(client)


def test_an_unconfirmed_address_does_not_log_in(
    client: FlaskClient, forum: Forum, founder_hash: str
) -> None:
    forum.member("张大力", email="zhang@example.com", password_hash=founder_hash)

    assert enter(client, "zhang@example.com").status_code == 422


def test_the_cookies_are_out_of_reach_of_scripts_and_a_remembered_one_lasts(
    client: FlaskClient, member_id: int
) -> None:
    cookies = enter(client, "王小明", remember="y").headers.getlist("Set-Cookie")

    assert len(cookies) == 2
    for cookie in cookies:
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
    assert any("louceng_remember" in cookie and "Expires" in cookie for cookie in cookies)
    client.delete_cookie("louceng_session")
    assert is_logged_in(client)


def test_the_token_changes_with_each_login_and_a_planted_session_is_dropped(
    client: FlaskClient, app: Flask, forum: Forum, member_id: int
) -> None:
    attacker = forum.member("坏人")
    planted = log_in(client, forum, attacker)

    enter(client, "王小明")

    with client.session_transaction() as session:
        assert session["_user_id"] != planted
    assert "王小明" in client.get("/settings").text
    with forum.read() as s:
        assert s.scalar(
            select(func.count()).select_from(LoginSession).where(LoginSession.member_id == attacker)
        ) == 0  # fmt: skip


def test_a_form_from_elsewhere_shows_the_full_page_with_the_name_kept(
    client: FlaskClient, forum: Forum, member_id: int
) -> None:
    for headers in ({}, {"Origin": "https://e.example"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = client.post(
            "/login", data={"name": "王小明", "password": FOUNDER_PASSWORD}, headers=headers
        )
        assert answer.status_code == 422
        assert 'value="王小明"' in answer.text
        assert FOUNDER_PASSWORD not in answer.text
    assert not is_logged_in(client)
    with forum.read() as s:
        assert s.scalar(select(func.count()).select_from(Attempt)) == 0
    assert submit(client, "/login", name="王小明", password=FOUNDER_PASSWORD).status_code == 303


def without_what_was_typed(text: str, *typed: str) -> str:
    for word in typed:
        text = text.replace(word, "…")
    text = re.sub(r'name="csrf_token" value="[^"]*"', "", text)
    return re.sub(r"GMT[^<]*", "", text)


def test_the_answer_is_the_same_whether_or_not_there_is_an_account(
    app: Flask, member_id: int
) -> None:
    def answer(name: str) -> tuple[int, str]:
        found = enter(app.test_client(), name, "wrong")
        return found.status_code, without_what_was_typed(found.text, name)

    assert answer("王小明") == answer("没有这人")
    assert answer("wang@example.com") == answer("none@example.com")


@on_one_database
def test_the_answer_takes_as_long_whether_or_not_there_is_an_account(
    app: Flask, forum: Forum, member_id: int
) -> None:
    set_accounts(forum, login_tries=10_000)

    def seconds(name: str) -> float:
        began = time.perf_counter()
        enter(app.test_client(), name, "wrong")
        return time.perf_counter() - began

    seconds("王小明")
    known, unknown = [], []
    for number in range(15):
        known.append(seconds("王小明"))
        unknown.append(seconds(f"没有这人{number}"))

    # The machine is shared: the medians must be near, a missing hash would halve one.
    assert 0.7 < statistics.median(known) / statistics.median(unknown) < 1.4


@on_one_database
@pytest.mark.parametrize("path", ["/login", "/register", "/thread-1/reply"])
def test_what_is_too_large_is_refused_in_words(client: FlaskClient, path: str) -> None:
    answer = client.post(
        path, data=b"a" * 5_000_000, content_type="application/x-www-form-urlencoded"
    )

    assert answer.status_code == 413
    assert "提交的内容过大" in answer.text


@pytest.mark.parametrize("name", ["王小明", "没有这人", "wang@example.com", "none@example.com"])
def test_after_five_wrong_tries_even_the_right_password_waits(
    client: FlaskClient, app: Flask, member_id: int, name: str
) -> None:
    codes = [enter(client, name, "wrong").status_code for _ in range(5)]

    answer = enter(app.test_client(), name)

    assert codes == [422] * 5
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 900
    assert f'value="{name}"' in answer.text


def test_a_right_password_starts_the_count_over(client: FlaskClient, member_id: int) -> None:
    for _ in range(3):
        for _ in range(4):
            enter(client, "王小明", "wrong")
        assert enter(client, "王小明").status_code == 303
        submit(client, "/logout", page="/settings")


def test_trying_an_address_does_not_tell_whose_it_is(client: FlaskClient, member_id: int) -> None:
    for _ in range(5):
        enter(client, "王小明", "wrong")

    assert enter(client, "wang@example.com", "wrong").status_code == 422


def test_one_network_tries_only_so_many_names(client: FlaskClient, member_id: int) -> None:
    for number in range(20):
        enter(client, f"没有这人{number}", "wrong")

    assert enter(client, "王小明").status_code == 429


def test_who_may_not_enter_is_told_only_with_the_right_password(
    client: FlaskClient, forum: Forum, founder_hash: str
) -> None:
    forum.member("没人要的", state=MemberState.UNCLAIMED, password_hash=founder_hash)

    assert enter(client, "没人要的", "wrong").status_code == 422
    assert enter(client, "没人要的").status_code == 403
    assert not is_logged_in(client)


def test_a_locked_account_is_out_at_once(client: FlaskClient, forum: Forum, member_id: int) -> None:
    enter(client, "王小明")
    with unit_of_work(forum.database) as uow:
        uow.session.execute(
            update(Member).where(Member.id == member_id).values(state=MemberState.LOCKED)
        )

    assert client.get("/settings").location == "/banned"


def test_the_founder_chooses_a_password_before_anything_else(
    client: FlaskClient, app: Flask
) -> None:
    enter(client, "founder")
    for path in ("/", "/forum-2-1.html", "/settings", "/favorites", "/no-such-page-2.html"):
        answer = client.get(path)
        if answer.status_code != 404:
            there = f"/settings/password?next={quote(path, safe='')}"
            assert (answer.status_code, answer.location) == (303, there), path
    assert client.get("/settings/password").status_code == 200

    chosen = {"password": "my own password", "password_again": "my own password"}
    answer = submit(client, "/settings/password", old_password=FOUNDER_PASSWORD, **chosen)

    assert answer.status_code == 303
    assert client.get("/settings").status_code == 200
    other = app.test_client()
    assert enter(other, "founder").status_code == 422
    assert enter(other, "founder", "my own password").status_code == 303


@pytest.mark.parametrize(
    ("wanted", "there"),
    [
        ("/thread-1-1-1.html?lang=en", "/thread-1-1-1.html?lang=en"),
        ("", "/settings/password"),
        ("//evil.example/", "/settings/password"),
        ("https://evil.example/", "/settings/password"),
        ("/\\evil.example", "/settings/password"),
        ("/logout", "/settings/password"),
    ],
)
def test_after_the_new_password_one_goes_on_to_where_one_came_from(
    client: FlaskClient, wanted: str, there: str
) -> None:
    enter(client, "founder")
    if wanted.startswith("/thread"):
        client.get(wanted)
    chosen = {"password": "my own password", "password_again": "my own password"}
    form = f"/settings/password?{urlencode({'next': wanted})}"
    shown = client.get(form).text.partition('name="next"')[2].partition('value="')[2]
    assert unescape(shown.partition('"')[0]) == (wanted if there == wanted else "")

    answer = submit(
        client,
        "/settings/password",
        page=form,
        old_password=FOUNDER_PASSWORD,
        next=wanted,
        **chosen,
    )

    assert (answer.status_code, answer.location) == (303, there)


def test_logging_out_takes_a_post_and_ends_the_session(
    client: FlaskClient, forum: Forum, member_id: int
) -> None:
    token = log_in(client, forum, member_id)
    assert client.get("/logout").status_code == 200
    assert is_logged_in(client)

    answer = submit(client, "/logout")

    assert answer.status_code == 303
    assert not is_logged_in(client)
    with client.session_transaction() as session:
        session["_user_id"] = token  # the old cookie, kept by somebody
    assert not is_logged_in(client)


def test_the_first_page_of_a_day_is_paid_and_the_second_writes_nothing(
    client: FlaskClient, forum: Forum, member_id: int
) -> None:
    log_in(client, forum, member_id)
    with unit_of_work(forum.database) as uow:
        uow.session.execute(update(LoginSession).values(last_seen_at=uow.now - timedelta(days=1)))

    for _ in range(2):
        client.get("/settings")

    actor = forum.actor(member_id)
    assert actor.total == 2
    with forum.read() as s:
        assert s.scalars(select(LoginSession.last_seen_at)).one() > utc_now() - timedelta(minutes=1)


@on_one_database
@pytest.mark.parametrize(
    "wanted", ["//e.example", "/\\e.example", "https:e.example", "/x\r\ny", "/login"]
)
def test_nobody_is_led_elsewhere(client: FlaskClient, member_id: int, wanted: str) -> None:
    assert enter(client, "王小明", next=wanted).location == "/"
    assert client.get("/login", query_string={"next": wanted}).location == "/"


@on_one_database
def test_the_login_page_leads_back_to_the_page_one_came_from(client: FlaskClient) -> None:
    came_from = {"Referer": "http://localhost/thread-3-2-1.html"}

    text = client.get("/login", headers=came_from).text

    assert 'value="/thread-3-2-1.html"' in text


@on_one_database
def test_links_between_the_login_pages_keep_the_way_back(client: FlaskClient) -> None:
    for page in ("/login?next=/thread-3-2-1.html", "/register?next=/thread-3-2-1.html"):
        text = client.get(page).text

        assert 'href="/register?next=%2Fthread-3-2-1.html"' in text
        assert "next=%2Flogin" not in text
        assert "next=%2Fregister" not in text


@on_one_database
def test_the_other_language_is_this_very_page(client: FlaskClient) -> None:
    assert 'href="?digest=1&amp;lang=en"' in client.get("/forum-2-1.html?digest=1").text
    assert 'href="?lang=zh&amp;digest=1"' in client.get("/forum-2-1.html?lang=en&digest=1").text


def test_a_lost_password_is_chosen_anew_by_a_letter(
    client: FlaskClient, app: Flask, forum: Forum, member_id: int
) -> None:
    there = app.test_client()
    enter(there, "王小明")

    assert submit(client, "/lost-password", email="wang@example.com").status_code == 200
    link = link_in(last_letter(forum))
    assert client.get(link).status_code == 200
    assert client.get(link).status_code == 200  # looking does not use it up
    chosen = {"password": "a newer password", "password_again": "a newer password"}
    answer = submit(client, link, **chosen)

    assert (answer.status_code, answer.location) == (303, "/login")
    assert not is_logged_in(there)
    assert client.get(link).status_code == 422
    assert enter(client, "王小明").status_code == 422
    assert enter(client, "王小明", "a newer password").status_code == 303


def test_asking_for_a_link_says_nothing_about_accounts(app: Flask, member_id: int) -> None:
    def answer(address: str) -> tuple[int, str]:
        found = submit(app.test_client(), "/lost-password", email=address)
        return found.status_code, without_what_was_typed(found.text, address)

    assert answer("wang@example.com") == answer("none@example.com")
    assert answer("wang@example.com") == answer("wang@example.com")


def test_letters_are_limited_per_network(client: FlaskClient) -> None:
    codes = [
        submit(client, "/lost-password", email=f"a{number}@example.com").status_code
        for number in range(6)
    ]

    assert codes == [200] * 5 + [429]


@on_one_database
@pytest.mark.parametrize("host", ["e.example", "localhost.e.example", "localhost:80@e.example"])
def test_a_forged_host_does_not_get_into_letters(
    app: Flask, forum: Forum, member_id: int, host: str
) -> None:
    client = app.test_client()
    token = csrf_token(client, "/lost-password")

    client.post(
        "/lost-password",
        data={"csrf_token": token, "email": "wang@example.com"},
        headers={"Host": host, "X-Forwarded-Host": "e.example"},
    )

    with forum.read() as s:
        for letter in s.scalars(select(OutgoingMail)):
            assert "e.example/" not in letter.body.replace("wang@example.com", "")


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("trusted", "host", "code"),
    [
        ((), "localhost", 200),
        ((), "127.0.0.1:8000", 200),
        ((), "[::1]:8000", 200),
        ((), "forum.example", 422),
        ((), "localhost.e.example", 422),
        (("forum.example",), "forum.example", 200),
        (("forum.example",), "e.example", 400),
    ],
)
def test_without_a_configured_address_only_a_trusted_host_gets_into_links(
    database_url: str, tmp_path: Path, forum: Forum, member_id: int, trusted, host: str, code: int
) -> None:
    config = Config(
        data_dir=tmp_path, database_url=database_url, secret_key="k" * 32, is_testing=True,
        trusted_hosts=trusted,
    )  # fmt: skip
    app = create_app(config)
    client = app.test_client()
    base = f"http://{host}"
    page = client.get("/lost-password", base_url=base)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    data = {"email": "wang@example.com", "csrf_token": token[1] if token else ""}

    answer = client.post("/lost-password", base_url=base, data=data)

    assert answer.status_code == code
    if code == 200:
        assert f"{base}/reset-password/" in last_letter(forum).body
    app.extensions["database"].dispose()


def test_a_name_is_no_link_in_a_letter(client: FlaskClient, forum: Forum) -> None:
    forum.member(
        "http://e.example/x",
        email="a@example.com",
        email_confirmed_at=utc_now(),
        password_hash="x",
    )

    submit(client, "/lost-password", email="a@example.com")

    body = last_letter(forum).body
    assert "http://e.example" not in body
    assert "e.example" not in body


def test_letters_speak_the_language_of_the_account(client: FlaskClient, forum: Forum) -> None:
    for number, (locale, word) in enumerate((("en", "Hello"), ("zh", "您好"))):
        address = f"a{number}@example.com"
        forum.member(
            f"成员{number}",
            email=address,
            email_confirmed_at=utc_now(),
            password_hash="x",
            locale=locale,
        )
        submit(client, "/lost-password", email=address)
        assert word in last_letter(forum).body


def test_an_address_is_confirmed_by_a_click_not_by_opening_the_letter(
    client: FlaskClient, app: Flask, forum: Forum
) -> None:
    submit(client, "/register", **JOINING)
    link = link_in(last_letter(forum))

    app.test_client().get(link)
    assert "尚未验证" in client.get("/settings/email").text
    assert submit(app.test_client(), link).status_code == 303

    assert "尚未验证" not in client.get("/settings/email").text
    assert enter(app.test_client(), "li@example.com", JOINING["password"]).status_code == 303


@on_one_database
def test_a_guest_page_with_a_form_sets_a_cookie_and_is_not_stored(client: FlaskClient) -> None:
    for path in ("/login", "/register", "/lost-password"):
        answer = client.get(path)
        assert answer.headers["Cache-Control"] == "no-store"


def test_drawn_and_uploaded_avatars_are_served(client: FlaskClient, forum: Forum) -> None:
    member_id = forum.member("王小明")

    answer = client.get(f"/avatar/{member_id}/drawn-middle")

    assert (answer.status_code, answer.mimetype) == (200, "image/svg+xml")
    assert "王" in answer.text
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert "Set-Cookie" not in answer.headers
    assert client.get("/avatar/999/drawn-middle").status_code == 404
    assert client.get(f"/avatar/{member_id}/drawn-huge").status_code == 404
    moved = client.get(f"/avatar/{member_id}/{'a' * 32}-small")
    assert (moved.status_code, moved.location) == (302, f"/avatar/{member_id}/drawn-small")


def test_keeping_threads_and_boards(client: FlaskClient, forum: Forum, member_id: int) -> None:
    thread_id = forum.thread(title="值得收藏的主题")
    log_in(client, forum, member_id)
    token = csrf_token(client, "/settings")

    for path in (f"/thread-{thread_id}/favorite", f"/forum-{FIRST_BOARD_ID}/favorite"):
        answer = client.post(
            path, data={"csrf_token": token}, headers={"Referer": "http://localhost/forum-2-1.html"}
        )
        assert (answer.status_code, answer.location) == (303, "/forum-2-1.html")

    text = client.get("/favorites").text
    assert "值得收藏的主题" in text
    assert f"/forum-{FIRST_BOARD_ID}/favorite" in text
    client.post(f"/thread-{thread_id}/favorite", data={"csrf_token": token})
    assert "值得收藏的主题" not in client.get("/favorites").text


def test_a_kept_thread_that_moved_out_of_sight_is_not_listed(
    client: FlaskClient, forum: Forum, member_id: int
) -> None:
    thread_id = forum.thread(title="搬走的主题")
    log_in(client, forum, member_id)
    submit(client, f"/thread-{thread_id}/favorite", page="/settings")
    hidden = forum.board("内部", viewers=(1,))
    with unit_of_work(forum.database) as uow:
        uow.session.execute(update(Thread).where(Thread.id == thread_id).values(board_id=hidden))

    assert "搬走的主题" not in client.get("/favorites").text


POSTS = (
    "/logout", "/register", "/lost-password", "/settings", "/settings/password", "/settings/email",
    "/settings/email/again", "/settings/avatar", "/settings/avatar/clear", "/settings/sessions",
    "/thread-1/favorite", "/forum-2/favorite", "/confirm-email/x", "/reset-password/x",
)  # fmt: skip


def test_no_change_without_a_token(client: FlaskClient, forum: Forum, member_id: int) -> None:
    forum.thread()
    log_in(client, forum, member_id)

    for path in POSTS:
        for headers in ({}, OURS):  # only the login takes the origin for it
            assert client.post(path, headers=headers).status_code == 400, path
    assert is_logged_in(client)


@on_one_database
def test_pages_speak_english_too(client: FlaskClient, forum: Forum, member_id: int) -> None:
    for path in ("/login", "/register", "/lost-password", "/logout"):
        text = client.get(f"{path}?lang=en").text
        main = text.partition("<main")[2].partition("</main>")[0]
        assert not re.search(r"[\u4e00-\u9fff]", main), path
    with unit_of_work(forum.database) as uow:
        uow.session.execute(update(Member).where(Member.id == member_id).values(locale="en"))
    log_in(client, forum, member_id)
    for path in ("/settings/password", "/settings/email", "/settings/avatar", "/settings/sessions"):
        main = client.get(path).text.partition("<main")[2].partition("</main>")[0]
        main = main.replace("王小明", "")
        assert not re.search(r"[\u4e00-\u9fff]", main), path
