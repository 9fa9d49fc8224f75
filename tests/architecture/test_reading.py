"""Does reading leave no trace? No GET writes, no guest gets a cookie, all guests get the same bytes."""

import hashlib

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from forum.core.db import Base
from tests.factories import Forum
from tests.walking import build, rules, visitor

# Pages with a form of their own carry a token, and so a cookie (DESIGN: the page cache leaves them out).
WITH_TOKEN = ("/login", "/logout", "/register", "/lost-password", "/confirm-email", "/reset-password")  # fmt: skip
ASKED = ("", "?lang=en", "?page=2", "?q=论坛", "?order=newest")


def contents(forum: Forum) -> dict[str, str]:
    """A hash of every table's rows."""
    found = {}
    with forum.read() as s:
        for table in Base.metadata.sorted_tables:
            rows = s.execute(select(table).order_by(*table.primary_key.columns)).all()
            found[table.name] = hashlib.sha256(repr(rows).encode()).hexdigest()
    return found


def test_no_get_of_a_guest_writes_or_sets_a_cookie(app: Flask, forum: Forum) -> None:
    world = build(forum)
    client = app.test_client()
    before = contents(forum)

    for rule in rules(app):
        for asked in ASKED:
            with client.get(world.address(rule) + asked) as answer:
                assert answer.status_code < 500, rule
                if not rule.startswith(WITH_TOKEN):
                    assert "Set-Cookie" not in answer.headers, rule
                    assert "csrf_token" not in answer.headers.get("Location", "")

    assert contents(forum) == before


@pytest.mark.parametrize("persona", ["member", "moderator", "founder"])
def test_no_get_of_a_member_writes(app: Flask, forum: Forum, persona: str) -> None:
    world = build(forum)
    client = visitor(app, forum, world.members[persona])
    before = contents(forum)

    for rule in rules(app):
        if rule != "/settings/avatar":
            with client.get(world.address(rule)) as answer:
                assert answer.status_code < 500, rule

    assert contents(forum) == before


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_two_guests_get_the_same_bytes(app: Flask, forum: Forum) -> None:
    world = build(forum)
    for rule in rules(app):
        if rule.startswith(WITH_TOKEN):
            continue
        one, other = (
            _bytes(app.test_client(), world.address(rule), agent) for agent in ("Firefox", "Chrome")
        )
        assert one == other, rule


def _bytes(client: FlaskClient, path: str, agent: str) -> bytes:
    headers = {"User-Agent": agent, "Accept-Language": agent[:2].lower()}
    with client.get(path, headers=headers) as answer:
        return answer.data.partition(b"site-footer__end")[0]  # then come the clock and the figures
