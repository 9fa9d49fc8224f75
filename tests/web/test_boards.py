"""The index and the board page as visitors see them."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, time, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, update

from forum.core.cache import CacheName
from forum.core.clock import utc_now
from forum.core.config import Config
from forum.core.db import recorded_statements
from forum.core.uow import unit_of_work
from forum.factory import create_app
from forum.http import buffers
from forum.models import (
    Announcement,
    Board,
    BoardVisit,
    FriendLink,
    OnlineVisit,
    Thread,
    ThreadState,
    ThreadType,
)
from tests.acting import log_in
from tests.factories import FIRST_BOARD_ID, Forum

NOW = utc_now()


@pytest.fixture
def app(config: Config) -> Iterator[Flask]:
    """Without the cache of guests' pages, which would answer by itself."""
    app = create_app(replace(config, page_cache=False))
    yield app
    app.extensions["database"].dispose()


def grow(forum: Forum, size: int) -> None:
    """Boards, threads, visitors: `size` of each."""
    with unit_of_work(forum.database) as uow:
        s = uow.session
        boards = [{"name": f"版块{n}", "parent_id": 1, "created_at": uow.now} for n in range(size)]
        s.execute(insert(Board), boards)
        s.execute(
            insert(Thread),
            [
                {
                    "board_id": FIRST_BOARD_ID, "author_id": 1, "author_name": "founder",
                    "title": f"主题 {n}", "created_at": NOW, "last_post_at": NOW,
                    "sticky_level": int(n == 0),
                }
                for n in range(size)
            ],
        )  # fmt: skip
        visits = [{"visitor": f"g{n}", "seen_at": uow.now} for n in range(size)]
        s.execute(insert(OnlineVisit), visits)
        s.add(ThreadType(board_id=FIRST_BOARD_ID, name="求助"))
        s.execute(update(Board).where(Board.id == FIRST_BOARD_ID).values(thread_count=size))
        uow.bump(CacheName.SITE)


@pytest.mark.parametrize("size", [2, 30])
def test_pages_keep_to_their_number_of_statements(
    forum: Forum, app: Flask, client: FlaskClient, size: int
):
    grow(forum, size)
    board = f"/forum-{FIRST_BOARD_ID}-1.html"
    member = app.test_client()
    log_in(member, forum, forum.member("管理", group_id=1))
    for path in ("/", "/category-1.html", board, board + "?digest=1", board + "?order=views"):
        for who, most in ((client, 6), (member, 8)):
            who.get("/")  # settings, groups and boards are in the process now
            with recorded_statements() as statements:
                assert who.get(path).status_code == 200
            assert len(statements) <= most, (path, statements)


@pytest.mark.parametrize(
    "path", ["/", "/category-1.html", f"/forum-{FIRST_BOARD_ID}-1.html", "/guide/new"]
)
def test_guests_get_the_same_page_without_a_cookie(forum: Forum, app: Flask, path: str):
    forum.thread(replies=3)
    first = app.test_client().get(path)
    second = app.test_client().get(path)

    assert "Set-Cookie" not in first.headers
    assert "csrf_token" not in first.text
    foot = '<p class="site-footer__end">'  # with the time
    assert first.text.partition(foot)[0] == second.text.partition(foot)[0]


def test_the_index_shows_what_a_forum_is_made_of(forum: Forum, client: FlaskClient):
    parent = forum.board("闲聊灌水", description_html="<strong>随便</strong>聊聊")
    forum.board("树洞", parent)
    forum.board("旧站", redirect_address="https://example.org/old")
    forum.board("地方", forum.category("地方站点", columns=3))
    forum.moderator(parent)
    forum.thread(board_id=parent, title="非常非常非常非常非常非常非常长的标题")
    with unit_of_work(forum.database) as uow:
        uow.session.add(Announcement(title="维护通知", starts_at=uow.now - timedelta(days=1)))
        uow.session.add(FriendLink(name="甲站", address="https://a.example/"))
        uow.session.add(OnlineVisit(visitor="m1", member_id=1, seen_at=uow.now))
        uow.session.execute(
            update(Board).where(Board.id == parent).values(thread_count=12345, post_count=20001)
        )
        uow.bump(CacheName.SITE)

    text = client.get("/").text

    for words in (
        "维护通知", "今日", "昨日", "欢迎新会员", "韩梅梅", "<strong>随便</strong>", "树洞", "版主",
        "链接到外部地址", "board-tiles", "从未", "在线会员", "超级版主", "甲站", "最新回复",
        'title="12345">1万<', 'title="20001">2万<', "非常非常非常非常非常非常非常长 ...",
    ):  # fmt: skip
        assert words in text, words


@pytest.mark.parametrize("at", [time(0, 0, 1), time(12), time(23, 59, 59)])
def test_a_board_shows_its_head_and_its_list(
    forum: Forum, app: Flask, client: FlaskClient, at: time
):
    board_id = forum.board("电脑硬件", rules_html="禁止<em>广告</em>", favorite_count=3)
    forum.board("二手", board_id)
    today = NOW.astimezone(forum.site().zone).date()
    # Whatever the clock says meanwhile, the page is of that day.
    app.extensions["clock"] = lambda: datetime.combine(today, at, forum.site().zone)
    with unit_of_work(forum.database) as uow:
        uow.session.add(ThreadType(id=5, board_id=board_id, name="求助"))
        uow.session.execute(
            update(Board)
            .where(Board.id == board_id)
            .values(today_post_count=4, yesterday_post_count=2, today_on=today)
        )
        uow.bump(CacheName.SITE)
    target = forum.thread(title="移走的", board_id=FIRST_BOARD_ID)
    forum.thread(
        board_id=board_id, title="很热的主题", type_id=5, digest_level=2, heat=60, has_images=True,
        read_access=1, replies=75, highlight_color=2, highlight_bold=True, is_closed=True,
    )  # fmt: skip
    forum.thread(board_id=board_id, title="置顶主题", sticky_level=1)
    forum.thread(board_id=board_id, title="移走的", state=ThreadState.REDIRECT, moved_to_id=target)

    text = client.get(f"/forum-{board_id}-1.html").text

    for words in (
        "禁止<em>广告</em>", "二手", "收藏本版", "(3)", "订阅", "主题分类", "比昨日多", "发新帖",
        "版块主题", "[求助]", "阅读权限 1", "精华2", "热帖1", "有图片", "移动:", "关闭的主题",
        "highlight-2 highlight-bold", "本版置顶主题", f"/thread-{target}-1-1.html",
        "您需要登录后才可以发帖", "浏览过的版块", f"/forum-{board_id}.rss", 'aria-label="第 6 页"',
    ):  # fmt: skip
        assert words in text, words
    assert "管理面板" not in text
    assert "主题分类" in text
    assert text.index("置顶主题") < text.index("版块主题") < text.index("很热的主题")


def test_a_member_posts_from_the_list_and_a_moderator_picks(
    forum: Forum, app: Flask, client: FlaskClient
):
    forum.thread()
    path = f"/forum-{FIRST_BOARD_ID}-1.html"
    log_in(client, forum, forum.member())
    text = client.get(path).text
    assert f'action="/forum-{FIRST_BOARD_ID}/new"' in text
    assert 'name="submission_key"' in text
    assert f'action="/forum-{FIRST_BOARD_ID}/favorite"' in text
    assert 'name="ids"' not in text

    moderator = app.test_client()
    log_in(moderator, forum, forum.moderator(FIRST_BOARD_ID))
    text = moderator.get(path).text
    assert 'name="ids"' in text
    assert "管理面板" in text


def test_new_marks_are_the_members_own(forum: Forum, app: Flask, client: FlaskClient):
    member = forum.member()
    forum.thread(at=NOW - timedelta(hours=3))
    path = f"/forum-{FIRST_BOARD_ID}-1.html"
    guest_text = client.get(path).text
    assert "data-new-badge hidden" in guest_text
    assert 'data-module="new-marks"' in guest_text
    log_in(client, forum, member)
    assert 'class="badge badge--new" href' in client.get(path).text

    with app.test_request_context():
        buffers.flush()
    with forum.read() as s:
        assert s.get(BoardVisit, (member, FIRST_BOARD_ID)) is not None
    assert 'class="badge badge--new" href' not in client.get(path).text


def test_links_of_the_pager_keep_the_filter(forum: Forum, client: FlaskClient):
    for number in range(23):
        forum.thread(title=str(number), digest_level=1)
    path = f"/forum-{FIRST_BOARD_ID}-1.html"

    text = client.get(path + "?digest=1&order=views&lang=en").text
    assert f'href="/forum-{FIRST_BOARD_ID}-2.html?digest=1&amp;order=views&amp;lang=en"' in text
    assert '<input type="hidden" name="digest" value="1">' in text
    answer = client.get(path + "?page=2&digest=1")
    assert answer.location == f"/forum-{FIRST_BOARD_ID}-2.html?digest=1"
    assert client.get(answer.location).status_code == 200
    beyond = client.get(f"/forum-{FIRST_BOARD_ID}-9.html?digest=1")
    assert beyond.location == f"/forum-{FIRST_BOARD_ID}-1.html?digest=1"


def test_addresses_lead_where_the_board_is(forum: Forum, client: FlaskClient):
    outside = forum.board("旧站", redirect_address="https://example.org/old")
    hidden = forum.board("藏起来的", is_hidden=True)

    answer = client.get(f"/forum-{outside}-1.html")
    assert (answer.status_code, answer.location) == (302, "https://example.org/old")
    assert client.get("/forum-1-1.html").location == "/category-1.html"
    assert client.get("/category-2.html").location == "/forum-2-1.html"
    for path in (
        f"/forum-{hidden}-1.html",
        "/forum-999-1.html",
        "/category-999.html",
        "/forum-99999999999999999999-1.html",
    ):
        assert client.get(path).status_code == 404, path
    assert client.get(f"/forum-{FIRST_BOARD_ID}-0.html").status_code == 302


def test_nothing_hidden_gets_out_anywhere(forum: Forum, app: Flask, client: FlaskClient):
    member = forum.member()
    secret = forum.board("CANARY版块", viewers=(1, 2, 3), description_html="CANARY")
    parent = forum.board("父版块")
    below = forum.board("CANARY子版块", parent, viewers=(1, 2, 3))
    thread = {"heat": 99, "digest_level": 3, "sticky_level": 3, "source": "CANARY"}
    for board_id in (secret, below):
        forum.thread(member, board_id, title="CANARY主题", replies=1, **thread)
        forum.thread(member, board_id, title="CANARY主题", replies=1, sticky_level=2)
    forum.thread(member, title="CANARY", source="CANARY", state=ThreadState.RECYCLED)
    forum.thread(title="CANARY", source="CANARY", state=ThreadState.PENDING)
    other = app.test_client()
    log_in(other, forum, forum.member("李雷"))
    paths = [
        "/", "/category-1.html", f"/forum-{FIRST_BOARD_ID}-1.html", f"/forum-{parent}-1.html",
        f"/forum-{parent}-1.html?digest=1", f"/space-uid-{member}.html",
        f"/space-uid-{member}.html?do=thread", f"/space-uid-{member}.html?do=reply",
        "/guide/hot", "/guide/digest", "/guide/new", "/guide/newthread", "/guide/sofa",
        "/guide/new?rss=1", "/index.rss", "/index.atom", f"/forum-{FIRST_BOARD_ID}.rss",
        f"/forum-{FIRST_BOARD_ID}.atom", "/sitemap.xml", "/sitemap-boards.xml",
        "/sitemap-threads-1.xml", "/robots.txt",
    ]  # fmt: skip
    for path in paths:
        for who in (client, other):
            answer = who.get(path)
            assert answer.status_code == 200, path
            assert "CANARY" not in answer.text, path
            assert f"forum-{secret}-" not in answer.text, path
    for path in (f"/forum-{secret}-1.html", f"/forum-{secret}.rss", f"/forum-{secret}.atom"):
        for who in (client, other):
            answer = who.get(path)
            assert answer.status_code == 404, path
            assert "CANARY" not in answer.text
    # An administrator's feeds are a guest's, too: programs read them.
    log_in(other, forum, forum.member("管理", group_id=1))
    assert "CANARY" in other.get("/").text
    assert "CANARY" not in other.get("/index.rss").text
    assert "CANARY" not in other.get("/sitemap-boards.xml").text
