"""Moderators act while members keep replying: nobody fails, every counter is right."""

import itertools
import threading
from contextlib import suppress
from random import Random
from time import monotonic, sleep

from sqlalchemy import func, select

from forum.commands.moderation import perform, undo
from forum.commands.moderation.batches import run_batch, start_batch, start_undo_batch
from forum.commands.moderation.thread_marks import DigestOptions
from forum.commands.moderation.thread_moving import MoveOptions
from forum.commands.posts import reply_to_thread
from forum.core.errors import Forbidden, NotFound
from forum.core.uow import unit_of_work
from forum.models import BatchState, ModBatch, Post, Thread, ThreadState
from forum.modlog.chain import flaws
from forum.modlog.seal import seal_of
from tests.commands.moderation.acting import Moderator, differences, row, working
from tests.factories import FOUNDER_ID

REPLIES = 6


def test_moderators_and_members_do_not_get_in_each_other_s_way(forum):
    other = forum.board("别处")
    authors = [forum.member(name, group_id=17) for name in ("王小明", "李雷", "韩梅梅")]
    threads = [forum.thread(author) for author in authors]
    moderators = [Moderator(forum, forum.member(name, group_id=1)) for name in ("甲", "乙")]
    problems: list[BaseException] = []
    made: list[int] = []

    def replying(member_id):
        actor = forum.actor(member_id)
        for number in range(REPLIES):
            for thread_id in threads:
                with suppress(Forbidden), unit_of_work(forum.database) as uow:
                    text = f"第 {number} 次回复，来自 {member_id}，在 {thread_id}。"
                    made.append(
                        reply_to_thread(uow, actor, thread_id=thread_id, source=text).post_id
                    )

    def moderating(moderator, action, options, ids):
        actor = moderator.actor
        for _ in range(REPLIES):
            with unit_of_work(forum.database) as uow:
                done = perform(uow, actor, action, ids, options)
            with unit_of_work(forum.database) as uow:
                undo(uow, actor, done.entry_id)

    def caught(work, *args):
        try:
            work(*args)
        except BaseException as problem:
            problems.append(problem)

    with forum.read() as s:
        forum.database.cache.refresh(s)
    jobs = [threading.Thread(target=caught, args=(replying, one)) for one in authors]
    jobs.append(threading.Thread(target=caught, args=(moderating, moderators[0], "thread.move", MoveOptions(other), threads[:2])))  # fmt: skip
    jobs.append(threading.Thread(target=caught, args=(moderating, moderators[1], "thread.digest", DigestOptions(2), threads[2:])))  # fmt: skip
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()

    assert problems == []
    assert differences(forum) == []
    with forum.read() as s:
        counted = s.scalar(select(func.count()).select_from(Post))
        assert counted == len(threads) + len(made)
        assert list(flaws(s, seal_of(s))) == []


BATCH, MEMBERS = 40, 8
# What a reply may take on a build machine that does other things too; alone it is a tenth.
LONGEST_REPLY_S = 5.0


def test_members_keep_replying_while_a_batch_goes_on(forum):
    authors = [forum.member(f"作者{number}") for number in range(3)]
    people = [forum.member(f"会员{number}", group_id=17) for number in range(MEMBERS)]
    ids = [
        forum.thread(authors[number % 3], title=f"第 {number} 帖", replies=3)
        for number in range(BATCH)
    ]
    quiet = [forum.thread(authors[0], title=f"旁边 {number}") for number in range(4)]
    founder = Moderator(forum, FOUNDER_ID)
    is_done = threading.Event()
    problems: list[BaseException] = []
    waited: list[float] = []

    def replying(member_id):
        actor, chance = forum.actor(member_id), Random(member_id)
        for number in itertools.count():
            if is_done.is_set():
                return
            thread_id = chance.choice(quiet if number % 2 else ids)
            text = f"第 {number} 次回复，来自 {member_id}，在 {thread_id}。"
            began = monotonic()
            try:
                # A thread that is in the bin by now takes no reply, and says so.
                with suppress(Forbidden, NotFound), unit_of_work(forum.database) as uow:
                    reply_to_thread(uow, actor, thread_id=thread_id, source=text)
            except BaseException as problem:
                problems.append(problem)
            waited.append(monotonic() - began)
            sleep(0.02)

    with working(forum) as uow:
        deleting = start_batch(uow, founder.actor, "thread.delete", ids, reason="灌水")
    jobs = [threading.Thread(target=replying, args=(one,)) for one in people]
    for job in jobs:
        job.start()
    try:
        run_batch(lambda: unit_of_work(forum.database), deleting)
        done = row(forum, ModBatch, deleting)
        with working(forum) as uow:
            undoing = start_undo_batch(uow, founder.actor, done.entry_id)
        run_batch(lambda: unit_of_work(forum.database), undoing)
    finally:
        is_done.set()
        for job in jobs:
            job.join()

    assert problems == []
    assert (done.state, row(forum, ModBatch, undoing).state) == (BatchState.DONE, BatchState.DONE)
    assert max(waited) < LONGEST_REPLY_S
    assert differences(forum) == []
    with forum.read() as s:
        shown = s.scalars(select(Thread.id).where(Thread.state == ThreadState.VISIBLE)).all()
        floors = s.execute(
            select(Thread.last_floor, func.max(Post.floor), func.count())
            .join(Post, Post.thread_id == Thread.id)
            .group_by(Thread.id)
        ).all()
        assert set(shown) == {*ids, *quiet}
        assert all(len(set(row)) == 1 for row in floors)
        assert list(flaws(s, seal_of(s))) == []
