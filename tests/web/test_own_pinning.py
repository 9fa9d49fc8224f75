"""置顶回复 by the author of the thread: the button, the deed, who may not."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from forum.commands.moderation import undo
from forum.commands.moderation.own_posts import MOST_PINNED, MOST_PINS_AN_HOUR
from forum.core.uow import unit_of_work
from forum.models import ModLogEntry, Post, Thread
from tests.acting import csrf_token, log_in
from tests.factories import FIRST_BOARD_ID, FOUNDER_ID, Forum


@pytest.fixture
def author(forum: Forum) -> int:
    return forum.member("楼主甲")


@pytest.fixture
def thread_id(forum: Forum, author: int) -> int:
    return forum.thread(author, replies=25)


def post_at(forum: Forum, thread_id: int, floor: int) -> int:
    with forum.read() as s:
        asked = select(Post.id).where(Post.thread_id == thread_id, Post.floor == floor)
        return s.scalars(asked).one()


def is_pinned(forum: Forum, post_id: int) -> bool:
    with forum.read() as s:
        return s.get_one(Post, post_id).is_sticky


def sends(client: FlaskClient, path: str, pins: str) -> int:
    token = csrf_token(client, "/logout")
    return client.post(path, data={"csrf_token": token, "pins": pins}).status_code


def test_an_author_pins_a_reply_and_takes_it_down(
    forum: Forum, client: FlaskClient, author: int, thread_id: int
) -> None:
    post_id = post_at(forum, thread_id, 15)
    path = f"/post-{post_id}/pin"
    log_in(client, forum, author)
    assert f'href="{path}"' in client.get(f"/thread-{thread_id}-2-1.html").text
    assert "置顶回帖" in client.get(path).text

    assert sends(client, path, "y") == 303

    assert "来自 15#" in client.get(f"/thread-{thread_id}-1-1.html").text
    assert "取消置顶" in client.get(path).text
    with forum.read() as s:
        entry = s.scalars(select(ModLogEntry)).one()
        assert (entry.action, entry.actor_id) == ("post.pin", author)
    with unit_of_work(forum.database) as uow:
        undo(uow, forum.actor(FOUNDER_ID), entry.id)
    assert not is_pinned(forum, post_id)
    assert sends(client, path, "y") == 303
    assert sends(client, path, "") == 303
    assert not is_pinned(forum, post_id)


@pytest.mark.parametrize("who", ["another", "closed", "opening"])
def test_nobody_else_and_nothing_else_is_pinned(
    forum: Forum, client: FlaskClient, author: int, thread_id: int, who: str
) -> None:
    post_id = post_at(forum, thread_id, 1 if who == "opening" else 3)
    log_in(client, forum, forum.member() if who == "another" else author)
    if who == "closed":
        with unit_of_work(forum.database) as uow:
            uow.session.get_one(Thread, thread_id).is_closed = True

    assert client.get(f"/post-{post_id}/pin").status_code == 403
    assert sends(client, f"/post-{post_id}/pin", "y") == 403
    assert not is_pinned(forum, post_id)


def test_the_button_is_the_authors_alone_whoever_looked_first(
    app: Flask, forum: Forum, author: int, thread_id: int
) -> None:
    path = f"/thread-{thread_id}-2-1.html"
    button = f'href="/post-{post_at(forum, thread_id, 15)}/pin"'
    clients = {}
    for name, member_id in (("other", forum.member()), ("author", author)):
        clients[name] = app.test_client()
        log_in(clients[name], forum, member_id)

    for name in ("other", "author", "other", "author"):
        assert (button in clients[name].get(path).text) == (name == "author")


def test_an_author_who_moderates_has_the_bar_instead(forum: Forum, client: FlaskClient) -> None:
    moderator = forum.moderator(FIRST_BOARD_ID)
    thread_id = forum.thread(moderator, replies=1)
    log_in(client, forum, moderator)

    assert "/pin" not in client.get(f"/thread-{thread_id}-1-1.html").text


def test_only_so_many_replies_are_pinned(
    forum: Forum, client: FlaskClient, author: int, thread_id: int
) -> None:
    with unit_of_work(forum.database) as uow:
        uow.session.execute(
            update(Post)
            .where(Post.thread_id == thread_id, Post.floor.between(2, MOST_PINNED + 1))
            .values(is_sticky=True)
        )
    log_in(client, forum, author)
    path = f"/post-{post_at(forum, thread_id, 15)}/pin"

    answer = client.post(path, data={"csrf_token": csrf_token(client, "/logout"), "pins": "y"})

    assert answer.status_code == 422
    assert "最多置顶 10 个" in answer.text
    assert sends(client, f"/post-{post_at(forum, thread_id, 2)}/pin", "") == 303


def test_pinning_what_is_pinned_is_no_deed_and_there_are_only_so_many(
    forum: Forum, client: FlaskClient, author: int, thread_id: int
) -> None:
    path = f"/post-{post_at(forum, thread_id, 15)}/pin"
    log_in(client, forum, author)

    def deeds() -> int:
        with forum.read() as s:
            return s.scalar(select(func.count()).select_from(ModLogEntry)) or 0

    assert [sends(client, path, pins) for pins in ("", "1", "1")] == [303, 303, 303]
    assert deeds() == 1
    answers = [sends(client, path, "1" if turn % 2 else "") for turn in range(MOST_PINS_AN_HOUR)]

    assert answers == [303] * (MOST_PINS_AN_HOUR - 1) + [429]
    assert deeds() == MOST_PINS_AN_HOUR
