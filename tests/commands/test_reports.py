"""Reports: one per post, one entry a member, the moderators told."""

import pytest
from sqlalchemy import select

from forum.commands.reports import entry_parts, report_post
from forum.core.errors import Forbidden, Invalid, NotFound
from forum.core.uow import unit_of_work
from forum.models import Notice, Report, ReportEntry, ReportState, Thread
from forum.policies.verdict import Refusal
from tests.factories import FIRST_BOARD_ID


def report(forum, member_id, post_id, reason="spam", text=""):
    with unit_of_work(forum.database) as uow:
        forum.database.cache.refresh(uow.session)
        return report_post(uow, forum.actor(member_id), post_id=post_id, reason=reason, text=text)


@pytest.fixture
def post_id(forum) -> int:
    thread_id = forum.thread()
    with forum.read() as s:
        return s.get_one(Thread, thread_id).first_post_id


def test_reports_of_one_post_are_one_with_an_entry_each(forum, post_id):
    moderator = forum.moderator(FIRST_BOARD_ID)
    first, second = forum.member("甲"), forum.member("乙")
    report_id = report(forum, first, post_id)
    assert report(forum, second, post_id, "other", "  标题党 ") == report_id
    assert report(forum, first, post_id, "illegal", "改主意了") == report_id

    with forum.read() as s:
        row = s.scalars(select(Report)).one()
        assert (row.entry_count, row.board_id, row.state) == (2, FIRST_BOARD_ID, ReportState.OPEN)
        entries = s.scalars(select(ReportEntry).order_by(ReportEntry.id)).all()
        assert [entry_parts(entry.reason) for entry in entries] == [
            ("illegal", "改主意了"), ("other", "标题党")
        ]  # fmt: skip
        notice = s.scalars(select(Notice)).one()
        assert (notice.member_id, notice.kind, notice.merged_count) == (moderator, "reported", 2)


def test_a_board_without_moderators_tells_the_higher_staff(forum, post_id):
    forum.member("超版", group_id=2)
    report(forum, forum.member("甲"), post_id)

    with forum.read() as s:
        assert len(s.scalars(select(Notice)).all()) == 2  # the founder and the super moderator


@pytest.mark.parametrize(
    ("reason", "text", "key"),
    [("", "", "report_reason"), ("no", "", "report_reason"), ("other", " ", "report_text"),
     ("spam", "长" * 201, "report_text")],
)  # fmt: skip
def test_a_report_needs_a_reason(forum, post_id, reason, text, key):
    with pytest.raises(Invalid) as refusal:
        report(forum, forum.member("甲"), post_id, reason, text)

    assert refusal.value.key == key


def test_who_may_not_report(forum, post_id):
    with pytest.raises(Forbidden) as refusal:
        report(forum, None, post_id)
    assert refusal.value.key == Refusal.SIGN_IN
    with pytest.raises(Forbidden) as refusal:
        report(forum, 1, post_id)
    assert refusal.value.key == Refusal.OWN_POST
    hidden = forum.thread(board_id=forum.board("密室", viewers=(1,)))
    with forum.read() as s:
        hidden_id = s.get_one(Thread, hidden).first_post_id
    for wrong in (hidden_id, 9999):
        with pytest.raises(NotFound):
            report(forum, forum.member(f"丙{wrong}"), wrong)
