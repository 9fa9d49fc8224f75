"""Does the search page find, keep what was typed, and keep its pace?"""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from forum.commands.search_index import reindex_thread
from forum.core.db import Database
from forum.core.uow import unit_of_work
from forum.search.pace import ProcessPace
from tests.factories import Forum


@pytest.fixture
def threads(forum: Forum) -> list[int]:
    ids = [
        forum.thread(title="春游活动 <b>", source="周六[b]活动[/b]，带上 & 水"),
        forum.thread(title="别的", source="没有", replies=25),
    ]
    with unit_of_work(forum.database) as uow:
        for thread_id in ids:
            reindex_thread(uow, thread_id)
    return ids


def new_visitor(app: Flask) -> None:
    app.extensions["search_pace"] = ProcessPace()


def test_the_bare_page_offers_the_form(client: FlaskClient) -> None:
    answer = client.get("/search")

    assert answer.status_code == 200
    assert "高级搜索" in answer.text
    assert "Set-Cookie" not in answer.headers


def test_words_are_marked_and_the_text_escaped(client: FlaskClient, threads: list[int]) -> None:
    page = client.get("/search?q=活动").text

    assert "找到 “活动” 相关内容 1 个" in page
    assert f'href="/thread-{threads[0]}-1-1.html">春游<mark>活动</mark> &lt;b&gt;</a>' in page
    assert "周六<mark>活动</mark>，带上 &amp; 水" in page


def test_what_was_typed_is_kept(client: FlaskClient, threads: list[int]) -> None:
    page = client.get(
        "/search?q=%E6%B4%BB%E5%8A%A8&kind=posts&author=founder&board=2&days=30&side=before&order=views"
    ).text

    assert 'value="活动"' in page
    assert 'value="posts" checked' in page
    assert 'value="founder"' in page
    for value in ("2", "30", "before", "views"):
        assert f'<option value="{value}" selected>' in page
    assert "<details open>" in page


def test_pages_turn_and_sorting_is_free(client: FlaskClient, threads: list[int]) -> None:
    first = client.get("/search?q=路过&kind=posts")
    second = client.get("/search?q=路过&kind=posts&page=2")
    sorted_by_views = client.get("/search?q=路过&kind=posts&order=views")

    assert first.text.count("result-list__item") == 20
    assert "page=2" in first.text
    assert second.text.count("result-list__item") == 5
    assert sorted_by_views.status_code == 200


def test_the_next_search_must_wait(client: FlaskClient, threads: list[int]) -> None:
    assert client.get("/search?q=活动").status_code == 200

    refused = client.get("/search?q=通知&kind=posts&author=founder")

    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 11
    assert "两次搜索之间请间隔" in refused.text
    assert 'value="通知"' in refused.text
    assert 'value="founder"' in refused.text


def test_a_search_for_nothing_is_told_so(client: FlaskClient) -> None:
    assert client.get("/search?q=！！").status_code == 422
    assert client.get("/search?q=" + "长" * 81).status_code == 422
    assert client.get("/search?q=a&board=x").status_code == 422
    assert client.get("/search?q=a&days=3").status_code == 422
    assert client.get("/search?q=a&board=99999").status_code == 422


def test_no_result_says_so_in_english_too(
    app: Flask, client: FlaskClient, threads: list[int]
) -> None:
    assert "没有找到" in client.get("/search?q=不存在").text
    new_visitor(app)
    page = client.get("/search?q=nothing&lang=en").text
    assert "Nothing was found." in page
    assert '<input type="hidden" name="lang" value="en">' in page


def test_a_group_without_the_right_is_refused(
    client: FlaskClient, forum: Forum, database: Database
) -> None:
    from sqlalchemy import update

    from forum.core.cache import CacheName
    from forum.models import GroupPermission
    from forum.policies.actor import GUEST_GROUP
    from forum.policies.permissions import May

    with unit_of_work(database) as uow:
        uow.session.execute(
            update(GroupPermission)
            .where(GroupPermission.group_id == GUEST_GROUP, GroupPermission.key == May.SEARCH)
            .values(value=0)
        )
        uow.bump(CacheName.SITE)

    assert client.get("/search?q=活动").status_code == 403


def test_a_members_only_board_is_not_offered(client: FlaskClient, forum: Forum) -> None:
    forum.board("内部版块", viewers=(1,))

    assert "内部版块" not in client.get("/search").text


def test_hostile_words_are_only_words(app: Flask, client: FlaskClient, threads: list[int]) -> None:
    for typed in ("%00", "%ff%fe", "%22", "*%22%20OR", "%27--", "%EF%BF%BF", "<script>"):
        for field in ("q", "author"):
            new_visitor(app)
            answer = client.get(f"/search?{field}={typed}")
            assert answer.status_code in (200, 422)
            assert "<script>" not in answer.text


def test_the_pace_is_kept_for_each_visitor() -> None:
    from forum.core.clock import utc_now

    pace, now, ten = ProcessPace(), utc_now(), timedelta(seconds=10)

    def wait(asked: str, at: int, address: str = "192.0.2.1", member_id: int | None = None):
        left = pace.wait(
            member_id=member_id, address=address, asked=asked,
            now=now + timedelta(seconds=at), interval=ten,
        )  # fmt: skip
        return left.total_seconds()

    assert wait("a", 0) == 0
    assert wait("b", 4) == 6
    assert wait("a", 5) == 0
    assert wait("b", 4, "192.0.2.2") == 0
    assert wait("b", 4, member_id=1) == 0
    assert wait("b", 10) == 0
    assert wait("c", 0, "2001:db8:1:2::1") == 0
    assert wait("d", 1, "2001:db8:1:2::9") == 9
