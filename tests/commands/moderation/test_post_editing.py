"""Editing what somebody else wrote: an action like the others, whose log holds no text."""

import json

import pytest
from sqlalchemy import select, update

from forum.commands.edit_checks import OpeningChange
from forum.commands.moderation import conflicts_of, preview
from forum.commands.moderation.post_editing import EditOptions
from forum.commands.post_edits import edit_post
from forum.commands.threads import ThreadOptions
from forum.core.clock import utc_now
from forum.core.errors import Conflict, Forbidden, Invalid
from forum.core.uow import unit_of_work
from forum.markup import RenderOptions, render
from forum.models import Board, ModLogEntry, Notice, Post, PostRevision, Thread
from forum.policies.verdict import Refusal
from forum.queries.site import site_of
from tests.commands.moderation.acting import Moderator, differences, entries, row, working
from tests.factories import FIRST_BOARD_ID, FOUNDER_ID

OLD = "第 2 楼，路过看看。"
NEW = "版主改过以后的内容 [url]https://a.example/[/url]"


@pytest.fixture
def author_id(forum):
    return forum.member()


@pytest.fixture
def moderator(forum):
    return Moderator(forum, forum.moderator(FIRST_BOARD_ID))


@pytest.fixture
def thread_id(forum, author_id):
    made = forum.thread(author_id, replies=1)
    with unit_of_work(forum.database) as uow:
        for post in uow.session.scalars(select(Post).where(Post.thread_id == made)):
            post.html = render(post.source).html
    return made


def post_at(forum, thread_id, floor):
    with forum.read() as s:
        return s.scalars(
            select(Post.id).where(Post.thread_id == thread_id, Post.floor == floor)
        ).one()


def facts(forum, post_id):
    post = row(forum, Post, post_id)
    return post.source, post.html, post.has_images, post.edited_at, post.edited_by_name


def revisions(forum, post_id):
    with forum.read() as s:
        found = select(PostRevision).where(PostRevision.post_id == post_id)
        return s.scalars(found.order_by(PostRevision.id)).all()


def test_an_edit_is_logged_told_and_taken_back(forum, thread_id, author_id, moderator):
    post_id = post_at(forum, thread_id, 2)
    before = facts(forum, post_id)

    done = moderator.does(
        "post.edit", post_id, options=EditOptions(NEW), reason="去掉广告", notifies=True
    )

    source, html, _, edited_at, edited_by = facts(forum, post_id)
    assert (source, html) == (NEW, render(NEW).html)
    assert edited_at is not None
    assert edited_by == moderator.actor.name
    kept = revisions(forum, post_id)
    assert [(one.source, one.editor_id) for one in kept] == [(OLD, moderator.member_id)]
    entry = row(forum, ModLogEntry, done.entry_id)
    assert (entry.action, entry.reason) == ("post.edit", "去掉广告")
    with forum.read() as s:
        notice = s.scalars(select(Notice).where(Notice.member_id == author_id)).one()
    assert (notice.data["action"], notice.data["entry_id"]) == ("post.edit", done.entry_id)

    back = moderator.undoes(done.entry_id)
    assert facts(forum, post_id) == before
    assert [one.source for one in revisions(forum, post_id)] == [OLD, NEW]

    moderator.undoes(back.entry_id)
    assert facts(forum, post_id)[:2] == (source, html)
    assert differences(forum) == []


def test_the_log_holds_no_text(forum, thread_id, moderator):
    post_id = post_at(forum, thread_id, 2)
    done = moderator.does("post.edit", post_id, options=EditOptions(NEW))
    moderator.undoes(done.entry_id)

    for entry in entries(forum):
        written = json.dumps([entry.options, entry.effects], ensure_ascii=False)
        assert "版主改过" not in written
        assert "路过看看" not in written


def test_an_opening_post_takes_its_title_along_and_gives_it_back(forum, thread_id, moderator):
    opening_id = post_at(forum, thread_id, 1)
    pointer = forum.thread(title="旧笔记本升级记录", state="redirect", moved_to_id=thread_id)
    with unit_of_work(forum.database) as uow:
        uow.session.get_one(Board, FIRST_BOARD_ID).last_thread_id = thread_id
    change = OpeningChange("新的标题", None, ThreadOptions(is_newest_first=True))
    picture = "看图 [img]https://a.example/b.png[/img]"

    done = moderator.does("post.edit", opening_id, options=EditOptions(picture, opening=change))

    thread = row(forum, Thread, thread_id)
    assert (thread.title, thread.is_newest_first, thread.has_images) == ("新的标题", True, True)
    assert row(forum, Thread, pointer).title == "新的标题"
    assert row(forum, Board, FIRST_BOARD_ID).last_title == "新的标题"
    assert revisions(forum, opening_id)[0].title == "旧笔记本升级记录"

    moderator.undoes(done.entry_id)
    thread = row(forum, Thread, thread_id)
    assert (thread.title, thread.is_newest_first, thread.has_images) == (
        "旧笔记本升级记录", False, False
    )  # fmt: skip
    assert row(forum, Thread, pointer).title == "旧笔记本升级记录"
    assert row(forum, Board, FIRST_BOARD_ID).last_title == "旧笔记本升级记录"


def test_what_was_written_since_stands_in_the_way(forum, thread_id, author_id, moderator):
    opening_id = post_at(forum, thread_id, 1)
    done = moderator.does("post.edit", opening_id, options=EditOptions(NEW))
    with working(forum) as uow:
        edit_post(uow, forum.actor(author_id), post_id=opening_id, source="作者自己又改了一遍。")

    with pytest.raises(Conflict):
        moderator.undoes(done.entry_id)

    with forum.read() as s:
        found = conflicts_of(s, site_of(s), done.entry_id)
    assert [(one.kind, one.table, one.expected) for one in found] == [("rewritten", "posts", None)]
    assert row(forum, Post, opening_id).source == "作者自己又改了一遍。"


def test_plain_links_stay_plain_when_they_come_back(forum, thread_id, moderator):
    post_id = post_at(forum, thread_id, 2)
    source = "看 [url]https://b.example/[/url]"
    html = render(source, options=RenderOptions(allow_links=False)).html
    with unit_of_work(forum.database) as uow:
        uow.session.execute(update(Post).where(Post.id == post_id).values(source=source, html=html))
    done = moderator.does("post.edit", post_id, options=EditOptions(NEW))

    moderator.undoes(done.entry_id)
    assert facts(forum, post_id)[:2] == (source, html)


def test_rules_of_edits_hold(forum, thread_id, moderator):
    post_id = post_at(forum, thread_id, 2)
    for options, key in (
        (EditOptions(""), "message_too_short"),
        (EditOptions(OLD), "nothing_changes"),
        (EditOptions(NEW, version=7), "edited_meanwhile"),
    ):
        with pytest.raises(Invalid) as refused:
            moderator.does("post.edit", post_id, options=options)
        assert refused.value.key == key
    chief = post_at(forum, forum.thread(FOUNDER_ID), 1)
    with pytest.raises(Forbidden) as outranked:
        moderator.does("post.edit", chief, options=EditOptions(NEW))
    assert outranked.value.key == Refusal.OUTRANKED
    assert entries(forum) == []
    assert revisions(forum, post_id) == []


def test_a_preview_writes_nothing(forum, thread_id, moderator):
    post_id = post_at(forum, thread_id, 2)
    with forum.read() as s:
        shown = preview(
            s, moderator.actor, site_of(s), "post.edit", [post_id], EditOptions(NEW), now=utc_now()
        )

    assert [type(one).__name__ for one in shown.planned.effects] == ["Rewrite", "Derived"]
    assert row(forum, Post, post_id).source == OLD
