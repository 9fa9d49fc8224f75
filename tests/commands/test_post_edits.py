"""Editing: the mark, the revisions, the title, and who may."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from forum.commands.edit_checks import OpeningChange
from forum.commands.moderation.thread_merging import MergeOptions
from forum.commands.post_edits import edit_post
from forum.commands.threads import ThreadOptions
from forum.core.errors import Forbidden, Invalid, NotFound
from forum.core.uow import unit_of_work
from forum.models import Board, Post, PostRevision, Thread
from forum.policies.verdict import Refusal
from forum.queries.counters import all_differences
from tests.commands.moderation.acting import Moderator
from tests.factories import FIRST_BOARD_ID, FOUNDER_ID

NEW = "改过以后的内容，更清楚一些。"


def edit(forum, actor_id, post_id, source=NEW, *, after=timedelta(0), **more):
    with unit_of_work(forum.database) as uow:
        uow.now += after
        forum.database.cache.refresh(uow.session)
        return edit_post(uow, forum.actor(actor_id), post_id=post_id, source=source, **more)


@pytest.fixture
def author_id(forum) -> int:
    return forum.member()


@pytest.fixture
def thread_id(forum, author_id) -> int:
    return forum.thread(author_id, replies=1, repliers=(author_id,))


def post_ids(forum, thread_id) -> list[int]:
    with forum.read() as s:
        return list(
            s.scalars(select(Post.id).where(Post.thread_id == thread_id).order_by(Post.floor))
        )


def test_an_edit_keeps_what_was_said_before(forum, author_id, thread_id):
    reply_id = post_ids(forum, thread_id)[1]
    with forum.read() as s:
        version = s.get_one(Thread, thread_id).version
    ref = edit(forum, author_id, reply_id)

    assert ref.floor == 2
    with forum.read() as s:
        post = s.get_one(Post, reply_id)
        assert (post.source, post.version, post.edited_by_name) == (NEW, 2, "王小明")
        assert NEW in post.html
        assert post.edited_at is not None
        revision = s.scalars(select(PostRevision)).one()
        assert (revision.source, revision.title, revision.editor_id) == (
            "第 2 楼，路过看看。", None, author_id
        )  # fmt: skip
        assert s.get_one(Thread, thread_id).version == version + 1


def test_within_a_minute_and_by_administrators_there_is_no_mark(forum, author_id):
    thread_id = forum.thread(author_id, at=None)
    opening_id = post_ids(forum, thread_id)[0]
    with unit_of_work(forum.database) as uow:
        uow.session.get_one(Post, opening_id).created_at = uow.now - timedelta(seconds=30)
    edit(forum, author_id, opening_id)
    with forum.read() as s:
        assert s.get_one(Post, opening_id).edited_at is None

    own_id = post_ids(forum, forum.thread(1))[0]
    edit(forum, 1, own_id, "管理员改的内容。", after=timedelta(days=1))
    with forum.read() as s:
        assert s.get_one(Post, own_id).edited_at is None
        assert s.scalars(select(PostRevision)).all()[-1].editor_id == 1


def test_the_opening_post_s_form_changes_the_title_everywhere(forum, author_id, thread_id):
    pointer = forum.thread(title="旧笔记本升级记录", state="redirect", moved_to_id=thread_id)
    opening_id = post_ids(forum, thread_id)[0]
    with unit_of_work(forum.database) as uow:
        uow.session.get_one(Board, FIRST_BOARD_ID).last_thread_id = thread_id
    change = OpeningChange("新的标题", None, ThreadOptions(is_newest_first=True))
    edit(forum, author_id, opening_id, opening=change)

    with forum.read() as s:
        thread = s.get_one(Thread, thread_id)
        assert (thread.title, thread.is_newest_first) == ("新的标题", True)
        assert s.get_one(Thread, pointer).title == "新的标题"
        assert s.get_one(Board, FIRST_BOARD_ID).last_title == "新的标题"
        assert s.scalars(select(PostRevision)).one().title == "旧笔记本升级记录"


def test_an_edit_that_changes_nothing_leaves_no_trace(forum, author_id, thread_id):
    reply_id = post_ids(forum, thread_id)[1]
    edit(forum, author_id, reply_id, "第 2 楼，路过看看。")

    with forum.read() as s:
        assert s.get_one(Post, reply_id).version == 1
        assert s.scalars(select(PostRevision)).all() == []


def test_who_was_slower_is_told_before_overwriting(forum, author_id, thread_id):
    reply_id = post_ids(forum, thread_id)[1]
    edit(forum, author_id, reply_id, version=1)

    with pytest.raises(Invalid) as refusal:
        edit(forum, author_id, reply_id, "又改了一次内容。", version=1)
    assert refusal.value.key == "edited_meanwhile"


def test_a_title_waits_while_a_large_action_has_the_thread_in_hand(forum, author_id, thread_id):
    opening = post_ids(forum, thread_id)[0]
    change = OpeningChange("换个标题", None, ThreadOptions())
    with unit_of_work(forum.database) as uow:
        uow.session.execute(update(Thread).where(Thread.id == thread_id).values(batch_id=1))

    with pytest.raises(Forbidden) as refused:
        edit(forum, author_id, opening, opening=change)

    assert refused.value.key == Refusal.IN_HAND


def test_only_the_author_edits_without_a_line_in_the_log(forum, author_id, thread_id):
    reply_id = post_ids(forum, thread_id)[1]
    with pytest.raises(Forbidden) as refusal:
        edit(forum, forum.member("甲"), reply_id)
    assert refusal.value.key == Refusal.NOT_YOURS
    with pytest.raises(Forbidden):
        edit(forum, None, reply_id)
    with pytest.raises(NotFound):
        edit(forum, author_id, 9999)

    with pytest.raises(Forbidden) as refusal:
        edit(forum, forum.moderator(FIRST_BOARD_ID), reply_id)
    assert refusal.value.key == Refusal.NOT_YOURS
    assert edit(forum, author_id, reply_id).floor == 2


def test_an_edit_leaves_the_counters_alone(forum, author_id):
    thread_id = forum.thread(author_id)
    edit(forum, author_id, post_ids(forum, thread_id)[0])

    with forum.read() as s:
        assert list(all_differences(s)) == []


def test_a_title_in_a_closer_circle_stays_out_of_the_board_it_was_moved_from(forum):
    author = forum.member("楼主")
    secret = forum.board("密室", viewers=(1, 10))
    thread_id = forum.thread(author, secret, title="后来的")
    pointer = forum.thread(author, title="从前的", state="redirect", moved_to_id=thread_id)
    inside = forum.thread(
        author, secret, title="也是从前的", state="redirect", moved_to_id=thread_id
    )

    _retitle(forum, author, thread_id, "只给里面的人看")

    with forum.read() as s:
        assert s.get_one(Thread, pointer).title == "从前的"
        assert s.get_one(Thread, inside).title == "只给里面的人看"


def test_a_merged_thread_keeps_its_own_title(forum):
    author = forum.member("楼主")
    kept, merged = forum.thread(author, title="留下的"), forum.thread(author, title="并走的")
    founder = Moderator(forum, FOUNDER_ID)
    done = founder.does("thread.merge", kept, options=MergeOptions(merged))

    _retitle(forum, author, kept, "后改的")
    founder.undoes(done.entry_id, partial=True)

    with forum.read() as s:
        assert s.get_one(Thread, merged).title == "并走的"


def _retitle(forum, author_id: int, thread_id: int, title: str) -> None:
    opening = OpeningChange(title, None, ThreadOptions())
    edit(forum, author_id, post_ids(forum, thread_id)[0], opening=opening)
