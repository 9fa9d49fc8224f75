"""Which addresses may somebody be sent back to, and whose forms do we take without a token?"""

from urllib.parse import urljoin, urlsplit

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forum.http.returning import is_same_origin, own_referrer, safe_path

HOSTILE = [
    "//e.example", "///e.example", "////e.example", "/\\e.example", "\\\\e.example", "/\\/e.example",
    "https:e.example", "https://e.example", "http://e.example", "HTTPS://e.example", "//e.example/thread-1-1-1.html",
    "javascript:alert(1)", "data:text/html,x", "/\t/e.example", "/\n/e.example", "/\r\n/e.example",
    "\t//e.example", " //e.example", "\x00//e.example", "/ /e.example", "/\u2028/e.example", "/\u00a0".strip() + "/e.example",
    "/.//e.example", "/..//e.example", "/./e", "e.example", "", "?x", "#x", "http:///e.example",
    "//user@e.example", "https://localhost@e.example", "//localhost.e.example", "//例子.example", "/\u200b/e.example",
    "/login", "/login?next=//e.example", "/logout", "/register", "/lost-password", "/reset-password/abc",
    "/x\r\nSet-Cookie: a=b", "/x\\y", "/" + "a" * 3000, "http:/\\e.example", "https:\\\\e.example", "//%65.example",
]  # fmt: skip

FINE = [
    "/", "/thread-1-1-1.html", "/forum-2-1.html?filter=digest&orderby=views", "/search?q=%E6%B4%BB%E5%8A%A8",
    "/search?q=活动", "/thread-1-1-1.html#pid4", "/%0d%0aSet-Cookie:%20a=b", "/%5ce.example", "/a@e.example",
    "/?next=https://e.example",
]  # fmt: skip


@pytest.mark.parametrize("wanted", HOSTILE)
def test_hostile_addresses_are_no_way_back(wanted: str) -> None:
    assert safe_path(wanted) is None


@pytest.mark.parametrize("wanted", FINE)
def test_paths_of_ours_are(wanted: str) -> None:
    assert safe_path(wanted) == wanted


@given(st.text(alphabet=st.sampled_from("/\\.:@?#%e\t\n\r \x00\x7f\u2028ab;&="), max_size=30))
@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_is_let_through_stays_on_the_site(wanted: str) -> None:
    safe = safe_path(wanted)
    if safe is not None:
        landed = urlsplit(urljoin("https://forum.example/login", safe))
        assert (landed.scheme, landed.netloc) == ("https", "forum.example")
        assert not set(safe) & set("\\\r\n\t\x00")


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("headers", "is_ours"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Origin": "http://localhost"}, True),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, True),
        ({}, False),
        ({"Origin": "null"}, False),
        ({"Origin": "http://localhost.e.example"}, False),
        ({"Origin": "http://localhost:81"}, False),
        ({"Origin": "https://e.example"}, False),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Sec-Fetch-Site": "none"}, False),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"}, False),
        ({"Referer": "http://localhost/"}, False),
    ],
)
def test_who_proves_to_be_from_here(app: Flask, headers: dict[str, str], is_ours: bool) -> None:
    with app.test_request_context("/login", method="POST", headers=headers):
        assert is_same_origin() is is_ours


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("referrer", "path"),
    [
        ("http://localhost/thread-3-1-1.html?x=1", "/thread-3-1-1.html?x=1"),
        ("http://localhost", "/"),
        ("https://e.example/thread-3-1-1.html", None),
        ("http://localhost@e.example/", None),
        ("http://localhost//e.example", None),
        ("http://localhost/login", None),
        ("", None),
    ],
)
def test_the_page_somebody_came_from(app: Flask, referrer: str, path: str | None) -> None:
    with app.test_request_context("/login", headers={"Referer": referrer}):
        assert own_referrer() == path
