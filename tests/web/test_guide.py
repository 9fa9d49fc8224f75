"""The guide as visitors see it."""

import pytest
from flask.testing import FlaskClient

from forum.core.db import recorded_statements
from forum.models import ThreadState
from tests.acting import log_in
from tests.factories import Forum


@pytest.mark.parametrize("threads", [1, 12])
def test_a_list_names_the_board_of_each_thread(forum: Forum, client: FlaskClient, threads: int):
    board_id = forum.board("闲聊灌水")
    for number in range(threads):
        forum.thread(board_id=board_id, title=f"主题 {number}", digest_level=1)
    client.get("/")
    for view in ("digest", "new", "newthread", "sofa"):
        with recorded_statements() as statements:
            text = client.get(f"/guide/{view}").text
        assert text.count("主题 0") >= 1
        assert f"/forum-{board_id}-1.html" in text
        assert len(statements) <= 3  # PostgreSQL is asked for the versions besides
    assert "暂时还没有帖子" in client.get("/guide/hot").text
    assert client.get("/guide/nothing").status_code == 404
    assert client.get("/guide/new?after=nonsense").status_code == 200


def test_my_threads_are_for_members(forum: Forum, client: FlaskClient):
    assert client.get("/guide/my").status_code == 403
    member = forum.member()
    forum.thread(member, title="我的主题")
    forum.thread(member, title="等待的主题", state=ThreadState.PENDING)
    forum.thread(title="别人的主题", replies=1, repliers=(member,))
    log_in(client, forum, member)

    mine = client.get("/guide/my").text
    assert "我的主题" in mine
    assert "等待的主题" not in mine
    assert "等待的主题" in client.get("/guide/my?state=pending").text
    assert "别人的主题" in client.get("/guide/my?do=reply").text
    assert "别人的主题" not in client.get("/guide/my?do=reply&state=pending").text
