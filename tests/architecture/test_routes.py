"""Is every address in the table of who may, does it keep to it, and does every change ask for a token?"""

import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.factories import Forum
from tests.walking import PERSONAS, build, plain, rules, visitor

TABLE = Path(__file__).with_name("routes.txt")
EVERYBODY = frozenset(PERSONAS) - {"banned"}
WHO = {
    "all": EVERYBODY,
    "the banned too": frozenset(PERSONAS),
    "the banned": frozenset({"banned"}),
    "the muted": frozenset({"muted"}),
    "guests": frozenset({"guest"}),
    "members": EVERYBODY - {"guest"},
    "writers": EVERYBODY - {"guest", "muted"},
    "author": frozenset({"author", "moderator", "administrator", "founder"}),
    "author alone": frozenset({"author"}),
    "other members": EVERYBODY - {"guest", "author"},
    "the addressee": frozenset({"member"}),
    "staff": frozenset({"elsewhere", "moderator", "administrator", "founder"}),
    "moderators": frozenset({"moderator", "administrator", "founder"}),
    "administrators": frozenset({"administrator", "founder"}),
    "founders": frozenset({"founder"}),
    "nobody": frozenset(),
}
# What a form needs to be looked at at all, where that comes before the question who sends it.
SENT = {"delete": "y", "outcome": "grant", "sent": "1"}


def rows() -> dict[str, tuple[str, frozenset[str], frozenset[str]]]:
    """Address -> (methods, who may see it, who may send it)."""
    found = {}
    for line in TABLE.read_text("utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            methods, address, who = line.split(None, 2)
            seen, _, sent = who.strip().partition("; POST ")
            found[address] = (methods, WHO[seen], WHO[sent or seen])
    return found


def methods_of(app: Flask) -> dict[str, str]:
    found: dict[str, set[str]] = {}
    for rule in app.url_map.iter_rules():
        found.setdefault(plain(rule.rule), set()).update(
            (rule.methods or set()) - {"HEAD", "OPTIONS"}
        )
    return {address: "+".join(sorted(methods)) for address, methods in found.items()}


def is_denied(answer: TestResponse) -> bool:
    led_away = answer.status_code == 303 and answer.headers["Location"].startswith(
        ("/login", "/banned")
    )
    return led_away or answer.status_code in (403, 404)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_every_address_is_in_the_table(app: Flask) -> None:
    assert {address: methods for address, (methods, *_) in rows().items()} == methods_of(app)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_every_change_is_a_post(app: Flask) -> None:
    assert {method for methods in methods_of(app).values() for method in methods.split("+")} <= {
        "GET",
        "POST",
    }


@pytest.mark.slow
@pytest.mark.parametrize("persona", PERSONAS)
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_everybody_gets_what_the_table_says(app: Flask, forum: Forum, persona: str) -> None:
    app.config["WTF_CSRF_ENABLED"] = False  # the right is asked for, not the token
    world, table, wrong = build(forum), rows(), []
    client = visitor(app, forum, world.members[persona])

    for rule in sorted(rules(app)):
        allowed = persona in table[plain(rule)][1]
        with client.get(world.address(rule)) as answer:
            if is_denied(answer) == allowed or answer.status_code >= 500:
                wrong.append(f"GET {rule}: {answer.status_code}")
    for rule in sorted(rules(app, "POST")):
        allowed = persona in table[plain(rule)][2]
        client = visitor(app, forum, world.members[persona])  # some forms end the session
        with client.post(world.address(rule), data=SENT) as answer:
            refused = is_denied(answer) and not (allowed and answer.status_code == 404)
            if refused == allowed or answer.status_code >= 500:
                wrong.append(f"POST {rule}: {answer.status_code}")

    assert wrong == []


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_post_without_a_token_is_refused(app: Flask, client: FlaskClient, forum: Forum) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    for address, methods in methods_of(app).items():
        if "POST" in methods and address != "/login":
            path = re.sub(r"<(?:\w+(?:\([^)]*\))?:)?(\w+)>", "1", address)
            with client.post(path, data={"sent": "1"}) as answer:
                assert answer.status_code in (400, 404), (path, answer.status_code)
