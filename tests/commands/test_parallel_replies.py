"""Eight processes reply to one thread: floors gapless, counters, points, ledger and notices exact."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor

import pytest
from sqlalchemy import func, select

from forum.models import Board, Member, Notice, PointTransfer, Post, Thread
from forum.points.ledger import balances
from forum.queries.counters import all_differences
from forum.queries.points import book_differences
from tests.commands.replying import reply_often, wait_at
from tests.factories import FIRST_BOARD_ID

PROCESSES, TIMES = 8, 10
EXEMPT_GROUP = 2  # no wait between posts


@pytest.mark.slow
def test_eight_processes_reply_to_one_thread(forum, database_url):
    author_id = forum.member("楼主", group_id=EXEMPT_GROUP)
    thread_id = forum.thread(author_id)
    repliers = [forum.member(f"回帖人{index}", group_id=EXEMPT_GROUP) for index in range(PROCESSES)]
    # Threads of the repliers themselves: they tell each other, in every order at once.
    others = []
    for member_id in repliers:
        other_id = forum.thread(member_id)
        with forum.read() as s:
            others.append((other_id, s.get_one(Thread, other_id).first_post_id))

    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(PROCESSES)
    with ProcessPoolExecutor(PROCESSES, context, wait_at, (barrier,)) as pool:
        tasks = [
            pool.submit(reply_often, database_url, member_id, thread_id, others, TIMES)
            for member_id in repliers
        ]
        taken = [floor for task in tasks for floor in task.result(120)]

    made = PROCESSES * TIMES
    assert sorted(taken) == list(range(2, made + 2))
    with forum.read() as s:
        floors = s.scalars(select(Post.floor).where(Post.thread_id == thread_id)).all()
        assert sorted(floors) == list(range(1, made + 2))
        thread = s.get_one(Thread, thread_id)
        assert (thread.reply_count, thread.last_floor, thread.heat) == (made, made + 1, PROCESSES)
        moments = s.scalars(
            select(Post.created_at).where(Post.thread_id == thread_id).order_by(Post.floor)
        ).all()
        assert list(moments) == sorted(moments)
        each = TIMES + TIMES // 2
        for member_id in repliers:
            assert balances(s, member_id) == {2: each}
            assert s.get_one(Member, member_id).post_count == 1 + each
        assert s.scalar(select(func.count()).select_from(PointTransfer)) == PROCESSES * each
        board = s.get_one(Board, FIRST_BOARD_ID)
        assert board.post_count == 1 + PROCESSES + PROCESSES * each
        assert board.today_post_count + board.yesterday_post_count == PROCESSES * each
        told = s.scalars(select(Notice).where(Notice.member_id == author_id)).one()
        assert (told.kind, told.merged_count) == ("replied", made)
        assert list(all_differences(s)) == []
        # The factories' opening posts were not paid, so only the books are compared, not the totals.
        assert [one for one in book_differences(s, forum.site()) if one.what == "balance"] == []
