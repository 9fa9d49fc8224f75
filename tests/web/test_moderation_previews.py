"""What previews say, for every action there is: never that nothing changes where something does."""

import ast
import re
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from forum.commands.moderation import ACTIONS, preview
from forum.commands.moderation.rows import MODELS
from forum.commands.moderation.thread_merging import MergeOptions
from forum.core.cache import CacheName
from forum.core.clock import utc_now
from forum.core.uow import unit_of_work
from forum.models import (
    Member,
    MemberState,
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
from tests.commands.moderation.acting import Moderator
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


PLANNING = Path(__file__).parents[2] / "forum" / "commands" / "moderation"
# Set on rows that are made, or counted on threads, of which previews name the boards' and members' alone.
NEVER_CHANGED = {
    "actor_id", "address", "batch_id", "expires_at", "floor", "html", "id", "last_log_id", "member_id", "name",
    "network", "post_id", "reason", "renderer_version", "source", "thread_id", "version",
}  # fmt: skip


def columns_planned():
    """The columns that actions name, in code: as arguments, or as keys of what is handed on."""
    columns = {one.key for model in MODELS.values() for one in model.__table__.columns}
    found = set()
    for path in PLANNING.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.keyword) and node.arg in columns:
                found.add(node.arg)
            if isinstance(node, ast.Constant) and node.value in columns:
                found.add(node.value)
    return found - NEVER_CHANGED


def test_everything_an_action_can_change_has_a_name_for_people(app):
    with app.test_request_context("/"):
        names = app.jinja_env.get_template("moderation/_effects.html").make_module({"when": None})

        assert {"moved_to_id", "former_state", "tags", "post_count"} <= columns_planned()
        assert columns_planned() - set(names.column_names) == set()
        assert {*ThreadState, *PostState, *MemberState} - set(names.state_names) == set()
        for what in ("threads", "posts", "redirects", "members", "post_warnings", "network_bans"):
            assert names.counted(what, 1) != "1"


def test_a_merge_and_its_undo_are_told_in_words(client, forum, scene):
    author = forum.member("合并者")
    ids = [forum.thread(author, title=title, replies=1) for title in ("一", "二")]
    page = send(
        client, "/moderation/do/thread.merge?lang=en", ids=ids[0], other_id=ids[1], preview="1"
    )
    assert "State visible → merged into another thread × 1 thread " in effects_on(page.text)
    assert "moved_to_id" not in page.text
    done = Moderator(forum, FOUNDER_ID).does("thread.merge", ids[0], options=MergeOptions(ids[1]))

    for lang in ("en", "zh_Hans_CN"):
        page = client.get(f"/moderation/undo/{done.entry_id}?lang={lang}").text
        assert 'class="effects"' in page
        assert not re.search(r"moved_to_id|former_state|>merged<", page)


def test_a_conflict_leaves_out_what_says_nothing_to_people(client, forum, scene):
    moderator, thread_id = Moderator(forum, FOUNDER_ID), forum.thread(title="删了又恢复的")
    done = moderator.does("thread.delete", thread_id)
    moderator.does("thread.restore", thread_id)

    page = client.get(f"/moderation/undo/{done.entry_id}?lang=en").text

    assert "State: expected in the recycle bin, found visible" in page
    assert "State before" not in page
    assert "former_state" not in page


def test_a_preview_says_which_points_and_how_many(client, forum, scene):
    thread_id = forum.thread(forum.member("得奖者"))

    page = send(client, "/moderation/do/thread.digest?lang=en", ids=thread_id, level="2", preview="1")  # fmt: skip

    assert "金钱 +10 1 member " in effects_on(page.text)


def test_a_preview_that_only_tells_somebody_does_not_say_both(client, forum, scene):
    thread_id = forum.thread(forum.member("被通知的"), is_closed=True)

    page = send(client, "/moderation/do/thread.close?lang=en", ids=thread_id, preview="1")

    assert NOTHING not in page.text
    assert "1 member is told when you ask for it Apart from that nothing changes." in effects_on(page.text)  # fmt: skip
