"""A member's own settings, through the pages."""

import io

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from forum.core.clock import utc_now
from forum.models import LoginSession, Member, OutgoingMail
from tests.acting import csrf_token, log_in, submit
from tests.factories import FOUNDER_PASSWORD, Forum
from tests.storage.test_avatars import picture, png_that_claims


@pytest.fixture
def member_id(forum: Forum, founder_hash: str) -> int:
    return forum.member("王小明", group_id=13, password_hash=founder_hash)


def row(forum: Forum, member_id: int) -> Member:
    with forum.read() as s:
        return s.get_one(Member, member_id)


def test_guests_are_asked_to_log_in(client: FlaskClient) -> None:
    for part in ("", "/password", "/email", "/avatar", "/sessions"):
        answer = client.get(f"/settings{part}")
        assert answer.status_code == 403
        assert f"/login?next=%2Fsettings{part.replace('/', '%2F')}" in answer.text


def test_the_profile_is_kept(client: FlaskClient, forum: Forum, member_id: int) -> None:
    log_in(client, forum, member_id)

    answer = submit(
        client, "/settings", time_zone="America/New_York", locale="en", custom_title="老朋友",
        signature="[i]慢慢来[/i]",
    )  # fmt: skip

    member = row(forum, member_id)
    assert answer.status_code == 303
    assert (member.time_zone, member.locale, member.custom_title) == (
        "America/New_York", "en", "老朋友",
    )  # fmt: skip
    assert "慢慢来" in member.signature_html
    text = client.get("/settings").text
    assert "Time zone" in text
    assert '<option selected value="America/New_York">' in text


def test_what_the_group_may_not_have_is_not_offered_and_not_taken(
    client: FlaskClient, forum: Forum
) -> None:
    member_id = forum.member("新来的", group_id=9)
    log_in(client, forum, member_id)

    text = client.get("/settings").text
    answer = submit(
        client, "/settings", time_zone="", locale="", custom_title="大王", signature="x",
        is_invisible="y", group_id="1", is_founder="y", total="99999", state="locked",
    )  # fmt: skip

    member = row(forum, member_id)
    assert 'name="signature"' not in text
    assert 'name="custom_title"' not in text
    assert answer.status_code == 303
    assert (member.custom_title, member.signature, member.is_invisible) == ("", "", False)
    assert (member.group_id, member.is_founder, member.total) == (9, False, 0)


def test_a_signature_that_is_too_long_comes_back_as_typed(
    client: FlaskClient, forum: Forum, member_id: int
) -> None:
    log_in(client, forum, member_id)

    answer = submit(client, "/settings", time_zone="", locale="", signature="签名" * 101)

    assert answer.status_code == 422
    assert "签名" * 101 in answer.text


def test_a_new_password_logs_out_everything_else(
    client: FlaskClient, app: Flask, forum: Forum, member_id: int
) -> None:
    there = app.test_client()
    log_in(there, forum, member_id)
    old = log_in(client, forum, member_id)

    answer = submit(
        client, "/settings/password", old_password=FOUNDER_PASSWORD, password="another password",
        password_again="another password",
    )  # fmt: skip

    assert answer.status_code == 303
    assert client.get("/settings").status_code == 200
    assert there.get("/settings").status_code == 403
    with client.session_transaction() as session:
        assert session["_user_id"] != old


def test_a_new_password_needs_the_old_one_and_guesses_are_counted(
    client: FlaskClient, forum: Forum, member_id: int
) -> None:
    log_in(client, forum, member_id)
    chosen = {"password": "another password", "password_again": "another password"}

    codes = [
        submit(client, "/settings/password", old_password=guess, **chosen).status_code
        for guess in ("a", "b", "c", "d", "e", FOUNDER_PASSWORD)
    ]

    assert codes == [422] * 5 + [429]


def test_the_same_password_or_ones_own_name_is_no_new_password(
    client: FlaskClient, forum: Forum, member_id: int
) -> None:
    log_in(client, forum, member_id)

    for chosen in (FOUNDER_PASSWORD, "王小明"):
        answer = submit(
            client, "/settings/password", old_password=FOUNDER_PASSWORD, password=chosen,
            password_again=chosen,
        )  # fmt: skip
        assert answer.status_code == 422


def test_another_address_takes_the_password_and_a_letter(
    client: FlaskClient, app: Flask, forum: Forum, founder_hash: str
) -> None:
    member_id = forum.member(
        "王小明",
        email="old@example.com",
        email_confirmed_at=utc_now(),
        password_hash=founder_hash,
    )
    there = app.test_client()
    log_in(there, forum, member_id)
    log_in(client, forum, member_id)

    wrong = submit(client, "/settings/email", email="new@example.com", old_password="wrong")
    right = submit(
        client, "/settings/email", email="new@example.com", old_password=FOUNDER_PASSWORD
    )

    assert (wrong.status_code, right.status_code) == (422, 303)
    assert 'value="new@example.com"' in wrong.text
    with forum.read() as s:
        recipients = s.scalars(select(OutgoingMail.recipient).order_by(OutgoingMail.id)).all()
    assert recipients == ["old@example.com", "new@example.com"]
    assert row(forum, member_id).email == "old@example.com"
    assert "new@example.com" in client.get("/settings/email").text
    assert there.get("/settings").status_code == 403


def test_an_address_somebody_else_confirmed_is_answered_like_any_other(
    client: FlaskClient, app: Flask, forum: Forum, member_id: int
) -> None:
    forum.member("张大力", email="taken@example.com", email_confirmed_at=utc_now())
    log_in(client, forum, member_id)

    answers = [
        submit(client, "/settings/email", email=address, old_password=FOUNDER_PASSWORD)
        for address in ("taken@example.com", "free@example.com")
    ]

    assert [(answer.status_code, answer.location) for answer in answers] == [
        (303, "/settings/email")
    ] * 2


def upload(client: FlaskClient, content: bytes, name: str = "me.png"):
    token = csrf_token(client, "/settings/avatar")
    return client.post(
        "/settings/avatar", data={"csrf_token": token, "picture": (io.BytesIO(content), name)}
    )


def test_an_avatar_is_uploaded_served_in_three_sizes_and_removed(
    client: FlaskClient, forum: Forum, member_id: int
) -> None:
    log_in(client, forum, member_id)

    assert upload(client, picture()).status_code == 303
    digest = row(forum, member_id).avatar
    for size in ("big", "middle", "small"):
        answer = client.get(f"/avatar/{member_id}/{digest}-{size}")
        assert (answer.status_code, answer.mimetype) == (200, "image/webp")
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    submit(client, "/settings/avatar/clear", page="/settings/avatar")

    assert row(forum, member_id).avatar == ""
    assert client.get(f"/avatar/{member_id}/{digest}-big").status_code == 302


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (png_that_claims(50_000, 50_000), "bomb.png"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "me.svg"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "me.png"),
        (b"GIF89a/*<script>", "me.gif"),
        (b"", "me.png"),
    ],
)
def test_what_is_no_picture_is_refused(
    client: FlaskClient, forum: Forum, member_id: int, content: bytes, name: str
) -> None:
    log_in(client, forum, member_id)

    assert upload(client, content, name).status_code == 422
    assert row(forum, member_id).avatar == ""


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_file_that_is_too_large_is_refused(
    client: FlaskClient, forum: Forum, member_id: int
) -> None:
    log_in(client, forum, member_id)

    answer = client.post(
        "/settings/avatar",
        data=b"--x\r\n" + b"\0" * 5_000_000,
        content_type="multipart/form-data; boundary=x",
    )

    assert answer.status_code == 413


def test_sessions_are_listed_and_ended(
    client: FlaskClient, app: Flask, forum: Forum, member_id: int
) -> None:
    others = [app.test_client() for _ in range(3)]
    for other in others:
        log_in(other, forum, member_id)
    log_in(client, forum, member_id)
    with forum.read() as s:
        first = s.scalar(select(func.min(LoginSession.id)))

    submit(client, "/settings/sessions", end=str(first))
    assert [other.get("/settings").status_code for other in others] == [403, 200, 200]
    submit(client, "/settings/sessions", end="others")

    assert [other.get("/settings").status_code for other in others] == [403] * 3
    assert client.get("/settings").status_code == 200


def test_nobody_ends_the_sessions_of_somebody_else(
    client: FlaskClient, app: Flask, forum: Forum, member_id: int
) -> None:
    other = app.test_client()
    log_in(other, forum, forum.member("李小红"))
    with forum.read() as s:
        theirs = s.scalar(select(func.max(LoginSession.id)))
    log_in(client, forum, member_id)

    submit(client, "/settings/sessions", end=str(theirs))

    assert other.get("/settings").status_code == 200
