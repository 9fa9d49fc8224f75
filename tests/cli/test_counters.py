"""`flask counters verify` and `recount`."""

from sqlalchemy import update

from forum.core.uow import unit_of_work
from forum.models import Board, Member, Thread
from tests.factories import FIRST_BOARD_ID


def test_wrong_counters_are_printed_and_brought_in_line(app, forum):
    member_id = forum.member()
    thread_id = forum.thread(member_id, replies=3, repliers=(member_id, 1))
    with unit_of_work(forum.database) as uow:
        uow.session.execute(
            update(Thread).values(reply_count=9, heat=7, last_poster_id=1, last_floor=2)
        )
        uow.session.execute(
            update(Board)
            .where(Board.id == FIRST_BOARD_ID)
            .values(post_count=1, thread_count=5, last_thread_id=77)
        )
        uow.session.execute(
            update(Member)
            .where(Member.id == member_id)
            .values(post_count=40, opening_post_count=10, unread_notice_count=3)
        )
    run = app.test_cli_runner().invoke

    verified = run(args=["counters", "verify"])
    assert verified.exit_code == 1
    assert f"threads {thread_id}: reply_count is 9, should be 3" in verified.output
    assert (
        f"boards {FIRST_BOARD_ID}: last_thread_id is 77, should be {thread_id}" in verified.output
    )
    assert f"members {member_id}: post_count is 40, should be 12" in verified.output

    assert run(args=["counters", "recount"]).exit_code == 0
    assert run(args=["counters", "verify"]).output == "no differences\n"
    with forum.read() as s:
        thread, member = s.get_one(Thread, thread_id), s.get_one(Member, member_id)
        assert (thread.reply_count, thread.last_floor) == (3, 4)
        assert (member.post_count, member.unread_notice_count, member.total) == (12, 0, 12)
