"""A thread of 20,000 posts: every action is answered within 2 s, halves of it within 10 s.

In processor time, which other work on the machine hardly changes; SQLite, where all of it is this
process's own. `python -m tests.bench.waits --check` says what members wait meanwhile.
"""

import time
from datetime import timedelta

import pytest
from sqlalchemy import func, insert, select, update

from forum.commands.moderation import ACTIONS
from forum.commands.moderation.batches import run_batch
from forum.commands.search_index import reindex_thread
from forum.core.clock import utc_now
from forum.core.uow import unit_of_work
from forum.models import BatchState, Board, Member, ModBatch, ModLogEntry, Post, TargetKind, Thread
from forum.points.accounts import Account
from forum.points.ledger import Transfer, post_transfers
from tests.acting import log_in
from tests.commands.moderation.acting import row, working
from tests.factories import FIRST_BOARD_ID
from tests.web.test_moderation import send
from tests.web.test_moderation_matrix import MARK

POSTS = 20_000
ANSWER_S, HALVES_S = 2.0, 10.0

OPTIONS = {
    "post.edit": {"source": "改过以后的内容，更清楚一些。"},
    "thread.digest": {"level": "1"},
    "thread.stick": {"level": "1"},
    "thread.stamp": {"stamp": "hot"},
    "thread.icon": {"icon": "hot"},
    "thread.tag": {"tags": "春天"},
}


@pytest.fixture
def long_thread(forum):
    """A thread whose posts were paid for and can be found."""
    people = [forum.member(f"作者 {number}") for number in range(10)]
    thread_id = forum.thread(people[0], title="两万楼")
    at = utc_now() - timedelta(hours=9)
    with unit_of_work(forum.database) as uow:
        s = uow.session
        s.execute(
            insert(Post),
            [
                {
                    "thread_id": thread_id, "floor": floor, "author_id": people[floor % 10], "renderer_version": 1,
                    "source": f"第 {floor} 楼，路过看看。", "html": f"<p>第 {floor} 楼，路过看看。</p>",
                    "created_at": at + timedelta(seconds=floor), "address": "192.0.2.1",
                }
                for floor in range(2, POSTS + 1)
            ],
        )  # fmt: skip
        s.execute(
            update(Thread).where(Thread.id == thread_id).values(
                reply_count=POSTS - 1, last_floor=POSTS, heat=10, last_post_at=at + timedelta(seconds=POSTS),
                last_poster_id=people[0], last_poster_name="作者 0",
            )
        )  # fmt: skip
        for person in people:
            wrote = select(func.count()).select_from(Post).where(Post.author_id == person)
            s.execute(
                update(Member).where(Member.id == person).values(post_count=wrote.scalar_subquery())
            )
        s.execute(update(Board).where(Board.id == FIRST_BOARD_ID).values(post_count=POSTS))
        paid = s.execute(select(Post.id, Post.author_id).where(Post.floor > 1)).all()
        post_transfers(
            s, uow.now,
            [
                Transfer(2, Account.MINT, one.author_id, 1, "post.replied", f"t:{one.id}", f"post:{one.id}")
                for one in paid
            ],
        )  # fmt: skip
        reindex_thread(uow, thread_id)
    return thread_id


class Clock:
    """Processor seconds, by what they were used for."""

    def __init__(self):
        self.used = {}

    def times(self, what, call, *args, **more):
        began = time.process_time()
        answer = call(*args, **more)
        self.used[what] = time.process_time() - began
        return answer


def last_entry(forum):
    with forum.read() as s:
        return s.scalar(select(func.max(ModLogEntry.id)))


def finished(forum, clock, what, answer):
    """The batch an answer leads to is done, as the worker does it."""
    if "/batches/" not in answer.location:
        return
    batch_id = int(answer.location.partition("?")[0].rpartition("/")[2])
    clock.times(what, run_batch, lambda: working(forum), batch_id)
    assert row(forum, ModBatch, batch_id).state is BatchState.DONE


def done(client, forum, clock, key, ids, **fields):
    """Preview and deed of an action, each clocked."""
    path = f"/moderation/do/{key}"
    sent = {"ids": ids, "reason": "量一量", "notifies": "y", **OPTIONS.get(key, {}), **fields}
    shown = clock.times(f"{key}, preview", send, client, path, **sent, preview="1")
    found = MARK.search(shown.text)
    assert found, key
    sent["previewed"] = found[1] or found[2]
    answer = clock.times(key, send, client, path, **sent)
    assert answer.status_code == 303, (key, answer.text)
    finished(forum, clock, f"{key}, all of it", answer)


def undone(client, forum, clock, key):
    answer = clock.times(f"{key}, undo", send, client, f"/moderation/undo/{last_entry(forum)}")
    assert answer.status_code == 303, key
    finished(forum, clock, f"{key}, undo, all of it", answer)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_20_000_posts_keep_nobody_waiting(client, forum, long_thread):
    log_in(client, forum, forum.member("站长", group_id=1))
    clock, other = Clock(), forum.board("别处")
    spare = forum.thread(forum.member("另一人"), FIRST_BOARD_ID)
    with forum.read() as s:
        middle = s.scalars(select(Post.id).where(Post.floor == POSTS // 2)).one()
    halves = {"thread.merge", "thread.split"}
    apart = {"thread.type", "thread.open", "thread.restore"}  # no type; of the inverse below
    for key, action in ACTIONS.items():
        if action.is_final or action.site_wide or key in halves | apart | {"post.restore"}:
            continue
        if action.targets is TargetKind.THREAD:
            where = {"board_id": other} if key in ("thread.move", "thread.copy") else {}
            done(client, forum, clock, key, long_thread, **where)
        elif action.targets is TargetKind.POST:
            done(client, forum, clock, key, middle)
        else:
            continue
        undone(client, forum, clock, key)
    half = POSTS // 2
    split = {"floors": f"{half + 1}-{POSTS}", "title": "后一半"}
    done(client, forum, clock, "thread.split", long_thread, **split)
    with forum.read() as s:
        second = s.scalar(select(func.max(Thread.id)))
    done(client, forum, clock, "thread.merge", long_thread, other_id=second)

    assert row(forum, Thread, long_thread).reply_count == POSTS - 1
    assert row(forum, Thread, spare).reply_count == 0
    answers = {what: s for what, s in clock.used.items() if not what.endswith("all of it")}
    wholes = {key: clock.used[f"{key}, all of it"] for key in halves}
    assert {what: s for what, s in answers.items() if s > ANSWER_S} == {}
    assert {key: s for key, s in wholes.items() if s > HALVES_S} == {}
