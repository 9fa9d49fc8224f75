"""Feeds, sitemaps and robots as programs read them."""

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
    robots = client.get("/robots.txt").text
    assert "Sitemap: http://localhost/sitemap.xml" in robots
    assert "Disallow: /login" in robots
