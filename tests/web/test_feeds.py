"""Feeds, sitemaps and robots as programs read them."""

import re
from html import unescape
from xml.etree import ElementTree

import feedparser
import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from forum.core.uow import unit_of_work
from forum.models import Board
from tests.factories import FIRST_BOARD_ID, FOUNDER_ID, Forum


@pytest.mark.parametrize(
    ("path", "version"),
    [
        ("/index.rss", "rss20"),
        ("/index.atom", "atom10"),
        (f"/forum-{FIRST_BOARD_ID}.rss", "rss20"),
        (f"/forum-{FIRST_BOARD_ID}.atom", "atom10"),
        ("/guide/new?rss=1", "rss20"),
    ],
)
def test_a_feed_reads_well(forum: Forum, client: FlaskClient, path: str, version: str):
    thread = forum.thread(title="标题 <b>&amp;\x0b 完", source="<script>alert(1)</script> 正文")

    answer = client.get(path)
    feed = feedparser.parse(answer.data, sanitize_html=False)

    assert not feed.bozo
    assert feed.version == version
    (entry,) = feed.entries
    assert entry.title == "标题 <b>&amp; 完"
    assert entry.link == f"http://localhost/thread-{thread}-1-1.html"
    assert entry.author == "founder"
    assert entry.tags[0].term == "默认版块"
    assert entry.published_parsed is not None
    # RSS holds HTML: the text must still be text when it is taken for that.
    text = entry.summary if version == "atom10" else unescape(entry.summary)
    assert "<script>alert(1)" in text
    assert b"<script>" not in answer.data


@pytest.mark.parametrize("path", ["/index.rss", "/guide/new?rss=1", "/sitemap.xml"])
def test_what_has_not_changed_is_not_sent_again(forum: Forum, client: FlaskClient, path: str):
    forum.thread()
    first = client.get(path)
    assert client.get(path, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    forum.thread(FOUNDER_ID, title="neu")
    with unit_of_work(forum.database) as uow:
        uow.session.execute(update(Board).values(version=Board.version + 1))
    if path != "/sitemap.xml":
        again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
        assert again.status_code == 200


def test_an_empty_forum_has_empty_feeds(forum: Forum, client: FlaskClient):
    for path in ("/index.rss", "/index.atom"):
        assert feedparser.parse(client.get(path).data).entries == []
    assert client.get("/sitemap-threads-1.xml").status_code == 404


def test_sitemaps_lead_to_every_thread(forum: Forum, client: FlaskClient):
    threads = [forum.thread() for _ in range(2)]
    space = "{http://www.sitemaps.org/schemas/sitemap/0.9}"

    def places(path: str) -> list[str]:
        root = ElementTree.fromstring(client.get(path).data)
        return [element.text or "" for element in root.iter(f"{space}loc")]

    found = []
    for address in places("/sitemap.xml"):
        found += places(address.removeprefix("http://localhost"))

    for thread in threads:
        assert f"http://localhost/thread-{thread}-1-1.html" in found
    assert f"http://localhost/forum-{FIRST_BOARD_ID}-1.html" in found
    assert "Sitemap: http://localhost/sitemap.xml" in client.get("/robots.txt").text


OPEN = (
    "/", "/forum-2-1.html", "/forum-2-500.html", "/thread-1-1-1.html", "/thread-1-9-1.html", "/space-uid-2.html",
    "/guide/hot", "/guide/newthread", "/tag/旧物", "/sitemap.xml", "/sitemap-threads-1.xml", "/index.rss",
)  # fmt: skip
SHUT = (
    # nothing there for anybody but members
    "/login", "/register", "/lost-password", "/settings", "/favorites", "/notices", "/messages/2", "/points",
    "/guide/my", "/moderation/log", "/admin/", "/preview",
    # forms and jumps, one for each post and thread
    "/post-1.html", "/post-1/edit", "/post-1/report", "/thread-1/reply", "/thread-1/older", "/forum-2/new",
    # the same once more in other orders, and what costs most
    "/search?q=%E8%AE%BA", "/forum-2-1.html?order=views", "/forum-2-1.html?digest=1&order=heat",
    "/forum-2-1.html?within=604800", "/thread-1-1-1.html?author=2", "/thread-1-1-1.html?order=newest",
)  # fmt: skip


def test_robots_are_told_where_nothing_is_for_them(client: FlaskClient):
    lines = client.get("/robots.txt").text.splitlines()
    shut = [line.removeprefix("Disallow: ") for line in lines if line.startswith("Disallow: ")]
    rules = [re.compile(re.escape(rule).replace(r"\*", ".*")) for rule in shut]

    def is_shut(path: str) -> bool:
        return any(rule.match(path) for rule in rules)

    assert lines[0] == "User-agent: *"
    assert [path for path in OPEN if is_shut(path)] == []
    assert [path for path in SHUT if not is_shut(path)] == []
