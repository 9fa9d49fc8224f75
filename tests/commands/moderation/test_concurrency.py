"""Moderators act while members keep replying: nobody fails, every counter is right."""

import threading
from contextlib import suppress

from sqlalchemy import func, select

from forum.commands.moderation import perform, undo
from forum.commands.moderation.thread_marks import DigestOptions
from forum.commands.moderation.thread_moving import MoveOptions
from forum.commands.posts import reply_to_thread
from forum.core.errors import Forbidden
from forum.core.uow import unit_of_work
from forum.models import Post
from forum.modlog.chain import flaws
from forum.modlog.seal import seal_of
from tests.commands.moderation.acting import Moderator, differences

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
