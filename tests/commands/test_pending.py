"""Publishing what waited: counts, points and notices follow then, and only once."""

import pytest
from sqlalchemy import select

from forum.commands.pending import publish_pending_post, publish_pending_thread
from forum.commands.posts import reply_to_thread
from forum.commands.threads import start_thread
from forum.core.errors import Conflict
from forum.core.uow import unit_of_work
from forum.models import Board, Member, Notice, Post, Thread, ThreadState
from forum.points.ledger import balances
from forum.queries.counters import all_differences

TEXT = "求推荐一个近一点的地方。"


@pytest.fixture
def board_id(forum) -> int:
    return forum.board(premoderation=2)


def run(forum, command, *args, **more):
    with unit_of_work(forum.database) as uow:
        forum.database.cache.refresh(uow.session)
        return command(uow, *args, **more)


def test_a_thread_taken_from_the_queue_is_like_any_other(forum, board_id):
    member_id = forum.member()
    ref = run(
        forum,
        start_thread,
        forum.actor(member_id),
        board_id=board_id,
        title="新人报到",
        source=TEXT,
    )
    with forum.read() as s:
        assert list(all_differences(s)) == []

    run(forum, publish_pending_thread, thread_id=ref.thread_id)

    with forum.read() as s:
        assert s.get_one(Thread, ref.thread_id).state is ThreadState.VISIBLE
        assert s.get_one(Board, board_id).last_thread_id == ref.thread_id
        assert s.get_one(Member, member_id).total == 3
        assert balances(s, member_id) == {2: 2}
        assert list(all_differences(s)) == []
    with pytest.raises(Conflict):
        run(forum, publish_pending_thread, thread_id=ref.thread_id)


def test_a_reply_taken_from_the_queue_late_is_not_the_last_post(forum, board_id):
    author_id = forum.member("李四")
    thread_id = forum.thread(author_id, board_id)
    waiting = run(
        forum, reply_to_thread, forum.actor(forum.member()), thread_id=thread_id, source=TEXT
    )
    direct = run(forum, reply_to_thread, forum.actor(1), thread_id=thread_id, source=TEXT)
    assert (waiting.floor, direct.floor) == (2, 3)

    run(forum, publish_pending_post, post_id=waiting.post_id)

    with forum.read() as s:
        thread = s.get_one(Thread, thread_id)
        assert (thread.reply_count, thread.last_poster_id) == (2, 1)
        assert s.get_one(Post, waiting.post_id).state.value == "visible"
        notice = s.scalars(select(Notice)).one()
        assert (notice.member_id, notice.merged_count, notice.post_id) == (
            author_id, 2, waiting.post_id
        )  # fmt: skip
        assert list(all_differences(s)) == []
    with pytest.raises(Conflict):
        run(forum, publish_pending_post, post_id=waiting.post_id)
