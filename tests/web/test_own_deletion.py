"""Deleting what one wrote, from the edit page: counted, paid back, logged; and why not."""

from flask.testing import FlaskClient
from sqlalchemy import delete, select

from forum.commands.moderation import undo
from forum.commands.posts import reply_to_thread
from forum.core.cache import CacheName
from forum.core.uow import unit_of_work
from forum.models import (
    GroupPermission,
    Member,
    ModLogEntry,
    Post,
    PostState,
    Thread,
    ThreadState,
)
from forum.points.ledger import balances
from forum.queries.counters import all_differences
from tests.acting import log_in, submit
from tests.factories import FOUNDER_ID, Forum


def post_at(forum: Forum, thread_id: int, floor: int) -> int:
    with forum.read() as s:
        asked = select(Post.id).where(Post.thread_id == thread_id, Post.floor == floor)
        return s.scalars(asked).one()


def figures(forum: Forum, author: int, thread_id: int) -> tuple[int, int]:
    with forum.read() as s:
        return s.get_one(Member, author).post_count, s.get_one(Thread, thread_id).reply_count


def test_an_author_deletes_a_reply_from_the_edit_page(forum: Forum, client: FlaskClient) -> None:
    author = forum.member("作者甲")
    thread_id = forum.thread(replies=2, repliers=(author,))
    post_id = post_at(forum, thread_id, 2)
    log_in(client, forum, author)
    before = figures(forum, author, thread_id)
    assert "删除本帖" in client.get(f"/post-{post_id}/edit").text

    answer = submit(client, f"/post-{post_id}/edit", source="", deletes="y")

    assert (answer.status_code, answer.location) == (303, f"/thread-{thread_id}-1-1.html")
    assert "您的帖子已删除" in client.get(answer.location).text
    assert figures(forum, author, thread_id) == (before[0] - 1, before[1] - 1)
    with forum.read() as s:
        assert s.get_one(Post, post_id).state is PostState.RECYCLED
        entry = s.scalars(select(ModLogEntry)).one()
        assert (entry.action, entry.actor_id) == ("post.delete", author)
        assert list(all_differences(s)) == []
    with unit_of_work(forum.database) as uow:
        undo(uow, forum.actor(FOUNDER_ID), entry.id)
    assert figures(forum, author, thread_id) == before


def test_the_opening_post_takes_the_thread_along(forum: Forum, client: FlaskClient) -> None:
    author = forum.member("作者甲")
    thread_id = forum.thread(author)
    post_id = post_at(forum, thread_id, 1)
    log_in(client, forum, author)

    answer = submit(client, f"/post-{post_id}/edit", deletes="y")

    assert (answer.status_code, answer.location) == (303, "/forum-2-1.html")
    with forum.read() as s:
        assert s.get_one(Thread, thread_id).state is ThreadState.RECYCLED
        assert s.get_one(Member, author).thread_count == 0
        assert list(all_differences(s)) == []
    assert client.get(f"/thread-{thread_id}-1-1.html").status_code == 404


def test_points_of_an_own_deleted_post_go_back(forum: Forum, client: FlaskClient) -> None:
    author = forum.member("作者甲")
    thread_id = forum.thread()
    with unit_of_work(forum.database) as uow:
        forum.database.cache.refresh(uow.session)
        ref = reply_to_thread(
            uow, forum.actor(author), thread_id=thread_id, source="第一个回复，写长一点"
        )
    with forum.read() as s:
        earned = balances(s, author)
    assert any(earned.values())
    log_in(client, forum, author)

    submit(client, f"/post-{ref.post_id}/edit", deletes="y")

    with forum.read() as s:
        assert not any(balances(s, author).values())


def test_who_may_not_delete_is_told_why(forum: Forum, client: FlaskClient) -> None:
    author = forum.member("作者甲")
    answered = forum.thread(author, replies=1, repliers=(FOUNDER_ID,))
    opening, theirs = post_at(forum, answered, 1), post_at(forum, answered, 2)
    log_in(client, forum, author)
    page = client.get(f"/post-{opening}/edit").text
    assert 'name="deletes"' not in page
    assert "已有回复" in page

    refused = submit(client, f"/post-{opening}/edit", deletes="y")
    smuggled = submit(client, f"/post-{theirs}/edit", page=f"/post-{opening}/edit", deletes="y")

    assert (refused.status_code, smuggled.status_code) == (403, 403)
    assert "已有回复" in refused.text
    with forum.database.write_session() as s, s.begin():
        assert s.get_one(Thread, answered).state is ThreadState.VISIBLE
        assert s.get_one(Post, theirs).state is PostState.VISIBLE
        s.execute(delete(GroupPermission).where(GroupPermission.key == "post.delete_own"))
    with unit_of_work(forum.database) as uow:
        uow.bump(CacheName.SITE)
    mine = post_at(forum, forum.thread(replies=1, repliers=(author,)), 2)
    assert 'name="deletes"' not in client.get(f"/post-{mine}/edit").text
    assert submit(client, f"/post-{mine}/edit", deletes="y").status_code == 403


def test_a_moderator_finds_no_box_on_others_posts(forum: Forum, client: FlaskClient) -> None:
    thread_id = forum.thread(forum.member("作者甲"))
    log_in(client, forum, forum.moderator(2))

    page = client.get(f"/post-{post_at(forum, thread_id, 1)}/edit")

    assert page.status_code == 200
    assert "删除本帖" not in page.text
