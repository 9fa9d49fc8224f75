"""Is every address in the table of who may, and does every change ask for a token?"""

import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.factories import Forum

TABLE = Path(__file__).with_name("routes.txt")


def rows() -> dict[str, tuple[str, str]]:
    """Address -> (methods, who may)."""
    found = {}
    for line in TABLE.read_text("utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            methods, address, who = line.split(None, 2)
            found[address] = (methods, who.strip())
    return found


def methods_of(app: Flask) -> dict[str, str]:
    found: dict[str, set[str]] = {}
    for rule in app.url_map.iter_rules():
        found.setdefault(rule.rule, set()).update((rule.methods or set()) - {"HEAD", "OPTIONS"})
    return {address: "+".join(sorted(methods)) for address, methods in found.items()}


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_every_address_is_in_the_table(app: Flask) -> None:
    assert {address: methods for address, (methods, _) in rows().items()} == methods_of(app)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_every_change_is_a_post(app: Flask) -> None:
    assert {method for methods in methods_of(app).values() for method in methods.split("+")} <= {
        "GET",
        "POST",
    }


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_post_without_a_token_is_refused(app: Flask, client: FlaskClient, forum: Forum) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    for address, methods in methods_of(app).items():
        if "POST" in methods and address != "/login":
            path = re.sub(r"<(?:\w+(?:\([^)]*\))?:)?(\w+)>", "1", address)
            with client.post(path, data={"sent": "1"}) as answer:
                assert answer.status_code in (400, 404), (path, answer.status_code)
