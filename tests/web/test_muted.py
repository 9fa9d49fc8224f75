"""禁止发言: what a muted member still reads, and what they are told where they would post."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from forum.core.clock import utc_now
from forum.core.db import recorded_statements
from forum.models import Member, Post, Thread
from forum.queries.appeals import own_mute
from tests.acting import csrf_token, log_in
from tests.commands.moderation.acting import Moderator, row
from tests.commands.moderation.test_posts_and_members import post_ids
from tests.factories import FIRST_BOARD_ID, FOUNDER_ID, Forum

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def until() -> datetime:
    return utc_now() + timedelta(days=3)


@pytest.fixture
def thread_id(forum: Forum) -> int:
    return forum.thread(title="旧笔记本", replies=1)


@pytest.fixture
def muted(client: FlaskClient, forum: Forum, until: datetime) -> int:
    member_id = forum.member("话多的")
    forum.member("超版", group_id=2)
    Moderator(forum, FOUNDER_ID).does("member.mute", member_id, expires_at=until, reason="恶意灌水")
    log_in(client, forum, member_id)
    return member_id


def shown(at: datetime) -> str:
    local = at.astimezone(SHANGHAI)
    return f"{local.year}-{local.month}-{local.day} {local:%H:%M:%S}"


@pytest.mark.usefixtures("muted")
def test_they_read_what_a_reading_access_of_one_shows(
    client: FlaskClient, forum: Forum, thread_id: int
) -> None:
    for access, status in ((1, 200), (2, 403)):
        restricted = forum.thread(title=f"权限{access}", read_access=access)
        assert client.get(f"/thread-{restricted}-1-1.html").status_code == status

    for path in ("/", f"/forum-{FIRST_BOARD_ID}-1.html", "/guide/hot", "/search"):
        assert client.get(path).status_code == 200, path
    assert "旧笔记本" in client.get(f"/forum-{FIRST_BOARD_ID}-1.html").text
    assert "换了内存和固态" in client.get(f"/thread-{thread_id}-1-1.html").text


def test_where_they_would_post_it_says_why_not_until_when_and_where_to_appeal(
    client: FlaskClient, forum: Forum, thread_id: int, muted: int, until: datetime
) -> None:
    own = forum.thread(muted, title="自己的", replies=1)
    other = forum.member("韩梅梅")
    reason = f"抱歉，您已被禁止发言至 {shown(until)}"

    for path, status in (
        (f"/thread-{thread_id}-1-1.html", 200),
        (f"/thread-{thread_id}/reply", 403),
        (f"/forum-{FIRST_BOARD_ID}-1.html", 200),
        (f"/forum-{FIRST_BOARD_ID}/new", 403),
        (f"/post-{post_ids(forum, own)[0]}/edit", 403),
        (f"/messages/{other}", 200),
        ("/messages/new", 200),
    ):
        page = client.get(path)
        assert page.status_code == status, path
        assert reason in page.text, path
        assert 'href="/muted"' in page.text, path
        assert 'name="source"' not in page.text, path


def test_what_they_send_all_the_same_is_refused(
    client: FlaskClient, forum: Forum, thread_id: int, muted: int
) -> None:
    own = forum.thread(muted, title="自己的", replies=1)
    post_id, reply_id = post_ids(forum, own)
    other = forum.member("韩梅梅")
    before = facts(forum)
    words = "后来的回复，十个字节以上。"

    for path, fields in (
        (f"/thread-{thread_id}/reply", {"source": words}),
        (f"/forum-{FIRST_BOARD_ID}/new", {"title": "新的", "source": words}),
        (f"/post-{post_id}/edit", {"source": words, "title": "新的", "version": "1"}),
        (f"/post-{reply_id}/edit", {"delete": "y"}),
        (f"/post-{reply_id}/pin", {}),
        (f"/messages/{other}", {"source": words}),
    ):
        sent = client.post(path, data={"csrf_token": csrf_token(client, "/settings"), **fields})
        assert sent.status_code in (403, 404, 422), (path, sent.status_code)

    assert facts(forum) == before


def facts(forum: Forum) -> list[tuple[object, ...]]:
    with forum.read() as s:
        return [
            *map(tuple, s.execute(select(Post.id, Post.source, Post.state).order_by(Post.id))),
            *map(tuple, s.execute(select(Thread.id, Thread.title).order_by(Thread.id))),
        ]


@pytest.mark.usefixtures("muted")
def test_their_page_says_why_and_leads_to_the_appeal(client: FlaskClient, until: datetime) -> None:
    page = client.get("/muted").text

    assert "恶意灌水" in page
    assert shown(until) in page
    form = page.partition("/appeals/")[2].partition('"')[0]
    assert client.get(f"/appeals/{form}").status_code == 200


def test_the_page_knows_a_mute_by_warnings(client: FlaskClient, forum: Forum) -> None:
    author = forum.member("被警告者")
    ids = post_ids(forum, forum.thread(author, replies=2))
    founder = Moderator(forum, FOUNDER_ID)
    founder.does("member.mute", author, reason="先前")
    founder.does("member.release", author)
    done = founder.does("post.warn", *ids, reason="屡次灌水")
    log_in(client, forum, author)

    page = client.get("/muted").text

    assert "屡次灌水" in page
    assert f"/appeals/{done.entry_id}/new" in page
    assert client.get(f"/appeals/{done.entry_id}/new").status_code == 200


def test_it_is_for_the_muted_alone_and_sends_others_to_the_administrators(
    client: FlaskClient, forum: Forum
) -> None:
    log_in(client, forum, forum.member("路人"))
    assert client.get("/muted").status_code == 404

    log_in(client, forum, forum.member("导入的", group_id=4))
    page = client.get("/muted")
    assert page.status_code == 200
    assert "/appeals/" not in page.text.partition("<main")[2]


@pytest.mark.parametrize("warnings", [3, 9])
def test_the_page_costs_three_statements(forum: Forum, warnings: int) -> None:
    author = forum.member("被警告者")
    founder = Moderator(forum, FOUNDER_ID)
    for post_id in post_ids(forum, forum.thread(author, replies=warnings - 1)):
        founder.does("post.warn", post_id)
    actor = forum.actor(author)

    with forum.read() as s, recorded_statements() as statements:
        page = own_mute(s, actor)

    assert page.until == row(forum, Member, author).group_until
    assert len(statements) == 3
