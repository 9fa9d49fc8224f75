"""Is what members share drawn once, and what is one's own never in another's page?"""

import re
import secrets
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, select, update

from forum.core.clock import utc_now
from forum.core.uow import unit_of_work
from forum.http.outlines import Audience, Outline, Outlines
from forum.models import Favorite, FavoriteKind, Member, Post, PostState, Thread, ThreadRead
from forum.policies.actor import BoardSets, Rank
from tests.acting import csrf_token, log_in
from tests.factories import FIRST_BOARD_ID, Forum

PATHS = ("/", f"/forum-{FIRST_BOARD_ID}-1.html", "/category-1.html", "/guide/new")
# What is new in every page, whoever reads it.
FRESH = re.compile(
    r'name="(?:csrf_token|submission_key)" value="[^"]+"|<p class="site-footer__end">.*</p>'
)


def outlines_of(app: Flask) -> Outlines:
    found: Outlines = app.extensions["outlines"]
    return found


def forget(app: Flask) -> None:
    app.extensions["outlines"] = Outlines()


def body(client: FlaskClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return FRESH.sub("", answer.text)


@pytest.fixture
def thread_id(forum: Forum) -> int:
    """Four floors by two members, read to different floors, one post of one waiting."""
    wang = forum.member("王小明", previous_visit_at=utc_now() - timedelta(days=1))
    li = forum.member("李四", previous_visit_at=utc_now() + timedelta(days=1))
    forum.member("赵六", locale="en")
    forum.member("孙版主", group_id=2)
    thread_id = forum.thread(replies=4, repliers=(wang, li))
    with unit_of_work(forum.database) as uow:
        uow.session.execute(
            insert(ThreadRead).values(member_id=li, thread_id=thread_id, floor=3, read_at=uow.now)
        )
        uow.session.execute(
            insert(Favorite).values(
                member_id=wang, kind=FavoriteKind.THREAD, target_id=thread_id, created_at=uow.now
            )
        )
    return thread_id


def test_whoever_comes_after_others_gets_the_page_they_would_get_alone(
    app: Flask, forum: Forum, thread_id: int
) -> None:
    paths = (*PATHS, f"/thread-{thread_id}-1-1.html", f"/thread-{thread_id}-1-1.html?order=newest")
    members = {name: log_in_as(app, forum, name) for name in ("王小明", "李四", "赵六", "孙版主")}
    alone: dict[tuple[str, str], str] = {}
    for name, client in members.items():
        for path in paths:
            forget(app)
            alone[name, path] = body(client, path)

    forget(app)
    for _ in range(2):
        for name, client in members.items():
            for path in paths:
                assert body(client, path) == alone[name, path]


def log_in_as(app: Flask, forum: Forum, name: str) -> FlaskClient:
    client = app.test_client()
    with forum.read() as s:
        member_id = s.scalars(select(Member.id).where(Member.name == name)).one()
    log_in(client, forum, member_id)
    return client


def test_members_of_one_group_share_an_outline_and_nothing_else(app: Flask, forum: Forum) -> None:
    thread_id = forum.thread(replies=2)
    path = f"/thread-{thread_id}-1-1.html"
    pages = {}
    for name in ("孙七", "周八"):
        forum.member(name)
        pages[name] = log_in_as(app, forum, name).get(path).text

    assert len(outlines_of(app)) == 1
    assert "孙七" in pages["孙七"]
    assert "孙七" not in pages["周八"]
    tokens = [re.findall(r'name="csrf_token" value="([^"]+)"', page) for page in pages.values()]
    assert len(set(tokens[0])) == 1
    assert set(tokens[0]).isdisjoint(tokens[1])
    assert csrf_keys(pages["孙七"]).isdisjoint(csrf_keys(pages["周八"]))


def csrf_keys(page: str) -> set[str]:
    return set(re.findall(r'name="submission_key" value="([^"]+)"', page))


def test_what_happens_shows_at_the_next_look(app: Flask, forum: Forum, thread_id: int) -> None:
    path = f"/thread-{thread_id}-1-1.html"
    reader, writer = log_in_as(app, forum, "赵六"), log_in_as(app, forum, "王小明")
    body(reader, path)

    token = csrf_token(writer, path)
    writer.post(
        f"/thread-{thread_id}/reply",
        data={
            "csrf_token": token,
            "source": "刚刚写的一楼",
            "submission_key": secrets.token_hex(8),
        },
    )

    assert "刚刚写的一楼" in body(reader, path)


def test_a_text_that_was_taken_away_is_gone_at_once(
    app: Flask, forum: Forum, thread_id: int
) -> None:
    path = f"/thread-{thread_id}-1-1.html"
    reader = log_in_as(app, forum, "赵六")
    with unit_of_work(forum.database) as uow:
        uow.session.execute(
            update(Post).where(Post.thread_id == thread_id, Post.floor == 2).values(html="秘密的话")
        )
        uow.session.execute(
            update(Thread).where(Thread.id == thread_id).values(version=Thread.version + 1)
        )
    assert "秘密的话" in body(reader, path)

    moderator = log_in_as(app, forum, "孙版主")
    with forum.read() as s:
        post_id = s.scalar(select(Post.id).where(Post.thread_id == thread_id, Post.floor == 2))
    answer = moderator.post(
        "/moderation/do/post.block",
        data={
            "csrf_token": csrf_token(moderator, path), "ids": post_id, "reason": "试", "blocks": "y",
        },
    )  # fmt: skip

    assert answer.status_code == 303, answer.text
    assert "秘密的话" not in body(reader, path)
    assert "秘密的话" in body(moderator, path)


def test_only_its_author_sees_what_waits(app: Flask, forum: Forum, thread_id: int) -> None:
    path = f"/thread-{thread_id}-1-1.html"
    with unit_of_work(forum.database) as uow:
        uow.session.execute(
            update(Post)
            .where(Post.thread_id == thread_id, Post.floor == 2)
            .values(html="还没过审", state=PostState.PENDING)
        )
        uow.session.execute(
            update(Thread).where(Thread.id == thread_id).values(version=Thread.version + 1)
        )
    for _ in range(2):
        assert "还没过审" in body(log_in_as(app, forum, "李四"), path)
        assert "还没过审" not in body(log_in_as(app, forum, "王小明"), path)
        assert "还没过审" not in body(log_in_as(app, forum, "赵六"), path)


def test_an_audience_has_no_name() -> None:
    audience = Audience(False, 10, Rank.MEMBER, BoardSets(), None, utc_now())  # type: ignore[arg-type]

    with pytest.raises(RuntimeError, match="member_id"):
        _ = audience.member_id


def test_the_store_is_bounded_by_bytes() -> None:
    outlines = Outlines(most_bytes=2000)
    for number in range(20):
        outlines.put(number, Outline("字" * 100))

    assert len(outlines) == 3
    assert outlines.get(19) is not None
    assert outlines.get(0) is None


def test_an_address_nobody_else_will_ask_for_is_not_kept(app: Flask, forum: Forum) -> None:
    forum.member("孙七")
    log_in_as(app, forum, "孙七").get(f"/?{'x' * 600}")

    assert len(outlines_of(app)) == 0
