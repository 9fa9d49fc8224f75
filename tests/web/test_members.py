"""A member's space as visitors see it."""

from flask.testing import FlaskClient

from forum.core.db import recorded_statements
from forum.models import MemberState
from tests.acting import log_in
from tests.factories import Forum


def test_a_space_has_three_parts(forum: Forum, client: FlaskClient):
    member = forum.member()
    thread = forum.thread(title="别人的", replies=1, repliers=(member,))
    own = forum.thread(member, title="自己的")
    address = f"/space-uid-{member}.html"

    profile = client.get(address).text
    for words in ("王小明", "新手上路", "Rank: 1", "金钱", "注册时间", "最后访问", "UID"):
        assert words in profile, words
    assert f"/thread-{own}-1-1.html" in client.get(address + "?do=thread").text
    replies = client.get(address + "?do=reply").text
    assert "别人的" in replies
    assert "第 2 楼" in replies
    assert f"/thread-{thread}-1-1.html" not in replies
    assert client.get("/space-uid-999.html").status_code == 404


def test_an_unclaimed_account_says_where_it_came_from(forum: Forum, client: FlaskClient):
    member = forum.member(
        state=MemberState.UNCLAIMED, thread_count=10001, counts_are_approximate=True
    )

    text = client.get(f"/space-uid-{member}.html").text

    assert "随导入的页面而来" in text
    assert "10001" in text
    assert "约" in text


def test_a_space_takes_few_statements(forum: Forum, client: FlaskClient):
    member = forum.member()
    log_in(client, forum, member)
    client.get("/")
    for query in ("", "?do=thread", "?do=reply", "?do=thread&before=x", "?do=reply&before=5"):
        with recorded_statements() as statements:
            assert client.get(f"/space-uid-{member}.html{query}").status_code == 200
        assert len(statements) <= 5, statements
