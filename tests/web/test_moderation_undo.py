"""Taking back on its page: the reason it asks for, what stays, the way there from a large action."""

import pytest

from forum.commands.moderation.batches import run_batch
from forum.core.cache import CacheName
from forum.core.uow import unit_of_work
from forum.models import GroupPermission, Thread
from tests.commands.moderation.acting import entries, row, working
from tests.web.test_moderation import send


@pytest.fixture
def reasons_required(forum, moderator):
    """The moderator's group has to give a reason."""
    with unit_of_work(forum.database) as uow:
        uow.session.merge(GroupPermission(group_id=3, key="mod.reason", value=1))
        uow.bump(CacheName.SITE)


@pytest.mark.usefixtures("reasons_required")
def test_who_has_to_give_a_reason_gives_one_for_an_undo(client, forum, board_id, moderator):
    thread_id = forum.thread(board_id=board_id)
    done = moderator.does("thread.close", thread_id, reason="灌水")
    path = f"/moderation/undo/{done.entry_id}"
    assert 'name="reason"' in client.get(path).text

    refused = send(client, path, reason=" ")
    assert refused.status_code == 422
    assert row(forum, Thread, thread_id).is_closed
    answer = send(client, path, reason="关错了", back="/")

    assert (answer.status_code, answer.location) == (303, "/")
    assert not row(forum, Thread, thread_id).is_closed
    assert [one.reason for one in entries(forum)] == ["灌水", "关错了"]


@pytest.mark.usefixtures("reasons_required")
def test_a_large_undo_asks_for_the_reason_and_keeps_it(client, forum, board_id, moderator):
    author = forum.member()
    ids = [forum.thread(author, board_id) for _ in range(12)]
    done = moderator.does("thread.close", *ids, reason="灌水")
    path = f"/moderation/undo/{done.entry_id}"
    assert send(client, path).status_code == 422

    answer = send(client, path, reason="关错了")
    run_batch(lambda: working(forum), int(answer.location.rpartition("/")[2]))

    assert [one.reason for one in entries(forum)] == ["灌水", "关错了"]


def test_others_may_leave_the_reason_out(client, forum, board_id, moderator):
    thread_id = forum.thread(board_id=board_id)
    done = moderator.does("thread.close", thread_id)

    assert send(client, f"/moderation/undo/{done.entry_id}").status_code == 303

    assert not row(forum, Thread, thread_id).is_closed
