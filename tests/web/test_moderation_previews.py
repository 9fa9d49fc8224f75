"""What previews say, for every action there is: never that nothing changes where something does."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from forum.commands.moderation import ACTIONS, preview
from forum.core.cache import CacheName
from forum.core.clock import utc_now
from forum.core.uow import unit_of_work
from forum.models import (
    Member,
    NetworkBan,
    Post,
    PostState,
    TargetKind,
    Thread,
    ThreadState,
    ThreadType,
)
from forum.queries.site import site_of
from tests.acting import log_in
from tests.factories import FIRST_BOARD_ID, FOUNDER_ID
from tests.web.test_moderation import open_panel, send

NOTHING = "Nothing changes."
# Made on a page of its own: before it there is nothing to act on.
OWN_PAGES = {"network.ban": "/moderation/networks"}


@pytest.fixture
def scene(client, forum):
    """The founder looks; something of each kind is there to act on, and what the forms ask for."""
    author, other = (
        forum.member("作者", signature="签名", signature_html="签名"),
        forum.board("别处"),
    )
    threads = {
        state: forum.thread(author, title="旧书", replies=3, state=state)
        for state in (ThreadState.VISIBLE, ThreadState.RECYCLED, ThreadState.PENDING)
    }
    with unit_of_work(forum.database) as uow:
        s = uow.session
        kind = ThreadType(board_id=FIRST_BOARD_ID, name="求助", position=1)
        ban = NetworkBan(network="192.0.2.0/24", actor_id=FOUNDER_ID, created_at=uow.now)
        s.add_all([kind, ban])
        s.flush()  # their ids
        ids = {TargetKind.MEMBER: author, TargetKind.NETWORK: ban.id}
        type_id = kind.id
        replies = dict(
            s.execute(
                select(Post.floor, Post.id).where(Post.thread_id == threads[ThreadState.VISIBLE])
            ).all()
        )
        for floor, state in ((3, PostState.RECYCLED), (4, PostState.PENDING)):
            s.get_one(Post, replies[floor]).state = state
        uow.bump(CacheName.SITE)
    log_in(client, forum, forum.member("创始人", group_id=1, is_founder=True))
    open_panel(forum)
    posts = {
        PostState.VISIBLE: replies[2],
        PostState.RECYCLED: replies[3],
        PostState.PENDING: replies[4],
    }
    fields = {
        "thread.stick": {"level": "2"}, "thread.digest": {"level": "1"},
        "thread.highlight": {"color": "1", "bold": "y"}, "thread.stamp": {"stamp": "hot"},
        "thread.icon": {"icon": "hot"}, "thread.recommend": {"recommends": "y"},
        "thread.tag": {"how": "add", "tags": "旧物"}, "thread.type": {"type_id": str(type_id)},
        "thread.merge": {"other_id": str(forum.thread(author, title="另一本"))},
        "thread.split": {"floors": "2", "title": "分出来的"},
        "thread.move": {"board_id": str(other)}, "thread.copy": {"board_id": str(other)},
        "post.edit": {"source": "改过以后的内容，更清楚一些。"}, "post.block": {"blocks": "y"},
        "post.pin": {"pins": "y"}, "post.warn": {"warns": "y"},
        "member.lock": {"locks": "y"}, "member.clear": {"signature": "y"},
        "member.clean": {"bans": "y", "threads": "y", "posts": "y"},
        "network.ban": {"network": "198.51.100.0/24"},
    }  # fmt: skip
    return ids, threads, posts, fields


def target_of(scene, action):
    ids, threads, posts, _ = scene
    things = {TargetKind.THREAD: threads, TargetKind.POST: posts}.get(action.targets)
    if things is None:
        return ids[action.targets]
    return things[max(action.states & set(things), default="visible")]  # visible comes last


PREPARED = {
    "thread.open": lambda s, thread_id: setattr(s.get_one(Thread, thread_id), "is_closed", True),
    "thread.repair": lambda s, thread_id: setattr(s.get_one(Thread, thread_id), "reply_count", 99),
    "member.release": lambda s, member_id: setattr(s.get_one(Member, member_id), "group_id", 4),
}


@pytest.mark.parametrize("key", sorted(ACTIONS))
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_preview_tells_of_what_changes(client, forum, scene, key):
    action, target_id = ACTIONS[key], target_of(scene, ACTIONS[key])
    if key in PREPARED:
        with unit_of_work(forum.database) as uow:
            PREPARED[key](uow.session, target_id)
    fields = {"ids": target_id, "preview": "1", **scene[3].get(key, {})}

    page = send(client, f"{OWN_PAGES.get(key, f'/moderation/do/{key}')}?lang=en", **fields)

    assert page.status_code == 200
    assert 'id="effects-title"' in page.text
    assert NOTHING not in page.text
    assert action.is_final is ("This cannot be taken back." in page.text)


def effects_on(page):
    words = re.sub(r"<[^>]+>", " ", page.partition('id="effects-title"')[2].partition("</ul>")[0])
    return re.sub(r"\s+", " ", words)


def test_a_preview_says_so_where_nothing_changes(client, forum, scene):
    thread_id = forum.thread(is_closed=True)

    page = send(client, "/moderation/do/thread.close?lang=en", ids=thread_id, preview="1")

    assert NOTHING in page.text
    with forum.read() as s:
        shown = preview(
            s, forum.actor(FOUNDER_ID), site_of(s), "thread.close", [thread_id],
            ACTIONS["thread.close"].options(), now=utc_now(),
        )  # fmt: skip
        assert shown.planned.effects == ()


def test_the_preview_of_a_repair_says_from_what_to_what(client, forum, scene):
    thread_id = forum.thread(replies=2, heat=7)
    with unit_of_work(forum.database) as uow:
        uow.session.get_one(Thread, thread_id).reply_count = 99

    page = send(client, "/moderation/do/thread.repair?lang=en", ids=thread_id, preview="1")

    assert "replies 99 → 2" in effects_on(page.text)
    assert "heat 7 → 1" in effects_on(page.text)
    assert "Last post" not in effects_on(page.text)


def test_the_preview_of_a_repair_tells_of_what_lists_never_show(client, forum, scene):
    thread_id = forum.thread(replies=2)
    with unit_of_work(forum.database) as uow:
        uow.session.get_one(Thread, thread_id).last_floor = 1

    page = send(client, "/moderation/do/thread.repair?lang=en", ids=thread_id, preview="1")

    assert "Last floor 1 → 3" in effects_on(page.text)


@pytest.mark.parametrize("key", ["thread.raise", "thread.sink"])
def test_many_last_posts_are_one_line(client, forum, scene, key):
    author = forum.member("楼主")
    ids = [forum.thread(author, at=utc_now() - timedelta(days=day)) for day in (3, 4, 5)]

    page = send(client, f"/moderation/do/{key}?lang=en", ids=ids, preview="1")

    assert "Last post a different one for each × 3 threads" in effects_on(page.text)
