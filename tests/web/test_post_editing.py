"""编辑 on somebody else's floor: the same page, with a reason, a line of the log, and an appeal."""

import re

import pytest
from sqlalchemy import select

from forum.core.cache import CacheName
from forum.core.uow import unit_of_work
from forum.models import GroupPermission, Member, Notice, Post
from tests.acting import csrf_token, log_in
from tests.commands.moderation.acting import entries, row
from tests.factories import FIRST_BOARD_ID
from tests.web.test_queue import enters

NEW = "版主改过以后的内容，更清楚一些。"


@pytest.fixture
def author_id(forum):
    return forum.member()


@pytest.fixture
def moderator_id(forum):
    return forum.moderator(FIRST_BOARD_ID)


@pytest.fixture
def thread_id(forum, author_id):
    return forum.thread(author_id, replies=1)


def post_at(forum, thread_id, floor):
    with forum.read() as s:
        return s.scalars(
            select(Post.id).where(Post.thread_id == thread_id, Post.floor == floor)
        ).one()


def send(client, path, **fields):
    return client.post(path, data={"csrf_token": csrf_token(client, "/logout"), **fields})


def test_a_moderator_s_edit_has_a_reason_a_line_and_an_undo(
    client, forum, thread_id, author_id, moderator_id
):
    post_id = post_at(forum, thread_id, 2)
    log_in(client, forum, moderator_id)
    thread = client.get(f"/thread-{thread_id}-1-1.html").text
    assert thread.count(f'href="/post-{post_id}/edit"') == 1
    assert "/moderation/do/post.edit" not in thread
    form = client.get(f"/post-{post_id}/edit").text
    assert 'name="reason"' in form
    assert "通知作者" in form

    shown = send(client, f"/post-{post_id}/edit", source=NEW, reason="去掉广告", preview="1")
    assert shown.status_code == 200
    assert 'value="去掉广告"' in shown.text
    assert entries(forum) == []
    answer = send(
        client, f"/post-{post_id}/edit", source=NEW, reason="去掉广告", notifies="y", version="1"
    )

    assert answer.status_code == 303
    assert answer.location == f"/thread-{thread_id}-1-1.html#pid{post_id}"
    assert row(forum, Post, post_id).source == NEW
    (entry,) = entries(forum)
    enters(client, forum, moderator_id)
    log = client.get("/moderation/log").text
    assert "去掉广告" in log
    assert f'href="/post-{post_id}/revisions"' in log
    assert NEW not in log
    assert "第 2 楼，路过看看。" not in log
    undo = client.get(f"/moderation/undo/{entry.id}")
    assert "历史版本" in undo.text
    assert send(client, f"/moderation/undo/{entry.id}").status_code == 303
    assert row(forum, Post, post_id).source == "第 2 楼，路过看看。"


def test_the_author_is_told_and_may_appeal(app, client, forum, thread_id, author_id, moderator_id):
    post_id = post_at(forum, thread_id, 1)
    log_in(client, forum, moderator_id)
    send(
        client,
        f"/post-{post_id}/edit",
        title="新的标题",
        source=NEW,
        reason="去掉广告",
        notifies="y",
    )
    (entry,) = entries(forum)
    with forum.read() as s:
        assert s.scalars(select(Notice.member_id)).all() == [author_id]

    author = app.test_client()
    log_in(author, forum, author_id)
    page = author.get("/notices?part=posts").text
    assert "编辑帖子" in page
    assert "去掉广告" in page

    assert f"/appeals/{entry.id}/new" in page


def test_a_reason_is_asked_where_the_group_must_give_one(client, forum, thread_id, moderator_id):
    post_id = post_at(forum, thread_id, 2)
    with unit_of_work(forum.database) as uow:
        group_id = uow.session.get_one(Member, moderator_id).group_id
        uow.session.merge(GroupPermission(group_id=group_id, key="mod.reason", value=3))
        uow.bump(CacheName.SITE)
    log_in(client, forum, moderator_id)
    shown = re.search('<input[^>]*name="notifies"[^>]*>', client.get(f"/post-{post_id}/edit").text)
    assert shown
    assert "checked" in shown[0]

    refused = send(client, f"/post-{post_id}/edit", source=NEW)

    assert refused.status_code == 422
    assert NEW in refused.text
    assert entries(forum) == []
    assert send(client, f"/post-{post_id}/edit", source=NEW, reason="去掉广告").status_code == 303


def test_one_s_own_edit_stays_as_it_is(client, forum, moderator_id):
    post_id = post_at(forum, forum.thread(moderator_id), 1)
    log_in(client, forum, moderator_id)
    assert 'name="reason"' not in client.get(f"/post-{post_id}/edit").text

    assert send(client, f"/post-{post_id}/edit", title="标题", source=NEW).status_code == 303

    assert row(forum, Post, post_id).source == NEW
    assert entries(forum) == []


def test_who_may_not_edit_gets_no_form(client, forum, thread_id, moderator_id):
    log_in(client, forum, forum.member("路人"))
    post_id = post_at(forum, thread_id, 2)

    assert client.get(f"/post-{post_id}/edit").status_code == 403
    assert send(client, f"/post-{post_id}/edit", source=NEW, reason="x").status_code == 403


def test_the_action_s_address_leads_to_the_page(client, forum, thread_id, moderator_id):
    log_in(client, forum, moderator_id)
    post_id = post_at(forum, thread_id, 2)

    answer = client.get(f"/moderation/do/post.edit?ids={post_id}")

    assert (answer.status_code, answer.location) == (303, f"/post-{post_id}/edit")
