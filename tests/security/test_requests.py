"""What hostile requests try: to lead elsewhere, to lie about the host, to be served somebody else's page, to set more than asked.

security.md rows 14, 15, 17, 19, 22. Logins, resets, sessions and enumeration are judged in tests/web/test_accounts.py.
"""

import re
from html import unescape
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

import pytest
from flask import Flask
from sqlalchemy import inspect, select, update

from forum.core.cache import CacheName
from forum.core.config import Config
from forum.core.uow import unit_of_work
from forum.factory import create_app
from forum.models import Member, MemberState, Post, PostState, Setting, Thread, ThreadState
from tests.acting import csrf_token, log_in
from tests.factories import FIRST_BOARD_ID, Forum
from tests.walking import build, rules, visitor

ELSEWHERE = (
    "//evil.example/", "/\\evil.example", "https:evil.example", "https://evil.example/", "/%0d%0aLocation:%20//evil.example",
    "\t//evil.example", "http://localhost@evil.example/", "javascript:alert(1)", "//evil。example",
)  # fmt: skip
WAYS = ("next", "back", "url", "referer", "redirect", "return_to", "goto")
one_backend = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def leads_away(address: str) -> bool:
    """As a browser would take it: backslashes are slashes, blanks in front fall away."""
    address = unescape(address).strip().replace("\\", "/")
    return urlsplit(urljoin("http://localhost/", address)).hostname != "localhost"


def test_the_judge_of_addresses_is_not_blind() -> None:
    assert [one for one in ELSEWHERE if leads_away(one)] != []
    assert not leads_away("/login?next=%2F%2Fevil.example")


@one_backend
@pytest.mark.parametrize("persona", ["guest", "member", "founder"])
def test_no_address_leads_off_the_site(app: Flask, forum: Forum, persona: str) -> None:
    world = build(forum)
    client, wrong = visitor(app, forum, world.members[persona]), []

    for rule in rules(app):
        for hostile in ELSEWHERE:
            asked = "&".join(f"{name}={quote(hostile, safe='')}" for name in WAYS)
            with client.get(f"{world.address(rule)}?{asked}") as answer:
                led = [answer.headers.get("Location", "/")]
                if answer.mimetype == "text/html":
                    led += re.findall(r'(?:href|action|value)="([^"]*evil[^"]*)"', answer.text)
            wrong += [f"{rule} {hostile!r}: {one}" for one in led if leads_away(one)]

    assert wrong == []


@one_backend
def test_a_form_leads_back_to_this_site_only(app: Flask, forum: Forum) -> None:
    member_id = forum.member(password_hash="")
    for hostile in ELSEWHERE:
        client = app.test_client()
        log_in(client, forum, member_id)
        token = csrf_token(client, "/logout")
        answer = client.post(
            "/logout", data={"csrf_token": token, "next": hostile, "back": hostile}
        )
        assert not leads_away(answer.headers["Location"]), hostile


@one_backend
def test_a_lie_about_the_host_reaches_nobody_else(config: Config, forum: Forum) -> None:
    app = create_app(_without_address(config))
    try:
        thread_id = forum.thread()
        for path in ("/", f"/thread-{thread_id}-1-1.html", f"/forum-{FIRST_BOARD_ID}-1.html", "/index.rss", "/sitemap.xml"):  # fmt: skip
            app.test_client().get(path, headers={"Host": "evil.example"})
            honest = app.test_client().get(path, headers={"X-Forwarded-Host": "evil.example"})
            assert "evil.example" not in honest.text, path
    finally:
        app.extensions["database"].dispose()


@one_backend
def test_with_trusted_hosts_others_are_refused(config: Config, forum: Forum) -> None:
    app = create_app(_without_address(config, trusted_hosts=("localhost",)))
    try:
        assert app.test_client().get("/login", headers={"Host": "evil.example"}).status_code == 400
        assert app.test_client().get("/login").status_code == 200
    finally:
        app.extensions["database"].dispose()


def _without_address(config: Config, **more: Any) -> Config:
    return Config(**{**vars(config), "base_url": None, **more})


@one_backend
@pytest.mark.parametrize("persona", ["member", "founder"])
def test_no_guest_is_served_a_page_made_for_a_member(
    app: Flask, forum: Forum, persona: str
) -> None:
    world = build(forum)
    member = visitor(app, forum, world.members[persona])
    name = "会员" if persona == "member" else "founder"
    cached = world.address("/thread-<int:thread_id>-1-1.html")
    app.test_client().get(cached)  # in the cache before the member comes

    for rule in rules(app):
        path = world.address(rule)
        with member.get(path) as answer:
            kept = answer.headers.get("Cache-Control", "")
            assert "public" not in kept or rule.startswith(("/static", "/avatar")), rule
        with app.test_client().get(path) as answer:
            if answer.mimetype == "text/html":
                assert f">{name}</a>" not in answer.text.partition("<main")[0], rule
                assert 'class="user-bar' not in answer.text, rule

    assert name in member.get(cached).text.partition("<main")[0]


EXTRA = {
    "id": "77", "is_founder": "1", "group_id": "1", "rank": "4", "state": "visible", "total": "99999", "points": "99999",
    "author_id": "1", "member_id": "1", "board_id": "1", "floor": "1", "sticky_level": "3", "digest_level": "3", "is_closed": "1",
    "is_sticky": "1", "view_count": "99999", "html": "<b>x</b>", "created_at": "2001-01-01", "address": "1.2.3.4", "name": "founder2",
    "password_hash": "x", "email_confirmed_at": "2001-01-01", "avatar": "x", "read_access": "200", "has_options": "",
    "highlight_color": "1", "password_is_temporary": "", "claimed_group_id": "1", "post_count": "999", "is_blocked": "1",
}  # fmt: skip


def _row(forum: Forum, model: type[Any], key: int) -> dict[str, Any]:
    with forum.read() as s:
        row = s.get_one(model, key)
        return {column.key: getattr(row, column.key) for column in inspect(model).column_attrs}


@one_backend
def test_fields_nobody_asked_for_change_nothing(app: Flask, forum: Forum) -> None:
    member_id = forum.member("小李")
    client = app.test_client()
    log_in(client, forum, member_id)
    before = _row(forum, Member, member_id)
    token = csrf_token(client, "/logout")

    client.post("/settings", data={**EXTRA, "csrf_token": token, "time_zone": "", "locale": "en"})
    after = _row(forum, Member, member_id)
    assert {name for name in after if after[name] != before[name]} <= {"locale"}

    answer = client.post(
        f"/forum-{FIRST_BOARD_ID}/new",
        data={**EXTRA, "csrf_token": token, "title": "新的主题", "source": "正文写得足够长了。"},
    )
    thread_id = int(answer.headers["Location"].split("-")[1])
    thread = _row(forum, Thread, thread_id)
    assert (thread["author_id"], thread["board_id"], thread["state"]) == (member_id, FIRST_BOARD_ID, ThreadState.VISIBLE)  # fmt: skip
    for name in ("sticky_level", "digest_level", "is_closed", "view_count", "read_access", "highlight_color"):  # fmt: skip
        assert not thread[name], name
    post = _row(forum, Post, thread["first_post_id"])
    assert (post["floor"], post["author_id"], post["is_sticky"], post["is_blocked"]) == (1, member_id, False, False)  # fmt: skip
    assert "<b>" not in post["html"]
    member = _row(forum, Member, member_id)
    for name in ("group_id", "is_founder", "name", "password_hash", "avatar", "state"):
        assert member[name] == before[name], name


@one_backend
def test_joining_takes_what_the_form_asks_for(app: Flask, forum: Forum) -> None:
    client = app.test_client()
    token = csrf_token(client, "/register")

    client.post(
        "/register",
        data={
            **EXTRA, "csrf_token": token, "name": "新来的人", "password": "four plain words here",
            "password_again": "four plain words here", "email": "new@example.org", "agreed": "y",
        },
    )  # fmt: skip

    with forum.read() as s:
        member = s.scalars(select(Member).where(Member.name == "新来的人")).one()
        assert (member.group_id, member.is_founder, member.post_count) == (10, False, 0)
        assert member.email_confirmed_at is None
        assert member.total < 100


BROKEN: dict[str, tuple[Any, ...]] = {
    "opening post recycled": (Post, {"state": PostState.RECYCLED}),
    "opening post waiting": (Post, {"state": PostState.PENDING}),
    "opening post blocked": (Post, {"is_blocked": True}),
    "no opening post": (Thread, {"first_post_id": None}),
    "author locked": (Member, {"state": MemberState.LOCKED}),
    "author banned": (Member, {"group_id": 5}),
}


@one_backend
@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize("is_closed", [False, True], ids=["open", "closed"])
def test_a_broken_thread_shows_and_stays_closed(
    app: Flask, forum: Forum, name: str, is_closed: bool
) -> None:
    author, other = forum.member("作者"), forum.member("别人")
    thread_id = forum.thread(author, replies=2, is_closed=is_closed)
    model, values = BROKEN[name]
    with unit_of_work(forum.database) as uow:
        thread = uow.session.get_one(Thread, thread_id)
        key = {Post: thread.first_post_id, Thread: thread_id, Member: author}[model]
        uow.session.execute(update(model).where(model.id == key).values(**values))
        uow.session.merge(Setting(section="posting", values={"flood_interval": 0}))
        uow.bump(CacheName.SITE)
    client, guest = app.test_client(), app.test_client()
    log_in(client, forum, other)

    for path in (f"/thread-{thread_id}-1-1.html", f"/thread-{thread_id}/print", f"/thread-{thread_id}/reading",
                 f"/thread-{thread_id}/last", f"/thread-{thread_id}/reply", f"/forum-{FIRST_BOARD_ID}-1.html",
                 f"/space-uid-{author}.html", "/index.rss", "/guide/new"):  # fmt: skip
        for who in (client, guest):
            assert who.get(path).status_code in (200, 302, 403, 404), path
    answer = client.post(
        f"/thread-{thread_id}/reply",
        data={"csrf_token": csrf_token(client, "/logout"), "source": "这里还能回复吗，试一试。"},
    )

    assert answer.status_code == (403 if is_closed else 303)
